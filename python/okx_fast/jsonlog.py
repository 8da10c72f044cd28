"""One JSON object a log record, for logs that programs read.

    handler.setFormatter(okx_fast.jsonlog.JsonFormatter())
    {"time": "2026-11-29T00:00:00.123Z", "level": "WARNING", "logger": "okx_fast", "message": "gap …", "event": {…}}

The logger `okx_fast` gets changes of state only, never a message of the market: without `client.on_event` each record
carries the `Event` it tells of, and this formatter writes its fields beside the words.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from okx_fast._native import Event

__all__ = ["JsonFormatter", "event_fields"]

# `error` says the same again, as an exception.
FIELDS = tuple(name for name in dir(Event) if not name.startswith("_") and name != "error")


def event_fields(event: Event) -> dict[str, Any]:
    """What an event says, by the names of its attributes; without those that do not apply to it."""
    values = {name: getattr(event, name) for name in FIELDS}
    return {name: value for name, value in values.items() if value not in ("", None)}


class JsonFormatter(logging.Formatter):
    """Time (UTC, to the millisecond), level, logger and message; `event` with the fields of an Event; `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        row: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        match record.args:
            case (Event() as event,):
                row["event"] = event_fields(event)
        if record.exc_info:
            row["exception"] = self.formatException(record.exc_info)
        return json.dumps(row)  # in ASCII: a file's name may hold what UTF-8 cannot
