"""Lists that page by a cursor, an id or a time, from the newest row to the oldest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ParameterError
from okx_fast.rest.walks.rows import TRADES, Ask, StuckError, fresh_of, identity, rows_of, time_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from okx_fast.rest.table import Paging, Row

__all__ = ["Track", "Trail", "bounded", "by_cursor", "first_trades", "start"]

_TIMES = frozenset({"ts", "uTime", "cTime", "fundingTime", "date", "expTime", "requestTime", "eventCtime"})


@dataclass(slots=True)
class Trail:
    """Where a walk is: the next cursor, the rows that may come again, whether it has reached its begin."""

    cursor: str | None = None
    border: Counter[bytes] = field(default_factory=Counter)
    done: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """How one list is walked by cursor."""

    row: Row
    field: str  # of an item, the cursor
    send: str  # the parameter which takes it
    by_time: bool  # the cursor is a time
    time: str  # of an item, for since and until; "" if they are not ours to keep
    since: int | None
    until: int | None
    page: int  # items of a full page, 0 if not known

    @property
    def id(self) -> str:
        """Of an item, what tells it from others; "" if the cursor does not."""
        return "" if self.by_time else self.field

    def wants(self, item: Any) -> bool:
        """Whether it lies between since and until."""
        if self.since is None and self.until is None:
            return True
        at = time_of(item, self.time)
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def passed(self, rows: list[Any]) -> bool:
        """Whether the rows reach beyond `since`."""
        return self.since is not None and min(time_of(item, self.time) for item in rows) < self.since

    def follows(self, rows: list[Any], cursor: str | None) -> None:
        """Raise StuckError if a page has later rows than asked for and none earlier: it would bring them for ever."""
        if not self.by_time or cursor is None or not cursor.isdecimal():
            return
        try:
            times = [time_of(item, self.time) for item in rows]
        except StuckError:
            return  # without times there is nothing to go on from
        if min(times) + 1 >= int(cursor) < max(times):
            raise StuckError(f"the rows do not go on from {self.send}={cursor}")


def start(row: Row, params: dict[str, Any], begin: int | None, end: int | None) -> tuple[Track, dict[str, Any], Trail]:
    """How to walk a list, with which parameters, and where it begins."""
    paging = row.paging
    if paging is None:
        raise ParameterError(row.name, "name", "is not an endpoint with pages")
    allowed = (*row.required, *row.optional)
    cursor, send = paging.cursor, {"after": "after", "begin_end_id": "endId", "time": paging.until}[paging.style]
    if str(params.get("pagingType")) == "2" and "pagingType" in allowed:
        cursor = "billId"  # the caller's choice of asset.bills_history
    by_time = paging.style == "time" or cursor in _TIMES
    query = dict(params)
    trail = Trail()
    if query.get(send) is not None:
        trail.cursor = str(query.pop(send))
    elif by_time and end is not None and not (paging.style == "after" and "end" in allowed):
        trail.cursor = str(end + 1)
    elif row.name == TRADES and end is not None:
        # Only the first page goes by time: trades share milliseconds, their ids are their own.
        query["type"] = "2"
        trail.cursor = str(end + 1)
    else:
        query = bounded(row, query, None, end)
    if by_time or row.name == TRADES:
        if paging.style == "time" and begin is not None:
            query[paging.since] = str(begin)
        elif "begin" in allowed and begin is not None:
            query["begin"] = str(begin)
    else:
        query = bounded(row, query, begin, None)
    page = _page(row, paging, query)
    moment = cursor if by_time else "ts" if row.name == TRADES else ""
    since, until = (begin, end) if moment else (None, None)
    return Track(row, cursor, send, by_time, moment, since, until, page), query, trail


def _page(row: Row, paging: Paging, query: dict[str, Any]) -> int:
    """How many items a full page has, 0 if that is not known; the query asks for so many."""
    if "limit" not in (*row.required, *row.optional):
        return paging.limit
    given = str(query.get("limit") or paging.limit or paging.default or 100)
    if not given.isdecimal():
        raise ParameterError(row.name, "limit", f"expected a whole number, got {given!r}")
    page = min(int(given), paging.limit or int(given))
    query["limit"] = str(page)
    return page


def bounded(row: Row, params: dict[str, Any], begin: int | None, end: int | None) -> dict[str, Any]:
    """The parameters with the time bounds that the endpoint takes itself."""
    query = dict(params)
    allowed = (*row.required, *row.optional)
    for given, value, names in (("begin", begin, ("begin", "beginTs")), ("end", end, ("end", "endTs"))):
        if value is None:
            continue
        name = next((name for name in names if name in allowed), None)
        if name is None:
            raise ParameterError(row.name, given, "this list cannot be bounded by time")
        query[name] = str(value)
    return query


def by_cursor(track: Track, params: dict[str, Any], trail: Trail) -> Generator[Ask | list[Any], Any, Trail]:
    """Pages by `after`, `endId` or a time, newest first, until one brings nothing new or `since` is passed.
    Returns where it ended. Raises StuckError where it cannot tell how to go on.
    """
    query = dict(params)
    while True:
        if trail.cursor is not None:
            query[track.send] = trail.cursor
        again = None if track.since is None else (track.row.name, {**query, "begin": track.since})
        rows = rows_of(track.row.name, (yield Ask(track.row.name, dict(query), again)))
        if track.row.name == TRADES:
            query.pop("type", None)  # a time finds the first page, ids all others
        fresh = fresh_of(rows, trail.border, track.id)
        full = 0 < track.page <= len(rows)
        if not fresh:
            if full:
                raise StuckError(f"{len(rows)} rows share one {track.field}, more than a page holds")
            return trail
        track.follows(rows, trail.cursor)
        wanted = [item for item in fresh if track.wants(item)]
        if wanted:
            yield wanted
        trail.done = track.passed(rows)
        if trail.done:
            return trail
        if not _advance(track, rows, trail):
            if full:
                raise StuckError(f"a row has no {track.field} to go on from")
            return trail


def _advance(track: Track, rows: list[Any], trail: Trail) -> bool:
    """Set the next cursor, and remember which rows may come again. False if the rows have no cursor."""
    if not track.by_time:
        value = rows[-1].get(track.field) if isinstance(rows[-1], dict) else None
        if value in (None, ""):
            return False
        trail.cursor = str(value)
        trail.border = Counter(identity(item, track.id) for item in rows)
        return True
    try:
        times = [time_of(item, track.time) for item in rows]
    except StuckError:
        return False
    following = min(times) + 1
    again = Counter(identity(item) for item, at in zip(rows, times, strict=True) if at <= following)
    trail.cursor, trail.border = str(following), again
    return True


def first_trades(
    row: Row, params: dict[str, Any], begin: int | None, trail: Trail
) -> Generator[Ask | list[Any], Any, None]:
    """The newest public trades, which have a list of their own without a cursor; sets the trail for their history."""
    query = {"limit": str(row.paging.limit if row.paging else 100), **params}
    rows = rows_of(row.name, (yield Ask(row.name, query)))
    if not rows:
        return
    track = Track(row, "tradeId", "after", by_time=False, time="ts", since=begin, until=None, page=0)
    wanted = [item for item in rows if track.wants(item)]
    if wanted:
        yield wanted
    trail.done = track.passed(rows)
    _advance(track, rows, trail)
