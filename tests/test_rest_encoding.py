"""Text arrives as it was given: percent-encoded once in paths and queries, as JSON in bodies, signed as sent.

OKX API v5, Overview › REST authentication: the signature covers path, query and body byte for byte.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from okx_fast import ParameterError, sign
from tests.rest_calls import FLAVOURS, calling
from tests.stub_okx import SECRET, Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = string.ascii_letters + string.digits + "-._~"  # RFC 3986, 2.3: unreserved
HARD = [
    "a b",
    "a+b",
    "a%20b",
    "a%2Cb",
    "100%",
    "a&b=c",
    "a?b#c",
    "a/b\\c",
    "BTC,ETH",
    "a;b:c@d!$'()*[]",
    'say "yes"',
    "é ü ß",
    "中文地址",
    "😀",
    "e\u0301",
    "\u0000\t\r\n\u007f",
    "",
    KEPT,
]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


@pytest.fixture(scope="module")
def call(stub: Stub) -> Iterator[Any]:
    with calling("sync", stub.site(), limit_mode="wait") as call:
        yield call


def arrives(call: Any, stub: Stub, text: str) -> None:
    """In a query, in a signed query, in a body, at the top and inside."""
    call("request", "GET", "/api/v5/market/new-thing", {"instId": text}, signed=False)
    unsigned = stub.requests[-1]
    assert unsigned.pairs == [("instId", text)]
    assert re.fullmatch(r"instId=([A-Za-z0-9._~-]|%[0-9A-F]{2})*", unsigned.query)
    assert "ok-access-sign" not in unsigned.headers

    call("request", "GET", "/api/v5/account/new-thing", {"a": text, "b": "x"})
    signed = stub.requests[-1]
    assert signed.pairs == [("a", text), ("b", "x")]
    assert signed.headers["ok-access-sign"] == sign(SECRET, signed.prehash)

    body = {"remark": text, "list": [{"inner": text}], text: "as a name"}
    call("request", "POST", "/api/v5/account/new-thing", body)
    posted = stub.requests[-1]
    assert posted.json == body
    assert posted.headers["ok-access-sign"] == sign(SECRET, posted.prehash)


@pytest.mark.parametrize("text", HARD)
def test_hard_text_arrives_intact(call: Any, stub: Stub, text: str) -> None:
    arrives(call, stub, text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_arrives_intact(call: Any, stub: Stub, text: str) -> None:
    arrives(call, stub, text)


def test_every_byte_is_kept_or_encoded(call: Any, stub: Stub) -> None:
    for number in range(128):
        call("request", "GET", "/api/v5/market/new-thing", {"a": chr(number)}, signed=False)
        got = stub.requests[-1].query
        assert got == f"a={chr(number)}" if chr(number) in KEPT else f"a=%{number:02X}"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_methods_encode_what_they_are_given(stub: Stub, flavour: str) -> None:
    with calling(flavour, stub.site()) as call:
        call("asset.balances", ccy=["BTC", "E&T=H"])
        assert stub.requests[-1].query == "ccy=BTC%2CE%26T%3DH"
        call("asset.balances", extra={"new Param": "a b"})
        assert stub.requests[-1].query == "new%20Param=a%20b"
        call("predictions.events_by_event_id", eventId="a?b=c d%&é")
        assert stub.requests[-1].target == "/api/v5/predictions/events/a%3Fb%3Dc%20d%25%26%C3%A9"
        assert stub.requests[-1].headers.get("ok-access-sign") in (None, sign(SECRET, stub.requests[-1].prehash))


@pytest.mark.parametrize("text", ["a/b", "..", ".", "", "a\nb", "../../account/balance"])
def test_what_would_change_the_path_is_refused_and_nothing_is_sent(call: Any, stub: Stub, text: str) -> None:
    before = len(stub.requests)
    with pytest.raises(ParameterError, match="eventId"):
        call("predictions.events_by_event_id", eventId=text)
    assert len(stub.requests) == before


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_character_is_refused_and_nothing_is_sent(call: Any, stub: Stub, text: str) -> None:
    before = len(stub.requests)
    for method in ("GET", "POST"):
        with pytest.raises(ParameterError):
            call("request", method, "/api/v5/account/new-thing", {"a": text})
    assert len(stub.requests) == before
