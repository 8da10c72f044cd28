"""Typed results of the trading account and the funding account.

Source: OKX API v5, Trading account › REST API, and Funding account › REST API.
"""

from __future__ import annotations

from okx_fast.rest.models.base import Flag, Many, Millis, Model, Number, Text, Texts
from okx_fast.rest.models.words import INST_TYPES, MGN_MODES, POS_SIDES, PX_TYPES, STP_MODES

__all__ = [
    "AccountConfig",
    "AssetBalance",
    "Balance",
    "BalanceDetail",
    "Bill",
    "CloseOrderAlgo",
    "FeeGroup",
    "FeeRate",
    "FiatFee",
    "FundingBill",
    "Leverage",
    "MaxAvailSize",
    "MaxSize",
    "MaxWithdrawal",
    "Position",
    "PositionMode",
    "PositionRecord",
]


class BalanceDetail(Model, also=("spotInUse", "clSpotInUse")):
    """One currency of a balance, in that currency unless the name ends in Usd. Names: OKX's, see its page."""

    __slots__ = ()
    ccy = Text()
    eq = Number()
    avail_bal = Number()
    cash_bal = Number()
    u_time_ms = Millis()
    avail_eq = Number()
    frozen_bal = Number()
    ord_frozen = Number()
    eq_usd = Number()
    dis_eq = Number()
    iso_eq = Number()
    upl = Number()
    upl_liab = Number()
    iso_upl = Number()
    liab = Number()
    cross_liab = Number()
    iso_liab = Number()
    interest = Number()
    max_loan = Number()
    borrow_froz = Number()
    imr = Number()
    mmr = Number()
    mgn_ratio = Number()
    notional_lever = Number()
    fixed_bal = Number()
    reward_bal = Number()
    stgy_eq = Number()
    twap = Text(known=("0", "1", "2", "3", "4", "5"))
    frp_type = Text(known=("0", "1", "2"))
    spot_in_use_amt = Number()
    cl_spot_in_use_amt = Number()
    max_spot_in_use_amt = Number()
    max_spot_in_use = Number()
    spot_iso_bal = Number()
    smt_sync_eq = Number()
    spot_copy_trading_eq = Number()
    spot_bal = Number()
    open_avg_px = Number()
    acc_avg_px = Number()
    spot_upl = Number()
    spot_upl_ratio = Number()
    total_pnl = Number()
    total_pnl_ratio = Number()
    coin_usd_price = Number()
    col_res = Text(known=("0", "1", "2"))
    col_borr_auto_conversion = Text(known=("0", "1", "2", "3", "4", "5"))
    collateral_enabled = Flag()
    collateral_restrict = Flag()
    auto_lend_status = Text(known=("unsupported", "off", "pending", "active"))
    auto_lend_mt_amt = Number()


class Balance(Model):
    """The trading account in USD, and `details` by currency."""

    __slots__ = ()
    total_eq = Number()
    adj_eq = Number()
    u_time_ms = Millis()
    avail_eq = Number()
    iso_eq = Number()
    ord_froz = Number()
    imr = Number()
    mmr = Number()
    mgn_ratio = Number()
    borrow_froz = Number()
    notional_usd = Number()
    notional_usd_for_borrow = Number()
    notional_usd_for_swap = Number()
    notional_usd_for_futures = Number()
    notional_usd_for_option = Number()
    upl = Number()
    delta = Number()
    delta_lever = Number()
    delta_neutral_status = Text(known=("0", "1", "2"))
    details = Many(BalanceDetail)

    def of(self, ccy: str) -> BalanceDetail | None:
        """The detail of a currency, None if the account has none of it."""
        return next((detail for detail in self.details if detail.ccy == ccy), None)


class CloseOrderAlgo(Model):
    """An algo order that closes a position, placed with `closeFraction`."""

    __slots__ = ()
    algo_id = Text()
    sl_trigger_px = Number()
    tp_trigger_px = Number()
    sl_trigger_px_type = Text(known=PX_TYPES)
    tp_trigger_px_type = Text(known=PX_TYPES)
    close_fraction = Number()


