"""An exchange of your own: OKX's REST and WebSocket on loopback, with orders, accounts and faults on command.

    with okx_fast.Exchange(seed=7, accounts=[{"label": "me", "balances": {"USDT": "5000"}, "keys": [...]}]) as exchange:
        exchange.rest, exchange.ws         where your client connects
        exchange.set_price("BTC-USDT-SWAP", "61000")
        exchange.fault("ack_lost", op="order")
        exchange.account("me")["balances"]

It is not OKX: nothing of its market is real. Without a configuration there is one account, `main`, with 100000 USDT
and 2 BTC, and the keys `sim-key` (live) and `sim-demo-key` (demo), secret `sim-secret`, passphrase `sim-pass`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from okx_fast._native import ExchangeServer, Num
from okx_fast.errors import ClosedError, ConfigError, ConnectError, ForkError
from okx_fast.site import Site, site_at

if TYPE_CHECKING:
    from http.client import HTTPConnection
    from types import TracebackType

    from okx_fast.credentials import Credentials

__all__ = ["NAME", "Exchange"]

NAME = "okx-fast simulator (not OKX)"
ANSWER_WITHIN_S = 60.0
OK = 200
KEY_PARTS = ("api_key", "secret_key", "passphrase")  # as a dump calls them

Amount = str | int | float | Decimal | Num


class Exchange:
    """A simulated exchange in this process, for as long as the `with` block lasts.

    config: a mapping, or the path of a .toml or .json file. overrides: single keys, put in place of the file's.
    Keys: seed, clock ("real", or "virtual": moved by `advance`), start, host, expose, port, tls_port, admin_port,
    checksum, limits, switches, accounts, instruments, house, latency, faults.
    Methods may be called from any thread. They raise ConfigError for what the exchange cannot do (an unknown label, a
    wrong number), ClosedError if it does not run, ForkError in a child of `fork()`.
    Amounts and prices: text, int, Decimal or Num; a float is taken as it prints.
    """

    rest: str
    rest_tls: str
    ws: str
    wss: str
    ca_file: str
    admin_url: str
    instruments: list[str]

    def __init__(self, config: Mapping[str, Any] | str | os.PathLike[str] | None = None, **overrides: Any) -> None:
        self.config: dict[str, Any] = {**_load(config), **overrides}
        self._server: ExchangeServer | None = None
        self._admin: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def site(self, *, tls: bool = True, demo: bool = False) -> Site:
        """Where it is, as clients want to know it; `demo` for keys made for demo trading."""
        if not tls:
            return site_at("sim", rest=self.rest, ws=self.ws, demo=demo)
        return site_at("sim", rest=self.rest_tls, ws=self.wss, demo=demo, ca_file=self.ca_file)

    def credentials(self, label: str = "main", *, demo: bool = False) -> Credentials:
        """The first key of an account, as clients want to have it; `demo` for one made for demo trading."""
        from okx_fast.credentials import Credentials  # noqa: PLC0415  # for clients with a key only

        keys = {account["label"]: account["keys"] for account in self.dump()["world"]["accounts"]}.get(label)
        found = [tuple(key[part] for part in KEY_PARTS) for key in keys or () if key["demo"] == demo]
        known = keys is not None
        del keys
        if not found:
            kind = "demo" if demo else "live"
            raise ConfigError(f"account {label!r} has no {kind} key" if known else f"there is no account {label!r}")
        return Credentials(*found[0])

    # Life

    def start(self) -> Self:
        """Start it and listen. `with` does it. Raises ConfigError for a configuration or a port that cannot work."""
        if self._server is not None:
            raise ConfigError("this exchange runs already")
        try:
            text = json.dumps(self.config, default=_plain)
            self._server = server = ExchangeServer(text)
        except (TypeError, ValueError, OSError) as error:
            raise ConfigError(str(error)) from error
        self._pid = os.getpid()
        self.rest, self.rest_tls, self.ws, self.wss = server.rest, server.rest_tls, server.ws, server.wss
        self.ca_file, self.admin_url, self.instruments = str(server.ca_file), server.admin, server.instruments
        if self.config.get("expose") and not _is_loopback(self.rest):
            print(f"okx-fast: WARNING: this simulator is open to the network at {self.rest}", file=sys.stderr)
        return self

    def stop(self) -> None:
        """End it: connections are closed, its state is gone. `with` does it."""
        if self._pid != os.getpid():
            return  # in a child of fork() it is the parent's, and its lock may be held for ever
        with self._lock:
            server, self._server = self._server, None
            connection, self._admin = self._admin, None
        if connection is not None:
            connection.close()
        if server is not None:
            server.stop()

    @property
    def running(self) -> bool:
        """Whether it answers: from `start` to `stop`, in the process that started it, unless it fails."""
        return self._server is not None and self._server.running

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ready(self) -> dict[str, Any]:
        """What `okx-fast sim` prints when it is ready: name, addresses, instruments, accounts."""
        server = self._running()
        return {
            "ready": True,
            "name": NAME,
            "rest": self.rest,
            "rest_tls": self.rest_tls,
            "ws": self.ws,
            "wss": self.wss,
            "ca_file": self.ca_file,
            "admin": self.admin_url,
            "instruments": self.instruments,
            "accounts": [{"label": label, "uid": uid} for label, uid in server.accounts],
            **({} if _is_loopback(self.rest) else {"exposed": True}),
        }

    # Faults

    def fault(self, kind: str, **params: Any) -> str:
        """Make it sick: `fault("close", code=4006)`. Returns an id for `clear_faults`.
        Once, unless count, at_ms or every_ms say otherwise.
        """
        return str(self.admin("POST", "/faults", {"kind": kind, **params})["id"])

    def clear_faults(self, fault_id: str | None = None) -> None:
        """Take back one fault, or all that are still to come."""
        self.admin("DELETE", "/faults" if fault_id is None else f"/faults/{_part(fault_id)}")

    def faults(self) -> list[dict[str, Any]]:
        """Every fault so far: its id, how often it struck (`hits`), how often it still will (`left`)."""
        return list(self.admin("GET", "/faults"))

    # Accounts

    def account(self, label: str = "main") -> dict[str, Any]:
        """Balances, positions, open orders and algo orders, settings."""
        return dict(self.admin("GET", f"/accounts/{_part(label)}"))

    def add_account(self, **account: Any) -> Any:
        """Open an account with the fields of one in the configuration: label, balances, keys ..."""
        return self.admin("POST", "/accounts", account)

    def set_balance(self, label: str, ccy: str, amount: Amount, *, funding: bool = False) -> Any:
        """Make the balance of a currency this, in the trading account or in the funding account."""
        fields = {"ccy": ccy, "amount": str(amount), "funding": funding}
        return self.admin("POST", f"/accounts/{_part(label)}/balance", fields)

    def liquidate(self, label: str, inst_id: str) -> Any:
        """Liquidate the account's position in an instrument now."""
        return self.admin("POST", f"/liquidate/{_part(label)}/{_part(inst_id)}")

    # Market

    def set_price(self, inst_id: str, px: Amount | None = None, **fields: Any) -> Any:
        """Jump to a price: the house quotes around it from now on.
        fields: `index` and `mark` pin those, `house` (bool) stops or starts the house, `hold` (bool)
        leaves its orders as they are, `funding_rate` is the next rate.
        """
        fields = {
            key: value if isinstance(value, bool) else str(value) for key, value in fields.items() if value is not None
        }
        return self.admin("POST", f"/market/{_part(inst_id)}", {**({} if px is None else {"px": str(px)}), **fields})

    def set_instrument(self, inst_id: str, **fields: Any) -> Any:
        """Change fields of its row (`state="suspend"`, `tickSz="0.5"`); the instruments channel tells it."""
        return self.admin("POST", f"/instrument/{_part(inst_id)}", fields)

    def settle_funding(self, inst_id: str, rate: Amount | None = None) -> Any:
        """Settle a swap's funding now, at this rate or at its own."""
        return self.admin("POST", f"/funding/{_part(inst_id)}", {} if rate is None else {"rate": str(rate)})

    def deliver(self, inst_id: str) -> Any:
        """Let a future or an option expire now."""
        return self.admin("POST", f"/deliver/{_part(inst_id)}")

    def set_status(self, **row: Any) -> Any:
        """Announce maintenance: a row of system/status, and of the status channel."""
        return self.admin("POST", "/status", row)

    # Orders

    def fill(self, ord_id: str, sz: Amount | None = None, px: Amount | None = None) -> Any:
        """Fill a resting order against the house: all that is left of it or `sz`, at its own price or `px`."""
        fields = {"sz": sz, "px": px}
        body = {key: str(value) for key, value in fields.items() if value is not None}
        return self.admin("POST", f"/order/{_part(ord_id)}/fill", body)

    def cancel(self, ord_id: str, cancel_source: str | None = None) -> Any:
        """Cancel an order as the exchange does; `cancel_source` is OKX's code of the reason."""
        body = {} if cancel_source is None else {"cancelSource": cancel_source}
        return self.admin("POST", f"/order/{_part(ord_id)}/cancel", body)

    # Time and inspection

    def advance(self, ms: float) -> Any:
        """Move a virtual clock; all that falls due on the way happens, in order."""
        return self.admin("POST", "/clock", {"advance_ms": ms})

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """What clients asked, oldest first, from number `after` on; the oldest are forgotten in time."""
        return list(self.admin("GET", f"/log?after={after}")["log"])

    def metrics(self) -> dict[str, Any]:
        """Counters: connections, requests, orders, pushes."""
        return dict(self.admin("GET", "/metrics"))

    def coverage(self) -> dict[str, Any]:
        """What is simulated and what is refused: endpoints, channels, operations."""
        return dict(self.admin("GET", "/coverage"))

    def dump(self) -> dict[str, Any]:
        """All of its state, for `restore`: the secrets of its keys too, so treat it as you treat those."""
        return dict(self.admin("GET", "/state"))

    def restore(self, state: Mapping[str, Any]) -> Any:
        """Go back to a state that `dump` gave. WebSockets are closed with 4006; HTTP connections stay."""
        return self.admin("POST", "/state", state)

    def invariants(self) -> dict[str, Any]:
        """Whether balances add up: `{"ok": bool, "sums": {ccy: {...}}}`."""
        return dict(self.admin("GET", "/invariants"))

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the admin API, for what has no method here; the answer is its JSON."""
        from http.client import HTTPException  # noqa: PLC0415  # costs more than all of okx_fast

        self._running()
        data = None if body is None else json.dumps(body, default=_plain)
        try:
            status, text = self._ask(method, path, data)
        except (OSError, HTTPException) as error:
            if self._server is None:
                raise ClosedError("the exchange is not running") from None
            if not self.running:
                raise ClosedError("the exchange has failed: what it said is on stderr") from error
            raise ConnectError(f"{self.admin_url}{path}: {error}") from error
        answer = json.loads(text) if text else None
        if status != OK:
            words = answer.get("error", answer) if isinstance(answer, dict) else answer
            raise ConfigError(f"{method} {path}: {words}")
        return answer

    def _ask(self, method: str, path: str, data: str | None) -> tuple[int, bytes]:
        from http.client import HTTPConnection  # noqa: PLC0415

        with self._lock:
            if self._admin is None:
                self._admin = HTTPConnection(urlsplit(self.admin_url).netloc, timeout=ANSWER_WITHIN_S)
            try:
                self._admin.request(method, path, data, {"content-type": "application/json"} if data else {})
                response = self._admin.getresponse()
                return response.status, response.read()
            except BaseException:
                self._admin.close()  # with half an answer in it, it is of no use to the next request
                self._admin = None
                raise

    def _running(self) -> ExchangeServer:
        if self._pid != os.getpid():
            raise ForkError("this exchange belongs to the parent process; make a new one after fork()")
        if self._server is None:
            raise ClosedError("the exchange is not running")
        return self._server


def _load(config: Mapping[str, Any] | str | os.PathLike[str] | None) -> dict[str, Any]:
    """The configuration as a mapping; raises ConfigError for a file that cannot be read."""
    if config is None or isinstance(config, Mapping):
        return dict(config or {})
    path = Path(config)
    try:
        if path.suffix == ".toml":
            import tomllib  # noqa: PLC0415  # few have one

            return tomllib.loads(path.read_text())
        if path.suffix == ".json":
            loaded = json.loads(path.read_text())
            if isinstance(loaded, dict):
                return loaded
            raise ConfigError(f"{path}: expected an object")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    raise ConfigError(f"{path}: expected a .toml or .json file")


def _plain(value: object) -> str:
    """What JSON does not know: exact numbers as text, and TOML's times."""
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (Decimal, Num, os.PathLike)):
        return str(value)
    raise TypeError(f"expected JSON, got {type(value).__name__}: {value!r}")


def _part(text: str) -> str:
    return quote(str(text), safe="")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.startswith("127.") or host == "::1"
