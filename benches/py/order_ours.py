"""All that the order benches know of okx_fast: the same order, on asyncio, for threads, and in the run of a client.

The limiter runs in every call, with limits that are never reached: OKX's 60 orders in 2 s would be all there is to see.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import okx_fast
from benches.py.rest_clients import INST, KEY, PASSPHRASE, SECRET, Job, run_async, run_sync
from okx_fast.orders import AsyncTrader, Trader, TraderOptions
from okx_fast.rest import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast._native import OrderCall

PLENTY = 1_000_000
# Between two orders of a tick-to-trade run, so that each meets a quiet machine.
PAUSE_NS = 2_000_000
IN_A_ROW = 16


def _options(job: Job) -> dict[str, Any]:
    rows = tuple(replace(row, count=PLENTY, seconds=2) for row in table.load())
    table.load = lambda: rows  # type: ignore[assignment]  # before any client reads it
    site = okx_fast.Site(
        name="bench",
        rest=job.url,
        ws_public=f"{job.ws}/ws/v5/public",
        ws_private=f"{job.ws}/ws/v5/private",
        ca_file=job.ca_file,
    )
    rest = okx_fast.RestOptions(order_cap=PLENTY)
    options = TraderOptions(inst_types=("SPOT",), rest=rest, account=job.kept)
    return {"site": site, "credentials": okx_fast.Credentials(KEY, SECRET, PASSPHRASE), "options": options}


def _fields(job: Job, cl_ord_id: str) -> dict[str, Any]:
    return {
        "instId": INST, "tdMode": "cash", "side": "buy", "ordType": "ioc", "sz": job.sz, "px": job.px,
        "clOrdId": cl_ord_id,
    }  # fmt: skip


async def loop(job: Job) -> dict[str, Any]:
    """On a loop."""
    async with AsyncTrader(**_options(job)) as trader:

        async def place(cl_ord_id: str) -> str:
            return (await trader.place_order(**_fields(job, cl_ord_id))).raise_for_outcome().ord_id

        return _with_spans(await run_async(job, place), trader)


def sync(job: Job) -> dict[str, Any]:
    """For threads."""
    with Trader(**_options(job)) as trader:
        place = lambda cl_ord_id: trader.place_order(**_fields(job, cl_ord_id)).raise_for_outcome().ord_id  # noqa: E731
        return _with_spans(run_sync(job, place), trader)


def pump(job: Job) -> dict[str, Any]:
    """Sent and called back in the run of a client."""
    given = _options(job)
    with okx_fast.Client(given["site"]) as client, Trader(**given) as trader:
        client.attach(trader)
        answered: list[OrderCall] = []

        def place(cl_ord_id: str) -> str:
            answered.clear()
            fields = _fields(job, cl_ord_id)
            trader.send("order", fields, answered.append)
            while not answered:
                client.poll(1.0)
            [result] = trader.results(answered[0], fields)
            return result.raise_for_outcome().ord_id

        return _with_spans(run_sync(job, place), trader)


def burst(job: Job) -> dict[str, Any]:
    """Sixteen orders in a row, then their answers: what a call costs whose caches are warm."""
    ns: list[int] = []
    with Trader(**_options(job)) as trader:
        for number in range(0, job.count, IN_A_ROW):
            orders = [_fields(job, f"r{number + place}") for place in range(IN_A_ROW)]
            calls = []
            for fields in orders:
                before = time.perf_counter_ns()
                calls.append(trader.send("order", fields))
                ns.append(time.perf_counter_ns() - before)
            for call, fields in zip(calls, orders, strict=True):
                assert call.wait(5.0)
                [result] = trader.results(call, fields)
                result.raise_for_outcome()
        return _with_spans({"impl": job.impl, "ns": ns}, trader)


def tick(job: Job) -> dict[str, Any]:
    """Tick to trade: from the socket's bytes of a book update until the order's bytes are with the kernel."""
    given = _options(job)
    feed = replace(given["site"], ws_public=job.feed)
    ns: list[int] = []
    build: list[int] = []
    with okx_fast.Client(feed) as client, Trader(**given) as trader:
        client.attach(trader)
        fields, last = _fields(job, ""), 0
        calls: list[OrderCall] = []

        def on_update(update: okx_fast.BookUpdate) -> None:
            nonlocal last
            now = time.monotonic_ns()
            if now - last < PAUSE_NS or len(calls) >= job.count + job.warm:
                return
            last = now
            fields["clOrdId"] = f"t{len(calls)}"
            call = trader.send("order", fields)
            ns.append(time.monotonic_ns() - update.recv_mono_ns)
            calls.append(call)
            if len(calls) >= job.count + job.warm:
                client.stop()

        client.subscribe_book("BTC-USDT-SWAP", on_update)
        client.run(60)
        for call in calls:
            assert call.wait(5.0)
            [result] = trader.results(call, fields)
            result.raise_for_outcome()
            assert result.sealed_ns is not None
            build.append(result.sealed_ns - result.called_ns)
    assert len(calls) == job.count + job.warm, f"{len(calls)} orders in a minute"
    return {"impl": job.impl, "ns": ns[job.warm :], "build_ns": build[job.warm :]}


def _with_spans(result: dict[str, Any], trader: Trader | AsyncTrader) -> dict[str, Any]:
    return {**result, "build_us": trader.stats()["spans_us"]["build"]}


CLIENTS: dict[str, Callable[[Job], Any]] = {
    "okx_fast/asyncio": loop,
    "okx_fast/sync": sync,
    "okx_fast/pump": pump,
    "okx_fast/burst": burst,
    "okx_fast/tick": tick,
}
