"""Parameters of a call: checked by name and kind, put into the text OKX wants, and nothing else.

    what the caller gave ─▶ known name? ─▶ its rule ─▶ text, bool, list ... ─▶ what is sent

Nothing is added, rounded or changed: an int or a Decimal becomes its plain digits, a list of a query its parts with
commas between. A float is refused, since 0.1 is not what it says. None means: not sent.
Source: OKX API v5, the pages of each endpoint; clOrdId, tag: Trade › Place order.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from okx_fast._native import Num
from okx_fast.errors import ParameterError
from okx_fast.rest.table import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from okx_fast.rest.table import Row

    # (endpoint, name, value) to what is sent.
    Kind = Callable[[str, str, Any], Any]

__all__ = [
    "FLOAT",
    "ID_RULE",
    "TAG_RULE",
    "Params",
    "as_given",
    "json_text",
    "path_of",
    "query_as_given",
    "query_text",
    "text",
]

FLOAT = "a float is not exact: give text, an int or a Decimal"
ID_RULE = "1 to 32 letters and digits (A-Z, a-z, 0-9)"
TAG_RULE = "1 to 16 letters and digits (A-Z, a-z, 0-9)"
OKUSD_ID_RULE = "1 to 32 letters, digits, '-' and '_'"

_ID = re.compile(r"[A-Za-z0-9]{1,32}").fullmatch
_TAG = re.compile(r"[A-Za-z0-9]{1,16}").fullmatch
_OKUSD_ID = re.compile(r"[A-Za-z0-9_-]{1,32}").fullmatch
_OURS = frozenset({"clOrdId", "algoClOrdId", "attachAlgoClOrdId", "reqId"})
_PATH_PART = re.compile(r"(?!\.{1,2}$)[^/\x00-\x1f\x7f]+").fullmatch


def text(endpoint: str, name: str, value: Any) -> str:
    """Text, an int, a Decimal or a Num, as plain text."""
    if isinstance(value, str):
        return str.__str__(value)  # an enum's value, not its name
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ParameterError(endpoint, name, f"expected a number, got {value}")
        return format(value, "f")
    if isinstance(value, float):
        raise ParameterError(endpoint, name, FLOAT)
    if isinstance(value, Num):
        return str(value)
    if isinstance(value, bool):
        raise ParameterError(endpoint, name, "OKX takes no bool here: give text, an int or a Decimal")
    try:
        return str(operator.index(value))
    except TypeError:
        if isinstance(value, (Mapping, Sequence, set, frozenset)):
            raise ParameterError(endpoint, name, f"expected one value, got {type(value).__name__}") from None
        if "float" in type(value).__name__:  # numpy's
            raise ParameterError(endpoint, name, FLOAT) from None
        raise ParameterError(endpoint, name, f"expected text, int or Decimal, got {type(value).__name__}") from None


def query_text(endpoint: str, name: str, value: Any) -> str:
    """As `text`; several values with commas between."""
    if isinstance(value, (list, tuple)):
        return ",".join([text(endpoint, name, each) for each in value])
    return text(endpoint, name, value)


def query_as_given(endpoint: str, name: str, value: Any) -> str:
    """As `query_text`, for parameters nobody here knows: a bool becomes its word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join([query_as_given(endpoint, name, each) for each in value])
    return text(endpoint, name, value)


def json_text(endpoint: str, name: str, value: Any) -> Any:
    """As `text`; but a bool stays one, and a list or an object is taken with what is in it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_text(endpoint, f"{name}.{key}", each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_text(endpoint, name, each) for each in value]
    return text(endpoint, name, value)


def as_given(endpoint: str, name: str, value: Any) -> Any:
    """What `extra` holds: JSON as it is, but for floats, which are refused, and exact numbers, which become text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): as_given(endpoint, f"{name}.{key}", each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_given(endpoint, name, each) for each in value]
    return text(endpoint, name, value)


def _bool(endpoint: str, name: str, value: Any) -> Any:
    if isinstance(value, bool) or value in ("true", "false"):
        return value
    raise ParameterError(endpoint, name, f"expected True or False, got {value!r}")


def _query_bool(endpoint: str, name: str, value: Any) -> str:
    return query_as_given(endpoint, name, _bool(endpoint, name, value))


def _int(endpoint: str, name: str, value: Any) -> int:
    if isinstance(value, float):
        raise ParameterError(endpoint, name, FLOAT)
    if isinstance(value, (bool, str)) or not hasattr(value, "__index__"):
        raise ParameterError(endpoint, name, f"OKX wants a JSON number here: give an int, got {value!r}")
    return operator.index(value)


