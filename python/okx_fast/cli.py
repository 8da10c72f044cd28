"""The `okx-fast` command.

    okx-fast demo        a simulated market, received and verified, in your terminal
    okx-fast verify      recordings through the same core: counts, gaps, checksums, digests
    okx-fast record      what arrives, into compressed files
    okx-fast replay      such files through the same engine: books, counters, events
    okx-fast sim         the simulator alone, for your own clients
    okx-fast doctor      what stands between this machine, a key and OKX, in words
    okx-fast status      maintenance and announcements, as OKX tells them
    okx-fast endpoints   every REST method: path, permission, limit

Exit codes: 0 all is well; 1 a checksum was wrong or a sequence broke, a check of the doctor failed, maintenance is
going on; 2 it could not be done.
Each command imports what it needs when it is called, so that `--help` and `sim` start at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from okx_fast.credentials import Credentials
    from okx_fast.site import Site

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
        parsed = _parser().parse_args(args)
        code: int = parsed.run(parsed)
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


def _record(args: argparse.Namespace) -> int:
    from okx_fast import taping
    from okx_fast.errors import OkxFastError
    from okx_fast.recording import Recording

    options = Recording(folder=args.out, rotate_mb=args.rotate_mb, rotate_s=args.rotate_s)
    try:
        with _feed(args.site) as site:
            summary = taping.record(site, args.wanted, options, seconds=args.seconds, proxy=args.proxy)
    except (OkxFastError, OSError) as error:
        return _fail("record", error)
    _print_json(summary)
    return OK if not (summary["lost"] or summary["errors"]) else WRONG


def _replay(args: argparse.Namespace) -> int:
    from okx_fast import taping
    from okx_fast.errors import OkxFastError

    tell = None if args.json else lambda event: print(_plain(str(event)))
    try:
        summary = taping.replay(args.files, speed=args.speed, on_event=tell)
    except (OkxFastError, OSError) as error:
        return _fail("replay", error)
    for path in summary["truncated"]:
        print(f"okx-fast replay: {path}: ends in the middle; played up to its last whole line", file=sys.stderr)
    _print_json(summary)
    return OK if taping.is_sound(summary) else WRONG


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
                    print(f"{check.verdict:<5} {check.name:<12} {_plain(check.words)}", flush=True)
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
            print(_plain(line))
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


def _plain(text: str) -> str:
    """Without what could move a terminal's cursor: some of it comes from the network."""
    return "".join(char if char.isprintable() else " " for char in text)


def _print_json(row: dict[str, Any]) -> None:
    import orjson

    print(orjson.dumps(row).decode())


def _fail(command: str, error: Exception) -> int:
    sys.stdout.flush()  # keep the order for whoever reads both streams
    print(f"okx-fast {command}: {error}", file=sys.stderr)
    return FAILED


