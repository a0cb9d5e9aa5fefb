"""A ledger with its shipped projections, caught up when asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.domain.catalogue import CODEC
from ledger.domain.incident.commands import IncidentCommand
from ledger.execute import Outcome
from ledger.store.sqlite import SQLiteStore
from projections.catalogue import PROJECTIONS
from projections.engine import Projection, Projector, SQLiteViews, ViewsDatabase
from projections.engine.projection import Key, Row
from tests.contract.samples import seal_all
from tests.harness.commands import command_incident, merge_incidents
from tests.harness.texts import INLINE
from tests.unit.execute.desk import Desk
from tests.unit.projections.toy import rows


class World(Desk):
    """A desk, and the views of what happened at it."""

    def __init__(self, directory: Path, views: ViewsDatabase | None = None) -> None:
        super().__init__(SQLiteStore(directory / "ledger.db"))
        self.views = SQLiteViews(directory / "views.db") if views is None else views
        self.projector = Projector(self.store, self.views, CODEC, PROJECTIONS)
        self.adopt(first=INLINE)  # rows then have the texts themselves

    def do(self, incident: UUID, command: IncidentCommand, **given: Any) -> Outcome:
        request = command_incident(incident=incident, command=command)
        return self.executor.execute(request, self.context(**given))

    def merge(self, incident: UUID, into: UUID) -> Outcome:
        request = merge_incidents(incident=incident, into=into, reason="The same.")
        return self.executor.execute(request, self.context())

    def catch_up(self) -> None:
        seal_all(self.store)
        self.projector.catch_up()

    def rows(self, projection: Projection) -> dict[Key, Row]:
        self.catch_up()
        return rows(self.views, projection)

    def close(self) -> None:
        super().close()
        self.views.close()


@contextmanager
def world(directory: Path, views: ViewsDatabase | None = None) -> Iterator[World]:
    opened = World(directory, views)
    try:
        yield opened
    finally:
        opened.close()
