"""The live book against REST's: what an audit finds, and what it makes of books it cannot compare."""

from __future__ import annotations

import asyncio
import re
import time
from decimal import Decimal, localcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from okx_fast import (
    ApiError,
    BookAudit,
    BookInvalidError,
    Client,
    ClosedError,
    ConfigError,
    Exchange,
    Rest,
    TransportError,
)
from okx_fast.book_audit import Difference, Standing
from okx_fast.rest.models import OrderBook
from tests.waiting import BTC, Events, pump_until, until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from okx_fast import Book, BookUpdate
    from okx_fast.book_audit import Comparison

D = Decimal
QUIET = {"house": {"enabled": False}}


# ── against the simulated exchange ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("channel", "depth"), [("books", 400), ("books5", 5), ("bbo-tbt", 1)])
def test_a_moving_book_equals_rests_in_pump_mode(channel: str, depth: int) -> None:
    with Exchange() as exchange, Rest(exchange.site()) as rest, Client(exchange.site()) as client:
        seen: list[int | None] = []

        def on_update(update: BookUpdate) -> None:
            audit.note(update)
            seen.append(update.seq_id)

        book = client.subscribe_book(BTC, on_update, channel=channel)
        audit = BookAudit(rest, book)
        for _ in range(3):
            before = len(seen)
            pump_until(client, lambda before=before: len(seen) > before)
            found = audit.check(client.poll, tries=100, within_s=10.0)
            assert (found.outcome, found.differences) == ("equal", ())
            # A small book is pushed when it changes, REST's number moves with the whole: then they meet by chance.
            assert not found.reasons or channel != "books"
            assert (found.inst_id, found.channel) == (BTC, channel)
            assert found.seq_id in seen
            assert 0 < min(found.levels) <= max(found.levels) <= depth
            assert str(found).startswith(f"{BTC} {channel}: equal at seqId {found.seq_id}, ")


def test_a_moving_book_equals_rests_beside_an_event_loop() -> None:
    async def main() -> Comparison:
        with Exchange() as exchange, Rest(exchange.site()) as rest:
            async with Client(exchange.site()) as client:

                def on_update(update: BookUpdate) -> None:
                    audit.note(update)

                book = client.subscribe_book(BTC, on_update)
                audit = BookAudit(rest, book)
                await until(lambda: book.valid)
                return await asyncio.to_thread(audit.check, time.sleep, within_s=10.0)

    found = asyncio.run(main())
    assert found.outcome == "equal"
    assert min(found.levels) > 0


def test_a_level_that_no_chain_can_miss_is_found() -> None:
    # The exchange sends an ask that never was, in a message that continues the chain, and takes it back in the next.
    with (
        Exchange(**QUIET) as exchange,
        Rest(exchange.site(), credentials=exchange.credentials()) as rest,
        Client(exchange.site()) as client,
    ):
        events = Events(client)
        book = client.subscribe_book(BTC)
        audit = BookAudit(rest, book)
        pump_until(client, lambda: book.valid)

        def place(side: str, px: str) -> None:
            before = book.seq_id
            rest.trade.place_order(instId=BTC, tdMode="cross", ordType="limit", sz="1", side=side, px=px)
            pump_until(client, lambda: book.seq_id != before)

        place("sell", "99000")
        place("buy", "90000")
        assert audit.check(client.poll).outcome == "equal"
        exchange.fault("book_crossed", instId=BTC)
        place("buy", "90001")
        assert (book.valid, book.crossed) == (True, True)
        found = audit.check(client.poll)
        assert (found.outcome, found.seq_id, found.levels) == ("different", book.seq_id, (2, 1))
        assert book.best_ask is not None
        lie = Standing(book.best_ask.sz.decimal, book.best_ask.n_orders)
        assert found.differences == (Difference("ask", D(90001), lie, None),)
        place("buy", "90002")
        assert audit.check(client.poll).outcome == "equal"
        assert not events.of("gap", "checksum", "malformed")


def test_the_example_of_its_page_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "books.md").read_text()
    [block] = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    exec(compile(block, "docs/books.md", "exec"), {})  # noqa: S102  # our own text
    assert re.fullmatch(rf"{BTC} books: equal at seqId \d+, \d+ bids and \d+ asks\n", capsys.readouterr().out)


# ── against books of our own ───────────────────────────────────────────────────────────────────────────────────────


