"""Keeps `python/okx_fast/rest/codes.jsonl`: every code OKX documents, its category, whether a retry is safe.

    python -m tools.codes diff CATALOGUE.csv     what a newer catalogue adds, changes, removes; exit 1 if anything
    python -m tools.codes write CATALOGUE.csv    take it over

The catalogue is a CSV with the columns code, category and retryable; others are ignored. OKX's messages are not kept:
a reply brings its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

CODES = Path(__file__).resolve().parents[1] / "python" / "okx_fast" / "rest" / "codes.jsonl"

# A code's category and retry.
Codes = dict[str, tuple[str, str]]


def ours(path: Path = CODES) -> Codes:
    """The codes of the package."""
    rows = map(json.loads, path.read_text().splitlines())
    return {row["code"]: (row["category"], row["retry"]) for row in rows}


def theirs(path: Path) -> Codes:
    """The codes of a catalogue."""
    with path.open(newline="") as file:
        return {row["code"]: (row["category"], row["retryable"]) for row in csv.DictReader(file)}


def diff(old: Codes, new: Codes) -> list[str]:
    """A line for each code that differs: `+` added, `-` removed, `~` changed."""
    lines = [f"+ {code} {' '.join(new[code])}" for code in new if code not in old]
    lines += [f"- {code} {' '.join(old[code])}" for code in old if code not in new]
    lines += [
        f"~ {code} {' '.join(old[code])} -> {' '.join(new[code])}"
        for code in new
        if old.get(code, new[code]) != new[code]
    ]
    return sorted(lines, key=lambda line: line[2:])


def text(codes: Codes) -> str:
    """The file's content."""
    rows = ({"code": code, "category": category, "retry": retry} for code, (category, retry) in codes.items())
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def main() -> int:
    """Run a command; 1 if it found differences."""
    parser = argparse.ArgumentParser(prog="tools.codes", description="Keeps the table of OKX's codes.")
    parser.add_argument("command", choices=["diff", "write"])
    parser.add_argument("catalogue", type=Path)
    args = parser.parse_args()
    new = theirs(args.catalogue)
    if args.command == "write":
        CODES.write_text(text(new))
        return 0
    lines = diff(ours(), new)
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
