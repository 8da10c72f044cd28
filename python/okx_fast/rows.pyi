"""`Client.subscribe`, an overload for each channel. Made by `python -m tools.channels stubs`."""

from collections.abc import Callable
from typing import Any, Literal, overload

from okx_fast._native import Engine, Subscription
from okx_fast.channels import business, models, private
from okx_fast.maintenance import Maintenances
from okx_fast.rest.drift import Drift, Finding

def ignore(_: object) -> None:
    """For rows that only `maintenance` wants."""

class Rows:
    """The part of a client that subscribes channels of the table."""

    _engine: Engine
    _maintenances: Maintenances
    _drift: Drift | None
    _unheard: Subscription[Any] | None

    @overload
    def subscribe(
        self,
        channel: Literal[
            "candle1s",
            "candle1m",
            "candle3m",
            "candle5m",
            "candle15m",
            "candle30m",
            "candle1H",
            "candle2H",
            "candle4H",
            "candle6H",
            "candle12H",
            "candle1D",
            "candle2D",
            "candle3D",
            "candle5D",
            "candle1W",
            "candle1M",
            "candle3M",
            "candle6Hutc",
            "candle12Hutc",
            "candle1Dutc",
            "candle2Dutc",
            "candle3Dutc",
            "candle5Dutc",
            "candle1Wutc",
            "candle1Mutc",
            "candle3Mutc",
        ],
        on_item: Callable[[models.Candle], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.Candle]:
        """Any channel of `docs/channels.md`, typed: `on_item` is called with each row, in order.

        A row has the fields of its model (`okx_fast.channels.models`, of an account `private` and `business` beside
        it), and `channel`, `arg`, `recv_ns` and `raw`; of `account` and `positions` also what `private.Paged` says.
        params: OKX's own, such as instId="BTC-USDT-SWAP". A message that cannot be read is an Event of kind malformed.
        conflate: of several messages that wait, only the newest is handed on; for channels each of whose messages tells
        all there is to know.
        Raises ConfigError for a wrong channel or parameter, naming what is expected; for books, trades and tickers,
        which have methods of their own; for an account's channel without credentials; and for a second subscription to
        the same.
        OKX: the section given with the channel's row in `docs/channels.md`.
        """

    @overload
    def subscribe(
        self,
        channel: Literal[
            "mark-price-candle1m",
            "mark-price-candle3m",
            "mark-price-candle5m",
            "mark-price-candle15m",
            "mark-price-candle30m",
            "mark-price-candle1H",
            "mark-price-candle2H",
            "mark-price-candle4H",
            "mark-price-candle6H",
            "mark-price-candle12H",
            "mark-price-candle1D",
            "mark-price-candle2D",
            "mark-price-candle3D",
            "mark-price-candle5D",
            "mark-price-candle1W",
            "mark-price-candle1M",
            "mark-price-candle3M",
            "mark-price-candle6Hutc",
            "mark-price-candle12Hutc",
            "mark-price-candle1Dutc",
            "mark-price-candle2Dutc",
            "mark-price-candle3Dutc",
            "mark-price-candle5Dutc",
            "mark-price-candle1Wutc",
            "mark-price-candle1Mutc",
            "mark-price-candle3Mutc",
        ],
        on_item: Callable[[models.IndexCandle], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.IndexCandle]: ...
    @overload
    def subscribe(
        self,
        channel: Literal[
            "index-candle1m",
            "index-candle3m",
            "index-candle5m",
            "index-candle15m",
            "index-candle30m",
            "index-candle1H",
            "index-candle2H",
            "index-candle4H",
            "index-candle6H",
            "index-candle12H",
            "index-candle1D",
            "index-candle2D",
            "index-candle3D",
            "index-candle5D",
            "index-candle1W",
            "index-candle1M",
            "index-candle3M",
            "index-candle6Hutc",
            "index-candle12Hutc",
            "index-candle1Dutc",
            "index-candle2Dutc",
            "index-candle3Dutc",
            "index-candle5Dutc",
            "index-candle1Wutc",
            "index-candle1Mutc",
            "index-candle3Mutc",
        ],
        on_item: Callable[[models.IndexCandle], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.IndexCandle]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["option-trades"],
        on_item: Callable[[models.OptionTrade], object] | None = None,
        /,
        *,
        instType: Literal["OPTION"],
        instId: str | None = None,
        instFamily: str | None = None,
    ) -> Subscription[models.OptionTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["call-auction-details"],
        on_item: Callable[[models.CallAuction], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.CallAuction]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["instruments"],
        on_item: Callable[[models.Instrument], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
    ) -> Subscription[models.Instrument]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["event-contract-markets"],
        on_item: Callable[[models.EventMarket], object] | None = None,
        /,
        *,
        instType: Literal["EVENTS"],
    ) -> Subscription[models.EventMarket]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["open-interest"],
        on_item: Callable[[models.OpenInterest], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.OpenInterest]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["funding-rate"],
        on_item: Callable[[models.FundingRate], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.FundingRate]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["price-limit"],
        on_item: Callable[[models.PriceLimit], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.PriceLimit]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["opt-summary"],
        on_item: Callable[[models.OptionSummary], object] | None = None,
        /,
        *,
        instFamily: str,
    ) -> Subscription[models.OptionSummary]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["estimated-price"],
        on_item: Callable[[models.EstimatedPrice], object] | None = None,
        /,
        *,
        instType: Literal["FUTURES", "OPTION", "SWAP", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> Subscription[models.EstimatedPrice]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["mark-price"],
        on_item: Callable[[models.MarkPrice], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.MarkPrice]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["index-tickers"],
        on_item: Callable[[models.IndexTicker], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.IndexTicker]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["liquidation-orders"],
        on_item: Callable[[models.LiquidationOrder], object] | None = None,
        /,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION"],
    ) -> Subscription[models.LiquidationOrder]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["adl-warning"],
        on_item: Callable[[models.AdlWarning], object] | None = None,
        /,
        *,
        instType: Literal["FUTURES", "SWAP", "OPTION"],
        instFamily: str | None = None,
    ) -> Subscription[models.AdlWarning]: ...
    @overload
    def subscribe(
        self, channel: Literal["status"], on_item: Callable[[models.Status], object] | None = None, /
    ) -> Subscription[models.Status]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["sprd-public-trades"],
        on_item: Callable[[models.SpreadTrade], object] | None = None,
        /,
        *,
        sprdId: str,
    ) -> Subscription[models.SpreadTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["sprd-tickers"],
        on_item: Callable[[models.SpreadTicker], object] | None = None,
        /,
        *,
        sprdId: str,
        conflate: bool = False,
    ) -> Subscription[models.SpreadTicker]: ...
    @overload
    def subscribe(
        self,
        channel: Literal[
            "sprd-candle1m",
            "sprd-candle3m",
            "sprd-candle5m",
            "sprd-candle15m",
            "sprd-candle30m",
            "sprd-candle1H",
            "sprd-candle2H",
            "sprd-candle4H",
            "sprd-candle6H",
            "sprd-candle12H",
            "sprd-candle1D",
            "sprd-candle2D",
            "sprd-candle3D",
            "sprd-candle5D",
            "sprd-candle1W",
            "sprd-candle1M",
            "sprd-candle3M",
            "sprd-candle6Hutc",
            "sprd-candle12Hutc",
            "sprd-candle1Dutc",
            "sprd-candle2Dutc",
            "sprd-candle3Dutc",
            "sprd-candle5Dutc",
            "sprd-candle1Wutc",
            "sprd-candle1Mutc",
            "sprd-candle3Mutc",
        ],
        on_item: Callable[[models.SpreadCandle], object] | None = None,
        /,
        *,
        sprdId: str,
    ) -> Subscription[models.SpreadCandle]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["public-struc-block-trades"],
        on_item: Callable[[models.StrucBlockTrade], object] | None = None,
        /,
    ) -> Subscription[models.StrucBlockTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["public-block-trades"],
        on_item: Callable[[models.BlockTrade], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.BlockTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["block-tickers"],
        on_item: Callable[[models.BlockTicker], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.BlockTicker]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["pm-trades"],
        on_item: Callable[[models.PredictionTrade], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.PredictionTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["pm-tickers"],
        on_item: Callable[[models.PredictionTicker], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.PredictionTicker]: ...
    @overload
    def subscribe(
        self,
        channel: Literal[
            "pm-candle1m",
            "pm-candle3m",
            "pm-candle5m",
            "pm-candle15m",
            "pm-candle30m",
            "pm-candle1H",
            "pm-candle2H",
            "pm-candle4H",
            "pm-candle6H",
            "pm-candle12H",
            "pm-candle1D",
            "pm-candle2D",
            "pm-candle3D",
            "pm-candle5D",
            "pm-candle1W",
            "pm-candle1M",
            "pm-candle3M",
            "pm-candle6Hutc",
            "pm-candle12Hutc",
            "pm-candle1Dutc",
            "pm-candle2Dutc",
            "pm-candle3Dutc",
            "pm-candle5Dutc",
            "pm-candle1Wutc",
            "pm-candle1Mutc",
            "pm-candle3Mutc",
        ],
        on_item: Callable[[models.Candle], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.Candle]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["prediction-market-prices"],
        on_item: Callable[[models.PredictionPrice], object] | None = None,
        /,
        *,
        instId: str,
        conflate: bool = False,
    ) -> Subscription[models.PredictionPrice]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["pm-event-status"],
        on_item: Callable[[models.PredictionResult], object] | None = None,
        /,
        *,
        instId: str,
    ) -> Subscription[models.PredictionResult]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["economic-calendar"],
        on_item: Callable[[models.EconomicCalendar], object] | None = None,
        /,
    ) -> Subscription[models.EconomicCalendar]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["account"],
        on_item: Callable[[private.Account], object] | None = None,
        /,
        *,
        ccy: str | None = None,
        extraParams: str | None = None,
    ) -> Subscription[private.Account]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["positions"],
        on_item: Callable[[private.Position], object] | None = None,
        /,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
        instFamily: str | None = None,
        instId: str | None = None,
        extraParams: str | None = None,
    ) -> Subscription[private.Position]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["balance_and_position"],
        on_item: Callable[[private.BalanceAndPosition], object] | None = None,
        /,
    ) -> Subscription[private.BalanceAndPosition]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["liquidation-warning"],
        on_item: Callable[[private.LiquidationWarning], object] | None = None,
        /,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> Subscription[private.LiquidationWarning]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["account-greeks"],
        on_item: Callable[[private.AccountGreeks], object] | None = None,
        /,
        *,
        ccy: str | None = None,
    ) -> Subscription[private.AccountGreeks]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["orders"],
        on_item: Callable[[private.Order], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> Subscription[private.Order]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["fills"],
        on_item: Callable[[private.Fill], object] | None = None,
        /,
        *,
        instId: str | None = None,
    ) -> Subscription[private.Fill]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["orders-algo"],
        on_item: Callable[[business.AlgoOrder], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "ANY"],
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> Subscription[business.AlgoOrder]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["algo-advance"],
        on_item: Callable[[business.AdvanceAlgoOrder], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "ANY"],
        instId: str | None = None,
        algoId: str | None = None,
    ) -> Subscription[business.AdvanceAlgoOrder]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["grid-orders-spot"],
        on_item: Callable[[business.GridSpot], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "ANY"],
        instId: str | None = None,
        algoId: str | None = None,
    ) -> Subscription[business.GridSpot]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["grid-orders-contract"],
        on_item: Callable[[business.GridContract], object] | None = None,
        /,
        *,
        instType: Literal["SWAP", "FUTURES", "FUTURE", "ANY"],
        instId: str | None = None,
        algoId: str | None = None,
    ) -> Subscription[business.GridContract]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["grid-positions"],
        on_item: Callable[[business.GridPosition], object] | None = None,
        /,
        *,
        algoId: str,
    ) -> Subscription[business.GridPosition]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["grid-sub-orders"],
        on_item: Callable[[business.GridSubOrder], object] | None = None,
        /,
        *,
        algoId: str,
    ) -> Subscription[business.GridSubOrder]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["algo-recurring-buy"],
        on_item: Callable[[business.RecurringBuy], object] | None = None,
        /,
        *,
        instType: Literal["SPOT", "ANY"],
        algoId: str | None = None,
    ) -> Subscription[business.RecurringBuy]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["copytrading-lead-notification"],
        on_item: Callable[[business.LeadNotification], object] | None = None,
        /,
        *,
        instType: Literal["SWAP"],
        instId: str | None = None,
    ) -> Subscription[business.LeadNotification]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["deposit-info"],
        on_item: Callable[[business.Deposit], object] | None = None,
        /,
        *,
        ccy: str | None = None,
    ) -> Subscription[business.Deposit]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["withdrawal-info"],
        on_item: Callable[[business.Withdrawal], object] | None = None,
        /,
        *,
        ccy: str | None = None,
    ) -> Subscription[business.Withdrawal]: ...
    @overload
    def subscribe(
        self, channel: Literal["rfqs"], on_item: Callable[[business.Rfq], object] | None = None, /
    ) -> Subscription[business.Rfq]: ...
    @overload
    def subscribe(
        self, channel: Literal["quotes"], on_item: Callable[[business.Quote], object] | None = None, /
    ) -> Subscription[business.Quote]: ...
    @overload
    def subscribe(
        self, channel: Literal["struc-block-trades"], on_item: Callable[[business.BlockTrade], object] | None = None, /
    ) -> Subscription[business.BlockTrade]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["sprd-orders"],
        on_item: Callable[[business.SpreadOrder], object] | None = None,
        /,
        *,
        sprdId: str | None = None,
    ) -> Subscription[business.SpreadOrder]: ...
    @overload
    def subscribe(
        self,
        channel: Literal["sprd-trades"],
        on_item: Callable[[business.SpreadTrade], object] | None = None,
        /,
        *,
        sprdId: str | None = None,
    ) -> Subscription[business.SpreadTrade]: ...
    def maintenance(self) -> list[models.Status]:
        """Maintenance of OKX's systems that is announced or under way, by its beginning: the newest row of each that
        the channel `status` has told, of this client's environment. Without a subscription to it, nothing is known.

        OKX: Status › WS / Status channel.
        """

    def drift(self) -> list[Finding]:
        """What came, or was subscribed, that our tables do not know: fields and values of rows, channels. Names, never
        amounts. Books, trades and tickers are not looked through.
        """

    def _note_channel(self, channel: str) -> None: ...
