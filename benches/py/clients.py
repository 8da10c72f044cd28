"""One client under test, in a process of its own: reads a job, runs it, prints one JSON line.

    python -m benches.py.clients '{"impl": "okx_fast/pump", "url": ..., "ca_file": ..., ...}'

Every implementation runs the same consumer: a callback per message that reads best bid and best ask
as floats (of a trade: price and size), so that no one is paid for being lazy. All that is known here
about okx_fast's Python API stands in the functions named `_okx_*`.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Coroutine

IMPLEMENTATIONS = (
    "baseline/asyncio",
    "best_python/uvloop",
    "okx_fast/pump",
    "okx_fast/asyncio",
    "okx_fast/uvloop",
    "okx_fast/spin",
)
Touch = Callable[[Any], tuple[float, float]]
BURN_NS = 200_000  # half busy: 200 us of every 400 us
STILL_S = 1.0  # memory that did not grow for so long has stopped growing
MB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one client process is to do."""

    impl: str
    url: str
    ca_file: str
    inst_id: str
    count: int  # data messages, the snapshot included
    channel: str = "books"
    conflate: bool = False
    last_seq: int | None = None  # ends a conflated run, where callbacks do not count messages
    measure: Literal["cpu", "latency", "memory", "answer"] = "cpu"
    busy: bool = False
    out: str = ""  # where latency samples go: pairs of i64, seqId and CLOCK_MONOTONIC ns


