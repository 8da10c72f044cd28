"""The comparison of clients on a sick simulator: how it judges, and a short run of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sick import judge, report
from tests.conformance.sick.desk import INSTRUMENTS, SWAP, state
from tests.conformance.sick.script import SCRIPT
from tests.conformance.sick.truth import Market
from tests.conformance.simulator import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("okx_fast", "ccxt.pro", "python-okx")


def frame(channel: str, inst_id: str, **row: Any) -> dict[str, Any]:
    action = {"action": row.pop("action")} if "action" in row else {}
    return {"arg": {"channel": channel, "instId": inst_id}, **action, "data": [row]}


def market(end_ms: int = 20_000) -> Market:
    """A bid that rises by 1 each 100 ms; a trade and a ticker each second."""
    made = Market()
    for at, ts in enumerate(range(0, end_ms + 1, 100)):
        for inst_id in INSTRUMENTS:
            bids = [[str(100 + at), "1", "0", "1"]] + ([[str(99 + at), "0", "0", "0"]] if at else [])
            action = "update" if at else "snapshot"
            chain = {"prevSeqId": at - 1, "seqId": at, "ts": str(ts)}
            made.take(frame("books", inst_id, action=action, bids=bids, asks=[["900", "1", "0", "1"]], **chain))
            if ts % 1000 == 0:
                made.take(frame("trades", inst_id, tradeId=str(ts), ts=str(ts)))
                made.take(frame("tickers", inst_id, ts=str(ts)))
    return made


def book_at(ts: int) -> str:
    return state([(100 + ts // 100, 1)], [(900, 1)])


def faithful(end_ms: int = 20_000) -> judge.Line:
    """A client that shows all of it 10 ms later."""
    line = judge.Line()
    for inst_id in INSTRUMENTS:
        for ts in range(0, end_ms + 1, 100):
            line.take({"k": "book", "t": ts + 10, "i": inst_id, "s": book_at(ts)})
            if ts % 1000 == 0:
                line.take({"k": "trade", "t": ts + 10, "i": inst_id, "id": ts, "late": False})
                line.take({"k": "ticker", "t": ts + 10, "i": inst_id, "ts": ts})
    return line


def shows(line: judge.Line, start: float, end: float, name: str | None) -> None:
    """From then until then it shows this book instead."""
    kept = [(at, shown) for at, shown in line.books[SWAP] if not start <= at < end]
    after = [shown for at, shown in line.books[SWAP] if at <= end][-1]
    line.books[SWAP] = sorted([*kept, (start, name), (end, after)], key=lambda row: row[0])


def told(
    line: judge.Line, at: float, about: str = "connection", *, routine: bool = False, loss: bool | None = None
) -> None:
    if loss is None:
        loss = not routine and about in ("connection", "trades")
    said = {"how": "event", "word": "gap", "about": about, "text": "", "routine": routine, "loss": loss}
    line.take({"k": "told", "t": at, **said})


def verdict(line: judge.Line, start: float = 5_000, end: float = 15_000) -> judge.Verdict:
    return judge.judge(line, market(), start, end)


def test_a_client_that_shows_the_truth_is_right() -> None:
    found = verdict(faithful())
    assert (found.false_ms, found.late_ms, found.blind_ms, found.lost, found.doubled) == (0, 0, 0, 0, 0)
    assert (found.told_ms, found.right_ms) == (None, 0)
    assert report.word(found) == "right"


def test_a_book_that_stands_still_is_late_after_the_grace() -> None:
    line = faithful()
    shows(line, 6_000, 8_000, book_at(5_900))
    found = verdict(line)
    # True until 6 000, so right until then and the grace: late for what is left of the 2 000.
    assert (found.late_ms, found.false_ms, found.right_ms) == (2_000 - judge.LATE_MS, 0, 3_000)
    assert report.word(found) == "wrong for 1.5 s, untold"


def test_a_book_that_never_was_is_false_at_once() -> None:
    line = faithful()
    shows(line, 6_000, 6_100, state([(1, 1)], [(2, 1)]))
    told(line, 6_050, "book")
    found = verdict(line)
    assert (found.false_ms, found.late_ms, found.told_ms, found.right_ms) == (100, 0, 1_050, 1_100)
    assert report.word(found) == "wrong for 100 ms, told"


def test_a_book_of_times_to_come_is_false_until_they_come() -> None:
    line = faithful()
    shows(line, 6_000, 6_400, book_at(6_300))
    assert verdict(line).false_ms == 300 - judge.EARLY_MS


def test_no_book_is_neither_false_nor_late() -> None:
    line = faithful()
    shows(line, 6_000, 7_500, None)
    found = verdict(line)
    assert (found.blind_ms, found.false_ms, found.late_ms, found.right_ms) == (1_500, 0, 0, 2_500)


def test_what_has_no_end_within_the_window_is_not_right_again() -> None:
    line = faithful()
    shows(line, 6_000, 20_000, None)
    found = verdict(line)
    assert (found.right_ms, found.lasting) == (None, ["blind"])
    assert report.word(found) == "not right again, untold"
    assert report.cells(found)[3:] == ["> 9.0 s", report.NONE, "no"]
    told(line, 6_000)
    assert [report.word(verdict(line), final=final) for final in (False, True)] == ["not right again", "told"]


def test_while_a_process_does_not_run_nobody_reads() -> None:
    line = faithful()
    shows(line, 6_000, 8_000, book_at(5_900))
    line.take({"k": "pause", "t": 8_000, "from": 6_000})
    found = verdict(line)
    assert (found.late_ms, found.right_ms, found.paused_ms) == (0, 0, 2_000)


def test_a_ticker_is_late_when_a_newer_one_was_told() -> None:
    line = faithful()
    line.tickers[SWAP] = [(at, ts) for at, ts in line.tickers[SWAP] if ts is not None and not 6_000 <= ts <= 8_000]
    # 6 000 was told and 9 000 came at 9 010.
    assert verdict(line).right_ms == 4_010


def test_a_trade_that_did_not_come_is_lost() -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    found = verdict(line)
    assert (found.lost, found.lost_untold, found.right_ms) == (1, 1, 2_000)
    assert report.word(found) == "1 trade lost, untold"


@pytest.mark.parametrize(
    ("at", "about", "routine", "untold"),
    [
        (7_300, "connection", False, 0),  # told afterwards
        (7_300, "trades", False, 0),
        (7_300, "book", False, 1),  # of something else
        (7_300, "connection", True, 1),  # that all is well
        (6_500, "connection", False, 0),  # told before, and no trade since
        (5_500, "connection", False, 1),  # told before, but then trades came again
    ],
)
def test_a_lost_trade_is_announced_by_word_of_its_stream(at: float, about: str, routine: bool, untold: int) -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    told(line, at, about, routine=routine)
    assert (verdict(line).lost, verdict(line).lost_untold) == (1, untold)


@pytest.mark.parametrize(
    ("inst_id", "until", "untold"), [(SWAP, 7_100, 0), ("", 7_100, 0), ("A-B", 7_100, 1), (SWAP, 6_900, 1)]
)
def test_a_lost_trade_is_announced_by_a_gap_as_data(inst_id: str, until: float, untold: int) -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    line.take({"k": "blind", "t": 8_000, "about": "trades", "i": inst_id, "from": 6_500, "to": until})
    assert verdict(line).lost_untold == untold


@pytest.mark.parametrize(
    ("words", "untold"), [([(5_000, "late")], 0), ([(5_000, "late"), (6_000, "on time")], 1), ([(9_500, "late")], 1)]
)
def test_who_says_that_what_comes_is_late_has_said_so_until_it_is_on_time(
    words: list[tuple[float, str]], untold: int
) -> None:
    line = faithful()
    line.trades = [(9_000, SWAP, 7_000) if trade == (7_010, SWAP, 7_000) else trade for trade in line.trades]
    for at, word in words:
        line.take({"k": "told", "t": at, "how": "event", "word": word, "about": "connection", "text": "",
                   "routine": word == "on time", "loss": False})  # fmt: skip
    assert (verdict(line).delayed, verdict(line).delayed_untold) == (1, untold)


def test_word_that_something_was_averted_announces_no_loss() -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    told(line, 7_300, loss=False)
    found = verdict(line)
    assert (found.lost_untold, found.told_ms) == (1, 2_300)


@pytest.mark.parametrize(("inst_id", "last", "untold"), [(SWAP, 7_000, 0), ("A-B", 7_000, 1), (SWAP, 6_999, 1)])
def test_a_lost_trade_is_announced_by_its_id(inst_id: str, last: int, untold: int) -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    line.take({"k": "hole", "t": 8_000, "i": inst_id, "from": 6_500, "to": last})
    assert verdict(line).lost_untold == untold


@pytest.mark.parametrize(
    ("marked", "told_at", "untold"), [(False, None, 1), (True, None, 0), (False, 9_000, 0), (False, 9_100, 1)]
)
def test_a_trade_handed_on_after_the_grace_is_late(marked: bool, told_at: float | None, untold: int) -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    line.take({"k": "trade", "t": 9_010, "i": SWAP, "id": 7_000, "late": marked})
    if told_at:
        told(line, told_at, "trades", loss=False)
    found = verdict(line)
    assert (found.lost, found.delayed, found.delayed_untold, found.right_ms) == (0, 1, untold, 4_010)
    assert report.word(found) == "1 trade late, " + ("untold" if untold else "told")
    assert report.cells(found)[4] == "1 late" + (" (1 untold)" if untold else "")


def test_a_trade_within_the_grace_is_not_late() -> None:
    line = faithful()
    line.trades = [trade for trade in line.trades if trade != (7_010, SWAP, 7_000)]
    line.take({"k": "trade", "t": 7_500, "i": SWAP, "id": 7_000, "late": False})
    assert (verdict(line).delayed, verdict(line).right_ms) == (0, 0)


def test_a_trade_handed_on_twice_is_counted() -> None:
    line = faithful()
    line.take({"k": "trade", "t": 7_020, "i": SWAP, "id": 7_000, "late": False})
    assert verdict(line).doubled == 1
    assert report.word(verdict(line)) == "trades twice"


def test_alarm_over_what_is_harmless_is_in_vain() -> None:
    line = faithful()
    told(line, 5_010, "book")
    assert report.word(verdict(line), harmless=True) == "alarm in vain"
    assert report.word(verdict(line)) == "told"


def test_a_broken_chain_makes_the_comparison_void() -> None:
    made = market(1_000)
    with pytest.raises(ValueError, match="expected prevSeqId 10, got 12"):
        made.take(frame("books", SWAP, action="update", bids=[], asks=[], prevSeqId=12, seqId=13, ts="1100"))


def test_the_table_goes_between_its_markers_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "recovery.md"
    monkeypatch.setattr(report, "DOCS", docs)
    docs.write_text(f"before\n{report.BEGIN}\nstale table\n{report.END}\nafter\n", encoding="utf-8")
    result = report.Result(names=["okx_fast", "other"], seed=5, versions={"okx_fast": "1", "other": "2"})
    result.add(SCRIPT[0], {"okx_fast": verdict(faithful()), "other": None})
    report.into_docs(report.table(result))
    text = docs.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "okx_fast 1, other 2" in text
    assert "| `healthy` | right | not struck |" in text
    assert "stale table" not in text
    docs.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="expected one pair of markers, got 0"):
        report.into_docs("x")


def test_a_promise_broken_is_named() -> None:
    line = faithful()
    shows(line, 6_000, 20_000, state([(1, 1)], [(2, 1)]))
    line.trades.clear()
    result = report.Result(names=["okx_fast"], seed=5)
    result.add(SCRIPT[1], {"okx_fast": verdict(line)})
    result.add(SCRIPT[2], {"okx_fast": None})
    broken = "\n".join(report.broken_promises(result, "okx_fast"))
    for words in (
        "a book that never was for 9.0 s",
        "lost 30 trades",
        "did not recover",
        "book_duplicate: okx_fast was not struck",
    ):
        assert words in broken
    good = report.Result(names=["okx_fast"], seed=5)
    good.add(SCRIPT[1], {"okx_fast": verdict(faithful())})
    assert report.broken_promises(good, "okx_fast") == []


def test_the_docs_hold_a_verdict_for_every_sickness_and_client() -> None:
    text = (ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
    made = text[text.index(report.BEGIN) : text.index(report.END)]
    for sickness in SCRIPT:
        row = next(line for line in made.splitlines() if line.startswith(f"| `{sickness.name}` |"))
        assert len([cell for cell in row.split("|") if cell.strip()]) == 1 + len(NAMES)
        assert f"`{sickness.name}`: {sickness.what}." in made
    for name in NAMES:
        assert f"\n| {name} | " in made


@pytest.mark.timeout(300)
def test_okx_fast_tells_of_a_gap_of_the_real_simulator(tmp_path: Path) -> None:
    command = ["-m", "tests.conformance.sick", "--clients", "okx_fast", "--only", "book_gap", "--logs", str(tmp_path)]
    env = {**os.environ, "OKX_FAST_PYTHON": sys.executable}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "book_gap               okx_fast    told                         event gap" in done.stdout
