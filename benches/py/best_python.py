"""The second baseline: the fastest honest pure-Python stack we could write.

    picows (Cython frames, uvloop) -> handler by the frame's first bytes -> msgspec, typed
    -> prevSeqId == last? -> per side a dict and a bisected list of prices -> checksum, if offered

Same checks as the plain baseline, tuned where a profile pointed:

- A price becomes a float once: `lru_cache` around `float` is three times faster than parsing the text
  again, and equal prices stay one level however they are spelt. (Texts as keys would save a further
  1.5 us in 8 on a 10+10 update, but then `7.1` and `7.10` are two levels: not the same answers.)
- A change of size finds its level in a dict; only new and removed prices are bisected.
- Prices are sorted so that the best stands at the end: what changes most moves least.
- Rows are tuples of str, which the garbage collector stops tracking.
"""

from __future__ import annotations

import asyncio
import zlib
from bisect import bisect_left, insort
from functools import lru_cache, partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

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

Row = tuple[str, str, str, str]  # px, sz, "0" or the non-RPI size, orders

SNAPSHOT, UPDATE = Outcome.SNAPSHOT, Outcome.UPDATE


@lru_cache(maxsize=8192)
def ask_key(px: str) -> float:
    return -float(px)


bid_key = lru_cache(maxsize=8192)(float)


class BookData(msgspec.Struct, gc=False):
    asks: list[Row]
    bids: list[Row]
    ts: str
    checksum: int | None = None
    prev_seq_id: int | None = msgspec.field(default=None, name="prevSeqId")
    seq_id: int | None = msgspec.field(default=None, name="seqId")


class BookMessage(msgspec.Struct, gc=False):
    data: list[BookData]
    action: str = ""


class Trade(msgspec.Struct, gc=False):
    inst_id: str = msgspec.field(name="instId")
    trade_id: str = msgspec.field(name="tradeId")
    px: str
    sz: str
    side: str
    ts: str
    count: str = ""
    source: str = ""
    seq_id: int | None = msgspec.field(default=None, name="seqId")


class TradeMessage(msgspec.Struct, gc=False):
    data: list[Trade]


decode_book = msgspec.json.Decoder(BookMessage).decode
decode_trades = msgspec.json.Decoder(TradeMessage).decode
decode_any = msgspec.json.Decoder().decode


class Book:
    """One L2 book, checked before it is applied; `recording` as in the plain baseline."""

    __slots__ = ("_asks", "_bids", "_full_push", "_last", "_recording", "arg", "counts", "ts", "valid")

    def __init__(self, arg: dict[str, str], *, recording: bool = False) -> None:
        self.arg = arg
        self.counts = Counts()
        self.valid = False
        self.ts = ""
        self._full_push = arg["channel"] in FULL_PUSH
        self._recording = recording
        self._last: int | None = None
        self._bids = Side(bid_key)
        self._asks = Side(ask_key)

    def apply(self, frame: bytes) -> Outcome:  # noqa: C901  inlined: a call a check costs time
        """Decode, check and apply one frame of this book's channel."""
        message = decode_book(frame)
        data = message.data[0]
        counts = self.counts
        counts.messages += 1
        seq = data.seq_id
        if self._full_push or message.action == "snapshot":
            outcome = SNAPSHOT
            counts.snapshots += 1
            self._bids.replace(data.bids)
            self._asks.replace(data.asks)
            self.valid = True
        elif self.valid:
            prev = data.prev_seq_id
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
        self.ts = data.ts
        if data.checksum:
            if self.valid:
                if self.checksum() != data.checksum:
                    counts.sum_bad += 1
                    self.valid = self._recording
                    return Outcome.BAD_CHECKSUM
                counts.sum_ok += 1
        elif data.checksum == 0:
            counts.sum_zero += 1
        return outcome

    def _update(self, data: BookData) -> None:
        self._bids.update(data.bids)
        self._asks.update(data.asks)

    def checksum(self) -> int:
        """CRC-32 over the texts of the best 25 levels, bid and ask in turn, as OKX signs it."""
        bids, asks = self._bids.top(CHECKSUM_LEVELS), self._asks.top(CHECKSUM_LEVELS)
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
        side = self._bids
        return side.rows[side.keys[-1]] if side.keys else None

    @property
    def best_ask(self) -> Row | None:
        """The lowest ask, texts as received."""
        side = self._asks
        return side.rows[side.keys[-1]] if side.keys else None

    def top(self, n: int) -> tuple[list[Row], list[Row]]:
        """Bids and asks, best first, at most `n` each."""
        return self._bids.top(n), self._asks.top(n)

    def levels(self) -> tuple[int, int]:
        """Count the levels held a side."""
        return len(self._bids.keys), len(self._asks.keys)

    def digest(self) -> str:
        """Hash every level, for comparison with another implementation."""
        return digest(self._bids.rows.values(), self._asks.rows.values())


