"""Recordings through the core: what a live client would have made of them.

    .jsonl or .gz ─▶ lines ─▶ Verifier (the books of rust/core) ─▶ one row per connection, channel and instrument

A line is a frame as OKX sent it, or `{"recv": seconds, "conn": name, "msg": frame}`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from okx_fast._native import Verifier
from okx_fast.errors import OkxFastError, RecordingError
from okx_fast.recording import lines

if TYPE_CHECKING:
    import os

__all__ = ["as_table", "is_sound", "verify_file"]

log = logging.getLogger("okx_fast")


def verify_file(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Rebuild every book of a recording and check each message; one dict per stream, by conn, channel and id.

    file, conn, channel, id: the stream · messages, snapshots, updates: how many ·
    sum_ok, sum_bad, sum_zero: checksums that were right, wrong, and 0 (not offered) · gaps: breaks of the
    sequence · seqId: the last one, None if never sent · levels, bids, asks: how many levels a side at the
    end, and the best five as [px, sz] · digest: sha256 over all final levels.
    Lines that are JSON but nothing OKX sends are passed over; the log says how many. A file that ends in the middle of
    a gzip member is read up to its last whole line; the log says that too.
    Raises RecordingError, which names file and line, for what cannot be read.
    """
    path = Path(path)
    verifier = Verifier()
    foreign = 0
    for number, line in lines(path):
        try:
            foreign += not verifier.line(line)
        except (OkxFastError, ValueError) as error:
            raise RecordingError(str(path), number, str(error)) from error
    if foreign:
        log.warning("%s: passed over %d lines that are JSON, but nothing OKX sends", path, foreign)
    name = _name(path)
    rows = [{"file": name, **row} for row in verifier.report()]
    return sorted(rows, key=lambda row: (row["conn"], row["channel"], row["id"]))


def is_sound(row: dict[str, Any]) -> bool:
    """No wrong checksum and no gap."""
    return not row["sum_bad"] and not row["gaps"]


def as_table(rows: list[dict[str, Any]]) -> str:
    """Rows of `verify_file` as text, one line per stream and one for the sum."""
    head = ("file", "conn", "channel", "instrument", "messages", "sums ok", "bad", "zero", "gaps", "levels", "digest")
    table: list[tuple[str, ...]] = [head]
    for row in rows:
        bids, asks = row["levels"]
        counts = (row[key] for key in ("messages", "sum_ok", "sum_bad", "sum_zero", "gaps"))
        table.append(
            (
                row["file"],
                row["conn"],
                row["channel"],
                row["id"],
                *map(str, counts),
                f"{bids}+{asks}",
                row["digest"][:12],
            )
        )
    total = [str(sum(row[key] for row in rows)) for key in ("messages", "sum_ok", "sum_bad", "sum_zero", "gaps")]
    table.append((f"{len(rows)} streams", "", "", "", *total, "", ""))
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    is_count = range(4, 9)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in is_count else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def _name(path: Path) -> str:
    """A capture is known by its folder too (`books/<name>`), wherever that folder is."""
    return f"books/{path.name}" if path.absolute().parent.name == "books" else str(path)
