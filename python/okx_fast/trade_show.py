"""What `okx-fast trade` says: what it will do, how each call ended, and where the time went."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ConfigError
from okx_fast.terminal import plain
from okx_fast.trade import SPANS, is_live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from okx_fast.site import Site
    from okx_fast.trade import Plan, Step

__all__ = ["agree", "check", "step", "sum_up"]


def check(site: Site, *, live: bool, agreed: bool) -> None:
    """Raises ConfigError where real money is meant and not asked for, or asked for and not meant, and where nobody
    could agree to it.
    """
    if is_live(site) and not live:
        raise ConfigError(f"{site.name} is live trading, with real money: say --live, or take a demo site or sim")
    if live and not is_live(site):
        raise ConfigError(f"--live: {site.name} is not live trading")
    if live and not (agreed or sys.stdin.isatty()):
        raise ConfigError("live trading without a terminal to agree on: say --yes")


def agree(plan: Plan, *, agreed: bool) -> bool:
    """Say what is about to happen, on stderr, so that --json stays JSON; ask before it is done with real money."""
    sys.stdout.flush()
    print(plain(plan.words()), file=sys.stderr, flush=True)
    if not plan.live or agreed:
        return True
    print("Do it? Type yes: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


def step(step: Step) -> None:
    """A call in one line: how each of its orders ended, and how long that took."""
    print(
        plain(
            f"{step.round:>4}  {step.name:<13}  {_outcome(step):<13}  {step.us / 1000:8.2f} ms  {_words(step)}"
        ).rstrip(),
        flush=True,
    )


def _outcome(step: Step) -> str:
    counts = Counter(order["outcome"] for order in step.orders)
    return ", ".join(f"{count} {word}" if len(step.orders) > 1 else word for word, count in counts.items())


def _words(step: Step) -> str:
    """The ordId of what went well; of what did not, the code and what OKX or we say to it."""
    if step.as_wanted and step.wanted == "CONFIRMED":
        return " ".join(dict.fromkeys(order["ord_id"] for order in step.orders))
    said = dict.fromkeys(
        " ".join(part for part in (order["code"], order["msg"], order["doubt"]) if part)
        for order in step.orders
        if order["outcome"] != "CONFIRMED"
    )
    hints = dict.fromkeys(order["hint"] for order in step.orders if order["hint"] and not step.as_wanted)
    ends = "as it should be" if step.as_wanted else f"NOT {step.wanted}, as it should be"
    return f"{ends}: {'; '.join([*said, *hints])}"


def sum_up(summary: dict[str, Any]) -> Iterator[str]:
    """How many ended how, and a table of the spans."""
    outcomes = ", ".join(f"{count} {word}" for word, count in summary["outcomes"].items())
    early = ", interrupted" if summary["interrupted"] else ""
    wrong = f"{summary['not_as_wanted']} calls not as they should" if summary["not_as_wanted"] else "all as they should"
    yield f"{outcomes}, {wrong}, in {summary['seconds']:.1f} s{early}; still open: {len(summary['open'])}"
    yield ""
    yield f"{'µs':<6}{'p50':>10}{'p99':>10}{'p99.9':>10}{'count':>8}"
    for name in SPANS:
        span = summary["spans_us"][name]
        yield f"{name:<6}" + "".join(f"{span[key]:>10.1f}" for key in ("p50", "p99", "p99.9")) + f"{span['count']:>8}"
    yield ""
    yield from (f"{name:<6}{words}" for name, words in SPANS.items())
