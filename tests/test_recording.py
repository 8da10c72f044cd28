"""What is recorded plays again: the same events, the same books, however the recording came to its end."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Client, ConfigError, Flight, Options, Recording, RecordingError, Replay, Sim, verify_file
from okx_fast.recording import lines, subscriptions
from tests.waiting import BTC, ETH, WITHIN_S, Events, pump_until, until

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]

DOCS = Path(__file__).resolve().parents[1] / "docs" / "recording.md"
COUNTERS = ("messages", "updates_verified", "snapshots", "gaps", "resyncs", "checksums_ok", "checksums_bad", "connects")


class Watch:
    """Everything a user can see of two books, trades and tickers."""

    def __init__(self, feed: Client | Replay) -> None:
        self.seen: list[Any] = []
        feed.on_event(lambda e: self.seen.append((e.kind, e.channel, e.inst_id, e.msg, e.recv_ns)))
        self.books = [feed.subscribe_book(inst_id, self._on_update) for inst_id in (BTC, ETH)]
        feed.subscribe_trades(BTC, lambda t: self.seen.append((str(t.px), str(t.sz), t.trade_id, t.recv_ns)))
        feed.subscribe_ticker(ETH, lambda t: self.seen.append((str(t.last), t.ts_ms, t.recv_mono_ns)))
        feed.subscribe_raw({"channel": "index-tickers", "instId": "BTC-USDT"}, lambda m: self.seen.append(m.data))

    def _on_update(self, update: Any) -> None:
        best = (str(update.best_bid), str(update.best_ask))
        self.seen.append((update.inst_id, update.action, update.seq_id, update.ts_ms, update.recv_ns, best))

    @property
    def kinds(self) -> list[str]:
        return [one[0] for one in self.seen if isinstance(one, tuple) and len(one) == 5 and isinstance(one[1], str)]

    def digests(self) -> list[str]:
        return [book.digest() for book in self.books]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl.gz"))


def played(paths: list[Path]) -> tuple[Watch, Replay, dict[str, Any]]:
    replay = Replay()
    watch = Watch(replay)
    return watch, replay, replay.play(*paths)


def recorded(folder: Path, **options: Any) -> tuple[Watch, dict[str, Any], list[str]]:
    """A run with a gap in the book and a reconnect."""
    with (
        Sim(rate=3000, instruments=2, checksum="real", skip=400) as sim,
        Client(sim.site(), options=Options(record=Recording(folder=folder, **options))) as client,
    ):
        watch = Watch(client)
        pump_until(client, lambda: "resynced" in watch.kinds and client.stats()["messages"] > 2000)
        pending = client.reconnect()
        pump_until(client, lambda: pending.done and all(book.valid for book in watch.books))
        digests, stats = watch.digests(), client.stats()
        client.close()
    return watch, {**stats, "recording": client.stats()["recording"]}, digests


def test_a_live_run_plays_again_with_the_same_events_books_and_counters(tmp_path: Path) -> None:
    live, stats, digests = recorded(tmp_path)
    assert {"gap", "resynced", "replaced", "subscribed", "state", "blind"} <= set(live.kinds)
    for _ in range(2):
        again, replay, result = played(files(tmp_path))
        assert again.seen == live.seen
        assert again.digests() == digests
        assert {name: replay.stats()[name] for name in COUNTERS} == {name: stats[name] for name in COUNTERS}
        assert replay.stats()["replayed"] == {"entries": result["lines"], "lost": 0, "diverged": 0}
        assert result["truncated"] == []
    assert stats["recording"]["entries"] == result["lines"]
    assert (stats["recording"]["lost"], stats["recording"]["errors"], stats["recording"]["waiting_bytes"]) == (0, 0, 0)


def test_a_run_on_asyncio_plays_again_too(tmp_path: Path) -> None:
    async def run(sim: Sim) -> tuple[Watch, list[str]]:
        async with Client(sim.site(), options=Options(record=Recording(folder=tmp_path))) as client:
            watch = Watch(client)
            await until(lambda: client.stats()["messages"] > 1500 and all(book.valid for book in watch.books))
        return watch, []

    with Sim(rate=3000, instruments=2) as sim:
        live, _ = asyncio.run(run(sim))
    again, _, _ = played(files(tmp_path))
    # What was on its way to the loop when the client closed was recorded, and not handed on.
    assert again.seen[: len(live.seen)] == live.seen


def test_who_subscribes_to_less_gets_the_same_of_it(tmp_path: Path) -> None:
    live, _, digests = recorded(tmp_path)
    replay = Replay()
    seen: list[Any] = []
    book = replay.subscribe_book(ETH, lambda u: seen.append((u.seq_id, u.recv_ns)))
    replay.play(*files(tmp_path))
    assert seen == [(one[2], one[4]) for one in live.seen if one[0] == ETH and len(one) == 6]
    assert book.digest() == digests[1]
    assert replay.stats()["replayed"]["diverged"] == 0


def test_files_are_begun_anew_in_time_and_play_one_after_the_other(tmp_path: Path) -> None:
    live, stats, _ = recorded(tmp_path, rotate_mb=0.01)
    paths = files(tmp_path)
    assert len(paths) == stats["recording"]["files"] > 1
    assert sum(path.stat().st_size for path in paths) == stats["recording"]["written"]
    assert played(paths)[0].seen == live.seen


def test_a_file_from_the_middle_gives_what_it_holds(tmp_path: Path) -> None:
    live, *_ = recorded(tmp_path, rotate_mb=0.01)
    replay = Replay()
    trades: list[Any] = []
    replay.subscribe_trades(BTC, lambda t: trades.append((str(t.px), str(t.sz), t.trade_id, t.recv_ns)))
    replay.play(*files(tmp_path)[1:])
    assert trades
    assert trades == [one for one in live.seen if one in trades]


def test_a_recording_is_verified_like_any_other(tmp_path: Path) -> None:
    recorded(tmp_path)
    rows = [row for path in files(tmp_path) for row in verify_file(path)]
    assert [(row["conn"], row["channel"], row["id"]) for row in rows] == [
        (conn, "books", inst_id) for conn in ("public", "public/1") for inst_id in (BTC, ETH)
    ]  # the second connection took the place of the first
    assert [row["conn"] for row in rows if row["gaps"]][:1] == ["public"]
    assert {row["sum_bad"] for row in rows if not row["gaps"]} == {0}


def test_a_file_cut_anywhere_reads_up_to_its_last_whole_line(tmp_path: Path) -> None:
    recorded(tmp_path)
    [path] = files(tmp_path)
    whole, packed = list(lines(path)), path.read_bytes()
    assert gzip.decompress(packed).count(b"\n") == len(whole)
    cut = tmp_path / "cut.jsonl.gz"
    for size in (*range(40), *range(40, len(packed), len(packed) // 50), len(packed) - 1):
        cut.write_bytes(packed[:size])
        truncated: list[str] = []
        got = list(lines(cut, truncated))
        assert got == whole[: len(got)]
        assert (
            size == 0
            or truncated == [str(cut)]
            or len(gzip.decompress(packed[:size])) == sum(len(x) + 1 for _, x in got)
        )
        assert Replay().play(cut)["truncated"] == truncated
    cut.write_bytes(packed[:-1] + b"\xff" + b"\xff" * 30)
    with pytest.raises(RecordingError, match="broken gzip"):
        list(lines(cut))


KILLED = """
    import sys
    import okx_fast
    options = okx_fast.Options(record=okx_fast.Recording(folder=sys.argv[2]))
    with okx_fast.Client(okx_fast.site.site_at("sim", ws=sys.argv[1]), options=options) as client:
        client.subscribe_book("BTC-USDT-SWAP", lambda u: print(u.recv_mono_ns, flush=True))
        client.run()
