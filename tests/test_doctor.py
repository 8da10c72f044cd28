"""`okx-fast doctor` and `okx-fast status` against a simulated exchange, well and ill."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from okx_fast import Credentials, Exchange, Rest, cli, doctor
from okx_fast.doctor import Check, examine
from okx_fast.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = [
    "site",
    "dns",
    "connection",
    "clock",
    "status",
    "key",
    "permissions",
    "ip",
    "expiry",
    "account",
    "limits",
    "websocket",
]
OF_A_KEY = NAMES[6:11]


def key(name: str = "well-kept", **more: Any) -> dict[str, Any]:
    return {
        "apiKey": name,
        "secretKey": "s3cret",
        "passphrase": "p4ss",
        "perm": "read_only,trade",
        "ip": "127.0.0.1",
        **more,
    }


ACCOUNTS = {"accounts": [{"label": "main", "balances": {"USDT": "1000"}, "keys": [key()]}], "house": {"enabled": False}}


def look(exchange: Exchange, credentials: Credentials | None = None, **options: Any) -> dict[str, Check]:
    checks = list(examine(exchange.site(), credentials, timeout_s=5, **options))
    assert [check.name for check in checks] == NAMES
    return {check.name: check for check in checks}


def verdicts(checks: dict[str, Check]) -> dict[str, str]:
    """Of those that are not ok."""
    return {name: check.verdict for name, check in checks.items() if check.verdict != "ok"}


@pytest.mark.okx_exchange(**ACCOUNTS)
def test_where_all_is_well_every_check_says_so(okx_exchange: Exchange) -> None:
    checks = look(okx_exchange, okx_exchange.credentials())
    assert verdicts(checks) == {}
    words = {name: check.words for name, check in checks.items()}
    assert words["dns"] == "127.0.0.1 is an address"
    assert words["connection"].startswith("TCP and TLS, certificate verified, in ")
    assert words["key"] == "well… ('main') works here, from arguments"
    assert words["permissions"] == "read, trade"
    assert words["ip"] == "bound to 127.0.0.1"
    assert words["account"] == "main account, futures mode, net positions"
    assert "new and amended orders in 2 s" in words["limits"]
    assert abs(checks["clock"].data["offset_ms"]) < 1000
    json.dumps([check.as_dict() for check in checks.values()])


@pytest.mark.okx_exchange(accounts=[{"label": "main", "keys": [key(perm="read_only,trade,withdraw", ip="")]}])
def test_a_key_that_is_badly_kept_is_told_what_to_change(okx_exchange: Exchange) -> None:
    checks = look(okx_exchange, okx_exchange.credentials())
    assert verdicts(checks) == {"permissions": "warn", "ip": "warn", "expiry": "warn"}
    assert "may withdraw" in checks["permissions"].words
    assert "14 days" in checks["expiry"].words


@pytest.mark.okx_exchange(accounts=[{"label": "main", "keys": [key(ip="", demo=True)]}])
def test_a_demo_key_works_in_its_environment_and_does_not_expire(okx_exchange: Exchange) -> None:
    checks = {check.name: check for check in examine(okx_exchange.site(demo=True), okx_exchange.credentials(demo=True))}
    assert verdicts(checks) == {"ip": "warn"}
    assert checks["site"].words == "sim, demo trading: 127.0.0.1"


def test_without_a_key_what_needs_one_is_skipped(okx_exchange: Exchange) -> None:
    checks = look(okx_exchange)
    assert verdicts(checks) == dict.fromkeys(["key", *OF_A_KEY], "skip")


@pytest.mark.okx_exchange(
    accounts=[{"label": "main", "keys": [key(), key("elsewhere", ip="10.0.0.1"), key("for-demo", demo=True)]}]
)
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("well-kept", "wrong", "p4ss"), "50113"),  # signature
        (("well-kept", "s3cret", "wrong"), "50105"),  # passphrase
        (("nobody", "s3cret", "p4ss"), "50111"),  # unknown
        (("37c541a1-10ab-43c1-a1b5-0c0ab1f3c1aa", "s3cret", "p4ss"), "50119"),  # of another site
        (("for-demo", "s3cret", "p4ss"), "50101"),  # of another environment
        (("elsewhere", "s3cret", "p4ss"), "50110"),  # IP not on its list
    ],
)
def test_a_key_that_does_not_work_is_told_why(okx_exchange: Exchange, parts: tuple[str, str, str], code: str) -> None:
    checks = look(okx_exchange, Credentials(*parts))
    assert verdicts(checks) == {"key": "fail", **dict.fromkeys(OF_A_KEY, "skip")}
    assert (checks["key"].data["code"], checks["key"].data["key"]) == (code, Credentials(*parts).key_hint)
    assert code in checks["key"].words
    assert "s3cret" not in repr(checks)
    assert "p4ss" not in repr(checks)


@pytest.mark.parametrize(("ms", "verdict"), [(5_000, "warn"), (-5_000, "warn"), (45_000, "fail"), (3_600_000, "fail")])
@pytest.mark.okx_exchange(**ACCOUNTS)
def test_a_clock_that_is_off_is_told_with_side_and_size(okx_exchange: Exchange, ms: int, verdict: str) -> None:
    okx_exchange.fault("clock_skew", ms=ms)
    clock = look(okx_exchange)["clock"]
    assert clock.verdict == verdict, clock
    if abs(ms) < 600_000:  # beyond, a client does not follow, and says so
        assert ("behind OKX" if ms > 0 else "ahead of OKX") in clock.words
        assert clock.data["offset_ms"] == pytest.approx(ms, abs=500)


@pytest.mark.okx_exchange(**ACCOUNTS)
def test_maintenance_that_is_going_on_is_a_warning(okx_exchange: Exchange) -> None:
    okx_exchange.set_status(title="Engine upgrade", state="ongoing", serviceType="5", env="1", begin="1795305600000")
    status = look(okx_exchange, okx_exchange.credentials())["status"]
    assert (status.verdict, status.words) == ("warn", "maintenance is going on: Engine upgrade")


@pytest.mark.okx_exchange(**ACCOUNTS)
def test_limits_that_are_not_told_are_no_failure(okx_exchange: Exchange) -> None:
    okx_exchange.fault("error", endpoint="/api/v5/trade/account-rate-limit", code="50030", msg="not opened")
    limits = look(okx_exchange, okx_exchange.credentials())["limits"]
    assert (limits.verdict, limits.data) == ("warn", {"code": "50030"})


def test_an_authority_that_is_not_known_is_a_failed_connection(okx_exchange: Exchange) -> None:
    checks = list(examine(replace(okx_exchange.site(), ca_file=None), timeout_s=5))
    assert [check.verdict for check in checks] == ["ok", "ok", "fail", *["skip"] * 8, "fail"]
    assert "certificate" in checks[2].words
    assert "certificate" in checks[-1].words


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        yield taken.getsockname()[1]


def test_nobody_at_the_port_is_a_failed_connection(okx_exchange: Exchange, closed_port: int) -> None:
    checks = list(examine(replace(okx_exchange.site(), rest=f"http://127.0.0.1:{closed_port}"), timeout_s=5))
    assert [check.verdict for check in checks] == ["ok", "ok", "fail", *["skip"] * 8, "ok"]
    assert "refused" in checks[2].words


def test_a_name_that_nobody_knows_is_told_and_the_rest_skipped(
    okx_exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    checks = list(examine(replace(okx_exchange.site(), rest="https://no.invalid"), timeout_s=5))
    assert [check.verdict for check in checks] == ["ok", "fail", "ok", *["skip"] * 9, "ok"]
    assert checks[1].words.startswith("no.invalid: Name or service not known; is this machine online")


def test_a_resolver_that_never_answers_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer.wait(30) and [])
    check = doctor._look_up("slow.invalid", 0.1)
    answer.set()
    assert (check.verdict, check.words) == ("fail", "slow.invalid: no answer within 0.1 s")


def test_a_site_without_rest_is_told_at_once() -> None:
    [check] = examine(replace(cli_site("global"), rest=None))
    assert (check.verdict, check.words) == ("fail", "global has no address for REST")


def cli_site(name: str) -> Any:
    from okx_fast.site import SITES

    return SITES[name]


@pytest.fixture
def proxy() -> Iterator[list[str]]:
    """An HTTP proxy for CONNECT; its URL, and then each line it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = [f"http://127.0.0.1:{listener.getsockname()[1]}"]
    open_ones: list[socket.socket] = [listener]

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += client.recv(1)
                seen.append(head.split(b"\r\n")[0].decode())
                host, _, port = seen[-1].split()[1].rpartition(":")
                server = socket.create_connection((host, int(port)), timeout=5)
                open_ones.extend((client, server))
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=pass_on, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield seen
    for one in open_ones:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.mark.okx_exchange(**ACCOUNTS)
