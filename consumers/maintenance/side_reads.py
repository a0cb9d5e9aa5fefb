"""The check of the record of reads against the digests that the log has of its days."""

from collections.abc import Iterator

from ledger.domain.access import ReadsRecorded
from ledger.store.port import Store
from ledger.store.read_records import digest_of

MOST_NAMED = 20
"""So many days are named, the others counted."""


class Reads:
    """Follows the digests of a log, and compares the rows of their days with them.

    The days behind the last one that is recorded have no digest yet: they are not judged.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recorded: dict[str, ReadsRecorded] = {}

    def follow(self, event: ReadsRecorded) -> None:
        """A digest, in log order; the first one of a day counts."""
        self._recorded.setdefault(event.day, event)

    def faults(self) -> Iterator[str]:
        """The days whose rows are not those that were recorded. Raises Unavailable."""
        found = 0
        for sentence in self._found():
            found += 1
            if found <= MOST_NAMED:
                yield sentence
        if found > MOST_NAMED:
            yield f"{found - MOST_NAMED} more days of the record of reads are not as they were."

    def _found(self) -> Iterator[str]:
        for day, event in self._recorded.items():
            rows = self._store.reads.of_day(day)
            if digest_of(rows) != event.digest:
                yield (
                    f"The record of reads of {day} is not the one that was recorded: it has "
                    f"{len(rows)} rows, the log a digest of {event.rows}."
                )
        if not self._recorded:
            return
        last = max(self._recorded)
        for day in self._store.reads.days("", last):
            if day not in self._recorded:
                yield f"The record of reads has rows of {day}, and the log has no digest of them."
