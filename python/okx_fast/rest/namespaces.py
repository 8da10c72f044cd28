"""The namespaces by their class names, for annotations: `Trade`, `AsyncTrade`, … They are made in `groups`."""

from __future__ import annotations

from okx_fast.rest.groups import GROUPS

__all__ = [each.__name__ for pair in GROUPS.values() for each in pair]  # names, made from the table

globals().update({each.__name__: each for pair in GROUPS.values() for each in pair})
