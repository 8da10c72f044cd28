"""What Trader and AsyncTrader share: the REST client, the connections for orders, instruments, callbacks.

site, credentials ─▶ Rest (limits, clock, key) ─┬─▶ OrderCore (connections, desk)
                     instruments ───────────────┘
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from okx_fast._native import OrderCore
from okx_fast.channels.decode import Decoder
from okx_fast.channels.table import find_typed
from okx_fast.credentials import resolve
from okx_fast.errors import ConfigError, ParameterError
from okx_fast.orders.ops import METHODS, asks, known
from okx_fast.orders.result import from_report
from okx_fast.rest import Rest, RestOptions
from okx_fast.rest.contracts import check_order
from okx_fast.rest.drift import Drift
from okx_fast.rest.plan import expiry, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast._native import Event, OrderCall
    from okx_fast.credentials import Credentials, CredentialsSource
    from okx_fast.orders.result import OrderResult
    from okx_fast.rest.models import Instrument
    from okx_fast.site import Site, SiteName

    Params = Mapping[str, Any]
    Route = Literal["ws", "rest", "auto"]

__all__ = ["Base", "TraderOptions"]

log = logging.getLogger("okx_fast.orders")

ROUTES = ("ws", "rest", "auto")
# Things one turn of the loop may hand on.
DRAIN = 256
# What a limit counts an instrument by: itself, or an option's family.
_KEY = key_of("user+instrument|user+instFamily(options)")
# Waiting for the last word on a call takes no longer than its own time and the resolution's, and this.
SLACK_S = 5.0
_CHECKED = ("order", "batch-orders", "amend-order", "batch-amend-orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderOptions:
    """All there is to tune.

    route: "ws"; "rest"; or "auto": by WebSocket, and by REST where it is certain that nothing was sent.
    timeout_s: wait for OKX's answer; without one the call is in doubt.
    resolve_within_s: a call in doubt is resolved within this, by asking for the order and by its rows, or is UNKNOWN.
    limit_mode: what a call does whose limit is used up: "wait" for its turn within its time, or "fail" (LimitError).
    inst_types: instruments loaded when the client is opened, for their instIdCode. Options need a family each:
        `load("OPTION", instFamily=...)`.
    check_orders: refuse orders that break the rules of their instrument (tick, lot, minimum); nothing is ever rounded.
    spreads: a connection for the operations of spreads.
    ready_within_s: wait for the connections, logged in, when the client is opened.
    ping_after_s, pong_within_s, answer_within_s, connect_within_s, backoff_s, backoff_max_s: as in `Options`.
    rest: of the REST client inside; None: its defaults.
    """

    route: Route = "ws"
    timeout_s: float = 5.0
    resolve_within_s: float = 10.0
    limit_mode: Literal["wait", "fail"] = "wait"
    inst_types: tuple[str, ...] = ("SPOT", "SWAP", "FUTURES")
    check_orders: bool = False
    spreads: bool = False
    ready_within_s: float = 15.0
    ping_after_s: float = 5.0
    pong_within_s: float = 5.0
    answer_within_s: float = 10.0
    connect_within_s: float = 10.0
    backoff_s: float = 0.25
    backoff_max_s: float = 30.0
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    rest: RestOptions | None = None

    def __post_init__(self) -> None:
        if self.route not in ROUTES:
            raise ConfigError(f"route: expected 'ws', 'rest' or 'auto', got {self.route!r}")
        if self.limit_mode not in ("wait", "fail"):
            raise ConfigError(f"limit_mode: expected 'wait' or 'fail', got {self.limit_mode!r}")


# The account's channels that a desk listens to, by their place.
CHANNELS: tuple[tuple[str, list[tuple[str, str]]], ...] = (("orders", [("instType", "ANY")]),)


class Frame(NamedTuple):
    """A message of the account's, as a decoder wants it."""

    data: bytes
    recv_ns: int
    channel: str
    inst_id: str = ""


