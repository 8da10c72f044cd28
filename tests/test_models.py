"""Typed results: how a field reads, and that every captured reply of an endpoint with a model decodes whole."""

from __future__ import annotations

import gzip
import json
import pickle
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast.errors import MalformedError
from okx_fast.rest import models, table
from okx_fast.rest.drift import Drift
from okx_fast.rest.models import MODELS, Balance, Candle, Instrument, Model, Order, OrderAck, OrderBook, Ticker, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

D = Decimal

# Captures that carry a name instead of a path, and the endpoint they answer (a push has the rows of that reply).
NAMED = {
    "Account/event-bills": "account.bills",
    "Account/event-transactions": "trade.fills",
    "Account/get-fee-rates-events": "account.trade_fee",
    "Account/get-instruments-private-with-quotas": "account.instruments",
    "Public/get-funding-rate-any-with-xperp": "public.funding_rate",
    "Public/get-funding-rate-history-xperp": "public.funding_rate_history",
    "Public/get-instruments-instcategory-values": "public.instruments",
    "Public/get-instruments-rebase-values": "public.instruments",
    "Public/get-open-interest-fractional": "public.open_interest",
    "Spread/get-candlesticks": "market.sprd_candles",
    "Trade/event-order-details": "trade.order",
    "Trade/get-account-rate-limit-empty-strings": "trade.account_rate_limit",
    "Trade/rest-place-order-with-subcode": "trade.place_order",
    "http_cancel_algo_order_response": "trade.cancel_algo_orders",
    "http_get_account_balance": "account.balance",
    "http_get_account_positions-history": "account.positions_history",
    "http_get_candlesticks": "market.candles",
    "http_get_candlesticks_full": "market.candles",
    "http_get_funding_rate_history": "public.funding_rate_history",
    "http_get_index_price": "market.index_tickers",
    "http_get_instruments_futures": "public.instruments",
    "http_get_instruments_margin": "public.instruments",
    "http_get_instruments_option": "public.instruments",
    "http_get_instruments_spot": "public.instruments",
    "http_get_instruments_swap": "public.instruments",
    "http_get_mark_price": "public.mark_price",
    "http_get_order_book": "market.books",
    "http_get_orders_algo_history": "trade.orders_algo_history",
    "http_get_orders_algo_pending_attached_oco": "trade.orders_algo_pending",
    "http_get_orders_algo_pending_close_fraction": "trade.orders_algo_pending",
    "http_get_orders_pending": "trade.orders_pending",
    "http_get_trade_fee_response": "account.trade_fee",
    "http_get_trades": "market.trades",
    "http_place_algo_order_response": "trade.place_algo_order",
    "http_set_position_mode_response": "account.set_position_mode",
    "ws_account": "account.balance",
    "ws_candle": "market.candles",
    "ws_funding_rate": "public.funding_rate",
    "ws_orders": "trade.orders_pending",
    "ws_orders_adl": "trade.orders_pending",
    "ws_orders_optimal_limit_ioc": "trade.orders_pending",
    "ws_orders_trigger": "trade.orders_pending",
    "ws_tickers": "market.tickers",
}


def replies(captures: Path) -> Iterator[tuple[str, list[Any]]]:
    """Every captured reply of an endpoint with a model: its name, its data."""
    for path in sorted([*(captures / "rest").iterdir(), *(captures / "private").iterdir()]):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in text.splitlines():
            entry = json.loads(line)
            body = entry.get("body") or entry.get("msg") or entry
            if "path" in entry:
                row = table.by_path(entry.get("method", "GET"), entry["path"].partition("?")[0])
                name = row.name if row else ""
            else:
                name = NAMED.get(entry.get("name", ""), "trade.orders_pending" if "arg" in entry else "")
            if name in MODELS and isinstance(body, dict) and isinstance(body.get("data"), list):
                yield name, body["data"]


def read(row: Model) -> int:
    """Read every field of a row, and of the rows in it; how many rows that were."""
    count = 1
    for name in row.FIELDS:
        value = getattr(row, name)
        inner = value if isinstance(value, tuple) else (value,)
        count += sum(read(item) for item in inner if isinstance(item, Model))
    return count


