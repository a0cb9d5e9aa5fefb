"""Texts of persons beside the log, and their erasure, as tests of read models need them."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.incident import commands as c
from ledger.domain.subject import SubjectErased
from ledger.store.mapper import EnvelopeMapper
from ledger.store.text_records import TextsErased
from ledger.vocabulary import ErasureReason
from projections import queries
from projections.engine.projection import Row
from projections.incident_words import INCIDENT_WORDS
from projections.queries.incidents import IncidentFilters
from projections.words import query_words
from tests.harness.commands import report_incident
from tests.harness.texts import BESIDE
from tests.unit.projections.places import File, Place
from tests.unit.projections.toy import rows
from tests.unit.projections.world import World

PRIVATE = f"{BESIDE}# Again\n"


def report(ledger: World, number: int, title: str, description: str = "") -> None:
    made = c.Report(title=title, system="search", description=description)
    request = report_incident(incident=UUID(int=number), report=made)
    ledger.executor.execute(request, ledger.context())


def amend(ledger: World, number: int, field: str, to: str) -> None:
    ledger.do(UUID(int=number), c.Amend(field=field, to=to, reason="Wrong before."))


def words(ledger: World) -> dict[int, Row]:
    return {UUID(of).int: row for (of,), row in rows(ledger.views, INCIDENT_WORDS).items()}


def found(ledger: World, query: str) -> list[int]:
    page = queries.incidents.register(ledger.views, IncidentFilters(q=query_words(query)))
    return sorted(UUID(row["incident"]).int for row in page.rows)


def erase(ledger: World, *texts: str, stream: str | None = None) -> None:
    """What an erasure appends: the event, and what it does to the texts, at once."""
    streams = dict.fromkeys(row.stream for row in ledger.store.texts.rows(texts).values())
    event = SubjectErased(
        at=ledger.now, texts=texts, streams=tuple(streams), reason=ErasureReason.REQUEST
    )
    recorded = Recorded(
        event=event,
        stream=stream or f"subject/{uuid4()}",
        version=1,
        leaf=-1,
        id=str(uuid4()),
        recorded_at=ledger.now,
        actor="airledger",
        source="airledger",
        correlation="c",
    )
    new = EnvelopeMapper(CODEC).to_new_event(recorded)
    ledger.store.append([new], [TextsErased(ids=texts)])


def titles_of(ledger: World, *numbers: int) -> list[str]:
    """The ids of the texts that are these incidents' titles."""
    known = words(ledger)
    return [known[number]["title_text"] for number in numbers]


def file_of(place: Place) -> Path:
    if not isinstance(place, File):
        pytest.skip("PostgreSQL's dead rows go when a table is vacuumed")
    return place.path


def remain(path: Path, names: Sequence[str]) -> list[str]:
    """Which of these words the files of the read models still have anywhere."""
    files = [path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal"))]
    raw = b"".join(each.read_bytes() for each in files if each.exists())
    return [name for name in names if name.encode() in raw]
