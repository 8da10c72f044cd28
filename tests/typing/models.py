"""Typed results, pages and contract arithmetic as users type them. Checked by mypy, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_type

from okx_fast import Subscription
from okx_fast.channels import models as pushed
from okx_fast.rest import contracts, models
from okx_fast.rest.drift import Finding

if TYPE_CHECKING:
    import okx_fast


def fields(rest: okx_fast.Rest) -> None:
    ticker = rest.market.ticker(instId="BTC-USDT")
    assert_type(ticker.inst_id, str)
    assert_type(ticker.last, Decimal | None)
    assert_type(ticker.ts_ms, int | None)
    order = rest.trade.order(instId="BTC-USDT", ordId="7")
    assert_type(order.reduce_only, bool | None)
    assert_type(order.attach_algo_ords, tuple[models.AttachedAlgo, ...])
    assert_type(order.linked_algo_ord, models.LinkedAlgoOrd | None)
    assert_type(rest.account.config().perm, tuple[str, ...])
    assert_type(rest.account.balance().of("BTC"), models.BalanceDetail | None)
    assert_type(rest.market.candles(instId="BTC-USDT")[0].close, Decimal | None)
    assert_type(rest.trade.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="market", sz=1).ok, bool)
    ticker.last = Decimal(1)  # type: ignore[assignment]


def pages(rest: okx_fast.Rest, aio: okx_fast.AsyncRest) -> None:
    assert_type(rest.pages("trade.fills", instType="SPOT", begin=1, end=2, max_items=3), Iterator[Any])
    assert_type(aio.pages("trade.fills", history=False), AsyncIterator[Any])


def arithmetic(rest: okx_fast.Rest, book: okx_fast.Book) -> None:
    rest.instruments.load("SWAP")
    inst = rest.instruments["BTC-USDT-SWAP"]
    assert_type(inst, models.Instrument)
    assert_type(contracts.coins(inst, "2.5"), Decimal)
    assert_type(contracts.from_quote(inst, 1000, "60000", direction="down"), Decimal)
    if book.mid is not None:
        assert_type(contracts.round_px(inst, book.mid, direction="nearest"), Decimal)
    contracts.coins(inst, 2.5)  # type: ignore[arg-type]
    assert_type(contracts.check_order(inst, {"px": "1"}), list[contracts.Violation])
    assert_type(rest.drift(), list[Finding])


def on_rate(row: pushed.FundingRate) -> None:
    assert_type((row.channel, row.arg, row.recv_ns, row.action), tuple[str, dict[str, str], int, str])
    assert_type((row.funding_rate, row.funding_time_ms), tuple[Decimal | None, int | None])


def channels(client: okx_fast.Client, rest: okx_fast.Rest) -> None:
    rates = client.subscribe("funding-rate", on_rate, instId="BTC-USDT-SWAP")
    assert_type(rates, Subscription[pushed.FundingRate])
    assert_type(client.stream(rates), AsyncIterator[pushed.FundingRate])
    assert_type(client.subscribe("candle1M", instId="BTC-USDT"), Subscription[pushed.Candle])
    client.subscribe("instruments", rest.instruments.merge, instType="SWAP")
    client.subscribe("mark-price", on_rate, instId="BTC-USDT-SWAP")  # type: ignore[call-overload]
    client.subscribe("funding-rate")  # type: ignore[call-overload]
    client.subscribe("instruments", instType="MOON")  # type: ignore[call-overload]
    client.subscribe("books", instId="BTC-USDT")  # type: ignore[call-overload]
    assert_type(client.drift(), list[Finding])
