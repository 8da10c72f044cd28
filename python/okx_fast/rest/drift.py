"""What OKX sent that our tables do not know: fields, values of enumerations, codes, channels.

    reply ─▶ Drift.see(endpoint, data) ─▶ known? nothing
                                       └─ new ─▶ Drift.report() ─▶ [{"kind": "field", "where": "market.ticker", …}]

OKX adds fields and values at any time and asks clients to ignore them. Nothing breaks on them here either, but they are
written down, so that a user learns from his own traffic what has changed. A finding holds the name and, of a value, its
text where that looks like a word of an enumeration; of a new field only the kind of its value. Amounts, ids and texts
of an account are never kept.

Bounded: at most `limit` findings, each with a count; what comes after is only counted (`dropped`).
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, TypedDict

from okx_fast.rest import codes
from okx_fast.rest.models import MODELS, ListModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from okx_fast.rest.models import Model

__all__ = ["Drift", "Finding"]

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,32}", re.ASCII).fullmatch
_KINDS = {str: "text", bool: "bool", int: "integer", float: "number", list: "list", dict: "object", type(None): "null"}
_HIDDEN = "…"


class Finding(TypedDict):
    """One thing our tables do not know.

    kind: field, value, column, code or channel. where: the endpoint (and the path inside its rows), or the channel.
    name: of the field, the enumeration, the code. example: the value, or the kind of value of a field.
    count: times seen. first_seen: Unix ms by our clock.
    """

    kind: str
    where: str
    name: str
    example: str
    count: int
    first_seen: int


class Drift:
    """Findings of one client; calls from any thread."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.dropped = 0
        self._found: dict[tuple[str, str, str, str], Finding] = {}
        self._lock = threading.Lock()

    def see(self, endpoint: str, data: Any) -> None:
        """Look through the data of a reply of the endpoint (`market.ticker`), as OKX sent it. Never raises."""
        entry = MODELS.get(endpoint)
        if entry is not None and type(data) is list:
            self._rows(endpoint, entry[0], data)

    def rows(self, where: str, model: type[Model], rows: list[Any]) -> None:
        """Look through the rows of a push of the channel `where`. Never raises."""
        self._rows(where, model, rows)

    def code(self, where: str, code: str, sub_code: str = "") -> None:
        """Note a code of OKX that the table of codes does not list."""
        if not codes.find(code, sub_code or None).known:
            self.note("code", where, f"{code}_{sub_code}" if sub_code else code)

    def note(self, kind: str, where: str, name: str, example: str = "") -> None:
        """Write a finding down, or count it if it is there already."""
        key = (kind, where, name, example)
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                found["count"] += 1
            elif len(self._found) < self.limit:
                now = time.time_ns() // 1_000_000
                self._found[key] = Finding(kind=kind, where=where, name=name, example=example, count=1, first_seen=now)
            else:
                self.dropped += 1

    def note_name(self, kind: str, where: str, name: str) -> None:
        """The same for a name that may be any text."""
        self.note(kind, where, _word(name))

    def report(self) -> list[Finding]:
        """All findings, the first seen first; copies."""
        with self._lock:
            return [found.copy() for found in self._found.values()]

    def clear(self) -> None:
        """Forget all findings."""
        with self._lock:
            self._found.clear()
            self.dropped = 0

    def _rows(self, where: str, model: type[Model], rows: Sequence[Any]) -> None:
        if issubclass(model, ListModel):
            self._columns(where, model, rows)
            return
        known, enums, nested = model.KNOWN, model.ENUMS, model.NESTED
        for row in rows:
            if type(row) is not dict:
                continue
            if not known.issuperset(row):
                self._fields(where, row, known)
            for field in enums:
                value = row.get(field.key)
                # The fast way out; `strangers` knows about lists, "" and null.
                if value is not None and value != "" and (type(value) is not str or value not in field.known):
                    self._values(where, str(field.key), field.strangers(value))
            for key, inner in nested:
                value = row.get(key)
                if value:
                    self._rows(f"{where}.{key}", inner, value if type(value) is list else (value,))

    def _columns(self, where: str, model: type[Model], rows: Sequence[Any]) -> None:
        """Rows that are lists have no names, only a length; all rows of a reply have the same."""
        if not rows or type(rows[0]) is not list:
            return
        width = max(model.KNOWN) + 1
        for index in range(width, len(rows[0])):
            self.note("column", where, str(index), _KINDS.get(type(rows[0][index]), _HIDDEN))

    def _fields(self, where: str, row: dict[str, Any], known: frozenset[Any]) -> None:
        for name in row.keys() - known:
            self.note("field", where, _word(name), _KINDS.get(type(row[name]), _HIDDEN))

    def _values(self, where: str, name: str, strangers: Iterable[str]) -> None:
        for stranger in strangers:
            self.note("value", where, name, _word(stranger))


def _word(text: str) -> str:
    """The text if it looks like a word of an enumeration or a name, else only that there was something."""
    return text if _WORD(text) else _HIDDEN
