"""What both pure-Python clients share: outcomes, sequence rules, counters, digest, keep-alive.

Nothing here runs once per message on the usual path: the books inline `prevSeqId == last` and ask
`observe` only about the rest, so that sharing costs the rivals nothing.

Source: OKX API v5, Order book trading > Market data > WS order book channel, "Sequence ID".
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_LEVELS = 400  # what the deepest channels hold a side
CHECKSUM_LEVELS = 25
QUIET_S = 25.0  # OKX drops a connection that was silent for 30 s
FULL_PUSH = frozenset({"bbo-tbt", "books5"})  # every message is the whole book, without `action`
BOOK_CHANNELS = FULL_PUSH | {"books", "books-l2-tbt", "books50-l2-tbt", "books-rpi"}


class Outcome(Enum):
    """What one message did to a book."""

    SNAPSHOT = "snapshot"
    UPDATE = "update"
    IDLE = "idle"  # keep-alive: nothing changed, the feed lives
    RESET = "reset"  # maintenance: seqId went back, the chain holds
    GAP = "gap"  # a message is missing: the book is invalid until the next snapshot
    BAD_CHECKSUM = "bad_checksum"  # likewise
    WAITING = "waiting"  # an update while no valid book is held: ignored


@dataclass(slots=True)
class Counts:
    """Per-book counters, named as the recordings' expectations name them."""

    messages: int = 0
    snapshots: int = 0
    updates: int = 0
    sum_ok: int = 0
    sum_bad: int = 0
    sum_zero: int = 0
    gaps: int = 0


def observe(last: int | None, prev: int | None, seq: int | None) -> Outcome:
    """Classify an update whose book stands at `last`; the only test of continuity is `prev == last`.

    An absent id (captures of before 2023) proves nothing and passes; -1 is an id like any other
    and only ever fits a snapshot.
    """
    if prev is None or seq is None or last is None:
        return Outcome.UPDATE
    if prev != last:
        return Outcome.GAP
    if seq == prev:
        return Outcome.IDLE
    return Outcome.UPDATE if seq > prev else Outcome.RESET


def digest(bids: Iterable[Sequence[str]], asks: Iterable[Sequence[str]]) -> str:
    """Give the sha256 over every level, prices rising, as the recordings' expectations do."""
    sha = hashlib.sha256()
    for name, levels in (("bids", bids), ("asks", asks)):
        sha.update(f"{name}\n".encode())
        for row in sorted(levels, key=lambda row: float(row[0])):
            sha.update(f"{row[0]}:{row[1]}\n".encode())
    return sha.hexdigest()


def tls(ca_file: str | None) -> ssl.SSLContext:
    """Build a client context that trusts `ca_file` only (or the system's store)."""
    return ssl.create_default_context(cafile=ca_file)
