"""The table of acceptance flows: complete, and read without any of the clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import __main__ as runner
from tests.conformance import registry

HEAVY = {*range(38, 44), 46, 47, 48}


def test_every_flow_of_the_specification_exists() -> None:
    flows = registry.load()
    assert sorted(flows) == list(range(1, registry.LAST + 1))
    assert {number for number, flow in flows.items() if flow.heavy} == HEAVY


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (1, "ok"),
        (2, "FAIL x: expected 2, got 1"),
        (3, "SKIP no client"),
        (4, "FAIL no verdict within 1 s"),
        (5, "FAIL ValueError: y"),
    ],
)
def test_a_line_tells_how_a_flow_ended(number: int, verdict: str) -> None:
    flow: Any = registry.Flow(number=number, client="c", title="t", run=print, timeout_s=1, heavy=False, config={})
    line = runner.line(flow, verdict, 1.23)
    assert line.startswith(f"flow {number:2} c          t ..")
    assert line.endswith(" 1.2 s" if verdict == "ok" else verdict)


def test_an_expectation_names_what_it_wanted_and_what_it_got() -> None:
    with pytest.raises(registry.Unmet, match="state: expected 'live', got 'canceled'"):
        registry.same("canceled", "live", "state")
    with pytest.raises(registry.Unmet, match="a book"):
        registry.holds([], "a book")
    with pytest.raises(registry.Unmet, match="expected KeyError, got ValueError: no"):
        registry.raises(KeyError, "call", _refuse)
    with pytest.raises(registry.Unmet, match="expected KeyError, got an answer: 3"):
        registry.raises(KeyError, "call", lambda: 3)
    assert registry.raises(ValueError, "call", _refuse).args == ("no",)


def _refuse() -> None:
    raise ValueError("no")
