"""What becomes of an order's call when the network or OKX fails: sent once, over in time, and ended in the right word.

    a row, a query or a late answer proves it     CONFIRMED, REJECTED
    nothing does                                  UNKNOWN, with whom to ask

Rules: OKX API v5, Order book trading › Trade › Place order, Order details; error codes.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import (
    ApiError,
    ConnectError,
    Credentials,
    Exchange,
    ForkError,
    NotSentError,
    OrderStateError,
    OutcomeUnknownError,
    ParameterError,
    Site,
    Trader,
    TraderOptions,
)
from tests.order_calls import (
    CASH,
    FLAVOURS,
    GRACE_S,
    ORDER,
    QUICK,
    SPOT,
    Desk,
    Sent,
    account,
    assert_asks,
    calm,
    fresh,
    open_orders,
    trading,
)
from tests.order_stub import CREDENTIALS, Desks, said
from tests.waiting import BTC, WITHIN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast import OrderResult
    from okx_fast._native import OrderCall
    from okx_fast.orders.state import OrderState
    from tests.stub_okx import Peer, Request

# Long enough for OKX to have dropped what is late: expTime and the second of slack behind it.
PATIENT: dict[str, Any] = {"timeout_s": 0.25, "resolve_within_s": 4.0}
ENDPOINTS = {
    "place_order": ("order", "trade/order"),
    "amend_order": ("amend-order", "trade/amend-order"),
    "cancel_order": ("cancel-order", "trade/cancel-order"),
    "place_batch_orders": ("batch-orders", "trade/batch-orders"),
}


def aim(method: str, route: str) -> dict[str, str]:
    """The fields of a fault that strike this method, gone this way."""
    op, path = ENDPOINTS[method]
    return {"endpoint": f"POST {path}"} if route == "rest" else {"op": op}


def soon(ms: int = 400) -> int:
    return int(time.time() * 1000) + ms


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with calm() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def shared() -> Iterator[Exchange]:
    with calm() as exchange:
        yield exchange


@pytest.fixture(scope="module", params=FLAVOURS)
def quick(request: pytest.FixtureRequest, shared: Exchange) -> Iterator[Desk]:
    with trading(request.param, shared, **QUICK) as desk:
        desk.listens()
        yield desk


@pytest.fixture(scope="module", params=FLAVOURS)
def quick_asker(request: pytest.FixtureRequest, shared: Exchange) -> Iterator[Desk]:
    with trading(request.param, shared, account=False, **QUICK) as desk:
        yield desk


@pytest.fixture(scope="module")
def quick_patient(shared: Exchange) -> Iterator[Desk]:
    with trading("sync", shared, **PATIENT) as desk:
        yield desk


def swept(desk: Desk) -> Iterator[Desk]:
    """A desk that several tests share, without what the one before has left."""
    yield desk
    desk.exchange.clear_faults()
    for order in desk.exchange.account("main")["open_orders"]:
        desk.exchange.cancel(order["ordId"])


@pytest.fixture
def desk(quick: Desk) -> Iterator[Desk]:
    """Rows of the `orders` channel come, and may prove what became of a call."""
    yield from swept(quick)


@pytest.fixture
def asker(quick_asker: Desk) -> Iterator[Desk]:
    """No rows come: a question must find out."""
    yield from swept(quick_asker)


@pytest.fixture
def patient(quick_patient: Desk) -> Iterator[Desk]:
    """It looks into a call until its expTime has surely passed."""
    yield from swept(quick_patient)


class TestPlace:
    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_an_answer_that_is_lost_is_made_up_for_by_the_orders_row(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, timeout_s=GRACE_S) as desk:
            desk.listens()
            sent, name = Sent(exchange), fresh()
            exchange.fault("ack_lost", op="order")
            began = time.monotonic()
            result = desk.place(clOrdId=name)
            assert time.monotonic() - began < GRACE_S
            assert (result.outcome, result.proof, result.queries) == ("CONFIRMED", "push", 0)
            assert (result.ord_id, result.cl_ord_id) == (open_orders(exchange)[name]["ordId"], name)
            assert result.answered_ns is None
            assert result.error is None
            assert result.doubt.startswith("no answer within")
            assert sent.times(name) == 1
            stats = desk.trader.stats()
            assert (stats["confirmed"], stats["doubted"], stats["unknown"], stats["waiting"]) == (1, 1, 0, 0)

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_without_a_row_the_order_is_asked_for(self, asker: Desk, route: str) -> None:
        exchange = asker.exchange
        sent, name = Sent(exchange), fresh()
        exchange.fault("ack_lost", **aim("place_order", route))
        result = asker.place(clOrdId=name, route=route)
        assert (result.outcome, result.proof, result.route) == ("CONFIRMED", "query", route)
        assert result.queries >= 1
        assert result.ord_id == open_orders(exchange)[name]["ordId"]
        assert result.called_ns <= result.settled_ns
        assert sent.times(name) == 1

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_request_that_is_lost_leaves_it_unknown(self, desk: Desk, route: str) -> None:
        sent, name = Sent(desk.exchange), fresh()
        desk.exchange.fault("request_lost", **aim("place_order", route))
        result = desk.place(clOrdId=name, route=route)
        [(ask, params)] = assert_asks(desk, result)
        assert (ask, params) == ("trade.order", {"instId": BTC, "clOrdId": name})
        assert "OKX has no such order" in result.msg
        assert result.queries >= 2
        with pytest.raises(ApiError) as caught:
            desk.trader.rest.call(ask, **params)
        assert caught.value.code == "51603"
        assert sent.times(name) == 1
        # Another call afterwards goes its own way.
        assert desk.place(clOrdId=name, route=route).confirmed
        assert sent.times(name) == 2

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_with_an_exp_time_that_passes_a_request_that_is_lost_is_rejected(self, patient: Desk, route: str) -> None:
        sent, name = Sent(patient.exchange), fresh()
        patient.exchange.fault("request_lost", **aim("place_order", route))
        result = patient.place(clOrdId=name, exp_time=soon(), route=route)
        assert (result.outcome, result.proof, result.code) == ("REJECTED", "query", "")
        assert "expTime has passed" in result.msg
        assert type(result.error) is ApiError
        assert sent.times(name) == 1
        assert name not in open_orders(patient.exchange)

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_without_a_cl_ord_id_it_stays_unknown_and_the_open_orders_show_it(self, desk: Desk, route: str) -> None:
        desk.exchange.fault("ack_lost", **aim("place_order", route))
        result = desk.place(route=route)
        [(ask, params)] = assert_asks(desk, result)
        assert (result.queries, "no clOrdId" in result.msg) == (0, True)
        [found] = desk.trader.rest.call(ask, **params)
        assert found.state == "live"
        assert len(open_orders(desk.exchange)) == 1

    @pytest.mark.parametrize("code", ["50001", "50004", "50026", "51149"])
    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_code_that_leaves_it_open_is_resolved(self, desk: Desk, route: str, code: str) -> None:
        exchange = desk.exchange
        sent, done, lost = Sent(exchange), fresh("done"), fresh("lost")
        exchange.fault("ack_lost", code=code, clOrdId_prefix=done, **aim("place_order", route))
        exchange.fault("error", code=code, clOrdId_prefix=lost, **aim("place_order", route))
        result = desk.place(clOrdId=done, route=route)
        assert (result.outcome, code in result.doubt) == ("CONFIRMED", True)
        result = desk.place(clOrdId=lost, route=route)
        assert code in result.doubt
        assert_asks(desk, result)
        assert [sent.times(name) for name in (done, lost)] == [1, 1]
        assert list(open_orders(exchange)) == [done]

    def test_an_older_order_of_the_same_name_is_another(self, exchange: Exchange) -> None:
        with trading("sync", exchange, **QUICK) as desk:
            name = fresh()
            first = desk.place(clOrdId=name)
            desk.call("cancel_order", instId=BTC, clOrdId=name)
            assert first.ts_ms is not None
            while time.time() * 1000 < first.ts_ms + 1100:  # by so much the clocks may differ
                time.sleep(0.05)
            exchange.fault("request_lost", op="order")
            result = desk.place(clOrdId=name)
            assert (result.outcome, result.ord_id) == ("UNKNOWN", "")
            assert first.ord_id in result.msg

    def test_an_order_that_is_filled_at_once_is_confirmed(self, asker: Desk) -> None:
        market = {name: value for name, value in ORDER.items() if name != "px"}
        asker.exchange.fault("ack_lost", op="order")
        name = fresh()
        result = asker.call("place_order", **{**market, "ordType": "market"}, clOrdId=name)
        assert (result.outcome, result.proof) == ("CONFIRMED", "query")
        assert asker.trader.rest.trade.order(instId=BTC, clOrdId=name).state == "filled"

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_an_answer_that_is_late_settles_it(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, timeout_s=0.1, resolve_within_s=GRACE_S) as desk:
            exchange.fault("latency", path="ack", us=400_000, endpoint="order")
            result = desk.place()
            assert (result.outcome, result.proof, result.code) == ("CONFIRMED", "answer", "0")
            assert result.doubt.startswith("no answer within")
            assert result.answered_ns is not None
            assert (desk.trader.stats()["doubted"], desk.trader.stats()["unmatched"]) == (1, 0)

    def test_an_answer_after_the_end_is_counted_and_changes_nothing(self, exchange: Exchange) -> None:
        with trading("sync", exchange, timeout_s=0.1, resolve_within_s=0.1) as desk:
            exchange.fault("latency", path="ack", us=400_000, endpoint="order")
            result = desk.place()
            assert result.outcome == "UNKNOWN"
            desk.pump_until(lambda: desk.trader.stats()["unmatched"] == 1)
            stats = desk.trader.stats()
            assert (stats["unknown"], stats["confirmed"]) == (1, 0)

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_row_that_comes_first_is_not_the_answer(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, timeout_s=GRACE_S) as desk:
            desk.listens()
            exchange.fault("push_before_ack", op="order", ms=100)
            result = desk.place(clOrdId=fresh())
            assert (result.outcome, result.proof, result.code, result.doubt) == ("CONFIRMED", "answer", "0", "")
            # But an answer that is much later is not waited for.
            exchange.fault("push_before_ack", op="order", ms=900)
            began, name = time.monotonic(), fresh()
            result = desk.place(clOrdId=name)
            assert time.monotonic() - began < 0.8
            assert (result.outcome, result.proof) == ("CONFIRMED", "push")
            desk.pump_until(lambda: desk.trader.stats()["unmatched"] == 1)
            assert open_orders(exchange)[name]["ordId"] == result.ord_id

    def test_rows_doubled_and_out_of_order_prove_it_once(self, exchange: Exchange) -> None:
        with trading("sync", exchange, timeout_s=GRACE_S) as desk:
            desk.listens()
            exchange.fault("push_duplicate", channel="orders")
            exchange.fault("ack_lost", op="order")
            result = desk.place(clOrdId=fresh())
            assert (result.outcome, result.proof, desk.trader.stats()["confirmed"]) == ("CONFIRMED", "push", 1)


class TestAmendAndCancel:
    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_cancel_whose_answer_is_lost_is_confirmed_by_a_row(self, desk: Desk, route: str) -> None:
        # By REST the fault answers 50004, and whichever of row and question comes first proves it.
        self.assert_canceled(desk, route, {"push"} if route == "ws" else {"push", "query"})

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_cancel_whose_answer_is_lost_is_confirmed_by_a_question(self, asker: Desk, route: str) -> None:
        self.assert_canceled(asker, route, {"query"})

    @staticmethod
    def assert_canceled(desk: Desk, route: str, proofs: set[str]) -> None:
        sent = Sent(desk.exchange)
        placed = desk.place(clOrdId=fresh(), route=route)
        desk.exchange.fault("ack_lost", **aim("cancel_order", route))
        result = desk.call("cancel_order", instId=BTC, ordId=placed.ord_id, route=route)
        assert (result.outcome, result.proof in proofs) == ("CONFIRMED", True)
        assert (result.ord_id, result.cl_ord_id) == (placed.ord_id, placed.cl_ord_id)
        assert len(sent.names) == 2

    def test_a_cancel_that_is_lost_is_unknown_and_the_order_stays(self, desk: Desk) -> None:
        placed = desk.place(clOrdId=fresh())
        desk.exchange.fault("request_lost", op="cancel-order")
        result = desk.call("cancel_order", instId=BTC, clOrdId=placed.cl_ord_id)
        [(ask, params)] = assert_asks(desk, result)
        assert f"OKX has the order {placed.ord_id} as live" in result.msg
        assert desk.trader.rest.call(ask, **params).state == "live"
        assert placed.cl_ord_id in open_orders(desk.exchange)

    def test_a_cancel_that_is_lost_of_an_order_that_fills_is_rejected(self, patient: Desk) -> None:
        placed = patient.place(clOrdId=fresh())
        patient.exchange.fault("request_lost", op="cancel-order")
        call = patient.trader.send("cancel-order", {"instId": BTC, "ordId": placed.ord_id})
        patient.exchange.fill(placed.ord_id)
        assert call.wait(GRACE_S)
        [result] = patient.trader.results(call, {"instId": BTC, "ordId": placed.ord_id})
        assert (result.outcome, result.msg) == ("REJECTED", "the order is filled")

    @pytest.mark.parametrize("req_id", ["r1", None], ids=["req-id", "by-values"])
    def test_an_amendment_whose_answer_is_lost_is_confirmed_by_a_row(self, desk: Desk, req_id: str | None) -> None:
        self.assert_amended(desk, req_id, "push")

    @pytest.mark.parametrize("req_id", ["r1", None], ids=["req-id", "by-values"])
    def test_an_amendment_whose_answer_is_lost_is_confirmed_by_a_question(
        self, asker: Desk, req_id: str | None
    ) -> None:
        self.assert_amended(asker, req_id, "query")

    @staticmethod
    def assert_amended(desk: Desk, req_id: str | None, proof: str) -> None:
        placed = desk.place(clOrdId=fresh())
        desk.exchange.fault("ack_lost", op="amend-order")
        result = desk.call("amend_order", instId=BTC, ordId=placed.ord_id, newPx="1001.0", newSz="2", reqId=req_id)
        assert (result.outcome, result.proof) == ("CONFIRMED", proof)
        resting = open_orders(desk.exchange)[placed.cl_ord_id]
        assert (resting["px"], resting["sz"]) == ("1001", "2")

    @pytest.mark.parametrize("req_id", ["r1", None], ids=["req-id", "by-values"])
    def test_an_amendment_that_is_lost_is_rejected_once_its_exp_time_has_passed(
        self, patient: Desk, req_id: str | None
    ) -> None:
        placed = patient.place(clOrdId=fresh())
        change = {"instId": BTC, "ordId": placed.ord_id, "newPx": "1001", "reqId": req_id}
        patient.exchange.fault("request_lost", op="amend-order")
        result = patient.call("amend_order", **change, exp_time=soon())
        assert (result.outcome, result.proof) == ("REJECTED", "query")
        assert open_orders(patient.exchange)[placed.cl_ord_id]["px"] == "1000"

    @pytest.mark.parametrize("req_id", ["r1", None], ids=["req-id", "by-values"])
    def test_an_amendment_that_is_lost_is_unknown(self, desk: Desk, req_id: str | None) -> None:
        placed = desk.place(clOrdId=fresh())
        desk.exchange.fault("request_lost", op="amend-order")
        result = desk.call("amend_order", instId=BTC, ordId=placed.ord_id, newPx="1001", reqId=req_id)
        [(ask, params)] = assert_asks(desk, result)
        assert desk.trader.rest.call(ask, **params).px == 1000


class TestBatches:
    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_batch_whose_answer_is_lost_is_settled_order_by_order(self, desk: Desk, route: str) -> None:
        sent, names = Sent(desk.exchange), [fresh() for _ in range(3)]
        orders = [{**ORDER, "clOrdId": name} for name in names] + [dict(ORDER)]
        orders[1]["sz"] = "0.001"  # OKX will not have it
        desk.exchange.fault("ack_lost", **aim("place_batch_orders", route))
        results = desk.call("place_batch_orders", orders, route=route)
        assert [one.outcome for one in results] == ["CONFIRMED", "UNKNOWN", "CONFIRMED", "UNKNOWN"]
        resting = open_orders(desk.exchange)
        assert [results[at].ord_id for at in (0, 2)] == [resting[names[at]]["ordId"] for at in (0, 2)]
        assert assert_asks(desk, results[1]) == [("trade.order", {"instId": BTC, "clOrdId": names[1]})]
        assert assert_asks(desk, results[3]) == [("trade.orders_pending", {"instId": BTC})]
        assert len(sent.names) == 1

    def test_a_batch_whose_connection_is_reset_is_settled_order_by_order(self, exchange: Exchange) -> None:
        with trading("sync", exchange, timeout_s=GRACE_S, resolve_within_s=1.5) as desk:
            sent, done, lost = Sent(exchange), [fresh("done"), fresh()], [fresh("lost"), fresh()]
            exchange.fault("ack_lost", op="batch-orders", clOrdId_prefix="done")
            exchange.fault("request_lost", op="batch-orders", clOrdId_prefix="lost")
            both = [[{**ORDER, "clOrdId": name} for name in names] for names in (done, lost)]
            calls = [desk.trader.send("batch-orders", orders) for orders in both]
            while len(sent.names) < 2:
                time.sleep(0.005)
            exchange.fault("tcp_reset", path="private")
            assert all(call.wait(GRACE_S) for call in calls)
            first, second = (desk.trader.results(call, orders) for call, orders in zip(calls, both, strict=True))
            assert [one.outcome for one in first] == ["CONFIRMED"] * 2
            assert [one.outcome for one in second] == ["UNKNOWN"] * 2
            assert all("connection was lost" in one.doubt for one in (*first, *second))
            assert set(open_orders(exchange)) == set(done)
            assert sent.names == ["batch-orders"] * 2

    def test_with_an_exp_time_a_batch_that_is_lost_is_rejected(self, patient: Desk) -> None:
        patient.exchange.fault("request_lost", op="batch-orders")
        orders = [{**ORDER, "clOrdId": fresh()}, {**CASH, "clOrdId": fresh()}]
        results = patient.call("place_batch_orders", orders, exp_time=soon())
        assert [(one.outcome, one.inst_id) for one in results] == [("REJECTED", BTC), ("REJECTED", SPOT)]
        assert open_orders(patient.exchange) == {}


class TestConnections:
    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_reset_with_the_request_leaves_it_in_doubt_at_once(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, timeout_s=60, resolve_within_s=0.5) as desk:
            sent, name = Sent(exchange), fresh()
            exchange.fault("tcp_reset", endpoint="order")
            result = desk.place(clOrdId=name)
            assert "connection was lost" in result.doubt
            assert_asks(desk, result)
            desk.pump_until(lambda: desk.trader.is_up)
            assert desk.place(clOrdId=fresh()).confirmed
            assert sent.times(name) == 1

    def test_what_was_done_before_the_reset_is_confirmed(self, exchange: Exchange) -> None:
        with trading("sync", exchange, timeout_s=60) as desk:
            sent, names = Sent(exchange), [fresh() for _ in range(5)]
            exchange.fault("ack_lost", op="order", count=5)
            calls = [desk.trader.send("order", {**ORDER, "clOrdId": name}) for name in names]
            while len(sent.names) < 5:
                time.sleep(0.005)
            exchange.fault("tcp_reset", path="private")
            assert all(call.wait(GRACE_S) for call in calls)
            ends = [desk.trader.results(call, ORDER)[0] for call in calls]
            assert [one.outcome for one in ends] == ["CONFIRMED"] * 5
            assert [open_orders(exchange)[name]["ordId"] for name in names] == [one.ord_id for one in ends]
            assert [sent.times(name) for name in names] == [1] * 5

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_without_a_connection_nothing_is_sent_and_auto_goes_by_rest(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, **QUICK) as desk:
            desk.trader.rest.account.balance() if flavour == "sync" else None
            exchange.fault("refuse_connect", ms=60_000)
            exchange.fault("tcp_reset", path="private")
            desk.pump_until(lambda: not desk.trader.is_up)
            sent, name = Sent(exchange), fresh()
            with pytest.raises(NotSentError, match="no connection"):
                desk.place(clOrdId=name, route="ws")
            assert sent.rows == []
            result = desk.place(clOrdId=name, route="auto")
            assert (result.outcome, result.route) == ("CONFIRMED", "rest")
            assert sent.names == ["trade/order"]
            exchange.clear_faults()

    def test_auto_never_sends_again_what_may_have_left(self, exchange: Exchange) -> None:
        with trading("sync", exchange, route="auto", **QUICK) as desk:
            sent = Sent(exchange)
            for fault in ({"kind": "request_lost", "op": "order"}, {"kind": "tcp_reset", "endpoint": "order"}):
                name = fresh()
                exchange.fault(**fault)
                result = desk.place(clOrdId=name)
                assert (result.outcome, result.route) == ("UNKNOWN", "ws")
                assert sent.times(name) == 1
                desk.pump_until(lambda: desk.trader.is_up)
            assert sent.names == ["order", "order"]

    def test_a_connection_that_is_dead_without_a_word_is_noticed(self, exchange: Exchange) -> None:
        quick: dict[str, Any] = {"ping_after_s": 0.2, "pong_within_s": 0.2, "backoff_s": 0.05}
        with trading("sync", exchange, timeout_s=60, resolve_within_s=0.5, **quick) as desk:
            exchange.fault("half_open", path="private")
            result = desk.place(clOrdId=fresh())
            assert "connection was lost" in result.doubt
            assert_asks(desk, result)
            desk.pump_until(lambda: desk.trader.is_up)
            assert desk.place().confirmed

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_connection_that_is_to_close_is_replaced_without_a_lost_call(
        self, exchange: Exchange, flavour: str
    ) -> None:
        with trading(flavour, exchange) as desk:
            desk.listens()
            before = exchange.metrics()["connects"]
            exchange.fault("notice", path="private", close_after_ms=600)
            end, names, ends = time.monotonic() + 1.4, list[str](), list[Any]()
            while time.monotonic() < end:
                names.append(fresh())
                placed = desk.place(clOrdId=names[-1])
                ends += [placed, desk.call("cancel_order", instId=BTC, ordId=placed.ord_id)]
            assert {(one.outcome, one.proof) for one in ends} == {("CONFIRMED", "answer")}
            stats = desk.trader.stats()
            assert (stats["doubted"], stats["unmatched"], stats["waiting"]) == (0, 0, 0)
            assert exchange.metrics()["connects"] - before == 2
            sent = [row for row in exchange.log() if row["name"] == "order"]
            assert [row["clOrdId"] for row in sent] == names
            assert len({row["conn"] for row in sent}) == 2
            assert open_orders(exchange) == {}


class TestRest:
    """What only a call by REST can meet."""

    def test_a_lost_answer_to_attached_orders_is_resolved_too(self, asker: Desk) -> None:
        name = fresh()
        asker.exchange.fault("ack_lost", endpoint="POST trade/order")
        attached = [{"tpTriggerPx": "2000", "tpOrdPx": "-1"}]
        result = asker.place(clOrdId=name, attachAlgoOrds=attached, route="rest")
        assert (result.outcome, result.proof, result.inst_id) == ("CONFIRMED", "query", BTC)
        assert result.ord_id == open_orders(asker.exchange)[name]["ordId"]

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_lost_answer_for_an_instrument_that_is_not_loaded_ends_in_a_word(
        self, exchange: Exchange, flavour: str
    ) -> None:
        with trading(flavour, exchange, route="rest", inst_types=(), **QUICK) as desk:
            name, sent = fresh(), Sent(exchange)
            exchange.fault("ack_lost", endpoint="POST trade/order")
            result = desk.place(clOrdId=name)
            assert (result.outcome in ("CONFIRMED", "UNKNOWN"), result.inst_id) == (True, BTC)
            if result.outcome == "UNKNOWN":
                [(ask, params)] = assert_asks(desk, result)
                assert desk.trader.rest.call(ask, **params).state == "live"
            assert sent.times(name) == 1

    def test_an_item_of_a_batch_whose_code_leaves_it_open_is_resolved(self) -> None:
        def behave(peer: Peer, request: Request) -> None:
            if request.method == "POST":
                rows = [
                    {"ordId": "1", "clOrdId": "a1", "tag": "", "sCode": "0", "sMsg": ""},
                    {"ordId": "", "clOrdId": "a2", "tag": "", "sCode": "51149", "sMsg": "timed out"},
                    {"ordId": "", "clOrdId": "a3", "tag": "", "sCode": "51008", "sMsg": "no"},
                ]
                peer.answer({"code": "2", "msg": "", "data": rows})
            elif request.path.endswith("trade/order"):
                now = str(time.time_ns() // 1_000_000)
                row = {"instId": BTC, "ordId": "2", "clOrdId": "a2", "state": "live", "cTime": now, "uTime": now}
                peer.answer({"code": "0", "msg": "", "data": [row]})
            else:
                server._rest(peer, request)

        with Desks(lambda peer, message: peer.say(said(message))) as server:
            server.rest.behave = behave
            with trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",), route="rest", **QUICK) as desk:
                results = desk.call("place_batch_orders", [{**ORDER, "clOrdId": name} for name in ("a1", "a2", "a3")])
        assert [(one.outcome, one.ord_id, one.proof) for one in results] == [
            ("CONFIRMED", "1", "answer"),
            ("CONFIRMED", "2", "query"),
            ("REJECTED", "", "answer"),
        ]
        assert len(server.rest.sent("POST")) == 1


class TestAccounts:
    def test_two_accounts_in_one_process_are_kept_apart(self) -> None:
        with calm(account("one"), account("two", balances={"USDT": "70"})) as exchange:
            options: dict[str, Any] = {"limit_mode": "fail", "timeout_s": GRACE_S}
            with (
                trading("sync", exchange, label="one", **options) as one,
                trading("sync", exchange, label="two", **options) as two,
            ):
                rows: dict[str, list[OrderState]] = {"one": [], "two": []}
                for label, desk in (("one", one), ("two", two)):
                    desk.trader.on_order(rows[label].append)
                    desk.listens()
                # The same name in both; one's answer is lost, and the other's row must not prove it.
                exchange.fault("request_lost", op="order")
                mine = one.trader.send("order", {**ORDER, "clOrdId": "same"}, timeout=0.5)
                other = two.place(clOrdId="same")
                assert other.confirmed
                two.pump_until(lambda: rows["two"])
                assert not mine.wait(0.1)
                assert one.trader.stats()["confirmed"] == 0
                assert one.call("cancel_order", instId=BTC, ordId=other.ord_id).code == "51400"
                assert one.place(sz="100").confirmed
                assert two.place(sz="100").code == "51008"
                # Each has limits of its own.
                for _ in range(57):
                    one.place()
                assert two.call("cancel_order", instId=BTC, ordId=other.ord_id).confirmed
                assert two.place(px="1001").confirmed
                one.trader.close()
                two.pump_until(lambda: rows["two"][-1].px == 1001)
                assert {row.cl_ord_id for row in rows["two"]} == {"same", ""}
                assert not {row.ord_id for row in rows["one"]} & {row.ord_id for row in rows["two"]}
            assert set(open_orders(exchange, "two")) == {""}

    def test_a_login_that_is_refused_is_a_connect_error_with_okxs_code(self, exchange: Exchange) -> None:
        right = exchange.credentials()
        for wrong, code in (
            (Credentials(right.key, "CANARY-secret", "main-pass"), "60007"),
            (Credentials(right.key, "main-secret", "CANARY-pass"), "60024"),
            (Credentials("nobody", "CANARY-secret", "main-pass"), "60005"),
        ):
            before = exchange.metrics()["connects"]
            options = TraderOptions(ready_within_s=1.0, backoff_s=0.2)
            with (
                pytest.raises(ConnectError, match=code) as caught,
                Trader(exchange.site(), credentials=wrong, options=options),
            ):
                pass
            assert "CANARY" not in "".join(traceback.format_exception(caught.value))
            # Two connections, each tried again after pauses that grow.
            assert exchange.metrics()["connects"] - before <= 10

    def test_nobody_there_is_a_connect_error(self, exchange: Exchange) -> None:
        site = Site(name="half", rest=exchange.rest, ws_private="ws://127.0.0.1:9/ws/v5/private")
        options = TraderOptions(ready_within_s=0.5, inst_types=())
        with (
            pytest.raises(ConnectError, match="refused"),
            Trader(site, credentials=exchange.credentials(), options=options),
        ):
            pass


class TestEnds:
    def test_closing_ends_what_is_on_its_way_as_unknown(self, exchange: Exchange) -> None:
        exchange.fault("request_lost", op="order")
        ends: list[OrderResult] = []
        with trading("sync", exchange, timeout_s=60) as desk:
            sent = Sent(exchange)
            waiting = threading.Thread(target=lambda: ends.append(desk.place(clOrdId="mine")))
            waiting.start()
            while not sent.names:
                time.sleep(0.005)
            desk.trader.close()
            waiting.join(GRACE_S)
            assert not waiting.is_alive()
            assert sent.times("mine") == 1
        [result] = ends
        assert "closed" in result.doubt
        assert result.outcome == "UNKNOWN"
        error = result.error
        assert isinstance(error, OutcomeUnknownError)
        assert error.find == [("trade.order", {"instId": BTC, "clOrdId": "mine"})]

    def test_closing_ends_what_asyncio_waits_for(self, exchange: Exchange) -> None:
        exchange.fault("request_lost", op="order", count=2)

        async def main() -> None:
            async with _async(exchange, timeout_s=60) as trader:
                calls = [asyncio.ensure_future(trader.place_order(**ORDER, clOrdId=fresh())) for _ in range(2)]
                await asyncio.sleep(0)
                trader.close()
                ends = await asyncio.wait_for(asyncio.gather(*calls), GRACE_S)
                assert [one.outcome for one in ends] == ["UNKNOWN"] * 2
                assert all("closed" in one.doubt for one in ends)

        asyncio.run(main())

    def test_closing_ends_a_call_by_rest_that_asyncio_waits_for(self, exchange: Exchange) -> None:
        exchange.fault("request_lost", endpoint="POST trade/order", count=2)

        async def main() -> None:
            async with _async(exchange, timeout_s=60, route="rest") as trader:
                call = asyncio.ensure_future(trader.place_order(**ORDER, clOrdId=fresh()))
                # On its way: the core knows of it.
                await until(lambda: trader.stats()["waiting"])
                trader.close()
                result = await asyncio.wait_for(call, GRACE_S)
                assert (result.outcome, trader.stats()["waiting"]) == ("UNKNOWN", 0)

        asyncio.run(main())

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_call_by_rest_leaves_nothing_on_the_desk_however_it_ends(self, exchange: Exchange, flavour: str) -> None:
        with trading(flavour, exchange, route="rest", **QUICK) as desk:
            assert desk.place().confirmed
            assert desk.place(px="0").outcome == "REJECTED"
            exchange.fault("error", endpoint="POST trade/order", code="50004")
            assert desk.place(clOrdId=fresh()).outcome in ("CONFIRMED", "UNKNOWN")
            with pytest.raises(ParameterError):
                desk.place(px=1.5)
            assert desk.trader.stats()["waiting"] == 0
            if desk.runner is not None:
                exchange.fault("request_lost", endpoint="POST trade/order")
                with pytest.raises(TimeoutError):
                    desk.runner.run(asyncio.wait_for(desk.trader.place_order(**ORDER, timeout=60), 0.1))  # type: ignore[arg-type]
                assert desk.trader.stats()["waiting"] == 0

    def test_what_is_seen_of_an_order_by_rest_before_its_answer_is_lost_proves_it(self, exchange: Exchange) -> None:
        with trading("sync", exchange, route="rest", timeout_s=1.0, resolve_within_s=GRACE_S) as desk:
            desk.listens()
            name = fresh()
            exchange.fault("ack_lost", endpoint="POST trade/order")
            # A question would find nothing out.
            exchange.fault("error", endpoint="GET trade/order", code="50004", count=100)
            result = desk.place(clOrdId=name)
            assert (result.outcome, result.proof) == ("CONFIRMED", "push")

    def test_leaving_the_block_ends_them_too(self, exchange: Exchange) -> None:
        exchange.fault("request_lost", op="order")
        with trading("sync", exchange, timeout_s=60) as desk:
            call = desk.trader.send("order", ORDER)
        assert call.done
        [result] = desk.trader.results(call, ORDER)
        assert result.outcome == "UNKNOWN"

    def test_cancelling_a_task_leaves_the_order_to_itself(self, exchange: Exchange) -> None:
        async def main() -> None:
            async with _async(exchange) as trader:
                exchange.fault("latency", path="ack", us=300_000, endpoint="order")
                task = asyncio.ensure_future(trader.place_order(**ORDER, clOrdId="mine"))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert trader.stats()["waiting"] == 1
                end = time.monotonic() + WITHIN_S
                while trader.stats()["waiting"]:
                    assert time.monotonic() < end
                    await asyncio.sleep(0.01)
                assert trader.stats()["confirmed"] == 1
                assert "mine" in open_orders(exchange)

        asyncio.run(main())

    def test_ctrl_c_ends_the_wait_and_says_what_it_cut_short(self, exchange: Exchange) -> None:
        exchange.fault("request_lost", op="order")
        with trading("sync", exchange, timeout_s=60) as desk:
            sent = Sent(exchange)

            def interrupt() -> None:
                while not sent.names:
                    time.sleep(0.005)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

            helper = threading.Thread(target=interrupt)
            helper.start()
            with pytest.raises(KeyboardInterrupt) as caught:
                desk.place()
            helper.join()
            assert "outcome is unknown" in caught.value.__notes__[0]

    def test_a_child_of_fork_is_told_to_make_its_own_and_the_parent_goes_on(self, exchange: Exchange) -> None:
        with trading("sync", exchange) as desk:
            pid = os.fork()
            if not pid:  # pragma: no cover  # the child
                told = 0
                for route in ("ws", "rest"):
                    try:
                        desk.place(route=route)
                    except ForkError:
                        told += 1
                    except BaseException:  # noqa: BLE001
                        os._exit(1)
                desk.trader.close()
                os._exit(7 if told == 2 else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
            assert desk.place().confirmed
            assert desk.place(route="rest").confirmed


def _async(exchange: Exchange, **options: Any) -> Any:
    from okx_fast import AsyncTrader

    return AsyncTrader(exchange.site(), credentials=exchange.credentials(), options=TraderOptions(**options))


class TestSecrets:
    SECRET, PASSPHRASE, PROXY = "CANARYsecret4711", "CANARYpass0815", "CANARYproxy42"

    @pytest.fixture
    def exchange(self) -> Iterator[Exchange]:
        key = {"apiKey": "canary-key", "secretKey": self.SECRET, "passphrase": self.PASSPHRASE}
        with calm({"label": "main", "balances": {"USDT": "5000"}, "keys": [key]}) as exchange:
            yield exchange

    def assert_clean(self, what: object) -> None:
        assert "CANARY" not in str(what)

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_trader_shows_none(
        self, exchange: Exchange, flavour: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(1)
        with trading(flavour, exchange, **QUICK) as desk:
            trader = desk.trader
            exchange.fault("ack_lost", op="order", count=2)
            calls: list[OrderCall] = [trader.send("order", ORDER)]
            ends = [desk.place(), desk.place(clOrdId="mine"), desk.place(sz="0.001"), *trader.results(calls[0], ORDER)]
            shown: list[Any] = [trader, trader._core, trader.rest, trader.options, vars(trader), trader.stats(), *calls]
            shown += [(one, one.error, vars(one.error) if one.error else "") for one in ends]
            self.assert_clean(shown)
            for wrong in ({"sz": 0.1}, {"nonsense": "1"}, {"route": "fax"}, {"timeout": 0}):
                with pytest.raises(Exception) as caught:  # noqa: PT011
                    desk.place(**wrong)
                told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
                self.assert_clean("".join(told.format()))
            with pytest.raises(TypeError):
                pickle.dumps(trader)
        self.assert_clean(caplog.text)
        self.assert_clean(capfd.readouterr())
        self.assert_clean(json.dumps(exchange.log()))

    def test_what_is_given_in_the_wrong_place_is_not_shown(self, exchange: Exchange) -> None:
        proxy = f"http://me:{self.PROXY}@127.0.0.1:9"
        self.assert_clean(TraderOptions(proxy=proxy))
        makers: list[Callable[[], Trader]] = [
            lambda: Trader(exchange.site(), credentials=("canary-key", self.SECRET, self.PASSPHRASE)),  # type: ignore[arg-type]
            lambda: Trader(exchange.site(), credentials={"secret": self.SECRET}),  # type: ignore[arg-type]
            lambda: Trader(
                "global", credentials=exchange.credentials(), options=TraderOptions(proxy=f"ftp://{self.PROXY}@x")
            ),
        ]
        for make in makers:
            with pytest.raises(Exception) as caught:  # noqa: PT011
                make()
            self.assert_clean("".join(traceback.format_exception(caught.value)))
            for frame in traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack:
                if "/okx_fast/" in frame.filename and "/tests/" not in frame.filename:
                    self.assert_clean(frame.locals)


def test_a_rejection_found_out_is_an_order_state_or_plain_error(exchange: Exchange) -> None:
    with trading("sync", exchange) as desk:
        result = desk.call("cancel_order", instId=BTC, ordId="1")
        assert isinstance(result.error, OrderStateError)
        assert exchange.invariants()["ok"]
