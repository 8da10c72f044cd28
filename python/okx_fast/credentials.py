"""The key of an account, from wherever it is kept, in a form that shows its secrets to nobody.

    Credentials(key, secret, passphrase)     from your own code
    Credentials.from_env()                   OKX_API_KEY, OKX_SECRET_KEY, OKX_PASSPHRASE
    Credentials.from_file(path, profile)     a TOML or JSON file that only you can read
    Credentials.from_keyring()               the keyring of the operating system: `okx-fast[keyring]`
    a function that returns Credentials      where a client takes them: asked once, when the client is made

The two secrets go into Rust at once (`Secret`), where they are wiped when nobody holds them any more. What the caller
read them from (its own text, the environment, Python's memory of them until it is reused) is beyond our reach.
No error of this module holds what it was given: not in its words, not in its context, not in the locals of our frames.

Source: OKX API v5, Overview › API key creation; REST authentication.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Self, cast, final

from okx_fast._native import Secret
from okx_fast.errors import ConfigError

__all__ = ["Credentials", "CredentialsSource", "resolve"]

FIELDS: Final = ("api_key", "secret_key", "passphrase")
VARIABLES: Final = ("API_KEY", "SECRET_KEY", "PASSPHRASE")
HINT_LENGTH: Final = 4  # of a key, in messages: enough to tell two keys apart
FILE_MAX: Final = 64 * 1024
KEYRING_PRIORITY: Final = 1  # keyring's own mark for a backend to recommend; text files and "none" are below


@final
class Credentials:
    """An API key with its secret and passphrase, as OKX showed them when the key was made.

    It prints as the first four characters of the key, and refuses to be pickled or copied. It cannot be changed.
    Raises ConfigError for a part that cannot be right: empty, not printable, or with a blank at an end.
    """

    __slots__ = ("_key", "_passphrase", "_secret", "_source")

    _key: str
    _secret: Secret
    _passphrase: Secret
    _source: str

    def __new__(cls, key: str, secret: str, passphrase: str) -> Self:  # noqa: D102  # the class docstring says it
        if trouble := _troubles([key, secret, passphrase], ("key", "secret", "passphrase")):
            del key, secret, passphrase
            raise ConfigError(f"credentials: {trouble}")
        made = super().__new__(cls)
        made._key = key
        made._secret = Secret(secret)
        made._passphrase = Secret(passphrase)
        made._source = "arguments"
        return made

    @property
    def key(self) -> str:
        """The key itself (`OK-ACCESS-KEY`): no secret, but nobody else's business either."""
        return self._key

    @property
    def key_hint(self) -> str:
        """The key as messages show it: its first four characters (half of a short one) and `…`."""
        return self._key[: min(HINT_LENGTH, len(self._key) // 2)] + "…"

    @property
    def secret(self) -> Secret:
        """The secret, opaque: for a client, which signs with it."""
        return self._secret

    @property
    def passphrase(self) -> Secret:
        """The passphrase, opaque: for a client, which sends it."""
        return self._passphrase

    @property
    def source(self) -> str:
        """Where it came from, in words: `arguments`, `environment OKX_…`, `file … [profile]`, `keyring …`."""
        return self._source

    @classmethod
    def from_env(cls, prefix: str = "OKX") -> Self:
        """From the variables `{prefix}_API_KEY`, `{prefix}_SECRET_KEY` and `{prefix}_PASSPHRASE`.

        Raises ConfigError with the names of those that are not set.
        """
        names = [f"{prefix}_{name}" for name in VARIABLES]
        return cls._made([os.environ.get(name) for name in names], names, f"environment {prefix}_…")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], profile: str = "default") -> Self:
        """From the table `[profile]` of a TOML file (of an object in a .json file): api_key, secret_key, passphrase.

        The file must be a regular one, belong to the user this process runs as, and grant nothing to group and others
        (0600 or stricter), else ConfigError. All of it is asked of the descriptor it is then read from, so nothing can
        be put in its place in between. A symbolic link is followed; what counts is the file it leads to.
        """
        values, trouble = _read_profile(Path(path), profile)
        if trouble:
            raise ConfigError(f"{path}: {trouble}")
        return cls._made(values, [f"{field} in [{profile}]" for field in FIELDS], f"file {path} [{profile}]")

    @classmethod
    def from_keyring(cls, service: str = "okx-fast", profile: str = "default") -> Self:
        """From the operating system's keyring: the entries `{profile}.api_key`, `{profile}.secret_key` and
        `{profile}.passphrase` of `service`.

        `keyring set okx-fast default.api_key` stores one of them. Needs `pip install okx-fast[keyring]`.
        Raises ConfigError without it, without a keyring that keeps secrets safe, for one that stays locked, and for
        an entry that is not there.
        """
        names = [f"{profile}.{field}" for field in FIELDS]
        values, trouble = _read_keyring(service, names)
        if trouble:
            raise ConfigError(f"keyring: {trouble}")
        return cls._made(values, names, f"keyring {service} {profile}")

    @classmethod
    def _made(cls, values: list[str | None], names: Sequence[str], source: str) -> Self:
        """Of key, secret and passphrase; `names` says where each was looked for. Leaves nothing in `values`."""
        if trouble := _troubles(values, names):
            values.clear()
            raise ConfigError(f"credentials: {trouble}")
        made = cls(*cast("list[str]", values))
        values.clear()
        made._source = source
        return made

    def __repr__(self) -> str:
        return f"Credentials({self.key_hint}, from {self._source})"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("Credentials refuse to be pickled or copied: make them anew where they are needed")


