"""What a trader keeps of its account: orders, fills, views; what a lost connection hides; switches; algo orders."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import okx_fast
from okx_fast.orders import AsyncTrader, Trader, TraderOptions
from okx_fast.orders.state import AccountEvent
from tests.stub_okx import Stub
from tests.waiting import WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stub_okx import Peer, Request

SWAP = "BTC-USDT-SWAP"
REST_ORDER = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "50000", "sz": "1"}
TAKE = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}


@pytest.fixture
def exchange() -> Iterator[okx_fast.Exchange]:
    with okx_fast.Exchange() as exchange:
        yield exchange


class Told:
    """Everything a trader tells."""

    def __init__(self, trader: Trader) -> None:
        self.orders: list[Any] = []
        self.fills: list[Any] = []
        self.algos: list[Any] = []
        self.events: list[AccountEvent] = []
        self.trader = trader
        trader.on_order(self.orders.append)
        trader.on_fill(self.fills.append)
        trader.on_algo(self.algos.append)
        trader.on_event(lambda event: self.events.append(event) if isinstance(event, AccountEvent) else None)

    def kinds(self) -> Counter[str]:
        return Counter(event.kind for event in self.events)

    def until(self, done: Callable[[], object]) -> None:
        """Let callbacks run until it is so."""
        end = time.monotonic() + WITHIN_S
        while not done():
            assert time.monotonic() < end, f"not within {WITHIN_S} s; {self.events}, {self.trader.stats()}"
            self.trader.poll(0.01)


def trader_on(exchange: okx_fast.Exchange, **options: Any) -> Trader:
    given = TraderOptions(**{"inst_types": ("SWAP", "SPOT"), "timeout_s": 1.0, **options})
    return Trader(exchange.site(), credentials=exchange.credentials(), options=given)


def test_an_order_is_followed_through_its_life(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange) as trader:
        told = Told(trader)
        placed = trader.place_order(**REST_ORDER, clOrdId="life1").raise_for_outcome()
        assert trader.order(placed.ord_id) is not None, "known from the answer on"
        told.until(lambda: any(o.state == "live" for o in told.orders))
        trader.amend_order(instId=SWAP, ordId=placed.ord_id, newSz="3", reqId="r1").raise_for_outcome()
        told.until(lambda: told.kinds()["amended"])
        exchange.fill(placed.ord_id, sz="1")
        told.until(lambda: told.fills)
        order = trader.order(cl_ord_id="life1")
        assert order is not None
        assert (order.state, order.sz, order.acc_fill_sz, order.is_open) == ("partially_filled", 3, 1, True)
        trader.cancel_order(instId=SWAP, ordId=placed.ord_id).raise_for_outcome()
        told.until(lambda: not trader.open_orders())
        order = trader.order(placed.ord_id)
        assert order is not None
        assert (order.state, order.acc_fill_sz, order.is_open) == ("canceled", 1, False)
        assert [(f.sz, f.found) for f in told.fills] == [(Decimal(1), False)]
        assert trader.stats()["illegal"] == 0


def test_an_order_placed_by_rest_is_known_from_the_answer_on(exchange: okx_fast.Exchange) -> None:
    exchange.fault("error", endpoint="orders", code="60018", count=1_000)  # no rows
    with trader_on(exchange) as trader:
        placed = trader.place_order(**REST_ORDER, clOrdId="rest1", route="rest").raise_for_outcome()
        order = trader.order(cl_ord_id="rest1")
        assert order is not None, "without a row of it"
        assert (order.ord_id, order.state, order.is_open) == (placed.ord_id, "accepted", True)


def test_fills_and_orders_missed_on_the_socket_are_found_and_told_once(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange) as trader:
        told = Told(trader)
        kept = trader.place_order(**REST_ORDER, clOrdId="kept").raise_for_outcome()
        gone = trader.place_order(**REST_ORDER, clOrdId="gone").raise_for_outcome()
        told.until(lambda: len({o.ord_id for o in told.orders if o.state == "live"}) == 2)
        told.until(lambda: told.kinds()["reconciled"])
        told.events.clear()
        trader.rest.trade.orders_pending()  # a connection that stays
        exchange.fault("refuse_connect", ms=1500)
        exchange.fault("tcp_reset", path="private", count=2)  # that of operations, and that of the account
        told.until(lambda: not trader.is_up)
        exchange.fill(kept.ord_id, sz="0.5")
        exchange.cancel(gone.ord_id)
        trader.place_order(**REST_ORDER, clOrdId="stranger", route="rest").raise_for_outcome()
        told.until(lambda: told.kinds()["reconciled"] and not trader.is_reconciling)
        states = {o.cl_ord_id: (o.state, o.acc_fill_sz) for o in trader.open_orders()}
        assert states == {"kept": ("partially_filled", Decimal("0.5")), "stranger": ("live", Decimal(0))}
        assert [(f.ord_id, f.sz, f.found) for f in told.fills] == [(kept.ord_id, Decimal("0.5"), True)]
        (event,) = [e for e in told.events if e.kind == "reconciled"]
        assert event.detail["fills"] == 1
        assert event.detail["orders"] >= 3


def test_positions_and_balances_say_how_old_they_are(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange) as trader:
        told = Told(trader)
        told.until(lambda: trader.balances().valid and trader.positions().valid)
        assert not len(trader.positions())
        trader.place_order(**TAKE).raise_for_outcome()
        told.until(lambda: len(trader.positions()) == 1)
        (position,) = trader.positions()
        assert (position.inst_id, position.pos) == (SWAP, 1)
        assert {row.ccy for row in trader.balances()} >= {"USDT"}
        view = trader.positions()
        assert view.valid
        assert view.heard_ms < 11_000
        assert view.whole_ns <= view.told_ns
        trader.place_order(**TAKE | {"side": "sell", "reduceOnly": True}).raise_for_outcome()
        told.until(lambda: len(trader.positions()) == 0)


@pytest.mark.parametrize("channel", ["orders", "positions", "account"])
def test_a_channel_that_okx_refuses_for_good_is_asked_for_again_and_its_view_is_invalid_until_then(
    exchange: okx_fast.Exchange, channel: str
) -> None:
    with trader_on(exchange) as trader:
        told, events = Told(trader), []
        trader.on_event(lambda event: (events.append(event), told.events.append(event)))
        views = {"positions": trader.positions, "account": trader.balances}

        def count(kind: str) -> int:
            return sum(event.kind == kind and getattr(event, "channel", channel) == channel for event in events)

        told.until(lambda: all(view().valid for view in views.values()) and count("reconciled"))
        kept = trader.place_order(**REST_ORDER, clOrdId="kept").raise_for_outcome()
        told.until(lambda: any(order.state == "live" for order in told.orders))
        assert not count("refused")
        events.clear()
        refusal = exchange.fault("error", endpoint=channel, code="60018", count=1_000)
        exchange.fault("conn_count", channel=channel, error=True)
        told.until(lambda: count("refused") >= 3)
        assert not count("subscribed")
        assert [view().valid for name, view in views.items() if name == channel] in ([], [False])
        assert all(view().valid for name, view in views.items() if name != channel)
        if channel == "orders":
            exchange.fill(kept.ord_id)  # nobody hears of it
        exchange.clear_faults(refusal)
        told.until(lambda: count("subscribed"))
        told.until(lambda: all(view().valid for view in views.values()))
        if channel == "orders":
            told.until(lambda: count("reconciled"))
            assert [(fill.ord_id, fill.found) for fill in told.fills] == [(kept.ord_id, True)]


def test_a_trader_that_keeps_no_account_says_so(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange, account=False) as trader:
        assert trader.place_order(**REST_ORDER).confirmed
        for call in (trader.open_orders, trader.positions, trader.balances, trader.algo_orders):
            with pytest.raises(okx_fast.ConfigError):
                call()
        assert [c["name"] for c in trader.stats()["connections"]] == ["orders"]


def test_the_kill_switch_cancels_everything_and_refuses_new_orders(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange, algos=True) as trader:
        told = Told(trader)
        for number in range(25):  # more than one request cancels
            trader.place_order(**REST_ORDER, clOrdId=f"k{number}").raise_for_outcome()
        algo = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1"}
        trader.place_algo_order(**algo, triggerPx="50000", orderPx="-1").raise_for_outcome()
        trader.kill("enough")
        assert trader.stopped == "enough"
        for route in ("ws", "rest"):
            with pytest.raises(okx_fast.NotSentError, match="enough"):
                trader.place_order(**REST_ORDER, route=route)
        told.until(lambda: told.kinds()["killed"])
        (killed,) = [e for e in told.events if e.kind == "killed"]
        assert (killed.detail["canceled"], killed.detail["left"]) == (26, 0)
        assert trader.rest.trade.orders_pending() == []
        trader.resume()
        assert trader.place_order(**REST_ORDER).confirmed


def test_the_dead_mans_switch_is_renewed_while_the_strategy_lives_and_fires_when_it_does_not(
    exchange: okx_fast.Exchange,
) -> None:
    with trader_on(exchange) as trader:
        told = Told(trader)
        trader.place_order(**REST_ORDER).raise_for_outcome()
        trader.arm(10, silence_s=0.5)
        told.until(lambda: (trader.alive(), told.kinds()["armed"])[1])
        began = time.monotonic()
        told.until(lambda: (trader.alive(), time.monotonic() - began > 1.0)[1])
        assert trader.stopped is None, "it was told that the strategy lives"
        told.until(lambda: told.kinds()["killed"])
        assert told.kinds()["fired"] == 1
        assert trader.stopped is not None
        assert trader.rest.trade.orders_pending() == []


def test_the_dead_mans_switch_can_be_turned_off_at_okx_too(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange) as trader:
        told = Told(trader)
        trader.arm(10, silence_s=60)
        told.until(lambda: told.kinds()["armed"])
        trader.disarm()
        told.until(lambda: any(e.detail.get("trigger_ms") == 0 for e in told.events))
        with pytest.raises(okx_fast.ConfigError):
            trader.arm(9)


def test_algo_orders_are_followed_and_linked_to_what_they_place(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange, algos=True) as trader:
        told = Told(trader)
        algo = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1"}
        placed = trader.place_algo_order(**algo, triggerPx="50000", orderPx="-1", algoClOrdId="al1").raise_for_outcome()
        told.until(lambda: trader.algo_order(algo_cl_ord_id="al1") is not None)
        amended = trader.amend_algo_order(instId=SWAP, algoId=placed.ord_id, newSz="2")
        assert amended.confirmed
        told.until(lambda: any(a.sz == 2 for a in told.algos))
        assert [a.algo_id for a in trader.algo_orders()] == [placed.ord_id]
        refused = trader.place_algo_order(**algo | {"sz": "0.001"}, triggerPx="50000", orderPx="-1")
        assert (refused.outcome, type(refused.error)) == ("REJECTED", okx_fast.SizeError)
        (canceled,) = trader.cancel_algo_orders([{"instId": SWAP, "algoId": placed.ord_id}])
        assert canceled.confirmed
        told.until(lambda: not trader.algo_orders())
        attached = [{"attachAlgoClOrdId": "tp1", "tpTriggerPx": "200000", "tpOrdPx": "-1"}]
        trader.place_order(**TAKE, attachAlgoOrds=attached, route="rest").raise_for_outcome()
        told.until(lambda: any(a.algo_cl_ord_id == "tp1" and a.state == "live" for a in trader.algo_orders()))


def test_a_lost_answer_to_an_algo_order_is_resolved_by_its_name(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange, resolve_within_s=3.0) as trader:
        algo = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1"}
        exchange.fault("ack_lost", endpoint="POST /api/v5/trade/order-algo")
        result = trader.place_algo_order(**algo, triggerPx="50000", orderPx="-1", algoClOrdId="lost1", timeout=0.5)
        assert (result.outcome, result.proof) == ("CONFIRMED", "query"), result
        assert len(trader.rest.trade.orders_algo_pending(ordType="trigger")) == 1, "sent once"


def test_callbacks_run_where_the_clients_do(exchange: okx_fast.Exchange) -> None:
    with okx_fast.Client(exchange.site()) as client, trader_on(exchange) as trader:
        client.attach(trader)
        with pytest.raises(okx_fast.ConfigError):
            client.attach(trader)
        over: list[Any] = []

        def on_trade(_: okx_fast.Trade) -> None:
            if not over:
                over.append(None)
                trader.send("order", REST_ORDER, lambda call: (over.append(call), client.stop()))

        client.subscribe_trades(SWAP, on_trade)
        client.run(20)
        assert over[1:], "the outcome came in run()"
        assert trader.results(over[1], REST_ORDER)[0].confirmed


def test_an_async_trader_keeps_the_account_too(exchange: okx_fast.Exchange) -> None:
    async def trade() -> None:
        options = TraderOptions(inst_types=("SWAP",))
        async with AsyncTrader(exchange.site(), credentials=exchange.credentials(), options=options) as trader:
            fills: list[Any] = []
            filled = asyncio.Event()
            trader.on_fill(lambda fill: (fills.append(fill), filled.set()))
            (await trader.place_order(**TAKE, clOrdId="m1")).raise_for_outcome()
            await asyncio.wait_for(filled.wait(), WITHIN_S)
            assert [f.cl_ord_id for f in fills] == ["m1"]

    asyncio.run(trade())


class Spreads:
    """REST of an account that has two spread orders, until they are canceled; nothing else is open there."""

    def __init__(self) -> None:
        self.open = ["71", "72"]
        self.refuses = ""
        self.asked: list[str] = []

    def __call__(self, peer: Peer, request: Request) -> None:
        what = request.path.removeprefix("/api/v5/")
        self.asked.append(what)
        data: list[Any] = []
        if what == self.refuses:
            return peer.answer({"code": "50001", "msg": "not now", "data": []})
        if what == "sprd/orders-pending":
            data = [{"ordId": ord_id, "sprdId": "A_B"} for ord_id in self.open]
        elif what == "sprd/mass-cancel":
            assert request.json == {}, "of all spreads"
            self.open, data = [], [{"result": True}]
        elif what.endswith("cancel-all-after"):
            data = [{"triggerTime": "1785096010000" if what.startswith("sprd") else "1785096000000", "ts": "1"}]
        elif what == "public/time":
            data = [{"ts": str(time.time_ns() // 1_000_000)}]
        return peer.answer({"code": "0", "msg": "", "data": data})


def spread_trader(exchange: okx_fast.Exchange, stub: Stub, **options: Any) -> Trader:
    """Its WebSockets are the exchange's, its REST is another's."""
    site = dataclasses.replace(exchange.site(), rest=stub.url)
    given = TraderOptions(inst_types=(), **options)
    return Trader(site, credentials=exchange.credentials(), options=given)


@pytest.mark.parametrize("spreads", [True, False])
def test_the_kill_switch_cancels_spread_orders_of_a_trader_that_has_spreads(
    exchange: okx_fast.Exchange, spreads: bool
) -> None:
    with Stub(account := Spreads()) as stub, spread_trader(exchange, stub, spreads=spreads) as trader:
        told = Told(trader)
        trader.kill()
        told.until(lambda: told.kinds()["killed"])
        (killed,) = [e for e in told.events if e.kind == "killed"]
        assert killed.detail == {"canceled": 2 if spreads else 0, "left": 0, "why": ""}
        assert account.open == ([] if spreads else ["71", "72"])
        assert any(what.startswith("sprd/") for what in account.asked) == spreads


def test_the_kill_switch_cancels_the_rest_while_spread_orders_cannot_be(exchange: okx_fast.Exchange) -> None:
    with trader_on(exchange, spreads=True) as trader:
        told = Told(trader)
        trader.place_order(**REST_ORDER).raise_for_outcome()
        exchange.fault("error", endpoint="POST /api/v5/sprd/mass-cancel", code="50013", count=3)
        trader.kill()
        told.until(lambda: told.kinds()["killed"])
        (killed,) = [e for e in told.events if e.kind == "killed"]
        assert killed.detail == {"canceled": 1, "left": 0, "why": ""}
        assert trader.rest.trade.orders_pending() == []


def test_the_dead_mans_switch_holds_spread_orders_too(exchange: okx_fast.Exchange) -> None:
    with Stub(account := Spreads()) as stub, spread_trader(exchange, stub, spreads=True) as trader:
        told = Told(trader)
        trader.arm(10, silence_s=60)
        told.until(lambda: told.kinds()["armed"])
        assert told.events[-1].detail["trigger_ms"] == 1785096010000, "all is canceled by the later one"
        account.refuses = "sprd/cancel-all-after"
        told.until(lambda: told.kinds()["not-renewed"])
        assert {"trade/cancel-all-after", "sprd/cancel-all-after"} <= set(account.asked)
