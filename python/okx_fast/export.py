"""`okx-fast export`: recordings as tables of trades, book levels and events, in Parquet or Arrow.

    FILE … ─▶ lines ─▶ Replay: verified, in order ─▶ callbacks ─▶ trades, books, top, events
                └─▶ the levels of an update, until the book has applied it ──┘

What is exported is what a client would have handed on: an update that did not follow the one before is not among the
rows, and a row says where a book stopped being valid. Memory: the books, one batch of rows a table, and a few frames.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from okx_fast._native import Book, Replay
from okx_fast.channels.table import find
from okx_fast.errors import ConfigError, OkxFastError, RecordingError
from okx_fast.jsonlog import event_fields
from okx_fast.recording import RECV, lines, subscriptions
from okx_fast.tables import Tables
from okx_fast.taping import state

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from okx_fast._native import BookUpdate, Event, Level, Trade

__all__ = ["export"]

Key = tuple[str, str]
# Frames of one book that it has not applied yet. Beyond that an update is written as the whole book.
FRAMES = 16
ALL = 1 << 20  # levels
CONN = re.compile(rb'"conn":\s*"([^"\\]*)"')
# After these a connection's data does not go on where it stopped.
BREAKS = ("open", "disconnected", "lost")


def export(
    paths: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    file_format: Literal["parquet", "arrow"] = "parquet",
    top: int | None = None,
) -> dict[str, Any]:
    """Write the trades and books of a recording, its files oldest first, to `out/trades.parquet` and so on.

    top: the best so many levels after each update go to a table of their own. Columns: `docs/recording.md`.
    Returns the files with their rows, and what `okx-fast replay` tells: counters, and every book at the end.
    Raises ConfigError if nothing is to be written, a file is there already, or pyarrow is not; RecordingError, which
    names file and line, for what cannot be read; MalformedError for a `recv` beyond 63 bits of nanoseconds. What was
    written is then removed.
    """
    if top is not None and top < 1:
        raise ConfigError(f"top: expected at least 1 level, got {top}")
    tape = _Tape(top)
    left_out = [arg for arg in subscriptions(tuple(paths)) if not tape.follow(arg)]
    names = [
        *(["trades"] if tape.trades else []),
        *(["books", *(["top"] if top else [])] if tape.books else []),
        "events",
    ]
    if len(names) == 1:
        raise ConfigError("nothing to export: the recording holds no trades and no books")
    truncated: list[str] = []
    with Tables(out, names, file_format) as tables:
        tape.into(tables)
        for path in map(Path, paths):
            for number, line in lines(path, truncated):
                try:
                    tape.line(line)
                except OkxFastError as error:
                    raise RecordingError(str(path), number, str(error)) from error
                tables.flush()
    stats = tape.replay.stats()
    return {
        "files": [{"path": str(table.path), "rows": table.rows} for table in tables.of.values()],
        "lines": tape.number,
        "truncated": truncated,
        **{name: stats[name] for name in ("messages", "gaps", "checksums_bad")},
        **stats["replayed"],
        "left_out": left_out,
        "books": [state(book) for book in tape.books.values()],
    }


class _Tape:
    """The recording as it is played, line by line."""

    def __init__(self, top: int | None) -> None:
        self.replay = Replay()
        self.books: dict[Key, Book] = {}
        self.trades: set[Key] = set()
        self.number = 0
        self._top = top
        self._line = b""
        self._valid: set[Key] = set()
        self._frames: dict[Key, dict[tuple[int | None, int | None], dict[str, Any]]] = {}
        self._conn_of: dict[Key, bytes] = {}  # where a stream's newest row came from
        self._broken: set[Key] = set()  # trades whose next row does not go on from the one before
        self._told: list[Event] = []
        self._failed: Exception | None = None
        self.replay.on_event(self._guarded(self._on_event))

    def follow(self, arg: dict[str, str]) -> bool:
        """Subscribe to a stream that has a table; False for one that has none."""
        row = find(arg["channel"])
        key = (arg["channel"], next((value for name, value in arg.items() if name != "channel"), ""))
        if row is None or set(arg) != {"channel", *row.required}:
            return False
        if row.how == "subscribe_trades":
            self.replay.subscribe_trades(key[1], self._guarded(self._on_trade), channel=key[0])
            self.trades.add(key)
            self._broken.add(key)
        elif row.how == "subscribe_book":
            on_update = self._guarded(self._on_update)
            self.books[key] = self.replay.subscribe_book(key[1], on_update, channel=key[0])
        else:
            return False
        return True

    def into(self, tables: Tables) -> None:
        """Where the rows go."""
        self._tables = tables.of

    def line(self, line: bytes) -> None:
        """Play one line and write down what it did."""
        self.number += 1
        self._line = line
        is_data = b'"data"' in line
        if is_data and b'"update"' in line:
            self._keep(_parsed(line))
        self.replay.line(line)
        if self._failed is not None:
            raise self._failed
        entry = {} if is_data else _parsed(line)
        is_ours = "mono" in entry and "event" in entry
        if self._told or is_ours:
            self._after(entry if is_ours else {})
            self._told.clear()

    def _guarded(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """An exception in a callback is ours, and ends the export; the replay would only report it."""

        def call(event: Any) -> None:
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  # raised by line()
                self._failed = self._failed or error

        return call

    def _keep(self, entry: dict[str, Any]) -> None:
        """The levels of an update, for the moment at which the book says that it has applied it."""
        message = entry.get("msg", entry)
        if not isinstance(message, dict) or not isinstance(arg := message.get("arg"), dict):
            return
        key = (str(arg.get("channel")), str(arg.get("instId", arg.get("sprdId"))))
        if key not in self.books:
            return
        frames, rows = self._frames.setdefault(key, {}), message.get("data")
        for data in rows if isinstance(rows, list) else ():
            if isinstance(data, dict):
                frames[_integer(data.get("prevSeqId")), _integer(data.get("seqId"))] = data
        while len(frames) > FRAMES:
            del frames[next(iter(frames))]

    def _on_update(self, update: BookUpdate) -> None:
        key = (update.channel, update.inst_id)
        was_valid = key in self._valid
        self._valid.add(key)
        self._note_conn(key)
        common: dict[str, Any] = {"line": self.number, "channel": key[0], "inst_id": key[1]}
        common |= {"recv_ns": update.recv_ns, "ts_ms": update.ts_ms, "seq_id": update.seq_id}
        frame = self._frames.get(key, {}).pop((update.prev_seq_id, update.seq_id), None)
        action: str = update.action
        if action == "update" and was_valid and frame is not None:
            sides = [[_sent(level, key[0]) for level in frame[side]] for side in ("bids", "asks")]
        else:
            # A whole book is read from the book: so is one whose update's frame is not at hand.
            action = "snapshot" if action == "update" else action
            sides = [[_held(level, key[0]) for level in side] for side in update.book.top(ALL)]
        levels = [*sides[0], *sides[1]]
        side: Any = ["bid"] * len(sides[0]) + ["ask"] * len(sides[1])
        columns: dict[str, Any] = dict.fromkeys(("px", "sz", "non_rpi_sz", "n_orders"))
        if levels:
            columns = dict(zip(columns, map(list, zip(*levels, strict=True)), strict=True))
        else:
            side = None  # one row all the same: the chain goes on through it
        prev_seq_id = update.prev_seq_id if action == "update" else None
        self._tables["books"].add(
            max(1, len(levels)), **common, action=action, prev_seq_id=prev_seq_id, side=side, **columns
        )
        if self._top is not None:
            bids, asks = update.book.top(self._top)
            best = {"bid_px": bids, "bid_sz": bids, "ask_px": asks, "ask_sz": asks}
            texts = {name: [[str(getattr(level, name[4:])) for level in side]] for name, side in best.items()}
            self._tables["top"].add(1, **common, valid=True, **texts)

    def _on_trade(self, trade: Trade) -> None:
        key = (trade.channel, trade.inst_id)
        is_break = self._note_conn(key) or key in self._broken
        self._broken.discard(key)
        names = ("recv_ns", "ts_ms", "channel", "inst_id", "trade_id", "seq_id", "side", "count", "source")
        values = {name: getattr(trade, name) for name in names}
        px, sz = str(trade.px), str(trade.sz)
        self._tables["trades"].add(1, line=self.number, px=px, sz=sz, gap_before=is_break, **values)

    def _note_conn(self, key: Key) -> bool:
        """Whether a recording that is not ours goes on with the next of several connections here."""
        match = CONN.search(self._line, 0, 200)
        conn = match[1] if match else b""
        is_ours = b'"mono"' in self._line[:200]
        if is_ours:  # a second connection of a session has a number behind the session's name
            conn = conn.partition(b"/")[0]
        before = self._conn_of.get(key, conn)
        self._conn_of[key] = conn
        return conn != before and not is_ours

    def _on_event(self, event: Event) -> None:
        self._told.append(event)
        values = {name: getattr(event, name) for name in ("recv_ns", "kind", "channel", "inst_id")}
        fields = orjson.dumps(event_fields(event)).decode()
        self._tables["events"].add(1, line=self.number, text=str(event), fields=fields, **values)

    def _after(self, entry: dict[str, Any]) -> None:
        """Tell which books stopped being valid, and which streams have a hole. entry: a line of ours without data."""
        what, conn = entry.get("event", ""), str(entry.get("conn", "")).partition("/")[0].encode()
        if what == "subscribe":
            with suppress(ValueError, TypeError):  # what is no subscription was not taken for one
                channel, params = orjson.loads(entry["text"])
                self._broken |= self.trades & {(channel, value) for _, value in params}
        if what in BREAKS:
            self._broken |= {key for key in self.trades if not conn or self._conn_of.get(key, conn) == conn}
        causes = {(event.channel, event.inst_id): event.kind for event in self._told}
        # An event that names no book may be about all of them, and so may what we did ourselves.
        for key in tuple(self._valid) if what or ("", "") in causes else self._valid & causes.keys():
            # A process that ended wrote nothing of it: the next one begins by opening the same connection.
            is_new = what == "open" and self._conn_of.get(key) == conn
            if is_new or not self.books[key].valid:
                self._valid.discard(key)
                self._frames.pop(key, None)
                self._tell(key, "invalid", causes.get(key) or what or causes.get(("", "")) or self.books[key].state)
            elif what == "lost":
                self._tell(key, "lost", what)

    def _tell(self, key: Key, action: str, cause: str) -> None:
        common = {"line": self.number, "recv_ns": _recv_ns(self._line), "channel": key[0], "inst_id": key[1]}
        self._tables["books"].add(1, **common, action=action, cause=cause)
        if self._top is not None and action == "invalid":
            self._tables["top"].add(1, **common, valid=False)


def _parsed(line: bytes) -> dict[str, Any]:
    """A line as JSON; empty if it is none. What a line may be is for the replay to judge."""
    with suppress(orjson.JSONDecodeError):
        entry = orjson.loads(line)
        if isinstance(entry, dict):
            return entry
    return {}


def _integer(value: Any) -> int | None:
    """OKX writes them as numbers and as texts."""
    with suppress(ValueError, TypeError):
        return int(value)
    return None


def _recv_ns(line: bytes) -> int | None:
    """When a line's entry came, without a float in between."""
    if not (match := RECV.search(line, 0, 200)):
        return None
    seconds, _, nanos = match[1].decode().partition(".")
    return int(seconds) * 1_000_000_000 + int(nanos[:9].ljust(9, "0"))


def _sent(level: list[str], channel: str) -> tuple[str, str, str | None, int]:
    """A level as OKX sent it: price, size, the part that is not RPI, orders."""
    return level[0], level[1], level[2] if channel == "books-rpi" else None, int(level[-1])


def _held(level: Level, channel: str) -> tuple[str, str, str | None, int]:
    """The same of a level as a book holds it."""
    non_rpi_sz = str(level.non_rpi_sz) if channel == "books-rpi" else None
    return str(level.px), str(level.sz), non_rpi_sz, level.n_orders
