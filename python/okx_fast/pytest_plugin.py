"""A fixture for the tests of bots; pytest finds it by itself where okx_fast is installed.

    @pytest.mark.okx_exchange(seed=7, clock="virtual")
    def test_my_bot_survives_a_lost_ack(okx_exchange):
        okx_exchange.fault("ack_lost", op="order")
        my_bot.run(rest=okx_exchange.rest, ws=okx_exchange.ws)

The marker takes what `okx_fast.Exchange` takes. A closer marker (on the test) adds to those around it (class, module).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from okx_fast.exchange import Exchange

MARKER = "okx_exchange"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{MARKER}(config=None, **overrides): how the `okx_exchange` of this test is made"
    )


@pytest.fixture
def okx_exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    """A fresh `okx_fast.Exchange`, made as the marker `okx_exchange` says, stopped after the test."""
    from okx_fast.exchange import Exchange  # noqa: PLC0415  # most tests have no need of it

    config: Any = None
    overrides: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        config = marker.args[0] if marker.args else config
        overrides.update(marker.kwargs)
    with Exchange(config, **overrides) as exchange:
        yield exchange
