"""The instruments at hand: loaded when asked to, never behind the caller's back.

    rest.instruments.load("SWAP") ─▶ one request ─▶ rest.instruments["BTC-USDT-SWAP"] ─▶ Instrument
    rest.instruments.due() ─▶ what has changed since (upcChg, listing, expiry) ─▶ rest.instruments.refresh()

Loading replaces what an earlier load of the same kind brought, so that delisted instruments go. Reads are from any
thread. The rows are those of `public/instruments`, or of `account/instruments` (what this account may trade).
Source: OKX API v5, Public data › REST API › Get instruments; `upcChg` announces new steps ahead of time.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from okx_fast.errors import ConfigError, MalformedError, ParameterError
from okx_fast.rest import table
from okx_fast.rest.models import Instrument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    Fetch = Callable[[str, dict[str, str]], list[dict[str, Any]]]
    AsyncFetch = Callable[[str, dict[str, str]], Awaitable[list[dict[str, Any]]]]

__all__ = ["AsyncInstruments", "Instruments", "Load", "Shelf"]

PUBLIC = "public.instruments"


class Load(NamedTuple):
    """What one load asked for: the endpoint, and its parameters in the order of their names."""

    endpoint: str
    params: tuple[tuple[str, str], ...]


class Shelf:
    """The instruments loaded so far; a mapping from `instId`. Sync and async client of one core share it."""

    def __init__(self) -> None:
        self._by_id: dict[str, Instrument] = {}
        self._loads: dict[Load, tuple[frozenset[str], int]] = {}  # which, and when (Unix ms)
        self._lock = threading.Lock()

    def put(self, load: Load, rows: Iterable[dict[str, Any]], *, at_ms: int | None = None) -> int:
        """Replace what this load brought before by the rows of `at_ms` (Unix ms; now by our clock if None).
        Returns how many there are.
        """
        if not isinstance(rows, (list, tuple)):
            raise MalformedError("", load.endpoint, "expected a list of rows", str(rows)[:40])
        fresh = {inst.inst_id: inst for inst in map(Instrument, rows)}
        with self._lock:
            before, _ = self._loads.get(load, (frozenset(), 0))
            elsewhere = {inst_id for other, (ids, _) in self._loads.items() if other != load for inst_id in ids}
            gone = before - fresh.keys() - elsewhere
            kept = {inst_id: inst for inst_id, inst in self._by_id.items() if inst_id not in gone}
            self._loads[load] = frozenset(fresh), _now() if at_ms is None else at_ms
            self._by_id = {**kept, **fresh}  # a new dict: readers hold the old one as long as they like
        return len(fresh)

    def merge(self, row: Instrument) -> None:
        """Take over a row of the channel `instruments`: its keys replace those of the same `inst_id`, the others stay.

        client.subscribe("instruments", rest.instruments.merge, instType="SWAP")
        """
        with self._lock:
            before = self._by_id.get(row.inst_id)
            raw = row.raw if before is None else {**before.raw, **row.raw}
            self._by_id = {**self._by_id, row.inst_id: Instrument(raw)}

    def get(self, inst_id: str) -> Instrument | None:
        """The instrument, None if it is not loaded."""
        return self._by_id.get(inst_id)

    def __getitem__(self, inst_id: str) -> Instrument:
        inst = self._by_id.get(inst_id)
        if inst is None:
            raise ConfigError(
                f"{inst_id} is not loaded: call instruments.load() with its instType, or it is not listed"
            )
        return inst

    def __contains__(self, inst_id: object) -> bool:
        return inst_id in self._by_id

    def __len__(self) -> int:
        return len(self._by_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_id.values())

    @property
    def loads(self) -> tuple[Load, ...]:
        """What was loaded."""
        return tuple(self._loads)

    def due(self, within_s: float = 0.0, *, at_ms: int | None = None) -> tuple[Load, ...]:
        """The loads with a row that has changed since it came, or will within `within_s` seconds: an announced change
        takes effect, the instrument is listed, or it expires. at_ms: the time, Unix ms; now by our clock if None.
        """
        until = (_now() if at_ms is None else at_ms) + int(within_s * 1000)
        by_id = self._by_id
        return tuple(
            load
            for load, (ids, since) in tuple(self._loads.items())
            if any(since < at <= until for inst_id in ids if inst_id in by_id for at in _changes(by_id[inst_id]))
        )


class Instruments(Shelf):
    """The shelf with a client that fills it. `fetch(endpoint, params)` returns the rows of one request."""

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch

    def load(self, inst_type: str, *, endpoint: str = PUBLIC, **params: str) -> int:
        """Load the instruments of a type with one request; an OPTION needs `instFamily`, EVENTS need `seriesId`.
        endpoint: or `account.instruments`, what this account may trade. Returns how many came.
        Raises ParameterError for an unknown name, and what the request raises; the shelf is as before then.
        """
        load = _load(endpoint, inst_type, params)
        return self.put(load, self._fetch(load.endpoint, dict(load.params)))

    def refresh(self, loads: Iterable[Load] | None = None) -> int:
        """Load again what is `due()` now, or the loads given. Returns how many rows came."""
        again = self.due() if loads is None else tuple(loads)
        return sum(self.put(load, self._fetch(load.endpoint, dict(load.params))) for load in again)


class AsyncInstruments:
    """The same shelf for asyncio: `load` and `refresh` are awaited; `shelf` tells what is `due()`."""

    def __init__(self, fetch: AsyncFetch, shelf: Shelf) -> None:
        self._fetch = fetch
        self.shelf = shelf

    def __getitem__(self, inst_id: str) -> Instrument:
        return self.shelf[inst_id]

    def __contains__(self, inst_id: object) -> bool:
        return inst_id in self.shelf

    def __len__(self) -> int:
        return len(self.shelf)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self.shelf)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"

    def get(self, inst_id: str) -> Instrument | None:
        """The instrument, None if it is not loaded."""
        return self.shelf.get(inst_id)

    async def load(self, inst_type: str, *, endpoint: str = PUBLIC, **params: str) -> int:
        """As `Instruments.load`."""
        load = _load(endpoint, inst_type, params)
        return self.shelf.put(load, await self._fetch(load.endpoint, dict(load.params)))

    async def refresh(self, loads: Iterable[Load] | None = None) -> int:
        """As `Instruments.refresh`."""
        rows = 0
        for load in self.shelf.due() if loads is None else tuple(loads):
            rows += self.shelf.put(load, await self._fetch(load.endpoint, dict(load.params)))
        return rows


def _load(endpoint: str, inst_type: str, params: dict[str, str]) -> Load:
    row = table.by_name(endpoint)
    if row is None or endpoint.partition(".")[2] != "instruments":
        raise ConfigError(f"endpoint: expected public.instruments or account.instruments, got {endpoint!r}")
    for name in params:
        if name not in row.required and name not in row.optional:
            raise ParameterError(endpoint, name, f"unknown, expected {', '.join((*row.required, *row.optional))}")
    return Load(endpoint, tuple(sorted({"instType": inst_type, **params}.items())))


def _changes(inst: Instrument) -> Iterator[int]:
    """When the row will not be true any more, Unix ms."""
    times = (*(change.eff_time_ms for change in inst.upc_chg), inst.list_time_ms, inst.exp_time_ms)
    return (at for at in times if at is not None)


def _now() -> int:
    return time.time_ns() // 1_000_000
