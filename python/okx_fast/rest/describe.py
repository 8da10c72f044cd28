"""What a row of the table says to people: its limit and its docstring, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from okx_fast.rest.table import Row

__all__ = ["docstring", "limit", "window"]

SCOPES = {
    "ip": "per IP",
    "ip+instrument": "per IP and instrument",
    "ip+instFamily": "per IP and family",
    "ip+instType": "per IP and type of instrument",
    "ip+instType+instFamily": "per IP, type of instrument and family",
    "user": "per user",
    "user+ccy": "per user and currency",
    "user+instType": "per user and type of instrument",
    "user+instrument": "per user and instrument",
    "user+instrument|user+instFamily(options)": "per user and instrument (options: per user and family)",
    "user|ip": "per user, or per IP without a key",
    "user+tag": "per user and tag",
    "master-user": "per master account",
}
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def limit(row: Row) -> str:
    """`60 in 2 s per user and instrument`, or that OKX states none."""
    if not row.count:
        return "not stated"
    counts = "orders " if row.per_item else ""
    also = f"; also {row.also}" if row.also else ""
    return f"{row.count} {counts}in {window(row.seconds)} {SCOPES[row.scope]}{also}"


def window(seconds: int) -> str:
    """Seconds in the largest unit that divides them: `2 s`, `1 min`, `30 d`."""
    for size, unit in UNITS:
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def docstring(row: Row) -> str:
    """The docstring of the row's method: what, where, permission, limit, what may be needed, and OKX's section."""
    permission = "no key needed" if row.permission == "none" else f"permission {row.permission}"
    lines = [row.what, "", f"{row.method} {row.path}, {permission}, limit {limit(row)}."]
    if row.status == "deprecated":
        lines.append("Deprecated.")
    if row.body == "json-array":
        most = f", at most {row.max_items}" if row.max_items else ""
        lines.append(f"items: objects{most}, each with {', '.join(row.required)}; it may have {_some(row.optional)}.")
    if row.conditional:
        lines.append(f"Some cases need {', '.join(row.conditional)}.")
    lines += [f"{name}: {_inside(row, name)}." for name in row.nested]
    if row.paging is not None and row.paging.limit:
        lines.append(f"Up to {row.paging.limit} at once, {row.paging.default} without `limit`.")
    lines.append(f"OKX: {row.section}.")
    return "\n".join(lines)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing more"


def _inside(row: Row, name: str) -> str:
    needed = set(row.nested_required.get(name, ()))
    kind = "an object" if row.types.get(name) == "object" else "objects"
    fields = ", ".join(f"{field} (needed)" if field in needed else field for field in row.nested[name])
    return f"{kind} of {fields}"
