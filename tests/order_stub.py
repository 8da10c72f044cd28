"""A socket that answers an order's operations as a test wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from okx_fast import Credentials, Site
from tests.hostile import CLOSE, PONG, Server
from tests.stub_okx import Peer, Request, Stub
from tests.waiting import BTC

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hostile import Peer as Socket

CREDENTIALS = Credentials("okx-key", "okx-secret", "okx-pass")


class Desks(Server):
    """An exchange's socket that answers operations as a test wants; REST beside it has an instrument and no order."""

    def __init__(self, behave: Callable[[Socket, dict[str, Any]], None]) -> None:
        super().__init__(self._play_desk)
        self.behave = behave
        self.ops: list[dict[str, Any]] = []
        self.pongs: list[bytes] = []
        self.rest = Stub(self._rest)

    def __enter__(self) -> Self:
        self.rest.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *about: object) -> None:
        super().__exit__(*about)
        self.rest.__exit__(*about)

    @property
    def private(self) -> Site:
        url = str(self.site.ws_public).replace("public", "private")
        return Site(name="stub", rest=self.rest.url, ws_private=url)

    def _rest(self, peer: Peer, request: Request) -> None:
        if request.path.endswith("/instruments"):
            row = {"instType": "SWAP", "instId": BTC, "instIdCode": 7, "state": "live"}
            peer.answer({"code": "0", "msg": "", "data": [row]})
        elif request.path.endswith("trade/order"):
            peer.answer({"code": "51603", "msg": "Order does not exist", "data": []})
        else:
            peer.answer({"code": "0", "msg": "", "data": []})

    def _play_desk(self, peer: Socket) -> None:
        peer.upgrade()
        while True:
            opcode, payload = peer.receive()
            if opcode == CLOSE:
                return
            if opcode == PONG:
                self.pongs.append(payload)
                continue
            if payload == b"ping":
                peer.say("pong")
                continue
            message = json.loads(payload)
            if message["op"] == "login":
                peer.say({"event": "login", "code": "0", "msg": "", "connId": "a"})
            elif message["op"] == "subscribe":
                for arg in message["args"]:
                    peer.say({"id": message["id"], "event": "subscribe", "arg": arg, "connId": "a"})
            else:
                self.ops.append(message)
                self.behave(peer, message)


def said(message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """OKX's answer that all is well, but for `fields`."""
    rows = [
        {"ordId": str(at), "clOrdId": item.get("clOrdId", ""), "tag": "", "sCode": "0", "sMsg": "", "subCode": ""}
        for at, item in enumerate(message["args"], 11)
    ]
    return {"id": message["id"], "op": message["op"], "code": "0", "msg": "", "data": rows, **fields}
