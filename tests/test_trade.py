"""`okx-fast trade`: its session against the exchange, what it cancels, whom it asks before trading live."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import ConfigError, Exchange, NotSentError, Rest, Trader, cli, trade, trade_show
from okx_fast.site import SITES
from tests.order_calls import account, calm
from tests.waiting import BTC

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

ROUND = ["place", "amend", "cancel", "place batch", "cancel batch", "to be refused"]
SPANS = ["build", "there", "okx", "back", "ack", "push"]


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with calm(
        account("main"), account("two-sided", posMode="long_short_mode"), account("multi", acctLv="3")
    ) as exchange:
        yield exchange


def play(
    exchange: Exchange, *, label: str = "main", inst_id: str = BTC, rounds: int = 1, **more: Any
) -> dict[str, Any]:
    """A session there; its steps are in `steps`, and nothing of it may be open after it."""
    steps: list[trade.Step] = []
    tell = more.pop("tell", steps.append)
    summary = trade.run(exchange.site(), exchange.credentials(label), inst_id, rounds, tell, **more)
    assert exchange.account(label)["open_orders"] == []
    return {**summary, "steps": steps}


def asked(exchange: Exchange) -> list[str]:
    """Operations that reached it, by their names."""
    return [row["name"] for row in exchange.log() if row["kind"] == "op" and row["name"] != "login"]


class TestSession:
    def test_prints_a_line_for_each_outcome_then_where_the_time_went(
        self, okx_fast_command: Callable[..., subprocess.CompletedProcess[str]]
    ) -> None:
        done = okx_fast_command("trade", "--rounds", "2")
        assert (done.returncode, done.stderr.count("\n")) == (0, 1)
        assert "a post_only buy of 0.01 contracts of BTC-USDT-SWAP (cross) at " in done.stderr
        lines = done.stdout.splitlines()
        assert [line[6:19].strip() for line in lines[:12]] == ROUND * 2
        assert "CONFIRMED" in lines[0]
        assert "REJECTED" in lines[5]
        assert "as it should be: 51020 " in lines[5]
        assert lines[12].startswith("18 CONFIRMED, 2 REJECTED, 0 UNKNOWN, all as they should, in ")
        table = lines.index(next(line for line in lines if line.split() == ["µs", "p50", "p99", "p99.9", "count"]))
        assert [line.split()[0] for line in lines[table + 1 : table + 7]] == SPANS
        assert [line.split()[0] for line in lines[-6:]] == SPANS

    def test_as_json_each_call_is_an_object_and_the_last_one_sums_up(
        self, okx_fast_command: Callable[..., subprocess.CompletedProcess[str]]
    ) -> None:
        done = okx_fast_command("trade", "--json", "--rounds", "3", "--inst-id", "BTC-USDT")
        *steps, summary = map(json.loads, done.stdout.splitlines())
        assert done.returncode == 0
        assert [step["name"] for step in steps] == ROUND * 3
        assert all(step["as_wanted"] and step["type"] == "step" for step in steps)
        assert [len(step["orders"]) for step in steps[:6]] == [1, 1, 1, 3, 3, 1]
        assert (summary["type"], summary["outcomes"]) == ("summary", {"CONFIRMED": 27, "REJECTED": 3, "UNKNOWN": 0})
        assert (summary["open"], summary["not_as_wanted"], summary["interrupted"]) == ([], 0, False)
        assert list(summary["spans_us"]) == SPANS
        assert summary["spans_us"]["ack"]["count"] == 18
        assert summary["plan"]["td_mode"] == "cash"

    @pytest.mark.parametrize(
        ("label", "inst_id", "want"),
        [
            ("two-sided", BTC, ("SWAP", "cross", "long")),
            ("two-sided", "BTC-USDT", ("SPOT", "cash", "")),
            ("multi", "BTC-USDT", ("SPOT", "cross", "")),
            ("multi", "BTC-USD-SWAP", ("SWAP", "cross", "")),
            ("main", r"BTC-USD-\d+", ("FUTURES", "cross", "")),
            ("main", r"BTC-USD-\d+-90000-C", ("OPTION", "cross", "")),
        ],
    )
    def test_goes_by_account_and_instrument(
        self, exchange: Exchange, label: str, inst_id: str, want: tuple[str, ...]
    ) -> None:
        [inst_id] = [each for each in exchange.instruments if re.fullmatch(inst_id, each)]
        summary = play(exchange, label=label, inst_id=inst_id)
        assert (summary["plan"]["inst_type"], summary["plan"]["td_mode"], summary["plan"]["pos_side"]) == want
        assert trade.is_sound(summary), summary["steps"]

    @pytest.mark.parametrize("inst_id", ["BTC-USDX", "BTC-USDX-SWAP", "BTC-USDX-261225-1-C"])
    def test_an_unknown_instrument_is_said_before_anything_is_sent(self, exchange: Exchange, inst_id: str) -> None:
        with pytest.raises(ConfigError, match=f"{inst_id} is not listed on sim"):
            play(exchange, inst_id=inst_id)
        assert asked(exchange) == []


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("op", "code"),
        [("amend-order", "51506"), ("cancel-order", "51410"), ("batch-cancel-orders", "51410"), ("order", "51008")],
    )
    def test_is_told_and_what_was_placed_is_canceled(self, exchange: Exchange, op: str, code: str) -> None:
        exchange.fault("error", op=op, code=code)
        summary = play(exchange)
        [wrong] = [step for step in summary["steps"] if not step.as_wanted]
        assert {(order["outcome"], order["code"]) for order in wrong.orders} == {("REJECTED", code)}
        assert summary["open"] == []
        assert not trade.is_sound(summary)

    def test_orders_of_others_stay(self, exchange: Exchange) -> None:
        with Rest(exchange.site(), credentials=exchange.credentials()) as rest:
            mine = {"instId": BTC, "tdMode": "cross", "side": "buy", "ordType": "post_only", "px": "1000", "sz": "1"}
            kept = [rest.trade.place_order(**mine, clOrdId="trade1").ord_id, rest.trade.place_order(**mine).ord_id]
            exchange.fault("error", op="cancel-order", code="51410")
            summary = trade.run(exchange.site(), exchange.credentials(), BTC, 1, lambda _: None)
        assert summary["open"] == []
        assert {order["ordId"] for order in exchange.account()["open_orders"]} == set(kept)

    def test_ctrl_c_ends_it_after_the_call_on_its_way_and_cancels(self, exchange: Exchange) -> None:
        told: list[trade.Step] = []

        def interrupt(step: trade.Step) -> None:
            told.append(step)
            os.kill(os.getpid(), signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        summary = play(exchange, rounds=50, tell=interrupt)
        assert [step.name for step in told] == ["place"]
        assert summary["interrupted"]
        assert asked(exchange) == ["order", "batch-cancel-orders"]
        assert signal.getsignal(signal.SIGINT) is before

    def test_ctrl_c_is_exit_130(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(trade_show, "step", lambda _: os.kill(os.getpid(), signal.SIGTERM))
        assert cli.main(["trade", "--rounds", "50"]) == 130
        assert "interrupted; still open: 0" in capsys.readouterr().out

    def test_an_exception_on_the_way_cancels_first(self, exchange: Exchange) -> None:
        def broken(step: trade.Step) -> None:
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            play(exchange, tell=broken)
        assert exchange.account()["open_orders"] == []

    def test_without_a_connection_it_is_canceled_by_rest(
        self, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(*_: object, **__: object) -> None:
            monkeypatch.setattr(Trader, "send", gone)
            raise NotSentError("amend-order", "no connection for orders")

        monkeypatch.setattr(Trader, "amend_order", gone)
        with pytest.raises(NotSentError):
            play(exchange)
        assert asked(exchange) == ["order"]
        assert exchange.account()["open_orders"] == []

    def test_what_stays_open_is_named_and_exit_1(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(trade, "TRIES", 1)
        monkeypatch.setattr(trade._Session, "_canceled", lambda *_: None)
        monkeypatch.setattr(trade._Session, "_pending", lambda _: None)
        assert cli.main(["trade", "--rounds", "1"]) == 1
        assert "perhaps still open: trade" in capsys.readouterr().err


@pytest.fixture
def named(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """The exchange under the names of OKX's sites, its key in the environment."""
    monkeypatch.setitem(SITES, "global", replace(exchange.site(), name="global"))
    monkeypatch.setitem(SITES, "global-demo", replace(exchange.site(demo=True), name="global-demo"))
    [main] = [row for row in exchange.dump()["world"]["accounts"] if row["label"] == "main"]
    for name in ("api_key", "secret_key", "passphrase"):
        monkeypatch.setenv(f"OKX_{name.upper()}", main["keys"][0][name])
    return exchange


