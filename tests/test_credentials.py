"""Where keys come from, and what is refused. Made-up secrets: `CANARY…` must show nowhere."""

from __future__ import annotations

import copy
import json
import os
import pickle
import socket
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any

import pytest

from okx_fast import ConfigError, Credentials, Exchange
from okx_fast.credentials import resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY, SECRET, PASSPHRASE = "37c541a1-0a2c-4a3d-9f4e", "CANARYSECRET22", "CANARY-pass phrase!"
PARTS = (KEY, SECRET, PASSPHRASE)
TABLE = {"api_key": KEY, "secret_key": SECRET, "passphrase": PASSPHRASE}
TOML = f"[default]\napi_key = '{KEY}'\nsecret_key = '{SECRET}'\npassphrase = '{PASSPHRASE}'\n"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def refusal(make: Callable[[], object]) -> str:
    """The words of the ConfigError, after a look for canaries in all that a logger could get hold of."""
    with pytest.raises(ConfigError) as raised:
        make()
    seen: BaseException | None = raised.value
    while seen is not None:
        ours = traceback.TracebackException.from_exception(seen, capture_locals=True)
        frames = [frame for frame in ours.stack if "okx_fast" in frame.filename]
        assert "CANARY" not in repr([(frame.name, frame.locals) for frame in frames])
        assert "CANARY" not in repr(seen) + str(seen) + repr(vars(seen))
        seen = seen.__context__
    return str(raised.value)


def outcome(make: Callable[[], object]) -> str:
    """What it prints as, made or refused."""
    try:
        return repr(make())
    except ConfigError as error:
        return f"{error!r} {error.__context__!r}"


def test_they_print_as_the_beginning_of_the_key() -> None:
    made = Credentials(*PARTS)
    assert repr(made) == str(made) == f"{made}" == "Credentials(37c5…, from arguments)"
    assert (made.key, made.key_hint, made.source) == (KEY, "37c5…", "arguments")
    assert "CANARY" not in f"{made.secret!r} {made.passphrase!r}" + str(made.secret)


@pytest.mark.parametrize(
    "what", [lambda c: c, lambda c: c.secret, lambda c: c.passphrase], ids=["all", "secret", "pass"]
)
@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_they_refuse_to_be_pickled_and_copied(
    what: Callable[[Credentials], object], way: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError) as raised:
        way(what(Credentials(*PARTS)))
    assert "CANARY" not in str(raised.value)


def test_half_of_a_short_key_is_shown_at_most() -> None:
    assert [Credentials(key, "s", "pass phrase, ümlaut").key_hint for key in ("k", "abc", "sim-key", "12345678")] == [
        "…", "a…", "sim…", "1234…",
    ]  # fmt: skip


def test_they_cannot_be_changed() -> None:
    made = Credentials(*PARTS)
    for name in ("key", "secret", "passphrase", "other"):
        with pytest.raises(AttributeError):
            setattr(made, name, "x")
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("", SECRET, PASSPHRASE), "key is missing"),
        ((KEY, "", None), "secret is missing, passphrase is missing"),
        ((KEY, SECRET + "\n", PASSPHRASE), "secret begins or ends with a blank or a line break"),
        ((KEY, SECRET, " " + PASSPHRASE), "passphrase begins or ends with a blank"),
        ((KEY, SECRET, "CANARY\r\nX-Injected: 1"), "passphrase holds a character that cannot be printed"),
        ((KEY, "CANARY\0", PASSPHRASE), "secret holds a character that cannot be printed"),
        ((f"{KEY} x", SECRET, PASSPHRASE), "key holds something other than letters, digits and dashes"),
        (("clé", SECRET, PASSPHRASE), "key holds something other than letters, digits and dashes"),
        ((KEY, SECRET.encode(), PASSPHRASE), "secret is not text but bytes"),
        ((f"{KEY} {SECRET}\t", SECRET, PASSPHRASE), "key begins or ends with a blank"),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_being_shown(parts: tuple[Any, Any, Any], words: str) -> None:
    assert words in refusal(lambda: Credentials(*parts))


# The environment