class Live:
    """A book as `BookAudit` sees one, whose states come one by one when it is given time."""

    inst_id, channel = "BTC-USDT", "books"

    def __init__(self, *states: tuple[int, list[Any], list[Any]] | None) -> None:
        self.coming = list(states)
        self.state_now: Any = None

    def move(self, _seconds: float = 0.0) -> None:
        """Go to the next state; None: not valid."""
        if self.coming:
            self.state_now = self.coming.pop(0)

    @property
    def valid(self) -> bool:
        return self.state_now is not None

    @property
    def state(self) -> str:
        return "valid" if self.valid else "broken, resyncing"

    def snapshot(self, _n: int) -> Any:
        if self.state_now is None:
            raise BookInvalidError(self.inst_id, self.channel, self.state)
        seq_id, bids, asks = self.state_now
        rows = [Rows([scaled(px, 1), scaled(sz, 2), n] for px, sz, n in side) for side in (bids, asks)]
        return SimpleNamespace(seq_id=seq_id, bids=rows[0], asks=rows[1], px_scale=1, sz_scale=2)


class Rows(list[list[int]]):
    """Like a memoryview of a `Depth`."""

    def tolist(self) -> list[list[int]]:
        return list(self)


def scaled(text: str, scale: int) -> int:
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(scale, "0"))


