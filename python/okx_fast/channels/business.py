"""Rows of an account's channels on `/ws/v5/business`, typed as in `private`: algo orders, bots, copy trading, deposits
and withdrawals, block and spread trading.

Source: OKX API v5, Order book trading › Algo trading, Grid trading, Recurring buy, Copy trading; Funding account ›
WebSocket; Block trading and Spread trading › WebSocket private channel.
"""

from __future__ import annotations

from okx_fast.channels.models import Pushed
from okx_fast.channels.private import EXEC_TYPES
from okx_fast.rest import models as rest
from okx_fast.rest.models.base import Count, Flag, Many, Millis, Model, Number, Text, Texts
from okx_fast.rest.models.words import INST_TYPES, MGN_MODES, POS_SIDES, SIDES, TD_MODES, TGT_CCYS

__all__ = [
    "AdvanceAlgoOrder",
    "AlgoOrder",
    "BlockAlloc",
    "BlockAllocLeg",
    "BlockLeg",
    "BlockTrade",
    "Deposit",
    "GridContract",
    "GridPosition",
    "GridSpot",
    "GridSubOrder",
    "GridTrigger",
    "LeadNotification",
    "Quote",
    "QuoteLeg",
    "Rebate",
    "RecurringBuy",
    "RecurringPart",
    "Rfq",
    "RfqAlloc",
    "RfqAllocLeg",
    "RfqLeg",
    "SpreadOrder",
    "SpreadTrade",
    "SpreadTradeLeg",
    "Withdrawal",
]

GRID_STATES = ("starting", "running", "stopping", "stopped")


class AlgoOrder(Pushed, rest.AlgoOrder):
    """An algo order (conditional, oco, trigger, chase) that is new or has changed."""

    __slots__ = ()
    notional_usd = Number()
    req_id = Text()
    amend_result = Text(known=("-1", "0"))


class AdvanceAlgoOrder(Pushed, rest.AlgoOrder):
    """An algo order (iceberg, twap, move_order_stop) that is new or has changed. count: of orders it has placed."""

    __slots__ = ()
    notional_usd = Number()
    count = Count()
    p_time_ms = Millis()


class Rebate(Model):
    """A rebate that a grid was paid."""

    __slots__ = ()
    rebate = Number()
    rebate_ccy = Text()


class GridTrigger(Model):
    """What starts or stops a grid. timeframe, thold, trigger_cond, time_period: of `rsi`; trigger_px: of `price`."""

    __slots__ = ()
    trigger_action = Text(known=("start", "stop"))
    trigger_strategy = Text(known=("instant", "price", "rsi"))
    delay_seconds = Count()
    trigger_time_ms = Millis()
    trigger_type = Text(known=("manual", "auto"))
    timeframe = Text()
    thold = Number()
    trigger_cond = Text(known=("cross_up", "cross_down", "above", "below", "cross"))
    time_period = Number()
    trigger_px = Number()
    stop_type = Text(known=("1", "2"))


class _Grid(Pushed):
    """What grids have in common."""

    __slots__ = ()
    algo_id = Text()
    inst_id = Text()
    state = Text(known=GRID_STATES)
    algo_cl_ord_id = Text()
    inst_type = Text(known=INST_TYPES)
    algo_ord_type = Text(known=("grid", "contract_grid"))
    c_time_ms = Millis()
    u_time_ms = Millis()
    p_time_ms = Millis()
    max_px = Number()
    min_px = Number()
    grid_num = Count()
    run_type = Text(known=("1", "2"))
    run_px = Number()
    tp_trigger_px = Number()
    sl_trigger_px = Number()
    trade_num = Count()
    arbitrage_num = Count()
    active_ord_num = Count()
    single_amt = Number()
    per_min_profit_rate = Number()
    per_max_profit_rate = Number()
    total_pnl = Number()
    pnl_ratio = Number()
    investment = Number()
    grid_profit = Number()
    float_profit = Number()
    total_annualized_rate = Number()
    annualized_rate = Number()
    cancel_type = Text(known=("0", "1", "2", "3", "4", "5", "6"))
    stop_type = Text(known=("0", "1", "2"))
    rebate_trans = Many(Rebate)
    trigger_params = Many(GridTrigger)
    profit_sharing_ratio = Number()
    copy_type = Text(known=("0", "1", "2", "3"))
    tag = Text()


