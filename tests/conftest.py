"""What several tests share: where the recordings are, and how to run our own command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = Path(os.environ.get("OKX_FAST_CAPTURES") or ROOT.parent / "shared" / "captures")


# A shell's background jobs ignore Ctrl-C, and so would we and the processes that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of recorded OKX traffic. It is not part of the project, so it may be missing."""
    if not (CAPTURES / "books" / "expected.jsonl").is_file():
        pytest.skip(f"no recordings in {CAPTURES}: set OKX_FAST_CAPTURES to their folder")
    return CAPTURES


@pytest.fixture
def okx_fast_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `okx-fast` with arguments, without a terminal."""

    def run(*args: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "okx_fast", *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=50, **options)

    return run
