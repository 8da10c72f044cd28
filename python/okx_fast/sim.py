"""The simulator as a process: an exchange, or a feed of public channels at any rate.

    okx-fast sim --config FILE                     an exchange: REST and WebSocket, accounts, orders, faults
    okx-fast sim --rate 5000 --checksum real       a feed: with any option of a feed, from a market or a recording
    with okx_fast.Sim(rate=5000) as sim: ...       a feed, started and stopped here

It is not OKX: nothing of its markets is real. An exchange in your own process is `okx_fast.Exchange`.
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
from okx_fast.exchange import NAME, Exchange
from okx_fast.site import Site, site_at

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import FrameType, TracebackType

__all__ = ["Sim", "main"]

CHECK_EVERY_S = 0.05
START_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
REFUSED = 2  # exit code: an option, a file or a port
FAILED = 1  # exit code: the exchange ended by itself, and said why


def main(argv: Sequence[str]) -> int:
    """`okx-fast sim` by itself; `argv` is without the command's name."""
    import argparse

    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="okx-fast sim", description=__doc__, formatter_class=raw)
    feed_options = _add_options(parser)
    return _run(parser.parse_args(argv), feed_options)


def _add_options(parser: argparse.ArgumentParser) -> set[str]:
    """The names of those that only a feed has."""
    # What is not said is left out: an exchange takes it from its configuration, a feed has its own defaults.
    from argparse import SUPPRESS

    add = parser.add_argument_group("where").add_argument
    add("--host", default=SUPPRESS, help="a loopback address (default: 127.0.0.1)")
    add("--port", type=int, default=SUPPRESS, help="for http:// and ws:// (default: any free one)")
    add("--tls-port", type=int, default=SUPPRESS, help="for https:// and wss:// (default: any free one)")

    add = parser.add_argument_group("what").add_argument
    add("--seed", type=int, default=SUPPRESS, help="of its market (default: 1)")
    add("--checksum", choices=["zero", "legacy", "real"], default=SUPPRESS,
        help="in its books: zero (the default), or the old ones: legacy in an exchange, real in a feed")  # fmt: skip

    add = parser.add_argument_group("an exchange").add_argument
    add("--config", type=Path, metavar="FILE", help="a .toml or .json file")
    add("--admin-port", type=int, default=SUPPRESS, help="of its admin API (default: any free one)")
    add("--coverage", action="store_true", help="print what is simulated and what is refused, and end")

    group = parser.add_argument_group("a feed", "Any of these makes it one.")

    feed_options = set()

    def add_feed(name: str, **options: Any) -> None:
        feed_options.add(group.add_argument(name, default=SUPPRESS, **options).dest)

    add_feed("--feed", action="store_true", help="as it is")
    add_feed(
        "--shared", action="store_true", help="one market for all connections, busy and quiet instruments as on OKX"
    )
    add_feed("--instruments", type=int, metavar="N", help="in the generated market, at most 5000 (default: 5)")
    add_feed("--channels", type=_names, metavar="A,B",
        help="only these channels in it (default: all; of a shared one: books,trades,tickers)")  # fmt: skip
    add_feed("--messages", type=int, metavar="N", help="before it goes round (default: 40000; of a shared one: 30 s)")
    add_feed("--recording", type=Path, metavar="FILE", help="serve this .jsonl or .jsonl.gz instead")
    add_feed("--conn", metavar="NAME", help="which recorded connection (default: the first)")
    add_feed("--rate", type=float, metavar="PER_S",
        help="messages a second on each connection, whoever falls behind; of a shared market: of all its streams"
        " together (default: 3 for each instrument)")  # fmt: skip
    add_feed("--burst", type=int, metavar="N", help="with --rate: so many, 10 us apart (default: 1)")
    add_feed("--speed", help="full, recorded, or a factor of recorded (default: recorded)")
    add_feed("--await-streams", type=int, metavar="N", help="begin when so many are subscribed (default: 1)")
    add_feed("--skip", type=int, metavar="N", help="leave out the N-th data message, once: a gap")
    add_feed(
        "--limit",
        type=int,
        metavar="N",
        help="send so many data messages on a connection (of a shared market: have so many), then none",
    )
    add_feed("--chunk", type=int, metavar="BYTES", help="cut what is sent into writes of this size")
    add_feed("--send-log", type=Path, metavar="FILE", help="seqId, due and sent time (ns) as 3 x u64 a message")
    add_feed("--idle-after-s", type=float, metavar="S", help="close silent ones (default: 30)")
    add_feed("--okx-limits", action="store_true", help="3 new connections a second, 480 requests an hour on each")

    add = parser.add_argument_group("how long").add_argument
    add("--seconds", type=float, metavar="S", help="end by itself")
    add("--until-stdin-closes", action="store_true", help="end with the process that started it")
    return feed_options


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _run(args: argparse.Namespace, feed_options: set[str]) -> int:
    """Serve until a signal or the time is up; one JSON line when ready, and one at the end of a feed."""
    options = dict(vars(args))
    life = Life(options.pop("seconds"), follow_stdin=options.pop("until_stdin_closes"))
    config, coverage = options.pop("config"), options.pop("coverage")
    feed = sorted(feed_options & options.keys())
    try:
        if config is None and not coverage and feed:
            return _serve_feed(options, life)
        if feed:
            raise ConfigError(f"--{feed[0].replace('_', '-')} is for a feed, not for an exchange")
        return _serve_exchange(Exchange(config, **options), life, coverage=coverage)
    except (OkxFastError, OSError, ValueError) as error:
        print(f"okx-fast sim: {error}", file=sys.stderr)
        return REFUSED


