"""The requests other clients were recorded or tested with, made with ours: the same goes over the wire.

Source: captures/requests.jsonl, 220 lines of five clients. Which of them are told apart, and why, stands in EXCEPTIONS.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from okx_fast import ParameterError, sign
from okx_fast.credentials import Credentials
from okx_fast.rest import table
from tests.rest_calls import FLAVOURS, calling, invoke, made_up
from tests.stub_okx import Request, Stub

if TYPE_CHECKING:
    from pathlib import Path

    from okx_fast.rest.table import Row

Line = dict[str, Any]

# What of the 220 lines is not simply a method with the line's parameters: (lines, why).
EXCEPTIONS = {
    "frame": (13, "a WebSocket frame, no REST request"),
    "float": (2, "sends a size as a float: refused here by name, nothing is sent"),
    "no method": (3, "not current: market/open-oracle, asset/deposit-lightning, trade/cancel-advance-algos; request()"),
    "old names": (2, "public/opt-summary with `uly` alone, where `instFamily` is required today; request()"),
    "unlisted": (6, "`uly` or `greeksType`, which OKX documents no longer; method and extra="),
    "number": (3, "a JSON number where OKX documents text: sent as that text"),
    "path only": (12, "recorded without its body: method and path are compared, parameters are made up"),
    "parts": (4, "recorded as parts of its body: each must be there"),
}


@pytest.fixture(scope="module")
def lines(captures: Path) -> list[Line]:
    return [json.loads(line) for line in (captures / "requests.jsonl").read_text(encoding="utf-8").splitlines()]


def params_of(line: Line) -> Any:
    """What the line gives as parameters: a dict, or a list of them."""
    if "body_contains" in line:
        return PARTS[line["path"]]
    if "body" in line:
        return line["body"]
    return {**dict(parse_qsl(line.get("query", ""), keep_blank_values=True)), **line.get("query_has", {})}


# The parameters which make up the recorded parts.
PARTS: dict[str, dict[str, Any]] = {
    "/api/v5/copytrading/amend-copy-settings": {
        "uniqueCode": "UC",
        "copyMgnMode": "cross",
        "copyInstIdType": "copy",
        "copyTotalAmt": "500",
        "copyAmt": "20",
        "subPosCloseType": "copy_close",
    },
    "/api/v5/finance/flexible-loan/adjust-collateral": {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.1"},
    "/api/v5/finance/flexible-loan/max-loan": {"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "0.1"}]},
    "/api/v5/finance/staking-defi/cancel": {"ordId": "OID", "protocolType": "defi"},
}


def kind_of(line: Line) -> str | None:
    """Which exception the line is, None for those that are none."""
    if "frame" in line:
        return "frame"
    row = table.by_path(line["method"], line["path"])
    if row is None:
        return "no method"
    if "body_contains" in line:
        return "parts"
    if line["method"] == "POST" and "body" not in line:
        return "path only"
    params = params_of(line)
    return _odd(row, params if isinstance(params, list) else [params])


def _odd(row: Row, items: list[dict[str, Any]]) -> str | None:
    values = [value for item in items for value in item.values()]
    if any(isinstance(value, float) for value in values):
        return "float"
    if set(row.required) - {name for item in items for name in item}:
        return "old names"
    if any(set(item) - {*row.required, *row.optional} for item in items):
        return "unlisted"
    if any(type(value) is int for value in values):
        return "number"
    return None


def ask(call: Any, line: Line, kind: str | None) -> None:
    """Make the line's request as a user of ours would."""
    row = table.by_path(line["method"], line["path"])
    params = params_of(line)
    more: dict[str, Any] = {"exp_time": int(line["headers"]["expTime"])} if "headers" in line else {}
    if row is None or kind == "old names":
        call("request", line["method"], line["path"], params or None, signed=line.get("auth"))
    elif kind == "path only":
        invoke(call, row, {name: value for name, value in made_up(row).items() if name in row.required})
    elif isinstance(params, list):
        call(row.name, params, **more)
    else:
        known = {*row.required, *row.optional}
        extra = {name: value for name, value in params.items() if name not in known}
        params = {name: value for name, value in params.items() if name in known}
        invoke(call, row, params, **more, **({"extra": extra} if extra else {}))


