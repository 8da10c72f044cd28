"""Recordings as tables: read back, they give the same books and trades, and say where something is missing."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import textwrap
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from okx_fast import (
    Client,
    ConfigError,
    MalformedError,
    Num,
    OkxFastError,
    Options,
    Recording,
    RecordingError,
    Replay,
    Sim,
    verify_file,
)
from okx_fast import export as exporting
from okx_fast import tables as making
from okx_fast.export import export
from okx_fast.recording import lines
from tests.waiting import BTC, ETH, Events, pump_until

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Row = dict[str, Any]
    Key = tuple[str, str]


# Levels of a side that a book holds, where it is not 400.
DEPTH = {"books50-l2-tbt": 50}


def rows(folder: Path, name: str) -> list[Row]:
    if (path := folder / f"{name}.parquet").exists():
        return list(pq.read_table(path).to_pylist())
    with pa.ipc.open_file(folder / f"{name}.arrow") as file:
        return list(file.read_all().to_pylist())


def text(row: Row, name: str) -> str:
    """A number as OKX wrote it: the value, with so many decimals."""
    return format(row[name].quantize(Decimal(1).scaleb(-row[f"{name}_scale"])), "f")


class Rebuilt:
    """Books from the rows of an export, by nothing but what the docs say of them."""

    def __init__(self) -> None:
        self.books: dict[Key, dict[str, dict[Decimal, str]]] = {}
        self.last: dict[Key, int | None] = {}
        self.ended: dict[Key, str] = {}

    def message(self, message: list[Row]) -> Key:
        """All rows of one line and book."""
        first = message[0]
        key = (first["channel"], first["inst_id"])
        if first["action"] == "invalid":
            del self.books[key]
            self.ended[key] = first["cause"]
        if first["action"] in ("snapshot", "full"):
            self.books[key] = {"bid": {}, "ask": {}}
        if first["action"] == "update":
            assert first["prev_seq_id"] == self.last[key]
        if first["action"] not in ("invalid", "lost"):
            self.last[key] = first["seq_id"]
        for row in message:
            if row["side"] is not None:
                side = self.books[key][row["side"]]
                side[row["px"]] = text(row, "px") + ":" + text(row, "sz") + "\n"
                if not row["sz"]:
                    del side[row["px"]]
        for name, side in self.books.get(key, {}).items():
            for px in sorted(side, reverse=name == "ask")[: max(0, len(side) - DEPTH.get(key[0], 400))]:
                del side[px]
        return key

    def digest(self, key: Key) -> str:
        bids, asks = ("".join(side[px] for px in sorted(side)) for side in self.books[key].values())
        return hashlib.sha256(f"bids\n{bids}asks\n{asks}".encode()).hexdigest()


def messages(books: list[Row]) -> list[list[Row]]:
    """Rows by the message that they came in."""
    grouped: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in books:
        grouped[row["line"], row["channel"], row["inst_id"], row["action"]].append(row)
    return list(grouped.values())


def played(paths: list[Path], keys: list[Key]) -> tuple[dict[Key, list[Any]], dict[Key, str]]:
    """seqId and digest of each book after each message, and the digest at the end, as the replay has them."""
    replay = Replay()
    digests: dict[Key, list[Any]] = defaultdict(list)

    def note(update: Any) -> None:
        digests[update.channel, update.inst_id].append((update.seq_id, update.book.digest()))

    books = {key: replay.subscribe_book(key[1], note, channel=key[0]) for key in keys}
    replay.play(*paths)
    return digests, {key: book.digest() for key, book in books.items() if book.valid}


def check(paths: list[Path], folder: Path) -> Rebuilt:
    """Rebuild all books, and compare them with the replay's after each message."""
    books = rows(folder, "books")
    expected, at_the_end = played(paths, sorted({(row["channel"], row["inst_id"]) for row in books}))
    rebuilt = Rebuilt()
    found: dict[Key, list[Any]] = defaultdict(list)
    for message in messages(books):
        key = rebuilt.message(message)
        if message[0]["action"] not in ("invalid", "lost"):
            found[key].append((rebuilt.last[key], rebuilt.digest(key)))
    assert found == expected
    # To the replay a book is as it was until the next process's first snapshot; to the rows it ended with its process.
    ended = {key for key in at_the_end if key not in rebuilt.books and rebuilt.ended[key] == "open"}
    assert {key: rebuilt.digest(key) for key in rebuilt.books} == {
        key: digest for key, digest in at_the_end.items() if key not in ended
    }
    return rebuilt


