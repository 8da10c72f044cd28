"""What every typed result is made of: the row as OKX sent it, and fields that read it.

    row (dict or list) ─▶ Model.raw ─▶ ticker.last ─▶ Decimal("67500.1")
                              └─────── ticker.raw["last"] ─▶ "67500.10", and whatever has no field here

A field is read when asked for, never before: a row of 50 fields costs one small object. `""`, `null` and an absent key
are all how OKX says "not applicable": a number, a time or a flag is None then, a text is `""`. A value that cannot be
what its field says raises MalformedError, naming model, field and text; the other fields stay readable.

Rows stay as tolerant as OKX asks for: new keys and new values of an enumeration break nothing (`drift` reports them).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Never, NoReturn, Self, TypeVar, overload

from okx_fast.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Count", "Field", "Flag", "ListModel", "Many", "Millis", "Model", "Number", "One", "Text", "Texts"]

_T = TypeVar("_T")
_M = TypeVar("_M", bound="Model")

# Bounded, so that no number takes for ever to reckon with.
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII).fullmatch
_INTEGER = re.compile(r"-?\d{1,40}", re.ASCII).fullmatch
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_SHOWN = 3  # fields in a repr
_SHOWN_TEXT = 40


class Field(ABC, Generic[_T]):
    """One field of a model, read only. `key`: OKX's key, made from the attribute's name if not given (`ct_val` reads
    `ctVal`, a closing `_ms` is ours), or the index in a row that is a list.
    known: the values that OKX lists for it; others are taken all the same, and reported by `drift`.
    """

    __slots__ = ("key", "known", "name", "owner")

    def __init__(self, key: str | int | None = None, *, known: Iterable[str] = ()) -> None:
        self.key = key
        self.known = frozenset(known)
        self.name = self.owner = ""

    def __set_name__(self, owner: type[Model], name: str) -> None:
        self.owner, self.name = owner.__name__, name
        if self.key is None:
            first, *rest = name.removesuffix("_ms").split("_")
            self.key = first + "".join(part[:1].upper() + part[1:] for part in rest)

    @overload
    def __get__(self, row: None, owner: type[Model]) -> Self: ...
    @overload
    def __get__(self, row: Model, owner: type[Model]) -> _T: ...
    def __get__(self, row: Model | None, owner: type[Model]) -> Self | _T:
        return self if row is None else self._read(row._take(self.key))  # noqa: SLF001  # the two are one mechanism

    def __set__(self, row: Model, value: Never) -> NoReturn:
        raise AttributeError(f"{self.owner}.{self.name} is what OKX sent: read only")

    @abstractmethod
    def _read(self, value: Any) -> _T:
        """The value, from what OKX sent. Raises MalformedError."""

    def strangers(self, value: Any) -> tuple[str, ...]:
        """What of a value is not among the known ones; nothing for a field without a list of them."""
        if not self.known or value is None or value == "" or (type(value) is str and value in self.known):
            return ()
        return (str(value),)

    def _refuse(self, what: str, value: object) -> MalformedError:
        return MalformedError("", f"{self.owner}.{self.name}", what, str(value)[:_SHOWN_TEXT])


class Text(Field[str]):
    """Text; `""` if not applicable."""

    __slots__ = ()

    def _read(self, value: Any) -> str:
        if type(value) is str:
            return value
        if value is None:
            return ""
        if type(value) is int:
            return str(value)
        raise self._refuse("expected text", value)


class Number(Field[Decimal | None]):
    """An exact number. OKX sends text; a JSON integer is as exact, a JSON fraction is refused."""

    __slots__ = ()

    def _read(self, value: Any) -> Decimal | None:
        if type(value) is str:
            if not value:
                return None
            if _NUMBER(value):
                return Decimal(value)
        elif value is None:
            return None
        elif type(value) is int:
            return Decimal(value)
        raise self._refuse("expected a decimal number", value)


class Count(Field[int | None]):
    """An integer, sent as text or as JSON integer."""

    __slots__ = ()

    def _read(self, value: Any) -> int | None:
        if type(value) is int:
            return value
        if value is None or value == "":
            return None
        if type(value) is str and _INTEGER(value):
            return int(value)
        raise self._refuse("expected an integer", value)


class Millis(Count):
    """A time: Unix milliseconds by OKX's clock."""

    __slots__ = ()


class Flag(Field[bool | None]):
    """A yes or no: a JSON boolean, or `"true"`, `"false"`, `"1"`, `"0"`."""

    __slots__ = ()

    def _read(self, value: Any) -> bool | None:
        if type(value) is bool:
            return value
        if value is None or value == "":
            return None
        flag = _FLAGS.get(value) if type(value) is str else None
        if flag is None:
            raise self._refuse("expected true or false", value)
        return flag


