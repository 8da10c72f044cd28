"""A catalogue of OKX's REST endpoints (CSV) read as facts, in the shape of `endpoints.jsonl`.

Columns: method, path, auth, permission, limit_count, limit_seconds, limit_scope, required, optional, in, notes.
Notes are separated by `; ` and begin with `status=`; rows which are neither current nor deprecated are left out.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FACTS", "HOT", "method_name", "namespace", "order", "read"]

Key = tuple[str, str]

# The keys of a row in their order. What a catalogue knows are its facts; the others are ours.
OWN = ("name", "verb", "what", "section", "types", "cancel", "single", "bucket", "data", "idempotent")
KEYS = (
    *("name", "verb", "method", "path", "what", "section", "auth", "permission", "count", "seconds", "scope", "also"),
    *("required", "optional", "conditional", "nested", "nested_required", "in", "types", "max_items", "per_item"),
    *("paging", "exp_time", "capped", "cancel", "single", "bucket", "data", "status", "binary", "python_okx"),
    "idempotent",
)
FACTS = tuple(key for key in KEYS if key not in {*OWN, "method", "path"})
ALWAYS = {
    "name",
    "method",
    "path",
    "what",
    "section",
    "auth",
    "permission",
    "count",
    "seconds",
    "scope",
    "in",
    "status",
}

# Orders have the short names that traders use; everything else follows the rule of `table.py`.
HOT: dict[Key, str] = {
    ("POST", "/api/v5/trade/batch-orders"): "trade.place_batch_orders",
    ("POST", "/api/v5/trade/order-algo"): "trade.place_algo_order",
    ("POST", "/api/v5/trade/amend-algos"): "trade.amend_algo_order",
    ("POST", "/api/v5/trade/cancel-algos"): "trade.cancel_algo_orders",
}

# Where the catalogue says more or less than a call needs; each with its reason.
CORRECTIONS: dict[Key, dict[str, Any]] = {
    # The page calls `after` needed, but its examples leave it out: a list must have a first page. It has `algoId` too.
    ("GET", "/api/v5/tradingBot/signal/orders-algo-pending"): {
        "required": ["algoOrdType"],
        "optional": ["algoId", "after", "before", "limit"],
    },
    ("GET", "/api/v5/tradingBot/signal/orders-algo-history"): {
        "required": ["algoOrdType", "algoId"],
        "optional": ["after", "before", "limit"],
    },
    # The English page names `algoId`, which all of them share; the Chinese one names this.
    ("GET", "/api/v5/tradingBot/recurring/sub-orders"): {
        "paging": {"style": "after", "cursor": "ordId", "limit": 100, "default": 100},
    },
    # Its items have calendar days in Hong Kong, not times that `begin` and `end` could take.
    ("GET", "/api/v5/users/glp/historicalperformance"): {"paging": {"style": "limit", "limit": 100, "default": 31}},
}


def snake(segment: str) -> str:
    """A segment of a path in snake_case: `adjust-leverage-info`, `amendTPSL`, `{eventId}` (`by_event_id`)."""
    if segment.startswith("{"):
        return f"by_{snake(segment[1:-1])}"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", segment).replace("-", "_").lower()


def namespace(path: str) -> str:
    """`trading_bot` for `/api/v5/tradingBot/grid/order-algo`."""
    return snake(path.removeprefix("/api/v5/").partition("/")[0])


def method_name(method: str, path: str, verb: str = "") -> str:
    """The name which the rule gives: `trade.place_order` for POST `/api/v5/trade/order` with the verb `place`."""
    hot = HOT.get((method, path))
    if hot is not None:
        return hot
    rest = [snake(segment) for segment in path.removeprefix("/api/v5/").split("/")[1:]]
    return f"{namespace(path)}.{'_'.join([verb, *rest] if verb else rest)}"


def read(path: Path) -> dict[Key, dict[str, Any]]:
    """The facts of each endpoint that is current or deprecated."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [(row, _notes(row["notes"])) for row in csv.DictReader(file)]
    return {
        (row["method"], row["path"]): _facts(row, notes) | CORRECTIONS.get((row["method"], row["path"]), {})
        for row, notes in rows
        if notes["status"] in {"current", "deprecated"}
    }