def beginning(path: Path, least: int) -> bytes:
    """The first lines of a recording, up to so many messages of `books` and of `books5`."""
    kept, seen = [], {b'"books"': 0, b'"books5"': 0}
    for _, line in lines(path):
        kept.append(line)
        for channel in seen:
            seen[channel] += b'"channel":' + channel in line and b'"data"' in line
        if min(seen.values()) >= least:
            break
    return b"".join(line + b"\n" for line in kept)


@pytest.fixture(scope="module", params=range(4))
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def record(folder: Path, *, changing: bool) -> None:
    """A run; changing: two subscriptions end, all connections are made anew, one subscription comes back."""
    options = Options(record=Recording(folder=folder))
    with Sim(rate=3000, instruments=2, checksum="real") as sim, Client(sim.site(), options=options) as client:
        events = Events(client)
        books = [client.subscribe_book(BTC), client.subscribe_book(ETH)]
        fives = client.subscribe_book(BTC, channel="books5")
        client.subscribe_trades(BTC)
        every = client.subscribe_trades(ETH, channel="trades-all")
        client.subscribe_ticker(BTC)
        pump_until(client, lambda: client.stats()["messages"] > 1000 and fives.valid)
        if not changing:
            return
        client.unsubscribe(fives)
        client.unsubscribe(every)
        client.reconnect()
        pump_until(client, lambda: len(events.of("connected")) > 2 and all(book.valid for book in books))
        client.subscribe_trades(ETH, channel="trades-all")
        before = client.stats()["channels"]["trades-all"]["messages"]
        pump_until(client, lambda: client.stats()["channels"]["trades-all"]["messages"] > before + 100)


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run that misses one update of a book, then another process's run."""
    folder = tmp_path_factory.mktemp("tape")
    for changing in (True, False):
        record(folder, changing=changing)
    first, second = sorted(folder.iterdir())
    kept = [line for _, line in lines(first)]
    updates = [
        at for at, line in enumerate(kept) if f'"books","instId":"{BTC}"'.encode() in line and b'"update"' in line
    ]
    del kept[updates[20]]
    first.write_bytes(gzip.compress(b"".join(line + b"\n" for line in kept)))
    return [first, second]


@pytest.fixture(scope="module")
def exported(tape: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Row]:
    folder = tmp_path_factory.mktemp("exported") / "new"
    return folder, export(tape, folder, top=3)


def test_books_rebuilt_from_the_rows_are_those_of_the_replay(tape: list[Path], exported: tuple[Path, Row]) -> None:
    folder, summary = exported
    rebuilt = check(tape, folder)
    assert len(rebuilt.books) == 3
    assert {(row["channel"], row["id"]): row["digest"] for row in summary["books"]} == {
        key: rebuilt.digest(key) for key in rebuilt.books
    }
    assert summary["gaps"] == 1
    assert (summary["lost"], summary["truncated"]) == (0, [])
    assert summary["left_out"] == [{"channel": "tickers", "instId": BTC}]
    assert {Path(file["path"]).name: file["rows"] for file in summary["files"]} == {
        f"{name}.parquet": len(rows(folder, name)) for name in ("trades", "books", "top", "events")
    }


def test_where_a_book_stopped_being_valid_is_a_row(exported: tuple[Path, Row]) -> None:
    folder, _ = exported
    invalid = [row for row in rows(folder, "books") if row["action"] == "invalid"]
    causes = [(row["channel"], row["inst_id"], row["cause"]) for row in invalid]
    # `open` is of the second process: how the first one ended it could not write.
    # The feed numbers each connection's books anew: the one that takes another's place shows as a gap.
    of_btc, of_eth = ([cause for *which, cause in causes if which == ["books", inst_id]] for inst_id in (BTC, ETH))
    assert of_btc[0] == "gap"
    assert of_eth
    assert {*of_btc, *of_eth} <= {"gap", "open", "disconnected"}
    assert [cause for *which, cause in causes if which == ["books5", BTC]] == ["unsubscribe"]
    assert all(row["recv_ns"] for row in invalid)
    assert not any(row["px"] or row["side"] or row["seq_id"] for row in invalid)


