"""`okx-fast watch`: every kind of channel, what is wrong with one, its ends, and a reader that does not read."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from okx_fast import Client, ConfigError, ConnectError, Exchange, Sim, cli, watch, watch_show
from okx_fast.site import site_at
from okx_fast.taping import as_arg
from tests.waiting import BTC, ETH, WITHIN_S, pump_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

WANTED = [
    f"books:{BTC}",
    f"trades:{BTC}",
    "tickers:BTC-USDT",
    f"mark-price:{BTC}",
    "candle1m:BTC-USDT",
    "opt-summary:BTC-USD",
]


def watched(
    wanted: list[str], done: Callable[[dict[str, Any]], object], **sim: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Watch a feed until `done` says so of what is seen; the last look, and the summary."""
    looks: list[dict[str, Any]] = []

    def show(seen: watch.Watch) -> None:
        looks.append(seen.look(5))
        if done(looks[-1]):
            os.kill(os.getpid(), signal.SIGINT)

    with Sim(rate=3000, instruments=2, **sim) as feed:
        summary = watch.run(feed.site(), wanted, show, every_s=0.02, seconds=20)
    assert done(looks[-1]), looks[-1]
    return looks[-1], summary


@pytest.mark.parametrize(
    ("text", "arg"),
    [
        ("books:BTC-USDT", {"channel": "books", "instId": "BTC-USDT"}),
        ("status", {"channel": "status"}),
        ("liquidation-orders:SWAP", {"channel": "liquidation-orders", "instType": "SWAP"}),
        ("liquidation-orders:instType=SWAP", {"channel": "liquidation-orders", "instType": "SWAP"}),
        ("opt-summary:BTC-USD", {"channel": "opt-summary", "instFamily": "BTC-USD"}),
        ("sprd-books5:A_B", {"channel": "sprd-books5", "sprdId": "A_B"}),
        ("estimated-price:instType=SWAP,X", {"channel": "estimated-price", "instType": "SWAP", "instId": "X"}),
        ("new-channel:X", {"channel": "new-channel", "instId": "X"}),
    ],
)
def test_a_value_without_a_name_is_the_parameter_that_the_channel_has(text: str, arg: dict[str, str]) -> None:
    assert as_arg(text) == arg


