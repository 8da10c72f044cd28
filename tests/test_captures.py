"""Every message of the recorded streams, through a client into its typed event; one of each channel written out.

A line is played as it is over loopback. What came from it is compared with the line's own texts, so that nothing rests
on values written here alone; those are for whoever wants to see what a channel brings.
Answers to orders are not for this client.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from okx_fast import BookUpdate, Client, Ticker, Trade
from okx_fast._native import Verifier
from okx_fast.channels import find
from okx_fast.rest.models import Model
from tests.playing import TICKER, Heard, Okx, facts, hear, wire
from tests.waiting import pump_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile import Peer

SINGLE, SWAP, DOCS, ROQ, ORDERS, NAUTILUS = (
    "okx-2021-2026-single-messages",
    "okx-2026-08-swap-messages",
    "doc-style-pushes",
    "okx-2025-12-public-messages",
    "okx-2022-2023-orders",
    "nautilus-2025-2026-test-data",
)
# A channel that a tool made up beside OKX's; a documentation sample of `books` without its `action`.
NOT_OKXS = {(SINGLE, 15), (SINGLE, 16)}
REFUSED_BOOKS = {(DOCS, 11)}
# Books whose levels were cut where they come from, and updates of books that are not in the recording: their
# checksums cannot be right. Each is decoded, applied, and then told to be wrong.
ALONE = {
    *((SINGLE, line) for line in (3, 4, 8, 14, 23, 40)),
    *((ROQ, line) for line in (2, 3, 20)),
}

# A message of each channel, as `facts` has it; of those in ALONE, as the verifier of recordings has it.
WRITTEN_OUT: dict[str, tuple[tuple[str, int], Any]] = {
    "trades": (
        (SINGLE, 2),
        [{"inst_id": "CRV-USDT", "trade_id": 21300150, "px": "3.973", "sz": "13.491146", "side": "buy",
          "ts_ms": 1639999319938}],
    ),
    "trades-all": (
        (SINGLE, 6),
        [{"inst_id": "BSV-USDT", "trade_id": 84834539, "px": "42.52", "sz": "3.75", "side": "buy",
          "ts_ms": 1697760012017}],
    ),
    "tickers": (
        (SINGLE, 5),
        [{"inst_id": "ACT-USDT", "last": "0.00718", "last_sz": "8052.117146", "ask_px": "0.0072",
          "ask_sz": "54969.407534", "bid_px": "0.00713", "bid_sz": "4092.326", "open_24h": "0.00717",
          "high_24h": "0.00722", "low_24h": "0.00696", "sod_utc0": "0.00714", "sod_utc8": "0.00721",
          "vol_ccy_24h": "278377.765301", "vol_24h": "39168761.49997", "ts_ms": 1639999318686}],
    ),
    "books-l2-tbt": (
        (SINGLE, 3),
        {"bids": [["46043.4", "0.00375882"], ["46043.3", "0.00238905"], ["45906.8", "0.0435796"]],
         "asks": [["46167.8", "0.02250534"], ["46167.9", "0.00455491"]], "seqId": None},
    ),
    "books5": (
        (SWAP, 11),
        {"inst_id": "BTC-USDT-SWAP", "ts_ms": 1786541241006, "seq_id": 333794734980,
         "bids": [["63921.4", "421.93", 28], ["63921.3", "0.25", 1], ["63920.7", "0.34", 2], ["63920.4", "0.32", 1],
                  ["63920.1", "0.08", 2]],
         "asks": [["63921.5", "790.41", 42], ["63921.8", "0.32", 1], ["63922.2", "0.03", 2], ["63922.3", "90.81", 2],
                  ["63922.4", "0.32", 1]]},
    ),
    "bbo-tbt": (
        (SINGLE, 31),
        {"inst_id": "BTC-USDT-SWAP", "ts_ms": 1651761120004, "bids": [["38632.3", "990", 22]],
         "asks": [["38632.4", "727", 22]]},
    ),
    "sprd-books5": (
        (SINGLE, 49),
        {"inst_id": "BTC-USD-231229_BTC-USD-240329", "ts_ms": 1703155859507,
         "bids": [["1314", "18100", 1], ["1313.5", "50000", 1]], "asks": [["1328", "11000", 2]]},
    ),
    "sprd-bbo-tbt": (
        (SINGLE, 50),
        {"inst_id": "BTC-USD-SWAP_BTC-USD-231229", "ts_ms": 1703155859224, "bids": [["168", "4000", 1]],
         "asks": [["170.5", "14200", 1]]},
    ),
    "sprd-public-trades": (
        (SINGLE, 48),
        [{"sprd_id": "ETH-USD-SWAP_ETH-USD-240329", "trade_id": "2102504804202430464", "px": "64.9", "sz": "13430",
          "side": "sell", "ts_ms": 1703155852033}],
    ),
    "mark-price": (
        (SINGLE, 10),
        [{"inst_id": "FIL-USDT-220325", "inst_type": "FUTURES", "mark_px": "36.232", "ts_ms": 1640131204676}],
    ),
    "open-interest": (
        (SINGLE, 11),
        [{"inst_id": "FIL-USDT-220325", "inst_type": "FUTURES", "oi": "236870", "oi_ccy": "23687",
          "ts_ms": 1640131202886}],
    ),
    "price-limit": (
        (SINGLE, 12),
        [{"inst_id": "XRP-USD-211231", "inst_type": "FUTURES", "buy_lmt": "0.98122", "sell_lmt": "0.90546",
          "ts_ms": 1640131201675}],
    ),
    "index-tickers": (
        (SINGLE, 17),
        [{"inst_id": "FIL-USDT", "idx_px": "35.583", "open_24h": "34.558", "high_24h": "35.862", "low_24h": "34.529",
          "sod_utc0": "35.309", "sod_utc8": "34.83", "ts_ms": 1640140200581}],
    ),
    "liquidation-orders": (
        (SINGLE, 19),
        [{"inst_id": "XRP-USD-230929", "inst_type": "FUTURES", "inst_family": "XRP-USD", "uly": "XRP-USD",
          "details": [{"bk_px": "0.55205", "sz": "39", "side": "buy", "pos_side": "short", "bk_loss": "0",
                       "ts_ms": 1680173247614}]}],
    ),
    "funding-rate": (
        (SINGLE, 22),
        [{"inst_id": "BTC-USD_UM_XPERP-310404", "inst_type": "FUTURES", "method": "current_period",
          "formula_type": "withRate", "funding_rate": "-0.0004270396398519", "funding_time_ms": 1785888000000,
          "next_funding_time_ms": 1785916800000, "prev_funding_time_ms": 1785859200000,
          "min_funding_rate": "-0.00375", "max_funding_rate": "0.00375", "interest_rate": "0.0001000000000000",
          "impact_value": "10000.0000000000000000", "sett_state": "settled",
          "sett_funding_rate": "-0.0001996513270201", "premium": "-0.0008949500017283", "ts_ms": 1785870855692}],
    ),
    "opt-summary": (
        (SINGLE, 45),
        [{"inst_id": "ETH-USD-211222-4000-C", "inst_type": "OPTION", "uly": "ETH-USD", "delta": "0.1975745164",
          "gamma": "4.7290833601", "vega": "0.0002005415", "theta": "-0.004262964", "delta_bs": "0.2038286081",
          "gamma_bs": "0.0013437829", "vega_bs": "0.7647227087", "theta_bs": "-16.4798150221",
          "lever": "162.472613953", "mark_vol": "0.7794507758", "bid_vol": "0.7421960156", "ask_vol": "0.8203208593",
          "ts_ms": 1640001659301},
         {"inst_id": "ETH-USD-211231-9600-C", "inst_type": "OPTION", "uly": "ETH-USD", "delta": "0.0034043137",
          "gamma": "0.0275368426", "vega": "0.0000192452", "theta": "-0.0001676198", "delta_bs": "0.0037586392",
          "gamma_bs": "0.0000090065", "vega_bs": "0.0733893466", "theta_bs": "-0.6403023344", "lever": "2000",
          "mark_vol": "1.8880399194", "ask_vol": "1.9531310937", "ts_ms": 1640001659181}],
    ),
    "candle1m": (
        (SWAP, 4),
        [{"ts_ms": 1786540440000, "open": "63913.0", "high": "63951.8", "low": "63913.0", "close": "63951.8",
          "vol": "1803.61", "vol_ccy": "18.0361", "vol_ccy_quote": "1153203.99426000", "confirm": False}],
    ),
    "mark-price-candle1D": (
        (DOCS, 10),
        [{"ts_ms": 1597026383085, "open": "3.721", "high": "3.743", "low": "3.677", "close": "3.708", "confirm": False},
         {"ts_ms": 1597026383085, "open": "3.731", "high": "3.799", "low": "3.494", "close": "3.72", "confirm": True}],
    ),
    "estimated-price": (
        (DOCS, 5),
        [{"inst_id": "BTC-USD-170310", "inst_type": "FUTURES", "settle_px": "200", "ts_ms": 1597026383085}],
    ),
    "status": (
        (DOCS, 13),
        [{"title": "Trading account WebSocket system upgrade", "state": "completed", "begin_ms": 1672823400000,
          "end_ms": 1672825980000, "service_type": "0", "system": "unified", "maint_type": "1", "env": "1",
          "ts_ms": 1672826038470}],
    ),
    "instruments": (
        (ROQ, 8),
        [{"inst_id": "BCD-BTC", "inst_type": "SPOT", "base_ccy": "BCD", "quote_ccy": "BTC",
          "state": "live", "lot_sz": "0.0001", "min_sz": "1", "tick_sz": "1E-7"},
         {"inst_id": "MDT-USDT", "inst_type": "SPOT", "base_ccy": "MDT", "quote_ccy": "USDT",
          "state": "live", "lot_sz": "0.000001", "min_sz": "10", "tick_sz": "0.00001"},
         {"inst_id": "API3-OKB", "inst_type": "SPOT", "base_ccy": "API3", "quote_ccy": "OKB",
          "state": "live", "lot_sz": "0.000001", "min_sz": "1", "tick_sz": "0.00001"}],
    ),
    "books": (
        (ROQ, 2),
        {"bids": [["1.782", "2173.46443964"], ["1.781", "14620.34390321"], ["1.32", "541.81794985"]],
         "asks": [["1.783", "411.15719291"], ["1.784", "5842.06737585"], ["2.194", "1.02075576"]],
         "seqId": 9690930615},
    ),
}  # fmt: skip


# Of the account's channels: what a message has among other things.
ACCOUNTS: dict[str, tuple[tuple[str, int], list[dict[str, Any]]]] = {
    "account": (
        (NAUTILUS, 31),
        [{"total_eq": "100.56089404807182", "u_time_ms": 1751531646836, "details": [
            {"ccy": "USDT", "eq": "100.52768569797846", "eq_usd": "100.55985455740182", "collateral_enabled": False},
            {"ccy": "BTC", "avail_bal": "5.1E-9", "coin_usd_price": "109582.7", "twap": "0"},
            {"ccy": "ETH", "cash_bal": "1.85E-7", "u_time_ms": 1746947229325}]}],
    ),
    "positions": (
        (DOCS, 18),
        [{"inst_id": "ETH-USD-210430", "pos": "1", "pos_side": "long", "upl": "-9.932766034E-7",
          "avg_px": "2566.31", "p_time_ms": 1619507761462,
          "close_order_algo": [{"close_fraction": "0.6"}, {"close_fraction": "0.4"}]}],
    ),
    "balance_and_position": (
        (DOCS, 2),
        [{"event_type": "snapshot", "p_time_ms": 1597026383085, "bal_data": [{"ccy": "BTC", "cash_bal": "1"}],
          "pos_data": [{"inst_id": "BTC-USD-191018", "pos": "10", "avg_px": "3320"}],
          "trades": [{"inst_id": "BTC-USD-191018", "trade_id": "2"}]}],
    ),
    "account-greeks": (
        (DOCS, 3),
        [{"ccy": "BTC", "delta_bs": "1.1246665403011684", "gamma_bs": "0E-16"},
         {"ccy": "ETH", "theta_pa": "1.316008E-10", "ts_ms": 1729179001692}],
    ),
    "orders": (
        (ORDERS, 3),
        [{"ord_id": "620258920632008725", "state": "partially_filled", "sz": "10", "tgt_ccy": "quote_ccy",
          "acc_fill_sz": "0.00038128", "fill_px": "26228.1", "fill_fee": "-0.010000249968", "trade_id": "435550732",
          "exec_type": "T", "notional_usd": "10.000599999999999", "reduce_only": False, "code": "0",
          "u_time_ms": 1694153250535}],
    ),
    "orders-algo": (
        (DOCS, 16),
        [{"algo_id": "581878926302093312", "inst_id": "BTC-USDC", "ord_type": "conditional", "tp_trigger_px": "1",
          "tp_ord_px": "-1", "notional_usd": "11.0", "linked_ord": {"ord_id": "98192973880283"}}],
    ),
    "algo-advance": (
        (DOCS, 15),
        [{"algo_id": "355056228680335360", "ord_type": "iceberg", "state": "pause", "px_limit": "10", "count": 1}],
    ),
    "withdrawal-info": (
        (DOCS, 4),
        [{"wd_id": "63754560", "amt": "2", "fee": "0.8", "fee_ccy": "USDT", "state": "0", "sub_acct": "test",
          "non_tradable_asset": False, "ts_ms": 1674103268472}],
    ),
}  # fmt: skip


class Line(NamedTuple):
    """A line of a recording: where it stands, and what OKX sent."""

    file: str
    number: int
    message: dict[str, Any]

    @property
    def place(self) -> tuple[str, int]:
        return self.file, self.number

    @property
    def channel(self) -> str:
        return str(self.message.get("arg", {}).get("channel", ""))


def lines(captures: Path) -> list[Line]:
    """Those of streams, and of the private recordings the pushes of an account."""
    found = []
    for path in sorted((captures / "streams").glob("*.jsonl")) + sorted((captures / "private").glob("*.jsonl")):
        for number, text in enumerate(path.read_text().splitlines(), 1):
            entry = json.loads(text)
            message = entry["msg"] if isinstance(entry.get("msg"), dict) else entry
            line = Line(path.stem, number, message)
            if path.parent.name == "streams" or is_of_account(line):
                found.append(line)
    return found


def is_of_account(line: Line) -> bool:
    row = find(line.channel)
    return row is not None and row.login


def kind_of(line: Line) -> str:
    """Which of the tests below a line is for."""
    if "event" in line.message:
        return "control"
    if "op" in line.message:
        return "answer"
    if is_of_account(line):
        return "account"
    if line.place in NOT_OKXS:
        return "not OKX's"
    row = find(line.channel)
    assert row is not None, f"{line.place}: {line.channel} is not in the table"
    return {"subscribe": "rows", "subscribe_book": "book", "subscribe_trades": "trades"}.get(row.how, "ticker")


def of_kind(captures: Path, kind: str) -> list[Line]:
    return [line for line in lines(captures) if kind_of(line) == kind]


def test_no_line_is_left_out(captures: Path) -> None:
    counts = Counter(map(kind_of, lines(captures)))
    assert counts == {
        "control": 14,
        "answer": 4,
        "account": 17,
        "not OKX's": 2,
        "rows": 41,
        "book": 18,
        "trades": 9,
        "ticker": 13,
    }


class Acks(Okx):
    """Says one ack as it was recorded, and none of its own to the first request."""

    def _play_pushes(self, peer: Peer) -> None:
        peer.upgrade()
        peer.receive()
        for push in self._pushes:
            peer.send(push)
        peer.serve()


def test_every_ack_is_told_as_an_event(captures: Path) -> None:
    for line in of_kind(captures, "control"):
        assert line.message["event"] == "subscribe", line.place
        with Acks(wire(line.message)) as server, Client(server.site) as client:
            heard = Heard(client, line.message["arg"])
            pump_until(client, lambda heard=heard: heard.events.of("subscribed"))
            [told] = heard.events.of("subscribed")
            wanted = next((value for name, value in line.message["arg"].items() if name != "channel"), "")
            assert (told.channel, told.inst_id) == (line.channel, wanted), line.place


def test_every_row_reads_what_came(captures: Path) -> None:
    for line in of_kind(captures, "rows") + of_kind(captures, "account"):
        heard, data = hear(line.message), line.message["data"]
        assert heard.faults == [], line.place
        row = find(line.channel)
        assert row is not None
        assert [type(item) for item in heard.items] == [row.model] * len(data), line.place
        for raw, item in zip(data, heard.items, strict=True):
            assert (item.raw, item.channel) == (raw, line.channel)
            compare(item, raw)


def compare(item: Model, raw: Any) -> None:
    """Every field against the text it was read from."""
    for name, field in item.FIELDS.items():
        text = item._take(field.key)
        value = getattr(item, name)
        if isinstance(value, Model):
            compare(value, text)
        elif text in (None, "", []):
            assert value in (None, "", ()), name
        elif isinstance(value, bool):
            assert text in (value, str(value).lower(), str(int(value))), name
        elif isinstance(value, tuple):
            assert len(value) == len(text), name
            for inner, inner_raw in zip(value, text, strict=True):
                if isinstance(inner, Model):
                    compare(inner, inner_raw)
                else:
                    assert inner == inner_raw, name
        elif isinstance(value, Decimal):
            assert f"{value:f}" == text, name
        else:
            assert str(value) == str(text), name
    assert item.raw == raw


def test_every_trade_reads_what_came(captures: Path) -> None:
    for line in of_kind(captures, "trades"):
        heard = hear(line.message)
        assert heard.faults == [], line.place
        assert {type(item) for item in heard.items} == {Trade}
        for raw, trade in zip(line.message["data"], heard.items, strict=True):
            want = {"inst_id": raw["instId"], "trade_id": int(raw["tradeId"]), "ts_ms": int(raw["ts"])}
            want |= {name: raw[name] for name in ("px", "sz", "side", "source") if name in raw}
            want |= {"count": int(raw["count"])} if "count" in raw else {}
            want |= {"seq_id": raw["seqId"]} if "seqId" in raw else {}
            assert facts(trade) == want, line.place


def test_every_ticker_reads_what_came(captures: Path) -> None:
    for line in of_kind(captures, "ticker"):
        heard = hear(line.message)
        assert heard.faults == [], line.place
        [ticker], [raw] = heard.items, line.message["data"]
        assert type(ticker) is Ticker
        want: dict[str, Any] = {name: raw[key] for name, key in TICKER.items() if raw.get(key)}
        want |= {"inst_id": line.message["arg"]["instId"], "ts_ms": int(raw["ts"])}
        assert facts(ticker) == want, line.place


def test_every_book_reads_what_came(captures: Path) -> None:
    for line in of_kind(captures, "book"):
        if line.place in REFUSED_BOOKS:
            assert [fault.kind for fault in hear(line.message).faults] == ["malformed"]
            continue
        [raw] = line.message["data"]
        levels = {
            side: [[row[0], row[1], int(row[-1])] for row in raw[side] if row[1] != "0"] for side in ("bids", "asks")
        }
        top = {side: [[px, sz] for px, sz, _ in rows[:5]] for side, rows in levels.items()}
        verdict = judge(*before(line), line.message)
        assert {side: verdict[side] for side in top} == top, line.place
        assert (verdict["seqId"], verdict["sum_bad"]) == (raw.get("seqId"), int(line.place in ALONE)), line.place

        def look(heard: Heard, line: Line = line, raw: Any = raw, levels: Any = levels) -> None:
            assert heard.book is not None
            if line.place in ALONE:
                [fault] = heard.faults
                assert (fault.kind, fault.expected) == ("checksum", str(raw["checksum"])), line.place
                assert not heard.book.valid
                return
            assert heard.faults == [], line.place
            assert type(heard.items[-1]) is BookUpdate
            want = {"inst_id": heard.book.inst_id, "ts_ms": int(raw["ts"]), **levels}
            want |= {"seq_id": raw["seqId"]} if "seqId" in raw else {}
            assert facts(heard.book) == want, line.place

        hear(*before(line), line.message, then=look)


def before(line: Line) -> list[dict[str, Any]]:
    """What must come before an update: an empty book of the number it follows."""
    if line.message.get("action") != "update":
        return []
    [raw] = line.message["data"]
    numbers = {"prevSeqId": -1, "seqId": raw["prevSeqId"]} if "prevSeqId" in raw else {}
    empty = {"asks": [], "bids": [], "ts": "1", "checksum": 0, **numbers}
    return [{"arg": line.message["arg"], "action": "snapshot", "data": [empty]}]


def judge(*messages: dict[str, Any]) -> dict[str, Any]:
    """What the verifier of recordings makes of a book's messages: it counts a wrong checksum, and goes on."""
    verifier = Verifier()
    for message in messages:
        assert verifier.line(json.dumps(message, separators=(",", ":")).encode())
    [verdict] = verifier.report()
    return dict(verdict)


