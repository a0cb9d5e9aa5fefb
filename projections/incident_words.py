"""The words of every incident, for the full-text search of the register. One row per incident."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from projections.engine.projection import Key, Projection, Row
from projections.engine.text_index import TextIndex
from projections.values import amended_text, plain_text, subject
from projections.words import words_of

SEARCHED = ("title", "description", "system", "external_id")
"""The fields whose words are searched, beside the reference."""


def columns() -> Iterable[Column[Any]]:
    """`leaf` is the leaf index of the detection; the other columns hold words, not the texts."""
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("reference", String, nullable=False)
    for name in SEARCHED:
        yield Column(name, String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident, if the event changes a searched text."""
    match recorded.event:
        case e.IncidentDetected():
            return ((subject(recorded),),)
        case e.Amended(field=field) if field in SEARCHED:
            return ((subject(recorded),),)
        case _:
            return ()


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The incident's words after an event."""
    if isinstance(recorded.event, e.IncidentDetected):
        event = recorded.event
        return {
            "incident": key[0],
            "leaf": recorded.leaf,
            "reference": words_of(f"INC-{recorded.leaf}"),
            "title": words_of(plain_text(event.title) or ""),
            "description": words_of(plain_text(event.description) or ""),
            "system": words_of(event.system),
            "external_id": words_of(event.external_id or ""),
        }
    if row is None:
        raise ValueError(f"{recorded.stream} has no detection before leaf {recorded.leaf}")
    amended = cast("e.Amended", recorded.event)
    return {**row, amended.field: words_of(amended_text(amended) or "")}


INCIDENT_WORDS = Projection(
    name="incident_words",
    version=1,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset({e.IncidentDetected, e.Amended}),
    text_index=TextIndex(key="leaf", columns=("reference", *SEARCHED)),
)
