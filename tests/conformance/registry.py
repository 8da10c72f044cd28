"""The acceptance flows: what each is called, how long it may take, what the simulator under it is told.

A flow is a function that takes the running simulator. It returns if it saw what it had to see; it raises
Unmet if it did not, Skip if its client is not installed here.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from .simulator import Simulator

LAST = 48


class Unmet(AssertionError):  # noqa: N818 - it reads as the verdict
    """What the flow must see did not come."""


class Skip(Exception):  # noqa: N818 - it is no error
    """The flow cannot run on this machine, and the reason says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    number: int
    client: str
    title: str
    run: Callable[[Simulator], Awaitable[None] | None]
    timeout_s: float
    heavy: bool
    config: dict[str, Any]

    def execute(self, sim: Simulator) -> None:
        done = self.run(sim)
        if inspect.iscoroutine(done):
            asyncio.run(done)


FLOWS: dict[int, Flow] = {}


def flow(
    number: int, client: str, title: str, *, timeout_s: float = 45, heavy: bool = False, **config: Any
) -> Callable[[Callable[[Simulator], Any]], Callable[[Simulator], Any]]:
    """Register a flow; further keywords are the simulator's configuration."""

    def register(run: Callable[[Simulator], Any]) -> Callable[[Simulator], Any]:
        if number in FLOWS:
            raise ValueError(f"flow {number} exists")
        FLOWS[number] = Flow(
            number=number, client=client, title=title, run=run, timeout_s=timeout_s, heavy=heavy, config=config
        )
        return run

    return register


def load() -> dict[int, Flow]:
    """Every flow. No client is imported before its flow runs, so this works without any of them."""
    for module in (
        "python_okx",
        "ccxt_rest",
        "ccxt_pro",
        "cryptofeed",
        "pybotters",
        "nautilus",
        "freqtrade",
        "together",
    ):
        importlib.import_module(f"{__package__}.flow_{module}")
    return FLOWS


def client(module: str, package: str) -> ModuleType:
    """The client's module, or Skip."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise Skip(f"{package} is not installed ({error})") from error


def same(got: Any, want: Any, what: str) -> None:
    if got != want:
        raise Unmet(f"{what}: expected {want!r}, got {got!r}")


def holds(condition: object, what: str) -> None:
    if not condition:
        raise Unmet(what)


def raises(kind: type[BaseException], what: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException:
    """The exception of exactly this class that the call must raise."""
    try:
        answer = call(*args, **kwargs)
    except Exception as error:
        if type(error) is kind:
            return error
        raise Unmet(f"{what}: expected {kind.__name__}, got {type(error).__name__}: {error}") from error
    raise Unmet(f"{what}: expected {kind.__name__}, got an answer: {answer!r}"[:600])


def wait(condition: Callable[[], Any], what: str, within_s: float = 10.0) -> Any:
    """The condition's first true value."""
    end = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise Unmet(f"not within {within_s:g} s: {what}")
        time.sleep(0.02)
    return value


async def until(condition: Callable[[], Any], what: str, within_s: float = 10.0) -> Any:
    """As `wait`, with the loop running."""
    end = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise Unmet(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(0.01)
    return value