def compare(line: Line, kind: str | None, request: Request) -> None:
    """Method, path, query set and body as recorded."""
    assert (request.method, request.path) == (line["method"], line["path"])
    if line["method"] == "GET":
        assert sorted(request.pairs) == sorted((name, value) for name, value in params_of(line).items())
        assert request.body == b""
    elif kind == "parts":
        text = request.body.decode()
        assert all(part in text for part in line["body_contains"]), text
    elif kind != "path only":
        body = line.get("body", {})
        want = {name: str(v) if type(v) is int else v for name, v in body.items()} if kind == "number" else body
        assert (json.loads(request.body) if request.body else {}) == want
    for name, value in line.get("headers", {}).items():
        assert request.headers[name.lower()] == value
    if "auth" in line:
        assert ("ok-access-sign" in request.headers) == line["auth"]


def test_the_exceptions_are_as_many_as_the_table_says(lines: list[Line]) -> None:
    kinds = Counter(kind_of(line) for line in lines)
    plain = kinds.pop(None)
    assert kinds == {kind: count for kind, (count, _) in EXCEPTIONS.items()}
    assert plain == 175
    assert len(lines) == 220


def rounds(lines: list[Line]) -> list[list[Line]]:
    """The REST lines we send, in rounds without a repeated endpoint, so that no limit makes the test wait."""
    made: list[list[Line]] = []
    seen = Counter[tuple[str, str]]()
    for line in lines:
        if kind_of(line) in ("frame", "float"):
            continue
        endpoint = line["method"], line["path"]
        if seen[endpoint] == len(made):
            made.append([])
        made[seen[endpoint]].append(line)
        seen[endpoint] += 1
    return made


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_request_goes_over_the_wire_as_others_send_it(lines: list[Line], flavour: str) -> None:
    compared = 0
    for each in rounds(lines):
        with Stub() as stub, calling(flavour, stub.site()) as call:
            for line in each:
                kind, before = kind_of(line), len(stub.requests)
                ask(call, line, kind)
                (request,) = stub.requests[before:]
                compare(line, kind, request)
                compared += 1
    assert compared == 205


def test_floats_are_refused_by_name_and_nothing_is_sent(lines: list[Line]) -> None:
    floats = [line for line in lines if kind_of(line) == "float"]
    with Stub() as stub, calling("sync", stub.site()) as call:
        for line in floats:
            with pytest.raises(ParameterError) as caught:
                ask(call, line, "float")
            assert caught.value.name == "amt"
        assert len(floats) == 2
        assert not stub.requests


@pytest.mark.parametrize("flavour", ["sync", "uvloop"])
def test_all_nineteen_signatures_come_out_equal(lines: list[Line], flavour: str) -> None:
    """The bytes on the wire are those the recorded signature was made of, and ours signs what is on the wire."""
    signed = [line for line in lines if "sign" in line]
    with Stub() as stub:
        for line in signed:
            credentials = Credentials(line["key"], line["secret"], line["passphrase"])
            with calling(flavour, stub.site(), credentials=credentials) as call:
                ask(call, line, kind_of(line))
            request = stub.requests[-1]
            assert request.query == line.get("query", "")
            assert request.body.decode() == line.get("body_text", "")
            wire = f"{request.method}{request.target}{request.body.decode()}"
            assert sign(line["secret"], line["timestamp"] + wire) == line["sign"]
            assert request.headers["ok-access-sign"] == sign(line["secret"], request.prehash)
            assert request.headers["ok-access-key"] == line["key"]
            assert request.headers["ok-access-passphrase"] == line["passphrase"]
        assert len(signed) == len(stub.requests) == 19
