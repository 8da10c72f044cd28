"""What OKX has announced on the channel `status` and not yet ended.

push ─▶ rows ─▶ Maintenances.take ─▶ Client.maintenance(), and "maintenance" in Client.connections()

Source: OKX API v5, Status › WS / Status channel.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from okx_fast._native import RawMessage
    from okx_fast.channels.models import Status

__all__ = ["Maintenances"]

OVER: Final = ("completed", "canceled")
# Far more than OKX ever has at a time; beyond, the one that ends first goes.
MOST: Final = 64


class Maintenances:
    """Rows of `status`, the newest of each maintenance. OKX gives them no id: title, service and environment tell them
    apart, so that one that is moved stays one.
    """

    __slots__ = ("_env", "_rows")

    def __init__(self, *, demo: bool) -> None:
        self._env = "2" if demo else "1"
        self._rows: dict[tuple[str, str], Status] = {}

    def watching(self, decode: Callable[[RawMessage], list[Status]]) -> Callable[[RawMessage], list[Status]]:
        """`decode`, with an eye on what it reads."""

        def watched(message: RawMessage) -> list[Status]:
            rows = decode(message)
            for row in rows:
                self.take(row)
            return rows

        return watched

    def take(self, row: Status) -> None:
        """Note a row that has come. Those of the other environment are not ours."""
        if (row.env or self._env) != self._env:
            return
        key = (row.title, row.service_type)
        # A new dict each time: other threads may be reading the one before.
        rows = {at: other for at, other in self._rows.items() if at != key}
        if row.state not in OVER:
            rows[key] = row
        if len(rows) > MOST:
            del rows[min(rows, key=lambda at: rows[at].end_ms or 0)]
        self._rows = rows

    def rows(self) -> list[Status]:
        """Those that are not over, by their beginning."""
        return sorted(self._rows.values(), key=lambda row: row.begin_ms or 0)

    def is_under_way(self) -> bool:
        """Whether one of them is going on now: OKX says so, or its time has come and is not over."""
        now = time.time_ns() // 1_000_000
        return any(
            row.state != "scheduled" or (row.begin_ms or now + 1) <= now < (row.end_ms or now + 1)
            for row in self._rows.values()
        )
