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


def _okx(host: str) -> Site:
    return Site(ws_public=f"wss://{host}/ws/v5/public", ws_business=f"wss://{host}/ws/v5/business")


SITES = {"live": _okx("ws.okx.com"), "demo": _okx("wspap.okx.com")}
