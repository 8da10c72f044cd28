"""Every exception okx_fast raises.

    OkxFastError
    ├── ConfigError                 an option or argument that cannot work; nothing was sent
    │   ├── ParameterError          a parameter of a REST call: its name and the rule
    │   └── FenceError              this client may not do that (`permissions`)
    ├── ClosedError                 the client or the simulator is closed
    ├── ForkError                   used in a child of fork()
    ├── ConnectError                no connection, or it was lost; the client tries again
    ├── ApiError                    OKX said no: code, its words, what to do
    │   └── …Error                  by the kind of code: the classes after ApiError
    ├── RequestError                a REST call that ended without OKX's word on it
    │   ├── NotSentError            it changed nothing, for certain
    │   │   ├── DeadlineError       its time was up
    │   │   └── LimitError          the limit is used up, and the caller did not want to wait
    │   ├── TransportError          a read failed on the way, after all tries
    │   ├── GatewayError            an answer which is not OKX's: HTML, half a reply, an empty one
    │   ├── OutcomeUnknownError     it may have been done: find out, do not resend
    │   └── PagesError              a walk over pages that broke: where, and how to go on
    ├── RecordingError              a recording that cannot be read: file, line, reason
    └── ProtocolError               what arrived is not what the protocol promises
        ├── MalformedError          a message of the wrong shape
        ├── BookGapError            prevSeqId did not continue our chain
        ├── ChecksumError           our book's checksum is not OKX's
        └── BookInvalidError        the book cannot be read now

Each keeps its arguments as given, so that it pickles and compares by `args`, and says in `retry` whether the same call
may be made again: "no" (it would fail again), "yes", "after-wait", or "unknown-state" (find out first).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    Retry = Literal["no", "yes", "after-wait", "unknown-state"]

__all__ = [
    "AccountStateError",
    "AlgoError",
    "ApiError",
    "AuthError",
    "BalanceError",
    "BlockTradeError",
    "BookGapError",
    "BookInvalidError",
    "BotError",
    "ChecksumError",
    "ClockError",
    "ClosedError",
    "ComplianceError",
    "ConfigError",
    "ConnectError",
    "ConvertError",
    "DeadlineError",
    "EarnError",
    "FenceError",
    "ForkError",
    "FundingError",
    "GatewayError",
    "InstrumentError",
    "LimitError",
    "MaintenanceError",
    "MalformedError",
    "NotSentError",
    "OkxFastError",
    "OrderLimitError",
    "OrderStateError",
    "OutcomeUnknownError",
    "PagesError",
    "ParameterError",
    "ParameterRefusedError",
    "PermissionDeniedError",
    "PositionError",
    "PositionLimitError",
    "PriceError",
    "ProtocolError",
    "RateLimitError",
    "RecordingError",
    "RequestError",
    "SizeError",
    "SubaccountError",
    "SystemBusyError",
    "TransferError",
    "TransportError",
]


def _one_line(text: str) -> str:
    """What came from outside, without what would break a line of a log or steer a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


class OkxFastError(Exception):
    """The root: catches whatever okx_fast raises on purpose."""

    retry: Retry = "no"


class ConfigError(OkxFastError):
    """An option or argument cannot work; nothing was sent."""


class ParameterError(ConfigError):
    """A parameter of a REST call breaks a rule; nothing was sent. `name` is the call's, `rule` says what is wanted."""

    def __init__(self, endpoint: str, name: str, rule: str) -> None:
        super().__init__(endpoint, name, rule)
        self.endpoint, self.name, self.rule = endpoint, name, rule

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.name}: {self.rule}"


class FenceError(ConfigError):
    """The client was made without the permission this call needs; nothing was sent."""

    def __init__(self, endpoint: str, needs: str, permissions: Iterable[str] = ()) -> None:
        allowed = tuple(sorted(permissions))
        super().__init__(endpoint, needs, allowed)
        self.endpoint, self.needs, self.permissions = endpoint, needs, allowed

    def __str__(self) -> str:
        allowed = ", ".join(self.permissions) or "nothing"
        return f"{self.endpoint}: needs {self.needs!r}, this client is fenced to {allowed}"


