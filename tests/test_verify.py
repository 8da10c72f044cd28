"""`verify_file`: recordings we write here, and OKX's own where they are at hand."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import recording
from okx_fast.errors import RecordingError
from okx_fast.verify import as_table, is_sound, verify_file

if TYPE_CHECKING:
    from pathlib import Path

ARG = {"channel": "books", "instId": "BTC-USDT-SWAP"}


def frame(action: str, prev: int, seq: int, bids: list[list[str]], asks: list[list[str]], checksum: int) -> str:
    data = {"asks": asks, "bids": bids, "ts": "1785096000123", "checksum": checksum, "prevSeqId": prev, "seqId": seq}
    return json.dumps({"arg": ARG, "action": action, "data": [data]})


def crc(text: str) -> int:
    return int.from_bytes(zlib.crc32(text.encode()).to_bytes(4, "big"), "big", signed=True)


# Two levels a side; then one bid grows, one ask goes; the checksums are OKX's rule written out by hand.
SNAPSHOT = frame(
    "snapshot",
    -1,
    10,
    [["3366.1", "7", "0", "3"], ["3366", "6", "0", "3"]],
    [["3366.8", "9", "0", "3"], ["3368", "8", "0", "3"]],
    -1881014294,
)
UPDATE = frame(
    "update",
    10,
    15,
    [["3366.1", "7.50", "0", "4"]],
    [["3368", "0", "0", "0"]],
    crc("3366.1:7.50:3366.8:9:3366:6"),
)
NO_CHECKSUM = frame("update", 15, 16, [["3365", "1", "0", "1"]], [], 0)
DIGEST = hashlib.sha256(b"bids\n3365:1\n3366:6\n3366.1:7.50\nasks\n3366.8:9\n").hexdigest()


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_recording_gives_counts_and_the_final_book(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", SNAPSHOT, UPDATE, NO_CHECKSUM)
    assert verify_file(path) == [
        {
            "file": str(path),
            "conn": "",
            "channel": "books",
            "id": "BTC-USDT-SWAP",
            "messages": 3,
            "snapshots": 1,
            "updates": 2,
            "sum_ok": 2,
            "sum_bad": 0,
            "sum_zero": 1,
            "gaps": 0,
            "seqId": 16,
            "levels": [3, 1],
            "bids": [["3366.1", "7.50"], ["3366", "6"], ["3365", "1"]],
            "asks": [["3366.8", "9"]],
            "digest": DIGEST,
        }
    ]


def test_envelopes_name_the_connection_and_rows_come_in_order(tmp_path: Path) -> None:
    lines = [
        json.dumps({"recv": 1.5, "conn": conn, "msg": json.loads(line)})
        for line in (SNAPSHOT, UPDATE)
        for conn in ("b", "a")
    ]
    rows = verify_file(write(tmp_path / "a.jsonl", *lines))
    assert [(row["conn"], row["messages"], row["sum_ok"]) for row in rows] == [("a", 2, 2), ("b", 2, 2)]


def test_gzip_holds_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.jsonl", SNAPSHOT, UPDATE)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    [expected], [row] = verify_file(plain), verify_file(packed)
    assert row == {**expected, "file": str(packed)}


def test_blank_lines_and_frames_without_a_book_are_passed_over(tmp_path: Path) -> None:
    ack = json.dumps({"event": "subscribe", "arg": ARG, "connId": "a4d3ae55"})
    [row] = verify_file(write(tmp_path / "a.jsonl", "", ack, SNAPSHOT, "  ", "pong", UPDATE))
    assert row["messages"] == 2


def test_a_capture_in_a_folder_named_books_keeps_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "books").mkdir()
    path = write(tmp_path / "books" / "a.jsonl", SNAPSHOT)
    assert verify_file(path)[0]["file"] == "books/a.jsonl"
    monkeypatch.chdir(path.parent)
    assert verify_file("a.jsonl")[0]["file"] == "books/a.jsonl"


def test_a_missing_message_is_a_gap(tmp_path: Path) -> None:
    [row] = verify_file(write(tmp_path / "a.jsonl", SNAPSHOT, NO_CHECKSUM))
    assert row["gaps"] == 1
    assert not is_sound(row)


def test_a_wrong_checksum_is_counted(tmp_path: Path) -> None:
    wrong = frame("update", 10, 15, [["3366.1", "8", "0", "4"]], [], 1)
    [row] = verify_file(write(tmp_path / "a.jsonl", SNAPSHOT, wrong))
    assert (row["sum_ok"], row["sum_bad"]) == (1, 1)
    assert not is_sound(row)


@pytest.mark.parametrize("bad", ["{", "[1,]", '{"arg":', "\x00\x01", '{"arg":{}} trailing'])
def test_a_line_that_is_not_json_is_named(tmp_path: Path, bad: str) -> None:
    path = write(tmp_path / "a.jsonl", SNAPSHOT, "", bad, UPDATE)
    with pytest.raises(RecordingError) as caught:
        verify_file(path)
    assert (caught.value.path, caught.value.line) == (str(path), 3)
    assert caught.value.reason


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_LINE", 10_000)
    path = write(tmp_path / "a.jsonl", SNAPSHOT, "[" * 10_001)
    with pytest.raises(RecordingError, match=r"line 2: longer than 10000 bytes"):
        verify_file(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"missing\.jsonl: No such file or directory"):
        verify_file(tmp_path / "missing.jsonl")
    with pytest.raises(RecordingError, match="Is a directory"):
        verify_file(tmp_path)


def test_a_broken_gzip_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(f"{SNAPSHOT}\n{UPDATE}\n".encode())
    for content in (b"not gzip at all", whole[:20] + b"\xff" * 40 + whole[60:]):
        path = tmp_path / "a.jsonl.gz"
        path.write_bytes(content)
        with pytest.raises(RecordingError, match="broken gzip"):
            verify_file(path)


def test_a_gzip_cut_short_is_read_up_to_its_last_whole_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(f"{SNAPSHOT}\n".encode()) + gzip.compress(f"{UPDATE}\n".encode())[:-12])
    assert [row["messages"] for row in verify_file(path)] == [1]
    assert "ends in the middle of a gzip member; read up to line 1" in caplog.text


def test_the_table_has_a_line_per_stream_and_a_sum(tmp_path: Path) -> None:
    rows = verify_file(write(tmp_path / "a.jsonl", SNAPSHOT, UPDATE))
    head, stream, total = as_table(rows).splitlines()
    assert head.split()[:4] == ["file", "conn", "channel", "instrument"]
    assert "BTC-USDT-SWAP" in stream
    assert total.split() == ["1", "streams", "2", "2", "0", "0", "0"]


def test_okx_recordings_agree_field_by_field(captures: Path) -> None:
    expected: list[dict[str, Any]] = [
        json.loads(line) for line in (captures / "books" / "expected.jsonl").read_text().splitlines()
    ]
    for file in sorted({row["file"] for row in expected}):
        assert verify_file(captures / file) == [row for row in expected if row["file"] == file]
