"""Which orders OKX takes, by type of trading, account level, position mode and order type: Trader sends them, the
exchange answers.

Rules: OKX API v5, Order book trading › Trade › Place order (tdMode, posSide, ordType, reduceOnly), error codes. The
tables are by hand, cell by cell: "" is CONFIRMED, a number the code it is REJECTED with.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from okx_fast import ApiError, Exchange, ParameterError, Trader, TraderOptions
from tests.order_calls import account, calm, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from okx_fast import OrderResult

LEVELS = ("1", "2", "3", "4")
# An instrument of each type, and an order that rests far below its market.
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    "SPOT": (r"BTC-USDT", {"px": "45000", "sz": "0.001"}),
    "FUTURES linear": (r"BTC-USDT-\d+", {"px": "45000", "sz": "1"}),
    "FUTURES inverse": (r"BTC-USD-\d+", {"px": "45000", "sz": "1"}),
    "SWAP linear": (r"BTC-USDT-SWAP", {"px": "45000", "sz": "1"}),
    "SWAP inverse": (r"BTC-USD-SWAP", {"px": "45000", "sz": "1"}),
    "OPTION": (r"BTC-USD-\d+-86000-C", {"px": "0.001", "sz": "1"}),
}
CONTRACTS = ("FUTURES linear", "FUTURES inverse", "SWAP linear", "SWAP inverse")


class Floor:
    """One exchange whose prices stand still, and a trader for each account that tests asked for."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._traders: dict[str, Trader] = {}

    def trader(self, level: str, *, long_short: bool = False, of: str = "") -> Trader:
        """Of an account of this level and position mode, set as people set them. of: one that no other test has."""
        label = f"level{level}{'two-sided' if long_short else ''}{of}"
        if label not in self._traders:
            self.exchange.add_account(**account(label, balances={"USDT": "500000", "BTC": "20"}))
            trader = self._opened(label)
            trader.rest.account.set_account_level(acctLv=level)
            if long_short:
                trader.rest.account.set_position_mode(posMode="long_short_mode")
            config = trader.rest.account.config()
            assert (config.acct_lv, config.pos_mode == "long_short_mode") == (level, long_short)
        return self._traders[label]

    def checking(self, level: str, *, long_short: bool = False) -> Trader:
        """Of such an account, and one that looks at orders before it sends them."""
        label = f"level{level}{'two-sided' if long_short else ''}checked"
        if label not in self._traders:
            self.trader(level, long_short=long_short, of="checked").close()
            self._opened(label, check_orders=True)
        return self._traders[label]

    def _opened(self, label: str, **options: Any) -> Trader:
        credentials = self.exchange.credentials(label)
        trader = Trader(self.exchange.site(), credentials=credentials, options=TraderOptions(**options)).__enter__()
        self._traders[label] = trader
        trader.load("OPTION", instFamily="BTC-USD")
        return trader

    def order(self, kind: str, **params: Any) -> dict[str, Any]:
        """An order of this type that rests; parameters in place of its own, None takes one away."""
        pattern, resting = TYPES[kind]
        [inst_id] = [inst_id for inst_id in self.exchange.instruments if re.fullmatch(pattern, inst_id)]
        order = {"instId": inst_id, "side": "buy", "ordType": "limit", **resting, "clOrdId": fresh("type"), **params}
        return {name: value for name, value in order.items() if value is not None}

    def close(self) -> None:
        for trader in self._traders.values():
            trader.close()


@pytest.fixture(scope="module")
def floor() -> Iterator[Floor]:
    with calm(limits=0) as exchange:
        floor = Floor(exchange)
        yield floor
        floor.close()


def code(result: OrderResult) -> str:
    """ "" if OKX took it, else why it did not."""
    assert result.outcome in ("CONFIRMED", "REJECTED"), result
    assert result.confirmed == (result.code == "0"), result
    assert result.confirmed == (result.error is None)
    return "" if result.confirmed else result.code


def place(floor: Floor, trader: Trader, kind: str, **params: Any) -> str:
    """Place one and say how it ended; what rests is canceled again."""
    order = floor.order(kind, **params)
    result = trader.place_order(**order)
    if result.confirmed:
        trader.cancel_order(instId=order["instId"], ordId=result.ord_id)
    return code(result)


