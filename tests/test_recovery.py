"""What a client makes of an exchange that misbehaves, told to its user: books by REST, old snapshots, late pushes, and
a loop that does not come."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

import okx_fast
from tests.waiting import BTC, Events, pump_until, until

if TYPE_CHECKING:
    from okx_fast import Exchange


def test_a_book_whose_snapshot_never_comes_is_made_valid_by_rest(okx_exchange: Exchange) -> None:
    okx_exchange.fault("snapshot_lost")
    with okx_fast.Client(okx_exchange.site()) as client:
        events, updates = Events(client), list[okx_fast.BookUpdate]()
        book = client.subscribe_book(BTC, updates.append)
        pump_until(client, lambda: len(updates) > 3)
        assert (book.valid, client.stats()["bridged"], client.stats()["resyncs"]) == (True, 1, 0)
        assert events.kinds == ["connected", "subscribed"]
        assert [update.action for update in updates[:3]] == ["snapshot", "update", "update"]
        chained = itertools.pairwise(updates)
        assert all(after.prev_seq_id == before.seq_id for before, after in chained)


def test_without_recovery_only_the_socket_is_asked(okx_exchange: Exchange) -> None:
    okx_exchange.fault("snapshot_lost")
    options = okx_fast.Options(recover=False, answer_within_s=1.5)
    with okx_fast.Client(okx_exchange.site(), options=options) as client:
        events = Events(client)
        book = client.subscribe_book(BTC)
        pump_until(client, lambda: book.valid)
        assert (client.stats()["bridged"], client.stats()["resyncs"]) == (0, 1)
        assert "timeout" in events.kinds


def test_an_old_snapshot_is_refused_and_another_is_asked_for(okx_exchange: Exchange) -> None:
    with okx_fast.Client(okx_exchange.site()) as client:
        events, updates = Events(client), list[okx_fast.BookUpdate]()
        book = client.subscribe_book(BTC, updates.append)
        pump_until(client, lambda: len(updates) > 5)
        okx_exchange.fault("book_stale_snapshot")
        okx_exchange.fault("book_gap")
        pump_until(client, lambda: events.of("stale") and book.valid)
        [told] = events.of("stale")
        assert (told.channel, told.inst_id) == ("books", BTC)
        assert "an old snapshot" in told.msg
        assert int(told.got) < int(told.expected)
        # Not one of its levels was ever shown.
        assert all(a.ts_ms <= b.ts_ms for a, b in itertools.pairwise(updates))


def test_a_connection_that_turns_late_says_so_and_when_it_is_on_time_again(okx_exchange: Exchange) -> None:
    with okx_fast.Client(okx_exchange.site()) as client:
        events, updates = Events(client), list[okx_fast.BookUpdate]()
        client.subscribe_book(BTC, updates.append)
        pump_until(client, lambda: len(updates) > 5)
        okx_exchange.fault("latency", path="push", us=1_500_000, for_ms=1_500)
        pump_until(client, lambda: len(events.of("late")) == 2)
        late, on_time = events.of("late")
        assert (late.connection, late.expected, "late" in late.msg) == ("public", "at most 1000 ms", True)
        assert on_time.msg == "what it brings is on time again"
        assert client.stats()["late"] == 1
        assert [c.state for c in client.connections()] == ["live"]


def test_a_loop_that_is_held_up_is_told_of_when_it_comes(okx_exchange: Exchange) -> None:
    async def main() -> None:
        async with okx_fast.Client(okx_exchange.site()) as client:
            events, updates = Events(client), list[okx_fast.BookUpdate]()
            client.subscribe_book(BTC, updates.append)
            await until(lambda: len(updates) > 5)
            assert events.of("starved") == []
            held_up_us = await asyncio.get_running_loop().run_in_executor(None, lambda: client.stats()["loop_late_us"])
            assert held_up_us < 1e6
            time.sleep(1.3)  # noqa: ASYNC251  # this is what must not be done
            assert client.stats()["loop_late_us"] > 0.5e6
            await until(lambda: events.of("starved"))
            [told] = events.of("starved")
            assert (told.expected, told.connection) == ("within 1000 ms", "")
            assert int(told.got.removesuffix(" ms")) >= 1000

    asyncio.run(main())
