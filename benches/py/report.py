"""All Python-side benchmarks in one run: right answers first, then one table and bench-results.json.

    python -m benches.py.report            about a quarter of an hour
    python -m benches.py.report --short    about two minutes: one pass, few messages, for CI
    python -m benches.py.report rest       one part alone

ratio: how many times better okx_fast is than the same pass's baseline, the median over the passes.
A slow figure never fails the run; a wrong answer does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benches.py import harness, orders, recovery, rest, scale
from benches.py.harness import ROOT, Load
from benches.py.rows import Row, compare, make_row, rounded, table, tails

if TYPE_CHECKING:
    from collections.abc import Callable

BASELINE, BEST = "baseline/asyncio", "best_python/uvloop"
RIVALS = (BASELINE, BEST)
OKX = ("okx_fast/pump", "okx_fast/asyncio", "okx_fast/uvloop")
SPIN = "okx_fast/spin"
RATES = ((1_000, 1), (5_000, 1), (20_000, 1), (2_000, 20))


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything one run does."""

    offline_passes: int
    passes: int
    latency_passes: int
    answers: int  # messages after which all books must be equal
    slow: int  # messages of a throughput run, for those above 5 us a message ...
    fast: int  # ... and for those below
    latency_s: float
    rates: tuple[tuple[int, int], ...]
    busy_rates: tuple[tuple[int, int], ...]
    latency_impls: tuple[str, ...]
    waiting: int  # messages sent while the consumer stands still
    rest: rest.Size
    orders: orders.Size
    scale: scale.Size
    recovery: recovery.Size


FULL = Size(
    offline_passes=3,
    passes=5,
    latency_passes=3,
    answers=20_000,
    slow=60_000,
    fast=250_000,
    latency_s=2.5,
    rates=RATES,
    busy_rates=((1_000, 1), (5_000, 1)),
    latency_impls=(*RIVALS, *OKX, SPIN),
    waiting=200_000,
    rest=rest.FULL,
    orders=orders.FULL,
    scale=scale.FULL,
    recovery=recovery.FULL,
)
SHORT = Size(
    offline_passes=1,
    passes=1,
    latency_passes=1,
    answers=2_000,
    slow=8_000,
    fast=40_000,
    latency_s=1.0,
    rates=((5_000, 1), (2_000, 20)),
    busy_rates=((5_000, 1),),
    latency_impls=(*RIVALS, *OKX[:2]),
    waiting=50_000,
    rest=rest.SHORT,
    orders=orders.SHORT,
    scale=scale.SHORT,
    recovery=recovery.SHORT,
)


def offline(passes: int) -> list[Row]:
    """Run the pytest benchmarks; a pass runs all implementations of a case one after the other."""
    runs: list[dict[tuple[str, str], dict[str, float]]] = []
    for _ in range(passes):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out.json")
            command = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-o", "timeout=0"]
            command += ["--import-mode=importlib", "-p", "no:cacheprovider", "--benchmark-enable"]
            # CPU time, because a preempted bench says nothing about the code; nothing here waits.
            command += ["--benchmark-timer=time.process_time", f"--benchmark-json={out}"]
            done = subprocess.run(
                [*command, "benches/py/test_offline.py"], cwd=ROOT, capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"an offline bench gave a wrong answer or did not run:\n{done.stdout}{done.stderr}")
            figures: dict[tuple[str, str], dict[str, float]] = {}
            for bench in json.loads(out.read_text())["benchmarks"]:
                info = bench["extra_info"]
                us = bench["stats"]["median"] / info["per"] * 1e6
                figures.setdefault((info["task"], info["case"]), {})[info["impl"]] = us
            runs.append(figures)
    rows = []
    for task, case in runs[0]:
        each = {impl: [run[task, case][impl] for run in runs] for impl in runs[0][task, case]}
        rows.append(
            make_row(task, case, "us", *(each.get(impl, []) for impl in ("okx_fast", "baseline", "best_python")))
        )
    return rows


