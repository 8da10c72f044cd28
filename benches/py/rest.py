"""REST: one signed order over keep-alive plain loopback HTTP, against the clients people use.

    okx-fast sim on one core, limits off ─▶ one fresh client process on the other ─▶ the order, looked up at the server
    for each pass:  okx_fast sync, asyncio, uvloop, python-okx, ccxt, ...      so that a noisy minute hits all alike

rest_cpu is the client process's CPU per call, all threads, kernel included; rest_latency is call to result. Rivals
run in `.venv-conformance`, pinned in requirements/conformance.txt; where that is not, their columns stay empty.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.py import harness
from benches.py.harness import CLIENT_CORE, ROOT, SIM, RunError
from benches.py.rest_clients import FLOOR, OURS, RIVALS, Job
from benches.py.rows import Row, compare, tails

if TYPE_CHECKING:
    from collections.abc import Callable

RIVAL_VENV = ROOT / ".venv-conformance"
RIVAL_PYTHON = RIVAL_VENV / "bin" / "python"
MADE = RIVAL_VENV / ".deps"  # stands once everything is installed
PX = "50000"  # far below the market: accepted, and gone at once
DELAY_MS = 20
AT_ONCE = 64
NAMES = {
    "python_okx/sync": "python-okx",
    "ccxt/sync": "ccxt sync",
    "ccxt/async": "ccxt async",
    "aiohttp/async": "aiohttp by hand",
    "requests/sync": "requests by hand",
    FLOOR: "raw socket",
}
# Whom each of ours stands beside. The goals are against the first pair.
PAIRS = {
    ("python_okx/sync", "ccxt/async"): OURS,
    ("requests/sync", "ccxt/sync"): ("okx_fast/sync",),
    ("aiohttp/async", FLOOR): ("okx_fast/sync", "okx_fast/asyncio"),
}
# Importing what an order needs, in a fresh interpreter.
IMPORTS = {
    "okx_fast": "import okx_fast; okx_fast.Rest, okx_fast.Credentials",
    "python-okx": "import okx.Trade",
    "ccxt async": "import ccxt.async_support",
}
Result = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything one run does."""

    passes: int
    count: int
    connections: tuple[int, ...]
    rounds: int  # of calls at once
    imports: int


FULL = Size(passes=5, count=2000, connections=(1, 8, 32), rounds=3, imports=15)
SHORT = Size(passes=1, count=300, connections=(8, 32), rounds=1, imports=3)


def rows(size: Size) -> list[Row]:
    """All REST rows."""
    rivals = RIVALS if MADE.exists() else ()
    if not rivals:
        print(f"bench: rest: {RIVAL_VENV.name} is not there, so no rivals; make rivals makes it", file=sys.stderr)
    return [*_orders(size, rivals), *_at_once(size, rivals), _imports(size), _python_only(size)]


def _orders(size: Size, rivals: tuple[str, ...]) -> list[Row]:
    results: dict[str, list[Result]] = {impl: [] for impl in (*OURS, FLOOR, *NAMES)}
    for number in range(size.passes):
        for impl in (*OURS, FLOOR, *rivals):
            results[impl].append(_try(number, impl, _order, impl, size.count))
    made = []
    for (first, second), all_ours in PAIRS.items():
        for task, key in (("rest_cpu", ("cpu_us",)), ("rest_latency", ("latency_us", "p50"))):
            for ours in all_ours:
                trio = [results[ours], results[first], results[second]]
                case = f"place order/{ours.split('/')[1]}"
                row = compare(task, case, "us", trio, key, against=(NAMES[first], NAMES[second]))
                if task == "rest_latency":
                    tails(row, trio, "latency_us")
                made.append(row)
    return made


