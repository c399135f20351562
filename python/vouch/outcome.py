# SPDX-License-Identifier: Apache-2.0
"""How a request was answered: for logs, caches and figures."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from ._native import ffi
from .errors import text
from .policy import Hash, ResponseStatus, ServedFrom
from .status import CertStatus
from .times import from_seconds


@dataclasses.dataclass(frozen=True)
class Outcome:
    """vouch_outcome of vouch.h.  Times are aware datetimes in UTC; None is absent.

    `cacheable` answers (one CertID, no nonce) may be kept by HTTP caches until `cache_until`.  `cause` says
    why it is an error, `error` is the VOUCH_E* behind it, `detail` the text behind that.
    """

    response_status: ResponseStatus
    served_from: ServedFrom
    cacheable: bool
    nonce: bool
    sha256: bytes | None
    certids: int
    statuses: dict[CertStatus, int]
    hashes: dict[Hash, int]
    produced_at: datetime.datetime | None
    this_update: datetime.datetime | None
    next_update: datetime.datetime | None
    renew_at: datetime.datetime | None
    cache_until: datetime.datetime | None
    cause: str | None
    error: int
    detail: str

    @classmethod
    def read(cls, c: Any) -> Outcome:
        """Out of a vouch_outcome."""
        return cls(ResponseStatus(c.response_status), ServedFrom(c.served_from), bool(c.cacheable),
                   bool(c.nonce),
                   bytes(c.sha256) if c.has_sha256 else None, c.certids,
                   {status: c.statuses[status] for status in CertStatus if c.statuses[status]},
                   {hash: c.hashes[hash] for hash in Hash if c.hashes[hash]},
                   from_seconds(c.produced_at), from_seconds(c.this_update), from_seconds(c.next_update),
                   from_seconds(c.renew_at), from_seconds(c.cache_until),
                   None if c.cause == ffi.NULL else text(c.cause), c.error, text(c.detail))