"""


def test_a_killed_process_loses_at_most_the_last_second(tmp_path: Path) -> None:
    with Sim(rate=2000, instruments=2, channels=["books"]) as sim:
        command = [sys.executable, "-c", textwrap.dedent(KILLED), sim.ws, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())
            last = first
            while last < first + 3_000_000_000:
                last = int(process.stdout.readline())
            process.kill()
            process.communicate()
    [path] = files(tmp_path)
    truncated: list[str] = []
    entries = [json.loads(line) for _, line in lines(path, truncated)]
    assert entries[-1]["mono"] > last - 1_000_000_000
    assert entries[0]["event"] == "open"
    [row] = verify_file(path)
    assert (row["gaps"], row["sum_bad"]) == (0, 0)
    assert row["messages"] > 1000
    replay = Replay()
    book = replay.subscribe_book(BTC)
    replay.play(path)
    assert book.digest() == row["digest"]


def test_what_the_disk_does_not_take_in_time_is_lost_counted_and_told(tmp_path: Path) -> None:
    record = Recording(folder=tmp_path, buffer_mb=0.05)
    with Sim(rate=3000, instruments=2) as sim, Client(sim.site(), options=Options(record=record)) as client:
        events = Events(client)
        client.subscribe_book(BTC)
        pump_until(client, lambda: events.of("recording") and client.stats()["recording"]["lost"] > 100)
        assert client.stats()["gaps"] == 0
        client.close()
        figures = client.stats()["recording"]
    assert "entries, because the disk was too slow" in events.of("recording")[0].msg
    told: list[str] = []
    replay = Replay()
    replay.on_event(lambda event: told.append(event.msg) if event.kind == "recording" else None)
    result = replay.play(*files(tmp_path))
    assert replay.stats()["replayed"]["lost"] == figures["lost"]
    assert figures["entries"] + sum("missing here" in words for words in told) == result["lines"]


FULL = """
    import json, resource, sys
    import okx_fast
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    options = okx_fast.Options(record=okx_fast.Recording(folder=sys.argv[2]))
    with okx_fast.Client(okx_fast.site.site_at("sim", ws=sys.argv[1]), options=options) as client:
        told = []
        client.on_event(lambda e: told.append(e.msg) if e.kind == "recording" else None)
        book = client.subscribe_book("BTC-USDT-SWAP")
        while not told:
            client.run(0.1)
        before = client.stats()["updates_verified"]
        client.run(0.5)
        stats = client.stats()
        print(json.dumps([told, book.valid, stats["updates_verified"] > before, stats["recording"]]))
