"""What is read from a book and a ticker: exact numbers, sums that agree, buffers for numpy."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from okx_fast import Book, Client, Num, Sim
from tests.waiting import BTC, pump_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Sim(rate=2000, checksum="real", messages=8000) as sim, Client(sim.site()) as client:
        yield client


@pytest.fixture
def book(client: Client) -> Iterator[Book]:
    book = client.subscribe_book(BTC)
    pump_until(client, lambda: book.valid)
    yield book
    client.unsubscribe(book)


def test_a_num_is_exact_and_travels(book: Book) -> None:
    px = book.best_bid.px
    assert Decimal(str(px)) == px.decimal == px == Decimal(px.mantissa).scaleb(-px.scale)
    assert float(px) == float(str(px))
    assert pickle.loads(pickle.dumps(px)) == px  # noqa: S301  # our own bytes
    assert len({px, px.decimal, Num(f"{px.decimal:.6f}")}) == 1
    assert px != float(px)


def test_book_reads_agree_with_each_other(book: Book) -> None:
    bids, asks = book.top(400)
    assert (len(bids), len(asks)) == book.depth
    assert [level.px.decimal for level in bids] == sorted((level.px.decimal for level in bids), reverse=True)
    assert [level.px.decimal for level in asks] == sorted(level.px.decimal for level in asks)
    assert (book.best_bid, book.best_ask) == (bids[0], asks[0])
    bid, ask = bids[0].px.decimal, asks[0].px.decimal
    assert (book.mid, book.spread, book.crossed) == ((bid + ask) / 2, ask - bid, False)
    to_third = sum(level.sz.decimal for level in asks[:3])
    assert book.size_to("ask", asks[2].px) == book.size_to("ask", str(asks[2].px)) == to_third
    assert book.size_to("bid", ask) == 0
    cost = book.cost("ask", to_third)
    notional = sum(level.px.decimal * level.sz.decimal for level in asks[:3])
    assert (cost.filled, cost.notional, cost.worst_px, cost.complete) == (to_third, notional, asks[2].px, True)
    assert cost.vwap == notional / to_third
    everything = book.cost("bid", 10**12)
    assert (everything.filled, everything.complete) == (sum(level.sz.decimal for level in bids), False)
    first, second = (sum(level.sz.decimal for level in side[:5]) for side in (bids, asks))
    assert book.imbalance(5) == pytest.approx(float((first - second) / (first + second)))
    assert 0 <= book.age_ms < 10_000
    for call in (lambda: book.size_to("buy", 1), lambda: book.cost("ask", 0), lambda: book.cost("ask", 0.5)):
        with pytest.raises(ValueError, match="expected"):
            call()


def test_a_snapshot_is_read_by_numpy_without_copying(book: Book) -> None:
    depth = book.snapshot(50)
    bids, asks = (np.asarray(side) for side in (depth.bids, depth.asks))
    assert (bids.dtype, bids.shape, asks.shape) == (np.int64, (50, 3), (50, 3))
    assert not bids.flags.owndata
    assert not bids.flags.writeable
    assert np.shares_memory(bids, np.asarray(depth.bids))
    for rows, side in zip((bids, asks), book.top(50), strict=True):
        got = [
            (Decimal(px).scaleb(-depth.px_scale), Decimal(sz).scaleb(-depth.sz_scale), n) for px, sz, n in rows.tolist()
        ]
        assert got == [(level.px.decimal, level.sz.decimal, level.n_orders) for level in side]
    assert (depth.seq_id, depth.ts_ms) == (book.seq_id, book.ts_ms)


def test_a_ticker_has_exact_numbers(client: Client, book: Book) -> None:
    tickers: list[Any] = []
    client.subscribe_ticker(BTC, tickers.append)
    pump_until(client, lambda: tickers)
    ticker = tickers[-1]
    names = "last last_sz ask_px ask_sz bid_px bid_sz open_24h high_24h low_24h vol_ccy_24h vol_24h sod_utc0 sod_utc8"
    for name in names.split():
        assert type(getattr(ticker, name)) is Num, name
    assert ticker.bid_px < ticker.ask_px
    assert ticker.low_24h <= ticker.last <= ticker.high_24h
    assert abs(float(ticker.last) - float(book.mid)) / float(book.mid) < 0.1
    assert (ticker.inst_id, ticker.channel) == (BTC, "tickers")
