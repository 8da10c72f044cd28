"""The log as JSON: one object a record, with the fields of the event it tells of."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import Client, Sim
from okx_fast.jsonlog import JsonFormatter, event_fields
from tests.waiting import BTC, Events, pump_until

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("okx_fast")


@pytest.fixture
def stream(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    caplog.set_level(logging.INFO, logger="okx_fast")
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    yield out
    log.removeHandler(handler)


def rows(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_gap_is_a_record_with_its_fields(stream: io.StringIO) -> None:
    with Sim(rate=2000, instruments=1, channels=["books"], skip=200) as sim, Client(sim.site()) as client:
        client.subscribe_book(BTC)
        pump_until(client, lambda: client.stats()["resyncs"] and '"resynced"' in stream.getvalue())
    told = {row["event"]["kind"]: row for row in rows(stream) if "event" in row}
    assert {"connected", "subscribed", "gap", "resynced"} <= told.keys()
    gap = told["gap"]
    assert gap.keys() == {"time", "level", "logger", "message", "event"}
    assert (gap["level"], gap["logger"]) == ("WARNING", "okx_fast")
    assert gap["message"].startswith("gap")
    event = gap["event"]
    assert (event["channel"], event["inst_id"]) == ("books", BTC)
    assert int(event["got"]) > int(event["expected"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", gap["time"])
    noticed = datetime.fromtimestamp(event["recv_ns"] / 1e9, UTC)
    assert abs((datetime.fromisoformat(gap["time"]) - noticed).total_seconds()) < 5


def test_fields_that_do_not_apply_are_left_out() -> None:
    with Sim(rate=2000, instruments=1) as sim, Client(sim.site()) as client:
        events = Events(client)
        client.subscribe_book(BTC)
        pump_until(client, lambda: events.of("subscribed"))
    fields = event_fields(events.of("subscribed")[0])
    assert fields.keys() == {"kind", "channel", "inst_id", "connection", "recv_ns", "recv_mono_ns"}


def test_other_records_and_exceptions_are_one_line_each(stream: io.StringIO) -> None:
    log.warning("%s: %d lines\nand more", "na\udcffme", 3)
    try:
        int("no")
    except ValueError:
        log.exception("failed")
    first, second = rows(stream)
    assert first.keys() == {"time", "level", "logger", "message"}
    assert first["message"] == "na\udcffme: 3 lines\nand more"
    assert second["level"] == "ERROR"
    assert second["exception"].endswith("ValueError: invalid literal for int() with base 10: 'no'")
