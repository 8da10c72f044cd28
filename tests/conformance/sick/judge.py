"""What a client was worth in a window of time: told or not, right, late, false or blind, and which trades it handed on.

A book that can be read is *right* while it equals a state that was true within the last LATE_MS, *late* after that, and
*false* if no such book ever was. A time in which the client's process did not run counts as neither: nobody read. A
trade that was handed on is *late* after the same time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .desk import INSTRUMENTS, LATE, ON_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .truth import History, Market

LATE_MS = 500.0
EARLY_MS = 20.0  # times of OKX are whole milliseconds
SETTLED_MS = 1000.0  # a trade may be so long on its way when the window ends
LEAST_MS = 1.0  # a shorter piece is the rounding of two clocks
CALM_MS = 2500.0  # more than a trade may be on its way, and than two trades lie apart

Piece = tuple[float, float, Any]
Trade = tuple[float, str, int]


@dataclass
class Line:
    """What one client showed over time, as its desk wrote it."""

    books: dict[str, list[tuple[float, str | None]]] = field(default_factory=dict)
    tickers: dict[str, list[tuple[float, int | None]]] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    blind: list[dict[str, Any]] = field(default_factory=list)
    holes: list[dict[str, Any]] = field(default_factory=list)
    marked: set[tuple[str, int]] = field(default_factory=set)  # trades that say themselves that they were fetched later
    pauses: list[tuple[float, float]] = field(default_factory=list)
    version: str = ""
    until: float = 0.0  # the time of the newest line: what came before is here

    def take(self, line: dict[str, Any]) -> None:
        kind, at = line["k"], line["t"]
        self.until = max(self.until, at)
        if kind == "book":
            self.books.setdefault(line["i"], []).append((at, line["s"]))
        elif kind == "ticker":
            self.tickers.setdefault(line["i"], []).append((at, line["ts"]))
        elif kind == "trade":
            self.trades.append((at, line["i"], line["id"]))
            if line["late"]:
                self.marked.add((line["i"], line["id"]))
        elif kind == "told":
            self.told.append(line)
        elif kind == "blind":
            self.blind.append(line)
        elif kind == "hole":
            self.holes.append(line)
        elif kind == "pause":
            self.pauses.append((line["from"], at))
        elif kind == "ready":
            self.version = line["version"]

    def nothing(self, at_ms: float) -> None:
        """The client was ended: from here on it shows nothing."""
        for inst_id in INSTRUMENTS:
            self.books.setdefault(inst_id, []).append((at_ms, None))
            self.tickers.setdefault(inst_id, []).append((at_ms, None))


@dataclass
class Verdict:
    """All times in ms. told_ms: None if nothing was; right_ms: None if it did not come right again by itself.
    false_ms, late_ms, blind_ms: of the book with which it was worst; lasting: those that had no end in the window.
    lost: trades never handed on; delayed: trades handed on late. Each also as untold: nobody said so.
    """

    told: list[str]
    told_ms: float | None
    false_ms: float
    late_ms: float
    blind_ms: float
    lost: int
    lost_untold: int
    delayed: int
    delayed_untold: int
    doubled: int
    right_ms: float | None
    paused_ms: float
    lasting: list[str]


def judge(line: Line, truth: Market, start_ms: float, end_ms: float) -> Verdict:
    """The window is from the strike to when it was called over."""
    signs = [row for row in list(line.told) if row["t"] <= end_ms and not row["routine"]]
    told = [row for row in signs if row["t"] >= start_ms]
    pauses = [(a, b) for a, b in list(line.pauses) if b > start_ms and a < end_ms]
    sums = {"false": 0.0, "late": 0.0, "blind": 0.0}
    bad_until, lasting = start_ms, set()
    for inst_id in INSTRUMENTS:
        mine = dict.fromkeys(sums, 0.0)
        for a, b, grade in book(line.books.get(inst_id, []), truth.books[inst_id], start_ms, end_ms):
            length = read_time(a, b, pauses)
            if grade != "right" and length >= LEAST_MS:
                mine[grade] += length
                bad_until = max(bad_until, b)
                lasting |= {grade} if b == end_ms else set()
        for a, b, grade in ticker(line.tickers.get(inst_id, []), truth, inst_id, start_ms, end_ms):
            if grade != "right" and read_time(a, b, pauses) >= LEAST_MS:
                bad_until = max(bad_until, b)
        # Books lie side by side in time: the worst of them, not their sum.
        sums = {grade: max(sums[grade], mine[grade]) for grade in sums}

    all_of_it = list(line.trades)
    got = [(inst_id, trade_id) for at, inst_id, trade_id in all_of_it if start_ms <= at <= end_ms]
    held: dict[tuple[str, int], float] = {}
    for at, inst_id, trade_id in all_of_it:
        held.setdefault((inst_id, trade_id), at)
    due = truth.trades_between(start_ms, end_ms - SETTLED_MS)
    lost = [trade for trade in due if (trade[1], trade[2]) not in held]
    untold = [trade for trade in lost if not announced(trade, signs, line, all_of_it)]
    came = [(trade, held[trade[1:]]) for trade in due if trade[1:] in held]
    delayed = [(trade, at) for trade, at in came if read_time(trade[0] + LATE_MS, at, pauses) >= LEAST_MS]
    unsaid = [trade for trade, at in delayed if trade[1:] not in line.marked and not explained(trade, at, line)]
    bad_until = max([bad_until, *(trade[0] for trade in lost), *(min(at, end_ms) for _, at in delayed)])
    right = end_ms - bad_until >= CALM_MS and all(line.books.get(inst_id) for inst_id in INSTRUMENTS)
    return Verdict(
        told=list(dict.fromkeys(f"{row['how']} {row['word']}" for row in told)),
        told_ms=max(0.0, told[0]["t"] - start_ms) if told else None,
        false_ms=sums["false"],
        late_ms=sums["late"],
        blind_ms=sums["blind"],
        lost=len(lost),
        lost_untold=len(untold),
        delayed=len(delayed),
        delayed_untold=len(unsaid),
        doubled=len(got) - len(set(got)),
        right_ms=bad_until - start_ms if right else None,
        paused_ms=sum(min(b, end_ms) - max(a, start_ms) for a, b in pauses),
        lasting=sorted(lasting),
    )


def announced(trade: Trade, told: list[dict[str, Any]], line: Line, got: list[Trade]) -> bool:
    """The user was told of trouble with the connection or with trades after it happened, or of just this gap.

    Also if he was told before, and no trade came between: then he still knew. Word that something is to come, was
    averted or mended is no word of a loss.
    """
    at, inst_id, trade_id = trade
    signs = [row["t"] for row in told if row["loss"]]
    if any(sign >= at - EARLY_MS for sign in signs):
        return True
    if signs and not any(inst_id == mine and signs[-1] < came < at for came, mine, _ in got):
        return True
    if any(row["i"] == inst_id and row["from"] <= trade_id <= row["to"] for row in list(line.holes)):
        return True
    gaps = [row for row in list(line.blind) if row["about"] in ("connection", "trades") and row["i"] in ("", inst_id)]
    return any(row["from"] - EARLY_MS <= at <= row["to"] + EARLY_MS for row in gaps)


def explained(trade: Trade, came: float, line: Line) -> bool:
    """Between a trade and its late arrival the user was told of trades, or of trouble with the connection; or before it
    that what comes is late, and not yet that it is on time again.
    """
    words = [row["word"] for row in list(line.told) if row["t"] <= came and row["word"] in (LATE, ON_TIME)]
    if words and words[-1] == LATE:
        return True
    told = [row for row in list(line.told) if trade[0] - EARLY_MS <= row["t"] <= came + EARLY_MS and not row["routine"]]
    return any(row["loss"] or row["about"] == "trades" for row in told)


def book(shown: Iterable[tuple[float, str | None]], history: History, start: float, end: float) -> Iterator[Piece]:
    """The window in pieces: right, late, false, blind."""
    for a, b, name in pieces(shown, start, end):
        if name is None:
            yield a, b, "blind"
            continue
        spans = [span for span in history.spans(name) if span[0] - EARLY_MS < b]
        if not spans:
            yield a, b, "false"
            continue
        at = a
        for first, last in spans:
            if at < first - EARLY_MS:
                yield at, min(b, first - EARLY_MS), "false" if first == spans[0][0] else "late"
                at = first - EARLY_MS
            if at < (until := min(b, last + LATE_MS)):
                yield at, until, "right"
                at = until
        if at < b:
            yield at, b, "late"


def ticker(
    shown: Iterable[tuple[float, int | None]], truth: Market, inst_id: str, start: float, end: float
) -> Iterator[Piece]:
    """The window in pieces: right, late, blind. A ticker names its own time."""
    times = truth.tickers[inst_id]
    for a, b, ts in pieces(shown, start, end):
        if ts is None:
            yield a, b, "blind"
            continue
        newer = bisect_right(times, ts)
        stale = times[newer] + LATE_MS if newer < len(times) else float("inf")
        if a < stale:
            yield a, min(b, stale), "right"
        if stale < b:
            yield max(a, stale), b, "late"


def pieces(shown: Iterable[tuple[float, Any]], start: float, end: float) -> Iterator[Piece]:
    """What was shown from when to when, within the window; before anything was shown, None."""
    points = [(float("-inf"), None), *list(shown), (float("inf"), None)]
    for (a, value), (b, _) in pairwise(points):
        if (a := max(a, start)) < (b := min(b, end)):
            yield a, b, value


def read_time(a: float, b: float, pauses: Iterable[tuple[float, float]]) -> float:
    """How much of it the client's process ran."""
    return (b - a) - sum(max(0.0, min(b, q) - max(a, p)) for p, q in pauses)
