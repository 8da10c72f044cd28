"""The README's examples run as they stand, only shorter."""

from __future__ import annotations

import asyncio
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

import okx_fast
from okx_fast.site import SITES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
FIRST, ASYNC, READING, CHANNELS, ACCOUNT, REST, ORDERS, KEYS, EXCHANGE = re.findall(
    r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE
)
TYPES_PAGE = (ROOT / "docs" / "trading-types.md").read_text()
TYPES = re.findall(r"^```python\n(.*?)^```", TYPES_PAGE, re.DOTALL | re.MULTILINE)


def test_the_first_example_prints_trades(capsys: pytest.CaptureFixture[str]) -> None:
    assert "seconds=5" in FIRST
    exec(compile(FIRST.replace("seconds=5", "seconds=1"), "README.md", "exec"), {})  # noqa: S102  # our own text
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(re.fullmatch(r"(buy|sell) \S+ \S+ mid \S+", line) for line in lines)


def test_the_asyncio_example_prints_trades(capsys: pytest.CaptureFixture[str]) -> None:
    body = ASYNC.rstrip() + "\n        break\n"  # it would go on for ever
    scope: dict[str, Any] = {}
    source = "import okx_fast\nasync def example():\n" + textwrap.indent(body, "    ")
    exec(compile(source, "README.md", "exec"), scope)  # noqa: S102  # our own text
    asyncio.run(scope["example"]())
    assert re.fullmatch(r"\S+ \S+\n", capsys.readouterr().out)


def test_the_example_of_reading_prints_events_and_the_book(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + READING, "README.md", "exec"), {})  # noqa: S102  # our own text
    out = capsys.readouterr().out
    assert out.startswith("connected")
    assert re.search(r"^vwap \S+ worst \S+ complete True$", out, re.MULTILINE)
    assert re.search(r"^bids \(100, 3\) of \(\d+, \d+\) age \S+ ms$", out, re.MULTILINE)


def test_the_example_of_channels_prints_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert "seconds=5" in CHANNELS
    exec(compile("import okx_fast\n" + CHANNELS.replace("seconds=5", "seconds=2"), "README.md", "exec"), {})  # noqa: S102  # our own text
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"BTC-USDT-SWAP 0\.\d+", line) for line in lines)
    assert any(re.fullmatch(r"BTC-USDT \S+ (True|False)", line) for line in lines)


def test_the_example_of_an_account_prints_its_order_and_its_equity(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + ACCOUNT, "README.md", "exec"), {})  # noqa: S102  # our own text
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"snapshot \S+", lines[0])
    assert "live 0 0" in lines
    assert any(re.fullmatch(r"filled 1 -0\.\d+", line) for line in lines)
    assert any(line.startswith("event_update ") for line in lines)


def test_the_example_of_rest_places_an_order(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + REST, "README.md", "exec"), {})  # noqa: S102  # our own text
    assert capsys.readouterr().out == "live\n500\n"


def test_the_example_of_orders_prints_how_each_ended(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + ORDERS, "README.md", "exec"), {})  # noqa: S102  # our own text
    first, second, third = capsys.readouterr().out.splitlines()
    assert (first, second) == ("CONFIRMED answer", "CONFIRMED")
    assert third.startswith("order: OKX 51020: ")


def test_the_example_of_a_key_prints_what_is_wrong_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + KEYS, "README.md", "exec"), {})  # noqa: S102  # our own text
    account, *warnings = capsys.readouterr().out.splitlines()
    assert account == "main account, futures mode, net positions ['read', 'trade', 'withdraw'] ()"
    assert [line.partition(" - ")[0] for line in warnings] == ["permissions", "ip", "expiry"]


def test_the_example_of_the_exchange_prints_balances_that_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile("import okx_fast\n" + EXCHANGE, "README.md", "exec"), {})  # noqa: S102  # our own text
    out = capsys.readouterr().out
    assert "'USDT': {'cash': '100000'" in out
    assert out.endswith(" True\n")


def test_the_examples_of_rest_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "rest.md").read_text(), re.DOTALL | re.MULTILINE)
    scope: dict[str, Any] = {}
    said = []
    for block in blocks:
        exec(compile(block, "docs/rest.md", "exec"), scope)  # noqa: S102  # our own text
        said.append(capsys.readouterr().out)
    assert re.fullmatch(r"\S+ \S+ \S+\nlive 50000 0.01\n", said[0])
    assert said[2] == "[(True, '0'), (False, '51185')]\n"
    assert said[5].startswith("SizeError 51185 no")


def test_the_examples_of_orders_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "orders.md").read_text(), re.DOTALL | re.MULTILINE)
    scope: dict[str, Any] = {}
    said = []
    for block in blocks:
        exec(compile(block, "docs/orders.md", "exec"), scope)  # noqa: S102  # our own text
        said.append(capsys.readouterr().out)
    assert said == [
        "CONFIRMED first answer\nCONFIRMED CONFIRMED REJECTED 51400\n",
        "['CONFIRMED', 'CONFIRMED', 'CONFIRMED']\n",
        "over: CONFIRMED\n",
        "b1 CONFIRMED 0 NoneType\nb2 REJECTED 51020 SizeError\n",
        "",
        "10.0\n",
        said[6],
        said[7],
        "order: that is enough for today\n",
        "6 2 0 True\n",
    ]
    assert said[6].count("fill ") == 1
    assert "order m1 filled 1\n" in said[6]
    assert "[('BTC-USDT-SWAP', Decimal('1'))] True\n" in said[6]
    assert said[7].startswith("CONFIRMED CONFIRMED\n")


def test_the_same_code_trades_on_the_simulator_and_on_a_demo_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    with okx_fast.Exchange() as exchange:
        monkeypatch.setitem(SITES, "global-demo", exchange.site(demo=True))
        keys = Path("keys.toml")
        keys.write_text('[demo]\napi_key = "sim-demo-key"\nsecret_key = "sim-secret"\npassphrase = "sim-pass"\n')
        keys.chmod(0o600)
        for block in TYPES[:2]:
            exec(compile(block, "docs/trading-types.md", "exec"), scope)  # noqa: S102  # our own text
    assert capsys.readouterr().out == "sim CONFIRMED CONFIRMED\nglobal-demo CONFIRMED CONFIRMED\n"


@pytest.mark.parametrize(
    ("at", "heading", "said"),
    [
        (2, "Spot", "CONFIRMED CONFIRMED\n"),
        (3, "Margin, cross", "CONFIRMED CONFIRMED\n"),
        (4, "Margin, isolated", "CONFIRMED CONFIRMED\n"),
        (5, "Futures", "linear CONFIRMED CONFIRMED\n"),
        (6, "Perpetual swap, linear", "CONFIRMED CONFIRMED\n"),
        (7, "Perpetual swap, inverse", "200 USD BTC CONFIRMED\n"),
        (8, "Options", "0.01 BTC CONFIRMED\n"),
    ],
)
def test_each_type_of_trading_has_an_example(
    at: int, heading: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    block = TYPES[at]
    assert TYPES_PAGE.partition(block)[0].rpartition("\n## ")[2].startswith(f"{heading}\n")
    exec(compile(block, "docs/trading-types.md", "exec"), {})  # noqa: S102  # our own text
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("target", re.findall(r"`?make ([a-z-]+)", README))
def test_every_make_target_it_names_is_there(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
