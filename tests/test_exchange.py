"""`okx_fast.Exchange`: everything a test of a bot wants to do to its exchange."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import okx_fast
from okx_fast import ConfigError, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

SWAP = "BTC-USDT-SWAP"
QUIET = {"house": {"enabled": False}}
KEY, SECRET, PASSPHRASE = "sim-key", "sim-secret", "sim-pass"  # of the default account


class Trader:
    """OKX's signed REST in twenty lines, independent of what it tests."""

    def __init__(self, exchange: Exchange) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(exchange.rest).netloc, timeout=10)

    def ask(self, method: str, target: str, body: Any = None) -> Any:
        text = "" if body is None else json.dumps(body)
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        digest = hmac.new(SECRET.encode(), f"{time}{method}{target}{text}".encode(), hashlib.sha256).digest()
        headers = {
            "OK-ACCESS-KEY": KEY,
            "OK-ACCESS-SIGN": base64.b64encode(digest).decode(),
            "OK-ACCESS-TIMESTAMP": time,
            "OK-ACCESS-PASSPHRASE": PASSPHRASE,
            "Content-Type": "application/json",
        }
        self.connection.request(method, target, text or None, headers)
        return json.loads(self.connection.getresponse().read())

    def place(self, **order: str) -> str:
        """Places a limit order to buy; its ordId."""
        order = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", **order}
        answer = self.ask("POST", "/api/v5/trade/order", order)
        assert answer["data"][0]["sCode"] == "0", answer
        return str(answer["data"][0]["ordId"])

    def order(self, ord_id: str) -> dict[str, Any]:
        [row] = self.ask("GET", f"/api/v5/trade/order?instId={SWAP}&ordId={ord_id}")["data"]
        return dict(row)


@pytest.fixture
def trader(okx_exchange: Exchange) -> Iterator[Trader]:
    trader = Trader(okx_exchange)
    yield trader
    trader.connection.close()


def usdt(exchange: Exchange) -> Decimal:
    return Decimal(exchange.account()["balances"]["USDT"]["cash"])


@pytest.mark.okx_exchange(**QUIET)
def test_accounts_can_be_seen_opened_and_given_money(okx_exchange: Exchange) -> None:
    assert usdt(okx_exchange) == 100_000
    okx_exchange.set_balance("main", "USDT", Decimal("123.45"))
    assert usdt(okx_exchange) == Decimal("123.45")
    okx_exchange.add_account(label="second", balances={"BTC": "1"})
    assert okx_exchange.account("second")["balances"]
    assert okx_exchange.invariants()["ok"] is True
    for label, ccy, amount in [("nobody", "USDT", "1"), ("main", "USDT", "lots")]:
        with pytest.raises(ConfigError):
            okx_exchange.set_balance(label, ccy, amount)


@pytest.mark.okx_exchange(**QUIET)
def test_orders_can_be_filled_and_cancelled_from_outside(okx_exchange: Exchange, trader: Trader) -> None:
    first, second = trader.place(px="50000"), trader.place(px="50001")
    okx_exchange.fill(first, sz="0.4")
    row = trader.order(first)
    assert (row["state"], Decimal(row["accFillSz"])) == ("partially_filled", Decimal("0.4"))
    okx_exchange.fill(first)
    assert trader.order(first)["state"] == "filled"
    okx_exchange.cancel(second)
    assert trader.order(second)["state"] == "canceled"
    assert okx_exchange.invariants()["ok"] is True
    with pytest.raises(ConfigError):
        okx_exchange.fill("123")


def test_a_price_jumps_where_it_is_told(okx_exchange: Exchange, trader: Trader) -> None:
    okx_exchange.set_price(SWAP, 54321)
    [ticker] = trader.ask("GET", f"/api/v5/market/ticker?instId={SWAP}")["data"]
    assert abs(float(ticker["bidPx"]) - 54321) < 600
    with pytest.raises(ConfigError):
        okx_exchange.set_price("NO-SUCH", 1)


@pytest.mark.okx_exchange(**QUIET)
def test_an_instruments_row_can_be_changed(okx_exchange: Exchange, trader: Trader) -> None:
    okx_exchange.set_instrument(SWAP, tickSz="0.5")
    [row] = trader.ask("GET", f"/api/v5/public/instruments?instType=SWAP&instId={SWAP}")["data"]
    assert row["tickSz"] == "0.5"


@pytest.mark.okx_exchange(**QUIET)
def test_a_fault_happens_once_and_can_be_taken_back(okx_exchange: Exchange, trader: Trader) -> None:
    script = {"endpoint": "/api/v5/public/time", "code": "50013", "msg": "busy"}
    okx_exchange.fault("error", **script)
    codes = [trader.ask("GET", "/api/v5/public/time")["code"] for _ in range(2)]
    assert codes == ["50013", "0"]
    fault = okx_exchange.fault("error", count=5, **script)
    okx_exchange.clear_faults(fault)
    okx_exchange.fault("error", **script)
    okx_exchange.clear_faults()
    assert trader.ask("GET", "/api/v5/public/time")["code"] == "0"
    with pytest.raises(ConfigError, match="measles"):
        okx_exchange.fault("measles")


@pytest.mark.okx_exchange(clock="virtual", **QUIET)
def test_a_virtual_clock_moves_when_it_is_told(okx_exchange: Exchange, trader: Trader) -> None:
    def now() -> int:
        return int(trader.ask("GET", "/api/v5/public/time")["data"][0]["ts"])

    before = now()
    assert now() == before
    okx_exchange.advance(1500)
    assert now() == before + 1500


def test_a_state_can_be_kept_and_gone_back_to(okx_exchange: Exchange, trader: Trader) -> None:
    ord_id = trader.place(px="50000")
    state = okx_exchange.dump()
    okx_exchange.cancel(ord_id)
    assert trader.order(ord_id)["state"] == "canceled"
    okx_exchange.restore(state)
    assert trader.order(ord_id)["state"] == "live"


@pytest.mark.okx_exchange(**QUIET)
def test_what_it_saw_and_what_it_can_is_there_to_read(okx_exchange: Exchange, trader: Trader) -> None:
    trader.place(px="50000")
    [seen] = okx_exchange.log()
    assert "/api/v5/trade/order" in json.dumps(seen)
    assert okx_exchange.metrics()["accounts"] == 1
    assert "/api/v5/trade/order" in json.dumps(okx_exchange.coverage())
    assert SECRET not in json.dumps(okx_exchange.log())


@pytest.mark.okx_exchange(**QUIET)
def test_methods_may_be_called_from_many_threads(okx_exchange: Exchange) -> None:
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for _ in range(20):
                okx_exchange.set_balance("main", f"C{number}", 5)
                assert okx_exchange.invariants()["ok"] is True
        except Exception as error:  # noqa: BLE001  # reported below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_our_own_client_reads_its_books(okx_exchange: Exchange, tls: bool) -> None:
    with okx_fast.Client(okx_exchange.site(tls=tls)) as client:
        book = client.subscribe_book(SWAP)
        for _ in range(50):
            client.run(seconds=0.1)
            if book.valid and client.stats()["updates_verified"] > 3:
                break
        assert book.valid
        assert client.stats()["gaps"] == 0
