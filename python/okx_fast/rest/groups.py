"""The namespaces at run time: a class for each, whose methods are made from the table when first asked for.

    rest.trade ─▶ Trade(link) ─▶ .place_order ─▶ row "trade.place_order" ─▶ method, kept

Type checkers see `namespaces.pyi`, which `tools/endpoints.py` writes from the same table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from okx_fast.rest import plan as plans
from okx_fast.rest import table
from okx_fast.rest.method import asynchronous, synchronous

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast.rest.link import Link

__all__ = ["GROUPS", "Namespace", "meant"]


class Namespace:
    """A group of endpoints, such as `rest.trade`; `dir()` lists its methods."""

    name = ""
    is_async = False

    def __init__(self, link: Link) -> None:
        self._link = link

    def __getattr__(self, method: str) -> Callable[..., Any]:
        plan = None if method.startswith("_") else plans.by_name(f"{self.name}.{method}")
        if plan is None:
            hint = "" if method.startswith("_") else meant(f"{self.name}.{method}")
            raise AttributeError(f"{self.name} has no method {method!r}{hint}: dir() and okx-fast endpoints list them")
        if plan.row.permission == "withdraw" and "withdraw" not in self._link.permissions:
            raise AttributeError(
                f"{plan.name} takes funds out and is there only if asked for: permissions={{'read', 'withdraw'}}"
            )
        made = (asynchronous if self.is_async else synchronous)(self._link, plan)
        setattr(self, method, made)
        return made

    def __dir__(self) -> list[str]:
        allowed = self._link.permissions
        rows = [row for row in table.load() if row.namespace == self.name]
        return sorted(row.method_name for row in rows if row.permission != "withdraw" or "withdraw" in allowed)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._link!r}>"


def meant(name: str) -> str:
    """`, did you mean trade.place_batch_orders?`, or nothing."""
    near = table.near(str(name))
    return f", did you mean {' or '.join(near)}?" if near else ""


def _doc(name: str) -> str:
    rows = [row for row in table.load() if row.namespace == name]
    return "\n".join((f"The endpoints of `{name}`; `help()` of a method tells more.\n", *map(_line, rows)))


def _line(row: table.Row) -> str:
    return f"{row.method_name}: {row.what}"


def _pair(name: str) -> tuple[type[Namespace], type[Namespace]]:
    title = "".join(part.capitalize() for part in name.split("_"))
    common = {"__module__": "okx_fast.rest.namespaces", "__doc__": _doc(name), "name": name}
    return (
        type(title, (Namespace,), common),
        type(f"Async{title}", (Namespace,), {**common, "is_async": True}),
    )


# name: (class for plain threads, class for asyncio)
GROUPS = {name: _pair(name) for name in dict.fromkeys(row.namespace for row in table.load())}
