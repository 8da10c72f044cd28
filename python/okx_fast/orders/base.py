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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from okx_fast._native import OrderCore
from okx_fast.credentials import resolve
from okx_fast.errors import ClosedError, ConfigError, NotSentError, OutcomeUnknownError, ParameterError
from okx_fast.orders import algo
from okx_fast.orders.guards import Guards
from okx_fast.orders.ops import METHODS, known, specs
from okx_fast.orders.result import OrderResult, Stamps, from_ack
from okx_fast.orders.state import AccountEvent, View, event_of, fill_of, order_of, rows_of
from okx_fast.rest import Rest, RestOptions
from okx_fast.rest.method import seconds_of
from okx_fast.rest.models import BalanceDetail, OrderAck, Position
from okx_fast.rest.params import text
from okx_fast.rest.plan import expiry, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast._native import Event, OrderCall
    from okx_fast.credentials import Credentials, CredentialsSource
    from okx_fast.orders.state import Fill, OrderState
    from okx_fast.rest.models import AlgoOrder, Instrument
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
# What OKX takes for cancel-all-after, seconds.
LEAST_AFTER = 10
MOST_AFTER = 120
_PLACES = ("order", "batch-orders", "sprd-order")
_AMENDS = ("amend-order", "batch-amend-orders", "sprd-amend-order")
# What tells what became of an order.
_NAMES = frozenset({"instId", "sprdId", "ordId", "clOrdId", "newPx", "newSz", "reqId"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderOptions:
    """All there is to tune.

    route: "ws"; "rest"; or "auto": by WebSocket, and by REST where it is certain that nothing was sent.
    timeout_s: wait for OKX's answer; without one the call is in doubt.
    resolve_within_s: a call in doubt is resolved within this, by asking for the order and by its rows, or is UNKNOWN.
    limit_mode: what a call does whose limit is used up: "wait" for its turn within its time, or "fail" (LimitError).
    inst_types: instruments loaded when the client is opened, for their instIdCode. Options need a family each:
        `load("OPTION", instFamily=...)`.
    check_orders: refuse (ParameterError, nothing sent) orders that break rules of their instrument, of the account's
        modes or of ids, or the price band where `note_price_limit` told it; nothing is ever changed or rounded.
    spreads: a connection for the operations of spreads.
    algos: keep algo orders too (`algo_orders`, `on_algo`), over a third connection.
    account: keep the account (`open_orders`, `on_fill`, `positions` …), over a second connection. Without it calls in
        doubt are resolved by asking alone.
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
    account: bool = True
    algos: bool = False
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
        # What looks at orders before they are sent; None: nothing does.
        self.guards = Guards(self.rest.instruments) if self.options.check_orders else None
        link = self.rest._link  # noqa: SLF001  # of this package
        if held is None and link.exchange is not None:
            held = link.exchange.credentials()
        self._on_order: Callable[[OrderState], object] | None = None
        self._on_fill: Callable[[Fill], object] | None = None
        self._on_algo: Callable[[AlgoOrder], object] | None = None
        self._on_event: Callable[[Event | AccountEvent], object] | None = _log_event
        self._on_error: Callable[[BaseException, object], None] | None = None
        try:
            self._core = self._connected(held)
        except BaseException:
            self.rest.close()
            raise
        self._core.set_on_event(self._event)
        self._listen()
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
            is_kept=o.account,
            has_algos=o.algos,
            ca_file=self.rest.site.ca_file,
            proxy=o.proxy,
            ping_after_s=o.ping_after_s,
            pong_within_s=o.pong_within_s,
            answer_within_s=o.answer_within_s,
            connect_within_s=o.connect_within_s,
            backoff_s=o.backoff_s,
            backoff_max_s=o.backoff_max_s,
            resolve_within_s=o.resolve_within_s,
            ops=known(),
            specs=specs(),
        )

    # ── instruments ────────────────────────────────────────────────────────────────────────────────────────────

    def _took_instruments(self) -> None:
        """Tell the core what the shelf holds."""
        rows = [(inst.inst_id, _code(inst), _KEY({"instId": inst.inst_id})) for inst in self.rest.instruments]
        self._core.set_instruments(rows)

    def note_price_limit(self, row: Any) -> None:
        """Take over a row of the channel `price-limit`, for `check_orders`; it is used for 5 s.

        client.subscribe("price-limit", trader.note_price_limit, instId="BTC-USDT-SWAP")
        """
        if self.guards is not None:
            self.guards.note_band(row.inst_id, row.buy_lmt, row.sell_lmt)

    # ── sending ────────────────────────────────────────────────────────────────────────────────────────────────

    def send(
        self,
        op: str,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]],
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
        if self.guards is not None:
            self.guards.look(op, _items(sent))
        if exp_time is not None:
            expiry(op, exp_time)
        within = self.options.timeout_s if timeout is None else timeout
        more = extra if extra is None or type(extra) is dict else dict(extra)
        return self._core.send(op, sent, more, exp_time, within, on_done)

    def results(self, call: OrderCall, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[OrderResult]:
        """How a call of `send` ended, a result for each of its orders; `params` as given there. Empty while it is on
        its way.
        """
        return call.results(OrderResult, _items(params), "ws")

    def frame(
        self, op: str, params: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, exp_time: int | None = None
    ) -> bytes:
        """The message `send` would send, its `id` 0; nothing is sent."""
        return self._core.frame(op, _plain(params), None, exp_time, 0)

    def _begin(
        self, op: str, items: list[dict[str, Any]], called_ns: int, wall_ns: int, exp_time: int | None
    ) -> list[OrderCall]:
        """Have the core know of a call by REST before it leaves, order by order; empty: it cannot, and what is wrong
        with the call REST will say. An amendment that cannot be read is refused: others would be judged without it.
        """
        try:
            named = [
                {name: text(op, name, item[name]) for name in _NAMES if item.get(name) is not None} for item in items
            ]
            return self._core.begin(op, named, called_ns, wall_ns, exp_time)
        except ParameterError:
            if op in _AMENDS:
                raise
            return []
        except (ConfigError, ClosedError, TypeError, OverflowError):
            return []

    def _open(self, calls: list[OrderCall], errors: list[OutcomeUnknownError], told: list[Any]) -> bool:
        """Have the core find out what became of calls by REST, and call `told` for each; whether it does."""
        try:
            for call, error, on_done in zip(calls, errors, told, strict=True):
                self._core.open(call, error.reason, on_done)
        except ClosedError:
            return False
        return bool(calls)

    def _acked(
        self, op: str, items: list[dict[str, Any]], acks: Any, stamps: Stamps, exp_time: int | None
    ) -> tuple[list[OrderResult], dict[int, OutcomeUnknownError]]:
        """What OKX's answer by REST says of each order, and which of them it leaves open."""
        rows = [ack if isinstance(ack, OrderAck) else _ack(ack) for ack in (acks if isinstance(acks, list) else [acks])]
        results = [from_ack(op, item, row, stamps, exp_time) for item, row in zip(items, rows, strict=True)]
        self._note_placed(op, results)
        return results, {at: row.error for at, row in enumerate(rows) if isinstance(row.error, OutcomeUnknownError)}

    def _note_placed(self, op: str, results: list[OrderResult]) -> None:
        """Tell the core of orders that were placed by REST."""
        for result in results if op in _PLACES else ():
            if result.confirmed and result.proof == "answer":
                ids = (result.inst_id, result.ord_id, result.cl_ord_id)
                self._core.placed(op, *ids, result.ts_ms, result.called_ns)

    def _check_open(self, op: str) -> None:
        """By REST too there are no new orders after `kill`."""
        why = self._core.stopped if op in _PLACES else None
        if why is not None:
            raise NotSentError(op, why)

    def _route(self, route: Route | None, sent: Any) -> Route:
        chosen = self.options.route if route is None else route
        if chosen not in ROUTES:
            raise ConfigError(f"route: expected 'ws', 'rest' or 'auto', got {route!r}")
        if chosen == "ws":
            return chosen
        return "rest" if chosen == "auto" and any("attachAlgoOrds" in item for item in _items(sent)) else chosen

    # ── callbacks ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_order(self, fn: Callable[[OrderState], object] | None) -> None:
        """Call `fn` with each order of the account that is new or has changed, as it is then, whoever placed it.

        Repetitions and rows older than what is known are not told. At most 65,536 things wait for `poll` or the event
        loop; beyond that the oldest go (`stats()["lost"]`): what `order` and `open_orders` say stays right.
        """
        self._on_order = fn
        self._listen()

    def on_fill(self, fn: Callable[[Fill], object] | None) -> None:
        """Call `fn` with each fill of the account, exactly once, also with those whose push was missed."""
        self._on_fill = fn
        self._listen()

    def on_algo(self, fn: Callable[[AlgoOrder], object] | None) -> None:
        """Call `fn` with each algo order that is new or has changed, with `TraderOptions(algos=True)`. `ord_id_list`
        has the orders it placed when it triggered, whose `algo_id` is its own.
        """
        self._on_algo = fn
        self._listen()

    def on_event(self, fn: Callable[[Event | AccountEvent], object] | None) -> None:
        """Call `fn` with what happens to the connections (`Event`) and to what is known of the account
        (`AccountEvent`). Until this is called it goes to the logger `okx_fast.orders`; None silences it.
        """
        self._on_event = fn
        self._core.set_on_event(self._event if fn is not None else None)
        self._listen()

    def on_error(self, fn: Callable[[BaseException, object], None] | None) -> None:
        """Call `fn(exception, arguments)` when a callback raises; None: `sys.unraisablehook` gets it."""
        self._on_error = fn

    def _listen(self) -> None:
        # The log is told of no amendment: it has nothing else of orders either.
        heard = (
            self._on_order
            or self._on_fill
            or self._on_algo
            or (self._on_event if self._on_event is not _log_event else None)
        )
        anybody = heard or self._on_event
        self._core.set_on_told(self._told if anybody is not None else None, heard is not None)

    def _event(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _told(self, kind: str, parts: tuple[Any, ...]) -> None:
        if kind == "order":
            if self._on_order is not None:
                self._on_order(order_of(parts))
        elif kind == "fill":
            if self._on_fill is not None:
                self._on_fill(fill_of(parts))
        elif kind == "algo":
            if self._on_algo is not None:
                self._on_algo(algo.model(parts))  # type: ignore[arg-type]  # a row
        elif self._on_event is not None:
            self._on_event(event_of(kind, parts))

    def _failed(self, exception: BaseException, arguments: object) -> None:
        if self._on_error is not None:
            self._on_error(exception, arguments)
        else:
            sys.unraisablehook(_Unraisable(type(exception), exception, exception.__traceback__, None, arguments))  # type: ignore[arg-type]

    # ── what is known of the account ───────────────────────────────────────────────────────────────────────────

    def order(self, ord_id: str | None = None, *, cl_ord_id: str | None = None) -> OrderState | None:
        """An order of the account as it is, by ordId, or the newest with a clOrdId; None: not known (any more). The
        last 10,000 that ended are remembered.
        """
        self._kept()
        parts = self._core.order(ord_id, cl_ord_id)
        return None if parts is None else order_of(parts)

    def open_orders(self) -> list[OrderState]:
        """The open orders of the account, whoever placed them. `is_reconciling`: not all may be known yet."""
        self._kept()
        return [order_of(parts) for parts in self._core.open_orders()]

    def algo_order(self, algo_id: str | None = None, *, algo_cl_ord_id: str | None = None) -> AlgoOrder | None:
        """An algo order as OKX told it last, by algoId, or the newest with an algoClOrdId; None: not known (any more).
        Its `linked_ord` and the `algo_id` of orders say what belongs together.
        """
        self._has_algos()
        row = self._core.algo(algo_id, algo_cl_ord_id)
        return None if row is None else algo.model(row)

    def algo_orders(self) -> list[AlgoOrder]:
        """Algo orders that may still do something, whoever placed them."""
        self._has_algos()
        return [algo.model(row) for row in self._core.open_algos()]

    def _has_algos(self) -> None:
        if not self.options.algos:
            raise ConfigError("this trader does not keep algo orders: TraderOptions(algos=True)")

    def positions(self) -> View[Position]:
        """Open positions as OKX told them last. OKX tells changes within some 50 ms, and everything now and then.

        OKX: Trading account › WS Positions channel.
        """
        return self._view("positions", Position)

    def balances(self) -> View[BalanceDetail]:
        """Balances by currency as OKX told them last, as `positions`.

        OKX: Trading account › WS Account channel.
        """
        return self._view("balances", BalanceDetail)

    def _kept(self) -> None:
        if not self.options.account:
            raise ConfigError("this trader does not keep the account: TraderOptions(account=True)")

    def _view(self, what: str, model: Any) -> View[Any]:
        self._kept()
        parts = self._core.holdings(what)
        _, whole_ns, told_ns, is_current = parts
        heard = self._core.heard_ns
        silent = monotonic_ns() - heard
        fresh = heard > 0 and silent < (self.options.ping_after_s + self.options.pong_within_s + 1) * 1e9
        rows = tuple(rows_of(model, parts))
        return View(rows, whole_ns, told_ns, silent / 1e6 if heard else float("inf"), valid=fresh and is_current)

    @property
    def is_reconciling(self) -> bool:
        """Whether orders, fills, positions and balances are being compared with what REST says, as after each
        reconnect; an AccountEvent `reconciled` tells when that is over, and what was found.
        """
        return self._core.is_reconciling

    # ── switches ───────────────────────────────────────────────────────────────────────────────────────────────

    def kill(self, why: str = "the kill switch was pulled") -> None:
        """Refuse new orders from now on (NotSentError), and cancel every open order of the account, algo orders too,
        and spread orders with `TraderOptions(spreads=True)`.

        Orders are listed and canceled by REST until none is left; an AccountEvent `killed` says how many. Amends and
        cancels are still sent. `resume` takes new orders again.
        """
        self._core.set_stopped(why)
        self._core.kill()

    def resume(self) -> None:
        """Take new orders again after `kill`, or after the dead man's switch fired."""
        self._core.set_stopped(None)

    @property
    def stopped(self) -> str | None:
        """Why new orders are refused; None: they are not."""
        return self._core.stopped

    def arm(self, after_s: int = 30, *, silence_s: float = 5.0) -> None:
        """Turn on the dead man's switch: call `alive()` at least each `silence_s` seconds from then on.

        While you do, `cancel-all-after` is renewed by a thread of Rust's: should the process or the machine die, OKX
        cancels all orders `after_s` (10 to 120) seconds after the last renewal, spread orders too with
        `TraderOptions(spreads=True)`. When you do not, it fires: new orders are refused, all are canceled as by `kill`,
        and OKX is told to cancel the rest in 10 s.
        It stays on when the client is closed: `disarm()` first where orders are to stay.
        OKX: Order book trading › Trade › Cancel All After; Spread trading › REST API › Cancel all after.
        """
        if type(after_s) is not int or not LEAST_AFTER <= after_s <= MOST_AFTER:
            raise ConfigError(f"after_s: expected {LEAST_AFTER} to {MOST_AFTER} seconds, got {after_s!r}")
        self._core.arm((after_s, seconds_of(silence_s, "silence_s")))

    def alive(self) -> None:
        """Say that the strategy lives, for `arm`."""
        self._core.alive()

    def disarm(self) -> None:
        """Turn the dead man's switch off, at OKX too."""
        self._core.arm(None)

    # ── counters, life ───────────────────────────────────────────────────────────────────────────────

    @property
    def is_up(self) -> bool:
        """Whether the connection for orders is there and logged in."""
        return self._core.is_up

    def stats(self) -> dict[str, Any]:
        """Counters since the start.

        calls, confirmed, rejected, unknown (by order), doubted (calls that were in doubt for a while), queries (asked
        to resolve them), unmatched (answers nobody waited for), waiting (calls on their way), lost (rows and notices
        that nobody took in time) · of the account: fills (told), duplicates and stale (rows that were no news),
        illegal, unkeyed (fills rows that tell none) · spans_us: where an order's time goes, p50, p99, p99.9 in
        microseconds and count: build (the Python call until the bytes are ready for the socket), there (to OKX's
        gateway), okx (inside it), back (from it), ack (bytes ready until the answer is here), push (until the first row
        that shows the order; with a clOrdId). `there` and `back` hold both clocks' error · connections: as in
        `Client.stats`.
        """
        return self._core.stats()

    def close(self) -> None:
        """End connections and threads; calls on their way end as UNKNOWN. Open orders stay open. Twice is harmless."""
        self._core.close()
        self.rest.close()

    def __repr__(self) -> str:
        rest = getattr(self, "rest", None)  # a traceback shows it half made, too
        words = "" if rest is None else f" {rest._link!r}"  # noqa: SLF001  # of this package
        return f"<{type(self).__name__}{words}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a client cannot be pickled or copied: make one where it is needed")


class _Unraisable(NamedTuple):
    exc_type: type[BaseException]
    exc_value: BaseException
    exc_traceback: Any
    err_msg: str | None
    object: object


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


def _ack(row: Any) -> OrderAck:
    """The item of a reply without a model: of spreads, of a mass-cancel."""
    if isinstance(row, dict) and "result" in row:
        good = row["result"] in (True, "true")
        return OrderAck({"sCode": "0" if good else "1", "sMsg": "" if good else "OKX said result: false"})
    return OrderAck(row)


def rest_name(op: str) -> str:
    """The REST method of an operation."""
    name = METHODS.get(op)
    if name is None:
        raise ConfigError(f"op: OKX has no such operation: {op!r}")
    return name


# Each kind of AccountEvent and its level in the log.
_LEVELS = {
    "illegal": logging.WARNING,
    "unreadable": logging.WARNING,
    "failed": logging.WARNING,
    "not-renewed": logging.ERROR,
    "fired": logging.ERROR,
    "killed": logging.WARNING,
}


def _log_event(event: Event | AccountEvent) -> None:
    from okx_fast.client import LEVELS  # noqa: PLC0415  # only where nobody listens

    levels = _LEVELS if isinstance(event, AccountEvent) else LEVELS
    log.log(levels.get(event.kind, logging.INFO), "%s", event)


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
