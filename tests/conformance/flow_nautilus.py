"""Flows 38-43: nautilus_trader, a node with a data and an execution client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .registry import client, flow, holds, same, until
from .simulator import KEY, PASSPHRASE, SECRET, levels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .simulator import Simulator

NAME = "nautilus"
SPOT, SWAP = "BTC-USDT.OKX", "BTC-USDT-SWAP.OKX"
# A node opens four sockets at once, which on loopback takes no time; OKX lets three a second in, and nautilus gives up.
FOUR_SOCKETS = 2.0


class Node:
    """A running node, its one strategy, and what it logged."""

    def __init__(self, node: Any, strategy: Any, log: Path) -> None:
        self.node, self.strategy, self.folder = node, strategy, log

    @property
    def cache(self) -> Any:
        return self.node.cache

    def instrument(self, name: str) -> Any:
        return self.cache.instrument(client("nautilus_trader.model.identifiers", NAME).InstrumentId.from_str(name))

    def complaints(self) -> list[str]:
        """Warnings and errors of the OKX adapter and its decoders."""
        lines = [line for path in self.folder.glob("*.json*") for line in path.read_text().splitlines()]
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return [
            f"{row['level']} {row['component']}: {row['message']}"
            for row in rows
            if row["level"] in ("WARN", "WARNING", "ERROR")
        ]

    def events(self, order: Any) -> list[str]:
        """Names of the order's events, in order, as `Submitted`."""
        return [type(event).__name__.removeprefix("Order") for event in order.events]


def _strategy() -> Any:
    trading = client("nautilus_trader.trading.strategy", "nautilus_trader")
    config = client("nautilus_trader.config", NAME)

    class Probe(trading.Strategy):  # type: ignore[misc, name-defined]
        """Keeps what it is told of books; the flow gives the orders."""

        def __init__(self) -> None:
            # OKX takes letters and digits only.
            super().__init__(config.StrategyConfig(use_hyphens_in_client_order_ids=False))
            self.deltas: list[Any] = []

        def on_start(self) -> None:
            pass

        def on_stop(self) -> None:
            pass

        def on_order_book_deltas(self, deltas: Any) -> None:
            self.deltas.append(deltas)

    return Probe()


@asynccontextmanager
async def node(sim: Simulator, *, swap: bool = False, execution: bool = True) -> AsyncIterator[Node]:
    client("nautilus_trader", "nautilus_trader")
    okx = client("nautilus_trader.adapters.okx", NAME)
    config = client("nautilus_trader.config", NAME)
    live = client("nautilus_trader.live.node", NAME)
    pyo3 = client("nautilus_trader.core.nautilus_pyo3", NAME)
    identifiers = client("nautilus_trader.model.identifiers", NAME)
    # A node that stopped leaves its closed HTTP client in the factories' caches; a restart is a new process elsewhere.
    factories = client("nautilus_trader.adapters.okx.factories", NAME)
    for cached in (factories.get_cached_okx_http_client, factories.get_cached_okx_instrument_provider):
        cached.cache_clear()
    kind = pyo3.OKXInstrumentType.SWAP if swap else pyo3.OKXInstrumentType.SPOT
    common = {
        "api_key": KEY,
        "api_secret": SECRET,
        "api_passphrase": PASSPHRASE,
        "base_url_http": sim.rest,
        "instrument_provider": config.InstrumentProviderConfig(load_all=True),
        "instrument_types": (kind,),
    }
    private: dict[str, Any] = {"margin_mode": pyo3.OKXMarginMode.CROSS} if swap else {}
    folder = Path(tempfile.mkdtemp(prefix="okx-fast-nautilus-"))
    made = live.TradingNode(
        config.TradingNodeConfig(
            trader_id=identifiers.TraderId("TESTER-001"),
            logging=config.LoggingConfig(
                log_level="INFO", log_level_file="INFO", log_directory=str(folder), log_file_format="json"
            ),
            exec_engine=config.LiveExecEngineConfig(reconciliation=execution, reconciliation_startup_delay_secs=0.5),
            data_clients={"OKX": okx.OKXDataClientConfig(base_url_ws=f"{sim.ws}/ws/v5/public", **common)},
            exec_clients={"OKX": okx.OKXExecClientConfig(base_url_ws=f"{sim.ws}/ws/v5/private", **common, **private)}
            if execution
            else {},
            timeout_connection=30.0,
            timeout_disconnection=5.0,
            timeout_post_stop=1.0,
        ),
        loop=asyncio.get_running_loop(),
    )
    probe = _strategy()
    made.trader.add_strategy(probe)
    made.add_data_client_factory("OKX", okx.OKXLiveDataClientFactory)
    if execution:
        made.add_exec_client_factory("OKX", okx.OKXLiveExecClientFactory)
    made.build()
    running = asyncio.create_task(made.run_async())
    found = Node(made, probe, folder)
    try:
        await until(lambda: probe.is_running or running.done(), "the strategy started", 60)
        holds(probe.is_running, f"the node started: {found.complaints()}")
        yield found
    finally:
        # dispose() would stop the loop that this flow runs on; the process ends anyway.
        await made.stop_async()
        await asyncio.wait([running], timeout=10)


