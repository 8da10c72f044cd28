"""Flows 1-11: python-okx, the exchange's own client."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from .registry import Unmet, client, flow, holds, same, until
from .simulator import KEY, PASSPHRASE, SECRET

if TYPE_CHECKING:
    from .simulator import Simulator

NAME = "python-okx"
BTC = "BTC-USDT"
LIVE = "0"  # the flag; python-okx takes the demo account unless told


def trade(sim: Simulator) -> Any:
    return client("okx.Trade", NAME).TradeAPI(KEY, SECRET, PASSPHRASE, flag=LIVE, domain=sim.rest)


def item(answer: dict[str, Any], s_code: str = "0", code: str | None = None) -> dict[str, Any]:
    """The one item of an answer, with these codes."""
    same(answer["code"], code or ("0" if s_code == "0" else "1"), f"code of {answer}")
    same(len(answer["data"]), 1, f"items of {answer}")
    row: dict[str, Any] = answer["data"][0]
    same(row["sCode"], s_code, f"sCode of {answer}")
    return row


@flow(1, NAME, "public get_instruments, no keys")
def public_instruments(sim: Simulator) -> None:
    api = client("okx.PublicData", NAME).PublicAPI(domain=sim.rest)
    answer = api.get_instruments("SPOT")
    same(answer["code"], "0", "code")
    holds(len(answer["data"]) >= 2, f"at least two spot instruments, got {len(answer['data'])}")
    for row in answer["data"]:
        same(row["instType"], "SPOT", "instType")
        holds(type(row["instIdCode"]) is int, f"instIdCode is an integer: {row['instIdCode']!r}")


@flow(2, NAME, "get_account_balance of two coins, wrong secret")
def balance(sim: Simulator) -> None:
    sim.admin("POST", "/accounts/main/balance", {"ccy": "ETH", "amount": "3"})
    account = client("okx.Account", NAME)
    api = account.AccountAPI(KEY, SECRET, PASSPHRASE, flag=LIVE, domain=sim.rest)
    statuses: list[int] = []
    api.event_hooks = {"response": [lambda response: statuses.append(response.status_code)]}
    answer = api.get_account_balance(ccy="BTC,ETH")
    same((statuses, answer["code"]), ([200], "0"), f"status and code of {answer}")
    got = {row["ccy"]: float(row["eq"]) for row in answer["data"][0]["details"]}
    same(got, {"BTC": 2.0, "ETH": 3.0}, "equity of both coins, and of no other")

    wrong = account.AccountAPI(KEY, "not-" + SECRET, PASSPHRASE, flag=LIVE, domain=sim.rest)
    wrong.event_hooks = api.event_hooks
    answer = wrong.get_account_balance(ccy="BTC,ETH")
    same((statuses[1:], answer["code"]), ([401], "50113"), f"status and code with a wrong secret: {answer}")


@flow(3, NAME, "place_order, every optional empty")
def place(sim: Simulator) -> None:
    api = trade(sim)
    row = item(api.place_order(BTC, "cash", "buy", "limit", "0.001", px=sim.price(BTC, "0.98")))
    holds(row["ordId"].isdigit() and len(row["ordId"]) >= 18, f"an ordId of 18 or more digits: {row['ordId']!r}")
    same(api.get_order(BTC, ordId=row["ordId"])["data"][0]["state"], "live", "state")


@flow(4, NAME, "the same clOrdId while live, and after")
def duplicate_id(sim: Simulator) -> None:
    api, px = trade(sim), sim.price(BTC, "0.98")

    def again() -> dict[str, Any]:
        answer: dict[str, Any] = api.place_order(BTC, "cash", "buy", "limit", "0.001", px=px, clOrdId="twice1")
        return answer

    first = item(again())
    item(again(), "51016")
    item(api.cancel_order(BTC, ordId=first["ordId"]))
    third = item(again())
    holds(third["ordId"] != first["ordId"], "the third is an order of its own")
    same(third["clOrdId"], "twice1", "clOrdId")


@flow(5, NAME, "clOrdId with a hyphen")
def bad_id(sim: Simulator) -> None:
    answer = trade(sim).place_order(BTC, "cash", "buy", "limit", "0.001", px=sim.price(BTC, "0.98"), clOrdId="a-b")
    row = item(answer, "51000")
    same(row["sMsg"].strip(), "Parameter clOrdId error", "sMsg")


@flow(6, NAME, "batch of three, the middle one off lot")
def batch(sim: Simulator) -> None:
    px = sim.price(BTC, "0.98")
    common = {"instId": BTC, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": px}
    sizes = ("0.001", "0.0010000001", "0.002")  # lotSz is 0.00000001
    api = trade(sim)
    answer = api.place_multiple_orders([{**common, "clOrdId": f"b{at}", "sz": sz} for at, sz in enumerate(sizes)])
    same(answer["code"], "2", f"code of {answer}")
    same([row["clOrdId"] for row in answer["data"]], ["b0", "b1", "b2"], "order of the items")
    same([row["sCode"] for row in answer["data"]], ["0", "51121", "0"], "codes of the items")
    live = {row["clOrdId"]: row["sz"] for row in api.get_order_list(instType="SPOT")["data"]}
    same(live, {"b0": "0.001", "b2": "0.002"}, "what rests")


@flow(7, NAME, "get_order of an unknown id")
def unknown(sim: Simulator) -> None:
    answer = trade(sim).get_order(BTC, ordId="680800019749904384")
    same((answer["code"], answer["data"]), ("51603", []), "top-level code and data")


class Frames:
    """What a callback of python-okx was given: every frame, decoded."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []

    def __call__(self, raw: str) -> None:
        self.all.append(json.loads(raw))

    def of(self, **want: Any) -> list[dict[str, Any]]:
        return [frame for frame in self.all if all(frame.get(key) == value for key, value in want.items())]

    def rows(self, channel: str) -> list[dict[str, Any]]:
        return [
            row for frame in self.all if frame.get("arg", {}).get("channel") == channel for row in frame.get("data", [])
        ]


