"""The pages of the documentation that follow from the table: coverage, and the names of python-okx."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from okx_fast.rest.describe import limit
from okx_fast.rest.table import load, python_okx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from okx_fast.rest.table import Row

__all__ = ["endpoints", "names_of_python_okx"]

MADE = "<!-- Made by `python -m tools.endpoints docs`. -->\n"


def endpoints() -> str:
    """`docs/endpoints.md`: every method with its path, permission and limit."""
    rows = load()
    spaces = [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.namespace)]
    deprecated = sum(row.status == "deprecated" for row in rows)
    keyless = sum(not row.auth for row in rows)
    head = f"""# REST endpoints

{MADE}
The {len(rows)} endpoints that OKX documents as of 2026-10: {len(rows) - deprecated} current, {deprecated} deprecated.
{keyless} need no key. What OKX has removed, or never documented, is not here; `rest.request(method, path, …)` calls any
path, and `extra=` sends any parameter.

**Names.** The first segment of the path after `/api/v5/` is the namespace, the rest is the method, both in snake_case:
`GET /api/v5/account/balance` is `rest.account.balance(…)`. A `{{x}}` segment is `by_x`. Where GET and POST share a
path, the POST has a verb in front (`account.set_mmp_config`). Orders have the names everybody uses:
`trade.place_order`, `trade.place_batch_orders`, `trade.place_algo_order`, `trade.amend_algo_order`,
`trade.cancel_algo_orders`. Parameters keep OKX's spelling; `from` is `from_`. From python-okx: [names](python-okx.md).

**Permission** is what the key must be allowed: *none* needs no key, *withdraw* is offered only to a client that asks
for it. **Limit** counts requests, and orders where it says so; every sub-account is its own user. *Not stated*: OKX
documents no limit, and none is kept.

| namespace | methods | GET | POST | without key |
|---|---|---|---|---|
"""
    table = "".join(
        f"| [{name}](#{name}) | {len(group)} | {_count(group, 'GET')} | {_count(group, 'POST')} | "
        f"{sum(not row.auth for row in group)} |\n"
        for name, group in spaces
    )
    return head + table + "".join(_space(name, group) for name, group in spaces)


def names_of_python_okx() -> str:
    """`docs/python-okx.md`: its method names with ours."""
    names = python_okx()
    lines = "".join(f"| `{theirs}` | `{ours}` |\n" for theirs, ours in sorted(names.items()))
    return f"""# From python-okx

{MADE}
The {len(names)} methods of OKX's own python-okx whose endpoints are in the table, and what they are called here.
Arguments have OKX's names in both; here they are keywords, numbers may be text, int or Decimal, and what is not given
is not sent.
`okx_fast.rest.table.python_okx()` has the same as a dict.

| python-okx | okx_fast |
|---|---|
{lines}"""


def _space(name: str, rows: list[Row]) -> str:
    lines = "".join(_line(row) for row in rows)
    return f"\n## {name}\n\n| method | endpoint | permission | limit | what |\n|---|---|---|---|---|\n{lines}"


def _line(row: Row) -> str:
    mark = " *(deprecated)*" if row.status == "deprecated" else ""
    return f"| `{row.method_name}`{mark} | {row.method} `{row.path}` | {row.permission} | {limit(row)} | {row.what} |\n"


def _count(rows: Iterable[Row], method: str) -> int:
    return sum(row.method == method for row in rows)
