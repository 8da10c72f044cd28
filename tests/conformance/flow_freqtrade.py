"""Flows 46 and 47: freqtrade, as the command its users run, trading for real against the simulator."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .registry import Unmet, client, flow, holds, same, wait
from .simulator import KEY, PASSPHRASE, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .simulator import Simulator

NAME = "freqtrade"

# Enters at once, and leaves when the flow puts a file beside it.
STRATEGY = """
from pathlib import Path

from freqtrade.strategy import IStrategy


class Probe(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    startup_candle_count = 0
    process_only_new_candles = False
    ignore_buying_expired_candle_after = 0
    minimal_roi = {"0": 100}
    stoploss = -0.05
    order_types = {
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": STOPLOSS_ON_EXCHANGE,
        "stoploss_on_exchange_interval": 2,
    }

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def leverage(self, *args, **kwargs):
        return 3.0

    def confirm_trade_entry(self, *args, **kwargs):
        return not (Path(__file__).parent / "no-more").exists()

    def custom_exit(self, *args, **kwargs):
        return "told" if (Path(__file__).parent / "exit-now").exists() else None
"""


class Bot:
    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.process = folder, process

    def rows(self, query: str) -> list[dict[str, Any]]:
        said = (self.folder / "out").read_text()
        if self.process.poll() is not None or "cannot start" in said:
            raise Unmet(f"freqtrade ended: {said[-1500:]}")
        if not (self.folder / "trades.sqlite").exists():
            return []
        with sqlite3.connect(f"file:{self.folder}/trades.sqlite?mode=ro", uri=True) as base:
            base.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in base.execute(query)]
            except sqlite3.OperationalError:  # its tables are not made yet
                return []

    def put(self, name: str) -> None:
        (self.folder / name).touch()


@contextmanager
def bot(sim: Simulator, pair: str, **config: Any) -> Iterator[Bot]:
    client("freqtrade", NAME)
    folder = Path(tempfile.mkdtemp(prefix="okx-fast-freqtrade-"))
    stop = config.get("trading_mode") != "futures"
    (folder / "probe.py").write_text(STRATEGY.replace("STOPLOSS_ON_EXCHANGE", str(stop)), encoding="utf-8")
    settings = {
        "max_open_trades": 1,
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "dry_run": False,
        "initial_state": "running",
        "cancel_open_orders_on_exit": False,
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exchange": {
            "name": "okx",
            "key": KEY,
            "secret": SECRET,
            "password": PASSPHRASE,
            "ccxt_config": {"urls": {"api": {"rest": sim.rest, "ws": f"{sim.ws}/ws/v5"}}},
            "pair_whitelist": [pair],
        },
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"process_throttle_secs": 1},
        **config,
    }
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "freqtrade", "trade", "--config", "config.json", "--strategy", "Probe"]
    command += ["--strategy-path", ".", "--userdir", ".", "--db-url", f"sqlite:///{folder}/trades.sqlite"]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield Bot(folder, process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        sys.stdout.write((folder / "out").read_text())


@flow(46, NAME, "spot: buy, stop on the exchange, the price falls", heavy=True, timeout_s=300)
def spot_stop(sim: Simulator) -> None:
    with bot(sim, "BTC/USDT") as found:
        (trade,) = wait(
            lambda: found.rows("select * from trades where is_open = 1 and amount > 0"), "an open trade", 200
        )
        found.put("no-more")
        (algo,) = wait(
            lambda: sim.private("GET", "/api/v5/trade/orders-algo-pending?ordType=conditional"),
            "a stop on the exchange",
            30,
        )
        same((algo["side"], algo["tdMode"], algo["slOrdPx"], algo["state"]), ("sell", "cash", "-1", "live"), "the stop")
        holds(Decimal(algo["slTriggerPx"]) < Decimal(str(trade["open_rate"])), "its trigger is below the entry")
        sim.market("BTC-USDT", px=str(round(trade["open_rate"] * 0.93, 1)))
        (row,) = wait(
            lambda: [
                row
                for row in sim.private("GET", f"/api/v5/trade/order-algo?algoId={algo['algoId']}")
                if row["state"] != "live"
            ],
            "an end of the stop",
            30,
        )
        same(row["state"], "effective", "state of the stop")
        (child,) = sim.private("GET", f"/api/v5/trade/order?instId=BTC-USDT&ordId={row['ordId']}")
        same((child["state"], child["algoId"], child["side"]), ("filled", algo["algoId"], "sell"), "the child order")
        (closed,) = wait(lambda: found.rows("select * from trades where is_open = 0"), "the trade closed", 60)
        same(closed["exit_reason"], "stoploss_on_exchange", "why")
        same(round(closed["close_rate"], 4), round(float(child["avgPx"]), 4), "close rate")


@flow(47, NAME, "futures, isolated: enter, funding, exit", heavy=True, timeout_s=300)
def futures(sim: Simulator) -> None:
    inst_id = "BTC-USDT-SWAP"
    with bot(sim, "BTC/USDT:USDT", trading_mode="futures", margin_mode="isolated") as found:
        wait(lambda: found.rows("select * from trades where is_open = 1 and amount > 0"), "an open trade", 200)
        found.put("no-more")
        (position,) = sim.private("GET", f"/api/v5/account/positions?instId={inst_id}")
        same((position["posSide"], position["mgnMode"], position["lever"]), ("net", "isolated", "3"), "the position")
        sim.settle_funding(inst_id, "0.001")
        (bill,) = wait(lambda: sim.private("GET", "/api/v5/account/bills-archive?type=8"), "a bill of type 8")
        same((bill["subType"], bill["instId"]), ("173", inst_id), "the bill")
        size = Decimal(sim.instrument(inst_id)["ctVal"]) * Decimal(position["pos"])
        paid = -Decimal(bill["balChg"])
        holds(
            abs(paid / (size * Decimal(bill["px"])) - Decimal("0.001")) < Decimal("1e-6"),
            f"0.001 of the notional: {bill}",
        )
        found.put("exit-now")
        (closed,) = wait(lambda: found.rows("select * from trades where is_open = 0"), "the trade closed", 60)
        same(closed["exit_reason"], "told", "why")
        fills = sim.private("GET", f"/api/v5/trade/fills-history?instType=SWAP&instId={inst_id}")
        fee = sum(Decimal(row["fee"]) for row in fills)
        pnl = sum(Decimal(row["fillPnl"]) for row in fills)
        turnover = (
            sum(Decimal(row["fillSz"]) * Decimal(row["fillPx"]) for row in fills) * size / Decimal(position["pos"])
        )
        same(fee, -turnover * Decimal("0.0005"), "fee: the taker rate of the turnover")
        signs = {"buy": -1, "sell": 1}
        worth = sum(signs[row["side"]] * Decimal(row["fillSz"]) * Decimal(row["fillPx"]) for row in fills)
        same(round(pnl, 8), round(worth * size / Decimal(position["pos"]), 8), "pnl")
        profit = float(pnl + fee - paid)
        same(round(closed["close_profit_abs"], 3), round(profit, 3), "freqtrade's profit: pnl, fee and funding")
