"""The Rust part: books, events, exact numbers, and what `Client`, `Sim` and `verify_file` stand on.

Times: `ts_ms` is OKX's clock, milliseconds since 1970. `recv_ns` is when the bytes left the socket, before
parsing, nanoseconds since 1970; `recv_mono_ns` is the same moment on CLOCK_MONOTONIC, for measuring.
Sizes are contracts for derivatives and base currency for spot.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from os import PathLike
from pathlib import Path
from types import GenericAlias
from typing import Any, ClassVar, Generic, Literal, Never, Self, final

from typing_extensions import TypeVar

from okx_fast.errors import OkxFastError

_ResultT = TypeVar("_ResultT", bound=tuple[Any, ...])
# What a subscription's callback gets.
_EventT_co = TypeVar("_EventT_co", covariant=True, default=Any)

__all__ = [
    "Book",
    "BookUpdate",
    "ClockReading",
    "Cost",
    "Depth",
    "Engine",
    "Event",
    "ExchangeServer",
    "Level",
    "Num",
    "OrderCall",
    "OrderCore",
    "Pending",
    "RawMessage",
    "RawReply",
    "Replay",
    "ReplyQueue",
    "RestCore",
    "Secret",
    "SimServer",
    "Spec",
    "Subscription",
    "Ticker",
    "Trade",
    "Verifier",
    "__version__",
    "channel_facts",
    "sign",
]

__version__: str

@final
class Num:
    """An exact decimal number of at most 38 digits, `mantissa / 10**scale`; immutable.

    `str()` gives the text received: `7.10` stays `7.10`. `decimal` and `float()` are made when asked for.
    Equal by value to `Num`, `int` and `Decimal` (`Num("7.10") == Num("7.1")`), and hashed like them; never
    equal to a `float`, which compares as not exact. False if it is 0.
    `+`, `-` and `*` with them are exact: OverflowError beyond 38 digits, TypeError for a float. Other arithmetic is for
    `decimal` or `float()`; format specs are those of Decimal.
    """

    def __new__(cls, text: str) -> Self:
        """From a plain decimal: digits, at most one point with digits on both sides, an optional `-`.
        ValueError for all else: exponents, `+`, spaces, needless leading zeros, `-0`, more than 38 digits.
        """

    @property
    def mantissa(self) -> int:
        """The digits as an integer, with the sign."""

    @property
    def scale(self) -> int:
        """Digits after the point: 2 in `7.10`."""

    @property
    def decimal(self) -> Decimal:
        """The same as `Decimal`, exact."""

    def __float__(self) -> float: ...
    def __format__(self, spec: str, /) -> str: ...
    def __neg__(self) -> Num: ...
    def __pos__(self) -> Num: ...
    def __abs__(self) -> Num: ...
    def __add__(self, other: Num | Decimal | int, /) -> Num: ...
    def __radd__(self, other: Decimal | int, /) -> Num: ...
    def __sub__(self, other: Num | Decimal | int, /) -> Num: ...
    def __rsub__(self, other: Decimal | int, /) -> Num: ...
    def __mul__(self, other: Num | Decimal | int, /) -> Num: ...
    def __rmul__(self, other: Decimal | int, /) -> Num: ...
    def __bool__(self) -> bool: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: Num | Decimal | int, /) -> bool: ...
    def __le__(self, other: Num | Decimal | int, /) -> bool: ...
    def __gt__(self, other: Num | Decimal | int, /) -> bool: ...
    def __ge__(self, other: Num | Decimal | int, /) -> bool: ...
    def __reduce__(self) -> tuple[type[Num], tuple[str]]: ...

@final
class Level:
    """One price of a book: what stands there, and in how many orders. Equal if all of it is."""

    __hash__: ClassVar[None]  # type: ignore[assignment]
    @property
    def px(self) -> Num:
        """Price, exactly as received."""

    @property
    def sz(self) -> Num:
        """Size, exactly as received: contracts for derivatives, base currency for spot."""

    @property
    def non_rpi_sz(self) -> Num:
        """The part of `sz` that is not RPI, in its unit; only `books-rpi` has it, 0 on other channels."""

    @property
    def n_orders(self) -> int:
        """Orders at this price."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Cost:
    """What it takes to fill a size from one side of a book; from `Book.cost`."""

    @property
    def filled(self) -> Num:
        """What the side can fill: the size asked for, or less when the side is too thin."""

    @property
    def notional(self) -> Num:
        """Sum of price times size over what is filled, exact."""

    @property
    def worst_px(self) -> Num:
        """Price of the last level touched."""

    @property
    def complete(self) -> bool:
        """Whether all of the size asked for is filled."""

    @property
    def vwap(self) -> Decimal:
        """Volume-weighted average price, notional / filled: the one number here that may not be exact
        (28 digits, by `decimal`'s context).
        """

@final
class Depth:
    """A copy of the best levels for numeric work; from `Book.snapshot`.

    `numpy.asarray(depth.bids)` reads the copy without copying again.
    """

    @property
    def bids(self) -> memoryview[int]:
        """Best first: int64 of shape (levels, 3), each row price, size, orders.
        Price is row[0] / 10**px_scale, size row[1] / 10**sz_scale.
        """

    @property
    def asks(self) -> memoryview[int]:
        """As `bids`."""

    @property
    def px_scale(self) -> int:
        """Decimals of every price here."""

    @property
    def sz_scale(self) -> int:
        """Decimals of every size here."""

    @property
    def seq_id(self) -> int | None:
        """The book's `seqId` when it was copied; None if OKX sent none."""

    @property
    def ts_ms(self) -> int:
        """OKX's clock at the last message applied, milliseconds since 1970."""

