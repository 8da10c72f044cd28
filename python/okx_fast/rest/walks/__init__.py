"""How each kind of list is walked: which request comes next, and which of its rows are new. No I/O.

    walk = plan("trade.fills", {"instType": "SPOT"}, …)     a generator
    Ask(endpoint, params) ◀── walk                          "make this request"
    data ───────────────────▶ walk                          its data, by `send`
    [row, row, …] ◀────────── walk                          rows that are new, newest first

`pages.py` drives it, sync and async. What makes a walk whole:

- It goes on until a page brings nothing new; a short page is no end, OKX filters after it counts.
- A cursor that is a time may be shared by rows on both sides of a page's border. The next page is asked for from one
  millisecond later, and the rows seen before are taken out; more rows of one time than fit a page are an error.
- An id is a cursor of its own. Orders are listed by id but kept by the day they ended: their recent list and their
  archive are walked side by side and merged, since the oldest recent order may be older than archived ones.
- Other recent lists go on in their history where they end.

Source: OKX API v5, the sections of each endpoint; `after` and `before` in Overview › Pagination.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ParameterError
from okx_fast.rest import table
from okx_fast.rest.walks.cursor import Trail, bounded, by_cursor, first_trades, start
from okx_fast.rest.walks.lists import DAY_MS, HOUR_MS, by_page, by_token, files, single
from okx_fast.rest.walks.rows import FILES, TRADES, Ask, StuckError, Walk, objects

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Ask", "StuckError", "Walk", "plan"]

# Recent list: (its history, how long the recent one keeps rows in days, 0 if that is not stated in time).
_GOES_ON = {
    "account.bills": ("account.bills_archive", 7),
    "asset.bills": ("asset.bills_history", 30),
    "market.candles": ("market.history_candles", 0),
    "market.index_candles": ("market.history_index_candles", 0),
    "market.mark_price_candles": ("market.history_mark_price_candles", 0),
    "market.sprd_candles": ("market.sprd_history_candles", 0),
    "market.trades": ("market.history_trades", 0),
    "trade.fills": ("trade.fills_history", 3),
}
# Recent list: its archive, which has recent rows too, and the days the recent one keeps.
_MERGED = {
    "sprd.orders_history": ("sprd.orders_history_archive", 21),
    "trade.orders_history": ("trade.orders_history_archive", 7),
}
# Days OKX keeps a list at most; what is asked for beyond them would be missing without a word.
_KEPT = {
    "account.bills": 7,
    "account.bills_archive": 92,
    "sprd.orders_history_archive": 92,
    "trade.fills": 3,
    "trade.fills_history": 92,
    "trade.orders_history": 7,
    "trade.orders_history_archive": 92,
}


def plan(
    name: str,
    params: dict[str, Any],
    *,
    begin: int | str | None = None,
    end: int | str | None = None,
    history: bool = True,
    now_ms: int | None = None,
) -> Walk:
    """The walk over a list, newest first. begin, end: Unix ms, both inclusive. history: go on in the older list.

    Raises ParameterError for what is not a list, or cannot be bounded by time, or begins before what OKX keeps.
    """
    row = table.by_name(name)
    if row is None or (row.paging is None and name != FILES):
        raise ParameterError(name, "name", "is not an endpoint with pages")
    begin, end = _millis(name, "begin", begin), _millis(name, "end", end)
    if name == FILES:
        return files(row, params, begin, end)
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    last = (_MERGED.get(name) or _GOES_ON.get(name) or (name,))[0] if history else name
    days = _KEPT.get(last)
    if begin is not None and days is not None and begin < now - days * DAY_MS:
        raise ParameterError(name, "begin", f"OKX keeps {last} for {days} days at most, got {begin}")
    if history and name in _MERGED:
        older, days = _MERGED[name]
        if not _recent(begin, now, days):
            archive = _next(row, older, params)
            return _merge(row, params, (_one(row, params, begin, end), _one(archive, params, begin, end)))
    if history and name in _GOES_ON:
        older, days = _GOES_ON[name]
        if not _recent(begin, now, days):
            return _chain(row, _next(row, older, params), params, begin, end)
    return _one(row, params, begin, end)


def _millis(name: str, given: str, value: int | str | None) -> int | None:
    """A bound, as int or as the text OKX takes."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ParameterError(name, given, "a time is Unix milliseconds, as int or text")


