"""All that the REST benches know of okx_fast's Python API: one order, sync, on asyncio and on uvloop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import okx_fast
from benches.py.rest_clients import INST, KEY, PASSPHRASE, SECRET, Job, run_async, run_at_once, run_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def _client(job: Job, kind: str) -> Any:
    api: Any = okx_fast
    site = api.Site(name="bench", rest=job.url)
    options = api.RestOptions(connections=job.connections)
    credentials = api.Credentials(KEY, SECRET, PASSPHRASE)
    return getattr(api, kind)(site, credentials=credentials, options=options)


def sync(job: Job) -> dict[str, Any]:
    """On the caller's thread."""
    with _client(job, "Rest") as rest:

        def place(cl_ord_id: str) -> str:
            ack = rest.trade.place_order(
                instId=INST, tdMode="cash", side="buy", ordType="ioc", sz=job.sz, px=job.px, clOrdId=cl_ord_id
            )
            ord_id: str = ack.ord_id
            return ord_id

        return run_sync(job, place)


async def loop(job: Job) -> dict[str, Any]:
    """On a loop."""
    async with _client(job, "AsyncRest") as rest:

        async def place(cl_ord_id: str) -> str:
            ack = await rest.trade.place_order(
                instId=INST, tdMode="cash", side="buy", ordType="ioc", sz=job.sz, px=job.px, clOrdId=cl_ord_id
            )
            ord_id: str = ack.ord_id
            return ord_id

        return await (run_at_once if job.at_once else run_async)(job, place)


CLIENTS: dict[str, Callable[[Job], dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]]] = {
    "okx_fast/sync": sync,
    "okx_fast/asyncio": loop,
    "okx_fast/uvloop": loop,
}
