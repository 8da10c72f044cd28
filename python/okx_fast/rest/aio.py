"""`AsyncRest`: OKX's REST API for asyncio, over the same core as `Rest`.

async with AsyncRest("global", credentials=Credentials.from_env()) as rest:
await rest.account.balance(ccy="BTC,USDT")
async for order in rest.pages("trade.orders_history", instType="SWAP"):
...
"""

from __future__ import annotations

import asyncio
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
from okx_fast.rest.instruments import AsyncInstruments
from okx_fast.rest.link import Link, RestOptions, reply_for
from okx_fast.rest.method import seconds_of
from okx_fast.rest.port import port_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from okx_fast._native import ClockReading
    from okx_fast.audit import KeyAudit
    from okx_fast.credentials import CredentialsSource
    from okx_fast.rest.common import LimitMode, Params
    from okx_fast.rest.models import AccountRateLimit
    from okx_fast.rest.namespaces import (
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
    )
    from okx_fast.rest.reply import Reply
    from okx_fast.site import Site, SiteName

__all__ = ["AsyncRest"]


class AsyncRest(Client):
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
        row = plan_of(name).row
        return (await self.request(row.method, row.path, params)).data

    async def call(self, name: str, /, *args: Any, **params: Any) -> Any:
        """A method by its name, as `Rest.call`."""
        return await method_of(self, name)(*args, **params)

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
    ) -> AsyncIterator[Any]:
        """All rows of a list that comes in pages, as `Rest.pages`: `async for order in rest.pages(…)`."""
        from okx_fast.rest.pages import apages  # noqa: PLC0415  # as in Rest.pages

        given = page_params(name, params, begin, end)
        return apages(self._rows, name, given, begin=begin, end=end, max_items=max_items, history=history)

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
        link = self._link
        plan, ready, exp = link.raw(method, path, params, signed=signed, exp_time=exp_time)
        seconds, wait = waiting(link, timeout, limit_mode)
        called_ns = time_ns()
        try:
            raw = await port_of(link).call(plan.write, ready, exp, seconds, wait, link.language)
            if raw.recv_ns > link.watch.due_ns:
                link.watch.look(raw.recv_ns)
            reply = reply_for(plan, raw, ready.sent, link.drift)
        except OutcomeUnknownError as error:
            raise in_doubt(error, plan, ready, called_ns, exp_time) from None
        except ApiError as error:
            link.refused(plan.name, ready, error.code, error.sub_code, item=error.s_code is not None)
            raise
        link.look(plan.name, ready, reply.data)
        return reply

    async def prewarm(self, n: int = 1, *, timeout: float | None = None) -> int:  # noqa: ASYNC109
        """Open `n` connections, as `Rest.prewarm`."""
        seconds = self._link.timeout_s if timeout is None else seconds_of(timeout)
        return await asyncio.to_thread(self._link.core.prewarm, how_many(n), seconds)

    async def sync_clock(self, *, timeout: float | None = None) -> ClockReading:  # noqa: ASYNC109
        """Measure OKX's clock, as `Rest.sync_clock`."""
        seconds = self._link.timeout_s if timeout is None else seconds_of(timeout)
        reading = await asyncio.to_thread(self._link.core.sync_clock, SAMPLES, seconds)
        self._link.watch.look()
        return reading

    async def sync_order_cap(self) -> AccountRateLimit:
        """Ask OKX for the cap of orders, as `Rest.sync_order_cap`."""
        row: AccountRateLimit = await self.call("trade.account_rate_limit")
        take_cap(self._link, row)
        return row

    async def audit_key(self) -> KeyAudit:
        """What the key may do, as `Rest.audit_key`."""
        config = config_of((await self.request("GET", "/api/v5/account/config")).data)
        from okx_fast.audit import KeyAudit  # noqa: PLC0415  # as in Rest.audit_key

        return KeyAudit.of(config, demo=self.site.demo, fence=self.permissions)
