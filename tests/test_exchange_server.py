"""The exchange's sockets as other people's clients see them: HTTP of the standard library, `websockets`."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from okx_fast import ClosedError, ConfigError, Exchange
from okx_fast._native import ExchangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 10
QUIET = json.dumps({"house": {"enabled": False}, "limits": 0})


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer(QUIET) as server:
        yield server


def raw(url: str, *parts: bytes) -> bytes:
    """All that comes back until the server closes."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), WAIT) as sock:
        for part in parts:
            sock.sendall(part)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return answer


def get(connection: http.client.HTTPConnection, target: str) -> tuple[http.client.HTTPResponse, Any]:
    connection.request("GET", target)
    response = connection.getresponse()
    return response, json.loads(response.read())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_rest_answers_on_one_kept_connection_and_says_that_it_is_not_okx(server: ExchangeServer, tls: bool) -> None:
    connection: http.client.HTTPConnection
    if tls:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        connection = http.client.HTTPSConnection(urlsplit(server.rest_tls).netloc, timeout=WAIT, context=context)
    else:
        connection = http.client.HTTPConnection(urlsplit(server.rest).netloc, timeout=WAIT)
    for _ in range(3):
        response, answer = get(connection, "/api/v5/public/time")
        assert response.headers["x-okx-fast-simulator"] == "1"
        assert answer["code"] == "0"
        assert answer["data"][0]["ts"].isdigit()
        assert connection.sock is not None, "kept"
    connection.close()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_web_socket_opens_under_any_base_path_and_answers_ping(server: ExchangeServer, tls: bool) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file)) if tls else None
    base = server.wss if tls else server.ws
    for path in ("/ws/v5/public", "/ws/v5/private", "/ws/v5/business", "/prefix/ws/v5/public?brokerId=9999"):
        with connect(base + path, ssl=context, close_timeout=1) as ws:
            assert ws.response is not None
            assert ws.response.headers["x-okx-fast-simulator"] == "1"
            assert "sec-websocket-extensions" not in ws.response.headers, "compression was offered, and not taken"
            ws.send("ping")
            assert ws.recv(timeout=WAIT) == "pong"
            assert ws.ping().wait(WAIT)


def test_broken_http_is_a_400_in_okxs_envelope_and_the_next_client_is_served(server: ExchangeServer) -> None:
    for sent, status in [
        (b"hello\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: nine\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 2000000\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00", b"400"),
    ]:
        head, _, body = raw(server.rest, sent).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 " + status), head
        assert json.loads(body)["code"] == "50000"
    connection = http.client.HTTPConnection(urlsplit(server.rest).netloc, timeout=WAIT)
    assert get(connection, "/api/v5/public/time")[1]["code"] == "0"
    connection.close()


def test_pipelined_requests_are_answered_in_order(server: ExchangeServer) -> None:
    ask = b"".join(
        f"GET {target} HTTP/1.1\r\nhost: x\r\n{last}\r\n".encode()
        for target, last in [
            ("/api/v5/public/time", ""),
            ("/api/v5/no/such/thing", ""),
            ("/api/v5/public/time", "connection: close\r\n"),
        ]
    )
    for parts in ([ask], [ask[at : at + 1] for at in range(len(ask))]):
        answer = raw(server.rest, *parts)
        assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404", b"200"]


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ("nonsense", "configuration"),
        ('{"sead": 1}', "sead"),
        ('{"seed": -1}', "configuration"),
        ('{"clock": "wall"}', "wall"),
        ('{"host": "0.0.0.0"}', "loopback only, not on 0.0.0.0"),
        ('{"host": "localhost"}', "host: not an address: localhost"),
        ('{"clock": "virtual", "start": "noon"}', "start"),
    ],
)
def test_a_configuration_that_cannot_work_is_a_value_error_in_words(config: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        ExchangeServer(config)


def test_a_taken_port_is_an_os_error_and_free_again_after_stop(server: ExchangeServer) -> None:
    port = urlsplit(server.rest).port
    for key in ("port", "tls_port", "admin_port"):
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            ExchangeServer(json.dumps({key: port}))
    assert server.ca_file.exists()
    server.stop()
    server.stop()
    with ExchangeServer(json.dumps({"port": port})) as again:
        assert urlsplit(again.rest).port == port


def test_stop_ends_connections_that_are_open() -> None:
    exchange = Exchange(house={"enabled": False}).start()
    with connect(exchange.ws + "/ws/v5/public", close_timeout=1) as ws:
        exchange.stop()
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=WAIT)
    with pytest.raises(ClosedError, match="not running"):
        exchange.metrics()


