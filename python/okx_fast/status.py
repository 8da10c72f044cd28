"""Maintenance and announcements, as OKX tells them: `okx-fast status`.

Source: OKX API v5, Status › GET / Status; Announcement › GET / Announcements.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from okx_fast.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from okx_fast.rest import Rest

__all__ = ["as_lines", "fetch", "is_calm"]

SHOWN: Final = 20
_MILLIS = re.compile(r"[0-9]{1,14}").fullmatch

SERVICES: Final = {
    "0": "WebSocket",
    "5": "trading",
    "6": "block trading",
    "7": "trading bots",
    "8": "trading, in batches of accounts",
    "9": "trading, in batches of products",
    "10": "spread trading",
    "11": "copy trading",
    "99": "other",
}


def fetch(rest: Rest, announcements: int = 10) -> dict[str, Any]:
    """`{"maintenance": rows, "announcements": rows}`: rows as OKX sent them, announcements newest first.

    Maintenance that is not over, in both environments, which `env` tells (1 live, 2 demo). If OKX keeps announcements
    from this place, `refused` says so. Raises what a REST call raises.
    """
    told = {"maintenance": _rows(rest.request("GET", "/api/v5/system/status", signed=False).data), "announcements": []}
    if announcements:
        try:
            pages = rest.request("GET", "/api/v5/support/announcements", signed=False).data
        except ApiError as error:
            return {**told, "refused": str(error)}
        told["announcements"] = [row for page in _rows(pages) for row in _rows(page.get("details"))][:announcements]
    return told


def is_calm(told: dict[str, Any]) -> bool:
    """Whether no maintenance is going on now."""
    return all(row.get("state") != "ongoing" for row in told["maintenance"])


def as_lines(told: dict[str, Any]) -> Iterator[str]:
    """For people: one line each, times in UTC."""
    for row in told["maintenance"]:
        service = SERVICES.get(row.get("serviceType", ""), f"service {row.get('serviceType')}")
        demo = ", demo" if row.get("env") == "2" else ""
        when = f"{_time(row.get('begin'))} to {_time(row.get('end'))}"
        yield f"{row.get('state')}: {when}  {row.get('title')} ({service}{demo})"
    if not told["maintenance"]:
        yield "no maintenance, now or announced"
    for row in told["announcements"]:
        yield f"{_time(row.get('pTime'))}  {row.get('title')}  {row.get('url')}"
    if "refused" in told:
        yield f"announcements: {told['refused']}"


def _rows(data: Any) -> list[Any]:
    """The objects of a list; what else may be there is nothing to print."""
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _time(ms: object) -> str:
    """`2026-11-22 09:30` of Unix milliseconds, or what came instead."""
    text = "" if ms is None else str(ms)
    if not _MILLIS(text):
        return text[:SHOWN] or "?"
    return f"{datetime.fromtimestamp(int(text) / 1000, UTC):%Y-%m-%d %H:%M}"
