"""Where asyncio meets the workers of Rust: one Port for each event loop.

    await call(…) ─▶ RestCore.submit ─▶ worker ─▶ ReplyQueue, its descriptor readable ─▶ _drain ─▶ future ─▶ await

Any loop with add_reader will do: asyncio's own, uvloop's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from okx_fast._native import ReplyQueue
from okx_fast.errors import ClosedError, ForkError

if TYPE_CHECKING:
    from okx_fast._native import RawReply, RestCore
    from okx_fast.rest.link import Link
    from okx_fast.rest.plan import Ready

__all__ = ["Port", "port_of"]

log = logging.getLogger("okx_fast.rest")


def port_of(link: Link) -> Port:
    """The link's port for the running event loop."""
    loop = asyncio.get_running_loop()
    for port in link.ports:
        if port.loop is loop:
            return port
    port = Port(link.core, loop)
    link.keep(port)
    return port


class Port:
    """Where replies come back to one event loop."""

    def __init__(self, core: RestCore, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._core = core
        self._thread = threading.get_ident()
        self._queue = ReplyQueue(core)
        self._waiting: dict[int, asyncio.Future[RawReply]] = {}
        self._next = 0
        self._fd = self._queue.fileno()
        loop.add_reader(self._fd, self._drain)

    async def call(
        self, write: bool, ready: Ready, exp: str | None, seconds: float, wait: bool, language: str | None
    ) -> RawReply:
        """RestCore.call, awaited. Cancelled, it takes the call back if it has not left yet."""
        self._next = token = self._next + 1
        future: asyncio.Future[RawReply] = self.loop.create_future()
        self._waiting[token] = future
        try:
            self._core.submit(self._queue, token, ready[0], ready[1], ready[2], ready[3], exp, seconds, wait, language)
            return await future
        except (asyncio.CancelledError, GeneratorExit) as error:  # the second: the coroutine is closed, its loop gone
            unsent = self._take_back(token)
            if write and not unsent:
                note = (
                    f"{ready.spec.endpoint}: cancelled after it may have left: outcome unknown, do not resend blindly"
                )
                error.add_note(note)
                log.warning("%s", note)
            raise
        finally:
            self._waiting.pop(token, None)

    def _take_back(self, token: int) -> bool:
        """Whether the call did not leave and never will."""
        try:
            return self._core.abandon(self._queue, token)
        except ForkError:
            return True  # it is the parent's

    def _drain(self) -> None:
        for token, reply in self._queue.take():
            future = self._waiting.get(token)
            if future is None or future.done():
                continue
            if isinstance(reply, BaseException):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def close(self, *, forked: bool = False) -> None:
        """Hand on what came, end what waits; from any thread."""
        if forked or self.loop.is_closed():
            return
        if self.loop.is_running() and threading.get_ident() != self._thread:
            with contextlib.suppress(RuntimeError):  # it was closed just now
                self.loop.call_soon_threadsafe(self._close)
        else:
            self._close()

    def _close(self) -> None:
        self.loop.remove_reader(self._fd)
        self._drain()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ClosedError("the client is closed"))
        self._queue.close()
