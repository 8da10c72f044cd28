"""python-okx's `WsPrivateAsync`: the channels of an account as JSON texts, into a callback."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from okx_fast.compat.okx.websocket.common import Socket, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from okx_fast.site import Site

    Callback = Callable[[str], object]
    Args = Sequence[dict[str, Any]]

__all__ = ["WsPrivateAsync"]


class WsPrivateAsync(Socket):
    """Channels of the account whose key it has; the login happens by itself.

    url: `wss://ws.okx.com:8443/ws/v5/private` or another of OKX's, or a `Site`. The socket follows from the channel.
    useServerTime, debug: are ignored.
    Orders over the WebSocket are not offered yet: those methods raise ConfigError, and send nothing.
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

    async def place_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.place_order`."""
        await self.send("order", args, callback, id)

    async def batch_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.place_multiple_orders`."""
        await self.send("batch-orders", args, callback, id)

    async def cancel_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.cancel_order`."""
        await self.send("cancel-order", args, callback, id)

    async def batch_cancel_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.cancel_multiple_orders`."""
        await self.send("batch-cancel-orders", args, callback, id)

    async def amend_order(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.amend_order`."""
        await self.send("amend-order", args, callback, id)

    async def batch_amend_orders(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `Trade.TradeAPI.amend_multiple_orders`."""
        await self.send("batch-amend-orders", args, callback, id)

    async def mass_cancel(self, args: Args, callback: Callback | None = None, id: str | None = None) -> None:
        """Raise ConfigError: not offered yet. By REST: `okx_fast.Rest.trade.mass_cancel`."""
        await self.send("mass-cancel", args, callback, id)
