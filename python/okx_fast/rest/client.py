"""`Rest`: OKX's REST API for plain threads.

    with Rest("global", credentials=Credentials.from_env()) as rest:
        rest.account.balance(ccy="BTC,USDT")
        rest.request("GET", "/api/v5/market/ticker", {"instId": "BTC-USDT"}).data
        rest.when("trade.place_order", instId="BTC-USDT")       # seconds until it may be sent

For asyncio see `aio`.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, Literal, Self

from okx_fast.errors import ApiError, OutcomeUnknownError
from okx_fast.rest.common import (
    READ_AND_TRADE,
    SAMPLES,
    Client,
    config_of,
    how_many,
    in_doubt,
    method_of,
    page_params,
    plan_of,
    take_cap,
    waiting,
)
from okx_fast.rest.doubt import noted
from okx_fast.rest.instruments import Instruments
from okx_fast.rest.link import Link, RestOptions, reply_for
from okx_fast.rest.method import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from okx_fast._native import ClockReading
    from okx_fast.audit import KeyAudit
    from okx_fast.credentials import CredentialsSource
    from okx_fast.rest.aio import AsyncRest
    from okx_fast.rest.common import LimitMode, Params
    from okx_fast.rest.models import AccountRateLimit
    from okx_fast.rest.namespaces import (
        Account,
        Affiliate,
        Asset,
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
    from okx_fast.rest.reply import Reply
    from okx_fast.site import Site, SiteName

__all__ = ["Rest"]


class Rest(Client):
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
            from okx_fast.rest.aio import AsyncRest  # noqa: PLC0415  # brings asyncio, which threads do without

            self._aio = AsyncRest._over(self._link)  # noqa: SLF001  # of this module
        return self._aio

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, name: str, params: Mapping[str, Any]) -> Any:
        row = plan_of(name).row
        return self.request(row.method, row.path, params).data

    def call(self, name: str, /, *args: Any, **params: Any) -> Any:
        """A method by its name: `call("trade.order", instId=…, ordId=…)`, as OutcomeUnknownError.find has it."""
        return method_of(self, name)(*args, **params)

    def pages(
        self,
        name: str,
        /,
        *,
        begin: int | str | None = None,
        end: int | str | None = None,
        max_items: int | None = None,
        history: bool = True,
        **params: Any,
    ) -> Iterator[Any]:
        """All rows of a list that comes in pages, newest first: `for order in rest.pages("trade.orders_history", …)`.

        begin, end: Unix ms, both inclusive. max_items: stop after so many. history: where the list is recent only, go
        on in the older one (orders_history_archive, fills_history, history_candles …). params: the endpoint's.
        Complete, none twice, or PagesError, which says where it broke and how to go on; ParameterError as the method.
        """
        from okx_fast.rest.pages import pages  # noqa: PLC0415  # who reads no lists does not pay for it

        given = page_params(name, params, begin, end)
        return pages(self._rows, name, given, begin=begin, end=end, max_items=max_items, history=history)

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
        seconds, wait = waiting(link, timeout, limit_mode)
        called_ns = time_ns()
        try:
            raw = link.core.call(ready.spec, ready.payload, ready.key, ready.n, exp, seconds, wait, link.language)
            if raw.recv_ns > link.watch.due_ns:
                link.watch.look(raw.recv_ns)
            reply = reply_for(plan, raw, ready.sent, link.drift)
        except OutcomeUnknownError as error:
            raise in_doubt(error, plan, ready, called_ns, exp_time) from None
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        except BaseException as error:
            if plan.write:
                noted(error, plan.endpoint)
            raise
        link.look(plan.name, ready, reply.data)
        return reply

    def prewarm(self, n: int = 1, *, timeout: float | None = None) -> int:
        """Open `n` connections, TLS included, and send nothing; returns how many are open and idle."""
        return self._link.core.prewarm(how_many(n), self._link.timeout_s if timeout is None else seconds_of(timeout))

    def sync_clock(self, *, timeout: float | None = None) -> ClockReading:
        """Measure OKX's clock by the shortest of some round trips of public/time; signatures use it from now on.

        Raises ConfigError if it is farther off than `max_clock_offset_s`.
        """
        reading = self._link.core.sync_clock(SAMPLES, self._link.timeout_s if timeout is None else seconds_of(timeout))
        self._link.watch.look()
        return reading

    def sync_order_cap(self) -> AccountRateLimit:
        """Ask OKX for the sub-account's cap of orders in 2 s, and keep to it. OKX changes it daily at 08:00 UTC."""
        row: AccountRateLimit = self.call("trade.account_rate_limit")
        take_cap(self._link, row)
        return row

    def audit_key(self) -> KeyAudit:
        """What the key may do, where from, until when, and what of it should be changed; one signed request."""
        config = config_of(self.request("GET", "/api/v5/account/config").data)
        from okx_fast.audit import KeyAudit  # noqa: PLC0415  # asked for once in a program's life

        return KeyAudit.of(config, demo=self.site.demo, fence=self.permissions)