class Answers:
    """A `Rest` that answers `market.books` with these in turn, the last one again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.market = SimpleNamespace(books=self.books)

    def books(self, **params: str) -> OrderBook:
        self.asked.append(params)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        seq_id, bids, asks = answer
        rows = {
            "bids": [[px, sz, "0", str(n)] for px, sz, n in bids],
            "asks": [[p, s, "0", str(n)] for p, s, n in asks],
        }
        return OrderBook({**rows, "ts": "5", "seqId": seq_id})


BIDS = [("100", "1.5", 2), ("99.9", "2", 1)]
ASKS = [("100.1", "3", 1)]


def at(seq_id: int | None, bids: Iterable[Any] = BIDS, asks: Iterable[Any] = ASKS) -> Any:
    return seq_id, list(bids), list(asks)


def run(live: Live, answers: Answers, *, moves: int = 1, keep: int = 64, **options: Any) -> Comparison:
    audit = BookAudit(cast("Rest", answers), cast("Book", live), keep=keep)
    for _ in range(moves):
        live.move()
        audit.note()
    return audit.check(live.move, within_s=options.pop("within_s", 0.0), **options)


def test_equal_books_are_equal_by_value_however_they_are_written() -> None:
    live = Live(at(10))
    answers = Answers(at(10, [("100.0", "1.50", 2), ("99.90", "2.0", 1)], [("100.10", "3.000", 1)]))
    found = run(live, answers)
    assert (found.outcome, found.seq_id, found.levels, found.reasons) == ("equal", 10, (2, 1), ())
    assert answers.asked == [{"instId": "BTC-USDT", "sz": "400"}]


def test_every_kind_of_difference_is_told_exactly_best_first() -> None:
    held = at(10, [("100", "1.5", 2), ("99.9", "2", 1), ("99.8", "1", 1)], [("100.1", "3", 1), ("100.3", "1", 1)])
    told = at(10, [("100.05", "1", 1), ("100", "1.5", 3), ("99.8", "1", 1)], [("100.1", "3.01", 1), ("100.2", "4", 2)])
    found = run(Live(held), Answers(told))
    assert found.outcome == "different"
    assert found.differences == (
        Difference("bid", D("100.05"), None, Standing(D(1), 1)),
        Difference("bid", D(100), Standing(D("1.5"), 2), Standing(D("1.5"), 3)),
        Difference("bid", D("99.9"), Standing(D(2), 1), None),
        Difference("ask", D("100.1"), Standing(D(3), 1), Standing(D("3.01"), 1)),
        Difference("ask", D("100.2"), None, Standing(D(4), 2)),
        Difference("ask", D("100.3"), Standing(D(1), 1), None),
    )
    assert str(found) == (
        "BTC-USDT books: different at seqId 10, 3 bids and 2 asks: bid 100.05: live none, REST 1 in 1; "
        "bid 100: live 1.5 in 2, REST 1.5 in 3; bid 99.9: live 2 in 1, REST none; 3 more"
    )


def test_a_book_with_one_side_or_none_is_compared_too() -> None:
    found = run(Live(at(10, [], ASKS)), Answers(at(10, BIDS, [])))
    assert [(each.side, each.live is None) for each in found.differences] == [("bid", True)] * 2 + [("ask", False)]
    assert run(Live(at(10, [], [])), Answers(at(10, [], []))).outcome == "equal"


def test_it_waits_for_a_live_book_that_is_behind() -> None:
    found = run(Live(at(10, []), at(12, []), at(15)), Answers(at(15)), within_s=5.0)
    assert (found.outcome, found.seq_id) == ("equal", 15)


def test_an_older_book_of_rests_is_compared_with_what_the_live_one_was() -> None:
    live = Live(at(10), at(12, []), at(15, []))
    assert run(live, Answers(at(10)), moves=3).outcome == "equal"
    live = Live(at(10), at(12, []), at(15, []))
    assert run(live, Answers(at(12)), moves=3).outcome == "different"


@pytest.mark.parametrize(
    ("states", "answer", "reason"),
    [
        ([at(10), at(12), at(15)], at(9), "REST's book is of seqId 9, older than the 2 states held from 12 on"),
        ([at(10), at(12), at(15)], at(14), "REST's book is of seqId 14, which the live one jumped over from 12 to 15"),
        ([at(10), at(12), at(15)], at(16), "REST's book is of seqId 16, the live one stood at 15 for 0 s"),
        ([at(10), at(12), None], at(16), "REST's book is of seqId 16, the live one was broken, resyncing for 0 s"),
        ([None], at(16), "REST's book is of seqId 16, the live one was broken, resyncing for 0 s"),
        ([at(10)], at(None), "REST's book has no seqId"),
        ([at(None)], at(7), "REST's book is of seqId 7, the live one was valid for 0 s"),
    ],
)
def test_books_that_never_stand_at_one_number_are_not_compared_and_it_says_why(
    states: list[Any], answer: Any, reason: str
) -> None:
    answers = Answers(answer)
    found = run(Live(*states), answers, moves=len(states), keep=2, tries=3)
    assert (found.outcome, found.seq_id, found.reasons) == ("not compared", None, (reason,) * 3)
    assert len(answers.asked) == 3
    assert str(found) == f"BTC-USDT books: not compared: {'; '.join([reason] * 3)}"


def test_a_later_try_may_be_lucky_and_the_reasons_before_it_stay() -> None:
    lost = TransportError("GET /api/v5/market/books", "connection reset")
    found = run(Live(at(10), at(12), at(15)), Answers(at(11), lost, at(15)), moves=3)
    assert (found.outcome, found.seq_id) == ("equal", 15)
    assert [reason.split(":")[0] for reason in found.reasons] == [
        "REST's book is of seqId 11, which the live one jumped over from 10 to 12",
        "GET /api/v5/market/books",
    ]


@pytest.mark.parametrize(
    "answer",
    [ApiError("51001", "Instrument ID does not exist", ""), at(10, [("", "1", 1)]), at(10, [("x", "1", 1)])],
    ids=["refused", "empty", "malformed"],
)
def test_what_would_fail_again_is_not_tried_again(answer: Any) -> None:
    answers = Answers(answer)
    found = run(Live(at(10)), answers)
    assert (found.outcome, len(found.reasons), len(answers.asked)) == ("not compared", 1, 1)


@pytest.mark.parametrize("error", [ClosedError("closed"), ConfigError("sz: no")])
def test_errors_of_the_program_are_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        run(Live(at(10)), Answers(error))


def test_numbers_that_begin_anew_do_not_let_an_old_state_pass_for_a_new_one() -> None:
    live = Live(at(10, []), at(15, []), at(3, []), at(10))
    assert run(live, Answers(at(10)), moves=3, within_s=5.0).outcome == "equal"


def test_states_are_bounded() -> None:
    live = Live(*(at(n) for n in range(1, 100)))
    audit = BookAudit(cast("Rest", Answers(at(1))), cast("Book", live), keep=7)
    for _ in range(99):
        live.move()
        audit.note()
    assert list(audit._states) == list(range(93, 100))


@pytest.mark.parametrize("channel", ["books-rpi", "sprd-books-l2-tbt", "pm-books"])
def test_books_whose_numbers_are_not_rests_are_refused(channel: str) -> None:
    live = Live()
    live.channel = channel
    with pytest.raises(ConfigError, match=f"expected one of books, .*, got {channel}"):
        BookAudit(cast("Rest", Answers(at(1))), cast("Book", live))
    with pytest.raises(ConfigError, match="at least one state, got 0"):
        BookAudit(cast("Rest", Answers(at(1))), cast("Book", Live()), keep=0)
    with pytest.raises(ConfigError, match="at least one, got 0"):
        run(Live(at(1)), Answers(at(1)), tries=0)


def test_a_decimal_context_of_the_caller_rounds_nothing() -> None:
    with localcontext() as context:
        context.prec = 2
        found = run(Live(at(10, [("67500.1", "1.25", 1)])), Answers(at(10, [("67500.1", "1.25", 1)])))
        assert found.outcome == "equal"
        found = run(Live(at(10, [("67500.1", "1.25", 1)])), Answers(at(10, [("67500.2", "1.25", 1)])))
        assert [each.px for each in found.differences] == [D("67500.2"), D("67500.1")]
