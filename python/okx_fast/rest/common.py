"""What `Rest` and `AsyncRest` have in common: a Link, its namespaces, its figures, and how a call is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from okx_fast.errors import ConfigError, MalformedError
from okx_fast.rest import plan as plans
from okx_fast.rest.doubt import enrich
from okx_fast.rest.groups import GROUPS, meant
from okx_fast.rest.method import seconds_of, waits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from okx_fast._native import ClockReading
    from okx_fast.errors import OutcomeUnknownError
    from okx_fast.rest.drift import Finding
    from okx_fast.rest.groups import Namespace
    from okx_fast.rest.link import Anything, Link
    from okx_fast.rest.models import AccountRateLimit
    from okx_fast.rest.plan import Plan, Ready
    from okx_fast.site import Site

    LimitMode = Literal["wait", "fail"]
    Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]

__all__ = [
    "READ_AND_TRADE",
    "SAMPLES",
    "Client",
    "config_of",
    "how_many",
    "in_doubt",
    "method_of",
    "page_params",
    "plan_of",
    "take_cap",
    "waiting",
]

READ_AND_TRADE = frozenset({"read", "trade"})
# Round trips of sync_clock(): the shortest counts.
SAMPLES = 5
# More than OKX grants anybody in 2 s; a cap beyond it is a mistake.
MOST_ORDERS = 1_000_000


class Client:
    """What both have: a Link, its namespaces, its figures."""

    _link: Link
    _async = False

    def _attach(self, link: Link) -> None:
        self._link = link
        for name, pair in GROUPS.items():
            setattr(self, name, pair[self._async](link))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, '_link', 'not made yet')}>"

    @property
    def site(self) -> Site:
        """Where it connects."""
        return self._link.site

    @property
    def key_hint(self) -> str | None:
        """The first characters of the key; None without one."""
        return self._link.key_hint

    @property
    def permissions(self) -> frozenset[str]:
        """What this client may do, whatever its key could."""
        return self._link.permissions

    def when(self, name: str, /, items: Sequence[Mapping[str, Any]] | None = None, **params: Any) -> float:
        """Seconds until a call may be sent without waiting for its limit; 0.0: now. Nothing is reserved.

        name: such as `trade.place_order`. params: those which tell buckets apart, such as instId; for a batch, `items`.
        Raises ConfigError for an unknown name, ParameterError for an unknown parameter and for a missing one that
        tells buckets apart.
        """
        plan = plan_of(name)
        for each in [params] if items is None else items:
            plan.params.look(each, plan.telling)
        key, n, spec = plan.counted(list(items) if items is not None else params)
        return self._link.core.when(spec, key, n)

    def clock(self) -> ClockReading | None:
        """How far OKX's clock is ahead of ours, as last measured; None if it never was."""
        return self._link.core.clock()

    def drift(self) -> list[Finding]:
        """What OKX sent this client that our tables do not know: fields, values, codes. Names, never amounts or ids."""
        return self._link.drift.report()

    def stats(self) -> dict[str, Any]:
        """Counters since the start.

        connections_idle, _busy, _stale · dials, dials_failed · calls, requests, retries, failures · bytes_sent,
        bytes_received · limit_waits, limit_wait_ns, limit_refused (LimitError), limit_refused_by_okx ·
        clock: its reading, and what was noticed of it · limits: the buckets in use, `bucket` by the method's name ·
        to_sent_us, to_reply_us, total_us: from the call to the last byte out, from there to the first byte in, and
        all of it: p50, p99, p99.9 in microseconds, and count.
        """
        stats = self._link.core.stats()
        for limit in stats["limits"]:
            limit["bucket"] = plans.bucket_name(limit["bucket"])
        return stats

    def close(self) -> None:
        """End connections and what waits; further calls raise ClosedError. Twice is harmless.

        A `Rest` and its `aio` are closed together.
        """
        self._link.close()


def plan_of(name: str) -> Plan:
    """The plan of a method's name; raises ConfigError."""
    plan = plans.by_name(name)
    if plan is None:
        raise ConfigError(f"no method {name!r}{meant(name)}: okx-fast endpoints lists them")
    return plan


def page_params(name: str, params: dict[str, Any], begin: int | str | None, end: int | str | None) -> dict[str, Any]:
    """The parameters of a list, checked as its method does; begin and end stay the walk's."""
    plan = plan_of(name)
    needed = {key: value for key, value in (("begin", begin), ("end", end)) if key in plan.row.required}
    taken = plan.params.take({**params, **needed})
    return {key: value for key, value in taken.items() if key not in needed}


def method_of(client: Client, name: str) -> Any:
    """A client's method by its name."""
    row = plan_of(name).row
    namespace: Namespace = getattr(client, row.namespace)
    return getattr(namespace, row.method_name)


def waiting(link: Link, timeout: float | None, limit_mode: str | None) -> tuple[float, bool]:
    """Seconds of a call, and whether it waits for its limit."""
    seconds = link.timeout_s if timeout is None else seconds_of(timeout)
    return seconds, link.wait if limit_mode is None else waits(limit_mode)


def how_many(n: int) -> int:
    """Connections to open."""
    if type(n) is not int or n < 1:
        raise ConfigError(f"n: expected an int of at least 1, got {n!r}")
    return n


def in_doubt(
    error: OutcomeUnknownError, plan: Plan | Anything, ready: Ready, called_ns: int, exp_time: int | None
) -> OutcomeUnknownError:
    """The error with what is needed to find out."""
    return enrich(error, plan.name, ready.sent, called_at_ms=called_ns // 1_000_000, exp_time=exp_time)


def take_cap(link: Link, row: AccountRateLimit) -> None:
    """Keep to the cap that OKX states."""
    cap = row.acc_rate_limit
    if cap is None:
        return
    if not 1 <= cap <= MOST_ORDERS:
        raise MalformedError("", "AccountRateLimit.acc_rate_limit", "expected a number of orders in 2 s", str(cap)[:40])
    link.core.set_order_cap(int(cap))


def config_of(data: Any) -> dict[str, Any]:
    """The row of account/config."""
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise MalformedError("", "account.config", "expected one row", str(data)[:40])
    row: dict[str, Any] = data[0]
    return row
