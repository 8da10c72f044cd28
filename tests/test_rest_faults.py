"""What becomes of a call when the network or OKX fails: sent at most once if it changes something, over in time,
and ended in the documented exception.

    writes      no byte left: NotSentError     a byte may have left: OutcomeUnknownError     OKX's code: its class
    reads       tried again within the deadline, then TransportError, DeadlineError, GatewayError or OKX's class

Rules: OKX API v5, Overview › error codes; okx_fast.errors. A stub fails byte by byte, the simulator as OKX would.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from okx_fast import (
    ApiError,
    ClockError,
    ConnectError,
    DeadlineError,
    GatewayError,
    MaintenanceError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    Site,
    SystemBusyError,
    TransportError,
)
from tests.rest_calls import FLAVOURS, calling
from tests.stub_okx import Peer, Request, Stub, accept, reply, well

Behave = Callable[[Peer, Request], None]
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "2"}
SOON_S = 0.4  # a deadline that is meant to pass
GRACE_S = 8.0  # against hanging only: this is no measurement
TIME = "/api/v5/public/time"


def coded(code: str, status: str, s_code: str = "") -> Behave:
    """OKX's refusal, or an item's."""
    data = [{"ordId": "", "clOrdId": "c1", "tag": "", "sCode": s_code, "sMsg": "no"}] if s_code else []

    def behave(peer: Peer, request: Request) -> None:
        if request.path == TIME:
            well(peer, request)
        else:
            peer.answer({"code": code, "msg": "no", "data": data}, status)

    return behave


def page(status: str, body: str = "<html><title>no</title></html>") -> Behave:
    return lambda peer, _: peer.answer(body, status, Content_Type="text/html")


def reset(peer: Peer, _: Request) -> None:
    peer.reset()


def close(peer: Peer, _: Request) -> None:
    peer.sock.shutdown(socket.SHUT_RDWR)


def silent(peer: Peer, _: Request) -> None:
    peer.done.wait(GRACE_S)


def slow(peer: Peer, request: Request) -> None:
    peer.dribble(reply(accept(request)), 0.05)


def half_head(peer: Peer, _: Request) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: appl")
    close(peer, _)


def half_body(peer: Peer, request: Request) -> None:
    peer.send(reply(accept(request))[:-9])
    close(peer, request)


def half_json(peer: Peer, _: Request) -> None:
    peer.answer('{"code":"0","msg":"","data":[{"ordId":"1","sCo')


def half_chunk(peer: Peer, request: Request) -> None:
    peer.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cod')
    close(peer, request)


def not_http(peer: Peer, _: Request) -> None:
    peer.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    close(peer, _)


def empty(peer: Peer, _: Request) -> None:
    peer.answer("")


def timed(call: Callable[[], Any], at_most_s: float) -> BaseException | None:
    """How the call ended; it must not hang past its deadline."""
    began = time.monotonic()
    try:
        call()
    except Exception as error:  # noqa: BLE001  the caller looks at it
        return error
    finally:
        assert time.monotonic() - began < at_most_s + GRACE_S
    return None


def row(**fields: Any) -> Behave:
    """Code 0 with one row: what `fields` change in that of an order that was taken."""
    taken = {"ordId": "1", "clOrdId": "c1", "tag": "", "sCode": "0", "sMsg": ""}
    kept = {name: value for name, value in {**taken, **fields}.items() if value is not None}
    return lambda peer, _: peer.answer({"code": "0", "msg": "", "data": [kept]})


# Writes


# A byte may have left, and OKX's word on it never came; or its word is that it does not know.
UNKNOWN: dict[str, Behave] = {
    "reset after the request": reset,
    "closed after the request": close,
    "no reply": silent,
    "a body a byte at a time": slow,
    "half a head": half_head,
    "half a body": half_body,
    "half a chunk": half_chunk,
    "not HTTP": not_http,
    "half a JSON": half_json,
    "an empty body": empty,
    "no row": lambda peer, _: peer.answer({"code": "0", "msg": "", "data": []}),
    "a row without a verdict": row(sCode=None, ordId=None),
    "the row of another order": row(clOrdId="c0"),
    "half a JSON with 400": lambda peer, _: peer.answer('{"code":"50004","ms', "400 Bad Request"),
    "a gateway's 503 in the code": lambda peer, _: peer.answer({"code": 503, "msg": "oops"}),
    "HTML 408": page("408 Request Timeout"),
    "HTML with 200": page("200 OK"),
    "HTML 500": page("500 Internal Server Error"),
    "HTML 502": page("502 Bad Gateway"),
    "HTML 503": page("503 Service Unavailable"),
    "HTML 504": page("504 Gateway Timeout"),
    "50001": coded("50001", "503 Service Unavailable"),
    "50004": coded("50004", "400 Bad Request"),
    "50026": coded("50026", "500 Internal Server Error"),
    "51054": coded("51054", "500 Internal Server Error"),
    "51149": coded("51149", "500 Internal Server Error"),
    "sCode 51149": coded("1", "200 OK", "51149"),
    "sCode 50004": coded("1", "200 OK", "50004"),
}

# Those in which only the deadline ends the wait.
LASTING = ("no reply", "a body a byte at a time")
CODES = {name: name.removeprefix("sCode ") for name in UNKNOWN if name.removeprefix("sCode ").isdigit()}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_write_whose_reply_is_lost_is_sent_once_and_its_outcome_is_unknown(flavour: str, fault: str) -> None:
    with Stub(UNKNOWN[fault]) as stub, calling(flavour, stub.site()) as call:
        within = SOON_S if fault in LASTING else 5.0
        error = timed(lambda: call("trade.place_order", **ORDER, clOrdId="c1", timeout=within), within)
        assert isinstance(error, OutcomeUnknownError), repr(error)
        assert error.retry == "unknown-state"
        assert error.endpoint == "POST /api/v5/trade/order"
        assert error.cl_ord_id == "c1"
        assert error.params == {**ORDER, "clOrdId": "c1"}
        assert ("trade.order", {"instId": "BTC-USDT", "clOrdId": "c1"}) in error.find
        assert error.code == CODES.get(fault, "503" if fault.endswith("in the code") else None)
        assert len(stub.sent("POST")) == 1
        # Another call afterwards goes its own way.
        stub.behave = well
        assert call("trade.place_order", **ORDER, clOrdId="c2").cl_ord_id == "c2"
        assert [request.json["clOrdId"] for request in stub.sent("POST")] == ["c1", "c2"]


# OKX said that it was not done, or a gateway refused to take it.
REFUSED: dict[str, tuple[Behave, type[Exception], str]] = {
    "50011 with 429": (coded("50011", "429 Too Many Requests"), RateLimitError, "after-wait"),
    "50011 with 200": (coded("50011", "200 OK"), RateLimitError, "after-wait"),
    "50061": (coded("50061", "200 OK"), RateLimitError, "after-wait"),
    "sCode 50061": (coded("1", "200 OK", "50061"), RateLimitError, "after-wait"),
    "50013": (coded("50013", "429 Too Many Requests"), SystemBusyError, "after-wait"),
    "50102": (coded("50102", "401 Unauthorized"), ClockError, "yes"),
    "51008": (coded("1", "200 OK", "51008"), ApiError, "no"),
    "HTML 403": (page("403 Forbidden"), GatewayError, "no"),
    "HTML 404": (page("404 Not Found"), GatewayError, "no"),
    "HTML 429": (page("429 Too Many Requests"), GatewayError, "after-wait"),
}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("fault", REFUSED)
def test_a_write_that_is_refused_is_sent_once_and_never_again_by_itself(flavour: str, fault: str) -> None:
    behave, kind, retry = REFUSED[fault]
    with Stub(behave) as stub, calling(flavour, stub.site()) as call:
        error = timed(lambda: call("trade.place_order", **ORDER, timeout=2), 2)
        assert isinstance(error, kind), repr(error)
        assert not isinstance(error, OutcomeUnknownError)
        assert getattr(error, "retry", None) == retry
        assert len(stub.sent("POST")) == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_write_that_finds_nobody_was_not_sent(flavour: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with calling(flavour, Site(name="nobody", rest=f"http://127.0.0.1:{port}")) as call:
        error = timed(lambda: call("trade.place_order", **ORDER, timeout=2), 2)
        assert isinstance(error, NotSentError), repr(error)
        assert error.retry == "yes"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_connection_that_went_stale_is_found_before_a_byte_of_the_write_is_sent(flavour: str) -> None:
    with Stub() as stub, calling(flavour, stub.site()) as call:
        for number in range(5):
            assert call("trade.place_order", **ORDER, clOrdId=f"c{number}").cl_ord_id == f"c{number}"
            stub.peers[-1].sock.shutdown(socket.SHUT_RDWR)
        assert [request.json["clOrdId"] for request in stub.sent("POST")] == [f"c{number}" for number in range(5)]
        assert len(stub.peers) == 5


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_after_50102_the_clock_is_read_and_the_write_is_left_to_the_caller(flavour: str) -> None:
    with Stub(coded("50102", "401 Unauthorized")) as stub, calling(flavour, stub.site()) as call:
        error = timed(lambda: call("trade.place_order", **ORDER, timeout=2), 2)
        assert isinstance(error, ClockError)
        assert len(stub.sent("POST")) == 1
        assert {request.path for request in stub.sent("GET")} == {TIME}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_batch_with_an_unknown_item_keeps_the_successes(flavour: str) -> None:
    """OKX: code 2, some items failed; each says so in sCode."""

    def behave(peer: Peer, request: Request) -> None:
        answer = accept(request)
        answer["code"] = "2"
        answer["data"][1] |= {"sCode": "51149", "sMsg": "timed out", "ordId": ""}
        answer["data"][2] |= {"sCode": "51008", "sMsg": "no balance", "ordId": ""}
        peer.answer(answer)

    orders = [{**ORDER, "clOrdId": f"c{number}"} for number in range(3)]
    with Stub(behave) as stub, calling(flavour, stub.site()) as call:
        acks = call("trade.place_batch_orders", orders)
        assert [ack.s_code for ack in acks] == ["0", "51149", "51008"]
        assert [ack.ok for ack in acks] == [True, False, False]
        assert [ack.cl_ord_id for ack in acks] == ["c0", "c1", "c2"]
        assert len(stub.requests) == 1


# Reads

READ_AGAIN: dict[str, Behave] = {
    name: UNKNOWN[name]
    for name in (
        "reset after the request",
        "closed after the request",
        "half a head",
        "half a body",
        "half a chunk",
        "HTML 502",
        "HTML 503",
        "HTML 504",
        "50004",
        "50026",
    )
} | {
    "50011": coded("50011", "429 Too Many Requests"),
    "50013": coded("50013", "429 Too Many Requests"),
    "50001": coded("50001", "503 Service Unavailable"),
    "50102": coded("50102", "401 Unauthorized"),
}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("fault", READ_AGAIN)
def test_a_read_that_fails_once_is_read_again(flavour: str, fault: str) -> None:
    def first_only(peer: Peer, request: Request) -> None:
        mine = [other for other in stub.requests if other.path == request.path]
        (READ_AGAIN[fault] if len(mine) == 1 and request.path != TIME else well)(peer, request)

    with Stub(first_only) as stub, calling(flavour, stub.site()) as call:
        assert timed(lambda: call("trade.orders_pending", timeout=10), 10) is None
        assert len([request for request in stub.requests if request.path != TIME]) == 2


# What such a read ends in; a deadline that passes within a try is a DeadlineError whatever failed before.
READ_IN_VAIN: dict[str, tuple[Behave, type[Exception]]] = {
    "reset after the request": (reset, TransportError),
    "half a body": (half_body, TransportError),
    "half a head": (half_head, TransportError),
    "not HTTP": (not_http, TransportError),
    "no reply": (silent, DeadlineError),
    "a body a byte at a time": (slow, DeadlineError),
    "HTML 502": (page("502 Bad Gateway"), GatewayError),
    "HTML 403": (page("403 Forbidden"), GatewayError),
    "half a JSON": (half_json, GatewayError),
    "an empty body": (empty, GatewayError),
    "50011": (coded("50011", "429 Too Many Requests"), RateLimitError),
    "50013": (coded("50013", "429 Too Many Requests"), SystemBusyError),
    "50001": (coded("50001", "503 Service Unavailable"), MaintenanceError),
    "50004": (coded("50004", "400 Bad Request"), SystemBusyError),
    "50102": (coded("50102", "401 Unauthorized"), ClockError),
}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("fault", READ_IN_VAIN)
def test_a_read_that_fails_for_ever_ends_with_its_deadline(flavour: str, fault: str) -> None:
    behave, kind = READ_IN_VAIN[fault]
    with Stub(behave) as stub, calling(flavour, stub.site()) as call:
        error = timed(lambda: call("trade.orders_pending", timeout=SOON_S), SOON_S)
        assert isinstance(error, (kind, DeadlineError)), repr(error)
        assert not isinstance(error, OutcomeUnknownError)
        assert stub.requests


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_read_that_finds_nobody_ends_with_its_deadline(flavour: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with calling(flavour, Site(name="nobody", rest=f"http://127.0.0.1:{port}")) as call:
        error = timed(lambda: call("market.ticker", instId="BTC-USDT", timeout=SOON_S), SOON_S)
        assert isinstance(error, (TransportError, DeadlineError, ConnectError)), repr(error)
