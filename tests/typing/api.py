"""The public API as its users type it. Checked by mypy, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

import okx_fast


def pump() -> None:
    with okx_fast.Client("sim") as client:
        assert_type(client, okx_fast.Client)
        book = client.subscribe_book("BTC-USDT-SWAP")
        assert_type(book, okx_fast.Book)

        def on_trade(trade: okx_fast.Trade) -> None:
            assert_type(trade.inst_id, str)
            assert_type(trade.px, okx_fast.Num)
            assert_type(trade.ts_ms, int)
            assert_type(trade.recv_ns, int)
            assert_type(trade.px.decimal, Decimal)
            assert_type(float(trade.sz), float)

        trades = client.subscribe_trades("BTC-USDT-SWAP", on_trade)
        client.unsubscribe(trades)
        client.on_event(on_event)
        client.on_error(None)
        client.run()
        client.run(seconds=1.5)
        assert_type(client.poll(0.1), int)
        client.stop()


def on_event(event: okx_fast.Event) -> None:
    assert_type(event.kind, str)
    assert_type(event.recv_ns, int)


def on_update(update: okx_fast.BookUpdate) -> None:
    assert_type(update.book, okx_fast.Book)
    assert_type(update.best_bid, okx_fast.Level | None)


def read(book: okx_fast.Book) -> None:
    assert_type(book.valid, bool)
    assert_type(book.best_bid, okx_fast.Level | None)
    if (bid := book.best_bid) is not None:
        assert_type(bid.px, okx_fast.Num)
        assert_type(bid.n_orders, int)
    bids, _asks = book.top(5)
    assert_type(bids, list[okx_fast.Level])
    assert_type(book.digest(), str)


async def on_a_loop() -> None:
    site = okx_fast.Site(ws_public="wss://127.0.0.1:8443/ws/v5/public", ca_file="ca.pem")
    async with okx_fast.Client(site, options=okx_fast.Options(spin=True, ping_after_s=20.0)) as client:
        client.subscribe_book("BTC-USDT-SWAP", on_update, channel="bbo-tbt", conflate=True)
        client.subscribe_ticker("BTC-USDT-SWAP", conflate=True)
        client.subscribe_raw({"channel": "funding-rate", "instId": "BTC-USDT-SWAP"})
        trades = client.subscribe_trades("BTC-USDT", channel="trades-all")
        assert_type(trades, okx_fast.Subscription)
        async for trade in client.stream(trades):
            print(trade.px)
        book = client.subscribe_book("BTC-USDT-SWAP")
        async for update in client.stream(book):
            assert_type(update, okx_fast.BookUpdate)


def misuse(client: okx_fast.Client) -> None:
    client.subscribe_book("BTC-USDT", channel=5)  # type: ignore[arg-type]  # a channel has a name
    client.subscribe_trades("BTC-USDT", conflate=True)  # type: ignore[call-arg]  # trades are never conflated


def simulated() -> None:
    with okx_fast.Sim(instruments=2, rate=100, checksum="real") as sim:
        assert_type(sim.instruments, list[str])
        assert_type(sim.site(tls=True), okx_fast.Site)
    for row in okx_fast.verify_file("books.jsonl.gz"):
        print(row["digest"])
