"""The words of every incident, for the full-text search of the register. One row per incident.

Title and description may lie beside the log: their words are read from the store, and blanked once
the text is erased.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded, id_of, kind_of
from ledger.domain.incident import events as e
from ledger.domain.subject import SubjectErased
from ledger.domain.text import OutsideText, Text, unmarked
from projections.engine.projection import Evolve, Key, OutsideColumn, Projection, Row
from projections.engine.text_index import TextIndex
from projections.values import amended_text, subject
from projections.words import words_of

SEARCHED = ("title", "description", "system", "external_id")
"""The fields whose words are searched, beside the reference."""
TITLE_ORDER_CHARACTERS = 200
"""Incidents are sorted by so much of their titles."""


def columns() -> Iterable[Column[Any]]:
    """`leaf` is the leaf index of the detection.

    `title_order` is the title, for the order of a list. `title_text` and `description_text` are the
    ids of the texts beside the log that the columns come from. The others hold words, not texts.
    """
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("reference", String, nullable=False)
    yield Column("title_order", String, nullable=False)
    yield Column("title_text", String)
    yield Column("description_text", String)
    for name in SEARCHED:
        yield Column(name, String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident, if the event changes a searched text; those of which texts were erased."""
    match recorded.event:
        case e.IncidentDetected():
            return ((subject(recorded),),)
        case e.Amended(field=field) if field in SEARCHED:
            return ((subject(recorded),),)
        case SubjectErased(streams=streams):
            return tuple((id_of(each),) for each in streams if kind_of(each) == "incident")
        case _:
            return ()


def with_texts(texts: Mapping[str, str]) -> Evolve:
    """What folds events whose texts beside the log are these; of others there are no words."""
    return partial(_evolve, texts)


def _evolve(texts: Mapping[str, str], row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The incident's words after an event."""
    if isinstance(recorded.event, e.IncidentDetected):
        event = recorded.event
        return {
            "incident": key[0],
            "leaf": recorded.leaf,
            "reference": words_of(f"INC-{recorded.leaf}"),
            **_title(event.title, texts),
            **_description(event.description, texts),
            "system": words_of(event.system),
            "external_id": words_of(event.external_id or ""),
        }
    if row is None:
        raise ValueError(f"{recorded.stream} has no detection before leaf {recorded.leaf}")
    amended = cast("e.Amended", recorded.event)
    match amended.field:
        case "title":
            return {**row, **_title(cast("Text", amended.to), texts)}
        case "description":
            return {**row, **_description(cast("Text", amended.to), texts)}
        case _:
            return {**row, amended.field: words_of(amended_text(amended) or "")}


def _title(title: Text, texts: Mapping[str, str]) -> dict[str, Any]:
    text, said = _read(title, texts)
    order = said[:TITLE_ORDER_CHARACTERS]
    return {"title": words_of(said), "title_order": order, "title_text": text}


def _description(description: Text, texts: Mapping[str, str]) -> dict[str, Any]:
    text, said = _read(description, texts)
    return {"description": words_of(said), "description_text": text}


def _read(text: Text | None, texts: Mapping[str, str]) -> tuple[str | None, str]:
    """The id of a text beside the log, and what it says: nothing, if it is erased or missing."""
    if isinstance(text, OutsideText):
        return text.text, unmarked(texts.get(text.text, ""))
    return None, unmarked(text or "")


INCIDENT_WORDS = Projection(
    name="incident_words",
    version=2,
    kinds=frozenset({"incident", "subject"}),
    columns=columns,
    keys=keys,
    evolve=with_texts({}),
    with_texts=with_texts,
    events=frozenset({e.IncidentDetected, e.Amended, SubjectErased}),
    indexes=(("incident", "title_order"),),  # covers the sorts by title: descriptions are long
    text_index=TextIndex(key="leaf", columns=("reference", *SEARCHED)),
    outside=(
        OutsideColumn("title", "title_text"),
        OutsideColumn("title_order", "title_text"),
        OutsideColumn("description", "description_text"),
    ),
)
