"""Tells the log what happened to the clocks: nothing about them changes in silence.

    reply ─▶ Watch.seen(recv_ns) ─▶ every 10 s of use, and when the clock was measured ─▶ news? ─▶ a warning

The clocks themselves are kept in Rust, which does not know Python's logging.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from okx_fast.errors import ClosedError, ForkError

if TYPE_CHECKING:
    from okx_fast._native import RestCore

__all__ = ["Watch"]

log = logging.getLogger("okx_fast.rest")

EVERY_NS = 10_000_000_000


class Watch:
    """Compares what the core has noticed with what was told already."""

    __slots__ = ("_core", "_told", "due_ns")

    def __init__(self, core: RestCore) -> None:
        self._core = core
        self._told = {"jumps": 0, "steps": 0, "suspicions": 0}
        self.due_ns = 0  # monotonic: a reply received later is a reason to look

    def look(self, now_ns: int = 0) -> None:
        """Log what is new; `now_ns` is when it was asked for, monotonic."""
        self.due_ns = max(self.due_ns, now_ns + EVERY_NS)
        try:
            clock = self._core.stats()["clock"]
        except (ClosedError, ForkError):
            return  # the caller wants OKX's answer
        told, self._told = self._told, {kind: clock[kind] for kind in self._told}
        if clock["jumps"] > told["jumps"]:
            before_ms, after_ms = clock["last_jump_ms"]
            log.warning("clock: OKX's is ahead of ours by %.1f ms, by %.1f ms before", after_ms, before_ms)
        if clock["steps"] > told["steps"]:
            log.warning("clock: this machine's was set by %.1f ms; not followed", clock["last_step_ms"])
        if clock["suspicions"] > told["suspicions"]:
            source, by_ms = clock["last_suspicion_ms"]
            log.warning("clock: by %s of a reply OKX's is off by %.1f ms or more: sync_clock()", source, by_ms)
