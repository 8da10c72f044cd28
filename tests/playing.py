"""Pushes of OKX played to a client over loopback, and what it made of them as JSON has it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from okx_fast import Book, BookUpdate, Client, Site, Ticker, Trade
from okx_fast.channels import find
from okx_fast.channels.decode import Decoder
from okx_fast.credentials import Credentials
from okx_fast.errors import ConfigError
from okx_fast.rest.drift import Drift
from okx_fast.rest.models import Model
from tests.hostile import Peer, Server, frame
from tests.waiting import Events, pump_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast import Event, Level

TRADE = ("trade_id", "px", "sz", "side", "ts_ms", "count", "source", "seq_id")
TICKER = {
    "last": "last", "last_sz": "lastSz", "ask_px": "askPx", "ask_sz": "askSz", "bid_px": "bidPx", "bid_sz": "bidSz",
    "open_24h": "open24h", "high_24h": "high24h", "low_24h": "low24h", "vol_ccy_24h": "volCcy24h", "vol_24h": "vol24h",
    "sod_utc0": "sodUtc0", "sod_utc8": "sodUtc8", "ts_ms": "ts",
}  # fmt: skip


# Of nobody.
CREDENTIALS = Credentials("okx-key", "okx-secret", "okx-pass")


def asked(arg: dict[str, str]) -> dict[str, str]:
    """The parameters of the subscription whose pushes echo `arg`."""
    return {name: value for name, value in arg.items() if name not in {"channel", "uid"}}


def wire(push: dict[str, Any]) -> bytes:
    """As OKX writes it: without spaces."""
    return frame(json.dumps(push, separators=(",", ":")))


class Okx(Server):
    """Plays pushes after the acks, on every socket alike, in pieces of `chunk` bytes. Any key may log in."""

    def __init__(self, *pushes: bytes, chunk: int = 0) -> None:
        super().__init__(self._play_pushes)
        self._pushes, self._chunk = pushes, chunk

    @property
    def site(self) -> Site:
        public = str(super().site.ws_public)
        private, business = (public.replace("public", name) for name in ("private", "business"))
        return Site(ws_public=public, ws_private=private, ws_business=business)

    def _play_pushes(self, peer: Peer) -> None:
        peer.upgrade()
        data = b"".join(self._pushes)  # what is the other socket's is counted as unrouted and dropped
        step = self._chunk or len(data) or 1
        peer.serve(*(data[at : at + step] for at in range(0, len(data), step)))


def read(row: Model) -> dict[str, Any]:
    """Every field of a row that is not empty, with the rows in it, as JSON has it."""
    fields = {}
    for name in row.FIELDS:
        value = getattr(row, name)
        if isinstance(value, Model):
            value = read(value)
        if isinstance(value, tuple):
            value = [read(item) if isinstance(item, Model) else item for item in value]
        if value not in (None, "", []):
            fields[name] = str(value) if isinstance(value, Decimal) else value
    return fields


def facts(item: object) -> dict[str, Any]:
    """What an event of any type says: numbers as the texts that came, without what is empty."""
    if isinstance(item, Model):
        return read(item)
    assert isinstance(item, (Trade, Ticker, Book))
    if isinstance(item, Book):
        bids, asks = item.top(1000)
        rpi = item.channel == "books-rpi"
        sides = {"bids": [_level(each, rpi=rpi) for each in bids], "asks": [_level(each, rpi=rpi) for each in asks]}
        fields = {"ts_ms": item.ts_ms, "seq_id": item.seq_id, "crossed": item.crossed or None, **sides}
    else:
        fields = {name: getattr(item, name) for name in (TRADE if isinstance(item, Trade) else TICKER)}
    plain = {name: value if isinstance(value, (int, str, list)) else str(value) for name, value in fields.items()
             if value is not None}  # fmt: skip
    return {"inst_id": item.inst_id, **plain}


def _level(level: Level, *, rpi: bool) -> list[Any]:
    return [str(level.px), str(level.sz), *([str(level.non_rpi_sz)] if rpi else []), level.n_orders]


class Heard:
    """What a client made of pushes to one subscription: items in order, the book if it is one, and other events."""

    def __init__(self, client: Client, arg: dict[str, str]) -> None:
        self.items: list[Any] = []
        self.events = Events(client)
        self.drift = Drift()
        self.book: Book | None = None
        channel = arg["channel"]
        params = asked(arg)
        key = next(iter(params.values()), "")
        row = find(channel)
        assert row is not None, f"{channel} is not in the table"
        if row.how == "subscribe_book":
            self.book = client.subscribe_book(key, self.items.append, channel=channel)
        elif row.how == "subscribe_trades":
            client.subscribe_trades(key, self.items.append, channel=channel)  # type: ignore[arg-type]
        elif row.how == "subscribe_ticker":
            client.subscribe_ticker(key, self.items.append)
        else:
            assert row.model is not None
            try:
                row.check(channel, params)
            except ConfigError:  # parameters of an older OKX
                decode = Decoder(row.model, self.drift)
                client.subscribe_raw(arg, lambda message: self.items.extend(decode(message)))
            else:
                client.subscribe(channel, self.items.append, **params)  # type: ignore[call-overload]

    @property
    def faults(self) -> list[Event]:
        return self.events.of("gap", "checksum", "malformed", "refused", "error", "timeout", "disconnected")


def hear(*pushes: dict[str, Any], chunk: int = 0, then: Callable[[Heard], None] = lambda _: None) -> Heard:
    """Play pushes of one subscription to a client of their own until each has led to something. `then` looks at it
    while the client is open.
    """
    with Okx(*map(wire, pushes), chunk=chunk) as server, Client(server.site, credentials=CREDENTIALS) as client:
        heard = Heard(client, pushes[-1]["arg"])
        books = heard.book is not None
        own = int(pushes[-1]["arg"]["channel"] == "books")  # the server's own snapshot, which comes first
        wanted = len(pushes) + own if books else sum(len(push["data"]) for push in pushes)
        pump_until(client, lambda: len(heard.items) + len(heard.faults) >= wanted)
        del heard.items[:own]
        assert all(isinstance(item, BookUpdate) for item in heard.items) or not books
        then(heard)
    return heard
