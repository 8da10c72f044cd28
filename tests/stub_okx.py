"""A server that writes down what a REST client sends and answers as a test wants: plain HTTP on loopback, in threads.

client ─▶ Stub ─▶ requests (method, target, headers, body as they came)
             └──▶ behave(peer, request): a reply, half of one, a reset, silence
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

from okx_fast import Site

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, SECRET, PASSPHRASE = "mykey", "mysecret", "mypass"
AT_MOST_S = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded."""
        return parse_qsl(self.query, keep_blank_values=True, strict_parsing=True) if self.query else []

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def prehash(self) -> str:
        """What the signature must cover."""
        return f"{self.headers['ok-access-timestamp']}{self.method}{self.target}{self.body.decode()}"


class Peer:
    """One connection from a client."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock = sock
        self.number = number
        self.done = threading.Event()  # set when the stub ends: what a peer waits on instead of sleeping
        self._buffer = b""

    def receive(self) -> Request | None:
        """The next request, None when the client is gone."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            assert name.lower() not in headers, f"{name} comes twice"
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(method, target, headers, body, self.number)

    def answer(self, body: bytes | str | dict[str, Any], status: str = "200 OK", **headers: str) -> None:
        self.send(reply(body, status, **headers))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End the connection as a crashed host does: without a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def dribble(self, data: bytes, every_s: float) -> None:
        """A byte at a time, until the client goes or the stub ends."""
        for at in range(len(data)):
            self.send(data[at : at + 1])
            if self.done.wait(every_s):
                return

    def _more(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)


def reply(body: bytes | str | dict[str, Any], status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of a reply; a dict is JSON."""
    text = json.dumps(body) if isinstance(body, dict) else body
    data = text.encode() if isinstance(text, str) else text
    fields = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


def accept(request: Request) -> dict[str, Any]:
    """OKX's envelope for a call that went well; items of a batch come back in their order."""
    rows: list[Any] = [["1597026383085", "1", "1", "1", "1"] if request.path.endswith("candles") else {}]
    if request.path == "/api/v5/public/time":
        rows = [{"ts": str(time.time_ns() // 1_000_000)}]
    elif request.method == "POST":
        rows.clear()
        sent = json.loads(request.body or b"{}")
        for number, item in enumerate(sent if isinstance(sent, list) else [sent], 1):
            ids = {name: item.get(name, "") for name in ("clOrdId", "algoClOrdId", "tag")}
            made = {name: item.get(name) or str(number) for name in ("ordId", "algoId")}
            rows.append({**made, **ids, "sCode": "0", "sMsg": "", "subCode": ""})
    return {"code": "0", "msg": "", "data": rows, "inTime": "1597026383085123", "outTime": "1597026383085456"}


def well(peer: Peer, request: Request) -> None:
    """Answer as OKX does when all is well."""
    peer.answer(accept(request))


class Stub:
    """Serves until the `with` block ends; `behave` may be changed while it runs."""

    def __init__(self, behave: Callable[[Peer, Request], None] = well) -> None:
        self.behave = behave
        self.requests: list[Request] = []
        self.peers: list[Peer] = []
        self.failures: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def site(self, *, demo: bool = False) -> Site:
        return Site(name="stub", rest=self.url, demo=demo)

    def sent(self, method: str = "POST") -> list[Request]:
        """The requests of this method so far."""
        return [request for request in self.requests if request.method == method]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        # One that it has just accepted is among the peers then.
        self._threads[0].join(AT_MOST_S)
        for peer in self.peers:
            peer.done.set()
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_RDWR)
            peer.sock.close()
        for thread in self._threads:
            thread.join(AT_MOST_S)
            assert not thread.is_alive()
        assert not self.failures, self.failures

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock, len(self.peers))
            self.peers.append(peer)
            self._start(self._serve, peer)

    def _serve(self, peer: Peer) -> None:
        try:
            while request := peer.receive():
                self.requests.append(request)
                self.behave(peer, request)
        except OSError:
            pass  # a client that goes away is what some tests are about
        except Exception as error:  # noqa: BLE001  reported where the test can see it
            self.failures.append(error)
