"""`Awaited` as a task sees it: asyncio's own Future is the model."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any, cast

import pytest

from okx_fast.orders.awaited import Awaited

if TYPE_CHECKING:
    from okx_fast._native import OrderCall

CALL = cast("OrderCall", None)
NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME", default="nobody")


async def _wait(over: Awaited, log: list[str]) -> str:
    log.append("waits")
    await over
    log.append(NAME.get())
    return "over"


def test_a_task_goes_on_within_the_turn_that_brings_the_end() -> None:
    async def main() -> None:
        loop, log = asyncio.get_running_loop(), list[str]()
        over = Awaited(loop)
        NAME.set("of the task")
        task = asyncio.create_task(_wait(over, log))
        NAME.set("of the caller")
        await asyncio.sleep(0)
        assert log == ["waits"]

        def turn() -> None:
            over.put(CALL)
            log.append("after put")

        loop.call_soon(turn)
        assert await task == "over"
        assert log == ["waits", "of the task", "after put"]

    asyncio.run(main())


def test_from_another_task_it_goes_on_in_the_next_turn() -> None:
    async def main() -> None:
        log = list[str]()
        over = Awaited(asyncio.get_running_loop())
        task = asyncio.create_task(_wait(over, log))
        await asyncio.sleep(0)
        over.put(CALL)
        assert log == ["waits"]
        assert await task == "over"

    asyncio.run(main())


def test_from_a_thread_without_the_loop_it_goes_on_once_the_loop_runs() -> None:
    loop = asyncio.new_event_loop()
    try:
        log = list[str]()
        over = Awaited(loop)
        task = loop.create_task(_wait(over, log))
        loop.run_until_complete(asyncio.sleep(0))
        over.put(CALL)
        assert log == ["waits"]
        assert loop.run_until_complete(task) == "over"
    finally:
        loop.close()


def test_what_was_over_before_is_not_waited_for() -> None:
    async def main() -> None:
        log = list[str]()
        over = Awaited(asyncio.get_running_loop())
        over.put(CALL)
        over.put(CALL)
        assert await _wait(over, log) == "over"
        assert not over.cancel()

    asyncio.run(main())


@pytest.mark.parametrize("words", [(), ("enough",)])
def test_a_task_can_be_cancelled_and_is_told_why(words: tuple[Any, ...]) -> None:
    async def main() -> None:
        over = Awaited(asyncio.get_running_loop())
        task = asyncio.create_task(_wait(over, []))
        await asyncio.sleep(0)
        task.cancel(*words)
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.args == words
        # The end comes all the same, and nobody is left to be told.
        over.put(CALL)
        assert task.cancelled()

    asyncio.run(main())


def test_a_timeout_ends_the_wait() -> None:
    async def main() -> None:
        over = Awaited(asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_wait(over, []), 0.01)

    asyncio.run(main())


def test_what_the_task_raises_is_the_tasks() -> None:
    async def fails(over: Awaited) -> None:
        await over
        raise ValueError("of the task")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        over = Awaited(loop)
        task = asyncio.create_task(fails(over))
        await asyncio.sleep(0)
        loop.call_soon(over.put, CALL)
        with pytest.raises(ValueError, match="of the task"):
            await task

    asyncio.run(main())


def test_many_end_in_one_turn_and_a_task_may_begin_others() -> None:
    async def chain(overs: list[Awaited], order: list[int], number: int) -> None:
        await overs[number]
        order.append(number)
        asyncio.get_running_loop().call_soon(lambda: None)
        await asyncio.create_task(asyncio.sleep(0))

    async def main() -> None:
        loop, order = asyncio.get_running_loop(), list[int]()
        overs = [Awaited(loop) for _ in range(100)]
        tasks = [asyncio.create_task(chain(overs, order, number)) for number in range(100)]
        await asyncio.sleep(0)
        loop.call_soon(lambda: [over.put(CALL) for over in overs])
        await asyncio.gather(*tasks)
        assert order == list(range(100))

    asyncio.run(main())
