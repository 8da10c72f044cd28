"""From a frame to typed rows.

{"arg": {"channel": "status"}, "data": [{…}, {…}]} ─▶ [Status, Status], and what is new in them into `drift`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from okx_fast.channels.private import Paged, note_page
from okx_fast.errors import MalformedError

if TYPE_CHECKING:
    from okx_fast._native import RawMessage
    from okx_fast.channels.models import Pushed
    from okx_fast.rest.drift import Drift

__all__ = ["Decoder"]

SHOWN = 80


class Decoder:
    """Reads the frames of one channel."""

    __slots__ = ("_drift", "_is_paged", "_model")

    def __init__(self, model: type[Pushed], drift: Drift) -> None:
        self._model = model
        self._is_paged = issubclass(model, Paged)
        self._drift = drift

    def __call__(self, message: RawMessage) -> list[Pushed]:
        """The rows of a push, in order. Raises MalformedError for one that is none; no row is handed on then."""
        try:
            push = orjson.loads(message.data)
        except orjson.JSONDecodeError:
            push = None
        if not isinstance(push, dict):
            raise self._malformed(message, "expected JSON")
        arg, rows, action = push.get("arg"), push.get("data"), push.get("action", "")
        if not isinstance(arg, dict) or not isinstance(rows, list) or not isinstance(action, str):
            raise self._malformed(message, "expected a push with arg and data")
        recv_ns, model = message.recv_ns, self._model
        try:
            items = [model(row, arg, recv_ns, action) for row in rows]
            if self._is_paged:
                note_page(items, push)
        except MalformedError as error:
            raise MalformedError(message.inst_id, message.channel, error.what, error.got) from None
        self._drift.rows(message.channel, model, rows)
        return items

    def _malformed(self, message: RawMessage, what: str) -> MalformedError:
        shown = message.data[:SHOWN].decode(errors="replace")
        return MalformedError(message.inst_id, message.channel, what, shown)