class Base:
    """The part of a trader that is the same for threads and asyncio."""

    def __init__(
        self,
        site: Literal["sim"] | SiteName | Site,
        *,
        credentials: CredentialsSource | None = None,
        options: TraderOptions | None = None,
    ) -> None:
        if not isinstance(options, TraderOptions | None):
            raise ConfigError(f"options: expected TraderOptions, got {type(options).__name__}")
        self.options = options or TraderOptions()
        try:
            held = resolve(credentials)
        finally:
            del credentials  # a traceback must not show what is there in place of Credentials
        rest_options = self.options.rest or RestOptions(proxy=self.options.proxy)
        # Ended by us, after the desk.
        self.rest = Rest(site, credentials=held, permissions=("read", "trade"), options=rest_options)
        link = self.rest._link  # noqa: SLF001  # of this package
        if held is None and link.exchange is not None:
            held = link.exchange.credentials()
        self._drift = Drift()
        self._on_order: Callable[[Any], object] | None = None
        self._on_event: Callable[[Event], object] | None = _log_event
        self._on_error: Callable[[BaseException, object], None] | None = None
        self._decoders = [Decoder(_model(channel), self._drift) for channel, _ in CHANNELS]
        try:
            self._core = self._connected(held)
        except BaseException:
            self.rest.close()
            raise
        self._core.set_on_event(self._event)
        _traders.add(self)

    def _connected(self, held: Credentials | None) -> OrderCore:
        if held is None:
            raise ConfigError("credentials: orders need a key")
        if self.rest.site.ws_private is None:
            raise ConfigError(f"site: {self.rest.site.name!r} has no known WebSocket for orders")
        o = self.options
        return OrderCore(
            rest=self.rest._link.core,  # noqa: SLF001  # of this package
            key=(held.key, held.secret, held.passphrase),
            ws_private=self.rest.site.ws_private,
            ws_business=self.rest.site.ws_business,
            spreads=o.spreads,
            ca_file=self.rest.site.ca_file,
            proxy=o.proxy,
            ping_after_s=o.ping_after_s,
            pong_within_s=o.pong_within_s,
            answer_within_s=o.answer_within_s,
            connect_within_s=o.connect_within_s,
            backoff_s=o.backoff_s,
            backoff_max_s=o.backoff_max_s,
            resolve_within_s=o.resolve_within_s,
            channels=list(CHANNELS),
            ops=known(),
            asks=asks(),
        )

    # ── instruments ────────────────────────────────────────────────────────────────────────────────────────────

    def _took_instruments(self) -> None:
        """Tell the core what the shelf holds."""
        rows = [(inst.inst_id, _code(inst), _KEY({"instId": inst.inst_id})) for inst in self.rest.instruments]
        self._core.set_instruments(rows)

    # ── sending ────────────────────────────────────────────────────────────────────────────────────────────────

    def send(
        self,
        op: str,
        params: Mapping[str, Any] | list[Mapping[str, Any]],
        on_done: Callable[[OrderCall], object] | None = None,
        *,
        timeout: float | None = None,
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> OrderCall:
        """Send an operation by WebSocket, on this thread and at once, and wait for nothing.

        op: OKX's word: order, amend-order, cancel-order, batch-orders, batch-amend-orders, batch-cancel-orders,
        mass-cancel, sprd-order, sprd-amend-order, sprd-cancel-order, sprd-mass-cancel. params: OKX's names, with
        instId, whose instIdCode is sent in its place; of a batch, a list of them.
        on_done: called with the OrderCall once it is over, where callbacks run (`poll`, or the event loop).
        What comes of it: `results(call)`, once `call.done`; `call.wait(seconds)` waits.
        timeout, exp_time, extra: as in the methods. Raises what keeps it from being sent: ParameterError, LimitError
        (also with limit_mode "wait": this waits for nothing), NotSentError; nothing has left then.
        """
        sent = params if type(params) is dict else _plain(params)
        if self.options.check_orders and op in _CHECKED:
            self._check(op, sent)
        if exp_time is not None:
            expiry(op, exp_time)
        within = self.options.timeout_s if timeout is None else timeout
        more = extra if extra is None or type(extra) is dict else dict(extra)
        return self._core.send(op, sent, more, exp_time, within, on_done)

    def results(self, call: OrderCall, params: Mapping[str, Any] | list[Mapping[str, Any]]) -> list[OrderResult]:
        """How a call of `send` ended, a result for each of its orders; `params` as given there. Empty while it is on
        its way.
        """
        report = call.report()
        return [] if report is None else from_report(call.op, _items(params), report)

    def frame(
        self, op: str, params: Mapping[str, Any] | list[Mapping[str, Any]], *, exp_time: int | None = None
    ) -> bytes:
        """The message `send` would send, its `id` 0; nothing is sent."""
        return self._core.frame(op, _plain(params), None, exp_time, 0)

    def _check(self, op: str, sent: Any) -> None:
        for order in _items(sent):
            inst = self.rest.instruments.get(str(order.get("instId", "")))
            if inst is None:
                continue
            for broken in check_order(inst, order):
                raise ParameterError(op, broken.param, f"{broken.rule}, got {broken.value!r}")

    def _route(self, route: Route | None, sent: Any) -> Route:
        chosen = self.options.route if route is None else route
        if chosen not in ROUTES:
            raise ConfigError(f"route: expected 'ws', 'rest' or 'auto', got {route!r}")
        if chosen == "ws":
            return chosen
        return "rest" if chosen == "auto" and any("attachAlgoOrds" in item for item in _items(sent)) else chosen

    # ── callbacks ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_order(self, fn: Callable[[Any], object] | None) -> None:
        """Call `fn` with each row of the `orders` channel (`channels.private.Order`), of whoever's orders.

        At most 65,536 messages wait for `poll` or the event loop; beyond that the oldest go (`stats()["lost"]`).
        """
        self._on_order = fn
        self._core.set_on_rows(self._rows if fn is not None else None)

    def on_event(self, fn: Callable[[Event], object] | None) -> None:
        """Call `fn` with what happens to the connections. Until this is called it goes to the logger
        `okx_fast.orders`; None silences it.
        """
        self._on_event = fn
        self._core.set_on_event(self._event if fn is not None else None)

    def on_error(self, fn: Callable[[BaseException, object], None] | None) -> None:
        """Call `fn(exception, arguments)` when a callback raises; None: `sys.unraisablehook` gets it."""
        self._on_error = fn

    def _event(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _rows(self, place: int, data: bytes, recv_ns: int) -> None:
        channel, _ = CHANNELS[place]
        for row in self._decoders[place](Frame(data, recv_ns, channel)):  # type: ignore[arg-type]  # what it reads of it
            if self._on_order is not None:
                self._on_order(row)

    def _failed(self, exception: BaseException, arguments: object) -> None:
        if self._on_error is not None:
            self._on_error(exception, arguments)
        else:
            sys.unraisablehook(_Unraisable(type(exception), exception, exception.__traceback__, None, arguments))  # type: ignore[arg-type]

    # ── switches, counters, life ───────────────────────────────────────────────────────────────────────────────

    @property
    def is_up(self) -> bool:
        """Whether the connection for orders is there and logged in."""
        return self._core.is_up

    def stats(self) -> dict[str, Any]:
        """Counters since the start.

        calls, confirmed, rejected, unknown (by order), doubted (calls that were in doubt for a while), queries (asked
        to resolve them), unmatched (answers nobody waited for), waiting (calls on their way), lost (rows and notices
        that nobody took in time) · spans_us: where an order's time goes, p50, p99, p99.9 in microseconds and count:
        build (the Python call until the bytes are ready for the socket), there (to OKX's gateway), okx (inside it),
        back (from it), ack (bytes ready until the answer is here), push (until the first row that shows the order; with
        a clOrdId). `there` and `back` hold both clocks' error · connections: as in `Client.stats`.
        """
        return self._core.stats()

    def close(self) -> None:
        """End connections and threads; calls on their way end as UNKNOWN. Open orders stay open. Twice is harmless."""
        self._core.close()
        self.rest.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.rest._link!r}>"  # noqa: SLF001  # of this package

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a client cannot be pickled or copied: make one where it is needed")


class _Unraisable(NamedTuple):
    exc_type: type[BaseException]
    exc_value: BaseException
    exc_traceback: Any
    err_msg: str | None
    object: object


def _model(channel: str) -> Any:
    row = find_typed(channel)
    assert row.model is not None  # noqa: S101  # the names are the table's
    return row.model


def _code(inst: Instrument) -> int | None:
    code = inst.inst_id_code
    return code if isinstance(code, int) and code >= 0 else None


def _plain(params: Any) -> Any:
    """A dict, or a list of them, as Rust wants it."""
    if isinstance(params, Mapping):
        return dict(params)
    if isinstance(params, (str, bytes)) or not hasattr(params, "__iter__"):
        raise ParameterError("orders", "params", f"expected a mapping or a list of them, got {type(params).__name__}")
    items = list(params)
    for item in items:
        if not isinstance(item, Mapping):
            raise ParameterError("orders", "params", f"expected mappings in the list, got {type(item).__name__}")
    return [dict(item) for item in items]


def _items(params: Any) -> list[dict[str, Any]]:
    return [dict(params)] if isinstance(params, Mapping) else [dict(item) for item in params]


def rest_name(op: str) -> str:
    """The REST method of an operation."""
    name = METHODS.get(op)
    if name is None:
        raise ConfigError(f"op: OKX has no such operation: {op!r}")
    return name


def _log_event(event: Event) -> None:
    from okx_fast.client import LEVELS  # noqa: PLC0415  # only where nobody listens

    log.log(LEVELS.get(event.kind, logging.INFO), "%s", event)


# Threads of ours must not outlive the interpreter.
_traders: weakref.WeakSet[Base] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for trader in list(_traders):
        trader.close()


def _after_fork() -> None:
    for trader in list(_traders):
        trader._core.forked()  # noqa: SLF001  # of this module


os.register_at_fork(after_in_child=_after_fork)