def _limit(found: Node, name: str, sz: str, px: str) -> Any:
    enums = client("nautilus_trader.model.enums", NAME)
    instrument = found.instrument(name)
    order = found.strategy.order_factory.limit(
        instrument_id=instrument.id,
        order_side=enums.OrderSide.BUY,
        quantity=instrument.make_qty(float(sz)),
        price=instrument.make_price(float(px)),
        post_only=True,
    )
    found.strategy.submit_order(order)
    return order


@flow(38, NAME, "data and execution node, spot", heavy=True, timeout_s=120, limits=FOUR_SOCKETS)
async def start(sim: Simulator) -> None:
    async with node(sim) as found:
        names = {str(instrument.id) for instrument in found.cache.instruments()}
        holds({SPOT, "ETH-USDT.OKX"} <= names, f"instruments loaded: {sorted(names)}")
        account = found.cache.account_for_venue(client("nautilus_trader.model.identifiers", NAME).Venue("OKX"))
        holds(account is not None, "an account registered")
        free = {str(currency): float(amount) for currency, amount in account.balances_free().items()}
        same((free["USDT"], free["BTC"]), (100000.0, 2.0), "free balances")
        instrument = found.instrument(SPOT).id
        found.strategy.subscribe_order_book_deltas(instrument)
        found.strategy.subscribe_quote_ticks(instrument)
        found.strategy.subscribe_trade_ticks(instrument)
        await until(
            lambda: found.cache.quote_tick(instrument) and found.cache.trade_tick(instrument), "quotes and trades", 20
        )
        await asyncio.sleep(3)
        same(found.complaints(), [], "warnings and errors")


@flow(39, NAME, "post-only limit, later cancel", heavy=True, timeout_s=120, limits=FOUR_SOCKETS)
async def cancel(sim: Simulator) -> None:
    async with node(sim) as found:
        order = _limit(found, SPOT, "0.001", sim.price("BTC-USDT", "0.98"))
        await until(lambda: "Accepted" in found.events(order), "accepted")
        await asyncio.sleep(1)
        found.strategy.cancel_order(order)
        await until(lambda: "Canceled" in found.events(order), "canceled")
        same(found.events(order), ["Initialized", "Submitted", "Accepted", "PendingCancel", "Canceled"], "events")


