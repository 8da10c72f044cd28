"""The client on an event loop: the loop's thread, iterators, back-pressure, exceptions, cancellation."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from okx_fast import Client, ClosedError, ConfigError, Options, Sim
from tests.hostile import Peer, Server
from tests.waiting import BTC, ETH, Events, assert_contiguous, until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs a coroutine on each kind of loop."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield lambda coroutine: runner.run(asyncio.wait_for(coroutine, 30))


@pytest.fixture(scope="module")
def sim() -> Iterator[Sim]:
    with Sim(rate=4000, instruments=2, checksum="real", messages=8000) as sim:
        yield sim


def test_callbacks_run_on_the_loops_thread_in_order(run: Run, sim: Sim) -> None:
    async def main() -> None:
        threads, updates = set(), []

        def on_update(update: Any) -> None:
            threads.add(threading.get_ident())
            assert asyncio.get_running_loop() is loop
            updates.append(update)

        loop = asyncio.get_running_loop()
        async with Client(sim.site()) as client:
            book = client.subscribe_book(BTC, on_update)
            await until(lambda: len(updates) > 300)
            assert (book.seq_id or 0) >= updates[-1].seq_id
        assert threads == {threading.get_ident()}
        assert_contiguous(updates)

    run(main())


def test_an_iterator_gives_every_event_and_ends_with_the_subscription(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async with Client(sim.site()) as client:
            book = client.subscribe_book(BTC)
            updates = []
            async for update in client.stream(book):
                updates.append(update)
                if len(updates) == 200:
                    client.unsubscribe(book)
            assert len(updates) >= 200
            assert_contiguous(updates)
            trades = client.subscribe_trades(BTC)
            async for trade in client.stream(trades):
                assert trade.inst_id == BTC
                break

    run(main())


def test_an_iterator_over_a_refused_subscription_ends(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async with Client(sim.site()) as client:
            client.on_event(None)
            for _ in range(2):
                async for _ in client.stream(client.subscribe_trades("NO-SUCH")):
                    pytest.fail("there is none")

    run(main())


def test_two_iterators_take_turns(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async def take(subscription: Any, many: int) -> int:
            seen = 0
            async for _ in client.stream(subscription):
                seen += 1
                if seen == many:
                    break
            return seen

        async with Client(sim.site()) as client:
            both = client.subscribe_book(BTC), client.subscribe_trades(ETH, channel="trades-all")
            assert await asyncio.gather(take(both[0], 300), take(both[1], 50)) == [300, 50]

    run(main())


@pytest.mark.parametrize("queue", [64, 8192])
def test_a_slow_iterator_holds_the_sender_back_and_loses_nothing(run: Run, queue: int) -> None:
    count = 30_000

    async def main() -> None:
        with Sim(speed="full", limit=count, instruments=1, channels=["books"], messages=8000) as sim:
            async with Client(sim.site(), options=Options(queue=queue)) as client:
                updates: list[Any] = []
                most = 0
                async for update in client.stream(client.subscribe_book(BTC)):
                    updates.append(update)
                    if len(updates) == 1:
                        # Stand still until nothing more comes in: the queue, the iterator and the socket are full.
                        before = -1
                        while (now := client.stats()["messages"]) != before:
                            before = now
                            await asyncio.sleep(0.1)
                        assert now < queue + 1024 + 2 * 256 + 64
                    most = max(most, client.stats()["events_waiting"])
                    if len(updates) == count:
                        break
                assert_contiguous(updates)
                assert most <= queue
                assert client.stats()["connects"] == 1

    run(main())


def test_a_slow_callback_loses_nothing_and_the_wait_is_seen(run: Run) -> None:
    async def main() -> None:
        with Sim(speed="full", limit=5000, instruments=1, channels=["books"], messages=8000) as sim:
            async with Client(sim.site(), options=Options(queue=64)) as client:
                updates: list[Any] = []

                def on_update(update: Any) -> None:
                    updates.append(update)
                    if len(updates) % 100 == 0:
                        time.sleep(0.01)

                client.subscribe_book(BTC, on_update)
                await until(lambda: len(updates) == 5000)
                assert_contiguous(updates)
                assert client.stats()["latency_us"]["p99"] > 1000

    run(main())


def test_conflated_books_keep_up_with_a_slow_loop(run: Run) -> None:
    async def main() -> None:
        with Sim(speed="full", limit=20_000, instruments=1, channels=["books"], messages=8000) as sim:
            async with Client(sim.site(), options=Options(queue=64)) as client:
                updates: list[Any] = []

                def on_update(update: Any) -> None:
                    updates.append(update)
                    time.sleep(0.01)

                book = client.subscribe_book(BTC, on_update, conflate=True)
                await until(lambda: client.stats()["messages"] == 20_000)
                await until(lambda: updates[-1].seq_id == book.seq_id)
                assert len(updates) < 1000
                assert updates[-1].best_bid == book.best_bid

    run(main())


def test_many_events_do_not_starve_other_tasks(run: Run) -> None:
    async def main() -> None:
        with Sim(speed="full", instruments=1, messages=8000) as sim:
            async with Client(sim.site()) as client:
                seen: list[int] = []

                def on_update(update: Any) -> None:
                    seen.append(0)
                    for _ in range(100):
                        pass

                client.subscribe_book(BTC, on_update)
                client.subscribe_trades(BTC, on_update)
                await until(lambda: len(seen) > 1000)
                pauses = []
                for _ in range(100):
                    start = time.monotonic()
                    await asyncio.sleep(0)
                    pauses.append(time.monotonic() - start)
                assert sorted(pauses)[90] < 0.03

    run(main())


def test_a_busy_connection_does_not_starve_the_other(run: Run) -> None:
    async def main() -> None:
        with Sim(speed="full", instruments=1, messages=8000) as sim:
            async with Client(sim.site(), options=Options(queue=1024)) as client:
                books, trades = [], []
                client.subscribe_book(BTC, lambda update: (books.append(1), time.sleep(0.0002)))
                await until(lambda: len(books) > 2000)
                client.subscribe_trades(BTC, trades.append, channel="trades-all")
                before = len(books)
                await until(lambda: len(trades) > 500)
                assert len(books) - before < 20 * len(trades)

    run(main())


def test_books_nobody_listens_to_do_not_wake_the_loop(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async with Client(sim.site()) as client:
            turns = 0
            drain = client._engine.drain
            book = client.subscribe_book(BTC)
            await until(lambda: book.valid and client.stats()["events_waiting"] == 0)

            def counted() -> None:
                nonlocal turns
                turns += 1
                drain(256)

            asyncio.get_running_loop().add_reader(client._fd, counted)
            before = client.stats()["messages"]
            await until(lambda: client.stats()["messages"] > before + 500)
            assert turns < 10

    run(main())


def test_a_raising_callback_goes_to_the_loops_handler_or_to_on_error(run: Run, sim: Sim) -> None:
    async def main() -> None:
        reported: list[dict[str, Any]] = []
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
        async with Client(sim.site()) as client:
            client.subscribe_trades(BTC, lambda trade: 1 / 0)
            await until(lambda: len(reported) >= 2)
            assert isinstance(reported[0]["exception"], ZeroDivisionError)
            assert "callback raised on Trade(BTC-USDT-SWAP" in reported[0]["message"]
            client.on_error(lambda error, event: told.append((error, event)))
            before = len(reported)
            await until(lambda: len(told) >= 2)
            assert len(reported) - before == 0
            assert type(told[0][0]) is ZeroDivisionError

    run(main())


def test_cancelling_a_task_that_iterates_frees_the_subscription(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async with Client(sim.site()) as client:
            book = client.subscribe_book(BTC)
            seen: list[Any] = []

            async def take() -> None:
                async for update in client.stream(book):
                    seen.append(update)  # noqa: PERF401  # looked at while it grows

            for _ in range(3):
                seen.clear()
                task = asyncio.create_task(take())
                await until(lambda: len(seen) > 10)
                with pytest.raises(ConfigError, match="already has a listener"):
                    await anext(client.stream(book))
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert client._streams == []

    run(main())


def test_closing_a_client_ends_its_iterators_and_later_use_is_refused(run: Run, sim: Sim) -> None:
    async def main() -> None:
        client = await Client(sim.site()).__aenter__()
        book = client.subscribe_book(BTC)

        async def count() -> int:
            seen = 0
            async for _ in client.stream(book):
                seen += 1
            return seen

        task = asyncio.create_task(count())
        await until(lambda: book.valid)
        client.close()
        client.close()
        assert await asyncio.wait_for(task, 5) >= 0
        with pytest.raises(ClosedError):
            client.subscribe_book(ETH)
        with pytest.raises(ClosedError):
            await anext(client.stream(book))

    run(main())


def test_subscribing_and_closing_from_callbacks_works(run: Run, sim: Sim) -> None:
    async def main() -> None:
        others: list[Any] = []
        async with Client(sim.site()) as client:

            def on_other(trade: Any) -> None:
                others.append(trade)
                client.close()

            def on_update(update: Any) -> None:
                client.unsubscribe(update.book)
                client.subscribe_trades(ETH, on_other, channel="trades-all")

            client.subscribe_book(BTC, on_update)
            await until(lambda: others)
            await asyncio.sleep(0)
        assert len(others) == 1

    run(main())


def test_the_modes_do_not_mix(run: Run, sim: Sim) -> None:
    async def main() -> None:
        async with Client(sim.site()) as client:
            for call in (client.poll, client.run):
                with pytest.raises(ConfigError, match="async with"):
                    call()
        with Client(sim.site()) as client:
            client.poll()
            with pytest.raises(ConfigError, match="async with"):
                await anext(client.stream(client.subscribe_book(BTC)))
            with pytest.raises(ConfigError, match="already running"):
                await client.__aenter__()

    run(main())


def test_a_lost_connection_is_told_on_the_loop_and_closing_meanwhile_is_quick(run: Run) -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.receive()

    async def main() -> None:
        with Server(script, lambda peer: peer._more()) as server:
            async with Client(server.site) as client:
                events = Events(client)
                client.subscribe_book(BTC)
                await until(lambda: len(server.peers) == 1 and events)
                server.peers[0].sock.shutdown(socket.SHUT_RDWR)
                await until(lambda: len(server.peers) == 2)
                assert events.kinds == ["connected", "disconnected"]
                start = time.monotonic()
            assert time.monotonic() - start < 1

    run(main())
