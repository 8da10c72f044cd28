"""`okx-fast record` and `okx-fast replay`.

CHANNEL:INSTRUMENT … ─▶ Client(record=…) ─▶ okx-….jsonl.gz ─▶ Replay ─▶ books, counters, events
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from okx_fast._native import Book, Replay
from okx_fast.channels.table import find
from okx_fast.client import Client, Options
from okx_fast.errors import BookInvalidError, ConfigError, ConnectError
from okx_fast.recording import Flight, Recording, subscriptions

if TYPE_CHECKING:
    from okx_fast._native import Event
    from okx_fast.site import Site

__all__ = ["as_arg", "is_sound", "record", "replay", "state"]

TURN_S = 0.5


def as_arg(text: str) -> dict[str, str]:
    """`books:BTC-USDT`, `liquidation-orders:SWAP`, `block-tickers:a=b,c=d`, or `status`, as an `arg`.

    A value without a name is the channel's `instId`, or else its first parameter: `instType`, `instFamily`, `sprdId`.
    """
    channel, _, rest = text.partition(":")
    if not channel:
        raise ConfigError(f"expected CHANNEL:INSTRUMENT, got {text!r}")
    row = find(channel)
    names = row.parameters if row else ()
    unnamed = "instId" if "instId" in names or not names else names[0]
    arg = {"channel": channel}
    for part in filter(None, rest.split(",")):
        key, is_pair, value = part.rpartition("=")
        arg[key if is_pair else unnamed] = value
    return arg


def record(
    site: Site,
    wanted: list[str],
    recording: Recording | None,
    flight: Flight | None = None,
    *,
    seconds: float | None,
    proxy: str | None,
) -> dict[str, Any]:
    """Record until the time is up, SIGINT or SIGTERM. Returns what was written.

    Raises ConfigError if there is neither a recording nor a flight recorder, ConnectError if no connection came about.
    """
    if recording is None and flight is None:
        raise ConfigError("expected a folder for everything (--out), for what led to a fault (--flight), or both")
    args = [as_arg(text) for text in wanted]
    end = None if seconds is None else time.monotonic() + seconds
    over: list[int] = []
    before = {number: signal.signal(number, lambda n, _: over.append(n)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Client(site, options=Options(proxy=proxy, record=recording, flight=flight)) as client:
            for arg in args:
                params = [(key, value) for key, value in arg.items() if key != "channel"]
                client._engine.subscribe("any", arg["channel"], params, None, conflate=False)  # noqa: SLF001
            while not over and (end is None or time.monotonic() < end):
                client.run(TURN_S if end is None else max(0.0, min(TURN_S, end - time.monotonic())))
        stats = client.stats()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not stats["connects"]:
        raise ConnectError("nothing was recorded: no connection came about")
    return {"messages": stats["messages"], "gaps": stats["gaps"], **stats["recording"]}


def replay(paths: list[str], *, speed: float | None, on_event: Any = None) -> dict[str, Any]:
    """Play everything that the files hold; the summary and every book at the end."""
    player = Replay()
    kinds: dict[str, int] = {}

    def count(event: Event) -> None:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
        if on_event is not None:
            on_event(event)

    player.on_event(count)
    followed = [player.follow(arg) for arg in subscriptions(tuple(paths))]
    played = player.play(*paths, speed=speed)
    stats = player.stats()
    counters = ("messages", "updates_verified", "snapshots", "gaps", "checksums_ok", "checksums_bad")
    return {
        "lines": played["lines"],
        "truncated": played["truncated"],
        **{name: stats[name] for name in counters},
        **stats["replayed"],
        "events": kinds,
        "books": [state(item) for item in followed if isinstance(item, Book)],
    }


def state(book: Book) -> dict[str, Any]:
    """Of a book at the end: valid or not, and if it is, its `seqId` and digest."""
    row: dict[str, Any] = {"channel": book.channel, "id": book.inst_id, "valid": book.valid}
    try:
        return {**row, "seqId": book.seq_id, "digest": book.digest()}
    except BookInvalidError:
        return row


def is_sound(summary: dict[str, Any]) -> bool:
    """No gap, no wrong checksum, nothing lost, nothing cut off."""
    return not (summary["gaps"] or summary["checksums_bad"] or summary["lost"] or summary["truncated"])
