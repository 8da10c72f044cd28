"""OKX's answers to operations: each ends its own call, once, in its own word, whichever thread reads it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import ApiError, AsyncTrader, Client, Trader
from tests.hostile import PING, frame
from tests.order_calls import FLAVOURS, GRACE_S, ORDER, QUICK, assert_asks, trading
from tests.order_stub import CREDENTIALS, Desks, said
from tests.waiting import WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast import OrderResult
    from okx_fast._native import OrderCall
    from tests.hostile import Peer as Socket

THREADS = 6
# One connection, and one kind of instrument.
ALONE: dict[str, Any] = {"account": False, "inst_types": ("SWAP",)}


def twice(peer: Socket, message: dict[str, Any]) -> None:
    peer.say(said(message))
    peer.say(said(message))


def anothers(peer: Socket, message: dict[str, Any]) -> None:
    peer.say(said(message, id="4711"))
    peer.say(said(message, id="nobody"))
    peer.say(said(message, op="cancel-order"))
    peer.say(said(message))


def odd(peer: Socket, message: dict[str, Any]) -> None:
    peer.say("{not json")
    peer.say({"event": "channel-conn-count", "channel": "orders", "connCount": "1", "connId": "a"})
    peer.say({"arg": {"channel": "orders"}, "data": [{}]})
    peer.say({"id": f"{message['id']}x", "op": message["op"], "code": "0", "msg": "", "data": []})


class TestAnswers:
    @pytest.mark.parametrize(("behave", "unmatched"), [(twice, 1), (anothers, 3)])
    def test_an_answer_counts_once_and_only_for_its_own_call(
        self, behave: Callable[[Socket, dict[str, Any]], None], unmatched: int
    ) -> None:
        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",)) as desk:
            for _ in range(3):
                result = desk.place(clOrdId="a1")
                assert (result.outcome, result.ord_id, result.cl_ord_id) == ("CONFIRMED", "11", "a1")
            desk.pump_until(lambda: desk.trader.stats()["unmatched"] == 3 * unmatched)
            assert len(server.ops) == 3

    def test_answers_in_another_order_find_their_calls(self) -> None:
        waiting: list[dict[str, Any]] = []

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            waiting.append(message)
            if len(waiting) == 3:
                for each in reversed(waiting):
                    peer.say(said(each))

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",)) as desk:
            names = ["a1", "a2", "a3"]
            calls = [desk.trader.send("order", {**ORDER, "clOrdId": name}) for name in names]
            assert all(call.wait(GRACE_S) for call in calls)
            ends = [desk.trader.results(call, ORDER)[0] for call in calls]
            assert [(one.outcome, one.cl_ord_id) for one in ends] == [("CONFIRMED", name) for name in names]

    @pytest.mark.parametrize(
        ("fields", "outcome", "code"),
        [
            ({"code": "60013", "msg": "Invalid args", "data": []}, "REJECTED", "60013"),
            ({"code": "50011", "msg": "Too many", "data": []}, "REJECTED", "50011"),
            (
                {"code": "1", "data": [{"ordId": "", "clOrdId": "a1", "sCode": "51008", "sMsg": "no"}]},
                "REJECTED",
                "51008",
            ),
            ({"code": "1", "data": [{"ordId": "", "clOrdId": "a1", "sCode": "51149", "sMsg": "?"}]}, "UNKNOWN", None),
            ({"code": "50004", "msg": "timeout", "data": []}, "UNKNOWN", None),
            ({"code": "99999", "msg": "new", "data": []}, "REJECTED", "99999"),
            ({"code": "1", "data": []}, "UNKNOWN", None),
        ],
    )
    def test_each_shape_of_an_answer_has_its_word(self, fields: dict[str, Any], outcome: str, code: str | None) -> None:
        with (
            Desks(lambda peer, message: peer.say(said(message, **fields))) as server,
            trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",), **QUICK) as desk,
        ):
            result = desk.place(clOrdId="a1")
            assert result.outcome == outcome
            if code is None:
                assert_asks(desk, result)
            else:
                assert result.code == code
                assert isinstance(result.error, ApiError)
            assert len(server.ops) == 1

    def test_an_error_event_with_the_calls_id_is_its_refusal(self) -> None:
        def behave(peer: Socket, message: dict[str, Any]) -> None:
            peer.say({"id": message["id"], "event": "error", "code": "60012", "msg": "Invalid request", "connId": "a"})

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",)) as desk:
            result = desk.place()
            assert (result.outcome, result.code, result.msg) == ("REJECTED", "60012", "Invalid request")

    def test_a_batchs_answer_that_leaves_orders_out_or_swaps_them_leaves_those_in_doubt(self) -> None:
        def behave(peer: Socket, message: dict[str, Any]) -> None:
            answer = said(message, code="2")
            if len(server.ops) == 1:
                answer["data"].pop()
            else:
                answer["data"].reverse()
            peer.say(answer)

        orders = [{**ORDER, "clOrdId": name} for name in ("a1", "a2")]
        with (
            Desks(behave) as server,
            trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",), **QUICK) as desk,
        ):
            outcomes = [[one.outcome for one in desk.call("place_batch_orders", orders)] for _ in range(2)]
            assert outcomes == [["CONFIRMED", "UNKNOWN"], ["UNKNOWN", "UNKNOWN"]]

    def test_what_cannot_be_read_ends_no_call_in_a_word_it_does_not_have(self) -> None:
        with (
            Desks(odd) as server,
            trading("sync", server.private, CREDENTIALS, inst_types=("SWAP",), **QUICK) as desk,
        ):
            assert_asks(desk, desk.place(clOrdId="a1"))
            assert len(server.ops) == 1


class TestReading:
    """Whoever waits for a call reads answers; all else that comes is the connection's own business."""

    @pytest.mark.parametrize("flavour", FLAVOURS)
    @pytest.mark.parametrize("is_first", [True, False])
    def test_what_comes_with_an_answer_is_lost_to_nobody(self, flavour: str, *, is_first: bool) -> None:
        count = {"event": "channel-conn-count", "channel": "orders", "connCount": "1", "connId": "a"}

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            others = frame(b"alive?", PING) + frame(json.dumps(count))
            answer = frame(json.dumps(said(message)))
            peer.send(others + answer if is_first else answer + others)

        with Desks(behave) as server, trading(flavour, server.private, CREDENTIALS, **ALONE) as desk:
            kinds: list[str] = []
            desk.trader.on_event(lambda event: kinds.append(event.kind))
            for name in ("a1", "a2", "a3"):
                result = desk.place(clOrdId=name)
                assert (result.outcome, result.proof, result.cl_ord_id) == ("CONFIRMED", "answer", name)
            desk.pump_until(lambda: len(server.pongs) == 3 and kinds.count("conn-count") == 3)
            assert server.pongs == [b"alive?"] * 3

    def test_threads_that_wait_at_once_each_get_their_own(self) -> None:
        waiting: list[tuple[Socket, dict[str, Any]]] = []

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            waiting.append((peer, message))
            if len(waiting) == THREADS:
                answers = [frame(json.dumps(said(message))) for _, message in reversed(waiting)]
                # The first alone, the others in one piece: one thread reads what is for all.
                peer.send(answers[0])
                peer.send(b"".join(answers[1:]))
                waiting.clear()

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, **ALONE) as desk:
            for turn in range(5):
                with ThreadPoolExecutor(THREADS) as pool:
                    names = [f"t{turn}x{place}" for place in range(THREADS)]
                    ends = list(pool.map(lambda name: desk.place(clOrdId=name), names))
                assert [(one.outcome, one.cl_ord_id) for one in ends] == [("CONFIRMED", name) for name in names]
            assert desk.trader.stats()["unmatched"] == 0

    @pytest.mark.parametrize("flavour", [*FLAVOURS, "pump"])
    def test_the_thread_of_the_connection_sleeps_while_another_reads(self, flavour: str) -> None:
        face = "sync" if flavour == "pump" else flavour
        with (
            Desks(lambda peer, message: peer.say(said(message))) as server,
            trading(face, server.private, CREDENTIALS, **ALONE) as desk,
            Client(server.site) as client,
        ):
            place: Callable[[], object] = desk.place
            if flavour == "pump":
                assert isinstance(desk.trader, Trader)
                client.attach(desk.trader)
                trader = desk.trader

                def place() -> None:
                    over: list[OrderCall] = []
                    trader.send("order", ORDER, over.append)
                    end = monotonic() + GRACE_S
                    while not over:
                        assert monotonic() < end
                        client.poll(1.0)

            place()
            before = _switches("okx-fast-orders")
            for _ in range(40):
                place()
            # Read by that thread, each answer would wake it at least once.
            assert _switches("okx-fast-orders") - before < 20

    def test_a_loop_that_stands_still_keeps_no_connection_from_being_replaced(self) -> None:
        with (
            Desks(lambda peer, message: peer.say(said(message))) as server,
            trading("asyncio", server.private, CREDENTIALS, ping_after_s=600, **ALONE) as desk,
        ):
            assert desk.place().confirmed
            server.peers[0].sock.shutdown(socket.SHUT_RDWR)
            end = monotonic() + WITHIN_S
            # Not a turn of the loop meanwhile.
            while len(server.peers) < 2 or not desk.trader.is_up:
                assert monotonic() < end
                time.sleep(0.002)
            assert desk.place().confirmed

    @pytest.mark.parametrize("before", [b"", frame(b"alive?", PING)])
    def test_an_answer_that_lies_unread_is_read_before_its_time_is_up(self, before: bytes) -> None:
        with (
            Desks(lambda peer, message: peer.send(before + frame(json.dumps(said(message))))) as server,
            trading("asyncio", server.private, CREDENTIALS, ping_after_s=600, **ALONE) as desk,
        ):
            trader = desk.trader
            assert isinstance(trader, AsyncTrader)

            async def stand_still() -> OrderResult:
                task = asyncio.create_task(trader.place_order(**ORDER, timeout=0.3))
                await asyncio.sleep(0)
                end = monotonic() + WITHIN_S
                while not trader.stats()["confirmed"]:
                    assert monotonic() < end
                    time.sleep(0.002)  # noqa: ASYNC251  # nobody is to read here
                return await task

            assert desk.runner is not None
            result = desk.runner.run(stand_still())
            assert (result.outcome, result.proof, trader.stats()["doubted"]) == ("CONFIRMED", "answer", 0)

    def test_an_answer_that_lies_there_when_the_last_reader_leaves_is_read(self) -> None:
        come = threading.Event()

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            peer.say(said(message))
            if len(server.ops) == 2:
                come.set()

        with (
            Desks(behave) as server,
            # Were it left to its deadline, it would not be read in this test.
            trading("sync", server.private, CREDENTIALS, timeout_s=600, ping_after_s=600, **ALONE) as desk,
            Client(server.site) as client,
        ):
            trader = desk.trader
            assert isinstance(trader, Trader)
            client.attach(trader)

            def again(_: OrderCall) -> None:
                trader.send("order", ORDER)
                assert come.wait(WITHIN_S)
                client.stop()

            trader.send("order", ORDER, again)
            client.run(WITHIN_S)
            end = monotonic() + WITHIN_S
            while trader.stats()["confirmed"] < 2:
                assert monotonic() < end
                time.sleep(0.002)

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_an_answer_that_comes_with_the_end_of_the_connection_counts(self, flavour: str) -> None:
        def behave(peer: Socket, message: dict[str, Any]) -> None:
            peer.say(said(message))
            peer.sock.shutdown(socket.SHUT_RDWR)

        with Desks(behave) as server, trading(flavour, server.private, CREDENTIALS, **ALONE) as desk:
            result = desk.place()
            assert (result.outcome, result.proof) == ("CONFIRMED", "answer")

    def test_one_who_never_stops_talking_holds_up_no_deadline(self) -> None:
        over = threading.Event()
        end = monotonic() + WITHIN_S

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            count = {"event": "channel-conn-count", "channel": "orders", "connCount": "1", "connId": "a"}
            while not over.is_set() and monotonic() < end:
                peer.send(frame(json.dumps(count)) * 200)

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, **ALONE, **QUICK) as desk:
            assert desk.place().outcome == "UNKNOWN"
            assert monotonic() < end, "it was heard out first"
            over.set()

    def test_poll_waits_for_callbacks_whatever_else_comes(self) -> None:
        pinged = threading.Event()

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            if len(server.ops) == 1:
                peer.say(said(message))
                for _ in range(8):
                    peer.send(frame(b"alive?", PING))
                    pinged.set()
                    time.sleep(0.05)
            else:
                peer.say(said(message))

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, **ALONE) as desk:
            trader = desk.trader
            assert isinstance(trader, Trader)
            assert desk.place().confirmed
            while trader.poll(0):
                pass
            assert pinged.wait(WITHIN_S)
            began = monotonic()
            trader.poll(0.4)
            assert monotonic() - began >= 0.4
            over: list[OrderCall] = []
            trader.send("order", ORDER, over.append)
            trader.poll(WITHIN_S)
            assert over
            assert monotonic() - began < WITHIN_S

    def test_what_nobody_took_of_a_closed_trader_is_freed_with_it(self) -> None:
        class Callback:
            def __call__(self, call: OrderCall) -> None:
                raise AssertionError("nobody polls")

        with Desks(lambda peer, message: peer.say(said(message))) as server:
            with trading("sync", server.private, CREDENTIALS, **ALONE) as desk:
                callback = Callback()
                call = desk.trader.send("order", ORDER, callback)
                assert call.wait(GRACE_S)
                gone = weakref.ref(callback)
            del callback, call, desk
            gc.collect()
            assert gone() is None

    def test_a_child_of_fork_takes_no_answer_from_its_parent(self) -> None:
        go = threading.Event()

        def behave(peer: Socket, message: dict[str, Any]) -> None:
            assert go.wait(WITHIN_S)
            peer.say(said(message))

        with Desks(behave) as server, trading("sync", server.private, CREDENTIALS, **ALONE) as desk:
            call = desk.trader.send("order", {**ORDER, "clOrdId": "a1"})
            pid = os.fork()
            if not pid:  # pragma: no cover  # the child
                code = 1
                try:
                    code = 1 if call.wait(0.5) or call.done else 7
                finally:
                    os._exit(code)
            go.set()
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
            assert call.wait(GRACE_S)
            assert [one.outcome for one in desk.trader.results(call, ORDER)] == ["CONFIRMED"]


def _switches(thread: str) -> int:
    """How often the threads of this name went to sleep."""
    total = 0
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == thread:
            status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
            total += int(status["voluntary_ctxt_switches"])
    return total
