"""What the channel `status` tells of maintenance, and how it shows in a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import okx_fast
from okx_fast.channels.models import Status
from okx_fast.maintenance import MOST, Maintenances
from tests.waiting import pump_until

if TYPE_CHECKING:
    from okx_fast import Exchange

HOUR_MS = 3_600_000


def row(**of: Any) -> Status:
    data = {"title": "Upgrade", "state": "scheduled", "begin": "1", "end": "2", "serviceType": "0", "env": "1", **of}
    return Status(data, {"channel": "status"}, 0, "")


def test_the_newest_word_on_each_counts_until_it_is_over() -> None:
    known = Maintenances(demo=False)
    assert (known.rows(), known.is_under_way()) == ([], False)
    known.take(row(begin="9000000000000", end="9000000000009"))
    known.take(row(title="Spreads", serviceType="10", begin="8000000000000", end="8000000000009"))
    assert ([r.title for r in known.rows()], known.is_under_way()) == (["Spreads", "Upgrade"], False)
    # Moved, begun, about to open again, over.
    known.take(row(begin="7000000000000", end="7000000000009"))
    assert [r.begin_ms for r in known.rows()] == [7_000_000_000_000, 8_000_000_000_000]
    for state in ("ongoing", "pre_open"):
        known.take(row(state=state))
        assert known.is_under_way()
    known.take(row(state="completed"))
    known.take(row(title="Spreads", serviceType="10", state="canceled"))
    assert (known.rows(), known.is_under_way()) == ([], False)


def test_what_is_scheduled_is_under_way_when_its_time_has_come() -> None:
    known = Maintenances(demo=False)
    known.take(row(begin="1", end="9000000000000"))
    assert known.is_under_way()
    known.take(row(begin="1", end="2"))
    assert not known.is_under_way()
    known.take(row(begin="", end=""))
    assert not known.is_under_way()


@pytest.mark.parametrize(("demo", "env"), [(False, "2"), (True, "1")])
def test_the_other_environment_is_not_ours(*, demo: bool, env: str) -> None:
    known = Maintenances(demo=demo)
    known.take(row(env=env, state="ongoing"))
    assert known.rows() == []
    known.take(row(env="", state="ongoing"))
    assert known.is_under_way()


def test_only_so_many_are_kept() -> None:
    known = Maintenances(demo=False)
    for number in range(MOST + 3):
        known.take(row(title=str(number), begin=str(number + 1), end=str(number + 2)))
    assert [r.title for r in known.rows()] == [str(number) for number in range(3, MOST + 3)]


def test_a_connection_that_is_down_meanwhile_says_so(okx_exchange: Exchange) -> None:
    with okx_fast.Client(okx_exchange.site()) as client:
        client.subscribe("status")
        pump_until(client, lambda: [c.state for c in client.connections()] == ["live"])
        assert client.maintenance() == []
        okx_exchange.fault("maintenance", ms=4_000)
        pump_until(client, client.maintenance)
        [told] = client.maintenance()
        assert (told.title, told.state) == ("Simulated maintenance", "ongoing")
        assert [c.state for c in client.connections()] == ["live"]
        okx_exchange.fault("refuse_connect", ms=1_000)
        okx_exchange.fault("tcp_reset")
        pump_until(client, lambda: [c.state for c in client.connections()] == ["maintenance"])
        # The channel tells its latest word to those who come back.
        pump_until(client, lambda: [c.state for c in client.connections()] == ["live"])
        pump_until(client, lambda: client.maintenance() == [])
