"""A server that misbehaves as a test wants it to: raw frames over plain TCP on loopback, in a thread."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from okx_fast import Site

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(payload: bytes | str, opcode: int = TEXT, *, fin: bool = True, claims: int | None = None) -> bytes:
    """A server's frame; `claims` is the length it declares instead of its own."""
    data = payload.encode() if isinstance(payload, str) else payload
    length = len(data) if claims is None else claims
    first = opcode | (0x80 if fin else 0)
    if length < 126:
        return bytes([first, length]) + data
    if length < 1 << 16:
        return bytes([first, 126]) + struct.pack(">H", length) + data
    return bytes([first, 127]) + struct.pack(">Q", length) + data


class Peer:
    """One connection from a client."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def say(self, message: Any) -> None:
        self.send(frame(message if isinstance(message, (str, bytes)) else json.dumps(message)))

    def upgrade(self, *headers: str) -> None:
        """Read the request, accept it."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.request = head.decode()
        headers_sent = dict(line.split(": ", 1) for line in self.request.split("\r\n")[1:])
        key = {name.lower(): value for name, value in headers_sent.items()}["sec-websocket-key"]
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}", *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def receive(self) -> tuple[int, bytes]:
        """The client's next frame, unmasked."""
        first, second = self._take(2)
        assert second & 0x80, "a client masks"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self._take(2))
        mask = self._take(4)
        return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(self._take(length)))

    def serve(self, *first: Any) -> None:
        """Answer like OKX until the client goes: acks, snapshots, pongs. `first` goes out after the first acks."""
        waiting = list(first)
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                self.send(frame(payload, CLOSE))
                self.sock.shutdown(socket.SHUT_WR)
                return
            if payload == b"ping":
                self.say("pong")
                continue
            request = json.loads(payload)
            if request["op"] == "login":
                self.say({"event": "login", "code": "0", "msg": "", "connId": "a"})
                continue
            for arg in request["args"]:
                self.say({"id": request["id"], "event": request["op"], "arg": arg, "connId": "a"})
                if request["op"] == "subscribe" and arg["channel"] == "books":
                    self.say(book("snapshot", arg["instId"], -1, 10))
            while waiting:
                message = waiting.pop(0)
                self.send(message) if isinstance(message, bytes) else self.say(message)

    def _take(self, length: int) -> bytes:
        while len(self.buffer) < length:
            self._more()
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the client went")
        self.buffer += data


def book(action: str, inst_id: str, prev: int, seq: int, **data: Any) -> dict[str, Any]:
    """A book message with one level a side; `data` overrides its fields."""
    fields = {"asks": [["101", "2", "0", "1"]], "bids": [["100", "1", "0", "1"]], "ts": "1785096000123", "checksum": 0}
    fields |= {"prevSeqId": prev, "seqId": seq} | data
    return {"arg": {"channel": "books", "instId": inst_id}, "action": action, "data": [fields]}


class Server:
    """Plays `scripts` to the connections that come, one each; the last one to all further ones."""

    def __init__(self, *scripts: Callable[[Peer], None]) -> None:
        self.scripts = scripts
        self.connections: list[float] = []
        self.peers: list[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def site(self) -> Site:
        return Site(ws_public=f"ws://127.0.0.1:{self._listener.getsockname()[1]}/ws/v5/public")

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        # One that it has just accepted is among the peers then.
        self._threads[0].join(10)
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_RDWR)
            peer.sock.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(time.monotonic())
            script = self.scripts[min(len(self.connections), len(self.scripts)) - 1]
            peer = Peer(sock)
            self.peers.append(peer)
            self._start(self._play, script, peer)

    def _play(self, script: Callable[[Peer], None], peer: Peer) -> None:
        # A client that goes away is what many scripts are about.
        with contextlib.suppress(ConnectionError, OSError):
            script(peer)


def well_behaved(peer: Peer) -> None:
    peer.upgrade()
    peer.serve()
