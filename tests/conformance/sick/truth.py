"""The market as it was: a connection of its own, which no sickness of the script is aimed at.

Books are kept by sequence number and each state is filed under OKX's time in the message that made it, so that it does
not matter how late this process reads it. If the chain breaks the run is void, and says so.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.conformance.registry import Unmet, wait

from .desk import DEPTH, INSTRUMENTS, state

if TYPE_CHECKING:
    from collections.abc import Iterable


class History:
    """States of one book, oldest first: each holds from its time until the next one's."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.states: list[str] = []
        self._spans: dict[str, list[int]] = {}

    def add(self, ts_ms: float, name: str) -> None:
        if self.states and self.states[-1] == name:
            return
        self._spans.setdefault(name, []).append(len(self.times))
        self.times.append(ts_ms)
        self.states.append(name)

    def spans(self, name: str) -> list[tuple[float, float]]:
        """From when to when the book was in this state; the last state lasts for ever."""
        ends = [*self.times[1:], float("inf")]
        return [(self.times[at], ends[at]) for at in self._spans.get(name, ())]


class Market:
    """What the frames of `books`, `trades` and `tickers` say, all of them and in order."""

    def __init__(self) -> None:
        self.books = {inst_id: History() for inst_id in INSTRUMENTS}
        self.tickers: dict[str, list[int]] = {inst_id: [] for inst_id in INSTRUMENTS}
        self.trades: list[tuple[float, str, int]] = []
        self._sides: dict[str, tuple[dict[float, float], dict[float, float]]] = {}
        self._seq: dict[str, int] = {}
        self._until: dict[str, float] = dict.fromkeys(INSTRUMENTS, 0.0)

    def until(self) -> float:
        """Everything is known until then."""
        return min(self._until.values())

    def first_after(self, channel: str, inst_id: str, at_ms: float) -> float | None:
        """OKX's time of the first book or trade from then on, which is what a sickness of that moment struck."""
        if channel == "trades":
            times = [ts for ts, of, _ in list(self.trades) if of == inst_id]
        else:
            times = list(self.books[inst_id].times)
        return next((ts for ts in times if ts >= at_ms), None)

    def trades_between(self, start_ms: float, end_ms: float) -> list[tuple[float, str, int]]:
        return [trade for trade in list(self.trades) if start_ms <= trade[0] <= end_ms]

    def take(self, frame: dict[str, Any]) -> None:
        """Raises ValueError if the chain of a book breaks."""
        channel, inst_id = frame["arg"]["channel"], frame["arg"]["instId"]
        for row in frame["data"]:
            ts = int(row["ts"])
            if channel == "trades":
                self.trades.append((ts, inst_id, int(row["tradeId"])))
            elif channel == "tickers":
                self.tickers[inst_id].append(ts)
            else:
                self._book(inst_id, frame["action"], row)

    def _book(self, inst_id: str, action: str, row: dict[str, Any]) -> None:
        if action == "snapshot":
            self._sides[inst_id] = ({}, {})
        elif row["prevSeqId"] != self._seq[inst_id]:
            raise ValueError(f"{inst_id}: expected prevSeqId {self._seq[inst_id]}, got {row['prevSeqId']}")
        self._seq[inst_id] = row["seqId"]
        bids, asks = self._sides[inst_id]
        apply(bids, row["bids"])
        apply(asks, row["asks"])
        best = sorted(bids.items(), reverse=True)[:DEPTH], sorted(asks.items())[:DEPTH]
        self.books[inst_id].add(float(row["ts"]), state(*best))
        self._until[inst_id] = float(row["ts"])


class Truth(Market):
    """The market as a connection of its own tells it, on a thread of its own."""

    def __init__(self, ws: str) -> None:
        super().__init__()
        self.broken = ""
        self._stopped = False
        self._ws = connect(f"{ws}/truth/ws/v5/public", max_size=None)
        args = [{"channel": name, "instId": i} for name in ("books", "trades", "tickers") for i in INSTRUMENTS]
        self._ws.send(json.dumps({"op": "subscribe", "args": args}))
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait(lambda: self.broken or all(history.times for history in self.books.values()), "books to compare with")
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._ws.close()
        self._thread.join(5)

    def sound(self) -> None:
        if self.broken:
            raise Unmet(f"the run is void, what it compares with broke: {self.broken}")

    def _read(self) -> None:
        try:
            for raw in self._ws:
                frame = json.loads(raw)
                if "data" in frame:
                    self.take(frame)
            self.broken = "" if self._stopped else "the connection was closed"
        except ConnectionClosed as error:
            self.broken = "" if self._stopped else str(error)
        except (KeyError, ValueError, TypeError) as error:
            self.broken = f"{type(error).__name__}: {error}"


def apply(side: dict[float, float], levels: Iterable[list[str]]) -> None:
    for px, sz, *_ in levels:
        if float(sz):
            side[float(px)] = float(sz)
        else:
            side.pop(float(px), None)
