"""What a call of one endpoint needs, worked out once from its row of the table.

    Row ─▶ Plan: parameters, Spec (what Rust wants to know), bucket key, result type
    prepare(given) ─▶ Ready ─▶ RestCore ─▶ RawReply ─▶ finish(raw, ready) ─▶ result

Source: OKX API v5, Overview › Rate Limits: single orders count per instrument (options: per family), a batch counts its
orders, and a batch of one counts as a single order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import orjson

from okx_fast._native import Spec
from okx_fast.errors import MalformedError, OutcomeUnknownError, ParameterError
from okx_fast.rest import reply, table
from okx_fast.rest.doubt import enrich
from okx_fast.rest.models import MODELS, Model, OrderAck, typed
from okx_fast.rest.params import Params, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from okx_fast._native import RawReply
    from okx_fast.rest.drift import Drift
    from okx_fast.rest.table import Row

    Key = str | list[tuple[str, int]]

__all__ = ["Plan", "Ready", "by_name", "dumps", "encodable", "expiry", "key_of", "spec_of"]

# Parts of an option's instId: BTC-USD-261225-92000-C.
OPTION_PARTS = 5
# Scope ─▶ parameters whose value tells one bucket from another.
_DIMENSIONS = {
    "instrument": ("instId",),
    "instFamily": ("instFamily", "uly"),
    "instType": ("instType",),
    "ccy": ("ccy",),
    "tag": ("tag",),
}


# What names an order in a request and in its reply; OKX goes by the first that is given.
_ORDER_IDS = ("ordId", "algoId", "clOrdId", "algoClOrdId")


class Ready(NamedTuple):
    """A call as RestCore wants it, and what was sent in the caller's terms."""

    spec: Spec
    payload: dict[str, str] | bytes | None
    key: Key
    n: int
    sent: Any


_new = tuple.__new__  # the way around a NamedTuple's own, which takes three times as long


