"""Parameters of REST calls: what goes over the wire for what was given, and what is refused before anything is sent.

Source: OKX API v5, the pages of each endpoint; identifiers and numbers: Trade › Place order.
"""

from __future__ import annotations

import enum
import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Credentials, Num, Rest, RestOptions, errors
from okx_fast.rest import plan as plans
from okx_fast.rest import table
from okx_fast.rest.groups import GROUPS
from tests.stub_okx import KEY, PASSPHRASE, SECRET, Stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORDER: dict[str, Any] = {
    "instId": "BTC-USDT",
    "tdMode": "cash",
    "side": "buy",
    "ordType": "limit",
    "px": "1",
    "sz": "2",
}
SWAP: dict[str, Any] = {**ORDER, "instId": "BTC-USDT-SWAP", "tdMode": "cross"}


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


@pytest.fixture(scope="module")
def rest(stub: Stub) -> Iterator[Rest]:
    with Rest(stub.site(), credentials=Credentials(KEY, SECRET, PASSPHRASE)) as rest:
        yield rest


@pytest.fixture
def sent(stub: Stub) -> Callable[[], Any]:
    """The only request since the test began."""
    before = len(stub.requests)

    def one() -> Any:
        (request,) = stub.requests[before:]
        return request

    return one


@pytest.fixture
def refused(stub: Stub, rest: Rest) -> Callable[..., errors.ParameterError]:
    """Call a method that must be refused, and check that nothing was sent."""

    def call(name: str, *args: Any, **params: Any) -> errors.ParameterError:
        before = len(stub.requests)
        with pytest.raises(errors.ParameterError) as caught:
            rest.call(name, *args, **params)
        assert len(stub.requests) == before
        return caught.value

    return call


class Side(enum.Enum):
    BUY = "buy"


class TextSide(str, enum.Enum):  # noqa: UP042  # what many programs have
    BUY = "buy"


