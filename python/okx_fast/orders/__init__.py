"""Orders: calls that end in one of three words.

    Trader       for plain threads: a call returns its OrderResult
    AsyncTrader  for asyncio: the same, awaited

Names, units and errors stand with each class.
"""

from __future__ import annotations

from okx_fast.orders.aio import AsyncTrader
from okx_fast.orders.base import TraderOptions
from okx_fast.orders.result import OrderResult
from okx_fast.orders.trader import Trader

__all__ = ["AsyncTrader", "OrderResult", "Trader", "TraderOptions"]
