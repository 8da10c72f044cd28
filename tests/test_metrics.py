"""What monitoring sees of a client: every number of stats(), in the words of Prometheus and OpenTelemetry."""

from __future__ import annotations

import gc
import json
import logging
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from okx_fast import Client, ConfigError, Flight, Options, Recording, Sim, metrics
from tests.waiting import BTC, pump_until

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parents[1] / "docs" / "observability.md"
PERCENTILES = {"p50": 10.0, "p99": 250.0, "p99.9": 1000.0}
# Keys that stats() may have beside those of today, and shapes that need care.
STATS: dict[str, Any] = {
    "messages": 7,
    "events_waiting": 3,
    "latency_us": {"p50": 0.0, "p99": 0.0, "p99.9": 0.0, "count": 0},
    "stages": {"parsed": {**PERCENTILES, "count": 4}, "applied": {**PERCENTILES, "count": 5}},
    "lag_us": 2500,
    "connections": [
        {"name": "public", "state": "live"},
        {"name": 'a "b"\n\\c', "state": "asleep"},
        {"name": "public", "state": "closed"},
    ],
    "recording": None,
}


class Told:
    """Something with stats()."""

    def __init__(self, stats: dict[str, Any]) -> None:
        self._stats = stats

    def stats(self) -> dict[str, Any]:
        return self._stats


def samples(text: str) -> dict[tuple[Any, ...], float]:
    """As prometheus_client reads the text: each series by its name and labels."""
    read: dict[tuple[Any, ...], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in read
            read[key] = sample.value
    return read


def numbers(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of each number, without percentiles and counts: those belong to the dict they stand in."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from [path] if key in (*PERCENTILES, "count") else numbers(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from numbers(
                {key: one for key, one in item.items() if key not in {"name", "reason", "since_ns"}}, (*path, "{name}")
            )
    elif value is not None:
        yield path


def has_row(path: tuple[str, ...]) -> bool:
    return any(
        len(path) == len(metric.path)
        and all(a == b or b in metrics.LABELS for a, b in zip(path, metric.path, strict=True))
        for metric in metrics.METRICS
    )


def test_every_number_of_a_client_is_exported(tmp_path: Path) -> None:
    options = Options(record=Recording(folder=tmp_path / "tape"), flight=Flight(folder=tmp_path / "flight"))
    with Sim(rate=2000, instruments=1) as sim, Client(sim.site(), options=options) as client:
        client.subscribe_book(BTC)
        client.subscribe_trades(BTC, lambda _: None)
        pump_until(client, lambda: client.stats()["channels"].get("trades") and client.stats()["latency_us"]["count"])
        stats = client.stats()
    found = list(numbers({**STATS, **stats}))
    assert len(found) > 35
    assert [path for path in found if not has_row(path)] == []


def test_prometheus_reads_what_the_client_counts() -> None:
    with Sim(rate=2000, instruments=1) as sim, Client(sim.site()) as client:
        client.subscribe_book(BTC)
        client.subscribe_trades(BTC, lambda _: None)
        pump_until(client, lambda: client.stats()["latency_us"]["count"] > 10)
        stats, read = client.stats(), samples(metrics.prometheus(client))
    assert read["okx_fast_messages_total",] == stats["messages"] > 0
    for channel in ("books", "trades"):
        count = read["okx_fast_channel_messages_total", ("channel", channel)]
        assert count == stats["channels"][channel]["messages"] > 0
    assert read["okx_fast_latency_seconds_count",] == stats["latency_us"]["count"]
    p99 = read["okx_fast_latency_seconds", ("quantile", "0.99")]
    assert p99 == pytest.approx(stats["latency_us"]["p99"] / 1e6)
    assert not any("recording" in key[0] for key in read)


def test_the_text_says_what_each_family_is() -> None:
    families = {family.name: family for family in text_string_to_metric_families(metrics.prometheus(Told(STATS)))}
    kinds = {name: family.type for name, family in families.items()}
    assert kinds == {
        "okx_fast_messages": "counter",
        "okx_fast_events_waiting": "gauge",
        "okx_fast_latency_seconds": "summary",
        "okx_fast_stage_seconds": "summary",
        "okx_fast_lag_seconds": "gauge",
        "okx_fast_connection_state": "gauge",
    }
    assert all(family.documentation for family in families.values())


def test_keys_to_come_have_their_samples() -> None:
    read = samples(metrics.prometheus(Told(STATS)))
    assert read["okx_fast_stage_seconds", ("quantile", "0.999"), ("stage", "parsed")] == 0.001
    assert read["okx_fast_stage_seconds_count", ("stage", "applied")] == 5
    assert read["okx_fast_lag_seconds",] == 0.0025


def test_a_connection_is_in_one_state_and_the_others_are_0() -> None:
    read = samples(metrics.prometheus(Told(STATS)))
    states = {key[1:]: value for key, value in read.items() if key[0] == "okx_fast_connection_state"}
    # Two of one name would be two samples of one series, which Prometheus refuses: the last one counts.
    assert {key for key, value in states.items() if value} == {
        (("connection", "public"), ("state", "closed")),
        (("connection", 'a "b"\n\\c'), ("state", "asleep")),
    }
    assert len(states) == 2 * len(metrics.STATES) + 1


def test_percentiles_of_nothing_are_not_told() -> None:
    read = samples(metrics.prometheus(Told(STATS)))
    assert {key: value for key, value in read.items() if "latency" in key[0]} == {
        ("okx_fast_latency_seconds_count",): 0
    }


def test_the_collector_of_prometheus_client_tells_the_same() -> None:
    registry = CollectorRegistry()
    registry.register(metrics.Collector(Told(STATS)))
    assert samples(generate_latest(registry).decode()) == samples(metrics.prometheus(Told(STATS)))


def collected(reader: InMemoryMetricReader) -> dict[tuple[Any, ...], float]:
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        (metric.name, *sorted((point.attributes or {}).items())): point.value  # type: ignore[union-attr]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def test_opentelemetry_reads_what_the_client_counts() -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader], shutdown_on_exit=False).get_meter("test")
    told = Told(STATS)
    metrics.observe(told, meter)
    read = collected(reader)
    assert read["okx_fast.messages",] == 7
    assert read["okx_fast.lag",] == 0.0025
    assert read["okx_fast.stage", ("quantile", "0.99"), ("stage", "parsed")] == 0.00025
    assert read["okx_fast.stage.count", ("stage", "parsed")] == 4
    assert read["okx_fast.connection_state", ("connection", "public"), ("state", "closed")] == 1
    told._stats = {**STATS, "messages": 9}
    assert collected(reader)["okx_fast.messages",] == 9


def test_opentelemetry_tells_units_and_does_not_hold_the_client() -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader], shutdown_on_exit=False).get_meter("test")
    client = Client("global")
    metrics.observe(client, meter)
    data = reader.get_metrics_data()
    assert data is not None
    found = {metric.name: metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics}
    assert found["okx_fast.latency.count"].unit == ""
    assert "okx_fast.messages" in found
    client.close()
    del client
    gc.collect()
    assert collected(reader) == {}


