"""Algo orders by REST, whose outcome is one of the three words too, and how a lost answer is resolved.

Source: OKX API v5, Order book trading › Algo trading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from okx_fast.orders.result import OrderResult
from okx_fast.rest import models as rest

if TYPE_CHECKING:
    from okx_fast.orders.result import Stamps
    from okx_fast.rest.models import AlgoOrder

__all__ = ["PAUSES", "ask_for", "judged", "model", "result"]

# States after which an algo order does nothing any more without having triggered.
_GONE = frozenset({"canceled", "order_failed"})
# Questions, and the first pause between two, which doubles, in seconds.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def model(row: bytes) -> AlgoOrder:
    """A row as the core keeps it, typed."""
    return rest.AlgoOrder(orjson.loads(row))


def ask_for(params: dict[str, Any]) -> dict[str, str]:
    """What `trade.order_algo` is to be asked for; empty: nothing names the order."""
    for name in ("algoId", "algoClOrdId"):
        if params.get(name):
            return {name: str(params[name])}
    return {}


def judged(
    op: str, params: dict[str, Any], found: AlgoOrder, stamps: Stamps, queries: int, doubt: str
) -> OrderResult | None:
    """What the answer to the question proves; None: nothing yet.

    A place is confirmed by an order made after the call. A cancel is confirmed by the order's end, and rejected by its
    having triggered. That there is no order proves nothing: the request may still be under way.
    """
    outcome = ""
    msg = ""
    if op == "order-algo":
        made = found.c_time_ms
        outcome = "CONFIRMED" if made is not None and made >= stamps.called_at_ms - 1000 else ""
    elif op == "cancel-algos":
        if found.state in _GONE:
            outcome = "CONFIRMED"
        elif found.state in ("effective", "partially_effective"):
            outcome, msg = "REJECTED", f"it has triggered: its state is {found.state}"
    return result(op, params, stamps, outcome, found, msg, queries, doubt) if outcome else None


def result(
    op: str,
    params: dict[str, Any],
    stamps: Stamps,
    outcome: Any,
    found: AlgoOrder | None,
    msg: str,
    queries: int,
    doubt: str,
) -> OrderResult:
    """How a call in doubt ended."""
    return OrderResult(
        outcome=outcome, op=op, route="rest", inst_id=str(params.get("instId") or ""),
        ord_id=found.algo_id if found is not None else str(params.get("algoId") or ""),
        cl_ord_id=str(params.get("algoClOrdId") or ""), tag="", req_id=str(params.get("reqId") or ""),
        code="", sub_code="", msg=msg, proof="query" if found is not None else "", doubt=doubt, queries=queries,
        ts_ms=None, in_time_us=None, out_time_us=None, called_ns=stamps.called_ns, sealed_ns=None, answered_ns=None,
        settled_ns=stamps.settled_ns, called_at_ms=stamps.called_at_ms, exp_time=None, params=params,
    )  # fmt: skip