@flow(8, NAME, "public WebSocket over TLS: books with an id")
async def public_socket(sim: Simulator) -> None:
    ws = client("okx.websocket.WsPublicAsync", NAME).WsPublicAsync(url=f"{sim.wss}/ws/v5/public")
    frames = Frames()
    consuming = await ws.start()
    holds(ws.websocket is not None, "the certificate is trusted and the socket open")
    arg = {"channel": "books", "instId": "BTC-USDT-SWAP"}
    await ws.subscribe([arg], frames, id="sub1")
    await until(lambda: len(frames.rows("books")) > 30, "30 book messages")
    await ws.stop()
    consuming.cancel()
    (ack,) = frames.of(event="subscribe")
    same((ack["id"], ack["arg"]), ("sub1", arg), "the acknowledgement's id and arg")
    books = [frame for frame in frames.all if "data" in frame]
    same([frame["action"] for frame in books[:2]], ["snapshot", "update"], "first actions")
    same(books[0]["data"][0]["prevSeqId"], -1, "prevSeqId of the snapshot")
    last = books[0]["data"][0]["seqId"]
    for frame in books[1:]:
        same(frame["action"], "update", "action")
        same(frame["data"][0]["prevSeqId"], last, "prevSeqId")
        last = frame["data"][0]["seqId"]


async def private_socket(sim: Simulator, frames: Frames) -> Any:
    """Logged in and subscribed to the orders of every instrument type."""
    ws = client("okx.websocket.WsPrivateAsync", NAME).WsPrivateAsync(
        KEY, PASSPHRASE, SECRET, url=f"{sim.wss}/ws/v5/private"
    )
    await ws.start()
    holds(ws.websocket is not None, "the certificate is trusted and the socket open")
    await ws.subscribe([{"channel": "orders", "instType": "ANY"}], frames)
    await until(lambda: frames.of(event="subscribe"), "an acknowledged subscription")
    (login,) = frames.of(event="login")
    same(login["code"], "0", f"code of {login}")
    return ws


@flow(9, NAME, "private WebSocket: orders, then place_order")
async def socket_order(sim: Simulator) -> None:
    frames = Frames()
    ws = await private_socket(sim, frames)
    args = {"instIdCode": sim.instrument(BTC)["instIdCode"], "tdMode": "cash", "side": "buy", "ordType": "limit"}
    await ws.place_order([{**args, "sz": "0.001", "px": sim.price(BTC, "0.98")}], frames, id="abc1")
    (answer,) = await until(lambda: frames.of(op="order"), "an answer to the order")
    same(answer["id"], "abc1", "id of the answer")
    ord_id = item(answer)["ordId"]
    (row,) = await until(lambda: frames.rows("orders"), "a push of the order")
    same((row["ordId"], row["state"], row["instId"]), (ord_id, "live", BTC), "ordId, state and instId of the push")
    await ws.stop()


@flow(10, NAME, "place_order on WebSocket with instId only")
async def socket_order_by_name(sim: Simulator) -> None:
    frames = Frames()
    ws = await private_socket(sim, frames)
    args = {"instId": BTC, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001"}
    await ws.place_order([{**args, "px": sim.price(BTC, "0.98")}], frames, id="abc2")
    (answer,) = await until(lambda: frames.of(op="order"), "an answer to the order")
    same(answer["id"], "abc2", "id of the answer")
    row = item(answer, "50014")
    same(row["sMsg"].strip(), "Parameter instIdCode can not be empty.", "sMsg")
    await ws.stop()


@flow(11, NAME, "65 idle seconds on a private socket; strict_idle", timeout_s=110)
async def idle(sim: Simulator) -> None:
    with sim.another(switches={"strict_idle": True}) as strict:
        sim.trust()
        frames = Frames()
        ws = await private_socket(sim, frames)
        strict.trust()
        strict_frames = Frames()
        await private_socket(strict, strict_frames)
        await asyncio.sleep(65)
        same([frame for frame in frames.all if "event" not in frame], [], "nothing but events on a quiet socket")
        args = {"instIdCode": sim.instrument(BTC)["instIdCode"], "tdMode": "cash", "side": "buy", "ordType": "limit"}
        await ws.place_order([{**args, "sz": "0.001", "px": sim.price(BTC, "0.98")}], frames, id="alive")
        (answer,) = await until(lambda: frames.of(op="order"), "the socket alive after 65 s")
        item(answer)
        closed = strict_frames.of(event="error", code="ConnClosed")
        if not closed:
            raise Unmet("with strict_idle the socket is still open after 65 s")
        holds("4004" in closed[0]["msg"], f"with strict_idle closed by 4004: {closed[0]['msg']}")
