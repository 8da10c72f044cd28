"""What a reply of OKX, or of whatever stands in front of it, becomes: data, or the exception that says what to do.

Source: OKX API v5, Overview › REST; Error Code. Codes: ../shared/okx-v5/error-codes.csv, read in place where it is.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okx_fast import errors
from okx_fast.rest import codes, doubt, drift, models, reply, table
from okx_fast.rest import plan as plans
from tools import codes as tool

CATALOGUE = Path(
    os.environ.get("OKX_FAST_CODES") or Path(__file__).resolve().parents[2] / "shared/okx-v5/error-codes.csv"
)
ORDER = "POST /api/v5/trade/order"
TICKER = "GET /api/v5/market/ticker"


def answer(body: Any, status: int = 200) -> Any:
    """A reply as Rust hands it over."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return SimpleNamespace(status=status, body=data, code=None, request_id="trace-1", sent_ns=1, recv_ns=2)


def data(body: Any, status: int = 200, *, write: bool = False, batch: bool = False) -> Any:
    raw = answer(body, status)
    endpoint = ORDER if write else TICKER
    return reply.data_of(reply.read(raw, endpoint, write=write), raw, endpoint, write=write, batch=batch)


def failure(body: Any, status: int = 200, *, write: bool = False, batch: bool = False) -> Any:
    with pytest.raises(errors.OkxFastError) as caught:
        data(body, status, write=write, batch=batch)
    return caught.value


def refused_item(s_code: str, **fields: str) -> dict[str, Any]:
    return {"code": "1", "msg": "All operations failed", "data": [{"ordId": "", "sCode": s_code, **fields}]}


class TestTable:
    def test_it_has_every_code_of_the_catalogue_and_no_other(self) -> None:
        if not CATALOGUE.is_file():
            pytest.skip(f"no catalogue at {CATALOGUE}: set OKX_FAST_CODES to a newer one")
        assert tool.diff(tool.ours(), tool.theirs(CATALOGUE)) == []

    def test_the_tool_tells_what_a_newer_catalogue_changes(self) -> None:
        old = {"1": ("generic", "no"), "2": ("partial", "no"), "3": ("param", "no")}
        new = {"1": ("generic", "no"), "3": ("param", "yes"), "4": ("size", "no")}
        assert tool.diff(old, new) == ["- 2 partial no", "~ 3 param no -> param yes", "+ 4 size no"]

    def test_the_file_is_as_the_tool_writes_it(self) -> None:
        assert tool.CODES.read_text() == tool.text(tool.ours())

    @pytest.mark.parametrize(
        ("code", "error", "retry"),
        [
            ("50004", errors.SystemBusyError, "unknown-state"),
            ("50011", errors.RateLimitError, "after-wait"),
            ("50061", errors.RateLimitError, "after-wait"),
            ("50101", errors.AuthError, "no"),
            ("50102", errors.ClockError, "yes"),
            ("50110", errors.AuthError, "no"),
            ("50119", errors.AuthError, "no"),
            ("50120", errors.PermissionDeniedError, "no"),
            ("51000", errors.ParameterRefusedError, "no"),
            ("51001", errors.InstrumentError, "no"),
            ("51006", errors.PriceError, "no"),
            ("51008", errors.BalanceError, "no"),
            ("51020", errors.SizeError, "no"),
            ("51149", errors.SystemBusyError, "unknown-state"),
            ("51400", errors.OrderStateError, "no"),
            ("51603", errors.OrderStateError, "no"),
            ("58124", errors.TransferError, "unknown-state"),
        ],
    )
    def test_a_code_is_classed_by_what_it_is_about(self, code: str, error: type, retry: str) -> None:
        assert codes.find(code)[1:3] == (retry, error)

    def test_every_category_has_a_class_and_every_class_a_code(self) -> None:
        found = {code.error for code in codes.load().values()}
        assert {code.category for code in codes.load().values()} == set(codes.CATEGORIES)
        assert found == {errors.ApiError, *errors.ApiError.__subclasses__()}

    def test_a_sub_code_has_a_say_of_its_own_where_the_table_knows_it(self) -> None:
        pair = next(code for code in codes.load() if "_" in code)
        code, sub_code = pair.split("_")
        assert codes.find(code, sub_code) == codes.load()[pair]
        assert codes.find(code, "nobody knows") == codes.load()[code]

    def test_a_code_nobody_knows_is_an_api_error(self) -> None:
        assert codes.find("99999") == ("", "no", errors.ApiError, False)

    def test_hints_are_for_codes_that_exist_and_name_methods_that_exist(self) -> None:
        assert set(codes.HINTS) <= set(codes.load())
        assert len(codes.HINTS) >= 60
        spaces = {row.namespace for row in table.load()}
        for code, hint in codes.HINTS.items():
            for word in re.findall(r"\w+\.\w+", hint):
                assert word.partition(".")[0] not in spaces or table.by_name(word), (code, word)


