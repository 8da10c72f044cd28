"""`okx-fast watch`: any channels, live, in a terminal or as JSON lines.

    CHANNEL:INSTRUMENT … ─▶ Client ─▶ run() on a thread of its own: callbacks keep the newest, and count
                               │                       │
                               └─ stats(), Book ───────┴─▶ Watch.look() ─▶ screen, text or JSON, on the caller's thread

What reads the sockets never waits for what writes to the terminal: a terminal that is stopped stops only what it shows.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from okx_fast.channels.models import Pushed
from okx_fast.channels.table import REFUSED, find, find_typed
from okx_fast.client import Client, Options
from okx_fast.errors import BookInvalidError, ConnectError
from okx_fast.taping import as_arg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast._native import Book, Depth, Event
    from okx_fast.site import Site

__all__ = ["Item", "Watch", "is_sound", "run"]

TRADES_KEPT = 20
EVENTS_KEPT = 1000
# A rate is that of the last seconds.
RATE_S = 2.0
# What says that something is wrong; the others are the ordinary course of things.
FAULTS = ("gap", "checksum", "malformed", "refused", "error", "blind", "unfillable", "stale")
TICKER = ("last", "last_sz", "bid_px", "bid_sz", "ask_px", "ask_sz", "open_24h", "high_24h", "low_24h", "vol_24h",
          "vol_ccy_24h", "sod_utc0", "sod_utc8", "ts_ms")  # fmt: skip


class Item:
    """One channel that is watched. Its callback runs on the pump's thread and only keeps and counts."""

    def __init__(self, text: str) -> None:
        self.arg = as_arg(text)
        self.channel = self.arg["channel"]
        self.name = ",".join(value for key, value in self.arg.items() if key != "channel")
        self.kind = "raw"
        self.book: Book | None = None
        self.count = 0
        self.newest: deque[Any] = deque(maxlen=TRADES_KEPT)
        self.faults: Counter[str] = Counter()
        self._counts = deque([(time.monotonic(), 0)])

    def subscribe(self, client: Client) -> tuple[str, str]:
        """Subscribe in the way of the channel; what its events will name. Raises ConfigError."""
        row = find(self.channel)
        how = "subscribe" if self.channel in REFUSED else row.how if row else "subscribe_raw"
        params = {key: value for key, value in self.arg.items() if key != "channel"}
        if how in ("subscribe_book", "subscribe_trades", "subscribe_ticker"):
            assert row is not None  # noqa: S101  # it said how
            inst_id = row.check(self.channel, params)[0][1]
        subscription: Any
        match how:
            case "subscribe_book":
                self.kind = "book"
                self.book = subscription = client.subscribe_book(inst_id, self._on_item, channel=self.channel)
            case "subscribe_trades":
                self.kind = "trades"
                subscription = client.subscribe_trades(inst_id, self._on_item, channel=self.channel)  # type: ignore[arg-type]
            case "subscribe_ticker":
                self.kind = "ticker"
                subscription = client.subscribe_ticker(inst_id, self._on_item)
            case "subscribe":
                find_typed(self.channel)  # says why a channel cannot be had
                self.kind = "rows"
                subscription = client.subscribe(self.channel, self._on_item, **params)  # type: ignore[call-overload]
            case _:
                subscription = client.subscribe_raw(self.arg, self._on_item)
        return subscription.channel, subscription.inst_id

    def _on_item(self, item: Any) -> None:
        self.count += 1
        self.newest.append(item)

    def look(self, now: float, levels: int) -> dict[str, Any]:
        """The present state; numbers are texts, exact. now: `time.monotonic()`."""
        newest = tuple(self.newest)  # one step: the pump goes on meanwhile
        recv_ns = newest[-1].recv_ns if newest else None
        age_ms = None if recv_ns is None else round(max(0, time.time_ns() - recv_ns) / 1e6, 1)
        row = {"channel": self.channel, "id": self.name, "kind": self.kind, "count": self.count}
        row |= {"per_s": self._per_s(now), "age_ms": age_ms, "faults": dict(self.faults)}
        if self.book is not None:
            return row | _book(self.book, levels)
        if self.kind == "trades":
            return row | {"trades": [_texts(trade, ("side", "px", "sz", "trade_id", "ts_ms")) for trade in newest]}
        if self.kind == "ticker":
            return row | {"row": _texts(newest[-1], TICKER) if newest else None}
        return row | {"row": _row(newest[-1]) if newest else None}

    def _per_s(self, now: float) -> float:
        counts = self._counts
        counts.append((now, self.count))
        while len(counts) > 2 and counts[1][0] <= now - RATE_S:  # noqa: PLR2004  # the last two are a rate
            counts.popleft()
        seconds = now - counts[0][0]
        return round((self.count - counts[0][1]) / seconds, 1) if seconds > 0 else 0.0


