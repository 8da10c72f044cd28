"""The `okx-fast` command.

    okx-fast demo      a simulated market, received and verified, in your terminal
    okx-fast verify    recordings through the same core: counts, gaps, checksums, digests
    okx-fast sim       the simulator alone, for your own clients

Exit codes: 0 all is well, 1 a checksum was wrong or a sequence broke, 2 it could not be done.
Each command imports what it needs when it is called, so that `--help` and `sim` start at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        code = _demo(parsed) if parsed.command == "demo" else _verify(parsed)
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
        description="OKX market data, verified before you read it.",
        epilog="exit codes: 0 all is well, 1 a checksum was wrong or a sequence broke, 2 it could not be done",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="demo | verify | sim")

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

    verify = commands.add_parser(
        "verify",
        help="recordings through the same core: counts, gaps, checksums, digests",
        description="Rebuild every book of a recording, check each message as a live client would, and print one "
        "line per stream. A line of a recording is a frame as OKX sent it, or "
        '{"recv": seconds, "conn": name, "msg": frame}.',
    )
    verify.add_argument("files", nargs="+", metavar="FILE", help="a recording: .jsonl, or the same gzipped")
    verify.add_argument("--json", action="store_true", help="one JSON object per stream")

    # Reached only by --help: main() hands these arguments on untouched.
    commands.add_parser("sim", help="the simulator alone, for your own clients", add_help=False)
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be more than 0, got {text}")
    return value


def _positive_int(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be more than 0, got {text}")
    return value