def test_with_a_proxy_everything_goes_through_it(okx_exchange: Exchange, proxy: list[str]) -> None:
    url, *_ = proxy
    checks = look(okx_exchange, okx_exchange.credentials(), proxy=url)
    assert verdicts(checks) == {"dns": "skip"}
    hosts = {urlsplit(address).netloc for address in (okx_exchange.rest_tls, okx_exchange.wss)}
    assert {line.split()[1] for line in proxy[1:]} == hosts


# The commands


def test_the_doctor_of_the_simulator_prints_a_line_for_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--site", "sim", "--timeout", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == NAMES
    assert {line.split()[0] for line in lines} == {"ok", "warn"}


def test_the_doctor_takes_the_key_of_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("[bot]\napi_key = 'sim-key'\nsecret_key = 'sim-secret'\npassphrase = 'sim-pass'\n")
    file.chmod(0o600)
    arguments = ["doctor", "--site", "sim", "--file", str(file), "--timeout", "5"]
    assert cli.main([*arguments, "--profile", "bot"]) == 0
    assert f"sim… ('main') works here, from file {file} [bot]" in capsys.readouterr().out
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"okx-fast doctor: {file}: expected a table [default], got [bot]\n"


def test_the_doctor_speaks_json_and_fails_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("API_KEY", "sim-key"), ("SECRET_KEY", "CANARY"), ("PASSPHRASE", "sim-pass")):
        monkeypatch.setenv(f"DESK_{name}", value)
    assert cli.main(["doctor", "--site", "sim", "--env", "DESK", "--json", "--timeout", "5"]) == 1
    out = capsys.readouterr().out
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["name"] for row in rows] == NAMES
    assert (rows[5]["verdict"], rows[5]["data"]["code"]) == ("fail", "50113")
    assert "CANARY" not in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["doctor", "--site", "live"], "where was the account opened"),
        (["doctor", "--site", "sim", "--file", "/no/such/file.toml"], "/no/such/file.toml: No such file"),
        (["status", "--site", "mars"], "got 'mars'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    args: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"okx-fast {args[0]}: ")
    assert words in err


def test_status_says_what_okx_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--site", "sim"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "no maintenance, now or announced"
    assert "50062" in lines[1]  # the simulator has no announcements
    assert cli.main(["status", "--site", "sim", "--announcements", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"maintenance": [], "announcements": []}


def test_status_writes_rows_as_lines() -> None:
    from okx_fast import status

    row = {"state": "ongoing", "begin": "1795305600000", "end": "", "title": "Upgrade", "serviceType": "5", "env": "2"}
    news = {
        "title": "New \x1b[2Jlisting",
        "url": "https://www.okx.com/help/x",
        "pTime": "1795305660000",
        "annType": "a",
    }
    told = {"maintenance": [row], "announcements": [news]}
    assert list(map(plain, status.as_lines(told))) == [
        "ongoing: 2026-11-22 00:00 to ?  Upgrade (trading, demo)",
        "2026-11-22 00:01  New  [2Jlisting  https://www.okx.com/help/x",
    ]
    assert not status.is_calm(told)
    strange = {"maintenance": [{"state": "new", "begin": "soon"}], "announcements": []}
    assert list(status.as_lines(strange)) == ["new: soon to ?  None (service None)"]
    assert status.is_calm(strange)
    far = {"maintenance": [], "announcements": [{"pTime": "9" * 5000, "title": "a", "url": "b"}]}
    assert list(status.as_lines(far))[1] == f"{'9' * 20}  a  b"


def test_status_keeps_what_it_can_of_a_reply_of_another_shape() -> None:
    from okx_fast import status
    from tests.stub_okx import Stub

    odd = [5, None, {"state": "new"}, {"details": [5, {"title": "a"}]}, {"details": 5}]
    with Stub(lambda peer, _: peer.answer({"code": "0", "msg": "", "data": odd})) as stub, Rest(stub.site()) as rest:
        told = status.fetch(rest)
    assert told["announcements"] == [{"title": "a"}]
    assert len(list(status.as_lines(told))) == len(told["maintenance"]) + 1 == 4


def test_the_simulators_maintenance_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary = Exchange.start

    def started(exchange: Exchange) -> Exchange:
        ordinary(exchange).set_status(title="Engine upgrade", state="ongoing", serviceType="5", env="1")
        return exchange

    monkeypatch.setattr(Exchange, "start", started)
    assert cli.main(["status", "--site", "sim", "--announcements", "0"]) == 1
    assert "Engine upgrade (trading)" in capsys.readouterr().out
