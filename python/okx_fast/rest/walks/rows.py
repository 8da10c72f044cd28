"""Rows of a list: brought up from where a reply has them, told apart, dated."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections import Counter

__all__ = ["FILES", "TRADES", "Ask", "StuckError", "Walk", "fresh_of", "identity", "objects", "rows_of", "time_of"]

TRADES = "market.history_trades"
FILES = "public.market_data_history"

# Rows whose items are one level down; the fields around them are put into each.
_INSIDE = {"public.insurance_fund": "details", "public.liquidation_orders": "details"}
# What tells one row from another better than its whole content, which may change between two requests.
_IDS = ("billId", "depId", "wdId", "ordId", "tradeId")


class Ask(NamedTuple):
    """A request the walk needs: the endpoint's name and the parameters.

    again: where that list would have to be walked from if the request fails (its name and parameters), if another than
    the request itself says.
    """

    endpoint: str
    params: dict[str, Any]
    again: tuple[str, dict[str, Any]] | None = None


class StuckError(Exception):
    """The list cannot be walked on: why."""


Walk = Generator[Ask | list[Any], Any, Any]


def rows_of(name: str, data: Any) -> list[Any]:
    """The rows of a reply, those one level down brought up."""
    if not isinstance(data, list):
        raise StuckError(f"expected a list of rows, got {type(data).__name__}")
    inside = _INSIDE.get(name)
    if inside is None:
        return data
    found = []
    for row in objects(data):
        around = {key: value for key, value in row.items() if key != inside}
        found += [{**around, **item} for item in objects(row.get(inside))]
    return found


def objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects inside a reply; none if OKX left it out."""
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise StuckError(f"expected a list of objects, got {str(value)[:40]!r}")
    return value


def fresh_of(rows: list[Any], border: Counter[bytes], cursor: str = "") -> list[Any]:
    """The rows not seen before; each seen one is taken out once. cursor: as in `identity`."""
    if not border:
        return rows
    left = border.copy()
    fresh = []
    for row in rows:
        ident = identity(row, cursor)
        if left[ident] > 0:
            left[ident] -= 1
        else:
            fresh.append(row)
    return fresh


def identity(row: Any, cursor: str = "") -> bytes:
    """What tells a row from others: its time if it is a list, its id, or all of it.

    cursor: the id by which the list goes on; another one may be that of several rows, as the order's of its trades.
    """
    if isinstance(row, list):
        return str(row[0]).encode() if row else b""
    if isinstance(row, dict):
        for name in (cursor, *_IDS):
            if row.get(name):
                return f"{name}={row[name]}".encode()
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def time_of(row: Any, name: str) -> int:
    """The time of a row, Unix ms."""
    value = row[0] if isinstance(row, list) and row else row.get(name) if isinstance(row, dict) else None
    try:
        return int(value)  # type: ignore[arg-type]  # a wrong one is what is asked about
    except (TypeError, ValueError):
        raise StuckError(f"a row has no time in {name}: {str(value)[:40]!r}") from None
