"""What happens to readers, and to what they were asked for; stored names are for ever."""

from datetime import datetime
from typing import ClassVar

from ledger.domain.envelope import Event
from ledger.vocabulary import NoDataReason


class ReaderUnreachable(Event, frozen=True, kw_only=True):
    """A server that measurements are read from could not be asked `at` then.

    What it had to say is not known from then on. `reason` quotes nothing that the server answered.
    """

    name: ClassVar[str] = "reader.unreachable.v1"

    reader: str
    reason: str


class ReaderReached(Event, frozen=True, kw_only=True):
    """The server answers again: it could not be asked from `unreachable_since` until `at`.

    Intervals that ended in that time are asked for afterwards.
    """

    name: ClassVar[str] = "reader.reached.v1"

    reader: str
    unreachable_since: datetime


class ReadingHadNoData(Event, frozen=True, kw_only=True):
    """A server had no value of an objective for a system, from `since` to `at`.

    That is never a value that meets the target. `detail` says what was wrong in the words of the
    ledger; `warnings` are those of the server. Of intervals that were not asked for, the event
    covers all.
    """

    name: ClassVar[str] = "reading.no_data.v1"

    reader: str
    objective: str
    system: str
    since: datetime
    reason: NoDataReason
    detail: str = ""
    warnings: tuple[str, ...] = ()


class ReadingWarned(Event, frozen=True, kw_only=True):
    """The server gave values from `since` to `at`, and warnings; or some that are no values.

    `left_out` says which series gave none, and why.
    """

    name: ClassVar[str] = "reading.warned.v1"

    reader: str
    objective: str
    system: str
    since: datetime
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


ReaderEvent = ReaderUnreachable | ReaderReached
ReadingEvent = ReadingHadNoData | ReadingWarned