def test_json_tells_each_channel_each_second_and_sums_up(okx_fast_command: Command) -> None:
    done = okx_fast_command("watch", *WANTED, "--site", "sim", "--seconds", "2.5", "--depth", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    events = [row for row in rows if row["type"] == "event"]
    assert [row["number"] for row in events] == list(range(1, len(events) + 1))
    assert [row["kind"] for row in events].count("subscribed") == len(WANTED)
    clients = [row for row in rows if row["type"] == "client"]
    assert len(clients) >= 3
    items = {row["channel"]: row for row in rows if row["type"] == "item"}  # the last of each
    assert [row["channel"] for row in rows if row["type"] == "item"] == [*items] * len(clients)
    book = items["books"]
    assert (book["kind"], book["valid"], book["why"]) == ("book", True, "")
    assert len(book["bids"]) == len(book["asks"]) == 3
    assert Decimal(book["mid"]) == (Decimal(book["bids"][0][0]) + Decimal(book["asks"][0][0])) / 2
    assert book["per_s"] > 3
    assert 0 <= book["age_ms"] < 10_000
    assert items["tickers"]["row"].keys() >= {"last", "bid_px", "ts_ms"}
    assert items["mark-price"]["row"]["instId"] == BTC
    assert items["candle1m"]["row"].keys() >= {"ts_ms", "open", "close", "confirm"}
    assert items["opt-summary"]["row"]["instId"].startswith("BTC-USD-")
    assert rows[-1]["type"] == "summary"
    assert [row["count"] > 0 for row in rows[-1]["items"]] == [True] * len(WANTED)
    assert rows[-1]["messages"] == clients[-1]["messages"]


def test_without_a_terminal_it_is_a_line_for_each(okx_fast_command: Command) -> None:
    done = okx_fast_command("watch", f"books:{BTC}", "no-such:X", "--site", "sim", "--seconds", "1.5")
    assert (done.returncode, done.stderr) == (1, "")  # OKX refused one
    lines = done.stdout.splitlines()
    assert lines[0] == "event connected public"
    assert any(line.startswith("event refused public no-such X 60018") for line in lines)
    assert any(
        re.fullmatch(rf"books {BTC}  \S+ @ \S+ \| \S+ @ \S+  spread 0\.1  \S+/s, age \d+ ms", line) for line in lines
    )
    assert "no-such X  nothing yet  0.0/s, age -, 1 refused" in lines
    assert json.loads(lines[-1])["events"]["refused"] == 1


def test_trades_and_raw_frames_are_counted_and_kept() -> None:
    look, summary = watched(
        [f"trades:{BTC}", f"trades-all:{ETH}", f"tickers:{ETH}"],
        lambda look: all(row["count"] > watch.TRADES_KEPT for row in look["items"]),
    )
    trades, every, ticker = look["items"]
    assert trades["trades"][-1].keys() == {"side", "px", "sz", "trade_id", "ts_ms"}
    assert len(trades["trades"]) == watch.TRADES_KEPT
    ids = [trade["trade_id"] for trade in every["trades"]]
    assert ids == sorted(ids)
    assert ticker["row"]["last"]
    assert watch.is_sound(summary)
    assert [row["channel"] for row in summary["items"]] == ["trades", "trades-all", "tickers"]


def test_a_gap_is_a_fault_of_its_book_alone() -> None:
    look, summary = watched(
        [f"books:{BTC}", f"books:{ETH}"],
        lambda look: look["gaps"] and all(row["valid"] for row in look["items"]),
        channels=["books"],
        skip=400,
    )
    assert sorted(bool(row["faults"]) for row in look["items"]) == [False, True]
    assert summary["events"]["gap"] == summary["gaps"] == 1
    assert not watch.is_sound(summary)


def test_a_book_that_is_not_valid_says_why() -> None:
    with Client("global") as client:
        seen = watch.Watch(client, [f"books:{BTC}"])
        [row] = seen.look(5)["items"]
        assert (row["valid"], row["why"], row["age_ms"]) == (False, "waiting for a snapshot", None)
        assert next(watch_show.lines(seen, 5)) == f"books {BTC}  INVALID: waiting for a snapshot  0.0/s, age -"


def test_what_is_shown_of_a_book_is_what_the_book_says() -> None:
    with Sim(rate=3000, instruments=1) as sim, Client(sim.site()) as client:
        seen = watch.Watch(client, [f"books:{BTC}"])
        book = seen.items[0].book
        assert book is not None
        pump_until(client, lambda: book.valid and seen.items[0].count > 20)
        [row] = seen.look(7)["items"]  # nothing is read now: both are of one moment
        bids, asks = book.top(7)
        for side, levels in ((row["bids"], bids), (row["asks"], asks)):
            expected = [(level.px.decimal, level.sz.decimal, level.n_orders) for level in levels]
            assert [(Decimal(px), Decimal(sz), orders) for px, sz, orders in side] == expected
        assert (book.mid, book.spread) == (Decimal(row["mid"]), Decimal(row["spread"]))
        assert (row["seq_id"], row["ts_ms"], row["crossed"]) == (book.seq_id, book.ts_ms, False)


@pytest.mark.parametrize(
    ("mantissa", "scale", "text"),
    [(5, 0, "5"), (0, 2, "0.00"), (-5, 2, "-0.05"), (1234, 2, "12.34"), (-1234, 3, "-1.234")],
)
def test_numbers_are_written_out(mantissa: int, scale: int, text: str) -> None:
    assert watch._decimal(mantissa, scale) == text


def test_the_feed_goes_on_while_nothing_can_be_shown() -> None:
    counts: list[int] = []

    def stuck(seen: watch.Watch) -> None:
        """As a terminal that takes nothing until much more has come."""
        start, end = seen.client.stats()["messages"], time.monotonic() + WITHIN_S
        while (count := seen.client.stats()["messages"]) < start + 2000:
            assert time.monotonic() < end, f"{count - start} messages"
            time.sleep(0.01)
        counts.append(count)
        os.kill(os.getpid(), signal.SIGINT)

    with Sim(rate=5000, instruments=1) as sim:
        summary = watch.run(sim.site(), [f"books:{BTC}", f"trades:{BTC}"], stuck, every_s=0.05)
    assert summary["messages"] >= counts[0] >= 2000
    assert (summary["gaps"], summary["connects"]) == (0, 1)


def test_without_a_connection_it_could_not_be_done() -> None:
    with pytest.raises(ConnectError, match="no connection came about"):
        watch.run(site_at("sim", ws="ws://127.0.0.1:1"), [f"books:{BTC}"], lambda _: None, every_s=0.1, seconds=0.3)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("account", "needs a login"),
        ("trades", "expected instId; missing instId"),
        ("books:instId=A,instFamily=B", "unknown parameter instFamily"),
        (":x", "expected CHANNEL:INSTRUMENT"),
    ],
)
def test_what_cannot_be_watched_is_said_at_once(wanted: str, words: str) -> None:
    with Client("global") as client, pytest.raises(ConfigError, match=words):
        watch.Watch(client, [wanted])


