"""A client's counters for what watches programs: Prometheus text, a collector of `prometheus_client`, OpenTelemetry.

    client.stats() ─▶ METRICS, a row each ─▶ families ─┬─▶ prometheus(client)       text, exposition format 0.0.4
                                                       └─▶ Collector(client)        okx-fast[prometheus]
                      METRICS ─▶ instruments, read when collected ─▶ observe(client, meter)   okx-fast[otel]

Nothing here counts or runs by itself: each reading is one call of stats(), from any thread. A key that stats() does not
have, such as `recording` without a recorder, gives no sample. Times are seconds, as Prometheus wants them.
Source: Prometheus, Exposition formats › Text-based format; OpenTelemetry, Metrics API › Asynchronous instruments.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from okx_fast.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.metrics import CallbackOptions, Meter, Observation
    from prometheus_client.core import Metric as PrometheusMetric

__all__ = ["CONTENT_TYPE", "METRICS", "Collector", "Family", "Metric", "Sample", "families", "observe", "prometheus"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "okx_fast_"
# What a connection can be in; a state of another name is told as well.
STATES = ("connecting", "live", "stale", "draining", "closed")
# A label in a path: of a dict its keys, of a list of dicts their `name`.
LABELS = ("{channel}", "{stage}", "{connection}")

Kind = Literal["counter", "gauge", "summary", "state"]


class HasStats(Protocol):
    """A `Client`, or a `Replay`."""

    def stats(self) -> dict[str, Any]:
        """Counters since the start."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: where in stats() a figure stands, and what it is called outside.

    path: keys of stats(); one in braces is a label with all there is below it. per_s: figures in one second, for times.
    A figure that is a dict of percentiles is a summary, whatever `kind` says of a plain one.
    """

    name: str
    kind: Kind
    path: tuple[str, ...]
    help: str
    unit: Literal["", "s", "By"] = ""
    per_s: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. suffix: `_count` for the count of a summary, else empty."""

    suffix: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of a name. name: as Prometheus wants it, `_total` included."""

    name: str
    kind: Literal["counter", "gauge", "summary"]
    help: str
    samples: list[Sample]


def _count(key: str, text: str) -> Metric:
    return Metric(key, "counter", (key,), text)


def _channel(name: str, key: str, text: str) -> Metric:
    return Metric(f"channel_{name}", "counter", ("channels", "{channel}", key), text)


def _recording(name: str, key: str, text: str, unit: Literal["", "By"] = "") -> Metric:
    return Metric(f"recording_{name}", "counter", ("recording", key), text, unit)


def _time(name: str, kind: Kind, path: tuple[str, ...], text: str) -> Metric:
    return Metric(name, kind, path, text, "s", 1_000_000)


METRICS: tuple[Metric, ...] = (
    _count("messages", "Messages with data."),
    _channel("messages", "messages", "Messages of a channel that is decoded in Rust."),
    _channel("fallbacks", "fallbacks", "Messages of an unexpected shape, read by the general parser."),
    _channel("malformed", "malformed", "Messages that could not be read."),
    _count("updates_verified", "Book updates whose place in the sequence was right."),
    _count("snapshots", "Snapshots of books."),
    _count("keepalives", "Book messages that say that nothing changed."),
    _count("resets", "Restarts of OKX's numbering of a book."),
    _count("checksums_ok", "Checksums of books that were right."),
    _count("checksums_bad", "Checksums of books that were wrong."),
    _count("gaps", "Book updates that did not follow the one before."),
    _count("skipped", "Book updates that came while the book waited for a snapshot."),
    _count("resyncs", "Books asked for anew."),
    _count("bridged", "Books made valid by a snapshot from REST."),
    _count("blind", "Blind spots that are over."),
    _count("recovered", "Trades missed on the socket and fetched."),
    _count("unfillable", "Trades missed on the socket and lost."),
    _count("stale", "Channels that fell silent, and old snapshots refused."),
    _count("known", "Messages that had come before, mostly on another connection."),
    _count("ahead", "Messages of a connection that was ahead of the others."),
    _count("late", "Times a connection brought what was more than a second late."),
    _count("replaced", "Connections closed after another had taken their place."),
    _count("connects", "Connections that came about."),
    _count("reads", "Reads from sockets."),
    _count("unrouted", "Messages of no subscription."),
    _count("control", "Messages about subscriptions and connections."),
    _count("not_okx", "Messages that are nothing OKX sends."),
    _count("events", "Events handed to callbacks."),
    Metric("events_waiting", "gauge", ("events_waiting",), "Events that wait for the event loop."),
    _count("callback_errors", "Callbacks that raised."),
    _time("latency", "summary", ("latency_us",), "From the socket to the callback, since the start."),
    _time("stage", "summary", ("stages", "{stage}"), "Time spent in a stage of a message's way, since the start."),
    _time("lag", "gauge", ("lag_us",), "How far the consumer is behind the socket."),
    _time("loop_late", "gauge", ("loop_late_us",), "How long the event loop has been called and has not come."),
    Metric("connection_state", "state", ("connections", "{connection}", "state"), "1 for the state that it is in."),
    Metric(
        "connection_subscriptions",
        "gauge",
        ("connections", "{connection}", "subscriptions"),
        "Subscriptions that a connection is to carry.",
    ),
    Metric(
        "connection_requests",
        "gauge",
        ("connections", "{connection}", "requests"),
        "Of the 480 requests an hour, those used when the state was told.",
    ),
    _recording("entries", "entries", "Entries recorded."),
    _recording("received", "bytes", "Bytes recorded, as they came.", "By"),
    _recording("written", "written", "Bytes written, compressed.", "By"),
    _recording("files", "files", "Files begun."),
    _recording("lost_entries", "lost", "Entries that the disk did not take in time."),
    _recording("lost", "lost_bytes", "Bytes that the disk did not take in time.", "By"),
    _recording("errors", "errors", "Errors of the disk."),
    _recording("dumps", "dumps", "Files of the flight recorder."),
    _recording("dumps_skipped", "dumps_skipped", "Faults for which the flight recorder wrote no file."),
    Metric("recording_waiting", "gauge", ("recording", "waiting_bytes"), "Bytes that wait for the disk.", "By"),
)

_UNITS = {"": "", "s": "_seconds", "By": "_bytes"}


def families(stats: dict[str, Any]) -> list[Family]:
    """What stats() says, as Prometheus counts; those without a sample are left out."""
    found = []
    for metric in METRICS:
        leaves = list(_leaves(stats, metric.path, {}))
        if not leaves:
            continue
        kind = _kind(metric, leaves[0][1])
        name = PREFIX + metric.name + _UNITS[metric.unit] + ("_total" if kind == "counter" else "")
        # A series that came twice, say of two connections of one name, would cost the whole scrape.
        samples = {
            (sample.suffix, *sample.labels.items()): sample
            for labels, leaf in leaves
            for sample in _samples(metric, labels, leaf)
        }
        found.append(Family(name, kind, metric.help, list(samples.values())))
    return found


def _kind(metric: Metric, leaf: Any) -> Literal["counter", "gauge", "summary"]:
    if isinstance(leaf, Mapping):
        return "summary"
    return "counter" if metric.kind == "counter" else "gauge"


def _leaves(value: Any, path: tuple[str, ...], labels: dict[str, str]) -> Iterator[tuple[dict[str, str], Any]]:
    """What stands at a path, once for each value of its labels."""
    if not path:
        if value is not None:
            yield labels, value
        return
    step, *rest = path
    if step not in LABELS:
        if isinstance(value, Mapping) and step in value:
            yield from _leaves(value[step], tuple(rest), labels)
        return
    rows = value.items() if isinstance(value, Mapping) else ((row.get("name", ""), row) for row in value or ())
    for name, row in rows:
        yield from _leaves(row, tuple(rest), {**labels, step.strip("{}"): str(name)})


def _samples(metric: Metric, labels: dict[str, str], leaf: Any) -> Iterator[Sample]:
    if isinstance(leaf, str):
        for state in (*STATES, *({leaf} - set(STATES))):
            yield Sample("", {**labels, "state": state}, int(state == leaf))
    elif isinstance(leaf, Mapping):
        # Percentiles of nothing are no numbers.
        for key, value in leaf.items() if leaf.get("count", 1) else ():
            if key.startswith("p"):
                quantile = format(Decimal(key[1:]) / 100, "f")
                yield Sample("", {**labels, "quantile": quantile}, value / metric.per_s)
        if "count" in leaf:
            yield Sample("_count", labels, leaf["count"])
    else:
        yield Sample("", labels, leaf / metric.per_s if metric.per_s > 1 else leaf)


def prometheus(client: HasStats) -> str:
    """The text that Prometheus scrapes, to be served as `CONTENT_TYPE` by a web server of yours.

    A latency is a summary: its quantiles, since the start, and its count; there is no sum.
    """
    lines = []
    for family in families(client.stats()):
        lines += [f"# HELP {family.name} {_escaped(family.help)}", f"# TYPE {family.name} {family.kind}"]
        for sample in family.samples:
            pairs = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in sample.labels.items())
            name = family.name + sample.suffix
            lines.append(f"{name}{{{pairs}}} {sample.value!r}" if pairs else f"{name} {sample.value!r}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


class Collector:
    """For a registry of `prometheus_client`: `registry.register(Collector(client))`, one client a registry."""

    def __init__(self, client: HasStats) -> None:
        self._client = client

    def collect(self) -> Iterable[PrometheusMetric]:
        """Called by the registry for each scrape. Raises ConfigError without `prometheus_client`."""
        try:
            from prometheus_client.core import Metric as PrometheusMetric
        except ImportError:
            raise ConfigError("Collector needs prometheus_client: pip install okx-fast[prometheus]") from None
        for family in families(self._client.stats()):
            metric = PrometheusMetric(family.name.removesuffix("_total"), family.help, family.kind)
            for sample in family.samples:
                metric.add_sample(family.name + sample.suffix, sample.labels, sample.value)
            yield metric


def observe(client: HasStats, meter: Meter) -> None:
    """Register an observable instrument for each row on a `Meter` of OpenTelemetry.

    Names are `okx_fast.messages` and so on; labels are attributes, and so are `quantile` and `state`; what a summary
    counts is an instrument of its own, `okx_fast.latency.count`. Instruments cannot be taken away again: they do not
    hold the client, and are silent once it is gone. Raises ConfigError without `opentelemetry-api`.
    """
    try:
        from opentelemetry.metrics import Observation
    except ImportError:
        raise ConfigError("observe() needs opentelemetry-api: pip install okx-fast[otel]") from None
    holder = weakref.ref(client)

    def reads(metric: Metric, suffix: str) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
        def read(_: CallbackOptions) -> Iterator[Observation]:
            present = holder()
            for labels, leaf in () if present is None else _leaves(present.stats(), metric.path, {}):
                for sample in _samples(metric, labels, leaf):
                    if sample.suffix == suffix:
                        yield Observation(sample.value, sample.labels)

        return [read]

    for metric in METRICS:
        name, about = "okx_fast." + metric.name, metric.help
        if metric.kind == "counter":
            meter.create_observable_counter(name, reads(metric, ""), metric.unit, about)
        else:
            meter.create_observable_gauge(name, reads(metric, ""), metric.unit, about)
        if metric.kind == "summary":
            meter.create_observable_counter(name + ".count", reads(metric, "_count"), "", about)
