"""The simulator, talked to by a client nobody here wrote (`websockets`)."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import ssl
import struct
import subprocess
import sys
import time
import zlib
from collections import defaultdict
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from okx_fast.errors import ClosedError, ConfigError, ConnectError
from okx_fast.sim import Sim

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

BTC = "BTC-USDT-SWAP"
SMALL = {"instruments": 2, "messages": 4000}
WAIT = 10


def arg(channel: str, inst_id: str = BTC) -> dict[str, str]:
    return {"channel": channel, "instId": inst_id}


def dial(sim: Sim, path: str = "public", *, tls: bool = False) -> ClientConnection:
    context = ssl.create_default_context(cafile=sim.ca_file) if tls else None
    url = f"{sim.wss if tls else sim.ws}/ws/v5/{path}"
    return connect(url, ssl=context, compression=None, max_size=None, close_timeout=1)


def ask(ws: ClientConnection, op: str, *args: dict[str, str]) -> None:
    ws.send(json.dumps({"id": "r1", "op": op, "args": args}))


def receive(ws: ClientConnection) -> Any:
    return json.loads(ws.recv(timeout=WAIT))


class Book:
    """A book as simple as can be."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, tuple[str, str]]] = {"bids": {}, "asks": {}}
        self.last: int | None = None

    def apply(self, message: dict[str, Any]) -> None:
        data = message["data"][0]
        if message["action"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        elif "prevSeqId" in data:
            assert data["prevSeqId"] == self.last
        self.last = data.get("seqId")
        for name, side in self.sides.items():
            for px, sz, *_ in data[name]:
                if Decimal(sz):
                    side[Decimal(px)] = (px, sz)
                else:
                    side.pop(Decimal(px), None)
        if data.get("checksum"):
            assert data["checksum"] == self.checksum()

    def checksum(self) -> int:
        bids = [level for _, level in sorted(self.sides["bids"].items(), reverse=True)[:25]]
        asks = [level for _, level in sorted(self.sides["asks"].items())[:25]]
        both = [side[at] for at in range(25) for side in (bids, asks) if at < len(side)]
        crc = zlib.crc32(":".join(":".join(level) for level in both).encode())
        return crc - (1 << 32) if crc >> 31 else crc

    def digest(self) -> str:
        lines = [
            f"{name}\n" + "".join(f"{px}:{sz}\n" for _, (px, sz) in sorted(self.sides[name].items()))
            for name in self.sides
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_subscription_is_acknowledged_then_fed(tls: bool) -> None:
    with Sim(speed="full", checksum="real", limit=3000, **SMALL) as sim, dial(sim, tls=tls) as ws:
        assert ws.response is not None
        assert ws.response.headers["x-okx-fast-simulator"] == "1"
        assert sim.instruments == [BTC, "ETH-USDT-SWAP"]
        ask(ws, "subscribe", arg("books"), arg("trades"), arg("nonsense"))
        books, seen = Book(), defaultdict(int)
        events = []
        while sum(seen.values()) < 3000:
            message = receive(ws)
            if "event" in message:
                events.append(message)
                continue
            seen[message["arg"]["channel"]] += 1
            assert abs(int(message["data"][0]["ts"]) - time.time() * 1000) < 60_000
            if message["arg"]["channel"] == "books":
                books.apply(message)
        assert [event.get("arg") for event in events] == [arg("books"), arg("trades"), None]
        assert {event["id"] for event in events} == {"r1"}
        assert len({event["connId"] for event in events}) == 1
        assert events[-1]["code"] == "60018"
        assert "channel:nonsense" in events[-1]["msg"]
        assert min(seen.values()) > 500
    assert sim.report == {
        "sent": 3000,
        "books": [{"channel": "books", "id": BTC, "seqId": books.last, "digest": books.digest()}],
    }


def test_a_certificate_is_only_good_with_the_simulators_ca() -> None:
    with Sim(**SMALL) as sim, pytest.raises(ssl.SSLCertVerificationError):
        connect(f"{sim.wss}/ws/v5/public")


def test_pings_of_both_kinds_are_answered() -> None:
    with Sim(**SMALL) as sim, dial(sim) as ws:
        ws.send("ping")
        assert ws.recv(timeout=WAIT) == "pong"
        assert ws.ping().wait(WAIT)


def test_wrong_requests_get_okx_codes() -> None:
    with Sim(**SMALL) as sim, dial(sim) as ws, dial(sim, "business") as business:
        for text, code in [
            ("nonsense", "60012"),
            ('{"op":"sing","args":[]}', "60019"),
            ('{"op":"subscribe","args":{}}', "60013"),
            ('{"op":"subscribe","args":[{"channel":"trades-all","instId":"BTC-USDT-SWAP"}]}', "64001"),
            ('{"op":"subscribe","args":[{"channel":"books","uly":"BTC-USDT"}]}', "64000"),
            ('{"op":"login","args":[{"apiKey":"k"}]}', "60009"),
        ]:
            ws.send(text)
            answer = receive(ws)
            assert (answer["event"], answer["code"]) == ("error", code), text
        ask(business, "subscribe", arg("trades-all"), arg("books"))
        assert receive(business)["event"] == "subscribe"
        assert receive(business)["code"] == "64002"
        with pytest.raises(InvalidStatus):
            dial(sim, "private")


def test_silence_and_huge_requests_close_with_okx_codes() -> None:
    with Sim(idle_after_s=0.3, **SMALL) as sim:
        with dial(sim) as ws, pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=WAIT)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4004
        with dial(sim) as ws:
            ask(ws, "subscribe", *[arg("books", "X" * 100)] * 1000)
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(timeout=WAIT)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_unsubscribing_stops_the_feed_and_subscribing_again_brings_a_snapshot() -> None:
    with Sim(rate=2000, **SMALL) as sim, dial(sim) as ws:
        for _ in range(3):
            ask(ws, "subscribe", arg("books"))
            assert receive(ws)["event"] == "subscribe"
            book = Book()
            for _ in range(20):
                message = receive(ws)
                assert (message["action"] == "snapshot") == (book.last is None)
                book.apply(message)
            ask(ws, "unsubscribe", arg("books"))
            while "event" not in (message := receive(ws)):
                pass
            assert message["event"] == "unsubscribe"
            with pytest.raises(TimeoutError):
                ws.recv(timeout=0.05)


def test_a_rate_is_kept_and_logged(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Sim(rate=2000, burst=20, limit=400, send_log=log, **SMALL) as sim, dial(sim) as ws:
        ask(ws, "subscribe", arg("trades"))
        trades = [receive(ws) for _ in range(401)][1:]
        now = time.monotonic_ns()
    rows = list(struct.iter_unpack("<3Q", log.read_bytes()))
    assert [row[0] for row in rows] == [trade["data"][0]["seqId"] for trade in trades]
    due = [row[1] - rows[0][1] for row in rows]
    assert due == [burst * 10_000_000 + place * 10_000 for burst in range(20) for place in range(20)]
    assert all(was_due <= sent <= now for _, was_due, sent in rows)


def hear(ws: ClientConnection, *, until_snapshots: int | None = None) -> list[dict[str, Any]]:
    """Book messages, until there were so many snapshots or nobody says anything more."""
    messages: list[dict[str, Any]] = []
    snapshots = 0
    while snapshots != until_snapshots:
        try:
            message = json.loads(ws.recv(timeout=WAIT if until_snapshots else 1))
        except TimeoutError:
            assert until_snapshots is None
            break
        if "action" in message:
            messages.append(message)
            snapshots += message["action"] == "snapshot"
    return messages


def test_a_shared_market_is_one_for_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    options: dict[str, Any] = {"instruments": 100, "rate": 2000, "limit": 6000, "checksum": "real"}
    with Sim(shared=True, send_log=log, **options) as sim, dial(sim) as early, dial(sim, tls=True) as late:
        assert len(sim.instruments) == 100
        heard = []
        for ws in (early, late):
            ask(ws, "subscribe", *[arg("books", inst_id) for inst_id in sim.instruments])
            heard.append(hear(ws, until_snapshots=100))
        for messages, ws in zip(heard, (early, late), strict=True):
            messages.extend(hear(ws))  # the market stands still after its 6,000 messages
        read_ns = time.monotonic_ns()
    books: dict[str, Book] = defaultdict(Book)
    for message in heard[1]:
        books[message["arg"]["instId"]].apply(message)
    snapshots = [message for message in heard[1] if message["action"] == "snapshot"]
    starts = {message["arg"]["instId"]: message["data"][0]["seqId"] for message in snapshots}
    updates = [message for message in heard[1] if message["action"] == "update"]
    assert len(updates) > 500
    # Both hear the same from the other's snapshot on, and in the same order.
    assert updates == [
        message
        for message in heard[0]
        if message["action"] == "update" and message["data"][0]["seqId"] > starts[message["arg"]["instId"]]
    ]
    assert sim.report is not None
    assert sim.report["sent"] == sum(map(len, heard))
    assert (sim.report["connections"], sim.report["requests"]) == (2, 2)
    assert {book["id"]: (book["seqId"], book["digest"]) for book in sim.report["books"]} == {
        inst_id: (book.last, book.digest()) for inst_id, book in books.items()
    }
    rows = {seq_id: (due, sent) for seq_id, due, sent in struct.iter_unpack("<3Q", log.read_bytes())}
    for message in updates:
        due, sent = rows[message["data"][0]["seqId"]]
        assert due <= sent <= read_ns


def test_okx_limits_are_kept_when_asked_for() -> None:
    sockets: list[ClientConnection] = []
    with Sim(shared=True, okx_limits=True, instruments=2, rate=20) as sim, ExitStack() as opened:

        def dial_on() -> None:
            sockets.extend(opened.enter_context(dial(sim)) for _ in range(20))

        begin = time.monotonic()
        with pytest.raises(InvalidStatus) as refused:
            dial_on()
        assert refused.value.response.status_code == 429
        assert 1 <= len(sockets) <= 3 + 3 * int(time.monotonic() - begin)
        ws = sockets[0]
        for _ in range(480):
            ask(ws, "unsubscribe", arg("books"))
            assert receive(ws)["event"] == "unsubscribe"
        ask(ws, "subscribe", arg("books"))
        assert receive(ws)["code"] == "60014"


def recorded(path: Path, conn: str) -> list[str]:
    """The arguments of a recording's streams, as texts."""
    opened = gzip.open if path.suffix == ".gz" else open
    args = {}
    with opened(path, "rt") as lines:
        for line in lines:
            message = json.loads(line)
            if message.get("conn", conn) != conn:
                continue
            message = message["msg"] if isinstance(message.get("msg"), dict) else message
            if "data" in message:
                args[json.dumps(message["arg"])] = None
    return list(args)


@pytest.mark.parametrize("chunk", [None, 7], ids=["whole", "chunks-of-7"])
def test_recordings_arrive_whole_and_end_in_the_expected_books(captures: Path, chunk: int | None) -> None:
    expected = [json.loads(line) for line in (captures / "books" / "expected.jsonl").read_text().splitlines()]
    assert expected
    checked = 0
    for name, conn in sorted({(row["file"], row["conn"]) for row in expected}):
        path = captures / name
        rows = [row for row in expected if (row["file"], row["conn"]) == (name, conn)]
        if any(row["sum_bad"] or row["gaps"] or not row["snapshots"] for row in rows):
            continue  # cut by its origin: not a book
        args = [json.loads(text) for text in recorded(path, conn)]
        books: dict[tuple[str, str], Book] = defaultdict(Book)
        counts: dict[tuple[str, str], int] = defaultdict(int)
        options = {"recording": path, "conn": conn or None, "speed": "full", "chunk": chunk}
        with Sim(**options) as sim, dial(sim, tls=True) as ws:
            ask(ws, "subscribe", *args)
            while any(counts[row["channel"], row["id"]] < row["messages"] for row in rows):
                message = receive(ws)
                if "action" in message:
                    key = (message["arg"]["channel"], message["arg"]["instId"])
                    books[key].apply(message)
                    counts[key] += 1
        assert sim.report is not None
        theirs = {(book["channel"], book["id"]): book["digest"] for book in sim.report["books"]}
        for row in rows:
            key = (row["channel"], row["id"])
            assert books[key].digest() == row["digest"] == theirs[key], key
            checked += 1
    assert checked > 20


def test_the_command_ends_by_itself_with_its_parent_and_on_a_signal() -> None:
    command = [sys.executable, "-m", "okx_fast", "sim", "--messages", "2000"]
    done = subprocess.run([*command, "--seconds", "0.1"], capture_output=True, text=True, timeout=WAIT, check=True)
    ready, report = map(json.loads, done.stdout.splitlines())
    assert ready["ready"] is True
    assert ready["name"] == "okx-fast simulator (not OKX)"
    assert report == {"sent": 0, "books": []}
    assert not Path(ready["ca_file"]).exists()
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ready"]
        process.send_signal(number)
        out, _ = process.communicate(timeout=WAIT)
        assert (process.returncode, json.loads(out)["sent"]) == (0, 0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"host": "0.0.0.0"}, "the simulator listens on loopback only, not on 0.0.0.0"),  # noqa: S104  # refused
        ({"rate": 1, "speed": "full"}, "rate and speed exclude each other"),
        ({"speed": "fast"}, "speed: expected full, recorded or a factor, got fast"),
        ({"instruments": 5001}, "instruments: expected 1 to 5000, got 5001"),
        ({"shared": True, "instruments": 5001}, "instruments: expected 1 to 5000, got 5001"),
        ({"shared": True, "rate": 0}, "rate: expected a positive number, got 0"),
        ({"shared": True, "instruments": 1, "channels": ["books"], "rate": 50}, "have 10 messages a second at most"),
        ({"shared": True, "speed": "full"}, "speed=full is for connections with a feed of their own"),
        ({"shared": True, "skip": 3}, "skip is for connections with a feed of their own, not for a shared market"),
        ({"channels": ["books", "boks"]}, "got boks"),
        ({"recording": "no-such-file.jsonl"}, "No such file"),
        ({"colour": "red"}, "unrecognized arguments: --colour red"),
    ],
)
def test_options_that_cannot_work_are_refused_in_words(options: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError, match=error) as raised, Sim(**options):
        pass
    assert "\n" not in str(raised.value)


def test_a_simulator_that_does_not_come_up_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ConnectError, match="the simulator did not start: exit code 1"), Sim():
        pass


def test_the_pid_is_that_of_the_running_process() -> None:
    with Sim(**SMALL) as sim:
        assert sim.pid > 0
    with pytest.raises(ClosedError, match="not running"):
        _ = sim.pid