def test_a_channel_that_we_do_not_know_is_for_okx_to_refuse() -> None:
    with Client("global") as client:
        assert watch.Watch(client, ["candle7m:BTC-USDT"]).items[0].kind == "raw"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_the_summary(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "okx_fast", "watch", f"books:{BTC}", "--site", "sim", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert json.loads(first)["type"] == "event"
    assert json.loads(out.splitlines()[-1])["type"] == "summary"


def test_a_reader_that_went_away_ends_it() -> None:
    command = [sys.executable, "-m", "okx_fast", "watch", f"books:{BTC}", "--site", "sim", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=20) == 141


def test_a_terminal_shows_it_while_it_runs() -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "okx_fast", "watch", *WANTED, "--site", "sim", "--seconds", "2"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "60"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
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
    for word in ("okx-fast watch", "newest", f"books {BTC}", "seqId", "markPx=", "events", "socket to callback"):
        assert word in text
    assert "Traceback" not in text
    assert text.splitlines()[-1].startswith("opt-summary BTC-USD  ")


@pytest.mark.parametrize(("width", "height"), [(40, 6), (80, 24), (200, 70)])
def test_the_screen_fits_the_terminal(width: int, height: int) -> None:
    with Exchange() as exchange, Client(exchange.site()) as client:
        seen = watch.Watch(client, WANTED)
        pump_until(client, lambda: all(item.count for item in seen.items))
        out = io.StringIO()
        console = Console(file=out, width=width, height=height, force_terminal=False)
        console.print(watch_show.screen(seen, 5, "sim", width, height))
    lines = out.getvalue().splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert ("… more than fits this terminal" in lines) == (height < 70)


@pytest.mark.parametrize(
    ("connections", "words"),
    [
        ([], "not connected"),
        ([{"state": "live"}], "live"),
        (
            [{"name": "public-1", "state": "live"}, {"name": "business-1", "state": "stale"}],
            "public-1 live, business-1 stale",
        ),
        ([{"name": str(at), "state": "live" if at else "draining"} for at in range(9)], "1 draining, 8 live"),
    ],
)
def test_the_head_says_what_the_connections_are_in(connections: list[dict[str, str]], words: str) -> None:
    look = {"connections": connections, "messages": 1, "per_s": 1.0, "gaps": 0, "connects": 1, "seconds": 1.0}
    assert watch_show._head(look, "sim").endswith(f" connects · {words}")


class Evil:
    """What is watched, with what a hostile peer would like to be printed."""

    def __init__(self) -> None:
        words = "\x1b[2J\x9b31m[red]"
        row = {"channel": "new", "id": "X", "kind": "raw", "count": 1, "per_s": 1.0, "age_ms": 1.0, "faults": {}}
        self.row = {**row, "row": {"data": [{"px": words, "name": words}]}}
        self.events = deque([(1, words)])

    def news(self) -> list[tuple[int, str]]:
        return list(self.events)

    def look(self, levels: int) -> dict[str, Any]:
        figures = {"messages": 1, "per_s": 1.0, "gaps": 0, "connects": 1, "seconds": 1.0}
        return {**figures, "connections": [{"name": "\x1b[2J", "state": "live"}], "items": [dict(self.row)]}


def test_nothing_from_the_network_moves_the_cursor() -> None:
    evil: Any = Evil()
    out = io.StringIO()
    Console(file=out, width=100, height=40).print(watch_show.screen(evil, 5, "sim", 100, 40))
    for text in ("\n".join(watch_show.lines(evil, 5)), out.getvalue()):
        assert "[2J 31m[red]" in text
        assert not {"\x1b", "\x9b"} & set(text)


def test_the_command_is_usage_without_a_channel(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["watch"])
    assert "CHANNEL:INSTRUMENT" in capsys.readouterr().err
    assert cli.main(["watch", "account", "--site", "sim", "--json"]) == 2
    assert "okx-fast watch: channel: account needs a login" in capsys.readouterr().err
