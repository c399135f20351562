# SPDX-License-Identifier: Apache-2.0
"""Times: aware datetimes in Python, seconds since 1970 in the library.

A naive datetime is refused: datetime.now() and datetime.utcnow() look the same and are hours apart, and a
revocation that moves by hours is a wrong answer.  Fractions of a second are dropped, as GeneralizedTime has
none here.
"""

from __future__ import annotations

import datetime
from typing import Union

from ._native import lib

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
SECOND = datetime.timedelta(seconds=1)
ABSENT: int = lib.VOUCH_TIME_ABSENT

Duration = Union[int, datetime.timedelta]
"""Seconds, or a timedelta."""


def to_seconds(time: datetime.datetime | None) -> int:
    """The library's time; VOUCH_TIME_ABSENT for None."""
    if time is None:
        return ABSENT
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone: use datetime.now(timezone.utc), or replace(tzinfo=...)")
    return (time - EPOCH) // SECOND


def from_seconds(seconds: int) -> datetime.datetime | None:
    """The aware datetime in UTC, or None for VOUCH_TIME_ABSENT."""
    if seconds == ABSENT:
        return None
    return present(seconds)


def present(seconds: int) -> datetime.datetime:
    """The aware datetime in UTC of a time that is never absent."""
    return EPOCH + datetime.timedelta(seconds=seconds)


def duration(length: Duration) -> int:
    """Whole seconds."""
    return length // SECOND if isinstance(length, datetime.timedelta) else int(length)
