"""The arguments of the `okx-fast` command."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Add = Callable[..., argparse.ArgumentParser]

__all__ = ["parser"]


class _Version(argparse.Action):
    """Looks the version up only when asked for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print("okx-fast", version("okx-fast"))
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Of `okx-fast`; the command's name goes to `command`."""
    made = argparse.ArgumentParser(
        prog="okx-fast",
        description="OKX market data, verified before you read it, and OKX's REST.",
        epilog="exit codes: 0 all is well; 1 a checksum was wrong or a sequence broke, OKX refused a channel, a check "
        "of the doctor failed, an order did not end as it should, maintenance is going on; 2 it could not be done",
    )
    made.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_command in (_demo, _verify, _watch, _record, _replay, _export, _trade, _doctor, _status, _endpoints):
        add_command(commands.add_parser)
    # Reached only by --help: main() hands these arguments on untouched.
    commands.add_parser("sim", help="the simulator alone, for your own clients", add_help=False)
    return made


def _demo(add: Add) -> None:
    parser = add(
        "demo",
        help="a simulated market, received and verified, in your terminal",
        description="Start the simulator, receive its market over TLS, and show what arrives. Needs no key and no "
        "network. Without a terminal, or with --json, only the summary is printed, as one JSON object.",
    )
    parser.add_argument("--seconds", type=_positive, default=10.0, help="how long (default 10)")
    parser.add_argument("--rate", type=_positive_int, default=50_000, help="messages a second (default 50000)")
    parser.add_argument(
        "--mode",
        choices=("pump", "asyncio"),
        default="pump",
        help="how callbacks run: pump, on this thread (default), or asyncio, on an event loop",
    )
    parser.add_argument("--json", action="store_true", help="only the summary, as JSON")