"""


def test_a_full_disk_stops_the_recording_and_not_the_feed(tmp_path: Path) -> None:
    with Sim(rate=3000, instruments=2) as sim:
        command = [sys.executable, "-c", textwrap.dedent(FULL), sim.ws, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=40)
    told, valid, went_on, figures = json.loads(done.stdout)
    assert "File too large" in told[0]
    assert valid
    assert went_on
    assert figures["errors"] >= 1
    assert figures["lost"] > 0
    assert list(lines(files(tmp_path)[0]))


def test_a_gap_dumps_what_led_to_it_and_the_next_one_waits(tmp_path: Path) -> None:
    flight = Flight(folder=tmp_path, seconds=5)
    sim = Sim(rate=1000, instruments=1, channels=["books"], skip=300)
    with sim, Client(sim.site(), options=Options(flight=flight)) as client:
        events = Events(client)
        client.subscribe_book(BTC)
        pump_until(client, lambda: files(tmp_path) and events.of("recording"))
        figures = client.stats()["recording"]
    [path] = files(tmp_path)
    [gap], [told] = events.of("gap"), events.of("recording")
    assert path.name.startswith("flight-public-gap-")
    assert told.msg == f"flight recorder: gap wrote {path}"
    last = [json.loads(line) for _, line in lines(path) if b'"msg"' in line][-1]
    assert str(last["msg"]["data"][0]["prevSeqId"]) == gap.got
    assert (figures["dumps"], figures["files"], figures["entries"]) == (1, 0, 0)


def test_a_second_fault_soon_after_is_counted_and_not_dumped(tmp_path: Path) -> None:
    flight = Flight(folder=tmp_path)
    with Sim(rate=500, instruments=1) as sim, Client(sim.site(), options=Options(flight=flight)) as client:
        for name in ("no-such-channel", "nor-this-one"):
            client.subscribe_raw({"channel": name})
        pump_until(client, lambda: files(tmp_path))
        client.subscribe_raw({"channel": "this-neither"})
        pump_until(client, lambda: client.stats()["recording"]["dumps_skipped"])
        assert client.stats()["recording"]["dumps"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (lambda to: Options(record=Recording(folder=to, rotate_mb=0)), "record.rotate_mb: expected megabytes above 0"),
        (lambda to: Options(record=Recording(folder=to, rotate_s=-1)), "record.rotate_s: expected seconds above 0"),
        (lambda to: Options(record=Recording(folder=to, buffer_mb=2000)), "record.buffer_mb: .* at most 1024"),
        (lambda to: Options(flight=Flight(folder=to, ring_mb=0)), "flight.ring_mb"),
        (lambda to: Options(flight=Flight(folder=to, seconds=float("nan"))), "flight.seconds: expected seconds"),
        (lambda to: Options(flight=Flight(folder=to, most=0)), "flight.most: expected at least 1, got 0"),
        (lambda _: Options(record=Recording(folder="/dev/null/x")), "record, flight: Not a directory"),
    ],
)
def test_what_cannot_work_is_refused_at_once(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Client("global", options=options(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_without_recording_nothing_is_counted() -> None:
    with Client("global") as client:
        assert client.stats()["recording"] is None


def test_a_replay_at_the_speed_of_the_recording_takes_its_time(tmp_path: Path) -> None:
    frame = '{"arg":{"channel":"trades","instId":"X"},"data":[]}'
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"recv":{1000 + at},"conn":"a","msg":{frame}}}\n' for at in (0, 0.2, 0.4)))
    for speed, least, most in ((None, 0, 0.2), (1.0, 0.4, WITHIN_S), (4.0, 0.1, 0.3)):
        began = time.monotonic()
        assert Replay().play(path, speed=speed)["lines"] == 3
        assert least <= time.monotonic() - began < most
    with pytest.raises(ConfigError, match="speed"):
        Replay().play(path, speed=0)


def test_lines_that_are_none_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"event":"login"}\n{"recv":\n')
    with pytest.raises(RecordingError) as caught:
        Replay().play(path)
    assert (caught.value.path, caught.value.line) == (str(path), 2)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "7",
        '{"mono":1,"event":"subscribe"}',
        '{"mono":1,"event":"subscribe","text":"7"}',
        '{"msg":{"arg":7,"data":[]}}',
    ],
)
def test_a_line_that_is_none_names_no_stream(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{line}\n{{"arg":{{"channel":"status"}},"data":[]}}\n')
    assert subscriptions((path,)) == [{"channel": "status"}]


def test_okx_recordings_play(captures: Path) -> None:
    path = captures / "books" / "okx-2022-05-books-btc-usdt.jsonl.gz"
    [expected] = verify_file(path)
    assert {arg["channel"] for arg in subscriptions((path,))} == {"books", "trades", "tickers"}
    replay = Replay()
    book = replay.subscribe_book("BTC-USDT")
    replay.play(path)
    assert book.digest() == expected["digest"]
    assert replay.stats()["checksums_ok"] == expected["sum_ok"]


def test_the_commands_record_and_replay(okx_fast_command: Command, tmp_path: Path) -> None:
    done = okx_fast_command(
        "record", f"books:{BTC}", f"trades:{BTC}", "--site", "sim", "--seconds", "2", "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert written["messages"] > 100
    assert (written["lost"], written["files"]) == (0, 1)
    done = okx_fast_command("replay", "--json", *files(tmp_path))
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["messages"], summary["lines"]) == (written["messages"], written["entries"])
    [row], [book] = verify_file(files(tmp_path)[0]), summary["books"]
    assert (book["id"], book["digest"], book["seqId"]) == (BTC, row["digest"], row["seqId"])
    assert summary["events"] == {"connected": 1, "subscribed": 2, "state": 2}


def test_the_command_keeps_the_last_seconds_for_when_something_goes_wrong(
    okx_fast_command: Command, tmp_path: Path
) -> None:
    flight = tmp_path / "flight"
    wanted = ("record", f"books:{BTC}", "no-such-channel", "--site", "sim", "--seconds", "2")
    done = okx_fast_command(*wanted, "--flight", flight, "--flight-s", "10")
    assert done.returncode == 0
    assert "flight recorder: refused wrote " in done.stderr  # the log
    figures = json.loads(done.stdout)
    [dump] = files(flight)
    assert (figures["dumps"], figures["files"], figures["entries"]) == (1, 0, 0)
    assert b"no-such-channel" in b"".join(line for _, line in lines(dump))
    done = okx_fast_command(*wanted, "--flight", tmp_path / "again", "--out", tmp_path / "tape")
    figures = json.loads(done.stdout)
    assert (figures["dumps"], figures["files"]) == (1, 1)
    assert len(list(lines(files(tmp_path / "tape")[0]))) == figures["entries"] > 0
    done = okx_fast_command(*wanted)
    assert done.returncode == 2
    assert "okx-fast record: expected a folder for everything (--out)" in done.stderr


def test_the_examples_of_the_docs_run_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    said = []
    for block in re.findall(r"^```python\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(block, "docs/recording.md", "exec"), scope)  # noqa: S102  # our own text
        said.append(capsys.readouterr().out)
    assert "'lost': 0" in said[0]
    *_, result, book = said[1].splitlines()
    assert (result, book.split()[1]) == ("[] 0", "64")
    assert scope["again"].digest() == scope["digest"]
    assert said[2] == "1 dump\n"
    assert said[3] == "['trades.parquet', 'books.parquet', 'top.parquet', 'events.parquet']\n"
    assert said[4] == "decimal128(38, 18) True True\n"
    assert scope["summary"]["books"][0]["digest"] == scope["digest"]


def test_an_interrupt_ends_a_recording_in_good_order(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "okx_fast", "record", f"books:{BTC}", "--site", "sim", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + WITHIN_S
        while not files(tmp_path) and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGTERM)
        out, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0
    assert json.loads(out)["entries"] == len(list(lines(files(tmp_path)[0])))
