"""Secrets show nowhere: a session with made-up ones, well and ill, and a look through everything it left behind.

What is looked through: log records of every logger at every level, stdout and stderr, exceptions (words, arguments,
pickles, causes, the locals of our frames), the print of every object a user gets, and every text that can be reached
from a client by Python's own means.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import okx_fast
from okx_fast import Credentials, Exchange, OkxFastError
from okx_fast.rest import AsyncRest, Rest, RestOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET, PASSPHRASE, PROXY_PASSWORD = "CANARYsecret4711", "CANARYpass0815", "CANARYproxy42"
OURS = str(Path(okx_fast.__file__).parent)
BTC = "BTC-USDT-SWAP"
ORDER = {"instId": BTC, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "50000"}
KEY = {"apiKey": "canary-key", "secretKey": SECRET, "passphrase": PASSPHRASE}
EXCHANGE = {"accounts": [{"label": "main", "balances": {"USDT": "100000"}, "keys": [KEY]}], "house": {"enabled": False}}
FAILURES: list[tuple[str, dict[str, Any]]] = [
    ("ack_lost", {"op": "order"}),
    ("ack_lost", {"op": "order", "code": "50004"}),
    ("request_lost", {"op": "order"}),
    ("tcp_reset", {"endpoint": "/api/v5/trade/order"}),
    ("error", {"op": "order", "code": "51008", "msg": "balance"}),
    ("error", {"endpoint": "/api/v5/trade/order", "code": "50011", "msg": "too fast"}),
    ("maintenance", {"ms": 300, "code": "50001"}),
    ("clock_skew", {"ms": 120_000}),
]


def assert_clean(what: str, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    assert b"CANARY" not in data, f"a secret in {what}: {data[:2000]!r}"


def assert_clean_error(error: BaseException) -> None:
    seen: BaseException | None = error
    while seen is not None:
        assert_clean("an error", f"{seen} {seen!r} {seen.args!r} {vars(seen)!r}")
        told = traceback.TracebackException.from_exception(seen, capture_locals=True)
        for frame in told.stack:
            if frame.filename.startswith(OURS):
                assert_clean(f"locals of {frame.name}", repr(frame.locals))
        if isinstance(seen, OkxFastError):
            assert_clean("a pickled error", pickle.dumps(seen))
        seen = seen.__cause__ or seen.__context__


def texts_within(root: object) -> Iterator[tuple[str | bytes, str]]:
    """Every text that an object leads to, and how; but not by way of modules, classes, running code, loops."""
    skipped = (types.ModuleType, type, types.CodeType, types.FrameType, logging.Logger, asyncio.AbstractEventLoop)
    waiting, seen = [(root, type(root).__name__)], {id(root)}
    while waiting:
        found, way = waiting.pop()
        if isinstance(found, str | bytes | bytearray):
            yield (found if isinstance(found, str) else bytes(found)), way
        inside = found.__closure__ or () if isinstance(found, types.FunctionType) else gc.get_referents(found)
        for inner in inside:
            if id(inner) not in seen and not isinstance(inner, skipped):
                seen.add(id(inner))
                waiting.append((inner, f"{way} > {type(inner).__name__}"))


@pytest.fixture
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger down to level 1, those made later too."""
    caplog.set_level(1)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.NOTSET)
    return caplog


@pytest.fixture(autouse=True)
def nothing_was_shown(
    capfd: pytest.CaptureFixture[str], everything_is_logged: pytest.LogCaptureFixture
) -> Iterator[None]:
    yield
    for record in everything_is_logged.records:
        assert_clean("a log record", f"{record.getMessage()} {record.args!r} {vars(record)!r}")
    assert_clean("the log", everything_is_logged.text)
    for stream in capfd.readouterr():
        assert_clean("what was printed", stream)


def ask(call: Callable[[], object]) -> object:
    """What it returns, or the error it raises, looked through."""
    try:
        result = call()
    except Exception as error:  # noqa: BLE001  # whatever it is, it must be clean
        assert_clean_error(error)
        return error
    assert_clean("a result", repr(result))
    return result


