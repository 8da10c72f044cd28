"""How long recoveries take: from a gap, an upgrade notice or a reset until all is right again.

okx_fast.Exchange in this process ─▶ okx_fast (pump), and the same by hand with `websockets`, over loopback

gap      from the message that shows a gap to the valid book, socket to socket; by hand: unsubscribe, subscribe,
         snapshot, each when the one before is answered: the round trips nobody can do without
notice   from `notice` 64008 to the closed old connection; no book may break, and no trade may be missing or double
reset    from the lost connection to the first and the last valid book, the pause before a reconnect included

python -m benches.py.recovery          alone
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import json
import ssl
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from websockets.sync.client import connect

import okx_fast
from benches.py.rows import Row, make_row, rounded, table

if TYPE_CHECKING:
    from collections.abc import Callable

WITHIN_S = 20.0
SEED = 7


@dataclass(frozen=True, kw_only=True)
class Size:
    """How often each is struck."""

    rounds: int


FULL, SHORT = Size(rounds=6), Size(rounds=1)
Samples = list[float]


class Watcher:
    """A client with the books and trades of every instrument that has both, and what it was told."""

    def __init__(self, exchange: okx_fast.Exchange) -> None:
        self.client = okx_fast.Client(exchange.site())
        self.events: list[okx_fast.Event] = []
        self.client.on_event(self.events.append)
        self.trades: dict[str, list[int]] = defaultdict(list)
        self.books = {inst_id: self.client.subscribe_book(inst_id) for inst_id in exchange.instruments}
        for inst_id in self.books:
            self.client.subscribe_trades(inst_id, self._took)
        self.until(lambda: all(book.valid for book in self.books.values()))
        self.events.clear()

    def _took(self, trade: okx_fast.Trade) -> None:
        self.trades[trade.inst_id].append(int(trade.trade_id))

    def books_again(self, inst_id: str) -> bool:
        return any(event.inst_id == inst_id for event in self.of("resynced"))

    def of(self, kind: str) -> list[okx_fast.Event]:
        return [event for event in self.events if event.kind == kind]

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < end, f"not within {WITHIN_S} s: {[str(event) for event in self.events][-9:]}"
            self.client.poll(0.01)


def gaps() -> Samples:
    """Milliseconds from each gap to the valid book, one in each book."""
    samples = []
    with okx_fast.Exchange(seed=SEED) as exchange:
        watcher = Watcher(exchange)
        with watcher.client:
            for inst_id, book in watcher.books.items():
                exchange.fault("book_gap", channel="books", instId=inst_id)
                watcher.until(functools.partial(watcher.books_again, inst_id))
                assert book.valid
            assert len(watcher.of("gap")) == len(watcher.books)
            for event in watcher.of("blind"):
                assert (event.cause, event.from_ns is None, event.to_ns is None) == ("gap", False, False)
                samples.append(((event.to_ns or 0) - (event.from_ns or 0)) / 1e6)
    return samples


def by_hand() -> Samples:
    """The same requests and answers, by hand: milliseconds."""
    samples = []
    with contextlib.ExitStack() as stack:
        exchange = stack.enter_context(okx_fast.Exchange(seed=SEED))
        site = exchange.site()
        context = ssl.create_default_context(cafile=site.ca_file)
        socket = stack.enter_context(connect(str(site.ws_public), ssl=context))

        def ask(op: str, arg: dict[str, str], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
            socket.send(orjson.dumps({"op": op, "args": [arg]}).decode())
            while True:
                message: dict[str, Any] = orjson.loads(socket.recv(timeout=WITHIN_S))
                if message["arg"] == arg and wanted(message):
                    return message

        for inst_id in exchange.instruments:
            arg = {"channel": "books", "instId": inst_id}
            ask("subscribe", arg, lambda message: message.get("action") == "snapshot")
            since = time.perf_counter()
            ask("unsubscribe", arg, lambda message: message.get("event") == "unsubscribe")
            book = ask("subscribe", arg, lambda message: message.get("action") == "snapshot")["data"][0]
            bids = {float(px): float(sz) for px, sz, *_ in book["bids"]}
            asks = {float(px): float(sz) for px, sz, *_ in book["asks"]}
            samples.append((time.perf_counter() - since) * 1e3)
            assert max(bids) < min(asks)
    return samples


def notices() -> Samples:
    """Milliseconds from a notice to the end of the old connection, nothing missed."""
    with okx_fast.Exchange(seed=SEED) as exchange:
        watcher = Watcher(exchange)
        with watcher.client:
            watcher.until(lambda: len(watcher.trades) == len(watcher.books))
            since = time.monotonic()
            exchange.fault("notice", path="public", close_after_ms=10_000)
            watcher.until(lambda: watcher.of("replaced"))
            took = (time.monotonic() - since) * 1e3
            before = watcher.client.stats()["messages"]
            watcher.until(lambda: watcher.client.stats()["messages"] > before + 1000)
            bad = {"blind", "gap", "resynced", "disconnected", "unfillable", "recovered"}
            assert not bad & {event.kind for event in watcher.events}, [str(event) for event in watcher.events]
            for inst_id, ids in watcher.trades.items():
                assert all(b == a + 1 for a, b in itertools.pairwise(ids)), f"{inst_id}: trades missing, or twice"
            assert all(book.valid for book in watcher.books.values())
    return [took]


def resets() -> tuple[Samples, Samples]:
    """Milliseconds from a reset to the first and to the last valid book."""
    with okx_fast.Exchange(seed=SEED) as exchange:
        watcher = Watcher(exchange)
        with watcher.client:
            exchange.fault("tcp_reset", path="public")
            books = watcher.books
            watcher.until(lambda: len({e.inst_id for e in watcher.of("blind") if e.channel == "books"}) == len(books))
            spans = [
                (event.from_ns or 0, event.to_ns or 0) for event in watcher.of("blind") if event.channel == "books"
            ]
            lost = max(start for start, _ in spans)
            back = sorted(end for _, end in spans)
            assert all(book.valid for book in books.values())
    return [(back[0] - lost) / 1e6], [(back[-1] - lost) / 1e6]


def rows(size: Size) -> list[Row]:
    """All rows of the recoveries."""
    found: dict[str, tuple[Samples, Samples]] = {}
    rounds = range(size.rounds)
    found["from a gap to the valid book"] = (
        [ms for _ in rounds for ms in gaps()],
        [ms for _ in rounds for ms in by_hand()],
    )
    found["from notice 64008 to the end of the old connection, nothing missed"] = (
        [ms for _ in rounds for ms in notices()],
        [],
    )
    reset = [resets() for _ in rounds]
    found["from a reset to the first valid book"] = ([ms for first, _ in reset for ms in first], [])
    found["from a reset to the last valid book"] = ([ms for _, last in reset for ms in last], [])
    made = []
    for case, (ours, hand) in found.items():
        against = ("by_hand", "baseline")
        row = make_row("recovery", case, "ms", [_share(ours, 0.5)], [_share(hand, 0.5)], [], against=against)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
            row[name] = {"okx_fast": _share(ours, share), "by_hand": _share(hand, share), "baseline": None}
        row["count"] = len(ours)
        made.append(row)
    return made


def _share(samples: Samples, share: float) -> float | None:
    """Give the percentile, none of no samples; of few samples the high ones are the largest."""
    if not samples:
        return None
    return rounded(sorted(samples)[min(int(len(samples) * share), len(samples) - 1)])


def main(argv: list[str] | None = None) -> int:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benches.py.recovery", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    made = rows(SHORT if args.short else FULL)
    print(json.dumps(made, indent=1) if args.json else table(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
