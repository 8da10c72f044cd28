"""OKX's REST API: every endpoint of one table, signed, limited and safe.

with okx_fast.Rest("sim") as rest:
    rest.market.ticker(instId="BTC-USDT")
    rest.trade.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px="60000", sz="0.01")

Rest, AsyncRest ─▶ namespaces ─▶ method (one table row each) ─▶ RestCore (Rust) ─▶ reply ─▶ typed result or error
"""

from __future__ import annotations

__all__: list[str] = []
