"""The simulator: OKX's public WebSocket on loopback, from a generated market or a recording.

    okx-fast sim --rate 5000 --checksum real       as a process, for any client
    with okx_fast.Sim(rate=5000) as sim: ...       the same, started and stopped here

It is not OKX: no login, no orders, nothing of its market is real.
"""

from __future__ import annotations

import gzip
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from okx_fast._native import SimServer
from okx_fast.errors import ClosedError, ConfigError, ConnectError, OkxFastError
from okx_fast.site import Site

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import FrameType, TracebackType

__all__ = ["Sim", "main"]

NAME = "okx-fast simulator (not OKX)"
CHECK_EVERY_S = 0.05
START_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
REFUSED = 2  # exit code: an option, a file or a port


def main(argv: Sequence[str]) -> int:
    """`okx-fast sim` by itself; `argv` is without the command's name."""
    import argparse

    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="okx-fast sim", description=__doc__, formatter_class=raw)
    _add_options(parser)
    return _run(parser.parse_args(argv))


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("where").add_argument
    add("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    add("--port", type=int, default=0, help="for ws:// (default: any free one)")
    add("--tls-port", type=int, default=0, help="for wss:// (default: any free one)")

    add = parser.add_argument_group("what").add_argument
    add("--seed", type=int, default=1, help="of the generated market (default: %(default)s)")
    add("--instruments", type=int, default=5, metavar="N", help="in the generated market (default: %(default)s)")
    add("--channels", type=_names, metavar="A,B", help="only these channels in it (default: all)")
    add("--messages", type=int, default=40_000, metavar="N", help="before it goes round (default: %(default)s)")
    add("--checksum", choices=["zero", "real"], default="zero", help="in its books (default: %(default)s)")
    add("--recording", type=Path, metavar="FILE", help="serve this .jsonl or .jsonl.gz instead")
    add("--conn", metavar="NAME", help="which recorded connection (default: the first)")

    add = parser.add_argument_group("how").add_argument
    add("--rate", type=float, metavar="PER_S", help="messages a second on each connection, whoever falls behind")
    add("--burst", type=int, default=1, metavar="N", help="with --rate: so many, 10 us apart (default: %(default)s)")
    add("--speed", help="full, recorded, or a factor of recorded (default: recorded)")
    add("--await-streams", type=int, default=1, metavar="N", help="begin when so many are subscribed")
    add("--skip", type=int, metavar="N", help="leave out the N-th data message, once: a gap")
    add("--limit", type=int, metavar="N", help="send so many data messages on a connection, then none")
    add("--chunk", type=int, metavar="BYTES", help="cut what is sent into writes of this size")
    add("--send-log", type=Path, metavar="FILE", help="seqId, due and sent time (ns, monotonic) as 3 x u64 a message")
    add("--idle-after-s", type=float, default=30.0, metavar="S", help="close silent ones (default: %(default)s)")

    add = parser.add_argument_group("how long").add_argument
    add("--seconds", type=float, metavar="S", help="end by itself")
    add("--until-stdin-closes", action="store_true", help="end with the process that started it")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _run(args: argparse.Namespace) -> int:
    """Serve until a signal or the time is up; one JSON line when ready, one at the end."""
    options = dict(vars(args))
    seconds = options.pop("seconds")
    follow_stdin = options.pop("until_stdin_closes")
    stopped = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        if options["recording"] is not None:
            options["recording"] = _read(options["recording"])
        server = SimServer(**options)
    except (OSError, ValueError) as error:
        print(f"okx-fast sim: {error}", file=sys.stderr)
        return REFUSED
    ready = {
        "ready": True,
        "name": NAME,
        "ws": server.ws,
        "wss": server.wss,
        "ca_file": str(server.ca_file),
        "instruments": server.instruments,
    }
    print(json.dumps(ready), flush=True)
    end = None if seconds is None else time.monotonic() + seconds
    while not stopped and (end is None or time.monotonic() < end):
        if not follow_stdin:
            time.sleep(CHECK_EVERY_S)
        elif select.select([0], [], [], CHECK_EVERY_S)[0] and not os.read(0, 4096):
            break
    print(server.stop(), flush=True)
    return 0


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


class Sim:
    """A simulator in a process of its own, for as long as the `with` block lasts.

    Options are those of `okx-fast sim`, with underscores: `Sim(rate=5000, checksum="real")`.
    After the block `report` holds what the last connection was sent, and the server's books at its end:
    `{"sent": N, "books": [{"channel", "id", "seqId", "digest"}]}`.
    """

    ws: str
    wss: str
    ca_file: str
    instruments: list[str]
    report: dict[str, Any] | None

    def __init__(self, **options: object) -> None:
        self._command = [sys.executable, "-m", "okx_fast", "sim", "--until-stdin-closes"]
        for name, value in options.items():
            if value is None:
                continue
            text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            self._command += ["--" + name.replace("_", "-"), text]
        self._process: subprocess.Popen[str] | None = None
        self.report = None

    @property
    def pid(self) -> int:
        """Of the running process: for its CPU time, or its affinity. Raises ClosedError if it does not run."""
        if self._process is None:
            raise ClosedError("the simulator is not running")
        return self._process.pid

    def site(self, *, tls: bool = True) -> Site:
        """Where it is, as `Client` wants to know it."""
        base = self.wss if tls else self.ws
        return Site(
            ws_public=base + "/ws/v5/public",
            ws_business=base + "/ws/v5/business",
            ca_file=self.ca_file if tls else None,
        )

    def start(self) -> Self:
        """Start the process and wait until it listens. `with` does it.
        Raises ConfigError for an option that cannot work, ConnectError if it does not come up.
        """
        pipe = subprocess.PIPE
        self._process = process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        heard = select.select([process.stdout], [], [], START_WITHIN_S)[0]
        line = process.stdout.readline() if heard else ""
        if not line:
            self._process = None
            raise _failure(process)
        ready = json.loads(line)
        self.ws, self.wss, self.ca_file = ready["ws"], ready["wss"], ready["ca_file"]
        self.instruments = ready["instruments"]
        return self

    def stop(self) -> None:
        """End the process. `with` does it."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            out, _ = process.communicate(timeout=STOP_WITHIN_S)  # closes its stdin, which ends it
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
        lines = out.splitlines()
        self.report = json.loads(lines[-1]) if lines else None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _failure(process: subprocess.Popen[str]) -> OkxFastError:
    """What kept the simulator from starting, in one sentence: its own last words."""
    try:
        _, errors = process.communicate(timeout=STOP_WITHIN_S)  # closes its stdin, which ends it
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
    words = errors.strip().rpartition("\n")[2].removeprefix("okx-fast sim: ").removeprefix("error: ")
    text = f"the simulator did not start: {words or f'exit code {process.returncode}'}"
    return ConfigError(text) if process.returncode == REFUSED else ConnectError(text)
