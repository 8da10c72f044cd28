"""Flows 34-37: cryptofeed, which takes nothing but TLS."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .registry import client, flow, holds, same, until
from .simulator import KEY, PASSPHRASE, SECRET, levels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .simulator import Simulator

NAME = "cryptofeed"
SPOT, SWAP = "BTC-USDT", "BTC-USDT-PERP"


class Records(logging.Handler):
    """What cryptofeed logs: the only place where it tells of errors."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(record)

    def exceptions(self) -> list[BaseException]:
        """Each one made cryptofeed reconnect."""
        return [record.exc_info[1] for record in self.all if record.exc_info and record.exc_info[1]]

    def errors(self) -> list[str]:
        return [record.getMessage() for record in self.all if record.levelno >= logging.ERROR]


class Feed:
    def __init__(self, records: Records) -> None:
        self.records = records
        self.got: dict[str, list[Any]] = {}
        self.books: dict[str, Any] = {}

    def listen(self, kind: str) -> Any:
        self.got[kind] = []

        async def callback(thing: Any, _receipt: float) -> None:
            if kind == "l2_book":
                # cryptofeed gives out the one book that it goes on changing: keep the newest, count the rest.
                self.books[thing.symbol] = thing
                self.got[kind].append(thing.symbol)
            else:
                self.got[kind].append(thing)

        return callback


@asynccontextmanager
async def feed(sim: Simulator, subscription: dict[str, list[str]], **options: Any) -> AsyncIterator[Feed]:
    handler_class = client("cryptofeed", NAME).FeedHandler
    connection = client("cryptofeed.connection", NAME)
    exchange = client("cryptofeed.exchanges", NAME).OKX
    public, private = exchange.websocket_endpoints
    exchange.websocket_endpoints = [
        connection.WebsocketEndpoint(f"{sim.wss}/ws/v5/public", channel_filter=public.channel_filter),
        connection.WebsocketEndpoint(f"{sim.wss}/ws/v5/private", channel_filter=private.channel_filter),
    ]
    exchange.rest_endpoints = [connection.RestEndpoint(sim.rest, routes=exchange.rest_endpoints[0].routes)]
    exchange.api = f"{sim.rest}/api/v5/"
    # Set up first: cryptofeed would put its own handler only when its log is on.
    logger = logging.getLogger("feedhandler")
    logger.setLevel(logging.INFO)
    records = Records()
    logger.addHandler(records)
    found = Feed(records)
    keys = {"key_id": KEY, "key_secret": SECRET, "key_passphrase": PASSPHRASE}
    config = {"log": {"disabled": True, "filename": "", "level": "INFO"}, "uvloop": False, "okx": keys}
    handler = handler_class(config=config)
    callbacks = {kind: found.listen(kind) for kind in subscription}
    handler.add_feed(exchange(config=config, subscription=subscription, callbacks=callbacks, **options))
    handler.run(start_loop=False, install_signal_handlers=False)
    try:
        yield found
    finally:
        await handler.stop_async(loop=asyncio.get_running_loop())


@flow(34, NAME, "book, trades, ticker, funding over TLS; candles refused")
async def everything(sim: Simulator) -> None:
    kinds = {
        "l2_book": [SPOT, SWAP],
        "trades": [SPOT, SWAP],
        "ticker": [SPOT, SWAP],
        "funding": [SWAP],
        "candles": [SPOT],
    }
    async with feed(sim, kinds) as found:
        wanted = [kind for kind in kinds if kind != "candles"]
        await until(lambda: all(found.got[kind] for kind in wanted), "a callback of every kind", 30)
        await until(lambda: len(found.got["l2_book"]) > 100, "a hundred books", 20)
        refused = [text for text in found.records.errors() if "candle1m" in text]
        holds(refused, "the refusal of candles on the public socket is logged")
        holds(all("60018" in text or "64001" in text for text in refused), f"60018 or 64001: {refused}")
        same([text for text in found.records.errors() if "candle1m" not in text], [], "other errors")
        same(found.records.exceptions(), [], "exceptions")
        same(found.got["candles"], [], "candles")


