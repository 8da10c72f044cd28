"""Rows of channels, typed: those of REST where the shape is the same, with the push they came in.

    {"arg": {"channel": "mark-price", …}, "data": [{…}]} ─▶ MarkPrice: inst_id, mark_px, … · arg, channel, recv_ns, raw

Numbers are `Decimal`, times Unix milliseconds by OKX's clock, what does not apply is None or "".
Source: OKX API v5, Public data › WebSocket; Order book trading › Market data; Spread trading; Block trading; Status;
Outcomes › WebSocket.
"""

from __future__ import annotations

from typing import Any

from okx_fast.rest import models as rest
from okx_fast.rest.models.base import Flag, Many, Millis, Model, Number, Text
from okx_fast.rest.models.words import INST_TYPES, POS_SIDES, SIDES

__all__ = [
    "AdlWarning",
    "BlockTicker",
    "BlockTrade",
    "CallAuction",
    "Candle",
    "EconomicCalendar",
    "EstimatedPrice",
    "EventMarket",
    "FundingRate",
    "IndexCandle",
    "IndexTicker",
    "Instrument",
    "Liquidation",
    "LiquidationOrder",
    "MarkPrice",
    "OpenInterest",
    "OptionSummary",
    "OptionTrade",
    "PredictionPrice",
    "PredictionResult",
    "PredictionTicker",
    "PredictionTrade",
    "PriceLimit",
    "Pushed",
    "SpreadCandle",
    "SpreadTicker",
    "SpreadTrade",
    "Status",
    "StrucBlockLeg",
    "StrucBlockTrade",
]


class Pushed(Model):
    """A row of a push.

    arg: the push's own `arg`, texts by OKX's names. recv_ns: when its bytes left the socket, nanoseconds since 1970.
    action: `snapshot` or `update` where the channel says so, else "".
    """

    __slots__ = ("action", "arg", "recv_ns")
    arg: dict[str, str]
    recv_ns: int
    action: str

    def __init__(self, raw: Any, arg: dict[str, str], recv_ns: int, action: str = "") -> None:
        super().__init__(raw)
        self.arg, self.recv_ns, self.action = arg, recv_ns, action

    @property
    def channel(self) -> str:
        """The channel's name, such as `candle1m`."""
        return self.arg["channel"]

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True and isinstance(other, Pushed) and self.arg == other.arg

    __hash__ = None  # as its row

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.raw, self.arg, self.recv_ns, self.action)


class _Bar(Pushed):
    """A candle's row does not say whose it is; its push does."""

    __slots__ = ()

    @property
    def inst_id(self) -> str:
        """The instrument, index or spread."""
        return self.arg.get("instId") or self.arg.get("sprdId", "")


class Candle(_Bar, rest.Candle):
    """A candle so far, closed when `confirm`; of an instrument, or of a prediction market."""

    __slots__ = ()


class IndexCandle(_Bar, rest.IndexCandle):
    """A candle so far of an index or of a mark price, closed when `confirm`."""

    __slots__ = ()


class SpreadCandle(_Bar, rest.SpreadCandle):
    """A candle so far of a spread, closed when `confirm`; its prices may be negative."""

    __slots__ = ()


class FundingRate(Pushed, rest.FundingRate):
    """The funding rate to be settled at `funding_time_ms`, and its parts; fractions. Intervals vary: use the times."""

    __slots__ = ()


class OpenInterest(Pushed, rest.OpenInterest):
    """Open interest: oi in contracts, oi_ccy in coins, oi_usd in USD."""

    __slots__ = ()


class PriceLimit(Pushed, rest.PriceLimit):
    """Bounds of order prices, in force while `enabled`."""

    __slots__ = ()


class MarkPrice(Pushed, rest.MarkPrice):
    """The mark price. Of two with one `ts_ms` the later one counts."""

    __slots__ = ()


class IndexTicker(Pushed, rest.IndexTicker):
    """An index with its 24 h values."""

    __slots__ = ()