class TestRefusals:
    def test_the_code_of_the_whole_gives_class_hint_and_retry(self) -> None:
        error = failure({"code": "50011", "msg": "Too Many Requests"}, 429)
        assert type(error) is errors.RateLimitError
        assert (error.code, error.top_code, error.s_code, error.sub_code) == ("50011", "50011", None, None)
        assert (error.status, error.endpoint, error.request_id) == (429, TICKER, "trace-1")
        assert error.retry == "after-wait"
        assert error.hint == codes.HINTS["50011"]

    def test_an_items_s_code_is_the_truth_not_code_1(self) -> None:
        error = failure(refused_item("51008", sMsg="Order failed.", subCode="1000"), write=True)
        assert type(error) is errors.BalanceError
        assert (error.code, error.s_code, error.sub_code, error.top_code) == ("51008", "51008", "1000", "1")
        assert str(error).startswith(f"{ORDER}: OKX 51008 (1000): Order failed. (")

    def test_an_items_s_code_is_the_truth_even_under_code_0(self) -> None:
        body = {"code": "0", "msg": "", "data": [{"sCode": "51400", "sMsg": "gone"}]}
        assert type(failure(body, write=True)) is errors.OrderStateError

    def test_a_reply_without_data_says_what_its_code_says(self) -> None:
        error = failure({"msg": "Invalid OK-ACCESS-KEY", "code": "50111"}, 401)
        assert type(error) is errors.AuthError
        assert error.msg == "Invalid OK-ACCESS-KEY"

    def test_the_code_decides_not_the_status(self) -> None:
        for status in (200, 401):  # 50119 is documented with 200 and seen with 401
            assert type(failure({"code": "50119", "msg": ""}, status)) is errors.AuthError

    def test_what_okx_says_stays_on_one_line_and_moves_no_cursor(self) -> None:
        error = failure({"code": "51000", "msg": "\x1b[2Jgone\r\nINFO all is well", "data": []})
        assert str(error).startswith(f"{TICKER}: OKX 51000:  [2Jgone  INFO all is well (")
        assert error.msg == "\x1b[2Jgone\r\nINFO all is well"
        doubt = failure({"code": "50004", "msg": "a\nb", "data": []}, write=True)
        assert "a b" in str(doubt)

    def test_an_unknown_code_is_an_api_error_with_what_okx_said(self) -> None:
        error = failure({"code": "59999", "msg": "news"})
        assert type(error) is errors.ApiError
        assert (error.code, error.msg, error.retry) == ("59999", "news", "no")

    def test_outcomes_has_integer_codes_and_a_message(self) -> None:
        raw = answer({"code": 100017, "message": "nonce expired", "data": None})
        endpoint = "POST /api/v5/predictions/orders"
        with pytest.raises(errors.ApiError) as caught:
            reply.data_of(reply.read(raw, endpoint, write=True), raw, endpoint, write=True, batch=False)
        assert (caught.value.code, caught.value.msg, caught.value.retry) == ("100017", "nonce expired", "yes")


