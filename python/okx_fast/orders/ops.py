"""The operations of the WebSocket, and the REST method that does the same.

Source: OKX API v5, Order book trading › Trade › WebSocket; Spread trading › WebSocket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from okx_fast.rest.plan import by_name

if TYPE_CHECKING:
    from okx_fast._native import Spec

    Op = Literal[
        "order",
        "batch-orders",
        "amend-order",
        "batch-amend-orders",
        "cancel-order",
        "batch-cancel-orders",
        "mass-cancel",
        "sprd-order",
        "sprd-amend-order",
        "sprd-cancel-order",
        "sprd-mass-cancel",
    ]

__all__ = ["ALGO", "METHODS", "known", "specs"]

# OKX's word ─▶ the REST method.
METHODS: dict[str, str] = {
    "order": "trade.place_order",
    "batch-orders": "trade.place_batch_orders",
    "amend-order": "trade.amend_order",
    "batch-amend-orders": "trade.amend_batch_orders",
    "cancel-order": "trade.cancel_order",
    "batch-cancel-orders": "trade.cancel_batch_orders",
    "mass-cancel": "trade.mass_cancel",
    "sprd-order": "sprd.place_order",
    "sprd-amend-order": "sprd.amend_order",
    "sprd-cancel-order": "sprd.cancel_order",
    "sprd-mass-cancel": "sprd.mass_cancel",
}

# Of algo orders, by REST alone; OKX has no words for these on the WebSocket.
ALGO = {
    "order-algo": "trade.place_algo_order",
    "amend-algos": "trade.amend_algo_order",
    "cancel-algos": "trade.cancel_algo_orders",
}

# What the WebSocket takes beside the parameters of REST, and what it does not: attached orders go by REST.
_MORE = ("instIdCode", "speedBump")
_LESS = frozenset({"attachAlgoOrds"})


def known() -> list[tuple[str, Spec, Spec, list[str]]]:
    """Each operation: its limit, that of a batch of one, the names it may have. REST and WebSocket share the limits."""
    rows = []
    for op, name in METHODS.items():
        plan = by_name(name)
        assert plan is not None  # noqa: S101  # the names are the table's
        row = plan.row
        more = _MORE if "instId" in row.required else ()
        names = [*(each for each in (*row.required, *row.optional) if each not in _LESS), *more]
        rows.append((op, plan.spec, plan.single, names))
    return rows


def specs() -> dict[str, Spec]:
    """What the core asks and sends by itself: to resolve calls, to compare the account, and for its two switches."""
    found = {}
    for name in _ASKED:
        plan = by_name(name)
        assert plan is not None  # noqa: S101  # as above
        found[name] = plan.spec
    return found


_ASKED = (
    "trade.order",
    "sprd.order",
    "trade.orders_pending",
    "trade.orders_history",
    "trade.fills",
    "account.positions",
    "account.balance",
    "trade.cancel_all_after",
    "trade.cancel_batch_orders",
    "trade.orders_algo_pending",
    "trade.cancel_algo_orders",
    "trade.order_algo",
    "sprd.orders_pending",
    "sprd.mass_cancel",
    "sprd.cancel_all_after",
)
