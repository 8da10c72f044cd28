"""Orders of Trader and AsyncTrader where all is well, or OKX says no: results, bytes, limits, callbacks.

Rules: OKX API v5, Order book trading › Trade › WebSocket; error codes. What is lost on the way: test_orders_faults.
"""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import (
    AccountStateError,
    ApiError,
    AsyncTrader,
    BalanceError,
    ClosedError,
    ConfigError,
    ConnectError,
    InstrumentError,
    LimitError,
    NotSentError,
    Num,
    OrderLimitError,
    OrderStateError,
    ParameterError,
    ParameterRefusedError,
    PermissionDeniedError,
    PositionError,
    PriceError,
    RateLimitError,
    Site,
    SizeError,
    SystemBusyError,
    Trader,
    TraderOptions,
)
from okx_fast.orders.ops import METHODS
from tests.order_calls import (
    CASH,
    FLAVOURS,
    ORDER,
    SPOT,
    WITHIN_S,
    Desk,
    Sent,
    account,
    calm,
    fresh,
    open_orders,
    trading,
)
from tests.stub_okx import Stub
from tests.waiting import BTC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast import OrderResult
    from okx_fast._native import OrderCall
    from okx_fast.orders.state import OrderState

ROUTES = ("ws", "rest", "auto")
OPTION = "BTC-USD-261225-90000-C"


@pytest.fixture(scope="module", params=FLAVOURS)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with calm() as exchange, trading(request.param, exchange) as desk:
        yield desk


@pytest.fixture
def sent(desk: Desk) -> Sent:
    return Sent(desk.exchange)


@pytest.fixture(scope="module")
def plain() -> Iterator[Desk]:
    """For what is the same on asyncio: refusals, parameters, bytes."""
    with (
        calm(account("main"), account("spot", acctLv="1")) as exchange,
        trading("sync", exchange, spreads=True) as desk,
    ):
        desk.call("load", "OPTION", instFamily="BTC-USD")
        yield desk


def assert_stamps(result: OrderResult) -> None:
    """In order, and in the units they are told in."""
    stamps = [result.called_ns, result.sealed_ns, result.answered_ns, result.settled_ns]
    assert (result.sealed_ns is None) == (result.route == "rest")
    known = [stamp for stamp in stamps if stamp is not None]
    assert known == sorted(known)
    assert time.monotonic_ns() - 60_000_000_000 < known[0]
    assert abs(time.time() * 1000 - result.called_at_ms) < 60_000
    if result.route == "rest" and not result.confirmed and result.in_time_us is None:
        return  # a refusal by REST is told without them
    assert result.in_time_us is not None
    assert result.out_time_us is not None
    assert result.in_time_us <= result.out_time_us
    assert abs(result.in_time_us / 1000 - result.called_at_ms) < 5_000


