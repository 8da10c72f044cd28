"""`AsyncTrader`: orders for asyncio, over the same core as `Trader`."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from time import monotonic, monotonic_ns, time_ns
from typing import TYPE_CHECKING, Any, Self

from okx_fast.errors import ApiError, ConnectError, LimitError, NotSentError, OkxFastError, OutcomeUnknownError
from okx_fast.orders import algo
from okx_fast.orders.awaited import Awaited
from okx_fast.orders.base import DRAIN, Base, _items, _plain, rest_name
from okx_fast.orders.ops import ALGO
from okx_fast.orders.result import OrderResult, Stamps, from_ack, from_doubt, from_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from okx_fast._native import OrderCall
    from okx_fast.orders.base import Route
    from okx_fast.orders.trader import Items

__all__ = ["AsyncTrader"]


class AsyncTrader(Base):
    """One account's orders, for asyncio (uvloop too): as `Trader`, with every call awaited.

    A call is sent before the first `await` gives way, and answers are read by the loop. While that stands still, a
    connection that ends is noticed and replaced all the same, and answers are read when their time is up. Cancelling
    the task does not take it back: its outcome is then nobody's, and by WebSocket `stats()["waiting"]` counts it until
    it is over. Callbacks run on the loop's thread.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _fd = -1
    _pid = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            for inst_type in self.options.inst_types:
                await self.rest.aio.instruments.load(inst_type)
            self._took_instruments()
            if self.guards is not None:
                self.guards.config = await self.rest.aio.account.config()
            why = await asyncio.to_thread(self._core.wait_up, self.options.ready_within_s)
        except BaseException:
            self.close()
            raise
        if why is not None:
            self.close()
            raise ConnectError(f"no connection for orders within {self.options.ready_within_s:g} s: {why}")
        self._loop, self._fd, self._pid = loop, self._core.fileno(), os.getpid()
        loop.add_reader(self._fd, self._core.drain, DRAIN, self._failed)
        self._core.attend(True)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """As `Trader.close`."""
        fd, self._fd = self._fd, -1
        # The selector of a child of fork() is its parent's.
        is_ours = fd >= 0 and self._pid == os.getpid()
        if self._loop is not None and is_ours and not self._loop.is_closed():
            self._loop.remove_reader(fd)
            self._core.attend(False)
        super().close()
        # Those who wait for a call are told that it is over. A child of fork() leaves that to its parent.
        more = is_ours
        while more:
            more = self._core.drain(DRAIN, self._failed)

    async def load(self, inst_type: str, **params: str) -> int:
        """Load the instruments of a type, as `Trader.load`."""
        count = await self.rest.aio.instruments.load(inst_type, **params)
        self._took_instruments()
        return count

    # ── the operations ─────────────────────────────────────────────────────────────────────────────────────────

    async def place_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # OKX's answer; an outer one could not end the call in order
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Place an order, as `Trader.place_order`."""
        return (await self._call("order", params, route, timeout, exp_time, extra))[0]

    async def amend_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Amend an order, as `Trader.amend_order`."""
        return (await self._call("amend-order", params, route, timeout, exp_time, extra))[0]

    async def cancel_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel an order, as `Trader.cancel_order`."""
        return (await self._call("cancel-order", params, route, timeout, None, extra))[0]

    async def place_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Place up to 20 orders, as `Trader.place_batch_orders`."""
        return await self._call("batch-orders", items, route, timeout, exp_time, extra)

    async def amend_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        exp_time: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Amend up to 20 orders, as `Trader.amend_batch_orders`."""
        return await self._call("batch-amend-orders", items, route, timeout, exp_time, extra)

    async def cancel_batch_orders(
        self,
        items: Items,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Cancel up to 20 orders, as `Trader.cancel_batch_orders`."""
        return await self._call("batch-cancel-orders", items, route, timeout, None, extra)

    async def mass_cancel(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel all market maker protected orders of an option family, as `Trader.mass_cancel`."""
        return (await self._call("mass-cancel", params, route, timeout, None, extra))[0]

    async def place_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Place a spread order, as `Trader.place_spread_order`."""
        return (await self._call("sprd-order", params, route, timeout, None, extra))[0]

    async def amend_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Amend a spread order, as `Trader.amend_spread_order`."""
        return (await self._call("sprd-amend-order", params, route, timeout, None, extra))[0]

    async def cancel_spread_order(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel a spread order, as `Trader.cancel_spread_order`."""
        return (await self._call("sprd-cancel-order", params, route, timeout, None, extra))[0]

    async def cancel_all_spread_orders(
        self,
        *,
        route: Route | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Cancel all spread orders, as `Trader.cancel_all_spread_orders`."""
        return (await self._call("sprd-mass-cancel", params, route, timeout, None, extra))[0]

    # ── algo orders ────────────────────────────────────────────────────────────────────────────────────────────

    async def place_algo_order(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Place an algo order, by REST: instId, tdMode, side, ordType (conditional, oco, trigger, …), algoClOrdId, …

        Give an algoClOrdId: a lost answer can be resolved by it. What becomes of the order: `algo_orders`, `on_algo`.
        A take-profit and a stop-loss attached to an order are `attachAlgoOrds` of `place_order`, by route "rest".
        OKX: Order book trading › Algo trading › Place algo order.
        """
        return (await self._algo("order-algo", params, timeout, extra))[0]

    async def amend_algo_order(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> OrderResult:
        """Amend an algo order, by REST: instId, algoId or algoClOrdId, newSz, newSlTriggerPx, …

        OKX: Order book trading › Algo trading › Amend algo order.
        """
        return (await self._algo("amend-algos", params, timeout, extra))[0]

    async def cancel_algo_orders(
        self,
        items: Items,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None = None,
    ) -> list[OrderResult]:
        """Cancel up to 10 algo orders, by REST: instId and algoId or algoClOrdId each.

        OKX: Order book trading › Algo trading › Cancel algo order.
        """
        return await self._algo("cancel-algos", items, timeout, extra)

    async def _algo(
        self,
        op: str,
        params: Any,
        timeout: float | None,  # noqa: ASYNC109  # as above
        extra: Mapping[str, Any] | None,
    ) -> list[OrderResult]:
        within = self.options.timeout_s if timeout is None else timeout
        sent = _plain(params)
        self._check_open(op)
        called_ns, called_at_ms = monotonic_ns(), time_ns() // 1_000_000
        given: dict[str, Any] = {"timeout": within, "limit_mode": self.options.limit_mode, "extra": extra}
        items = _items(sent)
        try:
            name = ALGO[op]
            acks = await (
                self.rest.aio.call(name, sent, **given)
                if isinstance(sent, list)
                else self.rest.aio.call(name, **sent, **given)
            )
        except ApiError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return [from_error(op, item, error, stamps, None) for item in items]
        except OutcomeUnknownError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return [await self._algo_found_out(op, item, stamps, error.reason) for item in items]
        stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
        rows = acks if isinstance(acks, list) else [acks]
        return [
            await self._algo_found_out(op, item, stamps, row.error.reason)
            if isinstance(row.error, OutcomeUnknownError)
            else from_ack(op, item, row, stamps, None)
            for item, row in zip(items, rows, strict=True)
        ]

    async def _algo_found_out(self, op: str, item: dict[str, Any], stamps: Stamps, doubt: str) -> OrderResult:
        """Asks for the algo order until something is proved, or for as long as `resolve_within_s`."""
        named, queries = algo.ask_for(item), 0
        last = "" if named else "there is no algoClOrdId to ask for"
        until = monotonic() + self.options.resolve_within_s
        for pause in algo.PAUSES if named else ():
            queries += 1
            try:
                found = await self.rest.aio.call("trade.order_algo", **named)
            except OkxFastError as error:
                last = str(error)
            else:
                over = algo.judged(op, item, found, replace(stamps, settled_ns=monotonic_ns()), queries, doubt)
                if over is not None:
                    return over
                last = f"OKX has the algo order {found.algo_id} as {found.state}"
            if monotonic() + pause >= until:
                break
            await asyncio.sleep(pause)
        return algo.result(op, item, replace(stamps, settled_ns=monotonic_ns()), "UNKNOWN", None, last, queries, doubt)

    # ── how ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(
        self,
        op: str,
        params: Any,
        route: Route | None,
        timeout: float | None,  # noqa: ASYNC109  # as above
        exp_time: int | None,
        extra: Mapping[str, Any] | None,
    ) -> list[OrderResult]:
        within = self.options.timeout_s if timeout is None else timeout
        sent = params if type(params) is dict else _plain(params)
        way = self._route(route, sent)
        until = monotonic() + within
        while way != "rest":
            over = self._awaited()
            try:
                call = self.send(op, sent, over.put, timeout=within, exp_time=exp_time, extra=extra)
            except LimitError as error:
                if self.options.limit_mode == "fail" or monotonic() + error.retry_in_s >= until:
                    raise
                await asyncio.sleep(error.retry_in_s)
            except NotSentError:
                if way == "ws":
                    raise
                break
            else:
                await over
                return call.results(OrderResult, sent if isinstance(sent, list) else [sent], "ws")
        self._check_open(op)
        return await self._by_rest(op, sent, within, exp_time, extra)

    def _awaited(self) -> Awaited:
        if self._loop is None:
            raise ConnectError("an AsyncTrader is opened with `async with`")
        return Awaited(self._loop)

    async def _found_out(
        self,
        op: str,
        items: list[dict[str, Any]],
        calls: list[OrderCall],
        stamps: Stamps,
        exp_time: int | None,
        errors: list[OutcomeUnknownError],
    ) -> list[OrderResult]:
        ends = [self._awaited() for _ in calls]
        if not calls or not self._open(calls, errors, [over.put for over in ends]):
            pairs = zip(items, errors, strict=True)
            return [from_doubt(op, item, error, stamps, exp_time) for item, error in pairs]
        for call, over in zip(calls, ends, strict=True):
            # Of a trader that was closed meanwhile nobody calls back any more.
            if not call.done:
                await over
        return [call.results(OrderResult, [item], "rest")[0] for call, item in zip(calls, items, strict=True)]

    async def _by_rest(
        self, op: str, sent: Any, within: float, exp_time: int | None, extra: Mapping[str, Any] | None
    ) -> list[OrderResult]:
        called_ns, called_at_ms = monotonic_ns(), time_ns() // 1_000_000
        given: dict[str, Any] = {"timeout": within, "limit_mode": self.options.limit_mode, "extra": extra}
        if exp_time is not None:
            given["exp_time"] = exp_time
        items, aio = _items(sent), self.rest.aio
        if self.guards is not None:
            self.guards.look(op, items)
        calls = self._begin(op, items, called_ns, called_at_ms * 1_000_000, exp_time)
        try:
            name = rest_name(op)
            acks = await (aio.call(name, sent, **given) if isinstance(sent, list) else aio.call(name, **sent, **given))
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return await self._settled(op, items, calls, acks, stamps, exp_time)
        except ApiError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return [from_error(op, item, error, stamps, exp_time) for item in items]
        except OutcomeUnknownError as error:
            stamps = Stamps(called_ns, called_at_ms, monotonic_ns())
            return await self._found_out(op, items, calls, stamps, exp_time, [error] * len(items))
        finally:
            self._core.take_back(calls)

    async def _settled(
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
        found = await self._found_out(op, asked, begun, stamps, exp_time, list(errors.values()))
        for at, result in zip(errors, found, strict=True):
            results[at] = result
        return results