class GridSpot(_Grid):
    """A spot grid. run_type: 1 arithmetic, 2 geometric. cancel_type: why it stopped (0 it has not, 1 by hand, 2 profit,
    3 loss, 4 risk, 5 delivery, 6 signal). stop_type: 1 sells the base currency, 2 keeps it. profit: in quote currency,
    can be taken out.
    """

    __slots__ = ()
    quote_sz = Number()
    base_sz = Number()
    cur_quote_sz = Number()
    cur_base_sz = Number()
    profit = Number()
    stop_result = Text(known=("-1", "0", "1"))
    trade_quote_ccy = Text()


class GridContract(_Grid):
    """A contract grid; as a spot grid, but stop_type: 1 closes positions at market, 2 keeps them. sz: margin used, in
    USDT. fee, funding_fee: so far.
    """

    __slots__ = ()
    state = Text(known=(*GRID_STATES, "no_close_position"))
    direction = Text(known=("long", "short", "neutral"))
    base_pos = Flag()
    sz = Number()
    lever = Number()
    actual_lever = Number()
    liq_px = Number()
    eq = Number()
    ord_frozen = Number()
    avail_eq = Number()
    tp_ratio = Number()
    sl_ratio = Number()
    fee = Number()
    funding_fee = Number()


class GridPosition(Pushed):
    """A position of a contract grid."""

    __slots__ = ()
    algo_id = Text()
    inst_id = Text()
    pos = Number()
    algo_cl_ord_id = Text()
    inst_type = Text(known=INST_TYPES)
    pos_side = Text(known=POS_SIDES)
    mgn_mode = Text(known=MGN_MODES)
    avg_px = Number()
    ccy = Text()
    lever = Number()
    liq_px = Number()
    mgn_ratio = Number()
    imr = Number()
    mmr = Number()
    upl = Number()
    upl_ratio = Number()
    last = Number()
    mark_px = Number()
    notional_usd = Number()
    adl = Text(known=("0", "1", "2", "3", "4", "5"))
    c_time_ms = Millis()
    u_time_ms = Millis()
    p_time_ms = Millis()


class GridSubOrder(Pushed):
    """An order of a grid."""

    __slots__ = ()
    ord_id = Text()
    algo_id = Text()
    state = Text(known=("live", "partially_filled", "filled", "cancelling", "canceled"))
    inst_id = Text()
    inst_type = Text(known=INST_TYPES)
    algo_cl_ord_id = Text()
    algo_ord_type = Text(known=("grid", "contract_grid"))
    group_id = Text()
    side = Text(known=SIDES)
    ord_type = Text(known=("market", "limit", "ioc"))
    px = Number()
    sz = Number()
    td_mode = Text(known=TD_MODES)
    pos_side = Text(known=POS_SIDES)
    avg_px = Number()
    acc_fill_sz = Number()
    fee = Number()
    fee_ccy = Text()
    rebate = Number()
    rebate_ccy = Text()
    pnl = Number()
    ct_val = Number()
    lever = Number()
    tag = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()
    p_time_ms = Millis()


class RecurringPart(Model):
    """A currency that is bought. ratio: its share, a fraction. min_px, max_px: it is bought between; None: no bound.
    profit, avg_px, px: in the invested currency; total_amt: in its own.
    """

    __slots__ = ()
    ccy = Text()
    ratio = Number()
    min_px = Number()
    max_px = Number()
    total_amt = Number()
    profit = Number()
    avg_px = Number()
    px = Number()


