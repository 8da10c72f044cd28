"""A fresh simulator as a process, and its admin API in the words of the flows. Standard library only.

```text
flow ─▶ Simulator ─▶ okx-fast sim --config FILE   (ready line: addresses)
             └─ http ─▶ admin port: prices, fills, faults, the request log
             └─ http ─▶ REST port, signed: "somebody else" trading on the same account
```
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from .registry import Unmet, same

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("OKX_FAST", str(ROOT / ".venv" / "bin" / "okx-fast"))
KEY, SECRET, PASSPHRASE = "sim-key", "sim-secret", "sim-pass"
DEMO_KEY = "sim-demo-key"


def account(**balances: str) -> list[dict[str, Any]]:
    """The one account of the default configuration, with other coins."""
    secrets = {"secretKey": SECRET, "passphrase": PASSPHRASE, "perm": "read_only,trade,withdraw"}
    keys = [{"apiKey": KEY, **secrets}, {"apiKey": DEMO_KEY, "demo": True, **secrets}]
    return [{"label": "main", "balances": balances, "keys": keys}]


class Simulator:
    def __init__(self, config: dict[str, Any]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="okx-fast-conformance-")
        path = Path(self.folder.name)
        (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        self.errors = path / "stderr"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [COMMAND, "sim", "--config", str(path / "config.json"), "--until-stdin-closes"],
                stdin=subprocess.PIPE,  # closed with this process, however it ends
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line.startswith(b"{"):
            self.process.wait(5)
            raise Unmet(f"the simulator did not start: {self.errors.read_text(errors='replace')[-800:]}")
        ready = json.loads(line)
        self.rest, self.rest_tls = ready["rest"], ready["rest_tls"]
        self.ws, self.wss = ready["ws"], ready["wss"]
        self.ca_file, self.admin_url = ready["ca_file"], ready["admin"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.folder.cleanup()

    def another(self, **config: Any) -> Simulator:
        """A second simulator beside this one; a context manager too."""
        return Simulator(config)

    def trust(self) -> None:
        """Let the clients that verify certificates accept this simulator's."""
        os.environ["SSL_CERT_FILE"] = self.ca_file

    # the admin API

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = _exchange(self.admin_url, method, path, {}, "" if body is None else json.dumps(body))
        if status != 200:
            raise Unmet(f"admin {method} {path} {body}: {status} {answer}")
        return answer

    def fault(self, kind: str, **params: Any) -> Any:
        return self.admin("POST", "/faults", {"kind": kind, **params})["id"]

    def account(self, label: str = "main") -> Any:
        return self.admin("GET", f"/accounts/{label}")

    def market(self, inst_id: str, **change: Any) -> None:
        self.admin("POST", f"/market/{inst_id}", change)

    def fill(self, ord_id: str, **how: str) -> None:
        self.admin("POST", f"/order/{ord_id}/fill", how)

    def settle_funding(self, inst_id: str, rate: str) -> None:
        self.admin("POST", f"/funding/{inst_id}", {"rate": rate})

    def advance(self, ms: int) -> None:
        self.admin("POST", "/clock", {"advance_ms": ms})

    def log(self) -> list[dict[str, Any]]:
        """What clients sent, oldest first."""
        answer = self.admin("GET", "/log?after=0")
        entries: list[dict[str, Any]] = answer["log"] if isinstance(answer, dict) else answer
        return entries

    def targets(self) -> list[str]:
        """Raw targets of the HTTP requests and of the sockets' openings."""
        return [entry["detail"] for entry in self.log() if entry["kind"] in ("rest", "connect")]

    def subscriptions(self, op: str, channel: str, **arg: str) -> list[dict[str, Any]]:
        """Log entries of `subscribe` or `unsubscribe` whose args have this one."""
        found = []
        for entry in self.log():
            name, _, args = entry["detail"].partition(" ")
            if entry["kind"] == "subscribe" and name == op:
                wanted = {"channel": channel, **arg}.items()
                found += [entry for given in json.loads(args) if wanted <= given.items()]
        return found

    def sane(self) -> None:
        """Balances still add up, and the simulator is alive."""
        if self.process.poll() is not None:
            raise Unmet(f"the simulator ended: {self.errors.read_text(errors='replace')[-800:]}")
        found = self.admin("GET", "/invariants")
        same(found["ok"], True, f"balances add up ({found})")

    # the exchange, as another client of the same account would use it

    def public(self, path: str) -> list[Any]:
        status, answer = _exchange(self.rest, "GET", path, {}, "")
        if status != 200 or answer["code"] != "0":
            raise Unmet(f"GET {path}: {status} {answer}")
        rows: list[Any] = answer["data"]
        return rows

    def private(self, method: str, path: str, body: Any = None) -> list[Any]:
        text = "" if body is None else json.dumps(body)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        mac = hmac.new(SECRET.encode(), (at + method + path + text).encode(), hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "OK-ACCESS-KEY": KEY,
            "OK-ACCESS-SIGN": base64.b64encode(mac.digest()).decode(),
            "OK-ACCESS-TIMESTAMP": at,
            "OK-ACCESS-PASSPHRASE": PASSPHRASE,
        }
        status, answer = _exchange(self.rest, method, path, headers, text)
        if status != 200 or answer["code"] != "0":
            raise Unmet(f"{method} {path} {body}: {status} {answer}")
        rows: list[Any] = answer["data"]
        return rows

    def order(self, **body: str) -> str:
        """Place an order from elsewhere; the ordId."""
        ord_id: str = self.private("POST", "/api/v5/trade/order", body)[0]["ordId"]
        return ord_id

    def instrument(self, inst_id: str) -> dict[str, Any]:
        row: dict[str, Any]
        kind = {2: "SPOT", 5: "OPTION"}.get(inst_id.count("-") + 1) or (
            "SWAP" if inst_id.endswith("SWAP") else "FUTURES"
        )
        (row,) = self.public(f"/api/v5/public/instruments?instType={kind}&instId={inst_id}")
        return row

    def instruments(self, *kinds: str) -> list[str]:
        found: list[str] = []
        for kind in kinds:
            families = [f"&instFamily={coin}-USD" for coin in ("BTC", "ETH")] if kind == "OPTION" else [""]
            for family in families:
                found += [row["instId"] for row in self.public(f"/api/v5/public/instruments?instType={kind}{family}")]
        return found

    def ticker(self, inst_id: str) -> dict[str, Decimal]:
        row = self.public(f"/api/v5/market/ticker?instId={inst_id}")[0]
        return {name: Decimal(row[name]) for name in ("last", "bidPx", "askPx")}

    def price(self, inst_id: str, factor: str) -> str:
        """The bid times the factor, on a tick."""
        return str(on_step(self.ticker(inst_id)["bidPx"] * Decimal(factor), self.instrument(inst_id)["tickSz"]))

    def book(self, inst_id: str) -> dict[str, Any]:
        """All levels of the book as REST shows it."""
        row: dict[str, Any]
        (row,) = self.public(f"/api/v5/market/books?instId={inst_id}&sz=400")
        if not row["bids"] or not row["asks"]:
            raise Unmet(f"levels on both sides of {inst_id}: {row}")
        return row

    def still(self, *inst_ids: str) -> None:
        """The house leaves its orders as they are, so that only the flow moves the books."""
        for inst_id in inst_ids:
            self.market(inst_id, hold=True)


def on_step(value: Decimal, step: str) -> Decimal:
    return (value // Decimal(step)) * Decimal(step)


def levels(side: Iterable[Iterable[Any]]) -> list[tuple[Decimal, Decimal]]:
    """Prices and sizes of one side of a book, comparable whatever client they come from."""
    return [(Decimal(str(px)), Decimal(str(sz))) for px, sz, *_ in side]


def _exchange(url: str, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    try:
        return response.status, json.loads(raw)
    except ValueError as error:
        raise Unmet(f"{method} {path}: {response.status}, not JSON: {raw[:200]!r}") from error
