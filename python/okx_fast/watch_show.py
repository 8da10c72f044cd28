"""What `okx-fast watch` shows: a screen, lines of text, or JSON.

Watch.look() ─▶ screen(…)    a terminal, four times a second; importing rich costs most of it
             ├▶ lines(…)     no terminal: a line for each channel and second, and for each event
             └▶ objects(…)   --json: the same as objects, `type` says of what
"""

from __future__ import annotations

import re
import textwrap
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from okx_fast.jsonlog import event_fields
from okx_fast.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType
    from rich.table import Table

    from okx_fast.watch import Watch

__all__ = ["REFRESH_S", "lines", "objects", "output", "screen", "sum_up"]

REFRESH_S = 0.25
# So many connections are named in the head.
NAMED = 3
# Of a row's fields in one line: figures, not times.
FIGURE = re.compile(r"(?!ts|\w*Time)\w+=-?\d+(\.\d+)?(?!\w)").match
EVENTS_SHOWN = 5
TRADES_SHOWN = 5
ROW_LINES = 3  # of a row's fields on the screen


@contextmanager
def output(site: str, levels: int, *, live: bool, as_json: bool) -> Iterator[Callable[[Watch], object]]:
    """What to call to show the present state. live: draw on the terminal."""
    if not live:
        import orjson

        def show(watch: Watch) -> None:
            rows = map(_as_text, objects(watch, levels)) if as_json else lines(watch, levels)
            print("\n".join(rows), flush=True)

        def _as_text(row: dict[str, Any]) -> str:
            return orjson.dumps(row).decode()

        yield show
        return
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, auto_refresh=False, screen=True) as view:
        yield lambda watch: view.update(screen(watch, levels, site, *console.size), refresh=True)


