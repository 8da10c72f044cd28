"""okx_fast in asyncio mode with its default options, as its README shows it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import okx_fast

from .desk import DEPTH, INSTRUMENTS, ON_TIME, Desk, addresses, state

if TYPE_CHECKING:
    from collections.abc import Callable

# Kinds of events that tell of no trouble: it begins, or is over.
ROUTINE = {"connected", "subscribed", "unsubscribed", "resynced", "conn-count", "logged-in"}
ROUTINE_STATES = {"connecting", "live"}  # any other counts as word of something: an alarm in vain if there was nothing
# They tell of something, but not that trades are missing: it is to come, was averted or mended, or is named exactly.
NO_LOSS = {"notice", "state", "replaced", "recovered", "blind", "unfillable"}
ABOUT = {"gap": "book", "checksum": "book", "tickers": "ticker", "trades": "trades"}


def main() -> None:
    asyncio.run(watch(Desk()))


async def watch(desk: Desk) -> None:
    at = addresses()
    site = okx_fast.site.site_at("sim", rest=at["rest"], ws=at["ws"], ca_file=at["ca_file"])
    async with okx_fast.Client(site) as client:
        client.on_event(lambda event: hear(desk, client, event))
        for inst_id in INSTRUMENTS:
            desk.book(inst_id, reader(desk, client.subscribe_book(inst_id)))
            client.subscribe_trades(inst_id, lambda trade: hand_on(desk, trade))
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


def hand_on(desk: Desk, trade: okx_fast.Trade) -> None:
    desk.trade(trade.inst_id, trade.trade_id, late=trade.recovered)


def hear(desk: Desk, client: okx_fast.Client, event: okx_fast.Event) -> None:
    kind, inst_id = event.kind, event.inst_id
    about = "book" if event.channel.startswith("books") else ABOUT.get(event.channel, ABOUT.get(kind, "connection"))
    routine = kind in ROUTINE or (kind == "state" and event.got in ROUTINE_STATES)
    word = f"state {event.got}" if kind == "state" else kind
    if kind == "late" and ON_TIME in event.msg:
        word, routine = ON_TIME, True
    desk.told("event", word, about, event, routine=routine, loss=kind not in NO_LOSS)
    if kind == "blind" and event.from_ns is not None and event.to_ns is not None:
        desk.write("blind", about=about, i=inst_id, **{"from": event.from_ns / 1e6, "to": event.to_ns / 1e6})
    elif kind == "unfillable" and event.from_id is not None and event.to_id is not None:
        desk.write("hole", i=inst_id, **{"from": event.from_id, "to": event.to_id})
    elif kind == "disconnected" and not any(c.state in ("live", "draining") for c in client.connections()):
        desk.no_tickers()  # no other connection brings them
    elif kind in ("stale", "refused") and about == "ticker":
        desk.ticker(inst_id, None)


if __name__ == "__main__":
    main()
