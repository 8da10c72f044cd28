"""The ends of a process: Ctrl-C, exit with threads running, fork, exceptions. Each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest

WITHIN_S = 15

PUMP = """
import os, signal, sys, threading, time
from okx_fast import Client, ClosedError, ForkError
client = Client("sim")
book = client.subscribe_book("BTC-USDT-SWAP")
"""

ASYNCIO = """
import asyncio, os, signal, sys, threading, time
from okx_fast import Client, ClosedError, ForkError
async def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.001)
"""


def start(script: str, setup: str = PUMP) -> subprocess.Popen[str]:
    text = setup + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    """What it printed. It must end by itself, with this code."""
    try:
        out, err = process.communicate(timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"did not end; printed {out!r}, {err!r}")
    assert process.returncode == code, (out, err)
    return out, err


def run(script: str, setup: str = PUMP, code: int = 0) -> tuple[str, str]:
    return end(start(script, setup), code)


def interrupt(process: subprocess.Popen[str]) -> float:
    """Send Ctrl-C once it says that it is ready."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    return time.monotonic()


@pytest.mark.parametrize("feed", ["book", "nothing"])
@pytest.mark.parametrize("spin", [False, True])
def test_ctrl_c_ends_a_run_promptly(feed: str, spin: bool) -> None:
    process = start(
        f"""
        from okx_fast import Options
        client.close()
        client = Client("sim", options=Options(spin={spin}))
        if {feed == "book"}:
            book = client.subscribe_book("BTC-USDT-SWAP")
            while not book.valid:
                client.poll(0.1)
        threading.Timer(0.1, print, ["ready"], dict(flush=True)).start()
        try:
            client.run()
        except KeyboardInterrupt:
            client.run(0.05)
            client.close()
            print("interrupted")
        """
    )
    sent = interrupt(process)
    assert end(process) == ("interrupted\n", "")
    assert time.monotonic() - sent < 3


def test_ctrl_c_without_a_handler_ends_the_program_as_python_does() -> None:
    process = start('threading.Timer(0.1, print, ["ready"], dict(flush=True)).start(); client.run()')
    interrupt(process)
    _, err = end(process, -signal.SIGINT)
    assert err.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("mode", ["pump", "asyncio"])
def test_ctrl_c_in_a_callback_leaves_through_the_run(mode: str) -> None:
    pump = """
        def on_trade(trade):
            print("ready", flush=True)
            while True:
                time.sleep(0.01)
        client.on_error(lambda error, event: print("not this"))
        client.subscribe_trades("BTC-USDT-SWAP", on_trade)
        try:
            client.run()
        except KeyboardInterrupt:
            print("interrupted", client.stats()["callback_errors"])
        """
    # On a loop Ctrl-C cancels the main task, so the callback runs to its end.
    loop = """
        def on_trade(trade):
            print("ready", flush=True)
            time.sleep(0.3)
        async def main():
            async with Client("sim") as client:
                client.subscribe_trades("BTC-USDT-SWAP", on_trade)
                await asyncio.sleep(60)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted", 0)
        """
    process = start(pump) if mode == "pump" else start(loop, ASYNCIO)
    interrupt(process)
    assert end(process) == ("interrupted 0\n", "")


def test_sys_exit_in_a_callback_ends_the_program_with_its_code() -> None:
    script = """
        client.subscribe_trades("BTC-USDT-SWAP", lambda trade: sys.exit(7))
        client.run()
        """
    assert run(script, code=7) == ("", "")
    script = """
        async def main():
            async with Client("sim") as client:
                client.subscribe_trades("BTC-USDT-SWAP", lambda trade: sys.exit(7))
                await asyncio.sleep(60)
        asyncio.run(main())
        """
    assert run(script, ASYNCIO, code=7) == ("", "")


def test_an_exception_in_a_callback_is_shown_and_the_run_goes_on() -> None:
    script = """
        seen = []
        def on_trade(trade):
            seen.append(trade)
            if len(seen) == 1:
                raise ValueError("only once")
            if len(seen) == 3:
                client.stop()
        client.subscribe_trades("BTC-USDT-SWAP", on_trade)
        client.run()
        print(len(seen))
        """
    out, err = run(script)
    assert out == "3\n"
    assert "ValueError: only once" in err
    assert "Trade(BTC-USDT-SWAP" in err


