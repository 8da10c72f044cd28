"""Channels that come as rows: the table, the models, and the way from a socket to a callback."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Client, ConfigError, Exchange, MalformedError, Site
from okx_fast._native import channel_facts
from okx_fast.channels import CHANNELS, Channel, find, models
from okx_fast.channels.table import REFUSED
from okx_fast.rest.instruments import Load, Shelf
from okx_fast.rest.models import AlgoOrder, Candle, Instrument
from tests.hostile import frame
from tests.playing import CREDENTIALS, Okx, asked, read, wire
from tests.waiting import Events, pump_until, until
from tools import channels

if TYPE_CHECKING:
    from collections.abc import Callable

D = Decimal
TYPED = [row for row in CHANNELS if row.model is not None]
VECTORS: dict[str, dict[str, Any]] = {
    entry["push"]["arg"]["channel"]: entry
    for entry in map(json.loads, (Path(__file__).parent / "data" / "channels.jsonl").read_text().splitlines())
}
# What only REST says, and of algo orders what the other channel says.
REST_ONLY = {
    "instruments": Instrument.FIELDS,
    "orders": ("cancel_source_reason",),
    "orders-algo": AlgoOrder.FIELDS,
    "algo-advance": AlgoOrder.FIELDS,
}
MARK = VECTORS["mark-price"]["push"]


class TestTheTable:
    def test_it_says_of_each_channel_what_the_core_says(self) -> None:
        kinds = {"subscribe_book": "book", "subscribe_trades": "trade", "subscribe_ticker": "ticker"}
        for row in CHANNELS:
            for name in row.names:
                facts = (row.socket, kinds.get(row.how, "raw"), row.needs_login, row.quiet_s)
                assert channel_facts(name) == facts, name
        for name, why in REFUSED.items():
            assert channel_facts(name)[2] == ("login" in why), name

    def test_each_name_is_there_once_and_found(self) -> None:
        names = [name for row in CHANNELS for name in row.names]
        assert len(set(names)) == len(names)
        assert all(name in row.names for row in CHANNELS for name in row.names if find(name) is row)
        assert find("candle") is find("candle1x") is find("book") is None

    @pytest.mark.parametrize(
        ("channel", "params", "message"),
        [
            ("candle1x", {"instId": "X"}, "expected candle with one of 1s, 1m, .*, got 'candle1x'"),
            ("sprd-candle1s", {"sprdId": "X"}, "expected sprd-candle with one of 1m, "),
            ("fundingrate", {"instId": "X"}, "expected funding-rate, got 'fundingrate'; subscribe_raw"),
            ("???", {}, "expected one of docs/channels.md"),
            ("books", {"instId": "X"}, r"books has a method of its own, subscribe_book\(\)"),
            ("sprd-bbo-tbt", {"sprdId": "X"}, r"subscribe_book\(\)"),
            ("trades-all", {"instId": "X"}, r"subscribe_trades\(\)"),
            ("tickers", {"instId": "X"}, r"subscribe_ticker\(\)"),
            ("pm-books", {"instId": "X"}, r"subscribe_book\(\)"),
            ("orders", {"instType": "ANY"}, "orders needs a login, for which this client has no credentials"),
            ("pm-order", {}, "pm-order needs a login, and is not offered yet"),
            (
                "account",
                {"extraParams": {"updateInterval": "0"}},
                "optionally extraParams .JSON as a text.; wrong value",
            ),
            ("account", {"extraParams": "updateInterval=0"}, "wrong value of extraParams"),
            ("account", {"extraParams": "[]"}, "wrong value of extraParams"),
            ("positions", {}, "missing instType"),
            ("grid-sub-orders", {}, "missing algoId"),
            ("economic-calendar", {"instId": "X"}, "economic-calendar: expected no parameter"),
            ("books-elp", {"instId": "X"}, "its successor is books-rpi"),
            ("funding-rate", {}, "funding-rate: expected instId; missing instId"),
            ("funding-rate", {"instId": ""}, "wrong value of instId"),
            ("funding-rate", {"instId": 7}, "wrong value of instId"),
            ("funding-rate", {"instId": "X", "uly": "Y"}, "expected instId; unknown parameter uly"),
            ("status", {"instId": "X"}, "status: expected no parameter"),
            ("option-trades", {"instType": "OPTION"}, r"expected instType \(OPTION\), instId or instFamily; missing"),
            ("option-trades", {"instType": "SWAP", "instId": "X"}, "wrong value of instType"),
            ("estimated-price", {"instType": "EVENTS", "instFamily": "X"}, "missing instId"),
            ("adl-warning", {"instFamily": "X"}, "optionally instFamily; missing instType"),
        ],
    )
    def test_a_wrong_name_or_parameter_is_refused_naming_what_is_expected(
        self, channel: str, params: dict[str, Any], message: str
    ) -> None:
        with (
            Client(Site(ws_public="ws://127.0.0.1:1/ws/v5/public")) as client,
            pytest.raises(ConfigError, match=message),
        ):
            client.subscribe(channel, print, **params)  # type: ignore[call-overload]

    def test_what_is_made_from_it_is_current(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert (channels.main(["--check"]), capsys.readouterr().out) == (0, "")

    def test_what_is_refused_is_not_offered(self) -> None:
        assert all(find(name) is None for name in REFUSED)

    def test_the_tiers_are_those_of_okx(self) -> None:
        tiers = {name: row.tier for row in CHANNELS for name in row.names if row.tier}
        assert tiers == {
            "books50-l2-tbt": "VIP4",
            "books-l2-tbt": "VIP4",
            "economic-calendar": "VIP1",
            "fills": "VIP4",
        }


class TestModels:
    @pytest.mark.parametrize("row", TYPED, ids=lambda row: row.name)
    def test_the_vectors_fill_every_field_of_a_model(self, row: Channel) -> None:
        rest_only = REST_ONLY.get(row.name, ())
        filled = {
            name
            for channel, entry in VECTORS.items()
            if find(channel) is row
            for item in entry["want"]
            for name in item
        }
        assert row.model is not None
        assert filled <= set(row.model.FIELDS)
        assert set(row.model.FIELDS) - filled <= set(rest_only)

    def test_every_typed_channel_has_a_vector(self) -> None:
        assert {row.name for row in TYPED} == {find(name).name for name in VECTORS}  # type: ignore[union-attr]

    @pytest.mark.parametrize("channel", VECTORS)
    def test_every_field_of_its_vector_is_read_exactly(self, channel: str) -> None:
        push, want = VECTORS[channel]["push"], VECTORS[channel]["want"]
        row = find(channel)
        assert row is not None
        assert row.model is not None
        params = asked(push["arg"])
        assert dict(row.check(channel, params)) == params
        rows = [row.model(raw, push["arg"], 5) for raw in push["data"]]
        assert [read(item) for item in rows] == want
        for raw, item in zip(push["data"], rows, strict=True):
            assert (item.raw, item.channel, item.arg, item.recv_ns, item.action) == (raw, channel, push["arg"], 5, "")
            again = pickle.loads(pickle.dumps(item))  # noqa: S301  # our own
            assert (again, again.recv_ns) == (item, 5)

    def test_a_candle_knows_whose_it_is_and_is_one_of_rest(self) -> None:
        push = VECTORS["candle1m"]["push"]
        one, other = (models.Candle(push["data"][0], {**push["arg"], "instId": i}, 5) for i in ("BTC-USDT", "ETH-USDT"))
        assert (one.inst_id, other.inst_id) == ("BTC-USDT", "ETH-USDT")
        assert isinstance(one, Candle)
        assert one != other
        assert one != Candle(one.raw)

    def test_every_capture_decodes_whole_and_brings_nothing_new(self, captures: Path) -> None:
        seen: dict[str, int] = defaultdict(int)
        drift = Client(Site(ws_public="ws://127.0.0.1:1/ws/v5/public"))._findings()
        for path in sorted((captures / "streams").iterdir()):
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                push = entry.get("msg", entry)
                if not isinstance(push, dict) or "data" not in push or "arg" not in push:
                    continue
                row = find(push["arg"]["channel"])
                if row is None or row.model is None:
                    continue
                for raw in push["data"]:
                    item = row.model(raw, push["arg"], 0)
                    read(item)
                    columns = range(len(raw)) if isinstance(raw, list) else raw
                    assert set(columns) <= item.KNOWN
                    seen[row.name] += 1
                drift.rows(row.name, row.model, push["data"])
        assert drift.report() == []
        assert set(seen) >= {
            "candle",
            "mark-price-candle",
            "opt-summary",
            "liquidation-orders",
            "instruments",
            "status",
        }
        assert sum(seen.values()) >= 40


class TestTheWay:
    @pytest.mark.parametrize("chunk", [0, 1, 7])
    def test_rows_of_every_channel_arrive_in_order_whole_and_in_pieces(self, chunk: int) -> None:
        pushes = [wire(entry["push"]) for entry in VECTORS.values()]
        got: dict[str, list[models.Pushed]] = defaultdict(list)
        with Okx(*pushes, chunk=chunk) as server, Client(server.site, credentials=CREDENTIALS) as client:
            for name, entry in VECTORS.items():
                params = asked(entry["push"]["arg"])
                client.subscribe(name, lambda row: got[row.channel].append(row), **params)  # type: ignore[call-overload]
            pump_until(client, lambda: sum(map(len, got.values())) >= sum(len(e["want"]) for e in VECTORS.values()))
        for name, entry in VECTORS.items():
            assert [read(row) for row in got[name]] == entry["want"], name
            assert {type(row) for row in got[name]} == {find(name).model}  # type: ignore[union-attr]
            assert all(row.recv_ns > 1_700_000_000_000_000_000 for row in got[name])
        assert client.drift() == []

    def test_asyncio_calls_back_and_iterates(self) -> None:
        several = {**MARK, "data": [{**MARK["data"][0], "markPx": str(px)} for px in range(5)]}

        async def main() -> None:
            with Okx(wire(several), wire(VECTORS["status"]["push"])) as server:
                async with Client(server.site) as client:
                    seen: list[models.MarkPrice] = []
                    client.subscribe("mark-price", seen.append, instId=MARK["arg"]["instId"])
                    stream = client.stream(client.subscribe("status"))
                    status = await anext(stream)
                    assert (status.state, status.env) == ("scheduled", "1")
                    await until(lambda: len(seen) == 5)
                    assert [row.mark_px for row in seen] == [D(px) for px in range(5)]

        asyncio.run(main())

    def test_of_several_messages_that_wait_only_the_newest_is_handed_on_if_asked(self) -> None:
        rows = [{**MARK, "data": [{**MARK["data"][0], "markPx": str(px)}]} for px in range(50)]
        inst_id = MARK["arg"]["instId"]

        async def main() -> None:
            with Okx(*map(wire, rows)) as server:
                async with Client(server.site) as client:
                    seen: list[models.MarkPrice] = []
                    subscription = client.subscribe("mark-price", seen.append, instId=inst_id, conflate=True)
                    assert subscription.conflate
                    # All of it is there before the loop gets to look.
                    end = time.monotonic() + 10
                    while client.stats()["messages"] < len(rows):
                        assert time.monotonic() < end
                        time.sleep(0.01)  # noqa: ASYNC251  # nothing else may run
                    await until(lambda: seen)
                    assert [row.mark_px for row in seen] == [D(49)]
                    client.unsubscribe(subscription)

        asyncio.run(main())

        async def streamed() -> None:
            with Okx(*map(wire, rows)) as server:
                async with Client(server.site) as client:
                    arg = {"channel": "mark-price", "instId": inst_id}
                    stream = client.stream(client.subscribe_raw(arg, conflate=True))
                    await until(lambda: client.stats()["messages"] == len(rows))
                    await asyncio.sleep(0)
                    assert b'"49"' in (await anext(stream)).data

        asyncio.run(streamed())

    @pytest.mark.parametrize("channel", ["candle1m", "liquidation-orders", "instruments"])
    def test_what_counts_one_by_one_is_not_conflated(self, channel: str) -> None:
        params = {"instId": "BTC-USDT"} if channel == "candle1m" else {"instType": "SWAP"}
        with Client("sim") as client, pytest.raises(ConfigError, match=f"conflate: expected .*, got {channel}"):
            client.subscribe(channel, conflate=True, **params)  # type: ignore[call-overload]

    def test_a_message_that_cannot_be_read_is_told_and_the_next_one_goes_on(self) -> None:
        head = json.dumps(MARK["arg"], separators=(",", ":"))
        bad = [f'{{"arg":{head},"data":{data}}}' for data in ('[{"a":', "[7]", '{"a":1}', "[[]]")]
        with Okx(*map(frame, bad), wire(MARK)) as server, Client(server.site) as client:
            events, seen = Events(client), list[Any]()
            client.subscribe("mark-price", seen.append, instId=MARK["arg"]["instId"])
            pump_until(client, lambda: seen)
            told = events.of("malformed")
            assert len(told) == len(bad)
            assert {(event.channel, event.inst_id) for event in told} == {("mark-price", MARK["arg"]["instId"])}
            assert [read(row) for row in seen] == VECTORS["mark-price"]["want"]
            assert client.stats()["callback_errors"] == 0

    def test_a_callback_that_raises_is_told_with_its_row_and_the_other_rows_come(self) -> None:
        two = {**MARK, "data": [MARK["data"][0], {**MARK["data"][0], "markPx": "7"}]}
        with Okx(wire(two)) as server, Client(server.site) as client:
            seen, told = list[Any](), list[Any]()

            def on_item(row: models.MarkPrice) -> None:
                seen.append(row)
                raise ValueError

            client.on_error(lambda error, row: told.append((type(error), row)))
            client.subscribe("mark-price", on_item, instId=MARK["arg"]["instId"])
            pump_until(client, lambda: len(seen) == 2)
            assert told == [(ValueError, seen[0]), (ValueError, seen[1])]
            assert client.stats()["callback_errors"] == 2

    @pytest.mark.parametrize("leave", ["stop", "unsubscribe"])
    def test_no_row_comes_after_the_end(self, leave: str) -> None:
        many = {**MARK, "data": [MARK["data"][0]] * 3}
        with Okx(wire(many)) as server, Client(server.site) as client:
            seen: list[Any] = []

            def on_item(row: models.MarkPrice) -> None:
                seen.append(row)
                if leave == "stop":
                    raise KeyboardInterrupt
                client.unsubscribe(subscription)

            subscription = client.subscribe("mark-price", on_item, instId=MARK["arg"]["instId"])
            if leave == "stop":
                with pytest.raises(KeyboardInterrupt):
                    pump_until(client, lambda: len(seen) > 1)
            else:
                pump_until(client, lambda: seen)
            client.poll(0.05)
            assert len(seen) == 1

    def test_drift_has_what_our_tables_do_not_know(self) -> None:
        row = {**MARK["data"][0], "mood": "fine", "instType": "MOON"}
        with Okx(wire({**MARK, "data": [row, row]})) as server, Client(server.site) as client:
            seen: list[Any] = []
            assert client.drift() == []
            client.subscribe("mark-price", seen.append, instId=MARK["arg"]["instId"])
            client.subscribe_raw({"channel": "weather", "instId": "X"})
            client.subscribe_raw({"channel": "index-tickers", "instId": "X"})
            pump_until(client, lambda: seen)
            found = {
                (each["kind"], each["where"], each["name"], each["example"]): each["count"] for each in client.drift()
            }
        assert found == {
            ("channel", "websocket", "weather", ""): 1,
            ("field", "mark-price", "mood", "text"): 2,
            ("value", "mark-price", "instType", "MOON"): 2,
        }

    def test_a_second_subscription_and_a_site_without_the_socket_are_refused(self) -> None:
        with Client(Site(ws_public="ws://127.0.0.1:1/ws/v5/public")) as client:
            client.subscribe("mark-price", instId="X")
            with pytest.raises(ConfigError, match="already subscribed"):
                client.subscribe("mark-price", instId="X")
            with pytest.raises(ConfigError, match="business"):
                client.subscribe("candle1m", instId="X")

    def test_a_field_that_cannot_be_read_leaves_the_others(self) -> None:
        row = models.MarkPrice({"instId": "X", "markPx": "a lot"}, {"channel": "mark-price"}, 1)
        assert row.inst_id == "X"
        with pytest.raises(
            MalformedError, match=re.escape("MarkPrice.mark_px: expected a decimal number, got 'a lot'")
        ):
            _ = row.mark_px


def test_the_simulated_exchange_sends_nothing_that_is_unknown() -> None:
    swap, index, family = {"instId": "BTC-USDT-SWAP"}, {"instId": "BTC-USDT"}, {"instFamily": "BTC-USD"}
    wanted = {
        "candle1m": swap, "mark-price-candle1H": swap, "index-candle1m": index, "open-interest": swap,
        "funding-rate": swap, "price-limit": swap, "mark-price": swap, "index-tickers": index, "opt-summary": family,
        "option-trades": {"instType": "OPTION", **family},
    }  # fmt: skip
    seen: dict[str, list[models.Pushed]] = defaultdict(list)
    with Exchange() as exchange, Client(exchange.site()) as client:
        for name, params in wanted.items():
            client.subscribe(name, lambda row: seen[row.channel].append(row), **params)  # type: ignore[call-overload]
        pump_until(client, lambda: len(seen) == len(wanted))
        assert all(read(row) for rows in seen.values() for row in rows)
        assert client.drift() == []


class TestSpreads:
    SPREAD = "BTC-USDT_BTC-USDT-SWAP"

    @pytest.mark.parametrize("chunk", [0, 7])
    def test_a_spreads_book_takes_three_columns_negative_prices_and_a_live_checksum(self, chunk: int) -> None:
        def push(action: str, prev: int, seq: int, bids: list[Any], asks: list[Any], checksum: int) -> bytes:
            ids = {"checksum": checksum, "prevSeqId": prev, "seqId": seq}
            arg = {"channel": "sprd-books-l2-tbt", "sprdId": self.SPREAD}
            return wire({"arg": arg, "action": action, "data": [{"asks": asks, "bids": bids, "ts": "5", **ids}]})

        first = 1_724_294_007_352_168_320
        # CRC-32 of 0:2:0.5:3:-0.1:1:1.9:1.1:-10.25:4, and of -0.1:1:0.5:3:-10.25:4:1.9:1.1, by zlib.
        pushes = [
            push("snapshot", -1, first, [["0", "2", "1"], ["-0.1", "1", "1"], ["-10.25", "4", "2"]],
                 [["0.5", "3", "1"], ["1.9", "1.1", "3"]], 270245052),
            push("update", first, first + 1, [["0", "0", "0"]], [], -241112219),
            push("update", first + 1, first + 2, [["-0.1", "0", "0"]], [], 1),
        ]  # fmt: skip
        with Okx(*pushes, chunk=chunk) as server, Client(server.site) as client:
            events, tops = Events(client), list[Any]()
            book = client.subscribe_book(
                self.SPREAD,
                lambda update: tops.append((update.seq_id, book.best_bid.px, book.best_ask.px)),
                channel="sprd-books-l2-tbt",
            )
            pump_until(client, lambda: events.of("checksum"))
            assert tops == [(first, D("0"), D("0.5")), (first + 1, D("-0.1"), D("0.5"))]
            assert not book.valid
            counts = client.stats()
            assert (counts["checksums_ok"], counts["channels"]["sprd-books-l2-tbt"]["fallbacks"]) == (2, 0)

    @pytest.mark.parametrize(
        ("channel", "bid", "ask"), [("sprd-books5", "1314", "1328"), ("sprd-bbo-tbt", "168", "170.5")]
    )
    def test_their_captures_read_as_books(self, captures: Path, channel: str, bid: str, ask: str) -> None:
        lines = (captures / "streams" / "okx-2021-2026-single-messages.jsonl").read_text().splitlines()
        (push,) = (each for each in map(json.loads, lines) if each.get("arg", {}).get("channel") == channel)
        with Okx(wire(push)) as server, Client(server.site) as client:
            book = client.subscribe_book(push["arg"]["sprdId"], channel=channel)
            pump_until(client, lambda: book.valid)
            assert [level.px for level in (book.best_bid, book.best_ask) if level] == [D(bid), D(ask)]


def test_instruments_are_merged_by_id_into_those_that_were_loaded() -> None:
    shelf = Shelf()
    shelf.put(Load("public.instruments", (("instType", "SWAP"),)), [{"instId": "A", "tickSz": "0.1", "rpi": "1"}])
    arg = {"channel": "instruments", "instType": "SWAP"}
    merge: Callable[[models.Instrument], None] = shelf.merge
    merge(models.Instrument({"instId": "A", "tickSz": "0.01", "state": "live"}, arg, 5))
    merge(models.Instrument({"instId": "B", "state": "preopen"}, arg, 5))
    assert (shelf["A"].tick_sz, shelf["A"].rpi, shelf["A"].state) == (D("0.01"), "1", "live")
    assert (shelf["B"].state, len(shelf)) == ("preopen", 2)
