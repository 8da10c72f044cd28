"""`RestCore`'s limits and its clock."""

from __future__ import annotations

import json
import socket
import time

import pytest

from okx_fast import Credentials, Site, errors
from okx_fast.rest import Rest
from tests.core_stub import BALANCE, CANCEL, TIME_PATH, Request, call, core, refusal, reply, spec, stub


class TestLimits:
    def test_a_full_window_is_waited_for_or_refused_at_once(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=3, window_ms=200, bucket=77)
        with stub() as server, core(server.base) as rest:
            rest.set_credentials("limits-a", "s", "p")
            for _ in range(3):
                call(rest, what, key="BTC-USDT", wait=False)
            wait = rest.when(what, "BTC-USDT", 1)
            assert 0 < wait <= 0.22
            with pytest.raises(errors.LimitError) as caught:
                call(rest, what, key="BTC-USDT", wait=False)
            assert 0 < caught.value.retry_in_s <= wait
            with pytest.raises(errors.LimitError):
                call(rest, what, key="BTC-USDT", within=0.01)
            assert len(server.requests) == 3
            assert rest.when(what, "ETH-USDT", 3) == 0
            assert call(rest, what, key="BTC-USDT").waited_ns > 0
            assert len(server.requests) == 4

    def test_clients_of_one_key_share_its_limits_and_keys_of_a_batch_count_apart(self) -> None:
        what = spec("POST", "/api/v5/trade/batch-orders", count=4, window_ms=60000, bucket=78)
        with stub() as server, core(server.base) as one, core(server.base) as other:
            for rest in (one, other):
                rest.set_credentials("limits-b", "s", "p")
            call(one, what, b"[]", key=[("A", 3), ("B", 1)])
            assert other.when(what, "A", 1) == 0
            assert other.when(what, "A", 2) > 0
            assert other.when(what, [("B", 3), ("C", 4)], 0) == 0
            assert other.when(what, [("B", 3), ("A", 2)], 0) > 0

    def test_orders_count_toward_the_cap_of_the_account_and_cancels_do_not(self) -> None:
        order = spec("POST", "/api/v5/trade/order", capped=True)
        with stub() as server, core(server.base, order_cap=2) as rest:
            rest.set_credentials("limits-c", "s", "p")
            for inst_id in ("A", "B"):
                call(rest, order, b"{}", key=inst_id)
            assert rest.when(order, "C", 1) > 0
            assert rest.when(CANCEL, "C", 1) == 0
            rest.set_order_cap(3)
            assert rest.when(order, "C", 1) == 0

    def test_a_refusal_of_okx_closes_the_bucket_for_a_window(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=60, window_ms=2000, bucket=79, capped=True)
        for number, (code, closed) in enumerate([("50011", 79), ("50061", None)]):
            with stub(lambda _, code=code: refusal(code)) as server, core(server.base) as rest:
                rest.set_credentials(f"limits-d{number}", "s", "p")
                assert call(rest, what, b"{}", key="A").code == code
                assert 1.9 < rest.when(what, "A", 1) < 2.1
                assert [row["bucket"] for row in rest.stats()["limits"] if row["is_closed"]] == [closed]

    def test_a_refusal_found_in_an_item_counts_as_well(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=60, window_ms=2000, bucket=80)
        with stub() as server, core(server.base) as rest:
            rest.set_credentials("limits-e", "s", "p")
            rest.limit_refused(what, "A", 1, "50011")
            assert rest.when(what, "A", 1) > 1.9
            assert rest.when(what, "B", 1) == 0

    def test_an_item_of_a_batch_closes_its_own_instrument_and_no_other(self) -> None:
        items = [{"instId": name, "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "1"} for name in "AAB"]
        codes = ["0", "50011", "0"]
        rows = [{"ordId": "1", "clOrdId": "", "tag": "", "ts": "1", "sCode": code, "sMsg": ""} for code in codes]
        body = json.dumps({"code": "2", "msg": "", "data": rows}).encode()
        with stub(lambda _request: reply(body)) as server:
            site = Site(name="stub", rest=server.base)
            with Rest(site, credentials=Credentials("limits-item", "s", "p")) as rest:
                assert [ack.s_code for ack in rest.trade.place_batch_orders(items)] == codes
                assert rest.when("trade.place_batch_orders", [items[0]] * 2) > 1.9
                assert rest.when("trade.place_batch_orders", [items[2]] * 2) == 0

    def test_what_was_not_sent_gives_its_place_back(self) -> None:
        what = spec("POST", "/api/v5/trade/order", count=1, window_ms=60000, bucket=81)
        with socket.create_server(("127.0.0.1", 0)) as gone:
            base = f"http://127.0.0.1:{gone.getsockname()[1]}"
        with core(base) as rest:
            with pytest.raises(errors.NotSentError):
                call(rest, what, b"{}")
            assert rest.when(what, "", 1) == 0


class TestClock:
    def test_requests_are_stamped_with_okx_time(self) -> None:
        def answer(request: Request) -> bytes:
            if request.target != TIME_PATH:
                return reply()
            ahead = str(time.time_ns() // 10**6 + 60_000)
            return reply(json.dumps({"code": "0", "data": [{"ts": ahead}]}).encode())

        with stub(answer) as server, core(server.base) as rest:
            reading = rest.sync_clock(3, 5.0)
            assert abs(reading.offset_ms - 60_000) < 100
            assert reading.error_ms < 100
            call(rest, BALANCE)
            ours = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 60))
            assert server.requests[-1].headers["OK-ACCESS-TIMESTAMP"][:16] in {
                ours,
                time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 59)),
            }

    def test_a_clock_too_far_off_is_not_believed(self) -> None:
        late = reply(json.dumps({"code": "0", "data": [{"ts": str(time.time_ns() // 10**6 - 7_200_000)}]}).encode())
        with stub(lambda _: late) as server, core(server.base) as rest:
            with pytest.raises(errors.ConfigError, match="behind"):
                rest.sync_clock(1, 5.0)
            assert rest.clock() is None