class TestFields:
    def test_a_number_is_exact_and_its_text_is_kept(self) -> None:
        ticker = Ticker({"instId": "BTC-USDT", "last": "67500.10", "ts": "1597026383085"})
        assert ticker.last == D("67500.1")
        assert ticker.raw["last"] == "67500.10"
        assert ticker.ts_ms == 1597026383085
        assert ticker.inst_id == "BTC-USDT"

    @pytest.mark.parametrize("empty", [{}, {"last": "", "ts": ""}, {"last": None, "ts": None}])
    def test_what_does_not_apply_is_none_or_empty(self, empty: dict[str, Any]) -> None:
        ticker = Ticker(empty)
        assert ticker.last is None
        assert ticker.ts_ms is None
        assert ticker.inst_id == ""

    @pytest.mark.parametrize(
        ("text", "value"),
        [("0", "0"), ("-0.00", "0"), ("1E-8", "0.00000001"), ("9" * 40, "9" * 40), ("1.", "1"), (7, "7")],
    )
    def test_numbers_read_as_they_stand(self, text: Any, value: str) -> None:
        assert Ticker({"last": text}).last == D(value)

    @pytest.mark.parametrize("bad", ["abc", "1_0", " 1", "NaN", "Infinity", "1,5", 1.5, True, [], "१"])
    def test_a_bad_number_names_model_field_and_text(self, bad: Any) -> None:
        ticker = Ticker({"instId": "X", "last": bad})
        with pytest.raises(MalformedError, match=r"^Ticker\.last: expected a decimal number, got ") as caught:
            _ = ticker.last
        assert caught.value.got == str(bad)
        assert ticker.inst_id == "X"

    @pytest.mark.parametrize("bad", ["1.5", "x", True, 1.0, {}])
    def test_a_bad_time_is_refused(self, bad: Any) -> None:
        with pytest.raises(MalformedError, match=r"Ticker\.ts_ms: expected an integer"):
            _ = Ticker({"ts": bad}).ts_ms

    @pytest.mark.parametrize(
        ("sent", "flag"),
        [(True, True), (False, False), ("true", True), ("false", False), ("1", True), ("", None), (None, None)],
    )
    def test_a_flag_may_be_a_boolean_or_its_word(self, sent: Any, flag: bool | None) -> None:
        assert Order({"reduceOnly": sent}).reduce_only is flag

    def test_a_strange_flag_is_refused(self) -> None:
        with pytest.raises(MalformedError, match=r"Order\.reduce_only: expected true or false, got 'maybe'"):
            _ = Order({"reduceOnly": "maybe"}).reduce_only

    def test_rows_inside_are_models_too(self) -> None:
        order = Order({"attachAlgoOrds": [{"tpTriggerPx": "9"}], "linkedAlgoOrd": {"algoId": "5"}})
        assert order.attach_algo_ords[0].tp_trigger_px == 9
        assert order.linked_algo_ord is not None
        assert order.linked_algo_ord.algo_id == "5"
        assert Order({"attachAlgoOrds": "", "linkedAlgoOrd": {}}).attach_algo_ords == ()
        assert Order({"linkedAlgoOrd": ""}).linked_algo_ord is None

    def test_rows_that_are_lists_read_by_place(self) -> None:
        candle = Candle(["1597026383085", "1", "2.50", "0.5", "1.5", "10", "20", "30", "0"])
        assert (candle.ts_ms, candle.high, candle.vol_ccy_quote, candle.confirm) == (1597026383085, D("2.5"), 30, False)
        assert Candle(["1597026383085"]).close is None
        book = OrderBook({"asks": [["41006.8", "0.6", "0", "1"]], "bids": [], "ts": "1704067200000"})
        assert (book.asks[0].px, book.asks[0].n_orders, book.bids) == (D("41006.8"), 1, ())

    def test_fields_are_read_only(self) -> None:
        ticker = Ticker({"last": "1"})
        with pytest.raises(AttributeError, match=r"Ticker\.last is what OKX sent"):
            ticker.last = D(2)  # type: ignore[misc,assignment]
        with pytest.raises(AttributeError):
            ticker.other = 1  # type: ignore[attr-defined]

    @pytest.mark.parametrize("row", [None, "x", 7, []])
    def test_a_row_of_another_shape_is_refused(self, row: Any) -> None:
        with pytest.raises(MalformedError, match="Ticker: expected an object"):
            Ticker(row)

    def test_equal_rows_are_equal_and_survive_a_pickle(self) -> None:
        rows: list[Model] = [
            Ticker({"last": "1", "new": [1]}),
            Candle(["1", "2"]),
            OrderAck({"ordId": "7", "sCode": "0"}, 1695190491421339, 1695190491423240),
        ]
        for row in rows:
            again = pickle.loads(pickle.dumps(row))  # noqa: S301  # our own
            assert again == row
            assert again.raw == row.raw
        assert Ticker({"last": "1"}) != Ticker({"last": "1.0"})
        assert Ticker({"instId": "X"}) != Order({"instId": "X"})
        with pytest.raises(TypeError):
            hash(rows[0])

    def test_a_repr_is_short(self) -> None:
        balance = Balance({"totalEq": "9" * 99, "adjEq": "", "uTime": "5", "details": [{"ccy": "BTC"}] * 50})
        assert repr(balance) == f"Balance(total_eq='{'9' * 40}', u_time_ms='5', …)"

    def test_a_balance_is_found_by_its_currency(self) -> None:
        balance = Balance({"details": [{"ccy": "BTC", "cashBal": "1"}, {"ccy": "USDT", "cashBal": "2"}]})
        found = balance.of("USDT")
        assert found is not None
        assert found.cash_bal == 2
        assert balance.of("ETH") is None

    def test_an_ack_says_whether_okx_took_it(self) -> None:
        assert OrderAck({"sCode": "0"}).ok
        assert not OrderAck({"sCode": "51008", "subCode": "1000"}).ok
        assert OrderAck({"sCode": "51008", "subCode": "1000"}).sub_code == "1000"


