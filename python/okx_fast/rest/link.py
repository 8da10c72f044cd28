"""What a Rest and its AsyncRest share: connections, limits, clock and key (RestCore), the fence, the options.

    RestOptions, Site, Credentials ─▶ Link ─▶ RestCore
                                       ├─▶ Rest       calls on the caller's thread
                                       └─▶ AsyncRest  calls on workers of Rust, one Port for each event loop

Links are closed when the interpreter ends, and belong to the process that made them.
"""

from __future__ import annotations

import atexit
import os
import re
import threading
import weakref
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from okx_fast._native import RestCore, Spec
from okx_fast.credentials import Credentials, resolve
from okx_fast.errors import ClosedError, ConfigError, FenceError, ForkError, ParameterError
from okx_fast.rest import plan as plans
from okx_fast.rest import reply, table
from okx_fast.rest.drift import Drift
from okx_fast.rest.instruments import Shelf
from okx_fast.rest.method import LIMIT_MODES, seconds_of, waits
from okx_fast.rest.params import as_given, query_as_given
from okx_fast.rest.plan import Ready
from okx_fast.rest.watch import Watch
from okx_fast.site import Site, find_site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from okx_fast._native import RawReply
    from okx_fast.credentials import CredentialsSource
    from okx_fast.exchange import Exchange
    from okx_fast.rest.plan import Plan
    from okx_fast.rest.port import Port
    from okx_fast.rest.table import Row

__all__ = ["PERMISSIONS", "Link", "RestOptions"]

