"""Keep the table of REST endpoints, and make what follows from it.

    python -m tools.endpoints diff CATALOGUE.csv [--write]   the table beside a newer catalogue; 1 if they differ
    python -m tools.endpoints stubs                          python/okx_fast/rest/namespaces.pyi
    python -m tools.endpoints docs                           docs/endpoints.md, docs/python-okx.md
    python -m tools.endpoints --check                        1 if the table is unsound, or a made file is not current

`diff --write` takes the facts over, drops what is gone, and adds what is new without `what` and `section`, which are
ours to write: `--check` asks for them.
"""

from __future__ import annotations

import argparse
import json
import keyword
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["differences", "main", "outdated", "rows", "unsound"]

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "python/okx_fast/rest/endpoints.jsonl"
STUB = ROOT / "python/okx_fast/rest/namespaces.pyi"

# Parameters of every method; an endpoint's own must not be among them.
TAKEN = {"self", "items", "extra", "timeout", "limit_mode", "exp_time"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 all is well, 1 something differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.endpoints", description="Keep the table of REST endpoints.")
    parser.add_argument(
        "--check", action="store_true", help="is the table sound, and all that is made from it current?"
    )
    commands = parser.add_subparsers(dest="command", metavar="diff | stubs | docs")
    diff = commands.add_parser("diff", help="the table beside a newer catalogue")
    diff.add_argument("catalogue", type=Path, metavar="CATALOGUE.csv")
    diff.add_argument("--write", action="store_true", help="take the catalogue's facts over")
    commands.add_parser("stubs", help="write the stub of the namespaces")
    commands.add_parser("docs", help="write the pages of the documentation")
    args = parser.parse_args(argv)
    if args.command == "diff":
        return _diff(args.catalogue, write=args.write)
    if args.command:
        for path, text in _made(args.command):
            path.write_text(text, encoding="utf-8")
        return 0
    if not args.check:
        parser.error("say what to do")
    problems = [*unsound(), *outdated()]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def rows() -> dict[tuple[str, str], dict[str, Any]]:
    """The table as it is written, by method and path."""
    lines = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
    return {(row["method"], row["path"]): row for row in lines}


def differences(path: Path) -> Iterator[str]:
    """What a catalogue has that the table has not, and the other way round, a line each."""
    ours, theirs = rows(), catalogue.read(path)
    for key in sorted(ours.keys() | theirs.keys(), key=lambda key: (key[1], key[0])):
        name = " ".join(key)
        if key not in ours:
            yield f"added    {name}"
        elif key not in theirs:
            yield f"removed  {name}"
        else:
            for fact in catalogue.FACTS:
                mine, other = ours[key].get(fact), catalogue.order(theirs[key]).get(fact)
                if not (mine == other or (fact == "paging" and _same_paging(mine, other))):
                    yield f"changed  {name}  {fact}: {_short(mine)} is now {_short(other)}"


def unsound() -> Iterator[str]:
    """What is wrong with the table itself, a line each."""
    table = rows()
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    names = [row["name"] for row in table.values()]
    if names != sorted(set(names)) or len(lines) != len(names):
        yield "table: rows must stand in the order of their names, each name and each endpoint once"
    if lines != [_line(row) for row in table.values()]:
        yield "table: a line must have its keys in order, without those at their usual value"
    for (method, path), row in table.items():
        yield from (f"{row['name']}: {problem}" for problem in _unsound(method, path, row, names))


def outdated() -> Iterator[str]:
    """The made files that are not what they would be now, a line each."""
    for command in ("stubs", "docs"):
        for path, text in _made(command):
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                yield f"{path.relative_to(ROOT)} is not current: python -m tools.endpoints {command}"


def _unsound(method: str, path: str, row: dict[str, Any], names: list[str]) -> Iterator[str]:
    if row["name"] != catalogue.method_name(method, path, row.get("verb", "")):
        yield f"the rule calls it {catalogue.method_name(method, path, row.get('verb', ''))}"
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in row["name"].split(".")):
        yield "cannot be written in Python"
    if not row["what"].endswith(".") or not row["section"]:
        yield "`what` is a sentence and `section` a place in OKX's documentation"
    top = [*row.get("required", []), *row.get("optional", [])]
    inside = {f"{parent}.{name}" for parent, fields in row.get("nested", {}).items() for name in fields}
    if len(set(top)) != len(top) or TAKEN & set(top):
        yield "a parameter is named twice, or as one that every method has"
    if unknown := set(row.get("types", {})) - set(top) - inside:
        yield f"`types` names no parameter: {', '.join(sorted(unknown))}"
    if untyped := [
        name for name in row.get("nested", {}) if row.get("types", {}).get(name) not in {"object", "objects"}
    ]:
        yield f"object or objects: {', '.join(untyped)}?"
    if strangers := [row[key] for key in ("single", "bucket") if key in row and row[key] not in names]:
        yield f"no row is called {', '.join(strangers)}"
    if (method == "GET") != (row["in"] == "query"):
        yield "parameters of a GET go into the query, others into the body"


def _diff(path: Path, *, write: bool) -> int:
    lines = list(differences(path))
    print(*lines, sep="\n", end="\n" if lines else "")
    if write and lines:
        _take_over(path)
    return 1 if lines else 0


def _take_over(path: Path) -> None:
    ours, merged = rows(), []
    for key, facts in catalogue.read(path).items():
        row = ours.get(key, {"method": key[0], "path": key[1], "what": "", "section": ""})
        if _same_paging(row.get("paging"), facts["paging"]):
            facts["paging"] = row.get("paging")
        merged.append(catalogue.order({"name": catalogue.method_name(*key, row.get("verb", ""))} | row | facts))
    merged.sort(key=lambda row: str(row["name"]))
    TABLE.write_text("".join(f"{_line(row)}\n" for row in merged), encoding="utf-8")


def _same_paging(mine: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """A catalogue leaves the cursor open where its source only says "time"; the table names the field."""
    if mine is None or other is None:
        return mine == other
    return all(mine.get(key) == value or (key == "cursor" and not value) for key, value in other.items())


def _made(command: str) -> list[tuple[Path, str]]:
    # Imported here: `diff` and the soundness of the table need no built package.
    from tools import pages, stubs  # noqa: PLC0415

    if command == "stubs":
        return [(STUB, stubs.text())]
    return [(ROOT / "docs/endpoints.md", pages.endpoints()), (ROOT / "docs/python-okx.md", pages.names_of_python_okx())]


def _line(row: dict[str, Any]) -> str:
    return json.dumps(catalogue.order(row), ensure_ascii=False, separators=(",", ":"))


def _short(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
