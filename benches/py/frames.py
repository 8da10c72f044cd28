"""Frames for the offline benchmarks, made here from a seed: same seed, same bytes.

The shapes follow recorded OKX traffic: a full window of 400 levels a side, changes that cluster at
the touch, new sizes for known prices, new prices, removals, and for each level that leaves the far
end of the window an explicit removal. `Market` is a plain sorted model, slow and obviously right, and
its books are the answers the benchmarks assert.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal

INST_ID = "BTC-USDT"
DEPTH = 400
TS = 1_790_000_000_000

Shape = Literal["books", "ten", "tbt", "heavy"]
Checksum = Literal["zero", "real"]

# Levels changed per message, (low, high) for each side. `books` averages 14.5 over both.
SHAPES: dict[Shape, tuple[int, int]] = {"books": (3, 11), "ten": (10, 10), "tbt": (1, 1), "heavy": (18, 22)}
CHANNELS: dict[Shape, str] = {"books": "books", "ten": "books", "tbt": "books-l2-tbt", "heavy": "books"}


@dataclass
class Side:
    """One side as tick -> (size text, orders); `sign` is +1 for bids: best is the highest tick."""

    sign: int
    levels: dict[int, tuple[str, int]] = field(default_factory=dict)

    def best_first(self) -> list[int]:
        return sorted(self.levels, key=lambda tick: -self.sign * tick)


class Market:
    """A seeded two-sided book that emits OKX-shaped frames and knows its own true state."""

    def __init__(self, seed: int, shape: Shape, checksum: Checksum = "zero") -> None:
        self._rng = random.Random(seed)
        self._shape = shape
        self._checksum = checksum
        self.mid = 675_000  # ticks of 0.1
        self.seq = 78_677_952_000
        self.bids, self.asks = Side(1), Side(-1)
        for side in (self.bids, self.asks):
            tick = self.mid
            for _ in range(DEPTH):
                tick -= side.sign * self._rng.choice((1, 1, 1, 2, 3))
                side.levels[tick] = self._size()

    def snapshot(self) -> bytes:
        return self._frame("snapshot", self._rows(self.bids), self._rows(self.asks), -1, self.seq)

    def update(self) -> bytes:
        low, high = SHAPES[self._shape]
        changed = [self._change(side, self._rng.randint(low, high)) for side in (self.bids, self.asks)]
        if self._shape == "books" and self._rng.random() < 0.5:  # 7 a side and a half: 14.5
            changed[0] += self._change(self.bids, 1, avoid=changed[0])
        prev, self.seq = self.seq, self.seq + self._rng.randint(2, 79)
        bids, asks = (
            [_row(tick, *side.levels.get(tick, ("0", 0))) for tick in sorted(ticks, key=lambda t: -side.sign * t)]
            for side, ticks in ((self.bids, changed[0]), (self.asks, changed[1]))
        )
        return self._frame("update", bids, asks, prev, self.seq)

    def _change(self, side: Side, rows: int, avoid: list[int] | None = None) -> list[int]:
        """Change `rows` levels near the touch and give their ticks; a removed one is gone from `side`."""
        rng, levels, touched = self._rng, side.levels, set(avoid or ())
        changed: list[int] = []
        while len(changed) < rows:
            near = side.best_first()[:80]
            tick = near[min(int(rng.expovariate(1 / 12)), len(near) - 1)]
            roll = rng.random()
            if roll < 0.3:  # a neighbouring price, often a new one
                tick -= side.sign * rng.choice((-1, 1))
            if tick in touched or side.sign * (tick - self.mid) >= 0:
                continue
            out = []
            if tick not in levels and len(levels) == DEPTH:
                out = side.best_first()[-1:]  # makes room, and OKX says so in the same message
                if len(changed) + 2 > rows or out[0] in touched:
                    continue
                del levels[out[0]]
            if roll > 0.95:
                del levels[tick]
            else:
                levels[tick] = self._size()
            touched.update((tick, *out))
            changed += [tick, *out]
        return changed

    def _size(self) -> tuple[str, int]:
        rng = self._rng
        size = rng.expovariate(2) + 0.00000001
        text = f"{size:.8f}" if rng.random() < 0.6 else f"{size + 0.01:.2f}"
        return text.rstrip("0").rstrip("."), 1 + int(rng.expovariate(0.5))

    @staticmethod
    def _rows(side: Side) -> list[str]:
        return [_row(tick, *side.levels[tick]) for tick in side.best_first()]

    def crc(self) -> int:
        pairs = zip_longest(
            *([f"{_px(t)}:{s.levels[t][0]}" for t in s.best_first()[:25]] for s in (self.bids, self.asks))
        )
        crc = zlib.crc32(":".join(text for text in chain.from_iterable(pairs) if text).encode())
        return crc - (1 << 32) if crc & (1 << 31) else crc

    def top(self, n: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        bids, asks = ([(_px(t), s.levels[t][0]) for t in s.best_first()[:n]] for s in (self.bids, self.asks))
        return bids, asks

    def rows(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        return self.top(DEPTH + 1)

    def _frame(self, action: str, bids: list[str], asks: list[str], prev: int, seq: int) -> bytes:
        crc = self.crc() if self._checksum == "real" else 0
        return (
            f'{{"arg":{{"channel":"{CHANNELS[self._shape]}","instId":"{INST_ID}"}},"action":"{action}",'
            f'"data":[{{"asks":[{",".join(asks)}],"bids":[{",".join(bids)}],"ts":"{TS + seq % 10**9}",'
            f'"checksum":{crc},"seqId":{seq},"prevSeqId":{prev}}}]}}'
        ).encode()


def _px(tick: int) -> str:
    whole, tenth = divmod(tick, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)  # OKX sends no trailing zero


def _row(tick: int, size: str, orders: int) -> str:
    return f'["{_px(tick)}","{size}","0","{orders}"]'


def trades(seed: int, n: int) -> tuple[list[bytes], float]:
    """Frames of the `trades` channel and their turnover, the sum of px * sz."""
    rng = random.Random(seed)
    frames, turnover, seq = [], 0.0, 78_677_952_000
    for i in range(n):
        px, sz = _px(675_000 + rng.randint(-500, 500)), f"{rng.expovariate(4) + 1e-8:.8f}".rstrip("0").rstrip(".")
        seq += rng.randint(2, 79)
        turnover += float(px) * float(sz)
        frames.append(
            (
                f'{{"arg":{{"channel":"trades","instId":"{INST_ID}"}},"data":[{{"instId":"{INST_ID}",'
                f'"tradeId":"{830_000_000 + i}","px":"{px}","sz":"{sz}","side":"{rng.choice(("buy", "sell"))}",'
                f'"ts":"{TS + i}","count":"{rng.randint(1, 4)}","source":"0","seqId":{seq}}}]}}'
            ).encode()
        )
    return frames, turnover
