"""The exception tree: what is under what, what each says, and that each survives a pickle."""

from __future__ import annotations

import pickle

import pytest

from okx_fast import errors

ORDER = "POST /api/v5/trade/order"
KINDS = [  # what OKX refuses, by the kind of code
    errors.AccountStateError,
    errors.AlgoError,
    errors.AuthError,
    errors.BalanceError,
    errors.BlockTradeError,
    errors.BotError,
    errors.ClockError,
    errors.ComplianceError,
    errors.ConvertError,
    errors.EarnError,
    errors.FundingError,
    errors.InstrumentError,
    errors.MaintenanceError,
    errors.OrderLimitError,
    errors.OrderStateError,
    errors.ParameterRefusedError,
    errors.PermissionDeniedError,
    errors.PositionError,
    errors.PositionLimitError,
    errors.PriceError,
    errors.RateLimitError,
    errors.SizeError,
    errors.SubaccountError,
    errors.SystemBusyError,
    errors.TransferError,
]

EXAMPLES = [
    *((kind("51000", "No"), "OKX 51000: No") for kind in KINDS),
    (
        errors.ParameterError(ORDER, "sz", "a float is not exact: give text, an int or a Decimal"),
        f"{ORDER}: sz: a float is not exact: give text, an int or a Decimal",
    ),
    (
        errors.FenceError(ORDER, "trade", {"read"}),
        f"{ORDER}: needs 'trade', this client is fenced to read",
    ),
    (errors.RequestError(ORDER, "trouble"), f"{ORDER}: trouble"),
    (errors.NotSentError(ORDER, "connection refused"), f"{ORDER}: connection refused"),
    (
        errors.DeadlineError(ORDER, 2.5, "waiting for a connection"),
        f"{ORDER}: not done within 2.5 s (waiting for a connection)",
    ),
    (errors.LimitError(ORDER, 0.25), f"{ORDER}: the limit is used up, it may be sent in 0.250 s"),
    (errors.TransportError("GET /api/v5/public/time", "reset"), "GET /api/v5/public/time: reset"),
    (
        errors.GatewayError("GET /api/v5/public/time", 502, b"<html>"),
        "GET /api/v5/public/time: HTTP 502: not a reply of OKX, got b'<html>'",
    ),
    (
        errors.PagesError("trade.fills", "HTTP 502", {"instType": "SPOT", "after": "7"}, 300, "after-wait"),
        "trade.fills: pages broke after 300 items, at instType=SPOT, after=7: HTTP 502",
    ),
    (
        errors.OutcomeUnknownError(
            ORDER,
            "connection reset",
            params={"instId": "BTC-USDT", "clOrdId": "a1"},
            cl_ord_id="a1",
            called_at_ms=1_790_000_000_000,
            find=[("trade.order", {"instId": "BTC-USDT", "clOrdId": "a1"})],
            how_to_find_out="ask trade.order for clOrdId a1",
        ),
        f"{ORDER}: outcome unknown: connection reset (ask trade.order for clOrdId a1)",
    ),
    (
        errors.ApiError(
            "51008",
            "Order failed.",
            "add funds",
            s_code="51008",
            sub_code="1000",
            top_code="1",
            endpoint=ORDER,
            status=200,
            request_id="abc",
        ),
        f"{ORDER}: OKX 51008 (1000): Order failed. (add funds)",
    ),
    (errors.OkxFastError("trouble"), "trouble"),
    (errors.ConfigError("ping_after_s must be positive, got -1.0"), "ping_after_s must be positive, got -1.0"),
    (errors.ClosedError("the client is closed"), "the client is closed"),
    (errors.ForkError("made in process 1, used in 2"), "made in process 1, used in 2"),
    (errors.ConnectError("127.0.0.1:1: connection refused"), "127.0.0.1:1: connection refused"),
    (errors.ProtocolError("a masked frame from a server"), "a masked frame from a server"),
    (
        errors.ApiError("60018", "Wrong URL or channel", "check the channel's name"),
        "OKX 60018: Wrong URL or channel (check the channel's name)",
    ),
    (errors.ApiError("60018", "Wrong URL or channel"), "OKX 60018: Wrong URL or channel"),
    (errors.RecordingError("a.jsonl", 7, "not JSON"), "a.jsonl, line 7: not JSON"),
    (errors.RecordingError("a.jsonl", 0, "no such file"), "a.jsonl: no such file"),
    (
        errors.MalformedError("BTC-USDT", "books", "a level needs a price and a size", '["1"]'),
        "BTC-USDT books: a level needs a price and a size, got '[\"1\"]'",
    ),
    (
        errors.MalformedError("", "", "expected an OKX event or push", "{"),
        "expected an OKX event or push, got '{'",
    ),
    (
        errors.BookGapError("BTC-USDT", "books", 10, 15),
        "BTC-USDT books: book gap, expected prevSeqId 10, got 15",
    ),
    (
        errors.ChecksumError("BTC-USDT", "books", -855196043, 1),
        "BTC-USDT books: wrong book checksum, expected -855196043, got 1",
    ),
    (
        errors.BookInvalidError("BTC-USDT", "books", "no snapshot yet"),
        "BTC-USDT books: book not valid, no snapshot yet",
    ),
]


@pytest.mark.parametrize(("error", "message"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_says_what_where_and_what_was_expected(error: Exception, message: str) -> None:
    assert str(error) == message


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda value: type(value).__name__)
def test_an_error_survives_a_pickle(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(again) is type(error)
    assert again.args == error.args
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_the_examples_cover_every_error() -> None:
    assert {type(error).__name__ for error, _ in EXAMPLES} == set(errors.__all__)


def test_every_kind_of_refusal_is_an_api_error() -> None:
    assert set(errors.ApiError.__subclasses__()) == set(KINDS)


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (errors.ConfigError("no"), "no"),
        (errors.ParameterError(ORDER, "sz", "no"), "no"),
        (errors.ApiError("51008", "no"), "no"),
        (errors.RateLimitError("50011", "no", retry="after-wait"), "after-wait"),
        (errors.NotSentError(ORDER, "no"), "yes"),
        (errors.DeadlineError(ORDER, 1, "there"), "yes"),
        (errors.LimitError(ORDER, 1), "after-wait"),
        (errors.TransportError(ORDER, "no"), "yes"),
        (errors.GatewayError(ORDER, 502, b""), "after-wait"),
        (errors.GatewayError(ORDER, 403, b""), "no"),
        (errors.OutcomeUnknownError(ORDER, "no"), "unknown-state"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_whether_the_call_may_be_made_again(error: errors.OkxFastError, retry: str) -> None:
    assert error.retry == retry


def test_only_an_outcome_unknown_is_in_doubt() -> None:
    for error in (errors.NotSentError, errors.DeadlineError, errors.LimitError, errors.TransportError):
        assert not issubclass(error, errors.OutcomeUnknownError)
    assert issubclass(errors.DeadlineError, errors.NotSentError)
    assert issubclass(errors.LimitError, errors.NotSentError)


def test_every_error_is_an_okx_fast_error_with_a_docstring() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)
        assert issubclass(error, errors.OkxFastError)
        assert error.__doc__


def test_what_the_wire_did_wrong_is_a_protocol_error() -> None:
    for error in (errors.MalformedError, errors.BookGapError, errors.ChecksumError, errors.BookInvalidError):
        assert issubclass(error, errors.ProtocolError)
    for error in (errors.ApiError, errors.ConnectError, errors.ConfigError, errors.RecordingError):
        assert not issubclass(error, errors.ProtocolError)
