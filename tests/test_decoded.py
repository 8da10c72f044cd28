"""Books, trades and tickers of every channel that is decoded in Rust: vectors of our own, played to a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from okx_fast import BookInvalidError, BookUpdate, Client, Ticker, Trade
from okx_fast.channels import CHANNELS
from tests.playing import Heard, Okx, facts, hear, wire
from tests.waiting import Events, pump_until

VECTORS: dict[str, dict[str, Any]] = {
    entry["name"]: entry
    for entry in map(json.loads, (Path(__file__).parent / "data" / "decoded.jsonl").read_text().splitlines())
}
PREDICTION = VECTORS["pm-books"]["pushes"]


def test_every_channel_that_is_decoded_in_rust_has_a_vector() -> None:
    assert {row.name for row in CHANNELS if row.model is None} <= set(VECTORS)


@pytest.mark.parametrize("chunk", [0, 1, 7])
@pytest.mark.parametrize("name", VECTORS)
def test_its_vector_is_read_exactly_whole_and_in_pieces(name: str, chunk: int) -> None:
    pushes, want = VECTORS[name]["pushes"], VECTORS[name]["want"]
    told: list[dict[str, Any]] = []

    def look(heard: Heard) -> None:
        assert heard.faults == []
        if heard.book is not None:
            assert heard.book.valid
            told.append(facts(heard.book))
            assert [update.ts_ms for update in heard.items] == [int(push["data"][0]["ts"]) for push in pushes]
            assert {type(update) for update in heard.items} == {BookUpdate}
        else:
            told.extend(map(facts, heard.items))
            kind = Ticker if pushes[0]["arg"]["channel"] == "tickers" else Trade
            assert {type(item) for item in heard.items} == {kind}

    hear(*pushes, chunk=chunk, then=look)
    assert told == (want if isinstance(want, list) else [want])


def test_a_crossed_book_says_so_and_is_never_told_as_a_fault() -> None:
    pushes = VECTORS["books: crossed in an auction"]["pushes"]
    apart = json.loads(json.dumps(pushes[1]))
    gone = [["12.40", "0", "0", "0"], ["12.36", "0", "0", "0"]]
    apart["data"][0] |= {"bids": gone, "prevSeqId": 511, "seqId": 512}
    seen: list[tuple[bool, str]] = []
    with Okx(*map(wire, [*pushes, apart])) as server, Client(server.site) as client:
        events = Events(client)
        book = client.subscribe_book("ABC-USDT-SWAP", lambda update: seen.append((book.crossed, repr(update))))
        pump_until(client, lambda: len(seen) == 4)  # the server's own snapshot came first
        assert [told for told, _ in seen[1:]] == [True, True, False]
        assert [", crossed)" in text for _, text in seen] == [False, True, True, False]
        assert (book.valid, str(book.spread), str(book.mid)) == (True, "0.02", "12.35")
        assert not events.of("gap", "checksum", "malformed", "resynced")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"prevSeqId": 7}, "gap"),
        ({"prevSeqId": None}, "gap"),
        ({"prevSeqId": None, "seqId": None}, "gap"),
        ({"checksum": 1}, "checksum"),
        ({"asks": [["0.5", "1"]]}, "malformed"),
        ({"bids": [["0.5", None, "1"]]}, "malformed"),
    ],
)
def test_a_prediction_markets_update_that_does_not_fit_breaks_its_book(change: dict[str, Any], kind: str) -> None:
    snapshot, update = json.loads(json.dumps(PREDICTION))
    update["data"][0] |= change

    def look(heard: Heard) -> None:
        assert [event.kind for event in heard.faults] == [kind]
        assert (heard.faults[0].inst_id, heard.faults[0].channel) == ("7001", "pm-books")
        assert [item.action for item in heard.items] == ["snapshot"]
        assert heard.book is not None
        with pytest.raises(BookInvalidError):
            _ = heard.book.best_bid

    hear(snapshot, update, then=look)


def test_a_prediction_markets_snapshot_without_a_number_makes_no_book() -> None:
    snapshot = json.loads(json.dumps(PREDICTION[0]))
    snapshot["data"][0]["seqId"] = None

    def look(heard: Heard) -> None:
        assert [(event.kind, event.expected) for event in heard.faults] == [("malformed", "a snapshot with seqId")]
        assert heard.book is not None
        assert not heard.book.valid

    hear(snapshot, then=look)
