"""Flow 48: every client at hand on one account at once, pushes doubled and out of order."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import flow_ccxt_pro, flow_ccxt_rest, flow_cryptofeed, flow_pybotters, flow_python_okx
from .registry import client, flow, holds, same, until

if TYPE_CHECKING:
    from .simulator import Simulator

SECONDS = float(os.environ.get("SECONDS_TOGETHER", "600"))
SYMBOL, INST = "BTC/USDT:USDT", "BTC-USDT-SWAP"


@flow(48, "all", "one account, ten minutes, pushes doubled and out of order", heavy=True, timeout_s=SECONDS + 120)
async def together(sim: Simulator) -> None:  # noqa: C901, PLR0915 - a script, told in order
    every = {"every_ms": 500, "count": 1000000}
    sim.fault("push_duplicate", channel="orders", **every)
    sim.fault("push_duplicate", channel="positions", **every)
    sim.fault("push_reorder", **every)
    dice = random.Random(48)
    end = time.monotonic() + SECONDS
    python_okx = flow_python_okx.trade(sim)
    rest = flow_ccxt_rest.exchange(sim)
    await asyncio.to_thread(rest.load_markets)
    async with AsyncExitStack() as stack:
        pro = await stack.enter_async_context(flow_ccxt_pro.exchange(sim))
        await pro.load_markets()
        feed = await stack.enter_async_context(
            flow_cryptofeed.feed(sim, {"l2_book": ["BTC-USDT-PERP"], "order_info": ["BTC-USDT-PERP"]})
        )
        http = await stack.enter_async_context(flow_pybotters.session(sim))
        store = client("pybotters", "pybotters").OKXDataStore()
        args = [
            {"channel": "orders", "instType": "ANY"},
            {"channel": "positions", "instType": "ANY"},
            {"channel": "account"},
        ]
        await http.ws_connect(
            f"{sim.ws}/ws/v5/private", send_json={"op": "subscribe", "args": args}, hdlr_json=store.onmessage
        )
        await until(store.account.find, "the account in the store")

        async def watch(what: Any) -> None:
            while True:
                await what()

        watching = [asyncio.create_task(watch(pro.watch_orders)), asyncio.create_task(watch(pro.watch_balance))]
        placed: dict[str, list[str]] = {"python-okx": [], "ccxt": [], "ccxt.pro": [], "pybotters": []}

        def px() -> str:
            return sim.price(INST, dice.choice(("0.97", "0.98", "0.99")))

        async def by_python_okx() -> str:
            answer = await asyncio.to_thread(python_okx.place_order, INST, "cross", "buy", "limit", "1", px=px())
            ord_id: str = flow_python_okx.item(answer)["ordId"]
            return ord_id

        async def by_ccxt() -> str:
            side = dice.choice(("buy", "sell"))
            ord_id: str = (await asyncio.to_thread(rest.create_order, SYMBOL, "market", side, 1))["id"]
            return ord_id

        async def by_pro() -> str:
            ord_id: str = (await pro.create_order_ws(SYMBOL, "limit", "buy", 1, float(px())))["id"]
            return ord_id

        async def by_pybotters() -> str:
            body = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": px()}
            answer = await (await http.post("/api/v5/trade/order", data=body)).json()
            ord_id: str = flow_python_okx.item(answer)["ordId"]
            return ord_id

        makers = {"python-okx": by_python_okx, "ccxt": by_ccxt, "ccxt.pro": by_pro, "pybotters": by_pybotters}
        while time.monotonic() < end:
            for name, place in makers.items():
                placed[name].append(await place())
            # Some fill in parts, some go, the rest stays.
            for row in sim.private("GET", f"/api/v5/trade/orders-pending?instId={INST}"):
                lot = dice.random()
                if lot < 0.2:
                    sim.fill(row["ordId"], sz="0.5")
                elif lot < 0.6:
                    await asyncio.to_thread(rest.cancel_order, row["ordId"], SYMBOL)
            for task in watching:
                if task.done():
                    task.result()
            await asyncio.sleep(0.5)

        sim.admin("DELETE", "/faults")
        sim.still(*sim.instruments("SPOT", "SWAP", "FUTURES"))
        # The mark price holds still, or equity would move between two looks.
        sim.market(INST, mark=str(sim.ticker(INST)["last"]))
        # A change of every kind after the faults, as the last word of each stream.
        for row in sim.private("GET", f"/api/v5/trade/orders-pending?instId={INST}")[1:]:
            await asyncio.to_thread(rest.cancel_order, row["ordId"], SYMBOL)
        await by_ccxt()
        await asyncio.sleep(7)  # past the timer of the positions channel
        for task in watching:
            task.cancel()
        await _agree(sim, pro, store, rest)
        same(feed.records.exceptions(), [], "exceptions of cryptofeed")
        holds(feed.got["order_info"], "cryptofeed heard of orders")
        holds(all(len(set(ids)) == len(ids) > 0 for ids in placed.values()), "every client placed orders")


async def _agree(sim: Simulator, pro: Any, store: Any, rest: Any) -> None:
    pending = {row["ordId"] for row in sim.private("GET", "/api/v5/trade/orders-pending")}
    same({order["ordId"] for order in store.orders.find()}, pending, "open orders: pybotters")
    same({order["id"] for order in pro.orders if order["status"] == "open"}, pending, "open orders: ccxt.pro")
    same({order["id"] for order in rest.fetch_open_orders(SYMBOL)}, pending, "open orders: ccxt")
    held = {row["instId"]: Decimal(row["pos"]) for row in sim.private("GET", "/api/v5/account/positions")}
    stored = {row["instId"]: Decimal(row["pos"]) for row in store.positions.find() if Decimal(row["pos"])}
    same(stored, held, "positions: pybotters")
    signed = {p["info"]["instId"]: Decimal(p["info"]["pos"]) for p in rest.fetch_positions()}
    same(signed, held, "positions: ccxt")
    (account,) = sim.private("GET", "/api/v5/account/balance")
    for detail in account["details"]:
        same(
            Decimal(str(pro.balance[detail["ccy"]]["total"])).quantize(Decimal("1e-4")),
            _rounded(detail["eq"]),
            "ccxt.pro",
        )
        same(
            Decimal(str(rest.fetch_balance()[detail["ccy"]]["total"])).quantize(Decimal("1e-4")),
            _rounded(detail["eq"]),
            "ccxt",
        )


def _rounded(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("1e-4"))
