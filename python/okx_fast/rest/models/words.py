"""Values which OKX lists for fields that many models have. Others may come: they are taken and reported by `drift`."""

from __future__ import annotations

__all__ = [
    "ALGO_TYPES",
    "CATEGORIES",
    "INST_TYPES",
    "MGN_MODES",
    "ORD_TYPES",
    "POS_SIDES",
    "PX_TYPES",
    "SIDES",
    "STP_MODES",
    "TD_MODES",
    "TGT_CCYS",
]

ALGO_TYPES = (
    "conditional",
    "oco",
    "chase",
    "trigger",
    "move_order_stop",
    "iceberg",
    "twap",
    "smart_iceberg",
)
CATEGORIES = (
    "normal",
    "twap",
    "adl",
    "full_liquidation",
    "partial_liquidation",
    "delivery",
    "ddh",
    "auto_conversion",
)
INST_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS")
MGN_MODES = ("cross", "isolated", "cash")
ORD_TYPES = (
    "market",
    "limit",
    "post_only",
    "fok",
    "ioc",
    "optimal_limit_ioc",
    "mmp",
    "mmp_and_post_only",
    "op_fok",
    "rpi",
    "elp",
)
POS_SIDES = ("long", "short", "net")
PX_TYPES = ("last", "index", "mark")
SIDES = ("buy", "sell")
STP_MODES = ("cancel_maker", "cancel_taker", "cancel_both")
TD_MODES = ("cash", "cross", "isolated", "spot_isolated")
TGT_CCYS = ("base_ccy", "quote_ccy")