@final
class Book:
    """One order book, kept in Rust and verified before every change; from `subscribe_book`.

    Every read of its content raises BookInvalidError while the book is not `valid`: before its snapshot, after
    a gap, a wrong checksum or an unreadable message until it is resynchronised, while the connection is down,
    and after its subscription or client has ended; ForkError in a child of `fork()`.
    `valid`, `state`, `inst_id` and `channel` never raise.
    OKX: Order book trading › Market data › WS order book channel.
    """

    @property
    def inst_id(self) -> str:
        """OKX's instrument id, such as `BTC-USDT-SWAP`."""

    @property
    def conflate(self) -> bool:
        """Whether of several events that wait only the newest is handed on."""

    @property
    def channel(self) -> str:
        """The channel's name, such as `books`."""

    @property
    def valid(self) -> bool:
        """Whether the book may be read now: its snapshot is in and nothing since was missing or wrong.

        In asyncio mode the I/O thread may change this between two lines of yours: then the read raises.
        """

    @property
    def state(self) -> str:
        """`valid`, or why not: `waiting for a snapshot`, `broken, resyncing`, `disconnected`, `subscription ended`."""

    @property
    def best_bid(self) -> Level | None:
        """None: no bids. Raises BookInvalidError."""

    @property
    def best_ask(self) -> Level | None:
        """None: no asks. Raises BookInvalidError."""

    @property
    def mid(self) -> Num | None:
        """Exact middle of best bid and best ask; None if a side is empty. Raises BookInvalidError."""

    @property
    def spread(self) -> Num | None:
        """Best ask less best bid, exact, negative if crossed; None if a side is empty. Raises BookInvalidError."""

    @property
    def crossed(self) -> bool:
        """Best bid at or above best ask: legal in auctions and before the opening, so the book stays valid; False if a
        side is empty. Raises BookInvalidError.
        """

    @property
    def seq_id(self) -> int | None:
        """The last `seqId` applied; None if OKX sent none. Raises BookInvalidError."""

    @property
    def ts_ms(self) -> int:
        """OKX's clock at the last message applied, milliseconds since 1970. Raises BookInvalidError."""

    @property
    def recv_ns(self) -> int:
        """When that message left the socket, nanoseconds since 1970. Raises BookInvalidError."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds. Raises BookInvalidError."""

    @property
    def age_ms(self) -> float:
        """Milliseconds since that message left the socket. Raises BookInvalidError."""

    @property
    def depth(self) -> tuple[int, int]:
        """How many bids and how many asks. Raises BookInvalidError."""

    def top(self, n: int = 5) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first, at most `n` each. Raises BookInvalidError."""

    def size_to(self, side: Literal["bid", "ask"], px: Num | Decimal | int | str) -> Num:
        """Total size of one side at `px` and every better price; 0 if nothing stands there.
        Raises BookInvalidError; ValueError for another side, or a `px` that is not exact, such as a float.
        """

    def cost(self, side: Literal["bid", "ask"], sz: Num | Decimal | int | str) -> Cost | None:
        """What filling `sz` from one side takes: "ask" to buy, "bid" to sell.
        None: the side is empty, or a sum has more than 38 digits. Raises BookInvalidError; ValueError for
        another side, or a `sz` that is not exact or not above 0.
        """

    def imbalance(self, n: int = 1) -> float | None:
        """(bids - asks) / (bids + asks) over the sizes of the best `n` levels, -1 to 1; None if both sides are
        empty. Raises BookInvalidError.
        """

    def snapshot(self, n: int = 400) -> Depth:
        """A copy of the best `n` levels a side as integers. Raises BookInvalidError; OverflowError if the sizes
        do not fit 64 bits at one scale.
        """

    def checksum(self) -> int:
        """CRC-32 of the best 25 levels a side over the texts as received, as OKX defines it: a signed 32-bit
        number. Raises BookInvalidError.
        """

    def digest(self) -> str:
        """SHA-256 over the texts of all levels, in hex: equal digests, equal books. Raises BookInvalidError."""

@final
class Trade:
    """One trade, or (channel `trades`) one taker order's fills at one price.

    OKX: Order book trading › Market data › WS trades channel, WS all trades channel.
    """

    @property
    def inst_id(self) -> str:
        """OKX's instrument id, such as `BTC-USDT-SWAP`."""

    @property
    def channel(self) -> str:
        """`trades` or `trades-all`."""

    @property
    def trade_id(self) -> int:
        """Of the last fill, where several are summed up."""

    @property
    def px(self) -> Num:
        """Price."""

    @property
    def sz(self) -> Num:
        """Size: contracts for derivatives, base currency for spot."""

    @property
    def side(self) -> str:
        """The taker's: `buy` or `sell`; a side OKX has not documented yet comes as its text."""

    @property
    def count(self) -> int | None:
        """Fills summed up; None on `trades-all`."""

    @property
    def source(self) -> str | None:
        """`0` normal, `1` against RPI orders; None in old messages."""

    @property
    def recovered(self) -> bool:
        """Missed on the socket and fetched by REST: it comes late, in its place among the others, each of its fills by
        itself.
        """

    @property
    def seq_id(self) -> int | None:
        """Place in the book's numbering; None on `trades-all`."""

    @property
    def ts_ms(self) -> int:
        """OKX's clock, milliseconds since 1970."""

    @property
    def recv_ns(self) -> int:
        """When the bytes left the socket, nanoseconds since 1970."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds."""

