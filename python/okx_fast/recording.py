"""Recordings: what to record, and how to read and play it again.

    Client(site, options=Options(record=Recording("folder")))  ─▶ folder/okx-….jsonl.gz
    Replay().play("folder/okx-….jsonl.gz")                      ─▶ the same callbacks, events and books

A line is an entry of ours, `{"recv": seconds, "conn": name, "msg": frame}`, or a frame as OKX sent it.
"""

from __future__ import annotations

import logging
import re
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from okx_fast.errors import ConfigError, OkxFastError, RecordingError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from okx_fast._native import Replay

__all__ = ["Flight", "Recording", "lines", "play", "subscriptions"]

log = logging.getLogger("okx_fast")

# A 400-level snapshot is 30 kB; this is for a file that is something else, so that memory stays bounded.
MAX_LINE = 16 << 20
# One read of a file, and one piece of what comes out of it.
CHUNK = 1 << 18
# A pause of a replay is taken in pieces, so that Ctrl-C ends it.
PAUSE_S = 0.05

RECV = re.compile(rb'"recv":\s*([0-9.]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Record everything that arrives, with both clocks, into gzipped files that are never overwritten.

    folder: where; it is made. Files are `okx-<UTC>-<pid>-<n>.jsonl.gz` and sort by time.
    rotate_mb: a new file once the present one has so many compressed megabytes.
    rotate_s: a new file once the present one is so old.
    buffer_mb: what may wait for the disk. Beyond it entries are lost, never waited for: `stats()["recording"]` counts
        them, an Event `recording` says so, and so does the file.

    Written at least every half second, as whole gzip members: a process that is killed loses what came since.
    """

    folder: str | os.PathLike[str]
    rotate_mb: float = 256.0
    rotate_s: float = 3600.0
    buffer_mb: float = 64.0

    def _for_the_engine(self) -> tuple[str, int, float, int]:
        rotate = _mebibytes("record.rotate_mb", self.rotate_mb, 1 << 20)
        return str(Path(self.folder)), rotate, self.rotate_s, _mebibytes("record.buffer_mb", self.buffer_mb, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """Keep the last seconds of each connection in memory, and write them to a file when something goes wrong.

    A gap, a checksum, malformed, refused, timeout or error event is what goes wrong.
    folder: where; it is made. Files are `flight-<connection>-<event>-<UTC>-<pid>-<n>.jsonl.gz`.
    seconds: how far back. ring_mb: memory of one connection; the oldest entries make place.
    every_s: a connection writes at most so often; what it skips is counted in `stats()["recording"]`.
    most: files in all.
    """

    folder: str | os.PathLike[str]
    seconds: float = 30.0
    ring_mb: float = 16.0
    every_s: float = 60.0
    most: int = 100

    def _for_the_engine(self) -> tuple[str, float, int, float, int]:
        if self.most < 1:
            raise ConfigError(f"flight.most: expected at least 1, got {self.most}")
        ring = _mebibytes("flight.ring_mb", self.ring_mb, 1024)
        return str(Path(self.folder)), self.seconds, ring, self.every_s, self.most


def _mebibytes(name: str, value: float, most: int) -> int:
    if not 0 < value <= most:
        raise ConfigError(f"{name}: expected megabytes above 0, at most {most}, got {value}")
    return max(1, int(value * (1 << 20)))


def play(replay: Replay, paths: tuple[str | os.PathLike[str], ...], speed: float | None) -> dict[str, Any]:
    """What `Replay.play` does."""
    if speed is not None and not speed > 0:
        raise ConfigError(f"speed: expected a factor above 0, or None, got {speed}")
    begun: tuple[float, float] | None = None
    count = callbacks = 0
    truncated: list[str] = []
    for path in map(Path, paths):
        for number, line in lines(path, truncated):
            if speed is not None and (match := RECV.search(line, 0, 200)):
                recv = float(match[1])
                begun = begun or (time.monotonic(), recv)
                _sleep_until(begun[0] + (recv - begun[1]) / speed)
            try:
                callbacks += replay.line(line)
            except OkxFastError as error:
                raise RecordingError(str(path), number, str(error)) from error
            count += 1
    return {"lines": count, "callbacks": callbacks, "truncated": truncated}


def _sleep_until(due: float) -> None:
    while (left := due - time.monotonic()) > 0:
        time.sleep(min(left, PAUSE_S))


def subscriptions(paths: tuple[str | os.PathLike[str], ...]) -> list[dict[str, str]]:
    """What a recording holds: the `arg` of each subscription asked for, or seen in a push, in order."""
    found: dict[str, dict[str, str]] = {}
    for path in map(Path, paths):
        for _, line in lines(path):
            arg: Any = None
            with suppress(ValueError, TypeError, AttributeError, KeyError):  # a line that is none names no stream
                entry = orjson.loads(line)
                if entry.get("event") == "subscribe" and "mono" in entry:
                    channel, params = orjson.loads(entry["text"])
                    arg = {"channel": channel, **dict(params)}
                else:
                    push = entry["msg"] if isinstance(entry.get("msg"), dict) else entry
                    arg = push.get("arg") if "data" in push else None
            if isinstance(arg, dict) and "channel" in arg:
                found.setdefault(repr(sorted(arg.items())), {key: str(value) for key, value in arg.items()})
    return list(found.values())


def lines(path: Path, truncated: list[str] | None = None) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line that is not blank.

    A file that ends in the middle of a gzip member, as a kill or a full disk leaves it, is read up to its last whole
    line: the log says so, and its name goes to `truncated`. Raises RecordingError for what is no gzip, no file, or has
    a line beyond all measure.
    """
    number, rest = 0, b""
    is_whole = True
    for piece, is_whole in _pieces(path):  # noqa: B007  # the last one counts
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            number += 1
            if len(line) > MAX_LINE:
                raise RecordingError(str(path), number, f"longer than {MAX_LINE} bytes")
            if line := line.strip():
                yield number, line
        if len(rest) > MAX_LINE:
            raise RecordingError(str(path), number + 1, f"longer than {MAX_LINE} bytes")
    if not is_whole:
        log.warning("%s: ends in the middle of a gzip member; read up to line %d", path, number)
        if truncated is not None:
            truncated.append(str(path))
    elif rest := rest.strip():
        yield number + 1, rest


def _pieces(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The content, and with each piece whether the file could end there."""
    try:
        with path.open("rb") as file:
            if path.suffix == ".gz":
                yield from _unpacked(path, iter(lambda: file.read(CHUNK), b""))
            else:
                yield from ((piece, True) for piece in iter(lambda: file.read(CHUNK), b""))
    except OSError as error:
        raise RecordingError(str(path), 0, error.strerror or str(error)) from error


def _unpacked(path: Path, packed: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    member: Any = None
    for chunk in packed:
        while chunk:
            if member is None:
                chunk = chunk.lstrip(b"\0")  # noqa: PLW2901  # padding, as gzip allows it between members
                if not chunk:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(chunk, CHUNK)
            except zlib.error as error:
                raise RecordingError(str(path), 0, f"broken gzip: {error}") from error
            chunk = member.unused_data if member.eof else member.unconsumed_tail  # noqa: PLW2901
            if member.eof:
                member = None
            yield piece, member is None
    while member is not None and (piece := member.decompress(member.unconsumed_tail, CHUNK)):
        yield piece, False