class Status(Pushed, rest.Status):
    """A maintenance, announced, moved or over."""

    __slots__ = ()


class Instrument(Pushed, rest.Instrument):
    """An instrument that is new or has changed. Pushes are no snapshot: merge them by `inst_id`, which
    `rest.instruments.merge` does. A listing that was called off may never be mentioned again.
    """

    __slots__ = ()


class EstimatedPrice(Pushed):
    """The estimated price of a settlement, delivery or exercise; in its last 30 minutes only."""

    __slots__ = ()
    inst_id = Text()
    settle_px = Number()
    settle_type = Text(known=("settlement", "delivery", "exercise"))
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)


class OptionSummary(Pushed):
    """Greeks and volatilities of an option. delta … theta: in coins (PA); delta_bs … theta_bs: in USD (Black-Scholes).
    Volatilities are fractions. The whole family comes at once.
    """

    __slots__ = ()
    inst_id = Text()
    mark_vol = Number()
    delta = Number()
    gamma = Number()
    vega = Number()
    theta = Number()
    delta_bs = Number("deltaBS")
    gamma_bs = Number("gammaBS")
    vega_bs = Number("vegaBS")
    theta_bs = Number("thetaBS")
    lever = Number()
    bid_vol = Number()
    ask_vol = Number()
    real_vol = Number()
    vol_lv = Number()
    fwd_px = Number()
    ts_ms = Millis()
    uly = Text()
    inst_type = Text(known=INST_TYPES)


class OptionTrade(Pushed):
    """A trade of an option; `side` is the taker's. fill_vol: its implied volatility, a fraction.

    The first one after a subscription may be an old one from OKX's cache, which OKX says to discard. It is handed on
    as it came, since only `ts_ms` against your own measure of "old" tells.
    """

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    inst_family = Text()
    opt_type = Text(known=("C", "P"))
    fill_vol = Number()
    fwd_px = Number()
    idx_px = Number()
    mark_px = Number()
    ts_ms = Millis()


class CallAuction(Pushed):
    """A call auction so far: eq_px is the price at which it would match now, None if there is none."""

    __slots__ = ()
    inst_id = Text()
    eq_px = Number()
    matched_sz = Number()
    unmatched_sz = Number()
    state = Text(known=("call_auction", "continuous_trading"))
    auction_end_time_ms = Millis()
    ts_ms = Millis()


class EventMarket(Pushed):
    """A market of an event contract. outcome: 0 not decided, 1 yes, 2 no. cap_strike may be `INF`, so it is a text."""

    __slots__ = ()
    inst_id = Text()
    state = Text(known=("preopen", "live", "settling", "expired"))
    outcome = Text(known=("0", "1", "2"))
    series_id = Text()
    event_id = Text()
    list_time_ms = Millis()
    fix_time_ms = Millis()
    exp_time_ms = Millis()
    floor_strike = Number()
    cap_strike = Text()
    settle_value = Number()
    disputed = Flag()
    hit_dir = Text(known=("up", "dn"))


class Liquidation(Model):
    """One liquidation. bk_px: bankruptcy price; sz: contracts, base currency for margin."""

    __slots__ = ()
    bk_px = Number()
    sz = Number()
    side = Text(known=SIDES)
    pos_side = Text(known=POS_SIDES)
    bk_loss = Number()
    ccy = Text()
    ts_ms = Millis()


class LiquidationOrder(Pushed):
    """Liquidations of an instrument, those of `details`. Neither complete nor in the order of time."""

    __slots__ = ()
    inst_id = Text()
    details = Many(Liquidation)
    inst_type = Text(known=INST_TYPES)
    inst_family = Text()
    uly = Text()


