"""Typed results about instruments.

Source: OKX API v5, Public data › REST API › Get instruments, and Trading account › REST API › Get instruments.
"""

from __future__ import annotations

from okx_fast.rest.models.base import Count, Flag, Many, Millis, Model, Number, Text, Texts
from okx_fast.rest.models.words import INST_TYPES

__all__ = ["Instrument", "UpcomingChange"]


class UpcomingChange(Model):
    """A change announced: `param` becomes `new_value` at `eff_time_ms`."""

    __slots__ = ()
    param = Text(known=("tickSz", "minSz", "maxMktSz"))
    new_value = Number()
    eff_time_ms = Millis()


class Instrument(Model, also=("category", "alias", "auctionEndTime", "elp")):
    """What can be traded and in which steps. `okx_fast.rest.contracts` calculates with it.

    tick_sz: step of prices (an option's is the smallest of its bands). lot_sz, min_sz: step and least of sizes,
    contracts for derivatives, base currency for spot. ct_val, ct_mult: a contract is ct_val x ct_mult of ct_val_ccy.
    max_mkt_sz, max_stop_sz: contracts, but USDT for spot. max_lmt_amt, max_mkt_amt: USD.
    inst_id_code differs between live and demo trading and may be None.
    """

    __slots__ = ()
    inst_id = Text()
    inst_type = Text(known=INST_TYPES)
    state = Text(known=("live", "suspend", "rebase", "post_only", "preopen", "test", "settling", "expired"))
    tick_sz = Number()
    lot_sz = Number()
    min_sz = Number()
    base_ccy = Text()
    quote_ccy = Text()
    settle_ccy = Text()
    inst_family = Text()
    uly = Text()
    inst_id_code = Count()
    inst_category = Text(known=("1", "3", "4", "5", "6"))
    ct_type = Text(known=("linear", "inverse"))
    ct_val = Number()
    ct_mult = Number()
    ct_val_ccy = Text()
    lever = Number()
    opt_type = Text(known=("C", "P"))
    stk = Number()
    list_time_ms = Millis()
    cont_td_sw_time_ms = Millis()
    pre_mkt_sw_time_ms = Millis()
    exp_time_ms = Millis()
    open_type = Text(known=("fix_price", "pre_quote", "call_auction"))
    rule_type = Text(known=("normal", "pre_market", "rebase_contract", "xperp"))
    group_id = Text()
    max_lmt_sz = Number()
    max_mkt_sz = Number()
    max_lmt_amt = Number()
    max_mkt_amt = Number()
    max_twap_sz = Number()
    max_iceberg_sz = Number()
    max_trigger_sz = Number()
    max_stop_sz = Number()
    max_plat_oi_lmt = Number("maxPlatOILmt")
    max_plat_oi_coin_lmt = Number("maxPlatOICoinLmt")
    pos_lmt_amt = Number()
    pos_lmt_pct = Number()
    init_px_lmt_pct = Number()
    float_px_lmt_pct = Number()
    max_px_lmt_pct = Number()
    rpi_min_level = Number()
    rpi_min_px_band = Number()
    rpi = Text(known=("0", "1", "2"))
    long_pos_remaining_quota = Number()
    short_pos_remaining_quota = Number()
    future_settlement = Flag()
    trade_quote_ccy_list = Texts()
    upc_chg = Many(UpcomingChange)
    series_id = Text()
    freq = Text()
    method = Text()
