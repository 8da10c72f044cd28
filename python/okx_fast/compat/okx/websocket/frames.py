"""OKX's text of what okx_fast reads in Rust: python-okx's callbacks want JSON, and our events no longer hold any.

    Trade, Ticker ─▶ the push, field by field: exact, but what okx_fast does not know of is not in it
    BookUpdate    ─▶ the whole book as it is now, verified: a `snapshot` each time
    Event         ─▶ ack, login, error and notice, with the fields OKX gives them

Source: OKX API v5, WebSocket › Subscribe; Order book trading › Market data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from okx_fast.errors import BookInvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from okx_fast._native import Book, Event, Level, Ticker, Trade

__all__ = ["BOOKS", "book_text", "event_text", "text", "ticker_text", "trade_text"]

# Books that can be told in OKX's words, and whether they are told as snapshots of a chain.
BOOKS = {
    "books": True,
    "books-l2-tbt": True,
    "books50-l2-tbt": True,
    "books-rpi": True,
    "books5": False,
    "bbo-tbt": False,
}
RPI = "books-rpi"
# More than any of them has.
ALL = 1000
# Reads of a book that may find it changed in between.
TRIES = 100
TICKER = {
    "last": "last", "lastSz": "last_sz", "askPx": "ask_px", "askSz": "ask_sz", "bidPx": "bid_px", "bidSz": "bid_sz",
    "open24h": "open_24h", "high24h": "high_24h", "low24h": "low_24h", "sodUtc0": "sod_utc0", "sodUtc8": "sod_utc8",
    "volCcy24h": "vol_ccy_24h", "vol24h": "vol_24h", "ts": "ts_ms",
}  # fmt: skip
TRADE = {
    "tradeId": "trade_id", "px": "px", "sz": "sz", "side": "side", "ts": "ts_ms", "count": "count", "source": "source",
}  # fmt: skip
TYPES = (
    ("SWAP", re.compile(r".+-SWAP").fullmatch),
    ("OPTION", re.compile(r".+-\d{6}-.+-[CP]").fullmatch),
    ("FUTURES", re.compile(r".+-\d{6}").fullmatch),
    ("SPOT", re.compile(r"[^-]+-[^-]+").fullmatch),
)


def text(frame: Mapping[str, Any]) -> str:
    """A frame as it goes over the wire."""
    return orjson.dumps(frame).decode()


def trade_text(arg: Mapping[str, str], trade: Trade) -> str:
    """A push of `trades` or `trades-all`, with one trade."""
    row: dict[str, Any] = {"instId": trade.inst_id}
    row |= {name: str(value) for name, ours in TRADE.items() if (value := getattr(trade, ours)) is not None}
    if trade.seq_id is not None:
        row["seqId"] = trade.seq_id
    return text({"arg": arg, "data": [row]})


def ticker_text(arg: Mapping[str, str], ticker: Ticker) -> str:
    """A push of `tickers`; `instType` follows from the id, and is left out where it does not."""
    kind = next((name for name, fits in TYPES if fits(ticker.inst_id)), None)
    row = {} if kind is None else {"instType": kind}
    row["instId"] = ticker.inst_id
    for name, ours in TICKER.items():
        value = getattr(ticker, ours)
        row[name] = "" if value is None else str(value)
    return text({"arg": arg, "data": [row]})


def book_text(arg: Mapping[str, str], book: Book) -> str | None:
    """The book as it is now; None if it may not be read now, or did not stand still long enough."""
    channel = book.channel
    chained, rpi = BOOKS[channel], channel == RPI
    try:
        for _ in range(TRIES):
            at = book.recv_mono_ns
            bids, asks = book.top(ALL)
            seq_id, ts_ms = book.seq_id, book.ts_ms
            if book.recv_mono_ns == at:
                break
        else:
            return None
    except BookInvalidError:
        return None
    row: dict[str, Any] = {"asks": _levels(asks, rpi=rpi), "bids": _levels(bids, rpi=rpi), "ts": str(ts_ms)}
    if channel == "books5":
        row["instId"] = book.inst_id
    if chained and not rpi:
        row["checksum"] = 0  # what OKX sends since 2026-06: not offered
    if seq_id is not None:
        row["seqId"] = seq_id
    if not chained:
        return text({"arg": arg, "data": [row]})
    return text({"arg": arg, "action": "snapshot", "data": [row | {"prevSeqId": -1}]})


def _levels(levels: list[Level], *, rpi: bool) -> list[list[str]]:
    return [[str(each.px), str(each.sz), str(each.non_rpi_sz) if rpi else "0", str(each.n_orders)] for each in levels]


def event_text(event: Event) -> str | None:
    """What OKX says besides data, and the loss of a connection as python-okx tells it; None: neither."""
    said = {"code": event.code, "msg": event.msg, "connId": event.connection}
    match event.kind:
        case "logged-in":
            return text({"event": "login", **said, "code": "0", "msg": ""})
        case "refused" | "error" | "login-failed":
            return text({"event": "error", **said})
        case "notice":
            return text({"event": "notice", **said})
        case "disconnected":
            return text({"event": "error", "code": "ConnClosed", "msg": event.msg or str(event)})
        case _:
            return None