def looked(floor: Floor, trader: Trader, kind: str, **params: Any) -> str:
    """The parameter that a trader which checks orders finds fault with; "" if it sends it and OKX takes it."""
    try:
        assert place(floor, trader, kind, **params) == ""
    except ParameterError as error:
        return error.name
    return ""


class TestTdMode:
    """§ tdMode: rows are types, columns what an account of each level may."""

    # cash, cross, isolated on level 1; the same on 2; on 3; on 4.
    TABLE: ClassVar[dict[str, tuple[tuple[str, str, str], ...]]] = {
        "SPOT": (("", "51000", "51000"), ("", "", ""), ("", "", "50072"), ("", "", "50072")),
        **dict.fromkeys(
            CONTRACTS,
            (("51010", "51010", "51010"), ("51000", "", ""), ("51000", "", "50072"), ("51000", "", "50072")),
        ),
        "OPTION": (("", "51000", "51000"), ("51000", "", ""), ("51000", "", "50072"), ("51000", "", "50072")),
    }

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("kind", TYPES)
    def test_of_each_type_and_account_level(self, floor: Floor, kind: str, level: str) -> None:
        trader = floor.trader(level)
        modes = ("cash", "cross", "isolated")
        assert tuple(place(floor, trader, kind, tdMode=mode) for mode in modes) == self.TABLE[kind][LEVELS.index(level)]

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("kind", TYPES)
    def test_a_trader_that_checks_refuses_the_same_and_sends_nothing(self, floor: Floor, kind: str, level: str) -> None:
        said = [looked(floor, floor.checking(level), kind, tdMode=mode) for mode in ("cash", "cross", "isolated")]
        assert said == ["tdMode" if refusal else "" for refusal in self.TABLE[kind][LEVELS.index(level)]]

    @pytest.mark.parametrize(
        ("mode", "refusal"), [("margin", "51000"), ("net", "51000"), ("", "50014"), (None, "50014")]
    )
    def test_a_word_that_is_none_of_them_is_refused(self, floor: Floor, mode: str | None, refusal: str) -> None:
        assert place(floor, floor.trader("2"), "SWAP linear", tdMode=mode) == refusal

    @pytest.mark.parametrize(
        ("level", "mode", "inst_type"),
        [("1", "cash", "SPOT"), ("2", "cash", "SPOT"), ("2", "cross", "MARGIN"), ("2", "isolated", "MARGIN"),
         ("3", "cross", "SPOT"), ("4", "cross", "SPOT")],
    )  # fmt: skip
    def test_a_pair_with_leverage_is_margin_on_level_2_only(
        self, floor: Floor, level: str, mode: str, inst_type: str
    ) -> None:
        trader = floor.trader(level)
        placed = trader.place_order(**floor.order("SPOT", tdMode=mode))
        row = trader.rest.trade.order(instId="BTC-USDT", ordId=placed.ord_id)
        assert (row.inst_type, row.td_mode) == (inst_type, mode)
        trader.cancel_order(instId="BTC-USDT", ordId=placed.ord_id)

    def test_level_1_buys_options_and_never_sells_them_short(self, floor: Floor) -> None:
        assert place(floor, floor.trader("1"), "OPTION", tdMode="cash", side="sell", px="1") == "51018"


