"""What goes to a terminal."""

from __future__ import annotations

__all__ = ["plain"]


def plain(text: str) -> str:
    """Without what could move a terminal's cursor: some of it comes from the network."""
    return "".join(char if char.isprintable() else " " for char in text)