def test_the_best_levels_are_those_of_the_book_after_each_update(tape: list[Path], exported: tuple[Path, Row]) -> None:
    folder, _ = exported
    replay = Replay()
    expected: list[Any] = []

    def note(update: Any) -> None:
        sides = [
            [[level.px.decimal for level in side], [level.sz.decimal for level in side]] for side in update.book.top(3)
        ]
        expected.append((update.channel, update.inst_id, update.recv_ns, update.seq_id, sides))

    for channel, inst_id in (("books", BTC), ("books", ETH), ("books5", BTC)):
        replay.subscribe_book(inst_id, note, channel=channel)
    replay.play(*tape)
    top = rows(folder, "top")
    assert [
        (row["channel"], row["inst_id"], row["recv_ns"], row["seq_id"],
         [[row["bid_px"], row["bid_sz"]], [row["ask_px"], row["ask_sz"]]])
        for row in top if row["valid"]
    ] == expected  # fmt: skip
    ends = [row for row in top if not row["valid"]]
    assert len(ends) == len([row for row in rows(folder, "books") if row["action"] == "invalid"])
    assert all(row["bid_px"] is None and row["seq_id"] is None for row in ends)


def test_trades_are_those_of_the_replay_and_tell_what_may_be_missing(
    tape: list[Path], exported: tuple[Path, Row]
) -> None:
    folder, _ = exported
    replay = Replay()
    expected: list[Any] = []

    def note(trade: Any) -> None:
        names = ("channel", "inst_id", "trade_id", "side", "seq_id", "ts_ms", "recv_ns", "count", "source")
        expected.append((*(getattr(trade, name) for name in names), str(trade.px), str(trade.sz)))

    replay.subscribe_trades(BTC, note)
    replay.subscribe_trades(ETH, note, channel="trades-all")
    replay.play(*tape)
    trades = rows(folder, "trades")
    names = ("channel", "inst_id", "trade_id", "side", "seq_id", "ts_ms", "recv_ns", "count", "source")
    assert [(*(row[name] for name in names), text(row, "px"), text(row, "sz")) for row in trades] == expected
    gaps = {
        channel: sum(row["gap_before"] for row in trades if row["channel"] == channel)
        for channel in ("trades", "trades-all")
    }
    # The first, and that of the second run; after the reconnect too, where the connection was told as lost.
    assert set(gaps) == {"trades", "trades-all"}
    assert all(2 <= count <= 3 for count in gaps.values())


def test_events_are_rows_with_all_their_fields(exported: tuple[Path, Row]) -> None:
    events = rows(exported[0], "events")
    [gap] = [row for row in events if row["kind"] == "gap"]
    fields = json.loads(gap["fields"])
    assert (gap["channel"], fields["channel"], fields["inst_id"]) == ("books", "books", gap["inst_id"])
    assert int(fields["got"]) > int(fields["expected"])
    assert gap["text"].startswith("gap public")
    assert {"connected", "subscribed", "state"} <= {row["kind"] for row in events}


def test_an_update_whose_frame_is_not_at_hand_is_the_whole_book(
    tape: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "FRAMES", 0)
    short = tmp_path / "short.jsonl"
    short.write_bytes(beginning(tape[1], 40))
    export([short], tmp_path)
    found = messages(rows(tmp_path, "books"))
    assert {message[0]["action"] for message in found} == {"snapshot", "full"}
    assert len(found) >= 80
    check([short], tmp_path)


def test_arrow_holds_the_same_as_parquet(tape: list[Path], exported: tuple[Path, Row], tmp_path: Path) -> None:
    summary = export(tape, tmp_path, file_format="arrow", top=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "books.arrow",
        "events.arrow",
        "top.arrow",
        "trades.arrow",
    ]
    for name in ("trades", "books", "top", "events"):
        assert rows(tmp_path, name) == rows(exported[0], name)
    assert summary["books"] == exported[1]["books"]


