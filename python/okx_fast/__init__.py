"""OKX V5 market data from Python: a Rust core that verifies every book before you read it.

    with okx_fast.Client("sim") as client:
        book = client.subscribe_book("BTC-USDT-SWAP")
        client.subscribe_trades("BTC-USDT-SWAP", lambda t: print(t.px, t.sz, book.mid if book.valid else ""))
        client.run(seconds=5)

Names, units and errors stand with each class: `help(okx_fast.Client)`, `help(okx_fast.Book)`.
"""

from __future__ import annotations

from okx_fast._native import (
    Book,
    BookUpdate,
    Cost,
    Depth,
    Event,
    Level,
    Num,
    RawMessage,
    Replay,
    Subscription,
    Ticker,
    Trade,
    __version__,
    sign,
)
from okx_fast.client import Client, Options
from okx_fast.errors import (
    ApiError,
    BookGapError,
    BookInvalidError,
    ChecksumError,
    ClosedError,
    ConfigError,
    ConnectError,
    ForkError,
    MalformedError,
    OkxFastError,
    ProtocolError,
    RecordingError,
)
from okx_fast.exchange import Exchange
from okx_fast.sim import Sim
from okx_fast.site import Site
from okx_fast.verify import verify_file

__all__ = [
    "ApiError",
    "Book",
    "BookGapError",
    "BookInvalidError",
    "BookUpdate",
    "ChecksumError",
    "Client",
    "ClosedError",
    "ConfigError",
    "ConnectError",
    "Cost",
    "Depth",
    "Event",
    "Exchange",
    "ForkError",
    "Level",
    "MalformedError",
    "Num",
    "OkxFastError",
    "Options",
    "ProtocolError",
    "RawMessage",
    "RecordingError",
    "Replay",
    "Sim",
    "Site",
    "Subscription",
    "Ticker",
    "Trade",
    "__version__",
    "sign",
    "verify_file",
]