@final
class Ticker:
    """Last price, best bid and ask, and the last 24 hours of one instrument. A value OKX left empty is None.

    The best prices include RPI orders, which the channel `books` leaves out.
    OKX: Order book trading › Market data › WS tickers channel.
    """

    @property
    def inst_id(self) -> str:
        """OKX's instrument id, such as `BTC-USDT-SWAP`."""

    @property
    def channel(self) -> str:
        """`tickers`."""

    @property
    def last(self) -> Num | None:
        """Price of the last trade."""

    @property
    def last_sz(self) -> Num | None:
        """Size of the last trade: contracts for derivatives, base currency for spot."""

    @property
    def ask_px(self) -> Num | None:
        """Best ask."""

    @property
    def ask_sz(self) -> Num | None:
        """Size at the best ask."""

    @property
    def bid_px(self) -> Num | None:
        """Best bid."""

    @property
    def bid_sz(self) -> Num | None:
        """Size at the best bid."""

    @property
    def open_24h(self) -> Num | None:
        """Price 24 hours ago."""

    @property
    def high_24h(self) -> Num | None:
        """Highest price of the last 24 hours."""

    @property
    def low_24h(self) -> Num | None:
        """Lowest price of the last 24 hours."""

    @property
    def vol_ccy_24h(self) -> Num | None:
        """24 h volume in currency: base for derivatives, quote for spot."""

    @property
    def vol_24h(self) -> Num | None:
        """24 h volume: contracts for derivatives, base currency for spot."""

    @property
    def sod_utc0(self) -> Num | None:
        """Price at 00:00 UTC."""

    @property
    def sod_utc8(self) -> Num | None:
        """Price at 00:00 UTC+8."""

    @property
    def ts_ms(self) -> int:
        """OKX's clock, milliseconds since 1970."""

    @property
    def recv_ns(self) -> int:
        """When the bytes left the socket, nanoseconds since 1970."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds."""

@final
class BookUpdate:
    """What one applied message made of a book; with `conflate`, the last of several.

    OKX: Order book trading › Market data › WS order book channel.
    """

    @property
    def inst_id(self) -> str:
        """OKX's instrument id, such as `BTC-USDT-SWAP`."""

    @property
    def channel(self) -> str:
        """The channel's name, such as `books`."""

    @property
    def action(self) -> Literal["snapshot", "update", "full"]:
        """`full` on channels that send the whole book each time (`books5`, `bbo-tbt`)."""

    @property
    def seq_id(self) -> int | None:
        """The message's `seqId`; None if OKX sent none."""

    @property
    def prev_seq_id(self) -> int | None:
        """The `seqId` it followed, -1 on a snapshot; None on full books."""

    @property
    def ts_ms(self) -> int:
        """OKX's clock, milliseconds since 1970."""

    @property
    def recv_ns(self) -> int:
        """When the bytes left the socket, nanoseconds since 1970."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds."""

    @property
    def best_bid(self) -> Level | None:
        """After this message; None: no bids. Kept in the event: it never raises."""

    @property
    def best_ask(self) -> Level | None:
        """After this message; None: no asks. Kept in the event: it never raises."""

    @property
    def book(self) -> Book:
        """The book as it is now: in asyncio mode it may be newer than this event, or invalid again."""

@final
class RawMessage:
    """A push of a channel that is not decoded here; from `subscribe_raw`. OKX's own `ts` stands inside `data`."""

    @property
    def channel(self) -> str:
        """The channel's name, such as `funding-rate`."""

    @property
    def inst_id(self) -> str:
        """The instrument, family or spread the subscription names; empty if none."""

    @property
    def data(self) -> bytes:
        """The frame as received, whole: JSON in UTF-8."""

    @property
    def recv_ns(self) -> int:
        """When the bytes left the socket, nanoseconds since 1970."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds."""

