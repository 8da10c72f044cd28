"""Typed results of trading: what became of a request, orders, fills, algo orders.

Source: OKX API v5, Order book trading › Trade, and Algo trading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from okx_fast.rest.models.base import Flag, Many, Millis, Model, Number, One, Text, Texts
from okx_fast.rest.models.words import (
    ALGO_TYPES,
    CATEGORIES,
    INST_TYPES,
    ORD_TYPES,
    POS_SIDES,
    PX_TYPES,
    SIDES,
    STP_MODES,
    TD_MODES,
    TGT_CCYS,
)
from okx_fast.rest.reply import error_of_item, is_good, is_mute

if TYPE_CHECKING:
    from okx_fast.errors import OkxFastError

__all__ = [
    "AccountRateLimit",
    "AlgoAck",
    "AlgoOrder",
    "AttachedAlgo",
    "CancelAllAfter",
    "ChaseParams",
    "ClosePositionAck",
    "Fill",
    "LinkedAlgoOrd",
    "LinkedOrd",
    "Order",
    "OrderAck",
    "TriggerParams",
]


class OrderAck(Model):
    """What became of one order of a request to place, amend or cancel. `ok` means received, not resting or filled.

    s_code, s_msg, sub_code: OKX's verdict; "0" is received. in_time_us, out_time_us: when OKX's gateway got the
    request and answered, by its clock, Unix µs; None where the reply does not say.
    """

    __slots__ = ("in_time_us", "out_time_us")
    ord_id = Text()
    cl_ord_id = Text()
    s_code = Text()
    s_msg = Text()
    sub_code = Text()
    tag = Text()
    ts_ms = Millis()
    req_id = Text()

    def __init__(self, raw: Any, in_time_us: int | None = None, out_time_us: int | None = None) -> None:
        super().__init__(raw)
        self.in_time_us, self.out_time_us = in_time_us, out_time_us

    @property
    def ok(self) -> bool:
        """Whether OKX took it."""
        return not is_mute(self.raw) and is_good(self.raw.get("sCode"))

    @property
    def error(self) -> OkxFastError | None:
        """What placing, amending or cancelling this order alone would have raised; None if OKX took it.

        An OutcomeUnknownError says that OKX itself does not know: ask for the order before anything else.
        """
        return error_of_item(self.raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OrderAck):
            return NotImplemented
        mine = (type(self), self.raw, self.in_time_us, self.out_time_us)
        return mine == (type(other), other.raw, other.in_time_us, other.out_time_us)

    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.raw, self.in_time_us, self.out_time_us)


class AlgoAck(OrderAck):
    """What became of one algo order of a request to place, amend or cancel."""

    __slots__ = ()
    algo_id = Text()
    algo_cl_ord_id = Text()


class ClosePositionAck(Model):
    """The position that is being closed at market."""

    __slots__ = ()
    inst_id = Text()
    pos_side = Text(known=POS_SIDES)
    cl_ord_id = Text()
    tag = Text()


class CancelAllAfter(Model):
    """When all orders will be cancelled (`trigger_time_ms` 0: never)."""

    __slots__ = ()
    trigger_time_ms = Millis()
    tag = Text()
    ts_ms = Millis()


class AccountRateLimit(Model):
    """The cap of new and amended orders a 2 s, and the fill ratios which it follows."""

    __slots__ = ()
    acc_rate_limit = Number()
    next_acc_rate_limit = Number()
    fill_ratio = Number()
    main_fill_ratio = Number()
    ts_ms = Millis()


class AttachedAlgo(Model):
    """A take profit, stop loss or trailing stop attached to an order. Order price -1: at market."""

    __slots__ = ()
    attach_algo_id = Text()
    attach_algo_cl_ord_id = Text()
    tp_ord_kind = Text(known=("condition", "limit"))
    tp_trigger_px = Number()
    tp_trigger_ratio = Number()
    tp_trigger_px_type = Text(known=PX_TYPES)
    tp_ord_px = Number()
    sl_trigger_px = Number()
    sl_trigger_ratio = Number()
    sl_trigger_px_type = Text(known=PX_TYPES)
    sl_ord_px = Number()
    sz = Number()
    amend_px_on_trigger_type = Text(known=("0", "1"))
    callback_ratio = Number()
    callback_spread = Number()
    active_px = Number()
    fail_code = Text()
    fail_reason = Text()


class LinkedAlgoOrd(Model):
    """The algo order that stands behind an order."""

    __slots__ = ()
    algo_id = Text()


class LinkedOrd(Model):
    """The order that stands behind an algo order."""

    __slots__ = ()
    ord_id = Text()


class Order(Model, also=("quickMgnType", "stpId")):
    """An order. sz, fill_sz, acc_fill_sz: contracts for derivatives, base currency for spot (`sz` of a market buy in
    quote currency where `tgt_ccy` says so). fee: negative is paid, in `fee_ccy`.
    """

    __slots__ = ()
    ord_id = Text()
    inst_id = Text()
    state = Text(known=("live", "partially_filled", "filled", "canceled", "mmp_canceled"))
    cl_ord_id = Text()
    side = Text(known=SIDES)
    ord_type = Text(known=ORD_TYPES)
    px = Number()
    sz = Number()
    inst_type = Text(known=INST_TYPES)
    acc_fill_sz = Number()
    avg_px = Number()
    fill_px = Number()
    fill_sz = Number()
    fill_time_ms = Millis()
    trade_id = Text()
    pos_side = Text(known=POS_SIDES)
    td_mode = Text(known=TD_MODES)
    ccy = Text()
    tgt_ccy = Text(known=TGT_CCYS)
    trade_quote_ccy = Text()
    tag = Text()
    px_usd = Number()
    px_vol = Number()
    px_type = Text(known=("px", "pxVol", "pxUsd"))
    lever = Number()
    pnl = Number()
    fee = Number()
    fee_ccy = Text()
    rebate = Number()
    rebate_ccy = Text()
    reduce_only = Flag()
    is_tp_limit = Flag()
    stp_mode = Text(known=STP_MODES)
    category = Text(known=CATEGORIES)
    source = Text(known=("6", "7", "13", "25", "34"))
    cancel_source = Text()
    cancel_source_reason = Text()
    algo_id = Text()
    algo_cl_ord_id = Text()
    attach_algo_cl_ord_id = Text()
    attach_algo_ords = Many(AttachedAlgo)
    tp_trigger_px = Number()
    tp_trigger_px_type = Text(known=PX_TYPES)
    tp_ord_px = Number()
    sl_trigger_px = Number()
    sl_trigger_px_type = Text(known=PX_TYPES)
    sl_ord_px = Number()
    linked_algo_ord = One(LinkedAlgoOrd)
    outcome = Text(known=("yes", "no"))
    c_time_ms = Millis()
    u_time_ms = Millis()


class Fill(Model):
    """A fill of an order. trade_id is negative for liquidations and ADL. fee: negative is paid, in `fee_ccy`.
    ts_ms: when the record was made; fill_time_ms: when it traded.
    """

    __slots__ = ()
    trade_id = Text()
    inst_id = Text()
    side = Text(known=SIDES)
    fill_px = Number()
    fill_sz = Number()
    ord_id = Text()
    cl_ord_id = Text()
    bill_id = Text()
    inst_type = Text(known=INST_TYPES)
    sub_type = Text()
    tag = Text()
    pos_side = Text(known=POS_SIDES)
    exec_type = Text(known=("T", "M"))
    fee = Number()
    fee_ccy = Text()
    fee_rate = Number()
    fill_pnl = Number()
    fill_idx_px = Number()
    fill_mark_px = Number()
    fill_fwd_px = Number()
    fill_px_vol = Number()
    fill_px_usd = Number()
    fill_mark_vol = Number()
    fill_time_ms = Millis()
    trade_quote_ccy = Text()
    outcome = Text(known=("yes", "no"))
    ts_ms = Millis()


class ChaseParams(Model):
    """How a trigger order chases the best price."""

    __slots__ = ()
    chase_type = Text(known=("distance", "ratio"))
    chase_val = Number()
    max_chase_type = Text(known=("distance", "ratio"))
    max_chase_val = Number()


class TriggerParams(Model):
    """When an iceberg order begins."""

    __slots__ = ()
    trigger_action = Text()
    trigger_strategy = Text(known=("instant", "price", "rsi"))
    trigger_px = Number()
    trigger_cond = Text(known=("cross_up", "cross_down", "above", "below", "cross"))
    timeframe = Text()
    thold = Number()
    time_period = Number()


class AlgoOrder(Model, also=("quickMgnType",)):
    """An algo order: take profit, stop loss, trigger, trailing, iceberg, TWAP, chase. Order price -1: at market."""

    __slots__ = ()
    algo_id = Text()
    inst_id = Text()
    state = Text(
        known=(
            "live",
            "pause",
            "effective",
            "partially_effective",
            "canceled",
            "order_failed",
            "partially_failed",
        )
    )
    algo_cl_ord_id = Text()
    ord_type = Text(known=ALGO_TYPES)
    side = Text(known=SIDES)
    sz = Number()
    inst_type = Text(known=INST_TYPES)
    pos_side = Text(known=POS_SIDES)
    td_mode = Text(known=TD_MODES)
    ccy = Text()
    tgt_ccy = Text(known=TGT_CCYS)
    trade_quote_ccy = Text()
    close_fraction = Number()
    lever = Number()
    tp_trigger_px = Number()
    tp_trigger_px_type = Text(known=PX_TYPES)
    tp_ord_px = Number()
    sl_trigger_px = Number()
    sl_trigger_px_type = Text(known=PX_TYPES)
    sl_ord_px = Number()
    trigger_px = Number()
    trigger_px_type = Text(known=PX_TYPES)
    ord_px = Number()
    trigger_time_ms = Millis()
    actual_sz = Number()
    actual_px = Number()
    actual_side = Text()
    px_var = Number()
    px_spread = Number()
    sz_limit = Number()
    px_limit = Number()
    time_interval = Number()
    callback_ratio = Number()
    callback_spread = Number()
    active_px = Number()
    move_trigger_px = Number()
    reduce_only = Flag()
    last = Number()
    fail_code = Text()
    fail_reason = Text()
    amend_px_on_trigger_type = Text(known=("0", "1"))
    advance_ord_type = Text(known=("fok", "ioc", "chase"))
    adv_chase_params = Many(ChaseParams)
    chase_type = Text(known=("distance", "ratio"))
    chase_val = Number()
    max_chase_type = Text(known=("distance", "ratio"))
    max_chase_val = Number()
    lmt_order_number = Number()
    aggressiveness = Text(known=("radical", "mid", "conservative"))
    trigger_params = Many(TriggerParams)
    attach_algo_ords = Many(AttachedAlgo)
    linked_ord = One(LinkedOrd)
    is_trade_borrow_mode = Flag()
    ord_id = Text()
    ord_id_list = Texts()
    sub_algo_id_list = Texts()
    cl_ord_id = Text()
    tag = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()