class TestNames:
    def test_a_wrong_name_is_refused_with_the_one_that_was_meant(self, refused: Any) -> None:
        error = refused("trade.place_order", **{**ORDER, "instID": "BTC-USDT"})
        assert error.name == "instID"
        assert "did you mean instId?" in error.rule

    def test_snake_case_finds_its_name_too(self, refused: Any) -> None:
        assert "did you mean clOrdId?" in refused("trade.place_order", **ORDER, cl_ord_id="a").rule

    def test_a_name_far_from_all_is_answered_with_those_there_are(self, refused: Any) -> None:
        assert "it takes ccy" in refused("account.balance", zzzz="1").rule
        assert "it takes none" in refused("public.time", zzzz="1").rule

    def test_missing_required_ones_are_named_together(self, refused: Any) -> None:
        error = refused("trade.place_order", instId="BTC-USDT", side="buy")
        assert error.name == "ordType, sz, tdMode"
        assert "required" in error.rule

    def test_none_means_not_given(self, refused: Any, rest: Rest, sent: Any) -> None:
        assert refused("trade.place_order", **{**ORDER, "sz": None}).name == "sz"
        rest.trade.place_order(**ORDER, tag=None, posSide=None)
        assert sent().json == ORDER

    def test_parameters_come_by_name_only(self, refused: Any) -> None:
        assert "by name" in refused("trade.place_order", "BTC-USDT").rule

    def test_a_python_keyword_has_an_underscore_and_is_sent_without(self, rest: Rest, sent: Any) -> None:
        name = next(row.name for row in table.load() if "from" in row.required and row.body == "json")
        row = table.by_name(name)
        assert row
        rest.call(name, **{table.argument(each): "1" for each in row.required})
        assert sent().json["from"] == "1"

    def test_names_inside_objects_are_checked_too(self, refused: Any) -> None:
        error = refused("trade.place_order", **ORDER, attachAlgoOrds=[{"tpTriggerPrice": "3"}])
        assert error.name == "attachAlgoOrds.tpTriggerPrice"
        assert "did you mean tpTriggerPx" in error.rule

    def test_inside_a_batch_they_are_too(self, refused: Any) -> None:
        assert refused("trade.place_batch_orders", [ORDER, {**ORDER, "size": "1"}]).name == "size"
        assert refused("trade.place_batch_orders", [ORDER, {"instId": "BTC-USDT"}]).name == "ordType, side, sz, tdMode"


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("0.10", "0.10"),
            (7, "7"),
            (12345678901234567890, "12345678901234567890"),
            (Decimal("0.00000001"), "0.00000001"),
            (Decimal("1E+5"), "100000"),
            (Decimal("1.500"), "1.500"),
            (Num("0.10"), str(Num("0.10"))),
            (TextSide.BUY, "buy"),
            ("", ""),
            ("ü ✓\n%&=,", "ü ✓\n%&=,"),
        ],
    )
    def test_text_int_and_decimal_arrive_as_the_same_plain_text(
        self, rest: Rest, sent: Any, value: Any, text: str
    ) -> None:
        rest.trade.place_order(**{**ORDER, "sz": value})
        assert sent().json["sz"] == text

    @pytest.mark.parametrize("value", ["BTC,USDT", "a b", "ü✓", "%2C", "a&b=c", "+", "/?#", "~._-"])
    def test_text_arrives_intact_in_a_query(self, rest: Rest, sent: Any, value: str) -> None:
        rest.market.tickers(instType=value)
        assert sent().pairs == [("instType", value)]

    def test_several_values_of_a_query_have_commas_between(self, rest: Rest, sent: Any) -> None:
        rest.asset.balances(ccy=["BTC", "USDT"])
        assert sent().query == "ccy=BTC%2CUSDT"

    @pytest.mark.parametrize(
        ("name", "params"),
        [
            ("trade.place_order", {**ORDER, "sz": 0.1}),
            ("trade.place_order", {**ORDER, "px": float("nan")}),
            ("trade.place_order", {**ORDER, "attachAlgoOrds": [{"tpTriggerPx": 1.5}]}),
            ("market.candles", {"instId": "BTC-USDT", "limit": 3.0}),
            ("trade.place_order", {**ORDER, "extra": {"new": 0.5}}),
            ("trade.place_order", {**ORDER, "extra": {"new": [{"deep": 0.5}]}}),
        ],
    )
    def test_a_float_is_refused_wherever_it_hides(self, refused: Any, name: str, params: dict[str, Any]) -> None:
        error = refused(name, **params)
        assert error.rule == "a float is not exact: give text, an int or a Decimal"

    def test_a_float_in_a_batch_is_refused(self, refused: Any) -> None:
        assert refused("trade.place_batch_orders", [{**ORDER, "sz": 0.1}]).name == "sz"

    @pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Side.BUY, object(), {"a": 1}, b"1"])
    def test_what_is_no_number_and_no_text_is_refused(self, refused: Any, value: Any) -> None:
        assert refused("market.ticker", instId=value).name == "instId"

    @pytest.mark.parametrize("value", [["BTC-USDT"], {"instId": "BTC-USDT"}, {"BTC-USDT"}, None])
    def test_text_of_a_body_is_one_value(self, refused: Any, value: Any) -> None:
        assert refused("trade.place_order", **{**ORDER, "instId": value}).name == "instId"

    def test_a_bool_stays_a_json_bool(self, rest: Rest, sent: Any) -> None:
        rest.trade.place_order(**SWAP, reduceOnly=True)
        assert sent().json["reduceOnly"] is True

    @pytest.mark.parametrize(
        ("name", "params"), [("trade.place_order", {**ORDER, "sz": True}), ("market.tickers", {"instType": False})]
    )
    def test_what_is_text_takes_no_bool(self, refused: Any, name: str, params: dict[str, Any]) -> None:
        assert "no bool" in refused(name, **params).rule

    def test_what_is_a_bool_takes_no_other_text(self, refused: Any) -> None:
        assert "True or False" in refused("trade.place_order", **SWAP, reduceOnly="yes").rule

    def test_a_json_number_stays_one_and_takes_no_text(self, rest: Rest, sent: Any, refused: Any) -> None:
        action = {"type": "heartbeat", "assetIds": ["1"], "marketType": "a"}
        signature = {"Ecdsa": {"r": "0x1", "s": "0x2", "v": 27}}
        given: dict[str, Any] = {"action": action, "signature": signature, "expiresAfter": 5}
        assert "JSON number" in refused("predictions.heartbeat", **given, nonce="12").rule
        assert "exact" in refused("predictions.heartbeat", **given, nonce=12.0).rule
        rest.predictions.heartbeat(**given, nonce=12)
        assert sent().json == {**given, "nonce": 12}

    def test_text_that_is_not_unicode_is_refused(self, refused: Any) -> None:
        refused("trade.place_order", **{**ORDER, "tag": "\ud800"})
        refused("trade.place_order", **{**ORDER, "sz": "\ud800"})


