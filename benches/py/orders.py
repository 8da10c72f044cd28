"""Orders by WebSocket, over TLS on loopback: call to answer, against the clients people use; and tick to trade.

    okx-fast sim on one core, limits off ─▶ one fresh client process on the other ─▶ the order, looked up at the server
    for each pass:  okx_fast asyncio, sync, pump, bare Rust, ccxt.pro, python-okx       a noisy minute hits all alike

Neither core may halt: waking one takes some 100 us, in everybody's figure. order_latency is call to answer handed
back, the simulator's own part in it for all alike; order_cpu the client process's CPU per call, all threads, kernel
included; order_build the Python call until the bytes are encrypted and ready for the socket: after a wait, or (burst)
sixteen in a row. tick_to_trade begins when the bytes of a book update have left the socket and ends when those of the
order are with the kernel: what wire and kernel take before and after is left out. No rival keeps an account, and so
okx_fast keeps none here. Rivals run in `.venv-conformance`; bare Rust, one thread that blocks on its sockets, is what
nobody can be faster than here (`benches/bare`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.py import harness
from benches.py.harness import CLIENT_CORE, ROOT, SERVER_CORE, SIM
from benches.py.order_clients import OURS, RIVALS
from benches.py.rest import MADE, PX, RIVAL_PYTHON, RIVAL_VENV, _try
from benches.py.rest_clients import INST, KEY, PASSPHRASE, SECRET, Job, get
from benches.py.rows import Row, compare, tails

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {"ccxt_pro/asyncio": "ccxt.pro", "python_okx/asyncio": "python-okx"}
BARE = ("bare/orders", "bare/tick")
BARE_BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release", "okx-fast-bare")
BESIDE_BARE = ("bare Rust", "-")
TICK = "okx_fast/tick"
BURST = "okx_fast/burst"
Result = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything one run does."""

    passes: int
    count: int
    ticks: int


FULL = Size(passes=5, count=2000, ticks=1000)
SHORT = Size(passes=1, count=300, ticks=200)


def rows(size: Size) -> list[Row]:
    """All order rows."""
    results = _passes(size)
    names = (NAMES[RIVALS[0]], NAMES[RIVALS[1]])
    made = []
    for task, key in (("order_latency", ("latency_us", "p50")), ("order_cpu", ("cpu_us",))):
        for ours in OURS:
            trio = [results[ours], results[RIVALS[0]], results[RIVALS[1]]]
            row = compare(task, _case(ours), "us", trio, key, against=names)
            if task == "order_latency":
                tails(row, trio, "latency_us")
            made.append(row)
    for ours in (*OURS, TICK, BURST):
        alone: list[list[Result]] = [results[ours], [], []]
        case = f"call to bytes ready/{ours.split('/')[1]}"
        made.append(compare("order_build", case, "us", alone, ("build_us", "p50"), against=names))
    made += [_beside_bare("order_latency", _case(ours), results[ours], results[BARE[0]]) for ours in OURS]
    made.append(_beside_bare("tick_to_trade", "book update to order, pump", results[TICK], results[BARE[1]]))
    return made


def _passes(size: Size) -> dict[str, list[Result]]:
    """What each pass found, of those that are there."""
    rivals = RIVALS if MADE.exists() else ()
    bare = BARE if BARE_BINARY.exists() else ()
    if not rivals:
        print(f"bench: orders: {RIVAL_VENV.name} is not there, so no rivals; make rivals makes it", file=sys.stderr)
    if not bare:
        print(f"bench: orders: {BARE_BINARY} is not there, so no bare Rust; make bare makes it", file=sys.stderr)
    results: dict[str, list[Result]] = {impl: [] for impl in (*OURS, *RIVALS, TICK, BURST, *BARE)}
    for number in range(size.passes):
        for impl in (*OURS, BURST, *bare[:1], *rivals):
            results[impl].append(_try(number, impl, _placed, impl, size.count))
        for impl in (TICK, *bare[1:]):
            results[impl].append(_try(number, impl, _ticked, impl, size.ticks))
    return results


def _case(impl: str) -> str:
    return f"place order/{impl.split('/')[1]}"


def _beside_bare(task: str, case: str, ours: list[Result], bare: list[Result]) -> Row:
    trio: list[list[Result]] = [ours, bare, []]
    row = compare(task, case, "us", trio, ("latency_us", "p50"), against=BESIDE_BARE)
    tails(row, trio, "latency_us")
    return row


@contextlib.contextmanager
def _exchange() -> Iterator[dict[str, Any]]:
    config = {"limits": 0, "house": {"interval_ms": 1000}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sim.json")
        path.write_text(json.dumps(config), encoding="utf-8")
        command = [*SIM, "--config", str(path), "--until-stdin-closes"]
        with harness.awake(CLIENT_CORE), harness.awake(SERVER_CORE), harness.serving(command) as ready:
            yield ready


def _placed(impl: str, count: int) -> dict[str, Any]:
    """One pass of one client against a simulator of its own."""
    with _exchange() as ready:
        job = Job(impl=impl, url=ready["rest"], ws=ready["wss"], ca_file=str(ready["ca_file"]), px=PX, count=count)
        result = _client(job)
    result["latency_us"] = harness.percentiles([ns / 1e3 for ns in result.pop("ns")])
    return result


def _ticked(impl: str, count: int) -> dict[str, Any]:
    """One pass of a strategy that answers book updates with orders."""
    feed = [*SIM, "--feed", "--rate", "2000", "--tls-port", "0", "--until-stdin-closes"]
    with _exchange() as ready, harness.serving(feed) as market, tempfile.NamedTemporaryFile("w", suffix=".pem") as both:
        both.writelines(Path(each["ca_file"]).read_text(encoding="utf-8") for each in (ready, market))
        both.flush()
        at = {"url": ready["rest"], "ws": ready["wss"], "ca_file": both.name, "px": PX}
        result = _client(Job(impl=impl, feed=f"{market['wss']}/ws/v5/public", count=count, **at))
    for name, at_ns in (("latency_us", "ns"), ("build_us", "build_ns")):
        if at_ns in result:
            result[name] = harness.percentiles([ns / 1e3 for ns in result.pop(at_ns)])
    return result


def _bare(job: Job) -> dict[str, Any]:
    code = get(job.url, f"/api/v5/public/instruments?instType=SPOT&instId={INST}")[0]["instIdCode"]
    keys = {"key": KEY, "secret": SECRET, "passphrase": PASSPHRASE}
    command = [str(BARE_BINARY), json.dumps({**asdict(job), **keys, "code": code})]
    return harness.client(command, job.impl, first_in_line=True, timeout=60 + job.count * 5e-3)


def _client(job: Job) -> dict[str, Any]:
    if job.impl in BARE:
        return _bare(job)
    python = sys.executable if job.impl.startswith("okx_fast") else str(RIVAL_PYTHON)
    # Each of the rivals looks for whom to trust in its own place.
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = job.ca_file or ""
    try:
        command = [python, "-W", "ignore", "-m", "benches.py.order_clients", json.dumps(asdict(job))]
        return harness.client(command, job.impl, first_in_line=True, timeout=60 + job.count * 5e-3)
    finally:
        del os.environ["SSL_CERT_FILE"], os.environ["REQUESTS_CA_BUNDLE"]
