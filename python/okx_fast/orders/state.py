"""What an account has, as the core keeps it: orders, fills, positions, balances, and what happened to them.

Numbers are `Decimal`, times Unix milliseconds by OKX's clock; what does not apply is None or "".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AccountEvent", "Fill", "OrderState", "View"]

R = TypeVar("R")

TERMINAL = frozenset({"filled", "canceled", "mmp_canceled"})
# Nanoseconds of a millisecond.
MS = 1_000_000


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as the best that OKX told shows it: pushes, answers and questions, in whatever order they came.

    state: accepted (OKX took it, and nothing told yet what became of it), live, partially_filled, filled, canceled,
    mmp_canceled, or a word that is new. sz, acc_fill_sz: contracts for derivatives, base currency for spot. avg_px:
    None before a fill. fee: negative is paid. cancel_source: OKX's number for why it was canceled.
    OKX: Order book trading › Trade › WS Order channel.
    """

    inst_type: str
    inst_id: str
    ord_id: str
    cl_ord_id: str
    tag: str
    side: str
    pos_side: str
    td_mode: str
    ord_type: str
    px: Decimal | None
    sz: Decimal | None
    state: str
    acc_fill_sz: Decimal
    avg_px: Decimal | None
    fee: Decimal | None
    fee_ccy: str
    pnl: Decimal | None
    c_time_ms: int | None
    u_time_ms: int | None
    cancel_source: str
    source: str
    category: str
    algo_id: str
    algo_cl_ord_id: str
    reduce_only: bool | None

    @property
    def is_open(self) -> bool:
        """Whether it may still be filled."""
        return self.state not in TERMINAL


def order_of(parts: tuple[Any, ...]) -> OrderState:
    """From what Rust tells."""
    ids, asked, state, rest = parts
    side, pos_side, td_mode, ord_type, px, sz = asked
    word, acc, avg_px, fee, fee_ccy, pnl = state
    avg = _dec(avg_px)
    asked = (side, pos_side, td_mode, ord_type, _dec(px), _dec(sz))
    state = (word, Decimal(acc or 0), avg or None, _dec(fee), fee_ccy, _dec(pnl))
    return OrderState(*(*ids, *asked, *state, *rest))


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill of one order, told exactly once.

    px: in quote currency. sz: contracts for derivatives, base currency for spot. exec_type: T taker, M maker. fee:
    negative is paid; None where OKX did not say. found: by REST, because its push did not come.
    OKX: Order book trading › Trade › WS Order channel, Transaction details.
    """

    inst_id: str
    ord_id: str
    cl_ord_id: str
    trade_id: str
    px: Decimal | None
    sz: Decimal
    side: str
    pos_side: str
    exec_type: str
    fee: Decimal | None
    fee_ccy: str
    pnl: Decimal | None
    time_ms: int | None
    found: bool


def fill_of(parts: tuple[Any, ...]) -> Fill:
    """From what Rust tells."""
    ids, (px, sz, side, pos_side, exec_type), (fee, fee_ccy, pnl, time_ms, found) = parts
    px, fee, pnl = _dec(px), _dec(fee), _dec(pnl)
    return Fill(*(*ids, px, Decimal(sz), side, pos_side, exec_type, fee, fee_ccy, pnl, time_ms, found))


Kind = Literal["amended", "illegal", "unreadable", "reconciled", "failed", "armed", "not-renewed", "fired", "killed"]

# The parts of each kind, by name.
_PARTS: dict[str, tuple[str, ...]] = {
    "amended": ("ord_id", "req_id", "result", "code", "msg"),
    "illegal": ("ord_id", "why", "before", "after"),
    "unreadable": ("what", "why"),
    "reconciled": ("why", "orders", "fills", "positions", "balances", "took_ms"),
    "failed": ("what", "why"),
    "armed": ("trigger_ms",),
    "not-renewed": ("why",),
    "fired": ("silent_ms",),
    "killed": ("canceled", "left", "why"),
}


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that happened to what is known of the account. `detail` has the parts by name:

    amended (ord_id, req_id, result, code, msg): OKX's word on an amendment, once · illegal (ord_id, why, before,
    after): two things OKX said cannot both be · unreadable (what, why) · reconciled (why, orders, fills, positions,
    balances: how many were news, took_ms): everything was compared with REST · failed (what, why): a question by REST,
    which is asked again · armed (trigger_ms), not-renewed (why), fired (silent_ms): the dead man's switch · killed
    (canceled, left, why).
    """

    kind: Kind
    detail: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {value}" for name, value in self.detail.items() if value not in ("", None))
        return f"{self.kind}: {parts}" if parts else self.kind


def event_of(kind: Any, parts: tuple[Any, ...]) -> AccountEvent:
    """From what Rust tells."""
    return AccountEvent(kind, dict(zip(_PARTS[kind], parts, strict=True)))


@dataclass(frozen=True, slots=True)
class View(Generic[R]):
    """Rows as OKX told them last, and how old they are.

    whole_ns: all there was had been told by then; told_ns: the last that was told. Both since 1970 by our clock, 0:
    never. heard_ms: how long ago the connection was last heard. valid: the channel flows, all was told since it does,
    and the connection has been heard within the time a ping and its answer may take.
    """

    rows: tuple[R, ...]
    whole_ns: int
    told_ns: int
    heard_ms: float
    valid: bool

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def rows_of(model: Any, parts: tuple[Any, ...]) -> list[Any]:
    """Typed rows."""
    rows, *_ = parts
    return [model(orjson.loads(data)) for data, _ in rows]


def _dec(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
