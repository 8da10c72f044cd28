"""python-okx's WebSocket classes: `WsPublicAsync.WsPublicAsync` and `WsPrivateAsync.WsPrivateAsync`."""