def _book(book: Book, levels: int) -> dict[str, Any]:
    """Best levels, spread and mid of one moment, or why there are none."""
    try:
        depth, age_ms = book.snapshot(levels), round(book.age_ms, 1)
    except BookInvalidError:
        return {"valid": False, "why": book.state}
    except OverflowError as error:
        return {"valid": True, "why": str(error)}
    bids, asks = _levels(depth, depth.bids), _levels(depth, depth.asks)
    row: dict[str, Any] = {"valid": True, "why": "", "age_ms": age_ms, "seq_id": depth.seq_id, "ts_ms": depth.ts_ms}
    if bids and asks:
        bid, ask = depth.bids[0, 0], depth.asks[0, 0]
        # With one more decimal the middle is exact.
        row |= {"mid": _decimal((bid + ask) * 5, depth.px_scale + 1), "spread": _decimal(ask - bid, depth.px_scale)}
        row["crossed"] = ask <= bid
    return row | {"bids": bids, "asks": asks}


def _levels(depth: Depth, side: memoryview) -> list[list[Any]]:
    """Price and size as texts, and the number of orders."""
    rows: Any = side.tolist()
    return [[_decimal(px, depth.px_scale), _decimal(sz, depth.sz_scale), orders] for px, sz, orders in rows]


def _decimal(mantissa: int, scale: int) -> str:
    digits = str(abs(mantissa)).rjust(scale + 1, "0")
    text = digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}"
    return f"-{text}" if mantissa < 0 else text


