"""The sites of OKX by name. Source: OKX API v5, Overview › Production and demo trading services."""

from __future__ import annotations

import pickle
from urllib.parse import urlsplit

import pytest

import okx_fast
from okx_fast import ConfigError, Exchange, Sim, Site
from okx_fast.site import SITES, find_site

HOSTS = [  # name, REST, WebSocket, demo
    ("global", "openapi.okx.com", "ws.okx.com", False),
    ("global-demo", "openapi.okx.com", "wspap.okx.com", True),
    ("eea", "eea.okx.com", "wseea.okx.com", False),
    ("eea-demo", "eea.okx.com", "wseeapap.okx.com", True),
    ("us", "us.okx.com", "wsus.okx.com", False),
    ("us-demo", "us.okx.com", "wsuspap.okx.com", True),
    ("tr", "tr.okx.com", None, False),  # its WebSocket host is not established
]


@pytest.mark.parametrize(("name", "rest", "ws", "demo"), HOSTS, ids=[row[0] for row in HOSTS])
def test_each_site_has_its_hosts_for_rest_and_websocket_together(
    name: str, rest: str, ws: str | None, demo: bool
) -> None:
    sockets = [None if ws is None else f"wss://{ws}/ws/v5/{kind}" for kind in ("public", "private", "business")]
    want = Site(
        name=name,
        rest=f"https://{rest}",
        ws_public=sockets[0],
        ws_private=sockets[1],
        ws_business=sockets[2],
        demo=demo,
    )
    assert SITES[name] == find_site(name) == want


def test_there_are_no_other_sites_and_none_uses_a_port_of_its_own() -> None:
    assert list(SITES) == [row[0] for row in HOSTS]
    for site in SITES.values():
        for url in (site.rest, site.ws_public, site.ws_private, site.ws_business):
            assert url is None or urlsplit(url).port is None  # 443; 8443 is refused since 2026-10-31


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("live", "One of 'global', 'eea', 'us', 'tr'"),
        ("demo", "One of 'global-demo', 'eea-demo', 'us-demo'"),
        (
            "aws",
            "expected 'global', 'global-demo', 'eea', 'eea-demo', 'us', 'us-demo', 'tr', 'sim' or a Site, got 'aws'",
        ),
        (None, "got NoneType"),
        (["global"], "got list"),
        ("0123-a-key-put-here-in-error", "got str$"),
    ],
)
def test_a_name_that_is_no_site_is_refused_with_those_that_are(name: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_site(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["rest", "ws_public", "ws_private", "ws_business"])
def test_an_address_with_a_password_is_refused_and_not_shown(part: str) -> None:
    with pytest.raises(ConfigError, match=part) as caught:
        Site(**{part: "https://me:canary@example.com"})  # type: ignore[arg-type]
    assert "canary" not in f"{caught.value!r}"


def test_a_site_of_your_own_is_taken_as_it_is() -> None:
    mine = Site(rest="https://proxy.example", ca_file="ca.pem")
    assert find_site(mine) is mine
    assert pickle.loads(pickle.dumps(mine)) == mine  # noqa: S301  # our own bytes
    with pytest.raises(ConfigError, match="'custom' has no known WebSocket"):
        okx_fast.Client(mine)


def test_an_exchange_tells_all_of_its_addresses(okx_exchange: Exchange) -> None:
    ws = okx_exchange.wss + "/ws/v5/"
    want = {"name": "sim", "rest": okx_exchange.rest_tls, "ca_file": okx_exchange.ca_file}
    sockets = {"ws_public": ws + "public", "ws_private": ws + "private", "ws_business": ws + "business"}
    assert okx_exchange.site() == Site(**want, **sockets)
    assert okx_exchange.site(demo=True).demo
    plain = okx_exchange.site(tls=False)
    assert (plain.rest, plain.ca_file) == (okx_exchange.rest, None)
    assert plain.ws_private == okx_exchange.ws + "/ws/v5/private"


def test_a_feed_has_no_rest() -> None:
    with Sim(messages=10) as sim:
        assert (sim.site().rest, sim.site().ws_public) == (None, f"{sim.wss}/ws/v5/public")