def order(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its keys in the table's order, without those that have their usual value."""
    return {
        key: row[key] for key in KEYS if key in row and (key in ALWAYS or row[key] not in (None, "", 0, False, [], {}))
    }


def _notes(text: str) -> dict[str, str]:
    notes: dict[str, str] = {}
    for note in text.split("; "):
        key, mark, value = re.fullmatch(r"(status|py|alias)?(=)?(.*)", note, re.DOTALL).groups()  # type: ignore[union-attr]
        if mark and key:
            notes[key] = value
        else:
            head, colon, tail = note.partition(": ")
            notes[head if colon else note] = tail
    return notes


def _facts(row: dict[str, str], notes: dict[str, str]) -> dict[str, Any]:
    required, needed = _split(row["required"].split())
    optional, inside = _split(row["optional"].split())
    within = _split(notes.get("required-within-parent", "").split())[1]
    top = [*required, *optional]
    nested = {name: _ordered(row, name) for name in top if name in needed or name in inside}
    needed = {name: [*needed.get(name, []), *within.get(name, [])] for name in top if name in needed or name in within}
    also = [note.removeprefix("also ") for note in notes if note.startswith("also ")]
    return {
        "auth": row["auth"] == "key",
        "permission": row["permission"] or "none",
        "count": int(row["limit_count"] or 0),
        "seconds": int(row["limit_seconds"] or 0),
        "scope": row["limit_scope"],
        "also": "".join(also),
        "required": required,
        "optional": optional,
        "conditional": [name for name in notes.get("conditional", "").split() if "." not in name],
        "nested": nested,
        "nested_required": needed,
        "in": row["in"],
        "max_items": next((int(m[1]) for note in notes if (m := re.fullmatch(r"max (\d+) items", note))), 0),
        "per_item": "limit counts orders not requests" in notes,
        "paging": _paging(notes.get("paging", ""), top),
        "exp_time": "expTime header supported" in notes,
        "capped": "counts toward 1000/2s sub-account limit" in notes,
        "status": notes["status"],
        "binary": any(note.startswith("binary SBE response") for note in notes),
        "python_okx": notes.get("py", ""),
    }


def _split(names: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Top-level names, and for each parent the dotted names inside; `orders[].side` is `orders.side`."""
    top: list[str] = []
    nested: dict[str, list[str]] = {}
    for name in names:
        parent, dot, rest = name.replace("[]", "").partition(".")
        if dot:
            nested.setdefault(parent, []).append(rest)
        else:
            top.append(parent)
    return top, nested


def _ordered(row: dict[str, str], parent: str) -> list[str]:
    return _split([*row["required"].split(), *row["optional"].split()])[1][parent]


def _paging(text: str, params: list[str]) -> dict[str, Any] | None:
    """How a list continues, as far as a catalogue knows: `cursor` is empty where it only says "time" or nothing."""
    style = _style(text, set(params))
    numbers = re.search(r"limit max (\d+) default (\d+)", text)
    limits = {"limit": int(numbers[1]), "default": int(numbers[2])} if numbers else {}
    return {**style, **limits} if style else {"style": "limit", **limits} if limits else None


def _style(text: str, params: set[str]) -> dict[str, str] | None:
    cursor = re.match(r"after/before on ([\w-]+)", text)
    if "page" in params:
        style = {"style": "page"}
    elif "cursor" in params:
        style = {"style": "token", "cursor": "cursor"}
    elif "beginId" in params:
        style = {"style": "begin_end_id", "cursor": ""}
    elif cursor and cursor[1] == "time-filter":
        style = {"style": "time", "cursor": "", "since": "after", "until": "before"}
    elif "after" in params:
        style = {"style": "after", "cursor": cursor[1] if cursor and cursor[1] != "time" else ""}
    elif "beginTs" in params:
        style = {"style": "time", "cursor": "", "since": "beginTs", "until": "endTs"}
    elif "begin" in params and (text or "period" in params):
        style = {"style": "time", "cursor": "", "since": "begin", "until": "end"}
    else:
        return None
    return style
