"""Recordings served over TLS and received by the client: the captures, and those of our own with something missing."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from websockets.sync.client import connect

from okx_fast import Book, BookInvalidError, Client, Replay, Sim
from tests.waiting import BTC, ETH, Events, pump_until, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNKS = [pytest.param(1, id="chunks-of-1"), pytest.param(7, id="chunks-of-7"), pytest.param(None, id="whole")]
# Every loop reads the same bytes: chunks of 1, which are slow, go through one of them.
LOOPS = [
    *(pytest.param(asyncio.new_event_loop, chunk, id=f"asyncio-{chunk or 'whole'}") for chunk in (1, 7, None)),
    *(pytest.param(uvloop.new_event_loop, chunk, id=f"uvloop-{chunk or 'whole'}") for chunk in (7, None)),
]
Row = dict[str, Any]


def expected_books(captures: Path) -> dict[tuple[Path, str], list[Row]]:
    """What each recorded connection must end in; those cut by their origin, or without a snapshot, are no books."""
    connections: dict[tuple[Path, str], list[Row]] = {}
    for line in (captures / "books" / "expected.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["snapshots"] and not row["sum_bad"] and not row["gaps"]:
            connections.setdefault((captures / row["file"], row["conn"]), []).append(row)
    return connections


def other_streams(path: Path, conn: str) -> list[dict[str, str]]:
    """Arguments of the streams recorded beside the books."""
    args = {}
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            message = json.loads(line)
            if message.get("conn", conn) != conn:
                continue
            message = message.get("msg", message)
            if "data" in message and not message["arg"]["channel"].startswith(("books", "bbo")):
                args[json.dumps(message["arg"])] = message["arg"]
    return list(args.values())


class Recorded:
    """A client that subscribes to everything on a recorded connection."""

    def __init__(self, client: Client, path: Path, conn: str, rows: list[Row]) -> None:
        self.client, self.rows, self.events = client, rows, Events(client)
        self.books = {
            (row["channel"], row["id"]): client.subscribe_book(row["id"], channel=row["channel"]) for row in rows
        }
        for arg in other_streams(path, conn):
            subscribe = {"trades": client.subscribe_trades, "tickers": client.subscribe_ticker}[arg["channel"]]
            subscribe(arg["instId"])

    def is_over(self) -> bool:
        stats = self.client.stats()
        return bool(stats["updates_verified"] + stats["snapshots"] >= sum(row["messages"] for row in self.rows))

    def check(self) -> int:
        stats = self.client.stats()
        for row in self.rows:
            book = self.books[row["channel"], row["id"]]
            assert book.digest() == row["digest"], book
            assert book.depth == tuple(row["levels"])
            assert book.seq_id == row["seqId"]
            tops = [[[str(level.px), str(level.sz)] for level in side] for side in book.top(5)]
            assert tops == [row["bids"], row["asks"]]
        assert stats["checksums_ok"] == sum(row["sum_ok"] for row in self.rows)
        assert (stats["checksums_bad"], stats["gaps"], stats["resyncs"], stats["connects"]) == (0, 0, 0, 1)
        # A recording is not played at the pace of its times.
        assert set(self.events.kinds) <= {"connected", "subscribed", "late"}
        return len(self.rows)


def serve(path: Path, conn: str, rows: list[Row], chunk: int | None) -> Sim:
    streams = len(rows) + len(other_streams(path, conn))
    return Sim(recording=path, conn=conn or None, speed="full", chunk=chunk, await_streams=streams)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_captures_end_in_the_expected_books_in_pump_mode(captures: Path, chunk: int | None) -> None:
    checked = 0
    for (path, conn), rows in expected_books(captures).items():
        with serve(path, conn, rows, chunk) as sim, Client(sim.site()) as client:
            recorded = Recorded(client, path, conn, rows)
            pump_until(client, recorded.is_over)
            checked += recorded.check()
    assert checked > 30


@pytest.mark.parametrize(("new_loop", "chunk"), LOOPS)
def test_captures_end_in_the_expected_books_in_asyncio_mode(
    captures: Path, new_loop: Callable[[], asyncio.AbstractEventLoop], chunk: int | None
) -> None:
    async def receive() -> int:
        checked = 0
        for (path, conn), rows in expected_books(captures).items():
            with serve(path, conn, rows, chunk) as sim:
                async with Client(sim.site()) as client:
                    recorded = Recorded(client, path, conn, rows)
                    await until(recorded.is_over)
                    checked += recorded.check()
        return checked

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(receive()) > 30


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A recording of our own: the frames of a generated market with real checksums, two books and trades."""
    args = [{"channel": channel, "instId": inst_id} for inst_id in (BTC, ETH) for channel in ("books", "trades")]
    options = {"instruments": 2, "channels": ["books", "trades"], "checksum": "real", "speed": "full", "limit": 4000}
    with Sim(await_streams=len(args), **options) as sim:
        context = ssl.create_default_context(cafile=sim.ca_file)
        with connect(f"{sim.wss}/ws/v5/public", ssl=context, compression=None, close_timeout=1) as ws:
            ws.send(json.dumps({"op": "subscribe", "args": args}))
            frames = [str(ws.recv(timeout=10)) for _ in range(4000 + len(args))]
    return [frame for frame in frames if "event" not in json.loads(frame)]


