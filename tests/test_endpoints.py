"""The table of REST endpoints, and everything that is made from it.

Source: OKX API v5 as catalogued in ../shared/okx-v5/rest-endpoints.csv, read in place where it is there.
"""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from okx_fast import endpoints
from okx_fast.rest import describe, table
from tools import catalogue
from tools import endpoints as tool

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = Path(os.environ.get("OKX_FAST_CATALOGUE") or ROOT.parent / "shared/okx-v5/rest-endpoints.csv")


@pytest.fixture(scope="module")
def csv() -> Path:
    if not CATALOGUE.is_file():
        pytest.skip(f"no catalogue at {CATALOGUE}: set OKX_FAST_CATALOGUE to a newer one")
    return CATALOGUE


def row(name: str) -> table.Row:
    found = table.by_name(name)
    assert found is not None, name
    return found


class TestNames:
    @pytest.mark.parametrize(
        ("method", "path", "verb", "name"),
        [
            ("GET", "/api/v5/account/balance", "", "account.balance"),
            ("GET", "/api/v5/market/books", "", "market.books"),
            ("GET", "/api/v5/trade/orders-pending", "", "trade.orders_pending"),
            ("GET", "/api/v5/finance/savings/balance", "", "finance.savings_balance"),
            ("POST", "/api/v5/account/set-riskOffset-amt", "", "account.set_risk_offset_amt"),
            ("POST", "/api/v5/tradingBot/signal/amendTPSL", "", "trading_bot.signal_amend_tpsl"),
            ("GET", "/api/v5/predictions/events/{eventId}/markets", "", "predictions.events_by_event_id_markets"),
            ("GET", "/api/v5/account/mmp-config", "", "account.mmp_config"),
            ("POST", "/api/v5/account/mmp-config", "set", "account.set_mmp_config"),
            ("POST", "/api/v5/trade/order", "place", "trade.place_order"),
            ("POST", "/api/v5/trade/batch-orders", "", "trade.place_batch_orders"),  # explicit
            ("POST", "/api/v5/trade/order-algo", "", "trade.place_algo_order"),
        ],
    )
    def test_follow_one_rule_from_the_path(self, method: str, path: str, verb: str, name: str) -> None:
        assert catalogue.method_name(method, path, verb) == name
        found = table.by_path(method, path)
        assert found is not None
        assert found.name == name
        assert table.by_name(name) is found

    def test_are_the_namespaces_of_okx(self) -> None:
        assert {row.namespace for row in table.load()} == {
            *("account", "affiliate", "asset", "broker", "copytrading", "fiat", "finance", "market", "predictions"),
            *("public", "rfq", "rubik", "sprd", "support", "system", "trade", "trading_bot", "users"),
        }

    def test_of_parameters_are_okx_s_own_but_for_python_s_keywords(self) -> None:
        assert table.argument("instId") == "instId"
        assert table.argument("from") == "from_"
        assert table.argument("to") == "to"

    def test_of_python_okx_lead_to_ours(self) -> None:
        names = table.python_okx()
        assert names["Trade.place_order"] == "trade.place_order"
        assert names["Account.get_account_balance"] == "account.balance"
        assert len(names) == sum(bool(row.python_okx) for row in table.load()), "a name of theirs leads to two of ours"


