"""Make what follows from the table of channels.

python -m tools.channels stubs      python/okx_fast/rows.pyi
python -m tools.channels docs       docs/channels.md
python -m tools.channels --check    1 if one of them is not current
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from okx_fast.channels.table import CHANNELS, REFUSED, Channel
from okx_fast.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Ways in that have `conflate`, too.
CONFLATED = ("subscribe_book", "subscribe_ticker")

ROOT = Path(__file__).resolve().parents[1]

HEAD = '''\
"""`Client.subscribe`, an overload for each channel. Made by `python -m tools.channels stubs`."""

from collections.abc import Callable
from typing import Any, Literal, overload

from okx_fast._native import Engine, Subscription
from okx_fast.channels import business, models, private
from okx_fast.maintenance import Maintenances
from okx_fast.rest.drift import Drift, Finding

def ignore(_: object) -> None:
    """For rows that only `maintenance` wants."""

class Rows:
    """The part of a client that subscribes channels of the table."""

    _engine: Engine
    _maintenances: Maintenances
    _drift: Drift | None
    _unheard: Subscription[Any] | None
'''
TAIL = '''
    def maintenance(self) -> list[models.Status]:
        """{maintenance}
        """

    def drift(self) -> list[Finding]:
        """{drift}
        """

    def _note_channel(self, channel: str) -> None: ...
'''


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 all is well, 1 something is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.channels", description="Keep what the table is made into.")
    parser.add_argument("--check", action="store_true", help="is all that is made from the table current?")
    parser.add_argument("command", nargs="?", choices=sorted(MADE), help="what to make")
    args = parser.parse_args(argv)
    if args.command:
        path, text = MADE[args.command]
        path.write_text(text(), encoding="utf-8")
        return 0
    if not args.check:
        parser.error("say what to do")
    problems = [
        f"{path.relative_to(ROOT)} is not current: python -m tools.channels {command}"
        for command, (path, text) in MADE.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text()
    ]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def stub() -> str:
    """The stub as it stands in the package."""
    overloads = "".join(_overload(row, first=at == 0) for at, row in enumerate(row for row in CHANNELS if row.model))
    ruff = str(Path(sys.executable).with_name("ruff"))
    return subprocess.run(  # noqa: S603  # our own text through our own tool
        [ruff, "format", "--stdin-filename", "python/okx_fast/rows.pyi", "-"],
        input=HEAD + overloads + TAIL.format(drift=_doc(Rows.drift), maintenance=_doc(Rows.maintenance)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _doc(method: Callable[..., object]) -> str:
    return textwrap.dedent(method.__doc__ or "").strip()


def _overload(row: Channel, *, first: bool) -> str:
    assert row.model is not None  # noqa: S101  # the caller chose those
    names = ", ".join(f'"{name}"' for name in row.names)
    model = f"{row.model.__module__.rpartition('.')[2]}.{row.model.__name__}"
    params = [f"{name}: {_type(row, name)}" for name in row.required]
    params += [f"{name}: {_type(row, name)} | None = None" for name in (*row.one_of, *row.optional)]
    params += ["conflate: bool = False"] if row.newest else []
    keyword = f", *, {', '.join(params)}" if params else ""
    body = f'\n        """{(Rows.subscribe.__doc__ or "").strip()}\n        """' if first else " ..."
    return f"""
    @overload
    def subscribe(
        self, channel: Literal[{names}], on_item: Callable[[{model}], object] | None = None, /{keyword}
    ) -> Subscription[{model}]:{body}
"""


def _type(row: Channel, name: str) -> str:
    values = (row.values or {}).get(name)
    return f"Literal[{', '.join(repr(value) for value in values)}]" if values else "str"


def page() -> str:
    """`docs/channels.md`."""
    return f"""# Channels

<!-- Made by `python -m tools.channels docs`. -->

Every channel of OKX's public, private and business sockets.

**Way in.** `subscribe`: `client.subscribe(channel, on_item, **parameters)` calls `on_item` with each row of a push, in
order: an object with the fields of its model (`okx_fast.channels.models`, of an account `private` and `business` beside
it) and with `channel`, `arg`, `recv_ns` and `raw`. Books, trades and tickers are decoded in Rust and have methods of
their own. `client.subscribe_raw(arg, fn)` hands any channel on as bytes, also one that is not here.

