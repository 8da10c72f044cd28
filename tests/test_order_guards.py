"""Local checks of orders: each rule refuses what breaks it, the rest passes as it is, and nothing is sent meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import okx_fast
from okx_fast.orders import Trader, TraderOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "50000", "sz": "1"}
SPOT = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "50000", "sz": "0.001"}
MARKET = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}


@pytest.fixture(scope="module")
def trader() -> Iterator[Trader]:
    with Trader("sim", options=TraderOptions(check_orders=True, inst_types=("SPOT", "SWAP"))) as trader:
        yield trader


def refused(trader: Trader, params: dict[str, Any], op: str = "order") -> str:
    before = trader.stats()["calls"]
    with pytest.raises(okx_fast.ParameterError) as caught:
        trader.send(op, params)
    assert trader.stats()["calls"] == before, "nothing was sent"
    return caught.value.name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"px": "50000.01"}, "px"),
        ({"px": "0"}, "px"),
        ({"px": "-1"}, "px"),
        ({"px": None}, "px"),
        ({"sz": "0.001"}, "sz"),
        ({"sz": "0"}, "sz"),
        ({"sz": "99999999999"}, "sz"),
        ({"tdMode": "cash"}, "tdMode"),
        ({"tdMode": "spot"}, "tdMode"),
        ({"posSide": "long"}, "posSide"),
        ({"clOrdId": "a-b"}, "clOrdId"),
        ({"clOrdId": "a" * 33}, "clOrdId"),
        ({"tag": "a" * 17}, "tag"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(trader: Trader, change: dict[str, Any], name: str) -> None:
    assert refused(trader, LIMIT | change) == name


@pytest.mark.parametrize("order", [LIMIT, SPOT, MARKET, LIMIT | {"posSide": "net"}, LIMIT | {"clOrdId": "a" * 32}])
def test_an_order_that_breaks_none_passes_unchanged(trader: Trader, order: dict[str, Any]) -> None:
    frame = trader.frame("order", order)
    for name, value in order.items():
        assert name == "instId" or f'"{name}":"{value}"'.encode() in frame
    assert trader.place_order(**order).confirmed


def test_by_rest_the_same_rules_hold(trader: Trader) -> None:
    with pytest.raises(okx_fast.ParameterError):
        trader.place_order(**LIMIT | {"px": "50000.01"}, route="rest")


def test_one_bad_order_refuses_the_batch(trader: Trader) -> None:
    with pytest.raises(okx_fast.ParameterError):
        trader.place_batch_orders([LIMIT, LIMIT | {"sz": "0.001"}])


def test_amendments_are_looked_at_too(trader: Trader) -> None:
    amend = {"instId": "BTC-USDT-SWAP", "ordId": "1"}
    assert refused(trader, amend | {"newPx": "50000.01"}, "amend-order") == "newPx"
    assert refused(trader, amend | {"newSz": "1", "reqId": "a b"}, "amend-order") == "reqId"


def test_options_have_one_price_and_no_market_orders() -> None:
    with Trader("sim", options=TraderOptions(check_orders=True, inst_types=())) as trader:
        trader.load("OPTION", instFamily="BTC-USD")
        option = next(iter(trader.rest.instruments)).inst_id
        order = {"instId": option, "tdMode": "cross", "side": "buy", "sz": "1"}
        assert refused(trader, order | {"ordType": "market"}) == "ordType"
        assert refused(trader, order | {"ordType": "limit"}) == "px"
        assert refused(trader, order | {"ordType": "limit", "px": "0.01", "pxVol": "1"}) == "px"


def test_a_price_band_counts_while_it_is_fresh(trader: Trader) -> None:
    class Row:
        inst_id, buy_lmt, sell_lmt = "ETH-USDT", Decimal(4000), Decimal(2000)

    order = {"instId": "ETH-USDT", "tdMode": "cash", "ordType": "limit", "sz": "0.01"}
    assert trader.guards is not None
    trader.note_price_limit(Row)
    assert refused(trader, order | {"side": "buy", "px": "4000.1"}) == "px"
    assert refused(trader, order | {"side": "sell", "px": "1999.9"}) == "px"
    trader.guards.look("order", [order | {"side": "buy", "px": "4000"}])
    trader.guards.look("order", [order | {"side": "buy", "px": "5000", "pxAmendType": "1"}])
    band = trader.guards._bands["ETH-USDT"]  # a minute passes
    trader.guards._bands["ETH-USDT"] = band._replace(at=band.at - 60)
    trader.guards.look("order", [order | {"side": "buy", "px": "5000"}])


def test_in_long_short_mode_contracts_need_a_side(trader: Trader) -> None:
    assert trader.guards is not None
    config = trader.guards.config
    assert config is not None
    try:
        trader.guards.config = type(config)(config.raw | {"posMode": "long_short_mode"})
        assert refused(trader, LIMIT) == "posSide"
        assert refused(trader, LIMIT | {"posSide": "net"}) == "posSide"
        trader.guards.look("order", [LIMIT | {"posSide": "short"}])
        trader.guards.look("order", [SPOT])
    finally:
        trader.guards.config = config


@pytest.mark.parametrize(("acct_lv", "td_mode"), [("1", "cross"), ("3", "isolated"), ("4", "isolated")])
def test_the_account_mode_says_which_td_mode_there_is(trader: Trader, acct_lv: str, td_mode: str) -> None:
    assert trader.guards is not None
    config = trader.guards.config
    assert config is not None
    try:
        trader.guards.config = type(config)(config.raw | {"acctLv": acct_lv})
        assert refused(trader, LIMIT | {"tdMode": td_mode}) == "tdMode"
    finally:
        trader.guards.config = config


def test_without_the_option_everything_passes_as_it_is() -> None:
    with Trader("sim") as trader:
        assert trader.guards is None
        result = trader.place_order(**LIMIT | {"px": "50000.01"})
        assert result.outcome == "REJECTED"  # by OKX
