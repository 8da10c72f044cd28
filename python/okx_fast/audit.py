"""What a key may do and how well it is kept, read from one answer of OKX.

    GET account/config ─▶ KeyAudit: permissions, IP binding, expiry rule, account and its modes, warnings in words

Source: OKX API v5, Trading Account › REST API › Get account configuration; Overview › API key creation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Finding", "KeyAudit"]

IDLE_DAYS: Final = 14  # OKX deletes an unbound live key with trade or withdraw right after so many days without use
KYC_TOO_LOW: Final = ("0", "1")
KYC_TO_TRADE: Final = 2  # level of the main account; live orders are refused below it since 2026-04 (59113)

PERMISSIONS: Final = {"read_only": "read", "trade": "trade", "withdraw": "withdraw"}
ACCOUNT_MODES: Final = {"1": "spot", "2": "futures", "3": "multi-currency margin", "4": "portfolio margin"}
POSITION_MODES: Final = {"net_mode": "net", "long_short_mode": "long/short"}


class Finding(NamedTuple):
    """What is wrong in words, and what it is about: `permissions`, `ip`, `expiry` or `account`."""

    about: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAudit:
    """A key and its account.

    permissions: of "read", "trade", "withdraw"; a right that we do not know stands there as OKX calls it.
    ips: addresses and ranges the key is bound to; empty if it works from everywhere.
    idle_days: days without use after which OKX deletes the key, or None if it does not. A signed REST call and a
    WebSocket login count as use; what goes over a socket afterwards does not.
    label: the key's name at OKX. uid, main_uid: of the account and of its main account.
    acct_lv, pos_mode, acct_stp_mode, kyc_lv: as OKX sends them, "" if it did not.
    warnings: what to change; empty if there is nothing to say.
    """

    permissions: frozenset[str]
    ips: tuple[str, ...]
    idle_days: int | None
    label: str
    uid: str
    main_uid: str
    acct_lv: str
    pos_mode: str
    acct_stp_mode: str
    kyc_lv: str
    demo: bool
    warnings: tuple[Finding, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any], *, demo: bool = False, fence: frozenset[str] = frozenset()) -> Self:
        """From the row of account/config. `fence`: what the client may do (`permissions`), to compare it with."""

        def text(name: str) -> str:
            value = config.get(name)
            return "" if value is None else str(value)

        permissions = frozenset(PERMISSIONS.get(name, name) for name in _parts(text("perm")))
        ips = tuple(_parts(text("ip")))
        mortal = not demo and not ips and bool(permissions & {"trade", "withdraw"})
        idle_days = IDLE_DAYS if mortal else None
        return cls(
            permissions=permissions,
            ips=ips,
            idle_days=idle_days,
            label=text("label"),
            uid=text("uid"),
            main_uid=text("mainUid"),
            acct_lv=text("acctLv"),
            pos_mode=text("posMode"),
            acct_stp_mode=text("acctStpMode"),
            kyc_lv=text("kycLv"),
            demo=demo,
            warnings=tuple(_warnings(permissions, ips, idle_days, text("kycLv"), fence, demo=demo)),
        )

    @property
    def bound(self) -> bool:
        """Whether the key works from named addresses only."""
        return bool(self.ips)

    @property
    def is_main(self) -> bool | None:
        """Whether it belongs to a main account, not to a sub-account; None if OKX did not say."""
        return self.uid == self.main_uid if self.uid and self.main_uid else None

    @property
    def account(self) -> str:
        """The account in words: `sub-account, futures mode, net positions`."""
        kind = {True: "main account", False: "sub-account", None: "account"}[self.is_main]
        mode = ACCOUNT_MODES.get(self.acct_lv, self.acct_lv or "unknown")
        return f"{kind}, {mode} mode, {POSITION_MODES.get(self.pos_mode, self.pos_mode or 'unknown')} positions"

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        return {
            **asdict(self),
            "permissions": sorted(self.permissions),
            "ips": list(self.ips),
            "warnings": [finding._asdict() for finding in self.warnings],
            "bound": self.bound,
            "is_main": self.is_main,
        }


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]


def _warnings(
    permissions: frozenset[str],
    ips: tuple[str, ...],
    idle_days: int | None,
    kyc_lv: str,
    fence: frozenset[str],
    *,
    demo: bool,
) -> Iterator[Finding]:
    if "withdraw" in permissions:
        words = "the key may withdraw: whoever gets hold of it can take the funds; a bot needs a key that may not"
        yield Finding("permissions", words)
    for missing in sorted((fence & frozenset(PERMISSIONS.values())) - permissions):
        yield Finding("permissions", f"this client may {missing}, the key may not: such calls will be refused (50120)")
    if not ips and permissions & {"trade", "withdraw"}:
        yield Finding("ip", "bound to no IP address: the key works from everywhere for whoever gets hold of it")
    if idle_days is not None:
        unused = f"{idle_days} days without a signed REST call or a WebSocket login"
        yield Finding("expiry", f"OKX deletes the key after {unused}, unless it is bound to an IP address")
    if not demo and "trade" in permissions and kyc_lv in KYC_TOO_LOW:
        verified = f"the main account is verified to level {kyc_lv}"
        yield Finding("account", f"{verified}: live orders need level {KYC_TO_TRADE} (59113)")