class TestBatches:
    ROWS: list[dict[str, str]] = [  # noqa: RUF012  # read only
        {"ordId": "1", "clOrdId": "a", "sCode": "0", "sMsg": ""},
        {"ordId": "", "clOrdId": "b", "sCode": "51008", "sMsg": "no funds"},
    ]

    @pytest.mark.parametrize("code", ["0", "1", "2"])
    def test_code_1_and_2_never_raise_away_the_items(self, code: str) -> None:
        assert data({"code": code, "msg": "", "data": self.ROWS}, write=True, batch=True) == self.ROWS

    def test_a_refusal_of_the_whole_batch_raises(self) -> None:
        error = failure({"code": "50011", "msg": "Too Many Requests", "data": []}, write=True, batch=True)
        assert type(error) is errors.RateLimitError

    def test_code_1_without_items_raises(self) -> None:
        error = failure({"code": "1", "msg": "All operations failed", "data": []}, write=True, batch=True)
        assert type(error) is errors.ApiError

    def test_code_2_without_items_leaves_a_write_in_doubt(self) -> None:
        """Some of them were done, and nothing says which."""
        assert type(failure({"code": "2", "msg": "", "data": []}, write=True, batch=True)) is errors.OutcomeUnknownError

    def test_items_count_even_if_the_first_has_no_s_code(self) -> None:
        rows = [{"ordId": "1"}, {"ordId": "2", "sCode": "0"}]
        assert data({"code": "2", "msg": "", "data": rows}, write=True, batch=True) == rows

    def test_an_empty_s_code_does_not_hide_code_1(self) -> None:
        body = {"code": "1", "msg": "failed", "data": [{"ordId": "", "sCode": ""}]}
        for batch in (False, True):
            assert failure(body, write=True, batch=batch).code == "1"

    def test_a_numeric_s_code_means_what_its_text_does(self) -> None:
        rows = [{"ordId": "1", "sCode": 0}]
        assert data({"code": 0, "data": rows}, write=True) == rows
        assert models.OrderAck(rows[0]).ok
        assert models.OrderAck(rows[0]).error is None
        assert failure({"code": 1, "data": [{"sCode": 51008}]}, write=True).s_code == "51008"

    def test_items_come_back_in_the_order_they_were_sent(self) -> None:
        sent = [{"clOrdId": "b"}, {"clOrdId": "a"}]
        assert reply.in_order(sent, self.ROWS) == [self.ROWS[1], self.ROWS[0]]

    def test_items_are_found_by_ord_id_where_no_cl_ord_id_was_given(self) -> None:
        rows = [{"ordId": "2", "clOrdId": ""}, {"ordId": "1", "clOrdId": ""}]
        assert reply.in_order([{"ordId": "1"}, {"ordId": "2"}], rows) == rows[::-1]

    def test_an_item_without_an_id_in_its_row_takes_the_place_that_is_left(self) -> None:
        """So that one odd row does not hide what became of the others."""
        rows = [{"clOrdId": "c"}, {"clOrdId": "", "sCode": "51000"}, {"clOrdId": "a"}]
        sent = [{"clOrdId": each} for each in "abc"]
        assert reply.in_order(sent, rows) == [rows[2], rows[1], rows[0]]

    def test_items_with_the_same_id_keep_their_order(self) -> None:
        rows = [{"ordId": "1", "sCode": "0"}, {"ordId": "1", "sCode": "51410"}]
        assert reply.in_order([{"ordId": "1"}, {"ordId": "1"}], rows) == rows

    @pytest.mark.parametrize(
        "sent",
        [
            [{"instId": "BTC-USDT"}, {"instId": "BTC-USDT"}],  # no ids
            [{"clOrdId": "a"}, {"instId": "BTC-USDT"}],  # some have none
            [{"clOrdId": "a"}, {"clOrdId": "z"}],  # OKX does not echo it
        ],
    )
    def test_items_without_ids_to_tell_stay_as_they_came(self, sent: list[dict[str, str]]) -> None:
        assert reply.in_order(sent, self.ROWS) == self.ROWS


class TestItems:
    def test_an_item_has_the_error_it_would_have_raised_alone(self) -> None:
        item = {"sCode": "51008", "sMsg": "no funds", "subCode": "1000"}
        error = models.OrderAck(item).error
        assert type(error) is errors.BalanceError
        assert (error.code, error.sub_code, error.msg, error.retry) == ("51008", "1000", "no funds", "no")

    def test_an_item_that_timed_out_inside_okx_is_in_doubt(self) -> None:
        for code in ("51149", "50001"):
            error = models.OrderAck({"sCode": code, "sMsg": "timeout"}).error
            assert type(error) is errors.OutcomeUnknownError
            assert error.code == code

    def test_an_item_okx_took_has_none(self) -> None:
        assert models.OrderAck({"sCode": "0"}).error is None


# What may come in place of a reply, with its HTTP status.
FOREIGN = [
    (b"<html><title>403 Forbidden</title>", 403),
    (b"<html>502 Bad Gateway</html>", 502),
    (b"", 200),
    (b"", 503),
    (b'{"code":"0","data":[{"ordId":"12', 200),
    (b"[]", 200),
    (b'"0"', 200),
    (b"{}", 200),
    (b'{"msg":"no code"}', 200),
    (b'{"code":null}', 200),
    (b'{"code":""}', 200),
    (b'{"code":true}', 200),
    (b'{"code":404,"data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}', 404),
    (b'{"code":500,"msg":"oops"}', 500),
    (b"\xff\xfe", 200),
    (b"Too many requests", 429),
]


