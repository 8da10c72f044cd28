"""Every instrument in one process: thousands of them, each with `books`, `trades` and `tickers`, at OKX-like rates.

    okx-fast sim --shared --okx-limits on one core ─▶ a fresh client process on the other, with the connections it makes

    cold        from the first line that makes the client until all books are valid, the market running
    then        for `measure_s`: messages, CPU, memory, and callbacks of some books, joined with the server's send log
    at the end  the market stands still: every book's seqId and digest must be the server's, and every message counted

    python -m benches.py.scale --instruments 300 --rate 900      alone, with other numbers

How long cold must take follows from OKX's limits: so many books on a connection, three new connections a second.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benches.py import harness
from benches.py.harness import CLIENT_CORE, SEED, SIM, RunError
from benches.py.rows import Row, compare, table, tails
from benches.py.scale_clients import BOOKS_PER_CONNECTION, CONNECTS_PER_S, Job

OURS, BEST = "okx_fast/pump", "best_python/uvloop"
SETTLE_S = 1.0  # after the last snapshot, before anything is measured
STILL_S = 2.0
CALLED = 100  # books with a callback
KEPT = 0.8  # of the rate that was asked for, which must have come for a run to count

Result = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything one run does."""

    instruments: int
    rate: float  # messages a second, all streams together
    measure_s: float
    passes: int


FULL = Size(instruments=3000, rate=9000.0, measure_s=20.0, passes=1)
SHORT = Size(instruments=300, rate=900.0, measure_s=4.0, passes=1)


def rows(size: Size) -> list[Row]:
    """All rows of the scale run."""
    results: dict[str, list[Result]] = {OURS: [], BEST: []}
    for number in range(size.passes):
        for impl, done in results.items():
            done.append(_try(number, impl, size))

    def row(task: str, case: str, unit: str, key: tuple[str, ...]) -> Row:
        # When a message left the socket, only okx_fast can tell.
        rival: list[Result] = [] if key[0] == "recv_us" else results[BEST]
        trio: list[list[Result]] = [results[OURS], rival, []]
        made = compare(task, case, unit, trio, key, more_is_better=unit == "msg/s", against=("best_python", "baseline"))
        if task == "scale_lag":
            tails(made, trio, key[0])
        return made

    what = f"{size.instruments} instruments"
    running = f"{what}, {size.rate:.0f}/s"
    least: list[Result] = [_least(result) for result in results[OURS]]
    cold = [results[OURS], least, results[BEST]]
    made = [
        compare(
            "scale_cold",
            f"{what}, until all books are valid",
            "s",
            cold,
            ("cold_s",),
            against=("limits", "best_python"),
        ),
        row("scale_messages", running, "msg/s", ("msgs_per_s",)),
        row("scale_cpu", running, "% core", ("cpu_percent",)),
        row("scale_memory", f"{what}, the whole process", "MB", ("rss_mb",)),
        row("scale_memory", "an instrument: book and state", "KB", ("kb_each",)),
        row("scale_lag", f"{running}, socket to callback", "us", ("recv_us", "p50")),
        row("scale_lag", f"{running}, due to callback", "us", ("latency_us", "p50")),
    ]
    for each in made:
        for name in ("connections", "requests", "send_lag_us"):
            each[name] = [None if result is None else result[name] for result in results[OURS]]
    made[0]["note"] = _arithmetic(size, results[OURS])
    return made


def _try(number: int, impl: str, size: Size) -> Result:
    try:
        return _run(impl, size)
    except RunError as error:
        print(f"bench: pass {number + 1}: scale {impl}: {error}", file=sys.stderr)
        return None


def _run(impl: str, size: Size) -> dict[str, Any]:
    """One client against a market of its own."""
    cold_within = 5.0 + 1.2 * size.instruments / BOOKS_PER_CONNECTION / CONNECTS_PER_S
    lasts_s = cold_within + SETTLE_S + size.measure_s + STILL_S
    with tempfile.TemporaryDirectory() as folder:
        log, out, known = Path(folder, "send.log"), Path(folder, "samples"), Path(folder, "ready.json")
        command = [*SIM, "--shared", "--okx-limits", "--until-stdin-closes", "--seed", str(SEED)]
        command += ["--instruments", str(size.instruments), "--rate", str(size.rate), "--send-log", str(log)]
        command += ["--limit", str(int(size.rate * lasts_s))]
        with harness.awake(CLIENT_CORE, lasts_s + 60), harness.serving(command) as ready:
            known.write_text(json.dumps(ready), encoding="utf-8")
            job = Job(
                impl=impl,
                ready=str(known),
                out=str(out),
                called=min(CALLED, size.instruments),
                cold_within_s=cold_within,
                settle_s=SETTLE_S,
                measure_s=size.measure_s,
            )
            client = [sys.executable, "-m", "benches.py.scale_clients", json.dumps(asdict(job))]
            result = harness.client(client, impl, first_in_line=False, timeout=lasts_s + 60)
        report = ready["report"]
        _check(result, report, size)
        result |= {"connections": report["connections"], "requests": report["requests"]}
        result["latency_us"], result["send_lag_us"] = harness.join(log, out, from_sent=False)
    result["rss_mb"] = result["rss_bytes"] / harness.MB
    result["kb_each"] = (result["rss_bytes"] - result["rss_before_bytes"]) / 1024 / size.instruments
    return result


def _check(result: dict[str, Any], report: dict[str, Any], size: Size) -> None:
    """Every book is the server's, and every message was counted; a run that lost a connection is no run."""
    if result["connects"] != report["connections"]:
        raise RunError(f"{report['connections']} connections for {result['connects']} that the client knows of")
    want = {book["id"]: [book["seqId"], book["digest"]] for book in report["books"]}
    assert len(want) == size.instruments, f"only {len(want)} books were subscribed"
    wrong = {inst_id: got for inst_id, got in result.pop("books").items() if got != want[inst_id]}
    assert not wrong, f"{len(wrong)} books differ from the server's, the first: {next(iter(wrong.items()))}"
    assert result["messages"] == report["sent"], f"{result['messages']} messages of {report['sent']} came"
    if result["msgs_per_s"] < KEPT * size.rate:
        raise RunError(f"{result['msgs_per_s']:.0f} messages a second came, of {size.rate:.0f}")


def _least(result: Result) -> Result:
    """How long cold takes at least: the last connection may begin when those before it left room."""
    if result is None:
        return None
    return {"cold_s": float((result["connections"] - 1) // CONNECTS_PER_S)}


def _arithmetic(size: Size, results: list[Result]) -> str:
    known = [result for result in results if result is not None]
    if not known:
        return ""
    connections, requests = known[-1]["connections"], known[-1]["requests"]
    last = (connections - 1) // CONNECTS_PER_S
    return (
        f"scale_cold: {size.instruments} books and {2 * size.instruments} other channels on {connections} connections, "
        f"{CONNECTS_PER_S} new ones a second: the last may begin after {last} s; "
        f"{requests} requests, of 480 an hour on each connection"
    )


def main() -> None:
    """Run this part alone."""
    parser = argparse.ArgumentParser(description="Every instrument in one process.")
    parser.add_argument("--instruments", type=int, default=FULL.instruments)
    parser.add_argument("--rate", type=float, default=FULL.rate)
    parser.add_argument("--measure-s", type=float, default=FULL.measure_s)
    args = parser.parse_args()
    made = rows(Size(instruments=args.instruments, rate=args.rate, measure_s=args.measure_s, passes=1))
    print(table(made))
    print(json.dumps(made[-1]["send_lag_us"]), made[0]["note"], sep="\n")


if __name__ == "__main__":
    main()
