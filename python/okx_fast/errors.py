"""Every exception okx_fast raises.

    OkxFastError
    ├── ConfigError                 an option or argument that cannot work
    ├── ClosedError                 the client or the simulator is closed
    ├── ForkError                   used in a child of fork()
    ├── ConnectError                no connection, or it was lost; the client tries again
    ├── ApiError                    OKX said no: code, its words, what to do
    ├── RecordingError              a recording that cannot be read: file, line, reason
    └── ProtocolError               what arrived is not what the protocol promises
        ├── MalformedError          a message of the wrong shape
        ├── BookGapError            prevSeqId did not continue our chain
        ├── ChecksumError           our book's checksum is not OKX's
        └── BookInvalidError        the book cannot be read now

Each keeps its arguments as given, so that it pickles and compares by `args`.
"""

from __future__ import annotations

__all__ = [
    "ApiError",
    "BookGapError",
    "BookInvalidError",
    "ChecksumError",
    "ClosedError",
    "ConfigError",
    "ConnectError",
    "ForkError",
    "MalformedError",
    "OkxFastError",
    "ProtocolError",
    "RecordingError",
]


class OkxFastError(Exception):
    """The root: catches whatever okx_fast raises on purpose."""


class ConfigError(OkxFastError):
    """An option or argument cannot work; nothing was sent."""


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
    """OKX refused a request. `code` and `msg` are OKX's, `hint` says what to do about it; `code` may be empty."""

    def __init__(self, code: str, msg: str, hint: str = "") -> None:
        super().__init__(code, msg, hint)
        self.code, self.msg, self.hint = code, msg, hint

    def __str__(self) -> str:
        said = f"OKX {self.code}" if self.code else "OKX"
        return f"{said}: {self.msg}" + (f" ({self.hint})" if self.hint else "")


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