def test_the_environment_has_three_variables_under_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in ("OKX", "DESK7"):
        for name, value in zip(("API_KEY", "SECRET_KEY", "PASSPHRASE"), PARTS, strict=True):
            monkeypatch.setenv(f"{prefix}_{name}", value)
    assert Credentials.from_env().key == KEY
    assert Credentials.from_env("DESK7").source == "environment DESK7_…"
    monkeypatch.delenv("OKX_API_KEY")
    monkeypatch.setenv("OKX_PASSPHRASE", "")
    assert refusal(Credentials.from_env) == "credentials: OKX_API_KEY is missing, OKX_PASSPHRASE is missing"


# A file


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_only_we_can_read_is_taken(tmp_path: Path, mode: int) -> None:
    more = TOML.replace("[default]", "['second account']").replace("37c5", "9999")
    path = write(tmp_path / "keys.toml", TOML + more, mode)
    assert Credentials.from_file(path).key == KEY
    second = Credentials.from_file(str(path), "second account")
    assert (second.key_hint, second.source) == ("9999…", f"file {path} [second account]")
    assert Credentials.from_file(write(tmp_path / "keys.json", json.dumps({"default": TABLE}), mode)).key == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601, 0o644, 0o666, 0o777])
def test_a_file_that_others_can_use_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "my keys.toml", TOML, mode)
    assert f"others may use it (mode {mode:04o}): chmod 600 '{path}'" in refusal(lambda: Credentials.from_file(path))


def test_a_link_counts_as_the_file_it_leads_to(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(write(tmp_path / "private.toml", TOML))
    assert Credentials.from_file(link).key == KEY
    link.unlink()
    link.symlink_to(write(tmp_path / "open.toml", TOML, 0o644))
    assert "others may use it" in refusal(lambda: Credentials.from_file(link))
    link.unlink()
    link.symlink_to(link)
    assert "symbolic links" in refusal(lambda: Credentials.from_file(link))


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "keys.toml", TOML)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert f"belongs to user {owner}, and this process runs as {owner + 1}" in refusal(
        lambda: Credentials.from_file(path)
    )


def test_what_is_checked_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path leads to another file as soon as it is open: nothing of that one may count."""
    path = write(tmp_path / "keys.toml", TOML, 0o644)
    opened = os.open

    def swap(*args: Any, **options: Any) -> int:
        fd = opened(*args, **options)
        path.unlink()
        write(path, TOML)
        return fd

    monkeypatch.setattr(os, "open", swap)
    assert "others may use it (mode 0644)" in refusal(lambda: Credentials.from_file(path))


def test_only_a_regular_file_is_read_and_nothing_waits(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo, 0o600)  # opening one waits for a writer
    assert "not a regular file" in refusal(lambda: Credentials.from_file(fifo))
    assert "not a regular file" in refusal(lambda: Credentials.from_file(tmp_path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert str(tmp_path / "s") in refusal(lambda: Credentials.from_file(tmp_path / "s"))
    assert "No such file" in refusal(lambda: Credentials.from_file(tmp_path / "none.toml"))
    assert "not a path" in refusal(lambda: Credentials.from_file("nul\0.toml"))
    assert "larger than 65536 bytes" in refusal(
        lambda: Credentials.from_file(write(tmp_path / "big.toml", TOML + "#" * 70_000))
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("k.toml", TOML.replace("default", "main"), "expected a table [default], got [main]"),
        ("k.toml", f"secret_key = '{SECRET}'", "expected a table [default], got none"),
        ("k.toml", TOML.replace("secret_key", "secret"), "expected api_key, secret_key, passphrase and nothing else"),
        ("k.toml", TOML + f"{SECRET} = 'oops'", "and nothing else"),
        ("k.toml", TOML.replace("passphrase = ", "#"), "passphrase in [default] is missing"),
        ("k.toml", TOML.replace(f"'{SECRET}'", "5"), "secret_key in [default] is not text but int"),
        ("k.toml", TOML.replace(f"'{PASSPHRASE}'", f"['{PASSPHRASE}']"), "is not text but list"),
        ("k.toml", TOML.replace(f"'{SECRET}'", SECRET), "not TOML (at line 3, column 14)"),
        ("k.toml", TOML.replace(f"'{PASSPHRASE}'", f'"\\CANARY{PASSPHRASE}"'), "not TOML (at line 4"),
        ("k.toml", TOML + "\udcff", "not TOML"),
        ("k.json", TOML, "not a JSON object (at line 1"),
        ("k.json", json.dumps([TABLE]), "not a JSON object"),
        ("k.json", "[" * 50_000, "not a JSON object"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_place_and_never_by_content(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors="surrogateescape"))
    path.chmod(0o600)
    said = refusal(lambda: Credentials.from_file(path))
    assert words in said
    assert said.startswith((str(path), "credentials: "))


@pytest.mark.parametrize("text", [TOML, json.dumps({"default": TABLE})], ids=["toml", "json"])
def test_a_file_cut_or_damaged_anywhere_shows_nothing(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / ("keys.json" if text.startswith("{") else "keys.toml"), "")
    for at in range(len(text)):
        for broken in (
            text[:at],
            text[:at] + text[at + 1 :],
            text[:at] + "'" + text[at:],
            text[:at] + "\n" + text[at:],
        ):
            path.write_text(broken)
            assert "CANARY" not in outcome(lambda: Credentials.from_file(path))


# The keyring


class Vault:
    """A keyring's backend."""

    priority = 5.0

    def __init__(self, held: dict[tuple[str, str], str]) -> None:
        self.held = held

    def get_password(self, service: str, name: str) -> str | None:
        return self.held.get((service, name))


