"""The verdicts as words, as a table, and as a part of the docs."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.conformance.simulator import ROOT

if TYPE_CHECKING:
    from .judge import Verdict
    from .script import Sickness

DOCS = ROOT / "docs" / "recovery.md"
BEGIN, END = "<!-- made by `make sick DOCS=1`: begin -->", "<!-- end -->"
SHOWN = 3  # ways to tell the user, at most, in a cell
NONE = "–"  # noqa: RUF001 - an empty cell

Verdicts = dict[str, "Verdict | None"]


@dataclass
class Result:
    names: list[str]
    seed: int
    versions: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    took_s: float = 0.0

    def add(self, sickness: Sickness, verdicts: Verdicts) -> None:
        self.rows.append({"sickness": sickness, "verdicts": verdicts})


def word(verdict: Verdict | None, *, harmless: bool = False, final: bool = False) -> str:
    """The worst that can be said of it, in a few words; the docs explain them."""
    if verdict is None:
        return "not struck"
    wrong = verdict.false_ms + verdict.late_ms
    told = verdict.told_ms is not None
    words = [
        (final and told and not wrong, "told"),
        (verdict.right_ms is None, "not right again" if told else "not right again, untold"),
        (wrong, f"wrong for {ms(wrong)}, " + ("told" if told else "untold")),
        (verdict.lost, f"{count(verdict.lost)} lost, " + ("untold" if verdict.lost_untold else "told")),
        (verdict.delayed, f"{count(verdict.delayed)} late, " + ("untold" if verdict.delayed_untold else "told")),
        (verdict.doubled, "trades twice"),
        (harmless and (told or verdict.blind_ms), "alarm in vain"),
        (told, "told"),
    ]
    return next((text for holds, text in words if holds), "right")


def judged(sickness: Sickness, verdict: Verdict | None) -> str:
    return word(verdict, harmless=sickness.harmless, final=sickness.final)


def lines(sickness: Sickness, verdicts: Verdicts) -> list[str]:
    """For the terminal, as the run goes on."""
    return [
        f"{sickness.name:<22} {name:<11} {judged(sickness, verdict):<28} "
        + ("" if verdict is None else "; ".join(cells(verdict)) + f"; paused {verdict.paused_ms:.0f} ms")
        for name, verdict in verdicts.items()
    ]


def cells(verdict: Verdict) -> list[str]:
    """Told, false, late, no book, trades, right again."""
    ways = ", ".join(verdict.told[:SHOWN]) + (" …" if len(verdict.told) > SHOWN else "")
    numbers = [
        ("lost", verdict.lost, verdict.lost_untold),
        ("late", verdict.delayed, verdict.delayed_untold),
        ("twice", verdict.doubled, 0),
    ]
    trades = [f"{n} {what}" + (f" ({untold} untold)" if untold else "") for what, n, untold in numbers if n]
    return [
        f"{ways}, " + (f"after {ms(verdict.told_ms)}" if verdict.told_ms >= 1 else "at once")
        if verdict.told_ms is not None
        else NONE,
        length(verdict, "false", verdict.false_ms),
        length(verdict, "late", verdict.late_ms),
        length(verdict, "blind", verdict.blind_ms),
        ", ".join(trades) or NONE,
        "no" if verdict.right_ms is None else ms(verdict.right_ms) if verdict.right_ms else NONE,
    ]


def count(trades: int) -> str:
    return f"{trades} trade{'s' * (trades > 1)}"


def length(verdict: Verdict, grade: str, value: float) -> str:
    """How long it lasted; `>` where the look at it ended first."""
    return (("> " if grade in verdict.lasting else "") + ms(value)) if value else NONE


def ms(value: float) -> str:
    return f"{value:.0f} ms" if value < 999.5 else f"{value / 1000:.1f} s"


def table(result: Result) -> str:
    """All of it between the markers, for the docs."""
    versions = ", ".join(f"{name} {result.versions.get(name, '?')}" for name in result.names)
    made = f"{datetime.now(UTC):%Y-%m-%d}, `make sick DOCS=1`, seed {result.seed}, {result.took_s:.0f} s"
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, everything on one machine over loopback"
    out = [
        BEGIN,
        "",
        f"{made}; {versions}; {machine}.",
        "",
        "| sickness | " + " | ".join(result.names) + " |",
        "|---|" + "---|" * len(result.names),
    ]
    for row in result.rows:
        words = [judged(row["sickness"], row["verdicts"].get(name)) for name in result.names]
        out.append(f"| `{row['sickness'].name}` | " + " | ".join(words) + " |")
    out += ["", "What stands behind the words:", ""]
    for row in result.rows:
        out += [f"`{row['sickness'].name}`: {row['sickness'].what}.", ""]
        out += ["| | told | false book | late book | no book | trades | right again |", "|---|---|---|---|---|---|---|"]
        for name in result.names:
            verdict = row["verdicts"].get(name)
            out.append(f"| {name} | " + (" | ".join(cells(verdict)) if verdict else "not struck | | | | |") + " |")
        out.append("")
    return "\n".join([*out, END])


def into_docs(text: str) -> None:
    """Replace what stands between the markers."""
    docs = DOCS.read_text(encoding="utf-8")
    made, found = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: text, docs, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"{DOCS}: expected one pair of markers, got {found}")
    DOCS.write_text(made, encoding="utf-8")


def broken_promises(result: Result, name: str) -> list[str]:
    """What okx_fast must not do, whatever happens; how long things take is another matter, and judged by nobody."""
    broken = []
    for row in result.rows:
        if name not in row["verdicts"]:
            continue
        sickness, verdict = row["sickness"], row["verdicts"][name]
        if verdict is None:
            broken.append(f"BROKEN {sickness.name}: {name} was not struck")
            continue
        if (
            verdict.false_ms and sickness.name != "book_crossed"
        ):  # there OKX itself says so, and nothing gives it the lie
            broken.append(f"BROKEN {sickness.name}: {name} showed a book that never was for {ms(verdict.false_ms)}")
        if verdict.lost_untold:
            broken.append(f"BROKEN {sickness.name}: {name} lost {verdict.lost_untold} trades and did not say so")
        if verdict.delayed_untold:
            broken.append(
                f"BROKEN {sickness.name}: {name} was late with {verdict.delayed_untold} trades and did not say so"
            )
        if verdict.right_ms is None and not sickness.final:
            broken.append(f"BROKEN {sickness.name}: {name} did not recover")
    return broken