class TestIdentifiers:
    @pytest.mark.parametrize("value", ["a", "A1b2", "x" * 32, "0"])
    def test_cl_ord_id_is_letters_and_digits_up_to_32(self, rest: Rest, sent: Any, value: str) -> None:
        rest.trade.place_order(**ORDER, clOrdId=value)
        assert sent().json["clOrdId"] == value

    @pytest.mark.parametrize("value", ["", "x" * 33, "a-b", "a_b", "a b", "é", "\u0661", "a\n"])
    @pytest.mark.parametrize("name", ["clOrdId", "reqId", "tag"])
    def test_anything_else_is_refused_with_the_rule(self, refused: Any, name: str, value: str) -> None:
        if name == "reqId":
            error = refused("trade.amend_order", instId="BTC-USDT", ordId="1", newSz="1", reqId=value)
        else:
            error = refused("trade.place_order", **ORDER, **{name: value})
        assert error.name == name
        assert "letters and digits" in error.rule

    def test_tag_has_at_most_16(self, rest: Rest, refused: Any, sent: Any) -> None:
        assert "1 to 16" in refused("trade.place_order", **ORDER, tag="x" * 17).rule
        rest.trade.place_order(**ORDER, tag="x" * 16)
        assert sent().json["tag"] == "x" * 16

    def test_attached_algo_orders_have_the_same_rule(self, refused: Any) -> None:
        error = refused("trade.place_order", **ORDER, attachAlgoOrds=[{"attachAlgoClOrdId": "a-b"}])
        assert error.name == "attachAlgoOrds.attachAlgoClOrdId"

    def test_okusd_allows_dashes(self, rest: Rest, sent: Any) -> None:
        rest.finance.okusd_subscribe(amt="1", clOrdId="a-b_c")
        assert sent().json == {"amt": "1", "clOrdId": "a-b_c"}

    def test_one_batch_has_no_id_twice(self, refused: Any) -> None:
        error = refused("trade.place_batch_orders", [{**ORDER, "clOrdId": "a"}, {**ORDER, "clOrdId": "a"}])
        assert error.name == "clOrdId"


class TestExtra:
    def test_it_is_sent_as_given(self, rest: Rest, sent: Any) -> None:
        given = {"newThing": "a", "count": 3, "flag": True, "deep": [{"n": 1, "d": None}], "exact": Decimal("1.10")}
        rest.trade.place_order(**ORDER, extra=given)
        assert sent().json == {**ORDER, **given, "exact": "1.10"}

    def test_it_reaches_a_query(self, rest: Rest, sent: Any) -> None:
        rest.market.tickers(instType="SPOT", extra={"new": ["a", 1]})
        assert sent().query == "instType=SPOT&new=a%2C1"

    def test_it_may_hold_a_required_parameter(self, rest: Rest, sent: Any) -> None:
        rest.market.tickers(extra={"instType": "SPOT"})
        assert sent().query == "instType=SPOT"

    def test_it_does_not_override(self, refused: Any) -> None:
        assert "given twice" in refused("trade.place_order", **ORDER, extra={"sz": "3"}).rule

    @pytest.mark.parametrize("value", ["sz", ["sz"], 1])
    def test_it_is_a_mapping(self, refused: Any, value: Any) -> None:
        assert refused("trade.place_order", **ORDER, extra=value).name == "extra"

    def test_a_batch_puts_it_into_each_item(self, rest: Rest, sent: Any) -> None:
        rest.trade.place_batch_orders([ORDER, ORDER], extra={"new": "1"})
        assert [item["new"] for item in sent().json] == ["1", "1"]


