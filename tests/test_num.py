"""Exact numbers: text in, the same text out, and equal by value to what else is exact."""

from __future__ import annotations

import pickle
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okx_fast import Num

PLAIN = st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", fullmatch=True, alphabet="-.0123456789").filter(
    lambda text: Decimal(text) != 0 or not text.startswith("-")
)


@given(PLAIN)
def test_the_text_comes_back_and_the_value_is_that_of_decimal(text: str) -> None:
    num = Num(text)
    assert str(num) == text
    assert repr(num) == f"Num('{text}')"
    assert num.decimal == Decimal(text) == Decimal(f"{num.mantissa}E-{num.scale}")
    assert float(num) == pytest.approx(float(text), rel=1e-15)
    assert bool(num) == bool(Decimal(text))
    assert str(pickle.loads(pickle.dumps(num))) == text  # noqa: S301  # our own bytes


@given(PLAIN, PLAIN)
def test_order_and_hash_are_those_of_decimal(one: str, other: str) -> None:
    a, b = Num(one), Num(other)
    assert (a < b, a <= b, a == b, a != b) == (
        Decimal(one) < Decimal(other),
        Decimal(one) <= Decimal(other),
        Decimal(one) == Decimal(other),
        Decimal(one) != Decimal(other),
    )
    assert (a < Decimal(other)) == (Decimal(one) < Decimal(other))
    assert hash(a) == hash(Decimal(one))


def test_zeros_at_the_end_are_kept_but_do_not_count() -> None:
    assert str(Num("7.10")) == "7.10"
    assert Num("7.10").scale == 2
    assert {Num("7.10"), Num("7.1"), Decimal("7.1")} == {Num("7.1")}
    assert Num("7") == 7
    assert hash(Num("7.0")) == hash(7)


def test_a_float_is_neither_equal_nor_comparable() -> None:
    assert Num("1") != 1.0
    with pytest.raises(TypeError):
        _ = Num("1") < 1.5  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "1e5", "+1", " 1", "1 ", "01", "-0", ".5", "5.", "1.2.3", "NaN", "٣", "1" * 39])
def test_all_but_plain_decimals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a plain decimal of at most 38 digits"):
        Num(text)


@given(PLAIN, PLAIN)
def test_sums_and_products_are_exact(one: str, other: str) -> None:
    a, b = Num(one), Num(other)
    with localcontext(prec=80):
        da, db = Decimal(one), Decimal(other)
        for ours, exact in ((a + b, da + db), (a - b, da - db), (a + db, da + db), (da - b, da - db), (-a, -da)):
            assert type(ours) is Num
            assert ours.decimal == exact
            assert Num(str(ours)) == ours  # text and pickle of any result can be read again
        try:
            product = a * b
        except OverflowError:
            assert len(str(abs(da * db).normalize()).replace(".", "")) > 30
        else:
            assert product.decimal == da * db
        assert abs(a).decimal == abs(da)


def test_arithmetic_takes_what_is_exact_and_nothing_else() -> None:
    px = Num("67500.10")
    assert str(px + 1) == "67501.10"
    assert str(1 - px) == "-67499.10"
    assert str(px * Num("0.5")) == "33750.050"
    assert str(Decimal("-0.0") + px) == "67500.10"
    assert str(sum([px, px])) == "135000.20"
    for wrong in (0.5, "1", None):
        with pytest.raises(TypeError):
            px + wrong  # type: ignore[operator]
        with pytest.raises(TypeError):
            wrong * px  # type: ignore[operator]
    with pytest.raises(ValueError, match="finite"):
        px + Decimal("nan")
    most = Num("9" * 38)
    assert most - most == 0
    assert most * 1 == most
    for call in (lambda: most + 1, lambda: most * 10, lambda: px + 10**40, lambda: Num("0." + "1" * 37) * Num("0.1")):
        with pytest.raises(OverflowError, match="38 digits"):
            call()


def test_format_specs_are_those_of_decimal() -> None:
    px = Num("67500.10")
    assert f"{px}" == "67500.10"
    assert f"{px:,.1f}|{px:>12}|{px:+}" == "67,500.1|    67500.10|+67500.10"
