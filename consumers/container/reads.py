"""The record of what was read: restricted incidents, exports and log-ins, and its daily digest."""

from collections.abc import Callable
from datetime import datetime

import structlog

from consumers.access.people import AIRLEDGER
from consumers.services import Services
from ledger.domain.access import ACCESS
from ledger.errors import LedgerError
from ledger.execute import RecordReads
from ledger.execute.reads import READS, days_before
from ledger.store.decoding import events_in
from ledger.store.port import Store
from ledger.store.read_records import ReadKind, ReadNoted

log = structlog.get_logger(__name__)


class ReadRecord:
    """What was read of a store, and by whom. Blocking."""

    def __init__(
        self, store: Store, services: Callable[[], Services], clock: Callable[[], datetime]
    ) -> None:
        """`services` are asked for once a day has to be recorded; `clock` gives the time (UTC)."""
        self._store = store
        self._services = services
        self._clock = clock
        self._before = ""

    def note(self, reader: str, kind: ReadKind, subject: str) -> None:
        """Notes a read, before anything is shown. Raises Unavailable: then nothing may be."""
        self._store.append([], [self.noted(reader, kind, subject)])
        self.record_days()

    def noted(self, reader: str, kind: ReadKind, subject: str) -> ReadNoted:
        """A read as of now, for an append that it is part of."""
        return ReadNoted(reader=reader, kind=kind, subject=subject, at=self._clock())

    def record_days(self) -> None:
        """Records the digest of each day that is over, once.

        A failure is tried again at the next read: the rows are stored, and the days wait.
        """
        before = days_before(self._clock())
        if before == self._before:
            return
        try:
            if self._store.reads.days(self._until(), before):
                services = self._services()
                services.executor.execute(RecordReads(), services.context(AIRLEDGER))
        except LedgerError as error:
            log.warning("reads_not_recorded", reason=str(error))
            return
        self._before = before

    def _until(self) -> str:
        """The last day that is recorded; empty where none is."""
        entries = self._store.load({READS: 0})[READS]
        state = ACCESS.folded(events_in(entries))
        until: str = state.reads_until
        return until