class TestBatches:
    def test_the_body_is_the_list(self, rest: Rest, sent: Any) -> None:
        acks = rest.trade.place_batch_orders([{**ORDER, "sz": 3}, {**SWAP, "reduceOnly": True}])
        assert sent().json == [{**ORDER, "sz": "3"}, {**SWAP, "reduceOnly": True}]
        assert [ack.ord_id for ack in acks] == ["1", "2"]

    @pytest.mark.parametrize(("name", "most"), [("trade.place_batch_orders", 20), ("trade.cancel_algo_orders", 10)])
    def test_more_than_okx_takes_is_refused(self, refused: Any, name: str, most: int) -> None:
        row = table.by_name(name)
        assert row
        item = dict.fromkeys(row.required, "1")
        assert f"1 to {most}" in refused(name, [item] * (most + 1)).rule
        assert f"1 to {most}" in refused(name, []).rule

    def test_lists_inside_an_object_have_the_same_bound(self, refused: Any, rest: Rest, sent: Any) -> None:
        assert "at most 100" in refused("rfq.cancel_batch_rfqs", rfqIds=["1"] * 101).rule
        rest.rfq.cancel_batch_rfqs(rfqIds=["1", 2])
        assert sent().json == {"rfqIds": ["1", "2"]}

    @pytest.mark.parametrize("items", [ORDER, "text", None, [1], ["text"]])
    def test_what_is_no_list_of_mappings_is_refused(self, refused: Any, items: Any) -> None:
        assert refused("trade.place_batch_orders", items).name == "items"


class TestPlacement:
    def test_a_post_without_parameters_has_an_empty_object(self, rest: Rest, sent: Any) -> None:
        rest.account.activate_option()
        assert (sent().body, sent().query) == (b"{}", "")

    def test_a_get_without_parameters_has_no_question_mark(self, rest: Rest, sent: Any) -> None:
        rest.asset.balances()
        assert (sent().target, sent().body) == ("/api/v5/asset/balances", b"")

    def test_a_parameter_of_the_path_stands_there_and_nowhere_else(self, rest: Rest, sent: Any) -> None:
        rest.predictions.events_by_event_id(eventId="a b%/é".replace("/", ""))
        assert sent().target == "/api/v5/predictions/events/a%20b%25%C3%A9"

    @pytest.mark.parametrize("value", ["a/b", "..", ".", "", "a\nb"])
    def test_it_cannot_change_the_path(self, refused: Any, value: str) -> None:
        assert refused("predictions.events_by_event_id", eventId=value).name == "eventId"

    def test_exp_time_is_a_header(self, rest: Rest, sent: Any) -> None:
        rest.trade.place_order(**ORDER, exp_time=1_795_000_000_000)
        assert sent().headers["exptime"] == "1795000000000"
        assert "exp" not in sent().body.decode().lower()

    @pytest.mark.parametrize("value", [1_795_000_000, "1795000000000", 1_795_000_000_000.0, True])
    def test_exp_time_is_unix_ms_as_an_int(self, refused: Any, value: Any) -> None:
        assert refused("trade.place_order", **ORDER, exp_time=value).name == "exp_time"

    def test_exp_time_is_refused_where_okx_does_not_look_at_it(self, refused: Any) -> None:
        error = refused("trade.cancel_order", instId="BTC-USDT", ordId="1", exp_time=1_795_000_000_000)
        assert error.name == "exp_time"


