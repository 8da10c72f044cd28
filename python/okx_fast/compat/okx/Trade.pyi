from typing import Any

from okx_fast.compat.okx.api import Api

class TradeAPI(Api, calls=""):
    def place_order(
        self,
        instId: Any,
        tdMode: Any,
        side: Any,
        ordType: Any,
        sz: Any,
        ccy: Any = "",
        clOrdId: Any = "",
        tag: Any = "",
        posSide: Any = "",
        px: Any = "",
        reduceOnly: Any = "",
        tgtCcy: Any = "",
        stpMode: Any = "",
        attachAlgoOrds: Any = None,
        pxUsd: Any = "",
        pxVol: Any = "",
        banAmend: Any = "",
        tradeQuoteCcy: Any = None,
        pxAmendType: Any = None,
        isElpTakerAccess: Any = None,
        instIdCode: Any = None,
    ) -> dict[str, Any]: ...
    def place_multiple_orders(self, orders_data: Any) -> dict[str, Any]: ...
    def cancel_order(self, instId: Any, ordId: Any = "", clOrdId: Any = "") -> dict[str, Any]: ...
    def cancel_multiple_orders(self, orders_data: Any) -> dict[str, Any]: ...
    def amend_order(
        self,
        instId: Any,
        cxlOnFail: Any = "",
        ordId: Any = "",
        clOrdId: Any = "",
        reqId: Any = "",
        newSz: Any = "",
        newPx: Any = "",
        newTpTriggerPx: Any = "",
        newTpOrdPx: Any = "",
        newSlTriggerPx: Any = "",
        newSlOrdPx: Any = "",
        newTpTriggerPxType: Any = "",
        newSlTriggerPxType: Any = "",
        attachAlgoOrds: Any = "",
        newTriggerPx: Any = "",
        newOrdPx: Any = "",
        pxAmendType: Any = None,
        newTpTriggerRatio: Any = None,
        newSlTriggerRatio: Any = None,
    ) -> dict[str, Any]: ...
    def amend_multiple_orders(self, orders_data: Any) -> dict[str, Any]: ...
    def close_positions(
        self,
        instId: Any,
        mgnMode: Any,
        posSide: Any = "",
        ccy: Any = "",
        autoCxl: Any = "",
        clOrdId: Any = "",
        tag: Any = "",
    ) -> dict[str, Any]: ...
    def get_order(self, instId: Any, ordId: Any = "", clOrdId: Any = "") -> dict[str, Any]: ...
    def get_order_list(
        self,
        instType: Any = "",
        uly: Any = "",
        instId: Any = "",
        ordType: Any = "",
        state: Any = "",
        after: Any = "",
        before: Any = "",
        limit: Any = "",
        instFamily: Any = "",
    ) -> dict[str, Any]: ...
    def get_orders_history(
        self,
        instType: Any,
        uly: Any = "",
        instId: Any = "",
        ordType: Any = "",
        state: Any = "",
        after: Any = "",
        before: Any = "",
        begin: Any = "",
        end: Any = "",
        limit: Any = "",
        instFamily: Any = "",
    ) -> dict[str, Any]: ...
    def get_orders_history_archive(
        self,
        instType: Any,
        uly: Any = "",
        instId: Any = "",
        ordType: Any = "",
        state: Any = "",
        after: Any = "",
        before: Any = "",
        begin: Any = "",
        end: Any = "",
        limit: Any = "",
        instFamily: Any = "",
    ) -> dict[str, Any]: ...
    def get_fills(
        self,
        instType: Any = "",
        uly: Any = "",
        instId: Any = "",
        ordId: Any = "",
        after: Any = "",
        before: Any = "",
        limit: Any = "",
        instFamily: Any = "",
        begin: Any = "",
        end: Any = "",
    ) -> dict[str, Any]: ...
    def place_algo_order(
        self,
        instId: Any = "",
        tdMode: Any = "",
        side: Any = "",
        ordType: Any = "",
        sz: Any = "",
        ccy: Any = "",
        posSide: Any = "",
        reduceOnly: Any = "",
        tpTriggerPx: Any = "",
        tpOrdPx: Any = "",
        slTriggerPx: Any = "",
        slOrdPx: Any = "",
        triggerPx: Any = "",
        orderPx: Any = "",
        tgtCcy: Any = "",
        pxVar: Any = "",
        pxSpread: Any = "",
        szLimit: Any = "",
        pxLimit: Any = "",
        timeInterval: Any = "",
        tpTriggerPxType: Any = "",
        slTriggerPxType: Any = "",
        callbackRatio: Any = "",
        callbackSpread: Any = "",
        activePx: Any = "",
        tag: Any = "",
        triggerPxType: Any = "",
        closeFraction: Any = "",
        quickMgnType: Any = "",
        algoClOrdId: Any = "",
        tradeQuoteCcy: Any = None,
        tpOrdKind: Any = "",
        cxlOnClosePos: Any = "",
        chaseType: Any = "",
        chaseVal: Any = "",
        maxChaseType: Any = "",
        maxChaseVal: Any = "",
        attachAlgoOrds: Any = [],
        pxAmendType: Any = None,
        advanceOrdType: Any = None,
        tpTriggerRatio: Any = None,
        slTriggerRatio: Any = None,
    ) -> dict[str, Any]: ...
    def cancel_algo_order(self, orders_data: Any = None, params: Any = None) -> dict[str, Any]: ...
    def order_algos_list(
        self,
        ordType: Any = "",
        algoId: Any = "",
        instType: Any = "",
        instId: Any = "",
        after: Any = "",
        before: Any = "",
        limit: Any = "",
    ) -> dict[str, Any]: ...
    def order_algos_history(
        self,
        ordType: Any,
        state: Any = "",
        algoId: Any = "",
        instType: Any = "",
        instId: Any = "",
        after: Any = "",
        before: Any = "",
        limit: Any = "",
    ) -> dict[str, Any]: ...
    def get_fills_history(
        self,
        instType: Any,
        uly: Any = "",
        instId: Any = "",
        ordId: Any = "",
        after: Any = "",
        before: Any = "",
        limit: Any = "",
        instFamily: Any = "",
    ) -> dict[str, Any]: ...
    def get_easy_convert_currency_list(self) -> dict[str, Any]: ...
    def easy_convert(self, fromCcy: Any = [], toCcy: Any = "") -> dict[str, Any]: ...
    def get_easy_convert_history(self, before: Any = "", after: Any = "", limit: Any = "") -> dict[str, Any]: ...
    def get_oneclick_repay_list(self, debtType: Any = "") -> dict[str, Any]: ...
    def oneclick_repay(self, debtCcy: Any = [], repayCcy: Any = "") -> dict[str, Any]: ...
    def oneclick_repay_history(self, after: Any = "", before: Any = "", limit: Any = "") -> dict[str, Any]: ...
    def get_algo_order_details(self, algoId: Any = "", algoClOrdId: Any = "") -> dict[str, Any]: ...
    def amend_algo_order(
        self,
        instId: Any = "",
        algoId: Any = "",
        algoClOrdId: Any = "",
        cxlOnFail: Any = "",
        reqId: Any = "",
        newSz: Any = "",
        newTriggerPx: Any = "",
        newOrdPx: Any = "",
        newTpTriggerPx: Any = "",
        newTpOrdPx: Any = "",
        newSlTriggerPx: Any = "",
        newSlOrdPx: Any = "",
        newTpTriggerPxType: Any = "",
        newSlTriggerPxType: Any = "",
    ) -> dict[str, Any]: ...
    def get_oneclick_repay_list_v2(self) -> dict[str, Any]: ...
    def oneclick_repay_v2(self, debtCcy: Any = "", repayCcyList: Any = []) -> dict[str, Any]: ...
    def oneclick_repay_history_v2(self, after: Any = "", before: Any = "", limit: Any = "") -> dict[str, Any]: ...
