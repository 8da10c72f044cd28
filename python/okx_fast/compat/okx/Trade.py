"""Orders, algo orders, fills, conversions, with python-okx's names.

The table below is read by `api`: `name METHOD path parameters`; what is indented belongs to the line before.
"""

from __future__ import annotations

from typing import Any

from okx_fast.compat.okx.api import Api
from okx_fast.errors import ParameterError

__all__ = ["TradeAPI"]

CALLS = """
place_order POST trade/order instId tdMode side ordType sz ccy= clOrdId= tag= posSide= px= reduceOnly= tgtCcy=
    stpMode= attachAlgoOrds=None pxUsd= pxVol= banAmend= tradeQuoteCcy=None pxAmendType=None isElpTakerAccess=None
    instIdCode=None
place_multiple_orders POST trade/batch-orders orders_data
cancel_order POST trade/cancel-order instId ordId= clOrdId=
cancel_multiple_orders POST trade/cancel-batch-orders orders_data
amend_order POST trade/amend-order instId cxlOnFail= ordId= clOrdId= reqId= newSz= newPx= newTpTriggerPx= newTpOrdPx=
    newSlTriggerPx= newSlOrdPx= newTpTriggerPxType= newSlTriggerPxType= attachAlgoOrds= newTriggerPx= newOrdPx=
    pxAmendType=None newTpTriggerRatio=None newSlTriggerRatio=None
amend_multiple_orders POST trade/amend-batch-orders orders_data
close_positions POST trade/close-position instId mgnMode posSide= ccy= autoCxl= clOrdId= tag=
get_order GET trade/order instId ordId= clOrdId=
get_order_list GET trade/orders-pending instType= uly= instId= ordType= state= after= before= limit= instFamily=
get_orders_history GET trade/orders-history instType uly= instId= ordType= state= after= before= begin= end= limit=
    instFamily=
get_orders_history_archive GET trade/orders-history-archive instType uly= instId= ordType= state= after= before=
    begin= end= limit= instFamily=
get_fills GET trade/fills instType= uly= instId= ordId= after= before= limit= instFamily= begin= end=
place_algo_order POST trade/order-algo instId= tdMode= side= ordType= sz= ccy= posSide= reduceOnly= tpTriggerPx=
    tpOrdPx= slTriggerPx= slOrdPx= triggerPx= orderPx= tgtCcy= pxVar= pxSpread= szLimit= pxLimit= timeInterval=
    tpTriggerPxType= slTriggerPxType= callbackRatio= callbackSpread= activePx= tag= triggerPxType= closeFraction=
    quickMgnType= algoClOrdId= tradeQuoteCcy=None tpOrdKind= cxlOnClosePos= chaseType= chaseVal= maxChaseType=
    maxChaseVal= attachAlgoOrds=[] pxAmendType=None advanceOrdType=None tpTriggerRatio=None slTriggerRatio=None
order_algos_list GET trade/orders-algo-pending ordType= algoId= instType= instId= after= before= limit=
order_algos_history GET trade/orders-algo-history ordType state= algoId= instType= instId= after= before= limit=
get_fills_history GET trade/fills-history instType uly= instId= ordId= after= before= limit= instFamily=
get_easy_convert_currency_list GET trade/easy-convert-currency-list
easy_convert POST trade/easy-convert fromCcy=[] toCcy=
get_easy_convert_history GET trade/easy-convert-history before= after= limit=
get_oneclick_repay_list GET trade/one-click-repay-currency-list debtType=
oneclick_repay POST trade/one-click-repay debtCcy=[] repayCcy=
oneclick_repay_history GET trade/one-click-repay-history after= before= limit=
get_algo_order_details GET trade/order-algo algoId= algoClOrdId=
amend_algo_order POST trade/amend-algos instId= algoId= algoClOrdId= cxlOnFail= reqId= newSz= newTriggerPx= newOrdPx=
    newTpTriggerPx= newTpOrdPx= newSlTriggerPx= newSlOrdPx= newTpTriggerPxType= newSlTriggerPxType=
get_oneclick_repay_list_v2 GET trade/one-click-repay-currency-list-v2
oneclick_repay_v2 POST trade/one-click-repay-v2 debtCcy= repayCcyList=[]
oneclick_repay_history_v2 GET trade/one-click-repay-history-v2 after= before= limit=
"""


class TradeAPI(Api, calls=CALLS):
    """Orders, algo orders, fills, conversions.

    Each method gives OKX's dict; what the constructor takes, `Api` says.
    """

    def cancel_algo_order(self, orders_data: Any = None, params: Any = None) -> dict[str, Any]:
        """`POST /api/v5/trade/cancel-algos`; `params` is python-okx's older name of `orders_data`."""
        orders = params if orders_data is None else orders_data
        if orders is None:
            raise ParameterError(
                "POST /api/v5/trade/cancel-algos", "orders_data", "expected a list of instId and algoId"
            )
        return self._ask("POST", "/api/v5/trade/cancel-algos", orders)
