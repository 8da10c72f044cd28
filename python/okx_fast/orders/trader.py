"""`Trader`: orders for plain threads.

with okx_fast.Trader("global", credentials=key) as trader:
    result = trader.place_order(instId="BTC-USDT-SWAP", tdMode="cross", side="buy", ordType="limit", px="60000", sz="1")
    if result.confirmed:
        trader.cancel_order(instId="BTC-USDT-SWAP", ordId=result.ord_id)
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic, monotonic_ns, sleep, time_ns
from typing import TYPE_CHECKING, Any, Self

from okx_fast.errors import ApiError, ConnectError, LimitError, NotSentError, OkxFastError, OutcomeUnknownError
from okx_fast.orders import algo
from okx_fast.orders.base import DRAIN, SLACK_S, Base, _items, _plain, rest_name
from okx_fast.orders.ops import ALGO
from okx_fast.orders.result import OrderResult, Stamps, from_ack, from_doubt, from_error
from okx_fast.rest.doubt import noted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from okx_fast._native import OrderCall
    from okx_fast.orders.base import Route

    Items = Sequence[Mapping[str, Any]]

__all__ = ["Trader"]


class Trader(Base):
    """One account's orders, for plain threads: a call returns once its outcome is known.

    site: "sim" (an exchange inside this process), a name such as "global" or "eea-demo", or a `Site`.

    The contract of a call:
    Threads: any, many at a time. The bytes are made and sent on the caller's, which reads answers while it waits; a
    thread of Rust's reads what nobody waits for, keeps the connections and watches deadlines, whether or not Python
    runs.
    Parameters: by name, as OKX spells them. Text, int or Decimal, never a float. None means not sent. Nothing is added:
    no clOrdId, no tag, no rounding.
    Result: an OrderResult, whose `outcome` is CONFIRMED, REJECTED or UNKNOWN; of a batch a list, in order. Whatever
    OKX says is a result, not an exception: `result.raise_for_outcome()` makes it one.
    Errors: what keeps a call from being sent: ParameterError, ConfigError, LimitError, NotSentError, ClosedError.
    Sent once: nothing is ever sent again. A call without an answer is resolved by asking for its order (give a
    clOrdId), by the rows of the `orders` channel, or by a late answer. An `exp_time` makes more of them certain: what
    OKX has not by then, it never will.
    """

    def __enter__(self) -> Self:
        try:
            for inst_type in self.options.inst_types:
                self.rest.instruments.load(inst_type)
            self._took_instruments()
            if self.guards is not None:
                self.guards.config = self.rest.account.config()
            why = self._core.wait_up(self.options.ready_within_s)
        except BaseException:
            self.close()
            raise
        if why is not None:
            self.close()
            raise ConnectError(f"no connection for orders within {self.options.ready_within_s:g} s: {why}")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, inst_type: str, **params: str) -> int:
        """Load the instruments of a type, as `Rest.instruments.load`, for their instIdCode. Returns how many."""
        count = self.rest.instruments.load(inst_type, **params)
        self._took_instruments()
        return count

    # ── the operations ─────────────────────────────────────────────────────────────────────────────────────────

    def place_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Place an order: instId, tdMode, side, ordType, sz, px, clOrdId, …

        route: another than the options say. timeout: seconds to wait for OKX's answer. exp_time: Unix ms after which
        OKX is to drop it. extra: parameters that are new to OKX.
        OKX: Order book trading › Trade › WS / Place order.
        """
        return self._one("order", params, route, timeout, exp_time, extra)

    def amend_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Amend an order: instId, ordId or clOrdId, newSz, newPx, reqId, …; a reqId makes a lost answer certain.

        OKX: Order book trading › Trade › WS / Amend order.
        """
        return self._one("amend-order", params, route, timeout, exp_time, extra)

    def cancel_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel an order: instId, ordId or clOrdId.

        OKX: Order book trading › Trade › WS / Cancel order.
        """
        return self._one("cancel-order", params, route, timeout, None, extra)

    def place_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Place up to 20 orders in one request; each ends in its own outcome.

        OKX: Order book trading › Trade › WS / Place multiple orders.
        """
        return self._call("batch-orders", items, route, timeout, exp_time, extra)

    def amend_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Amend up to 20 orders in one request.

        OKX: Order book trading › Trade › WS / Amend multiple orders.
        """
        return self._call("batch-amend-orders", items, route, timeout, exp_time, extra)

    def cancel_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Cancel up to 20 orders in one request.

        OKX: Order book trading › Trade › WS / Cancel multiple orders.
        """
        return self._call("batch-cancel-orders", items, route, timeout, None, extra)

    def mass_cancel(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel all market maker protected orders of an option family: instType, instFamily, lockInterval.

        OKX: Order book trading › Trade › WS / Mass cancel order.
        """
        return self._one("mass-cancel", params, route, timeout, None, extra)

    def place_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Place a spread order: sprdId, side, ordType, sz, px, clOrdId, …; by WebSocket with `options.spreads`.

        OKX: Spread trading › WebSocket › Place order.
        """
        return self._one("sprd-order", params, route, timeout, None, extra)

    def amend_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Amend a spread order: ordId or clOrdId, newSz, newPx, reqId.

        OKX: Spread trading › WebSocket › Amend order.
        """
        return self._one("sprd-amend-order", params, route, timeout, None, extra)

    def cancel_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel a spread order: ordId or clOrdId.

        OKX: Spread trading › WebSocket › Cancel order.
        """
        return self._one("sprd-cancel-order", params, route, timeout, None, extra)

    def cancel_all_spread_orders(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel all spread orders, or those of one sprdId.

        OKX: Spread trading › WebSocket › Cancel all orders.
        """
        return self._one("sprd-mass-cancel", params, route, timeout, None, extra)

    # ── algo orders ────────────────────────────────────────────────────────────────────────────────────────────

    def place_algo_order(
        self, *, timeout: float | None = None, extra: Mapping[str, Any] | None = None, **params: Any
    ) -> OrderResult:
        """Place an algo order, by REST: instId, tdMode, side, ordType (conditional, oco, trigger, …), algoClOrdId, …

        Give an algoClOrdId: a lost answer can be resolved by it. What becomes of the order: `algo_orders`, `on_algo`.
        A take-profit and a stop-loss attached to an order are `attachAlgoOrds` of `place_order`, by route "rest".
        OKX: Order book trading › Algo trading › Place algo order.
        """
        return (self._algo("order-algo", params, timeout, extra))[0]

    def amend_algo_order(
        self, *, timeout: float | None = None, extra: Mapping[str, Any] | None = None, **params: Any
    ) -> OrderResult:
        """Amend an algo order, by REST: instId, algoId or algoClOrdId, newSz, newSlTriggerPx, …

        OKX: Order book trading › Algo trading › Amend algo order.
        """
        return (self._algo("amend-algos", params, timeout, extra))[0]

    def cancel_algo_orders(
        self, items: Items, *, timeout: float | None = None, extra: Mapping[str, Any] | None = None
    ) -> list[OrderResult]:
        """Cancel up to 10 algo orders, by REST: instId and algoId or algoClOrdId each.

        OKX: Order book trading › Algo trading › Cancel algo order.
        """
        return self._algo("cancel-algos", items, timeout, extra)

    def _algo(self, op: str, params: Any, timeout: float | None, extra: Mapping[str, Any] | None) -> list[OrderResult]:
        within = self.options.timeout_s if timeout is None else timeout
        sent = _plain(params)
        self._check_open(op)
        called_ns, called_at_ms = monotonic_ns(), time_ns() // 1_000_000
        given: dict[str, Any] = {"timeout": within, "limit_mode": self.options.limit_mode, "extra": extra}
        items = _items(sent)
        try:
            name = ALGO[op]
            acks = (
                self.rest.call(name, sent, **given) if isinstance(sent, list) else self.rest.call(name, **sent, **given)
            )
        except ApiError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return [from_error(op, item, error, stamps, None) for item in items]
        except OutcomeUnknownError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return [self._algo_found_out(op, item, stamps, error.reason) for item in items]
        stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
        rows = acks if isinstance(acks, list) else [acks]
        return [
            self._algo_found_out(op, item, stamps, row.error.reason)
            if isinstance(row.error, OutcomeUnknownError)
            else from_ack(op, item, row, stamps, None)
            for item, row in zip(items, rows, strict=True)
        ]

    def _algo_found_out(self, op: str, item: dict[str, Any], stamps: Stamps, doubt: str) -> OrderResult:
        """Asks for the algo order until something is proved, or for as long as `resolve_within_s`."""
        named, queries = algo.ask_for(item), 0
        last = "" if named else "there is no algoClOrdId to ask for"
        until = monotonic() + self.options.resolve_within_s
        for pause in algo.PAUSES if named else ():
            queries += 1
            try:
                found = self.rest.call("trade.order_algo", **named)
            except OkxFastError as error:
                last = str(error)
            else:
                over = algo.judged(op, item, found, replace(stamps, settled_ns=monotonic_ns()), queries, doubt)
                if over is not None:
                    return over
                last = f"OKX has the algo order {found.algo_id} as {found.state}"
            if monotonic() + pause >= until:
                break
            sleep(pause)
        return algo.result(op, item, replace(stamps, settled_ns=monotonic_ns()), "UNKNOWN", None, last, queries, doubt)

    # ── how ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _one(
        self,
        op: str,
        params: dict[str, Any],
        route: Route | None,
        timeout: float | None,
        exp_time: int | None,
        extra: Mapping[str, Any] | None,
    ) -> OrderResult:
        return self._call(op, params, route, timeout, exp_time, extra)[0]

    def _call(
        self,
        op: str,
        params: Any,
        route: Route | None,
        timeout: float | None,
        exp_time: int | None,
        extra: Mapping[str, Any] | None,
    ) -> list[OrderResult]:
        within = self.options.timeout_s if timeout is None else timeout
        sent = params if type(params) is dict else _plain(params)
        way = self._route(route, sent)
        if way != "rest":
            try:
                return self._by_ws(op, sent, within, exp_time, extra)
            except LimitError:
                raise
            except NotSentError:
                if way == "ws":
                    raise
        self._check_open(op)
        return self._by_rest(op, sent, within, exp_time, extra)

    def _by_ws(
        self, op: str, sent: Any, within: float, exp_time: int | None, extra: Mapping[str, Any] | None
    ) -> list[OrderResult]:
        until = monotonic() + within
        while True:
            try:
                call = self.send(op, sent, timeout=within, exp_time=exp_time, extra=extra)
            except LimitError as error:
                if self.options.limit_mode == "fail" or monotonic() + error.retry_in_s >= until:
                    raise
                sleep(error.retry_in_s)
                continue
            return self._finish(call, sent, within)

    def _finish(self, call: Any, sent: Any, within: float, route: Any = "ws") -> list[OrderResult]:
        try:
            is_over = call.wait(within + self.options.resolve_within_s + SLACK_S)
        except BaseException as error:
            noted(error, call.op)
            raise
        if not is_over:
            raise RuntimeError(f"{call.op}: its outcome is unknown: the thread that watches its time hangs")
        results: list[OrderResult] = call.results(OrderResult, sent if isinstance(sent, list) else [sent], route)
        return results

    def _by_rest(
        self, op: str, sent: Any, within: float, exp_time: int | None, extra: Mapping[str, Any] | None
    ) -> list[OrderResult]:
        called_ns, wall_ns = monotonic_ns(), time_ns()
        given: dict[str, Any] = {"timeout": within, "limit_mode": self.options.limit_mode, "extra": extra}
        if exp_time is not None:
            given["exp_time"] = exp_time
        items = _items(sent)
        if self.guards is not None:
            self.guards.look(op, items)
        calls = self._begin(op, items, called_ns, wall_ns, exp_time)
        try:
            name = rest_name(op)
            acks = (
                self.rest.call(name, sent, **given) if isinstance(sent, list) else self.rest.call(name, **sent, **given)
            )
            stamps = Stamps(called_ns, wall_ns // 1_000_000, monotonic_ns())
            return self._settled(op, items, calls, acks, stamps, exp_time)
        except ApiError as error:
            stamps = Stamps(called_ns, wall_ns // 1_000_000, monotonic_ns())
            return [from_error(op, item, error, stamps, exp_time) for item in items]
        except OutcomeUnknownError as error:
            stamps = Stamps(called_ns, wall_ns // 1_000_000, monotonic_ns())
            return self._found_out(op, items, calls, stamps, exp_time, [error] * len(items))
        finally:
            self._core.take_back(calls)

    def _settled(
        self,
        op: str,
        items: list[dict[str, Any]],
        calls: list[OrderCall],
        acks: Any,
        stamps: Stamps,
        exp_time: int | None,
    ) -> list[OrderResult]:
        results, errors = self._acked(op, items, acks, stamps, exp_time)
        asked, begun = [items[at] for at in errors], [calls[at] for at in errors if calls]
        found = self._found_out(op, asked, begun, stamps, exp_time, list(errors.values()))
        for at, result in zip(errors, found, strict=True):
            results[at] = result
        return results

    def _found_out(
        self,
        op: str,
        items: list[dict[str, Any]],
        calls: list[OrderCall],
        stamps: Stamps,
        exp_time: int | None,
        errors: list[OutcomeUnknownError],
    ) -> list[OrderResult]:
        if not calls or not self._open(calls, errors, [None] * len(calls)):
            pairs = zip(items, errors, strict=True)
            return [from_doubt(op, item, error, stamps, exp_time) for item, error in pairs]
        return [self._finish(call, item, 0.0, "rest")[0] for call, item in zip(calls, items, strict=True)]

    # ── callbacks ──────────────────────────────────────────────────────────────────────────────────────────────

    def poll(self, timeout: float = 0.0) -> bool:
        """Run the callbacks that wait, on this thread; without any, wait for up to `timeout` seconds. Whether more
        wait.
        """
        if timeout > 0:
            self._core.wait_news(timeout)
        return self._core.drain(DRAIN, self._failed)
