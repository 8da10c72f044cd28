"""A reply of OKX, read: its data, or the exception which says what it means.

    bytes ─▶ JSON with a code? ──no──▶ GatewayError, or OutcomeUnknownError for what may have been done
                 │ yes
             code 0, no bad sCode ─▶ data
             sCode or code         ─▶ ApiError by kind; an unknown-state code of a write ─▶ OutcomeUnknownError
             batch                 ─▶ its items, each with its own sCode, whatever the code of the whole

An item's sCode is the truth where there is one: code 1 only says that all failed, 2 that some did.
Source: OKX API v5, Overview › REST › Response; Error Code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from okx_fast.errors import GatewayError, OkxFastError, OutcomeUnknownError
from okx_fast.rest import codes

if TYPE_CHECKING:
    from okx_fast._native import RawReply

__all__ = [
    "Reply",
    "data_of",
    "error_of_item",
    "in_order",
    "is_good",
    "is_mute",
    "read",
    "refused",
    "reply_of",
    "times_of",
]

# Bytes of a foreign body that an exception shows.
START = 200
# A reply without a code of OKX's: below this the request was not taken; from here on, who knows.
SERVER_ERROR = 500
CLIENT_ERROR = 300
OUTCOMES = "/predictions/"
# 50001 (unavailable) leaves a write open too: the documentation does not say whether it was taken.
_OPEN = frozenset({"50001"})
# What the code of a whole reply says when its items say more; the second: some of them failed, some did not.
_SEE_ITEMS = frozenset({"1", "2"})
_SOME = "2"
# Answers of a gateway that gave up on a request it may have passed on.
_GIVEN_UP = frozenset({408, 499})
# 50004, which leaves the outcome open, comes with HTTP 400: half a reply says nothing.
_CUT_SHORT = "a reply cut short"
_IDS = ("clOrdId", "ordId", "algoClOrdId", "algoId")
# Unix µs have 16 digits.
_MICROS = re.compile(r"[0-9]{1,18}").fullmatch
# Replies of these may hold a new secret: no exception shows what came.
_CONFIDENTIAL = "apikey"
# One of them says how an order went, or which it is.
_WORDS = ("sCode", "ordId", "algoId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What `request()` returns.

    status: of HTTP. code, msg: OKX's, of the whole reply. data: as OKX sent it.
    in_time_us, out_time_us: OKX's gateway, Unix µs, at arrival and departure; None where it sends none.
    request_id: what OKX's support asks for. raw: the body's bytes.
    sent_ns, recv_ns: our monotonic clock, after the last byte out and at the first byte in.
    """

    status: int
    code: str
    msg: str
    data: Any
    in_time_us: int | None
    out_time_us: int | None
    request_id: str | None
    raw: bytes = field(repr=False)  # `data` says it all
    sent_ns: int
    recv_ns: int


def read(raw: RawReply, endpoint: str, *, write: bool) -> dict[str, Any]:
    """The body as JSON, if it is a reply of OKX's. `write`: the call may have changed something.

    Raises GatewayError, or OutcomeUnknownError for a write which the answer does not say was turned away.
    """
    try:
        body = orjson.loads(raw.body)
    except orjson.JSONDecodeError:
        raise _foreign(raw, endpoint, write=write) from None
    if not isinstance(body, dict) or type(body.get("code")) not in (str, int) or body["code"] == "":
        raise _foreign(raw, endpoint, write=write)
    # {"code": 404, ...} is a gateway's, not OKX's; only Outcomes has integer codes of its own.
    if body["code"] == raw.status and raw.status >= CLIENT_ERROR and OUTCOMES not in endpoint:
        raise _foreign(raw, endpoint, write=write)
    return body


def data_of(body: dict[str, Any], raw: RawReply, endpoint: str, *, write: bool, batch: bool) -> Any:
    """What the reply holds: its `data`, a batch's items good and bad. Raises what `refused` makes of it."""
    code = str(body["code"])
    data = body.get("data")
    if data is None:
        data = []
    items = data if isinstance(data, list) else [data]
    told = any(map(_tells, items)) if code != "0" else bool(items) and _tells(items[0])
    if code != "0" and not (told and code in _SEE_ITEMS):
        raise refused(body, None, raw, endpoint, write=write)
    if told and not batch and all(_is_bad(item) for item in items):
        raise refused(body, items[0], raw, endpoint, write=write)
    return data


def _tells(item: Any) -> bool:
    return isinstance(item, dict) and item.get("sCode") not in (None, "")


def _is_bad(item: Any) -> bool:
    return isinstance(item, dict) and not is_good(item.get("sCode"))


def is_good(s_code: Any) -> bool:
    """Whether an item's sCode, if it has one, says that OKX took it; text, but a number would do."""
    return s_code is None or str(s_code) in ("0", "")


def is_mute(item: Any) -> bool:
    """Whether an item says neither how it went nor which order it is about."""
    return isinstance(item, dict) and all(item.get(name) in (None, "") for name in _WORDS)


