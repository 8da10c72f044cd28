"""Where a client connects: sets of hosts, by name or made by hand.

Source: OKX API v5, Overview › Production and demo trading services (port 443 since 2026-10-31).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SITES", "Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The addresses of one environment.

    ws_public, ws_business: full URLs; `ws://` is accepted for loopback only.
    ca_file: PEM file of a further authority to trust, such as the simulator's.
    """

    ws_public: str
    ws_business: str | None = None
    ca_file: str | None = None


def site_at(base: str, ca_file: str | None = None) -> Site:
    """The environment at `wss://host`, on OKX's paths."""
    return Site(ws_public=base + "/ws/v5/public", ws_business=base + "/ws/v5/business", ca_file=ca_file)


SITES = {"live": site_at("wss://ws.okx.com"), "demo": site_at("wss://wspap.okx.com")}
