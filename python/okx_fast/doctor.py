"""What stands between this machine, this key and OKX, in words: `okx-fast doctor`.

    site ─▶ dns ─▶ connection ─▶ clock ─▶ status ─▶ websocket
                       └─▶ key ─▶ permissions, ip, expiry, account ─▶ limits

One `Check` each, in that order, given out as it is done. What cannot be told since an earlier check failed is skipped.
Nothing is changed anywhere: only reads are sent, and the client that sends them may do nothing else.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from dataclasses import asdict, dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from okx_fast.audit import KeyAudit
from okx_fast.client import Client, Options
from okx_fast.errors import ApiError, OkxFastError
from okx_fast.rest import Rest, RestOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from okx_fast._native import Event
    from okx_fast.credentials import Credentials
    from okx_fast.site import Site

__all__ = ["Check", "examine"]

Verdict = Literal["ok", "warn", "fail", "skip"]

OFFSET_WARN_MS: Final = 1_000.0  # an ordinary clock kept by NTP is far below
OFFSET_MAX_MS: Final = 30_000.0  # OKX refuses a request whose timestamp is further away (50102)
OF_A_KEY: Final = ("permissions", "ip", "expiry", "account", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at. `words` say what was found and, if it is not well, what to do; `data` is for programs."""

    name: str
    verdict: Verdict
    words: str
    data: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        return asdict(self)


def examine(
    site: Site, credentials: Credentials | None = None, *, proxy: str | None = None, timeout_s: float = 10.0
) -> Iterator[Check]:
    """Look at everything, one check after the other; each takes `timeout_s` at most."""
    yield _site(site, proxy)
    if site.rest is None:
        return
    reached = yield from _names(site, proxy, timeout_s)
    options = RestOptions(timeout_s=timeout_s, connections=1, connect_within_s=timeout_s, proxy=proxy)
    try:
        rest = Rest(site, credentials=credentials, permissions={"read"}, options=options)
    except OkxFastError as error:
        yield _failed("connection", error)
        return
    with rest:
        if reached:
            connection = _tried("connection", lambda: _connection(rest, site))
            yield connection
            reached = connection.verdict == "ok"
        else:
            yield Check(name="connection", verdict="skip", words="no address to connect to")
        if reached:
            yield _tried("clock", lambda: _clock(rest))
            yield _tried("status", lambda: _status(rest, site))
            yield from _key(rest, site, credentials)
        else:
            yield from _skipped(("clock", "status", "key", *OF_A_KEY), "nothing can be asked")
    yield _websocket(site, proxy, timeout_s)


def _skipped(names: Sequence[str], words: str) -> Iterator[Check]:
    return (Check(name=name, verdict="skip", words=words) for name in names)


def _site(site: Site, proxy: str | None) -> Check:
    hosts = _hosts(site)
    data = {"site": site.name, "demo": site.demo, "hosts": hosts, "proxy": proxy is not None}
    if site.rest is None:
        return Check(name="site", verdict="fail", words=f"{site.name} has no address for REST", data=data)
    words = f"{site.name}{', demo trading' if site.demo else ''}: {', '.join(hosts)}"
    return Check(name="site", verdict="ok", words=words + (", through a proxy" if proxy else ""), data=data)


def _hosts(site: Site) -> list[str]:
    urls = (site.rest, site.ws_public, site.ws_private, site.ws_business)
    return list(dict.fromkeys(urlsplit(url).hostname or "" for url in urls if url))


def _names(site: Site, proxy: str | None, timeout_s: float) -> Generator[Check, None, bool]:
    """Look each host up; returns whether the one for REST is known."""
    if proxy is not None and not proxy.startswith("socks5:"):
        yield Check(name="dns", verdict="skip", words="the proxy looks names up")
        return True
    found = [_look_up(host, timeout_s) for host in _hosts(site)]
    yield from found
    return found[0].verdict != "fail"


def _look_up(host: str, timeout_s: float) -> Check:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return Check(name="dns", verdict="ok", words=f"{host} is an address", data={"host": host})
    results: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:  # on a thread of its own, since it cannot be told to give up
        try:
            rows = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
        except OSError as error:
            results.put(error)
        else:
            results.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))

    start = time.monotonic()
    threading.Thread(target=ask, name="okx-doctor-dns", daemon=True).start()
    try:
        result = results.get(timeout=timeout_s)
    except Empty:
        return Check(name="dns", verdict="fail", words=f"{host}: no answer within {timeout_s:g} s", data={"host": host})
    if isinstance(result, OSError):
        words = f"{host}: {result.strerror}; is this machine online, and its resolver right?"
        return Check(name="dns", verdict="fail", words=words, data={"host": host})
    took_ms = (time.monotonic() - start) * 1000
    data = {"host": host, "addresses": result, "took_ms": took_ms}
    return Check(name="dns", verdict="ok", words=f"{host} is {', '.join(result)} ({took_ms:.0f} ms)", data=data)


def _connection(rest: Rest, site: Site) -> Check:
    """TCP, TLS with its certificate, and one answer: each as a client has it."""
    start = time.monotonic()
    rest.prewarm(1)
    opened = time.monotonic()
    rest.request("GET", "/api/v5/public/time", signed=False)
    answered = time.monotonic()
    secure = urlsplit(site.rest or "").scheme == "https"
    data = {"tls": secure, "open_ms": (opened - start) * 1000, "answer_ms": (answered - opened) * 1000}
    how = "TCP and TLS, certificate verified" if secure else "TCP, in plain text, which loopback allows"
    words = f"{how}, in {data['open_ms']:.0f} ms; an answer in {data['answer_ms']:.0f} ms"
    return Check(name="connection", verdict="ok", words=words, data=data)


