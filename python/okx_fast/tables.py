"""The tables of an export: their columns, and how rows become files.

    row, row, … ─▶ Table (columns as lists) ─▶ a record batch each ROWS rows ─▶ NAME.parquet or NAME.arrow

Memory holds at most one batch of each table. A file has its name once it is whole; until then it ends in `.part`.
Numbers are exact: `px` and `sz` are decimal128(38, 18), which holds each number that books and trades can have (18
digits, at most 18 of them after the point), and `px_scale` and `sz_scale` tell how many decimals OKX wrote.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from okx_fast._native import __version__
from okx_fast.errors import ConfigError, MalformedError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

__all__ = ["COLUMNS", "FORMATS", "Table", "Tables"]

FORMATS = ("parquet", "arrow")
# A batch, and in Parquet a row group.
ROWS = 65_536

# Each column and its type: int, tiny, bool, text, num (exact), nums (a list of exact ones).
_COMMON = {"line": "int", "recv_ns": "int", "ts_ms": "int", "channel": "text", "inst_id": "text"}
_LEVEL = {"px": "num", "px_scale": "tiny", "sz": "num", "sz_scale": "tiny"}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "trades": {**_COMMON, "trade_id": "int", "seq_id": "int", "side": "text", **_LEVEL, "count": "int",
               "source": "text", "gap_before": "bool"},
    "books": {**_COMMON, "action": "text", "seq_id": "int", "prev_seq_id": "int", "side": "text", **_LEVEL,
              "n_orders": "int", "non_rpi_sz": "num", "cause": "text"},
    "top": {**_COMMON, "seq_id": "int", "valid": "bool", "bid_px": "nums", "bid_sz": "nums", "ask_px": "nums",
            "ask_sz": "nums"},
    "events": {"line": "int", "recv_ns": "int", "kind": "text", "channel": "text", "inst_id": "text", "text": "text",
               "fields": "text"},
}  # fmt: skip


def _pyarrow() -> Any:
    """The library. Raises ConfigError without it."""
    try:
        import pyarrow as pa
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        raise ConfigError("export needs pyarrow: pip install okx-fast[export]") from None
    return pa


class Tables:
    """All tables of one export; a context that keeps the files only if it ends without an exception."""

    def __init__(
        self, folder: str | os.PathLike[str], names: Sequence[str], file_format: Literal["parquet", "arrow"]
    ) -> None:
        """Raises ConfigError without pyarrow, for another format, and if a file is there already."""
        if file_format not in FORMATS:
            raise ConfigError(f"format: expected {' or '.join(FORMATS)}, got {file_format!r}")
        arrow = _pyarrow()
        paths = {name: Path(folder) / f"{name}.{file_format}" for name in names}
        for path in paths.values():
            if path.exists():
                raise ConfigError(f"{path}: is there already, and is not written over")
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.of = {name: Table(path, COLUMNS[name], arrow) for name, path in paths.items()}

    def flush(self, least: int = ROWS) -> None:
        """Write what has come to at least so many rows."""
        for table in self.of.values():
            if table.waiting >= least:
                table.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        is_whole = False
        try:
            if kind is None:
                self.flush(1)
                for table in self.of.values():
                    table.close()
                is_whole = True
        finally:
            for table in self.of.values():
                table.keep() if is_whole else table.discard()


class Table:
    """One file. Rows are put into `columns`, a list each of the same length."""

    def __init__(self, path: Path, columns: Mapping[str, str], arrow: Any) -> None:
        pa = self._pa = arrow
        num = pa.decimal128(38, 18)
        types = {"int": pa.int64(), "tiny": pa.int8(), "bool": pa.bool_(), "text": pa.string(), "num": num}
        types["nums"] = pa.list_(num)
        self.path, self.part = path, path.with_name(path.name + ".part")
        self.rows = 0
        self.columns: dict[str, list[Any]] = {name: [] for name in columns}
        self._kinds = columns
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns.items()], {"okx_fast": __version__})
        self._file: Any = None
        self._writer: Any = None

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return len(self.columns["line"])

    def add(self, count: int = 1, /, **values: Any) -> None:
        """Rows that have these values in common; a list is one value for each of them. What is not said is null."""
        for name, column in self.columns.items():
            value = values.get(name)
            column.extend(value if type(value) is list else [value] * count)

    def flush(self) -> None:
        """Write what waits. Raises MalformedError for an integer that no int64 holds."""
        try:
            arrays = [self._array(name, kind) for name, kind in self._kinds.items()]
        except OverflowError:
            raise self._misfit() from None
        self._open().write_batch(self._pa.record_batch(arrays, schema=self._schema))
        self.rows += self.waiting
        for column in self.columns.values():
            column.clear()

    def close(self) -> None:
        """End the file, which then has at least its schema."""
        self._open().close()
        self._file.close()

    def keep(self) -> None:
        """Give the file its name."""
        self.part.rename(self.path)

    def discard(self) -> None:
        """Take the file away; what it lacks is no more of interest."""
        with suppress(OSError):
            if self._file is not None:
                self._writer.close()
                self._file.close()
        self.part.unlink(missing_ok=True)

    def _open(self) -> Any:
        if self._writer is None:
            pa = self._pa
            self._file = pa.OSFile(str(self.part), "wb")
            if self.path.suffix == ".parquet":
                self._writer = pa.parquet.ParquetWriter(self._file, self._schema, compression="zstd")
            else:
                options = pa.ipc.IpcWriteOptions(compression="zstd")
                self._writer = pa.ipc.new_file(self._file, self._schema, options=options)
        return self._writer

    def _misfit(self) -> MalformedError:
        columns, names = self.columns, [name for name, kind in self._kinds.items() if kind == "int"]
        too_large = ((name, at) for name in names for at, value in enumerate(columns[name]) if (value or 0) >> 63)
        name, at = next(too_large)
        got = str(columns[name][at])
        return MalformedError(columns["inst_id"][at], columns["channel"][at], f"expected {name} below 2**63", got)

    def _array(self, name: str, kind: str) -> Any:
        pa = self._pa
        values = self.columns[name]
        field = self._schema.field(name)
        if kind == "num":
            return pa.array(values, pa.string()).cast(field.type)
        if kind == "nums":
            return pa.array(values, pa.list_(pa.string())).cast(field.type)
        if kind == "tiny":  # the decimals of the number it is named after
            texts, count = pa.array(self.columns[name[:2]], pa.string()), pa.compute
            point = count.find_substring(texts, ".")
            decimals = count.subtract(count.subtract(count.utf8_length(texts), point), 1)
            return count.if_else(count.less(point, 0), 0, decimals).cast(field.type)
        return pa.array(values, field.type)
