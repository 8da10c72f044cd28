"""Every row of the table is called once through its method: what goes over the wire is what the row says.

Rows and their facts: okx_fast/rest/endpoints.jsonl. The stub writes down method, path, parameters, headers.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import LimitError, ParameterError, sign
from okx_fast.rest import table
from tests.rest_calls import FLAVOURS, calling, invoke, made_up, somebody, target
from tests.stub_okx import KEY, PASSPHRASE, SECRET, Request, Stub

if TYPE_CHECKING:
    from okx_fast.rest.table import Row

ROWS = table.load()
SIGNED = {"ok-access-key", "ok-access-sign", "ok-access-timestamp", "ok-access-passphrase"}
EXP_TIME = 1_900_000_000_000


def sent_by(row: Row, params: dict[str, Any], request: Request) -> None:
    """The request is the row's call with these parameters."""
    path, left = target(row, params)
    assert (request.method, request.path) == (row.method, path)
    if row.body == "query":
        assert request.body == b"", "a GET has no body"
        want = {name: ",".join(value) if isinstance(value, list) else value for name, value in left.items()}
        assert dict(request.pairs) == {name: _text(value) for name, value in want.items()}
        assert len(request.pairs) == len(want), "no parameter comes twice"
    else:
        assert request.query == "", "a POST has no query"
        assert request.json == ([left] if row.body == "json-array" else left)
        assert request.headers["content-type"] == "application/json"
        assert int(request.headers["content-length"]) == len(request.body)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("demo", [False, True], ids=["live", "demo"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_row_is_sent_as_the_table_says(flavour: str, demo: bool) -> None:
    with Stub() as stub, calling(flavour, stub.site(demo=demo)) as call:
        for row in ROWS:
            params = made_up(row)
            before = len(stub.requests)
            exp_time = {"exp_time": EXP_TIME} if row.exp_time else {}
            invoke(call, row, params, **exp_time)
            (request,) = stub.requests[before:]
            sent_by(row, params, request)
            headers = request.headers
            assert set(headers) & SIGNED == (SIGNED if row.auth else set()), row.name
            assert headers.get("x-simulated-trading") == ("1" if demo else None), row.name
            assert headers.get("exptime") == (str(EXP_TIME) if row.exp_time else None), row.name
            if row.auth:
                assert headers["ok-access-key"].startswith(KEY)
                assert headers["ok-access-passphrase"] == PASSPHRASE
                assert headers["ok-access-sign"] == sign(SECRET, request.prehash), row.name
        assert len(stub.requests) == len(ROWS) == 430


def test_only_what_is_required_is_sent_when_no_more_is_given() -> None:
    with Stub() as stub, calling("sync", stub.site()) as call:
        for row in ROWS:
            params = {name: value for name, value in made_up(row).items() if name in row.required}
            invoke(call, row, params)
            sent_by(row, params, stub.requests[-1])


def test_none_is_the_same_as_leaving_a_parameter_out() -> None:
    with Stub() as stub, calling("sync", stub.site()) as call:
        for row in ROWS:
            if row.body == "json-array":
                continue
            params = {name: value for name, value in made_up(row).items() if name in row.required}
            invoke(call, row, {**dict.fromkeys(row.optional), **params})
            sent_by(row, params, stub.requests[-1])


def test_a_required_parameter_left_out_is_refused_by_name_and_nothing_is_sent() -> None:
    with Stub() as stub, calling("sync", stub.site()) as call:
        for row in ROWS:
            params = {name: value for name, value in made_up(row).items() if name in row.required}
            for name in row.required:
                less = {key: value for key, value in params.items() if key != name}
                with pytest.raises(ParameterError) as caught:
                    invoke(call, row, less)
                assert name in str(caught.value), f"{row.name} without {name}"
        assert not stub.requests


def test_an_unknown_parameter_is_refused_by_name_and_extra_is_sent_as_it_is() -> None:
    with Stub() as stub, calling("sync", stub.site()) as call:
        for row in ROWS:
            if row.body == "json-array":
                continue
            params = {name: value for name, value in made_up(row).items() if name in row.required}
            with pytest.raises((ParameterError, TypeError), match="newParam"):
                invoke(call, row, {**params, "newParam": "1"})
            invoke(call, row, params, extra={"newParam": "a b"})
            sent_by(row, {**params, "newParam": "a b"}, stub.requests[-1])
        assert len(stub.requests) == sum(row.body != "json-array" for row in ROWS)


def test_a_float_is_refused_wherever_it_stands_and_nothing_is_sent() -> None:
    with Stub() as stub, calling("sync", stub.site()) as call:
        for row in ROWS:
            for name, value in made_up(row).items():
                if isinstance(value, bool):
                    continue
                spoilt = {**made_up(row), name: [{"a": 0.1}] if isinstance(value, (list, dict)) else 0.1}
                with pytest.raises(ParameterError, match=name):
                    invoke(call, row, spoilt)
        assert not stub.requests


def test_the_limit_of_every_row_is_its_count_in_its_window() -> None:
    """After `count` calls in one window the next is refused here, in "fail" mode, and not sent."""
    with Stub() as stub, calling("sync", stub.site(), limit_mode="fail") as call:
        for row in ROWS:
            if row.count == 0 or row.single or row.count * row.seconds == 0:
                continue
            params = {name: value for name, value in made_up(row).items() if name in row.required}
            _use_up(call, stub, row, params)


def _use_up(call: Any, stub: Stub, row: Row, params: dict[str, Any]) -> None:
    began, before = time.monotonic(), len(stub.requests)
    for _ in range(row.count):
        invoke(call, row, params)
    with pytest.raises(LimitError) as caught:
        invoke(call, row, params)
    assert len(stub.requests) - before == row.count, row.name
    took = time.monotonic() - began
    assert row.seconds - took - 0.1 <= caught.value.retry_in_s <= row.seconds * 1.03 + 0.1, row.name


@pytest.mark.parametrize("row", [row for row in ROWS if row.single], ids=lambda row: row.name)
def test_a_batch_counts_its_items_and_a_batch_of_one_counts_as_the_single_call(row: Row) -> None:
    """OKX: 300 orders in 2 s by batches, 60 one by one; a batch of one is one by one."""
    item = {name: value for name, value in made_up(row).items() if name in row.required}
    with Stub() as stub, calling("sync", stub.site(), limit_mode="fail") as call:
        for _ in range(row.count // row.max_items):
            call(row.name, [item] * row.max_items)
        with pytest.raises(LimitError):
            call(row.name, [item] * 2)
        assert len(stub.requests) == row.count // row.max_items
        single = table.by_name(row.single)
        assert single is not None
        for _ in range(single.count):
            call(row.name, [item])
        with pytest.raises(LimitError):
            call(row.name, [item])
        with pytest.raises(LimitError):
            invoke(call, single, {name: value for name, value in made_up(single).items() if name in single.required})
        assert json.loads(stub.requests[-1].body) == [item]


def test_instruments_have_limits_of_their_own_and_options_share_that_of_their_family() -> None:
    row = table.by_name("trade.cancel_order")
    assert row is not None
    with Stub() as stub, calling("sync", stub.site(), limit_mode="fail") as call:
        _use_up(call, stub, row, {"instId": "BTC-USDT", "ordId": "1"})
        call(row.name, instId="ETH-USDT", ordId="1")
        _use_up(call, stub, row, {"instId": "BTC-USD-261225-90000-C", "ordId": "1"})
        with pytest.raises(LimitError):
            call(row.name, instId="BTC-USD-261225-80000-P", ordId="1")
        call(row.name, instId="ETH-USD-261225-4000-P", ordId="1")


def test_the_order_cap_of_a_sub_account_counts_new_and_amended_orders_of_all_instruments() -> None:
    """OKX 50061: placing and amending together, each order of a batch; cancels are free."""
    with Stub() as stub, calling("sync", stub.site(), limit_mode="fail", order_cap=50) as call:
        order = {"tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "1"}
        call("trade.place_batch_orders", [{"instId": f"A{n}-USDT", **order} for n in range(20)])
        call("trade.amend_batch_orders", [{"instId": f"B{n}-USDT", "ordId": "1", "newSz": "1"} for n in range(20)])
        for number in range(10):
            call("trade.place_order", instId=f"C{number}-USDT", **order)
        with pytest.raises(LimitError):
            call("trade.amend_order", instId="D-USDT", ordId="1", newSz="1")
        with pytest.raises(LimitError):
            call("trade.place_order", instId="D-USDT", **order)
        call("trade.cancel_order", instId="D-USDT", ordId="1")
        assert len(stub.requests) == 13


def test_limits_by_ip_go_with_the_address_and_limits_by_user_with_the_key() -> None:
    mine, here = somebody()
    other, elsewhere = somebody()
    fixed: dict[str, Any] = {"limit_mode": "fail"}
    with (
        Stub() as stub,
        calling("sync", stub.site(), credentials=mine, local_address=here, **fixed) as first,
        calling("sync", stub.site(), credentials=other, local_address=here, **fixed) as neighbour,
        calling("sync", stub.site(), credentials=mine, local_address=elsewhere, **fixed) as sibling,
    ):
        for name, shares, apart in (("public.time", neighbour, sibling), ("account.balance", sibling, neighbour)):
            row = table.by_name(name)
            assert row is not None
            _use_up(first, stub, row, {})
            with pytest.raises(LimitError):
                shares(name)
            apart(name)