class TestOperations:
    @pytest.mark.parametrize("route", ROUTES)
    def test_an_order_is_placed_amended_and_canceled_and_cannot_be_canceled_twice(
        self, desk: Desk, sent: Sent, route: str
    ) -> None:
        name, way = fresh(), "rest" if route == "rest" else "ws"
        placed = desk.place(clOrdId=name, tag="mine", route=route)
        assert (placed.outcome, placed.code, placed.proof, placed.doubt) == ("CONFIRMED", "0", "answer", "")
        assert (placed.op, placed.route, placed.inst_id) == ("order", way, BTC)
        assert (placed.cl_ord_id, placed.tag, placed.error, placed.confirmed) == (name, "mine", None, True)
        assert placed.raise_for_outcome() is placed
        resting = open_orders(desk.exchange)[name]
        assert (resting["ordId"], resting["px"]) == (placed.ord_id, "1000")
        assert str(placed.ts_ms) == resting["cTime"]

        named = {"instId": BTC, "ordId": placed.ord_id, "route": route}
        amended = desk.call("amend_order", newPx="1001.5", newSz="2", reqId="r1", **named)
        assert (amended.outcome, amended.ord_id, amended.req_id) == ("CONFIRMED", placed.ord_id, "r1")
        resting = open_orders(desk.exchange)[name]
        assert (resting["px"], resting["sz"]) == ("1001.5", "2")

        canceled = desk.call("cancel_order", **named)
        assert (canceled.outcome, canceled.ord_id, canceled.cl_ord_id) == ("CONFIRMED", placed.ord_id, name)
        assert name not in open_orders(desk.exchange)

        again = desk.call("cancel_order", **named)
        assert (again.outcome, again.code, again.proof, again.confirmed) == ("REJECTED", "51400", "answer", False)
        assert isinstance(again.error, OrderStateError)
        assert "trade.order" in again.hint
        with pytest.raises(OrderStateError, match="51400"):
            again.raise_for_outcome()
        for result in (placed, amended, canceled, again):
            assert_stamps(result)
        ops = ("order", "amend-order", "cancel-order", "cancel-order")
        assert sent.names == ([f"trade/{op}" for op in ops] if way == "rest" else list(ops))

    @pytest.mark.parametrize("route", ROUTES)
    def test_each_order_of_a_batch_ends_in_its_own_word(self, desk: Desk, route: str) -> None:
        names = [fresh() for _ in range(3)]
        orders = [{**ORDER, "clOrdId": name} for name in names]
        orders[1]["sz"] = "0.001"
        placed = desk.call("place_batch_orders", orders, route=route)
        assert [(one.outcome, one.code) for one in placed] == [
            ("CONFIRMED", "0"),
            ("REJECTED", "51020"),
            ("CONFIRMED", "0"),
        ]
        assert [one.params["clOrdId"] for one in placed] == names
        assert [one.op for one in placed] == ["batch-orders"] * 3
        assert isinstance(placed[1].error, SizeError)
        ids = [one.ord_id for one in placed]
        assert [open_orders(desk.exchange)[name]["ordId"] for name in names[::2]] == ids[::2]

        changes = [{"instId": BTC, "clOrdId": name, "newSz": "3"} for name in names]
        amended = desk.call("amend_batch_orders", changes, route=route)
        assert [one.code for one in amended] == ["0", "51503", "0"]
        assert open_orders(desk.exchange)[names[2]]["sz"] == "3"

        ends = [{"instId": BTC, "ordId": placed[0].ord_id}, {"instId": BTC, "clOrdId": names[1]}]
        canceled = desk.call("cancel_batch_orders", [*ends, {"instId": BTC, "clOrdId": names[2]}], route=route)
        assert [(one.outcome, one.code) for one in canceled] == [
            ("CONFIRMED", "0"),
            ("REJECTED", "51400"),
            ("CONFIRMED", "0"),
        ]
        assert not set(names) & set(open_orders(desk.exchange))
        for result in (*placed, *amended, *canceled):
            assert_stamps(result)

    def test_twenty_orders_are_one_request(self, desk: Desk, sent: Sent) -> None:
        names = [fresh() for _ in range(20)]
        placed = desk.call("place_batch_orders", [{**ORDER, "clOrdId": name} for name in names])
        assert {one.outcome for one in placed} == {"CONFIRMED"}
        assert [one.cl_ord_id for one in placed] == names
        canceled = desk.call("cancel_batch_orders", [{"instId": BTC, "ordId": one.ord_id} for one in placed])
        assert {one.outcome for one in canceled} == {"CONFIRMED"}
        assert sent.names == ["batch-orders", "batch-cancel-orders"]

    @pytest.mark.parametrize("route", ROUTES)
    def test_a_mass_cancel_without_the_right_to_it_is_rejected(self, desk: Desk, route: str) -> None:
        result = desk.call("mass_cancel", instType="OPTION", instFamily="BTC-USD", route=route)
        assert (result.outcome, result.code, result.op) == ("REJECTED", "51411", "mass-cancel")
        assert isinstance(result.error, ApiError)

    def test_many_calls_at_a_time_each_get_their_own_answer(self, desk: Desk) -> None:
        names = [fresh() for _ in range(30)]
        if isinstance(desk.trader, AsyncTrader):

            async def together() -> list[OrderResult]:
                trader = desk.trader
                assert isinstance(trader, AsyncTrader)
                return await asyncio.gather(*(trader.place_order(**ORDER, clOrdId=name) for name in names))

            assert desk.runner is not None
            placed = desk.runner.run(together())
        else:
            with ThreadPoolExecutor(8) as pool:
                placed = list(pool.map(lambda name: desk.place(clOrdId=name), names))
        assert [(one.outcome, one.cl_ord_id) for one in placed] == [("CONFIRMED", name) for name in names]
        resting = open_orders(desk.exchange)
        assert [resting[name]["ordId"] for name in names] == [one.ord_id for one in placed]
        desk.call("cancel_batch_orders", [{"instId": BTC, "ordId": one.ord_id} for one in placed[:20]])
        desk.call("cancel_batch_orders", [{"instId": BTC, "ordId": one.ord_id} for one in placed[20:]])

    def test_stats_count_orders_by_their_end(self) -> None:
        with calm() as exchange, trading("sync", exchange) as desk:
            desk.place(clOrdId="first")
            desk.call("place_batch_orders", [ORDER, {**ORDER, "sz": "0.001"}])
            desk.place(route="rest")  # not one of the desk's: its answer came
            stats = desk.trader.stats()
            names = ("calls", "confirmed", "rejected", "unknown", "doubted", "queries", "unmatched", "waiting", "lost")
            assert [stats[name] for name in names] == [2, 2, 1, 0, 0, 0, 0, 0, 0]
            for span in ("build", "there", "okx", "back", "ack"):
                assert stats["spans_us"][span]["count"] == 2, span
            assert [row["name"] for row in stats["connections"]] == ["orders", "private"]


