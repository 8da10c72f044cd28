"""A method: one endpoint, bound to a client.

    rest.trade.place_order(instId=…)  ─▶ fence, key ─▶ prepare ─▶ RestCore.call            ─▶ finish ─▶ OrderAck
    await aio.trade.place_order(…)    ─▶      "     ─▶    "    ─▶ Port.call ─▶ eventfd   ─▶   "    ─▶    "

Methods are made when first asked for, as plain functions with a name, a docstring and a signature.
"""

from __future__ import annotations

import inspect
from time import time_ns
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ApiError, ConfigError, OutcomeUnknownError, ParameterError
from okx_fast.rest.describe import docstring
from okx_fast.rest.doubt import noted
from okx_fast.rest.table import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from okx_fast.rest.link import Link
    from okx_fast.rest.plan import Plan, Ready
    from okx_fast.rest.table import Row

__all__ = ["LIMIT_MODES", "MOST_SECONDS", "asynchronous", "seconds_of", "synchronous", "waits"]

LIMIT_MODES = {"wait": True, "fail": False}
# A day.
MOST_SECONDS = 86_400
_OPTIONS = ("extra", "timeout", "limit_mode")


def synchronous(link: Link, plan: Plan) -> Callable[..., Any]:
    """The method for plain threads: all of it happens on the caller's."""
    prepare, finish, call = _prepare(link, plan), plan.finish, link.core.call
    default_timeout, default_wait, language = link.timeout_s, link.wait, link.language
    drift, watch = link.drift, link.watch

    def run(
        given: Any,
        extra: Mapping[str, Any] | None,
        timeout: float | None,
        limit_mode: str | None,
        exp_time: int | None,
    ) -> Any:
        ready = prepare(given, extra)
        called_ns = time_ns()
        try:
            raw = call(
                ready[0],
                ready[1],
                ready[2],
                ready[3],
                None if exp_time is None else plan.expiry(exp_time),
                default_timeout if timeout is None else seconds_of(timeout),
                default_wait if limit_mode is None else waits(limit_mode),
                language,
            )
            if raw.recv_ns > watch.due_ns:
                watch.look(raw.recv_ns)
            result = finish(raw, ready[4], drift)
        except OutcomeUnknownError as error:
            plan.in_doubt(error, ready, called_ns // 1_000_000, exp_time)
            raise
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        except BaseException as error:
            if plan.write:
                noted(error, plan.endpoint)
            raise
        if plan.batch:
            link.look(plan.name, ready, result)
        return result

    return _dressed(plan, run)


def asynchronous(link: Link, plan: Plan) -> Callable[..., Any]:
    """The method for asyncio: a worker of Rust does the call, this coroutine waits."""
    from okx_fast.rest.port import port_of  # noqa: PLC0415  # brings asyncio, which plain threads do without

    prepare, finish = _prepare(link, plan), plan.finish
    default_timeout, default_wait, language = link.timeout_s, link.wait, link.language
    drift, watch = link.drift, link.watch

    async def run(
        given: Any,
        extra: Mapping[str, Any] | None,
        timeout: float | None,  # noqa: ASYNC109  # it bounds the call in Rust, which an outer one could not end in order
        limit_mode: str | None,
        exp_time: int | None,
    ) -> Any:
        ready = prepare(given, extra)
        called_ns = time_ns()
        try:
            raw = await port_of(link).call(
                plan.write,
                ready,
                None if exp_time is None else plan.expiry(exp_time),
                default_timeout if timeout is None else seconds_of(timeout),
                default_wait if limit_mode is None else waits(limit_mode),
                language,
            )
            if raw.recv_ns > watch.due_ns:
                watch.look(raw.recv_ns)
            result = finish(raw, ready[4], drift)
        except OutcomeUnknownError as error:
            plan.in_doubt(error, ready, called_ns // 1_000_000, exp_time)
            raise
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        if plan.batch:
            link.look(plan.name, ready, result)
        return result

    return _dressed(plan, run)


def seconds_of(timeout: float, name: str = "timeout") -> float:
    """The time of a call, or another one."""
    given: object = timeout
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given <= MOST_SECONDS:
        raise ConfigError(f"{name}: expected seconds above 0, at most {MOST_SECONDS}, got {timeout!r}")
    return timeout


def waits(limit_mode: str) -> bool:
    """Whether a call waits for its limit."""
    if limit_mode not in tuple(LIMIT_MODES):
        raise ConfigError(f"limit_mode: expected 'wait' or 'fail', got {limit_mode!r}")
    return LIMIT_MODES[limit_mode]


def _prepare(link: Link, plan: Plan) -> Callable[[Any, Mapping[str, Any] | None], Ready]:
    """The plan's `prepare`, behind the fence."""
    refusal = link.refusal(plan.endpoint, plan.row.permission, signed=plan.row.auth)
    if refusal is not None:

        def refuse(_given: Any, _extra: Any) -> Ready:
            raise refusal()

        return refuse
    check = link.order_check(plan)
    if check is None:
        return plan.prepare
    prepare = plan.prepare

    def checked(given: Any, extra: Mapping[str, Any] | None) -> Ready:
        ready = prepare(given, extra)
        check(ready.sent)
        return ready

    return checked


def _dressed(plan: Plan, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run` with the face that a reader of OKX's documentation expects."""
    row = plan.row
    method: Callable[..., Any]
    if plan.many:

        def method(
            items: Any,
            *,
            extra: Mapping[str, Any] | None = None,
            timeout: float | None = None,
            limit_mode: str | None = None,
            exp_time: int | None = None,
        ) -> Any:
            return run(items, extra, timeout, limit_mode, exp_time)

    else:

        def method(
            *args: Any,
            extra: Mapping[str, Any] | None = None,
            timeout: float | None = None,
            limit_mode: str | None = None,
            exp_time: int | None = None,
            **given: Any,
        ) -> Any:
            if args:
                given_as = f"got {len(args)} without a name"  # and not what: it may be a secret
                raise ParameterError(plan.endpoint, "*", f"parameters are given by name, as instId=..., {given_as}")
            return run(given, extra, timeout, limit_mode, exp_time)

    method.__name__ = row.method_name
    kind = "Async" if run.__code__.co_flags & inspect.CO_COROUTINE else ""
    method.__qualname__ = f"{kind}{row.namespace}.{row.method_name}"
    method.__module__ = __name__
    run.__name__, run.__qualname__ = method.__name__, method.__qualname__  # of a coroutine that nobody awaits
    method.__doc__ = docstring(row)
    method.__signature__ = _signature(row)  # type: ignore[attr-defined]  # inspect looks for it
    return method


def _signature(row: Row) -> inspect.Signature:
    keyword, empty = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    if row.body == "json-array":
        found = [inspect.Parameter("items", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    else:
        found = [inspect.Parameter(argument(name), keyword, default=empty) for name in row.required]
        found += [inspect.Parameter(argument(name), keyword, default=None) for name in row.optional]
    options = (*_OPTIONS, "exp_time") if row.exp_time else _OPTIONS
    return inspect.Signature([*found, *(inspect.Parameter(name, keyword, default=None) for name in options)])
