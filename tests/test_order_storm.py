"""All faces of orders at once while connections end and answers are lost or late: every call ends in a true word.

What is at stake here is who reads a connection, as it comes and goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from dataclasses import replace
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from okx_fast import AsyncTrader, Client, NotSentError, OrderResult, RestOptions, Trader, TraderOptions
from okx_fast.rest import table
from tests.order_calls import ORDER, Sent, account, calm, open_orders
from tests.waiting import BTC

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from okx_fast import Exchange
    from okx_fast._native import OrderCall

PLENTY = 1_000_000
SECONDS = 6.0
TASKS = 3
# Between two orders of a task: OKX keeps 500 open for an account and an instrument.
PAUSE_S = 0.04
FACES = ("sync", "asyncio", "pump")
# When all connections for orders end, in seconds: at most three are made anew in each.
ENDS: list[tuple[float, str, dict[str, Any]]] = [
    (1.0, "tcp_reset", {"path": "private"}),
    (4.0, "notice", {"path": "private", "close_after_ms": 1500}),
]
TROUBLES: list[tuple[str, dict[str, Any]]] = [
    ("ack_lost", {}),
    ("request_lost", {}),
    ("push_before_ack", {"ms": 30}),
    ("ack_before_push", {"ms": 30}),
]
OPTIONS = TraderOptions(
    inst_types=("SWAP",), timeout_s=0.3, resolve_within_s=1.0, rest=RestOptions(order_cap=PLENTY), backoff_s=0.05
)


class Storm:
    """Places orders until it is over, and keeps how each ended; a name is used once."""

    def __init__(self, face: str, until: float) -> None:
        self.face = face
        self.until = until
        self.ends: dict[str, OrderResult | None] = {}

    def names(self, task: int) -> Any:
        """Fresh ones, as long as it lasts."""
        number = 0
        while monotonic() < self.until:
            number += 1
            name = f"{self.face}{task}x{number}"
            self.ends[name] = None
            yield name

    def run(self, exchange: Exchange) -> None:
        """All of it, on this thread and those it makes."""
        given: dict[str, Any] = {"credentials": exchange.credentials(self.face), "options": OPTIONS}
        {"sync": self._threads, "asyncio": self._tasks, "pump": self._pump}[self.face](exchange, given)

    def _threads(self, exchange: Exchange, given: dict[str, Any]) -> None:
        with Trader(exchange.site(), **given) as trader:

            def place(task: int) -> None:
                for name in self.names(task):
                    with contextlib.suppress(NotSentError):
                        self.ends[name] = trader.place_order(**ORDER, clOrdId=name)
                    sleep(PAUSE_S)

            run_all([lambda task=task: place(task) for task in range(TASKS)])

    def _tasks(self, exchange: Exchange, given: dict[str, Any]) -> None:
        async def main() -> None:
            async with AsyncTrader(exchange.site(), **given) as trader:

                async def place(task: int) -> None:
                    for name in self.names(task):
                        with contextlib.suppress(NotSentError):
                            self.ends[name] = await trader.place_order(**ORDER, clOrdId=name)
                        await asyncio.sleep(PAUSE_S)

                await asyncio.gather(*(place(task) for task in range(TASKS)))

        asyncio.run(main())

    def _pump(self, exchange: Exchange, given: dict[str, Any]) -> None:
        with Client(exchange.site()) as client, Trader(exchange.site(), **given) as trader:
            client.attach(trader)
            client.subscribe_book(BTC, lambda _: None)
            for name in self.names(0):
                fields = {**ORDER, "clOrdId": name}
                over: list[OrderCall] = []
                with contextlib.suppress(NotSentError):
                    trader.send("order", fields, over.append)
                    while not over:
                        client.poll(0.5)
                    [self.ends[name]] = trader.results(over[0], fields)
                client.run(PAUSE_S)


def run_all(work: list[Callable[[], None]]) -> None:
    """At once, each on a thread; raises what one of them did."""
    wrong: list[BaseException] = []

    def guarded(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:  # noqa: BLE001  # raised below
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(one,), daemon=True) for one in work]
    for thread in threads:
        thread.start()
    end = monotonic() + SECONDS + 30
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
    assert not any(thread.is_alive() for thread in threads), "a call never came back"
    if wrong:
        raise wrong[0]


def trouble(exchange: Exchange, began: float) -> None:
    """Something every 100 ms, and the ends in their time."""
    dice, ends = random.Random(7), list(ENDS)  # no secret
    while (now := monotonic() - began) < SECONDS:
        if ends and now >= ends[0][0]:
            _, kind, fields = ends.pop(0)
        else:
            kind, fields = dice.choice(TROUBLES)
            fields = {"op": "order", "clOrdId_prefix": dice.choice(FACES), **fields}
        exchange.fault(kind, **fields)
        sleep(0.1)


def test_in_a_storm_every_face_ends_each_call_in_a_word_that_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(replace(row, count=PLENTY, seconds=2) for row in table.load())
    monkeypatch.setattr(table, "load", lambda: rows)
    rich = {"balances": {"USDT": "100000000"}}
    with calm(*(account(face, **rich) for face in FACES), limits=0) as exchange:
        sent = {face: Sent(exchange, face) for face in FACES}
        began = monotonic()
        storms = [Storm(face, began + SECONDS) for face in FACES]
        work = [lambda storm=storm: storm.run(exchange) for storm in storms]
        run_all([*work, lambda: trouble(exchange, began)])
        exchange.clear_faults()
        for storm in storms:
            there = open_orders(exchange, storm.face)
            ended = {name: end for name, end in storm.ends.items() if end is not None}
            confirmed = {name for name, end in ended.items() if end.outcome == "CONFIRMED"}
            assert len(confirmed) > 20
            assert confirmed <= there.keys()
            assert not {name for name, end in ended.items() if end.outcome == "REJECTED"} & there.keys()
            # Those that raised were never sent.
            assert not (storm.ends.keys() - ended.keys()) & there.keys()
            assert all(end.error.find for end in ended.values() if end.outcome == "UNKNOWN")
            assert len(there) == exchange_count(sent[storm.face], there)


def exchange_count(sent: Sent, there: dict[str, Any]) -> int:
    """Orders of these names that reached the exchange."""
    names = [item.get("clOrdId") for text in sent.texts for item in json.loads(text)["args"]]
    return sum(names.count(name) for name in there)
