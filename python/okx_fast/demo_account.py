"""The account side of `okx-fast demo`: our own orders in every type of trading, and balances that must add up.

Trader ◀─▶ Exchange: of each type place ─▶ amend ─▶ cancel, then buy and sell at once what was bought
                     fills ─▶ our own sums ═ the balances it reports?
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from okx_fast.orders import Trader

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from okx_fast.exchange import Exchange
    from okx_fast.orders import OrderResult
    from okx_fast.orders.state import Fill
    from okx_fast.rest.models import Instrument

__all__ = ["TYPES", "Account"]

PAUSE_S = 0.5  # between rounds: four requests for prices in each, of which OKX takes ten a second
FILLED_WITHIN_S = 10.0
WAIT_S = 0.01
BASE, QUOTE, PAIR, FAMILY = "BTC", "USDT", "BTC-USDT", "BTC-USD"
# What an order pays beyond the best price, so that it fills whatever moves meanwhile; an option's tick is coarse.
BEYOND, BEYOND_OPTION = Decimal("0.01"), Decimal("0.1")
# Where an order rests: far below.
FAR = Decimal("0.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of trading: which instruments, and how they are ordered. sz: base currency on pairs, else contracts."""

    inst_type: str
    td_mode: str
    sz: Decimal
    is_it: Callable[[Instrument], bool] = lambda inst: inst.inst_id == PAIR


TYPES = {
    "spot": Kind(inst_type="SPOT", td_mode="cash", sz=Decimal("0.001")),
    "margin cross": Kind(inst_type="SPOT", td_mode="cross", sz=Decimal("0.001")),
    "margin isolated": Kind(inst_type="SPOT", td_mode="isolated", sz=Decimal("0.001")),
    "futures": Kind(inst_type="FUTURES", td_mode="cross", sz=Decimal(1), is_it=lambda inst: inst.ct_type == "linear"),
    "swap linear": Kind(inst_type="SWAP", td_mode="cross", sz=Decimal(1), is_it=lambda inst: inst.ct_type == "linear"),
    "swap inverse": Kind(
        inst_type="SWAP", td_mode="cross", sz=Decimal(1), is_it=lambda inst: inst.ct_type == "inverse"
    ),
    "option": Kind(inst_type="OPTION", td_mode="cross", sz=Decimal(1), is_it=lambda inst: inst.opt_type == "C"),
}


