"""A client against servers that lie, stall, break off or send nonsense: a typed event or a new connection, no more."""

from __future__ import annotations

import itertools
import json
import resource
import socket
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import BookInvalidError, Client, Options, Site
from tests.hostile import BINARY, CLOSE, PING, Peer, Server, book, frame, well_behaved
from tests.waiting import BTC, ETH, Events, pump_until

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = Options(
    ping_after_s=0.2,
    pong_within_s=0.2,
    answer_within_s=0.4,
    connect_within_s=0.4,
    backoff_s=0.02,
    backoff_max_s=0.05,
)


def silent(peer: Peer) -> None:
    while True:
        peer._more()


def greets_then(what: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """A script: upgrade, take the subscription, misbehave."""

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.receive()
        what(peer)

    return script


def reset(peer: Peer) -> None:
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.sock.close()


def half_close(peer: Peer) -> None:
    peer.sock.shutdown(socket.SHUT_WR)
    silent(peer)


def refuse(status: str, body: str) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer._more()
        peer.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        silent(peer)

    return script


def says(*data: bytes) -> Callable[[Peer], None]:
    def what(peer: Peer) -> None:
        for piece in data:
            peer.send(piece)
        silent(peer)

    return greets_then(what)


BAD_CONNECTIONS = {
    "never answers the handshake": (silent, "no answer|did not|within|time"),
    "closes at once": (reset, "reset|closed|ended|lost|Broken pipe"),
    "answers in HTML": (refuse("503 Service Unavailable", "<html>maintenance</html>"), "503"),
    "redirects": (refuse("302 Found", ""), "302"),
    "answers nonsense": (
        lambda peer: (peer._more(), peer.send(b"\x00\xff" * 500), silent(peer)),
        "HTTP|handshake|head",
    ),
    "sends an endless head": (
        lambda peer: (peer._more(), [peer.send(b"a: b\r\n" * 999) for _ in range(99)]),
        "HTTP|head|long",
    ),
    "compresses unasked": (
        lambda peer: (peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate"), silent(peer)),
        "xtension",
    ),
    "says nothing more": (greets_then(silent), "no answer to ping"),
    "half-closes": (greets_then(half_close), "closed|end"),
    "resets": (greets_then(reset), "reset"),
    "sends half a frame and stops": (says(frame("x" * 100)[:50]), "no answer to ping"),
    "sends a fragment and stops": (says(frame("x", fin=False)), "no answer to ping"),
    "declares an oversized frame": (says(frame(b"", claims=5 << 20)), "4194304|long|large|big|limit"),
    "declares an absurd frame": (says(frame(b"", claims=(1 << 63) - 1)), "4194304|long|large|big|limit"),
    "sends fragments without end": (
        says(frame(b"x" * 60000, fin=False), *[frame(b"x" * 60000, 0, fin=False)] * 99),
        "4194304|long|large|big|limit",
    ),
    "masks": (says(b"\x81\x81\x00\x00\x00\x00x"), "mask"),
    "uses reserved bits": (says(b"\xc1\x01x"), "reserved|RSV|bit"),
    "uses a reserved opcode": (says(frame("x", 3)), "opcode"),
    "sends a long ping": (says(frame(b"x" * 126, PING)), "control|125|long"),
    "sends text that is not UTF-8": (says(frame(b"\xff\xfe{}")), "UTF-8"),
    "closes with a code": (says(frame(struct.pack(">H", 4005) + b"slow", CLOSE)), "closed by the server: 4005"),
}


@pytest.mark.parametrize("case", BAD_CONNECTIONS)
def test_a_bad_connection_is_told_and_made_anew(case: str) -> None:
    script, words = BAD_CONNECTIONS[case]
    with Server(script, well_behaved) as server, Client(server.site, options=QUICK) as client:
        events = Events(client)
        btc = client.subscribe_book(BTC)
        pump_until(client, lambda: btc.valid, 5)
        told = [event.msg for event in events.of("disconnected", "malformed", "state")]
        assert any(word.lower() in " ".join(told).lower() for word in words.split("|")), told
        assert btc.best_bid is not None
        assert str(btc.best_bid.px) == "100"
        pump_until(client, lambda: not events.of("disconnected") or len(server.connections) >= 2)


NESTED = "[" * 100_000
HUGE_NUMBER = "1" + "0" * 40
ARG = {"channel": "books", "instId": BTC}
SNAPSHOT = book("snapshot", BTC, -1, 20)
BAD_MESSAGES: dict[str, Any] = {
    "not JSON": "hello",
    "empty": "",
    "half JSON": json.dumps(SNAPSHOT)[:70],
    "nested deeply": NESTED,
    "nested deeply inside": json.dumps(SNAPSHOT)[:-1] + f',"x":{NESTED}',
    "a number": "42",
    "null": "null",
    "an empty object": "{}",
    "an arg that is a list": '{"arg":[],"data":[]}',
    "an arg with numbers": '{"arg":{"channel":1,"instId":2},"data":[]}',
    "data without an arg": '{"data":[]}',
    "an event that is a number": '{"event":7}',
    "binary": frame(b"\x00\x01\x02", BINARY),
    "an error with no code": '{"event":"error"}',
    "an error with strange fields": '{"event":"error","code":["x"],"msg":{"a":1},"id":null,"connId":5}',
    "an unknown event": '{"event":"surprise","arg":{"channel":"books"}}',
    "a push for nobody": json.dumps(book("update", "DOGE-USDT", 1, 2)),
    "zero bytes": "\0" * 50_000,
}


@pytest.mark.parametrize("case", BAD_MESSAGES)
def test_a_frame_that_is_not_okx_harms_no_book(case: str) -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.serve(BAD_MESSAGES[case], book("update", BTC, 10, 11), book("update", ETH, 10, 11))

    with Server(script) as server, Client(server.site) as client:
        events = Events(client)
        both = [client.subscribe_book(inst_id) for inst_id in (BTC, ETH)]
        pump_until(client, lambda: all(book.valid and book.seq_id == 11 for book in both), 5)
        assert set(events.kinds) <= {"connected", "subscribed", "malformed", "notice", "error"}
        stats = client.stats()
        told = [event for event in events if event.kind in {"malformed", "notice", "error"}]
        assert len(told) + stats["unrouted"] == 1, events
        assert all(len(str(event)) < 2000 for event in events)
        assert (stats["connects"], stats["gaps"], stats["resyncs"]) == (1, 0, 0)


def levels(*rows: Any) -> dict[str, Any]:
    return {"bids": list(rows)}


BAD_BOOKS: dict[str, dict[str, Any]] = {
    "a price with an exponent": levels(["1e2", "1", "0", "1"]),
    "a price of 40 digits": levels([HUGE_NUMBER, "1", "0", "1"]),
    "an empty price": levels(["", "1", "0", "1"]),
    "a signed price": levels(["+100", "1", "0", "1"]),
    "a price that is a number": levels([100.5, "1", "0", "1"]),
    "a size that is no number": levels(["100", "many", "0", "1"]),
    "a negative size": levels(["100", "-1", "0", "1"]),
    "a size of infinity": levels(["100", "Infinity", "0", "1"]),
    "a level that is short": levels(["100"]),
    "a level that is an object": levels({"px": "100"}),
    "sides that are null": {"bids": None},
    "sides that are text": {"bids": "none"},
    "a seqId that is text": {"seqId": "eleven"},
    "a seqId beyond 64 bits": {"seqId": 1 << 70},
    "a prevSeqId that is null": {"prevSeqId": None},
    "a checksum that is text": {"checksum": "x"},
    "a checksum that is wrong": {"checksum": 7},
    "a time that is no number": {"ts": "soon"},
    "a gap": {"prevSeqId": 9},
}


@pytest.mark.parametrize("case", BAD_BOOKS)
def test_a_book_message_that_is_wrong_breaks_that_book_alone_until_it_is_resynced(case: str) -> None:
    wrong = book("update", BTC, 10, 11) | {}
    wrong["data"][0] |= BAD_BOOKS[case]

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.serve(wrong, book("update", ETH, 10, 11))

    with Server(script) as server, Client(server.site) as client:
        states: list[tuple[str, bool]] = []
        events: list[Any] = []

        def on_event(event: Any) -> None:
            events.append(event)
            if event.kind in {"malformed", "gap", "checksum"}:
                with pytest.raises(BookInvalidError):
                    btc.top()
                states.append((event.inst_id, btc.valid))

        client.on_event(on_event)
        eth_updates: list[Any] = []
        btc = client.subscribe_book(BTC)
        eth = client.subscribe_book(ETH, eth_updates.append)
        kinds = lambda: [event.kind for event in events]  # noqa: E731
        pump_until(client, lambda: "resynced" in kinds() and len(eth_updates) == 2, 5)
        assert states == [(BTC, False)]
        (fault,) = [event for event in events if event.kind in {"malformed", "gap", "checksum"}]
        assert fault.channel == "books"
        assert fault.expected
        assert fault.got
        assert (btc.valid, btc.seq_id, eth.seq_id) == (True, 10, 11)
        assert client.stats()["connects"] == 1


def test_an_absurd_number_of_levels_breaks_that_book_alone_and_does_not_stay_in_memory() -> None:
    rows = [[str(1_000_000 - at), "1", "0", "1"] for at in range(100_000)]
    message = json.dumps(book("update", BTC, 10, 11, bids=rows))
    assert 2 << 20 < len(message) < 4 << 20

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.serve(*[message] * 20, book("update", ETH, 10, 11))

    with Server(script) as server, Client(server.site) as client:
        events = Events(client)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        btc, eth = (client.subscribe_book(inst_id) for inst_id in (BTC, ETH))
        pump_until(client, lambda: events.of("resynced") and eth.valid and eth.seq_id == 11)
        assert [event.inst_id for event in events.of("malformed")] == [BTC]
        assert "levels" in events.of("malformed")[0].expected
        assert (btc.valid, btc.depth) == (True, (1, 1))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_silence_is_answered_with_a_text_ping() -> None:
    heard: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.receive()
        heard.append(peer.receive())
        peer.say("pong")
        heard.append(peer.receive())

    with Server(script) as server, Client(server.site, options=Options(ping_after_s=0.2)) as client:
        events = Events(client)
        client.subscribe_trades(BTC)
        pump_until(client, lambda: len(heard) == 2, 20)
        # Asked and answered in time: no other connection was needed.
        assert not events.of("replaced")
        assert heard[0] == (1, b"ping")


def test_a_websocket_ping_is_answered_with_its_payload() -> None:
    heard: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.receive()
        peer.send(frame(b"are you there", PING))
        heard.append(peer.receive())

    with Server(script) as server, Client(server.site) as client:
        client.subscribe_trades(BTC)
        pump_until(client, lambda: heard, 5)
        assert heard == [(10, b"are you there")]


def test_after_a_reconnect_everything_is_subscribed_again() -> None:
    asked: list[list[dict[str, str]]] = []

    def script(peer: Peer) -> None:
        peer.upgrade()
        asked.append(json.loads(peer.receive()[1])["args"])
        reset(peer)

    with Server(script, script, well_behaved) as server, Client(server.site, options=QUICK) as client:
        both = [client.subscribe_book(inst_id) for inst_id in (BTC, ETH)]
        gone = client.subscribe_book("SOL-USDT")
        client.unsubscribe(gone)
        client.subscribe_trades(BTC)
        pump_until(client, lambda: all(book.valid for book in both), 5)
        names = [[(arg["channel"], arg["instId"]) for arg in args] for args in asked]
        assert names == [[("books", BTC), ("books", ETH), ("trades", BTC)]] * 2


def test_refused_connects_are_tried_ever_more_slowly_and_not_in_step() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    site = Site(ws_public=f"ws://127.0.0.1:{port}/ws/v5/public")
    with Client(site, options=Options(backoff_s=0.4, backoff_max_s=0.8)) as client:
        times: list[float] = []
        client.on_event(lambda event: times.append(time.monotonic()) if event.kind == "disconnected" else None)
        client.subscribe_trades(BTC)
        client.run(5)
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert 5 <= len(times) <= 13
    assert pauses[0] >= 0.2
    assert all(pause >= 0.4 for pause in pauses[1:])
    assert len({round(pause, 3) for pause in pauses[1:]}) > 2


def test_a_server_that_never_acks_is_asked_again_a_bounded_number_of_times() -> None:
    requests: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.upgrade()
        while True:
            _, payload = peer.receive()
            requests.append(payload)
            peer.say("pong")

    with Server(script) as server, Client(server.site, options=QUICK) as client:
        events = Events(client)
        client.subscribe_book(BTC)
        client.run(2)
        # A pong that takes its time brings a second connection, on a busy machine.
        connections = len(server.connections)
        assert 1 <= len(events.of("timeout")) <= 3 * connections
        assert 2 <= sum(b"subscribe" in request for request in requests) <= 4 * connections
