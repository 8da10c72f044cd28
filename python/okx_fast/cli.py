"""The `okx-fast` command.

    okx-fast demo        a simulated market, received and verified, in your terminal
    okx-fast verify      recordings through the same core: counts, gaps, checksums, digests
    okx-fast watch       any channels, live, in your terminal
    okx-fast record      what arrives, into compressed files
    okx-fast replay      such files through the same engine: books, counters, events
    okx-fast export      the same as tables of trades, books and events: Parquet or Arrow
    okx-fast sim         the simulator alone, for your own clients
    okx-fast trade       a short session with orders: how each ended, and where the time went
    okx-fast doctor      what stands between this machine, a key and OKX, in words
    okx-fast status      maintenance and announcements, as OKX tells them
    okx-fast endpoints   every REST method: path, permission, limit

Exit codes: 0 all is well; 1 a checksum was wrong or a sequence broke, OKX refused a channel, a check of the doctor
failed, an order did not end as it should, maintenance is going on; 2 it could not be done.
Each command imports what it needs when it is called, so that `--help` and `sim` start at once.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from okx_fast.arguments import parser
from okx_fast.terminal import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from okx_fast.credentials import Credentials
    from okx_fast.site import Site
    from okx_fast.trade import Step

__all__ = ["main"]

OK, WRONG, FAILED = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141  # as the shell counts SIGINT and SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is without the program's name."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        if args[:1] == ["sim"]:  # its options are its own
            from okx_fast import sim

            return sim.main(args[1:])
        parsed = parser().parse_args(args)
        code = COMMANDS[parsed.command](parsed)
        sys.stdout.flush()  # here, where a closed pipe is still ours to handle
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


def _demo(args: argparse.Namespace) -> int:
    from okx_fast import demo
    from okx_fast.errors import OkxFastError

    live = sys.stdout.isatty() and not args.json
    try:
        summary = demo.run(seconds=args.seconds, rate=args.rate, mode=args.mode, live=live)
    except (OkxFastError, OSError) as error:
        return _fail("demo", error)
    if not live:
        _print_json(summary)
    return OK if demo.is_sound(summary) else WRONG


def _verify(args: argparse.Namespace) -> int:
    from okx_fast import verify
    from okx_fast.errors import OkxFastError

    code, rows = OK, []
    for path in args.files:
        try:
            streams = verify.verify_file(path)
        except OkxFastError as error:
            code = _fail("verify", error)  # the other files are still worth reading
            continue
        if not streams:
            print(f"okx-fast verify: {path}: no book messages", file=sys.stderr)
        if args.json:
            for row in streams:
                _print_json(row)
        rows += streams
    if rows and not args.json:
        print(verify.as_table(rows))
    return max(code, OK if all(verify.is_sound(row) for row in rows) else WRONG)


def _watch(args: argparse.Namespace) -> int:
    from okx_fast import watch, watch_show
    from okx_fast.errors import OkxFastError

    live = sys.stdout.isatty() and not args.json
    every_s = watch_show.REFRESH_S if live else 1.0
    try:
        with (
            _place(args.site) as (site, _),
            watch_show.output(args.site, args.depth, live=live, as_json=args.json) as show,
        ):
            summary = watch.run(site, args.wanted, show, every_s=every_s, seconds=args.seconds, proxy=args.proxy)
    except BrokenPipeError:  # the reader's, who went away
        raise
    except (OkxFastError, OSError) as error:
        return _fail("watch", error)
    if live:
        print("\n".join(watch_show.sum_up(summary)))
    else:
        _print_json({"type": "summary", **summary})
    return OK if watch.is_sound(summary) else WRONG


def _record(args: argparse.Namespace) -> int:
    from okx_fast import taping
    from okx_fast.errors import OkxFastError
    from okx_fast.recording import Flight, Recording

    out, flight = args.out, args.flight
    recording = None if out is None else Recording(folder=out, rotate_mb=args.rotate_mb, rotate_s=args.rotate_s)
    recorder = None if flight is None else Flight(folder=flight, seconds=args.flight_s)
    try:
        with _feed(args.site) as site:
            summary = taping.record(site, args.wanted, recording, recorder, seconds=args.seconds, proxy=args.proxy)
    except (OkxFastError, OSError) as error:
        return _fail("record", error)
    _print_json(summary)
    return OK if not (summary["lost"] or summary["errors"]) else WRONG


def _replay(args: argparse.Namespace) -> int:
    from okx_fast import taping
    from okx_fast.errors import OkxFastError

    tell = None if args.json else lambda event: print(plain(str(event)))
    try:
        summary = taping.replay(args.files, speed=args.speed, on_event=tell)
    except (OkxFastError, OSError) as error:
        return _fail("replay", error)
    _tell_truncated("replay", summary)
    _print_json(summary)
    return OK if taping.is_sound(summary) else WRONG


def _export(args: argparse.Namespace) -> int:
    from okx_fast import export, taping
    from okx_fast.errors import OkxFastError

    try:
        summary = export.export(args.files, args.out, file_format=args.format, top=args.top)
    except (OkxFastError, OSError) as error:
        return _fail("export", error)
    _tell_truncated("export", summary)
    _print_json(summary)
    return OK if taping.is_sound(summary) else WRONG


def _trade(args: argparse.Namespace) -> int:
    from okx_fast import trade, trade_show
    from okx_fast.errors import OkxFastError

    try:
        with _place(args.site) as (site, of_the_simulator):
            live = trade.is_live(site)
            trade_show.check(site, live=args.live, agreed=args.yes)
            rounds = args.rounds or (1 if live else 10)
            tell = _print_json_step if args.json else trade_show.step
            summary = trade.run(
                site,
                _credentials(args) or of_the_simulator,
                args.inst_id,
                rounds,
                tell,
                agree=lambda plan: trade_show.agree(plan, agreed=args.yes),
                proxy=args.proxy,
            )
    except BrokenPipeError:  # the reader's, who went away
        raise
    except (OkxFastError, OSError) as error:
        return _fail("trade", error)
    if args.json:
        _print_json({"type": "summary", **summary})
    else:
        print("\n".join(trade_show.sum_up(summary)))
    if summary["open"]:
        sys.stdout.flush()
        print(f"okx-fast trade: perhaps still open: {', '.join(summary['open'])}: cancel them", file=sys.stderr)
    if summary["interrupted"] and trade.is_sound(summary):
        return INTERRUPTED
    return OK if trade.is_sound(summary) else WRONG


def _doctor(args: argparse.Namespace) -> int:
    from okx_fast import doctor
    from okx_fast.errors import OkxFastError

    code = OK
    try:
        with _place(args.site) as (site, of_the_simulator):
            credentials = _credentials(args) or of_the_simulator
            for check in doctor.examine(site, credentials, proxy=args.proxy, timeout_s=args.timeout):
                if args.json:
                    _print_json(check.as_dict())
                else:
                    print(f"{check.verdict:<5} {check.name:<12} {plain(check.words)}", flush=True)
                code = max(code, WRONG if check.verdict == "fail" else OK)
    except (OkxFastError, OSError) as error:
        return _fail("doctor", error)
    return code


def _status(args: argparse.Namespace) -> int:
    from okx_fast import status
    from okx_fast.errors import OkxFastError
    from okx_fast.rest import Rest, RestOptions

    try:
        with _place(args.site) as (site, _), Rest(site, options=RestOptions(proxy=args.proxy)) as rest:
            told = status.fetch(rest, args.announcements)
    except (OkxFastError, OSError) as error:
        return _fail("status", error)
    if args.json:
        _print_json(told)
    else:
        for line in status.as_lines(told):
            print(plain(line))
    return OK if status.is_calm(told) else WRONG


def _endpoints(args: argparse.Namespace) -> int:
    from okx_fast import endpoints

    found = False
    for line in endpoints.lines(args.pattern, as_json=args.json):
        found = True
        print(line)
    if not found:
        print(f"okx-fast endpoints: no name or path with {args.pattern!r}", file=sys.stderr)
    return OK if found else FAILED


@contextmanager
def _feed(name: str) -> Iterator[Site]:
    """The site of that name; for "sim" a feed of its own."""
    from okx_fast.sim import Sim
    from okx_fast.site import find_site

    if name != "sim":
        yield find_site(name)
        return
    with Sim(rate=2000) as sim:
        yield sim.site()


@contextmanager
def _place(name: str) -> Iterator[tuple[Site, Credentials | None]]:
    """The site of that name; for "sim" an exchange of its own, with a key."""
    from okx_fast.exchange import Exchange
    from okx_fast.site import find_site

    if name != "sim":
        yield find_site(name), None
        return
    with Exchange() as exchange:
        yield exchange.site(), exchange.credentials()


def _credentials(args: argparse.Namespace) -> Credentials | None:
    """From where the arguments say; a secret itself is never an argument, since everybody sees those."""
    from okx_fast.credentials import Credentials

    if args.env is not None:
        return Credentials.from_env(args.env)
    if args.file is not None:
        return Credentials.from_file(args.file, args.profile)
    if args.keyring is not None:
        return Credentials.from_keyring(args.keyring, args.profile)
    return None


def _print_json(row: dict[str, Any]) -> None:
    import orjson

    print(orjson.dumps(row).decode())


def _print_json_step(step: Step) -> None:
    _print_json({"type": "step", **step.as_dict()})


def _tell_truncated(command: str, summary: dict[str, Any]) -> None:
    for path in summary["truncated"]:
        print(f"okx-fast {command}: {path}: ends in the middle; played up to its last whole line", file=sys.stderr)


def _fail(command: str, error: Exception) -> int:
    sys.stdout.flush()  # keep the order for whoever reads both streams
    print(f"okx-fast {command}: {error}", file=sys.stderr)
    return FAILED


# `sim` is not among them: its options are its own.
COMMANDS = {
    "demo": _demo,
    "verify": _verify,
    "watch": _watch,
    "record": _record,
    "replay": _replay,
    "export": _export,
    "trade": _trade,
    "doctor": _doctor,
    "status": _status,
    "endpoints": _endpoints,
}