class TestBuckets:
    @pytest.mark.parametrize(
        ("name", "given", "key", "n", "bucket"),
        [
            ("trade.place_order", ORDER, "BTC-USDT", 1, "trade.place_order"),
            ("trade.place_order", {**ORDER, "instId": "BTC-USD-261225-92000-C"}, "BTC-USD", 1, "trade.place_order"),
            ("trade.place_order", {**ORDER, "instId": "BTC-USD_UM-261225-9-P"}, "BTC-USD_UM", 1, "trade.place_order"),
            ("trade.place_order", {**ORDER, "instId": "BTC-USD-261225"}, "BTC-USD-261225", 1, "trade.place_order"),
            ("trade.place_batch_orders", [ORDER], "BTC-USDT", 1, "trade.place_order"),  # one counts as a single order
            ("trade.place_batch_orders", [ORDER] * 3, "BTC-USDT", 3, "trade.place_batch_orders"),
            (
                "trade.place_batch_orders",
                [ORDER, SWAP, ORDER],
                [("BTC-USDT", 2), ("BTC-USDT-SWAP", 1)],
                3,
                "trade.place_batch_orders",
            ),
            ("trade.cancel_batch_orders", [{"instId": "A-B", "ordId": "1"}], "A-B", 1, "trade.cancel_order"),
            ("trade.amend_batch_orders", [{"instId": "A-B", "ordId": "1"}], "A-B", 1, "trade.amend_order"),
            ("account.balance", {"ccy": "BTC"}, "", 1, "account.balance"),
            ("account.max_withdrawal", {}, "", 1, "account.max_withdrawal"),
        ],
    )
    def test_a_call_counts_as_okx_counts_it(self, name: str, given: Any, key: Any, n: int, bucket: str) -> None:
        plan = plans.by_name(name)
        assert plan
        ready = plan.prepare(given, None)
        assert (ready.key, ready.n) == (key, n)
        expected = plans.by_name(bucket)
        assert expected
        assert ready.spec is (plan.single if bucket != name else plan.spec)
        assert (expected.row.count, expected.row.seconds) in ((60, 2), (300, 2), (plan.row.count, plan.row.seconds))

    @pytest.mark.parametrize(
        ("scope", "given", "key"),
        [
            ("ip", {"instId": "A"}, ""),
            ("user", {"instId": "A"}, ""),
            ("user+instrument", {"instId": "BTC-USD-261225-92000-C"}, "BTC-USD-261225-92000-C"),
            ("ip+instrument", {"instId": "A"}, "A"),
            ("ip+instrument", {}, ""),
            ("ip+instFamily", {"instFamily": "BTC-USD"}, "BTC-USD"),
            ("ip+instFamily", {"uly": "BTC-USD"}, "BTC-USD"),
            ("user+ccy", {"ccy": "BTC"}, "BTC"),
            ("user+tag", {"tag": "t"}, "t"),
            ("ip+instType+instFamily", {"instType": "OPTION", "instFamily": "BTC-USD"}, "OPTION BTC-USD"),
        ],
    )
    def test_the_scope_says_what_tells_buckets_apart(self, scope: str, given: dict[str, str], key: str) -> None:
        assert plans.key_of(scope)(given) == key

    @pytest.mark.parametrize("inst_id", [5, None, ["A"], "BTC-USDT"])
    def test_a_request_of_any_shape_has_a_bucket(self, rest: Rest, sent: Any, inst_id: Any) -> None:
        rest.request("POST", "/api/v5/trade/order", {"instId": inst_id})
        assert sent().method == "POST"
        assert rest.when("trade.place_order", instId=inst_id) >= 0


