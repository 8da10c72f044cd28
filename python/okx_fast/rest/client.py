"""The clients of OKX's REST API: `Rest` for plain threads, `AsyncRest` for asyncio, over one core.

    with Rest("global", credentials=Credentials.from_env()) as rest:
        rest.account.balance(ccy="BTC,USDT")
        rest.request("GET", "/api/v5/market/ticker", {"instId": "BTC-USDT"}).data
        rest.when("trade.place_order", instId="BTC-USDT")       # seconds until it may be sent

    async with AsyncRest("global") as rest:
        await rest.market.ticker(instId="BTC-USDT")

What a call may rely on stands with `Rest`.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, Literal, Self

from okx_fast.audit import KeyAudit
from okx_fast.errors import ApiError, ConfigError, OutcomeUnknownError
from okx_fast.rest import plan as plans
from okx_fast.rest.doubt import enrich
from okx_fast.rest.groups import GROUPS
from okx_fast.rest.instruments import AsyncInstruments, Instruments
from okx_fast.rest.link import Link, RestOptions, reply_for
from okx_fast.rest.method import LIMIT_MODES
from okx_fast.rest.pages import apages, pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from okx_fast._native import ClockReading
    from okx_fast.credentials import CredentialsSource
    from okx_fast.rest.drift import Finding
    from okx_fast.rest.groups import Namespace
    from okx_fast.rest.link import Anything
    from okx_fast.rest.models import AccountRateLimit
    from okx_fast.rest.namespaces import (
        Account,
        Affiliate,
        Asset,
        AsyncAccount,
        AsyncAffiliate,
        AsyncAsset,
        AsyncBroker,
        AsyncCopytrading,
        AsyncFiat,
        AsyncFinance,
        AsyncMarket,
        AsyncPredictions,
        AsyncPublic,
        AsyncRfq,
        AsyncRubik,
        AsyncSprd,
        AsyncSupport,
        AsyncSystem,
        AsyncTrade,
        AsyncTradingBot,
        AsyncUsers,
        Broker,
        Copytrading,
        Fiat,
        Finance,
        Market,
        Predictions,
        Public,
        Rfq,
        Rubik,
        Sprd,
        Support,
        System,
        Trade,
        TradingBot,
        Users,
    )
    from okx_fast.rest.plan import Plan, Ready
    from okx_fast.rest.reply import Reply
    from okx_fast.site import Site, SiteName

    Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]
    LimitMode = Literal["wait", "fail"]

__all__ = ["AsyncRest", "Rest"]

READ_AND_TRADE = frozenset({"read", "trade"})
# Round trips of sync_clock(): the shortest counts.
SAMPLES = 5


class _Client:
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
        Raises ConfigError for an unknown name.
        """
        plan = _plan(name)
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


