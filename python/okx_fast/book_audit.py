"""The live book against the one REST gives, at the same `seqId`.

    every update ─▶ note() ──▶ the last states of the live book, by seqId ─┐
    check() ─▶ GET market/books ─▶ REST's book and its seqId ──────────────┴─▶ equal · different · not compared

The chain of `seqId` proves that no message is missing; the audit asks OKX for the whole book and compares every level.
It is for a few books now and then, not for each update: REST allows 40 such requests in 2 s per IP.

Source: OKX API v5, Order book trading › Market data › GET / Order book; WS order book channel.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from okx_fast.errors import BookInvalidError, ClosedError, ConfigError, ForkError, MalformedError, OkxFastError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from okx_fast._native import Book, Depth
    from okx_fast.rest import Rest
    from okx_fast.rest.models import BookLevel, OrderBook

    Outcome = Literal["equal", "different", "not compared"]
    Side = dict[Decimal, "Standing"]

__all__ = ["BookAudit", "Comparison", "Difference", "Standing"]

# Channels whose numbers are those of REST, and their levels a side. Whether books-rpi shares them, OKX does not say;
# REST's books of spreads have none.
DEPTHS = {"books": 400, "books-l2-tbt": 400, "books50-l2-tbt": 50, "books5": 5, "bbo-tbt": 1}
STEP_S = 0.05  # how long the live book may move on before it is looked at again
SHOWN = 3  # differences in a text


class Standing(NamedTuple):
    """What stands at a price: contracts for derivatives, base currency for spot; and in how many orders."""

    sz: Decimal
    n_orders: int


class Difference(NamedTuple):
    """A price at which the two books differ; None: that book has no such level."""

    side: Literal["bid", "ask"]
    px: Decimal
    live: Standing | None
    rest: Standing | None

    def __str__(self) -> str:
        live, rest = (f"{_plain(each.sz)} in {each.n_orders}" if each else "none" for each in (self.live, self.rest))
        return f"{self.side} {_plain(self.px)}: live {live}, REST {rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one audit found. `str()` says it in a line.

    outcome: `equal`: every level is; `different`: `differences` are not, best first, bids before asks; `not compared`:
    the two never stood at one `seqId`.
    seq_id: that of both books, None if not compared. levels: how many of REST's were compared, bids and asks.
    reasons: why tries came to nothing, in order; those before a comparison too.
    """

    outcome: Outcome
    inst_id: str
    channel: str
    seq_id: int | None = None
    levels: tuple[int, int] = (0, 0)
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.inst_id} {self.channel}: {self.outcome}"
        if self.seq_id is None:
            return f"{head}: {'; '.join(self.reasons)}"
        more = len(self.differences) - SHOWN
        parts = [str(each) for each in self.differences[:SHOWN]] + ([f"{more} more"] if more > 0 else [])
        text = f"{head} at seqId {self.seq_id}, {self.levels[0]} bids and {self.levels[1]} asks"
        return f"{text}: {'; '.join(parts)}" if parts else text