def objects(watch: Watch, levels: int) -> Iterator[dict[str, Any]]:
    """Events since the last time, each item, and the client; times in Unix milliseconds."""
    now = {"time_ms": time.time_ns() // 1_000_000}
    for number, event in watch.news():
        yield {"type": "event", **now, "number": number, "text": str(event), **event_fields(event)}
    look = watch.look(levels)
    for row in look.pop("items"):
        yield {"type": "item", **now, **row}
    yield {"type": "client", **now, **look}


def lines(watch: Watch, levels: int) -> Iterator[str]:
    """The same as text; of the client only what is not ordinary."""
    for _, event in watch.news():
        yield plain(f"event {event}")
    for row in watch.look(levels)["items"]:
        yield plain(f"{_title(row)}  {_brief(row)}  {row['per_s']}/s, age {_age(row)}{_faults(row)}")


def sum_up(summary: dict[str, Any]) -> Iterator[str]:
    """The end for people: a line for all, and one for each item."""
    latency = summary["latency_us"]
    yield (
        f"{summary['messages']:,} messages in {summary['seconds']:.1f} s, {summary['per_s']:,.1f}/s; "
        f"{summary['connects']} connects, {summary['gaps']} gaps, {summary['checksums_bad']} wrong checksums; "
        f"socket to callback p50 {latency['p50']:.0f} µs, p99 {latency['p99']:.0f} µs"
    )
    for row in summary["items"]:
        yield plain(f"{_title(row)}  {row['count']:,}{_faults(row)}")


def _title(row: dict[str, Any]) -> str:
    return f"{row['channel']} {row['id']}".strip()


def _age(row: dict[str, Any]) -> str:
    age_ms = row["age_ms"]
    if age_ms is None:
        return "-"
    return f"{age_ms:.0f} ms" if age_ms < 10_000 else f"{age_ms / 1000:.0f} s"  # noqa: PLR2004  # 10 s


def _faults(row: dict[str, Any]) -> str:
    return "".join(f", {count} {kind}" for kind, count in row["faults"].items())


def _brief(row: dict[str, Any]) -> str:
    """The newest in a few words."""
    if row["kind"] == "book":
        return _touch(row)
    if row["kind"] == "trades" and row["trades"]:
        trade = row["trades"][-1]
        return f"{trade['side']} {trade['sz']} @ {trade['px']}"
    newest = row.get("row")
    if not newest:
        return "nothing yet"
    return " ".join(pair for pair in _pairs(newest) if FIGURE(pair)) or " ".join(_pairs(newest))


def _touch(row: dict[str, Any]) -> str:
    if not row["valid"] or row["why"]:
        return f"{'' if row['valid'] else 'INVALID: '}{row['why']}"
    (bid,), (ask,) = (side[:1] or [["-", "-", 0]] for side in (row["bids"], row["asks"]))
    crossed = " CROSSED" if row.get("crossed") else ""
    return f"{bid[1]} @ {bid[0]} | {ask[0]} @ {ask[1]}  spread {row.get('spread', '-')}{crossed}"


def _pairs(row: Any) -> list[str]:
    """`name=value` of what has a value."""
    if isinstance(row, dict) and isinstance(row.get("data"), list):  # a whole frame
        row = row["data"][-1] if row["data"] else {}
    if not isinstance(row, dict):
        return [str(row)]
    return [f"{name}={value}" for name, value in row.items() if value not in ("", None)]


def screen(watch: Watch, levels: int, site: str, width: int, height: int) -> RenderableType:
    """Everything, as far as it fits `height` lines; what has no place is said to be missing."""
    from rich.console import Group
    from rich.text import Text

    look = watch.look(levels)
    items = look["items"]
    watch.news()
    told = tuple(watch.events)
    events = [plain(str(event)) for _, event in told[max(0, len(told) - min(EVENTS_SHOWN, max(0, height // 3 - 3))) :]]
    parts: list[RenderableType] = [Text(_head(look, site), "dim", no_wrap=True, overflow="ellipsis")]
    room = height - 4 - len(events)
    shown = items[: max(1, room)]
    parts.append(_overview(shown))
    room -= len(shown)
    left_out = len(items) - len(shown)
    for row in items:
        block, size = _detail(row, width)
        if size + 1 > room:
            left_out = max(left_out, 1)
            continue
        parts += ["", block]
        room -= size + 1
    if left_out:
        parts.append(Text("… more than fits this terminal", "dim"))
    if events:
        parts.append(Text("events", "dim"))
        parts += [Text(f"  {event}", no_wrap=True, overflow="ellipsis") for event in events]
    return Group(*parts)


def _head(look: dict[str, Any], site: str) -> str:
    states = _states(look["connections"]) or "not connected"
    figures = f"{look['messages']:,} messages, {look['per_s']:,.0f}/s, {look['gaps']} gaps, {look['connects']} connects"
    return plain(f"okx-fast watch · {site} · {look['seconds']:.0f} s · {figures} · {states}")


def _states(connections: list[dict[str, Any]]) -> str:
    """Each connection's state; of many, how many are in which."""
    if len(connections) > NAMED:
        counts = Counter(str(one.get("state", "")) for one in connections)
        return ", ".join(f"{count} {state}" for state, count in counts.items())
    return ", ".join(f"{one.get('name', '')} {one.get('state', '')}".strip() for one in connections)


def _overview(items: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, expand=True, header_style="dim", pad_edge=False)
    for name, justify in (
        ("channel", "left"),
        ("of", "left"),
        ("per s", "right"),
        ("count", "right"),
        ("age", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("newest", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in items:
        wrong = row["faults"] or row.get("valid") is False
        newest = Text(plain(_brief(row) + _faults(row)), "red" if wrong else "")
        cells = (row["channel"], row["id"], f"{row['per_s']:,.1f}", f"{row['count']:,}", _age(row))
        table.add_row(*(Text(plain(cell)) for cell in cells), newest)
    return table


def _detail(row: dict[str, Any], width: int) -> tuple[RenderableType, int]:
    """One item at length, and how many lines that takes."""
    from rich.console import Group
    from rich.text import Text

    title = Text(plain(_title(row)), "bold")
    if row["kind"] == "book" and row.get("bids") is not None:
        title.append(f"  mid {row.get('mid', '-')}  spread {row.get('spread', '-')}  seqId {row['seq_id']}", "dim")
        return Group(title, _ladder(row)), 1 + max(len(row["bids"]), len(row["asks"]))
    if row["kind"] == "trades" and row["trades"]:
        return Group(title, _tape(row["trades"][: -TRADES_SHOWN - 1 : -1])), 1 + min(TRADES_SHOWN, len(row["trades"]))
    words = row["why"] if row["kind"] == "book" else "  ".join(_pairs(row.get("row") or {})) or "nothing yet"
    wrapped = textwrap.wrap(plain(words), width)[:ROW_LINES]
    return Group(title, Text("\n".join(wrapped), "red" if row["kind"] == "book" else "")), 1 + len(wrapped)


def _ladder(row: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=None, expand=True, show_header=False, pad_edge=False)
    for style in ("dim", "", "green", "red", "", "dim"):
        table.add_column(justify="right" if style != "red" else "left", ratio=1, style=style)
    for at in range(max(len(row["bids"]), len(row["asks"]))):
        bid, ask = (side[at] if at < len(side) else ("", "", "") for side in (row["bids"], row["asks"]))
        table.add_row(*map(str, (bid[2], bid[1], bid[0], ask[0], ask[1], ask[2])))
    return table


def _tape(trades: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(box=None, expand=True, show_header=False, pad_edge=False)
    for _ in range(4):
        table.add_column(justify="right", ratio=1)
    for trade in trades:
        when = time.strftime("%H:%M:%S", time.gmtime(trade["ts_ms"] / 1000)) + f".{trade['ts_ms'] % 1000:03}"
        style = {"buy": "green", "sell": "red"}.get(trade["side"], "")
        table.add_row(when, plain(trade["side"]), trade["px"], trade["sz"], style=style)
    return table
