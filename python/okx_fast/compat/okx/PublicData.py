"""Reference data: instruments, funding, open interest, price limits, with python-okx's names.

The table below is read by `api`: `name METHOD path parameters`; what is indented belongs to the line before.
"""

from __future__ import annotations

from okx_fast.compat.okx.api import Api

__all__ = ["PublicAPI"]

CALLS = """
get_instruments GET public/instruments instType uly= instId= instFamily=
get_delivery_exercise_history GET public/delivery-exercise-history instType uly= after= before= limit= instFamily=
get_open_interest GET public/open-interest instType uly= instId= instFamily=
get_funding_rate GET public/funding-rate instId
funding_rate_history GET public/funding-rate-history instId after= before= limit=
get_price_limit GET public/price-limit instId
get_opt_summary GET public/opt-summary uly= expTime= instFamily=
get_estimated_price GET public/estimated-price instId
discount_interest_free_quota GET public/discount-rate-interest-free-quota ccy=
get_system_time GET public/time
get_mark_price GET public/mark-price instType uly= instId= instFamily=
get_position_tiers GET public/position-tiers instType tdMode uly= instId= ccy= tier= instFamily=
get_interest_rate_loan_quota GET public/interest-rate-loan-quota
get_vip_interest_rate_loan_quota GET public/vip-interest-rate-loan-quota
get_underlying GET public/underlying instType=
get_insurance_fund GET public/insurance-fund instType= type= uly= ccy= before= after= limit= instFamily=
get_convert_contract_coin GET public/convert-contract-coin type= instId= sz= px= unit=
get_option_tickBands GET public/instrument-tick-bands instType= instFamily=
get_option_trades GET public/option-trades instId= instFamily= optType=
get_market_data_history GET public/market-data-history module instType dateAggrType begin end instIdList=None
    instFamilyList=None
get_announcements GET support/announcements annType= page=
"""


class PublicAPI(Api, calls=CALLS):
    """Reference data: instruments, funding, open interest, price limits.

    Each method gives OKX's dict; what the constructor takes, `Api` says.
    """