class Account:
    """Trades in a thread of its own while the `with` block lasts, at least one round.

    `orders` counts what was done, `fills` by type, `outcomes` how calls ended. After the block `adds_up` says whether
    the balances are what the fills make them.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.orders = {"placed": 0, "amended": 0, "filled": 0, "canceled": 0}
        self.outcomes = {"CONFIRMED": 0, "REJECTED": 0, "UNKNOWN": 0}
        self.fills = dict.fromkeys(TYPES, 0)
        self.adds_up = False
        self._exchange = exchange
        self._spans: dict[str, Any] = {}
        self._change: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)  # by ordId
        self._insts: dict[str, Instrument] = {}
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="okx-fast-demo", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None and kind is None:
            raise self._error

    def summary(self) -> dict[str, Any]:
        """For the summary of the demo."""
        return {
            "orders": dict(self.orders),
            "outcomes": dict(self.outcomes),
            "fills": dict(self.fills),
            "order_latency_us": self._spans,
            "balances_add_up": self.adds_up,
        }

    def _run(self) -> None:
        try:
            with Trader(self._exchange.site(), credentials=self._exchange.credentials()) as trader:
                trader.load("OPTION", instFamily=FAMILY)
                self._insts = {name: _instrument(trader, name) for name in TYPES}
                trader.on_event(None)
                trader.on_fill(self._on_fill)
                before = _balances(trader)
                while True:
                    self._play(trader)
                    if self._stop.wait(PAUSE_S):
                        break
                after = _balances(trader)
            ours = all(after[ccy] - before[ccy] == self._change[ccy] for ccy in after)
            self.adds_up = ours and bool(self._exchange.invariants()["ok"])
        except Exception as error:  # noqa: BLE001  # raised where the block ends
            self._error = error

    def _play(self, trader: Trader) -> None:
        """A round: every type of trading once."""
        inst_types = dict.fromkeys(kind.inst_type for kind in TYPES.values())
        tickers = {row.inst_id: row for each in inst_types for row in trader.rest.market.tickers(instType=each)}
        for name, kind in TYPES.items():
            ticker = tickers[self._insts[name].inst_id]
            if ticker.bid_px and ticker.ask_px:
                self._rest_and_cancel(trader, name, ticker.bid_px)
                beyond = BEYOND_OPTION if kind.inst_type == "OPTION" else BEYOND
                self._take(trader, name, "buy", ticker.ask_px * (1 + beyond))
                self._take(trader, name, "sell", ticker.bid_px * (1 - beyond))
        spans = trader.stats()["spans_us"]
        self._spans = {
            name: {key: round(spans[name][key], 1) for key in ("p50", "p99", "p99.9")} for name in ("ack", "push")
        }

    def _rest_and_cancel(self, trader: Trader, name: str, bid: Decimal) -> None:
        """An order far from the market: placed, made larger, taken back."""
        placed = self._place(trader, name, "post_only", "buy", bid * FAR)
        this: dict[str, Any] = {"instId": placed.inst_id, "ordId": placed.ord_id}
        self.orders["amended"] += self._count(trader.amend_order(**this, newSz=TYPES[name].sz * 2))
        self.orders["canceled"] += self._count(trader.cancel_order(**this))

    def _take(self, trader: Trader, name: str, side: str, px: Decimal) -> None:
        """An order that fills at once, and the wait until its fills are here."""
        placed = self._place(trader, name, "ioc", side, px)
        end = time.monotonic() + FILLED_WITHIN_S
        while placed.confirmed and time.monotonic() < end:
            trader.poll(WAIT_S)
            order = trader.order(placed.ord_id)
            if order is not None and not order.is_open and self._filled[placed.ord_id] == order.acc_fill_sz:
                filled = order.state == "filled"
                self.orders["filled"] += filled
                self.fills[name] += filled
                break

    def _place(self, trader: Trader, name: str, ord_type: str, side: str, px: Decimal) -> OrderResult:
        inst, kind = self._insts[name], TYPES[name]
        order: dict[str, Any] = {"instId": inst.inst_id, "tdMode": kind.td_mode, "side": side, "ordType": ord_type}
        order |= {"px": _on_tick(inst, px), "sz": kind.sz, "clOrdId": f"demo{self.outcomes['CONFIRMED']}"}
        if inst.inst_type == "SPOT" and kind.td_mode != "cash":
            order["ccy"] = QUOTE
            if side == "sell":  # all there is: the fee of the buy was taken from the coin
                order["reduceOnly"] = True
        placed = trader.place_order(**order)
        self.orders["placed"] += self._count(placed)
        return placed

    def _count(self, result: OrderResult) -> bool:
        self.outcomes[result.outcome] += 1
        return result.confirmed

    def _on_fill(self, fill: Fill) -> None:
        """What a fill does to the balances. A pair moves both of its currencies, on margin when all is closed again; an
        option costs or brings its premium; other contracts their profit or loss.
        """
        self._filled[fill.ord_id] += fill.sz
        inst = next(inst for inst in self._insts.values() if inst.inst_id == fill.inst_id)
        px, signed = fill.px or Decimal(0), fill.sz if fill.side == "buy" else -fill.sz
        self._change[fill.fee_ccy] += fill.fee or 0
        if inst.inst_type == "SPOT":
            self._change[inst.base_ccy] += signed
            self._change[inst.quote_ccy] -= signed * px
        elif inst.inst_type == "OPTION":
            self._change[inst.settle_ccy] -= signed * (inst.ct_val or 0) * (inst.ct_mult or 0) * px
        else:
            self._change[inst.settle_ccy] += fill.pnl or 0


def _instrument(trader: Trader, name: str) -> Instrument:
    kind = TYPES[name]
    return next(inst for inst in trader.rest.instruments if inst.inst_type == kind.inst_type and kind.is_it(inst))


def _on_tick(inst: Instrument, px: Decimal) -> Decimal:
    tick = inst.tick_sz or Decimal(1)
    return max(px // tick, Decimal(1)) * tick


def _balances(trader: Trader) -> dict[str, Decimal]:
    return {row.ccy: row.cash_bal or Decimal(0) for row in trader.rest.account.balance(ccy=f"{BASE},{QUOTE}").details}
