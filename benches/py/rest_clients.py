"""One REST client under test, in a process of its own: reads a job, runs it, prints one JSON line.

    python -m benches.py.rest_clients '{"impl": "python_okx/sync", "url": "http://127.0.0.1:...", ...}'

Runs in whatever environment its client is installed in, so that the standard library and orjson are all it needs
itself. Every client places the same order, an immediate-or-cancel one far from the market that leaves nothing
behind, and hands back the order's id. The first order is looked up at the server before anything is timed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import importlib
import json
import resource
import socket
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

KEY, SECRET, PASSPHRASE = "sim-key", "sim-secret", "sim-pass"
PATH = "/api/v5/trade/order"
INST = "BTC-USDT"
ACCEPTED = "0"
RIVALS = ("python_okx/sync", "ccxt/async", "ccxt/sync", "aiohttp/async", "requests/sync")
FLOOR = "socket/sync"
OURS = ("okx_fast/sync", "okx_fast/asyncio", "okx_fast/uvloop")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one client process is to do."""

    impl: str
    url: str
    px: str
    sz: str = "0.001"
    count: int = 1000
    warm: int = 50
    at_once: int = 0  # so many calls together, instead of one after the other
    connections: int = 1
    # Of those that send orders by WebSocket.
    ws: str = ""
    ca_file: str | None = None
    feed: str = ""
    kept: bool = False


def order(job: Job, cl_ord_id: str, inst_id: str = INST) -> dict[str, str]:
    """The order as it must stand in the body."""
    fields = {"instId": inst_id, "tdMode": "cash", "side": "buy", "ordType": "ioc", "sz": job.sz, "px": job.px}
    return {**fields, "clOrdId": cl_ord_id}


def accepted(answer: dict[str, Any]) -> str:
    """The id of an accepted order, from OKX's envelope."""
    row = answer["data"][0]
    assert answer["code"] == row["sCode"] == ACCEPTED, answer
    ord_id: str = row["ordId"]
    return ord_id


def signed(method: str, path: str, body: bytes = b"") -> dict[str, str]:
    """The headers of a private request, as one writes them by hand."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    mac = hmac.digest(SECRET.encode(), f"{at}{method}{path}".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "OK-ACCESS-KEY": KEY,
        "OK-ACCESS-SIGN": base64.b64encode(mac).decode(),
        "OK-ACCESS-TIMESTAMP": at,
        "OK-ACCESS-PASSPHRASE": PASSPHRASE,
    }


def get(url: str, path: str) -> Any:
    """Ask the server, on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", path, headers=signed("GET", path))
        return json.loads(connection.getresponse().read())["data"]
    finally:
        connection.close()


def assert_placed(job: Job, ord_id: str, cl_ord_id: str) -> None:
    """The order exists at the server, with the very params."""
    (row,) = get(job.url, f"{PATH}?instId={INST}&ordId={ord_id}")
    want = order(job, cl_ord_id)
    got = {name: row[name] for name in want}
    assert got == want, f"{job.impl}: the server has {got}, not {want}"
    assert row["state"] == "canceled", row


def ids(start: str = "b") -> Iterator[str]:
    """Client order ids that do not repeat within a run."""
    number = 0
    while True:
        number += 1
        yield f"{start}{number}"


