"""ccxt.pro, python-okx and okx_fast watch one sick simulator, side by side; who noticed, lost and showed what.

    python -m tests.conformance.sick [--only book_gap,half_open] [--clients okx_fast] [--seed 5] [--docs]

Prints a line for each client and sickness, and writes a table and all that the clients were told to target/sick; with
--docs the table in docs/recovery.md is made anew. Some seven minutes. Exit code 1 if okx_fast broke what it promises: a
false book, a trade lost or late and not announced, or no recovery. 2 if the run came to nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.conformance.registry import Unmet

from . import report
from .judge import Verdict, judge
from .script import SCRIPT, Sickness
from .ward import OURS, RIVALS, Ward

# Depth below that of what clients read; several changes of a book in each of its messages, and a few trades a second.
HOUSE = {"levels": 20, "interval_ms": 40}
LIMITS = 0  # all clients share one address here, and so would share its three connections a second


def one(ward: Ward, sickness: Sickness) -> dict[str, Verdict | None]:
    ward.make_well()
    windows = sickness.strike(ward)
    starts = {name: w.start for name, w in windows.items() if w.start is not None and w.end is None}
    end = ward.watch(starts, sickness.least_s, sickness.most_s) if starts else 0.0
    ward.sim.admin("DELETE", "/faults")
    verdicts: dict[str, Verdict | None] = {}
    for client in ward.clients:
        window = windows[client.name]
        verdicts[client.name] = None
        if window.start is not None:
            verdicts[client.name] = judge(client.line, ward.truth, window.start, window.end or end)
    return verdicts


def run(args: argparse.Namespace) -> report.Result:
    names = args.clients.split(",")
    only = args.only.split(",") if args.only else [sickness.name for sickness in SCRIPT]
    chosen = [sickness for sickness in SCRIPT if sickness.name in only]
    result = report.Result(names=names, seed=args.seed)
    began = time.monotonic()
    for checksum, sicknesses in groupby(chosen, key=lambda sickness: sickness.checksum):
        config: dict[str, Any] = {"seed": args.seed, "checksum": checksum, "limits": LIMITS, "house": HOUSE}
        with Ward(names, config, args.logs) as ward:
            for sickness in sicknesses:
                verdicts = one(ward, sickness)
                result.add(sickness, verdicts)
                print(*report.lines(sickness, verdicts), sep="\n", flush=True)
            result.versions |= {client.name: client.line.version for client in ward.clients}
            told = {client.name: client.line.told for client in ward.clients}
            (args.logs / f"told-{checksum}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    result.took_s = time.monotonic() - began
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="sick", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="names of sicknesses, comma separated")
    parser.add_argument("--clients", default=",".join((OURS, *RIVALS)), help="names of clients, comma separated")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--logs", type=Path, default=Path("target/sick"))
    parser.add_argument("--docs", action="store_true", help="put the table into docs/recovery.md")
    args = parser.parse_args()
    known = {sickness.name for sickness in SCRIPT}
    if unknown := sorted(set(filter(None, args.only.split(","))) - known):
        parser.error(f"no such sickness: {', '.join(unknown)} (there are {', '.join(sorted(known))})")
    if args.docs and (args.only or args.clients != parser.get_default("clients")):
        parser.error("--docs is for a run of everything")
    args.logs.mkdir(parents=True, exist_ok=True)
    try:
        result = run(args)
    except Unmet as error:
        print(f"FAIL {error}", file=sys.stderr)
        return 2
    rows = {
        row["sickness"].name: {name: verdict and asdict(verdict) for name, verdict in row["verdicts"].items()}
        for row in result.rows
    }
    (args.logs / "results.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = report.table(result)
    (args.logs / "table.md").write_text(text, encoding="utf-8")
    if args.docs:
        report.into_docs(text)
    broken = report.broken_promises(result, OURS)
    print(*broken, f"{len(result.rows)} sicknesses in {result.took_s:.0f} s", sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
