"""Instruments at hand: loaded when asked to, replaced whole, and due when an announced change takes effect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from okx_fast.errors import ConfigError, ParameterError, TransportError
from okx_fast.rest.instruments import AsyncInstruments, Instruments, Load, Shelf

SWAPS = Load("public.instruments", (("instType", "SWAP"),))


class Listing:
    def __init__(self, **by_type: list[dict[str, Any]]) -> None:
        self.by_type = by_type
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, endpoint: str, params: dict[str, str]) -> list[dict[str, Any]]:
        self.asked.append((endpoint, params))
        return self.by_type[params["instType"]]

    async def later(self, endpoint: str, params: dict[str, str]) -> list[dict[str, Any]]:
        return self(endpoint, params)


def swap(name: str, **fields: Any) -> dict[str, Any]:
    return {"instId": name, "instType": "SWAP", "state": "live", "tickSz": "0.1", **fields}


def test_nothing_is_asked_for_until_load() -> None:
    listing = Listing(SWAP=[swap("A-SWAP"), swap("B-SWAP")])
    shelf = Instruments(listing)
    with pytest.raises(ConfigError, match=r"A-SWAP is not loaded: call instruments\.load\(\)"):
        _ = shelf["A-SWAP"]
    assert listing.asked == []
    assert shelf.load("SWAP") == 2
    assert listing.asked == [("public.instruments", {"instType": "SWAP"})]
    assert shelf["A-SWAP"].tick_sz is not None
    assert shelf.get("C-SWAP") is None
    assert "B-SWAP" in shelf
    assert len(shelf) == 2
    assert {inst.inst_id for inst in shelf} == {"A-SWAP", "B-SWAP"}


def test_loading_again_replaces_what_that_load_brought_and_nothing_else() -> None:
    listing = Listing(SWAP=[swap("A"), swap("B")], SPOT=[{"instId": "S", "instType": "SPOT"}])
    shelf = Instruments(listing)
    shelf.load("SWAP")
    shelf.load("SPOT")
    listing.by_type["SWAP"] = [swap("B", tickSz="0.5"), swap("C")]
    assert shelf.load("SWAP") == 2
    assert {inst.inst_id for inst in shelf} == {"B", "C", "S"}
    assert str(shelf["B"].tick_sz) == "0.5"
    assert len(shelf.loads) == 2


def test_an_instrument_of_two_loads_stays_while_one_has_it() -> None:
    shelf = Shelf()
    mine = Load("account.instruments", (("instType", "SWAP"),))
    shelf.put(SWAPS, [swap("A"), swap("B")])
    shelf.put(mine, [swap("A")])
    shelf.put(SWAPS, [swap("B")])
    assert {inst.inst_id for inst in shelf} == {"A", "B"}
    shelf.put(mine, [])
    assert {inst.inst_id for inst in shelf} == {"B"}


def test_a_failed_load_leaves_all_as_it_was() -> None:
    listing = Listing(SWAP=[swap("A")])
    shelf = Instruments(listing)
    shelf.load("SWAP")

    def broken(endpoint: str, params: dict[str, str]) -> Any:
        raise TransportError(endpoint, "reset")

    shelf._fetch = broken
    with pytest.raises(TransportError):
        shelf.load("SWAP")
    assert "A" in shelf


@pytest.mark.parametrize(
    ("fields", "due_at"),
    [
        ({}, None),
        ({"upcChg": [{"param": "tickSz", "newValue": "0.5", "effTime": "5000"}]}, 5000),
        ({"state": "preopen", "listTime": "5000"}, 5000),
        ({"expTime": "5000"}, 5000),
        ({"listTime": "500"}, None),  # it was so already when it was loaded, at 1000
    ],
)
def test_a_load_is_due_when_a_row_of_it_changes(fields: dict[str, Any], due_at: int | None) -> None:
    shelf = Shelf()
    shelf.put(SWAPS, [swap("A", **fields), swap("B")], at_ms=1000)
    assert shelf.due(at_ms=4999) == ()
    assert shelf.due(at_ms=5000) == ((SWAPS,) if due_at else ())
    assert shelf.due(within_s=1, at_ms=4000) == ((SWAPS,) if due_at else ())
    shelf.put(SWAPS, [swap("A", **fields), swap("B")], at_ms=6000)
    assert shelf.due(at_ms=9000) == ()


def test_refresh_loads_what_is_due_or_what_it_is_given() -> None:
    listing = Listing(SWAP=[swap("A", expTime="5000")], SPOT=[{"instId": "S"}])
    shelf = Instruments(listing)
    shelf.put(SWAPS, listing.by_type["SWAP"], at_ms=1000)
    shelf.load("SPOT")
    listing.asked.clear()
    listing.by_type["SWAP"] = [swap("B")]
    assert shelf.refresh() == 1
    assert listing.asked == [("public.instruments", {"instType": "SWAP"})]
    assert "A" not in shelf
    assert shelf.refresh() == 0
    assert shelf.refresh(shelf.loads) == 2


def test_filters_are_part_of_a_load() -> None:
    listing = Listing(OPTION=[])
    Instruments(listing).load("OPTION", endpoint="account.instruments", instFamily="BTC-USD")
    assert listing.asked == [("account.instruments", {"instFamily": "BTC-USD", "instType": "OPTION"})]


def test_a_wrong_name_is_refused_before_anything_is_asked() -> None:
    listing = Listing(OPTION=[])
    with pytest.raises(ParameterError, match="instFamly: unknown, expected instType"):
        Instruments(listing).load("OPTION", instFamly="BTC-USD")
    with pytest.raises(ConfigError, match=r"endpoint: expected public\.instruments or"):
        Instruments(listing).load("SWAP", endpoint="market.tickers")
    assert listing.asked == []


def test_asyncio_fills_the_same_shelf() -> None:
    listing = Listing(SWAP=[swap("A")])
    shelf = Shelf()
    both = AsyncInstruments(listing.later, shelf)
    assert asyncio.run(both.load("SWAP")) == 1
    assert both["A"] is shelf["A"]
    assert ("A" in both, "B" in both, len(both), [inst.inst_id for inst in both]) == (True, False, 1, ["A"])
    assert repr(both) == "<AsyncInstruments of 1>"
    assert both.get("B") is None
    assert asyncio.run(both.refresh()) == 0
    assert asyncio.run(both.refresh(shelf.loads)) == 1
