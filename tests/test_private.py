"""An account's channels: typed pushes of a simulated exchange, beside what REST says of the same."""

from __future__ import annotations

import asyncio
import json
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Client, ConfigError, Credentials, Exchange, Rest, Site
from okx_fast.channels import private
from tests.playing import CREDENTIALS, Okx, wire
from tests.waiting import BTC, Events, pump_until, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile import Peer

D = Decimal
UID = "4412345678901"
SWAP = {"instId": BTC, "tdMode": "cross", "ordType": "market"}
WANTED: dict[str, dict[str, str]] = {
    "orders": {"instType": "ANY"},
    "account": {},
    "positions": {"instType": "ANY"},
    "balance_and_position": {},
    "fills": {},
    "account-greeks": {},
    "liquidation-warning": {"instType": "ANY"},
    "orders-algo": {"instType": "ANY"},
    "algo-advance": {"instType": "SPOT"},
}


def account(label: str, **fields: Any) -> dict[str, Any]:
    keys = [{"apiKey": f"{label}-key", "secretKey": f"{label}-secret", "passphrase": f"{label}-pass"}]
    return {"label": label, "level": "VIP5", "balances": {"USDT": "5000"}, "keys": keys, **fields}


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    house = {"trades": False, "volatility": 0}
    with Exchange(accounts=[account("one"), account("two", balances={"USDT": "70"})], house=house) as exchange:
        yield exchange