class Rest(_Client):
    """OKX's REST API for plain threads: `rest.<namespace>.<method>(…)`, one method for each endpoint.

    `instruments` holds those that `instruments.load("SWAP")` fetched, by instId: ticks, lots, contract values.

    site: "global", "eea", "us", "tr", their "-demo", "sim" (an exchange inside this process, on loopback) or a `Site`.
    credentials: `Credentials`, or a function that returns them; without, only what needs no key.
    permissions: what this client may do, of "read", "trade", "withdraw": a call beyond them raises FenceError before
    anything is sent. Withdrawals are not even there unless asked for.

    The contract of a call:
    Threads: any, many at a time; each call does its own I/O without the GIL, over at most `connections` connections.
    Parameters: by name, as OKX spells them (`from_` for `from`). None means not sent. Numbers: text, int or Decimal.
    Result: typed for what bots use most, else `data` as OKX sent it. A batch gives a result for each item, in order.
    Errors: ParameterError, FenceError (nothing sent) · ApiError by kind (OKX said no) · NotSentError, DeadlineError,
    LimitError (nothing changed) · OutcomeUnknownError (it may have been done: find out) · TransportError and
    GatewayError (a read failed). `error.retry` says whether the same call may be made again.
    Sent once: what may change something is put on the wire at most once. Reads are tried again within their time.
    """

    account: Account
    affiliate: Affiliate
    asset: Asset
    broker: Broker
    copytrading: Copytrading
    fiat: Fiat
    finance: Finance
    market: Market
    predictions: Predictions
    public: Public
    rfq: Rfq
    rubik: Rubik
    sprd: Sprd
    support: Support
    system: System
    trade: Trade
    trading_bot: TradingBot
    users: Users

    def __init__(
        self,
        site: Literal["sim"] | SiteName | Site,
        *,
        credentials: CredentialsSource | None = None,
        permissions: Iterable[str] = READ_AND_TRADE,
        options: RestOptions | None = None,
    ) -> None:
        try:
            link = Link(site, credentials, permissions, options)
        finally:
            del credentials  # a traceback must not show what is there in place of Credentials
        self._attach(link)
        self._aio: AsyncRest | None = None
        self.instruments = self._link.shelf = Instruments(self._rows)

    @property
    def aio(self) -> AsyncRest:
        """The same client for asyncio: same connections, limits, clock and key."""
        if self._aio is None:
            self._aio = AsyncRest._over(self._link)  # noqa: SLF001  # of this module
        return self._aio

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, name: str, params: Mapping[str, Any]) -> Any:
        row = _plan(name).row
        return self.request(row.method, row.path, params).data

    def call(self, name: str, /, *args: Any, **params: Any) -> Any:
        """A method by its name: `call("trade.order", instId=…, ordId=…)`, as OutcomeUnknownError.find has it."""
        return _method(self, name)(*args, **params)

    def request(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        signed: bool | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> Reply:
        """Any endpoint, also one the table does not know: signed, limited and fenced as its row says.

        path: `/api/v5/…`, without a query. params: a mapping; for some POSTs a list of them. Names are not checked.
        signed: None: as the table says; for an unknown path, if there is a key. An unknown POST needs "trade".
        Raises as the methods do.
        """
        link = self._link
        plan, ready, exp = link.raw(method, path, params, signed=signed, exp_time=exp_time)
        seconds, wait = _waiting(link, timeout, limit_mode)
        called_ns = time_ns()
        try:
            raw = link.core.call(ready.spec, ready.payload, ready.key, ready.n, exp, seconds, wait, link.language)
            reply = reply_for(plan, raw, ready.sent, link.drift)
        except OutcomeUnknownError as error:
            raise _in_doubt(error, plan, ready, called_ns, exp_time) from None
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        link.look(plan.name, ready, reply.data)
        return reply

    def pages(
        self,
        name: str,
        /,
        *,
        begin: int | None = None,
        end: int | None = None,
        max_items: int | None = None,
        history: bool = True,
        **params: Any,
    ) -> Iterator[Any]:
        """Every row of a list that comes in pages, newest first: complete, or an error; none twice.

        name: such as `trade.orders_history`; params: its own. begin, end: Unix ms, both inclusive.
        max_items: stop after so many. history: go on in the older list, such as `trade.orders_history_archive`.
        Raises PagesError if it breaks after the first request; the first raises what a call raises.
        ParameterError at once for a parameter the list does not have, or times where it cannot be bounded by them.
        """
        given = _page_params(name, params, begin, end)
        return pages(self._rows, name, given, begin=begin, end=end, max_items=max_items, history=history)

    def prewarm(self, n: int = 1, *, timeout: float | None = None) -> int:
        """Open `n` connections, TLS included, and send nothing; returns how many are open and idle."""
        return self._link.core.prewarm(n, self._link.timeout_s if timeout is None else timeout)

    def sync_clock(self, *, timeout: float | None = None) -> ClockReading:
        """Measure OKX's clock by the shortest of some round trips of public/time; signatures use it from now on.

        Raises ConfigError if it is farther off than `max_clock_offset_s`.
        """
        return self._link.core.sync_clock(SAMPLES, self._link.timeout_s if timeout is None else timeout)

    def sync_order_cap(self) -> AccountRateLimit:
        """Ask OKX for the sub-account's cap of orders in 2 s, and keep to it. OKX changes it daily at 08:00 UTC."""
        row: AccountRateLimit = self.call("trade.account_rate_limit")
        _take_cap(self._link, row)
        return row

    def audit_key(self) -> KeyAudit:
        """What the key may do, where from, until when, and what of it should be changed; one signed request."""
        config = self.request("GET", "/api/v5/account/config").data[0]
        return KeyAudit.of(config, demo=self.site.demo, fence=self.permissions)


class AsyncRest(_Client):
    """OKX's REST API for asyncio (uvloop too): as `Rest`, with every call awaited.

    Calls run on workers of Rust, at most `connections` at a time; one client serves any number of event loops.
    A cancelled call is taken back if it has not left; if it may have, and may change something, its CancelledError has
    a note that says so, and the log has it too.
    """

    _async = True
    instruments: AsyncInstruments

    account: AsyncAccount
    affiliate: AsyncAffiliate
    asset: AsyncAsset
    broker: AsyncBroker
    copytrading: AsyncCopytrading
    fiat: AsyncFiat
    finance: AsyncFinance
    market: AsyncMarket
    predictions: AsyncPredictions
    public: AsyncPublic
    rfq: AsyncRfq
    rubik: AsyncRubik
    sprd: AsyncSprd
    support: AsyncSupport
    system: AsyncSystem
    trade: AsyncTrade
    trading_bot: AsyncTradingBot
    users: AsyncUsers

    def __init__(
        self,
        site: Literal["sim"] | SiteName | Site,
        *,
        credentials: CredentialsSource | None = None,
        permissions: Iterable[str] = READ_AND_TRADE,
        options: RestOptions | None = None,
    ) -> None:
        try:
            link = Link(site, credentials, permissions, options)
        finally:
            del credentials  # a traceback must not show what is there in place of Credentials
        self._attach(link)

    def _attach(self, link: Link) -> None:
        super()._attach(link)
        self.instruments = AsyncInstruments(self._rows, link.shelf)

    @classmethod
    def _over(cls, link: Link) -> Self:
        made = cls.__new__(cls)
        made._attach(link)  # noqa: SLF001  # its own class
        return made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def _rows(self, name: str, params: Mapping[str, Any]) -> Any:
        row = _plan(name).row
        return (await self.request(row.method, row.path, params)).data

    async def call(self, name: str, /, *args: Any, **params: Any) -> Any:
        """A method by its name, as `Rest.call`."""
        return await _method(self, name)(*args, **params)

    async def request(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        signed: bool | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as in `method`
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> Reply:
        """Any endpoint, as `Rest.request`."""
        from okx_fast.rest.port import port_of

        link = self._link
        plan, ready, exp = link.raw(method, path, params, signed=signed, exp_time=exp_time)
        seconds, wait = _waiting(link, timeout, limit_mode)
        called_ns = time_ns()
        try:
            raw = await port_of(link).call(plan.write, ready, exp, seconds, wait, link.language)
            reply = reply_for(plan, raw, ready.sent, link.drift)
        except OutcomeUnknownError as error:
            raise _in_doubt(error, plan, ready, called_ns, exp_time) from None
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        link.look(plan.name, ready, reply.data)
        return reply

    def pages(
        self,
        name: str,
        /,
        *,
        begin: int | None = None,
        end: int | None = None,
        max_items: int | None = None,
        history: bool = True,
        **params: Any,
    ) -> AsyncIterator[Any]:
        """Every row of a list that comes in pages, as `Rest.pages`: `async for row in rest.pages(…)`."""
        given = _page_params(name, params, begin, end)
        return apages(self._rows, name, given, begin=begin, end=end, max_items=max_items, history=history)

    async def prewarm(self, n: int = 1, *, timeout: float | None = None) -> int:  # noqa: ASYNC109
        """Open `n` connections, as `Rest.prewarm`."""
        import asyncio

        seconds = self._link.timeout_s if timeout is None else timeout
        return await asyncio.to_thread(self._link.core.prewarm, n, seconds)

    async def sync_clock(self, *, timeout: float | None = None) -> ClockReading:  # noqa: ASYNC109
        """Measure OKX's clock, as `Rest.sync_clock`."""
        import asyncio

        seconds = self._link.timeout_s if timeout is None else timeout
        return await asyncio.to_thread(self._link.core.sync_clock, SAMPLES, seconds)

    async def sync_order_cap(self) -> AccountRateLimit:
        """Ask OKX for the cap of orders, as `Rest.sync_order_cap`."""
        row: AccountRateLimit = await self.call("trade.account_rate_limit")
        _take_cap(self._link, row)
        return row

    async def audit_key(self) -> KeyAudit:
        """What the key may do, as `Rest.audit_key`."""
        config = (await self.request("GET", "/api/v5/account/config")).data[0]
        return KeyAudit.of(config, demo=self.site.demo, fence=self.permissions)


def _plan(name: str) -> Plan:
    plan = plans.by_name(name)
    if plan is None:
        raise ConfigError(f"no method {name!r}: okx-fast endpoints lists them")
    return plan


def _page_params(name: str, params: dict[str, Any], begin: int | None, end: int | None) -> dict[str, Any]:
    """The parameters of a list, checked as its method does; begin and end stay the walk's."""
    plan = _plan(name)
    needed = {key: value for key, value in (("begin", begin), ("end", end)) if key in plan.row.required}
    taken = plan.params.take({**params, **needed})
    return {key: value for key, value in taken.items() if key not in needed}


def _method(client: Rest | AsyncRest, name: str) -> Any:
    row = _plan(name).row
    namespace: Namespace = getattr(client, row.namespace)
    return getattr(namespace, row.method_name)


def _waiting(link: Link, timeout: float | None, limit_mode: str | None) -> tuple[float, bool]:
    if limit_mode is not None and limit_mode not in LIMIT_MODES:
        raise ConfigError(f"limit_mode: expected 'wait' or 'fail', got {limit_mode!r}")
    return link.timeout_s if timeout is None else timeout, LIMIT_MODES.get(limit_mode or "", link.wait)


def _in_doubt(
    error: OutcomeUnknownError, plan: Plan | Anything, ready: Ready, called_ns: int, exp_time: int | None
) -> OutcomeUnknownError:
    return enrich(error, plan.name, ready.sent, called_at_ms=called_ns // 1_000_000, exp_time=exp_time)


def _take_cap(link: Link, row: AccountRateLimit) -> None:
    if row.acc_rate_limit:
        link.core.set_order_cap(int(row.acc_rate_limit))
