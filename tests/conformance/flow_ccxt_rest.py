"""Flows 12-25: ccxt over REST."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .registry import client, flow, holds, raises, same, wait
from .simulator import KEY, PASSPHRASE, SECRET

if TYPE_CHECKING:
    from .simulator import Simulator

NAME = "ccxt"
SPOT, SWAP, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"


def exchange(sim: Simulator, **options: Any) -> Any:
    keys = {"apiKey": KEY, "secret": SECRET, "password": PASSPHRASE}
    return client("ccxt", NAME).okx({"urls": {"api": {"rest": sim.rest}}, **keys, **options})


def errors() -> Any:
    return client("ccxt", NAME)


def price(ex: Any, symbol: str, factor: float) -> float:
    """The bid times the factor, on a tick."""
    return float(ex.price_to_precision(symbol, ex.fetch_ticker(symbol)["bid"] * factor))


@flow(12, NAME, "load_markets with keys")
def markets(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    for symbol in (SPOT, "ETH/USDT", SWAP, INVERSE):
        holds(symbol in ex.markets, f"{symbol} among {sorted(ex.markets)}")
    kinds = {kind: [m["symbol"] for m in ex.markets.values() if m[kind]] for kind in ("future", "option")}
    holds(kinds["future"], "a dated future")
    holds(kinds["option"], "an option")
    holds(all(ex.markets[symbol]["expiry"] for symbol in kinds["future"] + kinds["option"]), "expiries")
    holds(all(ex.markets[symbol]["strike"] for symbol in kinds["option"]), "strikes of the options")
    holds({"BTC", "USDT"} <= set(ex.currencies), f"BTC and USDT among {sorted(ex.currencies)}")
    paths = [urlsplit(target) for target in sim.targets()]
    same(len([path for path in paths if path.path == "/api/v5/asset/currencies"]), 1, "calls of asset/currencies")
    asked = [parse_qs(path.query) for path in paths if path.path == "/api/v5/public/instruments"]
    same(
        sorted(f"{query['instType'][0]} {query.get('uly', [''])[0]}" for query in asked),
        ["FUTURES ", "OPTION BTC-USD", "OPTION ETH-USD", "SPOT ", "SWAP "],
        "calls of public/instruments",
    )
    # The call of asset/currencies was answered as an authenticated one: a wrong secret fails.
    raises(errors().AuthenticationError, "wrong secret", exchange(sim, secret="not-" + SECRET).load_markets)


@flow(13, NAME, "fetch_balance")
def balance(sim: Simulator) -> None:
    found = exchange(sim).fetch_balance()
    same(found["USDT"], {"free": 100000.0, "used": 0.0, "total": 100000.0}, "USDT")
    same(found["BTC"], {"free": 2.0, "used": 0.0, "total": 2.0}, "BTC")


@flow(14, NAME, "limit buy, edit, cancel")
def limit_order(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    first, second = price(ex, SPOT, 0.98), price(ex, SPOT, 0.97)

    def seen(ord_id: str) -> tuple[Any, ...]:
        order = ex.fetch_order(ord_id, SPOT)
        return order["status"], order["price"], order["amount"], order["filled"]

    placed = ex.create_order(SPOT, "limit", "buy", 0.01, first)
    same(seen(placed["id"]), ("open", first, 0.01, 0.0), "the order placed")
    same(ex.edit_order(placed["id"], SPOT, "limit", "buy", 0.02, second)["id"], placed["id"], "id of the edited order")
    same(seen(placed["id"]), ("open", second, 0.02, 0.0), "the order edited")
    ex.cancel_order(placed["id"], SPOT)
    same(seen(placed["id"]), ("canceled", second, 0.02, 0.0), "the order canceled")


@flow(15, NAME, "market buy in base currency")
def market_order(sim: Simulator) -> None:
    ex = exchange(sim)
    before = ex.fetch_balance()
    placed = ex.create_order(SPOT, "market", "buy", 0.01)
    order = ex.fetch_order(placed["id"], SPOT)
    same((order["status"], order["filled"], order["amount"]), ("closed", 0.01, 0.01), "status, filled and amount")
    same(order["info"]["tgtCcy"], "base_ccy", "tgtCcy")
    same(order["fee"]["currency"], "BTC", "currency of the fee")
    holds(0 < order["fee"]["cost"] < 0.0001, f"a fee paid: {order['fee']}")
    after = ex.fetch_balance()
    same(
        round(after["BTC"]["total"] - before["BTC"]["total"], 12), round(0.01 - order["fee"]["cost"], 12), "BTC gained"
    )
    spent = before["USDT"]["total"] - after["USDT"]["total"]
    same(round(spent, 6), round(order["average"] * 0.01, 6), "USDT spent")


@flow(16, NAME, "limit order without the funds")
def no_funds(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    px = price(ex, SPOT, 0.99)
    error = raises(errors().InsufficientFunds, "100 BTC", ex.create_order, SPOT, "limit", "buy", 100, px)
    holds('"51008"' in str(error), f"sCode 51008: {error}")
    same(ex.fetch_open_orders(SPOT), [], "open orders")


@flow(17, NAME, "price far through the band")
def band(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    high = price(ex, SPOT, 1.5)
    error = raises(errors().InvalidOrder, "50 % above", ex.create_order, SPOT, "limit", "buy", 0.001, high)
    holds('"51137"' in str(error), f"sCode 51137: {error}")


@flow(18, NAME, "cancel twice")
def cancel_twice(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    placed = ex.create_order(SPOT, "limit", "buy", 0.01, price(ex, SPOT, 0.98))
    ex.cancel_order(placed["id"], SPOT)
    raises(errors().OrderNotFound, "the second cancel", ex.cancel_order, placed["id"], SPOT)


@flow(19, NAME, "swap post-only that would cross")
def post_only(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    placed = ex.create_order(SWAP, "limit", "buy", 1, price(ex, SWAP, 1.01), {"postOnly": True})
    holds(placed["status"] != "rejected" and placed["id"], f"the order is accepted at first: {placed['info']}")
    order = wait(
        lambda: (found := ex.fetch_order(placed["id"], SWAP))["status"] != "open" and found, "an end of the order"
    )
    same((order["status"], order["filled"]), ("canceled", 0.0), "status and filled")
    same(order["info"]["cancelSource"], "31", "cancelSource")
    same(ex.fetch_positions(), [], "positions")


@flow(20, NAME, "swap: open, close with reduceOnly")
def position(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    # Linear and isolated, inverse and cross: both have a price of liquidation above zero with this account.
    for symbol, params in ((SWAP, {"marginMode": "isolated"}), (INVERSE, {})):
        placed = ex.create_order(symbol, "market", "buy", 1, None, params)
        (found,) = ex.fetch_positions([symbol])
        same((found["symbol"], found["contracts"], found["side"]), (symbol, 1.0, "long"), "the position")
        same(found["entryPrice"], ex.fetch_order(placed["id"], symbol)["average"], "entry price")
        holds(
            found["liquidationPrice"] and 0 < found["liquidationPrice"] < found["entryPrice"],
            f"liqPx of {found['info']}",
        )
        ex.create_order(symbol, "market", "sell", 1, None, {**params, "reduceOnly": True})
        same([p for p in ex.fetch_positions([symbol]) if p["contracts"]], [], "positions after the close")


@flow(21, NAME, "attached stop loss and take profit")
def attached(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    at = {factor: price(ex, SWAP, factor) for factor in (0.9, 0.98, 1.1)}

    def pending() -> list[dict[str, Any]]:
        # ccxt asks for one kind of algo order at a time.
        return [
            order["info"]
            for kind in ("oco", "conditional")
            for order in ex.fetch_open_orders(SWAP, params={"trigger": True, "ordType": kind})
        ]

    # The first as ccxt spells it; the second with an id of our own, which must come back on the algo order.
    plain = {"stopLoss": {"triggerPrice": at[0.9]}, "takeProfit": {"triggerPrice": at[1.1]}}
    named = {"slTriggerPx": str(at[0.9]), "slOrdPx": "-1", "tpTriggerPx": str(at[1.1]), "tpOrdPx": "-1"}
    for params in (plain, {"attachAlgoOrds": [{**named, "attachAlgoClOrdId": "guard7"}]}):
        parent = ex.create_order(SWAP, "limit", "buy", 2, at[0.98], params)
        same(pending(), [], "algo orders before the parent fills")
        (promised,) = ex.fetch_order(parent["id"], SWAP)["info"]["attachAlgoOrds"]
        same((float(promised["slTriggerPx"]), float(promised["tpTriggerPx"])), (at[0.9], at[1.1]), "attachAlgoOrds")
        sim.fill(parent["id"])
        same(ex.fetch_order(parent["id"], SWAP)["status"], "closed", "the parent's status")
        rows = wait(pending, "algo orders after the parent filled")
        for row in rows:
            same(
                (row["instId"], row["side"], row["state"], row["sz"]),
                ("BTC-USDT-SWAP", "sell", "live", "2"),
                "algo row",
            )
        triggers = {float(row[key]) for row in rows for key in ("slTriggerPx", "tpTriggerPx") if row[key]}
        same(triggers, {at[0.9], at[1.1]}, "trigger prices of the algo rows")
        same(
            {row["algoClOrdId"] for row in rows},
            {promised["attachAlgoClOrdId"]},
            "the parent's attachAlgoClOrdId on the algo",
        )
        for row in rows:
            ex.cancel_order(row["algoId"], SWAP, {"trigger": True})
        wait(lambda: not pending(), "algo orders canceled")
    same(promised["attachAlgoClOrdId"], "guard7", "attachAlgoClOrdId")

    # A take profit with a limit price stands in the book at once: it and the stop loss name each other.
    limit = {"triggerPrice": at[1.1], "price": at[1.1], "type": "limit"}
    parent = ex.create_order(SWAP, "limit", "buy", 2, at[0.98], {"stopLoss": plain["stopLoss"], "takeProfit": limit})
    sim.fill(parent["id"])
    (stop,) = wait(pending, "the stop loss after the parent filled")
    (profit,) = [order["info"] for order in ex.fetch_open_orders(SWAP)]
    same((profit["side"], float(profit["px"]), profit["sz"]), ("sell", at[1.1], "2"), "the take profit in the book")
    same(profit["linkedAlgoOrd"]["algoId"], stop["algoId"], "the stop loss, as the take profit names it")
    same(stop["linkedOrd"]["ordId"], profit["ordId"], "the take profit, as the stop loss names it")


@flow(22, NAME, "set_leverage twice, set_position_mode")
def leverage(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    for _ in range(2):
        same(ex.set_leverage(5, SWAP, {"mgnMode": "cross"})["code"], "0", "code of set_leverage")
    same(ex.fetch_leverage(SWAP, {"mgnMode": "cross"})["longLeverage"], 5, "leverage")
    ex.create_order(SWAP, "market", "buy", 1)
    error = raises(errors().ExchangeError, "set_position_mode", ex.set_position_mode, True)
    holds('"59000"' in str(error), f"code 59000: {error}")


@flow(23, NAME, "61 orders in two seconds")
def too_many(sim: Simulator) -> None:
    ex = exchange(sim, enableRateLimit=False)
    ex.load_markets()
    px = price(ex, SPOT, 0.98)
    started = time.monotonic()
    for _ in range(60):
        ex.create_order(SPOT, "limit", "buy", 0.0001, px)
    took = time.monotonic() - started
    holds(took < 2, f"60 orders sent in two seconds, not in {took:.2f}")
    error = raises(errors().RateLimitExceeded, "order 61", ex.create_order, SPOT, "limit", "buy", 0.0001, px)
    holds('"50011"' in str(error), f"code 50011: {error}")
    time.sleep(2)
    ex.create_order(SPOT, "limit", "buy", 0.0001, px)


@flow(24, NAME, "server clock 31 s ahead")
def skew(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.fetch_balance()
    fault = sim.fault("clock_skew", ms=31000)
    error = raises(errors().InvalidNonce, "a call 31 s behind", ex.fetch_balance)
    holds('"50102"' in str(error), f"code 50102: {error}")
    sim.admin("DELETE", f"/faults/{fault}")
    ex.fetch_balance()


@flow(25, NAME, "maintenance")
def maintenance(sim: Simulator) -> None:
    ex = exchange(sim)
    ex.load_markets()
    fault = sim.fault("maintenance", ms=60000, code="50001")
    error = raises(errors().OnMaintenance, "a call during maintenance", ex.fetch_balance)
    holds('"50001"' in str(error), f"code 50001: {error}")
    sim.admin("DELETE", f"/faults/{fault}")
    ex.fetch_balance()
