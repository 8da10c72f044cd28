"""Flows 26-33: ccxt.pro, the WebSocket half of ccxt."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .registry import Unmet, client, flow, holds, same, until
from .simulator import DEMO_KEY, KEY, PASSPHRASE, SECRET, account, levels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .simulator import Simulator

NAME = "ccxt.pro"
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
BOOKS = {"channel": "books", "instId": "BTC-USDT"}


@asynccontextmanager
async def exchange(sim: Simulator, *, keys: bool = True) -> AsyncIterator[Any]:
    """A ccxt.pro exchange that also keeps every frame it reads, in the order of reading."""
    pro = client("ccxt.pro", "ccxt")

    class Recorder(pro.okx):  # type: ignore[misc, name-defined]
        def __init__(self, config: dict[str, Any]) -> None:
            self.frames: list[Any] = []
            super().__init__(config)

        def handle_message(self, connection: Any, message: Any) -> Any:
            # A copy: ccxt keeps parts of the frame and changes them.
            self.frames.append(json.loads(json.dumps(message)))
            return super().handle_message(connection, message)

        def rows(self, channel: str) -> list[dict[str, Any]]:
            frames = [f for f in self.frames if isinstance(f, dict) and f.get("arg", {}).get("channel") == channel]
            return [row for frame in frames for row in frame.get("data", [])]

    config: dict[str, Any] = {"urls": {"api": urls(sim)}}
    if keys:
        config.update(apiKey=KEY, secret=SECRET, password=PASSPHRASE)
    ex = Recorder(config)
    try:
        yield ex
    finally:
        await ex.close()


def urls(sim: Simulator) -> dict[str, str]:
    return {"rest": sim.rest, "ws": f"{sim.ws}/ws/v5"}


@flow(26, NAME, "watch_order_book, 1000 updates", timeout_s=170)
async def order_book(sim: Simulator) -> None:
    async with exchange(sim, keys=False) as ex:
        await ex.load_markets()
        kept: dict[int, tuple[Any, Any]] = {}
        polled = []

        async def poll() -> None:
            while True:
                answer = await ex.publicGetMarketBooks({"instId": "BTC-USDT", "sz": "400"})
                polled.append(answer["data"][0])
                await asyncio.sleep(0.5)

        polling = asyncio.create_task(poll())
        seen = 0
        while seen < 1000:
            # Any exception, InvalidNonce above all, ends the flow.
            book = await asyncio.wait_for(ex.watch_order_book(SPOT), 10)
            if book["nonce"] not in kept:
                kept[book["nonce"]] = levels(book["bids"]), levels(book["asks"])
                seen += 1
        polling.cancel()
        # While the book moves, a REST book may stand between two pushes; where both name one seqId they must agree.
        met = [row for row in polled if int(row["seqId"]) in kept]
        holds(met, f"a REST book at one of the seqIds pushed, in {len(polled)} polls")
        sim.still("BTC-USDT")
        await asyncio.sleep(0.5)
        (last,) = (await ex.publicGetMarketBooks({"instId": "BTC-USDT", "sz": "400"}))["data"]
        book = ex.orderbooks[SPOT]
        same(book["nonce"], int(last["seqId"]), "seqId at rest")
        kept[book["nonce"]] = levels(book["bids"]), levels(book["asks"])
        for row in [*met, last]:
            bids, asks = kept[int(row["seqId"])]
            same(bids, levels(row["bids"]), f"bids at seqId {row['seqId']}")
            same(asks, levels(row["asks"]), f"asks at seqId {row['seqId']}")


@flow(27, NAME, "one gap in the book")
async def gap(sim: Simulator) -> None:
    async with exchange(sim, keys=False) as ex:
        await ex.load_markets()
        invalid = client("ccxt", NAME).InvalidNonce
        errors = []

        async def watch(times: int) -> Any:
            book = None
            for _ in range(times):
                try:
                    book = await asyncio.wait_for(ex.watch_order_book(SPOT), 10)
                except invalid as error:
                    errors.append(error)
            return book

        await watch(20)
        same(errors, [], "errors before the gap")
        sim.fault("book_gap", **BOOKS)
        await watch(60)
        same(len(errors), 1, "InvalidNonce after one gap")
        same(len(sim.subscriptions("unsubscribe", **BOOKS)), 1, "unsubscribes")
        same(len(sim.subscriptions("subscribe", **BOOKS)), 2, "subscribes")
        sim.still("BTC-USDT")
        await asyncio.sleep(0.5)
        row = sim.book("BTC-USDT")
        book = ex.orderbooks[SPOT]
        same(
            (levels(book["bids"]), levels(book["asks"])),
            (levels(row["bids"]), levels(row["asks"])),
            "the book after it",
        )


@flow(28, NAME, "seqId falls back in maintenance")
async def reset(sim: Simulator) -> None:
    async with exchange(sim, keys=False) as ex:
        await ex.load_markets()
        for at in range(60):
            # Any exception ends the flow.
            await asyncio.wait_for(ex.watch_order_book(SPOT), 10)
            if at == 20:
                sim.fault("book_reset", **BOOKS)
        backwards = [row for row in ex.rows("books") if row["seqId"] < row["prevSeqId"]]
        same(len(backwards), 1, "frames with seqId below prevSeqId")
        same(len(sim.subscriptions("subscribe", **BOOKS)), 1, "subscribes")


@flow(29, NAME, "create_order_ws, filled in two trades")
async def two_fills(sim: Simulator) -> None:
    sim.still("BTC-USDT")
    async with exchange(sim) as ex:
        await ex.load_markets()
        states = []
        watching = [asyncio.create_task(ex.watch_orders()), asyncio.create_task(ex.watch_my_trades(SPOT))]
        wanted = ({"channel": "orders", "instType": "ANY"}, {"channel": "orders", "instType": "SPOT"})
        await until(lambda: all(_acknowledged(ex, arg) for arg in wanted), "both subscriptions")
        order = await ex.create_order_ws(SPOT, "limit", "buy", 0.02, float(sim.price("BTC-USDT", "0.98")))
        for sz, count in (("0.01", 2), ("0.01", 3)):
            states.append(await _state(ex, order["id"], count - 1))
            sim.fill(order["id"], sz=sz)
        states.append(await _state(ex, order["id"], 3))
        same(states, [("open", 0.0), ("open", 0.01), ("closed", 0.02)], "states of the order")
        await until(lambda: len(ex.myTrades or []) == 2, "two trades of mine")
        same(len({trade["id"] for trade in ex.myTrades}), 2, "distinct trade ids")
        same([(t["amount"], t["order"]) for t in ex.myTrades], [(0.01, order["id"])] * 2, "the trades")
        for task in watching:
            await task


def _acknowledged(ex: Any, arg: dict[str, str]) -> bool:
    return any(
        isinstance(f, dict) and f.get("event") == "subscribe" and arg.items() <= f["arg"].items() for f in ex.frames
    )


async def _state(ex: Any, ord_id: str, pushes: int) -> tuple[Any, Any]:
    """The order in ccxt's cache, once this many states of it were pushed to the subscription of every type."""

    def arrived() -> bool:
        arg = {"channel": "orders", "instType": "ANY"}
        rows = [
            row
            for f in ex.frames
            if isinstance(f, dict) and f.get("arg", {}).items() >= arg.items()
            for row in f.get("data", [])
            if row["ordId"] == ord_id
        ]
        return len(rows) >= pushes

    await until(arrived, f"push {pushes} of the order")
    (order,) = [order for order in ex.orders if order["id"] == ord_id]
    return order["status"], order["filled"]


