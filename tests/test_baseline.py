"""The two pure-Python rivals give the answers of the recordings and keep OKX's sequence rules."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from benches.py import baseline, best_python, frames
from benches.py.rules import BOOK_CHANNELS, Outcome, digest
from tests.conftest import CAPTURES

if TYPE_CHECKING:
    from pathlib import Path

picows = pytest.importorskip("picows")

EXPECTED = CAPTURES / "books" / "expected.jsonl"
RIVALS = pytest.mark.parametrize("rival", [baseline, best_python], ids=["baseline", "best_python"])
ARG = {"channel": "books", "instId": "BTC-USDT"}


def expectations() -> dict[str, list[dict[str, Any]]]:
    by_file: dict[str, list[dict[str, Any]]] = {}
    if EXPECTED.is_file():
        for line in EXPECTED.read_text().splitlines():
            entry = json.loads(line)
            by_file.setdefault(entry["file"], []).append(entry)
    return by_file


def replay(rival: Any, path: Path) -> dict[tuple[str, str, str], Any]:
    """Run a recording's book messages through a rival: one book per connection, channel and instrument."""
    books: dict[tuple[str, str, str], Any] = {}
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            entry = json.loads(line)
            conn, message = (entry["conn"], entry["msg"]) if "msg" in entry and "conn" in entry else ("", entry)
            arg = message.get("arg")
            if "data" not in message or arg["channel"] not in BOOK_CHANNELS:
                continue
            book = books.setdefault((conn, arg["channel"], arg["instId"]), rival.Book(arg, recording=True))
            book.apply(json.dumps(message).encode())
    return books


@RIVALS
@pytest.mark.parametrize("file", expectations() or ["missing"])
def test_recordings_give_the_expected_counts_levels_and_digests(rival: Any, captures: Path, file: str) -> None:
    books = replay(rival, captures / file)
    got = []
    for conn, channel, inst_id in sorted(books):
        book = books[conn, channel, inst_id]
        bids, asks = book.top(5)
        got.append(
            dataclasses.asdict(book.counts)
            | {"file": file, "conn": conn, "channel": channel, "id": inst_id, "seqId": book.seq_id}
            | {"levels": list(book.levels()), "digest": book.digest()}
            | {"bids": [list(row[:2]) for row in bids], "asks": [list(row[:2]) for row in asks]}
        )
    assert got == sorted(expectations()[file], key=lambda entry: (entry["conn"], entry["channel"], entry["id"]))


def message(action: str, seq: int | None, prev: int | None, checksum: int | None = 0, **sides: Any) -> bytes:
    data = {"bids": sides.get("bids", []), "asks": sides.get("asks", []), "ts": "1790000000000"}
    ids = {"checksum": checksum, "seqId": seq, "prevSeqId": prev}
    data |= {key: value for key, value in ids.items() if value is not None}
    return json.dumps({"arg": ARG, "action": action, "data": [data]}).encode()


@RIVALS
def test_sequence_rules_are_those_of_okx(rival: Any) -> None:
    book = rival.Book(ARG)
    for action, prev, seq, want, valid in [
        ("update", 5, 9, Outcome.WAITING, False),  # no snapshot yet
        ("snapshot", -1, 10, Outcome.SNAPSHOT, True),
        ("update", 10, 15, Outcome.UPDATE, True),
        ("update", 15, 15, Outcome.IDLE, True),  # keep-alive
        ("update", 15, 3, Outcome.RESET, True),  # maintenance: back, and not a gap
        ("update", 3, 5, Outcome.UPDATE, True),
        ("update", 9, 11, Outcome.GAP, False),  # a message went missing
        ("update", 11, 12, Outcome.WAITING, False),  # stragglers change nothing
        ("update", 5, 9, Outcome.WAITING, False),
        ("snapshot", -1, 20, Outcome.SNAPSHOT, True),
        ("update", -1, 21, Outcome.GAP, False),  # -1 is no wild card
        ("snapshot", -1, 30, Outcome.SNAPSHOT, True),
        ("update", None, None, Outcome.UPDATE, True),  # captures of before 2023 have no ids
        ("update", 40, 41, Outcome.UPDATE, True),
    ]:
        assert book.apply(message(action, seq, prev)) is want, (action, prev, seq)
        assert book.valid is valid, (action, prev, seq)


