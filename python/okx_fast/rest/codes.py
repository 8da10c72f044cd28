"""What OKX's codes mean for the caller: the exception, whether a retry is safe, what to do.

    code (and subCode) ─▶ codes.jsonl ─▶ category ─▶ class of okx_fast.errors
                                └──────▶ retry
                       ─▶ HINTS ─▶ what to do, for the codes everybody meets

A code nobody here knows is an ApiError with retry "no". `tools/codes.py` compares the table with a newer catalogue.
Source: OKX API v5, Error Code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from okx_fast import errors

if TYPE_CHECKING:
    from okx_fast.errors import ApiError, Retry

__all__ = ["CATEGORIES", "CODES", "HINTS", "Code", "find", "load"]


class Code(NamedTuple):
    """What the table knows of a code. `known` is False for one it does not list."""

    category: str
    retry: Retry
    error: type[ApiError]
    known: bool = True


CATEGORIES: dict[str, type[ApiError]] = {
    "account-mode": errors.AccountStateError,
    "account-state": errors.AccountStateError,
    "affiliate": errors.SubaccountError,
    "algo": errors.AlgoError,
    "auction": errors.InstrumentError,
    "auth": errors.AuthError,
    "balance": errors.BalanceError,
    "borrow": errors.BalanceError,
    "bot": errors.BotError,
    "broker": errors.SubaccountError,
    "clock": errors.ClockError,
    "collateral": errors.EarnError,
    "compliance": errors.ComplianceError,
    "convert": errors.ConvertError,
    "copytrading": errors.BotError,
    "data": errors.ApiError,
    "demo": errors.PermissionDeniedError,
    "deposit": errors.FundingError,
    "earn": errors.EarnError,
    "endpoint": errors.PermissionDeniedError,
    "expired": errors.OrderStateError,
    "fiat": errors.FundingError,
    "funding": errors.FundingError,
    "generic": errors.ApiError,
    "id": errors.ParameterRefusedError,
    "instrument": errors.InstrumentError,
    "leverage": errors.PositionLimitError,
    "loan": errors.EarnError,
    "maintenance": errors.MaintenanceError,
    "mmp": errors.OrderStateError,
    "ok": errors.ApiError,
    "options": errors.InstrumentError,
    "order-limit": errors.OrderLimitError,
    "order-state": errors.OrderStateError,
    "param": errors.ParameterRefusedError,
    "partial": errors.ApiError,
    "permission": errors.PermissionDeniedError,
    "position": errors.PositionError,
    "position-limit": errors.PositionLimitError,
    "predictions": errors.ApiError,
    "price": errors.PriceError,
    "rate-limit": errors.RateLimitError,
    "rfq": errors.BlockTradeError,
    "risk": errors.ComplianceError,
    "rpi": errors.OrderStateError,
    "settings": errors.AccountStateError,
    "size": errors.SizeError,
    "sprd": errors.BlockTradeError,
    "subaccount": errors.SubaccountError,
    "system": errors.SystemBusyError,
    "timeout": errors.SystemBusyError,
    "tpsl": errors.AlgoError,
    "transfer": errors.TransferError,
    "withdrawal": errors.FundingError,
    "ws": errors.ApiError,
    "ws-close": errors.ApiError,
}

# Where a code says more than its category: no such order.
CODES: dict[str, type[ApiError]] = {"51063": errors.OrderStateError, "51603": errors.OrderStateError}

_UNKNOWN = Code("", "no", errors.ApiError, known=False)


@cache
def load() -> dict[str, Code]:
    """Every code of the table; one with a sub-code is written `51008_1000`."""
    rows = map(orjson.loads, Path(__file__).with_name("codes.jsonl").read_bytes().splitlines())
    return {
        row["code"]: Code(row["category"], row["retry"], CODES.get(row["code"], CATEGORIES[row["category"]]))
        for row in rows
    }


def find(code: str, sub_code: str | None = None) -> Code:
    """The entry of a code, that of its sub-code first; `known=False` if the table has neither."""
    table = load()
    if sub_code:
        found = table.get(f"{code}_{sub_code}")
        if found is not None:
            return found
    return table.get(code, _UNKNOWN)


_OTHER_SITE = "the account lives on another site: 'global', 'eea', 'us' or 'tr', as where it was opened"
_QUERY = "ask for the order by clOrdId or ordId before anything else"
_CLOCK = "set the computer's clock by NTP; Rest.sync_clock() shows how far off it is"
_SIGN = "the secret does not belong to this key, or a space slipped in while copying it"
_FEW = "send less at once, or let limit_mode='wait' pace the calls"
_DONE = "it is no longer open: ask trade.order what became of it"
_SUPPORT = "only OKX's support can lift it"

HINTS: dict[str, str] = {
    "50001": "see system.status; after maintenance try again",
    "50002": "the body was not JSON: look at what `extra` added",
    "50004": _QUERY,
    "50005": "OKX retired this endpoint: see the changelog of its API",
    "50011": _FEW,
    "50012": "finish the account's verification or sub-account set-up on OKX's web page",
    "50013": "OKX is busy: wait a second or more",
    "50014": "a required parameter is missing; msg names it",
    "50026": _QUERY,
    "50030": "the account has no access to this product; some need an agreement on OKX's web page",
    "50035": "bind an IP address to the key on OKX's web page",
    "50036": "expTime lies in the past: give Unix ms, a bit ahead of OKX's clock",
    "50037": "it came too late and was dropped; nothing was done",
    "50038": "demo trading has no such thing: use a live key and site",
    "50040": "wait, then do it once",
    "50044": "give exactly one broker type",
    "50061": "the sub-account's cap of new and amended orders per 2 s is used up; cancels are free of it",
    "50100": _SUPPORT,
    "50101": "a demo key needs a '-demo' site, a live key one without",
    "50102": _CLOCK,
    "50103": "give credentials: Rest(site, credentials=...)",
    "50105": "the passphrase is the one chosen when the key was made, not the account's password",
    "50110": "add this computer's address to the key's list on OKX's web page; behind a proxy it is the proxy's",
    "50111": "the key is not OKX's, or was deleted: unbound keys that may trade are, after 14 idle days",
    "50112": _CLOCK,
    "50113": _SIGN,
    "50114": "make a new key",
    "50119": _OTHER_SITE,
    "50120": "give the key this permission on OKX's web page, or use another key",
    "51000": (
        "msg names the parameter; posSide must be 'long' or 'short' in long/short mode and absent (or 'net') in net "
        "mode; tdMode must fit the account's mode"
    ),
    "51001": "look it up in public.instruments; live and demo differ",
    "51004": "lower the leverage or the size: account.position_tiers shows the steps",
    "51005": "split the order: the instrument's maxLmtSz and maxMktSz are the limits",
    "51006": "public.price_limit tells the range",
    "51008": "account.max_size tells what would pass; look for funds in another account or currency",
    "51009": _SUPPORT,
    "51010": "account.config shows the mode (acctLv); change it with account.set_account_level",
    "51011": "an order id cannot be used twice",
    "51015": "instType must be that of the instrument",
    "51016": "an open order has this clOrdId: it may well be this one, sent before",
    "51020": "the instrument's minSz is the least",
    "51021": "it opens later: see listTime of the instrument",
    "51022": "trading is halted: see the instrument's state and system.status",
    "51023": "there is no position to close: see account.positions",
    "51025": "cancel some open orders first",
    "51027": "the contract has expired",
    "51028": "wait until delivery is over",
    "51054": _QUERY,
    "51065": "an open algo order has this algoClOrdId",
    "51103": "cancel some open orders of this family first",
    "51112": "less than that can be closed: see availPos of account.positions, and open closing orders",
    "51120": "see the instrument's minSz",
    "51121": "sz must be a multiple of the instrument's lotSz",
    "51127": "account.balance shows availBal",
    "51131": "account.balance shows availBal",
    "51136": "public.price_limit tells the range",
    "51137": "public.price_limit tells the range",
    "51138": "public.price_limit tells the range",
    "51149": _QUERY,
    "51155": "the pair is not offered where the account is registered",
    "51169": "there is nothing to reduce on that side: see account.positions",
    "51170": "reduceOnly must go against the position",
    "51202": "split the order: the instrument's maxMktSz is the limit",
    "51400": _DONE,
    "51402": _DONE,
    "51410": "a cancel is under way already",
    "51412": _QUERY,
    "51503": _DONE,
    "51509": _DONE,
    "51510": _DONE,
    "51511": "at that price it would take: a post-only order stays as it was",
    "51527": "ask trade.order for its attachAlgoOrds",
    "51603": "cancelled orders without a fill are forgotten after 2 h; else check instId and id",
    "52912": "ask asset.convert_history before anything else",
    "54004": "in portfolio margin a batch is taken whole or not at all",
    "54109": "activate the product: account.activate_feature, or OKX's web page",
    "58102": _FEW,
    "58124": "ask asset.transfer_state until it is done",
    "58350": "asset.balances shows the funding account",
    "59000": "close positions and cancel orders first",
    "59102": "account.position_tiers shows the most",
    "59107": "cancel the cross-margin orders first",
    "59113": "OKX wants identity check level 2 for live orders",
    "59200": "asset.balances and account.balance show where the funds are",
}
