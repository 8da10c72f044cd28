"""Rows of an account's channels on `/ws/v5/private`, typed: those of REST where the shape is the same, with the push
they came in. Those on `/ws/v5/business` are in `business`.

    {"arg": {"channel": "orders", …}, "data": [{…}]} ─▶ Order: ord_id, state, … · arg, channel, recv_ns, raw

`arg` has the account's `uid` where OKX echoes it. Numbers are `Decimal`, times Unix milliseconds by OKX's clock, what
does not apply is None or "".
Source: OKX API v5, Trading account › WebSocket; Order book trading › Trade › WebSocket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from okx_fast.channels.models import Pushed
from okx_fast.rest import models as rest
from okx_fast.rest.models.base import Count, Flag, Many, Millis, Model, Number, Text
from okx_fast.rest.models.words import INST_TYPES, MGN_MODES, POS_SIDES, SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Account",
    "AccountGreeks",
    "BalanceAndPosition",
    "BalanceChange",
    "Fill",
    "LiquidationWarning",
    "Order",
    "Paged",
    "Position",
    "PositionChange",
    "TradeMade",
]

EXEC_TYPES = ("T", "M")


class Page(Model):
    """What a push says of its rows beside `arg` and `data`."""

    __slots__ = ()
    event_type = Text()
    cur_page = Count()
    last_page = Flag()


class Paged(Pushed):
    """A row of a channel that tells all there is from time to time.

    event_type: `snapshot` (all there is, the first push and regular ones) or `event_update` (what has changed).
    cur_page, last_page: of a snapshot, which may be several pushes; None for an update.
    ends: it is the last row of a snapshot. What no row of that snapshot named is not there any more. A snapshot of
    nothing has no row.
    """

    __slots__ = ("cur_page", "ends", "event_type", "last_page")
    event_type: str
    cur_page: int | None
    last_page: bool | None
    ends: bool

    def __init__(
        self,
        raw: Any,
        arg: dict[str, str],
        recv_ns: int,
        action: str = "",
        event_type: str = "",
        cur_page: int | None = None,
        last_page: bool | None = None,
        ends: bool = False,
    ) -> None:
        super().__init__(raw, arg, recv_ns, action)
        self.event_type, self.cur_page, self.last_page, self.ends = event_type, cur_page, last_page, ends

    @property
    def _page(self) -> tuple[Any, ...]:
        return self.event_type, self.cur_page, self.last_page, self.ends

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True and isinstance(other, Paged) and self._page == other._page

    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*super().__reduce__()[1], *self._page)


def note_page(rows: Sequence[Pushed], push: dict[str, Any]) -> None:
    """Write into the rows of a push what it says of them. Raises MalformedError."""
    page = Page(push)
    for number, row in enumerate(rows, 1):
        assert isinstance(row, Paged)  # noqa: S101  # the channel's model is
        row.event_type, row.cur_page, row.last_page = page.event_type, page.cur_page, page.last_page
        row.ends = page.last_page is True and number == len(rows)


class Account(Paged, rest.Balance):
    """The trading account in USD, and `details` by currency: of an update, only currencies that changed; never those
    without equity and balance.
    """

    __slots__ = ()


class Position(Paged, rest.Position):
    """A position, also one that was closed (`pos` 0); not an option that expired. p_time_ms: when OKX sent it."""

    __slots__ = ()
    p_time_ms = Millis()


class BalanceChange(Model):
    """A currency's balance, and when it last changed."""

    __slots__ = ()
    ccy = Text()
    cash_bal = Number()
    u_time_ms = Millis()


class PositionChange(Model, also=("baseBal", "quoteBal")):  # both deprecated
    """A position as `balance_and_position` has it."""

    __slots__ = ()
    inst_id = Text()
    pos = Number()
    pos_side = Text(known=POS_SIDES)
    inst_type = Text(known=INST_TYPES)
    mgn_mode = Text(known=MGN_MODES)
    pos_id = Text()
    avg_px = Number()
    ccy = Text()
    pos_ccy = Text()
    trade_id = Text()
    non_settle_avg_px = Number()
    settled_pnl = Number()
    u_time_ms = Millis()


class TradeMade(Model):
    """A trade behind a change."""

    __slots__ = ()
    inst_id = Text()
    trade_id = Text()


class BalanceAndPosition(Pushed):
    """What has changed, and why: the fastest of the account's channels. Only the one of bal_data and pos_data that
    changed is there; after the subscription, event_type `snapshot` has both.
    """

    __slots__ = ()
    p_time_ms = Millis()
    event_type = Text(
        known=(
            "snapshot",
            "delivered",
            "exercised",
            "transferred",
            "filled",
            "liquidation",
            "claw_back",
            "adl",
            "funding_fee",
            "adjust_margin",
            "set_leverage",
            "interest_deduction",
            "settlement",
        )
    )
    bal_data = Many(BalanceChange)
    pos_data = Many(PositionChange)
    trades = Many(TradeMade)


class LiquidationWarning(Pushed):
    """A position that is in danger of being liquidated."""

    __slots__ = ()
    inst_id = Text()
    mgn_ratio = Number()
    mark_px = Number()
    inst_type = Text(known=INST_TYPES)
    mgn_mode = Text(known=MGN_MODES)
    pos_id = Text()
    pos_side = Text(known=POS_SIDES)
    pos = Number()
    pos_ccy = Text()
    lever = Number()
    ccy = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()
    p_time_ms = Millis()


class AccountGreeks(Pushed):
    """Greeks of a currency: …_bs in USD (Black-Scholes), …_pa in coins."""

    __slots__ = ()
    ccy = Text()
    delta_bs = Number("deltaBS")
    delta_pa = Number("deltaPA")
    gamma_bs = Number("gammaBS")
    gamma_pa = Number("gammaPA")
    theta_bs = Number("thetaBS")
    theta_pa = Number("thetaPA")
    vega_bs = Number("vegaBS")
    vega_pa = Number("vegaPA")
    ts_ms = Millis()


class Order(Pushed, rest.Order):
    """An order that is new or has changed. fill_…, trade_id, exec_type: of this push; acc_fill_sz, avg_px, fee, rebate:
    of the order so far. Open orders are not told after a subscription: ask REST for them. A push may come twice.

    notional_usd: of the order. fill_fee: negative is paid, in `fill_fee_ccy`. amend_result: -1 failed, 0 done, 1
    cancelled instead, 2 done by OKX for an option. code, msg: why an amendment failed.
    """

    __slots__ = ()
    exec_type = Text(known=EXEC_TYPES)
    fill_pnl = Number()
    fill_fee = Number()
    fill_fee_ccy = Text()
    fill_notional_usd = Number()
    fill_px_vol = Number()
    fill_px_usd = Number()
    fill_mark_vol = Number()
    fill_fwd_px = Number()
    fill_mark_px = Number()
    fill_idx_px = Number()
    notional_usd = Number()
    last_px = Number()
    req_id = Text()
    amend_source = Text(known=("1", "2", "3", "4", "5", "6"))
    amend_result = Text(known=("-1", "0", "1", "2"))
    risk_bypass_result = Text()
    code = Text()
    msg = Text()


class Fill(Pushed):
    """A fill in an order book, before `orders` tells it. A taker's fills at one price are one, with their `count` and
    the last trade_id. cl_ord_id: "0" unless it is a number. Block trades, spreads, liquidations and ADL are not told.
    """

    __slots__ = ()
    inst_id = Text()
    fill_px = Number()
    fill_sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    ord_id = Text()
    cl_ord_id = Text()
    exec_type = Text(known=EXEC_TYPES)
    count = Count()
    ts_ms = Millis()
