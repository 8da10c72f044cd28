"""python-okx's names on okx_fast: the same signatures, requests and dicts, against the exchange in a box.

`data/python_okx.jsonl` has the public methods of python-okx 0.4.4: names and defaults of their parameters, the request
each makes, and what it sends when every parameter `x` is given as "vx".
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import okx_fast
from okx_fast import ClosedError, ConfigError, Exchange, GatewayError, OutcomeUnknownError, ParameterError, Site
from okx_fast.compat.okx import Account, MarketData, PublicData, Trade
from okx_fast.compat.okx.websocket.common import site_of as ws_site_of
from okx_fast.compat.okx.websocket.WsPrivateAsync import WsPrivateAsync
from okx_fast.compat.okx.websocket.WsPublicAsync import WsPublicAsync
from okx_fast.site import SITES
from tests.playing import Okx, wire
from tests.stub_okx import Stub
from tests.waiting import BTC, until

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = ("sim-key", "sim-secret", "sim-pass")
DEMO_KEY = ("sim-demo-key", "sim-secret", "sim-pass")
SPOT = "BTC-USDT"
PACKAGE = Path(okx_fast.__file__).parent / "compat" / "okx"
METHODS = [json.loads(line) for line in (Path(__file__).parent / "data" / "python_okx.jsonl").read_text().splitlines()]
IDS = [f"{each['class']}.{each['method']}" for each in METHODS]
CLASSES = sorted({each["class"] for each in METHODS})


def named(name: str) -> Any:
    module, _, cls = name.partition(".")
    return getattr(importlib.import_module(f"okx_fast.compat.okx.{module}"), cls)


def item(answer: dict[str, Any], s_code: str = "0") -> dict[str, Any]:
    """The one item of an answer, with these codes."""
    assert answer["code"] == ("0" if s_code == "0" else "1"), answer
    (row,) = answer["data"]
    assert row["sCode"] == s_code, answer
    return dict(row)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def trade(exchange: Exchange) -> Iterator[Trade.TradeAPI]:
    with Trade.TradeAPI(*KEY, flag="0", domain=exchange.site()) as api:
        yield api


class TestTable:
    @pytest.mark.parametrize("known", METHODS, ids=IDS)
    def test_a_method_has_the_parameters_of_python_okx_in_its_order(self, known: dict[str, Any]) -> None:
        method = getattr(named(known["class"]), known["method"])
        _, *parameters = inspect.signature(method).parameters.values()
        ours = [[each.name] if each.default is each.empty else [each.name, each.default] for each in parameters]
        assert ours == known["params"]
        assert all(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)
        assert method.__doc__
        assert method.__name__ == known["method"]

    @pytest.mark.parametrize("known", METHODS, ids=IDS)
    def test_a_method_asks_what_python_okx_asks(self, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        cls = named(known["class"])
        asked: list[Any] = []
        monkeypatch.setattr(cls, "_ask", lambda _, *args: asked.append(args))
        with cls() as api:
            given = (
                [known["sends"]] if isinstance(known["sends"], list) else [f"v{each[0]}" for each in known["params"]]
            )
            getattr(api, known["method"])(*given)
        assert asked == [(*known["request"], known["sends"])]

    @pytest.mark.parametrize("name", CLASSES)
    def test_a_class_has_these_methods_and_the_stub_knows_them(self, name: str) -> None:
        wanted = {each["method"]: each["params"] for each in METHODS if each["class"] == name}
        assert wanted.keys() <= vars(named(name)).keys()
        tree = ast.parse((PACKAGE / f"{name.partition('.')[0]}.pyi").read_text())
        (stub,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
        found = {}
        for node in stub.body:
            assert isinstance(node, ast.FunctionDef)
            names = [each.arg for each in node.args.args[1:]]
            defaults = [ast.literal_eval(each) for each in node.args.defaults]
            bare = len(names) - len(defaults)
            found[node.name] = [[each] for each in names[:bare]] + [
                [each, default] for each, default in zip(names[bare:], defaults, strict=True)
            ]
        assert found == wanted

    @pytest.mark.parametrize("name", CLASSES)
    def test_the_constructor_is_that_of_python_okx(self, name: str) -> None:
        parameters = inspect.signature(named(name)).parameters
        assert {key: each.default for key, each in parameters.items()} == {
            "api_key": "-1", "api_secret_key": "-1", "passphrase": "-1", "use_server_time": None, "flag": "1",
            "domain": "https://www.okx.com", "debug": False, "proxy": None,
        }  # fmt: skip

    def test_the_sockets_have_the_parameters_of_python_okx(self) -> None:
        assert list(inspect.signature(WsPublicAsync).parameters) == [
            "url",
            "apiKey",
            "passphrase",
            "secretKey",
            "debug",
        ]
        assert list(inspect.signature(WsPrivateAsync).parameters) == [
            "apiKey", "passphrase", "secretKey", "url", "useServerTime", "debug",
        ]  # fmt: skip


class TestSites:
    @pytest.mark.parametrize(
        ("domain", "flag", "name"),
        [
            ("https://www.okx.com", "0", "global"),
            ("https://www.okx.com/", "1", "global-demo"),
            ("https://openapi.okx.com", "0", "global"),
            ("https://eea.okx.com", "1", "eea-demo"),
            ("https://us.okx.com", "0", "us"),
        ],
    )
    def test_domain_and_flag_lead_to_a_site(self, domain: str, flag: str, name: str) -> None:
        with MarketData.MarketAPI(flag=flag, domain=domain) as api:
            assert api.rest.site == SITES[name]

    def test_another_domain_is_connected_to_as_it_is(self) -> None:
        with MarketData.MarketAPI(domain="https://okx.example") as api:
            assert (api.rest.site.rest, api.rest.site.demo) == ("https://okx.example", True)

    def test_demo_is_the_default_as_in_python_okx(self, exchange: Exchange) -> None:
        with Account.AccountAPI(*DEMO_KEY, domain=exchange.site()) as api:
            assert api.get_account_balance("USDT")["data"][0]["details"][0]["ccy"] == "USDT"
        with Account.AccountAPI(*DEMO_KEY, flag="0", domain=exchange.site()) as api:
            assert api.get_account_balance()["code"] == "50101"

    def test_another_flag_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="flag"):
            MarketData.MarketAPI(flag="2")

    def test_use_server_time_is_told_to_be_ignored(self) -> None:
        with pytest.warns(DeprecationWarning, match="use_server_time"):
            MarketData.MarketAPI("-1", "-1", "-1", False, "0").close()

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("wss://ws.okx.com:8443/ws/v5/public", "global"),
            ("wss://wspap.okx.com:8443/ws/v5/private", "global-demo"),
            ("wss://wseea.okx.com/ws/v5/business", "eea"),
        ],
    )
    def test_the_url_of_a_socket_leads_to_a_site(self, url: str, name: str) -> None:
        assert ws_site_of(url) == SITES[name]

    def test_another_url_of_a_socket_is_taken_as_it_is(self) -> None:
        site = ws_site_of("ws://127.0.0.1:9/ws/v5/public")
        assert (site.ws_public, site.ws_business) == (
            "ws://127.0.0.1:9/ws/v5/public",
            "ws://127.0.0.1:9/ws/v5/business",
        )
        site = ws_site_of("wss://okx.example/feed")
        assert site.ws_public == site.ws_private == site.ws_business == "wss://okx.example/feed"

    def test_no_secret_is_shown(self, exchange: Exchange) -> None:
        with Trade.TradeAPI(*KEY, domain=exchange.site()) as api:
            assert "sim-secret" not in f"{api!r} {vars(api)!r}"


class TestOrders:
    def test_an_order_is_placed_amended_and_cancelled(self, trade: Trade.TradeAPI) -> None:
        placed = item(trade.place_order(SPOT, "cash", "buy", "limit", "0.01", px="50000", clOrdId="c1", tag="mine"))
        assert (placed["clOrdId"], placed["tag"]) == ("c1", "mine")
        assert item(trade.amend_order(SPOT, clOrdId="c1", newPx="50001"))["ordId"] == placed["ordId"]
        (row,) = trade.get_order(SPOT, ordId=placed["ordId"])["data"]
        assert (row["state"], row["px"], row["tag"]) == ("live", "50001", "mine")
        assert [each["ordId"] for each in trade.get_order_list("SPOT")["data"]] == [placed["ordId"]]
        assert item(trade.cancel_order(SPOT, placed["ordId"]))["clOrdId"] == "c1"
        assert trade.get_order_list()["data"] == []

    def test_a_refused_order_gives_the_dict_of_okx(self, trade: Trade.TradeAPI) -> None:
        answer = trade.place_order(SPOT, "cash", "buy", "limit", "900", px="50000", clOrdId="c2", tag="mine")
        row = item(answer, "51185")
        assert (row["clOrdId"], row["ordId"], row["tag"], row["subCode"]) == ("c2", "", "mine", "")
        assert row["sMsg"]
        assert item(trade.cancel_order(SPOT, ordId="12345678"), "51400")["ordId"] == "12345678"
        assert item(trade.amend_order(SPOT, ordId="12345678", reqId="r1", newSz="1"), "51503")["reqId"] == "r1"

    def test_a_refused_request_gives_the_dict_of_okx(self, trade: Trade.TradeAPI) -> None:
        answer = trade.get_order(SPOT, ordId="680800019749904384")
        assert answer == {"code": "51603", "data": [], "msg": "Order does not exist"}

    def test_a_batch_gives_the_dict_of_okx(self, trade: Trade.TradeAPI) -> None:
        common = {"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "50000"}
        orders = [{**common, "clOrdId": f"b{at}", "sz": sz} for at, sz in enumerate(("0.01", "900", "0.02"))]
        answer = trade.place_multiple_orders(orders)
        assert answer["code"] == "2"
        assert [(row["clOrdId"], row["sCode"]) for row in answer["data"]] == [("b0", "0"), ("b1", "51185"), ("b2", "0")]
        amended = trade.amend_multiple_orders([{"instId": SPOT, "clOrdId": "b0", "newSz": "0.03"}])
        assert (amended["code"], amended["data"][0]["sCode"]) == ("0", "0")
        named = [{"instId": SPOT, "clOrdId": each} for each in ("b0", "b2")]
        assert [row["sCode"] for row in trade.cancel_multiple_orders(named)["data"]] == ["0", "0"]
        again = trade.cancel_multiple_orders(named)
        assert (again["code"], {row["sCode"] for row in again["data"]}) == ("1", {"51400"})

    def test_an_algo_order_is_placed_and_cancelled_under_both_names(self, trade: Trade.TradeAPI) -> None:
        for name in ("orders_data", "params"):
            stop = {"slTriggerPx": "40000", "slOrdPx": "-1"}
            placed = item(trade.place_algo_order(SPOT, "cash", "sell", "conditional", "0.01", **stop))
            orders = [{"instId": SPOT, "algoId": placed["algoId"]}]
            assert item(trade.cancel_algo_order(**{name: orders}))["algoId"] == placed["algoId"]
        with pytest.raises(ParameterError, match="orders_data"):
            trade.cancel_algo_order()

    def test_a_position_is_opened_and_closed(self, trade: Trade.TradeAPI, exchange: Exchange) -> None:
        with Account.AccountAPI(*KEY, flag="0", domain=exchange.site()) as account:
            item(trade.place_order(BTC, "cross", "buy", "market", "1"))
            (position,) = account.get_positions("SWAP")["data"]
            assert (position["instId"], position["pos"]) == (BTC, "1")
            assert trade.close_positions(BTC, "cross")["code"] == "0"
            assert account.get_positions("SWAP")["data"] == []
        assert {row["instId"] for row in trade.get_fills("SWAP")["data"]} == {BTC}

    def test_a_lost_reply_raises(self, trade: Trade.TradeAPI, exchange: Exchange) -> None:
        exchange.fault("ack_lost", endpoint="trade/order", code="50004")
        with pytest.raises(OutcomeUnknownError) as caught:
            trade.place_order(SPOT, "cash", "buy", "limit", "0.01", px="50000", clOrdId="lost1")
        assert caught.value.cl_ord_id == "lost1"
        assert trade.get_order(SPOT, clOrdId="lost1")["data"][0]["state"] == "live"
        item(trade.cancel_order(SPOT, clOrdId="lost1"))

    def test_a_code_that_leaves_the_outcome_open_raises(self) -> None:
        busy = {"code": "50026", "data": [], "msg": "System error"}
        with Stub(lambda peer, _: peer.answer(busy, "500 Internal Server Error")) as stub:
            api = Trade.TradeAPI(*KEY, flag="0", domain=stub.site())
            with api, pytest.raises(OutcomeUnknownError, match="50026"):
                api.place_order(SPOT, "cash", "buy", "limit", "1", px="2")
        assert len(stub.sent("POST")) == 1

    def test_a_float_is_refused_before_anything_is_sent(self, trade: Trade.TradeAPI) -> None:
        with pytest.raises(ParameterError, match="px"):
            trade.place_order(SPOT, "cash", "buy", "limit", "0.01", px=0.1 + 0.2)

    def test_a_missing_argument_is_told_as_python_does(self, trade: Trade.TradeAPI) -> None:
        with pytest.raises(TypeError, match="sz"):
            trade.place_order(SPOT, "cash", "buy", "limit")  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="nonsense"):
            trade.cancel_order(SPOT, nonsense="1")  # type: ignore[call-arg]

    def test_only_what_is_given_is_sent_and_false_is_given(self) -> None:
        good = {"code": "0", "data": [], "msg": ""}
        with Stub(lambda peer, _: peer.answer(good)) as stub:
            with Trade.TradeAPI(*KEY, flag="0", domain=stub.site()) as api:
                api.place_order(SPOT, "cash", "buy", "limit", "1", px="2", ccy="", clOrdId="a", attachAlgoOrds=[])
                api.get_order_list(instType="SPOT")
            with Account.AccountAPI(*KEY, flag="1", domain=stub.site()) as account:
                account.set_auto_repay()
        placed, repaid = stub.sent("POST")
        assert placed.json == {"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1",
                               "clOrdId": "a", "px": "2"}  # fmt: skip
        assert repaid.json == {"autoRepay": False}
        assert (placed.headers.get("x-simulated-trading"), repaid.headers["x-simulated-trading"]) == (None, "1")
        assert [request.query for request in stub.sent("GET")] == ["instType=SPOT"]


class TestReads:
    def test_balances_and_settings_of_the_account(self, exchange: Exchange) -> None:
        with Account.AccountAPI(*KEY, flag="0", domain=exchange.site()) as api:
            (balance,) = api.get_account_balance(ccy="BTC,USDT")["data"]
            assert {row["ccy"] for row in balance["details"]} == {"BTC", "USDT"}
            assert api.get_account_config()["data"][0]["acctLv"]
            assert api.set_leverage("5", "cross", BTC)["data"][0]["lever"] == "5"
            assert api.get_leverage("cross", instId=BTC)["data"][0]["lever"] == "5"
            assert api.get_max_order_size(SPOT, "cash")["code"] == "0"

    def test_market_and_reference_data_without_a_key(self, exchange: Exchange) -> None:
        with MarketData.MarketAPI(flag="0", domain=exchange.rest) as market:
            (ticker,) = market.get_ticker(SPOT)["data"]
            assert ticker["instId"] == SPOT
            assert {row["instType"] for row in market.get_tickers("SWAP")["data"]} == {"SWAP"}
            assert len(market.get_candlesticks(SPOT, bar="1m", limit="3")["data"]) == 3
            (book,) = market.get_orderbook(SPOT, "5")["data"]
            assert len(book["asks"]) == 5
            assert market.get_trades(SPOT, 2)["code"] == "0"
        with PublicData.PublicAPI(flag="0", domain=exchange.rest) as public:
            assert [row["instId"] for row in public.get_instruments("SPOT", instId=SPOT)["data"]] == [SPOT]
            assert public.get_system_time()["data"][0]["ts"].isdigit()
            assert public.get_funding_rate(BTC)["data"][0]["instId"] == BTC

    def test_a_signed_call_without_a_key_is_refused_here(self, exchange: Exchange) -> None:
        api = Account.AccountAPI(flag="0", domain=exchange.site())
        with api, pytest.raises(ConfigError, match="needs a key"):
            api.get_account_balance()

    def test_an_endpoint_that_is_gone_raises(self) -> None:
        gone = {"code": 404, "data": {}, "detailMsg": "", "error_code": "404", "error_message": "Not Found", "msg": ""}
        with Stub(lambda peer, _: peer.answer(gone, "404 Not Found")) as stub:
            api = Account.AccountAPI(*KEY, flag="0", domain=stub.site())
            with api, pytest.raises(GatewayError, match="no such endpoint"):
                api.get_borrow_repay_history()
            assert stub.sent("GET")[0].path == "/api/v5/account/borrow-repay-history"

    def test_a_closed_one_says_so(self, exchange: Exchange) -> None:
        api = MarketData.MarketAPI(flag="0", domain=exchange.site())
        api.close()
        with pytest.raises(ClosedError):
            api.get_ticker(SPOT)


class Frames(list[dict[str, Any]]):
    """What a callback of python-okx gets: texts, here decoded."""

    def __call__(self, said: str) -> None:
        assert isinstance(said, str)
        self.append(json.loads(said))

    def of(self, **want: Any) -> list[dict[str, Any]]:
        return [frame for frame in self if all(frame.get(name) == value for name, value in want.items())]

    def pushes(self, channel: str) -> list[dict[str, Any]]:
        return [frame for frame in self if "data" in frame and frame["arg"]["channel"] == channel]


class TestPublicSocket:
    def test_pushes_and_acks_come_as_texts(self, exchange: Exchange) -> None:
        async def main() -> None:
            frames, arg = Frames(), {"channel": "funding-rate", "instId": BTC}
            ws = WsPublicAsync(url=exchange.site())
            consuming = await ws.start()
            await ws.subscribe([arg], frames, id="s1")
            await until(lambda: frames.pushes("funding-rate"))
            (ack,) = frames.of(event="subscribe")
            assert (ack["arg"], ack["id"]) == (arg, "s1")
            assert frames.pushes("funding-rate")[0]["arg"] == arg
            await ws.subscribe([arg], frames)  # again: an ack, and no error
            assert len(frames.of(event="subscribe")) == 2
            await ws.unsubscribe([arg], frames, id="u1")
            await until(lambda: frames.of(event="unsubscribe"))
            assert frames.of(event="unsubscribe")[0]["id"] == "u1"
            with pytest.raises(ConfigError, match="funding-rate"):
                await ws.unsubscribe([arg], frames)
            await ws.stop()
            await asyncio.wait_for(consuming, 5)

        asyncio.run(main())

    def test_a_user_who_keeps_a_book_has_that_of_the_exchange(self, exchange: Exchange) -> None:
        async def main() -> None:
            frames = Frames()
            ws = WsPublicAsync(exchange.site())
            await ws.start()
            names = ("books", "books5", "bbo-tbt", "trades", "tickers", "candle1m")
            await ws.subscribe([{"channel": name, "instId": BTC} for name in names], frames)
            await until(lambda: all(frames.pushes(name) for name in names))
            await until(lambda: len(frames.pushes("books")) > 5)
            await ws.stop()
            assert len(frames.of(event="subscribe")) == len(names)
            for frame in frames.pushes("books"):
                (row,) = frame["data"]
                assert (frame["action"], row["prevSeqId"], row["checksum"]) == ("snapshot", -1, 0)
                assert len(row["asks"][0]) == 4
            assert {len(frame["data"][0]["asks"]) for frame in frames.pushes("books5")} == {5}
            assert {len(frame["data"][0]["bids"]) for frame in frames.pushes("bbo-tbt")} == {1}
            (ticker,) = frames.pushes("tickers")[0]["data"]
            assert ticker["instType"] == "SWAP"

        asyncio.run(main())

    @pytest.mark.parametrize(
        "push",
        [
            {"arg": {"channel": "trades", "instId": BTC},
             "data": [{"instId": BTC, "tradeId": "9001", "px": "12.340", "sz": "0.5", "side": "buy",
                       "ts": "1785096000120", "count": "3", "source": "0", "seqId": 501}]},
            {"arg": {"channel": "trades-all", "instId": SPOT},
             "data": [{"instId": SPOT, "tradeId": "7", "px": "0.00100", "sz": "1", "side": "sell",
                       "ts": "1785096000120"}]},
            {"arg": {"channel": "tickers", "instId": SPOT},
             "data": [{"instType": "SPOT", "instId": SPOT, "last": "9.90", "lastSz": "0.10", "askPx": "9.91",
                       "askSz": "11", "bidPx": "", "bidSz": "", "open24h": "9", "high24h": "10", "low24h": "8",
                       "sodUtc0": "1", "sodUtc8": "2", "volCcy24h": "22.20", "vol24h": "3", "ts": "1785096000120"}]},
            {"arg": {"channel": "books5", "instId": SPOT},
             "data": [{"asks": [["9.90", "1.0", "0", "2"]], "bids": [["9.80", "3", "0", "1"]], "ts": "1785096000120",
                       "instId": SPOT, "seqId": 7}]},
            {"arg": {"channel": "bbo-tbt", "instId": SPOT},
             "data": [{"asks": [["9.90", "1.0", "0", "2"]], "bids": [], "ts": "1785096000120", "seqId": 7}]},
            {"arg": {"channel": "books", "instId": SPOT}, "action": "snapshot",
             "data": [{"asks": [["9.90", "1.0", "0", "2"]], "bids": [["9.80", "3", "0", "1"]], "ts": "1785096000999",
                       "checksum": 0, "seqId": 12, "prevSeqId": -1}]},
            {"arg": {"channel": "books-rpi", "instId": SPOT}, "action": "snapshot",
             "data": [{"asks": [["9.90", "1.0", "0.5", "2"]], "bids": [["9.80", "3", "3", "1"]], "ts": "1785096000120",
                       "seqId": 7, "prevSeqId": -1}]},
        ],
        ids=lambda push: push["arg"]["channel"],
    )  # fmt: skip
    def test_what_is_decoded_in_rust_comes_as_okx_sent_it(self, push: dict[str, Any]) -> None:
        async def main(site: Site) -> list[dict[str, Any]]:
            frames, channel = Frames(), push["arg"]["channel"]
            ws = WsPublicAsync(site)
            await ws.start()
            await ws.subscribe([push["arg"]], frames)
            await until(lambda: push in frames)  # of `books`, the server has a snapshot of its own before
            await ws.stop()
            return frames.pushes(channel)

        with Okx(wire(push)) as server:
            assert asyncio.run(main(server.site))[-1] == push

    def test_recorded_pushes_come_as_okx_sent_them(self, captures: Path) -> None:
        rebuilt = {"trades", "trades-all", "tickers", "books5", "bbo-tbt"}
        lines = [line for path in (captures / "streams").iterdir() for line in path.read_text().splitlines()]
        frames = [each["msg"] if isinstance(each.get("msg"), dict) else each for each in map(json.loads, lines)]
        pushes = [frame for frame in frames if "data" in frame and frame.get("arg", {}).get("channel") in rebuilt]
        # In the documentation's ticker the two disagree.
        pushes = [push for push in pushes if push["data"][0].get("instId") in (None, push["arg"]["instId"])]
        assert {push["arg"]["channel"] for push in pushes} == rebuilt

        async def main(site: Site, push: dict[str, Any]) -> list[dict[str, Any]]:
            heard = Frames()
            ws = WsPublicAsync(site)
            await ws.start()
            await ws.subscribe([push["arg"]], heard)
            await until(lambda: len(heard.of(arg=push["arg"])) > len(push["data"]))  # and the ack
            await ws.stop()
            return heard.pushes(push["arg"]["channel"])

        for push in pushes:
            with Okx(wire(push)) as server:
                assert asyncio.run(main(server.site, push)) == [{**push, "data": [row]} for row in push["data"]]

    def test_a_refusal_and_a_lost_connection_are_told(self, exchange: Exchange) -> None:
        async def main() -> None:
            frames = Frames()
            ws = WsPublicAsync(exchange.site())
            await ws.start()
            await ws.subscribe([{"channel": "mark-price", "instId": "NO-SUCH"}], frames)
            await until(lambda: frames.of(event="error"))
            assert frames.of(event="error")[0]["code"] == "60018"
            await ws.subscribe([{"channel": "mark-price", "instId": BTC}], frames)
            await until(lambda: frames.pushes("mark-price"))
            exchange.fault("tcp_reset", path="public")
            await until(lambda: frames.of(event="error", code="ConnClosed"))
            seen = len(frames)
            await until(lambda: [frame for frame in frames[seen:] if "data" in frame])  # by itself
            await ws.stop()

        asyncio.run(main())

    def test_what_cannot_be_told_in_okx_words_says_where_it_is(self, exchange: Exchange) -> None:
        async def main() -> None:
            ws = WsPublicAsync(exchange.site())
            with pytest.raises(ConfigError, match="start"):
                await ws.subscribe([{"channel": "tickers", "instId": BTC}], print)
            await ws.start()
            with pytest.raises(ConfigError, match="subscribe_book"):
                await ws.subscribe([{"channel": "sprd-books5", "sprdId": "BTC-USDT_BTC-USDT-SWAP"}], print)
            with pytest.raises(ConfigError, match="apiKey"):
                await ws.login()
            ws.stop_sync()

        asyncio.run(main())


class TestPrivateSocket:
    def test_an_order_is_told(self, exchange: Exchange, trade: Trade.TradeAPI) -> None:
        async def main() -> None:
            frames = Frames()
            key, secret, passphrase = KEY
            ws = WsPrivateAsync(key, passphrase, secret, url=exchange.site())
            await ws.start()
            assert await ws.login()
            args = [{"channel": "orders", "instType": "ANY"}, {"channel": "account"}]
            await ws.subscribe(args, frames)
            await until(lambda: len(frames.of(event="subscribe")) == 2)
            assert frames.of(event="login")[0]["code"] == "0"
            order = await asyncio.to_thread(trade.place_order, SPOT, "cash", "buy", "limit", "0.01", px="50000")
            await until(lambda: frames.pushes("orders"))
            (row,) = frames.pushes("orders")[0]["data"]
            assert (row["ordId"], row["state"]) == (item(order)["ordId"], "live")
            await asyncio.to_thread(trade.cancel_order, SPOT, row["ordId"])
            assert frames.pushes("account")
            await asyncio.to_thread(ws.stop_sync)
            await ws.start()  # and once more
            await ws.subscribe(args[:1], frames)
            await until(lambda: len(frames.of(event="subscribe")) == 3)
            await ws.stop()

        asyncio.run(main())

    def test_a_wrong_key_is_told(self, exchange: Exchange) -> None:
        async def main() -> None:
            frames = Frames()
            ws = WsPrivateAsync("sim-key", "sim-pass", "wrong", exchange.site())
            await ws.start()
            await ws.subscribe([{"channel": "account"}], frames)
            await until(lambda: frames.of(event="error"))
            await ws.stop()
            assert frames.of(event="error")[0]["code"] in {"60007", "60024"}

        asyncio.run(main())

    def test_orders_over_the_socket_are_answered_as_okx_does(self, exchange: Exchange) -> None:
        async def main() -> list[dict[str, Any]]:
            ws = WsPrivateAsync("sim-key", "sim-pass", "sim-secret", exchange.site())
            await ws.start()
            answers: asyncio.Queue[str] = asyncio.Queue()
            order = {"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000", "sz": "0.01"}
            said = []

            async def ask(call: Any, args: list[dict[str, Any]], name: str) -> None:
                await call(args, answers.put_nowait, name)
                said.append(json.loads(await asyncio.wait_for(answers.get(), 15)))

            try:
                await ask(ws.place_order, [{**order, "clOrdId": "ws1"}], "a1")
                await ask(ws.amend_order, [{"instId": SPOT, "clOrdId": "ws1", "newPx": "1001", "reqId": "r1"}], "a2")
                await ask(ws.cancel_order, [{"instId": SPOT, "clOrdId": "ws1"}], "a3")
                await ask(ws.cancel_order, [{"instId": SPOT, "clOrdId": "ws1"}], "a4")
                batch = [{**order, "clOrdId": "ws2"}, {**order, "clOrdId": "ws3", "sz": "0"}]
                await ask(ws.batch_orders, batch, "a5")
                with pytest.raises(ConfigError, match="list of one"):
                    await ws.place_order([order, order])
                with pytest.raises(ParameterError):
                    await ws.place_order([{**order, "sz": 0.01}])
            finally:
                await ws.stop()
            return said

        placed, amended, canceled, gone, batch = asyncio.run(main())
        assert [answer["id"] for answer in (placed, amended, canceled, gone, batch)] == ["a1", "a2", "a3", "a4", "a5"]
        assert (placed["op"], placed["code"], placed["data"][0]["sCode"]) == ("order", "0", "0")
        assert placed["data"][0]["clOrdId"] == "ws1"
        assert placed["inTime"] <= placed["outTime"]
        assert (amended["code"], amended["data"][0]["reqId"]) == ("0", "r1")
        assert canceled["data"][0]["ordId"] == placed["data"][0]["ordId"]
        assert (gone["code"], gone["data"][0]["sCode"]) == ("1", "51400")
        assert (batch["code"], batch["data"][0]["sCode"]) == ("2", "0")
        assert batch["data"][1]["sCode"] not in ("", "0")

    def test_an_order_nobody_knows_of_is_answered_with_okxs_code_for_that(self, exchange: Exchange) -> None:
        from okx_fast.compat.okx.websocket.WsPrivateAsync import answer_text  # for this test alone

        class Call:
            op = "order"

            def report(self) -> tuple[Any, ...]:
                item = ("UNKNOWN", "", SPOT, ("", "x1", "", ""), ("", "", "", None), "the connection was lost", 3)
                return ("", "", 1, 2, None, 3, 4, None, None, None, [item])

        answer = json.loads(answer_text("a1", Call()))  # type: ignore[arg-type]  # what it reads of one
        assert (answer["code"], answer["data"][0]["sCode"]) == ("50004", "50004")
        assert answer["msg"] == "the connection was lost"

    def test_use_server_time_is_told_to_be_ignored(self, exchange: Exchange) -> None:
        with pytest.warns(DeprecationWarning, match="useServerTime"):
            WsPrivateAsync("sim-key", "sim-pass", "sim-secret", exchange.site(), useServerTime=True)


def test_the_examples_of_the_page_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "compat.md").read_text()
    scope: dict[str, Any] = {}
    said = []
    for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        exec(compile(block, "docs/compat.md", "exec"), scope)  # noqa: S102  # our own text
        said.append(capsys.readouterr().out)
    assert said[0].strip().isdigit()
    assert re.fullmatch(r"\d+ \S+\n", said[1])
    assert {json.loads(line)["arg"]["channel"] for line in said[2].splitlines()} == {"tickers"}
