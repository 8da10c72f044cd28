"""What the package offers: `__all__`, docstrings, types, and a changelog that knows the version."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import okx_fast
from okx_fast import _native, errors

ROOT = Path(__file__).resolve().parents[1]


def test_all_is_sorted_complete_and_importable() -> None:
    assert list(okx_fast.__all__) == sorted(set(okx_fast.__all__))
    for name in okx_fast.__all__:
        assert hasattr(okx_fast, name), name
    public = {
        name
        for name, value in vars(okx_fast).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("okx_fast")
    }
    assert public <= set(okx_fast.__all__)


def test_every_error_is_exported() -> None:
    assert set(errors.__all__) <= set(okx_fast.__all__)


def test_every_export_has_a_docstring_and_our_name() -> None:
    for name in okx_fast.__all__:
        value = getattr(okx_fast, name)
        if isinstance(value, type) or callable(value):
            assert value.__doc__, name
            assert value.__module__.startswith("okx_fast"), name


def test_every_member_of_a_class_in_rust_has_a_docstring() -> None:
    for name, value in vars(_native).items():
        if not isinstance(value, type):
            continue
        for member, doc in ((key, item.__doc__) for key, item in vars(value).items()):
            assert member.startswith("_") or doc, f"{name}.{member}"


def test_the_package_is_typed() -> None:
    assert (files("okx_fast") / "py.typed").is_file()
    assert (files("okx_fast") / "_native.pyi").is_file()


def test_the_changelog_opens_with_this_version() -> None:
    heads = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert heads[0].split()[1] == version("okx-fast")
