"""What `account/config` tells about a key. Source: OKX API v5, Trading Account › Get account configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast.audit import KeyAudit

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = {
    "uid": "7",
    "mainUid": "1",
    "acctLv": "2",
    "posMode": "net_mode",
    "kycLv": "3",
    "label": "bot",
    "ip": "1.2.3.4",
}


def audit(perm: str, *, demo: bool = False, fence: frozenset[str] = frozenset(), **more: Any) -> KeyAudit:
    return KeyAudit.of({**CONFIG, "perm": perm, **more}, demo=demo, fence=fence)


@pytest.mark.parametrize(
    ("perm", "ip", "demo", "days"),
    [  # an unbound live key with trade or withdraw right is deleted after 14 idle days; demo keys are exempt
        ("read_only,trade", "", False, 14),
        ("read_only,withdraw", "", False, 14),
        ("read_only", "", False, None),
        ("read_only,trade", "1.2.3.4", False, None),
        ("read_only,trade", "", True, None),
    ],
)
def test_the_key_that_expires_is_unbound_and_live_and_more_than_reads(
    perm: str, ip: str, demo: bool, days: int | None
) -> None:
    found = audit(perm, ip=ip, demo=demo)
    assert found.idle_days == days
    assert any("14 days" in words for _, words in found.warnings) is (days is not None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"perm": "read_only,withdraw,trade"}, ["may withdraw"]),
        ({"perm": "trade", "ip": "", "demo": True}, ["bound to no IP address"]),
        ({"perm": "read_only", "ip": ""}, []),
        ({"perm": "read_only,trade", "kycLv": "1"}, ["verified to level 1"]),
        ({"perm": "read_only,trade", "kycLv": "1", "demo": True}, []),
        ({"perm": "read_only", "fence": frozenset({"read", "trade"})}, ["may trade, the key may not"]),
        ({"perm": "read_only,trade", "fence": frozenset({"read"})}, []),
        ({"perm": "read_only,trade"}, []),
    ],
)
def test_each_warning_is_there_when_it_should_be_and_only_then(given: dict[str, Any], words: list[str]) -> None:
    found = audit(**given)
    assert len(found.warnings) == len(words), found.warnings
    assert all(word in warning for word, (_, warning) in zip(words, found.warnings, strict=True))


def test_a_bound_key_of_a_sub_account_is_told_in_words() -> None:
    found = audit("read_only,trade", ip="117.37.203.58, 2001:db8::/32")
    assert found.ips == ("117.37.203.58", "2001:db8::/32")
    assert (found.bound, found.is_main, found.label) == (True, False, "bot")
    assert found.permissions == {"read", "trade"}
    assert found.account == "sub-account, futures mode, net positions"
    assert audit("trade", uid="1", acctLv="4", posMode="long_short_mode").account == (
        "main account, portfolio margin mode, long/short positions"
    )


def test_fields_that_are_missing_or_new_are_no_trouble() -> None:
    assert KeyAudit.of({"perm": "trade", "kycLv": "9" * 5000, "ip": "1.1.1.1"}).warnings == ()
    found = KeyAudit.of({"perm": "read_only,teleport", "acctLv": "9", "new": [1], "kycLv": None})
    assert found.permissions == {"read", "teleport"}
    assert (found.uid, found.is_main, found.kyc_lv) == ("", None, "")
    assert found.account == "account, 9 mode, unknown positions"
    assert KeyAudit.of({}).warnings == ()


def test_it_can_be_written_as_json() -> None:
    row = json.loads(json.dumps(audit("trade,read_only", ip="", demo=True).as_dict()))
    assert [warning["about"] for warning in row["warnings"]] == ["ip"]
    assert (row["permissions"], row["ips"], row["bound"]) == (["read", "trade"], [], False)


def test_recorded_answers_can_be_audited(captures: Path) -> None:
    rows = [
        row
        for path in (captures / "private").glob("*rest*.jsonl")
        for line in path.read_text().splitlines()
        if '"/api/v5/account/config"' in line
        for row in json.loads(line)["body"]["data"]
    ]
    assert rows
    for row in rows:
        assert KeyAudit.of(row).permissions == {"read", "trade"}
