"""Market data: tickers, books, candles, trades, with python-okx's names.

The table below is read by `api`: `name METHOD path parameters`; what is indented belongs to the line before.
"""

from __future__ import annotations

from okx_fast.compat.okx.api import Api

__all__ = ["MarketAPI"]

CALLS = """
get_tickers GET market/tickers instType uly= instFamily=
get_ticker GET market/ticker instId
get_index_tickers GET market/index-tickers quoteCcy= instId=
get_orderbook GET market/books instId sz=
get_rpi_orderbook GET market/books-rpi instId sz=
get_candlesticks GET market/candles instId after= before= bar= limit=
get_history_candlesticks GET market/history-candles instId after= before= bar= limit=
get_index_candlesticks GET market/index-candles instId after= before= bar= limit=
get_mark_price_candlesticks GET market/mark-price-candles instId after= before= bar= limit=
get_trades GET market/trades instId limit=
get_volume GET market/platform-24-volume
get_tier GET public/position-tiers instType= tdMode= uly= instId= ccy= tier=
get_index_components GET market/index-components index=
get_exchange_rate GET market/exchange-rate
get_history_trades GET market/history-trades instId= type= after= before= limit=
get_block_ticker GET market/block-ticker instId=
get_block_tickers GET market/block-tickers instType= uly= instFamily=
get_block_trades GET market/block-trades instId=
get_order_lite_book GET market/books-lite instId=
get_option_trades GET public/option-trades instFamily=
"""


class MarketAPI(Api, calls=CALLS):
    """Market data: tickers, books, candles, trades.

    Each method gives OKX's dict; what the constructor takes, `Api` says.
    """
