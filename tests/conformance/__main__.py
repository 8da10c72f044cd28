"""Runs the acceptance flows: each in a process of its own, against a simulator of its own.

    python -m tests.conformance [--heavy] [--flows 14,15] [--workers 2]

FLOWS and HEAVY in the environment say the same. One line per flow; exit code 0 only if every flow asked for passed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from . import registry
from .simulator import Simulator

PASSED, FAILED, SKIPPED = "ok", "FAIL", "SKIP"
RUNNING: set[int] = set()  # process groups of the flows under way
MARK = "\x1e"  # before the verdict on a flow's output, so that no client's own print is taken for one


def one(number: int) -> int:
    """Run a flow in this process; the parent reads the verdict."""
    flow = registry.load()[number]
    try:
        with Simulator({"seed": number, **flow.config}) as sim:
            sim.trust()
            flow.execute(sim)
            sim.sane()
        verdict = PASSED
    except registry.Skip as why:
        verdict = f"{SKIPPED} {why}"
    except registry.Unmet as why:
        traceback.print_exc()
        verdict = f"{FAILED} {why}"
    except BaseException as error:  # noqa: BLE001 - a client's crash is a verdict
        traceback.print_exc()
        verdict = f"{FAILED} {type(error).__name__}: {error}"
    print(MARK + " ".join(verdict.split()), flush=True)
    # Some clients leave threads or loops behind that would keep the process alive.
    os._exit(0)


def supervise(flow: registry.Flow, folder: Path) -> tuple[registry.Flow, str, float]:
    """Run a flow in a process group of its own, end all of it when its time is up."""
    started = time.monotonic()
    log = folder / f"flow-{flow.number:02}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __package__, "--one", str(flow.number)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        RUNNING.add(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.wait(flow.timeout_s)
        _end(process.pid)
        process.wait()
        RUNNING.discard(process.pid)
    text = log.read_text(errors="replace")
    late = f"{FAILED} no verdict within {flow.timeout_s:g} s"
    verdict = text.rpartition(MARK)[2].strip() if MARK in text else late
    return flow, verdict, time.monotonic() - started


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def line(flow: registry.Flow, verdict: str, took_s: float) -> str:
    head = f"flow {flow.number:2} {flow.client:<10} {flow.title} ".ljust(76, ".")
    return f"{head} {verdict[:600]}" + (f" {took_s:.1f} s" if verdict == PASSED else "")


def chosen(args: argparse.Namespace) -> list[registry.Flow]:
    flows = registry.load()
    if args.flows:
        return [flows[int(number)] for number in args.flows.split(",")]
    return [flow for flow in flows.values() if flow.heavy == args.heavy]


def main() -> int:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__.splitlines()[0])
    parser.add_argument("--flows", default=os.environ.get("FLOWS", ""), help="numbers, comma separated")
    parser.add_argument("--heavy", action="store_true", default=os.environ.get("HEAVY", "") == "1")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--logs", type=Path, default=Path("target/conformance"))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return one(args.one)
    args.logs.mkdir(parents=True, exist_ok=True)
    # The long ones first, so that they do not stand alone at the end.
    flows = sorted(chosen(args), key=lambda flow: -flow.timeout_s)
    verdicts = []
    with ThreadPoolExecutor(args.workers) as pool:
        try:
            for done in as_completed([pool.submit(supervise, flow, args.logs) for flow in flows]):
                flow, verdict, took_s = done.result()
                verdicts.append(verdict.split(" ")[0])
                print(line(flow, verdict, took_s), flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for group in list(RUNNING):
                _end(group)
            return 130
    passed, skipped = verdicts.count(PASSED), verdicts.count(SKIPPED)
    failed = len(verdicts) - passed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    # The heavy clients run where they can be installed; the others are part of the bargain.
    return 1 if failed or (skipped and not args.heavy) else 0


if __name__ == "__main__":
    sys.exit(main())