@flow(40, NAME, "post-only that would cross", heavy=True, timeout_s=60, limits=FOUR_SOCKETS)
def crossing(sim: Simulator) -> None:
    # Only the node in Rust, which the wheel has too, turns cancelSource 31 into a rejection; the other says Canceled.
    pyo3 = client("nautilus_trader.core.nautilus_pyo3", "nautilus_trader")
    px = sim.price("BTC-USDT", "1.01")
    events: list[Any] = []

    class Probe(pyo3.Strategy):  # type: ignore[misc, name-defined]
        def on_start(self) -> None:
            order = self.order_factory.limit(
                pyo3.InstrumentId.from_str(SPOT),
                pyo3.OrderSide.BUY,
                pyo3.Quantity.from_str("0.00100000"),
                pyo3.Price.from_str(px),
                post_only=True,
            )
            self.submit_order(order)

        def on_order_event(self, event: Any) -> None:
            events.append(event)

    trader = pyo3.TraderId("TESTER-001")
    keys = {"api_key": KEY, "api_secret": SECRET, "api_passphrase": PASSPHRASE, "base_url_http": sim.rest}
    common = {
        **keys,
        "instrument_types": [pyo3.OKXInstrumentType.SPOT],
        "base_url_ws_business": f"{sim.ws}/ws/v5/business",
    }
    data = pyo3.OKXDataClientConfig(base_url_ws_public=f"{sim.ws}/ws/v5/public", **common)
    private = f"{sim.ws}/ws/v5/private"
    execution = pyo3.OKXExecClientConfig(trader, pyo3.AccountId("OKX-001"), base_url_ws_private=private, **common)
    builder = pyo3.LiveNode.builder("CONFORMANCE", trader, pyo3.Environment.LIVE)
    builder = builder.add_data_client(None, pyo3.OKXDataClientFactory(), data)
    builder = builder.add_exec_client(None, pyo3.OKXExecutionClientFactory(), execution)
    made = builder.with_delay_post_stop_secs(1).build()
    name = pyo3.StrategyId("PROBE-001")
    made.add_strategy(Probe(pyo3.StrategyConfig(strategy_id=name, use_hyphens_in_client_order_ids=False)))
    # The node runs on this thread until it is interrupted; what may follow the rejection has come by then.
    threading.Timer(8, os.kill, (os.getpid(), signal.SIGINT)).start()
    made.run()
    same([type(event).__name__ for event in events], ["OrderSubmitted", "OrderRejected"], "events")
    same((events[1].due_post_only, "post-only" in events[1].reason.lower()), (True, True), f"post-only: {events[1]}")
    (row,) = sim.private("GET", "/api/v5/trade/orders-history?instType=SPOT")
    same((row["state"], row["cancelSource"]), ("canceled", "31"), "the order on the simulator")


@flow(41, NAME, "restart with a resting and a part-filled order", heavy=True, timeout_s=180, limits=FOUR_SOCKETS)
async def restart(sim: Simulator) -> None:
    name = "BTC-USDT-SWAP"
    sim.still(name)
    async with node(sim, swap=True) as found:
        resting = _limit(found, SWAP, "2", sim.price(name, "0.97"))
        partly = _limit(found, SWAP, "2", sim.price(name, "0.98"))
        await until(lambda: all("Accepted" in found.events(order) for order in (resting, partly)), "both accepted")
        sim.fill(partly.venue_order_id.value, sz="1")
        await until(lambda: "Filled" in found.events(partly), "a part filled")
    ids = {order.client_order_id.value: order.venue_order_id.value for order in (resting, partly)}
    rows = {row["ordId"]: row for row in sim.private("GET", "/api/v5/trade/orders-pending")}
    same(set(rows), set(ids.values()), "both orders outlive the node")
    async with node(sim, swap=True) as found:
        orders = {order.venue_order_id.value: order for order in found.cache.orders_open()}
        same(set(orders), set(rows), "open orders after the restart")
        for ord_id, row in rows.items():
            got = orders[ord_id]
            same(
                (float(got.quantity), float(got.filled_qty)), (float(row["sz"]), float(row["accFillSz"])), "quantities"
            )
            same(got.status.name, {"live": "ACCEPTED", "partially_filled": "PARTIALLY_FILLED"}[row["state"]], "status")
        (held,) = sim.private("GET", "/api/v5/account/positions")
        (position,) = found.cache.positions_open()
        same(float(position.signed_qty), float(held["pos"]), "position")
        same(float(position.avg_px_open), float(held["avgPx"]), "average price of the position")


