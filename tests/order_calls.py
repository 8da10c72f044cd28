"""Orders in tests: one way to call a trader, from plain threads and on asyncio; accounts that share no limit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import AsyncTrader, Exchange, OutcomeUnknownError, Trader, TraderOptions
from tests.waiting import BTC, WITHIN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from okx_fast import Credentials, OrderResult, Site

FLAVOURS = ("sync", "asyncio")
SPOT = "BTC-USDT"
# Far below the market, so that it rests.
ORDER: dict[str, Any] = {"instId": BTC, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "1000", "sz": "1"}
CASH: dict[str, Any] = {**ORDER, "instId": SPOT, "tdMode": "cash", "sz": "0.01"}
# A deadline that is meant to pass, and how long calls in doubt are looked into.
QUICK: dict[str, Any] = {"timeout_s": 0.2, "resolve_within_s": 0.4}
GRACE_S = 5.0  # against hanging only: this is no measurement
_numbers = itertools.count(1)


def fresh(prefix: str = "t") -> str:
    """A clOrdId that nobody has used."""
    return f"{prefix}{next(_numbers)}"


def account(label: str, **fields: Any) -> dict[str, Any]:
    """An account with a key that no other test has: limits are a key's."""
    key = {"apiKey": f"key{next(_numbers)}", "secretKey": f"{label}-secret", "passphrase": f"{label}-pass"}
    return {"label": label, "balances": {"USDT": "5000", "BTC": "2"}, "keys": [key], **fields}


def calm(*accounts: dict[str, Any], **config: Any) -> Exchange:
    """An exchange whose prices stand still; the account `main` unless others are given."""
    quiet = {"trades": False, "volatility": 0}
    return Exchange(accounts=list(accounts) or [account("main")], house=quiet, **config)


class Desk:
    """A trader of either flavour; `call` takes a method's name and its arguments, and gives its result."""

    def __init__(self, trader: Trader | AsyncTrader, runner: asyncio.Runner | None, since: Sent | None) -> None:
        self.trader = trader
        self.runner = runner
        self._since = since

    @property
    def since(self) -> Sent:
        """What reached the exchange since it was opened."""
        assert self._since is not None
        return self._since

    @property
    def exchange(self) -> Exchange:
        return self.since.exchange

    def call(self, name: str, *args: Any, **params: Any) -> Any:
        method = getattr(self.trader, name)
        return method(*args, **params) if self.runner is None else self.runner.run(method(*args, **params))

    def place(self, **params: Any) -> OrderResult:
        result: OrderResult = self.call("place_order", **{**ORDER, **params})
        return result

    def pump_until(self, condition: Callable[[], object]) -> None:
        """Let callbacks run until the condition holds."""
        if self.runner is not None:
            return self.runner.run(until(condition))
        assert isinstance(self.trader, Trader)
        end = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < end, f"not within {WITHIN_S} s; stats {self.trader.stats()}"
            self.trader.poll(0.02)
        return None

    def listens(self) -> None:
        """Wait until rows of the `orders` channel come."""
        self.pump_until(lambda: "subscribe orders" in self.since.all_names)


@contextlib.contextmanager
def trading(
    flavour: str, at: Exchange | Site, credentials: Credentials | None = None, label: str = "main", **options: Any
) -> Iterator[Desk]:
    """A trader of this flavour, open; options are those of TraderOptions."""
    exchange = at if isinstance(at, Exchange) else None
    site = at.site() if isinstance(at, Exchange) else at
    if credentials is None and exchange is not None:
        credentials = exchange.credentials(label)
    since = Sent(exchange, label) if exchange is not None else None
    chosen = TraderOptions(**options)
    if flavour == "sync":
        with Trader(site, credentials=credentials, options=chosen) as trader:
            yield Desk(trader, None, since)
        return
    with asyncio.Runner() as runner:

        async def enter() -> AsyncTrader:
            return await AsyncTrader(site, credentials=credentials, options=chosen).__aenter__()

        client = runner.run(enter())
        try:
            yield Desk(client, runner, since)
        finally:
            client.close()


def open_orders(exchange: Exchange, label: str = "main") -> dict[str, dict[str, Any]]:
    """What rests at the exchange, by clOrdId."""
    return {order["clOrdId"]: order for order in exchange.account(label)["open_orders"]}


class Sent:
    """What reaches an exchange from now on."""

    def __init__(self, exchange: Exchange, label: str = "main") -> None:
        self.exchange = exchange
        self._label = label
        self.after = max((row["n"] for row in exchange.log()), default=0)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Requests that place, amend or cancel."""
        rows = self.exchange.log(self.after)
        return [row for row in rows if row["kind"] == "op" or row["method"] == "POST"]

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self.rows]

    @property
    def all_names(self) -> list[str]:
        """Of the account's, also subscriptions, logins and questions."""
        return [row["name"] for row in self.exchange.log(self.after) if row["account"] == self._label]

    @property
    def texts(self) -> list[str]:
        """Frames, as they came."""
        return [row["text"] for row in self.rows if row["kind"] == "op"]

    def times(self, cl_ord_id: str) -> int:
        """How often an order of this name was asked for, in whatever request."""
        by_ws = [item for text in self.texts for item in json.loads(text)["args"]]
        by_rest = [row for row in self.rows if row["kind"] == "rest"]
        return sum(each.get("clOrdId") == cl_ord_id for each in (*by_ws, *by_rest))


def assert_asks(desk: Desk, result: OrderResult) -> list[tuple[str, dict[str, str]]]:
    """The result hands over everything that is known."""
    assert (result.outcome, result.proof, result.confirmed) == ("UNKNOWN", "", False)
    assert result.doubt
    error = result.error
    assert isinstance(error, OutcomeUnknownError)
    assert error.retry == "unknown-state"
    assert error.params == dict(result.params)
    assert (error.called_at_ms, error.exp_time) == (result.called_at_ms, result.exp_time)
    assert result.doubt in str(error)
    assert "do not resend" in error.how_to_find_out
    with pytest.raises(OutcomeUnknownError):
        result.raise_for_outcome()
    return error.find
