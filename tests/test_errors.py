"""The exception tree: what is under what, what each says, and that each survives a pickle."""

from __future__ import annotations

import pickle

import pytest

from okx_fast import errors

EXAMPLES = [
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
