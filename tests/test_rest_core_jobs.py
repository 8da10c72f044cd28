"""What `RestCore` does on threads of its own, and how it ends."""

from __future__ import annotations

import _thread
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from okx_fast import errors
from okx_fast._native import ReplyQueue
from tests.core_stub import (
    BALANCE,
    CANCEL,
    OK,
    ORDER,
    TIME_PATH,
    Request,
    call,
    collect,
    core,
    reply,
    server_time,
    spec,
    stub,
    submit,
)


class TestJobs:
    def test_many_jobs_share_few_connections(self) -> None:
        with stub() as server, core(server.base, connections=4) as rest:
            queue = ReplyQueue(rest)
            for token in range(64):
                submit(rest, queue, token, BALANCE)
            answers = collect(queue, 64)
        assert sorted(answers) == list(range(64))
        assert all(answer.body == OK for answer in answers.values())
        assert server.connections <= 4

    def test_an_error_comes_as_the_exception_that_a_call_would_raise(self) -> None:
        with stub(lambda _: None) as server, core(server.base) as rest:
            queue = ReplyQueue(rest)
            submit(rest, queue, 7, ORDER, within=0.2)
            submit(rest, queue, 8, BALANCE, within=0.2)
            answers = collect(queue, 2)
        assert isinstance(answers[7], errors.OutcomeUnknownError)
        assert isinstance(answers[8], errors.DeadlineError)

    def test_a_cancel_is_not_stuck_behind_orders(self) -> None:
        def answer(request: Request) -> bytes | None:
            return reply() if request.target.endswith("cancel-order") else None

        with stub(answer) as server, core(server.base, connections=2) as rest:
            queue = ReplyQueue(rest)
            for token in range(8):
                submit(rest, queue, token, ORDER, within=30)
            server.wait(lambda: len(server.requests) == 2)
            submit(rest, queue, 99, CANCEL)
            assert collect(queue, 1)[99].body == OK
            assert call(rest, CANCEL, b"{}").body == OK
        assert [request.target for request in server.requests].count("/api/v5/trade/order") == 2

    def test_what_waits_behind_others_ends_at_its_own_deadline(self) -> None:
        with stub(lambda _: None) as server, core(server.base, connections=1) as rest:
            queue = ReplyQueue(rest)
            submit(rest, queue, 1, ORDER, within=30)
            server.wait(lambda: len(server.requests) == 1)
            begun = time.monotonic()
            submit(rest, queue, 2, ORDER, within=0.2)
            [(token, error)] = collect(queue, 1).items()
            assert (token, type(error)) == (2, errors.DeadlineError)
            assert 0.2 <= time.monotonic() - begun < 1
        assert len(server.requests) == 1

    def test_what_is_given_up_before_it_is_sent_never_is(self) -> None:
        release = threading.Event()

        def answer(_: Request) -> bytes:
            assert release.wait(10)
            return reply()

        with stub(answer) as server, core(server.base, connections=1) as rest:
            queue = ReplyQueue(rest)
            submit(rest, queue, 1, ORDER)
            server.wait(lambda: len(server.requests) == 1)
            submit(rest, queue, 2, ORDER, params=b"2")
            submit(rest, queue, 3, ORDER, params=b"3")
            assert rest.abandon(queue, 2) is True
            assert rest.abandon(queue, 1) is False
            release.set()
            assert list(collect(queue, 1)) == [3]
        assert [request.body for request in server.requests] == [b"", b"3"]

    def test_giving_up_at_any_moment_tells_the_truth(self) -> None:
        def answer(_: Request) -> bytes:
            time.sleep(0.0005)
            return reply()

        with stub(answer) as server, core(server.base, connections=3) as rest:
            queue = ReplyQueue(rest)
            unsent = set()
            for token in range(400):
                submit(rest, queue, token, ORDER, params=b"%d" % token)
                given_up = max(0, token - token % 7)
                if token % 3 == 0 and given_up not in unsent and rest.abandon(queue, given_up):
                    unsent.add(given_up)
            submit(rest, queue, 1000, ORDER, params=b"1000")
            answered: set[int] = set()
            while 1000 not in answered:
                answered |= set(collect(queue, 1))
        sent = [int(request.body) for request in server.requests]
        assert len(sent) == len(set(sent))
        assert unsent
        assert not unsent & (answered | set(sent))
        assert answered <= set(sent)

    def test_a_job_that_waits_for_a_limit_holds_no_connection(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=1, window_ms=300, bucket=82)
        with stub() as server, core(server.base, connections=1) as rest:
            rest.set_credentials("limits-f", "s", "p")
            queue = ReplyQueue(rest)
            for token in range(2):
                submit(rest, queue, token, what)
            submit(rest, queue, 9, BALANCE)
            order = []
            while len(order) < 3:
                order += list(collect(queue, 1))
        assert (order[-1], sorted(order)) == (1, [0, 1, 9])

    def test_a_job_that_may_not_wait_fails_at_once(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=1, window_ms=60000, bucket=83)
        with stub() as server, core(server.base) as rest:
            rest.set_credentials("limits-g", "s", "p")
            queue = ReplyQueue(rest)
            submit(rest, queue, 1, what, wait=False)
            submit(rest, queue, 2, what, wait=False)
            answers = collect(queue, 2)
        assert (answers[1].status, type(answers[2])) == (200, errors.LimitError)