class Position(
    Model,
    also=("baseBal", "quoteBal", "baseBorrowed", "baseInterest", "quoteBorrowed", "quoteInterest"),
):
    """An open position. pos: contracts for derivatives (negative is short in net mode), for MARGIN an amount of
    `pos_ccy`. upl: in `ccy`. imr, mmr, notional_usd: USD.
    """

    __slots__ = ()
    inst_id = Text()
    pos = Number()
    pos_side = Text(known=POS_SIDES)
    inst_type = Text(known=INST_TYPES)
    mgn_mode = Text(known=MGN_MODES)
    pos_id = Text()
    pos_ccy = Text()
    avail_pos = Number()
    hedged_pos = Number()
    avg_px = Number()
    non_settle_avg_px = Number()
    mark_px = Number()
    idx_px = Number()
    last = Number()
    liq_px = Number()
    be_px = Number()
    usd_px = Number()
    upl = Number()
    upl_ratio = Number()
    upl_last_px = Number()
    upl_ratio_last_px = Number()
    lever = Number()
    imr = Number()
    mmr = Number()
    margin = Number()
    mgn_ratio = Number()
    notional_usd = Number()
    ccy = Text()
    liab = Number()
    liab_ccy = Text()
    interest = Number()
    trade_id = Text()
    opt_val = Number()
    pending_close_ord_liab_val = Number()
    adl = Text(known=("0", "1", "2", "3", "4", "5"))
    realized_pnl = Number()
    settled_pnl = Number()
    pnl = Number()
    fee = Number()
    funding_fee = Number()
    liq_penalty = Number()
    delta_bs = Number("deltaBS")
    delta_pa = Number("deltaPA")
    gamma_bs = Number("gammaBS")
    gamma_pa = Number("gammaPA")
    theta_bs = Number("thetaBS")
    theta_pa = Number("thetaPA")
    vega_bs = Number("vegaBS")
    vega_pa = Number("vegaPA")
    spot_in_use_amt = Number()
    spot_in_use_ccy = Text()
    cl_spot_in_use_amt = Number()
    max_spot_in_use_amt = Number()
    biz_ref_id = Text()
    biz_ref_type = Text()
    close_order_algo = Many(CloseOrderAlgo)
    c_time_ms = Millis()
    u_time_ms = Millis()


class PositionRecord(Model):
    """A position that was closed, or closed in part. type: how it was last closed, as OKX numbers it."""

    __slots__ = ()
    inst_id = Text()
    direction = Text(known=("long", "short"))
    realized_pnl = Number()
    inst_type = Text(known=INST_TYPES)
    mgn_mode = Text(known=MGN_MODES)
    pos_id = Text()
    pos_side = Text(known=POS_SIDES)
    type = Text(known=("1", "2", "3", "4", "5", "6"))
    open_avg_px = Number()
    non_settle_avg_px = Number()
    close_avg_px = Number()
    open_max_pos = Number()
    close_total_pos = Number()
    pnl = Number()
    pnl_ratio = Number()
    settled_pnl = Number()
    fee = Number()
    funding_fee = Number()
    liq_penalty = Number()
    lever = Number()
    trigger_px = Number()
    uly = Text()
    ccy = Text()
    c_time_ms = Millis()
    u_time_ms = Millis()


class AccountConfig(Model):
    """Modes of the account, and what the key that asked may do. `okx_fast.rest`'s `audit_key` puts it into words."""

    __slots__ = ()
    acct_lv = Text(known=("1", "2", "3", "4"))
    pos_mode = Text(known=("net_mode", "long_short_mode"))
    perm = Texts(comma=True, known=("read_only", "trade", "withdraw"))
    uid = Text()
    main_uid = Text()
    label = Text()
    ip = Texts(comma=True)
    acct_stp_mode = Text(known=STP_MODES)
    auto_loan = Flag()
    ct_iso_mode = Text(known=("automatic", "autonomy"))
    mgn_iso_mode = Text(known=("automatic", "autonomy", "auto_transfers_ccy", "quick_margin"))
    enable_spot_borrow = Flag()
    spot_borrow_auto_repay = Flag()
    greeks_type = Text(known=("PA", "BS"))
    fee_type = Text(known=("0", "1"))
    level = Text()
    level_tmp = Text()
    kyc_lv = Text(known=("0", "1", "2", "3"))
    type = Text(known=("0", "1", "2", "5", "9", "12"))
    role_type = Text(known=("0", "1", "2"))
    trader_insts = Texts()
    spot_role_type = Text(known=("0", "1", "2"))
    spot_trader_insts = Texts()
    op_auth = Flag()
    liquidation_gear = Text()
    stgy_type = Text(known=("0", "1"))
    spot_offset_type = Text(known=("1", "2", "3"))
    settle_ccy = Text()
    settle_ccy_list = Texts()


