"""`RestCore` on the wire: what is sent, how often, and what comes of it when the other side misbehaves."""

from __future__ import annotations

import _thread
import base64
import copy
import hashlib
import hmac
import json
import os
import pickle
import select
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from okx_fast import errors
from okx_fast._native import RawReply, ReplyQueue, RestCore, Secret, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY, SECRET, PASSPHRASE = "4f2a-canary-key", "canary-secret", "canary-pass"
OK = b'{"code":"0","msg":"","data":[]}'
TIME_PATH = "/api/v5/public/time"


class Request(NamedTuple):
    """What the stub received."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


def reply(body: bytes = OK, status: int = 200, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def refusal(code: str, status: int = 200) -> bytes:
    return reply(json.dumps({"code": code, "msg": "", "data": []}).encode(), status)


def server_time() -> bytes:
    return reply(json.dumps({"code": "0", "msg": "", "data": [{"ts": str(time.time_ns() // 10**6)}]}).encode())


class Stub:
    """A server that answers what `answer` gives: bytes, or `None` for silence; ResetError resets the connection."""

    def __init__(self, answer: Callable[[Request], bytes | None]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self.arrived = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with self.arrived:
                self.connections += 1
                self.open.append(peer)
                self.arrived.notify_all()
                number = self.connections
            threading.Thread(target=self.serve, args=(peer, number), daemon=True).start()

    def serve(self, peer: socket.socket, number: int) -> None:
        file = peer.makefile("rb")
        try:
            while line := file.readline():
                method, target, _ = line.decode().split(" ", 2)
                headers = {}
                while (header := file.readline().decode().rstrip("\r\n")) != "":
                    name, value = header.split(": ", 1)
                    headers[name] = value
                body = file.read(int(headers.get("Content-Length", "0")))
                request = Request(method, target, headers, body, number)
                with self.arrived:
                    self.requests.append(request)
                    self.arrived.notify_all()
                answer = self.answer(request)
                if answer is not None:
                    peer.sendall(answer)
                    if b"Connection: close" in answer:
                        break
        except OSError:
            pass
        except ResetError:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        finally:
            file.close()
            peer.close()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.arrived:
            assert self.arrived.wait_for(condition, timeout=10)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.open:
            peer.close()


class ResetError(Exception):
    """The stub resets the connection instead of answering."""


@contextmanager
def stub(answer: Callable[[Request], bytes | None] = lambda _: reply()) -> Iterator[Stub]:
    server = Stub(answer)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def core(base: str, **options: Any) -> Iterator[RestCore]:
    given: dict[str, Any] = {
        "base": base,
        "demo": False,
        "ca_file": None,
        "proxy": None,
        "local_address": None,
        "connections": 4,
        "connect_within_s": 2.0,
        "keep_warm_s": None,
        "max_clock_offset_s": 600.0,
        "order_cap": 1000,
    }
    rest = RestCore(**{**given, **options})
    rest.set_credentials(KEY, SECRET, Secret(PASSPHRASE))
    try:
        yield rest
    finally:
        rest.close()


def spec(method: str, path: str, **fields: Any) -> Spec:
    given: dict[str, Any] = {
        "signed": True,
        "idempotent": method == "GET",
        "cancel": False,
        "bucket": 1,
        "count": 0,
        "window_ms": 2000,
        "by_ip": False,
        "capped": False,
    }
    return Spec(method=method, path=path, **{**given, **fields})


ORDER = spec("POST", "/api/v5/trade/order")
CANCEL = spec("POST", "/api/v5/trade/cancel-order", cancel=True)
BALANCE = spec("GET", "/api/v5/account/balance")


def call(rest: RestCore, what: Spec, params: Any = None, *, within: float = 5.0, **given: Any) -> RawReply:
    return rest.call(
        what,
        params,
        given.get("key", ""),
        given.get("n", 1),
        given.get("exp_time"),
        within,
        given.get("wait", True),
        given.get("language"),
    )


def submit(rest: RestCore, queue: ReplyQueue, token: int, what: Spec, *, within: float = 5.0, **given: Any) -> None:
    key, n, wait = given.get("key", ""), given.get("n", 1), given.get("wait", True)
    rest.submit(queue, token, what, given.get("params"), key, n, None, within, wait, None)


def collect(queue: ReplyQueue, count: int) -> dict[int, Any]:
    """`count` answers, waited for as a loop would."""
    answers: dict[int, Any] = {}
    while len(answers) < count:
        ready, _, _ = select.select([queue.fileno()], [], [], 10)
        assert ready, f"{len(answers)} of {count} answers"
        answers.update(queue.take())
    return answers


class TestWhatIsSent:
    def test_a_signed_order_is_sent_as_given_and_signed_over_exactly_that(self) -> None:
        body = b'{"instId":"BTC-USDT","px":"1.10"}'
        with stub() as server, core(server.base) as rest:
            assert call(rest, ORDER, body, exp_time="1700000000000").body == OK
        [sent] = server.requests
        assert (sent.method, sent.target, sent.body) == ("POST", "/api/v5/trade/order", body)
        stamp = sent.headers["OK-ACCESS-TIMESTAMP"]
        digest = hmac.digest(SECRET.encode(), f"{stamp}POST{sent.target}".encode() + body, hashlib.sha256)
        assert sent.headers["OK-ACCESS-SIGN"] == base64.b64encode(digest).decode()
        assert (sent.headers["OK-ACCESS-KEY"], sent.headers["OK-ACCESS-PASSPHRASE"]) == (KEY, PASSPHRASE)
        assert sent.headers["expTime"] == "1700000000000"
        assert "x-simulated-trading" not in sent.headers

    def test_a_query_is_encoded_once_and_signed_as_encoded(self) -> None:
        with stub() as server, core(server.base, demo=True) as rest:
            call(rest, BALANCE, {"ccy": "BTC,ETH", "note": "a b+ü&="})
        [sent] = server.requests
        assert sent.target == "/api/v5/account/balance?ccy=BTC%2CETH&note=a%20b%2B%C3%BC%26%3D"
        prehash = f"{sent.headers['OK-ACCESS-TIMESTAMP']}GET{sent.target}".encode()
        digest = hmac.digest(SECRET.encode(), prehash, hashlib.sha256)
        assert sent.headers["OK-ACCESS-SIGN"] == base64.b64encode(digest).decode()
        assert sent.headers["x-simulated-trading"] == "1"

    def test_a_keyless_call_carries_no_key(self) -> None:
        with stub() as server, core(server.base) as rest:
            call(rest, spec("GET", "/api/v5/market/books", signed=False), {"instId": "BTC-USDT"}, language="zh-CN")
        [sent] = server.requests
        assert not [name for name in sent.headers if name.startswith("OK-ACCESS")]
        assert sent.headers["Accept-Language"] == "zh-CN"

    def test_connections_are_kept(self) -> None:
        with stub() as server, core(server.base) as rest:
            for _ in range(20):
                call(rest, BALANCE)
        assert (server.connections, len(server.requests)) == (1, 20)

    def test_a_header_that_cannot_be_is_refused_by_name(self) -> None:
        with stub() as server, core(server.base) as rest:
            with pytest.raises(errors.ConfigError, match="expTime"):
                call(rest, ORDER, b"{}", exp_time="1\r\nX: y")
            with pytest.raises(errors.ConfigError, match="Accept-Language"):
                call(rest, BALANCE, language="en\n")
        assert server.requests == []

    def test_the_reply_is_handed_on_with_its_times(self) -> None:
        html = reply(b"<html>no</html>", 403, **{"Content-Type": "text/html", "x-trace-id": "abc"})
        with stub(lambda _: html) as server, core(server.base) as rest:
            before = time.monotonic_ns()
            answer = call(rest, ORDER, b"{}")
            assert before < answer.sent_ns <= answer.recv_ns < time.monotonic_ns()
        assert (answer.status, answer.body, answer.code) == (403, b"<html>no</html>", None)
        assert (answer.request_id, answer.content_type) == ("abc", "text/html")
        assert (answer.attempts, answer.waited_ns) == (1, 0)


class TestAgain:
    @pytest.mark.parametrize(
        ("first", "again"),
        [
            (refusal("50001", 503), True),
            (refusal("50004", 400), True),
            (refusal("50013", 429), True),
            (refusal("50026", 500), True),
            (refusal("50011", 429), True),
            (refusal("50102", 401), True),
            (reply(b"<html>bad gateway</html>", 502), True),
            (reply(b'{"code":500}'), True),
            (refusal("51000", 400), False),
            (refusal("50119", 401), False),
            (reply(b"<html>forbidden</html>", 403), False),
            (refusal("1"), False),
        ],
    )
    def test_a_read_is_asked_again_where_that_can_help_and_a_write_never(self, first: bytes, again: bool) -> None:
        def answer(request: Request) -> bytes:
            if request.target == TIME_PATH:
                return server_time()
            path = request.target
            return first if [r.target for r in server.requests].count(path) == 1 else reply()

        with stub(answer) as server, core(server.base) as rest:
            read, write = call(rest, BALANCE), call(rest, ORDER, b"{}")
        sent = [request.target for request in server.requests if request.target != TIME_PATH]
        assert (sent.count("/api/v5/account/balance"), read.attempts) == ((2, 2) if again else (1, 1))
        assert (read.body == OK) is again
        assert (sent.count("/api/v5/trade/order"), write.attempts) == (1, 1)
        assert first.endswith(write.body)

    def test_after_50102_the_clock_is_read_and_a_read_is_asked_again_once(self) -> None:
        def answer(request: Request) -> bytes:
            return server_time() if request.target == TIME_PATH else refusal("50102", 401)

        with stub(answer) as server, core(server.base) as rest:
            assert rest.clock() is None
            assert call(rest, BALANCE).code == "50102"
            reading = rest.clock()
            assert reading is not None
            assert abs(reading.offset_ms) <= 50
            assert call(rest, ORDER, b"{}").code == "50102"
        sent = [request.target for request in server.requests]
        assert sent.count("/api/v5/account/balance") == 2
        assert sent.count("/api/v5/trade/order") == 1

    def test_a_read_that_stays_refused_ends_with_what_okx_said(self) -> None:
        with stub(lambda _: refusal("50026", 500)) as server, core(server.base) as rest:
            answer = call(rest, BALANCE, within=0.5)
        assert (answer.status, answer.code) == (500, "50026")
        assert len(server.requests) == answer.attempts > 1


class TestOutcome:
    def test_a_write_without_a_reply_is_of_unknown_outcome_and_sent_once(self) -> None:
        def reset(_: Request) -> bytes:
            raise ResetError

        with stub(reset) as server, core(server.base) as rest:
            with pytest.raises(errors.OutcomeUnknownError, match="POST /api/v5/trade/order"):
                call(rest, ORDER, b"{}")
            assert len(server.requests) == 1
            with pytest.raises(errors.TransportError, match="GET /api/v5/account/balance"):
                call(rest, BALANCE, within=0.5)
            assert len(server.requests) > 2

    def test_a_reply_cut_short_is_none(self) -> None:
        cut = reply()[:-3] + b""
        with stub(lambda _: cut.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)) as server:
            with core(server.base) as rest, pytest.raises(errors.OutcomeUnknownError):
                call(rest, ORDER, b"{}")
            assert len(server.requests) == 1

    def test_silence_ends_at_the_deadline(self) -> None:
        with stub(lambda _: None) as server, core(server.base) as rest:
            for what, error in [(ORDER, errors.OutcomeUnknownError), (BALANCE, errors.DeadlineError)]:
                begun = time.monotonic()
                with pytest.raises(error):
                    call(rest, what, within=0.3)
                assert 0.3 <= time.monotonic() - begun < 1
            assert len(server.requests) == 2

    def test_without_a_connection_a_write_was_not_sent_for_certain(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            base = f"http://127.0.0.1:{gone.getsockname()[1]}"
        with core(base) as rest:
            with pytest.raises(errors.NotSentError) as caught:
                call(rest, ORDER, b"{}")
            assert not isinstance(caught.value, errors.DeadlineError)
            with pytest.raises(errors.TransportError):
                call(rest, BALANCE, within=0.3)

    def test_a_connection_closed_while_idle_is_not_used(self) -> None:
        with stub(lambda _: reply(Connection="close")) as server, core(server.base) as rest:
            for _ in range(5):
                assert call(rest, ORDER, b"{}").attempts == 1
        assert (server.connections, len(server.requests)) == (5, 5)

    def test_a_connection_that_died_unnoticed_is_replaced_before_anything_is_sent(self) -> None:
        with stub() as server, core(server.base) as rest:
            call(rest, ORDER, b"{}")
            server.open[0].shutdown(socket.SHUT_RDWR)
            assert call(rest, ORDER, b"{}").attempts == 1
            assert (server.connections, len(server.requests)) == (2, 2)
            assert rest.stats()["connections_stale"] == 1


class TestLimits:
    def test_a_full_window_is_waited_for_or_refused_at_once(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=3, window_ms=200, bucket=77)
        with stub() as server, core(server.base) as rest:
            rest.set_credentials("limits-a", "s", "p")
            for _ in range(3):
                call(rest, what, key="BTC-USDT", wait=False)
            wait = rest.when(what, "BTC-USDT", 1)
            assert 0 < wait <= 0.22
            with pytest.raises(errors.LimitError) as caught:
                call(rest, what, key="BTC-USDT", wait=False)
            assert 0 < caught.value.retry_in_s <= wait
            with pytest.raises(errors.LimitError):
                call(rest, what, key="BTC-USDT", within=0.01)
            assert len(server.requests) == 3
            assert rest.when(what, "ETH-USDT", 3) == 0
            assert call(rest, what, key="BTC-USDT").waited_ns > 0
            assert len(server.requests) == 4

    def test_clients_of_one_key_share_its_limits_and_keys_of_a_batch_count_apart(self) -> None:
        what = spec("POST", "/api/v5/trade/batch-orders", count=4, window_ms=60000, bucket=78)
        with stub() as server, core(server.base) as one, core(server.base) as other:
            for rest in (one, other):
                rest.set_credentials("limits-b", "s", "p")
            call(one, what, b"[]", key=[("A", 3), ("B", 1)])
            assert other.when(what, "A", 1) == 0
            assert other.when(what, "A", 2) > 0
            assert other.when(what, [("B", 3), ("C", 4)], 0) == 0
            assert other.when(what, [("B", 3), ("A", 2)], 0) > 0

    def test_orders_count_toward_the_cap_of_the_account_and_cancels_do_not(self) -> None:
        order = spec("POST", "/api/v5/trade/order", capped=True)
        with stub() as server, core(server.base, order_cap=2) as rest:
            rest.set_credentials("limits-c", "s", "p")
            for inst_id in ("A", "B"):
                call(rest, order, b"{}", key=inst_id)
            assert rest.when(order, "C", 1) > 0
            assert rest.when(CANCEL, "C", 1) == 0
            rest.set_order_cap(3)
            assert rest.when(order, "C", 1) == 0

    def test_a_refusal_of_okx_closes_the_bucket_for_a_window(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=60, window_ms=2000, bucket=79, capped=True)
        for number, (code, closed) in enumerate([("50011", 79), ("50061", None)]):
            with stub(lambda _, code=code: refusal(code)) as server, core(server.base) as rest:
                rest.set_credentials(f"limits-d{number}", "s", "p")
                assert call(rest, what, b"{}", key="A").code == code
                assert 1.9 < rest.when(what, "A", 1) < 2.1
                assert [row["bucket"] for row in rest.stats()["limits"] if row["is_closed"]] == [closed]

    def test_a_refusal_found_in_an_item_counts_as_well(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=60, window_ms=2000, bucket=80)
        with stub() as server, core(server.base) as rest:
            rest.set_credentials("limits-e", "s", "p")
            rest.limit_refused(what, "A", 1, "50011")
            assert rest.when(what, "A", 1) > 1.9
            assert rest.when(what, "B", 1) == 0

    def test_what_was_not_sent_gives_its_place_back(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=1, window_ms=60000, bucket=81)
        with socket.create_server(("127.0.0.1", 0)) as gone:
            base = f"http://127.0.0.1:{gone.getsockname()[1]}"
        with core(base) as rest:
            with pytest.raises(errors.NotSentError):
                call(rest, what, b"{}")
            assert rest.when(what, "", 1) == 0


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
            server.wait(lambda: len(server.requests) == 1)
            submit(rest, queue, 99, CANCEL)
            assert collect(queue, 1)[99].body == OK
            assert call(rest, CANCEL, b"{}").body == OK
        assert [request.target for request in server.requests].count("/api/v5/trade/order") == 1

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
            assert rest.prewarm(9, 5.0) == 1
            server.wait(lambda: server.connections == 3)
            assert server.requests == []
            call(rest, BALANCE)
            assert server.connections == 3
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


class TestClock:
    def test_requests_are_stamped_with_okx_time(self) -> None:
        def answer(request: Request) -> bytes:
            if request.target != TIME_PATH:
                return reply()
            ahead = str(time.time_ns() // 10**6 + 60_000)
            return reply(json.dumps({"code": "0", "data": [{"ts": ahead}]}).encode())

        with stub(answer) as server, core(server.base) as rest:
            reading = rest.sync_clock(3, 5.0)
            assert abs(reading.offset_ms - 60_000) < 100
            assert reading.error_ms < 100
            call(rest, BALANCE)
            ours = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 60))
            assert server.requests[-1].headers["OK-ACCESS-TIMESTAMP"][:16] in {
                ours,
                time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 59)),
            }

    def test_a_clock_too_far_off_is_not_believed(self) -> None:
        late = reply(json.dumps({"code": "0", "data": [{"ts": str(time.time_ns() // 10**6 - 7_200_000)}]}).encode())
        with stub(lambda _: late) as server, core(server.base) as rest:
            with pytest.raises(errors.ConfigError, match="behind"):
                rest.sync_clock(1, 5.0)
            assert rest.clock() is None


class TestSecret:
    def test_nothing_shows_it(self) -> None:
        secret = Secret("canary-of-the-mine")
        assert repr(secret) == str(secret) == "Secret(..)"
        assert not any("canary" in repr(getattr(secret, name, "")) for name in dir(secret))
        for leak in (pickle.dumps, copy.copy, copy.deepcopy, "{}".format, bytes, list, iter):
            with pytest.raises(TypeError) as caught:
                leak(secret)
            assert "canary" not in str(caught.value)

    def test_what_it_refuses_it_does_not_show(self) -> None:
        with pytest.raises(TypeError) as caught:
            Secret(["canary"])  # type: ignore[arg-type]
        assert "canary" not in str(caught.value)

    def test_a_core_shows_only_the_start_of_its_key(self) -> None:
        with core("http://127.0.0.1:9") as rest:
            assert rest.key_hint == "4f2a…"
            assert "canary" not in f"{rest!r} {rest.stats()}"
            with pytest.raises(errors.ConfigError) as caught:
                rest.set_credentials(KEY, "canary\n", "canary")
            assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("base", "http://openapi.okx.com", "https"),
        ("base", "https://openapi.okx.com/api", "path"),
        ("proxy", "ftp://x", "proxy"),
        ("local_address", "eth0", "local_address"),
        ("connections", 0, "connections"),
        ("connect_within_s", 0.0, "connect_within_s"),
        ("keep_warm_s", -1.0, "keep_warm_s"),
        ("max_clock_offset_s", float("nan"), "max_clock_offset_s"),
        ("order_cap", 0, "order_cap"),
        ("ca_file", "/nowhere.pem", "/nowhere.pem"),
    ],
)
def test_an_option_that_cannot_work_is_named(option: str, value: Any, word: str) -> None:
    base = "http://127.0.0.1:9"
    with pytest.raises(errors.ConfigError, match=word), core(**{"base": base, option: value}):
        pass