class TestSend:
    def test_send_waits_for_nothing_and_tells_when_it_is_over(self, desk: Desk) -> None:
        done: list[OrderCall] = []
        desk.exchange.fault("latency", path="ack", us=100_000, endpoint="order")
        order = {**ORDER, "clOrdId": fresh()}
        call = desk.trader.send("order", order, done.append)
        assert (call.op, call.done, desk.trader.results(call, order)) == ("order", False, [])
        assert repr(call) == f"OrderCall(order {call.id}, on its way)"
        assert desk.trader.stats()["waiting"] == 1
        assert call.wait(0.001) is False
        desk.pump_until(lambda: done)
        [told] = done
        assert (told.id, told.done, told.wait(0)) == (call.id, True, True)
        [result] = desk.trader.results(call, order)
        assert (result.outcome, result.cl_ord_id, result.params) == ("CONFIRMED", order["clOrdId"], order)
        assert_stamps(result)
        assert repr(call) == f"OrderCall(order {call.id}, CONFIRMED)"
        desk.call("cancel_order", instId=BTC, ordId=result.ord_id)

    def test_wait_needs_no_callback_and_nobody_to_poll(self, desk: Desk) -> None:
        orders = [{**ORDER, "clOrdId": fresh()} for _ in range(2)]
        call = desk.trader.send("batch-orders", orders)
        assert call.wait(5)
        assert [one.outcome for one in desk.trader.results(call, orders)] == ["CONFIRMED"] * 2
        ends = [{"instId": BTC, "clOrdId": order["clOrdId"]} for order in orders]
        assert desk.trader.send("batch-cancel-orders", ends).wait(5)

    def test_what_a_callback_raises_goes_to_on_error_and_the_rest_goes_on(self, desk: Desk) -> None:
        failed: list[tuple[BaseException, object]] = []
        done: list[OrderCall] = []
        boom = ValueError("mine")

        def raising(_: OrderCall) -> None:
            raise boom

        desk.trader.on_error(lambda error, what: failed.append((error, what)))
        first = desk.trader.send("cancel-order", {"instId": BTC, "ordId": "1"}, raising)
        desk.trader.send("cancel-order", {"instId": BTC, "ordId": "2"}, done.append)
        desk.pump_until(lambda: done)
        [(error, what)] = failed
        assert error is boom
        assert isinstance(what, tuple)
        assert what[0].id == first.id
        desk.trader.on_error(None)

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_orders_and_what_happens_to_them_are_told(self, flavour: str) -> None:
        with calm() as exchange, trading(flavour, exchange) as desk:
            orders: list[OrderState] = []
            events: list[Any] = []
            desk.trader.on_order(orders.append)
            desk.trader.on_event(events.append)
            desk.listens()
            placed = desk.place(clOrdId="mine")
            desk.call("amend_order", instId=BTC, clOrdId="mine", newSz="2", reqId="r7")
            desk.call("cancel_order", instId=BTC, clOrdId="mine")
            desk.pump_until(lambda: orders and orders[-1].state == "canceled")
            told = [each for each in orders if each.state != "accepted"]
            assert [(each.state, each.sz) for each in told] == [
                ("live", Decimal(1)),
                ("live", Decimal(2)),
                ("canceled", Decimal(2)),
            ]
            assert {each.ord_id for each in orders} == {placed.ord_id}
            [amended] = [event for event in events if event.kind == "amended"]
            assert (amended.detail["req_id"], amended.detail["result"]) == ("r7", "0")
            assert desk.trader.stats()["spans_us"]["push"]["count"] == 1
            desk.trader.on_order(None)
            seen = len(orders)
            desk.place()
            assert len(orders) == seen

    def test_after_a_kill_no_way_takes_new_orders_until_resumed(self) -> None:
        with calm() as exchange, trading("sync", exchange) as desk, trading("asyncio", exchange) as other:
            for each in (desk, other):
                each.listens()
                placed = each.place(clOrdId=fresh())
                killed: list[Any] = []
                each.trader.on_event(lambda event, killed=killed: killed.append(event.kind))  # type: ignore[misc]
                each.trader.kill("enough")
                sent = Sent(exchange)
                for route in ROUTES:
                    with pytest.raises(NotSentError, match="enough"):
                        each.place(route=route)
                    with pytest.raises(NotSentError, match="enough"):
                        each.call("place_batch_orders", [ORDER, ORDER], route=route)
                each.pump_until(lambda killed=killed: "killed" in killed)  # type: ignore[misc]
                assert not {"order", "batch-orders", "trade/order", "trade/batch-orders"} & set(sent.names)
                assert open_orders(exchange) == {}
                assert each.call("cancel_order", instId=BTC, ordId=placed.ord_id).code == "51400"
                each.trader.resume()
                assert each.place(route="rest").confirmed

    def test_an_unknown_operation_and_one_of_spreads_without_them_are_refused(self, desk: Desk, sent: Sent) -> None:
        with pytest.raises(ConfigError, match="no such operation"):
            desk.trader.send("orders", ORDER)
        with pytest.raises(ConfigError, match="without spreads"):
            desk.call("place_spread_order", sprdId="X", side="buy", ordType="limit", px="1", sz="1")
        with pytest.raises(ConfigError, match="route"):
            desk.place(route="fax")
        assert sent.rows == []