class TestMethods:
    def test_every_row_has_a_method_with_name_docstring_and_signature(self, stub: Stub) -> None:
        everything = frozenset({"read", "trade", "withdraw"})
        with Rest(stub.site(), permissions=everything) as rest:
            for row in table.load():
                method = getattr(getattr(rest, row.namespace), row.method_name)
                assert method.__name__ == row.method_name
                assert row.path in method.__doc__
                names = set(inspect.signature(method).parameters)
                params = (
                    {"items"} if row.body == "json-array" else set(map(table.argument, row.required + row.optional))
                )
                assert names == params | {"extra", "timeout", "limit_mode"} | ({"exp_time"} if row.exp_time else set())

    def test_no_parameter_of_okx_has_a_name_of_ours(self) -> None:
        ours = {"extra", "timeout", "limit_mode", "exp_time", "items"}
        for row in table.load():
            if row.body != "json-array":
                assert not ours & {*row.required, *row.optional}, row.name

    def test_namespaces_are_those_of_the_table_and_annotated(self) -> None:
        namespaces = {row.namespace for row in table.load()}
        assert set(GROUPS) == namespaces
        assert namespaces <= set(Rest.__annotations__)

    def test_dir_lists_the_methods_without_withdrawals(self, rest: Rest) -> None:
        assert "place_order" in dir(rest.trade)
        assert "withdrawal" not in dir(rest.asset)

    def test_a_method_that_does_not_exist_says_where_to_look(self, rest: Rest) -> None:
        with pytest.raises(AttributeError, match="okx-fast endpoints"):
            rest.trade.buy_low  # type: ignore[attr-defined]  # noqa: B018
        with pytest.raises(errors.ConfigError, match="okx-fast endpoints"):
            rest.call("trade.buy_low")

    @pytest.mark.parametrize(
        ("namespace", "said", "meant"),
        [
            ("trade", "batch_orders", "trade.place_batch_orders"),  # its path
            ("trade", "cancel_algos", "trade.cancel_algo_orders"),
            ("market", "get_ticker", "market.ticker"),  # python-okx
            ("account", "get_account_balance", "account.balance"),
            ("market", "tiker", "market.ticker"),
            ("public", "mark_price_candles", "market.mark_price_candles"),  # another namespace
            ("trade", "buy_low", ""),
        ],
    )
    def test_a_name_that_is_near_says_which_was_meant(self, rest: Rest, namespace: str, said: str, meant: str) -> None:
        with pytest.raises(AttributeError) as caught:
            getattr(getattr(rest, namespace), said)
        assert (f"did you mean {meant}" in str(caught.value)) is bool(meant)
        with pytest.raises(errors.ConfigError) as called:
            rest.call(f"{namespace}.{said}")
        assert (f"did you mean {meant}" in str(called.value)) is bool(meant)

    def test_a_name_without_its_namespace_is_found(self, rest: Rest) -> None:
        with pytest.raises(errors.ConfigError, match=r"did you mean .*trade\.place_order"):
            rest.call("place_order")

    def test_help_of_a_namespace_lists_its_methods(self, rest: Rest) -> None:
        assert "place_order: Place an order" in str(type(rest.trade).__doc__)

    def test_a_value_given_by_position_is_not_shown(self, rest: Rest, refused: Any) -> None:
        error = refused("account.balance", "canary")
        assert "canary" not in f"{error} {error!r}"
        assert "by name" in str(error)

    def test_when_refuses_names_as_the_method_does(self, rest: Rest) -> None:
        for params in ({"inst": "BTC-USDT"}, {}):
            with pytest.raises(errors.ParameterError, match="instId"):
                rest.when("trade.place_order", **params)
        assert rest.when("trade.place_batch_orders", [{"instId": "BTC-USDT"}]) == 0.0

    def test_a_coroutine_nobody_awaits_has_the_name_of_its_method(self, rest: Rest) -> None:
        call = rest.aio.trade.place_order(**ORDER)
        assert call.__qualname__.endswith("trade.place_order")
        call.close()

    @pytest.mark.parametrize(
        "options",
        [
            {"limit_mode": "maybe"},
            {"limit_mode": ["wait"]},
            *({"timeout": value} for value in (-1, 0, "5", True, float("nan"), float("inf"), 1e6)),
        ],
    )
    def test_an_option_that_cannot_work_is_refused(self, rest: Rest, stub: Stub, options: dict[str, Any]) -> None:
        before = len(stub.requests)
        [name] = options
        with pytest.raises(errors.ConfigError, match=name):
            rest.trade.place_order(**ORDER, **options)
        with pytest.raises(errors.ConfigError, match=name):
            rest.request("GET", "/api/v5/market/tickers", **options)
        if name == "timeout":
            with pytest.raises(errors.ConfigError, match=name):
                rest.sync_clock(**options)
        assert len(stub.requests) == before


