"""The account side of `okx-fast demo`: orders by the raw protocol, and balances that must add up.

signed REST ─▶ Exchange: place ─▶ amend ─▶ cancel, then buy or sell at the market
                          fills ─▶ our own sums ═ the balances it reports?
"""

from __future__ import annotations

import http.client
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from okx_fast._native import sign
from okx_fast.errors import ApiError, ConnectError

if TYPE_CHECKING:
    from types import TracebackType

    from okx_fast.exchange import Exchange

__all__ = ["Account"]

INST_ID, BASE, QUOTE = "BTC-USDT", "BTC", "USDT"
KEY, SECRET, PASSPHRASE = "sim-key", "sim-secret", "sim-pass"  # of the exchange's default account
PAUSE_S = 0.2  # between rounds: far below OKX's limits
ANSWER_WITHIN_S = 10.0


class Account:
    """Trades in a thread of its own while the `with` block lasts, at least one round.

    `orders` counts what was done. After the block `adds_up` says whether the balances are what the fills make them.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.orders = {"placed": 0, "amended": 0, "filled": 0, "canceled": 0}
        self.adds_up = False
        self._exchange = exchange
        self._connection = http.client.HTTPConnection(urlsplit(exchange.rest).netloc, timeout=ANSWER_WITHIN_S)
        self._change = {BASE: Decimal(0), QUOTE: Decimal(0)}
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
        self._connection.close()
        if self._error is not None and kind is None:
            raise self._error

    def summary(self) -> dict[str, Any]:
        """For the summary of the demo."""
        return {"orders": dict(self.orders), "balances_add_up": self.adds_up}

    def _run(self) -> None:
        try:
            before = self._balances()
            sides = ("buy", "sell")
            while True:
                self._rest_and_cancel()
                self._trade(sides[self.orders["filled"] % 2])
                if self._stop.wait(PAUSE_S):
                    break
            after = self._balances()
            ours = all(after[ccy] - before[ccy] == change for ccy, change in self._change.items())
            self.adds_up = ours and bool(self._exchange.invariants()["ok"])
        except (OSError, http.client.HTTPException) as error:
            self._error = ConnectError(f"{self._exchange.rest}: {error}")
        except Exception as error:  # noqa: BLE001  # raised where the block ends
            self._error = error

    def _rest_and_cancel(self) -> None:
        """An order far from the market: placed, made larger, taken back."""
        px = f"{Decimal(self._ask('GET', f'/market/ticker?instId={INST_ID}')[0]['bidPx']) * 9 / 10:.0f}"
        this = {"instId": INST_ID, "ordId": self._place("buy", ordType="post_only", px=px, sz="0.01")}
        self._ask("POST", "/trade/amend-order", {**this, "newSz": "0.02"})
        self.orders["amended"] += 1
        self._ask("POST", "/trade/cancel-order", this)
        self.orders["canceled"] += 1

    def _trade(self, side: str) -> None:
        """A market order, and what its fills do to the balances."""
        ord_id = self._place(side, ordType="market", tgtCcy="base_ccy", sz="0.001")
        fills = self._ask("GET", f"/trade/fills?instType=SPOT&ordId={ord_id}")
        sign_of_base = 1 if side == "buy" else -1
        for fill in fills:
            sz, px = Decimal(fill["fillSz"]), Decimal(fill["fillPx"])
            self._change[BASE] += sign_of_base * sz
            self._change[QUOTE] -= sign_of_base * sz * px
            self._change[fill["feeCcy"]] += Decimal(fill["fee"])
        [order] = self._ask("GET", f"/trade/order?instId={INST_ID}&ordId={ord_id}")
        self.orders["filled"] += order["state"] == "filled"

    def _place(self, side: str, **order: str) -> str:
        [row] = self._ask("POST", "/trade/order", {"instId": INST_ID, "tdMode": "cash", "side": side, **order})
        self.orders["placed"] += 1
        return str(row["ordId"])

    def _balances(self) -> dict[str, Decimal]:
        [account] = self._ask("GET", f"/account/balance?ccy={BASE},{QUOTE}")
        return {row["ccy"]: Decimal(row["cashBal"]) for row in account["details"]}

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """One signed request; the rows of its answer. Raises ApiError with OKX's code for a refusal."""
        target = "/api/v5" + path
        text = "" if body is None else json.dumps(body)
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        headers = {
            "Content-Type": "application/json",
            "OK-ACCESS-KEY": KEY,
            "OK-ACCESS-SIGN": sign(SECRET, time + method + target + text),
            "OK-ACCESS-TIMESTAMP": time,
            "OK-ACCESS-PASSPHRASE": PASSPHRASE,
        }
        self._connection.request(method, target, text or None, headers)
        answer = json.loads(self._connection.getresponse().read())
        rows: list[dict[str, Any]] = answer["data"]
        for row in rows:
            if row.get("sCode", "0") != "0":
                raise ApiError(row["sCode"], row["sMsg"])
        if answer["code"] != "0":
            raise ApiError(answer["code"], answer["msg"])
        return rows