@final
class Event:
    """What happens besides data; `str()` says it in a line. Texts that do not apply are empty.

    connected, disconnected · subscribed, unsubscribed, refused (by OKX, at once or later) ·
    gap, checksum, malformed (the book is invalid and resyncs) · resynced (it is valid again) ·
    timeout (no ack or snapshot in time: asked again) · notice (OKX announces something, such as an upgrade) ·
    conn-count (connections that hold a channel) · error (OKX's, about no subscription of ours) ·
    state (a connection's; `got` is the new one) · logged-in, login-failed · replaced (a connection went after another
    had taken its place) · blind (from when to when a subscription did not flow, told once it flows again) ·
    recovered (trades missed on the socket were fetched, and come next), unfillable (they are not to be had) ·
    stale (a channel was silent for too long, or a snapshot was an old one: subscribed anew) ·
    late (what a connection brings is behind OKX's clock by more than it ever was lately, or on time again) ·
    starved (the event loop came more than a second after it was called) ·
    recording (the recorder lost something, cannot write, or wrote what led to a fault).
    OKX: WebSocket › Subscribe, Notification, Connection count limit.
    """

    @property
    def kind(self) -> str:
        """What happened: one of the words above."""

    @property
    def inst_id(self) -> str:
        """The instrument it concerns."""

    @property
    def channel(self) -> str:
        """The channel it concerns."""

    @property
    def expected(self) -> str:
        """gap: the `prevSeqId` that continues the book · checksum: the message's · malformed: what belongs there."""

    @property
    def got(self) -> str:
        """What came in its place; for a checksum, what our book gives."""

    @property
    def code(self) -> str:
        """OKX's code, such as `60018`."""

    @property
    def msg(self) -> str:
        """OKX's words, or why a connection ended."""

    @property
    def hint(self) -> str:
        """What to do about it."""

    @property
    def connection(self) -> str:
        """The connection it is about: the name of its socket, and a number behind `#` if the subscriptions are spread
        over several, behind `/` for a second one that carries the same. Empty if it is about none.
        """

    @property
    def cause(self) -> str:
        """Why there was a blind spot: `gap`, `checksum`, `stale`, or how the connection ended."""

    @property
    def from_ns(self) -> int | None:
        """Of a blind spot: the last moment of which something is known, nanoseconds since 1970 by our clock."""

    @property
    def to_ns(self) -> int | None:
        """Of a blind spot: when the subscription flowed again."""

    @property
    def from_id(self) -> int | None:
        """Of trades that were recovered or are missing: the first `trade_id`."""

    @property
    def to_id(self) -> int | None:
        """Of trades that were recovered or are missing: the last `trade_id`."""

    @property
    def recv_ns(self) -> int:
        """When it was noticed, nanoseconds since 1970."""

    @property
    def recv_mono_ns(self) -> int:
        """The same moment on CLOCK_MONOTONIC, nanoseconds."""

    @property
    def error(self) -> OkxFastError | None:
        """The same as an exception of `okx_fast.errors`, to raise or to match on; None where nothing is wrong."""

@final
class Subscription(Generic[_EventT_co]):
    """A subscription to anything but a book: to `unsubscribe` it, or to iterate over with `stream`.

    Its parameter is what its callback gets: `Subscription[Trade]`.
    """

    @classmethod
    def __class_getitem__(cls, key: object) -> GenericAlias: ...
    @property
    def inst_id(self) -> str:
        """The instrument, family or spread it names; empty if none."""

    @property
    def conflate(self) -> bool:
        """Whether of several events that wait only the newest is handed on."""

    @property
    def channel(self) -> str:
        """The channel's name, such as `trades`."""

@final
class Replay:
    """Frames or whole recordings into the sessions, books and callbacks that connections feed: no socket, no thread.

    A recording of `Client` gives the events, books and times of the live run, in the same order, each time: requests
    and deadlines of that run are in it. In one that begins in the middle, or is not ours, what is subscribed here
    counts as subscribed. A book that broke stays so until the recording brings its next snapshot.
    An exception in a callback goes to `sys.unraisablehook`; KeyboardInterrupt and SystemExit come out of the call.
    """

    def __new__(cls) -> Self: ...
    def subscribe_book(
        self, inst_id: str, on_update: Callable[[BookUpdate], object] | None = None, *, channel: str = "books"
    ) -> Book:
        """As `Client.subscribe_book`, without conflation. Raises ConfigError for an unknown book channel, a second
        subscription to the same book, and in a callback of `feed`.
        """

    def subscribe_trades(
        self, inst_id: str, on_trade: Callable[[Trade], object] | None = None, *, channel: str = "trades"
    ) -> Subscription[Trade]:
        """As `Client.subscribe_trades`."""

    def subscribe_ticker(
        self, inst_id: str, on_ticker: Callable[[Ticker], object] | None = None
    ) -> Subscription[Ticker]:
        """As `Client.subscribe_ticker`, without conflation."""

    def subscribe_raw(
        self, arg: Mapping[str, str], on_message: Callable[[RawMessage], object] | None = None
    ) -> Subscription[RawMessage]:
        """As `Client.subscribe_raw`; parameters in the order in which they were asked for."""

    def follow(self, arg: Mapping[str, str]) -> Book | Subscription[Any]:
        """A channel of any kind, without a callback; such as `okx_fast.recording.subscriptions` names them."""

    def on_event(self, callback: Callable[[Event], object] | None) -> None:
        """Call `callback` with each Event; None: nobody is told."""

    def line(self, line: bytes) -> int:
        """One line of a recording; returns the number of callbacks it caused.
        Raises MalformedError for a line that cannot be read; ConfigError if a callback calls it.
        """

    def play(self, *paths: str | PathLike[str], speed: float | None = None) -> dict[str, Any]:
        """The files of a recording, one after the other; subscribe first.

        speed: None for as fast as it goes, 1.0 as it was recorded, 2.0 twice as fast.
        Returns lines, callbacks, and in `truncated` the files that end in the middle, read up to their last whole line.
        Raises RecordingError, which names file and line, for what cannot be read.
        """

    def feed(self, frame: bytes) -> int:
        """One text frame as OKX sends it; returns the number of callbacks it caused.
        What is wrong with a frame becomes an Event. Raises ConfigError if a callback calls it.
        """

    def stats(self) -> dict[str, Any]:
        """Counters since the start, named as in `Client.stats`.

        replayed: entries · lost, which the recorder could not write · diverged: requests that were sent then, and would
        not be sent now; 0 unless the recording begins in the middle.
        """

@final
class Verifier:
    """Judges a recording line by line; what `verify_file` reads with."""

    def __new__(cls) -> Self: ...
    def line(self, line: bytes) -> bool:
        """One line: a frame as OKX sent it, or `{"recv": seconds, "conn": name, "msg": frame}`.
        False: it is JSON, but nothing that OKX sends. Raises MalformedError for a line that cannot be read.
        """

    def report(self) -> list[dict[str, Any]]:
        """One dict per stream, in the order of their first messages; `verify_file` names the fields."""