class BookAudit:
    """Compares one live book with REST's, whenever asked to.

    rest: any `Rest` of the same site; no key is needed. book: of the channels books, books-l2-tbt, books50-l2-tbt,
    books5 or bbo-tbt; ConfigError for another, whose numbers are not REST's.
    keep: how many states of the live book are held, at most 20 KB each: REST's book may be older than the live one.

    `note` belongs into the book's callback, so that no state is missed; see docs/books.md for pump and asyncio.
    """

    def __init__(self, rest: Rest, book: Book, *, keep: int = 64) -> None:
        if book.channel not in DEPTHS:
            raise ConfigError(f"book: expected one of {', '.join(DEPTHS)}, got {book.channel}: its seqId is not REST's")
        if keep < 1:
            raise ConfigError(f"keep: expected at least one state, got {keep}")
        self._rest, self._book, self._keep = rest, book, keep
        self._depth = DEPTHS[book.channel]
        self._states: OrderedDict[int, Depth] = OrderedDict()
        self._lock = threading.Lock()  # callbacks and check() may run on two threads

    def note(self, _update: object = None) -> None:
        """Remember the book as it stands: to be called for each update; while the book is not valid it does nothing.

        Raises OverflowError as `Book.snapshot` does.
        """
        try:
            state = self._book.snapshot(self._depth)
        except BookInvalidError:
            return
        if state.seq_id is None:
            return
        with self._lock:
            states = self._states
            if states and state.seq_id < next(reversed(states)):
                states.clear()  # OKX restarted its numbers: an old state could pass for a new one
            states[state.seq_id] = state
            if len(states) > self._keep:
                states.popitem(last=False)

    def check(self, wait: Callable[[float], object], *, tries: int = 5, within_s: float = 2.0) -> Comparison:
        """Fetch REST's book and compare it with the live one at its `seqId`, in at most `tries` tries.

        wait: lets the live book move on for at most the seconds it is given: `client.poll` in pump mode, `time.sleep`
        on a thread beside the event loop. within_s: how long one try waits for the live book to reach REST's.
        REST's books come from several caches, so one may be older than all the states held, or of a number that the
        live book jumped over: then the next try fetches another. An error of REST is a reason, too, and ends the tries
        if the same call would fail again. Raises what `wait` raises, OverflowError as `note`, and REST's ConfigError,
        ClosedError and ForkError.
        """
        if tries < 1:
            raise ConfigError(f"tries: expected at least one, got {tries}")
        reasons: list[str] = []
        for _ in range(tries):
            try:
                book = self._rest.market.books(instId=self._book.inst_id, sz=str(self._depth))
                found = self._state_at(book.seq_id, wait, within_s)
                if not isinstance(found, str):
                    return self._compare(found, book, tuple(reasons))
                reasons.append(found)
            except (ConfigError, ClosedError, ForkError):
                raise
            except OkxFastError as error:
                reasons.append(str(error))
                if error.retry == "no":
                    break
            wait(STEP_S)
        return self._result("not compared", reasons=tuple(reasons))

    def _state_at(self, seq_id: int | None, wait: Callable[[float], object], within_s: float) -> Depth | str:
        """The live book at this number, or why there is none."""
        if seq_id is None:
            return "REST's book has no seqId"
        end = time.monotonic() + within_s
        while True:
            self.note()
            with self._lock:
                if seq_id in self._states:
                    return self._states[seq_id]
                held = list(self._states)
            if held and seq_id < held[0]:
                return f"REST's book is of seqId {seq_id}, older than the {len(held)} states held from {held[0]} on"
            if held and seq_id < held[-1]:
                before = max(each for each in held if each < seq_id)
                after = min(each for each in held if each > seq_id)
                return f"REST's book is of seqId {seq_id}, which the live one jumped over from {before} to {after}"
            left = end - time.monotonic()
            if left <= 0:
                stands = f"stood at {held[-1]}" if self._book.valid and held else f"was {self._book.state}"
                return f"REST's book is of seqId {seq_id}, the live one {stands} for {within_s:g} s"
            wait(min(STEP_S, left))

    def _compare(self, live: Depth, rest: OrderBook, reasons: tuple[str, ...]) -> Comparison:
        bids, asks = _rest_side(rest.bids), _rest_side(rest.asks)
        scales = live.px_scale, live.sz_scale
        differences = (
            *_differences("bid", _live_side(live.bids.tolist(), *scales), bids),
            *_differences("ask", _live_side(live.asks.tolist(), *scales), asks),
        )
        outcome: Outcome = "different" if differences else "equal"
        levels = (len(bids), len(asks))
        return self._result(outcome, seq_id=live.seq_id, levels=levels, differences=differences, reasons=reasons)

    def _result(self, outcome: Outcome, **found: Any) -> Comparison:
        inst_id, channel = self._book.inst_id, self._book.channel
        return Comparison(outcome=outcome, inst_id=inst_id, channel=channel, **found)


def _plain(number: Decimal) -> str:
    """Without the zeros that a scale common to many numbers brings."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _live_side(rows: list[Any], px_scale: int, sz_scale: int) -> Side:
    exact = {}
    for px, sz, n_orders in rows:  # made from text: arithmetic would round to the caller's decimal context
        exact[Decimal(f"{px}E-{px_scale}")] = Standing(Decimal(f"{sz}E-{sz_scale}"), n_orders)
    return exact


def _rest_side(levels: Iterable[BookLevel]) -> Side:
    exact = {}
    for level in levels:
        if level.px is None or level.sz is None:
            raise MalformedError("", "market.books", "expected a level with price and size", str(level.raw))
        exact[level.px] = Standing(level.sz, level.n_orders or 0)
    return exact


def _differences(side: Literal["bid", "ask"], live: Side, rest: Side) -> list[Difference]:
    """Best first."""
    found = [Difference(side, px, live.get(px), rest.get(px)) for px in live.keys() | rest.keys()]
    found = [each for each in found if each.live != each.rest]
    return sorted(found, key=lambda each: each.px, reverse=side == "bid")