def _serve_feed(options: dict[str, Any], life: Life) -> int:
    options.pop("feed", None)
    if "recording" in options:
        options["recording"] = _read(options["recording"])
    if "admin_port" in options:
        raise ConfigError("--admin-port is for an exchange, not for a feed")
    server = SimServer(**options)
    ready = {
        "ready": True,
        "name": NAME,
        "ws": server.ws,
        "wss": server.wss,
        "ca_file": str(server.ca_file),
        "instruments": server.instruments,
    }
    print(json.dumps(ready), flush=True)
    life.wait()
    print(server.stop(), flush=True)
    return 0


def _serve_exchange(exchange: Exchange, life: Life, *, coverage: bool) -> int:
    if coverage:
        exchange.config.update(port=0, tls_port=0, admin_port=0, host="127.0.0.1")
    with exchange:
        if coverage:
            _print_coverage(exchange.coverage())
            return 0
        print(json.dumps(exchange.ready()), flush=True)
        life.wait(while_=lambda: exchange.running)
        return 0 if exchange.running else FAILED


def _print_coverage(coverage: dict[str, dict[str, list[str]]]) -> None:
    """Two lists, a line each for an endpoint, a channel or an operation of the WebSocket."""
    for verdict in ("simulated", "refused"):
        print(verdict)
        for kind, names in coverage.items():
            for name in names[verdict]:
                print(f"  {kind}: {name}")


class Life:
    """How long to go on: until a signal, the time is up, or stdin closes."""

    def __init__(self, seconds: float | None, *, follow_stdin: bool) -> None:
        self.seconds, self.follow_stdin = seconds, follow_stdin
        self.over = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.over = True

    def wait(self, *, while_: Callable[[], bool] = lambda: True) -> None:
        """Return when it is over, or when that holds no longer."""
        end = None if self.seconds is None else time.monotonic() + self.seconds
        while not self.over and while_() and (end is None or time.monotonic() < end):
            if not self.follow_stdin:
                time.sleep(CHECK_EVERY_S)
            elif select.select([0], [], [], CHECK_EVERY_S)[0] and not os.read(0, 4096):
                break


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


class Sim:
    """A feed in a process of its own, for as long as the `with` block lasts.

    Options are those of `okx-fast sim`, with underscores: `Sim(rate=5000, checksum="real")`, `Sim(shared=True)`.
    After the block `report` holds what the last connection was sent, and the server's books at its end:
    `{"sent": N, "books": [{"channel", "id", "seqId", "digest"}]}`; of a shared market what all of them were sent, and
    `connections` and `requests` too.
    """

    ws: str
    wss: str
    ca_file: str
    instruments: list[str]
    report: dict[str, Any] | None

    def __init__(self, **options: object) -> None:
        self._command = [sys.executable, "-m", "okx_fast", "sim", "--feed", "--until-stdin-closes"]
        for name, value in options.items():
            if value is None or value is False:
                continue
            self._command.append("--" + name.replace("_", "-"))
            if value is not True:
                self._command.append(",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
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
        return site_at("sim", ws=self.wss, ca_file=self.ca_file) if tls else site_at("sim", ws=self.ws)

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
