"""What the user of a client sees of it, written down as it happens: JSON lines on stdout, times in ms since 1970.

```text
ready   the client is connected as far as its user can tell        version
book    another book can be read than 20 ms ago, or none any more   i, s (25 levels a side, hashed) or null
ticker  the last ticker, by OKX's time, or none any more            i, ts or null
trade   a trade was handed on                                       i, id, late (marked as fetched later)
told    the user was told something                                 how, word, about, text, routine, loss
blind   a gap as data: from when to when                            about, i, from, to
hole    trades that are not to be had, as data: first and last      i, from, to
pause   nothing ran in this process, so nobody read anything        from
alive   all until now is written
```

Standard library only: it runs in the environment of each client.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Side = Iterable[tuple[float, float]]

SWAP, SPOT, OTHER = "BTC-USDT-SWAP", "BTC-USDT", "ETH-USDT-SWAP"
# Words of a client that what comes is late, and that it is so no longer.
LATE, ON_TIME = "late", "on time"
INSTRUMENTS = (SWAP, SPOT, OTHER)
DEPTH = 25  # the house keeps 20 levels a side: this is all of a book
SAMPLE_S = 0.02
PAUSE_MS = 150.0
ALIVE_MS = 200.0


def now_ms() -> float:
    return time.time() * 1000


def state(bids: Side, asks: Side) -> str:
    """A name for the best levels of a book: equal names, equal prices and sizes."""
    sides = [[(float(px), float(sz)) for px, sz in side] for side in (bids, asks)]
    return hashlib.blake2b(repr(sides).encode(), digest_size=8).hexdigest()


class Desk:
    """Writes for one client. `about` is book, trades, ticker or connection; routine is what tells of no trouble.

    loss is word from which the user knows that trades may be missing. What says that something is to come, was averted
    or mended is none, and what names a gap by its times or ids goes into `blind` and `hole`, and covers just that.
    """

    def __init__(self) -> None:
        self._readers: dict[str, Callable[[], str | None]] = {}
        self._shown: dict[str, str | None] = {}
        self._tickers: dict[str, int | None] = {}
        threading.Thread(target=_end_with_the_parent, daemon=True).start()
        logging.basicConfig(level=logging.WARNING, handlers=[_Told(self)])

    def write(self, kind: str, **fields: Any) -> None:
        line = json.dumps({"k": kind, "t": round(now_ms(), 1), **fields})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def book(self, inst_id: str, read: Callable[[], str | None]) -> None:
        """How the user reads this book; None if there is none, or if he was told not to trust it."""
        self._readers[inst_id] = read

    def ticker(self, inst_id: str, ts_ms: int | None) -> None:
        if self._tickers.get(inst_id) != ts_ms:
            self._tickers[inst_id] = ts_ms
            self.write("ticker", i=inst_id, ts=ts_ms)

    def no_tickers(self) -> None:
        """The user was told that the connection is gone: he does not trust what it said last."""
        for inst_id in self._tickers:
            self.ticker(inst_id, None)

    def trade(self, inst_id: str, trade_id: int | str, *, late: bool = False) -> None:
        self.write("trade", i=inst_id, id=int(trade_id), late=late)

    def told(
        self, how: str, word: str, about: str, text: object = "", *, routine: bool = False, loss: bool = True
    ) -> None:
        """how: event, exception, log ...; word: which, in short; text: all of it."""
        text = " ".join(str(text).split())[:300]
        loss = loss and not routine and about in ("connection", "trades")
        self.write("told", how=how, word=word, about=about, text=text, routine=routine, loss=loss)

    async def sample(self) -> None:
        """Read every book each 20 ms, for ever."""
        before = said = now_ms()
        while True:
            for inst_id, read in self._readers.items():
                shown = read()
                if inst_id not in self._shown or self._shown[inst_id] != shown:
                    self._shown[inst_id] = shown
                    self.write("book", i=inst_id, s=shown)
            await asyncio.sleep(SAMPLE_S)
            if now_ms() - before > PAUSE_MS:
                self.write("pause", **{"from": round(before, 1)})
            before = now_ms()
            if before > said + ALIVE_MS:
                said = before
                self.write("alive")


class _Told(logging.Handler):
    """What a client logs, from warnings on, is told to its user too."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def emit(self, record: logging.LogRecord) -> None:
        self._desk.told("log", record.levelname.lower(), "connection", record.getMessage())


def _end_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def addresses() -> dict[str, str]:
    """What the harness gave: ws and rest (bases with the path that names this client), ca_file."""
    given: dict[str, str] = json.loads(os.environ["SICK_ADDRESSES"])
    return given