def _recent(begin: int | None, now: int, days: int) -> bool:
    """Whether all from `begin` on is still in the recent list."""
    return begin is not None and days > 0 and begin >= now - days * DAY_MS + HOUR_MS


def _next(row: table.Row, older: str, params: dict[str, Any]) -> table.Row:
    """The row of the older list. Raises ParameterError if it needs what the recent one does not."""
    found = table.by_name(older)
    if found is None:
        raise ParameterError(row.name, "history", f"{older} is not in the table")
    for needed in found.required:
        if params.get(needed) is None:
            raise ParameterError(row.name, needed, f"needed by {older}, where this goes on; or give history=False")
    return found


def _one(row: table.Row, params: dict[str, Any], begin: int | None, end: int | None) -> Walk:
    """One list by itself."""
    style = "" if row.paging is None else row.paging.style
    if style in ("page", "token", "limit"):
        query = bounded(row, params, begin, end)
        return {"page": by_page, "token": by_token, "limit": single}[style](row, query)
    return by_cursor(*start(row, params, begin, end))


def _chain(row: table.Row, older: table.Row, params: dict[str, Any], begin: int | None, end: int | None) -> Walk:
    """The recent list, then the older one from where it ended."""
    trail = Trail()
    if row.name != "market.trades":
        track, query, trail = start(row, params, begin, end)
        trail = yield from by_cursor(track, query, trail)
    elif end is None:  # it has no cursor to start from: with an end, all comes from the history
        yield from first_trades(row, params, begin, trail)
    if trail.done:
        return
    own = {key: value for key, value in params.items() if key in (*older.required, *older.optional)}
    track, query, anew = start(older, own, begin, end)
    if trail.cursor is None:
        trail = anew
    elif older.name == TRADES:
        query.pop("type", None)
    yield from by_cursor(track, query, trail)


def _merge(row: table.Row, params: dict[str, Any], walks: tuple[Walk, Walk]) -> Walk:
    """Two walks over rows with `ordId`, the newer id first, each once. Broken, both go on after the last one given."""
    send = "endId" if row.paging is not None and row.paging.style == "begin_end_id" else "after"
    again = dict(params)
    heads: tuple[deque[Any], deque[Any]] = (deque(), deque())
    more = [True, True]
    seen: set[str] = set()
    while True:
        for side in (0, 1):
            while more[side] and not heads[side]:
                rows = yield from _pull(walks[side], (row.name, again))
                if rows is None:
                    more[side] = False
                else:
                    heads[side].extend(objects(rows))
        if not (heads[0] or heads[1]):
            return
        ready = []
        while all(heads[side] or not more[side] for side in (0, 1)) and (heads[0] or heads[1]):
            side = _newer(heads)
            item = heads[side].popleft()
            ident = str(item.get("ordId"))
            if ident not in seen:
                seen.add(ident)
                ready.append(item)
        if ready:
            again = {**again, send: str(ready[-1].get("ordId"))}
            yield ready


def _newer(heads: tuple[deque[Any], deque[Any]]) -> int:
    if not heads[1]:
        return 0
    if not heads[0]:
        return 1
    one, other = (str(head[0].get("ordId")) for head in heads)
    return 0 if (len(one), one) >= (len(other), other) else 1


def _pull(walk: Walk, again: tuple[str, dict[str, Any]]) -> Generator[Ask, Any, list[Any] | None]:
    """The next rows of a walk inside a walk; None at its end."""
    step = next(walk, None)
    while isinstance(step, Ask):
        data = yield step._replace(again=again)
        try:
            step = walk.send(data)
        except StopIteration:
            return None
    return step