def talk(rest: Rest) -> None:
    """A session as bots have it, with words that are wrong too."""
    ask(rest.prewarm)
    ask(rest.sync_clock)
    ask(rest.audit_key)
    ask(rest.account.balance)
    ask(lambda: rest.trade.place_order(**ORDER))
    ask(lambda: rest.trade.place_order(**{**ORDER, "sz": 0.1}))
    ask(lambda: rest.trade.place_order(**ORDER, nonsense="1"))
    ask(lambda: rest.trade.place_order(instId=BTC))
    ask(lambda: rest.trade.place_batch_orders([ORDER, {**ORDER, "sz": "99999999999"}]))
    ask(lambda: rest.asset.withdrawal)
    ask(lambda: rest.request("GET", "/api/v5/no/such/path"))
    ask(lambda: rest.request("POST", "/api/v5/trade/order", {"instId": "NO-SUCH"}))


def look_through(client: Rest | AsyncRest) -> None:
    for text, way in texts_within(client):
        assert_clean(way, text)
    for shown in (client, client.stats(), client.clock(), client.drift(), client._link, client._link.core):
        assert_clean("a print", f"{shown!r} {shown}")
    for way in (pickle.dumps, copy.deepcopy):
        assert isinstance(ask(lambda way=way: way(client)), TypeError)


@pytest.mark.okx_exchange(**EXCHANGE)
def test_a_session_that_goes_well_shows_nothing(okx_exchange: Exchange) -> None:
    with Rest(okx_exchange.site(), credentials=okx_exchange.credentials()) as rest:
        assert okx_exchange.credentials().key == "canary-key"
        talk(rest)
        look_through(rest)
    look_through(rest)


@pytest.mark.okx_exchange(**EXCHANGE)
@pytest.mark.parametrize(
    ("kind", "params"), FAILURES, ids=[f"{kind}-{params.get('code', '')}" for kind, params in FAILURES]
)
def test_a_session_that_goes_wrong_shows_nothing(okx_exchange: Exchange, kind: str, params: dict[str, Any]) -> None:
    credentials = okx_exchange.credentials()
    with Rest(okx_exchange.site(), credentials=credentials, options=RestOptions(timeout_s=1.0)) as rest:
        okx_exchange.fault(kind, **params)
        talk(rest)
        look_through(rest)


@pytest.mark.okx_exchange(**EXCHANGE)
@pytest.mark.parametrize(
    "parts",
    [("canary-key", "CANARYwrong", PASSPHRASE), ("canary-key", SECRET, "CANARYwrong"), ("nobody", SECRET, PASSPHRASE)],
    ids=["secret", "passphrase", "key"],
)
def test_a_key_that_is_refused_shows_nothing(okx_exchange: Exchange, parts: tuple[str, str, str]) -> None:
    with Rest(okx_exchange.site(), credentials=lambda: Credentials(*parts)) as rest:
        talk(rest)
        look_through(rest)


@pytest.mark.okx_exchange(**EXCHANGE)
def test_a_session_on_a_loop_shows_nothing_in_debug_mode_too(okx_exchange: Exchange) -> None:
    async def session() -> None:
        async with AsyncRest(okx_exchange.site(), credentials=okx_exchange.credentials()) as rest:
            await rest.account.balance()
            okx_exchange.fault("ack_lost", op="order")
            calls = [
                rest.trade.place_order(**ORDER, timeout=0.5),
                rest.account.config(),
                rest.trade.place_order(instId=BTC),
            ]
            for result in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(result, BaseException):
                    assert_clean_error(result)
            task = asyncio.ensure_future(rest.account.balance())
            await asyncio.sleep(0)
            assert_clean("a task", repr(task))
            task.cancel()
            look_through(rest)

    asyncio.run(session(), debug=True)


def test_the_password_of_a_proxy_shows_nowhere_but_in_its_option(okx_exchange: Exchange) -> None:
    proxy = f"http://me:{PROXY_PASSWORD}@127.0.0.1:9"  # nobody listens there
    options = RestOptions(proxy=proxy, timeout_s=1.0)
    assert_clean("options", f"{options!r} {options}")
    with Rest(okx_exchange.site(), credentials=okx_exchange.credentials(), options=options) as rest:
        talk(rest)
        assert_clean("a print", f"{rest!r} {rest.stats()!r}")
    for wrong in (f"ftp://me:{PROXY_PASSWORD}@127.0.0.1", f"http://me:{PROXY_PASSWORD}@", f"me:{PROXY_PASSWORD}"):
        assert isinstance(ask(lambda wrong=wrong: Rest("global", options=RestOptions(proxy=wrong))), OkxFastError)


