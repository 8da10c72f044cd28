"""OKX's REST API: every endpoint of one table, signed, limited and safe.

    with okx_fast.Rest("sim") as rest:
        rest.market.ticker(instId="BTC-USDT")
        rest.trade.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px="60000", sz="0.01")

    Rest, AsyncRest ─▶ namespaces ─▶ method (one table row each) ─▶ RestCore (Rust) ─▶ reply ─▶ typed result or error

Clients are imported when first asked for: a program that only reads market data does not pay for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from okx_fast.rest.aio import AsyncRest
    from okx_fast.rest.client import Rest
    from okx_fast.rest.link import RestOptions
    from okx_fast.rest.reply import Reply

__all__ = ["AsyncRest", "Reply", "Rest", "RestOptions"]

_WHERE = {"AsyncRest": "aio", "Reply": "reply", "Rest": "client", "RestOptions": "link"}


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value
