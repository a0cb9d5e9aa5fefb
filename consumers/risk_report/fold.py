"""One pass over the sealed log up to a leaf: the rows of read models by their `evolve`.

What stands at a time is what was recorded before it: the rows before the first event that was
recorded then or later. Blocking.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from consumers.read_service.governance import DOCUMENTS
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import Event, Recorded, kind_of
from ledger.domain.evidence import EVIDENCE as EVIDENCE_KIND
from ledger.domain.evidence import EvidenceFiled
from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.domain.release.events import ReleaseDecided, ReleaseDeployed
from ledger.store.port import Entry, Store
from projections.controls import CONTROLS
from projections.engine.projection import Key, Projection, Row
from projections.evidence import EVIDENCE
from projections.improvements import IMPROVEMENTS
from projections.monthly_count import MONTHLY_COUNT
from projections.register import REGISTER
from projections.releases import RELEASES
from projections.reviews import REVIEWS
from projections.risk_links import RISK_LINKS
from projections.risks import RISKS
from projections.standards import STANDARDS
from projections.systems import SYSTEMS

AT_A_TIME = 1_000
"""So many events are read at a time."""
PROJECTIONS = (
    REGISTER,
    MONTHLY_COUNT,
    REVIEWS,
    RELEASES,
    IMPROVEMENTS,
    EVIDENCE,
    RISKS,
    RISK_LINKS,
    STANDARDS,
    CONTROLS,
    SYSTEMS,
)
"""The read models whose rows the report is made of."""
KEPT: tuple[type[Event], ...] = (
    ReleaseDecided,
    ReleaseDeployed,
    ObjectiveBreached,
    ObjectiveRecovered,
)
"""The events that are kept themselves: a row has the last of them alone."""


class Rows:
    """The rows of each read model, by its name and their keys. Rows are never changed in place."""

    def __init__(self, tables: Mapping[str, dict[Key, Row]]) -> None:
        self._tables = tables

    def of(self, projection: Projection) -> list[Row]:
        """Those of a read model, in the order in which each began."""
        return list(self._tables[projection.name].values())

    def by_key(self, projection: Projection) -> Mapping[Key, Row]:
        """Those of a read model by their keys."""
        return self._tables[projection.name]

    def copied(self) -> "Rows":
        """The rows as they are now."""
        return Rows({name: dict(table) for name, table in self._tables.items()})


class LogFold:
    """What the log says up to a leaf: its rows, as they are then and as they were at two times."""

    def __init__(self, begins: datetime, ends: datetime) -> None:
        self._by_kind = _by_kind(PROJECTIONS)
        self._tables: dict[str, dict[Key, Row]] = {each.name: {} for each in PROJECTIONS}
        self._kinds = self._by_kind.keys() | {"objective"}
        self._begins, self._ends = begins, ends
        self._at_begin: Rows | None = None
        self._at_end: Rows | None = None
        self.rows = Rows(self._tables)
        self.kept: list[Recorded] = []
        self.documents: dict[str, list[Recorded]] = {}
        """The events of the documents of governance before the end of the month, by stream."""

    @property
    def at_begin(self) -> Rows:
        """The rows at the begin of the month."""
        return self.rows if self._at_begin is None else self._at_begin

    @property
    def at_end(self) -> Rows:
        """The rows at the end of the month, or at the leaf where that is earlier."""
        return self.rows if self._at_end is None else self._at_end

    def take(self, entry: Entry) -> None:
        """Folds an event; what no read model reads is not decoded."""
        kind = kind_of(entry.stream)
        if kind not in self._kinds:
            return
        recorded = READERS_CODEC.decode(entry.stored, entry.leaf)
        if self._at_begin is None and recorded.recorded_at >= self._begins:
            self._at_begin = self.rows.copied()
        if self._at_end is None and recorded.recorded_at >= self._ends:
            self._at_end = self.rows.copied()
        if isinstance(recorded.event, KEPT):
            self.kept.append(recorded)
        if kind == EVIDENCE_KIND.kind and self._at_end is None:
            self._keep_document(recorded)
        for projection in self._by_kind.get(kind, ()):
            if projection.events is not None and type(recorded.event) not in projection.events:
                continue
            table = self._tables[projection.name]
            for key in projection.keys(recorded):
                table[key] = projection.evolve(table.get(key), recorded, key)

    def _keep_document(self, recorded: Recorded) -> None:
        event = recorded.event
        own = isinstance(event, EvidenceFiled) and event.evidence_kind in DOCUMENTS
        if own or recorded.stream in self.documents:
            self.documents.setdefault(recorded.stream, []).append(recorded)


def fold_log(store: Store, leaf: int, begins: datetime, ends: datetime) -> LogFold:
    """Folds the sealed log up to a leaf."""
    folded = LogFold(begins, ends)
    for entry in _entries(store, leaf):
        folded.take(entry)
    return folded


class _Envelope(msgspec.Struct):
    """The part of an envelope that says when it was recorded."""

    recordedtime: datetime


_DECODER = msgspec.json.Decoder(_Envelope)


def recorded_at(store: Store, leaf: int) -> datetime:
    """When the event at a leaf was recorded, be its type known or not."""
    [entry] = store.read(leaf, 1)
    return _DECODER.decode(entry.stored).recordedtime


def _entries(store: Store, leaf: int) -> Iterator[Entry]:
    at = 0
    while at <= leaf and (entries := store.read(at, min(AT_A_TIME, leaf + 1 - at))):
        yield from entries
        at = entries[-1].leaf + 1


def _by_kind(projections: tuple[Projection, ...]) -> Mapping[str, tuple[Projection, ...]]:
    kinds = {kind for each in projections for kind in each.kinds}
    return {kind: tuple(each for each in projections if kind in each.kinds) for kind in kinds}