# What is given for a parameter of an order, and how it stands in the message.
VALUES: list[tuple[str, Any, str]] = [
    ("px", "1.10", '"1.10"'),
    ("px", Decimal("1E+2"), '"100"'),
    ("px", Decimal("1.10"), '"1.10"'),
    ("px", Decimal("1E-8"), '"0.00000001"'),
    ("px", Num("0.0010"), '"0.0010"'),
    ("sz", 5, '"5"'),
    ("sz", 10**20, '"100000000000000000000"'),
    ("sz", "007", '"007"'),
    ("reduceOnly", False, "false"),
    ("reduceOnly", True, "true"),
    ("clOrdId", "abcDEF123", '"abcDEF123"'),
    ("tag", 'a"b\\c\n', r'"a\"b\\c\u000a"'),
    ("tag", "größe", '"größe"'),
]


class TestBytes:
    @pytest.mark.parametrize(("name", "value", "text"), VALUES)
    def test_what_is_given_is_what_is_sent(self, plain: Desk, name: str, value: Any, text: str) -> None:
        code = plain.trader.rest.instruments[BTC].inst_id_code
        frame = plain.trader.frame("order", {"instId": BTC, name: value, "side": "buy"})
        want = f'{{"id":"0","op":"order","args":[{{"instIdCode":{code},"{name}":{text},"side":"buy"}}]}}'
        assert frame.decode() == want

    def test_the_exchange_gets_the_bytes_of_frame_and_nothing_else(self, plain: Desk) -> None:
        """No clOrdId, no tag, no instId, no rounding; names in the order given; None is not sent."""
        codes = {name: plain.trader.rest.instruments[name].inst_id_code for name in (BTC, SPOT)}
        asked: list[tuple[str, Any, int | None]] = [
            ("order", {**ORDER, "sz": "1.10", "px": Decimal("1E+3"), "clOrdId": None}, None),
            ("order", {"sz": "1", **CASH}, int(time.time() * 1000) + 60_000),
            ("batch-orders", [{**ORDER, "sz": "1.00"}, {**CASH, "tag": "a1"}], None),
            ("amend-order", {"instId": BTC, "ordId": "1", "newPx": "1.10", "reqId": "r", "cxlOnFail": True}, None),
            ("batch-amend-orders", [{"instId": BTC, "ordId": "1", "newSz": "2"}], None),
            ("cancel-order", {"instId": BTC, "clOrdId": "none"}, None),
            ("batch-cancel-orders", [{"instId": BTC, "ordId": "1"}, {"instId": SPOT, "ordId": "2"}], None),
            ("mass-cancel", {"instType": "OPTION", "instFamily": "BTC-USD", "lockInterval": 0}, None),
        ]
        seen = Sent(plain.exchange)
        for op, params, exp_time in asked:
            assert plain.trader.send(op, params, exp_time=exp_time).wait(5)
        texts = [row["text"] for row in plain.exchange.log(seen.after)]
        assert len(texts) == len(asked)
        for text, (op, params, exp_time) in zip(texts, asked, strict=True):
            own = plain.trader.frame(op, params, exp_time=exp_time).decode()
            assert text.split(",", 1)[1] == own.split(",", 1)[1]  # but for the id
            message = json.loads(text)
            assert list(message) == ["id", "op", *(["expTime"] if exp_time else []), "args"]
            assert message.get("expTime") == (None if exp_time is None else str(exp_time))
            items = params if isinstance(params, list) else [params]
            for item, arg in zip(items, message["args"], strict=True):
                given = {name: value for name, value in item.items() if value is not None}
                named = {"instIdCode" if name == "instId" else name: value for name, value in given.items()}
                assert list(arg) == list(named)
                if "instId" in item:
                    assert arg["instIdCode"] == codes[item["instId"]]
        first = json.loads(texts[0])["args"][0]
        assert (first["sz"], first["px"]) == ("1.10", "1000")

    def test_every_id_is_another(self, plain: Desk) -> None:
        seen = Sent(plain.exchange)
        calls = [plain.trader.send("cancel-order", {"instId": BTC, "ordId": "1"}) for _ in range(5)]
        assert all(call.wait(5) for call in calls)
        ids = [json.loads(text)["id"] for text in seen.texts]
        assert ids == [call.id for call in calls]
        assert len(set(ids)) == 5

    def test_extra_goes_to_every_order_as_it_is(self, plain: Desk) -> None:
        seen = Sent(plain.exchange)
        more = {"brandNew": "1.50", "flag": True, "list": [{"a": "1"}]}
        plain.call("cancel_batch_orders", [{"instId": BTC, "ordId": "1"}, {"instId": BTC, "ordId": "2"}], extra=more)
        assert [arg["brandNew"] for arg in json.loads(seen.texts[0])["args"]] == ["1.50", "1.50"]
        assert seen.texts[0].count('"brandNew":"1.50","flag":true,"list":[{"a":"1"}]') == 2

    def test_rest_sends_the_same_without_a_code(self) -> None:
        with calm() as exchange, Stub() as stub:
            private = exchange.site(tls=False).ws_private
            site = Site(name="stub", rest=stub.url, ws_private=private)
            with trading("sync", site, exchange.credentials(), inst_types=()) as desk:
                order = {**ORDER, "sz": "1.10", "px": Decimal("1E+3"), "clOrdId": None, "reduceOnly": True}
                placed = desk.call("place_order", **order, route="rest", exp_time=1_900_000_000_000)
                assert placed.outcome == "CONFIRMED"
            [request] = stub.sent("POST")
            want = {**ORDER, "sz": "1.10", "px": "1000", "reduceOnly": True}
            assert (request.path, request.json) == ("/api/v5/trade/order", want)
            assert request.headers["exptime"] == "1900000000000"

    def test_attached_orders_go_by_rest_where_the_route_is_open(self, plain: Desk) -> None:
        attached = [{"tpTriggerPx": "2000", "tpOrdPx": "-1"}]
        placed = plain.place(attachAlgoOrds=attached, route="auto")
        assert (placed.outcome, placed.route) == ("CONFIRMED", "rest")
        with pytest.raises(ParameterError, match="attachAlgoOrds"):
            plain.place(attachAlgoOrds=attached)


