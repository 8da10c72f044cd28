"""The rows of the one table: how passes become a row, and rows a text.

A row compares okx_fast with two others, whose names it carries. The ratio is the median over the passes of how many
times better okx_fast is than the same pass's rival.
"""

from __future__ import annotations

import statistics
from typing import Any

from benches.py import harness

Row = dict[str, Any]
AGAINST = ("baseline", "best_python")


def compare(
    task: str,
    case: str,
    unit: str,
    trio: list[list[dict[str, Any] | None]],
    key: tuple[str, ...],
    *,
    more_is_better: bool = False,
    against: tuple[str, str] = AGAINST,
) -> Row:
    """Make a row from the passes of okx_fast and of two others; a pass that failed is left out."""
    figures = [[None if result is None else harness.pick(result, key) for result in results] for results in trio]
    return make_row(task, case, unit, *figures, more_is_better=more_is_better, against=against)


def make_row(
    task: str,
    case: str,
    unit: str,
    ours: list[Any],
    first: list[Any],
    second: list[Any],
    *,
    more_is_better: bool = False,
    against: tuple[str, str] = AGAINST,
) -> Row:
    """Make a row from the figures of each pass."""

    def ratios(rival: list[Any]) -> list[float]:
        pairs = [(a, b) for a, b in zip(ours, rival, strict=False) if a and b]
        return [a / b if more_is_better else b / a for a, b in pairs]

    by_pass = ratios(first)
    return {
        "task": task,
        "case": case,
        "unit": unit,
        "against": [*against],
        "okx_fast": middle(ours),
        against[0]: middle(first),
        "ratio": middle(by_pass),
        "ratio_range": [rounded(min(by_pass)), rounded(max(by_pass))] if by_pass else None,
        against[1]: middle(second),
        f"ratio_{against[1]}": middle(ratios(second)),
        "passes": len(by_pass),
    }


def tails(row: Row, trio: list[list[dict[str, Any] | None]], key: str) -> None:
    """Put the percentiles of all three into a row; they stand under `key` in each result."""
    names = ("okx_fast", *row["against"])
    for share in ("p50", "p99", "p99.9"):
        figures = [rounded(harness.median(results, (key, share))) for results in trio]
        row[share] = dict(zip(names, figures, strict=True))


def middle(values: list[Any]) -> float | None:
    """Give the median of those that are there."""
    known = [value for value in values if value is not None]
    return rounded(statistics.median(known)) if known else None


def rounded(value: float | None) -> float | None:
    """Keep four digits."""
    return None if value is None else float(f"{value:.4g}")


def table(rows: list[Row]) -> str:
    """Lay the rows out as text; a line of names stands wherever the rivals change."""
    lines: list[tuple[str, ...]] = []
    heads = []
    before: list[str] = []
    for row in rows:
        if row["against"] != before:
            before = row["against"]
            heads.append(len(lines))
            lines.append(("task", "case", "unit", "okx_fast", before[0], "ratio", "(range)", before[1], "ratio"))
        lines += _lines(row)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.ljust(width) if i < 3 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "-" * max(map(len, text))
    for at in reversed(heads):
        text.insert(at + 1, rule)
    return "\n".join(text)


def _lines(row: Row) -> list[tuple[str, ...]]:
    first, second = row["against"]
    span = row["ratio_range"]
    lines: list[tuple[str, ...]] = [
        (
            row["task"],
            row["case"],
            row["unit"],
            _text(row["okx_fast"]),
            _text(row[first]),
            _text(row["ratio"], "x"),
            f"({span[0]:.3g}-{span[1]:.3g})" if span and row["passes"] > 1 else "",
            _text(row[second]),
            _text(row[f"ratio_{second}"], "x"),
        )
    ]
    if "p99" in row:
        far = [f"{_text(row['p99'][name])}/{_text(row['p99.9'][name])}" for name in ("okx_fast", first, second)]
        lines.append(("", "  p99/p99.9", row["unit"], far[0], far[1], "", "", far[2], ""))
    return lines


def _text(value: float | None, suffix: str = "") -> str:
    if value is None:
        return "-"
    return (f"{value:,.0f}" if value >= 1000 else f"{value:.3g}") + suffix