class Meter:
    """CPU of the whole process, all threads, kernel included; and each call's time."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ns: list[int] = []
        self._cpu = 0.0
        self._wall = 0

    def start(self) -> None:
        self.ns.clear()
        self._cpu, self._wall = _cpu(), time.perf_counter_ns()

    def report(self) -> dict[str, Any]:
        cpu, wall = _cpu() - self._cpu, time.perf_counter_ns() - self._wall
        return {"impl": self.job.impl, "cpu_us": cpu / self.job.count * 1e6, "wall_ms": wall / 1e6, "ns": self.ns}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run_sync(job: Job, place: Callable[[str], str]) -> dict[str, Any]:
    """First the answer, then the clock."""
    meter, names = Meter(job), ids()
    first = next(names)
    assert_placed(job, place(first), first)
    for _ in range(job.warm):
        place(next(names))
    stamp, keep, seen = time.perf_counter_ns, meter.ns.append, set[str]()
    meter.start()
    for _ in range(job.count):
        before = stamp()
        seen.add(place(next(names)))
        keep(stamp() - before)
    result = meter.report()
    assert len(seen) == job.count, "every order has an id of its own"
    return result


async def run_async(job: Job, place: Callable[[str], Awaitable[str]]) -> dict[str, Any]:
    """As `run_sync`, on a loop."""
    meter, names = Meter(job), ids()
    first = next(names)
    assert_placed(job, await place(first), first)
    for _ in range(job.warm):
        await place(next(names))
    stamp, keep, seen = time.perf_counter_ns, meter.ns.append, set[str]()
    meter.start()
    for _ in range(job.count):
        before = stamp()
        seen.add(await place(next(names)))
        keep(stamp() - before)
    result = meter.report()
    assert len(seen) == job.count, "every order has an id of its own"
    return result


async def run_at_once(job: Job, place: Callable[[str], Awaitable[str]]) -> dict[str, Any]:
    """So many calls together on one client, `count` times over; the connections are open before."""
    meter, names = Meter(job), ids()
    for _ in range(job.warm):
        await asyncio.gather(*(place(next(names)) for _ in range(job.at_once)))
    stamp = time.perf_counter_ns
    meter.start()
    for _ in range(job.count):
        before = stamp()
        seen = await asyncio.gather(*(place(next(names)) for _ in range(job.at_once)))
        meter.ns.append(stamp() - before)
        assert len(set(seen)) == job.at_once, "every order has an id of its own"
    return meter.report()


# The clients


def socket_sync(job: Job) -> dict[str, Any]:
    """The floor: one socket, a head made once, hmac, orjson; knows nothing of what can go wrong."""
    at = urlsplit(job.url)
    sock = socket.create_connection((at.hostname or "", at.port or 80))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = f"POST {PATH} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\nOK-ACCESS-KEY: {KEY}\r\n"
    fixed = f"{head}OK-ACCESS-PASSPHRASE: {PASSPHRASE}\r\n".encode()
    keyed = hmac.new(SECRET.encode(), digestmod=hashlib.sha256)

    def place(cl_ord_id: str) -> str:
        body = orjson.dumps(order(job, cl_ord_id))
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")[:23].encode() + b"Z"
        mac = keyed.copy()
        mac.update(stamp + b"POST" + PATH.encode() + body)
        sign = base64.b64encode(mac.digest())
        lines = (fixed, b"OK-ACCESS-SIGN: ", sign, b"\r\nOK-ACCESS-TIMESTAMP: ", stamp, b"\r\nContent-Length: ")
        sock.sendall(b"".join((*lines, str(len(body)).encode(), b"\r\n\r\n", body)))
        answer = sock.recv(65536)
        while not answer.endswith(b"}"):
            answer += sock.recv(65536)
        return accepted(orjson.loads(answer[answer.index(b"\r\n\r\n") + 4 :]))

    return run_sync(job, place)


def requests_sync(job: Job) -> dict[str, Any]:
    """`requests` with a session, signed by hand."""
    session = importlib.import_module("requests").Session()

    def place(cl_ord_id: str) -> str:
        body = orjson.dumps(order(job, cl_ord_id))
        return accepted(
            orjson.loads(session.post(job.url + PATH, data=body, headers=signed("POST", PATH, body)).content)
        )

    return run_sync(job, place)


def python_okx_sync(job: Job) -> dict[str, Any]:
    """OKX's own client."""
    api = importlib.import_module("okx.Trade").TradeAPI(KEY, SECRET, PASSPHRASE, flag="0", domain=job.url)

    def place(cl_ord_id: str) -> str:
        return accepted(api.place_order(INST, "cash", "buy", "ioc", job.sz, px=job.px, clOrdId=cl_ord_id))

    return run_sync(job, place)


def _ccxt(job: Job, module: str) -> Any:
    keys = {"apiKey": KEY, "secret": SECRET, "password": PASSPHRASE}
    return importlib.import_module(module).okx({"urls": {"api": {"rest": job.url}}, **keys, "enableRateLimit": False})


def ccxt_sync(job: Job) -> dict[str, Any]:
    """Ccxt, its limiter off."""
    ex, sz, px = _ccxt(job, "ccxt"), float(job.sz), float(job.px)
    ex.load_markets()

    def place(cl_ord_id: str) -> str:
        params = {"timeInForce": "IOC", "clOrdId": cl_ord_id}
        ord_id: str = ex.create_order("BTC/USDT", "limit", "buy", sz, px, params)["id"]
        return ord_id

    return run_sync(job, place)


async def ccxt_async(job: Job) -> dict[str, Any]:
    """Ccxt's asyncio side, its limiter off."""
    ex, sz, px = _ccxt(job, "ccxt.async_support"), float(job.sz), float(job.px)
    try:
        await ex.load_markets()

        async def place(cl_ord_id: str) -> str:
            params = {"timeInForce": "IOC", "clOrdId": cl_ord_id}
            ord_id: str = (await ex.create_order("BTC/USDT", "limit", "buy", sz, px, params))["id"]
            return ord_id

        return await run_async(job, place)
    finally:
        await ex.close()


async def aiohttp_async(job: Job) -> dict[str, Any]:
    """`aiohttp` with a session, signed by hand."""
    aiohttp = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=job.connections)) as session:

        async def place(cl_ord_id: str) -> str:
            body = orjson.dumps(order(job, cl_ord_id))
            async with session.post(job.url + PATH, data=body, headers=signed("POST", PATH, body)) as response:
                return accepted(orjson.loads(await response.read()))

        return await (run_at_once if job.at_once else run_async)(job, place)


CLIENTS: dict[str, Callable[[Job], Any]] = {
    "socket/sync": socket_sync,
    "requests/sync": requests_sync,
    "python_okx/sync": python_okx_sync,
    "ccxt/sync": ccxt_sync,
    "ccxt/async": ccxt_async,
    "aiohttp/async": aiohttp_async,
}


def main() -> None:
    """Run the job given as JSON and print its result."""
    job = Job(**json.loads(sys.argv[1]))
    # Only ours knows okx_fast, which the rivals' environment has not.
    module = (
        importlib.import_module("benches.py.rest_ours") if job.impl.startswith("okx_fast/") else sys.modules[__name__]
    )
    result = module.CLIENTS[job.impl](job)
    if asyncio.iscoroutine(result):
        runner = importlib.import_module("uvloop").run if job.impl.endswith("/uvloop") else asyncio.run
        result = runner(result)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