def _list(endpoint: str, name: str, value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ParameterError(endpoint, name, f"expected a list, got {value!r}")
    return [text(endpoint, name, each) for each in value]


def _id(fits: Callable[[str], Any], rule: str) -> Kind:
    def checked(endpoint: str, name: str, value: Any) -> str:
        said = value if type(value) is str else text(endpoint, name, value)
        if not fits(said):
            raise ParameterError(endpoint, name, f"{rule}, got {said!r}")
        return said

    return checked


def _inside(params: Params, *, many: bool) -> Kind:
    def checked(endpoint: str, name: str, value: Any) -> Any:
        if isinstance(value, Mapping) and not many:
            return params.take(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            expected = "a list of mappings" if many else "a mapping, or a list of them"
            raise ParameterError(endpoint, name, f"expected {expected}, got {type(value).__name__}")
        for each in value:
            if not isinstance(each, Mapping):
                raise ParameterError(endpoint, name, f"expected a mapping in the list, got {type(each).__name__}")
        return [params.take(each) for each in value]

    return checked


class Params:
    """The parameters of one endpoint, or those inside one of its objects (`within`)."""

    def __init__(self, row: Row, *, within: str = "") -> None:
        self.endpoint = f"{row.method} {row.path}"
        self._within = f"{within}." if within else ""
        self._text: Kind = query_text if row.body == "query" else text
        if within:
            top, _, deeper = within.partition(".")
            names = _under(row.nested.get(top, ()), deeper)
            self.required = frozenset(_under(row.nested_required.get(top, ()), deeper))
        else:
            names = [*row.required, *row.optional]
            self.required = frozenset(row.required)
        self.kinds: dict[str, Kind | None] = {}
        self.sent_as: dict[str, str] = {}
        for name in names:
            given = argument(name) if not within else name
            self.kinds[given] = _kind(row, within, name)
            if given != name:
                self.sent_as[given] = name

    def take(self, given: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is sent. Raises ParameterError for a wrong name or value, and for a required one that is missing."""
        out: dict[str, Any] = {}
        kinds = self.kinds
        endpoint = self.endpoint
        for name, value in given.items():
            if value is None:
                continue
            kind = kinds.get(name, self._unknown)
            if kind is not None:
                value = kind(endpoint, self._within + name, value)  # noqa: PLW2901  # this loop is the hot path
            elif type(value) is not str:
                value = self._text(endpoint, self._within + name, value)  # noqa: PLW2901
            out[name] = value
        if self.sent_as:
            out = {self.sent_as.get(name, name): value for name, value in out.items()}
        if extra is not None:
            self.add(out, extra)
        if not self.required <= out.keys():
            self._missing(out)
        return out

    def add(self, out: dict[str, Any], extra: Mapping[str, Any]) -> None:
        """Put `extra` in, as given. Floats are refused there too."""
        if not isinstance(extra, Mapping):
            raise ParameterError(self.endpoint, "extra", f"expected a mapping, got {type(extra).__name__}")
        convert = query_as_given if self._text is query_text else as_given
        for name, value in extra.items():
            if name in out:
                raise ParameterError(self.endpoint, name, "given twice: as an argument and in `extra`")
            out[name] = convert(self.endpoint, name, value)

    def look(self, given: Mapping[str, Any], needed: Iterable[str]) -> None:
        """Raise ParameterError for a name that is none of this endpoint's, and for a needed one that is missing."""
        for name in given:
            if name not in self.kinds:
                self._unknown(self.endpoint, name, None)
        for name in needed:
            if name not in given:
                self._missing(dict.fromkeys(self.required - {name}, ""))

    def _unknown(self, endpoint: str, name: str, _value: Any) -> Any:
        name = name.removeprefix(self._within)
        close = get_close_matches(name, self.kinds, n=1) or [
            each for each in self.kinds if each.lower() == name.replace("_", "").lower()
        ]
        hint = f", did you mean {close[0]}?" if close else _expected(self.kinds)
        raise ParameterError(endpoint, self._within + name, f"no such parameter{hint} (`extra` sends any)")

    def _missing(self, out: Mapping[str, Any]) -> None:
        missing = ", ".join(sorted(self.required - out.keys()))
        raise ParameterError(self.endpoint, self._within + missing, "required, but not given")


def path_of(endpoint: str, path: str, names: Iterable[str], sent: dict[str, Any]) -> str:
    """The path with its parameters in place; they are taken out of what is sent."""
    for name in names:
        value = str(sent.pop(name))
        if not _PATH_PART(value):
            raise ParameterError(endpoint, name, f"it stands in the path: no '/', not empty, got {value!r}")
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _kind(row: Row, within: str, name: str) -> Kind | None:
    """How a parameter is checked; None for text without a rule."""
    dotted = f"{within}.{name}" if within else name
    kind = row.types.get(dotted)
    query = row.body == "query"
    if kind == "bool":
        return _query_bool if query else _bool
    if kind == "int" and not query:
        return _int
    if kind == "list" and not query:
        return _list
    if _has_inside(row, dotted):
        return _inside(Params(row, within=dotted), many=kind == "objects")
    if kind is not None:
        return query_text if query else json_text
    rule = None if row.namespace == "predictions" else _rule(row, name)
    return None if rule is None else _id(*rule)


def _rule(row: Row, name: str) -> tuple[Callable[[str], Any], str] | None:
    if name == "tag":
        return _TAG, TAG_RULE
    if name not in _OURS:
        return None
    return (_OKUSD_ID, OKUSD_ID_RULE) if ".okusd_" in row.name else (_ID, ID_RULE)


def _has_inside(row: Row, dotted: str) -> bool:
    top, _, deeper = dotted.partition(".")
    return bool(_under(row.nested.get(top, ()), deeper))


def _under(names: Iterable[str], deeper: str) -> list[str]:
    """Of dotted names, those directly inside `deeper`."""
    start = f"{deeper}." if deeper else ""
    inside = [name.removeprefix(start) for name in names if name.startswith(start)]
    return [name for name in inside if "." not in name]


def _expected(kinds: Iterable[str]) -> str:
    names = ", ".join(kinds)
    return f", it takes {names}" if names else ", it takes none"
