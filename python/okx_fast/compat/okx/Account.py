"""The trading account: balances, positions, bills, settings, loans, with python-okx's names.

The table below is read by `api`: `name METHOD path parameters`; what is indented belongs to the line before.
"""

from __future__ import annotations

from okx_fast.compat.okx.api import Api

__all__ = ["AccountAPI"]

CALLS = """
get_position_risk GET account/account-position-risk instType=
get_account_balance GET account/balance ccy=
get_positions GET account/positions instType= instId= posId=
position_builder POST account/position-builder acctLv=None inclRealPosAndEq=None lever=None greeksType=None
    simPos=None simAsset=None idxVol=None
get_account_bills GET account/bills instType= ccy= mgnMode= ctType= type= subType= after= before= limit= begin= end=
get_account_bills_archive GET account/bills-archive instType= ccy= mgnMode= ctType= type= subType= after= before=
    limit= begin= end=
get_account_config GET account/config
set_position_mode POST account/set-position-mode posMode
set_leverage POST account/set-leverage lever mgnMode instId= ccy= posSide=
get_max_order_size GET account/max-size instId tdMode ccy= px= tradeQuoteCcy=None
get_max_avail_size GET account/max-avail-size instId tdMode ccy= reduceOnly= unSpotOffset= quickMgnType=
    tradeQuoteCcy=None
adjustment_margin POST account/position/margin-balance instId posSide type amt loanTrans=
get_leverage GET account/leverage-info mgnMode ccy= instId=
get_instruments GET account/instruments instType= ugly= instFamily= instId=
get_max_loan GET account/max-loan instId mgnMode mgnCcy= tradeQuoteCcy=None
get_fee_rates GET account/trade-fee instType instId= uly= category= instFamily= groupId=None
get_interest_accrued GET account/interest-accrued instId= ccy= mgnMode= after= before= limit=
get_interest_rate GET account/interest-rate ccy=
set_greeks POST account/set-greeks greeksType
set_isolated_mode POST account/set-isolated-mode isoMode type
get_max_withdrawal GET account/max-withdrawal ccy=
borrow_repay POST account/borrow-repay ccy= side= amt= ordId=
get_borrow_repay_history GET account/borrow-repay-history ccy= after= before= limit=
get_interest_limits GET account/interest-limits type= ccy=
get_simulated_margin POST account/simulated_margin instType= inclRealPos=True spotOffsetType= simPos=[]
get_greeks GET account/greeks ccy=
get_account_position_risk GET account/risk-state
get_positions_history GET account/positions-history instType= instId= mgnMode= type= posId= after= before= limit=
get_account_position_tiers GET account/position-tiers instType= uly= instFamily=
get_VIP_interest_accrued_data GET account/vip-interest-accrued ccy= ordId= after= before= limit=
get_VIP_interest_deducted_data GET account/vip-interest-deducted ccy= ordId= after= before= limit=
get_VIP_loan_order_list GET account/vip-loan-order-list ordId= state= ccy= after= before= limit=
get_VIP_loan_order_detail GET account/vip-loan-order-detail ccy= ordId= after= before= limit=
set_risk_offset_typel POST account/set-riskOffset-type type=
set_auto_loan POST account/set-auto-loan autoLoan=
set_account_level POST account/set-account-level acctLv
activate_option POST account/activate-option
get_fix_loan_borrowing_limit GET account/fixed-loan/borrowing-limit
get_fix_loan_borrowing_quote GET account/fixed-loan/borrowing-quote type=None ccy=None amt=None maxRate=None term=None
    ordId=None
place_fix_loan_borrowing_order POST account/fixed-loan/borrowing-order ccy=None amt=None maxRate=None term=None
    reborrow=False reborrowRate=None
amend_fix_loan_borrowing_order POST account/fixed-loan/amend-borrowing-order ordId=None reborrow=None
    renewMaxRate=None
fix_loan_manual_reborrow POST account/fixed-loan/manual-reborrow ordId=None maxRate=None
repay_fix_loan_borrowing_order POST account/fixed-loan/repay-borrowing-order ordId=None
get_fix_loan_borrowing_orders_list GET account/fixed-loan/borrowing-orders-list ordId=None ccy=None state=None
    after=None before=None limit=None
spot_manual_borrow_repay POST account/spot-manual-borrow-repay ccy=None side=None amt=None
set_auto_repay POST account/set-auto-repay autoRepay=False
spot_borrow_repay_history GET account/spot-borrow-repay-history ccy= type= after= before= limit=
set_auto_earn POST account/set-auto-earn ccy action earnType=None
set_trading_config POST account/set-trading-config type= stgyType=
precheck_set_delta_neutral GET account/precheck-set-delta-neutral stgyType=
get_bill_type GET account/subtypes type=
apply_bills POST account/bills-history-archive year= quarter= type=
get_glp_historical_performance GET users/glp/historicalperformance program begin= end= limit=
get_glp_today_performance GET users/glp/todayperformance
"""


class AccountAPI(Api, calls=CALLS):
    """The trading account: balances, positions, bills, settings, loans.

    Each method gives OKX's dict; what the constructor takes, `Api` says.
    """
