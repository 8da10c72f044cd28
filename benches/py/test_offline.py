"""What a Python user feels without a network: one frame in, the answer out.

Ids read task/case/implementation. Each bench runs a chain of frames per round, on a fresh book where the
chain needs one, and asserts the right answer first; `per` is how many operations a round holds. Run by
`python -m benches.py.report`, or alone: `pytest benches/py/test_offline.py --benchmark-enable`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from benches.py import baseline, best_python, frames
from benches.py.rules import digest

okx_fast: Any = pytest.importorskip("okx_fast", reason="build the extension first: make bench", exc_type=ImportError)

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 7
UPDATES = 500
SECRET = "22582BD0CFF14C41EDBF1AB98506286D"  # noqa: S105  OKX's documentation prints it
PREHASH = (
    '2020-12-08T09:08:57.715ZPOST/api/v5/trade/order{"instId":"BTC-USDT","tdMode":"cash","side":"buy",'
    '"ordType":"limit","px":"67500.1","sz":"0.01","clOrdId":"b15"}'
)
RIVALS: dict[str, Any] = {"baseline": baseline, "best_python": best_python}
ALL = [*RIVALS, "okx_fast"]


def ids(task: str, case: str) -> pytest.MarkDecorator:
    """Parametrize over the implementations with ids of three parts."""
    return pytest.mark.parametrize("impl", ALL, ids=[f"{task}/{case}/{impl}" for impl in ALL])


def measure(benchmark: Any, label: tuple[str, str, str], per: int, setup: Callable[[], Callable[[], Any]]) -> None:
    """Time what `setup` gives, made anew for each round."""
    benchmark.extra_info |= dict(zip(("task", "case", "impl"), label, strict=True)) | {"per": per}
    benchmark.group = f"{label[0]}/{label[1]}"
    benchmark.pedantic(lambda work: work(), setup=lambda: ((setup(),), {}), rounds=20, warmup_rounds=2)


def book_of(impl: str, channel: str = "books") -> tuple[Any, Callable[[bytes], Any]]:
    """Give an empty book and the function that takes its frames."""
    if impl == "okx_fast":
        replay = okx_fast.Replay()
        return replay.subscribe_book(frames.INST_ID, channel=channel), replay.feed
    book = RIVALS[impl].Book({"channel": channel, "instId": frames.INST_ID})
    return book, book.apply


def texts(book: Any, impl: str, n: int) -> list[list[tuple[str, str]]]:
    """Give the top `n` of both sides as texts, whatever the implementation's levels are."""
    if impl == "okx_fast":
        return [[(str(level.px), str(level.sz)) for level in side] for side in book.top(n)]
    return [[(row[0], row[1]) for row in side] for side in book.top(n)]


CHAINS: dict[tuple[frames.Shape, frames.Checksum], tuple[bytes, list[bytes], frames.Market]] = {}


def chain(shape: frames.Shape, checksum: frames.Checksum) -> tuple[bytes, list[bytes], frames.Market]:
    """Make, once, a snapshot, the updates that follow it, and the market they leave."""
    if (shape, checksum) not in CHAINS:
        market = frames.Market(SEED, shape, checksum)
        CHAINS[shape, checksum] = market.snapshot(), [market.update() for _ in range(UPDATES)], market
    return CHAINS[shape, checksum]


def apply_chain(benchmark: Any, label: tuple[str, str, str], shape: frames.Shape, checksum: frames.Checksum) -> None:
    impl = label[2]
    snapshot, updates, market = chain(shape, checksum)
    channel = frames.CHANNELS[shape]
    book, feed = book_of(impl, channel)
    for frame in (snapshot, *updates):
        feed(frame)
    assert book.valid
    assert texts(book, impl, 400) == list(market.top(400))
    assert book.digest() == digest(*market.rows())

    def setup() -> Callable[[], None]:
        book, feed = book_of(impl, channel)
        feed(snapshot)

        def work(_keep: Any = book) -> None:
            for frame in updates:
                feed(frame)

        return work

    measure(benchmark, label, UPDATES, setup)