@pytest.mark.parametrize("channel", WRITTEN_OUT)
def test_a_message_of_each_channel_is_what_is_written_here(captures: Path, channel: str) -> None:
    place, want = WRITTEN_OUT[channel]
    (line,) = (line for line in lines(captures) if line.place == place)
    assert line.channel == channel
    if place in ALONE:
        verdict = judge(line.message)
        assert {name: verdict[name] for name in ("bids", "asks", "seqId")} == want
        return
    told: list[Any] = []
    hear(line.message, then=lambda heard: told.extend(map(facts, [heard.book] if heard.book else heard.items)))
    assert told == (want if isinstance(want, list) else [want])


@pytest.mark.parametrize("channel", ACCOUNTS)
def test_a_message_of_each_channel_of_an_account_has_what_is_written_here(captures: Path, channel: str) -> None:
    place, want = ACCOUNTS[channel]
    (line,) = (line for line in lines(captures) if line.place == place)
    heard = hear(line.message)
    assert [{row.channel for row in heard.items}, heard.drift.report()] == [{channel}, []]
    check(list(map(facts, heard.items)), want)


def check(got: Any, want: Any) -> None:
    """Whether `got` has all of `want`."""
    if isinstance(want, dict):
        for name in want:
            check(got[name], want[name])
    elif isinstance(want, list):
        for inner, inner_want in zip(got, want, strict=True):
            check(inner, inner_want)
    else:
        assert got == want


def test_no_channel_of_the_recordings_is_without_one(captures: Path) -> None:
    kinds = ("rows", "book", "trades", "ticker")
    assert set(WRITTEN_OUT) == {line.channel for kind in kinds for line in of_kind(captures, kind)}
    assert set(ACCOUNTS) == {line.channel for line in of_kind(captures, "account")}