class Side:
    """One side of a book by key: the price, negated for asks, so that the best is the last of `keys`."""

    __slots__ = ("_to_key", "keys", "rows")

    def __init__(self, to_key: Callable[[str], float]) -> None:
        self._to_key = to_key
        self.keys: list[float] = []
        self.rows: dict[float, Row] = {}

    def replace(self, rows: list[Row]) -> None:
        to_key = self._to_key
        self.rows = {to_key(row[0]): row for row in rows}
        self.keys = sorted(self.rows)

    def update(self, changes: list[Row]) -> None:
        keys, rows, to_key = self.keys, self.rows, self._to_key
        for row in changes:
            key = to_key(row[0])
            if row[1] != "0":
                if key not in rows:
                    insort(keys, key)
                rows[key] = row
            elif key in rows:  # OKX also removes levels that were never in our window
                del rows[key]
                del keys[bisect_left(keys, key)]
        while len(keys) > MAX_LEVELS:
            del rows[keys.pop(0)]

    def top(self, n: int) -> list[Row]:
        return list(map(self.rows.__getitem__, self.keys[: -n - 1 : -1]))


class Feed(WSListener):
    """Dispatches frames; the future tells when `count` data messages were seen, or what went wrong."""

    def __init__(self, args: list[dict[str, str]], on_update: Callable[[Any], None], count: int | None) -> None:
        self.books = {(arg["channel"], arg["instId"]): Book(arg) for arg in args if arg["channel"] in BOOK_CHANNELS}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._args = args
        self._on_update = on_update
        self._left = count if count is not None else -1
        self._heard = True
        self._asked = False
        # OKX writes `arg` first and its channel before its instId; anything else takes the long way.
        self._handlers: dict[bytes, Callable[[bytes], bool]] = {}
        for arg in args:
            book = self.books.get((arg["channel"], arg["instId"]))
            if book is not None:
                self._handlers[_prefix(arg)] = partial(self._on_book, book)
            elif arg["channel"] in {"trades", "trades-all"}:
                self._handlers[_prefix(arg)] = self._on_trades

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._send("subscribe", self._args)
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._watch)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  picows' signature
        self._timer.cancel()
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed the connection"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        if not self._left:
            return
        self._heard = True
        payload = frame.get_payload_as_bytes()
        handler = self._handlers.get(payload[: payload.find(b"}") + 1], self._other)
        try:
            if not handler(payload):
                return
        except Exception as error:
            if not self.done.done():
                self.done.set_exception(error)
            raise
        self._left -= 1
        if not self._left and not self.done.done():
            self.done.set_result(None)

    def _on_book(self, book: Book, payload: bytes) -> bool:
        outcome = book.apply(payload)
        if book.valid:
            self._on_update(book)
        elif outcome is not Outcome.WAITING:
            self._send("unsubscribe", [book.arg])
            self._send("subscribe", [book.arg])
        return True

    def _on_trades(self, payload: bytes) -> bool:
        for trade in decode_trades(payload).data:
            self._on_update(trade)
        return True

    def _other(self, payload: bytes) -> bool:
        """Handle what no prefix named; true for a data message."""
        if payload == b"pong":
            return False
        message = decode_any(payload)
        if "data" not in message:
            if message.get("event") == "error":
                raise RuntimeError(message)
            return False
        arg = message["arg"]
        book = self.books.get((arg["channel"], arg["instId"]))
        if book is not None:
            return self._on_book(book, payload)
        if arg["channel"] in {"trades", "trades-all"}:
            return self._on_trades(payload)
        for row in message["data"]:
            self._on_update(row)
        return True

    def _send(self, op: str, args: list[dict[str, str]]) -> None:
        self._transport.send(WSMsgType.TEXT, msgspec.json.encode({"op": op, "args": args}))

    def _watch(self) -> None:
        """Send the text `ping` after 25 s of silence; no answer in the next 25 ends the connection."""
        if self._heard:
            self._asked = False
        elif self._asked:
            self._transport.disconnect()
            return
        else:
            self._asked = True
            self._transport.send(WSMsgType.TEXT, b"ping")
        self._heard = False
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._watch)


def _prefix(arg: dict[str, str]) -> bytes:
    return f'{{"arg":{{"channel":"{arg["channel"]}","instId":"{arg["instId"]}"}}'.encode()


async def run(
    url: str,
    ca_file: str | None,
    args: Iterable[dict[str, str]],
    on_update: Callable[[Any], None],
    count: int | None = None,
) -> dict[tuple[str, str], Book]:
    """Feed `on_update` a Book per book message and a Trade per trade, for `count` messages."""
    feed = Feed(list(args), on_update, count)
    transport, _ = await ws_connect(
        lambda: feed, url, ssl_context=tls(ca_file) if url.startswith("wss") else None, max_frame_size=1 << 22
    )
    try:
        await feed.done
    finally:
        transport.disconnect()
        await transport.wait_disconnected()
    return feed.books
