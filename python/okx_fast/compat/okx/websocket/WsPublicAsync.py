"""python-okx's `WsPublicAsync`: market and reference data as JSON texts, into a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from okx_fast.compat.okx.websocket.common import Socket, key_of

if TYPE_CHECKING:
    from okx_fast.site import Site

__all__ = ["WsPublicAsync"]


class WsPublicAsync(Socket):
    """Channels that need no login; with a key, also those of the business socket that do.

    url: `wss://ws.okx.com:8443/ws/v5/public` or another of OKX's, or a `Site`. The socket follows from the channel.
    debug: is ignored.
    """

    def __init__(
        self,
        url: str | Site,
        apiKey: str = "",
        passphrase: str = "",
        secretKey: str = "",
        debug: bool = False,  # noqa: ARG002  # python-okx has it
    ) -> None:
        try:
            self._credentials = key_of(apiKey, secretKey, passphrase)
        finally:
            del apiKey, secretKey, passphrase  # a traceback must not show them
        super().__init__(url)