def test_an_exchange_listens_to_the_network_only_when_told_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="loopback only"), Exchange(host="0.0.0.0"):  # noqa: S104  # refused
        pass
    assert capsys.readouterr().err == ""
    with Exchange(host="0.0.0.0", expose=True) as exchange:  # noqa: S104  # for a moment
        assert exchange.ready()["exposed"] is True
        assert exchange.admin_url.startswith("http://127.0.0.1:")
    assert "WARNING: this simulator is open to the network" in capsys.readouterr().err


def test_a_child_of_fork_leaves_the_parents_exchange_alone() -> None:
    script = """
    import os, urllib.request
    from okx_fast import Exchange, ForkError
    with Exchange(house={"enabled": False}) as exchange:
        if (pid := os.fork()) == 0:
            try:
                exchange.metrics()
            except ForkError as error:
                print(error, flush=True)
            exchange.stop()
            del exchange
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        urllib.request.urlopen(exchange.rest + "/api/v5/public/time").read()
    print("served")
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first == "this exchange belongs to the parent process; make a new one after fork()"
    assert last == "served"


def test_connections_that_come_and_go_leave_no_descriptor(server: ExchangeServer) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def visit() -> None:
        with connect(server.ws + "/ws/v5/public", close_timeout=1):
            pass

    before = count()
    threads = [threading.Thread(target=visit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(50):
        raw(server.rest, b"GET /api/v5/public/time HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert count() <= before + 2


def test_the_command_serves_an_exchange_until_a_signal_the_time_or_the_end_of_stdin() -> None:
    command = [sys.executable, "-m", "okx_fast", "sim"]
    done = subprocess.run([*command, "--seconds", "0.1"], capture_output=True, text=True, timeout=30, check=True)
    [line] = done.stdout.splitlines()
    ready = json.loads(line)
    assert ready["ready"] is True
    assert ready["name"] == "okx-fast simulator (not OKX)"
    assert {"rest", "rest_tls", "ws", "wss", "ca_file", "admin"} <= ready.keys()
    assert "BTC-USDT-SWAP" in ready["instruments"]
    assert [account["label"] for account in ready["accounts"]] == ["main"]
    assert "exposed" not in ready
    assert not Path(ready["ca_file"]).exists()
    for ends in ("signal", "stdin"):
        process = subprocess.Popen(
            [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ready"]
        if ends == "signal":
            process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")


def test_the_command_reads_toml_and_json_and_its_options_come_first(tmp_path: Path) -> None:
    toml = tmp_path / "box.toml"
    toml.write_text(
        'seed = 7\nclock = "virtual"\nstart = 2026-01-02T03:04:05Z\nhouse.enabled = false\n\n'
        '[[accounts]]\nlabel = "me"\nbalances = { USDT = "5" }\n'
    )
    as_json = tmp_path / "box.json"
    as_json.write_text('{"accounts": [{"label": "you"}]}')
    command = [sys.executable, "-m", "okx_fast", "sim", "--seconds", "0", "--config"]
    for path, label in [(toml, "me"), (as_json, "you")]:
        done = subprocess.run([*command, path, "--seed", "8"], capture_output=True, text=True, timeout=30, check=True)
        assert [account["label"] for account in json.loads(done.stdout)["accounts"]] == [label]


def test_the_command_lists_what_is_simulated_and_what_is_refused() -> None:
    command = [sys.executable, "-m", "okx_fast", "sim", "--coverage"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    simulated, refused = done.stdout.removeprefix("simulated\n").split("\nrefused\n")
    assert "  rest: POST /api/v5/trade/order" in simulated.splitlines()
    assert "  channels: books" in simulated.splitlines()
    assert "  operations: order" in simulated.splitlines()
    assert "  operations: sprd-order" in refused.splitlines()
    assert not set(simulated.splitlines()) & set(refused.splitlines())


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        ("seed = ", "bad.toml", "Invalid"),
        ("[1]", "list.json", "expected an object"),
        ("{}", "box.yaml", "expected a .toml or .json file"),
        ("colour = 1", "unknown.toml", "unknown field `colour`"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_configuration(
    content: str, name: str, error: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    command = [sys.executable, "-m", "okx_fast", "sim", "--config", tmp_path / name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("okx-fast sim: ")
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
