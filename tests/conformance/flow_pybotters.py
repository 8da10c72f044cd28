"""Flows 44 and 45: pybotters, told by three entries in its tables that this host speaks OKX."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .registry import client, flow, holds, same, until
from .simulator import DEMO_KEY, KEY, PASSPHRASE, SECRET, levels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .simulator import Simulator

NAME = "pybotters"
BOOK = "BTC-USDT-SWAP"


@asynccontextmanager
async def session(sim: Simulator) -> AsyncIterator[Any]:
    pybotters = client("pybotters", NAME)
    auth, ws = client("pybotters.auth", NAME), client("pybotters.ws", NAME)
    host = "127.0.0.1"
    auth.Hosts.items[host] = auth.Item(auth.DynamicNameSelector.okx, auth.Auth.okx)
    ws.AuthHosts.items[host] = ws.Item("okx", ws.Auth.okx)
    ws.HeartbeatHosts.items[host] = ws.Heartbeat.okx
    apis = {"okx": [KEY, SECRET, PASSPHRASE], "okx_demo": [DEMO_KEY, SECRET, PASSPHRASE]}
    async with pybotters.Client(apis=apis, base_url=sim.rest) as found:
        yield found


async def _rows(answer: Any) -> list[dict[str, Any]]:
    body = await answer.json()
    same((answer.status, body["code"]), (200, "0"), f"status and code of {body}")
    rows: list[dict[str, Any]] = body["data"]
    return rows


@flow(44, NAME, "REST, and the stores of a minute", timeout_s=130)
async def stores(sim: Simulator) -> None:  # noqa: PLR0915 - a script, told in order
    async with session(sim) as http:
        store = client("pybotters", NAME).OKXDataStore()

        async def place(**body: str) -> str:
            (row,) = await _rows(await http.post("/api/v5/trade/order", data=body))
            ord_id: str = row["ordId"]
            return ord_id

        (config,) = await _rows(await http.get("/api/v5/account/config"))
        same((config["acctLv"], config["posMode"]), ("2", "net_mode"), "account/config")
        (demo,) = await _rows(await http.get("/api/v5/account/config", headers={"x-simulated-trading": "1"}))
        same(demo["acctLv"], "2", "account/config with the demo key")

        cash = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01"}
        early = await place(**cash, px=sim.price("BTC-USDT", "0.95"))
        await store.initialize(
            http.get("/api/v5/trade/orders-pending"), http.get("/api/v5/trade/orders-algo-pending?ordType=conditional")
        )
        same([order["ordId"] for order in store.orders.find()], [early], "orders after initialize")
        private = [
            {"channel": "orders", "instType": "ANY"},
            {"channel": "positions", "instType": "ANY"},
            {"channel": "account"},
        ]
        public = [
            {"channel": "books", "instId": BOOK},
            {"channel": "tickers", "instId": BOOK},
            {"channel": "trades", "instId": BOOK},
        ]
        for name, args in (("private", private), ("public", public)):
            subscribe = {"op": "subscribe", "args": args}
            await http.ws_connect(f"{sim.ws}/ws/v5/{name}", send_json=subscribe, hdlr_json=store.onmessage)
        await until(
            lambda: store.books.find() and store.tickers.find() and store.account.find(), "books, ticker, account"
        )

        seen: set[tuple[str, str]] = set()
        live = {early}
        for step in range(60):
            seen |= {(level["side"], level["px"]) for level in store.books.find()}
            if step == 5:
                await place(instId=BOOK, tdMode="cross", side="buy", ordType="market", sz="2")
                await place(instId="BTC-USD-SWAP", tdMode="cross", side="sell", ordType="market", sz="3")
            if step == 10:
                live |= {await place(**cash, px=sim.price("BTC-USDT", f"0.{90 + n}")) for n in range(5)}
            if step == 20:
                sim.fill(early)
                live.remove(early)
            if step == 30:
                gone = live.pop()
                await _rows(await http.post("/api/v5/trade/cancel-order", data={"instId": "BTC-USDT", "ordId": gone}))
            if step == 40:
                await place(
                    instId="BTC-USD-SWAP", tdMode="cross", side="buy", ordType="market", sz="3", reduceOnly="true"
                )
            await asyncio.sleep(1)

        sim.still(BOOK, "BTC-USD-SWAP", "BTC-USDT")
        await asyncio.sleep(1)
        row = sim.book(BOOK)
        book = store.books.sorted({"instId": BOOK})
        for side in ("bids", "asks"):
            # The store sorts prices as text.
            got = sorted(levels((level["px"], level["sz"]) for level in book[side]), reverse=side == "bids")
            same(got, levels(row[side]), side)
        holds(seen - {(level["side"], level["px"]) for level in store.books.find()}, "levels that came and went")

        same({order["ordId"] for order in store.orders.find()}, live, "orders in the store")
        pending = {order["ordId"] for order in sim.private("GET", "/api/v5/trade/orders-pending")}
        same(pending, live, "orders pending on the simulator")
        held = {p["instId"]: (p["pos"], p["avgPx"]) for p in sim.private("GET", "/api/v5/account/positions")}
        same(set(held), {BOOK}, "positions on the simulator")
        stored = {p["instId"]: (p["pos"], p["avgPx"]) for p in store.positions.find() if Decimal(p["pos"])}
        same(stored, held, "positions in the store")
        closed = store.positions.find({"instId": "BTC-USD-SWAP"})
        same([Decimal(p["pos"]) for p in closed], [Decimal(0)], "the closed position was pushed once with 0")


@flow(45, NAME, "login on the public socket")
async def public_login(sim: Simulator) -> None:
    async with session(sim) as http:
        store = client("pybotters", NAME).OKXDataStore()
        events: list[Any] = []
        pongs: list[str] = []

        def keep(message: Any, _ws: Any) -> None:
            if "event" in message:
                events.append(message)
            store.onmessage(message, _ws)

        # pybotters reads the answer to its login itself; what the simulator answered stands in its log.
        subscribe = {
            "op": "subscribe",
            "args": [{"channel": "books5", "instId": BOOK}, {"channel": "trades", "instId": BOOK}],
        }
        await http.ws_connect(
            f"{sim.ws}/ws/v5/public", send_json=subscribe, hdlr_json=keep, hdlr_str=lambda text, _ws: pongs.append(text)
        )
        await until(lambda: store.books.find() and store.trades.find(), "public data", 20)
        same([event["event"] for event in events], ["subscribe", "subscribe"], "events after the login")
        # The answer to the first ping may be lost in pybotters' own wait for the login; the next goes out after 15 s.
        await until(lambda: "pong" in pongs, "a pong", 20)
        logins = [(entry["account"], entry["code"]) for entry in sim.log() if entry["kind"] == "login"]
        same(logins, [("main", "0")], "logins")