class ClosedError(OkxFastError):
    """The client or the simulator is closed; make a new one."""


class ForkError(OkxFastError):
    """A client made before `fork()` is used in the child: sockets and threads belong to the parent."""


class ConnectError(OkxFastError):
    """A connection could not be made (name lookup, TCP, TLS, the WebSocket handshake) or was lost; or no simulator
    came up.

    A client never raises it: it connects again by itself, and an `Event` of kind `disconnected` carries it as `error`.
    """


class ApiError(OkxFastError):
    """OKX refused a request. `msg` is OKX's, `hint` says what to do about it.

    code: the one that gives the reason: an item's sCode where it has one, else the reply's; may be empty.
    s_code, sub_code: of the item; None if the refusal is that of the whole request.
    top_code: of the reply as a whole: "1" where an item says why.
    endpoint: such as `POST /api/v5/trade/order`; empty where it is not a REST call. status: of the HTTP reply.
    retry: whether the same request may be made again. request_id: what OKX's support asks for.
    """

    def __init__(
        self,
        code: str,
        msg: str,
        hint: str = "",
        *,
        s_code: str | None = None,
        sub_code: str | None = None,
        top_code: str | None = None,
        endpoint: str = "",
        status: int | None = None,
        retry: Retry = "no",
        request_id: str | None = None,
    ) -> None:
        super().__init__(code, msg, hint)
        self.code, self.msg, self.hint = code, msg, hint
        self.s_code, self.sub_code, self.top_code = s_code, sub_code, code if top_code is None else top_code
        self.endpoint, self.status, self.retry, self.request_id = endpoint, status, retry, request_id

    def __str__(self) -> str:
        said = f"OKX {self.code}" if self.code else "OKX"
        said += f" ({self.sub_code})" if self.sub_code else ""
        where = f"{self.endpoint}: " if self.endpoint else ""
        return f"{where}{said}: {_one_line(self.msg)}" + (f" ({self.hint})" if self.hint else "")


class AuthError(ApiError):
    """The key, its passphrase, its signature, its IP binding, its site or its environment is wrong."""


class ClockError(ApiError):
    """The timestamp is too far from OKX's clock, or malformed. The clock has been read anew; nothing was done."""


class PermissionDeniedError(ApiError):
    """The key lacks a permission, or the endpoint is closed to this user or gone."""


class ComplianceError(ApiError):
    """Identity checks, region or risk rules forbid it."""


class RateLimitError(ApiError):
    """Too many requests in too short a time."""


class SystemBusyError(ApiError):
    """OKX is overloaded, or timed out inside; for a call that changes something see OutcomeUnknownError."""


class MaintenanceError(ApiError):
    """The service is down for now: `system/status` says until when."""


class ParameterRefusedError(ApiError):
    """OKX did not like a parameter, an id, or their combination."""


class InstrumentError(ApiError):
    """The instrument is unknown, not open for trading, or of the wrong type."""


class PriceError(ApiError):
    """The price is off its limits or its tick."""


class SizeError(ApiError):
    """The size is too small, too large, or off its lot."""


class BalanceError(ApiError):
    """Not enough balance, margin or credit."""


class PositionError(ApiError):
    """No such position, or nothing that may be closed."""


class PositionLimitError(ApiError):
    """The position or its leverage would pass a limit."""


class OrderStateError(ApiError):
    """The order is done, gone, not found, or cannot change in its state."""


class OrderLimitError(ApiError):
    """Too many orders are open."""


class AlgoError(ApiError):
    """An algo order or an attached take-profit or stop-loss cannot be so."""


class AccountStateError(ApiError):
    """The account's mode, settings or state do not allow it."""


class TransferError(ApiError):
    """A transfer between accounts was refused, or still runs."""


