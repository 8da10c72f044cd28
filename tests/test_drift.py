"""The drift report: what OKX sent that our tables do not know; its bounds, and what it must never hold."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from okx_fast.rest.drift import Drift

TICKER = {"instType": "SPOT", "instId": "BTC-USDT", "last": "1", "ts": "5"}


def found(drift: Drift) -> list[tuple[str, str, str, str, int]]:
    return [(each["kind"], each["where"], each["name"], each["example"], each["count"]) for each in drift.report()]


class TestFindings:
    @pytest.mark.parametrize(
        ("endpoint", "data", "want"),
        [
            ("market.ticker", [TICKER], []),
            ("market.ticker", [], []),
            ("market.ticker", [{**TICKER, "newField": "9"}], [("field", "market.ticker", "newField", "text", 1)]),
            (
                "market.ticker",
                [{**TICKER, "newField": {"a": 1}}],
                [("field", "market.ticker", "newField", "object", 1)],
            ),
            (
                "market.ticker",
                [{**TICKER, "instType": "EVENTS2"}],
                [("value", "market.ticker", "instType", "EVENTS2", 1)],
            ),
            ("market.ticker", [{**TICKER, "instType": ""}], []),
            ("market.ticker", [{**TICKER, "instType": None}], []),
            ("market.candles", [["1", "2", "3", "4", "5", "6", "7", "8", "1"]], []),
            (
                "market.candles",
                [["1", *"23456789", "1", 7]],
                [("column", "market.candles", "9", "text", 1), ("column", "market.candles", "10", "integer", 1)],
            ),
            (
                "market.books",
                [{"asks": [["1", "2", "0", "1"]], "bids": [["1", "2", "0", "1", "x"]], "ts": "1"}],
                [("column", "market.books.bids", "4", "text", 1)],
            ),
            (
                "account.balance",
                [{"details": [{"ccy": "BTC", "dust": "1"}]}],
                [("field", "account.balance.details", "dust", "text", 1)],
            ),
            (
                "trade.order",
                [{"linkedAlgoOrd": {"algoId": "1", "kind": "x"}}],
                [("field", "trade.order.linkedAlgoOrd", "kind", "text", 1)],
            ),
            ("account.config", [{"perm": "read_only,trade"}], []),
            ("account.config", [{"perm": "read_only,stake"}], [("value", "account.config", "perm", "stake", 1)]),
            ("rubik.stat_taker_volume", [["anything"]], []),
            ("no.such", [{"a": 1}], []),
        ],
    )
    def test_what_is_new_is_written_down(self, endpoint: str, data: Any, want: Any) -> None:
        drift = Drift()
        drift.see(endpoint, data)
        assert found(drift) == want

    @pytest.mark.parametrize(
        "data", [None, "x", {}, 7, [None], ["x"], [[]], [[[]]], [{"details": "x"}], [{"instType": []}]]
    )
    def test_nothing_that_okx_sends_makes_it_raise(self, data: Any) -> None:
        for endpoint in ("market.ticker", "account.balance", "market.candles", "account.config", "market.books"):
            Drift().see(endpoint, data)

    def test_the_same_is_counted(self) -> None:
        drift = Drift()
        for _ in range(3):
            drift.see("market.tickers", [{**TICKER, "x": "1"}, {**TICKER, "x": "2"}])
        assert found(drift) == [("field", "market.tickers", "x", "text", 6)]
        assert abs(drift.report()[0]["first_seen"] - time.time() * 1000) < 60_000

    def test_codes_the_table_lacks_are_noted(self) -> None:
        drift = Drift()
        drift.code("trade.place_order", "51008")
        drift.code("trade.place_order", "99999")
        drift.code("trade.place_order", "51008", "98765")
        assert [(each["kind"], each["name"]) for each in drift.report()] == [("code", "99999")]

    def test_a_channel_may_be_noted_too(self) -> None:
        drift = Drift()
        drift.note("channel", "ws", "new-channel")
        assert found(drift) == [("channel", "ws", "new-channel", "", 1)]

    def test_the_report_is_a_copy(self) -> None:
        drift = Drift()
        drift.note("field", "a", "b")
        drift.report()[0]["count"] = 99
        assert drift.report()[0]["count"] == 1
        drift.clear()
        assert drift.report() == []


class TestBounds:
    def test_it_keeps_so_many_and_counts_the_rest(self) -> None:
        drift = Drift(limit=3)
        drift.see("market.ticker", [{**TICKER, **{f"f{n}": "1" for n in range(10)}}])
        assert len(drift.report()) == 3
        assert drift.dropped == 7

    @pytest.mark.parametrize("value", ["word with spaces", "x" * 33, "5000.00 USDT", "é", "a\nb", "{}"])
    def test_what_does_not_look_like_a_word_is_not_kept(self, value: str) -> None:
        drift = Drift()
        drift.see("market.ticker", [{**TICKER, "instType": value, value: "1"}])
        assert [(each["kind"], each["name"], each["example"]) for each in drift.report()] == [
            ("field", "…", "text"),
            ("value", "instType", "…"),
        ]

    def test_amounts_and_ids_of_an_account_are_never_in_it(self) -> None:
        canary = "31415926535"
        drift = Drift()
        row = {
            "ordId": canary,
            "accFillSz": canary,
            "newAmount": canary,
            "newIds": [canary],
            "uid": canary,
            "px": canary,
        }
        drift.see("trade.order", [row])
        assert canary not in repr(drift.report())
        assert {each["name"] for each in drift.report()} == {"newAmount", "newIds", "uid"}

    def test_threads_lose_no_count(self) -> None:
        drift = Drift()
        threads = [
            threading.Thread(target=lambda: [drift.see("market.ticker", [{**TICKER, "x": "1"}]) for _ in range(500)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found(drift) == [("field", "market.ticker", "x", "text", 2000)]
