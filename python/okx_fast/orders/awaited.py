"""`Awaited`: the end of a call, for the task that waits for it."""

from __future__ import annotations

from asyncio import CancelledError, _get_running_loop, current_task
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import contextvars
    from collections.abc import Callable, Generator

    from okx_fast._native import OrderCall

__all__ = ["Awaited"]


class Awaited:
    """A Future for one task, which goes on within the turn of the loop that brings the end, not in the one after it.

    It has what a task asks of a Future-like object (`_asyncio_future_blocking`).
    """

    __slots__ = ("_asyncio_future_blocking", "_canceled", "_context", "_done", "_loop", "_wakeup")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._done = False
        self._canceled: CancelledError | None = None
        self._wakeup: Callable[[Awaited], object] | None = None
        self._context: contextvars.Context | None = None

    def put(self, _: OrderCall) -> None:
        """It is over: the task goes on now, or in the next turn where this is not the loop's own code."""
        if not self._done:
            self._done = True
            is_free = _get_running_loop() is self._loop and current_task(self._loop) is None
            self._wake(now=is_free)

    def cancel(self, msg: object = None) -> bool:
        """The task is cancelled, and waits no more."""
        if self._done:
            return False
        self._done, self._canceled = True, CancelledError() if msg is None else CancelledError(msg)
        self._wake(now=False)
        return True

    def _wake(self, *, now: bool) -> None:
        wakeup, context = self._wakeup, self._context
        # The task is not held any longer.
        self._wakeup = self._context = None
        if wakeup is None or context is None:
            return
        if now:
            context.run(wakeup, self)
        else:
            self._loop.call_soon(wakeup, self, context=context)

    def result(self) -> None:
        """Nothing: what came of the call, it knows itself."""
        if self._canceled is not None:
            raise self._canceled

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Whose tasks may wait for it."""
        return self._loop

    def add_done_callback(self, wakeup: Callable[[Awaited], object], *, context: contextvars.Context) -> None:
        """How the task is told."""
        self._wakeup, self._context = wakeup, context

    def __await__(self) -> Generator[Awaited, None, None]:
        if not self._done:
            self._asyncio_future_blocking = True
            yield self
        self.result()
