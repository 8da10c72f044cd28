"""REST methods as their users type them. Checked by mypy, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_type

from okx_fast import AsyncRest, KeyAudit, Reply, Rest, RestOptions
from okx_fast.rest import models

if TYPE_CHECKING:
    from okx_fast import Num, Site
    from okx_fast.rest.namespaces import Account, AsyncTrade, Market, Rubik, Trade


def reads(account: Account, market: Market, rubik: Rubik) -> None:
    assert_type(market.ticker(instId="BTC-USDT"), models.Ticker)
    assert_type(market.candles(instId="BTC-USDT", bar="1m", limit=300, timeout=2.0), list[models.Candle])
    assert_type(market.books_sbe(instIdCode=12345, source=0), bytes)
    assert_type(account.balance(ccy=["BTC", "USDT"]), models.Balance)
    assert_type(account.greeks(), list[dict[str, Any]])
    assert_type(rubik.stat_contracts_open_interest_history(instId="BTC-USDT-SWAP"), list[list[str]])
    assert_type(rubik.stat_trading_data_support_coin(), dict[str, Any])


def writes(trade: Trade, px: Num) -> None:
    order = trade.place_order(
        instId="BTC-USDT",
        tdMode="cash",
        side="buy",
        ordType="limit",
        sz=Decimal("0.01"),
        px=px,
        reduceOnly=False,
        attachAlgoOrds=[{"slTriggerPx": "50000", "slOrdPx": "-1"}],
        extra={"newField": "1"},
        limit_mode="fail",
        exp_time=1_700_000_000_000,
    )
    assert_type(order, models.OrderAck)
    assert_type(trade.cancel_batch_orders([{"instId": "BTC-USDT", "ordId": "1"}]), list[models.OrderAck])


async def awaited(trade: AsyncTrade) -> None:
    assert_type(await trade.orders_pending(instType="SPOT"), list[models.Order])


def misuse(account: Account, trade: Trade) -> None:
    account.balance("BTC")  # type: ignore[call-arg]  # a parameter has a name
    account.balance(cy="BTC")  # type: ignore[call-arg]  # and it is OKX's
    trade.order(ordId="1")  # type: ignore[call-arg]  # instId is needed
    trade.cancel_order(instId="BTC-USDT", ordId=1.0)  # type: ignore[arg-type]  # a float is not exact
    trade.cancel_order(instId="BTC-USDT", exp_time=1)  # type: ignore[call-arg]  # OKX takes no deadline for it
    trade.place_orders()  # type: ignore[attr-defined]  # no such method


def clients(rest: Rest, site: Site) -> None:
    assert_type(rest.trade.place_order(instId="a", tdMode="cash", side="buy", ordType="market", sz=1), models.OrderAck)
    assert_type(rest.request("GET", "/api/v5/public/time"), Reply)
    assert_type(rest.when("trade.place_order", instId="BTC-USDT"), float)
    assert_type(rest.aio, AsyncRest)
    assert_type(rest.instruments["BTC-USDT"], models.Instrument)
    assert_type(rest.audit_key(), KeyAudit)
    Rest(site, permissions={"read"}, options=RestOptions(timeout_s=3, limit_mode="fail"))
    Rest("nowhere")  # type: ignore[arg-type]
    rest.trade.place_order(instId="a", tdMode="cash", side="buy", ordType="market", sz=0.1)  # type: ignore[arg-type]
    rest.trade.cancel_order(instID="a")  # type: ignore[call-arg]


async def clients_of_a_loop(rest: AsyncRest) -> None:
    assert_type(await rest.market.ticker(instId="BTC-USDT"), models.Ticker)
    assert_type(await rest.request("GET", "/api/v5/public/time"), Reply)
    assert_type(await rest.sync_order_cap(), models.AccountRateLimit)
    async for row in rest.pages("trade.orders_history", instType="SWAP"):
        print(row)