class TestLive:
    @pytest.mark.parametrize(
        ("args", "words"),
        [
            ([], "global is live trading, with real money: say --live"),
            (["--yes"], "global is live trading, with real money: say --live"),
            (["--live"], "live trading without a terminal to agree on: say --yes"),
        ],
    )
    def test_is_refused_unless_asked_for(
        self, named: Exchange, args: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["trade", "--site", "global", "--env", "OKX", *args]) == 2
        assert words in capsys.readouterr().err
        assert asked(named) == []

    def test_says_what_it_will_do_then_places_amends_and_cancels_one_order(
        self, named: Exchange, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["trade", "--site", "global", "--env", "OKX", "--live", "--yes"]) == 0
        out, err = capsys.readouterr()
        assert err.startswith(
            "LIVE trading on global: once, a post_only buy of 0.01 contracts of BTC-USDT-SWAP (cross)"
        )
        assert asked(named) == ["order", "amend-order", "cancel-order"]
        assert "3 CONFIRMED, 0 REJECTED, 0 UNKNOWN, all as they should" in out

    @pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 2), ("\n", 2), ("", 2)])
    def test_on_a_terminal_it_asks(
        self,
        named: Exchange,
        answer: str,
        code: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        class Terminal:
            def isatty(self) -> bool:
                return True

            def readline(self) -> str:
                return answer

        monkeypatch.setattr("sys.stdin", Terminal())
        assert cli.main(["trade", "--site", "global", "--env", "OKX", "--live"]) == code
        err = capsys.readouterr().err
        assert "Do it? Type yes: " in err
        assert ("not agreed to: nothing was sent" in err) == (code == 2)
        assert bool(asked(named)) == (code == 0)

    def test_is_not_for_other_sites(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["trade", "--live", "--yes"]) == 2
        assert capsys.readouterr().err == "okx-fast trade: --live: sim is not live trading\n"


def test_a_demo_site_has_the_whole_session(
    named: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = {"apiKey": "demo1", "secretKey": "s", "passphrase": "p", "demo": True}
    named.add_account(label="demo", balances={"USDT": "5000"}, keys=[demo])
    for name, value in (("API_KEY", "demo1"), ("SECRET_KEY", "s"), ("PASSPHRASE", "p")):
        monkeypatch.setenv(f"OKX_{name}", value)
    assert cli.main(["trade", "--site", "global-demo", "--env", "OKX", "--rounds", "1"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("global-demo, demo trading: once, ")
    assert "9 CONFIRMED, 1 REJECTED, 0 UNKNOWN" in out


def test_without_a_key_it_cannot_be_done(named: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trade", "--site", "global-demo"]) == 2
    assert capsys.readouterr().err == "okx-fast trade: global-demo wants a key: see --env, --file, --keyring\n"