def _order(impl: str, count: int) -> dict[str, Any]:
    """One pass of one client against a simulator of its own."""
    config = {"limits": 0, "house": {"interval_ms": 1000}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sim.json")
        path.write_text(json.dumps(config), encoding="utf-8")
        command = [*SIM, "--config", str(path), "--until-stdin-closes"]
        with harness.awake(CLIENT_CORE), harness.serving(command) as ready:
            result = _client(Job(impl=impl, url=ready["rest"], px=PX, count=count))
    result["latency_us"] = harness.percentiles([ns / 1e3 for ns in result.pop("ns")])
    return result


def _at_once(size: Size, rivals: tuple[str, ...]) -> list[Row]:
    """64 calls together on one client, the answers each 20 ms late: connections are what helps."""
    made = []
    for connections in size.connections:
        results: dict[str, list[Result]] = {"okx_fast/asyncio": [], "aiohttp/async": []}
        for number in range(size.passes):
            for impl, done in results.items():
                if impl.startswith("okx_fast") or impl in rivals:
                    done.append(_try(number, impl, _together, impl, connections, size.rounds))
        ideal: list[Result] = [{"ms": -(-AT_ONCE // connections) * DELAY_MS} for _ in range(size.passes)]
        trio = [results["okx_fast/asyncio"], ideal, results["aiohttp/async"]]
        case = f"{AT_ONCE} at once, {DELAY_MS} ms each, {connections} connections"
        made.append(compare("rest_at_once", case, "ms", trio, ("ms",), against=("least possible", "aiohttp by hand")))
    return made


def _together(impl: str, connections: int, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benches.py.rest_stub", "--delay-ms", str(DELAY_MS)]
    with harness.awake(CLIENT_CORE), harness.serving(command) as ready:
        job = Job(impl=impl, url=ready["rest"], px=PX, count=rounds, warm=1, at_once=AT_ONCE, connections=connections)
        result = _client(job)
    return {"ms": harness.percentiles([ns / 1e6 for ns in result["ns"]])["p50"]}


def _imports(size: Size) -> Row:
    results: dict[str, list[Result]] = {name: [] for name in IMPORTS}
    for number in range(size.imports):
        for name, statement in IMPORTS.items():
            if name == "okx_fast" or MADE.exists():
                results[name].append(_try(number, name, _import, name, statement))
    names = ("python-okx", "ccxt async")
    trio = [results[name] for name in IMPORTS]
    return compare("import", "in a fresh interpreter", "ms", trio, ("ms",), against=names)


def _import(name: str, statement: str) -> dict[str, Any]:
    python = sys.executable if name == "okx_fast" else str(RIVAL_PYTHON)
    code = f"import time; at = time.perf_counter(); {statement}; took = time.perf_counter() - at"
    code += "; import json; print(json.dumps({'ms': took * 1e3}))"
    with harness.awake(CLIENT_CORE):
        return harness.client([python, "-W", "ignore", "-c", code], name, first_in_line=True, timeout=60)


def _python_only(size: Size) -> Row:
    """The Python part of an order: the core is replaced by one that hands back a reply it once got."""
    results: dict[str, list[Result]] = {"okx_fast/python": []}
    for number in range(size.passes):
        for impl, done in results.items():
            done.append(_try(number, impl, _order, impl, 10 * size.count))
    trio: list[list[Result]] = [results["okx_fast/python"], [], []]
    return compare("rest_python", "place order, the core left out", "us", trio, ("cpu_us",))


def _client(job: Job) -> dict[str, Any]:
    ours = job.impl.startswith("okx_fast") or job.impl == FLOOR
    python = sys.executable if ours else str(RIVAL_PYTHON)
    command = [python, "-W", "ignore", "-m", "benches.py.rest_clients", json.dumps(asdict(job))]
    return harness.client(command, job.impl, first_in_line=True, timeout=60 + job.count * 5e-3)


def _try(number: int, name: str, run: Callable[..., dict[str, Any]], *args: Any) -> Result:
    try:
        result = run(*args)
    except RunError as error:
        print(f"bench: pass {number + 1}: rest {name}: {error}", file=sys.stderr)
        return None
    return result