class TestPosSide:
    """§ posSide: what each position mode takes."""

    SIDES = (None, "", "net", "long", "short")
    NET, TWO_SIDED = ("", "", "", "51000", "51000"), ("51000", "51000", "51000", "", "51169")

    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize("level", ["2", "3"])
    def test_in_net_mode_is_none_or_net(self, floor: Floor, kind: str, level: str) -> None:
        trader = floor.trader(level)
        assert tuple(place(floor, trader, kind, tdMode="cross", posSide=side) for side in self.SIDES) == self.NET

    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize("level", ["2", "3"])
    def test_in_long_short_mode_is_long_or_short_on_contracts_and_none_elsewhere(
        self, floor: Floor, kind: str, level: str
    ) -> None:
        trader = floor.trader(level, long_short=True)
        want = self.TWO_SIDED if kind in CONTRACTS else self.NET  # buying "short" closes: there is nothing to close
        assert tuple(place(floor, trader, kind, tdMode="cross", posSide=side) for side in self.SIDES) == want

    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize("long_short", [False, True])
    def test_a_trader_that_checks_refuses_the_same_and_sends_nothing(
        self, floor: Floor, kind: str, long_short: bool
    ) -> None:
        trader, sides = floor.checking("2", long_short=long_short), self.SIDES[:4]
        want = self.TWO_SIDED if long_short and kind in CONTRACTS else self.NET
        said = [looked(floor, trader, kind, tdMode="cross", posSide=side) for side in sides]
        assert said == ["posSide" if refusal else "" for refusal in want[:4]]

    def test_level_4_has_net_positions_only(self, floor: Floor) -> None:
        with pytest.raises(ApiError, match="51041"):
            floor.trader("4").rest.account.set_position_mode(posMode="long_short_mode")

    @pytest.mark.parametrize("level", ["2", "3"])
    def test_long_and_short_open_and_close_each_its_own(self, floor: Floor, level: str) -> None:
        trader = floor.trader(level, long_short=True)

        def take(side: str, pos_side: str, sz: str) -> str:
            order = {"tdMode": "cross", "side": side, "posSide": pos_side, "ordType": "market", "px": None, "sz": sz}
            return code(trader.place_order(**floor.order("SWAP linear", **order)))

        assert take("sell", "long", "1") == "51169"  # nothing to close
        assert take("buy", "long", "2") == ""
        assert take("buy", "short", "1") == "51169"  # a long position is not a short one
        assert take("sell", "short", "2") == ""  # both at a time
        assert take("sell", "long", "3") == "51112"  # more than there is
        assert take("sell", "long", "2") == ""
        assert take("buy", "short", "2") == ""


class TestOrdType:
    """§ ordType: what is taken where, with or without a price."""

    WORDS = (
        "limit",
        "post_only",
        "ioc",
        "fok",
        "market",
        "optimal_limit_ioc",
        "mmp",
        "mmp_and_post_only",
        "rpi",
        "stop",
    )
    TABLE: ClassVar[dict[str, tuple[str, ...]]] = {
        "SPOT": ("", "", "", "", "", "51000", "51036", "51036", "54042", "51000"),
        **dict.fromkeys(CONTRACTS, ("", "", "", "", "", "", "51036", "51036", "54042", "51000")),
        "OPTION": ("", "", "", "", "51066", "51000", "51036", "51036", "54041", "51000"),
    }

    @pytest.mark.parametrize("kind", TYPES)
    def test_of_each_type(self, floor: Floor, kind: str) -> None:
        trader = floor.trader("2", of="types")  # what fills stays with it
        mode = "cash" if kind == "SPOT" else "cross"
        said = []
        for word in self.WORDS:
            no_px = {"px": None} if word in ("market", "optimal_limit_ioc") else {}
            sized = {"sz": "90"} if kind == "SPOT" and word == "market" else {}  # USDT
            said.append(place(floor, trader, kind, tdMode=mode, ordType=word, **no_px, **sized))
        assert tuple(said) == self.TABLE[kind]

    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize("word", ["limit", "post_only", "ioc", "fok"])
    def test_a_price_that_is_missing_is_refused(self, floor: Floor, kind: str, word: str) -> None:
        said = place(
            floor, floor.trader("2"), kind, tdMode="cash" if kind == "SPOT" else "cross", ordType=word, px=None
        )
        assert said == ("51175" if kind == "OPTION" else "51204")

    @pytest.mark.parametrize(
        ("level", "mode", "word", "refusal"),
        [(level, "cross", word, "51036") for level in "23" for word in ("mmp", "mmp_and_post_only")]
        + [("4", mode, word, refusal)
           for (mode, refusal), word in itertools.product(
               [("cross", "51035"), ("isolated", "51042")], ("mmp", "mmp_and_post_only"))],
    )  # fmt: skip
    def test_mmp_is_for_options_in_portfolio_margin_and_who_has_the_right(
        self, floor: Floor, level: str, mode: str, word: str, refusal: str
    ) -> None:
        assert place(floor, floor.trader(level), "OPTION", tdMode=mode, ordType=word) == refusal

    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize(("word", "source"), [("post_only", "31"), ("ioc", "14"), ("fok", "13")])
    def test_what_cannot_do_its_job_is_confirmed_and_then_canceled(
        self, floor: Floor, kind: str, word: str, source: str
    ) -> None:
        trader = floor.trader("2")
        order = floor.order(kind, tdMode="cash" if kind == "SPOT" else "cross", ordType=word)
        if word == "post_only":  # one that would trade
            ask = trader.rest.market.ticker(instId=order["instId"]).ask_px
            order["px"] = str(ask)
        placed = trader.place_order(**order)
        assert placed.outcome == "CONFIRMED"
        row = trader.rest.trade.order(instId=order["instId"], ordId=placed.ord_id)
        assert (row.state, row.cancel_source) == ("canceled", source)