class AdlWarning(Pushed):
    """The security fund of a family is low (`warning`), or positions are being reduced (`adl`). bal: its balance.
    The other figures are empty since 2026-06-09, and will be removed.
    """

    __slots__ = ()
    inst_family = Text()
    state = Text(known=("warning", "adl", "normal"))
    bal = Number()
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)
    ccy = Text()
    max_bal = Number()
    max_bal_ts_ms = Millis()
    adl_type = Text()
    adl_bal = Number()
    adl_rec_bal = Number()
    dec_rate = Number()
    adl_rate = Number()
    adl_rec_rate = Number()


class EconomicCalendar(Pushed):
    """A figure of the economic calendar: announced, released or revised.

    actual, previous, forecast, prev_initial: texts as published, such as `7.8%`, "" if there is none yet; prev_initial
    is what `previous` was before its revision. unit, ccy: theirs. date_ms: when `actual` is to be released;
    ref_date_ms: the day the figure is of. importance: 1 low, 2 medium, 3 high.
    """

    __slots__ = ()
    calendar_id = Text()
    date_ms = Millis()
    region = Text()
    category = Text()
    event = Text()
    ref_date_ms = Millis()
    actual = Text()
    previous = Text()
    forecast = Text()
    prev_initial = Text()
    importance = Text(known=("1", "2", "3"))
    ccy = Text()
    unit = Text()
    ts_ms = Millis()


class SpreadTicker(Pushed, rest.SpreadTicker):
    """Last, best and 24 h values of a spread; its prices may be negative."""

    __slots__ = ()


class SpreadTrade(Pushed):
    """A trade of a spread; `side` is the taker's, `px` may be zero or negative."""

    __slots__ = ()
    sprd_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    ts_ms = Millis()


class StrucBlockLeg(Model):
    """A leg of a block trade."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()


class StrucBlockTrade(Pushed):
    """A block trade with its legs, 15 minutes after it was made. block_td_id is "" for the parent of a group RFQ."""

    __slots__ = ()
    block_td_id = Text()
    c_time_ms = Millis()
    legs = Many(StrucBlockLeg)
    group_id = Text()


class BlockTrade(Pushed):
    """A leg of a block trade, 15 minutes after it was made. fill_vol, fwd_px: of options."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    fill_vol = Number()
    fwd_px = Number()
    idx_px = Number()
    mark_px = Number()
    group_id = Text()
    ts_ms = Millis()


class BlockTicker(Pushed):
    """24 h volume of block trades. vol_24h: contracts, base currency for spot; vol_ccy_24h: base currency for
    derivatives, quote currency for spot.
    """

    __slots__ = ()
    inst_id = Text()
    vol_24h = Number()
    vol_ccy_24h = Number()
    ts_ms = Millis()
    inst_type = Text(known=INST_TYPES)


class PredictionTrade(Pushed):
    """A trade of a prediction market; several trades in one row have `f_id` to `l_id` instead of `trade_id`."""

    __slots__ = ()
    inst_id = Text()
    px = Number()
    sz = Number()
    side = Text(known=SIDES)
    trade_id = Text()
    f_id = Text()
    l_id = Text()
    ts_ms = Millis()


class PredictionTicker(Pushed):
    """Last, best and 24 h values of a prediction market."""

    __slots__ = ()
    inst_id = Text()
    last = Number()
    ts_ms = Millis()
    inst_type = Text(known=("PREDICTIONS",))
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


class PredictionPrice(Pushed):
    """Prices of a prediction market. probability: of yes, in ten-thousandths."""

    __slots__ = ()
    yes_asset_id = Text()
    event_id = Text()
    best_bid = Number()
    best_ask = Number()
    last_trade_price = Number()
    probability = Number()
    market_volume = Number()
    event_volume = Number()
    timestamp_ms = Millis()


class PredictionResult(Pushed):
    """How an event of prediction markets ended; its subscription's instId is `event-` and the event's id.
    market_id: the market that won. outcome_option: as OKX shows it: yes, no, others, draw, or a team.
    """

    __slots__ = ()
    event_id = Text()
    status = Text(known=("resolved",))
    market_id = Text()
    outcome_option = Text()
    timestamp_ms = Millis()
