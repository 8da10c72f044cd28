"""Waiting in tests: on a condition, with a deadline, never on a sleep that hopes."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast import BookUpdate, Client, Event

WITHIN_S = 15.0
BTC, ETH = "BTC-USDT-SWAP", "ETH-USDT-SWAP"


def pump_until(client: Client, condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Run a client in pump mode until the condition holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s; stats {client.stats()}"
        client.poll(0.02)


async def until(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Let the loop run until the condition holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s"
        await asyncio.sleep(0.002)


class Events(list["Event"]):
    """Listens with on_event() and keeps what it hears."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        client.on_event(self.append)

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self if event.kind in kinds]

    @property
    def kinds(self) -> list[str]:
        """What happened, but for the states of connections and the spans of blind spots, which accompany the rest."""
        return [event.kind for event in self if event.kind not in {"state", "blind"}]

    @property
    def states(self) -> list[tuple[str, str]]:
        """Each connection that changed its state, and what that is now."""
        return [(event.connection, event.got) for event in self if event.kind == "state"]


def assert_contiguous(updates: list[BookUpdate]) -> None:
    """Each update follows the one before: none is missing, none is out of order."""
    assert updates[0].action == "snapshot"
    for before, after in itertools.pairwise(updates):
        assert after.action == "update"
        assert after.prev_seq_id == before.seq_id