class Meter:
    """Sees every callback: counts, stamps, stalls, and knows when the job is done."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.result: dict[str, Any] = {"impl": job.impl}
        self.finish: Callable[[], None] = lambda: None
        self.done = False
        self.book: Any = None
        self.busy_ns = 0
        self._samples = array("q", bytes(16 * job.count if job.measure == "latency" else 0))
        self._start = (0, 0)

    def callback(self, touch: Touch, seq: Callable[[Any], int]) -> Callable[[Any], None]:
        """Make the consumer's callback; `touch` reads the two numbers, `seq` the seqId.

        Time runs from here, before anybody connects: at the first callback an I/O thread may
        already have done the work of thousands of messages. That counts the handshake, in everybody.
        """
        self._start = time.monotonic_ns(), time.process_time_ns()
        if self.job.measure == "latency":
            return self._stamped(touch, seq)
        if self.job.measure == "memory":
            return self._stalled(touch)
        if self.job.measure == "answer":
            return self._summed(touch)
        return self._conflated(touch, seq) if self.job.conflate else self._counted(touch)

    def _counted(self, touch: Touch) -> Callable[[Any], None]:
        last, calls = self.job.count, 0

        def on_item(item: Any) -> None:
            nonlocal calls
            touch(item)
            calls += 1
            if calls == last:
                self._end(calls)

        return on_item

    def _conflated(self, touch: Touch, seq: Callable[[Any], int]) -> Callable[[Any], None]:
        last, calls = self.job.last_seq, 0

        def on_item(item: Any) -> None:
            nonlocal calls
            touch(item)
            calls += 1
            if seq(item) == last:
                self._end(calls)

        return on_item

    def _stamped(self, touch: Touch, seq: Callable[[Any], int]) -> Callable[[Any], None]:
        samples, stamp, last, at = self._samples, time.monotonic_ns, 2 * self.job.count, 0

        def on_item(item: Any) -> None:
            nonlocal at
            touch(item)
            samples[at + 1] = stamp()
            samples[at] = seq(item)
            at += 2
            if at == last:
                self._end(at // 2)

        return on_item

    def _stalled(self, touch: Touch) -> Callable[[Any], None]:
        on_next = self._counted(touch)

        def on_item(item: Any) -> None:
            if "rss_mb" not in self.result:
                self.result["rss_mb"] = _wait_until_memory_is_still() / MB
            on_next(item)

        return on_item

    def _summed(self, touch: Touch) -> Callable[[Any], None]:
        on_next = self._counted(touch)
        self.result["sum"] = 0.0

        def on_item(item: Any) -> None:
            first, second = touch(item)
            self.result["sum"] += first * second
            on_next(item)

        return on_item

    def burn(self) -> None:
        """Keep the consumer's thread busy for one slice."""
        start = now = time.monotonic_ns()
        while now - start < BURN_NS:
            now = time.monotonic_ns()
        self.busy_ns += now - start

    def _end(self, calls: int) -> None:
        if self.done:
            return
        cpu, wall = time.process_time_ns(), time.monotonic_ns()
        began, cpu_began = self._start
        messages = self.job.count
        elapsed = max(wall - began, 1)
        self.done = True
        self.result |= {
            "messages": messages,
            "callbacks": calls,
            "cpu_us": (cpu - cpu_began) / 1e3 / messages,
            "msgs_per_s": messages * 1e9 / elapsed,
            "busy": self.busy_ns / elapsed,
        }
        self.finish()

    def report(self) -> dict[str, Any]:
        self.result["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB
        if self.job.out:
            Path(self.job.out).write_bytes(self._samples.tobytes())
        return self.result


def _wait_until_memory_is_still() -> int:
    page = os.sysconf("SC_PAGE_SIZE")
    most, since = 0, time.monotonic()
    while time.monotonic() - since < STILL_S:
        rss = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * page
        if rss > most + MB // 16:
            most, since = rss, time.monotonic()
        time.sleep(0.05)
    return most


def _python(job: Job, meter: Meter, *, best: bool) -> Coroutine[Any, Any, None]:
    """Run one of the pure-Python clients; they share a surface."""
    rival: Any
    if best:
        from benches.py import best_python as rival  # noqa: PLC0415  only what is measured is loaded
    else:
        from benches.py import baseline as rival  # noqa: PLC0415  likewise

    if job.channel != "trades":
        callback = meter.callback(lambda b: (float(b.best_bid[0]), float(b.best_ask[0])), lambda b: b.seq_id)
    elif best:
        callback = meter.callback(lambda t: (float(t.px), float(t.sz)), lambda t: t.seq_id)
    else:
        callback = meter.callback(lambda t: (float(t["px"]), float(t["sz"])), lambda t: t["seqId"])

    async def main() -> None:
        if job.busy:
            _burn_on_loop(meter)
        arg = {"channel": job.channel, "instId": job.inst_id}
        books = await rival.run(job.url, job.ca_file, [arg], callback, job.count)
        for book in books.values():
            bids, asks = book.top(10)
            meter.result["top"] = [[list(row[:2]) for row in side] for side in (bids, asks)]
            meter.result |= {"digest": book.digest(), "seq_id": book.seq_id}

    return main()


def _okx_client(job: Job) -> Any:
    import okx_fast  # noqa: PLC0415  only what is measured is loaded

    site = okx_fast.Site(ws_public=job.url, ca_file=job.ca_file)
    return okx_fast.Client(site, options=okx_fast.Options(spin=job.impl.endswith("/spin")))


def _okx_subscribe(client: Any, job: Job, meter: Meter) -> None:
    if job.channel == "trades":
        callback = meter.callback(lambda t: (float(t.px), float(t.sz)), lambda t: t.seq_id)
        client.subscribe_trades(job.inst_id, callback)
        return

    def touch(update: Any) -> tuple[float, float]:  # of the message, where `book` may be further on already
        return float(update.best_bid.px), float(update.best_ask.px)

    callback = meter.callback(touch, lambda update: update.seq_id)
    meter.book = client.subscribe_book(job.inst_id, callback, channel=job.channel, conflate=job.conflate)


def _okx_result(meter: Meter) -> None:
    book = meter.book
    if book is not None:
        meter.result["top"] = [[[str(level.px), str(level.sz)] for level in side] for side in book.top(10)]
        meter.result |= {"digest": book.digest(), "seq_id": book.seq_id}


def _okx_pump(job: Job, meter: Meter) -> None:
    with _okx_client(job) as client:
        meter.finish = client.stop
        _okx_subscribe(client, job, meter)
        if not job.busy:
            client.run()
        tick = time.monotonic_ns()
        while not meter.done:
            meter.burn()
            tick = max(tick + 2 * BURN_NS, time.monotonic_ns())
            while not meter.done and (left := tick - time.monotonic_ns()) > 0:  # type: ignore[redundant-expr]  # poll sets it
                client.poll(left / 1e9)
        _okx_result(meter)


async def _okx_loop(job: Job, meter: Meter) -> None:
    finished = asyncio.Event()
    meter.finish = finished.set
    if job.busy:
        _burn_on_loop(meter)
    async with _okx_client(job) as client:
        _okx_subscribe(client, job, meter)
        await finished.wait()
        _okx_result(meter)


def _burn_on_loop(meter: Meter) -> None:
    """Burn a slice at each tick of a kernel timer: a loop's own timers are no finer than 1 ms."""
    import ctypes  # noqa: PLC0415  os.timerfd_create came with Python 3.13

    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK)
    every = (ctypes.c_long * 4)(0, 2 * BURN_NS, 0, 2 * BURN_NS)  # struct itimerspec: interval, first
    if fd < 0 or libc.timerfd_settime(fd, 0, ctypes.byref(every), None):
        raise OSError(ctypes.get_errno(), "timerfd")

    def tick() -> None:
        os.read(fd, 8)
        meter.burn()

    asyncio.get_running_loop().add_reader(fd, tick)


def main() -> None:
    """Run the job given as JSON and print its result."""
    job = Job(**json.loads(sys.argv[1]))
    meter = Meter(job)
    name, mode = job.impl.split("/")
    if mode in {"pump", "spin"}:
        _okx_pump(job, meter)
    else:
        runner: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
        if mode == "uvloop":
            import uvloop  # noqa: PLC0415  only what is measured is loaded

            runner = uvloop.run
        runner(_okx_loop(job, meter) if name == "okx_fast" else _python(job, meter, best=name == "best_python"))
    print(json.dumps(meter.report()), flush=True)


if __name__ == "__main__":
    main()