@flow(42, NAME, "trailing stop, cancel", heavy=True, timeout_s=120, limits=FOUR_SOCKETS)
async def trailing(sim: Simulator) -> None:
    enums = client("nautilus_trader.model.enums", "nautilus_trader")
    decimal = client("decimal", NAME).Decimal
    async with node(sim, swap=True) as found:
        instrument = found.instrument(SWAP)
        order = found.strategy.order_factory.trailing_stop_market(
            instrument_id=instrument.id,
            order_side=enums.OrderSide.SELL,
            quantity=instrument.make_qty(1),
            trailing_offset=decimal(500),  # basis points
            trailing_offset_type=enums.TrailingOffsetType.BASIS_POINTS,
            trigger_type=enums.TriggerType.LAST_PRICE,
        )
        found.strategy.submit_order(order)
        await until(lambda: "Accepted" in found.events(order), "accepted")
        (row,) = sim.private("GET", "/api/v5/trade/orders-algo-pending?ordType=move_order_stop")
        same((row["callbackRatio"], row["side"], row["state"]), ("0.05", "sell", "live"), "the algo order")
        found.strategy.cancel_order(order)
        await until(lambda: "Canceled" in found.events(order), "canceled")
        same(sim.private("GET", "/api/v5/trade/orders-algo-pending?ordType=move_order_stop"), [], "algo orders left")
        holds("/api/v5/trade/cancel-advance-algos" in sim.targets(), "cancel-advance-algos was called")


@flow(43, NAME, "one gap in the book", heavy=True, timeout_s=120)
async def gap(sim: Simulator) -> None:
    def sent(op: str) -> int:
        return len(sim.subscriptions(op, "books", instId="BTC-USDT"))

    async with node(sim, execution=False) as found:
        instrument = found.instrument(SPOT).id
        found.strategy.subscribe_order_book_deltas(instrument)
        await until(
            lambda: (book := found.cache.order_book(instrument)) and book.update_count > 20, "twenty updates", 20
        )
        same((sent("subscribe"), sent("unsubscribe")), (1, 0), "subscribes and unsubscribes before the gap")
        sim.fault("book_gap", channel="books", instId="BTC-USDT")
        await until(lambda: sent("subscribe") > 1, "a second subscribe")
        await asyncio.sleep(4)
        same((sent("subscribe"), sent("unsubscribe")), (2, 1), "subscribes and unsubscribes after it")
        sim.still("BTC-USDT")
        await asyncio.sleep(1)
        row = sim.book("BTC-USDT")
        # nautilus applies a snapshot without clearing the book: what went while it was blind stays in the book of its
        # cache. What it decoded is right, and that shows in a book that starts at the second snapshot.
        sides = _from_last_snapshot(found.strategy.deltas, len(row["bids"]) + len(row["asks"]))
        for side, kind in (("bids", "BUY"), ("asks", "SELL")):
            got = sorted(levels(sides[kind].items()), reverse=side == "bids")
            same(got, levels(row[side]), side)
            cached = dict(
                levels((level.price, level.size()) for level in getattr(found.cache.order_book(instrument), side)())
            )
            holds(dict(got).items() <= cached.items(), f"{side} of the book in the cache")


def _from_last_snapshot(messages: list[Any], size: int) -> dict[str, dict[Any, Any]]:
    flags = client("nautilus_trader.model.enums", NAME).RecordFlag
    snapshots = [at for at, message in enumerate(messages) if message.deltas[0].flags & flags.F_SNAPSHOT]
    same(len(snapshots), 2, f"snapshots, of about {size} levels")
    sides: dict[str, dict[Any, Any]] = {"BUY": {}, "SELL": {}}
    for message in messages[snapshots[-1] :]:
        for delta in message.deltas:
            side = sides[delta.order.side.name]
            if delta.action.name == "DELETE":
                side.pop(delta.order.price, None)
            else:
                side[delta.order.price] = delta.order.size
    return sides
