"""Memory of a whole Python process, each measured in one of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from okx_fast import Sim
from tests.hostile import Peer, Server, frame
from tests.waiting import BTC

RSS = """
import sys
def rss_mb():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 1e6
"""

STALLED = """
import asyncio, time
from okx_fast import Client, Site

async def main(site, count, many):
    seen = []
    async with Client(site) as client:
        def on_event(event):
            seen.append(event)
            if len(seen) == 1:
                # The loop stands still: what comes waits in the queue, then in the socket.
                end, before = time.monotonic() + 10, -1
                while (now := client.stats()["messages"]) != before and time.monotonic() < end:
                    before = now
                    time.sleep(0.2)
                print(rss_mb(), flush=True)
            elif len(seen) > 64:
                seen[1:-1] = []
        SUBSCRIBE
        end = time.monotonic() + 40
        while min((stats := client.stats())["events"], stats["messages"]) < many:
            assert time.monotonic() < end, client.stats()
            await asyncio.sleep(0.01)
        print(rss_mb())
        print(client.stats()["messages"], client.stats()["connects"])
"""


def run(script: str) -> list[str]:
    command = [sys.executable, "-c", RSS + textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def stalled(subscribe: str, site: str, many: int) -> list[str]:
    return run(STALLED.replace("SUBSCRIBE", subscribe) + f"\nasyncio.run(main({site}, 0, {many}))\n")


def test_importing_the_package_is_light() -> None:
    before, after, modules = run(
        """
        import sys
        before = rss_mb()
        import okx_fast
        heavy = {"argparse", "asyncio", "rich", "numpy", "orjson"} & set(sys.modules)
        print(before, rss_mb(), "+".join(sorted(heavy)) or "none")
        """
    )
    assert modules == "none"
    assert float(after) - float(before) < 15


def test_two_hundred_thousand_messages_that_wait_take_little_memory() -> None:
    count = 200_000
    with Sim(speed="full", limit=count, instruments=1, channels=["books"], messages=8000) as sim:
        site = f"Site(ws_public={sim.site().ws_public!r}, ca_file={sim.ca_file!r})"
        waiting, after, messages, connects = stalled(f"client.subscribe_book({BTC!r}, on_event)", site, count)
    assert (messages, connects) == (str(count), "1")
    assert float(waiting) < 60
    assert float(after) < 60


def test_huge_raw_frames_that_wait_are_bounded_in_bytes() -> None:
    arg = '{"channel":"funding-rate","instId":"X"}'
    message = frame(f'{{"arg":{arg},"data":["{"x" * 1_000_000}"]}}')

    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.serve(*[message] * 300)

    with Server(script) as server:
        subscribe = 'client.subscribe_raw({"channel": "funding-rate", "instId": "X"}, on_event)'
        waiting, after, messages, _ = stalled(subscribe, repr(server.site), 300)
    assert messages == "300"
    assert float(waiting) < 80
    assert float(after) < 150
