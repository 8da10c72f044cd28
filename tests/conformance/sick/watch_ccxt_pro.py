"""ccxt.pro as its manual shows it: a loop of `watch_…` for each thing, which reports an exception and goes on."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import ccxt.pro

from .desk import DEPTH, INSTRUMENTS, Desk, addresses, now_ms, state

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_MS = 100.0  # two exceptions are at least so far apart, so that a loop cannot spin


def main() -> None:
    asyncio.run(watch(Desk()))


async def watch(desk: Desk) -> None:
    at = addresses()
    urls = {"api": {"rest": at["rest"], "ws": f"{at['ws']}/ws/v5"}}
    exchange = ccxt.pro.okx({"urls": urls, "cafile": at["ca_file"]})
    try:
        await exchange.load_markets()
        desk.write("ready", version=version("ccxt"))
        loops = [desk.sample()]
        for inst_id in INSTRUMENTS:
            symbol = exchange.safe_symbol(inst_id)
            loops += [books(desk, exchange, inst_id, symbol)]
            loops += [trades(desk, exchange, inst_id, symbol), tickers(desk, exchange, inst_id, symbol)]
        await asyncio.gather(*loops)
    finally:
        await exchange.close()


async def books(desk: Desk, exchange: Any, inst_id: str, symbol: str) -> None:
    held: list[Any] = []  # the book the user got last, which ccxt goes on to change in place
    desk.book(inst_id, lambda: named(held[0]) if held else None)

    def got(book: Any) -> None:
        held[:] = [book]

    await repeat(desk, "book", lambda: exchange.watch_order_book(symbol), got, held.clear)


async def trades(desk: Desk, exchange: Any, inst_id: str, symbol: str) -> None:
    def got(new: Any) -> None:
        for trade in new:
            desk.trade(inst_id, trade["id"])

    await repeat(desk, "trades", lambda: exchange.watch_trades(symbol), got, lambda: None)


async def tickers(desk: Desk, exchange: Any, inst_id: str, symbol: str) -> None:
    def got(ticker: Any) -> None:
        desk.ticker(inst_id, ticker["timestamp"])

    await repeat(desk, "ticker", lambda: exchange.watch_ticker(symbol), got, lambda: desk.ticker(inst_id, None))


async def repeat(
    desk: Desk, about: str, ask: Callable[[], Any], got: Callable[[Any], None], lost: Callable[[], None]
) -> None:
    failed = 0.0
    while True:
        try:
            got(await ask())
        except Exception as error:  # noqa: BLE001 - whatever it is, the manual's loop reports it and goes on
            lost()
            desk.told("exception", type(error).__name__, about, error)
            await asyncio.sleep(max(0.0, failed + AGAIN_MS - now_ms()) / 1000)
            failed = now_ms()


def named(book: Any) -> str:
    return state(((px, sz) for px, sz, *_ in book["bids"][:DEPTH]), ((px, sz) for px, sz, *_ in book["asks"][:DEPTH]))


if __name__ == "__main__":
    main()
