"""OKX V5 market data from Python: a Rust core that verifies every book before you read it.

    with okx_fast.Client("sim") as client:
        book = client.subscribe_book("BTC-USDT-SWAP")
        client.subscribe_trades("BTC-USDT-SWAP", lambda t: print(t.px, t.sz, book.mid if book.valid else ""))
        client.run(seconds=5)

    with okx_fast.Rest("sim") as rest:
        rest.trade.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px="60000", sz="0.01")

    with okx_fast.Trader("sim") as trader:
        trader.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px="60000", sz="0.01")

Names, units and errors stand with each class: `help(okx_fast.Client)`, `help(okx_fast.Book)`, `help(okx_fast.Rest)`,
`help(okx_fast.Trader)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from okx_fast._native import (
    Book,
    BookUpdate,
    Cost,
    Depth,
    Event,
    Level,
    Num,
    Pending,
    RawMessage,
    Replay,
    Subscription,
    Ticker,
    Trade,
    __version__,
    sign,
)
from okx_fast.client import Client, Connection, Options
from okx_fast.errors import (
    AccountStateError,
    AlgoError,
    ApiError,
    AuthError,
    BalanceError,
    BlockTradeError,
    BookGapError,
    BookInvalidError,
    BotError,
    ChecksumError,
    ClockError,
    ClosedError,
    ComplianceError,
    ConfigError,
    ConnectError,
    ConvertError,
    DeadlineError,
    EarnError,
    FenceError,
    ForkError,
    FundingError,
    GatewayError,
    InstrumentError,
    LimitError,
    MaintenanceError,
    MalformedError,
    NotSentError,
    OkxFastError,
    OrderLimitError,
    OrderStateError,
    OutcomeUnknownError,
    PagesError,
    ParameterError,
    ParameterRefusedError,
    PermissionDeniedError,
    PositionError,
    PositionLimitError,
    PriceError,
    ProtocolError,
    RateLimitError,
    RecordingError,
    RequestError,
    SizeError,
    SubaccountError,
    SystemBusyError,
    TransferError,
    TransportError,
)
from okx_fast.site import Site

if TYPE_CHECKING:
    from okx_fast.audit import KeyAudit
    from okx_fast.book_audit import BookAudit
    from okx_fast.credentials import Credentials
    from okx_fast.exchange import Exchange
    from okx_fast.orders import AsyncTrader, OrderResult, Trader, TraderOptions
    from okx_fast.recording import Flight, Recording
    from okx_fast.rest import AsyncRest, Reply, Rest, RestOptions
    from okx_fast.sim import Sim
    from okx_fast.verify import verify_file

__all__ = [
    "AccountStateError",
    "AlgoError",
    "ApiError",
    "AsyncRest",
    "AsyncTrader",
    "AuthError",
    "BalanceError",
    "BlockTradeError",
    "Book",
    "BookAudit",
    "BookGapError",
    "BookInvalidError",
    "BookUpdate",
    "BotError",
    "ChecksumError",
    "Client",
    "ClockError",
    "ClosedError",
    "ComplianceError",
    "ConfigError",
    "ConnectError",
    "Connection",
    "ConvertError",
    "Cost",
    "Credentials",
    "DeadlineError",
    "Depth",
    "EarnError",
    "Event",
    "Exchange",
    "FenceError",
    "Flight",
    "ForkError",
    "FundingError",
    "GatewayError",
    "InstrumentError",
    "KeyAudit",
    "Level",
    "LimitError",
    "MaintenanceError",
    "MalformedError",
    "NotSentError",
    "Num",
    "OkxFastError",
    "Options",
    "OrderLimitError",
    "OrderResult",
    "OrderStateError",
    "OutcomeUnknownError",
    "PagesError",
    "ParameterError",
    "ParameterRefusedError",
    "Pending",
    "PermissionDeniedError",
    "PositionError",
    "PositionLimitError",
    "PriceError",
    "ProtocolError",
    "RateLimitError",
    "RawMessage",
    "Recording",
    "RecordingError",
    "Replay",
    "Reply",
    "RequestError",
    "Rest",
    "RestOptions",
    "Sim",
    "Site",
    "SizeError",
    "SubaccountError",
    "Subscription",
    "SystemBusyError",
    "Ticker",
    "Trade",
    "Trader",
    "TraderOptions",
    "TransferError",
    "TransportError",
    "__version__",
    "sign",
    "verify_file",
]

# Imported when first asked for: a program that only reads market data does not pay for them.
_LATER = {
    "AsyncRest": "okx_fast.rest",
    "AsyncTrader": "okx_fast.orders",
    "BookAudit": "okx_fast.book_audit",
    "Credentials": "okx_fast.credentials",
    "Exchange": "okx_fast.exchange",
    "Flight": "okx_fast.recording",
    "KeyAudit": "okx_fast.audit",
    "OrderResult": "okx_fast.orders",
    "Recording": "okx_fast.recording",
    "Reply": "okx_fast.rest",
    "Rest": "okx_fast.rest",
    "RestOptions": "okx_fast.rest",
    "Sim": "okx_fast.sim",
    "Trader": "okx_fast.orders",
    "TraderOptions": "okx_fast.orders",
    "verify_file": "okx_fast.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