**Parameters** have OKX's names. *or*: at least one of them. **Login**: the channel needs one, by `Client(site,
credentials=…)`; with a fee tier, OKX serves it from that one on. **First**: what comes after the ack.
**Quiet**: the longest silence of a healthy channel in seconds, where OKX says one. **Newest**: `conflate=True` hands on
only the newest of several messages that wait; everything else is lossless, with back-pressure.

| channel | socket | parameters | login | way in | rows | first | cadence | quiet | newest |
|---|---|---|---|---|---|---|---|---|---|
{"".join(_lines())}
A `<bar>` is one of the bars below: without `utc` those from `6H` on begin at UTC+8. `1m` is a minute, `1M` a month.

| channels | bars |
|---|---|
{"".join(f"| `{row.name}<bar>` | {' '.join(row.bars)} |" + chr(10) for row in CHANNELS if row.bars)}
**Not offered.** `subscribe` refuses these, and says why:

| channel | why |
|---|---|
{"".join(f"| `{name}` | {why} |" + chr(10) for name, why in REFUSED.items())}
## What to know

- Rows are lazy: a field is read when asked for, exactly. A new field or value breaks nothing; `client.drift()` lists
  them, and channels subscribed that this table does not know.
- A message that cannot be read becomes an `Event` of kind `malformed`; the subscription goes on.
- `option-trades` may begin with an old trade from OKX's cache, which OKX says to discard: compare `ts_ms`.
- `liquidation-orders` is neither complete nor in the order of time.
- `instruments` sends changes, never all: `rest.instruments.load("SWAP")`, then
  `client.subscribe("instruments", rest.instruments.merge, instType="SWAP")`.
- `estimated-price` speaks only in the last 30 minutes before a settlement, delivery or exercise.
- `mark-price` may come twice with one `ts_ms`: the later one counts.
- Spread books are `Book`s like others, by `subscribe_book(sprd_id, channel="sprd-books-l2-tbt")`: prices may be zero or
  negative, and a checksum other than 0 is verified.
- `pm-books` is a `Book` like others, by `subscribe_book(asset_id, channel="pm-books")`: verified by its numbers, and by
  a checksum other than 0. A `null` side has no levels; a snapshot without `seqId` is refused as `malformed`.
- A book may be crossed (`book.crossed`) in auctions and before the opening; it stays valid. [More of books](books.md).
- `pm-event-status` wants `event-` before the id of the event. OKX's example of its `timestamp` has seconds, its text
  says milliseconds: look before you compare.
- Channels of an account go over logged-in connections of their own, one account to a client: for several accounts make
  several clients. Without credentials `subscribe` raises ConfigError.
- `account` and `positions` tell all there is from time to time: `row.event_type` is `snapshot` then, `cur_page` and
  `last_page` tell the pages, and `row.ends` the last row of all; `event_update` brings changes alone. A position that
  ended while a connection was down is in no snapshot, and a snapshot of nothing has no row: after an event `blind`,
  ask `rest.account.positions()`. `extraParams='{{"updateInterval": "0"}}'` leaves the regular snapshots out; of
  subscriptions that differ in that alone a client holds one.
- `orders` begins with no snapshot: after the ack, ask `rest.trade.orders_pending()`. What happened while a connection
  was down is not told again either, and a push may come twice.
- `economic-calendar` has texts as published (`7.8%`), not numbers.
"""


def _lines() -> Iterator[str]:
    for row in CHANNELS:
        name = f"{row.name}<bar>" if row.bars else row.name
        model = f"`{row.model.__name__}`" if row.model else ""
        quiet = f"{row.quiet_s:g}" if row.quiet_s is not None else ""
        first = row.first.replace("latest", "latest row")
        newest = "yes" if row.newest or row.how in CONFLATED else ""
        cells = (
            f"`{name}`",
            row.socket,
            row.expects(),
            ", ".join(filter(None, ("needed" if row.login else "", row.tier))),
            f"`{row.how}`",
            model,
            first,
            row.cadence,
            quiet,
            newest,
        )
        yield f"| {' | '.join(cells)} |\n"


MADE: dict[str, tuple[Path, Callable[[], str]]] = {
    "docs": (ROOT / "docs/channels.md", page),
    "stubs": (ROOT / "python/okx_fast/rows.pyi", stub),
}

if __name__ == "__main__":
    sys.exit(main())
