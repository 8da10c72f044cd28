"""The table of channels: socket, parameters, model, what comes first, and how often.

    find("candle1m") ─▶ Channel(name="candle", bars=…, model=Candle) ─▶ check({"instId": "BTC-USDT"}) ─▶ [("instId", …)]

A row with bars is a family, whose channels are its name with a bar behind. A row without a model has a method of its
own (`how`), which decodes in Rust. `docs/channels.md` and `rows.pyi` follow from here; socket, kind, login and quiet
bound are known to the core too (`rust/core/src/channel.rs`), and a test holds the two together.
Source: OKX API v5, the section given with each row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from okx_fast.channels import business, models, private
from okx_fast.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHANNELS", "REFUSED", "Channel", "find", "find_typed"]

BARS = ("1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M")
UTC_BARS = tuple(f"{bar}utc" for bar in ["6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M"])
ALL_BARS = (*BARS, *UTC_BARS)

MARKET = "Order book trading › Market data"
PUBLIC = "Public data › WebSocket"
SPREADS = "Spread trading › WebSocket"
BLOCKS = "Block trading › WebSocket"
OUTCOMES = "Outcomes › WebSocket"
ACCOUNT = "Trading account › WebSocket"
TRADE = "Order book trading › Trade"
ALGO = "Order book trading › Algo trading"
GRID = "Order book trading › Grid trading"
RECURRING = "Order book trading › Recurring buy"
COPY = "Order book trading › Copy trading"
FUNDING = "Funding account › WebSocket"


# OKX's own text of more parameters: '{"updateInterval": "0"}'.
EXTRA = "extraParams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One row.

    required, optional: parameters. one_of: at least one of these, too. values: all that a parameter may be.
    also: with (parameter, value), a third one is required. model: of its rows; None: `how` says the way in.
    login: it tells of the account that is logged in. tier: the lowest fee tier to whose logged-in connections OKX
    serves it; "": to any. A channel with neither needs no login.
    first: what comes after the ack: a snapshot, the latest row, nothing, or OKX does not say.
    newest: each message is the whole newest state, so that one may stand for those before it (`conflate`).
    cadence: how often, in words. quiet_s: the longest silence of a healthy channel in seconds; None: it may be silent.
    """

    name: str
    socket: Literal["public", "private", "business"] = "public"
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] | None = None
    also: tuple[tuple[str, str, str], ...] = ()
    bars: tuple[str, ...] = ()
    model: type[models.Pushed] | None = None
    how: str = "subscribe"
    login: bool = False
    tier: str = ""
    first: Literal["snapshot", "latest", "none", "not said"] = "not said"
    cadence: str = "not said"
    newest: bool = False
    quiet_s: float | None = None
    section: str = PUBLIC

    @property
    def names(self) -> tuple[str, ...]:
        """The channels of this row."""
        return tuple(self.name + bar for bar in self.bars) or (self.name,)

    @property
    def needs_login(self) -> bool:
        """Whether OKX serves it on a logged-in connection only."""
        return self.login or bool(self.tier)

    @property
    def parameters(self) -> tuple[str, ...]:
        """All of them, required ones first."""
        return (*self.required, *self.one_of, *self.optional)

    def expects(self) -> str:
        """The parameters in words."""
        parts = [self._with_values(name) for name in self.required]
        if self.one_of:
            parts.append(" or ".join(self.one_of))
        parts += [f"{name} with {key}={value}" for key, value, name in self.also]
        parts += [f"optionally {self._with_values(name)}" for name in self.optional]
        return ", ".join(parts) or "no parameter"

    def check(self, channel: str, params: Mapping[str, object]) -> list[tuple[str, str]]:
        """The parameters as they are sent, in the table's order; those that are None are left out.
        Raises ConfigError naming what is expected.
        """
        given = {name: value for name, value in params.items() if value is not None}
        unknown = [name for name in given if name not in self.parameters]
        missing = [name for name in self.required if name not in given]
        missing += [name for key, value, name in self.also if given.get(key) == value and name not in given]
        if self.one_of and not any(name in given for name in self.one_of):
            missing.append(" or ".join(self.one_of))
        wrong = [name for name, value in given.items() if not isinstance(value, str) or not value]
        wrong += [name for name, known in (self.values or {}).items() if name in given and given[name] not in known]
        wrong += [name for name in (EXTRA,) if name in given and name not in wrong and not _is_json(given[name])]
        for what, names in (("unknown parameter", unknown), ("missing", missing), ("wrong value of", wrong)):
            if names:
                raise ConfigError(f"{channel}: expected {self.expects()}; {what} {', '.join(names)}")
        return [(name, str(given[name])) for name in self.parameters if name in given]

    def _with_values(self, name: str) -> str:
        if name == EXTRA:
            return f"{EXTRA} (JSON as a text)"
        values = (self.values or {}).get(name)
        return f"{name} ({', '.join(values)})" if values else name


