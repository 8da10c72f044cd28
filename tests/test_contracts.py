"""Contract arithmetic: the table of contract kinds, steps, announced changes, and what an order may not be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okx_fast import Num
from okx_fast.errors import ConfigError
from okx_fast.rest import contracts
from okx_fast.rest.models import Instrument

D = Decimal


def instrument(**fields: Any) -> Instrument:
    row = {"instId": "X-Y-SWAP", "instType": "SWAP", "state": "live", "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01"}
    return Instrument({**row, "ctType": "linear", "ctVal": "0.01", "ctMult": "1", "ctValCcy": "X", **fields})


LINEAR = instrument(maxLmtSz="1000", maxMktSz="100")
INVERSE = instrument(ctType="inverse", ctVal="100", ctValCcy="USD", lotSz="1", minSz="1")
OPTION = instrument(instType="OPTION", ctType="", ctVal="1", ctMult="0.01", tickSz="0.0001", lotSz="1", minSz="1")
SPOT = instrument(
    instType="SPOT",
    ctType="",
    ctVal="",
    ctMult="",
    ctValCcy="",
    lotSz="0.001",
    minSz="0.01",
    maxLmtSz="50",
    maxMktSz="9",
)


class TestContractsCoinsAndQuote:
    @pytest.mark.parametrize(
        ("inst", "sz", "px", "coins", "quote"),
        [  # OKX: face value x multiplier; inverse contracts are worth a fixed amount of USD
            (LINEAR, "2.5", "60000", "0.025", "1500"),
            (INVERSE, "3", "60000", "0.005", "300"),
            (OPTION, "7", "0.0315", "0.07", "0.002205"),
            (SPOT, "0.5", "60000", "0.5", "30000"),
            (instrument(ctVal="1000", ctMult="10"), "1", "0.00002", "10000", "0.2"),
        ],
    )
    def test_a_size_is_worth_this(self, inst: Instrument, sz: str, px: str, coins: str, quote: str) -> None:
        assert contracts.coins(inst, sz, px) == D(coins)
        assert contracts.quote(inst, sz, px) == D(quote)
        assert contracts.from_coins(inst, coins, px, direction="nearest") == round(D(sz), 2)
        assert contracts.from_quote(inst, quote, px, direction="nearest") == round(D(sz), 2)

    def test_an_inverse_contract_needs_the_price_for_coins_only(self) -> None:
        assert contracts.quote(INVERSE, 5) == 500
        with pytest.raises(ConfigError, match="this needs a price"):
            contracts.coins(INVERSE, 5)

    @pytest.mark.parametrize("sz", ["2.5", D("2.50"), Num("2.5")])
    def test_any_exact_number_will_do(self, sz: Any) -> None:
        assert contracts.coins(LINEAR, sz) == D("0.025")

    def test_products_keep_every_digit(self) -> None:
        sz, px = "12345678901234567890.123456789", "98765432109876543210.987654321"
        assert Fraction(contracts.quote(SPOT, sz, px)) == Fraction(sz) * Fraction(px)

    def test_an_instrument_without_a_contract_value_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="has no contract value"):
            contracts.coins(instrument(instType="EVENTS", ctVal=""), 1)

    @pytest.mark.parametrize("bad", [1.5, True, "1e", "nan", "inf", "1_0", " 1", None, b"1"])
    def test_what_is_not_an_exact_number_is_refused(self, bad: Any) -> None:
        with pytest.raises(ConfigError, match=r"^sz "):
            contracts.coins(LINEAR, bad)


class TestSteps:
    @pytest.mark.parametrize(
        ("px", "down", "up", "nearest"),
        [
            ("67500.17", "67500.1", "67500.2", "67500.2"),
            ("67500.1", "67500.1", "67500.1", "67500.1"),
            ("0.05", "0", "0.1", "0"),  # a tie goes to the even tick
            ("0.15", "0.1", "0.2", "0.2"),
            ("-0.17", "-0.2", "-0.1", "-0.2"),  # down is the lower one, also below 0
        ],
    )
    def test_a_price_goes_where_it_is_told(self, px: str, down: str, up: str, nearest: str) -> None:
        assert contracts.round_px(LINEAR, px, direction="down") == D(down)
        assert contracts.round_px(LINEAR, px, direction="up") == D(up)
        assert contracts.round_px(LINEAR, px, direction="nearest") == D(nearest)

    def test_a_rounded_number_prints_plainly(self) -> None:
        tiny = instrument(tickSz="0.0000000001")
        assert f"{contracts.round_px(tiny, '0.00000000019', direction='down'):f}" == "0.0000000001"

    def test_the_direction_must_be_said(self) -> None:
        with pytest.raises(ConfigError, match="direction"):
            contracts.round_sz(LINEAR, "1", direction="away")  # type: ignore[arg-type]

    @given(
        step=st.decimals(min_value="0.00000001", max_value=100, places=8),
        value=st.decimals(min_value=-(10**12), max_value=10**12, places=12),
    )
    def test_rounding_agrees_with_fractions(self, step: Decimal, value: Decimal) -> None:
        inst = instrument(tickSz=f"{step:f}")
        low = contracts.round_px(inst, value, direction="down")
        high = contracts.round_px(inst, value, direction="up")
        near = contracts.round_px(inst, value, direction="nearest")
        assert low <= value <= high
        assert high - low in (0, step)
        assert (Fraction(low) / Fraction(step)).denominator == 1
        assert abs(Fraction(near) - Fraction(value)) == min(
            Fraction(value) - Fraction(low), Fraction(high) - Fraction(value)
        )

    def test_coins_become_lots_without_a_float_between(self) -> None:
        # 0.0337 BTC / 0.01 BTC a contract is 3.37 exactly; 0.1 / 3 of an inverse contract is not
        assert contracts.from_coins(LINEAR, "0.0337", direction="down") == D("3.37")
        assert contracts.from_coins(INVERSE, "0.1", "3", direction="down") == 0
        assert contracts.from_coins(INVERSE, "0.1", "3", direction="up") == 1

    def test_an_announced_change_counts_from_its_time_on(self) -> None:
        change = {"param": "tickSz", "newValue": "0.5", "effTime": "1000"}
        lots = {"param": "minSz", "newValue": "2", "effTime": "2000"}
        inst = instrument(upcChg=[lots, change])
        assert contracts.steps(inst, 999) == (D("0.1"), D("0.01"), D("0.01"), None)
        assert contracts.steps(inst, 1000) == (D("0.5"), D("0.01"), D("0.01"), None)
        assert contracts.steps(inst, 2000) == (D("0.5"), D(2), D(2), None)
        assert contracts.steps(inst) == contracts.steps(inst, 2000)
        assert contracts.round_px(inst, "1.3", direction="down", at_ms=1000) == 1


ORDER = {"instId": "X-Y-SWAP", "side": "buy", "ordType": "limit", "px": "100.1", "sz": "1"}


class TestOrders:
    @pytest.mark.parametrize(
        ("inst", "change", "wrong"),
        [
            (LINEAR, {}, []),
            (LINEAR, {"px": D("100.10"), "sz": 2}, []),
            (LINEAR, {"px": "100.15"}, ["px=100.15: must be a multiple of tickSz 0.1"]),
            (LINEAR, {"px": "0"}, ["px=0: must be above 0"]),
            (LINEAR, {"sz": "0.015"}, ["sz=0.015: must be a multiple of lotSz 0.01"]),
            (LINEAR, {"sz": "1001"}, ["sz=1001: must be at most maxLmtSz 1000"]),
            (LINEAR, {"ordType": "market", "sz": "101"}, ["sz=101: must be at most maxMktSz 100"]),
            (LINEAR, {"ordType": "market", "px": "", "sz": "100"}, []),
            (LINEAR, {"sz": "ten"}, ["sz=ten: sz is not a number: 'ten'"]),
            (SPOT, {"sz": "0.005"}, ["sz=0.005: must be at least minSz 0.01"]),
            (
                SPOT,
                {"sz": "0.0005"},
                ["sz=0.0005: must be a multiple of lotSz 0.001", "sz=0.0005: must be at least minSz 0.01"],
            ),
            (SPOT, {"ordType": "market", "sz": "7.77777"}, []),  # a spot market buy is in quote currency
            (
                SPOT,
                {"ordType": "market", "tgtCcy": "base_ccy", "sz": "7.77777"},
                ["sz=7.77777: must be a multiple of lotSz 0.001"],
            ),
            (SPOT, {"ordType": "market", "side": "sell", "sz": "10"}, []),  # maxMktSz of spot is in USDT
            (
                LINEAR,
                {"px": "100.1", "newPx": "100.11", "newSz": "0"},
                ["newPx=100.11: must be a multiple of tickSz 0.1", "newSz=0: must be above 0"],
            ),
            (instrument(state="suspend"), {}, ["instId=X-Y-SWAP: takes no orders: its state is suspend"]),
            (
                instrument(state="post_only"),
                {},
                ["ordType=limit: must be post_only: the instrument's state is post_only"],
            ),
            (instrument(state="post_only"), {"ordType": "post_only"}, []),
            (instrument(state="a new state"), {}, []),
        ],
    )
    def test_an_order_is_held_against_its_instrument(
        self, inst: Instrument, change: dict[str, Any], wrong: list[str]
    ) -> None:
        assert [str(found) for found in contracts.check_order(inst, {**ORDER, **change})] == wrong