def refused(
    body: dict[str, Any], item: dict[str, Any] | None, raw: RawReply, endpoint: str, *, write: bool
) -> OkxFastError:
    """The exception for a refusal of the whole (`item` None) or of one item."""
    top = str(body["code"])
    s_code = None if item is None else str(item["sCode"])
    sub_code = None if item is None else _sub_code(item)
    code = top if s_code is None else s_code
    msg = str(body.get("msg") or body.get("message") or "") if item is None else str(item.get("sMsg") or "")
    found = codes.find(code, sub_code)
    hint = codes.HINTS.get(code, "")
    vague = not found.known or found.category == "predictions"
    in_doubt = (
        found.retry == "unknown-state"
        or code in _OPEN
        or (vague and (raw.status >= SERVER_ERROR or _is_server_error(code)))
        or (item is None and code == _SOME)  # which of them, nothing says
    )
    if write and in_doubt:
        return OutcomeUnknownError(
            endpoint, f"OKX {code}: {msg}", code=code, status=raw.status, request_id=raw.request_id
        )
    return found.error(
        code,
        msg,
        hint,
        s_code=s_code,
        sub_code=sub_code,
        top_code=top,
        endpoint=endpoint,
        status=raw.status,
        retry="yes" if found.retry == "unknown-state" else found.retry,  # a read left nothing behind
        request_id=raw.request_id,
    )


def _is_server_error(code: str) -> bool:
    """A gateway puts the HTTP status itself into `code`."""
    return len(code) == 3 and code.isdecimal() and int(code) >= SERVER_ERROR  # noqa: PLR2004  # digits of a status


def error_of_item(item: dict[str, Any]) -> OkxFastError | None:
    """What an item of a batch would have raised as a call of its own; None if OKX took it."""
    s_code = item.get("sCode")
    if is_mute(item):
        return OutcomeUnknownError("item of a batch", f"a row without sCode and id, got {repr(item)[:START]}")
    if is_good(s_code):
        return None
    code, sub_code, msg = str(s_code), _sub_code(item), str(item.get("sMsg") or "")
    found = codes.find(code, sub_code)
    if found.retry == "unknown-state" or code in _OPEN:
        return OutcomeUnknownError("item of a batch", f"OKX {code}: {msg}", code=code)
    hint = codes.HINTS.get(code, "")
    return found.error(code, msg, hint, s_code=code, sub_code=sub_code, retry=found.retry)


def _sub_code(item: dict[str, Any]) -> str | None:
    return str(item.get("subCode") or "") or None


def in_order(sent: list[dict[str, Any]], rows: Any) -> Any:
    """A batch's rows in the order of its items: by the ids that both name, the others as they came."""
    if not isinstance(rows, list) or len(rows) != len(sent):
        return rows
    places: dict[tuple[str, str], int] = {}
    for place, item in enumerate(sent):
        for name in _IDS:
            if item.get(name):
                places.setdefault((name, str(item[name])), place)
    placed: dict[int, Any] = {}
    others = []
    for row in rows:
        found = (places.get((name, str(row.get(name)))) for name in _IDS) if isinstance(row, dict) else ()
        place = next((each for each in found if each is not None and each not in placed), -1)
        if place < 0:
            others.append(row)
        else:
            placed[place] = row
    rest = iter(others)
    return [placed[place] if place in placed else next(rest) for place in range(len(sent))]


def reply_of(body: dict[str, Any], data: Any, raw: RawReply) -> Reply:
    """The Reply of `request()`."""
    in_us, out_us = times_of(body)
    return Reply(
        status=raw.status,
        code=str(body["code"]),
        msg=str(body.get("msg") or body.get("message") or ""),
        data=data,
        in_time_us=in_us,
        out_time_us=out_us,
        request_id=raw.request_id,
        raw=raw.body,
        sent_ns=raw.sent_ns,
        recv_ns=raw.recv_ns,
    )


def times_of(body: dict[str, Any]) -> tuple[int | None, int | None]:
    """When OKX's gateway got the request and answered, Unix µs; None where the reply does not say."""
    return _micros(body.get("inTime")), _micros(body.get("outTime"))


def _micros(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and _MICROS(text) else None


def _foreign(raw: RawReply, endpoint: str, *, write: bool) -> OkxFastError:
    reason = _reason(raw)
    start = b"(hidden)" if _CONFIDENTIAL in endpoint.lower() else raw.body[:START]
    turned_away = CLIENT_ERROR <= raw.status < SERVER_ERROR and raw.status not in _GIVEN_UP and reason != _CUT_SHORT
    if write and not turned_away:
        said = f"HTTP {raw.status}: {reason}, got {start!r}"
        return OutcomeUnknownError(endpoint, said, status=raw.status, request_id=raw.request_id)
    error = GatewayError(endpoint, raw.status, start, reason)
    error.request_id = raw.request_id
    return error


def _reason(raw: RawReply) -> str:
    body = raw.body.strip()
    if raw.status == 404:  # noqa: PLR2004  # HTTP's
        return "this site has no such endpoint"
    if not body:
        return "an empty body"
    if body[:1] == b"<":
        return "HTML of a gateway"
    if body[:1] in b"{[" and body[-1:] not in b"}]":
        return _CUT_SHORT
    return "not a reply of OKX"
