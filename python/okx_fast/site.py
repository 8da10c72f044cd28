"""Where a client connects: the sites of OKX by name, or addresses of your own.

    global  eea  us  tr          where the account was opened decides: a key works on its own site only (else 50119)
    global-demo  eea-demo  us-demo
                                 the same REST hosts, other WebSocket hosts, keys of their own (else 50101)

Source: OKX API v5, Overview › Production and demo trading services; `openapi.okx.com` since 2026-05-20, port 443 for
every WebSocket since 2026-10-31. Hosts of other local sites, and of Turkey's WebSocket, are not established.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from okx_fast.errors import ConfigError

__all__ = ["SITES", "Site", "SiteName", "find_site", "site_at"]

_NAME = re.compile(r"[A-Za-z-]{1,16}").fullmatch

SiteName = Literal["global", "global-demo", "eea", "eea-demo", "us", "us-demo", "tr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The addresses of one environment.

    name: how messages call it.
    rest: `https://host[:port]`; `http://` is accepted for loopback only.
    ws_public, ws_private, ws_business: full URLs; `ws://` is accepted for loopback only.
    demo: whether it is for demo trading; REST requests then say so in a header.
    ca_file: PEM file of a further authority to trust, such as the simulator's.
    What is None cannot be reached: a client that needs it raises ConfigError.
    """

    name: str = "custom"
    rest: str | None = None
    ws_public: str | None = None
    ws_private: str | None = None
    ws_business: str | None = None
    demo: bool = False
    ca_file: str | None = None

    def __post_init__(self) -> None:
        for part in ("rest", "ws_public", "ws_private", "ws_business"):
            if "@" in (getattr(self, part) or ""):  # and not what it is: it may be a password
                raise ConfigError(f"{part}: expected an address without a user name (@)")


def site_at(
    name: str, *, rest: str | None = None, ws: str | None = None, demo: bool = False, ca_file: str | None = None
) -> Site:
    """The environment at the bases `https://host` and `wss://host`, on OKX's paths."""
    site = Site(name=name, rest=rest, demo=demo, ca_file=ca_file)
    if ws is None:
        return site
    path = ws + "/ws/v5/"
    return replace(site, ws_public=path + "public", ws_private=path + "private", ws_business=path + "business")


def _preset(name: str, rest: str, ws: str | None) -> tuple[str, Site]:
    demo = name.endswith("-demo")
    return name, site_at(name, rest=f"https://{rest}", ws=None if ws is None else f"wss://{ws}", demo=demo)


SITES: dict[str, Site] = dict(
    (
        _preset("global", "openapi.okx.com", "ws.okx.com"),
        _preset("global-demo", "openapi.okx.com", "wspap.okx.com"),
        _preset("eea", "eea.okx.com", "wseea.okx.com"),
        _preset("eea-demo", "eea.okx.com", "wseeapap.okx.com"),
        _preset("us", "us.okx.com", "wsus.okx.com"),
        _preset("us-demo", "us.okx.com", "wsuspap.okx.com"),
        _preset("tr", "tr.okx.com", None),
    )
)


def find_site(site: str | Site) -> Site:
    """The site of that name, or the one given. Raises ConfigError for an unknown name.

    "sim" is no name here: who takes it starts a simulator of its own.
    """
    if isinstance(site, Site):
        return site
    for name, known in SITES.items():
        if name == site:
            return known
    hint = ""
    if site in ("live", "demo"):
        names = [f"{name!r}" for name, known in SITES.items() if known.demo == (site == "demo")]
        hint = f"; where was the account opened? One of {', '.join(names)}"
    expected = ", ".join(f"{name!r}" for name in SITES)
    given: object = site  # perhaps a key, put here in error
    got = repr(given) if isinstance(given, str) and _NAME(given) else type(given).__name__
    raise ConfigError(f"site: expected {expected}, 'sim' or a Site, got {got}{hint}")
