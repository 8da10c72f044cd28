"""`okx-fast demo`: a simulated market, received over TLS, verified, and shown; and orders of every type of
trading on a simulated exchange.

    Sim (a process) ─▶ TLS ─▶ Client: books, trades, tickers ─▶ Market ─▶ live view, four times a second
                                        └─ stats() ────────────────────▶ summary
    Exchange ◀─▶ Trader: Account: orders, fills, balances ─────────────────────▶ summary

Importing rich costs more than all else here, so only a terminal pays for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

import okx_fast
from okx_fast.demo_account import Account
from okx_fast.errors import BookInvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

__all__ = ["is_sound", "run"]

INSTRUMENTS = 6
SEED = 20_200_601  # any number: the same market each time
REFRESH_S = 0.25
TRADES_SHOWN = 3  # all of the view fits a terminal of 24 lines


class Market:
    """What the callbacks keep for the view; the books themselves stay in Rust."""

    def __init__(self, client: okx_fast.Client, inst_ids: list[str], account: Account) -> None:
        self.client = client
        self.account = account
        self.started = time.monotonic()
        self.updates = self.trade_count = self.ticker_count = 0
        self.trades: deque[okx_fast.Trade] = deque(maxlen=TRADES_SHOWN)
        self.tickers: dict[str, okx_fast.Ticker] = {}
        self.books: dict[str, okx_fast.Book] = {}
        for inst_id in inst_ids:
            self.books[inst_id] = client.subscribe_book(inst_id, self._on_update)
            client.subscribe_trades(inst_id, self._on_trade)
            client.subscribe_ticker(inst_id, self._on_ticker)

    def _on_update(self, _: okx_fast.BookUpdate) -> None:
        self.updates += 1

    def _on_trade(self, trade: okx_fast.Trade) -> None:
        self.trade_count += 1
        self.trades.append(trade)

    def _on_ticker(self, ticker: okx_fast.Ticker) -> None:
        self.ticker_count += 1
        self.tickers[ticker.inst_id] = ticker

    def summary(self) -> dict[str, Any]:
        """What arrived until now; counters and percentiles are the client's own."""
        stats = self.client.stats()
        seconds = time.monotonic() - self.started
        return {
            "messages": stats["messages"],
            "books": len(self.books),
            "updates_verified": stats["updates_verified"],
            "checksums_ok": stats["checksums_ok"],
            "checksums_bad": stats["checksums_bad"],
            "gaps": stats["gaps"],
            "latency_us": {key: round(stats["latency_us"][key], 1) for key in ("p50", "p99", "p99.9")},
            "trades": self.trade_count,
            "tickers": self.ticker_count,
            "seconds": round(seconds, 3),
            "messages_per_s": round(stats["messages"] / seconds),
            **self.account.summary(),
        }


def run(
    *, seconds: float = 10.0, rate: int = 50_000, mode: Literal["pump", "asyncio"] = "pump", live: bool = False
) -> dict[str, Any]:
    """Receive a simulated market for `seconds`, trade on a simulated exchange, and return the summary; Ctrl-C ends it
    early. rate: messages a second, all instruments together. live: draw on the terminal, and print the summary there.
    """
    with (
        okx_fast.Sim(instruments=INSTRUMENTS, rate=rate, checksum="real", seed=SEED) as sim,
        okx_fast.Exchange(seed=SEED) as exchange,
    ):
        account = Account(exchange)
        if not live:
            return _receive(sim, account, seconds, mode, lambda _: None)
        from rich.console import Console
        from rich.live import Live

        console = Console()
        with Live(console=console, auto_refresh=False, transient=True) as view:
            draw: Callable[[Market], None] = lambda market: view.update(_screen(market), refresh=True)  # noqa: E731
            summary = _receive(sim, account, seconds, mode, draw)
        console.print(_summary_table(summary))
        return summary


def is_sound(summary: dict[str, Any]) -> bool:
    """Something arrived, no sequence broke, no checksum was wrong; orders of every kind worked in every type of
    trading, balances add up.
    """
    received = summary["messages"] > 0 and not summary["gaps"] and not summary["checksums_bad"]
    traded = all(summary["orders"].values()) and all(summary["fills"].values()) and summary["balances_add_up"]
    return received and traded and not (summary["outcomes"]["REJECTED"] or summary["outcomes"]["UNKNOWN"])


