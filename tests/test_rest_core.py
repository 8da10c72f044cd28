"""`RestCore` on the wire: what is sent, how often, and what comes of it when the other side misbehaves."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import pickle
import socket
import threading
import time
from typing import Any

import pytest

from okx_fast import errors
from okx_fast._native import ReplyQueue, Secret
from tests.core_stub import (
    BALANCE,
    KEY,
    OK,
    ORDER,
    PASSPHRASE,
    SECRET,
    TIME_PATH,
    Request,
    ResetError,
    call,
    collect,
    core,
    refusal,
    reply,
    server_time,
    spec,
    stub,
    submit,
)


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

    def test_many_writes_refused_for_their_time_have_the_clock_read_once_and_do_not_wait(self) -> None:
        def answer(request: Request) -> bytes:
            return server_time() if request.target == TIME_PATH else refusal("50102", 401)

        with stub(answer) as server, core(server.base, connections=8) as rest:
            queue = ReplyQueue(rest)
            begun = time.monotonic()
            for token in range(64):
                submit(rest, queue, token, ORDER, within=30)
            answers = collect(queue, 64)
            assert time.monotonic() - begun < 3
        assert {answer.code for answer in answers.values()} == {"50102"}
        sent = [request.target for request in server.requests]
        assert sent.count("/api/v5/trade/order") == 64
        assert sent.count(TIME_PATH) <= 10

    def test_reads_refused_while_another_reads_the_clock_are_asked_until_it_is_read(self) -> None:
        is_read = threading.Event()

        def answer(request: Request) -> bytes:
            if request.target == TIME_PATH:
                is_read.wait(0.4)  # longer than the wait before another try
                is_read.set()
                return server_time()
            return reply() if is_read.is_set() else refusal("50102", 401)

        with stub(answer) as server, core(server.base, connections=8) as rest:
            queue = ReplyQueue(rest)
            for token in range(8):
                submit(rest, queue, token, BALANCE, within=30)
            answers = collect(queue, 8)
        assert {answer.code for answer in answers.values()} == {"0"}

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
