"""The baseline: what a good Python engineer writes today, with `websockets`, orjson and SortedDict.

    frame -> orjson -> prevSeqId == last? -> SortedDict per side -> checksum, if one is offered

Choices, each the faster of the sensible ones:

- Keys are floats. Decimal keys double the cost of an update and buy nothing: no OKX price
  has more than 15 significant digits, so distinct prices are distinct floats. The texts as received
  stay in the row, for the checksum and for exact reading.
- Bid keys are negated, so that both sides are best first without a slower key function.
- A level is the row orjson built, not a copy of it. A trade is orjson's dict.
- The payload is taken as bytes (`decode=False`): orjson checks UTF-8 itself.
- The OKX keep-alive runs beside the feed; a timeout around each `recv` would cost more than parsing.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

import orjson
from sortedcontainers import SortedDict  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect

from benches.py.rules import (
    BOOK_CHANNELS,
    CHECKSUM_LEVELS,
    FULL_PUSH,
    MAX_LEVELS,
    QUIET_S,
    Counts,
    Outcome,
    digest,
    observe,
    tls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = list[str]  # [px, sz, "0" or the non-RPI size, orders]

SNAPSHOT, UPDATE = Outcome.SNAPSHOT, Outcome.UPDATE


class Book:
    """One L2 book, checked before it is applied.

    With `recording`, a book also starts from an update and goes on after a wrong checksum or a gap:
    that is what checking a file, rather than trading on a feed, asks for.
    """

    __slots__ = ("_asks", "_bids", "_full_push", "_last", "_recording", "arg", "counts", "ts", "valid")

    def __init__(self, arg: dict[str, str], *, recording: bool = False) -> None:
        self.arg = arg
        self.counts = Counts()
        self.valid = False
        self.ts = ""
        self._full_push = arg["channel"] in FULL_PUSH
        self._recording = recording
        self._last: int | None = None
        self._bids: SortedDict = SortedDict()
        self._asks: SortedDict = SortedDict()

    def apply(self, frame: bytes) -> Outcome:
        """Decode, check and apply one frame of this book's channel."""
        return self.apply_message(orjson.loads(frame))

    def apply_message(self, message: dict[str, Any]) -> Outcome:  # noqa: C901  inlined: a call a check costs time
        """Check and apply one decoded message."""
        data = message["data"][0]
        counts = self.counts
        counts.messages += 1
        seq = data.get("seqId")
        if self._full_push or message["action"] == "snapshot":
            outcome = SNAPSHOT
            counts.snapshots += 1
            self._bids = SortedDict({-float(row[0]): row for row in data["bids"]})
            self._asks = SortedDict({float(row[0]): row for row in data["asks"]})
            self.valid = True
        elif self.valid:
            prev = data.get("prevSeqId")
            outcome = UPDATE
            if prev is None or seq is None or prev != self._last or seq <= prev:
                outcome = observe(self._last, prev, seq)
                if outcome is Outcome.GAP:
                    counts.gaps += 1
                    self.valid = False
                    if not self._recording:
                        return outcome
            counts.updates += 1
            self._update(data)
        elif self._recording:  # no snapshot to continue from: nothing to check
            outcome = UPDATE
            counts.updates += 1
            self._update(data)
        else:
            return Outcome.WAITING
        self._last = seq
        self.ts = data["ts"]
        checksum = data.get("checksum")
        if checksum is None:
            return outcome
        if checksum == 0:
            counts.sum_zero += 1
        elif self.valid:
            if self.checksum() != checksum:
                counts.sum_bad += 1
                self.valid = self._recording
                return Outcome.BAD_CHECKSUM
            counts.sum_ok += 1
        return outcome

    def _update(self, data: dict[str, Any]) -> None:
        bids, asks = self._bids, self._asks
        for row in data["bids"]:
            key = -float(row[0])
            if row[1] != "0":
                bids[key] = row
            elif key in bids:  # OKX also removes levels that were never in our window
                del bids[key]
        for row in data["asks"]:
            key = float(row[0])
            if row[1] != "0":
                asks[key] = row
            elif key in asks:
                del asks[key]
        while len(bids) > MAX_LEVELS:
            bids.popitem()
        while len(asks) > MAX_LEVELS:
            asks.popitem()

    def checksum(self) -> int:
        """CRC-32 over the texts of the best 25 levels, bid and ask in turn, as OKX signs it."""
        bids, asks = self.top(CHECKSUM_LEVELS)
        if len(bids) == len(asks):
            texts = [f"{b[0]}:{b[1]}:{a[0]}:{a[1]}" for b, a in zip(bids, asks, strict=True)]
        else:
            pairs = chain.from_iterable(zip_longest(bids, asks))
            texts = [f"{row[0]}:{row[1]}" for row in pairs if row is not None]
        crc = zlib.crc32(":".join(texts).encode())
        return crc - (1 << 32) if crc & (1 << 31) else crc

    @property
    def seq_id(self) -> int | None:
        """The book's place in OKX's sequence."""
        return self._last

    @property
    def best_bid(self) -> Row | None:
        """The highest bid, texts as received."""
        bids = self._bids
        return bids.peekitem(0)[1] if bids else None

    @property
    def best_ask(self) -> Row | None:
        """The lowest ask, texts as received."""
        asks = self._asks
        return asks.peekitem(0)[1] if asks else None

    def top(self, n: int) -> tuple[list[Row], list[Row]]:
        """Bids and asks, best first, at most `n` each."""
        bids, asks = ([*map(side.__getitem__, islice(side, n))] for side in (self._bids, self._asks))
        return bids, asks

    def levels(self) -> tuple[int, int]:
        """Count the levels held a side."""
        return len(self._bids), len(self._asks)

    def digest(self) -> str:
        """Hash every level, for comparison with another implementation."""
        return digest(self._bids.values(), self._asks.values())