class FundingError(ApiError):
    """A deposit, a withdrawal or a fiat order was refused."""


class EarnError(ApiError):
    """A product of earning, staking, lending or borrowing refused."""


class ConvertError(ApiError):
    """A conversion or its quote was refused or has lapsed."""


class BotError(ApiError):
    """A trading bot or copy trading refused."""


class BlockTradeError(ApiError):
    """A block trade or a spread trade was refused."""


class SubaccountError(ApiError):
    """A sub-account, broker or affiliate call was refused."""


class RequestError(OkxFastError):
    """A REST call that ended without OKX's word on it. `endpoint` is such as `POST /api/v5/trade/order`."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(endpoint, reason)
        self.endpoint, self.reason = endpoint, reason

    def __str__(self) -> str:
        return f"{self.endpoint}: {_one_line(self.reason)}"


class NotSentError(RequestError):
    """The call changed nothing, for certain: no byte of it left, or it was a read. It may be made again."""

    retry: Retry = "yes"


class DeadlineError(NotSentError):
    """The time of the call was up after `seconds`, at `where`; nothing was changed.

    A call that changes something and was written when its time was up ends in OutcomeUnknownError instead.
    """

    def __init__(self, endpoint: str, seconds: float, where: str) -> None:
        Exception.__init__(self, endpoint, seconds, where)
        self.endpoint, self.seconds, self.where = endpoint, seconds, where
        self.reason = f"not done within {seconds:g} s ({where})"


class LimitError(NotSentError):
    """The limit is used up: it may be sent `retry_in_s` seconds from now. Nothing was sent."""

    retry: Retry = "after-wait"

    def __init__(self, endpoint: str, retry_in_s: float) -> None:
        Exception.__init__(self, endpoint, retry_in_s)
        self.endpoint, self.retry_in_s = endpoint, retry_in_s
        self.reason = f"the limit is used up, it may be sent in {retry_in_s:.3f} s"


class TransportError(RequestError):
    """A read failed on the way, after every try its deadline allowed. Reads change nothing."""

    retry: Retry = "yes"


class GatewayError(RequestError):
    """An answer that is not OKX's: HTML of a gateway, an empty or truncated body. `body` is its first bytes.

    A call that changes something only raises it where the answer says that OKX did not take the request (HTTP 3xx and
    4xx); anything else is an OutcomeUnknownError.
    """

    def __init__(self, endpoint: str, status: int, body: bytes, reason: str = "not a reply of OKX") -> None:
        Exception.__init__(self, endpoint, status, body, reason)
        self.endpoint, self.status, self.body, self.reason = endpoint, status, body, reason
        self.retry = "after-wait" if status in _LATER else "yes" if status < 300 else "no"  # noqa: PLR2004  # HTTP
        self.request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.endpoint}: HTTP {self.status}: {self.reason}, got {self.body!r}"


class OutcomeUnknownError(RequestError):
    """A call that changes something left, and nobody said what became of it. Never resend it: find out first.

    params: what was sent (a mapping, or a list of them), without secrets. cl_ord_id, ord_id: of a single order.
    called_at_ms: our clock when the call began, Unix ms; the order cannot be older. exp_time: its `expTime`, if any:
    what is not visible some seconds later was not and will not be accepted.
    code: OKX's code, where it sent one that leaves the outcome open. status, request_id: of its reply, if one came.
    find: calls that tell, as (method name, parameters), for `Rest.call`; how_to_find_out: the same in words.
    """

    retry: Retry = "unknown-state"

    def __init__(
        self,
        endpoint: str,
        reason: str,
        *,
        params: Any = None,
        cl_ord_id: str | None = None,
        ord_id: str | None = None,
        called_at_ms: int | None = None,
        exp_time: int | None = None,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        find: Iterable[tuple[str, dict[str, str]]] = (),
        how_to_find_out: str = "",
    ) -> None:
        super().__init__(endpoint, reason)
        self.params, self.cl_ord_id, self.ord_id = params, cl_ord_id, ord_id
        self.called_at_ms, self.exp_time = called_at_ms, exp_time
        self.code, self.status, self.request_id = code, status, request_id
        self.find, self.how_to_find_out = list(find), how_to_find_out

    def __str__(self) -> str:
        how = f" ({self.how_to_find_out})" if self.how_to_find_out else ""
        return f"{self.endpoint}: outcome unknown: {_one_line(self.reason)}{how}"


# A gateway that answers so may do better later.
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class PagesError(RequestError):
    """A walk over pages broke after `count` items, at the request `params` to `endpoint` (its name in the table).

    What was yielded until then is whole; `rest.pages(error.endpoint, **error.params)` goes on from there, and may
    begin with items already seen. `__cause__` is what the request raised, `retry` what it says.
    """

    def __init__(self, endpoint: str, reason: str, params: dict[str, Any], count: int, retry: Retry = "no") -> None:
        Exception.__init__(self, endpoint, reason, params, count, retry)
        self.endpoint, self.reason, self.params, self.count, self.retry = endpoint, reason, params, count, retry

    def __str__(self) -> str:
        at = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.endpoint}: pages broke after {self.count} items, at {at}: {self.reason}"


class RecordingError(OkxFastError):
    """A recording cannot be read. `line` counts from 1 and is 0 if the file as a whole is the trouble."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(path, line, reason)
        self.path, self.line, self.reason = path, line, reason

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.reason}" if self.line else f"{self.path}: {self.reason}"


