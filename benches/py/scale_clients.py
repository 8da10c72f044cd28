"""A client of the scale run, in a process of its own: reads a job, holds every instrument, prints one JSON line.

    python -m benches.py.scale_clients '{"impl": "okx_fast/pump", "ready": ..., "out": ..., ...}'

Callbacks run for some books only, the busiest and others evenly; each reads best bid and best ask as floats. okx_fast
makes the connections it wants. The pure-Python stack makes one for each 30 books, three a second, as OKX advises.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from array import array
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.py.harness import percentiles

if TYPE_CHECKING:
    from collections.abc import Callable

BOOKS_PER_CONNECTION = 30
CONNECTS_PER_S = 3
CHANNELS = ("books", "trades", "tickers")
SLICE_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one client process is to do."""

    impl: str
    ready: str  # file with the server's first line
    out: str  # where latency samples go: pairs of i64, seqId and CLOCK_MONOTONIC ns
    called: int  # books with a callback
    cold_within_s: float
    settle_s: float
    measure_s: float


class Meter:
    """Takes the figures; `count` says how many data messages have come so far."""

    def __init__(self, job: Job, count: Callable[[], int], resident: int, begin: int) -> None:
        self.job = job
        self.result: dict[str, Any] = {"impl": job.impl, "rss_before_bytes": resident}
        self._count = count
        self._samples = array("q")
        self._received = array("q")
        self._open = False
        self._start = begin
        self._window = (0, 0, 0)

    @property
    def waited_s(self) -> float:
        return (time.monotonic_ns() - self._start) / 1e9

    def cold(self) -> None:
        """All books are valid."""
        self.result["cold_s"] = self.waited_s

    def begin(self) -> None:
        self._open = True
        self._window = time.monotonic_ns(), time.process_time_ns(), self._count()

    def end(self) -> None:
        wall, cpu, messages = time.monotonic_ns(), time.process_time_ns(), self._count()
        self._open = False
        wall_began, cpu_began, before = self._window
        self.result |= {
            "msgs_per_s": (messages - before) * 1e9 / (wall - wall_began),
            "cpu_percent": 100 * (cpu - cpu_began) / (wall - wall_began),
            "rss_bytes": _resident(),
        }

    def called(self, seq_id: int, recv_ns: int) -> None:
        """A callback ran, for a message that left the socket then (0: not known)."""
        if self._open:
            now = time.monotonic_ns()
            self._samples.extend((seq_id, now))
            if recv_ns:
                self._received.append(now - recv_ns)

    def report(self, books: dict[str, tuple[int | None, str]], connects: int) -> dict[str, Any]:
        Path(self.job.out).write_bytes(self._samples.tobytes())
        self.result |= {"books": books, "messages": self._count(), "connects": connects}
        if self._received:
            self.result["recv_us"] = percentiles([ns / 1e3 for ns in self._received])
        return self.result


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _chosen(inst_ids: list[str], count: int) -> set[str]:
    """The busiest, which come first, and as many more of all."""
    return {*inst_ids[: count // 2], *inst_ids[:: max(1, 2 * len(inst_ids) // count)]}


def _okx_fast(job: Job, ready: dict[str, Any]) -> dict[str, Any]:
    import okx_fast  # noqa: PLC0415  only what is measured is loaded

    inst_ids = ready["instruments"]
    called = _chosen(inst_ids, job.called)
    resident = _resident()
    begin = time.monotonic_ns()
    site = okx_fast.Site(ws_public=f"{ready['wss']}/ws/v5/public", ca_file=ready["ca_file"])
    with okx_fast.Client(site) as client:

        def count() -> int:
            return sum(channel["messages"] for channel in client.stats()["channels"].values())

        meter = Meter(job, count, resident, begin)

        def on_book(update: Any) -> None:
            float(update.best_bid.px), float(update.best_ask.px)
            meter.called(update.seq_id, update.recv_mono_ns)

        client.on_event(None)
        books = []
        for inst_id in inst_ids:
            books.append(client.subscribe_book(inst_id, on_book if inst_id in called else None))
            client.subscribe_trades(inst_id)
            client.subscribe_ticker(inst_id)
        waiting = books
        while waiting := [book for book in waiting if not book.valid]:
            client.run(SLICE_S)
            if meter.waited_s > job.cold_within_s:
                raise SystemExit(f"{len(waiting)} of {len(books)} books were not valid after {meter.waited_s:.0f} s")
        meter.cold()
        client.run(job.settle_s)
        meter.begin()
        client.run(job.measure_s)
        meter.end()
        before = -1
        while (now := count()) != before:
            before = now
            client.run(1.0)
        got = {book.inst_id: (book.seq_id, book.digest()) for book in books}
        return meter.report(got, client.stats()["connects"])


async def _best_python(job: Job, ready: dict[str, Any]) -> dict[str, Any]:
    from picows import WSMsgType, ws_connect  # noqa: PLC0415  only what is measured is loaded

    from benches.py import best_python  # noqa: PLC0415  likewise
    from benches.py.rules import tls  # noqa: PLC0415  likewise

    inst_ids = ready["instruments"]
    called = _chosen(inst_ids, job.called)
    feeds: list[best_python.Feed] = []
    # A feed counts down, from -1 here.
    meter = Meter(job, lambda: sum(-1 - feed._left for feed in feeds), _resident(), time.monotonic_ns())  # noqa: SLF001

    def on_update(item: Any) -> None:
        if type(item) is best_python.Book and item.arg["instId"] in called:
            if item.best_bid and item.best_ask:
                float(item.best_bid[0]), float(item.best_ask[0])
            meter.called(item.seq_id or 0, 0)

    context = tls(ready["ca_file"])
    transports: list[Any] = []
    opened = deque[float](maxlen=CONNECTS_PER_S)  # when the server had taken the last ones for sure
    for start in range(0, len(inst_ids), BOOKS_PER_CONNECTION):
        share = inst_ids[start : start + BOOKS_PER_CONNECTION]
        if len(opened) == CONNECTS_PER_S:
            await asyncio.sleep(opened[0] + 1 - meter.waited_s)
        feed = best_python.Feed([{"channel": name, "instId": i} for i in share for name in CHANNELS], on_update, None)
        feeds.append(feed)
        url = f"{ready['wss']}/ws/v5/public"
        transport, _ = await ws_connect(lambda feed=feed: feed, url, ssl_context=context, max_frame_size=1 << 22)
        transports.append(transport)
        opened.append(meter.waited_s)
    books = [book for feed in feeds for book in feed.books.values()]
    while not all(book.valid for book in books):
        await asyncio.sleep(SLICE_S)
        if meter.waited_s > job.cold_within_s:
            raise SystemExit(f"not all books were valid after {meter.waited_s:.0f} s")
    meter.cold()
    await asyncio.sleep(job.settle_s)
    meter.begin()
    await asyncio.sleep(job.measure_s)
    meter.end()
    before = -1
    while (now := sum(book.counts.messages for book in books)) != before:
        before = now
        await asyncio.sleep(1.0)
    got = {book.arg["instId"]: (book.seq_id, book.digest()) for book in books}
    result = meter.report(got, len(transports))
    for transport in transports:
        transport.send(WSMsgType.CLOSE, b"")
        transport.disconnect()
    return result


def main() -> None:
    """Run the job given as JSON and print its result."""
    job = Job(**json.loads(sys.argv[1]))
    ready = json.loads(Path(job.ready).read_text(encoding="utf-8"))
    if job.impl.startswith("okx_fast"):
        result = _okx_fast(job, ready)
    else:
        import uvloop  # noqa: PLC0415  only what is measured is loaded

        result = uvloop.run(_best_python(job, ready))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
