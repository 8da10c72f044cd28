"""The client: subscriptions, callbacks, and the two ways to run them.

    with Client(…)         pump: run() or poll() receives, decodes and calls back on the caller's thread
    async with Client(…)   asyncio: an I/O thread receives and decodes, callbacks run on the loop's thread

What a callback may rely on stands with `Client`.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast, overload

from okx_fast._native import Book, Engine, Event, SimServer, Subscription
from okx_fast.errors import ConfigError
from okx_fast.maintenance import Maintenances
from okx_fast.rows import Rows, ignore
from okx_fast.site import Site, find_site, site_at

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

    from okx_fast._native import BookUpdate, Pending, RawMessage, Ticker, Trade
    from okx_fast.credentials import CredentialsSource
    from okx_fast.orders import Trader
    from okx_fast.recording import Flight, Recording
    from okx_fast.site import SiteName

__all__ = ["Client", "Connection", "Options"]

log = logging.getLogger("okx_fast")

E = TypeVar("E")

# Events one turn of the loop may hand on before other tasks get theirs.
DRAIN = 256
# How often an outcome is looked for.
SETTLE_S = 0.005
# Events an async iterator may hold; beyond that the client stops reading until it caught up.
STREAM = 1024

# States of a connection that brings nothing.
DOWN = {"connecting", "closed"}

# Each kind of event and its level in the log, where nobody listens with on_event().
LEVELS = {
    "gap": logging.WARNING,
    "checksum": logging.WARNING,
    "malformed": logging.WARNING,
    "timeout": logging.WARNING,
    "disconnected": logging.WARNING,
    "refused": logging.ERROR,
    "error": logging.ERROR,
    "notice": logging.WARNING,
    "login-failed": logging.ERROR,
    "blind": logging.WARNING,
    "unfillable": logging.WARNING,
    "stale": logging.WARNING,
    "late": logging.WARNING,
    "starved": logging.WARNING,
    "recording": logging.WARNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All there is to tune.

    ping_after_s: silence after which `ping` is sent; OKX drops a connection silent for 30 s.
    pong_within_s: silence after the ping that ends the connection; after half of it, it is replaced.
    answer_within_s: wait for an ack, and for a snapshot after it.
    connect_within_s: wait for TCP, TLS and the WebSocket handshake together.
    backoff_s, backoff_max_s: first and longest pause between two connects; each is cut at random by up to half.
    queue: events that may wait between the I/O thread and the loop (asyncio mode); full, the socket is left unread.
    books_per_connection: books with more than ten levels that share a connection; OKX advises fewer than 30.
    channels_per_connection: subscriptions that share one; the channels of one instrument stay together.
    redundancy: connections that carry each subscription, 1 or 2. With two, the faster one wins message by message, and
        the loss of one costs nothing.
    rotate_s: age at which a connection is replaced; None: it is kept.
    recover: what the socket leaves out is fetched by REST, from the site's own address: trades that were missed, and
        the snapshot of a book (`books`, `books-l2-tbt`, `books50-l2-tbt`) where none comes while updates do, or where a
        gap finds half of the hour's requests used up.
    spin: run() and poll() look for bytes without sleeping: lower latency for one whole core.
    proxy: `http://`, `socks5://` (names are looked up here) or `socks5h://` (by the proxy), `user:password@` if it
        wants them. Nothing is taken from the environment.
    record: everything that arrives goes to files too, to be played again with `Replay`.
    flight: the last seconds of each connection go to a file when something goes wrong.
    """

    ping_after_s: float = 5.0
    pong_within_s: float = 5.0
    answer_within_s: float = 10.0
    connect_within_s: float = 10.0
    backoff_s: float = 0.25
    backoff_max_s: float = 30.0
    queue: int = 8192
    books_per_connection: int = 30
    channels_per_connection: int = 200
    redundancy: int = 1
    rotate_s: float | None = None
    recover: bool = True
    spin: bool = False
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    record: Recording | None = None
    flight: Flight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection, as of its last change of state.

    name: its socket (`public`, `private`, `business`; `public-login` and `business-login` log in as `private` does),
        behind `#` a number if subscriptions are spread over several, behind `/` one for a second that carries the same:
        with `redundancy`, or while one replaces another.
    state: connecting (not everything wanted flows yet), live, stale (silent: a ping waits for its answer; or what it
        brings is more than a second late), draining (to be closed once its replacement is live), closed; maintenance
        in place of connecting and closed, while OKX maintains its systems (`Client.maintenance`). reason: why, in
        words. since_ns: since 1970, by our clock.
    subscriptions: those it is to carry. requests: of OKX's 480 an hour, used when the state was told.
    """

    name: str
    state: Literal["connecting", "live", "stale", "draining", "closed", "maintenance"]
    reason: str
    since_ns: int
    subscriptions: int
    requests: int


class Client(Rows):
    """OKX's market data, verified, and what its channels tell of an account, into callbacks.

    site: "sim" (a simulator inside this process, on loopback), a name such as "global" or "eea-demo" (all of them are
    in `okx_fast.site.SITES`), or a `Site`.
    credentials: of the one account whose channels this client may subscribe, and for market data that OKX serves only
        after a login (`docs/channels.md` says which). These get connections of their own; everything else goes without.

    The contract of callbacks:
    Thread: the one in run() or poll() (pump), or the event loop's (asyncio); never two at a time.
    Order: that of arrival, per connection; the channels of one instrument on one socket share a connection.
    The book in a callback: in pump mode exactly as of the event; in asyncio mode at least as new as the event.
    A slow callback: nothing is dropped. What arrives waits in a bounded queue (asyncio), then in the socket; OKX
    may end a connection that is not read (close 4005). With `conflate=True` the newest state replaces those that
    wait. `stats()["latency_us"]`, `stats()["events_waiting"]` and `book.age_ms` show it.
    A raising callback: the feed goes on. The exception goes to on_error(), else to the loop's exception handler
    (asyncio) or `sys.unraisablehook` (pump). KeyboardInterrupt and SystemExit end run() and poll() instead.
    The rest of a message's events is then not handed on.
    Subscribing and unsubscribing from a callback is fine; run() and poll() from a callback, also one of another
    client, are refused.

    In pump mode nothing is read while neither run() nor poll() runs: the books stand still and age, which `book.age_ms`
    tells. After as long as a ping and its answer may take (11 s, as the options are) nobody knows whether they are
    right, and they are `stale`: not valid, until the client reads again.
    """

    def __init__(
        self,
        site: SiteName | Literal["sim"] | Site,
        *,
        credentials: CredentialsSource | None = None,
        options: Options | None = None,
    ) -> None:
        self._options = options or Options()
        self._sim: SimServer | None = None
        if site == "sim":
            self._sim = SimServer(rate=2000.0, messages=10_000)
            site = site_at("sim", ws=self._sim.wss, ca_file=str(self._sim.ca_file))
        site = find_site(site)
        if site.ws_public is None:
            raise ConfigError(f"site: {site.name!r} has no known WebSocket, which market data needs")
        tuning = {f.name: getattr(self._options, f.name) for f in fields(self._options)}
        for name in ("record", "flight"):
            tuning[name] = tuning[name] and tuning[name]._for_the_engine()  # noqa: SLF001  # of this package
        self._spin: bool = tuning.pop("spin")
        key = None
        if credentials is not None:
            from okx_fast.credentials import resolve

            held = resolve(credentials)
            del credentials  # a traceback must not show what is there in place of Credentials
            if held is not None:
                key = (held.key, held.secret, held.passphrase)
        self._engine = Engine(
            ws_public=site.ws_public,
            ws_private=site.ws_private,
            ws_business=site.ws_business,
            rest=site.rest,
            demo=site.demo,
            key=key,
            ca_file=site.ca_file,
            **tuning,
        )
        self._maintenances = Maintenances(demo=site.demo)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1
        self._forked = False
        self._streams: list[_Stream] = []
        self._on_error: Callable[[BaseException, object], None] | None = None
        self._engine.set_on_event(_log_event)
        _clients.add(self)

    # ── subscriptions ──────────────────────────────────────────────────────────────────────────────────────────

    def subscribe_book(
        self,
        inst_id: str,
        on_update: Callable[[BookUpdate], object] | None = None,
        *,
        channel: str = "books",
        conflate: bool = False,
    ) -> Book:
        """A book kept in Rust, verified before every change.

        channel: books (400 levels a side, 100 ms), books5, bbo-tbt, books-rpi; books50-l2-tbt and books-l2-tbt (10 ms),
        for which OKX wants VIP4 and a login (`credentials`). Of a spread, whose id is then `inst_id` and whose prices
        may be negative: sprd-books-l2-tbt, sprd-books5, sprd-bbo-tbt. Of a prediction market's asset: pm-books.
        on_update: called after each applied message; with `conflate`, once for all that came since the last call.
        Raises ConfigError for an unknown book channel or a second subscription to the same book.
        OKX: Order book trading › Market data › WS order book channel; Spread trading › WebSocket.
        """
        key = "sprdId" if channel.startswith("sprd-") else "instId"
        book = self._engine.subscribe("book", channel, [(key, inst_id)], on_update, conflate=conflate)
        return cast("Book", book)

    def subscribe_trades(
        self,
        inst_id: str,
        on_trade: Callable[[Trade], object] | None = None,
        *,
        channel: Literal["trades", "trades-all"] = "trades",
    ) -> Subscription[Trade]:
        """Trades: `trades` sums up one taker order's fills at one price, `trades-all` sends each.

        OKX: Order book trading › Market data › WS trades channel, WS all trades channel.
        """
        return self._plain("trade", channel, [("instId", inst_id)], on_trade)

    def subscribe_ticker(
        self, inst_id: str, on_ticker: Callable[[Ticker], object] | None = None, *, conflate: bool = False
    ) -> Subscription[Ticker]:
        """Last price, best bid and ask, 24 h figures; at most one in 100 ms.

        OKX: Order book trading › Market data › WS tickers channel.
        """
        return self._plain("ticker", "tickers", [("instId", inst_id)], on_ticker, conflate=conflate)

    def subscribe_raw(
        self,
        arg: Mapping[str, str],
        on_message: Callable[[RawMessage], object] | None = None,
        *,
        conflate: bool = False,
    ) -> Subscription[RawMessage]:
        """Any channel that has no method of its own, as bytes: also one that OKX adds some day.

        arg: what OKX documents for the channel, such as {"channel": "funding-rate", "instId": "BTC-USDT-SWAP"}.
        conflate: of several messages that wait, only the newest is handed on.
        Raises ConfigError for a channel that has its own method, and for one of an account without credentials.
        """
        params = dict(arg)
        channel = params.pop("channel", "")
        if not channel:
            raise ConfigError(f"arg: expected a channel, got {dict(arg)!r}")
        subscription = self._plain("raw", channel, list(params.items()), on_message, conflate=conflate)
        self._note_channel(channel)
        return subscription

    def _plain(
        self,
        kind: Literal["trade", "ticker", "raw"],
        channel: str,
        params: list[tuple[str, str]],
        callback: Callable[..., object] | None,
        *,
        conflate: bool = False,
    ) -> Subscription[Any]:
        return cast("Subscription[Any]", self._engine.subscribe(kind, channel, params, callback, conflate=conflate))

    def unsubscribe(self, subscription: Book | Subscription[Any]) -> None:
        """End a subscription: no callback of it runs after this, and its book cannot be read any more."""
        self._engine.unsubscribe(subscription)
        for stream in self._streams:
            if stream.subscription is subscription:
                stream.end()

    # ── events and errors ──────────────────────────────────────────────────────────────────────────────────────

    def on_event(self, fn: Callable[[Event], object] | None) -> None:
        """Call `fn` with what happens besides data: connections, acks, gaps, wrong checksums, errors of OKX.

        Until this is called, events go to the logger `okx_fast`. `None` silences them.
        """
        self._engine.set_on_event(fn)

    def on_error(self, fn: Callable[[BaseException, object], None] | None) -> None:
        """Call `fn(exception, event)` when a callback raises; `None` restores the default."""
        self._on_error = fn
        self._engine.set_on_error(fn or self._default_on_error())

    def _default_on_error(self) -> Callable[[BaseException, object], None] | None:
        loop = self._loop
        if loop is None:
            return None

        def report(exception: BaseException, event: object) -> None:
            loop.call_exception_handler({"message": f"callback raised on {event!r}", "exception": exception})

        return report

    # ── pump ───────────────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, seconds: float | None = None) -> int:
        """Receive and call back on this thread until stop(), an exception, or `seconds` have passed.

        The interpreter is free for other threads while nothing arrives. Ctrl-C is noticed within 50 ms.
        Returns the number of events handed on. After stop() it may be called again; nothing was lost.
        Raises RuntimeError if a defect of ours ended a connection; its books are then invalid for good.
        """
        return self._engine.run(seconds, spin=self._spin, once=False)

    def poll(self, timeout: float = 0.0) -> int:
        """Wait up to `timeout` seconds for market data to arrive, hand it on, return the number of callbacks.

        It ends with the first data, also if no callback listens: then it returns 0 and a book may have changed.
        An Event for on_event() ends it too.
        """
        return self._engine.run(timeout, spin=self._spin, once=True)

    def attach(self, trader: Trader) -> None:
        """Run the callbacks of `trader` here too: those of its orders, fills, events and calls, in run() and poll().

        Sending an order from a callback of this client goes straight to the trader's own connection, whose answers
        are read here too while this runs.
        Raises ConfigError for a trader that is attached elsewhere.
        """
        self._engine.attach(trader._core, trader.poll)  # noqa: SLF001  # of this package

    def stop(self) -> None:
        """End run() or poll() after the message that is being handed on; from any thread.

        If neither runs, the next one ends at once.
        """
        self._engine.stop()

    # ── asyncio ────────────────────────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        import asyncio

        loop = asyncio.get_running_loop()
        self._loop = loop
        self._engine.set_on_error(self._on_error or self._default_on_error())
        self._fd = self._engine.start()
        loop.add_reader(self._fd, self._drain)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @overload
    def stream(self, subscription: Book) -> AsyncIterator[BookUpdate]: ...
    @overload
    def stream(self, subscription: Subscription[E]) -> AsyncIterator[E]: ...
    def stream(self, subscription: Book | Subscription[Any]) -> AsyncIterator[Any]:
        """Iterate over a subscription that was made without a callback, from this call on.

        One iterator at a time; an iterator nobody holds any more makes place for another.
        An iterator that falls more than 1,024 events behind stops the whole client's reading until it caught up:
        nothing is dropped. Of a subscription with `conflate`, it holds only the newest. It ends when the subscription
        or the client does, also when OKX refuses the subscription.
        """
        if self._loop is None:
            raise ConfigError("stream() is for a client opened with `async with`")
        if subscription is self._unheard:
            self._engine.listen(subscription, None, None)
        stream = _Stream(subscription, self._loop)
        self._engine.listen(subscription, stream.put, stream.end)
        self._streams.append(stream)
        iterator = self._iterate(stream)
        stream.iterator = weakref.ref(iterator, lambda _: self._abandon(stream))
        return iterator

    async def _iterate(self, stream: _Stream) -> AsyncGenerator[Any]:
        try:
            while (event := await stream.get()) is not None:
                if len(stream.waiting) == STREAM // 2:
                    self._resume()
                yield event
        finally:
            self._leave(stream)

    def _leave(self, stream: _Stream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)
            if not stream.ended:
                self._engine.listen(stream.subscription, ignore if stream.subscription is self._unheard else None, None)
            self._resume()

    def _abandon(self, stream: _Stream) -> None:
        """Nobody holds the iterator any more; it may never have been started, so that its `finally` never runs."""
        loop = self._loop
        if loop is None or loop.is_closed() or self._forked or stream not in self._streams:
            return
        if threading.get_ident() == stream.thread:
            self._leave(stream)
        else:  # the garbage collector runs on any thread
            loop.call_soon_threadsafe(self._leave, stream)

    def _drain(self) -> None:
        self._engine.drain(DRAIN)
        if self._loop is not None and any(len(stream.waiting) >= STREAM for stream in self._streams):
            self._loop.remove_reader(self._fd)

    def _resume(self) -> None:
        if self._loop is not None and self._fd >= 0 and all(len(s.waiting) < STREAM for s in self._streams):
            self._loop.add_reader(self._fd, self._drain)

    # ── both ───────────────────────────────────────────────────────────────────────────────────────────────────

    def reconnect(self) -> Pending:
        """Replace every connection: the new one carries everything before the old one goes, so that nothing is missed.

        What comes of it is in the `Pending`: `done`, `ok`, `words`. It is done when all are replaced.
        """
        return self._engine.reconnect()

    def resync(self, book: Book) -> Pending:
        """Ask for a new snapshot of `book`, which is invalid from the moment the client does it until that is in.

        What comes of it is in the `Pending`. Raises ConfigError for a book of another client.
        """
        return self._engine.resync(book)

    async def settled(self, pending: Pending) -> bool:
        """Wait until a `Pending` is done; whether it was carried out. For a client opened with `async with`."""
        import asyncio

        while not pending.done:  # noqa: ASYNC110  # set by a thread that knows no loop
            await asyncio.sleep(SETTLE_S)
        return bool(pending.ok)

    def connections(self) -> list[Connection]:
        """Every connection there is, was or is about to be, as of its last change of state."""
        rows = self._engine.stats()["connections"]
        if self._maintenances.is_under_way():
            rows = [row | {"state": "maintenance"} if row["state"] in DOWN else row for row in rows]
        return [Connection(**row) for row in rows]

    def stats(self) -> dict[str, Any]:
        """Counters since the start, summed over connections.

        messages, and per channel in `channels`: messages, fallbacks (unexpected shape, read by the general parser),
        malformed · updates_verified, snapshots, keepalives, resets, checksums_ok, checksums_bad, gaps, resyncs,
        bridged (books made valid by a snapshot from REST), skipped (came while the book waited for a snapshot) · blind
        (spots that are over), recovered and unfillable (trades), stale (channels that fell silent, old snapshots),
        known and ahead (messages that another connection had brought, or had not brought yet) · late (times a
        connection turned late), connects, replaced, reads, control, unrouted, not_okx ·
        events (handed to callbacks), events_waiting, lag_us (age of the oldest that waits), loop_late_us (how long the
        event loop has been called and has not come), callback_errors ·
        latency_us: socket to callback, p50, p99, p99.9 in microseconds, and count ·
        stages: the same for network (OKX's `ts` to our socket: both clocks' error is in it), apply (socket to book),
        queue (socket to the thread of the callbacks), wake (how late the event loop comes when called) and callback;
        one event in sixteen is measured · connections: a dict each, see `connections()` ·
        recording: None, or entries, bytes (as they came), written (compressed), files, lost, lost_bytes, errors (of the
        disk), waiting_bytes, dumps and dumps_skipped (of the flight recorder).
        """
        return self._engine.stats()

    def close(self) -> None:
        """End connections and threads. Books become invalid; further calls raise ClosedError. Twice is harmless.

        A recording is written to its end, if the disk takes it within 5 s.
        """
        if self._loop is not None and self._fd >= 0:
            # A child of fork() shares the parent's selector: taking the descriptor out would deafen the parent.
            if not self._loop.is_closed() and not self._forked:
                self._loop.remove_reader(self._fd)
            self._fd = -1
        self._engine.close()
        for stream in self._streams:
            stream.end()
        if self._sim is not None:
            self._sim.stop()
            self._sim = None


class _Stream:
    """What one async iterator has not taken yet."""

    def __init__(self, subscription: Book | Subscription[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.subscription = subscription
        self._newest_only = subscription.conflate
        self._loop = loop
        self.thread = threading.get_ident()
        self.iterator: weakref.ref[AsyncIterator[Any]] | None = None
        self.waiting: deque[object] = deque()
        self.ended = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: object) -> None:
        if self._newest_only:
            self.waiting.clear()
        self.waiting.append(event)
        self._wake()

    def end(self) -> None:
        self.ended = True
        self._wake()

    async def get(self) -> object | None:
        while not self.waiting:
            if self.ended:
                return None
            self._waiter = self._loop.create_future()
            await self._waiter
        return self.waiting.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and not self._loop.is_closed():
            self._waiter.set_result(None)


def _log_event(event: Event) -> None:
    log.log(LEVELS.get(event.kind, logging.INFO), "%s", event)


# Threads of ours must not outlive the interpreter.
_clients: weakref.WeakSet[Client] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for client in list(_clients):
        client.close()


def _after_fork() -> None:
    for client in list(_clients):
        client._forked = True  # noqa: SLF001  # of this module
        client._engine.forked()  # noqa: SLF001


os.register_at_fork(after_in_child=_after_fork)