class TestTable:
    def test_is_sound(self) -> None:
        assert list(tool.unsound()) == []

    def test_has_all_current_and_deprecated_endpoints(self) -> None:
        rows = table.load()
        assert len(rows) == 430
        assert sum(row.status == "current" for row in rows) == 425
        assert {row.name for row in rows if row.status == "deprecated"} == {
            *("market.block_trades", "market.books_lite", "market.call_auction_detail"),
            *("public.liquidation_orders", "sprd.ticker"),
        }

    def test_is_loaded_once(self) -> None:
        assert table.load() is table.load()

    def test_knows_nothing_of_another_path(self) -> None:
        assert table.by_path("GET", "/api/v5/trade/nothing") is None
        assert table.by_name("trade.nothing") is None

    def test_says_what_an_order_takes(self) -> None:
        order = row("trade.place_order")
        assert (order.method, order.path, order.permission) == ("POST", "/api/v5/trade/order", "trade")
        assert order.required == ("instId", "tdMode", "side", "ordType", "sz")
        assert {"px", "clOrdId", "attachAlgoOrds"} <= set(order.optional)
        assert order.types["reduceOnly"] == "bool"
        assert order.types["attachAlgoOrds"] == "objects"
        assert "slTriggerPx" in order.nested["attachAlgoOrds"]
        assert order.exp_time
        assert order.capped
        assert not order.idempotent

    def test_counts_a_batch_of_one_in_the_bucket_of_single_orders(self) -> None:
        # OKX: Overview › Rate limits: a batch request with one order counts as a single one.
        singles = {row.name: row.single for row in table.load() if row.single}
        assert singles == {
            "trade.place_batch_orders": "trade.place_order",
            "trade.amend_batch_orders": "trade.amend_order",
            "trade.cancel_batch_orders": "trade.cancel_order",
        }
        assert all(row(name).per_item and row(name).max_items == 20 for name in singles)

    def test_caps_new_and_amended_orders_of_a_sub_account_and_no_cancels(self) -> None:
        # OKX: Overview › Rate limits › Sub-account rate limit.
        assert {row.name for row in table.load() if row.capped} == {
            *("trade.place_order", "trade.place_batch_orders", "trade.amend_order", "trade.amend_batch_orders"),
        }

    def test_honours_a_deadline_at_okx_where_okx_does(self) -> None:
        assert {row.name for row in table.load() if row.exp_time} == {
            *("trade.place_order", "trade.place_batch_orders", "trade.amend_order", "trade.amend_batch_orders"),
            "trading_bot.signal_sub_order",
        }

    def test_lets_only_calls_without_effect_be_repeated(self) -> None:
        assert all(row.idempotent for row in table.load() if row.method == "GET")
        assert {row.name for row in table.load() if row.method == "POST" and row.idempotent} == {
            *("account.position_builder", "account.position_builder_graph", "finance.flexible_loan_max_loan"),
            *("trade.order_precheck", "trading_bot.grid_compute_margin_balance", "trading_bot.grid_min_investment"),
        }

    def test_withdraws_in_two_places_only(self) -> None:
        withdrawing = {row.name for row in table.load() if row.permission == "withdraw"}
        assert withdrawing == {"asset.withdrawal", "fiat.create_withdrawal"}

    def test_needs_a_key_for_every_permission_and_for_nothing_else(self) -> None:
        assert all(row.auth == (row.permission != "none") for row in table.load())

    def test_has_a_limit_for_every_row_but_those_that_okx_gives_none(self) -> None:
        without = {row.name for row in table.load() if not row.count}
        assert {name.split(".")[0] for name in without} == {"affiliate", "market", "predictions"}
        assert len(without) == 23
        assert all((row.count > 0) == (row.seconds > 0) == bool(row.scope) for row in table.load())

    @pytest.mark.parametrize(
        ("name", "paging"),
        [
            ("trade.orders_history", table.Paging(style="after", cursor="ordId", limit=100, default=100)),
            ("market.candles", table.Paging(style="after", cursor="ts", limit=300, default=100)),
            ("rfq.rfqs", table.Paging(style="begin_end_id", cursor="rfqId", limit=100, default=100)),
            ("support.announcements", table.Paging(style="page")),
            ("predictions.orders", table.Paging(style="token", cursor="cursor", limit=50, default=20)),
            ("market.trades", table.Paging(style="limit", limit=500, default=100)),
            (
                "fiat.deposit_order_history",
                table.Paging(style="time", cursor="cTime", since="after", until="before", limit=100, default=100),
            ),
            ("account.balance", None),
        ],
    )
    def test_says_how_a_list_continues(self, name: str, paging: table.Paging | None) -> None:
        assert row(name).paging == paging

    def test_names_a_cursor_for_every_list_that_has_one(self) -> None:
        for each in table.load():
            if each.paging is not None:
                assert bool(each.paging.cursor) == (each.paging.style not in {"page", "limit"}), each.name

    def test_puts_parameters_into_the_path_where_it_has_places_for_them(self) -> None:
        for each in table.load():
            assert set(each.path_params) <= set(each.required), each.name
        assert row("predictions.events_by_event_id_markets").path_params == ("eventId",)


class TestMadeFiles:
    def test_are_current(self) -> None:
        assert list(tool.outdated()) == []

    def test_list_every_method_on_the_page_of_endpoints(self) -> None:
        page = (ROOT / "docs/endpoints.md").read_text(encoding="utf-8")
        for each in table.load():
            assert f"| {each.method} `{each.path}` |" in page, each.name