class Plan:
    """One endpoint. `write`: the call may change something, and so is never sent twice."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.name = row.name
        self.endpoint = f"{row.method} {row.path}"
        self.write = not row.idempotent
        self.many = row.body == "json-array"
        self.batch = self.many or row.max_items > 0
        self.params = Params(row)
        self.path_params = row.path_params
        self.spec = spec_of(row)
        single = table.by_name(row.single)
        self.single = self.spec if single is None else spec_of(row, limit=single)
        self.binary = row.binary
        self.key = key_of(row.scope)
        names = {name for part in row.scope.partition("|")[0].split("+")[1:] for name in _DIMENSIONS[part]}
        self.telling = names & {*row.required}  # what tells its buckets apart, and every call has
        self.ack = issubclass(MODELS.get(row.name, (Model, False))[0], OrderAck)
        self.json = row.body != "query"
        self.prepare: Callable[[Any, Mapping[str, Any] | None], Ready]
        if self.many:
            self.prepare = self._batch
        elif self.batch:
            self.prepare = self._lists
        elif self.json and not self.path_params:
            self.prepare = self._json
        else:
            self.prepare = self._any

    def _json(self, given: Mapping[str, Any], extra: Mapping[str, Any] | None) -> Ready:
        sent = self.params.take(given, extra)
        return _new(Ready, (self.spec, dumps(self.endpoint, sent), self.key(sent), 1, sent))

    def _lists(self, given: Mapping[str, Any], extra: Mapping[str, Any] | None) -> Ready:
        ready = self._json(given, extra)
        for name, value in ready.sent.items():
            if isinstance(value, list) and len(value) > self.row.max_items:
                raise ParameterError(self.endpoint, name, f"expected at most {self.row.max_items}, got {len(value)}")
        return ready

    def _any(self, given: Mapping[str, Any], extra: Mapping[str, Any] | None) -> Ready:
        sent = self.params.take(given, extra)
        key = self.key(sent)
        spec, left = self.spec, sent
        if self.path_params:
            left = dict(sent)
            spec = spec_of(self.row, path=path_of(self.endpoint, self.row.path, self.path_params, left))
        payload = dumps(self.endpoint, left) if self.json else encodable(self.endpoint, left)
        return Ready(spec, payload, key, 1, sent)

    def _batch(self, given: Sequence[Mapping[str, Any]], extra: Mapping[str, Any] | None) -> Ready:
        if isinstance(given, (Mapping, str)) or not hasattr(given, "__iter__"):
            raise ParameterError(self.endpoint, "items", f"expected a list of mappings, got {type(given).__name__}")
        sent = [self._item(item, extra) for item in given]
        most = self.row.max_items
        if not sent or (most and len(sent) > most):
            wanted = f"1 to {most} of them" if most else "at least one"
            raise ParameterError(self.endpoint, "items", f"expected {wanted}, got {len(sent)}")
        self._distinct(sent)
        key, n, spec = self.counted(sent)
        return Ready(spec, dumps(self.endpoint, sent), key, n, sent)

    def counted(self, sent: Any) -> tuple[Key, int, Spec]:
        """How what is sent counts: bucket key (or keys, each with a number), number, and whose limit."""
        if not isinstance(sent, list):
            return self.key(sent), 1, self.spec
        spec = self.single if len(sent) == 1 else self.spec
        if not self.row.per_item:
            return self.key(sent[0]) if sent else "", 1, spec
        keys = list(Counter(map(self.key, sent)).items())
        return (keys[0][0] if len(keys) == 1 else keys), len(sent), spec

    def _item(self, item: Any, extra: Mapping[str, Any] | None) -> dict[str, Any]:
        if not isinstance(item, Mapping):
            raise ParameterError(self.endpoint, "items", f"expected mappings, got {type(item).__name__}")
        return self.params.take(item, extra)

    def _distinct(self, sent: list[dict[str, Any]]) -> None:
        ids = [item["clOrdId"] for item in sent if item.get("clOrdId")]
        for name, times in Counter(ids).items():
            if times > 1:
                raise ParameterError(self.endpoint, "clOrdId", f"{name!r} stands {times} times in one batch")

    def finish(self, raw: RawReply, sent: Any, drift: Drift) -> Any:
        """The result of a call, or the exception its reply stands for; what is new in it goes to `drift`."""
        if self.row.binary and raw.status == 200 and raw.code is None:  # noqa: PLR2004  # HTTP's
            return raw.body
        body = reply.read(raw, self.endpoint, write=self.write)
        data = reply.data_of(body, raw, self.endpoint, write=self.write, batch=self.batch)
        if self.many:
            data = reply.in_order(sent, data)
        drift.see(self.name, data)
        try:
            return self._acks(data, sent, body) if self.ack else typed(self.name, data)
        except MalformedError as error:
            if not self.write:
                raise
            # The code says that it was taken; but nothing says what was.
            said = f"{error}, in a reply with code {body['code']}"
            raise OutcomeUnknownError(self.endpoint, said, status=raw.status, request_id=raw.request_id) from error

    def _acks(self, data: Any, sent: Any, body: dict[str, Any]) -> Any:
        if not isinstance(data, list) or len(data) != (len(sent) if self.many else 1):
            raise MalformedError("", self.name, "expected a row for each order", repr(data)[:200])
        if not self.many and reply.is_mute(data[0]):
            raise MalformedError("", self.name, "expected an sCode or an id", repr(data[0])[:200])
        for item, row in zip(sent if self.many else [sent], data, strict=True):
            _belongs(self.name, item, row)
        model, one = MODELS[self.name]
        in_us, out_us = reply.times_of(body)
        rows = [cast("type[OrderAck]", model)(row, in_us, out_us) for row in data]
        return rows[0] if one else rows

    def in_doubt(self, error: OutcomeUnknownError, ready: Ready, called_at_ms: int, exp_time: int | None) -> None:
        """Put into the error what is needed to find out."""
        enrich(error, self.name, ready.sent, called_at_ms=called_at_ms, exp_time=exp_time)

    def expiry(self, exp_time: int) -> str:
        """The `expTime` header; raises ParameterError where OKX would not look at it."""
        if not self.row.exp_time:
            raise ParameterError(self.endpoint, "exp_time", "OKX does not look at it on this endpoint")
        return expiry(self.endpoint, exp_time)


def expiry(endpoint: str, exp_time: int) -> str:
    """Unix ms as a header."""
    if type(exp_time) is not int or not 10**12 <= exp_time < 10**14:
        raise ParameterError(endpoint, "exp_time", f"expected Unix ms as an int, got {exp_time!r}")
    return str(exp_time)


def _belongs(name: str, item: Mapping[str, Any], row: Any) -> None:
    """Raises MalformedError if the row tells of another order than this item."""
    for key in _ORDER_IDS:
        if item.get(key) and isinstance(row, dict) and row.get(key):
            if str(item[key]) != str(row[key]):
                raise MalformedError("", name, f"expected {key} {item[key]!r}", repr(row)[:200])
            return


def dumps(endpoint: str, sent: Any) -> bytes:
    """The body, made once: what is signed is what is sent."""
    try:
        return orjson.dumps(sent)
    except TypeError as error:  # text that is not Unicode, an int beyond 64 bits
        raise ParameterError(endpoint, "body", str(error)) from None


def encodable(endpoint: str, sent: dict[str, str]) -> dict[str, str]:
    """The parameters of a query, if all their text is Unicode."""
    for name, value in sent.items():
        if not (value.isascii() and name.isascii()):
            try:
                (name + value).encode()
            except UnicodeEncodeError as error:
                raise ParameterError(endpoint, repr(name), f"text that is not Unicode ({error.reason})") from None
    return sent


def spec_of(row: Row, *, limit: Row | None = None, path: str | None = None, signed: bool | None = None) -> Spec:
    """A row in the words of Rust; `limit`: another row counts the request. `path`: with parameters in it; without, the
    Spec of such a row only knows its limit.
    """
    counted = limit or row
    return Spec(
        method=row.method,
        path=row.path.replace("{", "").replace("}", "") if path is None else path,
        signed=row.auth if signed is None else signed,
        idempotent=row.idempotent,
        cancel=row.cancel,
        bucket=_buckets()[counted.bucket],
        count=counted.count,
        window_ms=counted.seconds * 1000,
        by_ip=counted.scope.startswith("ip") or not row.auth,
        capped=row.capped,
    )


@cache
def _buckets() -> dict[str, int]:
    """A number for each bucket; 0 stays free for endpoints outside the table."""
    return {name: at for at, name in enumerate(dict.fromkeys(row.bucket for row in table.load()), 1)}


def bucket_name(number: int | None) -> str:
    """Whose bucket has this number, by the name of its row."""
    if number is None:
        return "order cap"
    return next((name for name, each in _buckets().items() if each == number), "clock")


def key_of(scope: str) -> Callable[[Mapping[str, Any]], str]:
    """What tells one bucket of an endpoint from another, such as its instId, by the table's scope."""
    first, _, other = scope.partition("|")
    names = [_DIMENSIONS[part] for part in first.split("+")[1:]]
    if not names:
        return lambda _sent: ""
    if names == [_DIMENSIONS["instrument"]]:
        return _instrument_or_family if "options" in other else lambda sent: _first(sent, ("instId",))
    if len(names) == 1:
        return lambda sent: _first(sent, names[0])
    return lambda sent: " ".join(_first(sent, each) for each in names)


def _first(sent: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(sent[name]) for name in names if sent.get(name)), "")


def _instrument_or_family(sent: Mapping[str, Any]) -> str:
    inst_id = sent.get("instId", "")
    if type(inst_id) is not str:  # from request(), which takes what it is given
        inst_id = _first(sent, ("instId",))
    if inst_id[-2:] not in ("-C", "-P"):
        return inst_id
    parts = inst_id.split("-")
    return "-".join(parts[:2]) if len(parts) == OPTION_PARTS else inst_id


@cache
def by_name(name: str) -> Plan | None:
    """The plan of `trade.place_order`; None for a name the table does not have."""
    row = table.by_name(name)
    return None if row is None else Plan(row)