class RecurringBuy(Pushed):
    """A recurring buy. amt: invested each time, investment_amt: so far, both in investment_ccy. recurring_hour: hours
    between two; recurring_day, recurring_time (the hour), recurring_time_minutes: when, in time_zone (hours from UTC).
    mkt_cap: USDT.
    """

    __slots__ = ()
    algo_id = Text()
    state = Text(known=("running", "stopping", "stopped", "pause"))
    stgy_name = Text()
    algo_cl_ord_id = Text()
    inst_type = Text(known=INST_TYPES)
    algo_ord_type = Text(known=("recurring",))
    recurring_list = Many(RecurringPart)
    period = Text(known=("monthly", "weekly", "daily", "hourly"))
    recurring_day = Count()
    recurring_hour = Count()
    recurring_time = Count()
    recurring_time_type = Text()
    recurring_time_minutes = Text()
    time_zone = Text()
    amt = Number()
    investment_amt = Number()
    investment_ccy = Text()
    next_invest_time_ms = Millis()
    total_pnl = Number()
    total_ann_rate = Number()
    pnl_ratio = Number()
    mkt_cap = Number()
    cycles = Count()
    source = Texts()
    trade_quote_ccy = Text()
    tag = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()
    p_time_ms = Millis()


class LeadNotification(Pushed):
    """A lead trade that failed. info_type: 1 position limit, 2 trades of the day (max_lead_trader_num), 3 equity below
    min_lead_eq, USDT.
    """

    __slots__ = ()
    info_type = Text(known=("1", "2", "3"))
    inst_id = Text()
    side = Text(known=SIDES)
    inst_type = Text(known=INST_TYPES)
    pos_side = Text(known=POS_SIDES)
    sub_pos_id = Text()
    unique_code = Text()
    max_lead_trader_num = Count()
    min_lead_eq = Number()


class Deposit(Pushed):
    """A deposit and its state: 0 waits for confirmation, 1 credited, 2 done, 8 the currency is suspended, 11 address on
    a blacklist, 12 frozen, 13 intercepted for a sub-account, 14 over the limit of the KYC level. A master account is
    told its sub-accounts' too (sub_acct).
    """

    __slots__ = ()
    ccy = Text()
    amt = Number()
    state = Text(known=("0", "1", "2", "8", "11", "12", "13", "14"))
    dep_id = Text()
    chain = Text()
    from_ = Text("from")
    area_code_from = Text()
    to = Text()
    tx_id = Text()
    from_wd_id = Text()
    actual_dep_blk_confirm = Count()
    uid = Text()
    sub_acct = Text()
    ts_ms = Millis()
    p_time_ms = Millis()


class Withdrawal(Pushed, also=("addrEx",)):
    """A withdrawal and its state: -2 cancelled, -1 failed, 2 done; -3, 1, 15 and 16 are under way, others wait.
    fee: in fee_ccy. What more an address needs: tag, pmt_id, memo, and `raw["addrEx"]`, an object or None.
    """

    __slots__ = ()
    ccy = Text()
    amt = Number()
    state = Text(
        known=("-3", "-2", "-1", "0", "1", "2", "4", "5", "6", "7", "8", "9", "10", "12", "15", "16", "17"),
    )
    wd_id = Text()
    client_id = Text()
    chain = Text()
    fee = Number()
    fee_ccy = Text()
    from_ = Text("from")
    area_code_from = Text()
    to = Text()
    area_code_to = Text()
    to_addr_type = Text()
    tag = Text()
    pmt_id = Text()
    memo = Text()
    tx_id = Text()
    note = Text()
    non_tradable_asset = Flag()
    uid = Text()
    sub_acct = Text()
    ts_ms = Millis()
    p_time_ms = Millis()


class RfqLeg(Model):
    """A leg of an RFQ."""

    __slots__ = ()
    inst_id = Text()
    sz = Number()
    side = Text(known=SIDES)
    td_mode = Text(known=TD_MODES)
    ccy = Text()
    pos_side = Text(known=POS_SIDES)
    tgt_ccy = Text(known=TGT_CCYS)
    trade_quote_ccy = Text()


class QuoteLeg(RfqLeg):
    """A leg of a quote."""

    __slots__ = ()
    px = Number()


class RfqAllocLeg(Model):
    """An account's share of a leg."""

    __slots__ = ()
    inst_id = Text()
    sz = Number()
    td_mode = Text(known=TD_MODES)
    ccy = Text()
    pos_side = Text(known=POS_SIDES)


class RfqAlloc(Model):
    """An account's share of a group RFQ."""

    __slots__ = ()
    acct = Text()
    legs = Many(RfqAllocLeg)


