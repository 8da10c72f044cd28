"""REST calls in tests: one way to call by name, sync, on asyncio and on uvloop; and made-up parameters for any row."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import uvloop

from okx_fast.credentials import Credentials
from okx_fast.rest import AsyncRest, Rest, RestOptions, table
from tests.stub_okx import KEY, PASSPHRASE, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast import Site
    from okx_fast.rest.table import Row

FLAVOURS = ("sync", "asyncio", "uvloop")
ALL = frozenset({"read", "trade", "withdraw"})
Call = Any  # (name, *args, **params) -> result
_numbers = itertools.count(1)


def somebody() -> tuple[Credentials, str]:
    """A user and an address nobody else here has: whoever shares neither shares no limit."""
    number = next(_numbers)
    return Credentials(f"{KEY}{number}", SECRET, PASSPHRASE), f"127.1.{number // 250}.{number % 250 + 1}"


@contextlib.contextmanager
def calling(
    flavour: str,
    site: Site,
    *,
    credentials: Credentials | None = None,
    permissions: frozenset[str] = ALL,
    **options: Any,
) -> Iterator[Call]:
    """A client of this flavour; what is yielded takes a method's name and its arguments, and gives its result."""
    fresh, address = somebody()
    fixed: dict[str, Any] = {
        "credentials": credentials or fresh,
        "permissions": permissions,
        "options": RestOptions(**{"local_address": address, **options}),
    }
    if flavour == "sync":
        with Rest(site, **fixed) as rest:
            yield _named(rest, lambda result: result)
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if flavour == "uvloop" else None) as runner:
        client = AsyncRest(site, **fixed)

        async def result(awaitable: Any) -> Any:
            return await awaitable

        async def enter() -> AsyncRest:
            return await client.__aenter__()

        async def leave() -> None:
            await client.__aexit__(None, None, None)

        rest = runner.run(enter())
        try:
            yield _named(rest, lambda awaitable: runner.run(result(awaitable)))
        finally:
            runner.run(leave())


def _named(rest: Rest | AsyncRest, finish: Callable[[Any], Any]) -> Call:
    def call(name: str, *args: Any, **params: Any) -> Any:
        return finish(attrgetter(name)(rest)(*args, **params))

    return call


def made_up(row: Row, text: Callable[[str], str] = lambda name: f"v{name}"[:12]) -> dict[str, Any]:
    """Every parameter of a row, required and optional, with a value of its type; nested ones too."""
    return {name: _value(row, name, text) for name in (*row.required, *row.optional)}


def _value(row: Row, name: str, text: Callable[[str], str]) -> Any:
    kind = row.types.get(name, "text")
    inside = _inside(row, name)
    if inside:
        fields = {field: _value(row, f"{name}.{field}", text) for field in inside}
        return [fields] if kind == "objects" else fields
    plain: dict[str, Any] = {
        "bool": True,
        "int": 7,
        "list": ["a1", "b2"],
        "object": {"a": "b"},
        "objects": [{"a": "b"}],
    }
    return plain.get(kind) or text(name.rpartition(".")[2])


def _inside(row: Row, name: str) -> list[str]:
    """The fields right inside an object; the table names them dotted below its top-level parameter."""
    top, _, rest = name.partition(".")
    prefix = f"{rest}." if rest else ""
    below = [field[len(prefix) :] for field in row.nested.get(top, ()) if field.startswith(prefix)]
    return [field for field in dict.fromkeys(field.partition(".")[0] for field in below) if field]


def invoke(call: Call, row: Row, params: dict[str, Any], **more: Any) -> Any:
    """Call a row's method as its stub says: a batch takes its items, the others take names."""
    if row.body == "json-array":
        return call(row.name, [params], **more)
    return call(row.name, **{table.argument(name): value for name, value in params.items()}, **more)


def target(row: Row, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path with its parameters in place, and the parameters that are left."""
    path, left = row.path, dict(params)
    for name in row.path_params:
        path = path.replace(f"{{{name}}}", left.pop(name))
    return path, left