def test_rows_are_written_in_batches(
    tape: list[Path], exported: tuple[Path, Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making.Tables.flush, "__defaults__", (500,))
    export(tape, tmp_path)
    file = pq.ParquetFile(tmp_path / "books.parquet")
    sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    assert len(sizes) > 10
    assert max(sizes) <= 500 + 800  # a snapshot has so many rows
    assert rows(tmp_path, "books") == rows(exported[0], "books")


# ── written out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def push(channel: str, arg: str, data: str, action: str = "") -> str:
    key = "sprdId" if channel.startswith("sprd-") else "instId"
    action = f'"action":"{action}",' if action else ""
    return f'{{"arg":{{"channel":"{channel}","{key}":"{arg}"}},{action}"data":[{data}]}}'


def levels(asks: str, bids: str, seq: str, prev: str | None = None) -> str:
    prev = "" if prev is None else f'"prevSeqId":{prev},'
    return f'{{"asks":[{asks}],"bids":[{bids}],"ts":"1785096000123",{prev}"seqId":{seq}}}'


def written(tmp_path: Path, *frames: str) -> Path:
    path = tmp_path / "tape.jsonl"
    path.write_text("".join(f'{{"recv":1785096000.123456789,"conn":"a","msg":{frame}}}\n' for frame in frames))
    return path


def test_each_column_of_a_book_is_what_the_message_says(tmp_path: Path) -> None:
    frames = [
        push("books", "A", levels('["2","1.50","0","3"]', '["1.0","7","0","1"]', "10", "-1"), "snapshot"),
        push("books", "A", levels('["2","0","0","0"],["2.5","3","0","2"]', "", "15", "10"), "update"),
        push("books", "A", levels("", "", "15", "15"), "update"),  # nothing changed
        push("books", "A", levels("", '["0.9","1","0","1"]', "4", "15"), "update"),  # OKX began to count anew
    ]
    export([written(tmp_path, *frames)], tmp_path / "out")
    found = rows(tmp_path / "out", "books")
    names = ("line", "action", "seq_id", "prev_seq_id", "side", "px", "px_scale", "sz", "sz_scale", "n_orders")
    assert [tuple(row[name] for name in names) for row in found] == [
        (1, "snapshot", 10, None, "bid", Decimal(1), 1, Decimal(7), 0, 1),
        (1, "snapshot", 10, None, "ask", Decimal(2), 0, Decimal("1.5"), 2, 3),
        (2, "update", 15, 10, "ask", Decimal(2), 0, Decimal(0), 0, 0),
        (2, "update", 15, 10, "ask", Decimal("2.5"), 1, Decimal(3), 0, 2),
        (3, "update", 15, 15, None, None, None, None, None, None),
        (4, "update", 4, 15, "bid", Decimal("0.9"), 1, Decimal(1), 0, 1),
    ]
    assert {
        (row["channel"], row["inst_id"], row["ts_ms"], row["recv_ns"], row["non_rpi_sz"], row["cause"]) for row in found
    } == {("books", "A", 1785096000123, 1785096000123456789, None, None)}


def test_levels_of_every_kind_are_read(tmp_path: Path) -> None:
    big, tiny = "9" * 18, "0." + "0" * 16 + "1"
    frames = [
        push("books-rpi", "A", levels('["2","1.7","1.2","3"]', "", "1", "-1"), "snapshot"),
        push("books-rpi", "A", levels('["2","1.9","1.3","4"]', "", "2", "1"), "update"),
        push("sprd-books-l2-tbt", "S", levels('["1.9","1.1","3"]', '["-0.10","1","1"]', "5", "-1"), "snapshot"),
        push("sprd-books-l2-tbt", "S", levels('["0","2","1"]', "", "1724294007352168320", "5"), "update"),
        push("bbo-tbt", "A", levels(f'["{big}","{tiny}","0","3"]', "", "7")),
    ]
    path = written(tmp_path, *frames)
    export([path], tmp_path / "out")
    found = rows(tmp_path / "out", "books")
    names = ("channel", "inst_id", "side", "n_orders", "non_rpi_sz")
    assert [(*(row[name] for name in names), text(row, "px"), text(row, "sz")) for row in found] == [
        ("books-rpi", "A", "ask", 3, Decimal("1.2"), "2", "1.7"),
        ("books-rpi", "A", "ask", 4, Decimal("1.3"), "2", "1.9"),
        ("sprd-books-l2-tbt", "S", "bid", 1, None, "-0.10", "1"),
        ("sprd-books-l2-tbt", "S", "ask", 3, None, "1.9", "1.1"),
        ("sprd-books-l2-tbt", "S", "ask", 1, None, "0", "2"),
        ("bbo-tbt", "A", "ask", 3, None, big, tiny),
    ]  # fmt: skip
    assert (found[-1]["px"], found[-1]["sz"]) == (Num(big), Num(tiny))
    assert found[4]["seq_id"] == 1724294007352168320
    check([path], tmp_path / "out")


def test_what_came_after_a_gap_is_not_among_the_rows(tmp_path: Path) -> None:
    frames = [
        push("books", "A", levels('["2","1","0","1"]', "", "10", "-1"), "snapshot"),
        push("books", "A", levels('["2","2","0","1"]', "", "12", "11"), "update"),
        push("books", "A", levels('["2","3","0","1"]', "", "13", "12"), "update"),
    ]
    summary = export([written(tmp_path, *frames)], tmp_path / "out")
    assert [(row["line"], row["action"], row["cause"]) for row in rows(tmp_path / "out", "books")] == [
        (1, "snapshot", None),
        (2, "invalid", "gap"),
    ]
    assert summary["gaps"] == 1
    assert summary["books"] == [{"channel": "books", "id": "A", "valid": False}]


def trade(trade_id: int) -> str:
    return push(
        "trades",
        "A",
        f'{{"instId":"A","tradeId":"{trade_id}","px":"7.10","sz":"3","side":"buy","ts":"1785096000123","count":"1"}}',
    )


def test_another_connection_of_a_foreign_recording_is_a_gap_before_its_first_trade(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text("".join(f'{{"recv":1.5,"conn":"{conn}","msg":{trade(at)}}}\n' for at, conn in enumerate("aabb")))
    export([path], tmp_path / "out")
    trades = rows(tmp_path / "out", "trades")
    assert [(row["trade_id"], row["gap_before"], text(row, "px")) for row in trades] == [
        (0, True, "7.10"),
        (1, False, "7.10"),
        (2, True, "7.10"),
        (3, False, "7.10"),
    ]
    assert {row["recv_ns"] for row in trades} == {1_500_000_000}


def test_entries_that_the_recorder_lost_are_told_where_they_are_missing(tmp_path: Path) -> None:
    five = push("books5", "A", levels('["2","1","0","1"]', "", "10"))
    lines_of_ours = [
        '"conn":"public","event":"open","text":"[20000000000,8000000000,10000000000]"',
        '"conn":"public","event":"subscribe","text":"[\\"trades\\",[[\\"instId\\",\\"A\\"]]]"',
        '"conn":"public","event":"subscribe","text":"[\\"books5\\",[[\\"instId\\",\\"A\\"]]]"',
        '"conn":"public","event":"connected","text":""',
        '"conn":"public","event":"sent","text":"{\\"id\\":\\"s1\\",\\"op\\":\\"subscribe\\",\\"args\\":[{\\"channel\\":\\"trades\\",\\"instId\\":\\"A\\"},{\\"channel\\":\\"books5\\",\\"instId\\":\\"A\\"}]}"',
        *(f'"conn":"public","msg":{frame}' for frame in (trade(1), five, trade(2))),
        '"conn":"","event":"lost","text":"3"',
        *(f'"conn":"public","msg":{frame}' for frame in (trade(5), five, trade(6))),
    ]  # fmt: skip
    path = tmp_path / "tape.jsonl"
    path.write_text("".join(f'{{"recv":{at}.25,"mono":{at},{line}}}\n' for at, line in enumerate(lines_of_ours, 1)))
    summary = export([path], tmp_path / "out")
    assert summary["lost"] == 3
    assert [(row["trade_id"], row["gap_before"]) for row in rows(tmp_path / "out", "trades")] == [
        (1, True),
        (2, False),
        (5, True),
        (6, False),
    ]
    books = [(row["line"], row["action"], row["cause"], row["recv_ns"]) for row in rows(tmp_path / "out", "books")]
    assert books == [
        (7, "full", None, 7_250_000_000),
        (9, "lost", "lost", 9_250_000_000),
        (11, "full", None, 11_250_000_000),
    ]


def mutated(recording: bytes, random: Random) -> bytes:
    """A few bytes changed, lines left out, doubled or swapped."""
    kept = recording.splitlines()
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(kept))
        match random.randrange(5):
            case 0:
                line = bytearray(kept[at])
                line[random.randrange(len(line))] = random.choice(b'0123456789"{}[],:-. anull')
                kept[at] = bytes(line)
            case 1:
                del kept[at]
            case 2:
                kept.insert(random.randrange(len(kept)), kept[at])
            case 3:
                kept[at] = kept[at][: random.randrange(len(kept[at]))] or b"{}"
            case 4:
                kept[at], kept[at - 1] = kept[at - 1], kept[at]
    return b"\n".join(kept)


def test_any_recording_gives_the_books_of_the_replay_or_a_documented_error(
    tape: list[Path], tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    small = beginning(tape[1], 15)
    done = 0
    for turn in range(25):
        path = tmp_path / f"{turn}.jsonl"
        path.write_bytes(mutated(small, random))
        try:
            export([path], tmp_path / str(turn), top=2)
        except OkxFastError:
            continue
        if (tmp_path / str(turn) / "books.parquet").exists():
            check([path], tmp_path / str(turn))
            done += 1
    assert done > 5, f"seed {seed}"


# ── recordings of OKX ────────────────────────────────────────────────────────────────────────────────────────────────


def test_recordings_of_okx_give_the_books_that_they_end_in(captures: Path, tmp_path: Path) -> None:
    connections: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in (captures / "books" / "expected.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["snapshots"] and not row["sum_bad"] and not row["gaps"]:
            connections[row["file"], row["conn"]].append(row)
    checked = 0
    for at, ((name, conn), streams) in enumerate(connections.items()):
        kept = [line for _, line in lines(captures / name) if str(json.loads(line).get("conn", "")) == conn]
        path = tmp_path / f"{at}.jsonl"
        path.write_bytes(b"".join(line + b"\n" for line in kept))
        export([path], tmp_path / str(at))
        rebuilt = Rebuilt()
        for message in messages(rows(tmp_path / str(at), "books")):
            rebuilt.message(message)
        for row in streams:
            assert rebuilt.digest((row["channel"], row["id"])) == row["digest"], row
            checked += 1
    assert checked > 30


# ── what cannot be done ──────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_written_over(tape: list[Path], tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_text("mine")
    with pytest.raises(ConfigError, match=r"events\.parquet: is there already"):
        export(tape, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]
    assert (tmp_path / "events.parquet").read_text() == "mine"


def test_a_broken_line_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = written(tmp_path, trade(1))
    path.write_text(path.read_text() + '{"arg":{"channel":"trades"},"data":[]}\n{"recv":\n')
    with pytest.raises(RecordingError) as caught:
        export([path], tmp_path / "out")
    assert (caught.value.path, caught.value.line) == (str(path), 3)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_time_that_no_column_holds_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(
        f'{{"recv":1.5,"conn":"a","msg":{trade(1)}}}\n{{"recv":9999999999.5,"conn":"a","msg":{trade(2)}}}\n'
    )
    with pytest.raises(MalformedError, match=r"expected recv_ns below 2\*\*63, got '9999999999500000000'"):
        export([path], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"file_format": "csv"}, "format: expected parquet or arrow, got 'csv'"),
        ({"top": 0}, "top: expected at least 1 level, got 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Row, message: str, tape: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        export(tape, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_a_recording_without_trades_and_books_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, push("tickers", "A", '{"instId":"A","last":"1","ts":"1785096000123"}'))
    with pytest.raises(ConfigError, match="nothing to export"):
        export([path], tmp_path / "out")


def test_without_pyarrow_it_says_what_to_install(
    tape: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install okx-fast\[export\]"):
        export(tape, tmp_path / "out")


FULL = """
    import resource, sys
    from okx_fast import cli
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
    sys.exit(cli.main(["export", *sys.argv[2:], "--out", sys.argv[1]]))
"""


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tape: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", textwrap.dedent(FULL), out, *tape]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=40)
    assert (done.returncode, done.stdout) == (2, "")
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(out.iterdir()) == []


def test_the_command_exports_and_says_what_is_wrong_with_the_recording(
    okx_fast_command: Command, tape: list[Path], exported: tuple[Path, Row], tmp_path: Path
) -> None:
    done = okx_fast_command("export", *tape, "--out", tmp_path / "a", "--top", "3")
    assert (done.returncode, done.stderr) == (1, "")  # there is a gap in it
    assert json.loads(done.stdout)["books"] == exported[1]["books"]
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(tape[1].read_bytes()[:-5])
    done = okx_fast_command("export", cut, "--out", tmp_path / "b", "--format", "arrow")
    assert done.returncode == 1
    assert f"okx-fast export: {cut}: ends in the middle" in done.stderr
    assert json.loads(done.stdout)["lines"] == len(list(lines(cut)))
    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(gzip.decompress(tape[1].read_bytes()))
    done = okx_fast_command("export", whole, "--out", tmp_path / "c")
    assert (done.returncode, done.stderr) == (0, "")
    digests = {(row["channel"], row["id"]): row["digest"] for row in verify_file(whole)}
    found = {(row["channel"], row["id"]): row["digest"] for row in json.loads(done.stdout)["books"]}
    assert found == digests