async def run(
    url: str,
    ca_file: str | None,
    args: Iterable[dict[str, str]],
    on_update: Callable[[Any], None],
    count: int | None = None,
) -> dict[tuple[str, str], Book]:
    """Feed `on_update` a Book per book message and a dict per trade or ticker, for `count` messages.

    On a gap or a wrong checksum the book is invalid at once and is subscribed to again.
    """
    args = list(args)
    books = {(arg["channel"], arg["instId"]): Book(arg) for arg in args if arg["channel"] in BOOK_CHANNELS}
    loop = asyncio.get_running_loop()
    seen = 0
    async with connect(
        url,
        ssl=tls(ca_file) if url.startswith("wss") else None,
        compression=None,  # as ours: latency before bandwidth
        ping_interval=None,  # OKX wants its own text ping
        close_timeout=1,
        max_size=1 << 22,
    ) as ws:
        alive = _Alive(ws, loop)
        await _send(ws, "subscribe", args)
        try:
            while count is None or seen < count:
                frame = await ws.recv(decode=False)
                alive.heard = True
                if frame == b"pong":
                    continue
                message = orjson.loads(frame)
                data = message.get("data")
                if data is None:
                    if message.get("event") == "error":
                        raise RuntimeError(message)
                    continue
                seen += 1
                arg = message["arg"]
                book = books.get((arg["channel"], arg["instId"]))
                if book is None:
                    for row in data:
                        on_update(row)
                    continue
                outcome = book.apply_message(message)
                if book.valid:
                    on_update(book)
                elif outcome is not Outcome.WAITING:
                    await _send(ws, "unsubscribe", [book.arg])
                    await _send(ws, "subscribe", [book.arg])
        finally:
            await alive.stop()
    return books


async def _send(ws: ClientConnection, op: str, args: list[dict[str, str]]) -> None:
    await ws.send(orjson.dumps({"op": op, "args": args}), text=True)


class _Alive:
    """Sends the text `ping` after 25 s of silence and closes the socket if nothing answers."""

    def __init__(self, ws: ClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        self.heard = True
        self._ws = ws
        self._task = loop.create_task(self._watch())

    async def _watch(self) -> None:
        asked = False
        while True:
            self.heard = False
            await asyncio.sleep(QUIET_S)
            if self.heard:
                asked = False
            elif asked:
                await self._ws.close(reason="no pong")
            else:
                asked = True
                await self._ws.send("ping")

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