def _less(order: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name not in names}


# What cannot be sent: the method, its arguments, and the name that is to be mended.
WRONG: dict[str, tuple[str, Any, str]] = {
    "a float": ("place_order", {**ORDER, "sz": 0.1}, "sz"),
    "a float in an id": ("cancel_order", {"instId": BTC, "ordId": 1.0}, "ordId"),
    "a list": ("place_order", {**ORDER, "sz": b"1"}, "sz"),
    "an unknown name": ("place_order", {**ORDER, "price": "1"}, "price"),
    "another operation's name": ("cancel_order", {"instId": BTC, "ordId": "1", "newPx": "1"}, "newPx"),
    "an instrument not loaded": ("place_order", {**ORDER, "instId": "NO-SUCH"}, "instId"),
    "a clOrdId of 33": ("place_order", {**ORDER, "clOrdId": "x" * 33}, "clOrdId"),
    "a reqId of 33": ("amend_order", {"instId": BTC, "ordId": "1", "newPx": "1", "reqId": "x" * 33}, "reqId"),
    "a new price that is none": ("amend_order", {"instId": BTC, "ordId": "1", "newPx": "1,5"}, "newPx"),
    "no order": ("place_batch_orders", [], "items"),
    "21 orders": ("place_batch_orders", [ORDER] * 21, "items"),
    "21 amendments": ("amend_batch_orders", [{"instId": BTC, "ordId": "1", "newSz": "1"}] * 21, "items"),
    "21 cancels": ("cancel_batch_orders", [{"instId": BTC, "ordId": "1"}] * 21, "items"),
    "one wrong in a batch": ("place_batch_orders", [ORDER, {**ORDER, "px": 1.5}], "px"),
    "text for a batch": ("place_batch_orders", "orders", "params"),
    "text in a batch": ("place_batch_orders", ["order"], "params"),
    "a list for one": ("send", ("order", [ORDER]), "items"),
    "two for one": ("send", ("cancel-order", [{"instId": BTC, "ordId": "1"}] * 2), "items"),
    "exp_time as a float": ("place_order", {**ORDER, "exp_time": time.time() * 1000}, "exp_time"),
    "exp_time in seconds": ("place_order", {**ORDER, "exp_time": int(time.time())}, "exp_time"),
    "exp_time where OKX looks at none": ("send", ("cancel-order", {"instId": BTC, "ordId": "1"}, None), "exp_time"),
}