def _receive(
    sim: okx_fast.Sim, account: Account, seconds: float, mode: str, draw: Callable[[Market], None]
) -> dict[str, Any]:
    receive = _pump if mode == "pump" else _on_loop
    with account:
        summary = receive(sim, account, seconds, draw)
    return {**summary, **account.summary(), "mode": mode}


def _pump(sim: okx_fast.Sim, account: Account, seconds: float, draw: Callable[[Market], None]) -> dict[str, Any]:
    with okx_fast.Client(sim.site(tls=True)) as client:
        market = Market(client, sim.instruments, account)
        try:
            for step in _steps(seconds):
                client.run(step)
                draw(market)
        except KeyboardInterrupt:
            pass  # the reader has seen enough; the summary follows
        return market.summary()


def _on_loop(sim: okx_fast.Sim, account: Account, seconds: float, draw: Callable[[Market], None]) -> dict[str, Any]:
    summary: dict[str, Any] = {}

    async def receive() -> None:
        async with okx_fast.Client(sim.site(tls=True)) as client:
            market = Market(client, sim.instruments, account)
            try:
                for step in _steps(seconds):
                    await asyncio.sleep(step)
                    draw(market)
            finally:  # Ctrl-C cancels the sleep
                summary.update(market.summary())

    try:
        asyncio.run(receive())
    except KeyboardInterrupt:
        if not summary:  # before anything was received
            raise
    return summary


def _steps(seconds: float) -> Iterator[float]:
    """Waits of at most REFRESH_S that end `seconds` from now, however long each drawing takes."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield min(left, REFRESH_S)


def _screen(market: Market) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    books = Table(title="top of book, simulated (not OKX)", box=None, expand=True, header_style="dim")
    for column in ("instrument", "bid size", "bid", "ask", "ask size", "last trade"):
        books.add_column(column, justify="left" if column == "instrument" else "right")
    for inst_id, book in market.books.items():
        ticker = market.tickers.get(inst_id)
        books.add_row(inst_id, *_touch(book), str(ticker.last) if ticker else "")

    trades = Table(title="last trades", box=None, expand=True, show_header=False)
    for justify in ("left", "right", "right", "right"):
        trades.add_column(justify=justify, ratio=1)
    for trade in reversed(market.trades):
        style = "green" if trade.side == "buy" else "red"
        trades.add_row(trade.inst_id, trade.side, str(trade.px), str(trade.sz), style=style)

    return Group(books, "", trades, "", _summary_table(market.summary()))


def _touch(book: okx_fast.Book) -> tuple[str, str, str, str]:
    try:
        bid, ask = book.best_bid, book.best_ask
    except BookInvalidError:  # before the snapshot, or while it resyncs
        return ("", "", "", "")
    return (
        str(bid.sz) if bid else "",
        str(bid.px) if bid else "",
        str(ask.px) if ask else "",
        str(ask.sz) if ask else "",
    )


def _summary_table(summary: dict[str, Any]) -> RenderableType:
    from rich.table import Table

    latency, orders, order_us = summary["latency_us"], summary["orders"], summary["order_latency_us"]
    table = Table(show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column()
    for name, value in (
        ("messages", f"{summary['messages']:,} in {summary['seconds']:.1f} s, {summary['messages_per_s']:,} a second"),
        ("updates verified", f"{summary['updates_verified']:,} in {summary['books']} books, {summary['gaps']:,} gaps"),
        ("checksums", f"{summary['checksums_ok']:,} right, {summary['checksums_bad']:,} wrong"),
        ("trades, tickers", f"{summary['trades']:,}, {summary['tickers']:,}"),
        ("orders", ", ".join(f"{count:,} {what}" for what, count in orders.items())),
        ("their calls", ", ".join(f"{count:,} {outcome}" for outcome, count in summary["outcomes"].items())),
        ("filled in", ", ".join(f"{name} {count:,}" for name, count in summary["fills"].items())),
        ("order to answer", _percentiles(order_us["ack"]) if order_us else ""),
        ("socket to callback", _percentiles(latency)),
    ):
        table.add_row(name, value)
    return table


def _percentiles(us: dict[str, float]) -> str:
    return f"p50 {us['p50']} µs, p99 {us['p99']} µs, p99.9 {us['p99.9']} µs"
