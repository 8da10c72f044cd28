"""Typed results: which endpoint gives which model, and how a reply's `data` becomes it.

    typed("market.ticker", [{"instId": "BTC-USDT", "last": "67500.1", …}])  ─▶ Ticker(inst_id='BTC-USDT', …)

Endpoints without a model return their data as OKX sent it.
"""

from __future__ import annotations

from typing import Any

from okx_fast.errors import MalformedError
from okx_fast.rest.models.account import (
    AccountConfig,
    AssetBalance,
    Balance,
    BalanceDetail,
    Bill,
    CloseOrderAlgo,
    FeeGroup,
    FeeRate,
    FiatFee,
    FundingBill,
    Leverage,
    MaxAvailSize,
    MaxSize,
    MaxWithdrawal,
    Position,
    PositionMode,
    PositionRecord,
)
from okx_fast.rest.models.base import Field, ListModel, Model
from okx_fast.rest.models.instruments import Instrument, UpcomingChange
from okx_fast.rest.models.market import (
    BookLevel,
    Candle,
    FundingRate,
    FundingRateRecord,
    IndexCandle,
    IndexTicker,
    MarkPrice,
    OpenInterest,
    OrderBook,
    PriceLimit,
    RpiBookLevel,
    RpiOrderBook,
    ServerTime,
    SpreadCandle,
    SpreadTicker,
    Ticker,
    Trade,
)
from okx_fast.rest.models.news import Announcement, AnnouncementPage, AnnouncementType, Status
from okx_fast.rest.models.trade import (
    AccountRateLimit,
    AlgoAck,
    AlgoOrder,
    AttachedAlgo,
    CancelAllAfter,
    ChaseParams,
    ClosePositionAck,
    Fill,
    LinkedAlgoOrd,
    LinkedOrd,
    Order,
    OrderAck,
    TriggerParams,
)

__all__ = [
    "MODELS",
    "AccountConfig",
    "AccountRateLimit",
    "AlgoAck",
    "AlgoOrder",
    "Announcement",
    "AnnouncementPage",
    "AnnouncementType",
    "AssetBalance",
    "AttachedAlgo",
    "Balance",
    "BalanceDetail",
    "Bill",
    "BookLevel",
    "CancelAllAfter",
    "Candle",
    "ChaseParams",
    "CloseOrderAlgo",
    "ClosePositionAck",
    "FeeGroup",
    "FeeRate",
    "FiatFee",
    "Field",
    "Fill",
    "FundingBill",
    "FundingRate",
    "FundingRateRecord",
    "IndexCandle",
    "IndexTicker",
    "Instrument",
    "Leverage",
    "LinkedAlgoOrd",
    "LinkedOrd",
    "ListModel",
    "MarkPrice",
    "MaxAvailSize",
    "MaxSize",
    "MaxWithdrawal",
    "Model",
    "OpenInterest",
    "Order",
    "OrderAck",
    "OrderBook",
    "Position",
    "PositionMode",
    "PositionRecord",
    "PriceLimit",
    "RpiBookLevel",
    "RpiOrderBook",
    "ServerTime",
    "SpreadCandle",
    "SpreadTicker",
    "Status",
    "Ticker",
    "Trade",
    "TriggerParams",
    "UpcomingChange",
    "typed",
]

# name of the endpoint: (model, whether the reply is one row rather than a list of rows)
MODELS: dict[str, tuple[type[Model], bool]] = {
    "account.balance": (Balance, True),
    "account.bills": (Bill, False),
    "account.bills_archive": (Bill, False),
    "account.config": (AccountConfig, True),
    "account.instruments": (Instrument, False),
    "account.leverage_info": (Leverage, False),
    "account.max_avail_size": (MaxAvailSize, False),
    "account.max_size": (MaxSize, False),
    "account.max_withdrawal": (MaxWithdrawal, False),
    "account.positions": (Position, False),
    "account.positions_history": (PositionRecord, False),
    "account.set_leverage": (Leverage, False),
    "account.set_position_mode": (PositionMode, True),
    "account.trade_fee": (FeeRate, True),
    "asset.balances": (AssetBalance, False),
    "asset.bills": (FundingBill, False),
    "asset.bills_history": (FundingBill, False),
    "market.books": (OrderBook, True),
    "market.books_full": (OrderBook, True),
    "market.books_lite": (OrderBook, True),
    "market.books_rpi": (RpiOrderBook, True),
    "market.candles": (Candle, False),
    "market.history_candles": (Candle, False),
    "market.history_index_candles": (IndexCandle, False),
    "market.history_mark_price_candles": (IndexCandle, False),
    "market.history_trades": (Trade, False),
    "market.index_candles": (IndexCandle, False),
    "market.index_tickers": (IndexTicker, False),
    "market.mark_price_candles": (IndexCandle, False),
    "market.sprd_candles": (SpreadCandle, False),
    "market.sprd_history_candles": (SpreadCandle, False),
    "market.sprd_ticker": (SpreadTicker, True),
    "market.ticker": (Ticker, True),
    "market.tickers": (Ticker, False),
    "market.trades": (Trade, False),
    "public.funding_rate": (FundingRate, False),
    "public.funding_rate_history": (FundingRateRecord, False),
    "public.instruments": (Instrument, False),
    "public.mark_price": (MarkPrice, False),
    "public.open_interest": (OpenInterest, False),
    "public.price_limit": (PriceLimit, True),
    "public.time": (ServerTime, True),
    "support.announcement_types": (AnnouncementType, False),
    "support.announcements": (AnnouncementPage, True),
    "system.status": (Status, False),
    "trade.account_rate_limit": (AccountRateLimit, True),
    "trade.amend_algo_order": (AlgoAck, True),
    "trade.amend_batch_orders": (OrderAck, False),
    "trade.amend_order": (OrderAck, True),
    "trade.cancel_algo_orders": (AlgoAck, False),
    "trade.cancel_all_after": (CancelAllAfter, True),
    "trade.cancel_batch_orders": (OrderAck, False),
    "trade.cancel_order": (OrderAck, True),
    "trade.close_position": (ClosePositionAck, True),
    "trade.fills": (Fill, False),
    "trade.fills_history": (Fill, False),
    "trade.order": (Order, True),
    "trade.order_algo": (AlgoOrder, True),
    "trade.orders_algo_history": (AlgoOrder, False),
    "trade.orders_algo_pending": (AlgoOrder, False),
    "trade.orders_history": (Order, False),
    "trade.orders_history_archive": (Order, False),
    "trade.orders_pending": (Order, False),
    "trade.place_algo_order": (AlgoAck, True),
    "trade.place_batch_orders": (OrderAck, False),
    "trade.place_order": (OrderAck, True),
}


def typed(name: str, data: Any) -> Any:
    """A reply's `data` as the endpoint's model, a list of models, or as it came if the endpoint has none.

    Raises MalformedError if the data is not a list of rows, or empty where one row is the answer.
    """
    entry = MODELS.get(name)
    if entry is None:
        return data
    model, one = entry
    if not isinstance(data, list) or (one and not data):
        raise MalformedError("", name, "expected a list of rows" if not one else "expected one row", str(data)[:40])
    return model(data[0]) if one else [model(row) for row in data]