@final
class OrderCall:
    """A call on its way; `okx_fast.Trader` makes them."""

    @property
    def id(self) -> str:
        """The request's `id`, as OKX got it."""

    @property
    def op(self) -> str:
        """OKX's word for the operation."""

    @property
    def done(self) -> bool:
        """Whether its outcome is known, or known to stay unknown."""

    def wait(self, seconds: float) -> bool:
        """Waits without the GIL until it is over, for at most so many seconds; whether it is. Ctrl-C is noticed within
        50 ms.
        """

    def results(self, class_: type[_ResultT], sent: list[dict[str, Any]], route: str) -> list[_ResultT]:
        """How it ended for each of `sent`, as asked for: instances of `class_`, a named tuple. Empty while it is on its
        way.
        """

    def report(self) -> tuple[Any, ...] | None:
        """How it ended, in plain values and OKX's own words; `None` while it is on its way."""

@final
class OrderCore:
    """What `okx_fast.Trader` is made of; use that."""

    def __new__(
        cls,
        *,
        rest: RestCore,
        key: tuple[str, str | bytes | Secret, str | bytes | Secret],
        ws_private: str,
        ws_business: str | None,
        spreads: bool,
        is_kept: bool,
        has_algos: bool,
        ca_file: str | PathLike[str] | None,
        proxy: str | None,
        ping_after_s: float,
        pong_within_s: float,
        answer_within_s: float,
        connect_within_s: float,
        backoff_s: float,
        backoff_max_s: float,
        resolve_within_s: float,
        ops: list[tuple[str, Spec, Spec, list[str]]],
        specs: dict[str, Spec],
    ) -> Self: ...
    def set_instruments(self, rows: list[tuple[str, int | None, str]]) -> None:
        """Instruments by instId: their instIdCode (or None), and what their limits are counted by. Replaces those
        before.
        """

    def send(
        self,
        op: str,
        params: dict[str, Any] | list[dict[str, Any]],
        extra: dict[str, Any] | None,
        exp_ms: int | None,
        timeout_s: float,
        on_done: Callable[[OrderCall], object] | None,
    ) -> OrderCall:
        """Sends an operation at once, on this thread. params: a dict, or a list of them for a batch. Raises what keeps
        it from being sent: ParameterError, LimitError, NotSentError; nothing has left then.
        """

    def frame(
        self,
        op: str,
        params: dict[str, Any] | list[dict[str, Any]],
        extra: dict[str, Any] | None,
        exp_ms: int | None,
        id: int,  # noqa: A002  # OKX's word
    ) -> bytes:
        """The bytes that `send` would put into a WebSocket message, with `id` in place of the next number. Sends
        nothing.
        """

    def begin(
        self, op: str, items: list[dict[str, Any]], called_ns: int, called_wall_ns: int, exp_ms: int | None
    ) -> list[OrderCall]:
        """A call is about to go by REST: what is seen of its orders from now on is its own, should its answer not
        come. Those of `items`, a call each, are to be ended by `open` or `take_back`.
        """

    def open(self, call: OrderCall, why: str, on_done: Callable[[OrderCall], object] | None) -> None:
        """A call of `begin` came back and its outcome is open: it is resolved as those of `send` are. Raises
        ClosedError: nobody is left to do that.
        """

    def take_back(self, calls: list[OrderCall]) -> None:
        """Those of `begin` whose outcome is known from their answer: all that were not opened."""

    def set_stopped(self, why: str | None) -> None:
        """No new orders from now on, and why; None: they may be sent again."""

    @property
    def stopped(self) -> str | None:
        """Why no new orders are sent; None: they are."""

    def placed(self, op: str, inst_id: str, ord_id: str, cl_ord_id: str, ts_ms: int | None, called_ns: int) -> None:
        """An order that was placed by REST, which the desk and the keeper are to know as if it had gone over the
        WebSocket.
        """

    def kill(self) -> None:
        """Cancels every open order of the account, algo orders too, and spread orders where it has those; what comes of
        it is told.
        """

    def arm(self, switch: tuple[int, float] | None) -> None:
        """The dead man's switch: OKX cancels everything `after_s` seconds after it was last renewed, which happens
        while `alive` is called at least each `silence_s`; None: off.
        """

    def alive(self) -> None:
        """The strategy lives."""

    def order(self, ord_id: str | None, cl_ord_id: str | None) -> tuple[Any, ...] | None:
        """An order that is known, by ordId or by the newest with a clOrdId."""

    def open_orders(self) -> list[tuple[Any, ...]]:
        """All orders that are open, as far as is known."""

    def algo(self, algo_id: str | None, algo_cl_ord_id: str | None) -> bytes | None:
        """The row of an algo order, by algoId or the newest with an algoClOrdId."""

    def open_algos(self) -> list[bytes]:
        """The rows of algo orders that may still do something."""

    def holdings(self, what: str) -> tuple[list[tuple[bytes, int]], int, int, bool]:
        """Rows of `positions`, "balances" or "account" as OKX wrote them, each with its time, and when all there was
        had been told and anything was told last (wall clock; 0: never). Whether its channel flows, and has been told
        whole since.
        """

    @property
    def is_reconciling(self) -> bool:
        """Whether the account is being compared with what REST says: what is known may be old until it is over."""

    @property
    def heard_ns(self) -> int:
        """When the private connection was last heard (monotonic); 0: never."""

    @property
    def is_up(self) -> bool:
        """Whether operations of the order book could be sent now."""

    def wait_up(self, seconds: float) -> str | None:
        """Waits, without the GIL, until operations of the order book can be sent; why not, if that takes longer than so
        many seconds. Ctrl-C is noticed within 50 ms.
        """

    def set_on_told(self, callback: Callable[[str, tuple[Any, ...]], object] | None, orders: bool) -> None:
        """Called in `drain` with what is told of the account: its kind, and the parts; `orders`: with orders, fills and
        amendments too.
        """

    def set_on_event(self, callback: Callable[[Event], object] | None) -> None:
        """Called in `drain` with each `Event` of the connections."""

    def attend(self, is_attended: bool) -> None:
        """`drain` is called as soon as the descriptor is readable, from now on, or (false) no more."""

    def fileno(self) -> int:
        """Readable when `drain` has something to do, or an answer may have come."""

    def wait_news(self, seconds: float) -> None:
        """Waits until callbacks wait, reading answers meanwhile, for at most so many seconds. Raises ClosedError."""

    def drain(self, most: int, on_error: Callable[[BaseException, object], object]) -> bool:
        """Reads answers, and calls callbacks for at most `most` things that wait; what one raises is given to
        `on_error(exception, what)`. Whether more wait; if so, the descriptor is readable again.
        """

    def stats(self) -> dict[str, Any]:
        """Counters and spans; `Trader.stats` names them."""

    def reconnect(self) -> Pending:
        """Replaces every connection."""

    def close(self) -> None:
        """Ends connections and the thread. Calls that are on their way end as UNKNOWN. Calling it again is harmless."""

    def forked(self) -> None:
        """In a child of `fork()`: the connections are the parent's."""