def test_a_scrape_on_another_thread_while_the_client_runs() -> None:
    with Sim(rate=4000, instruments=1) as sim, Client(sim.site()) as client:
        client.subscribe_book(BTC)
        seen: list[float] = []

        def scrape() -> None:
            while len(seen) < 50 or seen[-1] < 200:
                seen.append(samples(metrics.prometheus(client)).get(("okx_fast_messages_total",), 0))
            client.stop()

        thread = threading.Thread(target=scrape)
        thread.start()
        client.run(seconds=20)
        thread.join()
        assert seen == sorted(seen)
        assert client.stats()["messages"] >= seen[-1] >= 200


def test_the_examples_of_the_docs_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, Any] = {}
    said = []
    for block in re.findall(r"^```python\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(block, "docs/observability.md", "exec"), scope)  # noqa: S102  # our own text
        said.append(capsys.readouterr().out.splitlines())
    logging.getLogger("okx_fast").setLevel(logging.NOTSET)
    counters, scraped, collected, instruments, logged = said
    messages, gaps, of_books, p99 = counters[0].split()
    assert int(messages) > int(of_books) > 0
    assert (gaps, float(p99) > 0) == ("0", True)
    assert scraped[:2] == [
        "# HELP okx_fast_messages_total Messages with data.",
        "# TYPE okx_fast_messages_total counter",
    ]
    assert scraped[2] == f"okx_fast_messages_total {messages}"
    assert collected == ["0"]
    assert instruments == ["['okx_fast.ahead', 'okx_fast.blind', 'okx_fast.bridged']"]
    [refused] = [row for row in map(json.loads, logged) if row["event"]["kind"] == "refused"]
    assert (refused["level"], refused["event"]["code"]) == ("ERROR", "60018")


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("prometheus_client.core", lambda: list(metrics.Collector(Told(STATS)).collect())),
        ("opentelemetry.metrics", lambda: metrics.observe(Told(STATS), None)),  # type: ignore[arg-type]
    ],
)
def test_without_the_extra_it_says_what_to_install(module: str, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=r"pip install okx-fast\[(prometheus|otel)\]"):
        call()