class TestCatalogue:
    def test_has_the_same_facts(self, csv: Path) -> None:
        assert list(tool.differences(csv)) == []

    def test_of_a_later_day_is_told_from_the_table(self, csv: Path, tmp_path: Path) -> None:
        lines = csv.read_text(encoding="utf-8").splitlines(keepends=True)
        lines = [line for line in lines if not line.startswith("GET,/api/v5/public/time,")]
        later = "".join(lines).replace(",key,trade,60,2,user+instrument|", ",key,trade,80,2,user+instrument|")
        later += "GET,/api/v5/market/new-thing,market,x,none,,20,2,ip,instId,,query,docs,status=current\n"
        path = tmp_path / "later.csv"
        path.write_text(later, encoding="utf-8")
        assert list(tool.differences(path)) == [
            "added    GET /api/v5/market/new-thing",
            "removed  GET /api/v5/public/time",
            "changed  POST /api/v5/trade/amend-order  count: 60 is now 80",
            "changed  POST /api/v5/trade/cancel-order  count: 60 is now 80",
            "changed  POST /api/v5/trade/order  count: 60 is now 80",
        ]
        assert tool.main(["diff", str(path)]) == 1

    def test_is_taken_over_when_asked(
        self, csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        copy = tmp_path / "endpoints.jsonl"
        monkeypatch.setattr(tool, "TABLE", copy)
        lines = tool.ROOT.joinpath("python/okx_fast/rest/endpoints.jsonl").read_text(encoding="utf-8").splitlines()
        kept = [line.replace('"count":60,', '"count":6,') for line in lines if '"name":"public.time"' not in line]
        copy.write_text("\n".join(kept) + "\n", encoding="utf-8")
        assert tool.main(["diff", str(csv), "--write"]) == 1
        assert "added    GET /api/v5/public/time" in capsys.readouterr().out
        assert tool.main(["diff", str(csv)]) == 0
        taken = copy.read_text(encoding="utf-8").splitlines()
        assert [line for line in taken if '"name":"public.time"' not in line] == [
            line for line in lines if '"name":"public.time"' not in line
        ]
        assert list(tool.unsound()) == [
            "public.time: `what` is a sentence and `section` a place in OKX's documentation"
        ]


class TestWords:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("market.books", "40 in 2 s per IP"),
            ("trade.place_order", "60 in 2 s per user and instrument (options: per user and family)"),
            ("trade.place_batch_orders", "300 orders in 2 s per user and instrument (options: per user and family)"),
            ("broker.dma_trades", "2 in 1 min per user"),
            ("asset.apply_monthly_statement", "20 in 30 d per user"),
            ("rfq.create_rfq", "5 in 2 s per user; also 80/12h"),
            ("support.announcements", "5 in 2 s per user, or per IP without a key"),
            ("predictions.balance", "not stated"),
        ],
    )
    def test_tell_a_limit(self, name: str, words: str) -> None:
        assert describe.limit(row(name)) == words

    def test_make_a_docstring_of_a_row(self) -> None:
        assert describe.docstring(row("account.set_leverage")) == (
            "Set the leverage of an instrument, a currency or a side.\n\n"
            "POST /api/v5/account/set-leverage, permission trade, limit 20 in 2 s per user.\n"
            "Some cases need instId, ccy, posSide.\n"
            "OKX: Trading Account › REST API › Set leverage."
        )

    def test_make_a_docstring_of_every_row(self) -> None:
        for each in table.load():
            assert f"{each.method} {each.path}" in describe.docstring(each)


class TestListing:
    def test_has_a_line_for_every_method(self) -> None:
        lines = list(endpoints.lines())
        assert len(lines) == 430
        assert any("trade.place_order" in line and "POST /api/v5/trade/order " in line for line in lines)

    def test_picks_by_name_and_by_path(self) -> None:
        assert [line.split()[0] for line in endpoints.lines("trade.place")] == [
            *("trade.place_algo_order", "trade.place_batch_orders", "trade.place_order"),
        ]
        assert [line.split()[0] for line in endpoints.lines("tradingBot/public")] == [
            "trading_bot.public_rsi_back_testing"
        ]
        assert list(endpoints.lines("nothing")) == []

    def test_has_everything_as_json(self) -> None:
        found = orjson.loads(next(endpoints.lines("trade.orders_history", as_json=True)))
        assert found["limit"] == "40 in 2 s per user"
        assert found["paging"]["cursor"] == "ordId"
        assert found["required"] == ["instType"]