@final
class Pending:
    """What came of `reconnect` or `resync`, once it has."""

    @property
    def done(self) -> bool:
        """Whether it is carried out, or cannot be."""

    @property
    def ok(self) -> bool | None:
        """Whether it was carried out; None until it is `done`."""

    @property
    def words(self) -> str:
        """What was done, or why it was not; empty until it is `done`."""

@final
class Engine:
    """Connections, subscriptions and the two ways to run them. `Client` is its public face."""

    def __new__(
        cls,
        *,
        ws_public: str,
        ws_private: str | None,
        ws_business: str | None,
        rest: str | None,
        demo: bool,
        key: tuple[str, Secret, Secret] | None,
        ca_file: str | PathLike[str] | None,
        proxy: str | None,
        ping_after_s: float,
        pong_within_s: float,
        answer_within_s: float,
        connect_within_s: float,
        backoff_s: float,
        backoff_max_s: float,
        queue: int,
        books_per_connection: int,
        channels_per_connection: int,
        redundancy: int,
        rotate_s: float | None,
        recover: bool,
        record: tuple[str | PathLike[str], int, float, int] | None,
        flight: tuple[str | PathLike[str], float, int, float, int] | None,
    ) -> Self:
        """The fields of Site and Options. Raises ConfigError for one that cannot work."""

    def subscribe(
        self,
        kind: Literal["book", "trade", "ticker", "raw", "any"],
        channel: str,
        params: list[tuple[str, str]],
        callback: Callable[..., object] | None,
        *,
        conflate: bool,
        decode: Callable[[RawMessage], list[Any]] | None = None,
    ) -> Book | Subscription[Any]:
        """A Book for kind "book", else a Subscription. decode: makes rows of a RawMessage, each then an event.
        Raises ConfigError if this client holds the same one, its site has no address for it, or the channel is of
        another kind; ClosedError.
        """

    def unsubscribe(self, subscription: Book | Subscription[Any]) -> None:
        """End a subscription made here; twice is harmless. Raises ConfigError for another client's."""

    def listen(
        self,
        subscription: Book | Subscription[Any],
        callback: Callable[..., object] | None,
        on_end: Callable[[], object] | None,
    ) -> None:
        """Set the callback of a subscription that has none, and what is called when OKX ends it; None takes them away.
        Raises ConfigError if there is one, or the subscription has ended.
        """

    def set_on_event(self, callback: Callable[[Event], object] | None) -> None:
        """Call `callback` with each Event; None: nobody is told."""

    def set_on_error(self, callback: Callable[[BaseException, object], object] | None) -> None:
        """Call `callback(exception, event)` when a callback raises; None: `sys.unraisablehook` gets it."""

    def attach(self, core: OrderCore, drain: Callable[[], bool]) -> None:
        """Calls `drain` on the thread of run() and poll() whenever something waits in `core`; True from it: more
        waits.
        """

    def reconnect(self) -> Pending:
        """Replace every connection, each before it goes."""

    def resync(self, book: Book) -> Pending:
        """Ask for a new snapshot of a book, invalid until it is in. Raises ConfigError for another client's."""

    def run(self, seconds: float | None, *, spin: bool, once: bool) -> int:
        """Receive and call back until `seconds` have passed, `stop`, or an exception; with `once`, until data came.
        Returns the number of events handed on. Raises ConfigError while it is already run, and in a callback of
        another client; ClosedError; RuntimeError if a defect of ours ended a connection.
        """

    def stop(self) -> None:
        """End `run` after the message that is being handed on, or the next one at once; from any thread."""

    def start(self) -> int:
        """Start the I/O thread; returns the descriptor that is readable when `drain` has something to do."""

    def drain(self, most: int) -> bool:
        """Call back for at most `most` waiting events. True: more wait, and the descriptor is readable again."""

    def stats(self) -> dict[str, Any]:
        """Counters since the start; `Client.stats` names them."""

    def close(self) -> None:
        """End connections and threads; further calls raise ClosedError. Twice is harmless."""

    def forked(self) -> None:
        """In a child of `fork()`: its books raise ForkError, and a run that forked in a callback ends with one."""

