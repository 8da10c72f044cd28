"""One client that sends orders by WebSocket, in a process of its own: reads a job, runs it, prints one JSON line.

    python -m benches.py.order_clients '{"impl": "python_okx/asyncio", "url": "http://…", "ws": "wss://…", ...}'

Runs in whatever environment its client is installed in. Every client places the same order, an immediate-or-cancel one
far from the market that leaves nothing behind, waits for OKX's answer and hands back the order's id. The first order is
looked up at the server before anything is timed.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

from benches.py.rest_clients import INST, KEY, PASSPHRASE, SECRET, Job, accepted, get, order, run_async

if TYPE_CHECKING:
    from collections.abc import Callable

RIVALS = ("ccxt_pro/asyncio", "python_okx/asyncio")
OURS = ("okx_fast/asyncio", "okx_fast/sync", "okx_fast/pump")
# python-okx gives no answer to its login but to the callback.
LOGIN_S = 10


async def ccxt_pro(job: Job) -> dict[str, Any]:
    """Ccxt's WebSocket side, its limiter off."""
    pro = importlib.import_module("ccxt.pro")
    keys = {"apiKey": KEY, "secret": SECRET, "password": PASSPHRASE}
    urls = {"rest": job.url, "ws": f"{job.ws}/ws/v5"}
    ex = pro.okx({"urls": {"api": urls}, **keys, "enableRateLimit": False, "cafile": job.ca_file})
    sz, px = float(job.sz), float(job.px)
    try:
        await ex.load_markets()

        async def place(cl_ord_id: str) -> str:
            params = {"timeInForce": "IOC", "clOrdId": cl_ord_id}
            ord_id: str = (await ex.create_order_ws("BTC/USDT", "limit", "buy", sz, px, params))["id"]
            return ord_id

        return await run_async(job, place)
    finally:
        await ex.close()


async def python_okx(job: Job) -> dict[str, Any]:
    """OKX's own client: it sends, and whoever calls matches the answers; here by id, with a future each."""
    module = importlib.import_module("okx.websocket.WsPrivateAsync")
    waiting: dict[str, asyncio.Future[Any]] = {}
    logged_in = asyncio.get_running_loop().create_future()

    def heard(message: str) -> None:
        answer = json.loads(message)
        if answer.get("event") == "login":
            logged_in.set_result(answer)
        elif (future := waiting.pop(answer.get("id", ""), None)) is not None:
            future.set_result(answer)

    ws = module.WsPrivateAsync(KEY, PASSPHRASE, SECRET, url=f"{job.ws}/ws/v5/private")
    await ws.start()
    ws.callback = heard
    await ws.login()
    await asyncio.wait_for(logged_in, LOGIN_S)
    code = next(row["instIdCode"] for row in get(job.url, f"/api/v5/public/instruments?instType=SPOT&instId={INST}"))
    loop = asyncio.get_running_loop()

    async def place(cl_ord_id: str) -> str:
        fields = order(job, cl_ord_id)
        del fields["instId"]
        waiting[cl_ord_id] = future = loop.create_future()
        await ws.place_order([{**fields, "instIdCode": code}], id=cl_ord_id)
        return accepted(await future)

    try:
        return await run_async(job, place)
    finally:
        await ws.factory.close()


CLIENTS: dict[str, Callable[[Job], Any]] = {"ccxt_pro/asyncio": ccxt_pro, "python_okx/asyncio": python_okx}


def main() -> None:
    """Run the job given as JSON and print its result."""
    job = Job(**json.loads(sys.argv[1]))
    # Only ours knows okx_fast, which the rivals' environment has not.
    is_ours = job.impl.startswith("okx_fast/")
    module = importlib.import_module("benches.py.order_ours") if is_ours else sys.modules[__name__]
    result = module.CLIENTS[job.impl](job)
    if asyncio.iscoroutine(result):
        result = asyncio.run(result)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
