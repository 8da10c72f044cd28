"""python-okx: `WsPublicAsync` hands on raw frames and keeps no book, so its user keeps one.

Its README and its samples show a callback that prints: nothing on sequence numbers, gaps or connections that end. So
the book here is the least there can be: a snapshot replaces, an update sets and deletes levels. What the library does
tell is heard: frames with an `event`, its `ConnClosed`, and the end of the task that `start()` returned.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from importlib.metadata import version
from typing import Any

from okx.websocket.WsPublicAsync import WsPublicAsync

from .desk import DEPTH, INSTRUMENTS, Desk, addresses, state

ROUTINE = {"subscribe", "unsubscribe", "channel-conn-count"}


def main() -> None:
    asyncio.run(watch(Desk()))


async def watch(desk: Desk) -> None:
    user = User(desk)
    ws = WsPublicAsync(url=f"{addresses()['ws']}/ws/v5/public")
    consuming = await ws.start()
    consuming.add_done_callback(user.ended)
    channels = ("books", "trades", "tickers")
    args = [{"channel": channel, "instId": inst_id} for channel in channels for inst_id in INSTRUMENTS]
    await ws.subscribe(args, user.frame)
    desk.write("ready", version=version("python-okx"))
    await desk.sample()


class User:
    """The callback, and the books behind it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.books: dict[str, tuple[dict[float, float], dict[float, float]] | None] = dict.fromkeys(INSTRUMENTS)
        for inst_id in INSTRUMENTS:
            desk.book(inst_id, partial(self.read, inst_id))

    def read(self, inst_id: str) -> str | None:
        book = self.books[inst_id]
        if book is None:
            return None
        bids, asks = book
        return state(sorted(bids.items(), reverse=True)[:DEPTH], sorted(asks.items())[:DEPTH])

    def frame(self, raw: str) -> None:
        frame = json.loads(raw)
        if "event" in frame:
            self.event(frame)
            return
        channel, inst_id = frame["arg"]["channel"], frame["arg"]["instId"]
        for row in frame["data"]:
            if channel == "books":
                self.apply(inst_id, frame["action"], row)
            elif channel == "trades":
                self.desk.trade(inst_id, row["tradeId"])
            else:
                self.desk.ticker(inst_id, int(row["ts"]))

    def event(self, frame: dict[str, Any]) -> None:
        closed = frame.get("code") == "ConnClosed"  # the library's own word
        how, word = ("callback", "ConnClosed") if closed else ("raw frame", frame["event"])
        # That OKX announces an upgrade says of no trade that it was missed.
        self.desk.told(how, word, "connection", frame, routine=frame["event"] in ROUTINE, loss=word != "notice")
        if closed:
            self.forget()

    def apply(self, inst_id: str, action: str, row: dict[str, Any]) -> None:
        book = self.books[inst_id]
        if book is None or action == "snapshot":
            self.books[inst_id] = book = ({}, {})
        for levels, side in zip(book, ("bids", "asks"), strict=True):
            for px, sz, *_ in row[side]:
                if float(sz):
                    levels[float(px)] = float(sz)
                else:
                    levels.pop(float(px), None)

    def ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        self.desk.told("task", type(error).__name__ if error else "ended", "connection", error)
        self.forget()

    def forget(self) -> None:
        self.books = dict.fromkeys(INSTRUMENTS)
        self.desk.no_tickers()


if __name__ == "__main__":
    main()
