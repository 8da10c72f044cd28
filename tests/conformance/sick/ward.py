"""The clients in their processes, the simulator they all watch, and how a sickness is brought to each of them.

```text
simulator ─┬─ okx_fast, ccxt.pro, python-okx   a process each ─▶ JSON lines ─▶ Line
           └─ truth                            in this process, untouched
```

Each client has a path of its own (`/ccxt.pro/ws/v5/public`), by which the simulator's log tells whose a connection is.
A sickness is aimed at connections, so that truth stays well, and at a moment, so that it meets all clients at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from tests.conformance.registry import Unmet, wait
from tests.conformance.simulator import ROOT, Simulator

from .desk import now_ms
from .judge import CALM_MS, Line, Verdict, judge
from .truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = "okx_fast"
RIVALS = ("ccxt.pro", "python-okx")
AHEAD_MS = 1000.0  # a sickness is written down before its moment, at every connection
WELL_WITHIN_S = 120.0  # on a busy machine importing alone may take half a minute
KNOWN_WITHIN_S = 20.0


def interpreter(name: str) -> str:
    """Where each client is installed; OKX_FAST_PYTHON and RIVALS_PYTHON say otherwise."""
    if name == OURS:
        return os.environ.get("OKX_FAST_PYTHON", str(ROOT / ".venv/bin/python"))
    return os.environ.get("RIVALS_PYTHON", str(ROOT / ".venv-conformance/bin/python"))


class Client:
    """A client's process, started anew whenever it does not come right by itself."""

    def __init__(self, name: str, sim: Simulator, logs: Path) -> None:
        self.name, self.line = name, Line()
        self.seen: set[int] = set()  # connections it has made that nobody has ended yet, as far as we know
        self._errors = logs / f"{name}.log"
        self._errors.unlink(missing_ok=True)
        addresses = {"ws": f"{sim.wss}/{name}", "rest": sim.rest, "ca_file": sim.ca_file}
        self._env = {**os.environ, "SICK_ADDRESSES": json.dumps(addresses), "SSL_CERT_FILE": sim.ca_file}
        self._process: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread()

    def start(self) -> None:
        module = f"{__package__}.watch_{self.name.replace('.', '_').replace('-', '_')}"
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [interpreter(self.name), "-W", "ignore", "-m", module],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.PIPE,  # it ends with this process, however that ends
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process = None
        self.seen.clear()
        self.line.nothing(now_ms())

    def alive(self) -> None:
        if self._process is None or self._process.poll() is None:
            return
        said = self._errors.read_text(errors="replace")[-800:]
        raise Unmet(f"the process of {self.name} ended with {self._process.returncode}: {said}")

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        for raw in process.stdout:
            with suppress(ValueError):  # a client's own print
                self.line.take(json.loads(raw))


class Ward:
    """All of it, for one configuration of the simulator."""

    def __init__(self, names: list[str], config: dict[str, Any], logs: Path) -> None:
        self.sim = Simulator(config)
        self.truth = Truth(self.sim.ws)
        self.clients = [Client(name, self.sim, logs) for name in names]
        self._logged = 0

    def __enter__(self) -> Self:
        try:
            self.truth.__enter__()
        except BaseException:
            self.sim.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.stop()
        self.truth.__exit__()
        self.sim.__exit__()

    # connections and faults

    def conns(self, client: Client) -> list[int]:
        """The WebSockets this client has, by the simulator's numbers; some may have ended meanwhile."""
        for entry in self.sim.admin("GET", f"/log?after={self._logged}")["log"]:
            self._logged = max(self._logged, entry["n"])
            if entry["kind"] == "connect" and entry["status"] == 101:
                for other in self.clients:
                    if entry["detail"].startswith(f"/{other.name}/"):
                        other.seen.add(entry["conn"])
        return sorted(client.seen)

    def moment(self) -> int:
        """A time soon, in ms since 1970, for a sickness that is to strike everywhere at once."""
        return int(now_ms() + AHEAD_MS)

    def aim(self, client: Client, kind: str, at_ms: int, **fields: Any) -> set[int]:
        """The numbers of the faults, one for each of the client's connections."""
        return {self.sim.fault(kind, conn=conn, at_ms=at_ms, **fields) for conn in self.conns(client)}

    def hits(self) -> dict[int, int]:
        return {fault["id"]: fault["hits"] for fault in self.sim.admin("GET", "/faults")}

    def when_struck(self, faults: set[int], within_s: float) -> float | None:
        """When one of them struck: after this time, and before the next look at the list. None if none did."""
        end, before = time.monotonic() + within_s, now_ms()
        while time.monotonic() < end:
            looked = now_ms()
            hits = self.hits()
            if any(hits.get(int(fault)) for fault in faults):
                return before
            before = looked
            time.sleep(0.01)
        return None

    def in_time(self, at_ms: int) -> None:
        """All that was aimed at that moment was written down before it; otherwise the clients fell ill one by one."""
        if now_ms() > at_ms:
            raise Unmet(f"this machine is too busy: a sickness was {now_ms() - at_ms:.0f} ms late")

    # health

    def until(self) -> float:
        """Until when everything is known, of the market and of every client; what is later has not been read yet."""
        return min(self.truth.until(), *(client.line.until for client in self.clients))

    def watch(self, starts: dict[str, float], least_s: float, most_s: float) -> float:
        """Wait until those clients are right again, struck when they were; the time until which they were watched.

        They are judged by what is known for certain, which is later on a busy machine.
        """
        began = time.monotonic()
        of = [client for client in self._sound() if client.name in starts]
        while time.monotonic() - began < most_s:
            time.sleep(0.25)
            known = self.until()
            if known >= max(starts.values()) + least_s * 1000 and all(
                judge(client.line, self.truth, starts[client.name], known).right_ms is not None for client in of
            ):
                return known
        over = now_ms()
        wait(lambda: [*self._sound()] and self.until() >= over, "all that was shown in the window", KNOWN_WITHIN_S)
        return over

    def lately(self, client: Client) -> Verdict:
        known = self.until()
        return judge(client.line, self.truth, known - CALM_MS, known)

    def well(self, client: Client) -> bool:
        return self.lately(client).right_ms == 0.0

    def make_well(self) -> list[str]:
        """Wait until every client is right; start anew those that are not. Names of those that had to be."""
        anew = []
        for client in self.clients:
            self.truth.sound()
            client.alive()
            if not self.well(client):
                anew.append(client.name)
                client.stop()
                client.start()
        try:
            wait(lambda: all(self.well(client) for client in self._sound()), "every client right", WELL_WITHIN_S)
        except Unmet as error:
            raise Unmet(f"{error}: { ({client.name: self.lately(client) for client in self.clients}) }") from None
        return anew

    def start_anew(self, client: Client) -> None:
        client.stop()
        client.start()

    def _sound(self) -> Iterator[Client]:
        self.truth.sound()
        for client in self.clients:
            client.alive()
            yield client