def of_book(frames: list[str], inst_id: str = BTC) -> list[int]:
    """Which frames are a book's."""
    needle = {"channel": "books", "instId": inst_id}
    return [at for at, frame in enumerate(frames) if json.loads(frame)["arg"] == needle]


def data_of(frame: str) -> Row:
    return dict(json.loads(frame)["data"][0])


class Watch:
    """What is seen of two books while one of them breaks."""

    def __init__(self, client: Client) -> None:
        self.seen_when_told: list[tuple[bool, str]] = []
        self.last_seq_id: int | None = None
        self.updates = 0
        self.eth_actions: list[str] = []
        self.events: list[Any] = []
        client.on_event(self.on_event)
        self.btc = client.subscribe_book(BTC, self.on_update)
        self.eth = client.subscribe_book(ETH, lambda update: self.eth_actions.append(update.action))
        self.trades = [client.subscribe_trades(inst_id) for inst_id in (BTC, ETH)]

    def on_update(self, update: Any) -> None:
        self.updates += 1
        if not self.seen_when_told:
            self.last_seq_id = update.seq_id

    def on_event(self, event: Any) -> None:
        self.events.append(event)
        if event.kind in ("gap", "checksum"):
            with pytest.raises(BookInvalidError) as raised:
                self.btc.best_bid  # noqa: B018
            for read in (self.btc.top, self.btc.snapshot, self.btc.digest, self.btc.checksum, self.btc.imbalance):
                with pytest.raises(BookInvalidError):
                    read()
            self.seen_when_told.append((self.btc.valid, raised.value.reason))

    def is_at(self, book: Book, frame: str) -> bool:
        return book.valid and book.seq_id == data_of(frame)["seqId"]


def write(path: Path, frames: list[str]) -> Path:
    path.write_text("".join(f"{frame}\n" for frame in frames))
    return path


def digests(sim: Sim) -> dict[str, str]:
    assert sim.report is not None
    return {book["id"]: book["digest"] for book in sim.report["books"]}


