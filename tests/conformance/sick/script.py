"""The sicknesses, in the order in which they strike, each with healthy time before it.

A strike returns, for each client, the window in which it is judged. How long that is depends on the clients: it is over
when all have been right for a while, at the latest after `most_s`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .desk import SWAP, now_ms

if TYPE_CHECKING:
    from .ward import Client, Ward

BOOK = {"channel": "books", "instId": SWAP}
OUTAGE_MS = 6_000
NOTICE_MS = 8_000
DELAY_MS = 2_500
STRUCK_WITHIN_S = 5.0
RECONNECT_WITHIN_S = 12.0
RESTART_WITHIN_S = 60.0
TURN_LEAST_S, TURN_MOST_S = 4.0, 10.0


@dataclass
class Window:
    """From the strike, in ms since 1970, to the end of the look at it, None while it lasts. No start: not struck."""

    start: float | None
    end: float | None = None


Windows = dict[str, Window]
Strike = Callable[["Ward"], Windows]


@dataclass(frozen=True)
class Sickness:
    """harmless: what arrived is right as it stands, and a client that says or does something was alarmed in vain.
    final: OKX ends something for good, and a client that says so and shows nothing has done its part.
    least_s, most_s: how long the window is.
    """

    name: str
    what: str
    strike: Strike
    harmless: bool = False
    final: bool = False
    least_s: float = 4.0
    most_s: float = 10.0
    checksum: str = "zero"


def at_once(ward: Ward, at_ms: float) -> Windows:
    return {client.name: Window(at_ms) for client in ward.clients}


def nothing(ward: Ward) -> Windows:
    return at_once(ward, now_ms())


def frames(kind: str, **arg: str) -> Strike:
    """The next frame of this channel and instrument, for all clients the same."""

    def strike(ward: Ward) -> Windows:
        at_ms = ward.moment()
        aimed = {client.name: ward.aim(client, kind, at_ms, **arg) for client in ward.clients}
        ward.in_time(at_ms)
        met = [name for name, faults in aimed.items() if ward.when_struck(faults, STRUCK_WITHIN_S) is not None]
        struck = ward.truth.first_after(arg["channel"], arg["instId"], at_ms)
        return {client.name: Window(struck if client.name in met else None) for client in ward.clients}

    return strike


def connections(kind: str, *, outage: dict[str, Any] | None = None, **fields: Any) -> Strike:
    """Every connection of the clients, at one moment; with an outage of the whole exchange from then on."""

    def strike(ward: Ward) -> Windows:
        at_ms = ward.moment()
        if outage:
            ward.sim.fault(at_ms=at_ms, **outage)
        for client in ward.clients:
            ward.aim(client, kind, at_ms, **fields)
            if kind != "conn_count":
                client.seen.clear()  # they end; what comes after is new
        ward.in_time(at_ms)
        return at_once(ward, at_ms)

    return strike


def late_pushes(ward: Ward) -> Windows:
    at_ms = ward.moment()
    ward.sim.fault("latency", path="push", channel="books", us=DELAY_MS * 1000, at_ms=at_ms, for_ms=OUTAGE_MS)
    return at_once(ward, at_ms)


def snapshots(kind: str) -> Strike:
    """The snapshot after a reconnect, for one client after the other: each must meet its own."""

    def strike(ward: Ward) -> Windows:
        return {client.name: one(ward, client) for client in ward.clients}

    def one(ward: Ward, client: Client) -> Window:
        fault = {ward.sim.fault(kind, **BOOK)}
        ward.aim(client, "tcp_reset", ward.moment())
        client.seen.clear()
        struck = ward.when_struck(fault, RECONNECT_WITHIN_S)
        if struck is None:  # it does not reconnect: its user starts it anew, and it meets the snapshot then
            ward.start_anew(client)
            struck = ward.when_struck(fault, RESTART_WITHIN_S)
        if struck is None:
            return Window(None)
        return Window(struck, ward.watch({client.name: struck}, TURN_LEAST_S, TURN_MOST_S))

    return strike


SCRIPT = [
    Sickness("healthy", "nothing happens", nothing, harmless=True, least_s=6),
    Sickness("book_gap", "one `books` update is never sent", frames("book_gap", **BOOK), most_s=20),
    Sickness("book_duplicate", "one `books` update comes twice", frames("book_duplicate", **BOOK), harmless=True),
    Sickness(
        "book_reset",
        "`seqId` goes back, as OKX documents it for maintenance: `prevSeqId` continues the chain",
        frames("book_reset", **BOOK),
        harmless=True,
    ),
    Sickness(
        "book_heartbeat",
        "an empty update with `seqId` = `prevSeqId`, as OKX sends it into a quiet book",
        frames("book_heartbeat", **BOOK),
        harmless=True,
    ),
    Sickness(
        "book_crossed", "one update puts a bid on the best ask; the next takes it back", frames("book_crossed", **BOOK)
    ),
    Sickness("trade_twice", "a push of trades comes twice", frames("push_duplicate", channel="trades", instId=SWAP)),
    Sickness("stale_snapshot", "after a reconnect the snapshot is an old one", snapshots("book_stale_snapshot")),
    Sickness(
        "delta_before_snapshot",
        "after a reconnect an update comes before the snapshot",
        snapshots("delta_before_snapshot"),
    ),
    Sickness("snapshot_lost", "after a reconnect the snapshot never comes, the updates do", snapshots("snapshot_lost")),
    Sickness("tcp_reset", "the connection is reset", connections("tcp_reset")),
    Sickness("close_4006", "OKX closes with 4006", connections("close", code=4006, reason="Service upgrade")),
    Sickness(
        "notice_64008",
        f"`notice` 64008, {NOTICE_MS // 1000} s later the close it announces (OKX leaves about 60 s)",
        connections("notice", close_after_ms=NOTICE_MS),
        least_s=NOTICE_MS / 1000 + 4,
        most_s=NOTICE_MS / 1000 + 10,
    ),
    Sickness(
        "refuse_connect",
        f"the connection is reset, and nobody gets in for {OUTAGE_MS // 1000} s",
        connections("tcp_reset", outage={"kind": "refuse_connect", "ms": OUTAGE_MS}),
        least_s=OUTAGE_MS / 1000 + 4,
        most_s=OUTAGE_MS / 1000 + 40,  # pauses between two tries may have grown to half a minute
    ),
    Sickness(
        "maintenance",
        f"close 4006, then HTTP 503 to whoever connects, for {OUTAGE_MS // 1000} s; a `status` row says so",
        connections("close", code=4006, reason="Maintenance", outage={"kind": "maintenance", "ms": OUTAGE_MS}),
        least_s=OUTAGE_MS / 1000 + 4,
        most_s=OUTAGE_MS / 1000 + 40,  # pauses between two tries may have grown to half a minute
    ),
    Sickness(
        "late_pushes",
        f"for {OUTAGE_MS // 1000} s every `books` message is {DELAY_MS / 1000:g} s late; trades and tickers are not",
        late_pushes,
        least_s=OUTAGE_MS / 1000 + DELAY_MS / 1000 + 4,
        most_s=18,
    ),
    Sickness(
        "subscription_ended",
        "`channel-conn-count-error`: OKX ends the subscription of `books`, the connection lives on",
        connections("conn_count", channel="books", error=True),
        final=True,
    ),
    Sickness(
        "half_open", "the connection stays open and falls silent, without a FIN", connections("half_open"), most_s=65
    ),
    Sickness(
        "book_checksum",
        "one update carries a wrong checksum, the levels are right",
        frames("book_checksum", **BOOK),
        checksum="legacy",
    ),
    Sickness(
        "book_crossed_legacy",
        "the crossed book again; its checksum is that of the true book",
        frames("book_crossed", **BOOK),
        checksum="legacy",
    ),
]
