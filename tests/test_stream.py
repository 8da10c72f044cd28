"""Iterators over subscriptions: from when they listen, and what becomes of those that nobody holds."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from okx_fast import Client, ConfigError, Sim
from tests.waiting import BTC, assert_contiguous, until


def test_nothing_between_the_call_and_the_first_turn_is_lost() -> None:
    async def main() -> None:
        with Sim(rate=4000, instruments=1) as sim:
            async with Client(sim.site()) as client:
                book = client.subscribe_book(BTC)
                stream = client.stream(book)
                await until(lambda: client.stats()["events"] > 100)
                updates = [await anext(stream) for _ in range(200)]
                assert_contiguous(updates)  # so the first is the snapshot

    asyncio.run(main())


def test_an_iterator_nobody_holds_makes_place_at_once_and_holds_nothing_up() -> None:
    async def main() -> None:
        with Sim(rate=4000, instruments=1) as sim:
            async with Client(sim.site()) as client:
                book = client.subscribe_book(BTC)
                for _ in range(3):
                    client.stream(book)  # never started
                    assert client._streams == []
                    async for _ in client.stream(book):
                        break
                    assert client._streams == []
                client.stream(book)
                before = client.stats()["messages"]
                await until(lambda: client.stats()["messages"] > before + 3000)
                held = client.stream(book)
                with pytest.raises(ConfigError, match="already has a listener"):
                    client.stream(book)
                assert (await anext(held)).inst_id == BTC

    asyncio.run(main())


def test_an_iterator_may_be_let_go_on_another_thread() -> None:
    async def main() -> None:
        with Sim(rate=4000, instruments=1) as sim:
            async with Client(sim.site()) as client:
                held: list[Any] = [client.stream(client.subscribe_book(BTC))]
                thread = threading.Thread(target=held.clear)
                thread.start()
                thread.join()
                await until(lambda: client._streams == [])

    asyncio.run(main())


def test_a_callback_of_the_users_is_not_replaced() -> None:
    async def main() -> None:
        with Sim(rate=4000, instruments=1) as sim:
            async with Client(sim.site()) as client:
                trades: list[Any] = []
                subscription = client.subscribe_trades(BTC, trades.append)
                with pytest.raises(ConfigError, match="already has a listener"):
                    client.stream(subscription)
                await until(lambda: trades)

    asyncio.run(main())