@ids("apply", "update_10_10")
def test_update_of_ten_levels_a_side(benchmark: Any, impl: str) -> None:
    apply_chain(benchmark, ("apply", "update_10_10", impl), "ten", "zero")


@ids("apply", "update_10_10_checksum")
def test_update_of_ten_levels_a_side_with_checksum(benchmark: Any, impl: str) -> None:
    apply_chain(benchmark, ("apply", "update_10_10_checksum", impl), "ten", "real")


@ids("apply", "update_books")
def test_update_as_the_books_channel_sends_it(benchmark: Any, impl: str) -> None:
    apply_chain(benchmark, ("apply", "update_books", impl), "books", "zero")


@ids("apply", "update_tbt")
def test_update_of_two_levels(benchmark: Any, impl: str) -> None:
    apply_chain(benchmark, ("apply", "update_tbt", impl), "tbt", "zero")


@ids("apply", "snapshot_400_400")
def test_snapshot(benchmark: Any, impl: str) -> None:
    market = frames.Market(SEED, "books")
    snapshot = market.snapshot()
    book, feed = book_of(impl)
    feed(snapshot)
    assert book.digest() == digest(*market.rows())

    def work(_keep: Any = book) -> None:
        for _ in range(20):
            feed(snapshot)

    measure(benchmark, ("apply", "snapshot_400_400", impl), 20, lambda: work)


class Turnover:
    """A consumer of trades: adds up px * sz of the texts or numbers its library hands it."""

    def __init__(self, impl: str) -> None:
        self.total = 0.0
        self.feed: Callable[[bytes], Any] = self._feed_dict if impl == "baseline" else self._feed_struct
        if impl == "okx_fast":
            self.replay = okx_fast.Replay()
            self.subscription = self.replay.subscribe_trades(frames.INST_ID, self._on_object)
            self.feed = self.replay.feed

    def _on_dict(self, trade: dict[str, str]) -> None:
        self.total += float(trade["px"]) * float(trade["sz"])

    def _on_object(self, trade: Any) -> None:
        self.total += float(trade.px) * float(trade.sz)

    def _feed_dict(self, frame: bytes) -> None:
        for trade in orjson.loads(frame)["data"]:
            self._on_dict(trade)

    def _feed_struct(self, frame: bytes) -> None:
        for trade in best_python.decode_trades(frame).data:
            self._on_object(trade)


@ids("decode", "trade")
def test_trade_to_callback_that_reads_price_and_size(benchmark: Any, impl: str) -> None:
    messages, turnover = frames.trades(SEED, 1000)
    consumer = Turnover(impl)
    feed = consumer.feed
    for frame in messages:
        feed(frame)
    assert consumer.total == turnover

    def again() -> Callable[[], None]:
        # A trade that comes again is no news to us: each round has a consumer of its own.
        feed = Turnover(impl).feed

        def work() -> None:
            for frame in messages:
                feed(frame)

        return work

    measure(benchmark, ("decode", "trade", impl), len(messages), again)


@ids("checksum", "25_levels")
def test_checksum_of_a_full_book(benchmark: Any, impl: str) -> None:
    market = frames.Market(SEED, "books")
    book, feed = book_of(impl)
    feed(market.snapshot())
    checksum = book.checksum
    assert checksum() == market.crc()

    def work() -> None:
        for _ in range(200):
            checksum()

    measure(benchmark, ("checksum", "25_levels", impl), 200, lambda: work)


@pytest.mark.parametrize("impl", ["baseline", "okx_fast"], ids=lambda impl: f"sign/place_order/{impl}")
def test_signing_a_request(benchmark: Any, impl: str) -> None:
    secret = SECRET.encode()

    def plain(_secret: str, prehash: str) -> str:
        return base64.b64encode(hmac.digest(secret, prehash.encode(), hashlib.sha256)).decode()

    sign = okx_fast.sign if impl == "okx_fast" else plain
    want = base64.b64encode(hmac.new(secret, PREHASH.encode(), hashlib.sha256).digest()).decode()
    assert sign(SECRET, PREHASH) == want

    def work() -> None:
        for _ in range(500):
            sign(SECRET, PREHASH)

    measure(benchmark, ("sign", "place_order", impl), 500, lambda: work)