@flow(30, NAME, "the push comes before the answer")
async def push_first(sim: Simulator) -> None:
    async with exchange(sim) as ex:
        await ex.load_markets()
        watching = asyncio.create_task(ex.watch_orders())
        await until(lambda: _acknowledged(ex, {"channel": "orders", "instType": "ANY"}), "a subscription")
        sim.fault("push_before_ack")
        px = float(sim.price("BTC-USDT", "0.98"))
        order = await asyncio.wait_for(ex.create_order_ws(SPOT, "limit", "buy", 0.01, px), 10)
        await watching
        await asyncio.sleep(0.5)
        kinds = [
            "answer" if "op" in f else "push"
            for f in ex.frames
            if isinstance(f, dict) and any(row.get("ordId") == order["id"] for row in f.get("data", []))
        ]
        same(kinds, ["push", "answer"], "order of the frames that name the order")
        same([(o["id"], o["status"]) for o in ex.orders], [(order["id"], "open")], "orders in the cache")
        same([o["ordId"] for o in sim.private("GET", "/api/v5/trade/orders-pending")], [order["id"]], "orders pending")


@flow(31, NAME, "notice 64008 while a ticker waits, then the close")
async def notice(sim: Simulator) -> None:
    arg = {"channel": "tickers", "instId": "BTC-USDT"}
    sim.still("BTC-USDT")
    async with exchange(sim, keys=False) as ex:
        await ex.load_markets()
        network = client("ccxt", NAME).NetworkError
        await asyncio.wait_for(ex.watch_ticker(SPOT), 10)
        # Let pass what still comes of the time before the hold: then nothing but the notice can end the wait.
        await asyncio.sleep(0.5)
        waiting = asyncio.create_task(ex.watch_ticker(SPOT))
        await asyncio.sleep(0.3)
        sim.fault("notice", close_after_ms=1500)
        for cause in ("64008", "clos"):  # the notice itself, then the end of the connection
            try:
                answer = await asyncio.wait_for(waiting, 10)
            except network as error:
                same(type(error), network, "class of the error")
                holds(cause in str(error), f"{cause!r} in {error}")
            else:
                raise Unmet(f"expected a NetworkError with {cause!r}, got {answer}")
            waiting = asyncio.create_task(ex.watch_ticker(SPOT))
        ticker = await asyncio.wait_for(waiting, 10)
        same(ticker["symbol"], SPOT, "a ticker on the new connection")
        sent = sim.subscriptions("subscribe", **arg)
        same(len(sent), 2, "subscribes")
        holds(sent[0]["conn"] != sent[1]["conn"], f"two connections: {sent}")


