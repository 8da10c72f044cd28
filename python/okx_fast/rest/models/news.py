"""Typed results about OKX itself: maintenance and announcements.

Source: OKX API v5, Status › Get status, and Announcement › Get announcements.
"""

from __future__ import annotations

from okx_fast.rest.models.base import Count, Many, Millis, Model, Text

__all__ = ["Announcement", "AnnouncementPage", "AnnouncementType", "Status"]


class Status(Model):
    """A maintenance: what stops, from when to when. service_type: 0 WebSocket, 5 trading, 6 block trading, 7 bots,
    8 and 9 trading in batches of accounts and of products, 10 spreads, 11 copy trading, 99 other.
    maint_type: 1 planned, 2 unplanned, 3 disruption. env: 1 live, 2 demo.
    """

    __slots__ = ()
    title = Text()
    state = Text(known=("scheduled", "ongoing", "pre_open", "completed", "canceled"))
    begin_ms = Millis()
    end_ms = Millis()
    pre_open_begin_ms = Millis()
    href = Text()
    service_type = Text(known=("0", "5", "6", "7", "8", "9", "10", "11", "99"))
    system = Text(known=("unified",))
    sche_desc = Text()
    maint_type = Text(known=("1", "2", "3"))
    env = Text(known=("1", "2"))
    ts_ms = Millis()


class Announcement(Model):
    """A headline. ann_type: one of those that `support.announcement_types` lists."""

    __slots__ = ()
    title = Text()
    ann_type = Text()
    p_time_ms = Millis()
    url = Text()
    business_p_time_ms = Millis("businessPTime")


class AnnouncementPage(Model):
    """A page of announcements, and how many pages there are."""

    __slots__ = ()
    details = Many(Announcement)
    total_page = Count()


class AnnouncementType(Model):
    """A kind of announcement."""

    __slots__ = ()
    ann_type = Text()
    ann_type_desc = Text()