def with_keyring(monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    module = types.ModuleType("keyring")
    module.get_keyring = lambda: backend  # type: ignore[attr-defined]
    module.get_password = backend.get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_the_keyring_holds_three_entries_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("okx-fast", f"desk.{field}"): value for field, value in TABLE.items()}
    with_keyring(monkeypatch, Vault(held))
    made = Credentials.from_keyring(profile="desk")
    assert (made.key, made.source) == (KEY, "keyring okx-fast desk")
    assert refusal(Credentials.from_keyring) == (
        "credentials: default.api_key is missing, default.secret_key is missing, default.passphrase is missing"
    )


def test_a_keyring_that_is_absent_unsafe_or_locked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install okx-fast[keyring]" in refusal(Credentials.from_keyring)

    class Plain(Vault):
        priority = 0.5  # of keyrings.alt's text file

    with_keyring(monkeypatch, Plain({}))
    assert "keeps nothing safe" in refusal(Credentials.from_keyring)

    class Locked(Vault):
        def get_password(self, service: str, name: str) -> str | None:
            raise RuntimeError(f"locked, and here is what I know: {SECRET}")

    with_keyring(monkeypatch, Locked({}))
    assert refusal(Credentials.from_keyring) == "keyring: it refused: RuntimeError"


# A function, and the simulator's


def test_a_function_is_asked_and_must_return_credentials() -> None:
    made = Credentials(*PARTS)
    assert resolve(lambda: made) is resolve(made) is made
    assert resolve(None) is None
    assert refusal(lambda: resolve(lambda: PARTS)).endswith("got tuple")  # type: ignore[arg-type, return-value]
    assert refusal(lambda: resolve(TABLE)).endswith("got dict")  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        resolve({}["vault"])


def test_an_exchange_hands_out_the_keys_of_its_accounts(okx_exchange: Exchange) -> None:
    assert (okx_exchange.credentials().key, okx_exchange.credentials(demo=True).key) == ("sim-key", "sim-demo-key")
    key = {"apiKey": "k2", "secretKey": SECRET, "passphrase": PASSPHRASE}
    okx_exchange.add_account(label="second", keys=[key])
    assert okx_exchange.credentials("second").key == "k2"
    for label, demo, words in [
        ("nobody", False, "there is no account 'nobody'"),
        ("second", True, "'second' has no demo key"),
    ]:
        assert words in refusal(lambda label=label, demo=demo: okx_exchange.credentials(label, demo=demo))