@final
class ExchangeServer:
    """A simulated exchange in this process that speaks OKX's REST and WebSocket, on loopback. Its thread never takes
    the GIL; it runs until `stop`, the end of its `with` block, or its own end.
    """

    def __new__(cls, config_json: str) -> Self:
        """`config_json`: an object with the keys of `okx_fast.Exchange`.
        Raises ValueError for a configuration that cannot work, OSError if a port cannot be had.
        """

    @property
    def running(self) -> bool:
        """Whether it answers: not after `stop`, and not after a failure of its own."""

    @property
    def rest(self) -> str:
        """Base of the plain REST addresses, `http://127.0.0.1:PORT`."""

    @property
    def rest_tls(self) -> str:
        """Base of the TLS REST addresses, `https://127.0.0.1:PORT`."""

    @property
    def ws(self) -> str:
        """Base of the plain WebSocket addresses, `ws://127.0.0.1:PORT`."""

    @property
    def wss(self) -> str:
        """Base of the TLS WebSocket addresses, `wss://127.0.0.1:PORT`."""

    @property
    def admin(self) -> str:
        """Base of the admin API: a port of its own, plain, always on loopback."""

    @property
    def ca_file(self) -> Path:
        """PEM of the authority behind the TLS addresses, made for this run."""

    @property
    def instruments(self) -> list[str]:
        """Instrument ids at the start."""

    @property
    def accounts(self) -> list[tuple[str, str]]:
        """Label and uid of each account at the start."""

    def stop(self) -> None:
        """Close every connection and join the thread; again: do nothing."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_exc_info: object) -> None: ...

@final
class Secret:
    """A secret or a passphrase, wiped from memory when it goes. It cannot be read back, printed, formatted, copied or
    pickled; `RestCore.set_credentials` takes it as it is.
    """

    def __new__(cls, value: str | bytes | Secret) -> Self:
        """A copy of `value`, which Python itself does not wipe. Raises TypeError, without showing what it got."""

    def __bool__(self) -> bool:
        """Whether it is not empty."""

    def __copy__(self) -> Never: ...
    def __deepcopy__(self, memo: object) -> Never: ...
    def __format__(self, spec: str) -> Never: ...
    def __reduce_ex__(self, protocol: object) -> Never: ...

@final
class Spec:
    """What all calls of an endpoint have in common: made once, checked once."""

    def __new__(
        cls,
        *,
        method: str,
        path: str,
        signed: bool,
        idempotent: bool,
        cancel: bool,
        bucket: int,
        count: int,
        window_ms: int,
        by_ip: bool,
        capped: bool,
    ) -> Self:
        """`bucket` numbers its limit of `count` per `window_ms` (0: none of its own), counted per IP or per user.
        `capped`: its items count toward the sub-account's cap too. `idempotent`: it changes nothing and may be asked
        again. `cancel`: it goes in the lane that is kept free for cancels. Raises ConfigError.
        """

    @property
    def endpoint(self) -> str:
        """`POST /api/v5/trade/order`."""

@final
class RawReply:
    """A reply of OKX, or of a gateway in front of it: any status, any body."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def code(self) -> str | None:
        """The top-level `code`, if the body is whole JSON that has one."""

    @property
    def request_id(self) -> str | None:
        """OKX's own id of the request, for its support."""

    @property
    def content_type(self) -> str | None: ...
    @property
    def sent_ns(self) -> int:
        """When the kernel had the request's last byte: CLOCK_MONOTONIC, ns."""

    @property
    def recv_ns(self) -> int:
        """When the reply's first byte came: CLOCK_MONOTONIC, ns."""

    @property
    def attempts(self) -> int:
        """Times it was sent; above 1 only for what changes nothing."""

    @property
    def waited_ns(self) -> int:
        """Spent waiting for limits."""

@final
class ClockReading:
    """How far OKX's clock is ahead of this machine's, from the best of several round trips."""

    @property
    def offset_ms(self) -> float: ...
    @property
    def error_ms(self) -> float:
        """The offset may be wrong by so much: half of the round trip, and what clocks drift apart since."""

    @property
    def rtt_ms(self) -> float: ...
    @property
    def age_s(self) -> float: ...

@final
class ReplyQueue:
    """Where `RestCore.submit` puts answers; one for each event loop, which watches `fileno()` for reading."""

    def __new__(cls, core: RestCore) -> Self:
        """Raises ClosedError, ForkError."""

    def fileno(self) -> int: ...
    def take(self) -> list[tuple[int, RawReply | OkxFastError]]:
        """What has come, each under the token it was submitted with, in the order of coming."""

    def close(self) -> None:
        """Forget what has come and was not taken."""