class TestForeignReplies:
    @pytest.mark.parametrize(("body", "status"), FOREIGN)
    def test_a_read_raises_a_gateway_error_with_status_and_first_bytes(self, body: bytes, status: int) -> None:
        error = failure(body, status)
        assert type(error) is errors.GatewayError
        assert (error.status, error.body, error.request_id) == (status, body[:200], "trace-1")

    @pytest.mark.parametrize(("body", "status"), FOREIGN)
    def test_a_write_is_in_doubt_unless_the_status_says_it_was_turned_away(self, body: bytes, status: int) -> None:
        error = failure(body, status, write=True)
        if 300 <= status < 500:
            assert type(error) is errors.GatewayError
        else:
            assert type(error) is errors.OutcomeUnknownError
            assert (error.status, error.request_id, error.retry) == (status, "trace-1", "unknown-state")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b'{"code":"50004","msg":"Endpoint req', 400),  # 50004 comes with HTTP 400
            (b"<html>Request Timeout</html>", 408),
            (b"", 499),
            (b'{"code":503,"msg":"oops"}', 200),
            (b'{"code":"504","msg":"oops"}', 200),
        ],
    )
    def test_a_write_that_may_have_been_passed_on_is_in_doubt(self, body: bytes, status: int) -> None:
        assert type(failure(body, status, write=True)) is errors.OutcomeUnknownError

    @pytest.mark.parametrize(
        ("status", "retry"), [(200, "yes"), (403, "no"), (404, "no"), (429, "after-wait"), (502, "after-wait")]
    )
    def test_the_status_says_whether_to_try_again(self, status: int, retry: str) -> None:
        assert failure(b"", status).retry == retry

    def test_a_long_page_is_cut_to_its_start(self) -> None:
        assert len(failure(b"<html>" + b"x" * 10_000, 502).body) == 200


class TestUnknownState:
    @pytest.mark.parametrize("code", [code for code, known in codes.load().items() if known.retry == "unknown-state"])
    def test_such_a_code_leaves_a_write_in_doubt(self, code: str) -> None:
        error = failure({"code": code, "msg": "?"}, write=True)
        assert type(error) is errors.OutcomeUnknownError
        assert error.code == code

    @pytest.mark.parametrize("code", ["51149", "51412"])
    def test_as_an_items_s_code_too(self, code: str) -> None:
        error = failure(refused_item(code), write=True)
        assert type(error) is errors.OutcomeUnknownError
        assert error.code == code

    def test_a_read_may_simply_be_made_again(self) -> None:
        error = failure({"code": "50004", "msg": "timeout"}, 400)
        assert type(error) is errors.SystemBusyError
        assert error.retry == "yes"

    def test_unavailable_leaves_a_write_in_doubt_since_nobody_says_it_does_not(self) -> None:
        assert type(failure({"code": "50001", "msg": ""}, 503, write=True)) is errors.OutcomeUnknownError
        assert type(failure({"code": "50001", "msg": ""}, 503)) is errors.MaintenanceError

    def test_a_5xx_with_a_code_nobody_knows_leaves_a_write_in_doubt(self) -> None:
        assert type(failure({"code": "59999", "msg": ""}, 500, write=True)) is errors.OutcomeUnknownError
        assert type(failure({"code": "59999", "msg": ""}, 400, write=True)) is errors.ApiError


