"""All that the REST benches know of okx_fast's Python API: one order, sync, on asyncio and on uvloop.

The limiter runs in every call, with limits that are never reached: OKX's 60 orders in 2 s would be all there is to see.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import okx_fast
from benches.py.rest_clients import INST, KEY, PASSPHRASE, SECRET, Job, Meter, run_async, run_at_once, run_sync
from okx_fast.rest import table

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

PLENTY = 1_000_000


def _options(job: Job) -> dict[str, Any]:
    rows = tuple(replace(row, count=PLENTY, seconds=2) for row in table.load())
    table.load = lambda: rows  # type: ignore[assignment]  # before any client reads it
    return {
        "site": okx_fast.Site(name="bench", rest=job.url),
        "credentials": okx_fast.Credentials(KEY, SECRET, PASSPHRASE),
        "options": okx_fast.RestOptions(connections=job.connections, order_cap=PLENTY),
    }


def _order(place: Any, job: Job) -> Callable[[str], Any]:
    def order(cl_ord_id: str) -> Any:
        return place(instId=INST, tdMode="cash", side="buy", ordType="ioc", sz=job.sz, px=job.px, clOrdId=cl_ord_id)

    return order


def sync(job: Job) -> dict[str, Any]:
    """On the caller's thread."""
    with okx_fast.Rest(**_options(job)) as rest:
        order = _order(rest.trade.place_order, job)
        return run_sync(job, lambda cl_ord_id: order(cl_ord_id).ord_id)


async def loop(job: Job) -> dict[str, Any]:
    """On a loop."""
    async with okx_fast.AsyncRest(**_options(job)) as rest:
        order = _order(rest.trade.place_order, job)

        async def place(cl_ord_id: str) -> str:
            ord_id: str = (await order(cl_ord_id)).ord_id
            return ord_id

        return await (run_at_once if job.at_once else run_async)(job, place)


def python_only(job: Job) -> dict[str, Any]:
    """Everything of a call but RestCore, which hands back the reply that it got for a first call."""
    with okx_fast.Rest(**_options(job)) as rest:
        core: Any = rest._link.core  # noqa: SLF001  there is no other way in that measures the same
        replies: list[Any] = []

        class Canned:
            def call(self, *args: Any) -> Any:
                if not replies:
                    replies.append(core.call(*args))
                return replies[0]

        rest._link.core = Canned()  # type: ignore[assignment]  # noqa: SLF001
        order, meter = _order(rest.trade.place_order, job), Meter(job)
        rest._link.core = core  # noqa: SLF001  which is what close() ends
        assert order("b1").ok
        for _ in range(job.warm):
            order("b1")
        meter.start()
        for _ in range(job.count):
            before = time.perf_counter_ns()
            assert order("b1").ord_id
            meter.ns.append(time.perf_counter_ns() - before)
        return meter.report()


CLIENTS: dict[str, Callable[[Job], dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]]] = {
    "okx_fast/sync": sync,
    "okx_fast/asyncio": loop,
    "okx_fast/uvloop": loop,
    "okx_fast/python": python_only,
}
