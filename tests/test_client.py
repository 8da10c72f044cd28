"""The client in pump mode, against the simulator: subscriptions, callbacks, and how it is run."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import ApiError, BookInvalidError, Client, ClosedError, ConfigError, Options, Sim, Site
from tests.waiting import BTC, ETH, Events, assert_contiguous, pump_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def sim() -> Iterator[Sim]:
    with Sim(rate=4000, instruments=2, checksum="real", messages=8000) as sim:
        yield sim


@pytest.fixture
def client(sim: Sim) -> Iterator[Client]:
    with Client(sim.site()) as client:
        yield client


def test_a_book_can_be_left_and_subscribed_again(client: Client) -> None:
    events = Events(client)
    for _ in range(3):
        updates: list[Any] = []
        book = client.subscribe_book(BTC, updates.append)
        assert (book.valid, book.state) == (False, "waiting for a snapshot")
        pump_until(client, lambda seen=updates: len(seen) > 20)
        assert_contiguous(updates)
        assert book.valid
        client.unsubscribe(book)
        client.unsubscribe(book)
        seen = len(updates)
        assert (book.valid, book.state) == (False, "subscription ended")
        with pytest.raises(BookInvalidError, match="subscription ended"):
            book.top()
        pump_until(client, lambda: "unsubscribed" in events.kinds)
        assert len(updates) == seen
        events.clear()


def test_the_same_book_twice_is_refused_and_other_channels_are_not(client: Client) -> None:
    client.subscribe_book(BTC)
    with pytest.raises(ConfigError, match="books BTC-USDT-SWAP: already subscribed"):
        client.subscribe_book(BTC)
    client.subscribe_book(BTC, channel="books5")
    client.subscribe_trades(BTC)
    with pytest.raises(ConfigError, match="already subscribed"):
        client.subscribe_trades(BTC)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.subscribe_book(BTC, channel="trades"), "expected a book channel, got 'trades', a trade channel"),
        (lambda c: c.subscribe_trades(BTC, channel="books"), "expected a trade channel"),
        (lambda c: c.subscribe_raw({"channel": "tickers", "instId": BTC}), "expected a raw channel"),
        (lambda c: c.subscribe_raw({"instId": BTC}), "expected a channel"),
        (lambda c: c.run(float("nan")), "got nan"),
        (lambda c: Client(c._site, options=Options(queue=1)), "queue: expected 64"),
        (lambda c: Client(c._site, options=Options(ping_after_s=0)), "ping_after_s: expected seconds above 0"),
        (lambda c: Client(c._site, options=Options(ping_after_s=3601)), "at most 3600, got 3601"),
        (lambda c: Client(c._site, options=Options(backoff_s=2, backoff_max_s=1)), "backoff_s: expected at most"),
        (lambda c: Client("production"), "'tr', 'sim' or a Site, got 'production'"),
        (lambda c: Client("live"), "got 'live'; where was the account opened? One of 'global', 'eea', 'us'"),
        (lambda c: Client("demo"), "One of 'global-demo', 'eea-demo', 'us-demo'"),
        (lambda c: Client("tr"), "'tr' has no known WebSocket"),
        (lambda c: Client(Site(ws_public="https://127.0.0.1/ws")), "https"),
        (lambda c: Client(Site(ws_public="wss://127.0.0.1/", ca_file="no-such-file.pem")), "no-such-file.pem"),
    ],
)
def test_what_cannot_work_is_refused_in_words(client: Client, sim: Sim, call: Any, message: str) -> None:
    client._site = sim.site()  # type: ignore[attr-defined]
    with pytest.raises(ConfigError) as raised:
        call(client)
    assert message.replace("'", "").lower() in str(raised.value).replace('"', "").replace("'", "").lower()
    client.subscribe_book(ETH)  # a refused call leaves nothing behind


def test_an_unknown_instrument_is_refused_with_okx_words_and_a_hint(client: Client) -> None:
    events = Events(client)
    book = client.subscribe_book("NO-SUCH")
    good = client.subscribe_book(BTC)
    pump_until(client, lambda: events.of("refused") and good.valid)
    (refused,) = events.of("refused")
    assert (refused.inst_id, refused.channel, refused.code) == ("NO-SUCH", "books", "60018")
    assert "NO-SUCH" in refused.msg
    assert "check both names" in refused.hint
    assert (book.valid, book.state) == (False, "subscription ended")
    client.subscribe_book("NO-SUCH")  # may be asked for again, when it is listed


def test_trades_of_both_kinds_come_typed_and_trades_all_from_the_other_socket(client: Client) -> None:
    events, trades, single = Events(client), [], []
    client.subscribe_trades(BTC, trades.append)
    client.subscribe_trades(BTC, single.append, channel="trades-all")
    pump_until(client, lambda: trades and single)
    assert events.kinds.count("connected") == client.stats()["connects"] == 2
    now = time.time_ns()
    for trade, channel in ((trades[0], "trades"), (single[0], "trades-all")):
        assert (trade.inst_id, trade.channel) == (BTC, channel)
        assert trade.side in {"buy", "sell"}
        assert trade.px.decimal > 0
        assert trade.sz.decimal > 0
        assert trade.trade_id > 0
        assert abs(trade.ts_ms * 1_000_000 - now) < 60e9
        assert 0 <= now - trade.recv_ns < 60e9
        assert 0 <= time.monotonic_ns() - trade.recv_mono_ns < 60e9
    assert trades[0].count >= 1
    assert (single[0].count, single[0].source) == (None, "0")


def test_a_channel_without_a_decoder_comes_as_bytes(sim: Sim, tmp_path: Any) -> None:
    frame = '{"arg":{"channel":"funding-rate","instId":"X"},"data":[{"fundingRate":"1e-7","new":{"a":[null]}}]}'
    path = tmp_path / "r.jsonl"
    path.write_text(frame + "\n")
    with Sim(recording=path, speed="full") as recorded, Client(recorded.site()) as client:
        messages: list[Any] = []
        subscription = client.subscribe_raw({"channel": "funding-rate", "instId": "X"}, messages.append)
        pump_until(client, lambda: messages)
        assert json.loads(messages[0].data) == json.loads(frame)
        assert (messages[0].channel, messages[0].inst_id) == ("funding-rate", "X")
        assert repr(subscription) == "Subscription(funding-rate X)"
        assert client.stats()["channels"] == {}
        assert client.stats()["messages"] == 1


def test_a_conflated_book_calls_less_often_and_ends_at_the_same_state() -> None:
    with Sim(speed="full", limit=20_000, instruments=1, channels=["books"]) as sim, Client(sim.site()) as client:
        calls: list[Any] = []
        book = client.subscribe_book(BTC, calls.append, conflate=True)
        pump_until(client, lambda: client.stats()["messages"] == 20_000)
        assert 1 < len(calls) < 10_000
        assert (calls[-1].seq_id, calls[-1].best_bid) == (book.seq_id, book.best_bid)
        assert client.stats()["updates_verified"] == 19_999
        assert client.stats()["events"] - len(calls) < 10
        seq_ids = [update.seq_id for update in calls]
        assert seq_ids == sorted(set(seq_ids))


def test_poll_and_run_keep_their_time(client: Client) -> None:
    for call, least, most in (
        (client.poll, 0, 0.5),
        (lambda: client.poll(-1), 0, 0.5),
        (lambda: client.run(-1), 0, 0.5),
        (lambda: client.run(0.2), 0.2, 0.7),
        (lambda: client.poll(0.2), 0.2, 0.7),
    ):
        start = time.monotonic()
        assert call() == 0
        assert least <= time.monotonic() - start < most
    trades: list[Any] = []
    client.on_event(None)
    client.subscribe_trades(BTC, trades.append)
    assert client.poll(5) > 0
    start, before = time.monotonic(), len(trades)
    assert client.run(0.3) == len(trades) - before > 0
    assert 0.3 <= time.monotonic() - start < 0.8


def test_stop_in_a_callback_ends_the_run_and_loses_nothing(client: Client) -> None:
    updates: list[Any] = []

    def stop_often(update: Any) -> None:
        updates.append(update)
        if len(updates) % 10 == 0:
            client.stop()

    client.subscribe_book(BTC, stop_often)
    for turn in range(1, 31):
        client.run(10)
        assert len(updates) == turn * 10
    assert_contiguous(updates)


def test_stop_ends_a_run_from_another_thread(client: Client) -> None:
    client.subscribe_trades(BTC)
    timer = threading.Timer(0.1, client.stop)
    timer.start()
    start = time.monotonic()
    client.run(20)
    timer.join()
    assert time.monotonic() - start < 2


def test_callbacks_come_in_the_order_of_arrival(client: Client) -> None:
    order: list[tuple[str, int]] = []
    client.subscribe_book(BTC, lambda update: order.append(("book", update.recv_mono_ns)))
    client.subscribe_trades(BTC, lambda trade: order.append(("trade", trade.recv_mono_ns)))
    client.subscribe_ticker(BTC, lambda ticker: order.append(("ticker", ticker.recv_mono_ns)))
    pump_until(client, lambda: len(order) > 1000)
    stamps = [stamp for _, stamp in order]
    assert stamps == sorted(stamps)
    assert {name for name, _ in order} == {"book", "trade", "ticker"}


def test_the_book_in_a_callback_is_that_of_the_event(client: Client) -> None:
    seen: list[bool] = []
    book = client.subscribe_book(
        BTC, lambda update: seen.append((update.seq_id, update.best_bid) == (book.seq_id, book.best_bid))
    )
    pump_until(client, lambda: len(seen) > 500)
    assert all(seen)


def test_subscribing_from_a_callback_works_and_running_does_not(client: Client) -> None:
    errors: list[str] = []
    others: list[Any] = []

    def on_update(update: Any) -> None:
        if errors:
            return
        for call in (client.poll, client.run):
            with pytest.raises(ConfigError) as raised:
                call()
            errors.append(str(raised.value))
        client.subscribe_trades(ETH, others.append, channel="trades-all")
        client.unsubscribe(update.book)

    book = client.subscribe_book(BTC, on_update)
    pump_until(client, lambda: others)
    assert errors == ["run() and poll() cannot be called while the client is already run"] * 2
    assert not book.valid


def test_a_raising_callback_is_reported_and_the_feed_goes_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[BaseException, object]] = []
    trades: list[Any] = []

    def broken(trade: Any) -> None:
        trades.append(trade)
        raise ValueError(f"number {len(trades)}")

    client.subscribe_trades(BTC, broken)
    client.on_error(lambda error, event: told.append((error, event)))
    pump_until(client, lambda: len(trades) >= 3)
    assert [str(error) for error, _ in told[:3]] == ["number 1", "number 2", "number 3"]
    assert [event for _, event in told] == trades
    assert client.stats()["callback_errors"] == len(trades)
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: unraisable.append((args.exc_type, args.object)))
    client.on_error(None)
    pump_until(client, lambda: unraisable)
    assert unraisable[0] == (ValueError, trades[len(told)])


def test_an_error_handler_that_raises_does_not_end_the_feed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: unraisable.append(args.exc_type))
    client.on_error(lambda error, event: 1 / 0)
    client.subscribe_trades(BTC, lambda trade: trade.no_such_field)
    pump_until(client, lambda: len(unraisable) > 2)
    assert set(unraisable) == {ZeroDivisionError}


def test_events_tell_the_story_and_stats_count_it(client: Client) -> None:
    events = Events(client)
    book = client.subscribe_book(BTC)
    pump_until(client, lambda: book.valid)
    pending = client.resync(book)
    pump_until(client, lambda: pending.done)
    assert (pending.ok, book.valid) == (True, True)
    assert events.kinds == ["connected", "subscribed", "subscribed", "resynced"]
    assert [(event.cause, event.from_ns < event.to_ns) for event in events.of("blind")] == [("asked for", True)]
    stats = client.stats()
    documented = (
        "messages channels updates_verified snapshots keepalives resets checksums_ok checksums_bad gaps resyncs "
    )
    documented += (
        "bridged skipped connects reads control unrouted not_okx events events_waiting callback_errors latency_us "
    )
    documented += (
        "late loop_late_us recording blind recovered unfillable stale known ahead replaced lag_us stages connections"
    )
    assert set(stats) == set(documented.split())
    assert set(stats["latency_us"]) == {"p50", "p99", "p99.9", "count"}
    assert stats["channels"]["books"] == {"messages": stats["messages"], "fallbacks": 0, "malformed": 0}
    assert (stats["connects"], stats["snapshots"], stats["events"]) == (1, 2, len(events))
    assert stats["checksums_ok"] == stats["messages"] == stats["updates_verified"] + 2


def test_closing_twice_is_harmless_and_everything_afterwards_is_refused(sim: Sim) -> None:
    client = Client(sim.site())
    trades: list[Any] = []
    book = client.subscribe_book(BTC)
    subscription = client.subscribe_trades(BTC, trades.append)
    pump_until(client, lambda: trades and book.valid)
    client.close()
    client.close()
    for call in (
        lambda: client.subscribe_book(ETH),
        lambda: client.unsubscribe(subscription),
        client.poll,
        client.run,
        client.reconnect,
    ):
        with pytest.raises(ClosedError):
            call()
    assert not book.valid
    with pytest.raises(BookInvalidError):
        book.top()
    assert client.stats()["messages"] > 0


def test_closing_in_a_callback_ends_the_run(sim: Sim) -> None:
    client = Client(sim.site())
    seen: list[Any] = []
    client.subscribe_trades(BTC, lambda trade: (seen.append(trade), client.close()))
    client.run(10)
    assert len(seen) == 1
    with pytest.raises(ClosedError):
        client.poll()


def test_plain_text_to_another_machine_is_refused_before_anything_is_sent() -> None:
    for url in ("ws://ws.okx.com/ws/v5/public", "ws://192.0.2.1:80/", "ws://127.0.0.1.example.com/"):
        with pytest.raises(ConfigError, match=r"ws://|loopback"):
            Client(Site(ws_public=url))


def test_a_stop_between_two_runs_ends_the_next_one_at_once(client: Client) -> None:
    client.subscribe_trades(BTC)
    for _ in range(50):
        client.stop()
        assert client.run() == 0  # it would go on for ever
    assert client.stats()["connects"] == 0
    pump_until(client, lambda: client.stats()["channels"])  # it counted for that one only


def test_poll_ends_with_data_that_nobody_listens_to(client: Client) -> None:
    client.on_event(None)
    book = client.subscribe_book(BTC)
    start = time.monotonic()
    while not book.valid:
        assert client.poll(10) == 0
    assert time.monotonic() - start < 5


def test_running_or_closing_another_client_in_a_callback_harms_neither(client: Client, sim: Sim) -> None:
    other = Client(sim.site())
    other_book = other.subscribe_book(BTC)
    pump_until(other, lambda: other_book.valid)
    told: list[str] = []

    def on_update(update: Any) -> None:
        if told:
            return
        for call in (other.run, other.poll):
            with pytest.raises(ConfigError) as raised:
                call()
            told.append(str(raised.value))
        other.close()

    updates: list[Any] = []
    client.subscribe_trades(ETH, updates.append)
    book = client.subscribe_book(BTC, on_update)
    pump_until(client, lambda: told and len(updates) > 50)
    assert told == ["run() and poll() cannot be called from a callback of another client"] * 2
    assert book.valid
    assert not other_book.valid


def test_a_defect_of_ours_ends_the_run_and_leaves_no_book_readable(client: Client) -> None:
    book = client.subscribe_book(BTC)
    pump_until(client, lambda: book.valid)
    client.on_error(lambda error, event: None)
    trades: list[Any] = []
    client.subscribe_trades(BTC, lambda trade: (trades.append(trade), 1 / 0))
    pump_until(client, lambda: trades)
    panics = [kind for kind in BaseException.__subclasses__() if kind.__name__ == "PanicException"]

    def broken(trade: Any) -> None:
        for kind in panics:
            raise kind("a panic that comes by way of Python")

    client.subscribe_trades(ETH, broken)
    with pytest.raises(RuntimeError, match="its books stay invalid"):
        client.run(10)
    assert (book.valid, book.state) == (False, "disconnected")
    assert client.poll(0.01) == 0  # the client itself can still be asked and closed


@pytest.mark.parametrize("by_way_of", ["callback", "on_error"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_ends_the_run_before_another_callback(
    tmp_path: Any, by_way_of: str, kind: type[BaseException]
) -> None:
    trade = {"instId": "X", "px": "1", "sz": "1", "side": "buy", "ts": "1", "count": "1"}
    push = {"arg": {"channel": "trades", "instId": "X"}, "data": [trade | {"tradeId": "1"}, trade | {"tradeId": "2"}]}
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(push, separators=(",", ":")) + "\n")

    def leave(*args: Any) -> None:
        raise kind

    def on_trade(trade: Any) -> None:
        seen.append(trade.trade_id)
        if by_way_of == "callback":
            leave()
        raise ValueError

    with Sim(recording=path, speed="full") as recorded, Client(recorded.site()) as client:
        seen: list[int] = []
        client.on_error(leave)
        client.subscribe_trades("X", on_trade)
        with pytest.raises(kind):
            client.run(10)
        assert seen == [1]


def test_threads_that_subscribe_at_once_get_what_they_asked_for(client: Client) -> None:
    channels = ["books", "books5", "bbo-tbt"]
    got: dict[str, Any] = {}

    def subscribe(inst_id: str, channel: str) -> None:
        got[f"{channel} {inst_id}"] = client.subscribe_book(inst_id, channel=channel)

    threads = [threading.Thread(target=subscribe, args=(i, c)) for i in (BTC, ETH) for c in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pump_until(client, lambda: all(book.valid for book in got.values()))
    assert {f"{book.channel} {book.inst_id}" for book in got.values()} == set(got)
    assert all(len(book.top(1)[0]) == 1 for book in got.values())


def test_an_event_that_says_no_is_an_error_without_a_code_too(client: Client) -> None:
    events = Events(client)
    client.subscribe_book("NO-SUCH")
    pump_until(client, lambda: events.of("refused"))
    (refused,) = events.of("refused")
    assert isinstance(refused.error, ApiError)
    assert refused.error.code == refused.code
    assert 0 <= time.monotonic_ns() - refused.recv_mono_ns < 60e9
