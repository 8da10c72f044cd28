"""Typed results of market and public data.

Source: OKX API v5, Order book trading › Market data, and Public data › REST API.
"""

from __future__ import annotations

from okx_fast.rest.models.base import Count, Flag, ListModel, Many, Millis, Model, Number, Text
from okx_fast.rest.models.words import INST_TYPES

__all__ = [
    "BookLevel",
    "Candle",
    "FundingRate",
    "FundingRateRecord",
    "IndexCandle",
    "IndexTicker",
    "MarkPrice",
    "OpenInterest",
    "OrderBook",
    "PriceLimit",
    "RpiBookLevel",
    "RpiOrderBook",
    "ServerTime",
    "SpreadCandle",
    "SpreadTicker",
    "Ticker",
    "Trade",
]


class Ticker(Model):
    """Last, best and 24 h values. Sizes: contracts for derivatives, base currency for spot. vol_ccy_24h: base currency
    for derivatives, quote currency for spot.
    """

    __slots__ = ()
    inst_id = Text()
    last = Number()
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)
    last_sz = Number()
    ask_px = Number()
    ask_sz = Number()
    bid_px = Number()
    bid_sz = Number()
    open_24h = Number()
    high_24h = Number()
    low_24h = Number()
    vol_ccy_24h = Number()
    vol_24h = Number()
    sod_utc0 = Number()
    sod_utc8 = Number()


class SpreadTicker(Model):
    """Last, best and 24 h values of a spread; its prices may be negative."""

    __slots__ = ()
    sprd_id = Text()
    last = Number()
    ts_ms = Millis()
    last_sz = Number()
    ask_px = Number()
    ask_sz = Number()
    bid_px = Number()
    bid_sz = Number()
    open_24h = Number()
    high_24h = Number()
    low_24h = Number()
    vol_24h = Number()


class IndexTicker(Model):
    """An index with its 24 h values."""

    __slots__ = ()
    inst_id = Text()
    idx_px = Number()
    ts_ms = Millis()
    open_24h = Number()
    high_24h = Number()
    low_24h = Number()
    sod_utc0 = Number()
    sod_utc8 = Number()


class BookLevel(ListModel, also=(2,)):  # column 2 is retired, always "0"
    """One price of a book. sz: contracts for derivatives, base currency for spot."""

    __slots__ = ()
    px = Number(0)
    sz = Number(1)
    n_orders = Count(3)


class OrderBook(Model):
    """A snapshot of a book, best first. seq_id: as on the books channel, where the endpoint has it."""

    __slots__ = ()
    asks = Many(BookLevel)
    bids = Many(BookLevel)
    ts_ms = Millis()
    seq_id = Count()


class RpiBookLevel(ListModel):
    """One price of a book with RPI orders. non_rpi_sz: the part of `sz` that needs no RPI access."""

    __slots__ = ()
    px = Number(0)
    sz = Number(1)
    non_rpi_sz = Number(2)
    n_orders = Count(3)


class RpiOrderBook(Model):
    """A snapshot of the book with tradeable RPI orders, best first."""

    __slots__ = ()
    asks = Many(RpiBookLevel)
    bids = Many(RpiBookLevel)
    ts_ms = Millis()
    seq_id = Count()


class Trade(Model):
    """A public trade; `side` is the taker's. source: "1" for a trade with an RPI order."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=("buy", "sell"))
    trade_id = Text()
    ts_ms = Millis()
    source = Text(known=("0", "1"))
    seq_id = Count()
    count = Count()


class Candle(ListModel):
    """Open, high, low, close from `ts_ms` on. vol: contracts for derivatives, base currency for spot; vol_ccy: base
    currency for derivatives, quote currency for spot; vol_ccy_quote: quote currency.
    confirm: whether it is over.
    """

    __slots__ = ()
    ts_ms = Millis(0)
    open = Number(1)
    high = Number(2)
    low = Number(3)
    close = Number(4)
    vol = Number(5)
    vol_ccy = Number(6)
    vol_ccy_quote = Number(7)
    confirm = Flag(8)


class IndexCandle(ListModel):
    """Open, high, low, close of an index or a mark price from `ts_ms` on. confirm: whether it is over."""

    __slots__ = ()
    ts_ms = Millis(0)
    open = Number(1)
    high = Number(2)
    low = Number(3)
    close = Number(4)
    confirm = Flag(5)


class SpreadCandle(ListModel):
    """Open, high, low, close of a spread from `ts_ms` on; vol in the spread's size currency."""

    __slots__ = ()
    ts_ms = Millis(0)
    open = Number(1)
    high = Number(2)
    low = Number(3)
    close = Number(4)
    vol = Number(5)
    confirm = Flag(6)


class MarkPrice(Model):
    """The mark price of an instrument."""

    __slots__ = ()
    inst_id = Text()
    mark_px = Number()
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)


class PriceLimit(Model):
    """Bounds of order prices: a buy above `buy_lmt` or a sell below `sell_lmt` is refused while `enabled`."""

    __slots__ = ()
    inst_id = Text()
    buy_lmt = Number()
    sell_lmt = Number()
    ts_ms = Millis()
    enabled = Flag()
    inst_type = Text(known=INST_TYPES)


class OpenInterest(Model):
    """Open interest: oi in contracts, oi_ccy in coins, oi_usd in USD."""

    __slots__ = ()
    inst_id = Text()
    oi = Number()
    oi_ccy = Number()
    oi_usd = Number()
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)


class FundingRate(Model):
    """The funding rate to be settled at `funding_time_ms`, and its parts. Rates are fractions, not percents."""

    __slots__ = ()
    inst_id = Text()
    funding_rate = Number()
    funding_time_ms = Millis()
    inst_type = Text(known=INST_TYPES)
    method = Text(known=("current_period", "next_period"))
    formula_type = Text(known=("noRate", "withRate"))
    next_funding_rate = Number()
    next_funding_time_ms = Millis()
    prev_funding_time_ms = Millis()
    min_funding_rate = Number()
    max_funding_rate = Number()
    interest_rate = Number()
    impact_value = Number()
    sett_state = Text(known=("processing", "settled"))
    sett_funding_rate = Number()
    premium = Number()
    ts_ms = Millis()


class FundingRateRecord(Model):
    """A past funding: the rate predicted and the one charged. Fractions, not percents."""

    __slots__ = ()
    inst_id = Text()
    funding_rate = Number()
    realized_rate = Number()
    funding_time_ms = Millis()
    inst_type = Text(known=INST_TYPES)
    formula_type = Text(known=("noRate", "withRate"))
    method = Text(known=("current_period", "next_period"))


class ServerTime(Model):
    """OKX's clock."""

    __slots__ = ()
    ts_ms = Millis()
