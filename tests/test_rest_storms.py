"""REST calls against a simulated exchange that is ill: what was sent is read from the exchange's own log.

No state-changing request is sent twice, each call ends in the documented exception, and what is said about the
outcome is what the exchange did.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import (
    ApiError,
    ClockError,
    Exchange,
    LimitError,
    MaintenanceError,
    NotSentError,
    OrderStateError,
    OutcomeUnknownError,
    RateLimitError,
    RequestError,
)
from okx_fast.credentials import Credentials
from tests.rest_calls import FLAVOURS, calling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

# A key for each client: OKX counts by user, and so does ours; whose bucket a storm closed stays closed a while.
KEYS = [{"apiKey": f"key-{n}", "secretKey": "s", "passphrase": "p", "perm": "read_only,trade"} for n in range(99)]
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "50000"}
SOON_S = 0.5
GRACE_S = 8.0  # against hanging only


@pytest.fixture(scope="module")
def shared() -> Iterator[Exchange]:
    account = {"label": "main", "balances": {"USDT": "100000"}, "keys": KEYS}
    with Exchange(house={"enabled": False}, limits=0, accounts=[account]) as exchange:
        yield exchange


@pytest.fixture
def exchange(shared: Exchange) -> Iterator[Exchange]:
    yield shared
    shared.clear_faults()


_keys = iter(KEYS)


def client(flavour: str, exchange: Exchange, **options: Any) -> AbstractContextManager[Any]:
    """A client with a key of its own."""
    key = next(_keys)
    credentials = Credentials(key["apiKey"], key["secretKey"], key["passphrase"])
    return calling(flavour, exchange.site(tls=False), credentials=credentials, **options)


@pytest.fixture(params=FLAVOURS)
def call(request: pytest.FixtureRequest, exchange: Exchange) -> Iterator[Any]:
    with client(request.param, exchange) as call:
        yield call


def unique(stem: str) -> str:
    """A client order id no other test of this process uses."""
    return f"{stem}{time.monotonic_ns()}"


def posts(exchange: Exchange, cl_ord_id: str, endpoint: str = "trade/order") -> int:
    """How many times the exchange was asked that."""
    return sum(
        entry["kind"] == "rest"
        and entry["method"] == "POST"
        and entry["name"].endswith(endpoint)
        and entry["clOrdId"] == cl_ord_id
        for entry in exchange.log()
    )


def test_an_order_whose_ack_is_lost_is_found_by_what_the_error_says(exchange: Exchange, call: Any) -> None:
    exchange.fault("ack_lost", endpoint="trade/order")
    cl_ord_id = unique("a")
    with pytest.raises(OutcomeUnknownError) as caught:
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
    assert caught.value.code == "50004"
    assert posts(exchange, cl_ord_id) == 1
    name, params = caught.value.find[0]
    assert call(name, **params).state == "live"


def test_an_order_that_was_lost_on_the_way_is_not_found(exchange: Exchange, call: Any) -> None:
    exchange.fault("request_lost", endpoint="trade/order")
    cl_ord_id = unique("l")
    with pytest.raises(OutcomeUnknownError) as caught:
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id, timeout=SOON_S)
    assert caught.value.code is None
    assert posts(exchange, cl_ord_id) == 1
    name, params = caught.value.find[0]
    with pytest.raises(OrderStateError):
        call(name, **params)


@pytest.mark.parametrize("kind", ["tcp_reset", "half_open"])
def test_an_order_whose_connection_breaks_is_sent_once(exchange: Exchange, call: Any, kind: str) -> None:
    exchange.fault(kind, endpoint="trade/order")
    cl_ord_id = unique("r")
    began = time.monotonic()
    with pytest.raises(OutcomeUnknownError):
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id, timeout=SOON_S)
    assert time.monotonic() - began < SOON_S + GRACE_S
    assert posts(exchange, cl_ord_id) == 1
    assert call("trade.place_order", **ORDER, clOrdId=unique("r")).ok


def test_an_order_answered_after_its_deadline_is_unknown_and_stands(exchange: Exchange, call: Any) -> None:
    exchange.fault("latency", path="ack", endpoint="trade/order", us=int((SOON_S + 0.5) * 1e6))
    cl_ord_id = unique("s")
    with pytest.raises(OutcomeUnknownError):
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id, timeout=SOON_S)
    assert posts(exchange, cl_ord_id) == 1
    assert call("trade.order", instId="BTC-USDT", clOrdId=cl_ord_id).state == "live"


@pytest.mark.parametrize("code", ["50026", "51054", "51149"])
def test_a_code_of_unknown_state_is_not_taken_for_a_refusal(exchange: Exchange, call: Any, code: str) -> None:
    exchange.fault("error", endpoint="trade/order", code=code)
    cl_ord_id = unique("u")
    with pytest.raises(OutcomeUnknownError) as caught:
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
    assert caught.value.code == code
    assert posts(exchange, cl_ord_id) == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_in_a_storm_of_50011_writes_fail_once_each_and_then_wait_here(exchange: Exchange, flavour: str) -> None:
    """OKX: wait at least one window; asking again before only feeds the storm."""
    exchange.fault("error", endpoint="trade/order", code="50011", count=1000)
    cl_ord_id = unique("t")
    with client(flavour, exchange, limit_mode="fail") as call:
        with pytest.raises(RateLimitError):
            call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
        with pytest.raises(LimitError) as caught:
            call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
        assert 0 < caught.value.retry_in_s <= 2.5
        assert posts(exchange, cl_ord_id) == 1
        call("trade.cancel_order", instId="BTC-USDT", clOrdId=call_an_order(exchange, call))


def call_an_order(exchange: Exchange, call: Any) -> str:
    """An order placed where the storm is not."""
    cl_ord_id = unique("o")
    exchange.clear_faults()
    acks = call("trade.place_batch_orders", [{**ORDER, "clOrdId": cl_ord_id}, {**ORDER, "clOrdId": unique("o")}])
    assert all(ack.ok for ack in acks)
    return cl_ord_id


def test_reads_outlive_a_short_storm(exchange: Exchange, call: Any) -> None:
    exchange.fault("error", endpoint="account/balance", code="50011")
    exchange.fault("error", endpoint="trade/orders-pending", code="50004", count=2)
    assert call("account.balance", timeout=20).raw
    call("trade.orders_pending", timeout=20)


def test_maintenance_leaves_a_write_open_and_its_announcement_stays_readable(exchange: Exchange, call: Any) -> None:
    exchange.fault("maintenance", ms=60_000, code="50001")
    cl_ord_id = unique("m")
    with pytest.raises(OutcomeUnknownError):
        call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
    assert posts(exchange, cl_ord_id) == 1
    with pytest.raises(MaintenanceError):
        call("account.balance", timeout=SOON_S)
    assert call("system.status")


@pytest.mark.parametrize("skew_ms", [60_000, -60_000])
def test_a_skewed_clock_is_read_anew_and_the_write_is_not_resent(exchange: Exchange, call: Any, skew_ms: int) -> None:
    exchange.fault("clock_skew", ms=skew_ms)
    try:
        cl_ord_id = unique("k")
        with pytest.raises(ClockError) as caught:
            call("trade.place_order", **ORDER, clOrdId=cl_ord_id)
        assert caught.value.retry == "yes"
        assert posts(exchange, cl_ord_id) == 1
        assert call("trade.place_order", **ORDER, clOrdId=cl_ord_id).ok
    finally:
        exchange.fault("clock_skew", ms=0)


def test_reads_go_on_over_a_skewed_clock(exchange: Exchange, call: Any) -> None:
    exchange.fault("clock_skew", ms=45_000)
    try:
        assert call("account.balance").raw
    finally:
        exchange.fault("clock_skew", ms=0)


# What a storm may do, and to which endpoints.
WEATHER: list[dict[str, Any]] = [
    {"kind": "ack_lost", "endpoint": "trade/order"},
    {"kind": "ack_lost", "endpoint": "trade/cancel-order"},
    {"kind": "tcp_reset", "endpoint": "trade/order"},
    {"kind": "tcp_reset", "endpoint": "trade/orders-pending"},
    {"kind": "half_open", "endpoint": "trade/amend-order"},
    {"kind": "tcp_reset", "endpoint": "account/balance"},
    {"kind": "request_lost", "endpoint": "trade/order"},
    {"kind": "request_lost", "endpoint": "trade/orders-pending"},
    {"kind": "error", "endpoint": "trade/orders-pending", "code": "50011"},
    {"kind": "error", "endpoint": "trade/order", "code": "51054"},
    {"kind": "error", "endpoint": "trade/order", "code": "51008"},
    {"kind": "error", "endpoint": "account/balance", "code": "50013", "count": 2},
    {"kind": "error", "endpoint": "trade/cancel-order", "code": "50026"},
    {"kind": "latency", "path": "ack", "endpoint": "trade/order", "us": 900_000},
    {"kind": "tcp_reset"},
]
DOCUMENTED = (ApiError, RequestError)
CHANCES = ["trade.place_order"] * 3 + [
    "trade.amend_order",
    "trade.cancel_order",
    "trade.orders_pending",
    "account.balance",
]


def attempt(call: Any, name: str, cl_ord_id: str) -> str:
    """Call, and say what is known of the outcome: done, not done, unknown."""
    params: dict[str, Any] = {
        "trade.place_order": {**ORDER, "clOrdId": cl_ord_id},
        "trade.amend_order": {"instId": "BTC-USDT", "clOrdId": cl_ord_id, "newSz": "0.002"},
        "trade.cancel_order": {"instId": "BTC-USDT", "clOrdId": cl_ord_id},
    }.get(name, {})
    began = time.monotonic()
    try:
        call(name, **params, timeout=SOON_S)
    except OutcomeUnknownError:
        assert params, "a read changes nothing"
        return "unknown"
    except DOCUMENTED:
        return "not done"
    finally:
        assert time.monotonic() - began < SOON_S + GRACE_S
    return "done"


@pytest.mark.parametrize("seed", range(6))
def test_in_any_weather_nothing_is_sent_twice_and_outcomes_are_true(exchange: Exchange, call: Any, seed: int) -> None:
    rng = random.Random(seed)
    placed: dict[str, str] = {}
    for _ in range(25):
        if rng.random() < 0.4:
            weather = dict(rng.choice(WEATHER))
            exchange.fault(weather.pop("kind"), **weather)
        name, fresh = rng.choice(CHANCES), unique("w")
        cl_ord_id = fresh if name == "trade.place_order" else rng.choice([*placed, fresh])
        outcome = attempt(call, name, cl_ord_id)
        if name == "trade.place_order":
            placed[cl_ord_id] = outcome
    exchange.clear_faults()
    for cl_ord_id, outcome in placed.items():
        assert posts(exchange, cl_ord_id) <= 1
        if outcome == "done":
            assert call("trade.order", instId="BTC-USDT", clOrdId=cl_ord_id).cl_ord_id == cl_ord_id
        elif outcome == "not done":
            with pytest.raises(OrderStateError):
                call("trade.order", instId="BTC-USDT", clOrdId=cl_ord_id)
    assert exchange.invariants()["ok"]


def test_nobody_home_means_not_sent() -> None:
    with Exchange(house={"enabled": False}) as exchange:
        site = exchange.site(tls=False)
    with calling("sync", site) as call, pytest.raises(NotSentError):
        call("trade.place_order", **ORDER, timeout=SOON_S)