@final
class RestCore:
    """One client's connections, limits, clock and key. `Rest` and `AsyncRest` are its public faces.

    Any thread may call it. Nothing is sent unasked, unless `keep_warm_s` asks for it.
    """

    def __new__(
        cls,
        *,
        base: str,
        demo: bool,
        ca_file: str | PathLike[str] | None,
        proxy: str | None,
        local_address: str | None,
        connections: int,
        connect_within_s: float,
        keep_warm_s: float | None,
        max_clock_offset_s: float,
        order_cap: int,
    ) -> Self:
        """The fields of Site and RestOptions. Raises ConfigError for one that cannot work."""

    def set_credentials(self, key: str, secret: str | bytes | Secret, passphrase: str | bytes | Secret) -> None:
        """From the next call on, in place of those before. Copied; raises ConfigError without showing what it got."""

    @property
    def key_hint(self) -> str | None:
        """The first characters of the key."""

    def call(
        self,
        spec: Spec,
        params: dict[str, str] | bytes | None,
        bucket_key: str | list[tuple[str, int]],
        n: int,
        exp_time: str | None,
        deadline_s: float,
        wait: bool,
        language: str | None,
    ) -> RawReply:
        """One call on this thread, without the GIL. `params`: a query for GET, a body for POST. It counts as `n` under
        `bucket_key`, or under several keys as each says. `wait=False`: fail at once where a limit would have it wait.

        Raises LimitError, DeadlineError, TransportError (reads), NotSentError, OutcomeUnknownError (what changes
        state), ConfigError, ClosedError, ForkError, and what a signal's handler raises meanwhile.
        """

    def submit(
        self,
        queue: ReplyQueue,
        token: int,
        spec: Spec,
        params: dict[str, str] | bytes | None,
        bucket_key: str | list[tuple[str, int]],
        n: int,
        exp_time: str | None,
        deadline_s: float,
        wait: bool,
        language: str | None,
    ) -> None:
        """As `call`, on a worker: what it returns or raises goes to `queue` under `token`."""

    def abandon(self, queue: ReplyQueue, token: int) -> bool:
        """Give up what was submitted. True: it was not sent and never will be. False: it was; its reply is dropped."""

    def when(self, spec: Spec, bucket_key: str | list[tuple[str, int]], n: int) -> float:
        """Seconds until such a call may be sent; 0.0: now."""

    def limit_refused(self, spec: Spec, bucket_key: str | list[tuple[str, int]], n: int, code: str) -> None:
        """OKX refused for a limit where only the items of a reply say so: 50011 closes the endpoint's bucket for a
        window, 50061 that of the sub-account's cap.
        """

    def set_order_cap(self, count: int) -> None:
        """New and amended orders in two seconds, as `trade/account-rate-limit` says."""

    def prewarm(self, n: int, deadline_s: float) -> int:
        """Make up to `n` connections, without a request; how many it made. Raises TransportError if none came about."""

    def sync_clock(self, samples: int, deadline_s: float) -> ClockReading:
        """Set the clock from the best of `samples` round trips. Raises ConfigError if it is too far off."""

    def clock(self) -> ClockReading | None:
        """The reading in use."""

    def stats(self) -> dict[str, Any]:
        """Counters since the start; `Rest.stats` names them."""

    def close(self) -> None:
        """End connections and threads; what waits raises ClosedError. What has left and changes state is waited for
        half a second more. Twice is harmless.
        """

    def forked(self) -> None:
        """In a child of `fork()`: calls raise ForkError. The parent's connections stay its own."""

@final
class SimServer:
    """A feed server on loopback, in this process, that speaks OKX's public WebSocket. Its threads never take the
    GIL; it runs until `stop`, the end of its `with` block, or its own end.
    """

    def __new__(
        cls,
        *,
        seed: int = 1,
        instruments: int = 5,
        channels: list[str] | None = None,
        messages: int | None = None,
        checksum: str = "zero",
        recording: bytes | None = None,
        conn: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        rate: float | None = None,
        speed: str | None = None,
        burst: int | None = None,
        skip: int | None = None,
        limit: int | None = None,
        chunk: int | None = None,
        send_log: str | PathLike[str] | None = None,
        await_streams: int = 1,
        idle_after_s: float = 30.0,
        shared: bool = False,
        okx_limits: bool = False,
    ) -> Self:
        """Options are those of `okx-fast sim`; `recording` is the content of a file.
        Raises ValueError for an option that cannot work, OSError if a port or file cannot be had.
        """

    @property
    def ws(self) -> str:
        """Base of the plain addresses, `ws://127.0.0.1:PORT`."""

    @property
    def wss(self) -> str:
        """Base of the TLS addresses, `wss://127.0.0.1:PORT`."""

    @property
    def ca_file(self) -> Path:
        """PEM of the authority behind `wss`, made for this run."""

    @property
    def instruments(self) -> list[str]:
        """Instrument ids of its market."""

    def stop(self) -> str:
        """Close every connection, join the threads. Returns JSON: what the last connection was sent, or all of them
        of a shared market.
        """

    def __enter__(self) -> Self: ...
    def __exit__(self, *_exc_info: object) -> None: ...

def channel_facts(channel: str) -> tuple[str, str, bool, int | None]:
    """Of a channel: its socket (public or business), the kind of its events (book, trade, ticker or raw), whether it
    needs a logged-in connection, and its longest silence in seconds, None where it may be silent.
    """

def sign(secret: str, prehash: str) -> str:
    """Base64 of the HMAC-SHA256 of `prehash`, as OKX wants requests and logins signed.

    prehash: timestamp + method + path with query + body; for a login, timestamp + "GET/users/self/verify".
    OKX: Overview › REST authentication › Signature; WebSocket › Login.
    """
