"""A server that misbehaves as told, and short ways to call it through `RestCore`."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

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
