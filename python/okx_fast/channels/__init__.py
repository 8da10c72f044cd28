"""Channels that come as rows: `client.subscribe(channel, on_item, **params)`.

    frame (bytes, from Rust) ─▶ Decoder ─▶ one object for each row of `data`, in order ─▶ on_item, stream

Books, trades and tickers are decoded in Rust and have methods of their own. `table` knows which is which; `models` has
the classes of rows, `private` those of an account.
"""

from __future__ import annotations

from okx_fast.channels import models, private
from okx_fast.channels.table import CHANNELS, Channel, find

__all__ = ["CHANNELS", "Channel", "find", "models", "private"]