class TestFindingOut:
    def enriched(self, name: str, sent: Any, exp_time: int | None = None) -> errors.OutcomeUnknownError:
        error = errors.OutcomeUnknownError(ORDER, "reset")
        return doubt.enrich(error, name, sent, called_at_ms=1_700_000_000_000, exp_time=exp_time)

    def test_an_order_is_asked_for_by_its_cl_ord_id(self) -> None:
        sent = {"instId": "BTC-USDT", "clOrdId": "a1", "sz": "1"}
        error = self.enriched("trade.place_order", sent)
        assert error.find == [("trade.order", {"instId": "BTC-USDT", "clOrdId": "a1"})]
        assert (error.params, error.cl_ord_id, error.ord_id) == (sent, "a1", None)
        assert error.called_at_ms == 1_700_000_000_000
        assert "trade.order(instId='BTC-USDT', clOrdId='a1')" in str(error)
        assert "do not resend" in str(error)

    def test_an_order_without_an_id_is_looked_for_among_the_pending(self) -> None:
        error = self.enriched("trade.place_order", {"instId": "BTC-USDT", "sz": "1"})
        assert error.find == [("trade.orders_pending", {"instId": "BTC-USDT"})]

    def test_a_cancel_is_asked_for_by_the_order_it_named(self) -> None:
        error = self.enriched("trade.cancel_order", {"instId": "BTC-USDT", "ordId": "12", "clOrdId": "a"})
        assert error.find == [("trade.order", {"instId": "BTC-USDT", "ordId": "12"})]
        assert error.ord_id == "12"

    def test_each_order_of_a_batch_has_its_question(self) -> None:
        sent = [{"instId": "BTC-USDT", "clOrdId": "a"}, {"instId": "ETH-USDT", "clOrdId": "b"}]
        error = self.enriched("trade.place_batch_orders", sent)
        assert [params["clOrdId"] for _, params in error.find] == ["a", "b"]
        assert error.params == sent

    def test_exp_time_says_when_it_can_no_longer_be_taken(self) -> None:
        error = self.enriched("trade.place_order", {"instId": "X", "clOrdId": "a"}, 1_700_000_000_500)
        assert error.exp_time == 1_700_000_000_500
        assert "expTime 1700000000500" in str(error)

    def test_a_call_without_a_question_of_its_own_says_so_in_words(self) -> None:
        error = self.enriched("account.set_leverage", {"instId": "X", "lever": "5"})
        assert error.find == []
        assert "read the state it would have changed" in str(error)

    def test_secrets_among_the_parameters_do_not_show(self) -> None:
        error = self.enriched("users.create_subaccount_apikey", {"label": "a", "passphrase": "canary", "pwd": "canary"})
        assert "canary" not in f"{error!r} {error} {vars(error)}"

    @pytest.mark.parametrize("wrap", [lambda item: {"a": item}, lambda item: {"a": [item]}, lambda item: [{"a": item}]])
    def test_nor_do_those_inside_others(self, wrap: Any) -> None:
        error = self.enriched("", wrap({"secretKey": "canary", "b": "shown"}))
        assert "canary" not in str(error.params)
        assert "shown" in str(error.params)

    def test_every_question_is_one_the_table_knows(self) -> None:
        for name, (ask, ids) in doubt._BY_ID.items():
            self.known(name, ask, ids)
        for name, asks in doubt._LISTS.items():
            for ask, ids in asks:
                self.known(name, ask, ids)

    def known(self, name: str, ask: str, ids: tuple[str, ...]) -> None:
        sent, asked = table.by_name(name), table.by_name(ask)
        assert sent
        assert asked
        assert asked.idempotent
        assert set(ids) <= {*sent.required, *sent.optional} & {*asked.required, *asked.optional}


WORDS = st.sampled_from(["0", "1", "2", "51008", "50004", "a", ""])
KEYS = st.sampled_from(["code", "data", "sCode", "subCode", "sMsg", "msg", "clOrdId", "inTime"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)
REPLIES = JSON | st.fixed_dictionaries({"code": JSON, "data": JSON, "msg": JSON})


class TestAnything:
    @settings(max_examples=300, deadline=None)
    @given(body=REPLIES, status=st.sampled_from([200, 404, 500]))
    @pytest.mark.parametrize(
        ("name", "sent"),
        [
            ("trade.place_order", {"instId": "A", "clOrdId": "a"}),
            ("trade.place_batch_orders", [{"instId": "A", "clOrdId": "a"}, {"instId": "A", "clOrdId": "0"}]),
            ("account.set_leverage", {}),
            ("market.ticker", {}),
            ("account.positions", {}),
            ("predictions.place_orders", {}),
        ],
    )
    def test_whatever_json_comes_it_is_a_result_or_an_error_of_ours(
        self, name: str, sent: Any, body: Any, status: int
    ) -> None:
        plan = plans.by_name(name)
        assert plan
        documented = (errors.OutcomeUnknownError,) if plan.write else (errors.MalformedError,)
        with contextlib.suppress(errors.ApiError, errors.GatewayError, *documented):
            result = plan.finish(answer(body, status), sent, drift.Drift())
            if name == "trade.place_batch_orders":
                assert len(result) == len(sent)


class TestReply:
    def test_it_carries_what_okx_and_the_wire_said(self) -> None:
        body = {"code": "0", "msg": "", "data": [1], "inTime": "1597026383085123", "outTime": "1597026383085456"}
        made = reply.reply_of(body, [1], answer(body))
        assert (made.code, made.data, made.status) == ("0", [1], 200)
        assert (made.in_time_us, made.out_time_us) == (1597026383085123, 1597026383085456)
        assert (made.request_id, made.sent_ns, made.recv_ns) == ("trace-1", 1, 2)

    def test_times_that_okx_does_not_send_are_none(self) -> None:
        assert reply.times_of({"code": "0"}) == (None, None)