class TestParameters:
    @pytest.mark.parametrize("case", WRONG)
    def test_what_cannot_be_right_is_refused_and_nothing_is_sent(self, plain: Desk, case: str) -> None:
        method, given, name = WRONG[case]
        seen, calls = Sent(plain.exchange), plain.trader.stats()["calls"]
        ask: Callable[[], object]
        if method == "send":
            options: dict[str, Any] = {"exp_time": int(time.time() * 1000)} if name == "exp_time" else {}
            ask = lambda: plain.trader.send(*given, **options)  # noqa: E731
        elif isinstance(given, dict):
            ask = lambda: plain.call(method, **given)  # noqa: E731
        else:
            ask = lambda: plain.call(method, given)  # noqa: E731
        with pytest.raises(ParameterError) as caught:
            ask()
        assert caught.value.name == name
        assert (seen.rows, plain.trader.stats()["calls"]) == ([], calls)

    @pytest.mark.parametrize("case", ["a float", "an unknown name", "no order", "21 orders", "exp_time as a float"])
    def test_the_same_holds_by_rest(self, plain: Desk, case: str) -> None:
        method, given, _ = WRONG[case]
        seen = Sent(plain.exchange)
        with pytest.raises(ParameterError):
            _ = (
                plain.call(method, **given, route="rest")
                if isinstance(given, dict)
                else plain.call(method, given, route="rest")
            )
        assert seen.rows == []

    @pytest.mark.parametrize("timeout", [0, -1, float("nan"), 10**9])
    def test_a_timeout_that_is_none_is_refused(self, plain: Desk, timeout: float) -> None:
        with pytest.raises(ConfigError, match="timeout"):
            plain.trader.send("order", ORDER, timeout=timeout)

    def test_a_batch_may_be_any_sequence_of_mappings(self, plain: Desk) -> None:
        items = tuple(MappingProxyType({**ORDER, "clOrdId": fresh()}) for _ in range(2))
        assert [one.outcome for one in plain.call("place_batch_orders", items)] == ["CONFIRMED"] * 2

    def test_with_check_orders_what_breaks_the_instruments_rules_is_refused(self) -> None:
        with calm() as exchange, trading("sync", exchange, check_orders=True) as desk:
            seen = Sent(exchange)
            for wrong, name in (({"px": "1000.05"}, "px"), ({"sz": "1.001"}, "sz"), ({"sz": "0.001"}, "sz")):
                with pytest.raises(ParameterError) as caught:
                    desk.place(**wrong)
                assert caught.value.name == name
                with pytest.raises(ParameterError):
                    desk.call("place_batch_orders", [ORDER, {**ORDER, **wrong}])
            assert seen.rows == []
            assert desk.place().confirmed

    @pytest.mark.parametrize(
        ("options", "words"),
        [({"route": "fax"}, "route"), ({"limit_mode": "maybe"}, "limit_mode")],
    )
    def test_options_that_are_none_are_refused(self, options: dict[str, Any], words: str) -> None:
        with pytest.raises(ConfigError, match=words):
            TraderOptions(**options)

    def test_a_trader_needs_a_key_and_an_address(self, plain: Desk) -> None:
        with pytest.raises(ConfigError, match="orders need a key"):
            Trader(plain.exchange.site())
        site = Site(name="half", rest=plain.exchange.rest)
        with pytest.raises(ConfigError, match="no known WebSocket"):
            Trader(site, credentials=plain.exchange.credentials())
        with pytest.raises(ConfigError, match="TraderOptions"):
            Trader("sim", options={})  # type: ignore[arg-type]

    def test_a_closed_trader_says_so(self) -> None:
        with calm() as exchange:
            for flavour in FLAVOURS:
                with trading(flavour, exchange) as desk:
                    desk.trader.close()
                    desk.trader.close()
                    with pytest.raises(ClosedError):
                        desk.place()
                    with pytest.raises(ClosedError):
                        desk.place(route="rest")

    def test_an_async_trader_wants_to_be_entered(self) -> None:
        async def main() -> None:
            trader = AsyncTrader("sim")
            with pytest.raises(ConnectError, match="async with"):
                await trader.place_order(**ORDER)
            trader.close()

        asyncio.run(main())


MARKET = _less({**ORDER, "ordType": "market"}, "px")
SPOT_MARKET = _less({**CASH, "ordType": "market"}, "px")
CALL = {**ORDER, "instId": OPTION, "px": "0.0001"}
# Code, its kind, and an order that meets with it; by WebSocket and by REST.
REFUSALS: list[tuple[str, type[ApiError], dict[str, Any]]] = [
    ("51000", ParameterRefusedError, {**ORDER, "tdMode": "bogus"}),
    ("51000", ParameterRefusedError, {**ORDER, "posSide": "long"}),
    ("51000", ParameterRefusedError, {**ORDER, "px": "1000.05"}),
    ("51000", ParameterRefusedError, {**ORDER, "ordType": "bogus"}),
    ("51000", ParameterRefusedError, {**ORDER, "sz": "0"}),
    ("51006", PriceError, {**ORDER, "px": "200000"}),
    ("51006", PriceError, {**ORDER, "side": "sell"}),
    ("51137", PriceError, {**CASH, "px": "200000"}),
    ("51138", PriceError, {**CASH, "side": "sell"}),
    ("51204", PriceError, _less(ORDER, "px")),
    ("54084", PriceError, {**SPOT_MARKET, "sz": "100", "slippagePct": "0.9"}),
    ("51020", SizeError, {**ORDER, "sz": "0.001"}),
    ("51121", SizeError, {**ORDER, "sz": "1.001"}),
    ("51101", SizeError, {**ORDER, "sz": "9999999999"}),
    ("51202", SizeError, {**MARKET, "sz": "99999"}),
    ("51201", SizeError, {**SPOT_MARKET, "sz": "99999999"}),
    ("51185", SizeError, {**CASH, "sz": "90000"}),
    ("51008", BalanceError, {**ORDER, "sz": "10000"}),
    ("51008", BalanceError, {**CASH, "sz": "20"}),
    ("51169", PositionError, {**ORDER, "reduceOnly": True}),
    ("51205", PositionError, {**CALL, "reduceOnly": True}),
    ("51139", AccountStateError, {**CASH, "reduceOnly": True}),
    ("51066", InstrumentError, _less({**CALL, "ordType": "market"}, "px")),
    ("51537", InstrumentError, {**ORDER, "pxUsd": "5"}),
    ("51176", ParameterRefusedError, {**CALL, "pxUsd": "5"}),
    ("54036", OrderStateError, {**ORDER, "ordType": "fok", "stpMode": "cancel_both"}),
    ("54042", OrderStateError, {**ORDER, "ordType": "rpi"}),
]
# What the exchange says once the instrument is in this state.
STATES = {"suspend": "51022", "preopen": "51021", "expired": "51027"}
# Codes that only come as a fault here.
TOLD: list[tuple[str, type[ApiError]]] = [
    ("50011", RateLimitError),
    ("50061", RateLimitError),
    ("50013", SystemBusyError),
    ("50120", PermissionDeniedError),
    ("51127", BalanceError),
    ("51131", BalanceError),
    ("51112", PositionError),
    ("51174", OrderLimitError),
]


