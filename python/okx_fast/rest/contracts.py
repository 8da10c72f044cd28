"""Contract arithmetic, exact: contracts, coins and quote; prices and sizes in their steps; an order against its rules.

    inst = rest.public.instruments(instType="SWAP", instId="BTC-USDT-SWAP")[0]
    contracts.coins(inst, "2.5")                            0.025 BTC
    contracts.from_coins(inst, "0.0337", direction="down")  3.37 contracts
    contracts.round_px(inst, "67500.17", direction="up")    67500.2
    contracts.check_order(inst, {"side": "buy", …})         what OKX would refuse, in words

    With n contracts and F = ctVal x ctMult:     linear        inverse       option        spot (n is coins)
    coins                                        n·F           n·F / px      n·F           n
    quote                                        n·F·px        n·F           n·F·px        n·px

Nothing is rounded unless the caller says which way. Products are exact; a quotient is exact until it is rounded to a
step, and a quotient that is returned as such has 40 digits. Numbers come as text, int, Decimal or Num, never as float.
Source: OKX API v5, Public data › REST API › Get instruments.
"""

from __future__ import annotations

import time
from decimal import Context, Decimal, DecimalException, Inexact
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from okx_fast._native import Num
from okx_fast.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from okx_fast.rest.models.instruments import Instrument

__all__ = [
    "Direction",
    "Number",
    "Steps",
    "Violation",
    "check_order",
    "coins",
    "from_coins",
    "from_quote",
    "quote",
    "round_px",
    "round_sz",
    "steps",
]

Number = str | int | Decimal | Num
Direction = Literal["down", "up", "nearest"]

_DIRECTIONS = ("down", "up", "nearest")
_EXACT = Context(prec=200, traps=[Inexact])
_QUOTIENT = Context(prec=40)
_LIMIT_TYPES = frozenset({"limit", "post_only", "fok", "ioc", "mmp", "mmp_and_post_only", "op_fok", "rpi", "elp"})
_MARKET_TYPES = frozenset({"market", "optimal_limit_ioc"})
_COIN_TYPES = frozenset({"SPOT", "MARGIN"})


class Steps(NamedTuple):
    """Steps of an instrument at a time: None where OKX names none."""

    tick_sz: Decimal | None
    lot_sz: Decimal | None
    min_sz: Decimal | None
    max_mkt_sz: Decimal | None


class Violation(NamedTuple):
    """What is wrong with a parameter: its name, the value given, the rule."""

    param: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"{self.param}={self.value}: {self.rule}"


def steps(inst: Instrument, at_ms: int | None = None) -> Steps:
    """Tick, lot, least size and largest market order at a time (Unix ms; now if None), changes announced in `upcChg`
    that are due by then included. On FUTURES and SWAP a new minSz is the new lotSz too.
    """
    values = {"tickSz": inst.tick_sz, "lotSz": inst.lot_sz, "minSz": inst.min_sz, "maxMktSz": inst.max_mkt_sz}
    changes = inst.upc_chg
    if changes:
        at = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        for change in sorted(changes, key=lambda change: change.eff_time_ms or 0):
            if change.eff_time_ms is None or change.eff_time_ms > at or change.param not in values:
                continue
            values[change.param] = change.new_value
            if change.param == "minSz" and inst.inst_type in ("FUTURES", "SWAP"):
                values["lotSz"] = change.new_value
    return Steps(values["tickSz"], values["lotSz"], values["minSz"], values["maxMktSz"])


def coins(inst: Instrument, sz: Number, px: Number | None = None) -> Decimal:
    """The coins in `sz` (contracts; coins for SPOT and MARGIN). An inverse contract needs the price; its coins have 40
    digits. Raises ConfigError for an instrument without a contract value.
    """
    size = _number("sz", sz)
    if inst.inst_type in _COIN_TYPES:
        return size
    face = _times(size, _face(inst))
    return _QUOTIENT.divide(face, _price(inst, px)) if inst.ct_type == "inverse" else face


