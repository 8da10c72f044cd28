"""Rest and AsyncRest against the exchange on loopback: threads, asyncio, uvloop, life and death of a client."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import okx_fast
from okx_fast import AsyncRest, Credentials, Exchange, Rest, RestOptions, errors
from okx_fast.rest.models import OrderAck, Ticker
from tests.rest_calls import somebody
from tests.stub_okx import KEY, PASSPHRASE, SECRET, Peer, Request, Stub, well
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

INST = "BTC-USDT"
ORDER: dict[str, Any] = {
    "instId": INST,
    "tdMode": "cash",
    "side": "buy",
    "ordType": "limit",
    "px": "20000",
    "sz": "0.01",
}
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
NOT_LONG_S = 10.0


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def rest(exchange: Exchange) -> Iterator[Rest]:
    with Rest(exchange.site(), credentials=exchange.credentials()) as rest:
        yield rest


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


def client(stub: Stub, **options: Any) -> Rest:
    """A client of somebody else each time, so that no test waits for the limits of another."""
    credentials, address = somebody()
    return Rest(stub.site(), credentials=credentials, options=RestOptions(local_address=address, **options))


class TestSync:
    def test_sim_is_an_exchange_of_its_own_with_its_keys(self) -> None:
        with Rest("sim") as rest:
            assert rest.site.rest
            assert rest.site.rest.startswith("https://127.0.0.1")
            assert rest.trade.place_order(**ORDER).ok
            exchange = rest._link.exchange
            assert exchange
        assert not exchange.running

    def test_an_order_from_placing_to_cancelling(self, rest: Rest) -> None:
        ack = rest.trade.place_order(**ORDER, clOrdId="life1", tag="t")
        assert isinstance(ack, OrderAck)
        assert ack.ok
        assert ack.in_time_us is not None
        order = rest.trade.order(instId=INST, clOrdId="life1")
        assert (order.ord_id, order.state, order.tag) == (ack.ord_id, "live", "t")
        assert rest.trade.amend_order(instId=INST, ordId=ack.ord_id, newSz="0.02").ok
        assert ack.ord_id in [each.ord_id for each in rest.trade.orders_pending(instId=INST)]
        assert rest.trade.cancel_order(instId=INST, ordId=ack.ord_id).ok
        with pytest.raises(errors.OrderStateError) as caught:
            rest.trade.cancel_order(instId=INST, ordId=ack.ord_id)
        assert (caught.value.code, caught.value.top_code, caught.value.status) == ("51400", "1", 200)

    def test_a_batch_tells_of_each_item_in_the_order_it_was_sent(self, rest: Rest) -> None:
        good, bad = {**ORDER, "clOrdId": "batch1"}, {**ORDER, "clOrdId": "batch2", "sz": "99999"}
        first, second, third = rest.trade.place_batch_orders([good, bad, {**good, "clOrdId": "batch3"}])
        assert [first.ok, second.ok, third.ok] == [True, False, True]
        assert [each.cl_ord_id for each in (first, second, third)] == ["batch1", "batch2", "batch3"]
        assert second.s_code not in ("", "0")
        assert isinstance(second.error, errors.ApiError)
        assert first.error is None
        cancelled = rest.trade.cancel_batch_orders([{"instId": INST, "clOrdId": each} for each in ("batch1", "batch3")])
        assert all(each.ok for each in cancelled)

    def test_results_are_typed(self, rest: Rest) -> None:
        ticker = rest.market.ticker(instId=INST)
        assert isinstance(ticker, Ticker)
        assert ticker.last
        assert rest.account.config().acct_lv
        assert len(rest.market.candles(instId=INST, limit=5)) <= 5

    def test_request_reaches_any_path(self, rest: Rest) -> None:
        reply = rest.request("GET", "/api/v5/market/ticker", {"instId": INST})
        assert reply.data[0]["instId"] == INST
        assert (reply.status, reply.code) == (200, "0")
        assert INST.encode() in reply.raw
        assert 0 < reply.sent_ns <= reply.recv_ns
        with pytest.raises(errors.GatewayError) as caught:
            rest.request("GET", "/api/v5/not/there")
        assert caught.value.status == 404

    def test_request_signs_by_the_table_and_by_choice(self, stub: Stub) -> None:
        with client(stub) as rest:
            rest.request("GET", "/api/v5/market/tickers", {"instType": "SPOT"})
            assert "ok-access-sign" not in stub.requests[-1].headers
            rest.request("GET", "/api/v5/market/tickers", {"instType": "SPOT"}, signed=True)
            assert "ok-access-sign" in stub.requests[-1].headers
            rest.request("GET", "/api/v5/new/thing")
            assert "ok-access-sign" in stub.requests[-1].headers
            rest.request("POST", "/api/v5/new/thing", [{"a": 1}, {"b": None}])
            assert stub.requests[-1].json == [{"a": 1}, {}]

    def test_a_request_to_a_known_path_counts_in_its_bucket(self, stub: Stub) -> None:
        with client(stub) as rest:
            rest.request("POST", "/api/v5/trade/batch-orders", [ORDER, ORDER])
            (limit,) = [each for each in rest.stats()["limits"] if each["bucket"] == "trade.place_batch_orders"]
            assert (limit["key"], limit["used"], limit["count"]) == (INST, 2, 300)

    def test_when_says_how_long_a_limit_lasts_and_fail_does_not_wait(self, stub: Stub) -> None:
        with client(stub, limit_mode="fail") as rest:
            assert rest.when("trade.cancel_all_after", tag="w") == 0.0
            rest.trade.cancel_all_after(timeOut="0", tag="w")  # once a second for each tag
            assert 0 < rest.when("trade.cancel_all_after", tag="w") < 2
            assert rest.when("trade.cancel_all_after", tag="other") == 0.0
            with pytest.raises(errors.LimitError) as caught:
                rest.trade.cancel_all_after(timeOut="0", tag="w")
            assert 0 < caught.value.retry_in_s < 2
            assert len(stub.requests) == 1
            rest.trade.cancel_all_after(timeOut="0", tag="w", limit_mode="wait")
            assert len(stub.requests) == 2

    def test_prewarm_opens_connections_and_sends_nothing(self, stub: Stub) -> None:
        with client(stub) as rest:
            for wrong in (0, -1, 1.5, "1"):
                with pytest.raises(errors.ConfigError):
                    rest.prewarm(wrong)  # type: ignore[arg-type]
            assert rest.prewarm(3) == 3
            assert rest.stats()["connections_idle"] == 3
            assert stub.requests == []

    def test_the_clock_is_measured_when_asked_to(self, rest: Rest) -> None:
        assert abs(rest.sync_clock().offset_ms) < 1000
        assert rest.clock() is not None

    def test_what_happens_to_the_clock_is_logged(self, stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
        ahead_ms = 0

        def clock(peer: Peer, _: Request) -> None:
            peer.answer({"code": "0", "msg": "", "data": [{"ts": str(time.time_ns() // 1_000_000 + ahead_ms)}]})

        stub.behave = clock
        with client(stub) as rest:
            rest.sync_clock()
            assert caplog.text == ""
            ahead_ms = 30_500
            assert rest.sync_clock().offset_ms == pytest.approx(30_500, abs=400)
            assert "ahead of ours by 30" in caplog.text
            ahead_ms = 3_600_000
            with pytest.raises(errors.ConfigError):  # beyond max_clock_offset_s
                rest.sync_clock()

    def test_a_date_that_does_not_fit_the_clock_is_logged(self, stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
        stub.behave = lambda peer, _: peer.answer(
            {"code": "0", "msg": "", "data": []}, Date="Mon, 01 Jan 2024 00:00:00 GMT"
        )
        with client(stub) as rest:
            rest.market.tickers(instType="SPOT")
            rest.market.tickers(instType="SPOT")
        assert caplog.text.count("by Date of a reply") == 1

    def test_the_order_cap_is_read_from_okx(self, rest: Rest) -> None:
        row = rest.sync_order_cap()
        (cap,) = [limit for limit in rest.stats()["limits"] if limit["bucket"] == "order cap"]
        assert cap["count"] == int(row.acc_rate_limit or 1000)

    def test_the_key_is_audited(self, rest: Rest) -> None:
        audit = rest.audit_key()
        assert "read" in audit.permissions
        assert {warning.about for warning in audit.warnings}

    def test_pages_walk_through_a_list(self, rest: Rest) -> None:
        candles = list(rest.pages("market.history_candles", instId=INST, bar="1m", max_items=7, limit="3"))
        times = [candle.ts_ms for candle in candles]
        assert times == sorted(set(times), reverse=True)

    def test_threads_share_a_client(self, rest: Rest) -> None:
        with ThreadPoolExecutor(16) as pool:
            tickers = list(pool.map(lambda _: rest.market.ticker(instId=INST), range(16)))
        assert {ticker.inst_id for ticker in tickers} == {INST}

    def test_drift_tells_what_the_tables_do_not_know(self, stub: Stub) -> None:
        def strange(peer: Peer, _: Request) -> None:
            peer.answer({"code": "0", "msg": "", "data": [{"instId": INST, "last": "1", "newField": "secret-amount"}]})

        stub.behave = strange
        with client(stub) as rest:
            rest.market.ticker(instId=INST)
            (finding,) = rest.drift()
        assert (finding["kind"], finding["where"], finding["name"]) == ("field", "market.ticker", "newField")
        assert "secret-amount" not in str(finding)

    def test_drift_tells_of_codes_nobody_knows(self, stub: Stub) -> None:
        stub.behave = lambda peer, _: peer.answer({"code": "59999", "msg": "news", "data": []})
        with client(stub) as rest:
            with pytest.raises(errors.ApiError):
                rest.market.tickers(instType="SPOT")
            assert [(each["kind"], each["name"]) for each in rest.drift()] == [("code", "59999")]

    def test_a_write_that_was_taken_without_a_word_on_it_is_in_doubt(self, stub: Stub) -> None:
        stub.behave = lambda peer, _: peer.answer({"code": "0", "msg": "", "data": []})
        with client(stub) as rest:
            for call in (
                lambda: rest.trade.place_order(**ORDER),
                lambda: rest.trade.place_batch_orders([ORDER]),
                lambda: rest.trade.close_position(instId="BTC-USDT-SWAP", mgnMode="cross"),
            ):
                with pytest.raises(errors.OutcomeUnknownError) as caught:
                    call()
                assert caught.value.find
            with pytest.raises(errors.MalformedError):
                rest.market.ticker(instId=INST)


class TestCheckedOrders:
    def test_what_is_off_tick_lot_or_minimum_is_refused_before_sending(self, exchange: Exchange) -> None:
        options = RestOptions(check_orders=True)
        with Rest(exchange.site(), credentials=exchange.credentials(), options=options) as rest:
            with pytest.raises(errors.ConfigError, match="instruments"):
                rest.trade.place_order(**ORDER)
            assert rest.instruments.load("SPOT") > 0
            before = len(exchange.log())
            for wrong in ({"px": "20000.01234567"}, {"sz": "0.0100000001"}, {"sz": "0.0000000001"}):
                with pytest.raises(errors.ParameterError) as caught:
                    rest.trade.place_order(**{**ORDER, **wrong})
                assert caught.value.name in wrong
                with pytest.raises(errors.ParameterError):
                    rest.trade.place_batch_orders([ORDER, {**ORDER, **wrong}])
            assert len(exchange.log()) == before
            assert rest.trade.place_order(**ORDER, clOrdId="onTick").ok


class TestAsync:
    @LOOPS
    def test_a_loop_awaits_what_a_thread_calls(self, exchange: Exchange, loop: Any) -> None:
        async def main() -> None:
            async with AsyncRest(exchange.site(), credentials=exchange.credentials()) as rest:
                ack = await rest.trade.place_order(**ORDER)
                assert ack.ok
                assert (await rest.trade.order(instId=INST, ordId=ack.ord_id)).state == "live"
                assert (await rest.call("trade.cancel_order", instId=INST, ordId=ack.ord_id)).ok
                with pytest.raises(errors.OrderStateError):
                    await rest.trade.cancel_order(instId=INST, ordId=ack.ord_id)
                reply = await rest.request("GET", "/api/v5/market/ticker", {"instId": INST})
                assert reply.data[0]["instId"] == INST
                assert await rest.prewarm(2) >= 1
                assert abs((await rest.sync_clock()).offset_ms) < 1000
                assert (await rest.audit_key()).permissions
                await rest.sync_order_cap()
                assert await rest.instruments.load("SPOT") > 0
                assert rest.instruments[INST].inst_id == INST
                candles = [each async for each in rest.pages("market.candles", instId=INST, max_items=3)]
                assert len(candles) <= 3

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(main())

    @LOOPS
    def test_many_calls_at_once_come_back_each_to_its_own(self, stub: Stub, loop: Any) -> None:
        def echo(peer: Peer, request: Request) -> None:
            peer.answer({"code": "0", "msg": "", "data": [dict(request.pairs)]})

        stub.behave = echo

        async def main() -> None:
            with client(stub) as rest:
                asked = [f"COIN{number}-USDT" for number in range(64)]
                orders = await asyncio.gather(*(rest.aio.trade.order(instId=each, ordId="1") for each in asked))
                assert [order.inst_id for order in orders] == asked
                assert rest.stats()["dials"] <= 8

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(asyncio.wait_for(main(), 60))

    def test_aio_is_the_same_client(self, rest: Rest) -> None:
        assert rest.aio is rest.aio
        assert rest.aio._link is rest._link
        assert isinstance(rest.aio, AsyncRest)

    def test_one_client_serves_one_loop_after_another_and_two_at_a_time(self, rest: Rest) -> None:
        async def one() -> str:
            return str((await rest.aio.market.ticker(instId=INST)).inst_id)

        assert [asyncio.run(one()) for _ in range(2)] == [INST] * 2
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(lambda _: asyncio.run(one()), range(4))) == [INST] * 4

    def test_bad_parameters_raise_when_awaited(self, rest: Rest) -> None:
        async def main() -> None:
            call = rest.aio.trade.place_order(**{**ORDER, "sz": 0.1})
            with pytest.raises(errors.ParameterError):
                await call

        asyncio.run(main())

    @LOOPS
    def test_a_cancelled_write_that_may_have_left_says_so(
        self, stub: Stub, loop: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        arrived = threading.Event()

        def silent(peer: Peer, _: Request) -> None:
            arrived.set()
            peer.done.wait(NOT_LONG_S)

        stub.behave = silent

        async def main() -> None:
            with client(stub) as rest:
                task = asyncio.create_task(rest.aio.trade.place_order(**ORDER))
                await asyncio.to_thread(arrived.wait, NOT_LONG_S)
                task.cancel()
                with pytest.raises(asyncio.CancelledError) as caught:
                    await task
                assert any("outcome unknown" in note for note in caught.value.__notes__)

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(main())
        assert "outcome unknown" in caplog.text

    def test_a_call_cancelled_before_it_left_is_never_sent(self, stub: Stub) -> None:
        arrived = threading.Event()

        def silent(peer: Peer, request: Request) -> None:
            arrived.set()
            if not peer.done.wait(0.3):
                well(peer, request)

        stub.behave = silent

        async def main() -> None:
            with client(stub, connections=1) as rest:
                first = asyncio.create_task(rest.aio.trade.place_order(**ORDER))
                await asyncio.to_thread(arrived.wait, NOT_LONG_S)
                second = asyncio.create_task(rest.aio.trade.place_order(**ORDER))
                await asyncio.sleep(0)
                second.cancel()
                with pytest.raises(asyncio.CancelledError) as caught:
                    await second
                assert not getattr(caught.value, "__notes__", [])
                assert (await first).ok
                assert (await rest.aio.trade.place_order(**ORDER)).ok

        asyncio.run(main())
        assert len(stub.requests) == 2

    def test_a_coroutine_closed_before_its_call_left_takes_it_back(self, stub: Stub) -> None:
        """As happens to a task that its loop forgot."""
        arrived, go_on = threading.Event(), threading.Event()

        def held(peer: Peer, request: Request) -> None:
            arrived.set()
            go_on.wait(NOT_LONG_S)
            well(peer, request)

        stub.behave = held

        async def main() -> None:
            with client(stub, connections=1) as rest:
                first = asyncio.create_task(rest.aio.trade.place_order(**ORDER))
                await asyncio.to_thread(arrived.wait, NOT_LONG_S)
                forgotten = rest.aio.trade.place_order(**ORDER)
                forgotten.send(None)
                forgotten.close()
                go_on.set()
                assert (await first).ok
                assert (await rest.aio.trade.place_order(**ORDER)).ok

        asyncio.run(main())
        assert len(stub.requests) == 2

    def test_closing_ends_what_waits(self, stub: Stub) -> None:
        stub.behave = lambda peer, _: (peer.done.wait(NOT_LONG_S), None)[1]

        async def main() -> None:
            rest = client(stub)
            read = asyncio.create_task(rest.aio.market.tickers(instType="SPOT"))
            await until(lambda: stub.requests)  # it has left, and waits for its reply
            rest.close()
            with pytest.raises(errors.ClosedError):
                await asyncio.wait_for(read, NOT_LONG_S)

        asyncio.run(main())

    def test_closing_from_another_thread_ends_what_waits_too(self, stub: Stub) -> None:
        stub.behave = lambda peer, _: (peer.done.wait(NOT_LONG_S), None)[1]

        async def main() -> None:
            rest = client(stub)
            read = asyncio.create_task(rest.aio.market.tickers(instType="SPOT"))
            await asyncio.sleep(0)
            await asyncio.to_thread(rest.close)
            with pytest.raises(errors.ClosedError):
                await asyncio.wait_for(read, NOT_LONG_S)

        asyncio.run(main())


class TestLife:
    def test_a_closed_client_says_so(self, exchange: Exchange) -> None:
        rest = Rest(exchange.site())
        rest.market.ticker(instId=INST)
        rest.close()
        rest.close()
        with pytest.raises(errors.ClosedError):
            rest.market.ticker(instId=INST)

        async def main() -> None:
            with pytest.raises(errors.ClosedError):
                await rest.aio.market.ticker(instId=INST)

        asyncio.run(main())

    def test_a_site_without_rest_is_refused(self) -> None:
        with pytest.raises(errors.ConfigError, match="REST"):
            Rest(okx_fast.Site(name="half", ws_public="wss://example.com/ws/v5/public"))

    @pytest.mark.parametrize("site", ["live", "demo", "nowhere"])
    def test_an_unknown_site_is_refused_with_the_names_there_are(self, site: Any) -> None:
        with pytest.raises(errors.ConfigError, match="global"):
            Rest(site)

    def test_plain_http_is_for_loopback_only(self) -> None:
        with pytest.raises(errors.ConfigError):
            Rest(okx_fast.Site(name="plain", rest="http://example.com"))

    def test_credentials_may_come_from_a_function_asked_once(self, stub: Stub) -> None:
        asked: list[int] = []

        def vault() -> Credentials:
            asked.append(1)
            return Credentials(KEY, SECRET, PASSPHRASE)

        with Rest(stub.site(), credentials=vault) as rest:
            rest.asset.balances()
            rest.asset.balances()
        assert asked == [1]
        assert stub.requests[-1].headers["ok-access-key"] == KEY

    def test_demo_sites_say_so_in_a_header_keyless_calls_too(self, stub: Stub) -> None:
        with Rest(stub.site(demo=True)) as rest:
            rest.market.tickers(instType="SPOT")
        assert stub.requests[-1].headers["x-simulated-trading"] == "1"

    def test_the_language_is_asked_for(self, stub: Stub) -> None:
        with client(stub, language="zh-CN") as rest:
            rest.system.status()
        assert stub.requests[-1].headers["accept-language"] == "zh-CN"

    def test_it_shows_no_secret_and_cannot_be_pickled(self, stub: Stub) -> None:
        with Rest(stub.site(), credentials=Credentials("key-canary", "secret-canary", "pass-canary")) as rest:
            rest.asset.balances()
            shown = f"{rest!r} {rest.aio!r} {rest.trade!r} {rest._link!r} {rest.stats()} {rest.key_hint}"
            assert "canary" not in shown.replace("key-canary", "")
            assert "secret-canary" not in shown
            with pytest.raises(TypeError):
                pickle.dumps(rest)

    def test_a_dropped_client_is_collected(self, exchange: Exchange) -> None:
        import weakref

        rest = Rest(exchange.site())
        rest.market.ticker(instId=INST)
        gone = weakref.ref(rest._link)
        rest.close()
        del rest
        gc.collect()
        assert gone() is None

    def test_a_child_of_fork_is_told_to_make_its_own(self, exchange: Exchange) -> None:
        with Rest(exchange.site()) as rest:
            rest.market.ticker(instId=INST)
            pid = os.fork()
            if not pid:  # pragma: no cover  # the child
                try:
                    rest.market.ticker(instId=INST)
                except errors.ForkError:
                    os._exit(7)
                finally:
                    os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
            assert rest.market.ticker(instId=INST).inst_id == INST

    def test_ctrl_c_ends_a_call_that_waits(self, stub: Stub) -> None:
        def interrupt(peer: Peer, _: Request) -> None:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            peer.done.wait(NOT_LONG_S)

        stub.behave = interrupt
        with client(stub) as rest:
            with pytest.raises(KeyboardInterrupt):
                rest.market.tickers(instType="SPOT", timeout=NOT_LONG_S)
            with pytest.raises(KeyboardInterrupt) as caught:
                rest.trade.place_order(**ORDER, timeout=NOT_LONG_S)
        assert "outcome is unknown" in caught.value.__notes__[0]
