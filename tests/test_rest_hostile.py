"""Replies that no honest OKX sends: whatever comes ends in a result or in an error of ours, at once, and what may have
changed something never ends in an error that says it did not.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Rest, RestOptions, errors
from okx_fast.rest import reply
from okx_fast.rest.models import OrderAck
from tests.rest_calls import somebody
from tests.stub_okx import Peer, Request, Stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORDER = {"instId": "A", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "1"}
ROW = {"ordId": "1", "clOrdId": "", "sCode": "0", "sMsg": ""}
READS_WITHIN_S = 0.2
AT_ONCE_S = 3.0
CANARY = "canary"


def ok(data: Any, **fields: Any) -> bytes:
    return json.dumps({"code": "0", "msg": "", "data": data, **fields}).encode()


BODIES: dict[str, bytes] = {
    "deep lists": b'{"code":"0","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"code":"0","data":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "as deep as orjson takes": b'{"code":"0","data":' + b"[" * 900 + b"]" * 900 + b"}",
    "a time of 5000 digits": ok([ROW], inTime="9" * 5000, outTime="1"),
    "a time in other digits": ok([ROW], inTime="١٢", outTime="²"),
    **{f"data {data!r}": ok(data) for data in ("x", 5, True, None, {}, [None], [5], [[]], [[[]]], [{}])},
    **{f"code {code!r}": json.dumps({"code": code, "data": []}).encode() for code in (["0"], {"a": 1}, False, 0.0)},
    "a code of 6000 digits": b'{"code":' + b"9" * 6000 + b',"data":[]}',
    "an sCode that is a list": ok([{**ROW, "sCode": ["1"]}]),
    "codes that are objects": ok([{**ROW, "sCode": {"a": 1}, "subCode": {"b": 1}, "sMsg": {"c": 1}}]),
    "ids that are objects": ok([{**ROW, "ordId": {"a": 1}, "clOrdId": ["b"]}] * 2),
    "exponents without end": ok([{**ROW, "last": "1E+999999999", "accRateLimit": "1E+999999", "ts": "9" * 5000}]),
    "a negative cap": ok([{"accRateLimit": "-5"}]),
    "not a number": b'{"code":"0","data":[{"last":NaN}]}',
    "half a character": b'{"code":"0","data":[{"ordId":"\\ud800","sCode":"0"}]}',
    "two replies": ok([]) + ok([]),
}

CALLS: dict[str, Callable[[Rest], Any]] = {
    "place_order": lambda rest: rest.trade.place_order(**ORDER).ok,
    "place_batch_orders": lambda rest: [ack.error for ack in rest.trade.place_batch_orders([ORDER, ORDER])],
    "transfer": lambda rest: rest.asset.transfer(ccy="A", amt="1", from_="6", to="18"),
    "ticker": lambda rest: (ticker := rest.market.ticker(instId="A"), ticker.last, ticker.ts_ms),
    "candles": lambda rest: [candle.open for candle in rest.market.candles(instId="A")],
    "instruments": lambda rest: rest.instruments.load("SPOT"),
    "order cap": lambda rest: rest.sync_order_cap(),
    "audit": lambda rest: rest.audit_key(),
    "clock": lambda rest: rest.sync_clock(timeout=READS_WITHIN_S),
    "pages": lambda rest: list(rest.pages("trade.fills_history", instType="SPOT", max_items=3)),
    "request": lambda rest: repr(rest.request("GET", "/api/v5/something/new")),
}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


def client(stub: Stub) -> Rest:
    credentials, address = somebody()
    options = RestOptions(timeout_s=READS_WITHIN_S, local_address=address)
    return Rest(stub.site(), credentials=credentials, options=options)


@pytest.mark.parametrize("body", BODIES)
def test_whatever_comes_ends_in_a_result_or_in_an_error_of_ours(stub: Stub, body: str) -> None:
    stub.behave = lambda peer, _: peer.answer(BODIES[body])
    for name, call in CALLS.items():
        with client(stub) as rest:
            start = time.monotonic()
            with contextlib.suppress(errors.OkxFastError):
                call(rest)
            assert time.monotonic() - start < AT_ONCE_S, name


@pytest.mark.parametrize("body", ["data [{}]", "data [None]", "code ['0']", "code False", "code 0.0", "two replies"])
def test_an_order_whose_reply_makes_no_sense_is_in_doubt(stub: Stub, body: str) -> None:
    stub.behave = lambda peer, _: peer.answer(BODIES[body])
    with client(stub) as rest, pytest.raises(errors.OutcomeUnknownError) as caught:
        rest.trade.place_order(**ORDER)
    assert caught.value.find


def test_an_item_of_a_batch_that_says_nothing_is_in_doubt_and_the_others_stay(stub: Stub) -> None:
    stub.behave = lambda peer, _: peer.answer(ok([ROW, {}]))
    with client(stub) as rest:
        first, second = rest.trade.place_batch_orders([ORDER, ORDER])
    assert (first.ok, first.error) == (True, None)
    assert not second.ok
    assert isinstance(second.error, errors.OutcomeUnknownError)


@pytest.mark.parametrize("items", [[[{"a": "1"}]], [None], ["x"], [{"a": "1"}, 1]])
@pytest.mark.parametrize("path", ["/api/v5/trade/something-new", "/api/v5/trade/batch-orders"])
def test_a_list_of_anything_but_mappings_is_refused_before_it_is_sent(stub: Stub, path: str, items: Any) -> None:
    with client(stub) as rest, pytest.raises(errors.ParameterError):
        rest.request("POST", path, items)
    assert stub.requests == []


def test_an_s_code_may_be_a_number() -> None:
    assert OrderAck({**ROW, "sCode": 0}).ok
    assert OrderAck({**ROW, "sCode": 0}).error is None
    assert isinstance(OrderAck({**ROW, "sCode": 51008}).error, errors.BalanceError)


def test_a_new_secret_is_in_no_exception(stub: Stub) -> None:
    cut = b'{"code":"0","data":[{"apiKey":"a","secretKey":"canary","passphrase":"canary"'
    stub.behave = lambda peer, _: peer.answer(cut)
    with client(stub) as rest:
        with pytest.raises(errors.OutcomeUnknownError) as caught:
            rest.users.create_subaccount_apikey(subAcct="a", label="b", passphrase=CANARY)
        assert CANARY not in f"{caught.value!r} {caught.value} {vars(caught.value)}"
        with pytest.raises(errors.GatewayError) as read:
            rest.request("GET", "/api/v5/users/subaccount/apikey")
        assert CANARY not in f"{read.value!r} {read.value}"


def test_a_redirect_is_not_followed(stub: Stub) -> None:
    def elsewhere(peer: Peer, _: Request) -> None:
        peer.answer(b"", "307 Temporary Redirect", Location=stub.url + "/api/v5/elsewhere")

    stub.behave = elsewhere
    with client(stub) as rest:
        with pytest.raises(errors.GatewayError) as caught:
            rest.trade.place_order(**ORDER)
        assert caught.value.status == 307
        with pytest.raises(errors.GatewayError):
            rest.account.balance()
    assert {request.path for request in stub.requests} == {"/api/v5/trade/order", "/api/v5/account/balance"}


def test_a_reply_prints_its_data_once() -> None:
    made = reply.Reply(
        status=200, code="0", msg="", data=[1], in_time_us=None, out_time_us=None, request_id=None,
        raw=b"body", sent_ns=1, recv_ns=2,
    )  # fmt: skip
    assert "body" not in repr(made)