class TestTyped:
    def test_every_model_belongs_to_an_endpoint_of_the_table(self) -> None:
        assert [name for name in MODELS if table.by_name(name) is None] == []

    def test_every_model_is_exported(self) -> None:
        reached = {model for model, _ in MODELS.values()}
        todo = list(reached)
        while todo:
            for _, inner in todo.pop().NESTED:
                if inner not in reached:
                    reached.add(inner)
                    todo.append(inner)
        assert {model.__name__ for model in reached} <= set(models.__all__)
        assert all(model.__doc__ for model in reached)

    def test_data_becomes_one_row_or_many(self) -> None:
        assert typed("market.ticker", [{"last": "1"}]) == Ticker({"last": "1"})
        assert typed("market.tickers", [{"last": "1"}, {}]) == [Ticker({"last": "1"}), Ticker({})]
        assert typed("market.tickers", []) == []
        assert typed("rubik.stat_taker_volume", [["1", "2"]]) == [["1", "2"]]

    @pytest.mark.parametrize("data", [None, {}, "x", []])
    def test_data_of_another_shape_is_refused(self, data: Any) -> None:
        with pytest.raises(MalformedError, match=r"market\.ticker: expected one row"):
            typed("market.ticker", data)

    def test_what_okx_adds_breaks_nothing(self) -> None:
        inst = Instrument(
            {"instId": "X", "instType": "A NEW KIND", "brandNew": {"a": 1}, "upcChg": [{"param": "newPar"}]}
        )
        assert inst.inst_type == "A NEW KIND"
        assert inst.raw["brandNew"] == {"a": 1}
        assert inst.upc_chg[0].param == "newPar"


class TestCaptures:
    def test_every_captured_row_decodes_whole(self, captures: Path) -> None:
        rows: Counter[str] = Counter()
        inner = 0
        for name, data in replies(captures):
            model, _ = MODELS[name]
            for raw in data:
                row = model(raw)
                inner += read(row) - 1
                assert row.raw is raw  # nothing of it is lost, known or not
                rows[name] += 1
        # 43 endpoints, 3,111 rows, and 28 rows inside them (currencies, levels, changes, fee groups)
        counts = (len(rows), rows.total(), rows["public.instruments"], rows["public.funding_rate"], inner)
        assert counts == (43, 3111, 2694, 325, 28)

    def test_what_the_models_do_not_know_of_them_is_listed(self, captures: Path) -> None:
        drift = Drift()
        for name, data in replies(captures):
            drift.see(name, data)
        found = {(each["kind"], each["where"], each["name"]) for each in drift.report()}
        # Replies hold nothing new. Pushes of the orders channel have fields which replies have not, and one is of an
        # order that its origin made up.
        fields = """
            amendResult amendSource code execType fillFee fillFeeCcy fillFwdPx fillMarkPx fillMarkVol fillNotionalUsd
            fillPnl fillPxUsd fillPxVol msg notionalUsd reqId
        """
        made_up = {("value", "trade.orders_pending", "ordType"), ("value", "trade.orders_pending", "source")}
        assert found == {("field", "trade.orders_pending", name) for name in fields.split()} | made_up
