"""The table of OKX's REST endpoints: one row each, from which methods, stubs, limits and docs follow.

    endpoints.jsonl ─▶ load() ─▶ Row, Row, … ─▶ namespaces, stubs, coverage page, `okx-fast endpoints`

A line of `endpoints.jsonl` is one JSON object; a key that has its usual value is left out. The facts (parameters,
limits, paging) come from OKX's documentation as of 2026-10; `tools/endpoints.py` compares them with a newer catalogue.

Names follow one rule: the first segment of the path after `/api/v5/` is the namespace, the rest is the method, both in
snake_case (`GET /api/v5/account/balance` is `account.balance`, a `{x}` segment is `by_x`). Where GET and POST share a
path, GET has that name and POST one with a verb in front; orders have the short names everybody uses
(`trade.place_order`).
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson

__all__ = ["Paging", "Row", "argument", "by_name", "by_path", "load", "near", "python_okx"]

# Names that a message proposes.
MOST_NEAR = 3

Permission = Literal["none", "read", "trade", "withdraw"]
Body = Literal["query", "json", "json-array"]
Data = Literal["objects", "lists", "texts", "object", "any"]
Style = Literal["after", "begin_end_id", "page", "time", "token", "limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a list continues.

    style:
      after         `after` takes the `cursor` of the last item and gives older ones, `before` newer ones
      begin_end_id  the same, with `beginId` (newer than) and `endId` (older than)
      page          `page` counts from 1
      time          `since` and `until` name the parameters that bound the time, in Unix ms; `cursor` is the item's time
      token         `cursor` names the parameter which takes the token of the reply before
      limit         one page is all there is
    cursor: the field of an item; candles and statistics are lists and have their time at index 0, also if it says `ts`.
    limit, default: most items of a page and the number without `limit`; 0 if OKX does not say.
    """

    style: Style
    cursor: str = ""
    since: str = ""
    until: str = ""
    limit: int = 0
    default: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One endpoint.

    name: `namespace.method`. verb: the word in front of a POST's method where GET has the same path.
    what: one line in our words. section: where OKX's documentation has it.
    auth: signed, needs a key. permission: what the key must be allowed; `none` if no key is needed.
    count, seconds, scope: the limit, `count` a window of `seconds` for each `scope`; count 0 if OKX states none.
    also: a second limit which OKX states, in its words; it is not counted here.
    required, optional: parameters in OKX's spelling. conditional: those of `optional` that some cases need.
    nested: of an object or a list of objects the fields inside, dotted further down. nested_required: the needed ones.
    body: where parameters go; `json-array`: the body is a list of such objects, at most `max_items` (0: not stated).
    types: of the parameters that are not text, dotted for nested ones: bool, int, list (of text), object, objects (a
    list of them).
    per_item: each item counts in the limit, not the request as a whole.
    exp_time: takes the `expTime` header. capped: counts toward the order cap of a sub-account.
    cancel: takes orders off the market. single: the row whose limit a batch of one item counts in.
    bucket: the row whose limit this one shares; its own name if none.
    data: the shape of a reply's data: a list of objects, of lists or of texts, an object, or what it happens to be.
    status: a deprecated endpoint still answers. binary: a good reply is SBE, not JSON.
    python_okx: the method of OKX's own SDK. idempotent: may be sent again without harm.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    verb: str = ""
    what: str
    section: str
    auth: bool
    permission: Permission
    count: int
    seconds: int
    scope: str
    also: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    nested: dict[str, tuple[str, ...]]
    nested_required: dict[str, tuple[str, ...]]
    body: Body
    types: dict[str, str]
    max_items: int = 0
    per_item: bool = False
    paging: Paging | None = None
    exp_time: bool = False
    capped: bool = False
    cancel: bool = False
    single: str = ""
    bucket: str
    status: Literal["current", "deprecated"] = "current"
    data: Data = "objects"
    binary: bool = False
    python_okx: str = ""
    idempotent: bool

    @property
    def namespace(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def method_name(self) -> str:
        """The part of the name after the dot."""
        return self.name.partition(".")[2]

    @property
    def path_params(self) -> tuple[str, ...]:
        """The parameters which stand in the path, as `{eventId}`."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values, for JSON."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.paging is not None:
            row["paging"] = {field.name: getattr(self.paging, field.name) for field in fields(Paging)}
        return row


@cache
def load() -> tuple[Row, ...]:
    """All rows, in the order of their names."""
    lines = Path(__file__).with_name("endpoints.jsonl").read_bytes().splitlines()
    return tuple(_row(orjson.loads(line)) for line in lines)


@cache
def _paths() -> dict[tuple[str, str], Row]:
    return {(row.method, row.path): row for row in load()}


@cache
def _names() -> dict[str, Row]:
    return {row.name: row for row in load()}


def by_path(method: str, path: str) -> Row | None:
    """The row of a method and a path as the table writes it (`{eventId}` and all), None if there is none."""
    return _paths().get((method, path))


def by_name(name: str) -> Row | None:
    """The row of a name such as `trade.place_order`, None if there is none."""
    return _names().get(name)


def near(name: str) -> list[str]:
    """Names that somebody who wrote `trade.batch_orders`, `market.get_ticker` or `place_order` may have meant."""
    namespace, _, method = name.rpartition(".")
    said = {method, method.removeprefix("get_")}
    rows = load()
    found = [row.name for row in rows if row.method_name in said or _words(row.path) in said]
    found += [row.name for row in rows if row.python_okx.partition(".")[2].lower() in said]
    if not found:
        close = [f"{namespace}.{each}" if namespace else each for each in said]
        known = _names() if namespace else {row.method_name: row for row in rows}
        found = [known[each].name for text in close for each in get_close_matches(text, known, n=2, cutoff=0.8)]
    return sorted(dict.fromkeys(found), key=lambda each: not each.startswith(f"{namespace}."))[:MOST_NEAR]


def _words(path: str) -> str:
    """What comes behind the namespace in a path, in snake_case."""
    return "_".join(path.split("/")[4:]).replace("-", "_").lower()


def argument(param: str) -> str:
    """A parameter's name in a call: OKX's spelling, but `from_` for `from`, which Python keeps to itself."""
    return f"{param}_" if keyword.iskeyword(param) else param


def python_okx() -> dict[str, str]:
    """The methods of python-okx (`Trade.place_order`) with our names for the same endpoints."""
    return {row.python_okx: row.name for row in load() if row.python_okx}


def _row(line: dict[str, Any]) -> Row:
    paging = line.pop("paging", None)
    return Row(
        nested={name: tuple(inside) for name, inside in line.pop("nested", {}).items()},
        nested_required={name: tuple(inside) for name, inside in line.pop("nested_required", {}).items()},
        required=tuple(line.pop("required", ())),
        optional=tuple(line.pop("optional", ())),
        conditional=tuple(line.pop("conditional", ())),
        body=line.pop("in"),
        types=line.pop("types", {}),
        bucket=line.pop("bucket", line["name"]),
        idempotent=line.pop("idempotent", line["method"] == "GET"),
        paging=None if paging is None else Paging(**paging),
        **line,
    )
