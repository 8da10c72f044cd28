"""Lists in pages: complete or an error, none twice; over a stub that lists as OKX does, and over the simulator."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okx_fast.errors import ConfigError, OkxFastError, PagesError, ParameterError, PermissionDeniedError, TransportError
from okx_fast.rest import Rest, table, walks
from okx_fast.rest.models import Announcement, Candle, Order
from okx_fast.rest.pages import apages, pages
from okx_fast.rest.walks.rows import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY = 86_400_000
NOW = 1_790_000_000_000


class Lists:
    """Endpoints as OKX lists them: newest first, `after` and `endId` older than, at most `limit` a page."""

    def __init__(self, **rows: list[Any]) -> None:
        self.rows = {name.replace("__", "."): rows for name, rows in rows.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fail_at: int | None = None

    def __call__(self, name: str, params: dict[str, Any]) -> Any:
        self.asked.append((name, params))
        if self.fail_at is not None and len(self.asked) == self.fail_at:
            raise TransportError(f"GET {name}", "reset")
        row = table.by_name(name)
        assert row is not None
        assert row.paging is not None
        assert set(params) <= {*row.required, *row.optional}
        paging = row.paging
        key = paging.cursor
        if params.get("type") == "2":
            key = "ts"
        found = self.rows[name]
        cursor = params.get({"after": "after", "begin_end_id": "endId", "time": paging.until}.get(paging.style, ""))
        if cursor is not None:
            keep: Callable[[Any], bool] = (
                (lambda item: at(item, key) <= int(cursor))
                if paging.style == "time"
                else lambda item: at(item, key) < int(cursor)
            )
            found = [item for item in found if keep(item)]
        for bound, within in (("begin", lambda one, two: one >= two), ("end", lambda one, two: one <= two)):
            if bound in params and paging.style != "time":
                found = [
                    item for item in found if within(at(item, "cTime" if "order" in name else "ts"), int(params[bound]))
                ]
        return found[: int(params.get("limit") or paging.default or 100)]

    async def later(self, name: str, params: dict[str, Any]) -> Any:
        await asyncio.sleep(0)
        return self(name, params)


def at(item: Any, key: str) -> int:
    return int(item[0] if isinstance(item, list) else item[key])


def bills(first: int, count: int, *, ts: Callable[[int], int] = lambda n: NOW - n) -> list[dict[str, str]]:
    return [{"billId": str(first - n), "ts": str(ts(n)), "bal": "1"} for n in range(count)]


def ids(rows: Any, key: str = "billId") -> list[str]:
    return [row.raw[key] for row in rows]


DAY = 86_400_000


@pytest.mark.parametrize(
    ("name", "history", "days"),
    [
        ("account.bills", True, 92),  # goes on in the archive of three months
        ("account.bills", False, 7),
        ("trade.fills", True, 92),
        ("trade.fills", False, 3),
        ("trade.orders_history", True, 92),
        ("trade.orders_history", False, 7),
        ("trade.orders_history_archive", True, 92),
    ],
)
def test_what_okx_no_longer_keeps_is_refused_before_anything_is_sent(name: str, history: bool, days: int) -> None:
    from okx_fast.rest.walks import plan

    plan(name, {"instType": "SPOT"}, begin=NOW - days * DAY, history=history, now_ms=NOW)
    with pytest.raises(ParameterError, match=f"begin: OKX keeps .* for {days} days at most"):
        plan(name, {"instType": "SPOT"}, begin=NOW - days * DAY - 1, history=history, now_ms=NOW)


class TestCursors:
    def test_every_row_comes_once_newest_first(self) -> None:
        rows = bills(10_000, 1234)
        lists = Lists(account__bills_archive=rows)
        assert ids(pages(lists, "account.bills_archive", {})) == ids_of(rows)
        assert [params.get("after") for _, params in lists.asked[:3]] == [None, "9901", "9801"]
        assert all(params["limit"] == "100" for _, params in lists.asked)

    @pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
    def test_the_end_is_where_nothing_new_comes(self, count: int) -> None:
        rows = bills(10_000, count)
        assert ids(pages(Lists(account__bills_archive=rows), "account.bills_archive", {})) == ids_of(rows)

    def test_a_short_page_is_not_the_end(self) -> None:
        rows = bills(10_000, 250)
        lists = Lists(account__bills_archive=rows)

        def thinned(name: str, params: dict[str, Any]) -> Any:
            return lists(name, params)[:60]  # OKX filters after it counts

        assert ids(pages(thinned, "account.bills_archive", {})) == ids_of(rows)

    def test_the_size_of_a_page_may_be_chosen(self) -> None:
        rows = bills(10_000, 25)
        lists = Lists(account__bills_archive=rows)
        assert ids(pages(lists, "account.bills_archive", {"limit": "10"})) == ids_of(rows)
        assert len(lists.asked) == 4

    def test_max_items_ends_it_without_another_request(self) -> None:
        lists = Lists(account__bills_archive=bills(10_000, 500))
        assert len(list(pages(lists, "account.bills_archive", {}, max_items=100))) == 100
        assert len(lists.asked) == 1

    def test_a_cursor_of_the_caller_is_where_it_begins(self) -> None:
        rows = bills(10_000, 300)
        got = ids(pages(Lists(account__bills_archive=rows), "account.bills_archive", {"after": "9850"}))
        assert got == ids_of(rows)[151:]

    def test_ids_for_begin_and_end_walk_the_same(self) -> None:
        rows = [{"tradeId": str(900 - n), "ts": str(NOW - n)} for n in range(250)]
        lists = Lists(sprd__trades=rows)
        assert [row["tradeId"] for row in pages(lists, "sprd.trades", {})] == [row["tradeId"] for row in rows]
        assert lists.asked[1][1]["endId"] == "801"

    def test_trades_of_one_order_all_come(self) -> None:
        rows = [{"tradeId": str(900 - n), "ordId": "7", "ts": str(NOW - n)} for n in range(250)]
        assert list(pages(Lists(sprd__trades=rows), "sprd.trades", {})) == rows

    def test_the_orders_of_one_recurring_buy_go_on_by_their_own_id(self) -> None:
        # The Chinese page names the cursor: all of them have the algoId that was asked for.
        rows = [{"algoId": "5", "ordId": str(900 - n)} for n in range(250)]
        assert (
            list(
                pages(
                    Lists(trading_bot__recurring_sub_orders=rows), "trading_bot.recurring_sub_orders", {"algoId": "5"}
                )
            )
            == rows
        )

    @pytest.mark.parametrize(
        ("name", "param"), [("market.history_trades", "limit"), ("copytrading.public_lead_traders", "page")]
    )
    def test_a_size_or_a_number_of_a_page_that_is_none_is_refused(self, name: str, param: str) -> None:
        with pytest.raises(ParameterError, match=f"{param}: expected a whole number, got 'x'"):
            list(pages(Lists(), name, {"instId": "BTC-USDT", param: "x"}))

    def test_bills_by_their_id_go_on_by_it(self) -> None:
        rows = bills(10_000, 250, ts=lambda _n: NOW)
        asked: list[str] = []

        def fetch(_name: str, params: dict[str, Any]) -> Any:
            asked.append(params.get("after", ""))
            return [row for row in rows if int(row["billId"]) < int(params.get("after", "99999"))][:100]

        assert ids(pages(fetch, "asset.bills_history", {"pagingType": "2"})) == ids_of(rows)
        assert asked[1] == rows[99]["billId"]


class TestTimes:
    @pytest.mark.parametrize("count", [100, 30])
    def test_a_cursor_that_is_not_looked_at_ends_in_an_error_and_gives_nothing_twice(self, count: int) -> None:
        rows = [{"ccy": "BTC", "ts": str(NOW - n * 1000), "interest": "0"} for n in range(count)]
        walk = pages(lambda _name, _params: rows, "account.interest_accrued", {})
        assert [next(walk) for _ in rows] == rows
        with pytest.raises(PagesError, match="do not go on from after="):
            next(walk)

    @pytest.mark.parametrize("same", [1, 2, 7, 60, 99])
    def test_rows_of_one_time_on_both_sides_of_a_border_all_come(self, same: int) -> None:
        rows = bills(10_000, 1000, ts=lambda n: NOW - n // same)
        lists = Lists(asset__bills_history=rows)
        assert ids(pages(lists, "asset.bills_history", {})) == ids_of(rows)

    def test_rows_without_an_id_may_be_equal_and_still_all_come(self) -> None:
        rows = [{"ts": str(NOW - n // 7), "ccy": "BTC", "interest": "0.1"} for n in range(400)]
        assert list(pages(Lists(account__interest_accrued=rows), "account.interest_accrued", {})) == rows

    def test_more_rows_of_one_time_than_a_page_holds_are_an_error(self) -> None:
        lists = Lists(asset__bills_history=bills(10_000, 300, ts=lambda n: NOW - n // 150))
        with pytest.raises(PagesError, match="more than a page holds") as caught:
            list(pages(lists, "asset.bills_history", {}))
        assert caught.value.count == 100
        assert caught.value.params["after"] == str(NOW + 1)

    def test_begin_and_end_are_inclusive_where_the_endpoint_has_neither(self) -> None:
        rows = [{"fundingTime": str(NOW - n * 1000), "instId": "X"} for n in range(2000)]
        begin, end = NOW - 1500 * 1000, NOW - 500 * 1000
        lists = Lists(public__funding_rate_history=rows)
        got = pages(lists, "public.funding_rate_history", {"instId": "X"}, begin=begin, end=end)
        assert [row.funding_time_ms for row in got] == [at(row, "fundingTime") for row in rows[500:1501]]
        assert len(lists.asked) == 3

    def test_statistics_are_bounded_by_their_own_parameters(self) -> None:
        rows = [[str(NOW - n * 1000), "1", "2"] for n in range(500)]
        begin, end = NOW - 350_000, NOW - 50_000
        lists = Lists(rubik__stat_taker_volume_contract=rows)
        got = pages(lists, "rubik.stat_taker_volume_contract", {"instId": "X"}, begin=begin, end=end)
        assert list(got) == rows[50:351]
        assert lists.asked[0][1]["begin"] == str(begin)

    def test_a_list_without_times_cannot_be_bounded(self) -> None:
        with pytest.raises(ParameterError, match="cannot be bounded by time"):
            pages(Lists(), "trade.orders_pending", {}, begin=1)

    @pytest.mark.parametrize("bad", [1.5, "2026-11-22", True])
    def test_a_bound_is_unix_ms(self, bad: Any) -> None:
        with pytest.raises(ParameterError, match="Unix milliseconds"):
            pages(Lists(), "trade.fills", {}, begin=bad)


class TestAnyList:
    """Whatever times rows share and however long a page is: all of them once, or an error that says why not."""

    @given(groups=st.lists(st.integers(1, 9), max_size=60), limit=st.integers(1, 12), equal=st.booleans())
    def test_a_walk_by_time_is_whole_or_says_that_a_page_is_too_small(
        self, groups: list[int], limit: int, *, equal: bool
    ) -> None:
        times = [NOW - n for n, group in enumerate(groups) for _ in range(group)]
        rows = [{"ts": str(ts), **({} if equal else {"billId": str(n)})} for n, ts in enumerate(times)]
        got: list[Any] = []
        broke = ""
        walk = pages(Lists(asset__bills=rows), "asset.bills", {"limit": limit}, history=False)
        try:
            got.extend(row.raw for row in walk)
        except PagesError as error:
            broke = str(error)
        assert got == rows[: len(got)]
        if broke:
            assert "more than a page holds" in broke
            assert max(groups) >= limit
        else:
            assert got == rows

    @given(count=st.integers(0, 80), limit=st.integers(1, 12), arriving=st.lists(st.integers(0, 3), max_size=60))
    def test_what_arrives_during_a_walk_by_id_disturbs_nothing(
        self, count: int, limit: int, arriving: list[int]
    ) -> None:
        rows = bills(10_000, count)
        lists = Lists(account__bills_archive=list(rows))
        coming = iter(arriving)
        newest = 10_000

        def fetch(name: str, params: dict[str, Any]) -> Any:
            nonlocal newest
            data = lists(name, params)
            for _ in range(next(coming, 0)):
                newest += 1
                lists.rows[name].insert(0, {"billId": str(newest), "ts": str(NOW + newest)})
            return data

        got = ids(pages(fetch, "account.bills_archive", {"limit": limit}))
        assert [ident for ident in got if int(ident) <= 10_000] == ids_of(rows)
        assert len(set(got)) == len(got)

    @given(begin=st.integers(-5, 130), length=st.integers(0, 130), limit=st.integers(4, 12))
    def test_bounds_cut_exactly(self, begin: int, length: int, limit: int) -> None:
        rows = [{"fundingTime": str(NOW + n // 3)} for n in range(300, -1, -1)]
        first, last = NOW + begin, NOW + begin + length
        lists = Lists(public__funding_rate_history=rows)
        got = pages(lists, "public.funding_rate_history", {"limit": limit}, begin=first, end=last)
        assert [row.raw for row in got] == [row for row in rows if first <= at(row, "fundingTime") <= last]


class TestHistory:
    def test_recent_fills_go_on_in_their_history(self) -> None:
        rows = bills(10_000, 500)
        lists = Lists(trade__fills=rows[:230], trade__fills_history=rows)
        assert ids(pages(lists, "trade.fills", {"instType": "SPOT"}, now_ms=NOW)) == ids_of(rows)
        assert [name for name, _ in lists.asked] == ["trade.fills"] * 4 + ["trade.fills_history"] * 4
        assert lists.asked[4][1] == {"instType": "SPOT", "limit": "100", "after": "9771"}

    def test_history_stays_untouched_if_begin_is_recent_or_it_is_not_wanted(self) -> None:
        rows = bills(10_000, 150)
        lists = Lists(trade__fills=rows)
        assert len(ids(pages(lists, "trade.fills", {}, begin=NOW - DAY, now_ms=NOW))) == 150
        assert len(ids(pages(lists, "trade.fills", {}, history=False))) == 150
        assert {name for name, _ in lists.asked} == {"trade.fills"}

    def test_what_the_history_needs_is_asked_for_before_anything_is_sent(self) -> None:
        lists = Lists()
        with pytest.raises(ParameterError, match=r"instType: needed by trade\.fills_history"):
            pages(lists, "trade.fills", {})
        assert lists.asked == []

    def test_an_old_order_ended_lately_hides_no_archived_one(self) -> None:
        # orders-history: placed or ended in 7 days, by ordId; the archive: three months, without unfilled cancels
        rng = random.Random(3)
        orders = [{"ordId": str(5000 - n), "cTime": str(NOW - n * 1000)} for n in range(700)]
        recent = [order for n, order in enumerate(orders) if n < 150 or rng.random() < 0.05]
        unfilled = {order["ordId"] for order in orders[:20]}
        archive = [order for order in orders if order["ordId"] not in unfilled]
        lists = Lists(trade__orders_history=recent, trade__orders_history_archive=archive)
        got = list(pages(lists, "trade.orders_history", {"instType": "SWAP"}, now_ms=NOW))
        assert [order.ord_id for order in got] == [order["ordId"] for order in orders]
        assert all(type(order) is Order for order in got)

    def test_candles_come_from_the_history_where_the_recent_ones_end(self) -> None:
        rows = [[str(NOW - n * 60_000), *"12345678"] for n in range(3000)]
        lists = Lists(market__candles=rows[:1440], market__history_candles=rows)
        got = list(pages(lists, "market.candles", {"instId": "BTC-USDT"}))
        assert [candle.raw for candle in got] == rows
        assert type(got[0]) is Candle
        old = pages(lists, "market.candles", {"instId": "BTC-USDT"}, begin=NOW - 2500 * 60_000, end=NOW - 2000 * 60_000)
        assert [candle.raw for candle in old] == rows[2000:2501]

    def test_trades_go_by_id_after_the_first_page_by_time(self) -> None:
        trades = [{"tradeId": str(9000 - n), "ts": str(NOW - n // 300), "instId": "X"} for n in range(2000)]
        lists = Lists(market__trades=trades[:500], market__history_trades=trades)
        want = [trade["tradeId"] for trade in trades]
        assert ids(pages(lists, "market.trades", {"instId": "X"}), "tradeId") == want
        within = pages(lists, "market.trades", {"instId": "X"}, begin=NOW - 4, end=NOW - 2)
        assert ids(within, "tradeId") == want[600:1500]  # 300 trades a millisecond


class TestOtherLists:
    def test_numbered_pages_end_with_the_last(self) -> None:
        news = [{"title": str(n), "annType": "x", "pTime": str(NOW - n)} for n in range(45)]
        asked = []

        def fetch(name: str, params: dict[str, Any]) -> Any:
            asked.append(params["page"])
            page = int(params["page"])
            return [{"details": news[(page - 1) * 20 : page * 20], "totalPage": "3"}]

        got = list(pages(fetch, "support.announcements", {}))
        assert [item.title for item in got] == [item["title"] for item in news]
        assert all(type(item) is Announcement for item in got)
        assert asked == ["1", "2", "3"]

    def test_what_moves_to_the_next_page_is_not_given_twice(self) -> None:
        rows = [{"channelId": str(n)} for n in range(250)]
        seen = 0

        def fetch(name: str, params: dict[str, Any]) -> Any:
            nonlocal seen
            page = int(params["page"])
            now = [{"channelId": f"new{n}"} for n in range(page - 1)] + rows  # one is added before each page
            seen += 1
            return now[(page - 1) * 100 : page * 100]

        assert list(pages(fetch, "affiliate.link_list", {})) == rows
        assert seen == 4

    def test_the_version_of_a_ranking_is_kept_from_page_to_page(self) -> None:
        asked = []

        def fetch(name: str, params: dict[str, Any]) -> Any:
            asked.append(dict(params))
            ranks = [{"uniqueCode": f"{params['page']}-{n}"} for n in range(20)]
            return [{"dataVer": "20261122", "totalPage": "2", "ranks": ranks}]

        assert len(list(pages(fetch, "copytrading.public_lead_traders", {}))) == 40
        assert [params.get("dataVer") for params in asked] == [None, "20261122"]

    def test_tokens_lead_to_the_next_page(self) -> None:
        replies = {
            None: {"list": [1, 2], "nextCursor": "a", "hasNext": True},
            "a": {"list": [3], "nextCursor": "b", "hasNext": False},
        }
        got = pages(lambda name, params: replies[params.get("cursor")], "predictions.orders", {})
        assert list(got) == [1, 2, 3]

    def test_a_list_of_one_page_is_asked_for_whole(self) -> None:
        lists = Lists(market__trades=[{"tradeId": str(n), "ts": "1"} for n in range(600)])
        assert len(list(pages(lists, "market.trades", {"instId": "X"}, history=False))) == 500

    def test_files_are_asked_for_ten_days_at_a_time(self) -> None:
        day0 = 1_790_006_400_000 // DAY * DAY
        asked = []

        def fetch(name: str, params: dict[str, Any]) -> Any:
            first, last = int(params["begin"]), int(params["end"])
            asked.append((last - first) // DAY + 1)
            files = [{"url": f"u{ms // DAY}", "dateTs": str(ms)} for ms in range(last, first - 1, -DAY)]
            return [{"details": [{"instFamily": "BTC-USDT", "groupDetails": files}]}]

        params = {"module": "4", "instType": "SWAP", "dateAggrType": "daily", "instFamilyList": "BTC-USDT"}
        got = list(pages(fetch, "public.market_data_history", params, begin=day0 + 80_000_000, end=day0 + 24 * DAY + 5))
        assert [file["url"] for file in got] == [f"u{day0 // DAY + n}" for n in range(24, -1, -1)]
        assert got[0]["instFamily"] == "BTC-USDT"
        assert asked == [10, 10, 5]

    def test_items_one_level_down_keep_what_stands_around_them(self) -> None:
        def fetch(name: str, params: dict[str, Any]) -> Any:
            first = int(params.get("after", NOW)) - 1
            details = [{"ts": str(first - n), "type": "adl"} for n in range(100) if first - n > NOW - 250]
            return [{"instFamily": "BTC-USD", "total": "1", "details": details}]

        got = list(pages(fetch, "public.insurance_fund", {"instType": "SWAP"}))
        assert [at(item, "ts") for item in got] == list(range(NOW - 1, NOW - 250, -1))
        assert got[7]["instFamily"] == "BTC-USD"

    def test_what_has_no_pages_is_refused(self) -> None:
        for name in ("market.ticker", "no.such"):
            with pytest.raises(ParameterError, match="is not an endpoint with pages"):
                pages(Lists(), name, {})


class TestTrouble:
    def test_the_first_request_raises_what_it_raises(self) -> None:
        lists = Lists(account__bills_archive=[])
        lists.fail_at = 1
        with pytest.raises(TransportError):
            list(pages(lists, "account.bills_archive", {}))

    def test_a_later_one_says_where_it_broke_and_how_to_go_on(self) -> None:
        rows = bills(10_000, 350)
        lists = Lists(account__bills_archive=rows)
        lists.fail_at = 3
        got: list[str] = []
        with pytest.raises(PagesError, match="after 200 items, at limit=100, after=9801") as caught:
            got.extend(row.bill_id for row in pages(lists, "account.bills_archive", {}))
        error = caught.value
        assert (error.count, error.retry, type(error.__cause__)) == (200, "yes", TransportError)
        got = [row.bill_id for row in pages(Lists(account__bills_archive=rows), error.endpoint, error.params)]
        assert got == ids_of(rows)[200:]

    @pytest.mark.parametrize("fail_at", range(2, 20))
    def test_orders_go_on_from_wherever_they_broke(self, fail_at: int) -> None:
        orders = [{"ordId": str(5000 - n), "cTime": str(NOW - n * 1000)} for n in range(900)]
        recent = [order for n, order in enumerate(orders) if n < 150 or n % 7 == 0]
        archive = [order for n, order in enumerate(orders) if n > 20 and n % 49]
        lists = Lists(trade__orders_history=recent, trade__orders_history_archive=archive)
        lists.fail_at = fail_at
        got: list[str] = []
        try:
            got.extend(order.ord_id for order in pages(lists, "trade.orders_history", {"instType": "SWAP"}, now_ms=NOW))
        except PagesError as error:
            again = pages(lists, error.endpoint, error.params, now_ms=NOW)
            got.extend(order.ord_id for order in again)
        assert got == [order["ordId"] for order in orders]

    def test_bounds_hold_for_what_goes_on(self) -> None:
        rows = [{"fundingTime": str(NOW - n * 1000), "instId": "X"} for n in range(2000)]
        begin, end = NOW - 1500 * 1000, NOW - 500 * 1000
        lists = Lists(public__funding_rate_history=rows)
        lists.fail_at = 2
        got: list[Any] = []
        with pytest.raises(PagesError) as caught:
            got.extend(pages(lists, "public.funding_rate_history", {"instId": "X"}, begin=begin, end=end))
        params = dict(caught.value.params)
        got.extend(pages(lists, caught.value.endpoint, params, begin=params.pop("begin"), end=params.pop("end", None)))
        times = [row.funding_time_ms for row in got]
        assert times[:400] == [at(row, "fundingTime") for row in rows[500:900]]
        assert sorted(set(times), reverse=True) == [at(row, "fundingTime") for row in rows[500:1501]]

    def test_files_go_on_to_the_first_day(self) -> None:
        calls = 0

        def fetch(name: str, params: dict[str, Any]) -> Any:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise TransportError(name, "reset")
            files = [{"url": f"u{ms // DAY}"} for ms in range(int(params["end"]), int(params["begin"]) - 1, -DAY)]
            return [{"details": [{"groupDetails": files}]}]

        params = {"module": "4", "instType": "SWAP", "dateAggrType": "daily"}
        got: list[Any] = []
        with pytest.raises(PagesError) as caught:
            got.extend(pages(fetch, "public.market_data_history", params, begin=DAY, end=25 * DAY))
        left = dict(caught.value.params)
        got.extend(pages(fetch, caught.value.endpoint, left, begin=left.pop("begin"), end=left.pop("end")))
        assert [file["url"] for file in got] == [f"u{n}" for n in range(25, 0, -1)]

    @pytest.mark.parametrize("data", [None, {}, "x"])
    def test_a_reply_that_is_no_list_is_an_error(self, data: Any) -> None:
        with pytest.raises(PagesError, match="expected a list"):
            list(pages(lambda *_: data, "account.bills_archive", {}))

    def test_a_full_page_without_a_cursor_is_an_error(self) -> None:
        with pytest.raises(PagesError, match="no billId"):
            list(pages(lambda *_: [{"x": n} for n in range(100)], "account.bills_archive", {}))

    def test_an_endpoint_that_ignores_its_cursor_does_not_loop(self) -> None:
        rows = bills(10_000, 100)
        with pytest.raises(PagesError, match="more than a page holds"):
            list(pages(lambda *_: rows, "account.bills_archive", {}))


ODD: list[Any] = [
    "x", 5, True, {}, [None], [5], ["a"], [[]], [[[]]], [{}], [{"details": 5}], [{"details": [5]}], [{"details": "x"}],
    [{"details": [{"groupDetails": 5}]}], [{"ts": "9" * 5000, "ordId": "1"}], [["9" * 5000]], [{"ordId": "1"}, 5],
]  # fmt: skip


@pytest.mark.parametrize(
    "row", [row for row in table.load() if row.paging is not None or row.name == FILES], ids=lambda row: row.name
)
def test_no_reply_ends_a_walk_in_an_error_of_pythons(row: table.Row) -> None:
    params = dict.fromkeys(row.required, "1") | ({"instType": "SPOT"} if "instType" in row.optional else {})
    bounds: dict[str, Any] = {"begin": 0, "end": 10**10} if row.name == FILES else {}
    for data in ODD:
        with contextlib.suppress(OkxFastError):
            for _ in pages(lambda _name, _params, data=data: data, row.name, params, max_items=50, now_ms=1, **bounds):
                pass


def test_asyncio_walks_the_same() -> None:
    rows = bills(10_000, 345)

    async def run() -> list[str]:
        lists = Lists(account__bills=rows[:101], account__bills_archive=rows)
        return [row.bill_id async for row in apages(lists.later, "account.bills", {}, now_ms=NOW)]

    async def broken() -> None:
        lists = Lists(account__bills=rows, account__bills_archive=rows)
        lists.fail_at = 2
        async for _ in apages(lists.later, "account.bills", {}, now_ms=NOW):
            pass

    assert asyncio.run(run()) == ids_of(rows)
    with pytest.raises(PagesError):
        asyncio.run(broken())


@pytest.mark.parametrize("row", [row for row in table.load() if row.paging], ids=lambda row: row.name)
def test_every_list_of_the_table_has_a_walk(row: table.Row) -> None:
    params = dict.fromkeys(row.required, "x")
    params["instType"] = "SWAP"
    first = next(walks.plan(row.name, params, now_ms=NOW))
    assert isinstance(first, walks.Ask)
    assert first.endpoint == row.name


def ids_of(rows: list[dict[str, str]]) -> list[str]:
    return [row["billId"] for row in rows]


@pytest.fixture(scope="module")
def rest() -> Iterator[Rest]:
    with Rest("sim") as client:
        yield client


class TestSimulator:
    SWAP: ClassVar[dict[str, Any]] = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "sz": "0.01"}

    def test_orders_and_fills_are_whole_whatever_the_size_of_a_page(self, rest: Rest) -> None:
        sent = [rest.trade.place_order(**self.SWAP, side="buy", ordType="market").ord_id for _ in range(12)]
        for limit in ("1", "5", "12", "100"):
            orders = list(rest.pages("trade.orders_history", instType="SWAP", limit=limit))
            assert [order.ord_id for order in orders] == sent[::-1]
            fills = list(rest.pages("trade.fills", instType="SWAP", limit=limit))
            assert {fill.ord_id for fill in fills} == set(sent)
            assert len({fill.bill_id for fill in fills}) == len(fills)
            assert sum(fill.fill_sz for fill in fills) == sum(order.acc_fill_sz for order in orders)
        assert len(list(rest.pages("trade.orders_history", instType="SWAP", limit="5", max_items=7))) == 7

    def test_candles_run_on_without_a_gap(self, rest: Rest) -> None:
        got = list(rest.pages("market.candles", instId="BTC-USDT-SWAP", bar="1m", max_items=2000))
        times = [candle.ts_ms for candle in got]
        assert times == list(range(times[0], times[0] - 2000 * 60_000, -60_000))
        within = rest.pages("market.candles", instId="BTC-USDT-SWAP", bar="1m", begin=times[1500], end=times[600])
        assert list(within) == got[600:1501]

    def test_asyncio_gives_the_same(self, rest: Rest) -> None:
        async def run() -> list[Any]:
            client = rest.aio
            return [fill async for fill in client.pages("trade.fills", instType="SWAP", limit="5")]

        assert ids(asyncio.run(run())) == ids(rest.pages("trade.fills", instType="SWAP"))

    def test_parameters_are_checked_before_anything_is_sent(self, rest: Rest) -> None:
        for wrong in ({"instTyp": "SWAP"}, {}):
            with pytest.raises(ParameterError, match="instTyp"):
                rest.pages("trade.orders_history", **wrong)
        with pytest.raises(ConfigError, match="no method"):
            rest.pages("trade.orders_hist")

    def test_a_fault_in_the_middle_names_the_place(self, rest: Rest) -> None:
        exchange = rest._link.exchange
        assert exchange is not None
        fills = iter(rest.pages("trade.fills", instType="SWAP", limit="5"))
        got = [next(fills)]  # the first page is here
        exchange.fault("error", endpoint="GET trade/fills", code="50030")
        with pytest.raises(PagesError, match=r"trade\.fills: pages broke after 5 items") as caught:
            got.extend(fills)
        assert isinstance(caught.value.__cause__, PermissionDeniedError)
        got += rest.pages(caught.value.endpoint, **caught.value.params)
        assert ids(got) == ids(rest.pages("trade.fills", instType="SWAP"))

    def test_what_the_simulator_sends_is_known(self, rest: Rest) -> None:
        rest.account.balance()
        rest.account.positions()
        rest.account.config()
        rest.account.trade_fee(instType="SWAP")
        rest.public.instruments(instType="SPOT")
        rest.public.funding_rate(instId="BTC-USDT-SWAP")
        rest.market.tickers(instType="SWAP")
        rest.market.books(instId="BTC-USDT", sz="5")
        assert rest.drift() == []
