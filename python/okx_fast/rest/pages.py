"""All rows of a list that comes in pages, one after the other: complete, or an error; none twice.

    for order in rest.pages("trade.orders_history", instType="SWAP", begin=1_770_000_000_000):
        ...                                        Order, newest first, recent list and archive

    pages(fetch, name, params)   ┐                      ┌─ Ask ─▶ fetch(endpoint, params) ─▶ data ─┐
    apages(fetch, name, params)  ┴▶ walks.plan() ◀──────┴──────────────────────────────────────────┘

`fetch` makes one request and returns the `data` of its reply as OKX sent it; it is the client's, with its limits,
deadlines and retries. Rows come as the endpoint's model where it has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from okx_fast.errors import OkxFastError, PagesError
from okx_fast.rest.models import MODELS, Announcement
from okx_fast.rest.walks import Ask, StuckError, plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from okx_fast.errors import Retry
    from okx_fast.rest.walks import Walk

    Fetch = Callable[[str, dict[str, Any]], Any]
    AsyncFetch = Callable[[str, dict[str, Any]], Awaitable[Any]]

__all__ = ["apages", "pages"]


def pages(
    fetch: Fetch,
    name: str,
    params: dict[str, Any],
    *,
    begin: int | str | None = None,
    end: int | str | None = None,
    max_items: int | None = None,
    history: bool = True,
    now_ms: int | None = None,
) -> Iterator[Any]:
    """Every row of the list `name`, newest first.

    params: the endpoint's, in OKX's spelling; `limit` is the size of a page, the largest if not given.
    begin, end: Unix ms, both inclusive; ParameterError where the list cannot be bounded by time.
    max_items: stop after so many. history: go on in the older list (orders_history_archive, fills_history, …).
    now_ms: the time, for telling whether the older list is needed; our clock if None.
    Raises PagesError if it breaks after the first request, saying where and how to go on; the first request raises
    what it raises.
    """
    walk = plan(name, params, begin=begin, end=end, history=history, now_ms=now_ms)
    return _drive(fetch, _Run(name, walk, max_items))


def apages(
    fetch: AsyncFetch,
    name: str,
    params: dict[str, Any],
    *,
    begin: int | str | None = None,
    end: int | str | None = None,
    max_items: int | None = None,
    history: bool = True,
    now_ms: int | None = None,
) -> AsyncIterator[Any]:
    """As `pages`, for asyncio: `async for row in …`."""
    walk = plan(name, params, begin=begin, end=end, history=history, now_ms=now_ms)
    return _adrive(fetch, _Run(name, walk, max_items))


class _Run:
    """What both drivers share: the walk, the request that is under way, how many rows went out."""

    __slots__ = ("asked", "count", "first", "left", "make", "walk")

    def __init__(self, name: str, walk: Walk, max_items: int | None) -> None:
        model, one = MODELS.get(name, (None, False))
        self.make: Callable[[Any], Any] | None = None if one else model
        if name == "support.announcements":
            self.make = Announcement
        self.walk = walk
        self.left = max_items
        self.count = 0
        self.first = True
        self.asked = Ask(name, {})

    def step(self, data: Any) -> Ask | list[Any] | None:
        """The next request, the next rows (typed, and no more than wanted), or None at the end."""
        if self.left is not None and self.left <= 0:
            return None
        try:
            step = self.walk.send(data)
        except StopIteration:
            return None
        except StuckError as error:
            raise self.broke(error) from error
        if isinstance(step, Ask):
            self.asked = step
            return step
        rows = step if self.left is None else step[: self.left]
        self.count += len(rows)
        if self.left is not None:
            self.left -= len(rows)
        return rows if self.make is None else [self.make(row) for row in rows]

    def broke(self, error: Exception) -> PagesError:
        """The exception for a walk that cannot go on."""
        retry: Retry = error.retry if isinstance(error, OkxFastError) else "no"
        endpoint, params = self.asked.again or self.asked[:2]
        return PagesError(endpoint, str(error), params, self.count, retry)


def _drive(fetch: Fetch, run: _Run) -> Iterator[Any]:
    data: Any = None
    while (step := run.step(data)) is not None:
        data = None
        if not isinstance(step, Ask):
            yield from step
            continue
        try:
            data = fetch(step.endpoint, step.params)
        except OkxFastError as error:
            if run.first:
                raise
            raise run.broke(error) from error
        run.first = False


async def _adrive(fetch: AsyncFetch, run: _Run) -> AsyncIterator[Any]:
    data: Any = None
    while (step := run.step(data)) is not None:
        data = None
        if not isinstance(step, Ask):
            for row in step:
                yield row
            continue
        try:
            data = await fetch(step.endpoint, step.params)
        except OkxFastError as error:
            if run.first:
                raise
            raise run.broke(error) from error
        run.first = False