@flow(35, NAME, "checksums: 10000 legacy ones right, today's zero wrong", timeout_s=240, checksum="legacy")
async def checksums(sim: Simulator) -> None:
    bad = client("cryptofeed.exceptions", NAME).BadChecksum
    std = [_standard(inst_id) for inst_id in sim.instruments("SPOT", "SWAP", "FUTURES", "OPTION")]
    async with feed(sim, {"l2_book": std}, checksum_validation=True) as found:
        await until(lambda: len(found.got["l2_book"]) >= 10000 or found.records.exceptions(), "10000 updates", 150)
        same(found.records.exceptions(), [], "exceptions in 10000 updates")
        same(set(found.got["l2_book"]), set(std), "instruments seen")
    with sim.another(checksum="zero") as today:
        today.trust()
        async with feed(today, {"l2_book": [SPOT]}, checksum_validation=True) as found:
            await until(found.records.exceptions, "an exception with checksum 0")
            same({type(error) for error in found.records.exceptions()}, {bad}, "class of the exception")


def _standard(inst_id: str) -> str:
    """cryptofeed's name of an instrument."""
    symbol = client("cryptofeed.symbols", NAME).Symbol
    parts = inst_id.split("-")
    if len(parts) == 5:
        side = "put" if parts[4] == "P" else "call"
        found = symbol(*parts[:2], type="option", expiry_date=parts[2], strike_price=parts[3], option_type=side)
    elif len(parts) == 3 and parts[2] != "SWAP":
        found = symbol(*parts[:2], type="futures", expiry_date=parts[2])
    else:
        found = symbol(*parts[:2], type="perpetual" if len(parts) == 3 else "spot")
    name: str = found.normalized
    return name


@flow(36, NAME, "own orders, a market order placed elsewhere")
async def own_orders(sim: Simulator) -> None:
    # On spot cryptofeed asks for orders of type MARGIN, so a cash order would not be its business.
    async with feed(sim, {"order_info": [SWAP, SPOT]}) as found:
        for args in (
            {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "sz": "1"},
            {"instId": "BTC-USDT", "tdMode": "cross", "ccy": "USDT", "sz": "500"},
        ):
            await _market_order(sim, found, args)


async def _market_order(sim: Simulator, found: Feed, args: dict[str, str]) -> None:
    # cryptofeed logs in and subscribes without telling when it is done.
    await until(lambda: sim.subscriptions("subscribe", "orders"), "a subscription of orders", 20)
    await asyncio.sleep(1)
    before = len(found.got["order_info"])

    def seen() -> list[Any]:
        return found.got["order_info"][before:]

    ord_id = sim.order(side="buy", ordType="market", **args)
    await until(lambda: found.records.exceptions() or any(o.status == "filled" for o in seen()), "the order filled")
    same(found.records.exceptions(), [], "exceptions")
    same({order.id for order in seen()}, {ord_id}, "ordIds")
    # The market order has no px, so cryptofeed reads avgPx as a number from the first push on.
    first = seen()[0].raw["data"][0]
    same((first["px"], first["avgPx"], seen()[0].price), ("", "0", Decimal(0)), "px, avgPx and price at first")
    holds(seen()[-1].price > 0, f"a price in the end: {seen()[-1].price}")


@flow(37, NAME, "one corrupted checksum", checksum="legacy")
async def corrupted(sim: Simulator) -> None:
    bad = client("cryptofeed.exceptions", NAME).BadChecksum
    async with feed(sim, {"l2_book": [SPOT]}, checksum_validation=True) as found:
        await until(lambda: len(found.got["l2_book"]) > 20, "twenty books")
        sim.fault("book_checksum", channel="books", instId="BTC-USDT")
        await until(found.records.exceptions, "an exception")
        count = len(found.got["l2_book"])
        await until(lambda: len(found.got["l2_book"]) > count + 50, "fifty books after the reconnect", 20)
        same([type(error) for error in found.records.exceptions()], [bad], "exceptions")
        sim.still("BTC-USDT")
        await asyncio.sleep(0.5)
        row = sim.book("BTC-USDT")
        book = found.books[SPOT].book.to_dict()
        for name, key in (("bids", "bid"), ("asks", "ask")):
            same(levels(book[key].items()), levels(row[name]), name)
