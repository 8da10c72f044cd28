"""`okx-fast demo`: its summary, its early end, its screen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import demo
from okx_fast.demo_account import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

KEYS = {"messages", "books", "updates_verified", "checksums_ok", "checksums_bad", "gaps", "latency_us", "orders"}
ORDERS = {"placed": 2, "amended": 1, "filled": 1, "canceled": 1}
OUTCOMES = {"CONFIRMED": 5, "REJECTED": 0, "UNKNOWN": 0}
FILLS = dict.fromkeys(TYPES, 2)
SOUND = {
    "messages": 5,
    "gaps": 0,
    "checksums_bad": 0,
    "orders": ORDERS,
    "outcomes": OUTCOMES,
    "fills": FILLS,
    "balances_add_up": True,
}


@pytest.mark.parametrize("mode", ["pump", "asyncio"])
def test_without_a_terminal_the_last_line_is_the_summary(
    mode: str, okx_fast_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = okx_fast_command("demo", "--seconds", "1", "--rate", "2000", "--mode", mode)
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    summary = json.loads(line)
    assert summary.keys() >= KEYS
    assert summary["mode"] == mode
    assert summary["books"] == demo.INSTRUMENTS
    assert summary["messages"] >= summary["updates_verified"] > 0
    assert summary["checksums_ok"] > 0
    assert (summary["checksums_bad"], summary["gaps"]) == (0, 0)
    assert summary["orders"].keys() == ORDERS.keys()
    assert min(summary["orders"].values()) > 0
    assert summary["balances_add_up"] is True
    for latency in (summary["latency_us"], *summary["order_latency_us"].values()):
        assert 0 < latency["p50"] <= latency["p99"] <= latency["p99.9"]


def test_it_trades_in_every_type_and_every_call_is_confirmed(
    okx_fast_command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    summary = json.loads(okx_fast_command("demo", "--seconds", "1", "--rate", "2000", "--json").stdout)
    types = ["spot", "margin cross", "margin isolated", "futures", "swap linear", "swap inverse", "option"]
    assert list(summary["fills"]) == types
    rounds = summary["orders"]["amended"] // len(types)
    assert rounds > 0
    assert set(summary["fills"].values()) == {2 * rounds}  # bought and sold again
    calls = sum(summary["orders"][what] for what in ("placed", "amended", "canceled"))
    assert summary["outcomes"] == {"CONFIRMED": calls, "REJECTED": 0, "UNKNOWN": 0}
    assert list(summary["order_latency_us"]) == ["ack", "push"]


@pytest.mark.parametrize("mode", ["pump", "asyncio"])
def test_ctrl_c_ends_it_early_with_the_summary(
    mode: Literal["pump", "asyncio"], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> Iterator[float]:
        yield 0.5
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        yield 30.0
        pytest.fail("not interrupted")

    monkeypatch.setattr(demo, "_steps", interrupted)
    summary = demo.run(seconds=30.0, rate=2000, mode=mode)
    assert demo.is_sound(summary)
    assert summary["seconds"] < 20


def test_a_terminal_shows_books_trades_and_counters_while_it_runs() -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "okx_fast", "demo", "--seconds", "1.5", "--rate", "2000"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other side of a pty has closed
        pass
    finally:
        os.close(ours)
    assert process.wait() == 0
    text = shown.decode()
    for word in ("not OKX", "BTC-USDT-SWAP", "last trades", "updates verified", "orders", "socket to callback"):
        assert word in text
    for word in ("0 REJECTED, 0 UNKNOWN", "margin isolated", "inverse", "order to answer"):
        assert word in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("change", "sound"),
    [
        ({}, True),
        ({"messages": 0}, False),
        ({"gaps": 1}, False),
        ({"checksums_bad": 1}, False),
        ({"balances_add_up": False}, False),
        ({"orders": {**ORDERS, "filled": 0}}, False),
        ({"outcomes": {**OUTCOMES, "REJECTED": 1}}, False),
        ({"outcomes": {**OUTCOMES, "UNKNOWN": 1}}, False),
        ({"fills": {**FILLS, "option": 0}}, False),
    ],
)
def test_sound_means_something_came_and_nothing_was_wrong(change: dict[str, Any], sound: bool) -> None:
    assert demo.is_sound({**SOUND, **change}) is sound
