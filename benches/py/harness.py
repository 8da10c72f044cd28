"""End to end over TLS loopback: a simulator on one core, one fresh client process on the other.

    for each pass:  A, B, C, A, B, C, ...      so that a noisy minute hits everybody alike
    throughput      everything at once; CPU is the client process's, all threads, kernel included
    latency         fixed rates, open loop: from the moment a message was due, not from when a late
                    server got round to it, to inside the callback with best bid and ask read
    memory          the consumer stalls in its first callback while the server sends on

A run that fails or does not end in time is a hole in the table and a line on stderr, not an error:
only wrong answers are.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from array import array
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.py.clients import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
SIM = [sys.executable, "-m", "okx_fast", "sim"]
SEED = 20261122
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
MB = 1 << 20
WARM_SHARE = 0.1  # of a latency run: connecting, first calls, cold caches


class RunError(Exception):
    """A simulator or a client did not do its job; says what it said."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the server sends, to whom, and what is measured."""

    impl: str
    count: int
    channel: str = "books"
    checksum: str = "zero"
    conflate: bool = False
    measure: str = "cpu"
    rate: int = 0  # messages a second; 0 is as fast as the client takes them
    burst: int = 1
    busy: bool = False
    last_seq: int | None = None


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Start processes inside: they and their threads inherit the core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def awake(core: int, lasts_s: float = 60) -> Iterator[None]:
    """Keep a core from halting: a process that runs only where nothing else wants to, and ends by itself.

    A halted virtual core needs some 100 us to wake, in everybody's figure alike, and hides the clients.
    """
    code = "import os, time; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); end = time.monotonic() + "
    with on_core(core):
        process = subprocess.Popen([sys.executable, "-c", f"{code}{lasts_s}\nwhile time.monotonic() < end: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(command: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run a server on its core and give the line it prints when ready; it ends when its standard input closes.

    What it prints at its end, if anything, is then there as `report`.
    """
    with on_core(SERVER_CORE), tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([*command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT)
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                process.wait()
                errors.seek(0)
                raise RunError(f"the server did not start: {errors.read().decode(errors='replace').strip()}")
            ready = json.loads(line)
            yield ready
        finally:
            try:
                said, _ = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
        if lines := said.splitlines():
            ready["report"] = json.loads(lines[-1])


@contextlib.contextmanager
def simulator(load: Load, send_log: Path | None) -> Iterator[dict[str, Any]]:
    """Run a simulator and give the line it prints when ready; its log is complete on exit."""
    pace = ["--rate", load.rate, "--burst", load.burst] if load.rate else ["--speed", "full"]
    options = ["--tls-port", 0, "--port", 0, "--seed", SEED, "--instruments", 1, "--checksum", load.checksum]
    options += ["--channels", load.channel, "--limit", load.count, "--until-stdin-closes", *pace]
    if send_log is not None:
        options += ["--send-log", send_log]
    with serving([*SIM, *map(str, options)]) as ready:
        yield ready


def run(load: Load) -> dict[str, Any]:
    """Run one client against one simulator; latencies, if asked for, come as `latency_us`."""
    with tempfile.TemporaryDirectory() as folder:
        log, out = Path(folder, "send.log"), Path(folder, "samples")
        latency = load.measure == "latency"
        quiet = awake(CLIENT_CORE) if latency else contextlib.nullcontext()
        with quiet, simulator(load, log if latency else None) as ready:
            job = Job(
                impl=load.impl,
                url=f"{ready['wss']}/ws/v5/public",
                ca_file=ready["ca_file"],
                inst_id=ready["instruments"][0],
                count=load.count,
                channel=load.channel,
                conflate=load.conflate,
                last_seq=load.last_seq,
                measure=load.measure,  # type: ignore[arg-type]  # one of the three names
                busy=load.busy,
                out=str(out) if latency else "",
            )
            result = client(
                [sys.executable, "-m", "benches.py.clients", json.dumps(asdict(job))],
                job.impl,
                first_in_line=latency,
                timeout=30 + 2 * (load.count / load.rate if load.rate else load.count * 2e-4),
            )
        if latency:
            result["latency_us"], result["send_lag_us"] = join(log, out, from_sent=load.burst > 1)
    return result


def client(command: Sequence[str], name: str, *, first_in_line: bool, timeout: float) -> dict[str, Any]:
    """Run a client on its core and give the line it prints at its end."""
    with on_core(CLIENT_CORE):
        process = subprocess.Popen([*command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    if first_in_line:
        # Where it is allowed. Its threads, started later, inherit it.
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(process.pid, os.SCHED_FIFO, os.sched_param(10))
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise RunError(f"{name} was not done after {timeout:.0f} s") from None
    if process.returncode or not stdout.strip():
        raise RunError(f"{name} ended with {process.returncode}: {stderr.strip()[-2000:]}")
    return dict(json.loads(stdout.splitlines()[-1]))


def join(log: Path, out: Path, *, from_sent: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Join sends and callbacks by seqId: (due, or sent, to callback; due to sent), as percentiles in us."""
    sends, samples = array("Q", log.read_bytes()), array("q", out.read_bytes())
    due = dict(zip(sends[::3], zip(sends[1::3], sends[2::3], strict=True), strict=True))
    pairs = zip(samples[::2], samples[1::2], strict=True)
    latencies = [(at - due[seq][from_sent], due[seq][1] - due[seq][0]) for seq, at in pairs if seq in due]
    latencies = latencies[int(len(latencies) * WARM_SHARE) :]
    if not latencies:
        raise RunError("no callback could be joined with the server's send log")
    return percentiles([x / 1e3 for x, _ in latencies]), percentiles([x / 1e3 for _, x in latencies])


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give p50, p99 and p99.9 of `values`."""
    rising = sorted(values)
    at = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: rising[min(int(share * len(rising)), len(rising) - 1)] for name, share in at.items()}


def interleaved(loads: Sequence[Load], passes: int) -> dict[Load, list[dict[str, Any] | None]]:
    """Run every load once per pass, in turn; a failed run is None, so that passes stay comparable."""
    results: dict[Load, list[dict[str, Any] | None]] = {load: [] for load in loads}
    for number in range(passes):
        for load in loads:
            name = f"{load.impl} {load.channel} {load.measure}" + " conflated" * load.conflate
            try:
                result = run(load)
            except RunError as error:
                print(f"bench: pass {number + 1}: {name}: {error}", file=sys.stderr)
                result = None
            results[load].append(result)
    return results


def assert_equal_answers(loads: Sequence[Load]) -> None:
    """Assert that all see the same numbers and end in the same book, before anything is timed."""
    answers: dict[str, Any] = {}
    for load in loads:
        result = run(replace(load, measure="answer"))
        answers[load.impl] = {key: result.get(key) for key in ("sum", "seq_id", "top", "digest")}
    want = answers[loads[0].impl]
    for impl, got in answers.items():
        assert got == want, f"{impl} has other answers than {loads[0].impl}: {got} != {want}"


def last_seq(load: Load) -> int:
    """Ask the plain baseline where a run of this length ends: what a conflated run waits for."""
    return int(run(replace(load, impl="baseline/asyncio", conflate=False, measure="cpu"))["seq_id"])


def ratio_per_pass(
    numerator: Sequence[dict[str, Any] | None], denominator: Sequence[dict[str, Any] | None], key: Sequence[str]
) -> list[float]:
    """Divide pass by pass, where both ran; `key` is the path to the figure."""
    pairs = zip(numerator, denominator, strict=True)
    return [pick(a, key) / pick(b, key) for a, b in pairs if a is not None and b is not None and pick(b, key)]


def pick(result: dict[str, Any], key: Sequence[str]) -> float:
    """Follow `key` into a result."""
    value: Any = result
    for name in key:
        value = value[name]
    return float(value)


def median(results: Sequence[dict[str, Any] | None], key: Sequence[str]) -> float | None:
    """Give the median over the passes that ran."""
    values = [pick(result, key) for result in results if result is not None]
    return statistics.median(values) if values else None