class TestLife:
    def test_ctrl_c_ends_a_call(self) -> None:
        def answer(_: Request) -> None:
            _thread.interrupt_main()

        with stub(answer) as server, core(server.base) as rest:
            begun = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                call(rest, ORDER, b"{}", within=30)
            assert time.monotonic() - begun < 5

    def test_closing_wakes_who_waits(self) -> None:
        with stub(lambda _: None) as server, core(server.base) as rest:
            queue = ReplyQueue(rest)
            submit(rest, queue, 1, BALANCE, within=30)
            submit(rest, queue, 2, ORDER, within=30)
            raised: list[BaseException] = []

            def read() -> None:
                try:
                    call(rest, BALANCE, within=30)
                except errors.OkxFastError as error:
                    raised.append(error)

            thread = threading.Thread(target=read)
            thread.start()
            server.wait(lambda: len(server.requests) == 3)
            begun = time.monotonic()
            rest.close()
            thread.join()
            assert time.monotonic() - begun < 1
            answers = collect(queue, 2)
            with pytest.raises(errors.ClosedError):
                call(rest, BALANCE)
        assert [type(error) for error in raised] == [errors.ClosedError]
        assert (type(answers[1]), type(answers[2])) == (errors.ClosedError, errors.OutcomeUnknownError)

    def test_closing_waits_a_little_for_what_has_left(self) -> None:
        leave = threading.Event()

        def answer(_: Request) -> bytes:
            assert leave.wait(10)
            return reply()

        with stub(answer) as server, core(server.base) as rest:
            queue = ReplyQueue(rest)
            submit(rest, queue, 1, ORDER, within=30)
            server.wait(lambda: len(server.requests) == 1)
            threading.Timer(0.1, leave.set).start()
            rest.close()
            assert collect(queue, 1)[1].body == OK

    def test_threads_end_with_the_client(self) -> None:
        def threads() -> set[str]:
            names = set()
            for comm in Path("/proc/self/task").glob("*/comm"):
                with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ends meanwhile
                    names.add(comm.read_text().strip())
            return {name for name in names if name.startswith("okx-rest")}

        with stub(lambda r: server_time() if r.target == TIME_PATH else reply()) as server:
            with core(server.base, keep_warm_s=5.0) as rest:
                queue = ReplyQueue(rest)
                submit(rest, queue, 1, BALANCE)
                collect(queue, 1)
                assert threads() >= {"okx-rest-0", "okx-rest-timer"}
            by = time.monotonic() + 5
            while threads() and time.monotonic() < by:  # a joined thread may be seen a little longer
                time.sleep(0.01)
            assert threads() == set()

    def test_a_child_of_fork_is_told_so(self) -> None:
        with stub() as server, core(server.base) as rest:
            call(rest, BALANCE)
            child = os.fork()
            if child == 0:
                try:
                    call(rest, BALANCE)
                except errors.ForkError:
                    os._exit(0)
                finally:
                    os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            call(rest, BALANCE)
        assert server.connections == 1

    def test_prewarming_connects_and_asks_nothing(self) -> None:
        with stub() as server, core(server.base, connections=3) as rest:
            assert rest.prewarm(2, 5.0) == 2
            assert rest.prewarm(9, 5.0) == 2  # the last one is the cancels'
            server.wait(lambda: server.connections == 4)
            assert server.requests == []
            call(rest, BALANCE)
            assert server.connections == 4
        with core("http://127.0.0.1:9") as rest, pytest.raises(errors.TransportError):
            rest.prewarm(1, 1.0)

    def test_idle_connections_are_kept_warm_only_if_asked(self) -> None:
        def answer(request: Request) -> bytes:
            return server_time() if request.target == TIME_PATH else reply()

        with stub(answer) as server, core(server.base, keep_warm_s=0.05) as rest:
            call(rest, BALANCE)
            server.wait(lambda: len(server.requests) >= 4)
            assert rest.clock() is not None
        assert {request.target for request in server.requests[1:]} == {TIME_PATH}
