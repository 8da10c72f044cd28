"""The fixture `okx_exchange`, in this very run and in a project of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from okx_fast import Exchange


def test_without_a_marker_the_exchange_is_the_default_one(okx_exchange: Exchange) -> None:
    assert okx_exchange.config == {}
    assert "BTC-USDT-SWAP" in okx_exchange.instruments
    assert okx_exchange.invariants()["ok"] is True


@pytest.mark.okx_exchange({"seed": 3, "limits": 0}, seed=4)
class TestMarkers:
    def test_a_marker_takes_what_exchange_takes(self, okx_exchange: Exchange) -> None:
        assert okx_exchange.config == {"seed": 4, "limits": 0}

    @pytest.mark.okx_exchange(clock="virtual")
    def test_a_closer_marker_adds_to_those_around_it(self, okx_exchange: Exchange) -> None:
        assert okx_exchange.config == {"seed": 4, "limits": 0, "clock": "virtual"}


def test_a_projects_own_tests_find_the_fixture_without_any_setup(tmp_path: Path) -> None:
    (tmp_path / "test_bot.py").write_text(
        textwrap.dedent("""
        import pytest

        @pytest.mark.okx_exchange(accounts=[{"label": "bot"}])
        def test_bot(okx_exchange):
            assert [a["label"] for a in okx_exchange.ready()["accounts"]] == ["bot"]

        def test_other(okx_exchange):
            assert [a["label"] for a in okx_exchange.ready()["accounts"]] == ["main"]
        """)
    )
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-W", "error", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
