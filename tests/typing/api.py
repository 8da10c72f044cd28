"""The public API as its users type it. Checked by mypy, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, assert_type

import okx_fast
from okx_fast import jsonlog, metrics
from okx_fast.channels import models, private
from okx_fast.export import export


def pump() -> None:
    with okx_fast.Client("sim") as client:
        assert_type(client, okx_fast.Client)
        book = client.subscribe_book("BTC-USDT-SWAP")
        assert_type(book, okx_fast.Book)

        def on_trade(trade: okx_fast.Trade) -> None:
            assert_type(trade.inst_id, str)
            assert_type(trade.side, str)
            assert_type(trade.px, okx_fast.Num)
            assert_type(trade.count, int | None)
            assert_type(trade.ts_ms, int)
            assert_type(trade.recv_ns, int)

        trades = client.subscribe_trades("BTC-USDT-SWAP", on_trade)
        client.subscribe_trades("ETH-USDT-SWAP", lambda t: print(t.px, t.sz, book.mid))
        client.unsubscribe(trades)
        client.unsubscribe(book)
        client.on_event(on_event)
        client.on_error(lambda exception, _: print(exception))
        client.on_error(None)
        assert_type(client.run(), int)
        client.run(seconds=1.5)
        assert_type(client.poll(0.1), int)
        client.stop()
        client.reconnect()
        assert_type(client.stats(), dict[str, Any])


def audit(rest: okx_fast.Rest, client: okx_fast.Client) -> None:
    book = client.subscribe_book("BTC-USDT")
    found = okx_fast.BookAudit(rest, book, keep=8).check(client.poll, tries=3, within_s=1.0)
    assert_type(found.outcome, Literal["equal", "different", "not compared"])
    assert_type(found.seq_id, int | None)
    for each in found.differences:
        assert_type(each.px, Decimal)
        if each.live is not None:
            assert_type(each.live.n_orders, int)


def rows(client: okx_fast.Client) -> None:
    calendar = client.subscribe("economic-calendar")
    assert_type(calendar, okx_fast.Subscription[models.EconomicCalendar])
    result = client.subscribe("pm-event-status", instId="event-33")
    assert_type(result, okx_fast.Subscription[models.PredictionResult])
    client.subscribe("orders", on_order, instType="ANY")
    positions = client.subscribe("positions", instType="SWAP", extraParams='{"updateInterval": "0"}')
    assert_type(positions, okx_fast.Subscription[private.Position])


def on_order(order: private.Order) -> None:
    assert_type(order.fill_fee, Decimal | None)
    assert_type(order.arg, dict[str, str])


def on_position(position: private.Position) -> None:
    assert_type(position.upl, Decimal | None)
    assert_type(position.cur_page, int | None)
    assert_type(position.last_page, bool | None)


def on_event(event: okx_fast.Event) -> None:
    assert_type(event.kind, str)
    assert_type(event.expected, str)
    assert_type(event.recv_ns, int)
    if event.error is not None:
        raise event.error


def on_update(update: okx_fast.BookUpdate) -> None:
    assert_type(update.action, Literal["snapshot", "update", "full"])
    assert_type(update.book, okx_fast.Book)
    assert_type(update.prev_seq_id, int | None)
    assert_type(update.best_bid, okx_fast.Level | None)


def on_ticker(ticker: okx_fast.Ticker) -> None:
    assert_type(ticker.last, okx_fast.Num | None)
    assert_type(ticker.vol_24h, okx_fast.Num | None)


def on_message(message: okx_fast.RawMessage) -> None:
    assert_type(message.data, bytes)


def read(book: okx_fast.Book) -> None:
    assert_type(book.valid, bool)
    assert_type(book.best_bid, okx_fast.Level | None)
    if (bid := book.best_bid) is not None:
        assert_type(bid.px, okx_fast.Num)
        assert_type(bid.n_orders, int)
    bids, _asks = book.top(5)
    assert_type(bids, list[okx_fast.Level])
    assert_type(book.mid, okx_fast.Num | None)
    assert_type(book.depth, tuple[int, int])
    assert_type(book.age_ms, float)
    assert_type(book.size_to("bid", "67500.1"), okx_fast.Num)
    assert_type(book.imbalance(10), float | None)
    if (cost := book.cost("ask", Decimal(5))) is not None:
        assert_type(cost.vwap, Decimal)
        assert_type(cost.worst_px, okx_fast.Num)
    assert_type(book.snapshot(25), okx_fast.Depth)
    assert_type(book.snapshot().bids, memoryview[int])
    assert_type(book.digest(), str)


def compute(px: okx_fast.Num) -> None:
    assert_type(px.decimal, Decimal)
    assert_type(float(px), float)
    assert_type(px.mantissa, int)
    assert_type(px > Decimal("67500.1"), bool)
    assert_type(max(px, okx_fast.Num("1")), okx_fast.Num)
    assert_type({px: 1}, dict[okx_fast.Num, int])


async def on_a_loop() -> None:
    site = okx_fast.Site(ws_public="wss://127.0.0.1:8443/ws/v5/public", ca_file="ca.pem")
    async with okx_fast.Client(site, options=okx_fast.Options(spin=True, ping_after_s=20.0)) as client:
        client.subscribe_book("BTC-USDT-SWAP", on_update, channel="bbo-tbt", conflate=True)
        client.subscribe_ticker("BTC-USDT-SWAP", on_ticker, conflate=True)
        client.subscribe_raw({"channel": "funding-rate", "instId": "BTC-USDT-SWAP"}, on_message)
        trades = client.subscribe_trades("BTC-USDT", channel="trades-all")
        assert_type(trades, okx_fast.Subscription[okx_fast.Trade])
        async for trade in client.stream(trades):
            assert_type(trade, okx_fast.Trade)
        book = client.subscribe_book("BTC-USDT-SWAP")
        async for update in client.stream(book):
            assert_type(update, okx_fast.BookUpdate)
        await either(client, client.subscribe_raw({"channel": "status"}))


async def either(client: okx_fast.Client, subscription: okx_fast.Subscription) -> None:
    async for event in client.stream(subscription):
        assert_type(event, Any)


def keyed(secret: str) -> None:
    keys = okx_fast.Credentials.from_file("keys.toml", "bot")
    assert_type(keys, okx_fast.Credentials)
    assert_type(okx_fast.Credentials("key", secret, passphrase=secret).key_hint, str)
    with okx_fast.Rest("eea-demo", credentials=okx_fast.Credentials.from_env, permissions={"read"}) as rest:
        audit = rest.audit_key()
        assert_type(audit.permissions, frozenset[str])
        assert_type(audit.warnings[0].words, str)
        assert_type(rest.site, okx_fast.Site)
    okx_fast.Rest("eea", credentials=("key", secret, "word"))  # type: ignore[arg-type]  # a tuple is no Credentials
    okx_fast.Rest("live")  # type: ignore[arg-type]  # where was the account opened?
    keys.key = "other"  # type: ignore[misc]  # read-only


def misuse(client: okx_fast.Client, book: okx_fast.Book) -> None:
    client.subscribe_book("BTC-USDT", channel=5)  # type: ignore[arg-type]  # a channel has a name
    client.subscribe_trades("BTC-USDT", conflate=True)  # type: ignore[call-arg]  # trades are never conflated
    client.subscribe_trades("BTC-USDT", on_ticker)  # type: ignore[arg-type]  # its callback gets trades
    okx_fast.Client("prod")  # type: ignore[arg-type]  # no such site
    book.cost("ask", 0.1)  # type: ignore[arg-type]  # a float is not exact
    book.cost("asks", 1)  # type: ignore[arg-type]  # no such side
    book.best_bid = None  # type: ignore[misc]  # read-only


def offline() -> None:
    replay = okx_fast.Replay()
    assert_type(replay.subscribe_book("BTC-USDT", on_update, channel="books5"), okx_fast.Book)
    assert_type(replay.subscribe_trades("BTC-USDT"), okx_fast.Subscription[okx_fast.Trade])
    assert_type(replay.feed(b"pong"), int)
    assert_type(replay.play("a.jsonl.gz", "b.jsonl", speed=2.0), dict[str, Any])
    okx_fast.Options(record=okx_fast.Recording(folder="tape"), flight=okx_fast.Flight(folder="flight", seconds=10))
    okx_fast.Options(record="tape")  # type: ignore[arg-type]  # a Recording says more
    assert_type(okx_fast.sign("secret", "prehash"), str)
    for row in okx_fast.verify_file("books.jsonl.gz"):
        print(row["digest"])


def simulated() -> None:
    with okx_fast.Sim(instruments=2, rate=100, checksum="real") as sim:
        assert_type(sim.instruments, list[str])
        assert_type(sim.site(tls=True), okx_fast.Site)


def exchanged(okx_exchange: okx_fast.Exchange) -> None:
    with okx_fast.Exchange({"seed": 1}, clock="virtual") as exchange:
        assert_type(exchange.site(demo=True), okx_fast.Site)
        assert_type(exchange.credentials("main", demo=True), okx_fast.Credentials)
        assert_type(exchange.fault("close", code=4006), str)
        assert_type(exchange.account(), dict[str, Any])
        exchange.set_price("BTC-USDT", Decimal(60_000), index="60001", house=False)
        exchange.fill("1", sz=okx_fast.Num("0.1"))
    okx_exchange.fill(1)  # type: ignore[arg-type]  # an order id is text


def seen(client: okx_fast.Client, event: okx_fast.Event) -> None:
    assert_type(metrics.prometheus(client), str)
    metrics.prometheus(okx_fast.Replay())
    metrics.Collector(client)
    assert_type(jsonlog.event_fields(event), dict[str, Any])
    assert_type(export(["a.jsonl.gz"], "out", file_format="arrow", top=5), dict[str, Any])
