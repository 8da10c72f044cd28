"""`okx-fast trade`: a short session with orders, how each ended, and where the time went.

    Trader ─▶ prepare() ─▶ Plan ─▶ rounds of place, amend, cancel; three in one request, and their cancel; one refused
                            │                       └─▶ Step ─▶ tell()
                            └─ in words, before     clean up ─▶ summary: outcomes, spans, what is still open

Every order is a post_only buy of the least size, at half of the best bid, with a clOrdId of this session. Whatever
comes between, the end asks for the open orders and cancels those with such a clOrdId, and no others. On a site of live
trading a round is one order, placed, amended and canceled.
"""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from okx_fast.errors import ApiError, ConfigError, OkxFastError
from okx_fast.orders import Trader, TraderOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast.credentials import Credentials
    from okx_fast.orders import OrderResult
    from okx_fast.rest.models import Instrument
    from okx_fast.site import Site

__all__ = ["SPANS", "Plan", "Step", "is_live", "is_sound", "run"]

BATCH = 3
# What a session cancels it asks for again, until nothing of it is open or so many times.
TRIES = 5
MOST = 20  # of a batch
LISTEN_S = 5.0

# Each span of `stats()["spans_us"]`: what it is, and what it leaves out.
SPANS = {
    "build": "from the call in Python until the bytes are ready for the socket; a wait for the limit's turn not",
    "there": "from then to OKX's gateway; it holds the difference of both clocks, and less than nothing shows as 0",
    "okx": "inside the gateway, by its own clock; what matching does after the answer is not in it",
    "back": "from the gateway until we have the answer; it holds the difference of both clocks, as `there`",
    "ack": "from bytes ready to answer, by our clock alone; neither `build` is in it nor handing the result to Python",
    "push": "from bytes ready until the channel `orders` first shows the order; amends and cancels are not in it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a session will do. px, sz: as sent; worth: of one order, in `worth_ccy`."""

    site: str
    demo: bool
    live: bool
    rounds: int
    inst_id: str
    inst_type: str
    td_mode: str
    pos_side: str
    px: str
    new_px: str
    sz: str
    bid: str
    worth: str
    worth_ccy: str

    def words(self) -> str:
        """For whoever has to agree to it."""
        units = "contracts of " if self.inst_type in ("SWAP", "FUTURES", "OPTION") else ""
        order = (
            f"a post_only buy of {self.sz} {units}{self.inst_id} ({self.td_mode}) at {self.px}, the best bid being "
            f"{self.bid}: worth {self.worth} {self.worth_ccy}"
        )
        times = "once" if self.rounds == 1 else f"{self.rounds} times"
        if self.live:
            return (
                f"LIVE trading on {self.site}: {times}, {order}, is placed, its price amended to {self.new_px}, and "
                "canceled. Nothing else is placed, amended or canceled. Should the market fall that far meanwhile, it "
                "is filled and yours."
            )
        kind = "demo trading" if self.demo else "a simulator"
        return (
            f"{self.site}, {kind}: {times}, {order}, is placed, amended and canceled; then {BATCH} of it in one "
            "request, and their cancel; then one of half the size, which is to be refused."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of the session and how it ended. wanted: CONFIRMED or REJECTED; us: from the call until its outcome."""

    round: int
    name: str
    wanted: str
    us: float
    orders: tuple[dict[str, str], ...]

    @property
    def as_wanted(self) -> bool:
        """Whether every order of it ended as it should."""
        return all(order["outcome"] == self.wanted for order in self.orders)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        return {**asdict(self), "as_wanted": self.as_wanted}


def is_live(site: Site) -> bool:
    """Whether orders there are for real money: neither a demo site nor the simulator."""
    return not site.demo and site.name != "sim"


def run(
    site: Site,
    credentials: Credentials | None,
    inst_id: str,
    rounds: int,
    tell: Callable[[Step], object],
    *,
    agree: Callable[[Plan], bool] = lambda _: True,
    proxy: str | None = None,
) -> dict[str, Any]:
    """Run a session and return its summary: outcomes, spans, and the clOrdIds that may still be open.

    tell: called with each step. agree: asked before anything is sent; if it says no, ConfigError. SIGINT and SIGTERM
    end the session after the call that is on its way; what is open is canceled then, too.
    Raises ConfigError for what cannot be, and what keeps a call from being sent; what was placed is canceled before.
    """
    if credentials is None:
        raise ConfigError(f"{site.name} wants a key: see --env, --file, --keyring")
    with Trader(site, credentials=credentials, options=TraderOptions(proxy=proxy)) as trader:
        plan = _prepare(trader, inst_id, rounds)
        if not agree(plan):
            raise ConfigError("not agreed to: nothing was sent")
        return _Session(trader, plan, tell).run()


def is_sound(summary: dict[str, Any]) -> bool:
    """Everything ended as it should, and nothing is left open."""
    return not summary["not_as_wanted"] and not summary["open"]


def _prepare(trader: Trader, inst_id: str, rounds: int) -> Plan:
    inst = _instrument(trader, inst_id)
    config = trader.rest.account.config()
    ticker = trader.rest.market.ticker(instId=inst_id)
    bid, tick, sz = ticker.bid_px, inst.tick_sz, inst.min_sz
    if bid is None or bid <= 0 or not tick or not sz:
        raise ConfigError(f"{inst_id}: nobody bids, so there is no price far below")
    px = max(bid / 2 // tick, Decimal(1)) * tick
    if px + tick >= bid:
        raise ConfigError(f"{inst_id}: its best bid {bid} is too small for a price far below")
    two_sided = config.pos_mode == "long_short_mode" and inst.inst_type in ("SWAP", "FUTURES")
    worth, worth_ccy = _worth(inst, px, sz)
    return Plan(
        site=trader.rest.site.name,
        demo=trader.rest.site.demo,
        live=is_live(trader.rest.site),
        rounds=rounds,
        inst_id=inst_id,
        inst_type=inst.inst_type,
        td_mode=_td_mode(inst.inst_type, config.acct_lv),
        pos_side="long" if two_sided else "",
        px=_text(px),
        new_px=_text(px + tick),
        sz=_text(sz),
        bid=_text(bid),
        worth=_text(worth),
        worth_ccy=worth_ccy,
    )


def _instrument(trader: Trader, inst_id: str) -> Instrument:
    """Its row. Options are not loaded by themselves; each family is named by the first two parts of an instId."""
    inst = trader.rest.instruments.get(inst_id)
    if inst is None and inst_id.count("-") > 1:
        with suppress(ApiError):  # no such family: said below
            trader.load("OPTION", instFamily="-".join(inst_id.split("-")[:2]))
        inst = trader.rest.instruments.get(inst_id)
    if inst is None:
        raise ConfigError(f"{inst_id} is not listed on {trader.rest.site.name}")
    return inst


def _td_mode(inst_type: str, acct_lv: str) -> str:
    """Spot as it is, everything else cross: the first row of OKX's table that the account level allows."""
    spot = inst_type == "SPOT" and acct_lv in ("1", "2")
    return "cash" if spot or (inst_type == "OPTION" and acct_lv == "1") else "cross"


def _worth(inst: Instrument, px: Decimal, sz: Decimal) -> tuple[Decimal, str]:
    face = (inst.ct_val or Decimal(1)) * (inst.ct_mult or Decimal(1))
    if inst.ct_type == "inverse":
        return sz * face, inst.ct_val_ccy
    return sz * face * px, inst.quote_ccy or inst.settle_ccy


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"


class _Session:
    def __init__(self, trader: Trader, plan: Plan, tell: Callable[[Step], object]) -> None:
        self._trader = trader
        self._plan = plan
        self._tell = tell
        self._name = f"trade{secrets.token_hex(6)}n"
        self._named = 0
        self._open: set[str] = set()  # placed, or perhaps placed, and not known to be gone
        self._outcomes: Counter[str] = Counter()
        self._wrong = self._round = 0
        self._over = threading.Event()

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        with _interrupts(self._over):
            try:
                self._listen()
                for number in range(1, self._plan.rounds + 1):
                    self._round = number
                    if not self._play():
                        break
            finally:
                left = self._clean_up()
        stats = self._trader.stats()
        return {
            "plan": asdict(self._plan),
            "seconds": round(time.monotonic() - began, 3),
            "interrupted": self._over.is_set(),
            "outcomes": {word: self._outcomes[word] for word in ("CONFIRMED", "REJECTED", "UNKNOWN")},
            "not_as_wanted": self._wrong,
            "open": left,
            "spans_us": stats["spans_us"],
        }

    def _listen(self) -> None:
        """Wait until rows of orders come, for `push`; without them the session goes all the same."""
        seen: list[str] = []
        self._trader.on_event(lambda event: seen.append(event.kind))
        end = time.monotonic() + LISTEN_S
        while "subscribed" not in seen and time.monotonic() < end and not self._over.is_set():
            self._trader.poll(0.05)
        self._trader.on_event(None)

    def _play(self) -> bool:
        """One round; False if it was interrupted."""
        steps = [self._one] if self._plan.live else [self._one, self._batch, self._refused]
        for step in steps:
            if self._over.is_set():
                return False
            step()
        return True

    # ── the steps ──────────────────────────────────────────────────────────────────────────────────────────────

    def _one(self) -> None:
        [order] = self._orders(1)
        this: dict[str, Any] = {"instId": order["instId"], "clOrdId": order["clOrdId"]}
        self._placed("place", [self._trader.place_order(**order)])
        if order["clOrdId"] not in self._open or self._over.is_set():
            return
        req_id = f"r{self._named}"
        self._done("amend", [self._trader.amend_order(**this, newPx=self._plan.new_px, reqId=req_id)])
        self._canceled("cancel", [self._trader.cancel_order(**this)])

    def _batch(self) -> None:
        orders = self._orders(BATCH)
        self._placed("place batch", self._trader.place_batch_orders(orders))
        items = [
            {"instId": self._plan.inst_id, "clOrdId": name}
            for order in orders
            if (name := order["clOrdId"]) in self._open
        ]
        if items:
            self._canceled("cancel batch", self._trader.cancel_batch_orders(items))

    def _refused(self) -> None:
        """Half of the least size: no order comes of it."""
        [order] = self._orders(1)
        order["sz"] = _text(Decimal(self._plan.sz) / 2)
        self._placed("to be refused", [self._trader.place_order(**order)], wanted="REJECTED")

    def _orders(self, count: int) -> list[dict[str, Any]]:
        """New orders, each known as perhaps open from here on."""
        plan = self._plan
        orders: list[dict[str, Any]] = []
        for _ in range(count):
            self._named += 1
            name = f"{self._name}{self._named}"
            order = {"instId": plan.inst_id, "tdMode": plan.td_mode, "side": "buy", "ordType": "post_only"}
            order |= {"px": plan.px, "sz": plan.sz, "clOrdId": name}
            orders.append(order | ({"posSide": plan.pos_side} if plan.pos_side else {}))
            self._open.add(name)
        return orders

    def _placed(self, name: str, results: list[OrderResult], wanted: str = "CONFIRMED") -> None:
        self._open -= {each.cl_ord_id for each in results if each.outcome == "REJECTED"}
        self._done(name, results, wanted)

    def _canceled(self, name: str, results: list[OrderResult]) -> None:
        self._open -= {each.cl_ord_id for each in results if each.outcome == "CONFIRMED"}
        self._done(name, results)

    def _done(self, name: str, results: list[OrderResult], wanted: str = "CONFIRMED") -> None:
        us = max(each.settled_ns - each.called_ns for each in results) / 1000
        orders = tuple(_row(each) for each in results)
        step = Step(round=self._round, name=name, wanted=wanted, us=round(us, 1), orders=orders)
        self._outcomes.update(each.outcome for each in results)
        self._wrong += not step.as_wanted
        self._tell(step)

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────

    def _clean_up(self) -> list[str]:
        """Cancel what this session placed and is open; the clOrdIds that may still be, if any."""
        for attempt in range(TRIES):
            time.sleep(0.1 * attempt)
            found = self._pending()
            if found is not None and attempt:
                self._open = found
            elif found is not None:
                self._open |= found
            if found is not None and not self._open:
                return []
            items = [{"instId": self._plan.inst_id, "clOrdId": name} for name in sorted(self._open)]
            for at in range(0, len(items), MOST):
                with suppress(OkxFastError):  # looked at and asked for again
                    self._trader.cancel_batch_orders(items[at : at + MOST], route="auto")
        return sorted(self._open)

    def _pending(self) -> set[str] | None:
        """Which orders of this session are open, as OKX lists them; None if it cannot be asked."""
        try:
            rows = self._trader.rest.pages("trade.orders_pending", instId=self._plan.inst_id)
            return {row.cl_ord_id for row in rows if row.cl_ord_id.startswith(self._name)}
        except OkxFastError:
            return None


def _row(result: OrderResult) -> dict[str, str]:
    names = ("outcome", "ord_id", "cl_ord_id", "code", "sub_code", "msg", "doubt", "hint")
    return {name: getattr(result, name) for name in names}


@contextmanager
def _interrupts(over: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM only set `over`: nothing may break into a call or into the clean-up, and both end in time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: over.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