class TestRefusals:
    @pytest.mark.parametrize("route", ["ws", "rest"])
    @pytest.mark.parametrize(
        ("code", "kind", "order"), REFUSALS, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(REFUSALS)]
    )
    def test_a_refusal_by_parameter_is_rejected_with_its_code_and_kind(
        self, plain: Desk, route: str, code: str, kind: type[ApiError], order: dict[str, Any]
    ) -> None:
        name = fresh()
        result = plain.call("place_order", **order, clOrdId=name, route=route)
        self.assert_refused(result, code, kind)
        assert (result.cl_ord_id, result.ord_id) == (name, "")
        assert name not in open_orders(plain.exchange)

    @staticmethod
    def assert_refused(result: OrderResult, code: str, kind: type[ApiError]) -> None:
        assert (result.outcome, result.code, result.proof, result.doubt) == ("REJECTED", code, "answer", "")
        error = result.error
        assert isinstance(error, kind)
        assert (error.code, error.sub_code or "", error.endpoint) == (code, result.sub_code, result.op)
        assert error.msg == result.msg != ""
        assert_stamps(result)

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_the_sub_code_of_a_refusal_comes_along(self, plain: Desk, route: str) -> None:
        assert plain.place(sz="10000", route=route).sub_code == "1001"

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_an_order_that_is_there_or_gone_is_told(self, plain: Desk, route: str) -> None:
        name = fresh()
        placed = plain.place(clOrdId=name)
        post_only = plain.place(ordType="post_only")
        ask = plain.trader.rest.market.ticker(instId=BTC).ask_px
        of_it = {"instId": BTC, "ordId": placed.ord_id, "route": route}
        told: list[tuple[OrderResult, str, type[ApiError]]] = [
            (plain.place(clOrdId=name, route=route), "51016", ParameterRefusedError),
            (plain.call("amend_order", **of_it), "51500", OrderStateError),
            (plain.call("amend_order", **of_it, newSz="1.001"), "51121", SizeError),
            (plain.call("amend_order", **of_it, newSz="100000"), "51502", BalanceError),
            (plain.call("amend_order", **{**of_it, "ordId": post_only.ord_id}, newPx=ask), "51511", OrderStateError),
            (plain.call("amend_order", **{**of_it, "ordId": "1"}, newPx="5"), "51503", OrderStateError),
            (plain.call("amend_order", instId=BTC, newPx="5", route=route), "51003", ParameterRefusedError),
            (plain.call("cancel_order", **{**of_it, "ordId": "1"}), "51400", OrderStateError),
            (plain.call("cancel_order", instId=BTC, route=route), "51407", ParameterRefusedError),
        ]
        for result, code, kind in told:
            self.assert_refused(result, code, kind)
        twice = [{"instId": BTC, "ordId": placed.ord_id, "newSz": sz} for sz in ("2", "3")]
        assert [one.code for one in plain.call("amend_batch_orders", twice, route=route)] == ["0", "51512"]

    def test_what_only_the_websocket_lets_through_is_told_by_okx(self, plain: Desk) -> None:
        for order, code in (
            ({**ORDER, "clOrdId": "a-b"}, "51000"),
            (_less(ORDER, "side"), "50014"),
            (_less(ORDER, "instId"), "50014"),
            ({**_less(ORDER, "instId"), "instIdCode": 99999999}, "51001"),
        ):
            assert plain.call("place_order", **order).code == code

    @pytest.mark.parametrize("route", ["ws", "rest"])
    @pytest.mark.parametrize("state", STATES)
    def test_an_instrument_that_does_not_trade_is_told(self, plain: Desk, route: str, state: str) -> None:
        listed = plain.trader.rest.instruments[BTC].list_time_ms
        # Before it is listed it opens by itself once that time has come.
        plain.exchange.set_instrument(BTC, state=state, listTime=str(time.time_ns() // 1_000_000 + 3_600_000))
        try:
            self.assert_refused(plain.place(route=route), STATES[state], InstrumentError)
        finally:
            plain.exchange.set_instrument(BTC, state="live", listTime=str(listed))

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_an_account_whose_mode_forbids_it_is_told(self, plain: Desk, route: str) -> None:
        with trading("sync", plain.exchange, label="spot") as desk:
            self.assert_refused(desk.place(route=route), "51010", AccountStateError)

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_a_spread_order_goes_where_spreads_go(self, plain: Desk, route: str) -> None:
        order = {"sprdId": "BTC-USDT_BTC-USDT-SWAP", "side": "buy", "ordType": "limit", "px": "1", "sz": "1"}
        result = plain.call("place_spread_order", **order, route=route)
        assert (result.outcome, result.code) == ("REJECTED", "50062")  # the exchange has none
        assert (result.op, result.inst_id) == ("sprd-order", order["sprdId"])

    @pytest.mark.parametrize("route", ["ws", "rest"])
    @pytest.mark.parametrize(("code", "kind"), TOLD)
    def test_a_refusal_of_the_whole_request_is_each_orders(self, route: str, code: str, kind: type[ApiError]) -> None:
        aim = {"op": "batch-orders"} if route == "ws" else {"endpoint": "POST trade/batch-orders"}
        with calm() as exchange, trading("sync", exchange, route=route) as desk:
            exchange.fault("error", code=code, msg="no", **aim)
            results = desk.call("place_batch_orders", [ORDER, CASH])
            for result in results:
                self.assert_refused(result, code, kind)
            assert [result.inst_id for result in results] == [BTC, SPOT]
            assert open_orders(exchange) == {}

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_what_comes_after_its_exp_time_is_rejected(self, plain: Desk, route: str) -> None:
        past = int(time.time() * 1000) - 5000
        seen = Sent(plain.exchange)
        result = plain.place(exp_time=past, route=route)
        self.assert_refused(result, "50036", ParameterRefusedError)
        assert result.exp_time == past
        results = plain.call("place_batch_orders", [ORDER, ORDER], exp_time=past, route=route)
        assert [(one.outcome, one.code) for one in results] == [("REJECTED", "50036")] * 2
        result = plain.call("amend_order", instId=BTC, ordId="1", newPx="1", exp_time=past, route=route)
        assert (result.outcome, result.code) == ("REJECTED", "50036")
        assert len(seen.names) == 3

    @pytest.mark.parametrize("route", ["ws", "rest"])
    def test_what_runs_out_on_the_way_is_rejected(self, route: str) -> None:
        with calm() as exchange, trading("sync", exchange, route=route) as desk:
            endpoint = "order" if route == "ws" else "trade/order"
            exchange.fault("latency", path="inbound", us=300_000, endpoint=endpoint)
            result = desk.place(exp_time=int(time.time() * 1000) + 100)
            assert (result.outcome, result.code in ("50036", "50037")) == ("REJECTED", True)

    def test_in_time_is_in_time(self, plain: Desk) -> None:
        assert plain.place(exp_time=int(time.time() * 1000) + 5000).confirmed


class TestLimits:
    """OKX: 60 of each a 2 s and an instrument, by REST and by WebSocket together."""

    def test_a_used_up_limit_fails_at_once_where_asked_and_rest_counts_too(self) -> None:
        with calm() as exchange, trading("sync", exchange, limit_mode="fail") as desk:
            for number in range(60):
                assert desk.place(route="rest" if number % 2 else "ws").confirmed
            seen, calls = Sent(exchange), desk.trader.stats()["calls"]
            for route in ROUTES:
                with pytest.raises(LimitError) as caught:
                    desk.place(route=route)
                assert 0 < caught.value.retry_in_s < 3
            with pytest.raises(LimitError):
                desk.trader.send("order", ORDER)
            assert (seen.rows, desk.trader.stats()["calls"]) == ([], calls)
            # Another instrument, another operation: limits of their own.
            assert desk.call("place_order", **CASH).confirmed
            assert desk.call("cancel_order", instId=BTC, ordId="1").code == "51400"
            assert desk.call("place_batch_orders", [ORDER, ORDER])[0].confirmed
            with pytest.raises(LimitError):  # a batch of one counts as a single order
                desk.call("place_batch_orders", [ORDER])

    @pytest.mark.parametrize("flavour", FLAVOURS)
    def test_a_call_waits_for_its_turn_within_its_time(self, flavour: str) -> None:
        with calm() as exchange, trading(flavour, exchange) as desk:
            calls = [desk.trader.send("order", ORDER) for _ in range(60)]
            assert all(call.wait(5) for call in calls)
            with pytest.raises(LimitError):
                desk.place(timeout=0.2)
            began = time.monotonic()
            assert desk.place().confirmed
            assert time.monotonic() - began > 0.5
            assert not {row["code"] for row in exchange.log()} & {"50011", "50061"}


def test_whoever_waited_for_a_call_finds_its_callback_at_once(plain: Desk) -> None:
    trader = plain.trader
    assert isinstance(trader, Trader)
    while trader.poll():
        pass
    for number in range(50):
        told: list[OrderCall] = []
        call = trader.send("cancel-order", {"instId": BTC, "clOrdId": f"none{number}"}, told.append)
        assert call.wait(WITHIN_S)
        trader.poll()
        assert [one.id for one in told] == [call.id]


def test_every_operation_has_a_method_and_a_rest_method() -> None:
    assert len(METHODS) == 11
    for trader in (Trader, AsyncTrader):
        own = {name for name in vars(trader) if not name.startswith("_")}
        for name in METHODS.values():
            last = name.partition(".")[2]
            method = last.replace("_order", "_spread_order") if name.startswith("sprd.") else last
            assert method in own or last == "mass_cancel", (trader, name)


def test_the_exchange_agrees_at_the_end(plain: Desk) -> None:
    assert plain.exchange.invariants()["ok"]
