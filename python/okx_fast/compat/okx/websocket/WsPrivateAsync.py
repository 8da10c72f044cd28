"""python-okx's `WsPrivateAsync`: the channels of an account as JSON texts, into a callback."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from okx_fast.compat.okx.websocket.common import Socket, key_of
from okx_fast.errors import ConfigError
from okx_fast.orders import AsyncTrader, TraderOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from okx_fast._native import OrderCall
    from okx_fast.site import Site

    Callback = Callable[[str], object]
    Args = Sequence[dict[str, Any]]

__all__ = ["WsPrivateAsync"]

BATCHES = ("batch-orders", "batch-amend-orders", "batch-cancel-orders")
OPERATIONS = ("order", "amend-order", "cancel-order", "mass-cancel", *BATCHES)
# OKX's word for a request that timed out: it may have been done.
TIMEOUT = "50004"


class WsPrivateAsync(Socket):
    """Channels of the account whose key it has; the login happens by itself.

    url: `wss://ws.okx.com:8443/ws/v5/private` or another of OKX's, or a `Site`. The socket follows from the channel.
    useServerTime, debug: are ignored.
    Orders go over a connection of their own, opened with the first, and end as those of `okx_fast.AsyncTrader`: the
    callback gets OKX's answer, or one with code 50004 where the outcome stays unknown. Nothing is ever sent twice.
    """

    def __init__(
        self,
        apiKey: str,
        passphrase: str,
        secretKey: str,
        url: str | Site,
        useServerTime: bool | None = None,
        debug: bool = False,  # noqa: ARG002  # python-okx has it
    ) -> None:
        try:
            self._credentials = key_of(apiKey, secretKey, passphrase)
        finally:
            del apiKey, secretKey, passphrase  # a traceback must not show them
        if useServerTime is not None:
            warnings.warn("useServerTime is ignored: leave it out", DeprecationWarning, stacklevel=2)
        super().__init__(url)
        self._trader: AsyncTrader | None = None
        self._is_loaded = False

    async def place_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Place an order: `args` is a list of one. OKX's answer comes to the callback, with `id`."""
        await self.send("order", args, callback, id)

    async def batch_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Place up to 20 orders. OKX's answer comes to the callback, with `id`."""
        await self.send("batch-orders", args, callback, id)

    async def cancel_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Cancel an order: `args` is a list of one. OKX's answer comes to the callback, with `id`."""
        await self.send("cancel-order", args, callback, id)

    async def batch_cancel_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Cancel up to 20 orders. OKX's answer comes to the callback, with `id`."""
        await self.send("batch-cancel-orders", args, callback, id)

    async def amend_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Amend an order: `args` is a list of one. OKX's answer comes to the callback, with `id`."""
        await self.send("amend-order", args, callback, id)

    async def batch_amend_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Amend up to 20 orders. OKX's answer comes to the callback, with `id`."""
        await self.send("batch-amend-orders", args, callback, id)

    async def mass_cancel(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Cancel all market maker protected orders of a family: `args` is a list of one. OKX's answer comes to the
        callback, with `id`.
        """
        await self.send("mass-cancel", args, callback, id)

    async def send(
        self, op: str, args: Sequence[Mapping[str, Any]], callback: Callback | None = None, id: str | None = None
    ) -> None:
        """Any operation. Raises what keeps an order from being sent: nothing has left then."""
        if op not in OPERATIONS:
            await super().send(op, args, callback, id)
            return
        if callback is not None:
            self.callback = callback
        trader = await self._orders(args)
        items = [dict(item) for item in args]
        if op not in BATCHES and len(items) != 1:
            raise ConfigError(f"{op}: expected a list of one, got {len(items)}")
        params: Any = items if op in BATCHES else items[0]
        trader.send(op, params, lambda call: self._say(answer_text(id or "", call)))

    async def _orders(self, args: Sequence[Mapping[str, Any]]) -> AsyncTrader:
        """The connection for orders, opened with the first of them; instruments, if one is named by its instId."""
        self._running()
        if self._trader is None:
            options = TraderOptions(account=False, inst_types=())
            trader = AsyncTrader(self._site, credentials=self._credentials, options=options)
            self._trader = await trader.__aenter__()
        if any("instId" in item and "instIdCode" not in item for item in args) and not self._is_loaded:
            for inst_type in ("SPOT", "SWAP", "FUTURES"):
                await self._trader.load(inst_type)
            self._is_loaded = True
        return self._trader

    def _close(self) -> None:
        trader, self._trader = self._trader, None
        self._is_loaded = False
        if trader is not None:
            trader.close()
        super()._close()


def answer_text(id: str, call: OrderCall) -> str:
    """OKX's answer as python-okx hands it on. An outcome that stays unknown has OKX's code for that, 50004."""
    report = call.report()
    assert report is not None  # noqa: S101  # it is over
    code, msg, *_, in_us, out_us, _, items = report
    data, unknown = [], ""
    for outcome, _, _, (ord_id, cl_ord_id, tag, req_id), (s_code, sub_code, s_msg, ts), doubt, _ in items:
        said, words = s_code or ("0" if outcome == "CONFIRMED" else "1"), s_msg
        if outcome == "UNKNOWN":
            unknown, said, words = doubt, TIMEOUT, doubt
        row = {"ordId": ord_id, "clOrdId": cl_ord_id, "sCode": said, "sMsg": words, "subCode": sub_code}
        row |= {"reqId": req_id} if "amend" in call.op else {"tag": tag}
        data.append(row | {"ts": "" if ts is None else str(ts)})
    if not code:
        bad = sum(row["sCode"] != "0" for row in data)
        code = TIMEOUT if unknown and bad == len(data) else "0" if not bad else "1" if bad == len(data) else "2"
    times = {} if in_us is None or out_us is None else {"inTime": str(in_us), "outTime": str(out_us)}
    answer = {"id": id, "op": call.op, "code": code, "msg": msg or unknown, "data": data, **times}
    return json.dumps(answer, separators=(",", ":"))
