"""The `okx-fast` command, run as people run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from okx_fast import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]

SNAPSHOT = (
    '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],'
    '"bids":[["1","1","0","1"]],"ts":"1785096000123","checksum":0,"prevSeqId":-1,"seqId":10}]}'
)
GAP = SNAPSHOT.replace('"snapshot"', '"update"').replace("-1", "11").replace(":10}", ":12}")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_text(SNAPSHOT + "\n")
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "gap.jsonl"
    path.write_text(f"{SNAPSHOT}\n{GAP}\n")
    return path


def test_the_command_is_installed_beside_python() -> None:
    command = Path(sys.executable).with_name("okx-fast")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("okx-fast 0.")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    out = capsys.readouterr().out
    for command in (
        "demo",
        "verify",
        "watch",
        "record",
        "replay",
        "export",
        "trade",
        "sim",
        "doctor",
        "status",
        "endpoints",
        "exit codes",
    ):
        assert command in out


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["nonsense"],
        ["verify"],
        ["demo", "--seconds", "0"],
        ["demo", "--rate", "-1"],
        ["demo", "--seconds", "nan"],
        ["doctor", "--env", "OKX", "--file", "keys.toml"],
        ["doctor", "--secret", "x"],
        ["status", "--announcements", "-1"],
        ["trade", "--rounds", "0"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_usage_and_exit_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(args)
    assert "usage: okx-fast" in capsys.readouterr().err


def test_starting_the_command_does_not_import_what_only_a_terminal_needs() -> None:
    code = "import okx_fast.cli, sys; sys.exit(' '.join({'rich', 'numpy'} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_verify_prints_one_json_object_per_stream(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--json", str(recording), str(recording)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["file"], row["id"], row["messages"]) for row in rows] == [(str(recording), "BTC-USDT-SWAP", 1)] * 2


def test_verify_prints_a_table_to_people(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(recording)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 streams")


def test_verify_exits_1_on_a_gap(recording: Path, broken: Path) -> None:
    assert cli.main(["verify", str(recording), str(broken)]) == 1


def test_verify_exits_2_and_names_file_and_line_but_reads_the_other_files(
    recording: Path, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    not_json = tmp_path / "not.jsonl"
    not_json.write_text(f"{SNAPSHOT}\nhello\n")
    missing = tmp_path / "missing.jsonl"
    assert cli.main(["verify", "--json", str(not_json), str(missing), str(broken), str(recording)]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert f"okx-fast verify: {not_json}, line 2: " in err
    assert f"okx-fast verify: {missing}: No such file or directory" in err


def test_verify_says_when_there_is_no_book_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert cli.main(["verify", str(empty)]) == 0
    assert capsys.readouterr() == ("", f"okx-fast verify: {empty}: no book messages\n")


def test_a_reader_that_went_away_is_not_a_traceback(recording: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "okx_fast", "verify", "--json", str(recording)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_verify_agrees_on_all_recordings(captures: Path, okx_fast_command: Command) -> None:
    files = sorted(path for path in (captures / "books").glob("*.jsonl*") if path.name != "expected.jsonl")
    done = okx_fast_command("verify", "--json", *files)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == [json.loads(line) for line in (captures / "books" / "expected.jsonl").read_text().splitlines()]
    assert {key: sum(row[key] for row in rows) for key in ("sum_ok", "sum_bad", "gaps")} == {
        "sum_ok": 4472,
        "sum_bad": 2,  # both in the file whose origin cut the levels
        "gaps": 0,
    }
    assert (done.returncode, done.stderr) == (1, "")


def test_sim_has_its_own_options(okx_fast_command: Command) -> None:
    done = okx_fast_command("sim", "--help")
    assert done.returncode == 0
    assert "--instruments" in done.stdout


def test_a_demo_without_its_simulator_is_one_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert cli.main(["demo", "--seconds", "0.1"]) == 2
    assert capsys.readouterr().err == "okx-fast demo: the simulator did not start: exit code 1\n"


def test_endpoints_lists_every_method_with_path_permission_and_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 430
    [place] = [line for line in lines if line.startswith("trade.place_order ")]
    assert re.search(r"POST /api/v5/trade/order +trade +60 in 2 s per user and instrument", place)
    assert cli.main(["endpoints", "trade/order", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["path"] for row in rows} >= {"/api/v5/trade/order", "/api/v5/trade/orders-pending"}
    assert all("trade/order" in row["path"] for row in rows)
    assert cli.main(["endpoints", "no such thing"]) == 2
    assert "no name or path with 'no such thing'" in capsys.readouterr().err