CredentialsSource = Credentials | Callable[[], Credentials]


def resolve(credentials: CredentialsSource | None) -> Credentials | None:
    """What a client was given, as Credentials: a function is called. Its exceptions are the caller's own.

    Raises ConfigError if something else comes out.
    """
    made: object = credentials() if callable(credentials) else credentials
    if made is None or isinstance(made, Credentials):
        return made
    kind = type(made).__name__
    del credentials, made
    raise ConfigError(f"credentials: expected Credentials or a function that returns them, got {kind}")


def _troubles(values: Sequence[object], names: Sequence[str]) -> str:
    """What keeps these from being a key, a secret and a passphrase, in words that tell nothing of them; or nothing."""
    troubles = [_trouble(value, key=at == 0) for at, value in enumerate(values)]
    return ", ".join(f"{name} {trouble}" for name, trouble in zip(names, troubles, strict=True) if trouble)


def _trouble(value: object, *, key: bool) -> str:
    if value is None or value == "":
        return "is missing"
    if not isinstance(value, str):
        return f"is not text but {type(value).__name__}"
    if value != value.strip():
        return "begins or ends with a blank or a line break"
    if not value.isprintable():
        return "holds a character that cannot be printed"
    if key and not (value.isascii() and " " not in value):
        return "holds something other than letters, digits and dashes"
    return ""


def _read_profile(path: Path, profile: str) -> tuple[list[str | None], str]:
    """The three values of a profile, or what is wrong: returned, not raised, so that no traceback holds the text."""
    data, trouble = _read_private(path)
    if trouble:
        return [], trouble
    tables, trouble = _parse(data, as_json=path.suffix == ".json")
    if trouble:
        return [], trouble
    table = tables.get(profile)
    if not isinstance(table, dict):
        known = ", ".join(f"[{name}]" for name, value in tables.items() if isinstance(value, dict))
        return [], f"expected a table [{profile}], got {known or 'none'}"
    if table.keys() - set(FIELDS):  # not named: in a file where something slipped, a secret may stand for a name
        return [], f"[{profile}]: expected {', '.join(FIELDS)} and nothing else"
    return [table.get(field) for field in FIELDS], ""


def _read_private(path: Path) -> tuple[bytes, str]:
    """What is in a file that only we can read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)  # a FIFO must not make us wait
    except (OSError, ValueError) as error:
        return b"", (isinstance(error, OSError) and error.strerror) or "not a path"
    try:
        found = os.fstat(fd)
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            return b"", "not a regular file"
        if found.st_uid != os.geteuid():
            return b"", f"it belongs to user {found.st_uid}, and this process runs as {os.geteuid()}"
        if mode & 0o077:
            return b"", f"others may use it (mode {mode:04o}): chmod 600 {shlex.quote(str(path))}"
        with os.fdopen(fd, "rb", closefd=False) as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        return b"", error.strerror or "cannot be read"
    finally:
        os.close(fd)
    return (data, "") if len(data) <= FILE_MAX else (b"", f"larger than {FILE_MAX} bytes")


def _parse(data: bytes, *, as_json: bool) -> tuple[dict[str, Any], str]:
    """The tables of a file, or where it is broken. A parser's own words may quote the file, so they go no further."""
    import tomllib  # noqa: PLC0415  # few read a file

    where: re.Match[str] | None = None
    try:
        tables = json.loads(data) if as_json else tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        where = re.search(r"line \d+,? column \d+|end of document", str(error))
    else:
        if isinstance(tables, dict):
            return tables, ""
    return {}, f"not {'a JSON object' if as_json else 'TOML'}" + (f" (at {where[0]})" if where else "")


def _read_keyring(service: str, names: list[str]) -> tuple[list[str | None], str]:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return [], "not installed: pip install okx-fast[keyring]"
    try:
        backend = keyring.get_keyring()
        if backend.priority < KEYRING_PRIORITY:
            return [], f"{type(backend).__module__} keeps nothing safe: this machine has no keyring that can be used"
        return [keyring.get_password(service, name) for name in names], ""
    except Exception as error:  # noqa: BLE001  # each backend has its own
        return [], f"it refused: {type(error).__name__}"