def _is_json(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except ValueError:
        return False


def _inst(name: str, model: type[models.Pushed], **facts: object) -> Channel:
    return Channel(name=name, required=("instId",), model=model, **facts)  # type: ignore[arg-type]


def _own(name: str, how: str, key: str = "instId", **facts: object) -> Channel:
    return Channel(name=name, required=(key,), how=how, **{"section": MARKET, **facts})  # type: ignore[arg-type]


def _mine(name: str, model: type[models.Pushed], **facts: object) -> Channel:
    return Channel(name=name, model=model, login=True, **{"socket": "business", **facts})  # type: ignore[arg-type]


def _account(name: str, model: type[models.Pushed], **facts: object) -> Channel:
    return _mine(name, model, **{"socket": "private", "section": ACCOUNT, **facts})


def _types(*names: str) -> dict[str, tuple[str, ...]]:
    return {"instType": names}


_BOOK = "subscribe_book"
_CHAIN = "changes, and a keep-alive each 60 s"
_EACH_S = "at most 1 per s"
_VIP4 = "VIP4"
_EVENT = "on event"
_CHANGE = "on change"
_BOTH = "on change, in windows of about 50 ms, and regularly"
_TIMED = "on change, and regularly"
_BY_INST: dict[str, object] = {"required": ("instType",), "optional": ("instFamily", "instId")}
_BY_ALGO: dict[str, object] = {"required": ("instType",), "optional": ("instId", "algoId")}

CHANNELS: tuple[Channel, ...] = (
    _own("tickers", "subscribe_ticker", first="latest", cadence="at most 1 per 100 ms, on change"),
    _own("trades", "subscribe_trades", first="none", cadence="each trade"),
    _own("trades-all", "subscribe_trades", socket="business", first="none", cadence="each trade"),
    _own("books", _BOOK, first="snapshot", cadence=f"100 ms: {_CHAIN}", quiet_s=60.0),
    _own("books5", _BOOK, first="snapshot", cadence="100 ms if changed, and each 60 s", quiet_s=60.0),
    _own("bbo-tbt", _BOOK, first="snapshot", cadence="10 ms if changed, and each 60 s", quiet_s=60.0),
    _own("books-rpi", _BOOK, first="snapshot", cadence=f"100 ms: {_CHAIN}", quiet_s=60.0),
    _own("books50-l2-tbt", _BOOK, first="snapshot", cadence=f"10 ms: {_CHAIN}", quiet_s=60.0, tier=_VIP4),
    _own("books-l2-tbt", _BOOK, first="snapshot", cadence=f"10 ms: {_CHAIN}", quiet_s=60.0, tier=_VIP4),
    _inst("candle", models.Candle, bars=("1s", *ALL_BARS), socket="business", first="latest", cadence=_EACH_S,
          section=MARKET),
    _inst("mark-price-candle", models.IndexCandle, bars=ALL_BARS, socket="business", first="latest", cadence=_EACH_S),
    _inst("index-candle", models.IndexCandle, bars=ALL_BARS, socket="business", first="latest", cadence=_EACH_S),
    Channel(name="option-trades", required=("instType",), one_of=("instId", "instFamily"), values=_types("OPTION"),
            model=models.OptionTrade, first="latest", cadence="each trade; the first may be an old one"),
    _inst("call-auction-details", models.CallAuction, cadence="about 1 per s in an auction, and one at its end",
          section=MARKET),
    Channel(name="instruments", required=("instType",), values=_types("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION",
            "EVENTS"), model=models.Instrument, first="none", cadence="on change"),
    Channel(name="event-contract-markets", required=("instType",), values=_types("EVENTS"), model=models.EventMarket,
            first="none", cadence="on change"),
    _inst("open-interest", models.OpenInterest, newest=True, first="latest", cadence="3 s if changed"),
    _inst("funding-rate", models.FundingRate, newest=True, first="latest", cadence="each 30 to 90 s", quiet_s=90.0),
    _inst("price-limit", models.PriceLimit, newest=True, first="latest", cadence="200 ms if changed"),
    Channel(name="opt-summary", required=("instFamily",), model=models.OptionSummary, first="latest",
            cadence="the whole family at once"),
    Channel(name="estimated-price", required=("instType",), one_of=("instFamily", "instId"),
            values=_types("FUTURES", "OPTION", "SWAP", "EVENTS"), also=(("instType", "EVENTS", "instId"),),
            model=models.EstimatedPrice, cadence="about 200 ms in the last 30 min before a settlement"),
    _inst("mark-price", models.MarkPrice, newest=True, first="latest",
          cadence="200 ms if changed, else 10 s", quiet_s=10.0),
    _inst("index-tickers", models.IndexTicker, newest=True, first="latest",
          cadence="100 ms if changed, else 60 s", quiet_s=60.0),
    Channel(name="liquidation-orders", required=("instType",), values=_types("MARGIN", "SWAP", "FUTURES", "OPTION"),
            model=models.LiquidationOrder, cadence="on event; not complete, not in order"),
    Channel(name="adl-warning", required=("instType",), optional=("instFamily",),
            values=_types("FUTURES", "SWAP", "OPTION"), model=models.AdlWarning, cadence="1 per s while it lasts"),
    Channel(name="status", model=models.Status, first="latest", cadence="on change", section="Status"),
    _own("sprd-books-l2-tbt", _BOOK, "sprdId", socket="business", first="snapshot", cadence="10 ms", section=SPREADS),
    _own("sprd-books5", _BOOK, "sprdId", socket="business", first="snapshot", cadence="100 ms", section=SPREADS),
    _own("sprd-bbo-tbt", _BOOK, "sprdId", socket="business", first="snapshot", cadence="10 ms", section=SPREADS),
    Channel(name="sprd-public-trades", socket="business", required=("sprdId",), model=models.SpreadTrade,
            cadence="each trade", section=SPREADS),
    Channel(name="sprd-tickers", newest=True, socket="business", required=("sprdId",), model=models.SpreadTicker,
            cadence="100 ms to 1 s", section=SPREADS),
    Channel(name="sprd-candle", bars=ALL_BARS, socket="business", required=("sprdId",), model=models.SpreadCandle,
            cadence=_EACH_S, section=SPREADS),
    Channel(name="public-struc-block-trades", socket="business", model=models.StrucBlockTrade,
            cadence="15 min after the trade", section=BLOCKS),
    _inst("public-block-trades", models.BlockTrade, socket="business", cadence="15 min after the trade, by leg",
          section=BLOCKS),
    _inst("block-tickers", models.BlockTicker, newest=True, socket="business", cadence="on trade, else each 5 min",
          quiet_s=300.0, section=BLOCKS),
    _own("pm-books", _BOOK, socket="business", first="snapshot", cadence="100 ms to 60 s", quiet_s=60.0,
         section=OUTCOMES),
    _inst("pm-trades", models.PredictionTrade, socket="business", cadence="200 ms, at most 20 trades",
          section=OUTCOMES),
    _inst("pm-tickers", models.PredictionTicker, newest=True, socket="business", cadence="100 ms", section=OUTCOMES),
    _inst("pm-candle", models.Candle, bars=ALL_BARS, socket="business", section=OUTCOMES),
    _inst("prediction-market-prices", models.PredictionPrice, newest=True, socket="business", cadence="3 s",
          section=OUTCOMES),
    _inst("pm-event-status", models.PredictionResult, socket="business", cadence="when an event is decided",
          section=OUTCOMES),
    Channel(name="economic-calendar", socket="business", model=models.EconomicCalendar, tier="VIP1",
            cadence="on release; on the live site only"),
    _account("account", private.Account, optional=("ccy", EXTRA), first="snapshot", cadence=_BOTH),
    _account("positions", private.Position, required=("instType",), optional=("instFamily", "instId", EXTRA),
             values=_types("MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"), first="snapshot",
             cadence="on change, and each 5 s or as extraParams says"),
    _account("balance_and_position", private.BalanceAndPosition, first="snapshot", cadence="on event, at once"),
    _account("liquidation-warning", private.LiquidationWarning, **_BY_INST,
             values=_types("MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"), cadence="while there is a risk"),
    _account("account-greeks", private.AccountGreeks, optional=("ccy",), first="snapshot", cadence=_BOTH),
    _account("orders", private.Order, **_BY_INST, section=TRADE, first="none", cadence=_CHANGE,
             values=_types("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY")),
    _account("fills", private.Fill, optional=("instId",), section=TRADE, tier=_VIP4, first="none", cadence="each fill"),
    _mine("orders-algo", business.AlgoOrder, **_BY_INST, section=ALGO, first="none", cadence=_CHANGE,
          values=_types("SPOT", "MARGIN", "SWAP", "FUTURES", "ANY")),
    _mine("algo-advance", business.AdvanceAlgoOrder, **_BY_ALGO, section=ALGO, first="latest", cadence=_CHANGE,
          values=_types("SPOT", "MARGIN", "SWAP", "FUTURES", "ANY")),
    _mine("grid-orders-spot", business.GridSpot, **_BY_ALGO, section=GRID, first="latest", cadence=_TIMED,
          values=_types("SPOT", "ANY")),
    _mine("grid-orders-contract", business.GridContract, **_BY_ALGO, section=GRID, first="latest", cadence=_TIMED,
          values=_types("SWAP", "FUTURES", "FUTURE", "ANY")),
    _mine("grid-positions", business.GridPosition, required=("algoId",), section=GRID, first="latest", cadence=_TIMED),
    _mine("grid-sub-orders", business.GridSubOrder, required=("algoId",), section=GRID, cadence=_EVENT),
    _mine("algo-recurring-buy", business.RecurringBuy, required=("instType",), optional=("algoId",), section=RECURRING,
          values=_types("SPOT", "ANY"), cadence=_TIMED),
    _mine("copytrading-lead-notification", business.LeadNotification, required=("instType",), optional=("instId",),
          values=_types("SWAP"), section=COPY, cadence="when a lead trade fails"),
    _mine("deposit-info", business.Deposit, optional=("ccy",), section=FUNDING, cadence="on change of its state"),
    _mine("withdrawal-info", business.Withdrawal, optional=("ccy",), section=FUNDING, cadence="on change of its state"),
    _mine("rfqs", business.Rfq, section=BLOCKS, cadence=_EVENT),
    _mine("quotes", business.Quote, section=BLOCKS, cadence=_EVENT),
    _mine("struc-block-trades", business.BlockTrade, section=BLOCKS, cadence=_EVENT),
    _mine("sprd-orders", business.SpreadOrder, optional=("sprdId",), section=SPREADS, first="none", cadence=_CHANGE),
    _mine("sprd-trades", business.SpreadTrade, optional=("sprdId",), section=SPREADS, first="none", cadence=_EVENT),
)  # fmt: skip

# What this client cannot subscribe, and why.
_NEEDS = "needs a login, and is not offered yet"
REFUSED: dict[str, str] = {
    "books-elp": "ended on 2026-10-31; its successor is books-rpi",
    **dict.fromkeys(("pm-order", "pm-position", "pm-user-trade", "pm-balance", "pm-pnl"), _NEEDS),
}

_BY_NAME = {name: row for row in CHANNELS for name in row.names}


def find(channel: str) -> Channel | None:
    """The row of a channel, by its whole name: `candle1m`, not `candle`. None if the table has none."""
    return _BY_NAME.get(channel)


def find_typed(channel: str) -> Channel:
    """The row of a channel whose rows have a model. Raises ConfigError that says what to do instead."""
    row = _BY_NAME.get(channel)
    if channel in REFUSED:
        raise ConfigError(f"channel: {channel} {REFUSED[channel]}")
    if row is None:
        raise ConfigError(f"channel: {_unknown(channel)}")
    if row.model is None:
        raise ConfigError(f"channel: {channel} has a method of its own, {row.how}()")
    return row


def _unknown(channel: str) -> str:
    for row in CHANNELS:
        if row.bars and channel.startswith(row.name):
            return f"expected {row.name} with one of {', '.join(row.bars)}, got {channel!r}"
    close = get_close_matches(channel, [row.name for row in CHANNELS])
    hint = f"expected {' or '.join(close)}" if close else "expected one of docs/channels.md"
    return f"{hint}, got {channel!r}; subscribe_raw() takes any"
