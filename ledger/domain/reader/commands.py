"""Commands of readers, which are the ledger's own: none comes from outside."""

from datetime import datetime

import msgspec

from ledger.vocabulary import NoDataReason


class MarkUnreachable(msgspec.Struct, frozen=True, kw_only=True):
    """The server could not be asked."""

    reader: str
    reason: str


class MarkReached(msgspec.Struct, frozen=True, kw_only=True):
    """The server answered."""

    reader: str


class RecordReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a server was asked for from `since` to `until`, where that was more than values.

    Without a `reason` it gave values.
    """

    reader: str
    objective: str
    system: str
    since: datetime
    until: datetime
    reason: NoDataReason | None = None
    detail: str = ""
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


ReaderCommand = MarkUnreachable | MarkReached