def _clock(rest: Rest) -> Check:
    reading = rest.sync_clock()
    off = abs(reading.offset_ms)
    side = "behind" if reading.offset_ms > 0 else "ahead of"
    words = f"this machine is {off:.1f} ms {side} OKX (± {reading.error_ms:.1f})"
    data = {"offset_ms": reading.offset_ms, "error_ms": reading.error_ms, "rtt_ms": reading.rtt_ms}
    if off <= OFFSET_WARN_MS:
        return Check(name="clock", verdict="ok", words=words, data=data)
    words += ": okx_fast makes up for it, other programs cannot; let NTP keep the clock"
    if off <= OFFSET_MAX_MS:
        return Check(name="clock", verdict="warn", words=words, data=data)
    return Check(name="clock", verdict="fail", words=words + " (beyond 30 s OKX answers 50102)", data=data)


def _status(rest: Rest, site: Site) -> Check:
    env = "2" if site.demo else "1"
    rows = [
        row for row in rest.request("GET", "/api/v5/system/status", signed=False).data if row.get("env", env) == env
    ]
    ongoing = [row for row in rows if row.get("state") == "ongoing"]
    if ongoing:
        words = "maintenance is going on: " + "; ".join(str(row.get("title", "")) for row in ongoing)
        return Check(name="status", verdict="warn", words=words, data={"rows": rows})
    words = f"no maintenance now, {len(rows)} announced" if rows else "no maintenance"
    return Check(name="status", verdict="ok", words=words, data={"rows": rows})


def _key(rest: Rest, site: Site, credentials: Credentials | None) -> Iterator[Check]:
    """The key, what it may do, how it is kept, and the limits of its account."""
    if credentials is None:
        yield from _skipped(("key", *OF_A_KEY), "no key was given")
        return
    try:
        row = rest.request("GET", "/api/v5/account/config").data[0]
        audit = KeyAudit.of(row, demo=site.demo)
    except (OkxFastError, LookupError, TypeError, AttributeError) as error:
        yield _failed("key", error, {"key": credentials.key_hint})
        yield from _skipped(OF_A_KEY, "the key does not work here")
        return
    label = f" ({audit.label!r})" if audit.label else ""
    words = f"{credentials.key_hint}{label} works here, from {credentials.source}"
    yield Check(name="key", verdict="ok", words=words, data={"key": credentials.key_hint, "audit": audit.as_dict()})
    yield _found(audit, "permissions", ", ".join(sorted(audit.permissions)) or "none")
    yield _found(audit, "ip", f"bound to {', '.join(audit.ips)}" if audit.ips else "bound to no IP address")
    yield _found(audit, "expiry", "OKX does not delete it for lack of use")
    yield _found(audit, "account", audit.account)
    yield _tried("limits", lambda: _limits(rest))


def _found(audit: KeyAudit, about: str, words: str) -> Check:
    """What the audit warns of in this matter, or else how it stands."""
    warnings = [finding.words for finding in audit.warnings if finding.about == about]
    return Check(name=about, verdict="warn" if warnings else "ok", words="; ".join(warnings) or words)


def _limits(rest: Rest) -> Check:
    """The cap over all new and amended orders; the other limits stand in the table of endpoints."""
    try:
        row = rest.request("GET", "/api/v5/trade/account-rate-limit").data[0]
    except ApiError as error:  # not an account's fault, and no harm: the default of 1,000 is counted
        return Check(name="limits", verdict="warn", words=f"not told: {error}", data={"code": error.code})
    now, then = row.get("accRateLimit", ""), row.get("nextAccRateLimit", "")
    words = f"{now or 'an unknown number of'} new and amended orders in 2 s"
    if then and then != now:
        words += f", {then} from the next day on"
    if row.get("fillRatio"):
        words += f"; fill ratio {row['fillRatio']}"
    return Check(name="limits", verdict="ok", words=words, data=dict(row))


def _websocket(site: Site, proxy: str | None, timeout_s: float) -> Check:
    if site.ws_public is None:
        return Check(name="websocket", verdict="skip", words=f"{site.name} has no known WebSocket")
    seen: list[Event] = []
    start = time.monotonic()
    try:
        with Client(site, options=Options(connect_within_s=timeout_s, proxy=proxy)) as client:

            def hear(event: Event) -> None:
                seen.append(event)
                client.stop()

            client.on_event(hear)
            client.subscribe_raw({"channel": "status"})
            client.run(timeout_s)
    except OkxFastError as error:
        return _failed("websocket", error)
    if not seen:
        return Check(name="websocket", verdict="fail", words=f"no connection within {timeout_s:g} s")
    if seen[0].kind != "connected":
        return Check(name="websocket", verdict="fail", words=str(seen[0]))
    took_ms = (time.monotonic() - start) * 1000
    return Check(name="websocket", verdict="ok", words=f"open in {took_ms:.0f} ms", data={"open_ms": took_ms})


def _tried(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (OkxFastError, LookupError, TypeError, AttributeError) as error:
        return _failed(name, error)


def _failed(name: str, error: Exception, data: dict[str, Any] | None = None) -> Check:
    """An error of ours has its words; anything else was an answer of a shape that OKX does not send."""
    words = str(error) if isinstance(error, OkxFastError) else "an answer that makes no sense"
    data = {**(data or {}), "error": type(error).__name__}
    if isinstance(error, ApiError):
        data["code"] = error.code
    return Check(name=name, verdict="fail", words=words, data=data)