def quote(inst: Instrument, sz: Number, px: Number | None = None) -> Decimal:
    """The value of `sz` in quote currency: USD for an inverse contract, which needs no price; for an option in the
    currency of its price.
    """
    size = _number("sz", sz)
    if inst.inst_type in _COIN_TYPES:
        return _times(size, _price(inst, px))
    face = _times(size, _face(inst))
    return face if inst.ct_type == "inverse" else _times(face, _price(inst, px))


def from_coins(
    inst: Instrument, amount: Number, px: Number | None = None, *, direction: Direction, at_ms: int | None = None
) -> Decimal:
    """The size in lots that holds this many coins, rounded as `direction` says. An inverse contract needs the price."""
    exact = Fraction(_number("amount", amount))
    if inst.inst_type not in _COIN_TYPES:
        if inst.ct_type == "inverse":
            exact *= Fraction(_price(inst, px))
        exact /= Fraction(_face(inst))
    return _round(exact, _step(inst, "lotSz", steps(inst, at_ms).lot_sz), direction)


def from_quote(
    inst: Instrument, amount: Number, px: Number | None = None, *, direction: Direction, at_ms: int | None = None
) -> Decimal:
    """The size in lots that is worth this much quote currency, rounded as `direction` says. All but inverse contracts
    need the price.
    """
    exact = Fraction(_number("amount", amount))
    if inst.ct_type != "inverse":
        exact /= Fraction(_price(inst, px))
    if inst.inst_type not in _COIN_TYPES:
        exact /= Fraction(_face(inst))
    return _round(exact, _step(inst, "lotSz", steps(inst, at_ms).lot_sz), direction)


def round_px(inst: Instrument, px: Number, *, direction: Direction, at_ms: int | None = None) -> Decimal:
    """The price on the instrument's ticks: `down` is the lower one, `up` the higher one, `nearest` takes the even tick
    of two as near. An option's tick is the smallest of its bands.
    """
    return _round(Fraction(_number("px", px)), _step(inst, "tickSz", steps(inst, at_ms).tick_sz), direction)


def round_sz(inst: Instrument, sz: Number, *, direction: Direction, at_ms: int | None = None) -> Decimal:
    """The size on the instrument's lots, as `round_px` does for ticks. It may come out below minSz."""
    return _round(Fraction(_number("sz", sz)), _step(inst, "lotSz", steps(inst, at_ms).lot_sz), direction)


def check_order(inst: Instrument, params: Mapping[str, Any], *, at_ms: int | None = None) -> list[Violation]:
    """What in a new or amended order (parameters in OKX's spelling) breaks the instrument's rules; empty if nothing.

    Checked: the state, px and newPx on the tick, sz and newSz on the lot, at least minSz, at most maxLmtSz or maxMktSz.
    Not checked: bounds in USD, price bands, funds; a size in quote currency; an option's bands of ticks.
    """
    rules = steps(inst, at_ms)
    found = [*_check_state(inst, params)]
    for name in ("px", "newPx"):
        value = params.get(name)
        if value not in (None, ""):
            found += _check_px(name, value, rules.tick_sz)
    for name in ("sz", "newSz"):
        value = params.get(name)
        if value not in (None, ""):
            found += _check_sz(inst, params, name, value, rules)
    return found


def _check_state(inst: Instrument, params: Mapping[str, Any]) -> list[Violation]:
    state, kind = inst.state, params.get("ordType", "")
    if state in ("suspend", "rebase", "test", "settling", "expired"):
        return [Violation("instId", inst.inst_id, f"takes no orders: its state is {state}")]
    if state == "post_only" and kind not in ("", "post_only", "mmp_and_post_only"):
        return [Violation("ordType", str(kind), "must be post_only: the instrument's state is post_only")]
    return []


def _check_px(name: str, value: Any, tick: Decimal | None) -> list[Violation]:
    try:
        px = _number(name, value)
    except ConfigError as error:
        return [Violation(name, str(value), str(error))]
    if px <= 0:
        return [Violation(name, str(value), "must be above 0")]
    if tick and not _multiple(px, tick):
        return [Violation(name, str(value), f"must be a multiple of tickSz {tick:f}")]
    return []