def _texts(item: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Attributes by name, without those that are None; exact numbers as texts."""
    values = ((name, getattr(item, name)) for name in names)
    return {name: value if isinstance(value, (int, str)) else str(value) for name, value in values if value is not None}


def _row(item: Any) -> Any:
    """A typed row as OKX sent it, a list by the names of its fields; a frame as JSON if it is, else as text."""
    if isinstance(item, Pushed):
        raw = item.raw
        return raw if isinstance(raw, dict) else {name: raw[at] for name, at in _columns(type(item)) if at < len(raw)}
    try:
        return orjson.loads(item.data)
    except orjson.JSONDecodeError:
        return item.data.decode(errors="replace")


def _columns(model: type[Pushed]) -> Iterator[tuple[str, int]]:
    return ((name, field.key) for name, field in model.FIELDS.items() if isinstance(field.key, int))


class Watch:
    """All that is watched on one client. Only `look` and `news` are for another thread than the pump's."""

    def __init__(self, client: Client, wanted: list[str]) -> None:
        self.client = client
        self.events: deque[tuple[int, Event]] = deque(maxlen=EVENTS_KEPT)
        self.kinds: Counter[str] = Counter()
        self._shown = 0
        self._up = 0
        self._began = time.monotonic()
        self._messages = deque([(self._began, 0)], maxlen=2)
        client.on_event(self._on_event)
        self.items = [Item(text) for text in wanted]
        self._of: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            self._of.setdefault(item.subscribe(client), []).append(item)

    def _on_event(self, event: Event) -> None:
        self.kinds[event.kind] += 1
        self._up += {"connected": 1, "disconnected": -1}.get(event.kind, 0)
        self.events.append((self.kinds.total(), event))
        if event.kind in FAULTS:
            for item in self._of.get((event.channel, event.inst_id), ()):
                item.faults[event.kind] += 1

    def news(self) -> list[tuple[int, Event]]:
        """Events since the last call, numbered from 1; at most the newest EVENTS_KEPT."""
        fresh = [(number, event) for number, event in tuple(self.events) if number > self._shown]
        if fresh:
            self._shown = fresh[-1][0]
        return fresh

    def look(self, levels: int) -> dict[str, Any]:
        """State of the client, and of each item in `items`."""
        now = time.monotonic()
        stats = self.client.stats()
        self._messages.append((now, stats["messages"]))
        (before, count), (_, total) = self._messages[0], self._messages[-1]
        row = {
            "seconds": round(now - self._began, 3),
            "messages": total,
            "per_s": round((total - count) / (now - before), 1) if now > before else 0.0,
            "connects": stats["connects"],
            "connections": stats.get("connections", [{"state": "live"}] * self._up),
            **{name: stats[name] for name in ("gaps", "resyncs", "checksums_bad")},
            "latency_us": stats["latency_us"],
        }
        return {**row, "items": [item.look(now, levels) for item in self.items]}

    def summary(self) -> dict[str, Any]:
        """What came in all."""
        look = self.look(1)
        del look["per_s"], look["connections"]
        items = [{name: row[name] for name in ("channel", "id", "count", "faults")} for row in look.pop("items")]
        per_s = round(look["messages"] / max(look["seconds"], 1e-3), 1)
        return {**look, "per_s": per_s, "events": dict(self.kinds), "items": items}


def run(
    site: Site,
    wanted: list[str],
    show: Callable[[Watch], object],
    *,
    every_s: float,
    seconds: float | None = None,
    proxy: str | None = None,
) -> dict[str, Any]:
    """Receive until the time is up, SIGINT or SIGTERM; call `show` every so often. Returns the summary.

    Raises ConfigError for a channel that cannot be had, ConnectError if no connection came about.
    """
    end = None if seconds is None else time.monotonic() + seconds
    with _interrupts() as over, Client(site, options=Options(proxy=proxy)) as client:
        watch = Watch(client, wanted)
        with _pump(client, over) as failed:
            while not over.is_set() and (end is None or time.monotonic() < end):
                over.wait(every_s if end is None else max(0.0, min(every_s, end - time.monotonic())))
                show(watch)
        if failed:
            raise failed[0]
        summary = watch.summary()
    if not summary["connects"]:
        raise ConnectError("nothing was watched: no connection came about")
    return summary


@contextmanager
def _pump(client: Client, over: threading.Event) -> Iterator[list[BaseException]]:
    """Run the client on a thread of its own; the list holds what ended it, if it did not end as it should."""
    failed: list[BaseException] = []

    def pump() -> None:
        try:
            client.run()
        except BaseException as error:  # noqa: BLE001  # raised on the caller's thread
            failed.append(error)
            over.set()

    thread = threading.Thread(target=pump, name="okx-fast-watch")
    thread.start()
    try:
        yield failed
    finally:
        client.stop()
        thread.join()


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM. A second one raises KeyboardInterrupt: the terminal may be what is stuck."""
    over = threading.Event()

    def interrupt(*_: object) -> None:
        if over.is_set():
            raise KeyboardInterrupt
        over.set()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_sound(summary: dict[str, Any]) -> bool:
    """No sequence broke, no checksum was wrong, OKX refused nothing, everything could be read."""
    return not (summary["gaps"] or summary["checksums_bad"] or any(summary["events"].get(kind) for kind in FAULTS))
