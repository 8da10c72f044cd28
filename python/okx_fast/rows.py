"""`Client.subscribe`, for channels that come as rows. Its types, an overload for each, are in the stub beside it.

    subscribe("mark-price", fn, instId=…) ─▶ table: name and parameters ─▶ Engine, with a Decoder ─▶ fn(MarkPrice)

The table and its models are imported with the first such subscription.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from okx_fast.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast._native import Engine, Subscription
    from okx_fast.channels.models import Status
    from okx_fast.maintenance import Maintenances
    from okx_fast.rest.drift import Drift, Finding

__all__ = ["Rows", "ignore"]


def ignore(_: object) -> None:
    """For rows that only `maintenance` wants."""


class Rows:
    """The part of a client that subscribes channels of the table."""

    _engine: Engine
    _maintenances: Maintenances
    _drift: Drift | None = None
    # The subscription that is listened to for `maintenance` alone.
    _unheard: Subscription[Any] | None = None

    def subscribe(
        self,
        channel: str,
        on_item: Callable[[Any], object] | None = None,
        /,
        *,
        conflate: bool = False,
        **params: str | None,
    ) -> Subscription[Any]:
        """Any channel of `docs/channels.md`, typed: `on_item` is called with each row, in order.

        A row has the fields of its model (`okx_fast.channels.models`, of an account `private` and `business` beside
        it), and `channel`, `arg`, `recv_ns` and `raw`; of `account` and `positions` also what `private.Paged` says.
        params: OKX's own, such as instId="BTC-USDT-SWAP". A message that cannot be read is an Event of kind malformed.
        conflate: of several messages that wait, only the newest is handed on; for channels each of whose messages tells
        all there is to know.
        Raises ConfigError for a wrong channel or parameter, naming what is expected; for books, trades and tickers,
        which have methods of their own; for an account's channel without credentials; and for a second subscription to
        the same.
        OKX: the section given with the channel's row in `docs/channels.md`.
        """
        from okx_fast.channels.decode import Decoder
        from okx_fast.channels.table import find_typed

        row = find_typed(channel)
        assert row.model is not None  # noqa: S101  # find_typed saw to it
        sent = row.check(channel, params)
        if conflate and not row.newest:
            raise ConfigError(f"conflate: expected a channel whose newest message says all, got {channel}")
        decode = Decoder(row.model, self._findings())
        is_unheard = channel == "status" and on_item is None
        if channel == "status":
            decode = self._maintenances.watching(decode)
            on_item = on_item or ignore
        subscription = self._engine.subscribe("raw", channel, sent, on_item, conflate=conflate, decode=decode)
        if is_unheard:
            self._unheard = cast("Subscription[Any]", subscription)
        return cast("Subscription[Any]", subscription)

    def maintenance(self) -> list[Status]:
        """Maintenance of OKX's systems that is announced or under way, by its beginning: the newest row of each that
        the channel `status` has told, of this client's environment. Without a subscription to it, nothing is known.

        OKX: Status › WS / Status channel.
        """
        return self._maintenances.rows()

    def drift(self) -> list[Finding]:
        """What came, or was subscribed, that our tables do not know: fields and values of rows, channels. Names, never
        amounts. Books, trades and tickers are not looked through.
        """
        return [] if self._drift is None else self._drift.report()

    def _note_channel(self, channel: str) -> None:
        """Write down a channel that the table does not know."""
        from okx_fast.channels.table import REFUSED, find

        if find(channel) is None and channel not in REFUSED:
            self._findings().note_name("channel", "websocket", channel)

    def _findings(self) -> Drift:
        if self._drift is None:
            from okx_fast.rest.drift import Drift

            self._drift = Drift()
        return self._drift