@RIVALS
def test_a_gap_leaves_the_levels_of_before_it(rival: Any) -> None:
    book = rival.Book(ARG)
    book.apply(message("snapshot", 10, -1, bids=[["1", "2", "0", "1"]]))
    assert book.apply(message("update", 12, 11, bids=[["1", "9", "0", "1"]])) is Outcome.GAP
    assert book.top(1)[0][0][1] == "2"


@RIVALS
def test_checksums_are_over_texts_as_received(rival: Any) -> None:
    one, two = [["3366.1", "7", "0", "1"]], [["3366.8", "9", "0", "1"], ["3368", "8", "0", "1"]]
    book = rival.Book(ARG)
    sides = {"bids": [*one, ["3366", "6", "0", "1"]], "asks": two}
    assert book.apply(message("snapshot", 10, -1, -1881014294, **sides)) is Outcome.SNAPSHOT
    assert book.counts.sum_ok == 1
    short = {"bids": one, "asks": [*two, ["3372", "8", "0", "1"]]}
    assert book.apply(message("snapshot", 11, -1, 831078360, **short)) is Outcome.SNAPSHOT
    assert book.counts.sum_ok == 2
    zeros = {"asks": [["3366.8", "9.0", "0", "1"]]}  # the same number, another text
    assert book.apply(message("update", 12, 11, 831078360, **zeros)) is Outcome.BAD_CHECKSUM
    assert not book.valid
    assert book.apply(message("update", 13, 12)) is Outcome.WAITING


@RIVALS
def test_the_same_price_in_another_spelling_is_the_same_level(rival: Any) -> None:
    book = rival.Book(ARG)
    book.apply(message("snapshot", 10, -1, bids=[["7.1", "2", "0", "1"]]))
    book.apply(message("update", 11, 10, bids=[["7.10", "3", "0", "1"], ["9", "0", "0", "0"]]))
    assert book.levels() == (1, 0)
    assert book.best_bid[1] == "3"
    assert book.best_ask is None


@RIVALS
def test_a_side_holds_at_most_400_levels(rival: Any) -> None:
    book = rival.Book(ARG)
    rows = [[str(1000 - i), "1", "0", "1"] for i in range(400)]
    book.apply(message("snapshot", 10, -1, bids=rows))
    book.apply(message("update", 11, 10, bids=[["1001", "1", "0", "1"], ["1002", "1", "0", "1"]]))
    assert book.levels() == (400, 0)
    assert book.best_bid[0] == "1002"
    assert book.top(400)[0][-1][0] == "603"


@RIVALS
@pytest.mark.parametrize("shape", frames.SHAPES)
def test_generated_frames_end_in_the_generators_own_book(rival: Any, shape: frames.Shape) -> None:
    market = frames.Market(3, shape, "real")
    book = rival.Book({"channel": frames.CHANNELS[shape], "instId": frames.INST_ID})
    assert book.apply(market.snapshot()) is Outcome.SNAPSHOT
    for _ in range(100):
        assert book.apply(market.update()) is Outcome.UPDATE
    assert book.counts.sum_ok == 101
    assert book.digest() == digest(*market.rows())


@RIVALS
def test_online_a_gap_is_answered_by_a_new_subscription(rival: Any) -> None:
    """A small server of our own: snapshot, update, a gap, a straggler; a new snapshot when asked again."""
    from websockets.asyncio.server import ServerConnection, serve

    asked: list[dict[str, Any]] = []
    seen: list[tuple[int, str]] = []
    bid = ["1", "2", "0", "1"]

    async def session(ws: ServerConnection) -> None:
        async for text in ws:
            op = json.loads(text)
            asked.append(op)
            if op["op"] == "unsubscribe":
                continue
            await ws.send(json.dumps({"event": "subscribe", "arg": ARG}))
            await ws.send(message("snapshot", 10, -1, bids=[bid]), text=True)
            await ws.send(message("update", 11, 10, bids=[["1", str(len(asked)), "0", "1"]]), text=True)
            if len(asked) == 1:
                await ws.send(message("update", 14, 13), text=True)
                await ws.send(message("update", 15, 14), text=True)

    async def main() -> None:
        async with serve(session, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]

            def on_update(book: Any) -> None:
                seen.append((book.seq_id, book.best_bid[1]))

            await asyncio.wait_for(rival.run(f"ws://127.0.0.1:{port}", None, [ARG], on_update, 6), 10)

    asyncio.run(main())
    assert seen == [(10, "2"), (11, "1"), (10, "2"), (11, "3")]
    assert [op["op"] for op in asked] == ["subscribe", "unsubscribe", "subscribe"]
