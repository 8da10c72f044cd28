"""Local checks of an order, before anything is sent: what OKX would refuse anyway, said sooner and in words.

    instrument   tick, lot, least and most sizes, state          (`okx_fast.rest.contracts`)
    account      tdMode by its mode, posSide by its position mode
    ids          clOrdId, tag, reqId
    price        the band of `price-limit`, where it was told and is fresh

Nothing is changed or rounded: an order passes as it is, or is refused.
Source: OKX API v5, Order book trading › Trade › Place order; Trading account › Get account configuration.
"""

from __future__ import annotations

import re
import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from okx_fast.errors import ParameterError
from okx_fast.rest.contracts import check_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from okx_fast.rest.instruments import Shelf
    from okx_fast.rest.models import AccountConfig, Instrument

__all__ = ["Guards"]

# Operations whose orders are looked at, and whether they are new.
OPS = {"order": True, "batch-orders": True, "amend-order": False, "batch-amend-orders": False}
# A band is used for so long: OKX tells it anew at least so often while it moves.
BAND_S = 5.0
_ID = {"clOrdId": 32, "reqId": 32, "tag": 16}
_WORD = re.compile(r"[A-Za-z0-9]+").fullmatch
# Account mode (acctLv) and instrument type ─▶ the tdModes OKX takes.
_SPOT, _FUTURES, _MULTI, _PORTFOLIO = "1", "2", "3", "4"
_TD_MODES: dict[tuple[str, str], tuple[str, ...]] = {
    (_SPOT, "SPOT"): ("cash",),
    (_SPOT, "OPTION"): ("cash",),
    (_SPOT, "SWAP"): (),
    (_SPOT, "FUTURES"): (),
    (_FUTURES, "SPOT"): ("cash", "cross", "isolated"),
    (_FUTURES, "SWAP"): ("cross", "isolated"),
    (_FUTURES, "FUTURES"): ("cross", "isolated"),
    (_FUTURES, "OPTION"): ("cross", "isolated"),
    (_MULTI, "SPOT"): ("cash", "cross"),
    (_MULTI, "SWAP"): ("cross",),
    (_MULTI, "FUTURES"): ("cross",),
    (_MULTI, "OPTION"): ("cross",),
    (_PORTFOLIO, "SPOT"): ("cash", "cross"),
    (_PORTFOLIO, "SWAP"): ("cross",),
    (_PORTFOLIO, "FUTURES"): ("cross",),
    (_PORTFOLIO, "OPTION"): ("cross",),
}
_CONTRACTS = ("SWAP", "FUTURES")
# Those without a price.
_MARKET = ("market", "optimal_limit_ioc")


class Band(NamedTuple):
    """Highest bid and lowest offer OKX takes, and when that was told (monotonic); None: no limit."""

    buy: Decimal | None
    sell: Decimal | None
    at: float


class Guards:
    """What a trader knows of an account, and looks at its orders with."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._bands: dict[str, Band] = {}
        # None: not known, and so not checked.
        self.config: AccountConfig | None = None

    def note_band(self, inst_id: str, buy: Decimal | None, sell: Decimal | None) -> None:
        """Take over the price band of an instrument; it is used for some seconds."""
        self._bands[inst_id] = Band(buy, sell, time.monotonic())

    def look(self, op: str, orders: list[dict[str, Any]]) -> None:
        """Raise ParameterError for the first rule that one of these breaks."""
        if op not in OPS:
            return
        for order in orders:
            for name, rule in self._broken(order, is_new=OPS[op]):
                raise ParameterError(op, name, f"{rule}, got {order.get(name)!r}")

    def _broken(self, order: Mapping[str, Any], *, is_new: bool) -> Iterator[tuple[str, str]]:
        yield from _ids(order)
        inst = self._shelf.get(str(order.get("instId", "")))
        if inst is None:
            return
        for broken in check_order(inst, order):
            yield broken.param, broken.rule
        if is_new:
            yield from self._account(inst, order)
            yield from _price(inst, order)
        yield from self._band(inst, order, "px" if is_new else "newPx")

    def _account(self, inst: Instrument, order: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        config = self.config
        if config is None:
            return
        wanted = _TD_MODES.get((config.acct_lv, inst.inst_type))
        if wanted is not None and order.get("tdMode") not in wanted:
            what = f"{inst.inst_type} in account mode {config.acct_lv}"
            rule = f"expected {' or '.join(wanted)} for {what}" if wanted else f"this account cannot trade {what}"
            yield "tdMode", rule
        pos_side = order.get("posSide") or ""
        if inst.inst_type in _CONTRACTS and config.pos_mode == "long_short_mode":
            if pos_side not in ("long", "short"):
                yield "posSide", "expected 'long' or 'short' in long/short mode"
        elif pos_side not in ("", "net"):
            yield "posSide", "expected none, or 'net', in net mode and for spot and options"

    def _band(self, inst: Instrument, order: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
        band = self._bands.get(inst.inst_id)
        px = _decimal(order.get(name))
        is_clamped = order.get("pxAmendType") == "1"
        if band is None or px is None or is_clamped or time.monotonic() - band.at > BAND_S:
            return
        side = order.get("side")
        if side == "buy" and band.buy is not None and px > band.buy:
            yield name, f"must be at most {band.buy:f}, OKX's limit for buying {inst.inst_id} now"
        elif side == "sell" and band.sell is not None and px < band.sell:
            yield name, f"must be at least {band.sell:f}, OKX's limit for selling {inst.inst_id} now"


def _ids(order: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, most in _ID.items():
        value = order.get(name)
        if value in (None, ""):
            continue
        text = str(value)
        if len(text) > most or not _WORD(text):
            yield name, f"expected 1 to {most} letters and digits"


def _price(inst: Instrument, order: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = order.get("ordType")
    if inst.inst_type == "OPTION":
        given = [name for name in ("px", "pxUsd", "pxVol") if order.get(name) not in (None, "")]
        if kind in _MARKET:
            yield "ordType", "options have no market orders"
        elif len(given) != 1:
            yield "px", "expected exactly one of px, pxUsd and pxVol"
    elif kind in _MARKET:
        return
    elif kind and order.get("px") in (None, ""):
        yield "px", f"an order of ordType {kind} has a price"


def _decimal(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") or isinstance(value, float) else Decimal(str(value))
    except InvalidOperation:
        return None