PERMISSIONS = frozenset({"read", "trade", "withdraw"})
_CLOCK_CODE = "50102"
# The code of a whole reply is seen in Rust.
_LIMIT_CODES = frozenset({"50011", "50061"})
# Calls that `check_orders` looks at.
_CHECKED = frozenset({"trade.amend_batch_orders", "trade.amend_order", "trade.place_batch_orders", "trade.place_order"})
_LANGUAGE = re.compile(r"[A-Za-z0-9*][A-Za-z0-9*,;=. -]{0,99}").fullmatch
_PATH = re.compile(r"/api/v5(?:/[A-Za-z0-9_-]+)+").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOptions:
    """All there is to tune.

    timeout_s: for a whole call, from the Python call to the reply: waiting for the limit, connecting, retries of reads.
    connections: kept open at most; as many calls are on their way at once, and the others wait their turn. Cancels have
        one more.
    connect_within_s: wait for the name, TCP, a proxy and TLS together.
    limit_mode: what a call does whose limit is used up: "wait" for its turn within its time, or "fail" (LimitError).
    proxy: `http://`, `socks5://` or `socks5h://[user:pass@]host:port`; None: none, whatever the environment says.
    local_address: the IP address to connect from.
    keep_warm_s: idle connections ask for OKX's time this often, which keeps them open and the clock right; None: never.
    max_clock_offset_s: an offset of the clock beyond it is refused.
    order_cap: new and amended orders in 2 s for the sub-account; `sync_order_cap()` asks OKX for it.
    language: of announcements, such as "zh-CN"; None: OKX's choice.
    check_orders: refuse orders off tick, lot or minimum by the instruments that `instruments.load` fetched.
    """

    timeout_s: float = 10.0
    connections: int = 8
    connect_within_s: float = 5.0
    limit_mode: Literal["wait", "fail"] = "wait"
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    local_address: str | None = None
    keep_warm_s: float | None = None
    max_clock_offset_s: float = 600.0
    order_cap: int = 1000
    language: str | None = None
    check_orders: bool = False

    def __post_init__(self) -> None:
        waits(self.limit_mode)
        language: object = self.language
        if language is not None and not (isinstance(language, str) and _LANGUAGE(language)):
            raise ConfigError(f"language: expected such as 'en-US', got {self.language!r}")
        for name in ("timeout_s", "connect_within_s", "keep_warm_s", "max_clock_offset_s"):
            value = getattr(self, name)
            if name == "keep_warm_s" and value is None:
                continue
            seconds_of(value, name)
        for name, most in (("connections", 256), ("order_cap", 1_000_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise ConfigError(f"{name}: expected an int from 1 to {most}, got {value!r}")


class Link:
    """The core of a client, and what its methods may do with it."""

    def __init__(
        self,
        site: str | Site,
        credentials: CredentialsSource | None,
        permissions: Iterable[str],
        options: RestOptions | None,
    ) -> None:
        if not isinstance(options, RestOptions | None):
            raise ConfigError(f"options: expected RestOptions, got {type(options).__name__}")
        self.options = options or RestOptions()
        self.permissions = _permissions(permissions)
        self.shelf = Shelf()
        self.drift = Drift()
        self.exchange: Exchange | None = None
        self.ports: list[Port] = []
        self._lock = threading.Lock()
        self._forked = False
        try:
            held = resolve(credentials)
        finally:
            del credentials  # a traceback must not show what is there in place of Credentials
        if site == "sim":
            site, held = self._simulator(held)
        self.site = find_site(site)
        if self.site.rest is None:
            raise ConfigError(f"site {self.site.name!r} has no address for REST")
        try:
            self.core = RestCore(
                base=self.site.rest,
                demo=self.site.demo,
                ca_file=self.site.ca_file,
                proxy=self.options.proxy,
                local_address=self.options.local_address,
                connections=self.options.connections,
                connect_within_s=self.options.connect_within_s,
                keep_warm_s=self.options.keep_warm_s,
                max_clock_offset_s=self.options.max_clock_offset_s,
                order_cap=self.options.order_cap,
            )
            if held is not None:
                self.core.set_credentials(held.key, held.secret, held.passphrase)
        except BaseException:
            self._stop_simulator()
            raise
        self.watch = Watch(self.core)
        self.key_hint = None if held is None else held.key_hint
        self.timeout_s = float(self.options.timeout_s)
        self.wait = LIMIT_MODES[self.options.limit_mode]
        self.language = self.options.language
        _links.add(self)

    def _simulator(self, held: Credentials | None) -> tuple[Site, Credentials]:
        from okx_fast.exchange import Exchange  # noqa: PLC0415  # only for this site

        self.exchange = Exchange().start()
        return self.exchange.site(), held or self.exchange.credentials()

    def _stop_simulator(self) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.stop()

    def __repr__(self) -> str:
        if not hasattr(self, "key_hint"):
            return "not made yet"  # in a traceback that shows locals
        key = f", key {self.key_hint}" if self.key_hint else ""
        return f"{self.site.name}{key}, may {', '.join(sorted(self.permissions)) or 'nothing'}"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a client cannot be pickled or copied: make one where it is needed")

    # ── what is allowed ────────────────────────────────────────────────────────────────────────────────────────

    def refusal(self, endpoint: str, permission: str, *, signed: bool) -> Callable[[], Exception] | None:
        """Makes the error for a call this client may not make; None if it may."""
        if permission != "none" and permission not in self.permissions:
            return lambda: FenceError(endpoint, permission, self.permissions)
        if signed and self.key_hint is None:
            return lambda: ConfigError(f"{endpoint}: needs a key: credentials=... when the client is made")
        return None

    def order_check(self, plan: Plan) -> Callable[[Any], None] | None:
        """What looks at an order before it is sent; None: nothing does."""
        if not self.options.check_orders or plan.name not in _CHECKED:
            return None
        from okx_fast.rest.contracts import check_order  # noqa: PLC0415  # only who has orders checked pays for it

        def check(sent: Any) -> None:
            for order in sent if isinstance(sent, list) else [sent]:
                for broken in check_order(self.shelf[order["instId"]], order):
                    raise ParameterError(plan.endpoint, broken.param, f"{broken.rule}, got {broken.value!r}")

        return check

    # ── what replies teach ─────────────────────────────────────────────────────────────────────────────────────

    def refused(self, name: str, ready: Ready, code: str, sub_code: str | None, *, item: bool) -> None:
        """Note a code nobody knows, and tell the limiter of a refusal which only an item's sCode shows."""
        self.drift.code(name or ready.spec.endpoint, code, sub_code or "")
        if code == _CLOCK_CODE:  # the core has measured it anew
            self.watch.look()
        if item and code in _LIMIT_CODES:
            with suppress(ClosedError, ForkError):  # of no use any more, and the caller wants OKX's answer
                self.core.limit_refused(ready.spec, ready.key, ready.n, code)

    def look(self, name: str, ready: Ready, items: Any) -> None:
        """Go through the items of a batch for such codes."""
        for at, item in enumerate(items if isinstance(items, list) else ()):
            code = item.get("sCode") if isinstance(item, dict) else getattr(item, "s_code", None)
            if not reply.is_good(code):
                key = _key_at(name, ready, items, at)
                self.refused(name, ready if key is None else ready._replace(key=key, n=1), str(code), None, item=True)

    # ── any path ───────────────────────────────────────────────────────────────────────────────────────────────

    def raw(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
        *,
        signed: bool | None,
        exp_time: int | None,
    ) -> tuple[Plan | Anything, Ready, str | None]:
        """A call of `request()`, made ready."""
        verb = str(method).upper()
        endpoint = f"{verb} {path}"
        if verb not in ("GET", "POST"):
            raise ConfigError(f"method: expected GET or POST, got {method!r}")
        if not _PATH(str(path)):
            raise ParameterError(endpoint, "path", "expected /api/v5/... of letters, digits, '-', '_', without a query")
        row = _row(verb, path)
        permission = _permission(verb, path) if row is None else row.permission
        sign = signed if signed is not None else row.auth if row is not None else self.key_hint is not None
        free = row is None and verb == "GET" and not sign  # public, as far as anybody knows
        refusal = self.refusal(endpoint, "none" if free else permission, signed=sign)
        if refusal is not None:
            raise refusal()
        sent = _given(endpoint, verb, params)
        payload = (plans.encodable if verb == "GET" else plans.dumps)(endpoint, sent)
        exp = None if exp_time is None else plans.expiry(endpoint, exp_time)
        if row is None:
            spec = Spec(
                method=verb, path=path, signed=sign, idempotent=verb == "GET", cancel=False,
                bucket=0, count=0, window_ms=0, by_ip=False, capped=False,
            )  # fmt: skip
            return (
                Anything(endpoint, write=verb == "POST", batch=isinstance(sent, list)),
                Ready(spec, payload, "", 1, sent),
                exp,
            )
        plan = plans.by_name(row.name)
        assert plan is not None  # noqa: S101  # the row is the table's
        key, n, spec = plan.counted(sent)
        if sign != row.auth or path != row.path:
            spec = plans.spec_of(row, path=path, signed=sign, limit=table.by_name(row.single) if n == 1 else None)
        return plan, Ready(spec, payload, key, n, sent), exp

    # ── event loops ────────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, port: Port) -> None:
        """Hold on to the port of a loop, and let go of those whose loops are over."""
        with self._lock:
            self.ports = [*(each for each in self.ports if not each.loop.is_closed()), port]

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """End connections and workers, and what waits for them. Twice is harmless."""
        self.core.close()
        ports, self.ports = self.ports, []
        for port in ports:
            port.close(forked=self._forked)
        if not self._forked:
            self._stop_simulator()

    def forked(self) -> None:
        """In a child of fork(): connections and threads are the parent's."""
        self._forked = True
        self.core.forked()


class Anything:
    """Stands in for the Plan of an endpoint outside the table."""

    name = ""
    binary = False

    def __init__(self, endpoint: str, *, write: bool, batch: bool) -> None:
        self.endpoint, self.write, self.batch = endpoint, write, batch


def reply_for(plan: Plan | Anything, raw: RawReply, sent: Any, drift: Drift) -> reply.Reply:
    """The Reply of `request()`, or the exception its code stands for."""
    endpoint, batch = plan.endpoint, plan.batch or isinstance(sent, list)
    if plan.binary and raw.status == 200 and raw.code is None:  # noqa: PLR2004  # HTTP's
        return reply.reply_of({"code": ""}, raw.body, raw)
    body = reply.read(raw, endpoint, write=plan.write)
    data = reply.data_of(body, raw, endpoint, write=plan.write, batch=batch)
    drift.see(plan.name, data)
    return reply.reply_of(body, reply.in_order(sent, data) if isinstance(sent, list) else data, raw)


def _permissions(given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError(f"permissions: expected a set of names, got {given!r}")
    found = frozenset(given)
    if unknown := sorted(map(str, found - PERMISSIONS)):
        raise ConfigError(f"permissions: expected some of {', '.join(sorted(PERMISSIONS))}, got {', '.join(unknown)}")
    return found


def _row(verb: str, path: str) -> Row | None:
    """The table's row; case does not count, so that the fence cannot be walked around."""
    found = table.by_path(verb, path)
    if found is not None:
        return found
    parts = path.lower().split("/")
    for row in table.load():
        if row.method == verb and _same(parts, row.path.lower().split("/")):
            return row
    return None


def _same(parts: list[str], theirs: list[str]) -> bool:
    return len(parts) == len(theirs) and all(a == b or b.startswith("{") for a, b in zip(parts, theirs, strict=True))


def _key_at(name: str, ready: Ready, items: list[Any], at: int) -> str | None:
    """The bucket key of one item of a batch over several, so that no other is closed for it; None: the call's own."""
    plan = plans.by_name(name) if isinstance(ready.key, list) and len(items) == len(ready.sent) else None
    return None if plan is None else plan.key(ready.sent[at])


def _permission(verb: str, path: str) -> str:
    """What an endpoint outside the table needs, most likely."""
    if "withdraw" in path.lower():
        return "read" if verb == "GET" else "withdraw"
    return "read" if verb == "GET" else "trade"


def _given(endpoint: str, verb: str, params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> Any:
    if params is None:
        return {}
    if isinstance(params, Mapping):
        convert = query_as_given if verb == "GET" else as_given
        return {str(name): convert(endpoint, name, value) for name, value in params.items() if value is not None}
    if verb == "GET" or not isinstance(params, (list, tuple)):
        wanted = "a mapping" if verb == "GET" else "a mapping or a list of them"
        raise ParameterError(endpoint, "params", f"expected {wanted}, got {type(params).__name__}")
    for item in params:
        if not isinstance(item, Mapping):
            raise ParameterError(endpoint, "params", f"expected mappings in the list, got {type(item).__name__}")
    return [_given(endpoint, verb, item) for item in params]


# Threads of ours must not outlive the interpreter.
_links: weakref.WeakSet[Link] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for link in list(_links):
        link.close()


def _after_fork() -> None:
    for link in list(_links):
        link.forked()


os.register_at_fork(after_in_child=_after_fork)
