"""What to ask after a call whose outcome is unknown.

    what was sent ─▶ which calls tell what became of it, with their parameters ─▶ the fields of OutcomeUnknownError

Source: OKX API v5, Order Book Trading › Trade › Order details: by ordId or clOrdId. A clOrdId is only kept from reuse
while its order is open, so a blind resend may trade twice; a cancelled order without a fill is forgotten after 2 h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from okx_fast.errors import OkxFastError

if TYPE_CHECKING:
    from okx_fast.errors import OutcomeUnknownError

__all__ = ["enrich", "noted"]

Sent = dict[str, Any]
Find = tuple[str, dict[str, str]]

# Method ─▶ the one that shows a single result, and parameters both know (the first that was sent is asked for).
_BY_ID: dict[str, tuple[str, tuple[str, ...]]] = {
    "asset.convert_trade": ("asset.convert_history", ("clTReqId",)),
    "asset.transfer": ("asset.transfer_state", ("clientId",)),
    "asset.withdrawal": ("asset.withdrawal_history", ("clientId",)),
    "rfq.create_quote": ("rfq.quotes", ("clQuoteId",)),
    "rfq.create_rfq": ("rfq.rfqs", ("clRfqId",)),
    "sprd.amend_order": ("sprd.order", ("ordId", "clOrdId")),
    "sprd.cancel_order": ("sprd.order", ("ordId", "clOrdId")),
    "sprd.place_order": ("sprd.order", ("clOrdId",)),
    "trade.amend_algo_order": ("trade.order_algo", ("algoId", "algoClOrdId")),
    "trade.amend_batch_orders": ("trade.order", ("ordId", "clOrdId")),
    "trade.amend_order": ("trade.order", ("ordId", "clOrdId")),
    "trade.cancel_algo_orders": ("trade.order_algo", ("algoId", "algoClOrdId")),
    "trade.cancel_batch_orders": ("trade.order", ("ordId", "clOrdId")),
    "trade.cancel_order": ("trade.order", ("ordId", "clOrdId")),
    "trade.place_algo_order": ("trade.order_algo", ("algoClOrdId",)),
    "trade.place_batch_orders": ("trade.order", ("clOrdId",)),
    "trade.place_order": ("trade.order", ("clOrdId",)),
}

# Where nothing sent names the result: lists to look through, with the parameters they take from what was sent.
_LISTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "asset.transfer": (("asset.bills", ("ccy",)),),
    "asset.withdrawal": (("asset.withdrawal_history", ("ccy",)),),
    "asset.convert_trade": (("asset.convert_history", ()),),
    "sprd.place_order": (("sprd.orders_pending", ("sprdId",)), ("sprd.orders_history", ("sprdId",))),
    "trade.close_position": (("account.positions", ("instId",)),),
    "trade.place_algo_order": (("trade.orders_algo_pending", ("ordType", "instId")),),
    "trade.place_batch_orders": (("trade.orders_pending", ("instId",)),),
    "trade.place_order": (("trade.orders_pending", ("instId",)),),
}
# Their reply tells it only with the instrument beside the id.
_WITH_INSTRUMENT = frozenset({"trade.order"})
_SECRET = ("pass", "pwd", "secret", "sign")


def enrich(
    error: OutcomeUnknownError, name: str, sent: Sent | list[Sent], *, called_at_ms: int, exp_time: int | None
) -> OutcomeUnknownError:
    """The same error, with all that is needed to find out."""
    items = sent if isinstance(sent, list) else [sent]
    error.params = [_public(item) for item in items] if isinstance(sent, list) else _public(sent)
    error.called_at_ms, error.exp_time = called_at_ms, exp_time
    if len(items) == 1:
        error.cl_ord_id = items[0].get("clOrdId") or items[0].get("algoClOrdId")
        error.ord_id = items[0].get("ordId") or items[0].get("algoId")
    error.find = _unique([ask for item in items for ask in _asks(name, item)])
    error.how_to_find_out = _words(error.find, exp_time)
    return error


def noted(error: BaseException, endpoint: str) -> None:
    """Say with an exception that is not ours (Ctrl-C, a signal's handler) what it cut short."""
    if not isinstance(error, OkxFastError):
        error.add_note(
            f"{endpoint}: cut short; if it had left already, its outcome is unknown: find out, do not resend"
        )


def _asks(name: str, item: Sent) -> list[Find]:
    known = _BY_ID.get(name)
    if known is not None:
        method, ids = known
        for key in ids:
            if item.get(key):
                place = ("instId",) if method in _WITH_INSTRUMENT else ()
                return [(method, {each: str(item[each]) for each in (*place, key) if item.get(each)})]
    return [
        (method, {each: str(item[each]) for each in keys if item.get(each)}) for method, keys in _LISTS.get(name, ())
    ]


def _unique(asks: list[Find]) -> list[Find]:
    return [ask for at, ask in enumerate(asks) if ask not in asks[:at]]


def _words(find: list[Find], exp_time: int | None) -> str:
    if not find:
        return "it may have been done: read the state it would have changed before anything else"
    asks = [f"{method}({', '.join(f'{key}={value!r}' for key, value in params.items())})" for method, params in find]
    more = f" and {len(asks) - 1} more in `find`" if len(asks) > 1 else ""
    until = f"; not there a few seconds after expTime {exp_time}: it was not taken" if exp_time is not None else ""
    return f"it may have been done: ask {asks[0]}{more}, do not resend{until}"


def _public(item: Any) -> Any:
    """What was sent, at any depth, with a word in place of whatever is nobody's business."""
    if isinstance(item, list):
        return [_public(each) for each in item]
    if not isinstance(item, dict):
        return item
    secret = {key for key in item if any(word in key.lower() for word in _SECRET)}
    return {key: "(hidden)" if key in secret else _public(value) for key, value in item.items()}