class Texts(Field[tuple[str, ...]]):
    """A list of texts; empty if not applicable. With `comma`, the one text that OKX sends is a comma list."""

    __slots__ = ("comma",)

    def __init__(self, key: str | int | None = None, *, comma: bool = False, known: Iterable[str] = ()) -> None:
        super().__init__(key, known=known)
        self.comma = comma

    def _read(self, value: Any) -> tuple[str, ...]:
        if value is None or value == "":
            return ()
        if self.comma and type(value) is str:
            return tuple(part.strip() for part in value.split(","))
        if type(value) is list and all(type(item) is str for item in value):
            return tuple(value)
        raise self._refuse("expected a list of texts", value)

    def strangers(self, value: Any) -> tuple[str, ...]:
        """What of the list is not among the known ones."""
        if not self.known or not isinstance(value, (str, list)):
            return ()
        items = value if isinstance(value, list) else [part.strip() for part in value.split(",")]
        return tuple(str(item) for item in items if item and item not in self.known)


class Many(Field[tuple[_M, ...]], Generic[_M]):
    """A list of rows of another model; empty if there are none."""

    __slots__ = ("model",)

    def __init__(self, model: type[_M], key: str | int | None = None) -> None:
        super().__init__(key)
        self.model = model

    def _read(self, value: Any) -> tuple[_M, ...]:
        if value is None or value == "":
            return ()
        if type(value) is list:
            return tuple(map(self.model, value))
        raise self._refuse("expected a list", value)


class One(Field[_M | None], Generic[_M]):
    """An object inside the row, as a model of its own."""

    __slots__ = ("model",)

    def __init__(self, model: type[_M], key: str | int | None = None) -> None:
        super().__init__(key)
        self.model = model

    def _read(self, value: Any) -> _M | None:
        if value is None or value in ("", [], {}):
            return None
        return self.model(value)


class Model:
    """A row of a reply. `raw` is the row as OKX sent it, with every key it has.

    Equal to another of its class if the rows are equal; pickles; not hashable, as its row is not.
    """

    __slots__ = ("raw",)
    __hash__: ClassVar[None]  # type: ignore[assignment]
    raw: Any

    FIELDS: ClassVar[dict[str, Field[Any]]] = {}
    ALSO: ClassVar[frozenset[str | int]] = frozenset()  # keys which OKX documents and which have no field here
    KNOWN: ClassVar[frozenset[Any]] = frozenset()
    ENUMS: ClassVar[tuple[Field[Any], ...]] = ()
    NESTED: ClassVar[tuple[tuple[Any, type[Model]], ...]] = ()

    def __init__(self, raw: Any) -> None:
        if not isinstance(raw, dict):
            raise MalformedError("", type(self).__name__, "expected an object", str(raw)[:_SHOWN_TEXT])
        self.raw = raw

    def __init_subclass__(cls, *, also: Iterable[str | int] = (), **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        bases = [base for base in cls.__bases__ if issubclass(base, Model)]
        cls.FIELDS = {name: field for base in reversed(bases) for name, field in base.FIELDS.items()} | own
        cls.ALSO = frozenset(also).union(*(base.ALSO for base in bases))
        fields = cls.FIELDS.values()
        cls.KNOWN = frozenset(field.key for field in fields) | cls.ALSO
        cls.ENUMS = tuple(field for field in fields if field.known)
        cls.NESTED = tuple((field.key, field.model) for field in fields if isinstance(field, (Many, One)))

    def _take(self, key: Any) -> Any:
        return self.raw.get(key)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.raw == other.raw)

    def __repr__(self) -> str:
        shown: list[str] = []
        for name, field in self.FIELDS.items():
            if len(shown) == _SHOWN:
                break
            value = self._take(field.key)
            if value not in (None, "", [], {}) and not isinstance(value, (list, dict)):
                shown.append(f"{name}={str(value)[:_SHOWN_TEXT]!r}")
        return f"{type(self).__name__}({', '.join(shown)}, …)"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.raw,)


class ListModel(Model):
    """A row that OKX sends as a list: each field has its index. A list too short leaves its last fields empty."""

    __slots__ = ()
    raw: list[Any]

    def __init__(self, raw: Any) -> None:
        if not isinstance(raw, list):
            raise MalformedError("", type(self).__name__, "expected a list", str(raw)[:_SHOWN_TEXT])
        self.raw = raw

    def _take(self, key: Any) -> Any:
        try:
            return self.raw[key]
        except IndexError:
            return None
