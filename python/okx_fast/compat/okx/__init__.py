"""python-okx's most used classes, on okx_fast: change the import, keep the calls.

    import okx.Trade as Trade           ─▶  from okx_fast.compat.okx import Trade
    from okx.websocket.WsPublicAsync    ─▶  from okx_fast.compat.okx.websocket.WsPublicAsync
        import WsPublicAsync                    import WsPublicAsync

    Trade.TradeAPI, Account.AccountAPI, MarketData.MarketAPI, PublicData.PublicAPI
    websocket.WsPublicAsync.WsPublicAsync, websocket.WsPrivateAsync.WsPrivateAsync

Names, order of parameters and defaults are those of python-okx 0.4.4, results are the dicts OKX sent. What differs, and
why, is in `docs/compat.md`. `api.rest` is the `okx_fast.Rest` below, for the calls that have moved already.
"""