def _verify(add: Add) -> None:
    parser = add(
        "verify",
        help="recordings through the same core: counts, gaps, checksums, digests",
        description="Rebuild every book of a recording, check each message as a live client would, and print one "
        "line per stream. A line of a recording is a frame as OKX sent it, or "
        '{"recv": seconds, "conn": name, "msg": frame}.',
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a recording: .jsonl, or the same gzipped")
    parser.add_argument("--json", action="store_true", help="one JSON object per stream")


def _watch(add: Add) -> None:
    parser = add(
        "watch",
        help="any channels, live, in your terminal",
        description="Subscribe and show what arrives, until the time is up or Ctrl-C: books, and why one is not valid; "
        "trades; the newest row of anything else; rates, ages, faults, events. Without a terminal a line each second, "
        "with --json a JSON object. The last line is a JSON object that sums it up.",
    )
    _add_wanted(parser)
    _add_site(parser)
    parser.add_argument("--seconds", type=_positive, metavar="S", help="how long (default: until Ctrl-C)")
    parser.add_argument("--depth", type=_positive_int, default=5, metavar="N", help="levels of a book (default 5)")
    parser.add_argument("--json", action="store_true", help="JSON objects, one a line")


def _record(add: Add) -> None:
    parser = add(
        "record",
        help="what arrives, into compressed files that survive a kill",
        description="Subscribe and write every frame with its time of arrival to DIR/okx-*.jsonl.gz, until the time is "
        "up or Ctrl-C. With --flight, beside it or alone, keep the last seconds in memory and write them to "
        "DIR/flight-*.jsonl.gz when something goes wrong. Prints one JSON object: how much was written, and lost.",
    )
    _add_wanted(parser)
    parser.add_argument("--out", metavar="DIR", help="the folder for everything; it is made")
    parser.add_argument("--flight", metavar="DIR", help="the folder for what led to a fault; it is made")
    parser.add_argument("--flight-s", type=_positive, default=30.0, metavar="S", help="how far back (default 30)")
    _add_site(parser)
    parser.add_argument("--seconds", type=_positive, metavar="S", help="how long (default: until Ctrl-C)")
    parser.add_argument("--rotate-mb", type=_positive, default=256.0, metavar="MB", help="a new file after (256)")
    parser.add_argument("--rotate-s", type=_positive, default=3600.0, metavar="S", help="a new file after (3600)")


def _replay(add: Add) -> None:
    parser = add(
        "replay",
        help="recordings through the same engine: the same books and events",
        description="Play everything that the files hold, in their order. Prints events as they come, then one JSON "
        "object with counters and the state of every book.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="the files of one recording, oldest first")
    parser.add_argument("--speed", type=_speed, default=None, help="full (the default), recorded, or a factor of that")
    parser.add_argument("--json", action="store_true", help="only the JSON object")


def _export(add: Add) -> None:
    parser = add(
        "export",
        help="recordings as tables of trades, books and events: Parquet or Arrow",
        description="Play everything that the files hold, in their order, and write DIR/trades, books and events, and "
        "with --top the best levels after each update. Needs pyarrow: pip install okx-fast[export]. Prints one JSON "
        "object: the files, counters, and the state of every book at the end.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="the files of one recording, oldest first")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder; nothing in it is written over")
    parser.add_argument("--format", choices=("parquet", "arrow"), default="parquet", help="default: parquet")
    parser.add_argument("--top", type=_positive_int, metavar="N", help="so many best levels after each update, too")


def _trade(add: Add) -> None:
    parser = add(
        "trade",
        help="a short session with orders: how each ended, and where the time went",
        description="Place an order far below the market, amend and cancel it; three in one request, and their cancel; "
        "one that is to be refused. Prints how each call ended, then where their time went. Whatever was placed is "
        "canceled at the end, after Ctrl-C too; no other order is touched. On a site of live trading, which needs "
        "--live, one order is placed, amended and canceled, after it has been said and agreed to.",
    )
    _add_site(parser, "sim")
    _add_key(parser)
    parser.add_argument("--inst-id", default="BTC-USDT-SWAP", metavar="ID", help="default: BTC-USDT-SWAP")
    parser.add_argument("--rounds", type=_positive_int, metavar="N", help="how often (default 10; with --live 1)")
    parser.add_argument("--live", action="store_true", help="yes, with real money")
    parser.add_argument("--yes", action="store_true", help="do not ask before trading live")
    parser.add_argument("--json", action="store_true", help="one JSON object per call, and one that sums them up")


def _doctor(add: Add) -> None:
    parser = add(
        "doctor",
        help="what stands between this machine, a key and OKX, in words",
        description="Look at site, DNS, TLS, clock, maintenance, WebSocket, and at the key: its permissions, "
        "IP binding, account and limits. Only reads are sent. Without a key, what needs one is skipped.",
    )
    _add_site(parser)
    _add_key(parser)
    parser.add_argument("--timeout", type=_positive, default=10.0, metavar="S", help="for each check (default 10)")
    parser.add_argument("--json", action="store_true", help="one JSON object per check")


def _status(add: Add) -> None:
    parser = add(
        "status",
        help="maintenance and announcements, as OKX tells them",
        description="Maintenance that is announced or going on, and the newest announcements. Needs no key.",
    )
    _add_site(parser)
    parser.add_argument(
        "--announcements", type=_count, default=10, metavar="N", help="how many, at most 20 (default 10)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _endpoints(add: Add) -> None:
    parser = add(
        "endpoints",
        help="every REST method: path, permission, limit",
        description="Every REST method with its endpoint, permission and limit, one line each.",
    )
    parser.add_argument("pattern", nargs="?", default="", metavar="TEXT", help="only names and paths that hold this")
    parser.add_argument("--json", action="store_true", help="one JSON object per endpoint")


def _add_wanted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "wanted",
        nargs="+",
        metavar="CHANNEL:INSTRUMENT",
        help="books:BTC-USDT, trades:BTC-USDT; liquidation-orders:SWAP; status; "
        "option-trades:instType=OPTION,instFamily=BTC-USD",
    )


def _add_site(parser: argparse.ArgumentParser, default: str = "global") -> None:
    names = "global, eea, us, tr, global-demo, eea-demo, us-demo, or sim"
    parser.add_argument("--site", default=default, help=f"{names} (default {default})")
    parser.add_argument("--proxy", metavar="URL", help="http://, socks5:// or socks5h://; ps shows its password")


def _add_key(parser: argparse.ArgumentParser) -> None:
    key = parser.add_mutually_exclusive_group()
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
    parser.add_argument("--profile", default="default", help="which key of the file or the keyring (default: default)")


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
