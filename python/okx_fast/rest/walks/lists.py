"""Lists that page by number or by a token, lists of one page, and files by the day."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ParameterError
from okx_fast.rest.walks.rows import FILES, Ask, StuckError, fresh_of, identity, objects, rows_of

if TYPE_CHECKING:
    from okx_fast.rest.table import Row
    from okx_fast.rest.walks.rows import Walk

__all__ = ["DAY_MS", "HOUR_MS", "by_page", "by_token", "files", "single"]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def by_page(row: Row, params: dict[str, Any]) -> Walk:
    """Pages by number, from the caller's on."""
    given = str(params.get("page") or 1)
    if not given.isdecimal():
        raise ParameterError(row.name, "page", f"expected a whole number, got {given!r}")
    return _by_page(row, params, int(given))


def _by_page(row: Row, params: dict[str, Any], page: int) -> Walk:
    """The list moves while it is read: what moves to the next page is not given twice."""
    limit = row.paging.limit if row.paging else 0
    query = dict(params)
    if limit and "limit" in row.optional:
        query.setdefault("limit", str(limit))
    border: Counter[bytes] = Counter()
    while True:
        query["page"] = str(page)
        data = yield Ask(row.name, dict(query))
        rows, around = _paged(data)
        fresh = fresh_of(rows, border)
        if fresh:
            yield fresh
        total = str(around.get("totalPage") or "")
        if not fresh or (total.isdecimal() and page >= int(total)):
            return
        if "dataVer" in row.optional and around.get("dataVer"):
            query["dataVer"] = around["dataVer"]  # OKX keeps a version of the list for those who page
        border = Counter(map(identity, rows))
        page += 1


def _paged(data: Any) -> tuple[list[Any], dict[str, Any]]:
    """The items of a numbered page, and the fields around them where they are one level down."""
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict) and "totalPage" in data[0]:
        lists = [value for value in data[0].values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0], data[0]
    if isinstance(data, list):
        return data, {}
    raise StuckError(f"expected a list of rows, got {type(data).__name__}")


def by_token(row: Row, params: dict[str, Any]) -> Walk:
    """Pages by a token of the reply before (Outcomes)."""
    query = dict(params)
    send = row.paging.cursor if row.paging else "cursor"
    while True:
        data = yield Ask(row.name, dict(query))
        if not isinstance(data, dict) or not isinstance(data.get("list"), list):
            raise StuckError("expected an object with a list")
        if data["list"]:
            yield data["list"]
        token = data.get("nextCursor")
        if not token or data.get("hasNext") is False or not data["list"]:
            return
        if token == query.get(send):
            raise StuckError("the token of the next page does not change")
        query[send] = token


def single(row: Row, params: dict[str, Any]) -> Walk:
    """A list of one page: all that OKX gives."""
    query = dict(params)
    if row.paging and row.paging.limit and "limit" in row.optional:
        query.setdefault("limit", str(row.paging.limit))
    rows = rows_of(row.name, (yield Ask(row.name, query)))
    if rows:
        yield rows


def files(row: Row, params: dict[str, Any], begin: int | None, end: int | None) -> Walk:
    """Files of historical market data: at most 10 days (10 months for monthly files) a request, newest first."""
    if begin is None or end is None:
        raise ParameterError(row.name, "begin" if begin is None else "end", "needed: the range of the files")
    return _file_windows(row, params, begin, end)


def _file_windows(row: Row, params: dict[str, Any], begin: int, end: int) -> Walk:
    books = str(params.get("module")) in ("4", "5", "6")
    shift = 0 if books else 8 * HOUR_MS  # OKX counts days of books in UTC, all others in UTC+8
    first, last = ((at + shift) // DAY_MS * DAY_MS - shift for at in (begin, end))
    days = 270 if params.get("dateAggrType") == "monthly" else 10  # 270 days touch 10 months at most
    if str(params.get("module")) == "6" and params.get("instType") == "OPTION":
        days = 1
    seen: set[str] = set()
    while last >= first:
        start = max(first, last - (days - 1) * DAY_MS)
        query = {**params, "begin": str(start), "end": str(last)}
        data = yield Ask(row.name, query, (row.name, {**query, "begin": first}))
        fresh = [file for file in _files_of(data) if str(file.get("url") or file.get("filename")) not in seen]
        seen.update(str(file.get("url") or file.get("filename")) for file in fresh)
        if fresh:
            yield fresh
        last = start - DAY_MS


def _files_of(data: Any) -> list[dict[str, Any]]:
    found = []
    for group in objects(rows_of(FILES, data)):
        for inside in objects(group.get("details")):
            around = {key: inside[key] for key in ("instType", "instFamily", "instId") if key in inside}
            found += [{**around, **file} for file in objects(inside.get("groupDetails"))]
    return found