class FeeGroup(Model, also=("elpMaker",)):
    """Fee rates of a group of instruments: negative is paid, positive is a rebate. Fractions, not percents."""

    __slots__ = ()
    group_id = Text()
    maker = Number()
    taker = Number()
    rpi_maker = Number()


class FiatFee(Model):
    """Fee rates of a fiat currency."""

    __slots__ = ()
    ccy = Text()
    maker = Number()
    taker = Number()


class FeeRate(Model, also=("category", "ruleType", "uly")):
    """Fee rates of the account: `fee_group` by `group_id` of the instrument; the single rates are OKX's older form.
    maker, taker: negative is paid, positive is a rebate. delivery, exercise: positive is paid.
    """

    __slots__ = ()
    inst_type = Text(known=INST_TYPES)
    level = Text()
    ts_ms = Millis()
    fee_group = Many(FeeGroup)
    maker = Number()
    taker = Number()
    maker_u = Number()
    taker_u = Number()
    maker_usdc = Number("makerUSDC")
    taker_usdc = Number("takerUSDC")
    delivery = Number()
    exercise = Number()
    settle = Number()
    fiat = Many(FiatFee)


class Leverage(Model):
    """The leverage of an instrument or a currency."""

    __slots__ = ()
    inst_id = Text()
    lever = Number()
    mgn_mode = Text(known=MGN_MODES)
    pos_side = Text(known=POS_SIDES)
    ccy = Text()


class PositionMode(Model):
    """What `set_position_mode` made it."""

    __slots__ = ()
    pos_mode = Text(known=("net_mode", "long_short_mode"))


class MaxSize(Model):
    """The largest order now: contracts for derivatives; for spot max_buy is in quote currency, max_sell in base."""

    __slots__ = ()
    inst_id = Text()
    max_buy = Number()
    max_sell = Number()
    ccy = Text()


class MaxAvailSize(Model):
    """What may be used for an order now: balance for spot, equity for derivatives."""

    __slots__ = ()
    inst_id = Text()
    avail_buy = Number()
    avail_sell = Number()


class MaxWithdrawal(Model):
    """What may leave the trading account now, in `ccy`."""

    __slots__ = ()
    ccy = Text()
    max_wd = Number()
    max_wd_ex = Number()
    spot_offset_max_wd = Number()
    spot_offset_max_wd_ex = Number()


class Bill(Model):
    """A change of a balance of the trading account, in `ccy`. type, sub_type: as `account.subtypes` lists them."""

    __slots__ = ()
    bill_id = Text()
    ccy = Text()
    bal_chg = Number()
    ts_ms = Millis()
    type = Text()
    sub_type = Text()
    bal = Number()
    pos_bal = Number()
    pos_bal_chg = Number()
    inst_id = Text()
    inst_type = Text(known=INST_TYPES)
    mgn_mode = Text(known=MGN_MODES)
    sz = Number()
    px = Number()
    pnl = Number()
    fee = Number()
    interest = Number()
    side = Text()
    exec_type = Text(known=("T", "M"))
    ord_id = Text()
    cl_ord_id = Text()
    trade_id = Text()
    tag = Text()
    notes = Text()
    from_account = Text("from")
    to_account = Text("to")
    fill_time_ms = Millis()
    fill_idx_px = Number()
    fill_mark_px = Number()
    fill_fwd_px = Number()
    fill_px_vol = Number()
    fill_px_usd = Number()
    fill_mark_vol = Number()
    earn_amt = Number()
    earn_apr = Number()
    trade_quote_ccy = Text()


class AssetBalance(Model):
    """A currency of the funding account."""

    __slots__ = ()
    ccy = Text()
    bal = Number()
    avail_bal = Number()
    frozen_bal = Number()


class FundingBill(Model):
    """A change of a balance of the funding account, in `ccy`."""

    __slots__ = ()
    bill_id = Text()
    ccy = Text()
    bal_chg = Number()
    ts_ms = Millis()
    bal = Number()
    type = Text()
    client_id = Text()
    notes = Text()
    third_party_type = Text()