def test_credentials_in_the_wrong_place_are_not_shown() -> None:
    for wrong in ((("k", SECRET, PASSPHRASE),), ({"secret": SECRET},), (f"{SECRET}",)):
        [given] = wrong

        def make(given: Any = given) -> Rest:
            return Rest("global", credentials=given)

        assert isinstance(ask(make), OkxFastError)


def test_a_process_that_dies_shows_nothing(okx_exchange: Exchange) -> None:
    """Uncaught, with every debugging aid that Python and Rust have."""
    code = f"""
        import faulthandler, logging, sys, okx_fast
        from okx_fast.rest import Rest
        logging.basicConfig(level=1)
        site = okx_fast.Site(rest={okx_exchange.site().rest!r}, ca_file={okx_exchange.ca_file!r})
        rest = Rest(site, credentials=okx_fast.Credentials.from_env("DYING"))
        faulthandler.dump_traceback()
        rest.account.balance()
    """
    names = {"DYING_API_KEY": "canary-key", "DYING_SECRET_KEY": SECRET, "DYING_PASSPHRASE": PASSPHRASE}
    aids = {"RUST_BACKTRACE": "full", "RUST_LOG": "trace", "PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env={**os.environ, **names, **aids}, capture_output=True, timeout=50, check=False)
    assert done.returncode == 1
    assert b"50111" in done.stderr  # a key that this exchange does not know
    assert_clean("its last words", done.stdout + done.stderr)


def test_what_is_written_down_holds_the_key_at_most(okx_exchange: Exchange) -> None:
    with Rest(okx_exchange.site(), credentials=okx_exchange.credentials()) as rest:
        assert_clean("an audit", json.dumps(rest.audit_key().as_dict()))
    assert_clean("the exchange's log", json.dumps(okx_exchange.log()))


HOLDER = """
    import ctypes, os, sys
    from okx_fast._native import RestCore, Secret

    def take():
        # From the pipe into Rust; what Python saw of it is overwritten, so that Rust's own copies are all there is.
        buffer = bytearray(32)
        os.readv(0, [buffer])
        seen = bytes(buffer)
        held = Secret(seen)
        ctypes.memset(id(seen) + bytes.__basicsize__ - 1, 0, len(seen))
        buffer[:] = bytes(32)
        return held

    def step(word):
        print(word, flush=True)
        os.read(0, 1)

    secret, passphrase = take(), take()
    step("held")
    core = RestCore(
        base="http://127.0.0.1:9", demo=False, ca_file=None, proxy=None, local_address=None, connections=1,
        connect_within_s=1.0, keep_warm_s=None, max_clock_offset_s=600.0, order_cap=1000,
    )
    core.set_credentials("canary-key", secret, passphrase)
    del secret, passphrase
    step("keyed")
    core.close()
    del core
    step("gone")
"""


def in_memory(pid: int, needle: bytes) -> int:
    """How often it stands in what a process may write to."""
    found = 0
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(side, 16) for side in span.split("-"))
            with contextlib.suppress(OSError):  # [vvar] and the like
                memory.seek(start)
                found += memory.read(end - start).count(needle)
    return found


def test_a_secret_is_gone_from_memory_when_nobody_holds_it() -> None:
    """A client keeps a keyed signer in place of the secret, and the passphrase until its end; both are wiped."""
    secret, passphrase = (os.urandom(16).hex().encode() for _ in range(2))
    command = [sys.executable, "-c", textwrap.dedent(HOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(secret + passphrase)
        counts = {}
        for word in ("held", "keyed", "gone"):
            assert process.stdout.readline().decode().strip() == word
            try:
                counts[word] = (in_memory(process.pid, secret), in_memory(process.pid, passphrase))
            except PermissionError:
                pytest.skip("this machine does not let a process look into its child's memory")
            process.stdin.write(b".")
    assert counts == {"held": (1, 1), "keyed": (0, 1), "gone": (0, 0)}