@pytest.mark.parametrize("how", ["line-deleted", "message-skipped"])
def test_a_missing_message_is_noticed_at_the_next_one_and_healed(market: list[str], tmp_path: Path, how: str) -> None:
    numbers = of_book(market)
    missing = numbers[len(numbers) // 2]
    before, after = (market[numbers[len(numbers) // 2 + step]] for step in (-1, 1))
    frames, options = market, {"skip": missing + 1}
    if how == "line-deleted":
        # The server's own book lacks the line too, so later checksums would be wrong for it as well.
        frames = [json.dumps(_without_checksum(json.loads(frame))) for frame in market]
        del frames[missing]
        options = {}
    with Sim(recording=write(tmp_path / "r.jsonl", frames), rate=8000, await_streams=4, **options) as sim:
        with Client(sim.site()) as client:
            watch = Watch(client)
            last = {inst_id: frames[of_book(frames, inst_id)[-1]] for inst_id in (BTC, ETH)}
            pump_until(client, lambda: watch.is_at(watch.btc, last[BTC]) and watch.is_at(watch.eth, last[ETH]))
            ends = {BTC: watch.btc.digest(), ETH: watch.eth.digest()}
            stats = client.stats()
        gaps = [event for event in watch.events if event.kind == "gap"]
    assert [(gap.inst_id, gap.channel) for gap in gaps] == [(BTC, "books")]
    assert gaps[0].expected == str(data_of(before)["seqId"])
    assert gaps[0].got == str(data_of(after)["prevSeqId"])
    assert watch.last_seq_id == data_of(before)["seqId"], "an update after the missing one was applied"
    assert watch.seen_when_told == [(False, "broken, resyncing")]
    assert [event.inst_id for event in watch.events if event.kind == "resynced"] == [BTC]
    assert ends == digests(sim)
    assert watch.eth_actions == ["snapshot"] + ["update"] * (len(of_book(frames, ETH)) - 1)
    assert (stats["gaps"], stats["resyncs"], stats["checksums_bad"], stats["connects"]) == (1, 1, 0, 1)


def _without_checksum(message: Row) -> Row:
    if message["arg"]["channel"] == "books":
        message["data"][0]["checksum"] = 0
    return message


def _without_numbers(message: Row) -> Row:
    if message["arg"]["channel"] == "books":
        del message["data"][0]["seqId"], message["data"][0]["prevSeqId"]
    return message


def test_without_numbers_the_checksum_notices_a_missing_message(market: list[str], tmp_path: Path) -> None:
    frames = [json.dumps(_without_numbers(json.loads(frame))) for frame in market]
    numbers = of_book(frames)
    missing = next(number for number in numbers[len(numbers) // 2 :] if is_missed_at_once(frames, number))
    last = {inst_id: data_of(frames[of_book(frames, inst_id)[-1]])["checksum"] for inst_id in (BTC, ETH)}
    recording = write(tmp_path / "r.jsonl", frames)
    with Sim(recording=recording, rate=8000, await_streams=4, skip=missing + 1) as sim:
        with Client(sim.site()) as client:
            watch = Watch(client)

            def is_over() -> bool:
                both = ((watch.btc, last[BTC]), (watch.eth, last[ETH]))
                return all(book.valid and book.checksum() == checksum for book, checksum in both)

            pump_until(client, is_over)
            ends = {BTC: watch.btc.digest(), ETH: watch.eth.digest()}
            stats = client.stats()
        wrong = [event for event in watch.events if event.kind == "checksum"]
    at = numbers.index(missing)
    assert [event.inst_id for event in wrong] == [BTC]
    assert wrong[0].expected == str(data_of(frames[numbers[at + 1]])["checksum"])
    assert wrong[0].got not in ("", wrong[0].expected)
    assert watch.seen_when_told == [(False, "broken, resyncing")]
    assert ends == digests(sim)
    assert set(watch.eth_actions[1:]) == {"update"}
    assert (stats["gaps"], stats["resyncs"], stats["checksums_bad"]) == (0, 1, 1)


def is_missed_at_once(frames: list[str], missing: int) -> bool:
    """Whether the message after the missing one has a checksum that covers what changed."""
    replay = Replay()
    replay.subscribe_book(BTC)
    numbers = of_book(frames)
    at = numbers.index(missing)
    for number in (*numbers[:at], numbers[at + 1]):
        replay.feed(frames[number].encode())
    return bool(replay.stats()["checksums_bad"])
