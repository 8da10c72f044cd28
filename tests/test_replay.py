"""Frames without a socket: what Replay refuses, and that it stays usable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from okx_fast import ConfigError, Replay


def frame(channel: str, *rows: dict[str, Any], **extra: str) -> bytes:
    push = {"arg": {"channel": channel, "instId": "X"}, **extra, "data": rows}
    return json.dumps(push, separators=(",", ":")).encode()


TRADE = {"instId": "X", "tradeId": "1", "px": "1", "sz": "1", "side": "buy", "ts": "1", "count": "1"}


def test_what_a_client_refuses_is_refused() -> None:
    replay = Replay()
    replay.subscribe_book("X")
    replay.subscribe_trades("X")
    for call, message in (
        (lambda: replay.subscribe_book("X"), "books X: already subscribed"),
        (lambda: replay.subscribe_trades("X"), "trades X: already subscribed"),
        (lambda: replay.subscribe_trades("X", channel="books5"), "expected a trade channel"),
        (lambda: replay.subscribe_book("X", channel="trades"), "expected a book channel"),
    ):
        with pytest.raises(ConfigError, match=message):
            call()


def test_subscribing_from_a_callback_is_refused_and_does_not_hang() -> None:
    replay, told = Replay(), []

    def on_trade(trade: Any) -> None:
        with pytest.raises(ConfigError, match="callback of feed"):
            replay.subscribe_book("X")
        told.append(trade)

    replay.subscribe_trades("X", on_trade)
    assert replay.feed(frame("trades", TRADE)) == len(told) == 1
    replay.subscribe_book("X")


def test_what_ends_a_program_comes_out_of_feed_before_another_callback() -> None:
    replay, seen = Replay(), []

    def on_trade(trade: Any) -> None:
        seen.append(trade)
        raise SystemExit

    replay.subscribe_trades("X", on_trade)
    for count in (1, 2):
        with pytest.raises(SystemExit):
            replay.feed(frame("trades", *(TRADE | {"tradeId": str(2 * count + n)} for n in (0, 1))))
        assert len(seen) == count


def test_an_empty_side_is_an_array_without_rows() -> None:
    replay = Replay()
    book = replay.subscribe_book("X")
    row = {"asks": [["2", "1", "0", "1"]], "bids": [], "ts": "1", "checksum": 0, "seqId": 1, "prevSeqId": -1}
    replay.feed(frame("books", row, action="snapshot"))
    depth = book.snapshot()
    assert (depth.bids.shape, depth.asks.shape) == ((0, 3), (1, 3))
    assert np.asarray(depth.bids)[:, 0].tolist() == []
    assert np.asarray(depth.asks)[:, 0].tolist() == [2]
