"""okx_fast in asyncio mode with its default options, as its README shows it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import okx_fast

from .desk import DEPTH, INSTRUMENTS, Desk, addresses, state

if TYPE_CHECKING:
    from collections.abc import Callable

# Kinds of events that tell of no trouble.
ROUTINE = {"connected", "subscribed", "unsubscribed", "resynced", "recovered", "conn-count"}
ABOUT = {"gap": "book", "checksum": "book", "malformed": "book"}
STATES = ("connecting", "live", "stale", "draining", "closed")  # of a connection; the first two are no trouble


def main() -> None:
    asyncio.run(watch(Desk()))


async def watch(desk: Desk) -> None:
    at = addresses()
    site = okx_fast.site.site_at("sim", rest=at["rest"], ws=at["ws"], ca_file=at["ca_file"])
    async with okx_fast.Client(site) as client:
        client.on_event(lambda event: hear(desk, event))
        for inst_id in INSTRUMENTS:
            desk.book(inst_id, reader(desk, client.subscribe_book(inst_id)))
            client.subscribe_trades(inst_id, lambda trade: desk.trade(trade.inst_id, trade.trade_id))
            client.subscribe_ticker(inst_id, lambda ticker: desk.ticker(ticker.inst_id, ticker.ts_ms))
        desk.write("ready", version=okx_fast.__version__)
        await desk.sample()


def reader(desk: Desk, book: okx_fast.Book) -> Callable[[], str | None]:
    """Reads the book anew only if a message came: content costs more than its time."""
    last: tuple[Any, str | None] = (None, None)
    crossed = False

    def read() -> str | None:
        nonlocal last, crossed
        try:
            message = (book.recv_ns, book.seq_id)
            if message != last[0]:
                bids, asks = book.top(DEPTH)
                last = message, state(((b.px, b.sz) for b in bids), ((a.px, a.sz) for a in asks))
            if book.crossed != crossed:
                crossed = not crossed
                desk.told("property", "crossed", "book", crossed, routine=not crossed)
        except okx_fast.BookInvalidError:
            last = None, None
        return last[1]

    return read


def hear(desk: Desk, event: okx_fast.Event) -> None:
    text = str(event)
    about = ABOUT.get(event.kind) or {"tickers": "ticker", "trades": "trades"}.get(event.channel, "connection")
    if event.channel.startswith("books"):
        about = "book"
    routine = event.kind in ROUTINE or (event.kind == "state" and max(STATES, key=text.rfind) in STATES[:2])
    desk.told("event", event.kind, about, text, routine=routine)
    if event.kind == "blind":
        span = {"from": getattr(event, "from_ns", 0) / 1e6, "to": getattr(event, "to_ns", 0) / 1e6}
        desk.write("blind", about=about, i=event.inst_id, **span)
    if event.kind == "disconnected":
        desk.no_tickers()
    elif event.kind in ("stale", "refused") and about == "ticker":
        desk.ticker(event.inst_id, None)


if __name__ == "__main__":
    main()