class Heard(list[Any]):
    """Rows of a client that holds these channels, once all of them are confirmed."""

    def __init__(self, client: Client, wanted: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self.events = Events(client)
        for channel, params in wanted.items():
            client.subscribe(channel, self.append, **params)  # type: ignore[call-overload]
        pump_until(client, lambda: len(self.events.of("subscribed")) == len(wanted))

    def of(self, channel: str) -> list[Any]:
        return [row for row in self if row.channel == channel]


class TestWithAnExchange:
    def test_an_order_is_told_by_every_channel_as_rest_tells_it(self, exchange: Exchange) -> None:
        site, key = exchange.site(), exchange.credentials("one")
        with Client(site, credentials=key) as client, Rest(site, credentials=key) as rest:
            heard = Heard(client, WANTED)
            pump_until(client, lambda: heard.of("account") and heard.of("balance_and_position"))
            [before], [held] = heard.of("account"), heard.of("balance_and_position")
            assert (before.event_type, before.cur_page, before.last_page) == ("snapshot", 1, True)
            assert (before.of("USDT").eq, held.event_type, held.bal_data[0].cash_bal) == (5000, "snapshot", 5000)
            assert [heard.of(name) for name in ("orders", "fills", "positions")] == [[], [], []]
            heard.clear()

            ack = rest.trade.place_order(**SWAP, side="buy", sz="0.1", clOrdId="77")
            pump_until(client, lambda: all(heard.of(name) for name in ("fills", "positions", "account")))
            live, filled = heard.of("orders")
            assert isinstance(filled, private.Order)
            assert [(row.ord_id, row.state) for row in (live, filled)] == [(ack.ord_id, "live"), (ack.ord_id, "filled")]
            assert (filled.acc_fill_sz, filled.fill_sz, filled.exec_type) == (D("0.1"), D("0.1"), "T")
            asked = rest.trade.order(instId=BTC, ordId=ack.ord_id)
            for name in ("cl_ord_id", "avg_px", "fee", "fee_ccy", "trade_id", "lever", "u_time_ms", "td_mode"):
                assert getattr(filled, name) == getattr(asked, name), name

            [fill] = heard.of("fills")
            assert isinstance(fill, private.Fill)
            assert (fill.trade_id, fill.ord_id, fill.cl_ord_id, fill.side) == (filled.trade_id, ack.ord_id, "77", "buy")
            assert (fill.fill_px, fill.fill_sz, fill.count) == (filled.avg_px, D("0.1"), 1)

            [position], [known] = heard.of("positions"), rest.account.positions()
            assert isinstance(position, private.Position)
            assert (position.event_type, position.cur_page, position.last_page) == ("event_update", None, None)
            assert (position.pos, position.avg_px, position.pos_id) == (D("0.1"), filled.avg_px, known.pos_id)
            change = heard.of("balance_and_position")[-1]
            assert (change.event_type, change.pos_data[0].pos, change.trades[0].trade_id) == (
                "filled",
                D("0.1"),
                filled.trade_id,
            )
            update = heard.of("account")[-1]
            assert update.event_type == "event_update"
            assert update.of("USDT").cash_bal == D("5000") + filled.fee == rest.account.balance().of("USDT").cash_bal
            assert {row.arg["uid"] for row in heard} == {exchange.ready()["accounts"][0]["uid"]}
            assert client.drift() == []
            assert (client.stats()["unrouted"], heard.events.of("malformed", "refused", "error")) == (0, [])
            names = {connection.name for connection in client.connections()}
            assert names == {"private", "business-login"}

    def test_after_a_reset_it_logs_in_again_and_every_channel_flows(self, exchange: Exchange) -> None:
        site, key = exchange.site(), exchange.credentials("one")
        with Client(site, credentials=key) as client, Rest(site, credentials=key) as rest:
            heard = Heard(client, WANTED)
            rest.trade.place_order(**SWAP, side="buy", sz="3")
            pump_until(client, lambda: heard.of("positions"))
            heard.clear()
            heard.events.clear()

            exchange.fault("tcp_reset", path="private")
            on_private = [name for name in WANTED if "alg" not in name]
            pump_until(client, lambda: len(heard.events.of("subscribed")) == len(on_private))
            assert [event.kind for event in heard.events.of("disconnected", "logged-in")] == [
                "disconnected",
                "logged-in",
            ]
            pump_until(client, lambda: all(heard.of(name) for name in ("account", "positions", "balance_and_position")))
            [position] = heard.of("positions")
            assert (position.event_type, position.last_page, position.pos) == ("snapshot", True, 3)
            heard.clear()

            rest.trade.place_order(**SWAP, side="sell", sz="3")
            # The market decides in how many parts it is filled.
            pump_until(client, lambda: heard.of("positions") and heard.of("positions")[-1].pos == 0)
            states = [row.state for row in heard.of("orders")]
            assert (states[0], states[-1], {*states[1:-1]} <= {"partially_filled"}) == ("live", "filled", True)
            assert {row.side for row in heard.of("orders")} == {"sell"}
            assert sum(row.fill_sz for row in heard.of("fills")) == 3

    def test_nothing_is_missed_or_comes_twice_while_connections_are_replaced(self, exchange: Exchange) -> None:
        site, key = exchange.site(), exchange.credentials("one")
        with Client(site, credentials=key) as client, Rest(site, credentials=key) as rest:
            heard = Heard(client, WANTED)
            pending = client.reconnect()
            ids = []
            while not pending.done or len(ids) < 10:
                ids.append(rest.trade.place_order(**SWAP, side="buy", sz="0.1").ord_id)
                client.run(0.01)
            pump_until(client, lambda: heard.of("fills") and heard.of("fills")[-1].ord_id == ids[-1])
            assert pending.ok
            states = [(row.ord_id, row.state) for row in heard.of("orders")]
            assert states == [(ord_id, state) for ord_id in ids for state in ("live", "filled")]
            assert [row.ord_id for row in heard.of("fills")] == ids

    def test_two_accounts_in_one_process_each_get_their_own(self, exchange: Exchange) -> None:
        site, keys = exchange.site(), {name: exchange.credentials(name) for name in ("one", "two")}
        uids = {entry["label"]: entry["uid"] for entry in exchange.ready()["accounts"]}
        with Client(site, credentials=keys["one"]) as one, Client(site, credentials=keys["two"]) as two:
            heard = {"one": Heard(one, WANTED), "two": Heard(two, WANTED)}
            ids = {}
            for name, key in keys.items():
                with Rest(site, credentials=key) as rest:
                    ids[name] = rest.trade.place_order(**SWAP, side="buy", sz="0.1").ord_id
            for name, client in (("one", one), ("two", two)):
                pump_until(client, lambda name=name: heard[name].of("positions"))
                client.run(0.1)
                assert {row.ord_id for row in heard[name].of("orders")} == {ids[name]}
                assert {row.arg["uid"] for row in heard[name]} == {uids[name]}
            [first, second] = (heard[name].of("account")[0].of("USDT").eq for name in ("one", "two"))
            assert (first, second) == (5000, 70)

    def test_subscriptions_that_overlap_get_each_what_it_asked_for(self, exchange: Exchange) -> None:
        site, key = exchange.site(), exchange.credentials("one")
        got: dict[str, list[private.Order]] = {"ANY": [], "SPOT": [], "BTC-USDT": [], BTC: []}
        with Client(site, credentials=key) as client, Rest(site, credentials=key) as rest:
            events = Events(client)
            client.subscribe("orders", got["ANY"].append, instType="ANY")
            client.subscribe("orders", got["SPOT"].append, instType="SPOT")
            client.subscribe("orders", got["BTC-USDT"].append, instType="SPOT", instId="BTC-USDT")
            client.subscribe("orders", got[BTC].append, instType="SWAP", instId=BTC)
            pump_until(client, lambda: len(events.of("subscribed")) == len(got))
            spot = {"tdMode": "cash", "ordType": "limit", "side": "buy", "sz": "1", "px": "100"}
            ids = [rest.trade.place_order(instId=name, **spot).ord_id for name in ("BTC-USDT", "ETH-USDT")]
            pump_until(client, lambda: len(got["ANY"]) == 2 and len(got["SPOT"]) == 2)
            assert [[row.ord_id for row in rows] for rows in got.values()] == [ids, ids, ids[:1], []]
            assert {row.state for row in got["ANY"]} == {"live"}

    def test_asyncio_iterates_over_orders(self, exchange: Exchange) -> None:
        site, key = exchange.site(), exchange.credentials("two")

        async def main() -> None:
            async with Client(site, credentials=key) as client:
                events = Events(client)
                orders = client.stream(client.subscribe("orders", instType="SPOT"))
                await until(lambda: events.of("subscribed"))
                with Rest(site, credentials=key) as rest:
                    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000"}
                    ord_id = rest.trade.place_order(**order, sz="0.01").ord_id
                    live = await anext(orders)
                    rest.trade.cancel_order(instId="BTC-USDT", ordId=ord_id)
                    canceled = await anext(orders)
                assert [(row.ord_id, row.state) for row in (live, canceled)] == [(ord_id, "live"), (ord_id, "canceled")]
                assert (canceled.px, canceled.sz, canceled.cancel_source) == (1000, D("0.01"), "1")

        asyncio.run(main())

    def test_extra_params_are_sent_and_one_subscription_of_them_is_held(self, exchange: Exchange) -> None:
        with Client(exchange.site(), credentials=exchange.credentials("one")) as client:
            heard = Heard(client, {"account": {"extraParams": '{"updateInterval": "0"}'}})
            with pytest.raises(ConfigError, match="already subscribed"):
                client.subscribe("account")
            client.subscribe("account", ccy="USDT")
            pump_until(client, lambda: heard.of("account"))
            [sent, *_] = [entry["text"] for entry in exchange.log() if entry["kind"] == "subscribe"]
            assert json.loads(sent)["args"] == [{"channel": "account", "extraParams": '{"updateInterval": "0"}'}]

    def test_a_login_that_fails_is_told_without_a_secret(self, exchange: Exchange) -> None:
        with Client(exchange.site(), credentials=Credentials("nobodys-key", "my-secret", "my-pass")) as client:
            events = Events(client)
            client.subscribe("orders", instType="ANY")
            pump_until(client, lambda: events.of("login-failed"))
            [told, *_] = events.of("login-failed")
            assert (told.connection, told.code) == ("private", "60005")
            shown = " ".join(map(repr, [*events, client.connections(), client.stats()]))
            assert not [secret for secret in ("my-secret", "my-pass") if secret in shown]


class TestWithoutAnAccount:
    @pytest.mark.parametrize("channel", ["orders", "rfqs", "pm-order"])
    def test_no_credentials_no_channel_of_an_account(self, channel: str) -> None:
        with Client("sim") as client:
            with pytest.raises(ConfigError, match=f"channel: {channel} needs a login, .* no credentials"):
                client.subscribe_raw({"channel": channel, "instType": "ANY"})
            assert client.connections() == []

    def test_a_site_without_a_private_address_is_told(self) -> None:
        site = Site(ws_public="ws://127.0.0.1:1/ws/v5/public", ws_business="ws://127.0.0.1:1/ws/v5/business")
        with Client(site, credentials=CREDENTIALS) as client:
            with pytest.raises(ConfigError, match="no address for /ws/v5/private"):
                client.subscribe("orders", instType="ANY")
            client.subscribe("rfqs")


class Terse(Okx):
    """Acks a subscription of `account` without its `extraParams`."""

    def _play_pushes(self, peer: Peer) -> None:
        peer.upgrade()
        peer.receive()
        peer.say({"event": "login", "code": "0", "msg": "", "connId": "a"})
        peer.receive()
        peer.say({"event": "subscribe", "arg": {"channel": "account"}, "connId": "a"})
        peer.serve()


def position(pos: str) -> dict[str, Any]:
    return {"instId": BTC, "instType": "SWAP", "posId": "7", "pos": pos, "avgPx": "67000.10"}


class TestTheWay:
    ARG = {"channel": "positions", "instType": "ANY", "uid": UID}  # noqa: RUF012  # read only

    def test_pages_of_a_snapshot_and_updates_are_told_apart(self) -> None:
        pushes = [
            {"arg": self.ARG, "eventType": "snapshot", "curPage": 1, "lastPage": False, "data": [position("1")]},
            {
                "arg": self.ARG,
                "eventType": "snapshot",
                "curPage": 2,
                "lastPage": True,
                "data": [position("-2"), position("9")],
            },
            {"arg": self.ARG, "eventType": "event_update", "data": [position("3")]},
            {"arg": self.ARG, "eventType": "snapshot", "curPage": 1, "lastPage": True, "data": []},
            {"arg": self.ARG, "eventType": "event_update", "curPage": "one", "data": [position("4")]},
            {"arg": self.ARG, "data": [position("5")]},
        ]
        with Okx(*map(wire, pushes)) as server, Client(server.site, credentials=CREDENTIALS) as client:
            events, seen = Events(client), list[private.Position]()
            client.subscribe("positions", seen.append, instType="ANY")
            pump_until(client, lambda: len(seen) == 5)
            assert [(row.pos, row.event_type, row.cur_page, row.last_page, row.ends) for row in seen] == [
                (1, "snapshot", 1, False, False),
                (-2, "snapshot", 2, True, False),
                (9, "snapshot", 2, True, True),
                (3, "event_update", None, None, False),
                (5, "", None, None, False),
            ]
            [told] = events.of("malformed")
            assert (told.channel, told.msg) == ("positions", "ANY positions: expected an integer, got 'one'")
        again = pickle.loads(pickle.dumps(seen[2]))  # noqa: S301  # our own
        assert (again, again.last_page, again.ends) == (seen[2], True, True)
        assert private.Position(seen[2].raw, seen[2].arg, 1, "", "snapshot", 2, last_page=True) != seen[2]

    @pytest.mark.parametrize(
        ("channel", "params", "echo"),
        [
            ("orders", {"instType": "ANY"}, {"instType": "SWAP", "instId": BTC, "uid": UID}),
            ("orders", {"instType": "SWAP", "instFamily": "BTC-USDT"}, {"instType": "SWAP", "instId": BTC, "uid": UID}),
            ("orders", {"instType": "SWAP"}, {"instType": "SWAP"}),
            ("positions", {"instType": "ANY", "extraParams": '{"updateInterval": "2000"}'}, {"uid": UID}),
            ("fills", {"instId": BTC}, {"uid": UID}),
        ],
    )
    def test_a_push_finds_its_subscription_whatever_its_echo_adds_or_leaves_out(
        self, channel: str, params: dict[str, str], echo: dict[str, str]
    ) -> None:
        push = wire({"arg": {"channel": channel, **echo}, "data": [{"instId": BTC}]})
        with Okx(push) as server, Client(server.site, credentials=CREDENTIALS) as client:
            seen: list[Any] = []
            client.subscribe(channel, seen.append, **params)  # type: ignore[call-overload]
            pump_until(client, lambda: seen)
            assert (seen[0].inst_id, seen[0].arg) == (BTC, {"channel": channel, **echo})

    def test_an_ack_without_extra_params_is_an_ack(self) -> None:
        with Terse() as server, Client(server.site, credentials=CREDENTIALS) as client:
            events = Events(client)
            client.subscribe("account", extraParams='{"updateInterval": "0"}')
            pump_until(client, lambda: events.of("subscribed"))
            assert [event.channel for event in events.of("subscribed")] == ["account"]

    def test_what_is_new_is_told_by_name_and_amounts_are_not(self) -> None:
        row = {**position("1"), "mood": "12345.678", "instType": "MOON"}
        with (
            Okx(wire({"arg": self.ARG, "data": [row]})) as server,
            Client(server.site, credentials=CREDENTIALS) as client,
        ):
            seen: list[Any] = []
            client.subscribe("positions", seen.append, instType="ANY")
            pump_until(client, lambda: seen)
            found = {(each["kind"], each["name"], each["example"]) for each in client.drift()}
        assert found == {("field", "mood", "text"), ("value", "instType", "MOON")}