def throughput(size: Size) -> list[Row]:
    """Measure CPU per message and messages per second with the server sending all it can."""
    rows = []
    for channel, checksum in (("books", "zero"), ("books", "real"), ("trades", "zero")):
        every = [_load(impl, size, channel=channel, checksum=checksum) for impl in (*RIVALS, *OKX)]
        harness.assert_equal_answers([replace(load, count=size.answers) for load in every])
        loads = list(every)
        if (channel, checksum) == ("books", "zero"):
            last = harness.last_seq(every[2])
            loads += [replace(load, conflate=True, last_seq=last) for load in every[2:4]]
        results = harness.interleaved(loads, size.passes)
        case = channel if channel == "trades" else f"{channel}, checksum {checksum}"
        for load in loads[2:]:
            name = f"{case}{', conflated' if load.conflate else ''}/{load.impl.split('/')[1]}"
            trio = [results[load], results[every[0]], results[every[1]]]
            rows.append(compare("cpu_per_message", name, "us", trio, ("cpu_us",)))
            rows.append(compare("throughput", name, "msg/s", trio, ("msgs_per_s",), more_is_better=True))
    return rows


def latency(size: Size, *, busy: bool) -> list[Row]:
    """Measure from the moment a message was due to inside the callback, at fixed rates."""
    rows = []
    for rate, burst in size.busy_rates if busy else size.rates:
        count = int(rate * size.latency_s)
        loads = [
            Load(impl=impl, count=count, rate=rate, burst=burst, busy=busy, measure="latency")
            for impl in size.latency_impls
            if not (busy and impl == SPIN)
        ]
        results = harness.interleaved(loads, size.latency_passes)
        for load in loads[2:]:
            name = f"books, {rate}/s{f' in bursts of {burst}' if burst > 1 else ''}/{load.impl.split('/')[1]}"
            trio = [results[load], results[loads[0]], results[loads[1]]]
            row = compare("latency_half_busy" if busy else "latency", name, "us", trio, ("latency_us", "p50"))
            tails(row, trio, "latency_us")
            row["send_lag_p99"] = rounded(harness.median(results[load], ("send_lag_us", "p99")))
            if busy:
                row["busy"] = [rounded(harness.median(results, ("busy",))) for results in trio]
            rows.append(row)
    return rows


def memory(size: Size) -> list[Row]:
    """Measure resident memory while the consumer stands still and the server sends on."""
    impls = (*RIVALS, *OKX[:2])
    loads = [Load(impl=impl, count=size.waiting, measure="memory") for impl in impls]
    results = harness.interleaved(loads, 1)
    case = f"books, {size.waiting} messages waiting"
    return [
        compare(
            "memory",
            f"{case}/{load.impl.split('/')[1]}",
            "MB",
            [results[load], results[loads[0]], results[loads[1]]],
            ("rss_mb",),
        )
        for load in loads[2:]
    ]


def _load(impl: str, size: Size, *, channel: str, checksum: str) -> Load:
    quick = impl.startswith("okx_fast") or (channel == "trades" and impl == BEST)
    return Load(impl=impl, count=size.fast if quick else size.slow, channel=channel, checksum=checksum)


def machine() -> str:
    """Say where and with what this ran."""
    cpu = "unknown CPU"
    with Path("/proc/cpuinfo").open(encoding="utf-8") as info:
        cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), cpu)
    git = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607  whichever git is there
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return (
        f"{cpu}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Linux {platform.release()}; "
        f"Python {platform.python_version()}; commit {git.stdout.strip() or '-'}; {time.strftime('%Y-%m-%d %H:%M')}"
    )


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description="The Python-side benchmarks.")
    parser.add_argument("--short", action="store_true", help="one pass, few messages: about two minutes")
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="part",
        help="offline, throughput, latency, memory, rest, orders, scale, recovery ...",
    )
    args = parser.parse_args()
    size = SHORT if args.short else FULL
    where = machine()
    rows: list[Row] = []
    parts: dict[str, Callable[[], list[Row]]] = {
        "offline": lambda: offline(size.offline_passes),
        "throughput": lambda: throughput(size),
        "latency": lambda: latency(size, busy=False),
        "latency, consumer half busy": lambda: latency(size, busy=True),
        "memory": lambda: memory(size),
        "rest": lambda: rest.rows(size.rest),
        "scale": lambda: scale.rows(size.scale),
        "orders": lambda: orders.rows(size.orders),
        "recovery": lambda: recovery.rows(size.recovery),
    }
    chosen = set(args.parts) or set(parts)
    if unknown := chosen - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))} (there are {', '.join(parts)})")
    for name, part in parts.items():
        if name not in chosen:
            continue
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        rows += part()
    out = ROOT / "bench-results.json"
    out.write_text(json.dumps(rows, indent=1) + "\n")
    print(where)
    print(table(rows))
    for note in (row["note"] for row in rows if row.get("note")):
        print(note)
    print("ratio: times better than the same pass's rival; latencies are p50, the line below has p99/p99.9")


if __name__ == "__main__":
    main()
