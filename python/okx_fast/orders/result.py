"""How a call ended.

    CONFIRMED   OKX took it: it said so, or its order shows it
    REJECTED    OKX did not do it, and will not
    UNKNOWN     it may have been done: `find` says whom to ask

CONFIRMED is not "filled": what becomes of the order, its rows tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from okx_fast.errors import ApiError, OkxFastError, OutcomeUnknownError
from okx_fast.orders.ops import ALGO, METHODS
from okx_fast.rest import codes
from okx_fast.rest.doubt import enrich

if TYPE_CHECKING:
    from collections.abc import Mapping

    from okx_fast.rest.models import OrderAck

__all__ = ["OrderResult", "from_ack", "from_doubt", "from_error"]


class _Fields(NamedTuple):
    """In the order in which Rust fills them."""

    outcome: Literal["CONFIRMED", "REJECTED", "UNKNOWN"]
    op: str
    route: Literal["ws", "rest"]
    inst_id: str
    ord_id: str
    cl_ord_id: str
    tag: str
    req_id: str
    code: str
    sub_code: str
    msg: str
    proof: Literal["answer", "push", "query", ""]
    doubt: str
    queries: int
    ts_ms: int | None
    in_time_us: int | None
    out_time_us: int | None
    called_ns: int
    sealed_ns: int | None
    answered_ns: int | None
    settled_ns: int
    called_at_ms: int
    exp_time: int | None
    params: Mapping[str, Any]


class OrderResult(_Fields):
    """How a call ended for one order.

    outcome: CONFIRMED, REJECTED or UNKNOWN. op: OKX's word for the operation. route: the way it went.
    inst_id: or the sprdId. ord_id, cl_ord_id (of an algo order its algoId and algoClOrdId), tag, req_id: OKX's, else
    those asked for; may be empty.
    code, sub_code, msg: OKX's; "0" where it took it. Without a code `msg` is ours, and says what was found.
    proof: what says so: `answer` (OKX's to the call), `push` (a row of the `orders` channel), `query` (`trade/order`);
    empty if nothing does. doubt: why the answer did not settle it; empty if it did. queries: times OKX was asked.
    ts_ms: OKX's time of the order, Unix ms. in_time_us, out_time_us: OKX's gateway, Unix µs; None where not told.
    called_ns, sealed_ns, answered_ns, settled_ns: our monotonic clock: the Python call, bytes ready for the socket
    (None by REST), answer received (None: never), outcome known. called_at_ms: the call by our wall clock, Unix ms.
    exp_time: as given, Unix ms. params: what was asked for.
    """

    __slots__ = ()

    @property
    def confirmed(self) -> bool:
        """Whether OKX took it."""
        return self.outcome == "CONFIRMED"

    @property
    def hint(self) -> str:
        """What to do about a refusal; empty if nobody knows."""
        return codes.HINTS.get(self.code, "")

    @property
    def error(self) -> OkxFastError | None:
        """The outcome as an exception: None if it is confirmed, an ApiError by the kind of its code if it is rejected,
        an OutcomeUnknownError with all that is known, and whom to ask, if nobody knows.
        """
        if self.outcome == "CONFIRMED":
            return None
        if self.outcome == "UNKNOWN":
            words = f"{self.doubt}; {self.msg}" if self.msg else self.doubt
            error = OutcomeUnknownError(self.op, words, code=self.code or None)
            sent = dict(self.params)
            return enrich(
                error, (METHODS | ALGO)[self.op], sent, called_at_ms=self.called_at_ms, exp_time=self.exp_time
            )
        found = codes.find(self.code, self.sub_code or None)
        kind = found.error if self.code else ApiError
        return kind(
            self.code,
            self.msg,
            self.hint,
            s_code=self.code or None,
            sub_code=self.sub_code or None,
            endpoint=self.op,
            retry=found.retry if self.code else "no",
        )

    def raise_for_outcome(self) -> OrderResult:
        """Itself if it is confirmed, else its `error` is raised."""
        error = self.error
        if error is not None:
            raise error
        return self

    def __repr__(self) -> str:
        # Without what was asked for.
        fields = [f"{name}={value!r}" for name, value in self._asdict().items() if name != "params"]
        return f"OrderResult({', '.join(fields)})"


@dataclass(frozen=True, slots=True)
class Stamps:
    """When a call by REST began and ended: monotonic, and Unix ms."""

    called_ns: int
    called_at_ms: int
    settled_ns: int


def _by_rest(op: str, params: dict[str, Any], stamps: Stamps, exp_time: int | None, **known: Any) -> OrderResult:
    fields: dict[str, Any] = {
        "outcome": "REJECTED", "op": op, "route": "rest",
        "inst_id": str(params.get("instId") or params.get("sprdId") or ""),
        "ord_id": str(params.get("ordId") or ""), "cl_ord_id": str(params.get("clOrdId") or ""),
        "tag": "", "req_id": str(params.get("reqId") or ""), "code": "", "sub_code": "", "msg": "",
        "proof": "answer", "doubt": "", "queries": 0, "ts_ms": None, "in_time_us": None, "out_time_us": None,
        "called_ns": stamps.called_ns, "sealed_ns": None, "answered_ns": stamps.settled_ns,
        "settled_ns": stamps.settled_ns, "called_at_ms": stamps.called_at_ms, "exp_time": exp_time, "params": params,
    }  # fmt: skip
    return OrderResult(**fields | {name: value for name, value in known.items() if value not in ("", None)})


def from_ack(op: str, params: dict[str, Any], ack: OrderAck, stamps: Stamps, exp_time: int | None) -> OrderResult:
    """From the item of a reply."""
    return _by_rest(
        op, params, stamps, exp_time,
        outcome="CONFIRMED" if ack.ok else "REJECTED", tag=ack.tag,
        ord_id=ack.ord_id or getattr(ack, "algo_id", ""), cl_ord_id=ack.cl_ord_id or getattr(ack, "algo_cl_ord_id", ""),
        req_id=ack.req_id, code=ack.s_code, sub_code=ack.sub_code, msg=ack.s_msg, ts_ms=ack.ts_ms,
        in_time_us=ack.in_time_us, out_time_us=ack.out_time_us,
    )  # fmt: skip


def from_doubt(
    op: str, params: dict[str, Any], error: OutcomeUnknownError, stamps: Stamps, exp_time: int | None
) -> OrderResult:
    """From a call by REST whose outcome nobody looks into any more."""
    found = _by_rest(op, params, stamps, exp_time, outcome="UNKNOWN", code=error.code, doubt=error.reason)
    return found._replace(proof="", answered_ns=None)


def from_error(op: str, params: dict[str, Any], error: ApiError, stamps: Stamps, exp_time: int | None) -> OrderResult:
    """From a refusal by REST."""
    return _by_rest(op, params, stamps, exp_time, code=error.code, sub_code=error.sub_code, msg=error.msg)