NEVER_CLOSED = {
    "pump": (
        PUMP,
        """
        while not book.valid:
            client.poll(0.1)
        """,
    ),
    "pump-in-a-daemon-thread": (
        PUMP,
        """
        threading.Thread(target=client.run, daemon=True).start()
        while not book.valid:
            time.sleep(0.001)
        """,
    ),
    "asyncio": (
        ASYNCIO,
        """
        async def main():
            client = await Client("sim").__aenter__()
            seen = []
            client.subscribe_book("BTC-USDT-SWAP", seen.append)
            await until(lambda: len(seen) > 10)
            return client
        client = asyncio.run(main())
        """,
    ),
    "asyncio-loop-never-closed": (
        ASYNCIO,
        """
        async def main():
            global client, stream
            client = await Client("sim").__aenter__()
            stream = client.stream(client.subscribe_trades("BTC-USDT-SWAP"))
            await anext(stream)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.run_until_complete(stream.aclose())
        """,
    ),
    "server-alone": (
        ASYNCIO,
        """
        from okx_fast._native import SimServer
        server = SimServer(rate=2000.0, messages=1000)
        """,
    ),
    "connecting-to-nobody": (
        ASYNCIO,
        """
        import socket
        from okx_fast import Site
        deaf = socket.create_server(("127.0.0.1", 0))
        client = Client(Site(ws_public=f"ws://127.0.0.1:{deaf.getsockname()[1]}/ws/v5/public"))
        client.subscribe_book("BTC-USDT-SWAP")
        client.run(0.05)
        """,
    ),
}


@pytest.mark.parametrize("case", NEVER_CLOSED)
def test_an_exit_with_nothing_closed_is_clean(case: str) -> None:
    setup, script = NEVER_CLOSED[case]
    for _ in range(5):
        two = [start(script, setup) for _ in range(2)]
        for process in two:
            out, err = end(process)
            assert (out, err) == ("", "")


CHILD = """
        def child_uses(client, book):
            for use in (client.poll, client.reconnect, book.top, lambda: client.subscribe_book("X"), lambda: book.mid):
                try:
                    use()
                    print("no error")
                except ForkError:
                    pass
            print("child", book.valid, flush=True)
"""


def test_a_child_of_fork_cannot_use_a_client_and_the_parent_goes_on() -> None:
    script = (
        CHILD
        + """
        while not book.valid:
            client.poll(0.1)
        pid = os.fork()
        if pid == 0:
            child_uses(client, book)
            client.close()
            sys.exit(5)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
        seen = client.stats()["messages"]
        client.run(0.2)
        assert client.stats()["messages"] > seen and client.stats()["connects"] == 1
        print("parent", book.valid)
        """
    )
    assert run(script) == ("child False\nparent True\n", "")


def test_a_callback_that_forks_ends_the_childs_run() -> None:
    script = """
        parent = os.getpid()
        pids = []
        def on_trade(trade):
            if os.getpid() != parent:
                print("not in the child")
            if not pids:
                pids.append(os.fork())
        client.subscribe_trades("BTC-USDT-SWAP", on_trade)
        try:
            client.run(0.5)
        except ForkError:
            print("child", flush=True)
            sys.exit(5)
        assert os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]) == 5
        print("parent", book.valid, client.stats()["connects"])
        """
    assert run(script) == ("child\nparent True 1\n", "")


@pytest.mark.parametrize("loop", ["asyncio.new_event_loop", "uvloop.new_event_loop"])
def test_a_fork_beside_the_io_thread_leaves_the_parents_loop_alone(loop: str) -> None:
    script = (
        CHILD
        + f"""
        import atexit, uvloop
        async def main():
            async with Client("sim") as client:
                seen = []
                book = client.subscribe_book("BTC-USDT-SWAP", seen.append)
                await until(lambda: len(seen) > 10)
                for _ in range(5):
                    pid = os.fork()
                    if pid == 0:
                        child_uses(client, book)
                        atexit._run_exitfuncs()
                        os._exit(5)
                    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
                    before = len(seen)
                    await until(lambda: len(seen) > before + 100)
                assert client.stats()["connects"] == 1
                assert all(a.seq_id == b.prev_seq_id for a, b in zip(seen, seen[1:]))
                print("parent", book.valid)
        with asyncio.Runner(loop_factory={loop}) as runner:
            runner.run(main())
        """
    )
    assert run(script, ASYNCIO) == ("child False\n" * 5 + "parent True\n", "")


def test_a_run_ends_when_the_client_is_closed_in_another_thread() -> None:
    script = """
        threading.Timer(0.2, client.close).start()
        client.run()
        try:
            client.run()
        except ClosedError:
            print("closed")
        """
    assert run(script) == ("closed\n", "")


def test_two_threads_cannot_run_one_client() -> None:
    script = """
        from okx_fast import ConfigError
        thread = threading.Thread(target=client.run)
        thread.start()
        while not book.valid:
            time.sleep(0.001)
        try:
            client.poll()
        except ConfigError as error:
            print(error)
        client.stop()
        thread.join()
        client.run(0.05)
        """
    assert run(script) == ("run() and poll() cannot be called while the client is already run\n", "")