class _Version(argparse.Action):
    """Looks the version up only when asked for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print("okx-fast", version("okx-fast"))
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="okx-fast",
        description="OKX market data, verified before you read it, and OKX's REST.",
        epilog="exit codes: 0 all is well; 1 a checksum was wrong or a sequence broke, a check of the doctor failed, "
        "maintenance is going on; 2 it could not be done",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="a simulated market, received and verified, in your terminal",
        description="Start the simulator, receive its market over TLS, and show what arrives. Needs no key and no "
        "network. Without a terminal, or with --json, only the summary is printed, as one JSON object.",
    )
    demo.add_argument("--seconds", type=_positive, default=10.0, help="how long (default 10)")
    demo.add_argument("--rate", type=_positive_int, default=50_000, help="messages a second (default 50000)")
    demo.add_argument(
        "--mode",
        choices=("pump", "asyncio"),
        default="pump",
        help="how callbacks run: pump, on this thread (default), or asyncio, on an event loop",
    )
    demo.add_argument("--json", action="store_true", help="only the summary, as JSON")
    demo.set_defaults(run=_demo)

    verify = commands.add_parser(
        "verify",
        help="recordings through the same core: counts, gaps, checksums, digests",
        description="Rebuild every book of a recording, check each message as a live client would, and print one "
        "line per stream. A line of a recording is a frame as OKX sent it, or "
        '{"recv": seconds, "conn": name, "msg": frame}.',
    )
    verify.add_argument("files", nargs="+", metavar="FILE", help="a recording: .jsonl, or the same gzipped")
    verify.add_argument("--json", action="store_true", help="one JSON object per stream")
    verify.set_defaults(run=_verify)

    record = commands.add_parser(
        "record",
        help="what arrives, into compressed files that survive a kill",
        description="Subscribe and write every frame with its time of arrival to DIR/okx-*.jsonl.gz, until the time is "
        "up or Ctrl-C. Prints one JSON object: how much was written, and lost.",
    )
    record.add_argument(
        "wanted",
        nargs="+",
        metavar="CHANNEL:INSTRUMENT",
        help="books:BTC-USDT, trades:BTC-USDT; liquidation-orders:instType=SWAP; status",
    )
    record.add_argument("--out", required=True, metavar="DIR", help="the folder; it is made")
    _add_site(record)
    record.add_argument("--seconds", type=_positive, metavar="S", help="how long (default: until Ctrl-C)")
    record.add_argument("--rotate-mb", type=_positive, default=256.0, metavar="MB", help="a new file after (256)")
    record.add_argument("--rotate-s", type=_positive, default=3600.0, metavar="S", help="a new file after (3600)")
    record.set_defaults(run=_record)

    replay = commands.add_parser(
        "replay",
        help="recordings through the same engine: the same books and events",
        description="Play everything that the files hold, in their order. Prints events as they come, then one JSON "
        "object with counters and the state of every book.",
    )
    replay.add_argument("files", nargs="+", metavar="FILE", help="the files of one recording, oldest first")
    replay.add_argument("--speed", type=_speed, default=None, help="full (the default), recorded, or a factor of that")
    replay.add_argument("--json", action="store_true", help="only the JSON object")
    replay.set_defaults(run=_replay)

    doctor = commands.add_parser(
        "doctor",
        help="what stands between this machine, a key and OKX, in words",
        description="Look at site, DNS, TLS, clock, maintenance, WebSocket, and at the key: its permissions, "
        "IP binding, account and limits. Only reads are sent. Without a key, what needs one is skipped.",
    )
    _add_site(doctor)
    key = doctor.add_mutually_exclusive_group()
    key.add_argument(
        "--env",
        metavar="PREFIX",
        nargs="?",
        const="OKX",
        help="the key from OKX_API_KEY, OKX_SECRET_KEY, OKX_PASSPHRASE",
    )
    key.add_argument("--file", metavar="PATH", help="the key from a TOML or JSON file that only you can read")
    key.add_argument(
        "--keyring", metavar="SERVICE", nargs="?", const="okx-fast", help="the key from the system's keyring"
    )
    doctor.add_argument("--profile", default="default", help="which key of the file or the keyring (default: default)")
    doctor.add_argument("--timeout", type=_positive, default=10.0, metavar="S", help="for each check (default 10)")
    doctor.add_argument("--json", action="store_true", help="one JSON object per check")
    doctor.set_defaults(run=_doctor)

    status = commands.add_parser(
        "status",
        help="maintenance and announcements, as OKX tells them",
        description="Maintenance that is announced or going on, and the newest announcements. Needs no key.",
    )
    _add_site(status)
    status.add_argument(
        "--announcements", type=_count, default=10, metavar="N", help="how many, at most 20 (default 10)"
    )
    status.add_argument("--json", action="store_true", help="one JSON object")
    status.set_defaults(run=_status)

    endpoints = commands.add_parser(
        "endpoints",
        help="every REST method: path, permission, limit",
        description="Every REST method with its endpoint, permission and limit, one line each.",
    )
    endpoints.add_argument("pattern", nargs="?", default="", metavar="TEXT", help="only names and paths that hold this")
    endpoints.add_argument("--json", action="store_true", help="one JSON object per endpoint")
    endpoints.set_defaults(run=_endpoints)

    # Reached only by --help: main() hands these arguments on untouched.
    commands.add_parser("sim", help="the simulator alone, for your own clients", add_help=False)
    return parser


def _add_site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--site", default="global", help="global (the default), eea, us, tr, global-demo, eea-demo, us-demo, or sim"
    )
    parser.add_argument("--proxy", metavar="URL", help="http://, socks5:// or socks5h://; ps shows its password")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be more than 0, got {text}")
    return value


def _speed(text: str) -> float | None:
    return {"full": None, "recorded": 1.0}[text] if text in ("full", "recorded") else _positive(text)


def _positive_int(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be more than 0, got {text}")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, got {text}")
    return value
