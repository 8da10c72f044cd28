"""What the four REST classes have in common: python-okx's constructor, methods made from a table, OKX's dict.

    place_order("BTC-USDT", "cash", …) ─▶ signature ─▶ what is given ─▶ Rest.request ─▶ the body, as a dict
                                                                            └─ ApiError ─▶ the dict it was made from

A line of a table is `name METHOD path parameters`, in the order of the positions: `sz` has to be given, `px=` has ""
as default, `lever=None` what stands there. What is indented belongs to the line before.
"""

from __future__ import annotations

import inspect
import warnings
from ast import literal_eval
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import orjson

from okx_fast.credentials import Credentials
from okx_fast.errors import ApiError, ConfigError
from okx_fast.rest import Rest, RestOptions
from okx_fast.site import SITES, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Api", "site_of"]

# What python-okx has in place of a key that is not given.
NO_KEY = "-1"
FLAGS = {"0": False, "1": True}
# OKX's older name of the global site's host.
WWW = "https://www.okx.com"
# What an item of a reply names its order by: always, and where it was sent.
ORDER_IDS = ("ordId", "clOrdId")
ALGO_IDS = ("algoId", "algoClOrdId")
ECHOED = ("reqId", "tag")


class Api:
    """A group of calls with python-okx's names, over a `Rest` of its own; `with` or `close()` ends its connections.

    api_key, api_secret_key, passphrase: without a key ("-1"), only what needs none.
    use_server_time: is ignored, as python-okx does. flag: "0" live, "1" demo trading, which is the default.
    domain: "https://www.okx.com" (connects to openapi.okx.com), "https://eea.okx.com", "https://us.okx.com", another
    address, or a `Site`. debug: is ignored; okx_fast logs no message, and no secret. proxy: as RestOptions has it.
    Raises ConfigError for what cannot work.
    """

    def __init__(
        self,
        api_key: str = NO_KEY,
        api_secret_key: str = NO_KEY,
        passphrase: str = NO_KEY,
        use_server_time: bool | None = None,
        flag: str = "1",
        domain: str | Site = WWW,
        debug: bool = False,  # noqa: ARG002  # python-okx has it
        proxy: str | None = None,
    ) -> None:
        try:
            held = None if api_key in (NO_KEY, "") else Credentials(api_key, api_secret_key, passphrase)
        finally:
            del api_key, api_secret_key, passphrase  # a traceback must not show them
        if use_server_time is not None:
            warnings.warn("use_server_time is ignored: leave it out", DeprecationWarning, stacklevel=2)
        self._rest = Rest(site_of(domain, flag), credentials=held, options=RestOptions(proxy=proxy))

    def __init_subclass__(cls, *, calls: str) -> None:
        super().__init_subclass__()
        for line in calls.replace("\n    ", " ").strip().splitlines():
            name, verb, path, *parameters = line.split()
            setattr(cls, name, _method(cls, name, verb, f"/api/v5/{path}", parameters))

    @property
    def rest(self) -> Rest:
        """The client below, with every method of okx_fast: `api.rest.trade.place_order(instId=…)`."""
        return self._rest

    def close(self) -> None:
        """End the connections; further calls raise ClosedError."""
        self._rest.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {getattr(self, '_rest', 'nothing yet')!r}>"

    def _ask(self, verb: str, path: str, params: Any) -> dict[str, Any]:
        """OKX's answer as a dict, whatever its code; raises where there is none, or nobody knows what became of it."""
        try:
            reply = self._rest.request(verb, path, params)
        except ApiError as error:
            return _refusal(error, path, params)
        body: dict[str, Any] = orjson.loads(reply.raw)
        return body


def site_of(domain: str | Site, flag: str) -> Site:
    """Where python-okx's `domain` and `flag` lead. Raises ConfigError for another flag."""
    if str(flag) not in FLAGS:
        raise ConfigError(f"flag: expected '0' (live) or '1' (demo trading), got {flag!r}")
    demo = FLAGS[str(flag)]
    if isinstance(domain, Site):
        return domain if domain.demo == demo else replace(domain, demo=demo)
    base = domain.rstrip("/")
    known = SITES["global"].rest if base == WWW else base
    found = [site for site in SITES.values() if site.rest == known and site.demo == demo]
    return found[0] if found else Site(name=urlsplit(base).hostname or "custom", rest=base, demo=demo)


def _method(cls: type, name: str, verb: str, path: str, parameters: list[str]) -> Callable[..., dict[str, Any]]:
    """The method of one line."""
    signature = inspect.Signature([_parameter("self"), *map(_parameter, parameters)])
    bulk = parameters == ["orders_data"]

    def method(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        api = given.pop("self")
        answer: dict[str, Any] = api._ask(verb, path, given["orders_data"] if bulk else _sent(given))  # noqa: SLF001  # of this class
        return answer

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    method.__module__ = cls.__module__
    method.__doc__ = f"`{verb} {path}`, as python-okx names it; returns OKX's dict."
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method


def _parameter(text: str) -> inspect.Parameter:
    name, has_default, default = text.partition("=")
    value = inspect.Parameter.empty if not has_default else "" if not default else literal_eval(default)
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value)


def _sent(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, and nothing else: "", None and an empty list stand for what was not."""
    return {name: value for name, value in given.items() if value is not None and value not in ("", [])}


def _refusal(error: ApiError, path: str, params: Any) -> dict[str, Any]:
    """OKX's dict of a refusal, from what the error keeps of it; the ids of an item are those that were sent."""
    if error.s_code is None:
        return {"code": error.top_code, "data": [], "msg": error.msg}
    asked = params if isinstance(params, dict) else {}
    names = ALGO_IDS if "algo" in path else ORDER_IDS
    item = dict.fromkeys(names, "") | {name: asked[name] for name in (*names, *ECHOED) if name in asked}
    item |= {"sCode": error.s_code, "sMsg": error.msg, "subCode": error.sub_code or ""}
    return {"code": error.top_code, "data": [item], "msg": ""}