class ProtocolError(OkxFastError):
    """What arrived breaks the protocol; the connection or the book starts anew by itself."""


class MalformedError(ProtocolError):
    """A message of the wrong shape. `what` names the expectation, `got` shows the start of what came."""

    def __init__(self, inst_id: str, channel: str, what: str, got: str) -> None:
        super().__init__(inst_id, channel, what, got)
        self.inst_id, self.channel, self.what, self.got = inst_id, channel, what, got

    def __str__(self) -> str:
        where = _stream(self.inst_id, self.channel)  # empty if the message named none
        return f"{where}: {self.what}, got {self.got!r}" if where else f"{self.what}, got {self.got!r}"


class BookGapError(ProtocolError):
    """`prevSeqId` did not continue our chain: a message is missing. The book resyncs by itself."""

    def __init__(self, inst_id: str, channel: str, expected: int | None, got: int | None) -> None:
        super().__init__(inst_id, channel, expected, got)
        self.inst_id, self.channel, self.expected, self.got = inst_id, channel, expected, got

    def __str__(self) -> str:
        where = _stream(self.inst_id, self.channel)
        return f"{where}: book gap, expected prevSeqId {self.expected}, got {self.got}"


class ChecksumError(ProtocolError):
    """Our book is not OKX's: `expected` is the message's checksum, `got` our book's. The book resyncs by itself."""

    def __init__(self, inst_id: str, channel: str, expected: int, got: int) -> None:
        super().__init__(inst_id, channel, expected, got)
        self.inst_id, self.channel, self.expected, self.got = inst_id, channel, expected, got

    def __str__(self) -> str:
        where = _stream(self.inst_id, self.channel)
        return f"{where}: wrong book checksum, expected {self.expected}, got {self.got}"


class BookInvalidError(ProtocolError):
    """The book has no verified content now; `reason` says why. It is readable again after the next snapshot."""

    def __init__(self, inst_id: str, channel: str, reason: str) -> None:
        super().__init__(inst_id, channel, reason)
        self.inst_id, self.channel, self.reason = inst_id, channel, reason

    def __str__(self) -> str:
        return f"{_stream(self.inst_id, self.channel)}: book not valid, {self.reason}"


def _stream(inst_id: str, channel: str) -> str:
    """`BTC-USDT-SWAP books`; either part may be empty where the message did not name it."""
    return f"{inst_id} {channel}".strip()