class TestReduceOnly:
    """§ reduceOnly: where it may be said, and that there must be something to reduce."""

    # No position anywhere, so 51169 is where it may be said.
    TABLE: ClassVar[dict[str, dict[str, str]]] = {
        "1": {"SPOT": "51139", "OPTION": "51205"},
        "2": {"SPOT": "51139", **dict.fromkeys(CONTRACTS, "51169"), "OPTION": "51205"},
        "3": {"SPOT": "51133", **dict.fromkeys(CONTRACTS, "51169"), "OPTION": "51205"},
        "4": {"SPOT": "51133", **dict.fromkeys(CONTRACTS, "51205"), "OPTION": "51205"},
    }

    @pytest.mark.parametrize(("level", "kind"), [(level, kind) for level, row in TABLE.items() for kind in row])
    def test_without_a_position(self, floor: Floor, level: str, kind: str) -> None:
        cash = level == "1" or (kind == "SPOT" and level == "2")
        said = place(floor, floor.trader(level), kind, tdMode="cash" if cash else "cross", reduceOnly=True)
        assert said == self.TABLE[level][kind]

    @pytest.mark.parametrize("mode", ["cross", "isolated"])
    def test_margin_has_it(self, floor: Floor, mode: str) -> None:
        trader = floor.trader("2")
        margin = {"tdMode": mode, "ccy": "USDT", "ordType": "ioc"}
        assert place(floor, trader, "SPOT", **margin, side="sell", px="88000", reduceOnly=True) == "51169"
        assert place(floor, trader, "SPOT", **margin, px="92000") == ""
        assert place(floor, trader, "SPOT", **margin, px="92000", reduceOnly=True) == "51170"
        assert place(floor, trader, "SPOT", **margin, side="sell", px="88000", reduceOnly=True) == ""
        assert not [row for row in trader.rest.account.positions() if row.inst_id == "BTC-USDT"]

    @pytest.mark.parametrize("kind", CONTRACTS)
    @pytest.mark.parametrize("level", ["2", "3"])
    def test_contracts_in_net_mode_have_it(self, floor: Floor, kind: str, level: str) -> None:
        trader = floor.trader(level)
        take = {"tdMode": "cross", "ordType": "market", "px": None}
        assert place(floor, trader, kind, **take, sz="2") == ""
        assert place(floor, trader, kind, **take, reduceOnly=True) == "51170"  # the position's own side
        assert (
            place(floor, trader, kind, **take, side="sell", reduceOnly=True, sz="5") == ""
        )  # cut down to the position
        inst_id = floor.order(kind)["instId"]
        assert not [row for row in trader.rest.account.positions(instId=inst_id) if row.pos]

    @pytest.mark.parametrize("kind", CONTRACTS)
    def test_in_long_short_mode_the_side_says_it_and_reduce_only_nothing(self, floor: Floor, kind: str) -> None:
        trader = floor.trader("2", long_short=True)
        assert place(floor, trader, kind, tdMode="cross", posSide="long", reduceOnly=True) == ""
