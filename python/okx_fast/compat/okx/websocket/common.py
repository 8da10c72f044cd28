"""What both classes have in common: python-okx's coroutines over an `okx_fast.Client`.

    start() ─▶ Client, its I/O thread ─▶ frames, on the loop's thread ─▶ the callback that was given last

The connection is logged in, kept, replaced and resubscribed by the Client; see `docs/compat.md` for what that changes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from okx_fast.channels import find
from okx_fast.client import LEVELS, Client
from okx_fast.compat.okx.websocket.frames import BOOKS, book_text, event_text, text, ticker_text, trade_text
from okx_fast.credentials import Credentials
from okx_fast.errors import ConfigError
from okx_fast.site import SITES, Site, site_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from okx_fast._native import Book, BookUpdate, Event, RawMessage, Subscription

    Callback = Callable[[str], object]
    Key = frozenset[tuple[str, str]]

__all__ = ["Socket", "key_of", "site_of"]

log = logging.getLogger("okx_fast")

PATH = "/ws/v5/"
STOP_WITHIN_S = 10.0
# Our events that answer an operation.
ANSWERS = {"subscribed": "subscribe", "refused": "subscribe", "unsubscribed": "unsubscribe"}


class Socket:
    """One connection of python-okx, as its user sees it: `start`, `subscribe`, `unsubscribe`, `stop`.

    callback: gets the text of every frame; the last one given counts for all channels, as there. It runs on the
    loop's thread; what it raises goes to the loop's exception handler, and the feed goes on.
    """

    _credentials: Credentials | None = None

    def __init__(self, url: str | Site) -> None:
        self.url = url
        self.callback: Callback | None = None
        self._site = site_of(url)
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._ended = asyncio.Event()
        self._held: dict[Key, Book | Subscription[Any]] = {}
        # Acks that OKX owes, oldest first: the operation, its arg and its `id`.
        self._asked: list[tuple[str, dict[str, str], str | None]] = []

    async def connect(self) -> None:
        """Make the client; it connects with the first subscription. `start()` does it."""
        if self._client is not None:
            return
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._ended = asyncio.Event()
        client = Client(self._site, credentials=self._credentials)
        client.on_event(self._on_event)
        self._client = await client.__aenter__()

    async def consume(self) -> None:
        """Wait until `stop()`; messages come by themselves."""
        await self._ended.wait()

    async def start(self) -> asyncio.Task[None]:
        """Begin; the task that is returned ends with `stop()`, and not when a connection does."""
        await self.connect()
        return asyncio.get_running_loop().create_task(self.consume())

    async def login(self) -> bool:
        """True, if there is a key: the login happens by itself where a channel wants one. Raises ConfigError."""
        if self._credentials is None:
            raise ConfigError("login: expected apiKey, passphrase and secretKey when the object is made")
        return True

    async def subscribe(
        self,
        params: Sequence[Mapping[str, str]],
        callback: Callback,
        id: str | None = None,
    ) -> None:
        """Subscribe every `{"channel": …, …}` of the list. Raises ConfigError for one that cannot work; those before
        it in the list are then subscribed.
        """
        client = self._running()
        self.callback = callback
        for each in params:
            arg = dict(each)
            key = frozenset(arg.items())
            if key in self._held:
                self._say(text({"event": "subscribe", "arg": arg, "connId": "", **_id(id)}))
                continue
            self._held[key] = self._open(client, arg)
            self._asked.append(("subscribe", arg, id))

    async def unsubscribe(
        self,
        params: Sequence[Mapping[str, str]],
        callback: Callback,
        id: str | None = None,
    ) -> None:
        """End subscriptions. Raises ConfigError for one that this object does not hold."""
        client = self._running()
        self.callback = callback
        for each in params:
            arg = dict(each)
            held = self._held.pop(frozenset(arg.items()), None)
            if held is None:
                raise ConfigError(f"unsubscribe: expected what was subscribed here, got {arg!r}")
            self._asked = [asked for asked in self._asked if asked[1] != arg]
            self._asked.append(("unsubscribe", arg, id))
            client.unsubscribe(held)

    async def send(
        self,
        op: str,
        args: Sequence[Mapping[str, Any]],
        callback: Callback | None = None,
        id: str | None = None,
    ) -> None:
        """`subscribe`, `unsubscribe` and `login`. Raises ConfigError for every other operation."""
        heard = callback or self.callback or _ignore
        if op == "subscribe":
            await self.subscribe(args, heard, id)
        elif op == "unsubscribe":
            await self.unsubscribe(args, heard, id)
        elif op == "login":
            await self.login()
        else:
            _not_offered(op)

    async def stop(self) -> None:
        """End connections and subscriptions; the object can be started again."""
        self._close()

    def stop_sync(self) -> None:
        """`stop()` from where nothing can be awaited, also from another thread."""
        loop = self._loop
        if loop is not None and loop.is_running() and threading.get_ident() != self._thread:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(timeout=STOP_WITHIN_S)
        else:
            self._close()

    def _close(self) -> None:
        client, self._client = self._client, None
        self._held.clear()
        self._asked.clear()
        self._ended.set()
        if client is not None:
            client.close()

    def _running(self) -> Client:
        if self._client is None:
            raise ConfigError("expected start() first")
        return self._client

    def _open(self, client: Client, arg: dict[str, str]) -> Book | Subscription[Any]:
        """The subscription, in the way of its channel; all of them end in `_say`."""
        channel, inst_id = arg.get("channel", ""), arg.get("instId", "")
        row = find(channel)
        how = "subscribe_raw" if row is None or row.model is not None else row.how
        if how == "subscribe_book":
            if channel not in BOOKS:
                raise ConfigError(f"channel: {channel} is served by okx_fast.Client.subscribe_book() only")
            return self._open_book(client, arg)
        if how == "subscribe_trades":
            return client.subscribe_trades(
                inst_id,
                lambda trade: self._say(trade_text(arg, trade)),
                channel=channel,  # type: ignore[arg-type]  # the table has it in this row
            )
        if how == "subscribe_ticker":
            return client.subscribe_ticker(inst_id, lambda ticker: self._say(ticker_text(arg, ticker)))
        return client.subscribe_raw(arg, self._on_raw)

    def _open_book(self, client: Client, arg: dict[str, str]) -> Book:
        def on_update(update: BookUpdate) -> None:
            if (said := book_text(arg, update.book)) is not None:
                self._say(said)

        return client.subscribe_book(arg.get("instId", ""), on_update, channel=arg["channel"], conflate=True)

    def _on_raw(self, message: RawMessage) -> None:
        self._say(message.data.decode())

    def _on_event(self, event: Event) -> None:
        log.log(LEVELS.get(event.kind, logging.INFO), "%s", event)
        op = ANSWERS.get(event.kind)
        if op is not None and (asked := self._take(op, event)) is not None:
            arg, number = asked
            if event.kind != "refused":
                self._say(text({"event": op, "arg": arg, "connId": event.connection, **_id(number)}))
                return
            self._held.pop(frozenset(arg.items()), None)
        if (said := event_text(event)) is not None:
            self._say(said)

    def _take(self, op: str, event: Event) -> tuple[dict[str, str], str | None] | None:
        """What of that which was asked this event answers."""
        for at, (asked, arg, number) in enumerate(self._asked):
            is_it = asked == op and arg.get("channel") == event.channel
            if is_it and (not event.inst_id or event.inst_id in arg.values()):
                del self._asked[at]
                return arg, number
        return None

    def _say(self, said: str) -> None:
        if self.callback is not None:
            self.callback(said)


def site_of(url: str | Site) -> Site:
    """Where python-okx's `url` leads: a site of OKX by its host, whatever the port, else that very address."""
    if isinstance(url, Site):
        return url
    parts = urlsplit(url)
    for site in SITES.values():
        if site.ws_public is not None and urlsplit(site.ws_public).hostname == parts.hostname:
            return site
    if parts.path.startswith(PATH):
        return site_at(parts.hostname or "custom", ws=f"{parts.scheme}://{parts.netloc}")
    return Site(name=parts.hostname or "custom", ws_public=url, ws_private=url, ws_business=url)


def key_of(key: str, secret: str, passphrase: str) -> Credentials | None:
    """The key, if there is one."""
    try:
        return Credentials(key, secret, passphrase) if key else None
    finally:
        del key, secret, passphrase  # a traceback must not show them


def _not_offered(op: str) -> NoReturn:
    raise ConfigError(
        f"op: {op} is not offered over the WebSocket yet; nothing was sent. By REST: okx_fast.compat.okx.Trade.TradeAPI"
    )


def _id(number: str | None) -> dict[str, str]:
    return {} if number is None else {"id": number}


def _ignore(_: str) -> None:
    """For who sends without a callback."""