class TestFence:
    def test_what_the_fence_forbids_is_refused_before_sending(self, stub: Stub) -> None:
        credentials = Credentials(KEY, SECRET, PASSPHRASE)
        with Rest(stub.site(), credentials=credentials, permissions={"read"}) as rest:
            before = len(stub.requests)
            for call in (
                lambda: rest.trade.place_order(**ORDER),
                lambda: rest.trade.place_batch_orders([ORDER]),
                lambda: rest.request("POST", "/api/v5/trade/order", ORDER),
                lambda: rest.request("POST", "/api/v5/Trade/Order", ORDER),
                lambda: rest.request("POST", "/api/v5/trade/something-new", {}),
                lambda: rest.request("post", "/api/v5/asset/transfer", {}),
                lambda: rest.request("POST", "/api/v5/trade/order", ORDER, signed=False),
                lambda: rest.request("POST", "/api/v5/trade/something-new", {}, signed=False),
            ):
                with pytest.raises(errors.FenceError) as caught:
                    call()
                assert caught.value.needs == "trade"
                assert caught.value.permissions == ("read",)
            assert len(stub.requests) == before
            rest.asset.balances()
            assert len(stub.requests) == before + 1

    def test_withdrawals_are_not_there_unless_asked_for(self, stub: Stub, rest: Rest) -> None:
        with pytest.raises(AttributeError, match="withdraw"):
            rest.asset.withdrawal  # noqa: B018
        for path in ("/api/v5/asset/withdrawal", "/api/v5/ASSET/withdrawal", "/api/v5/asset/withdrawal-new"):
            with pytest.raises(errors.FenceError):
                rest.request("POST", path, {"ccy": "BTC"})
        everything = {"read", "trade", "withdraw"}
        with Rest(stub.site(), credentials=Credentials(KEY, SECRET, PASSPHRASE), permissions=everything) as able:
            able.asset.cancel_withdrawal(wdId="1")
        assert stub.requests[-1].json == {"wdId": "1"}

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v5/asset/withdrawal/",
            "/api/v5//asset/withdrawal",
            "/api/v5/asset/%77ithdrawal",
            "/api/v5/asset/./withdrawal",
            "/api/v5/asset/withdrawal?x=1",
            "api/v5/asset/withdrawal",
            "https://example.com/api/v5/asset/withdrawal",
            "/api/v5/a b",
            "/api/v5/a\r\nHost: b",
            "/",
            "",
        ],
    )
    def test_a_path_is_what_it_seems_or_refused(self, rest: Rest, stub: Stub, path: str) -> None:
        before = len(stub.requests)
        with pytest.raises(errors.ParameterError):
            rest.request("POST", path, {})
        assert len(stub.requests) == before

    @pytest.mark.parametrize("permissions", ["read", {"everything"}, {1}, None])
    def test_permissions_are_a_set_of_known_names(self, stub: Stub, permissions: Any) -> None:
        with pytest.raises(errors.ConfigError, match="permissions"):
            Rest(stub.site(), permissions=permissions)

    def test_without_a_key_what_needs_one_is_refused(self, stub: Stub) -> None:
        with Rest(stub.site()) as rest:
            before = len(stub.requests)
            with pytest.raises(errors.ConfigError, match="needs a key"):
                rest.account.balance()
            assert len(stub.requests) == before
            rest.market.tickers(instType="SPOT")
            assert "ok-access-key" not in stub.requests[-1].headers


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            {"timeout_s": 0},
            {"timeout_s": -1},
            {"timeout_s": float("nan")},
            {"timeout_s": "10"},
            {"connections": 0},
            {"connections": 1.5},
            {"connections": True},
            {"connect_within_s": 0},
            {"keep_warm_s": 0},
            {"max_clock_offset_s": 0},
            {"order_cap": 0},
            {"order_cap": 10**30},
            {"connections": 10**30},
            {"limit_mode": "maybe"},
            {"limit_mode": ["wait"]},
            {"language": "zh\r\nX: y"},
            {"language": ""},
            {"language": 1},
        ],
    )
    def test_a_value_that_cannot_work_is_refused_by_name(self, options: dict[str, Any]) -> None:
        with pytest.raises(errors.ConfigError, match=next(iter(options))):
            RestOptions(**options)

    @pytest.mark.parametrize(
        "options", [{"proxy": "ftp://host:1"}, {"local_address": "nowhere"}, {"connections": 100_000}]
    )
    def test_what_only_the_core_can_judge_is_refused_too(self, stub: Stub, options: dict[str, Any]) -> None:
        with pytest.raises(errors.ConfigError):
            Rest(stub.site(), options=RestOptions(**options))