@flow(32, NAME, "watch_balance, then a trade", accounts=account(USDT="100000", BTC="2", ETH="10"))
async def balance(sim: Simulator) -> None:
    async with exchange(sim) as ex:
        await ex.load_markets()
        first = await asyncio.wait_for(ex.watch_balance(), 10)
        same([first[coin]["total"] for coin in ("USDT", "BTC", "ETH")], [100000.0, 2.0, 10.0], "the snapshot")
        before = len(ex.frames)
        order = await ex.create_order(SPOT, "market", "buy", 0.01)

        def events() -> list[dict[str, Any]]:
            frames = [
                f for f in ex.frames[before:] if isinstance(f, dict) and f.get("arg", {}).get("channel") == "account"
            ]
            return [f for f in frames if f["eventType"] == "event_update"]

        def balance_of_the_trade() -> bool:
            rows = [d for f in events() for row in f["data"] for d in row["details"] if d["ccy"] == "BTC"]
            return any(float(d["eq"]) > 2 for d in rows)

        await until(balance_of_the_trade, "an event push with the coins of the trade")
        coins = {d["ccy"] for f in events() for row in f["data"] for d in row["details"]}
        same(coins, {"BTC", "USDT"}, "coins of the event pushes")
        done = await ex.fetch_order(order["id"], SPOT)
        same(round(ex.balance["BTC"]["total"], 12), round(2 + 0.01 - done["fee"]["cost"], 12), "BTC")
        same(round(ex.balance["USDT"]["total"], 6), round(100000 - 0.01 * done["average"], 6), "USDT")
        same(ex.balance["ETH"]["total"], 10.0, "ETH")
        found = await ex.fetch_balance()
        same([ex.balance[c]["total"] for c in coins], [found[c]["total"] for c in coins], "push and REST")


@flow(33, NAME, "sandbox mode")
async def sandbox(sim: Simulator) -> None:
    async with exchange(sim) as ex:
        ex.set_sandbox_mode(True)
        ex.urls["api"] = urls(sim)
        ex.apiKey = DEMO_KEY
        await ex.load_markets()
        await asyncio.wait_for(ex.watch_ticker(SPOT), 10)
        await asyncio.wait_for(ex.watch_balance(), 10)
        # The key of the demo account is refused without the header: that it came is what makes this work.
        same((await ex.fetch_balance())["USDT"]["total"], 100000.0, "USDT of the demo account")
        targets = {target for target in sim.targets() if "/ws/v5/" in target}
        same(targets, {"/ws/v5/public?brokerId=9999", "/ws/v5/private?brokerId=9999"}, "targets of the sockets")
        ex.headers = {}
        try:
            await ex.fetch_balance()
        except client("ccxt", NAME).AuthenticationError as error:
            holds('"50101"' in str(error), f"code 50101 without the header: {error}")
        else:
            raise Unmet("the demo key works without the header")
