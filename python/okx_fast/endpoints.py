"""`okx-fast endpoints`: every REST method with its endpoint, permission and limit.

trade.place_order    POST /api/v5/trade/order    trade    60 in 2 s per user and instrument (…)    Place an order; …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from okx_fast.rest.describe import limit
from okx_fast.rest.table import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from okx_fast.rest.table import Row

__all__ = ["lines"]


def lines(pattern: str = "", *, as_json: bool = False) -> Iterator[str]:
    """The rows whose name or path contains `pattern`, in any case: a line of a table each, or a JSON object."""
    text = pattern.casefold()
    rows = [row for row in load() if text in row.name or text in row.path.casefold()]
    if as_json:
        yield from (orjson.dumps(row.as_dict() | {"limit": limit(row)}).decode() for row in rows)
        return
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    what = f"(deprecated) {row.what}" if row.status == "deprecated" else row.what
    return row.name, f"{row.method:4} {row.path}", row.permission, limit(row), what
