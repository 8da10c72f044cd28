"""The stub of the namespaces: a class for each, sync and async, a typed method for each row.

    table, MODELS ─▶ text() ─▶ ruff format ─▶ python/okx_fast/rest/namespaces.pyi

Whoever changes the table or MODELS makes it anew; `make table` says when it was forgotten.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from okx_fast.rest.describe import docstring
from okx_fast.rest.models import MODELS
from okx_fast.rest.table import Row, argument, load

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["class_name", "text"]

HEADER = '''\
"""The namespaces of `Rest` and `AsyncRest`, one method for each endpoint. Made by `python -m tools.endpoints stubs`.

Parameters have OKX's names (`from` is `from_`, since Python keeps it to itself). In every method:

extra: parameters that are not listed yet; sent as given. timeout: seconds for the whole call.
limit_mode: wait for a place in the rate limit, or fail at once. exp_time: Unix ms after which OKX drops the request.
Raises `ParameterError` before anything is sent if a parameter is missing or unknown, and `ApiError` as OKX answers.
"""
'''

IMPORTS = """\
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from okx_fast._native import Num
from okx_fast.rest import models
"""

ALIASES = """\
Text: TypeAlias = str | int | Decimal | Num
# In a query, several values go as one text with commas.
Query: TypeAlias = Text | Sequence[str]
Texts: TypeAlias = str | Sequence[str]
Object: TypeAlias = Mapping[str, Any]
LimitMode: TypeAlias = Literal["wait", "fail"]
"""

TYPES = {"bool": "bool", "int": "int", "list": "Texts", "object": "Object", "objects": "Sequence[Object]"}
SHAPES = {
    "objects": "list[dict[str, Any]]",
    "lists": "list[list[str]]",
    "texts": "list[str]",
    "object": "dict[str, Any]",
    "any": "Any",
}
CALL = ("extra: Object | None = None", "timeout: float | None = None", "limit_mode: LimitMode | None = None")


def class_name(namespace: str) -> str:
    """`TradingBot` for `trading_bot`."""
    return "".join(word.capitalize() for word in namespace.split("_"))


def text() -> str:
    """The stub as it stands in the package."""
    return _formatted("\n".join([HEADER, IMPORTS, ALIASES, *_classes()]))


def _classes() -> Iterator[str]:
    for namespace, group in groupby(load(), key=lambda row: row.namespace):
        rows = list(group)
        path = rows[0].path.split("/")[3]
        for prefix, define in (("", "def"), ("Async", "async def")):
            body = "\n".join(_method(row, define) for row in rows)
            note = f'"""`/api/v5/{path}`{", awaitable" if prefix else ""}."""'
            yield f"class {prefix}{class_name(namespace)}:\n    {note}\n\n{textwrap.indent(body, '    ')}\n"


def _method(row: Row, define: str) -> str:
    if row.body == "json-array":
        params = ["items: Sequence[Object]", "*"]
    else:
        params = ["*", *(f"{argument(name)}: {_type(row, name)}" for name in row.required)]
        params += [f"{argument(name)}: {_type(row, name)} | None = None" for name in row.optional]
    params += [*CALL, "exp_time: int | None = None"] if row.exp_time else CALL
    head = f"{define} {row.method_name}(self, {', '.join(params)}) -> {_returns(row)}:"
    if define != "def":
        return f"{head} ..."
    return f'{head}\n    """{textwrap.indent(_wrapped(docstring(row)), "    ").lstrip()}\n    """'


def _type(row: Row, name: str) -> str:
    kind = row.types.get(name)
    if row.body == "query":
        return "Query" if kind is None else f"{TYPES[kind]} | str"
    return "Text" if kind is None else TYPES[kind]


def _returns(row: Row) -> str:
    if row.binary:
        return "bytes"
    if row.name in MODELS:
        model, one = MODELS[row.name]
        return f"models.{model.__name__}" if one else f"list[models.{model.__name__}]"
    return SHAPES[row.data]


def _wrapped(doc: str) -> str:
    return "\n".join(
        textwrap.fill(line, 110, break_long_words=False, break_on_hyphens=False) for line in doc.split("\n")
    )


def _formatted(source: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (["check", "--select", "I", "--fix-only", "--quiet"], ["format"]):
        source = subprocess.run(  # noqa: S603 (our own text through our own tool)
            [ruff, *command, "--stdin-filename", "python/okx_fast/rest/namespaces.pyi", "-"],
            input=source,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return source