class Rfq(Pushed):
    """An RFQ that was sent or received. `traded_away`, flow_type: for makers; cl_rfq_id, acct_alloc: for the taker."""

    __slots__ = ()
    rfq_id = Text()
    state = Text(known=("active", "canceled", "filled", "expired", "traded_away", "failed"))
    legs = Many(RfqLeg)
    cl_rfq_id = Text()
    group_id = Text()
    trader_code = Text()
    counterparties = Texts()
    flow_type = Text()
    allow_partial_execution = Flag()
    acct_alloc = Many(RfqAlloc)
    tag = Text()
    valid_until_ms = Millis()
    c_time_ms = Millis()
    u_time_ms = Millis()


class Quote(Pushed):
    """A quote that was sent or received. reason: of its state, such as `mmp_canceled`."""

    __slots__ = ()
    quote_id = Text()
    rfq_id = Text()
    state = Text(known=("active", "canceled", "filled", "expired", "failed"))
    quote_side = Text(known=SIDES)
    legs = Many(QuoteLeg)
    cl_rfq_id = Text()
    cl_quote_id = Text()
    reason = Text()
    trader_code = Text()
    tag = Text()
    valid_until_ms = Millis()
    c_time_ms = Millis()
    u_time_ms = Millis()


class BlockLeg(Model):
    """A leg of a block trade of one's own. fee: negative is paid, in fee_ccy."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    fee = Number()
    fee_ccy = Text()
    tgt_ccy = Text(known=TGT_CCYS)
    trade_quote_ccy = Text()


class BlockAllocLeg(Model):
    """An account's share of a leg."""

    __slots__ = ()
    inst_id = Text()
    sz = Number()
    trade_id = Text()
    fee = Number()
    fee_ccy = Text()


class BlockAlloc(Model):
    """An account's share of a block trade of a group RFQ. error_code: "0" if it was filled."""

    __slots__ = ()
    acct = Text()
    block_td_id = Text()
    error_code = Text()
    legs = Many(BlockAllocLeg)


class BlockTrade(Pushed):
    """A block trade of one's own, for the taker and for the maker whose quote was taken. error_code: if it failed."""

    __slots__ = ()
    block_td_id = Text()
    rfq_id = Text()
    is_successful = Flag()
    legs = Many(BlockLeg)
    quote_id = Text()
    cl_rfq_id = Text()
    cl_quote_id = Text()
    t_trader_code = Text()
    m_trader_code = Text()
    error_code = Text()
    acct_alloc = Many(BlockAlloc)
    tag = Text()
    c_time_ms = Millis()


class SpreadOrder(Pushed):
    """An order of a spread that is new or has changed; `px` may be zero or negative. pending_settle_sz: has traded, and
    may still be rejected.
    """

    __slots__ = ()
    ord_id = Text()
    sprd_id = Text()
    state = Text(known=("live", "partially_filled", "filled", "canceled"))
    cl_ord_id = Text()
    side = Text(known=SIDES)
    ord_type = Text(known=("market", "limit", "post_only", "ioc"))
    px = Number()
    sz = Number()
    acc_fill_sz = Number()
    avg_px = Number()
    fill_sz = Number()
    fill_px = Number()
    trade_id = Text()
    pending_fill_sz = Number()
    pending_settle_sz = Number()
    canceled_sz = Number()
    cancel_source = Text()
    req_id = Text()
    amend_result = Text(known=("-1", "0", "1"))
    code = Text()
    msg = Text()
    tag = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()


class SpreadTradeLeg(Model):
    """A leg of a spread trade. sz: base currency; sz_cont: contracts. fee: negative is paid, in fee_ccy."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    sz_cont = Number()
    side = Text(known=SIDES)
    fill_pnl = Number()
    fee = Number()
    fee_ccy = Text()
    trade_id = Text()


class SpreadTrade(Pushed):
    """A trade of a spread that was settled (`filled`) or not (`rejected`: code and msg say why)."""

    __slots__ = ()
    trade_id = Text()
    sprd_id = Text()
    state = Text(known=("filled", "rejected"))
    ord_id = Text()
    cl_ord_id = Text()
    side = Text(known=SIDES)
    fill_px = Number()
    fill_sz = Number()
    exec_type = Text(known=EXEC_TYPES)
    legs = Many(SpreadTradeLeg)
    code = Text()
    msg = Text()
    tag = Text()
    ts_ms = Millis()