def _check_sz(inst: Instrument, params: Mapping[str, Any], name: str, value: Any, rules: Steps) -> list[Violation]:
    try:
        sz = _number(name, value)
    except ConfigError as error:
        return [Violation(name, str(value), str(error))]
    if sz <= 0:
        return [Violation(name, str(value), "must be above 0")]
    if _in_quote(inst, params):
        return []
    found = []
    if rules.lot_sz and not _multiple(sz, rules.lot_sz):
        found.append(Violation(name, str(value), f"must be a multiple of lotSz {rules.lot_sz:f}"))
    if rules.min_sz and sz < rules.min_sz:
        found.append(Violation(name, str(value), f"must be at least minSz {rules.min_sz:f}"))
    kind = params.get("ordType", "")
    if kind in _LIMIT_TYPES and inst.max_lmt_sz and sz > inst.max_lmt_sz:
        found.append(Violation(name, str(value), f"must be at most maxLmtSz {inst.max_lmt_sz:f}"))
    contracts = inst.inst_type not in _COIN_TYPES  # of spot, maxMktSz is in USDT
    if kind in _MARKET_TYPES and contracts and rules.max_mkt_sz and sz > rules.max_mkt_sz:
        found.append(Violation(name, str(value), f"must be at most maxMktSz {rules.max_mkt_sz:f}"))
    return found


def _in_quote(inst: Instrument, params: Mapping[str, Any]) -> bool:
    """Whether `sz` is an amount of quote currency: a market buy of spot or margin, unless `tgtCcy` says base."""
    if inst.inst_type not in _COIN_TYPES or params.get("ordType") != "market":
        return False
    tgt_ccy = params.get("tgtCcy") or ""
    return bool(tgt_ccy == "quote_ccy" or (tgt_ccy == "" and params.get("side") == "buy"))


def _number(name: str, value: Any) -> Decimal:
    """An exact number from the caller. Raises ConfigError for floats, and for what is none."""
    if isinstance(value, Num):
        return value.decimal
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ConfigError(f"{name} must be text, int, Decimal or Num, got {type(value).__name__}")
    try:
        if isinstance(value, str) and ("_" in value or value != value.strip()):  # Decimal would take them, OKX not
            raise DecimalException  # noqa: TRY301  # one place says it
        number = Decimal(value)
    except DecimalException:
        raise ConfigError(f"{name} is not a number: {value!r}") from None
    if not number.is_finite():
        raise ConfigError(f"{name} is not a finite number: {value!r}")
    return number


def _face(inst: Instrument) -> Decimal:
    val, mult = inst.ct_val, inst.ct_mult
    if not val:
        raise ConfigError(f"{inst.inst_id}: has no contract value (ctVal)")
    return val if mult is None else _times(val, mult)


def _price(inst: Instrument, px: Number | None) -> Decimal:
    if px is None:
        raise ConfigError(f"{inst.inst_id}: this needs a price")
    price = _number("px", px)
    if price <= 0:
        raise ConfigError(f"{inst.inst_id}: px must be above 0, got {price}")
    return price


def _step(inst: Instrument, name: str, step: Decimal | None) -> Decimal:
    if not step:
        raise ConfigError(f"{inst.inst_id}: has no {name}")
    return step


def _times(one: Decimal, other: Decimal) -> Decimal:
    try:
        return _EXACT.multiply(one, other)
    except Inexact:
        raise ConfigError(f"{one} x {other} has more than 200 digits") from None


def _multiple(value: Decimal, step: Decimal) -> bool:
    return not _EXACT.remainder(value, step)


def _round(exact: Fraction, step: Decimal, direction: Direction) -> Decimal:
    if direction not in _DIRECTIONS:
        raise ConfigError(f"direction must be 'down', 'up' or 'nearest', got {direction!r}")
    ratio = exact / Fraction(step)
    floor = ratio.numerator // ratio.denominator
    rest = ratio - floor
    if direction == "down":
        whole = floor
    elif direction == "up":
        whole = floor + (rest > 0)
    else:
        half = Fraction(1, 2)
        whole = floor + (rest > half or (rest == half and floor % 2 == 1))
    return _times(Decimal(int(whole)), step)
