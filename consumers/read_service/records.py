"""Public views of what was written: the fields of a stream's events, and their corrections."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from consumers.access.people import PERSON
from consumers.read_service.wording import fields_in_words, in_words, label_of
from ledger.domain.catalogue import CODEC
from ledger.domain.incident import events as e
from ledger.domain.incident.amending import TIMES
from ledger.domain.incident.steps import step_of
from ledger.domain.incident.written import Form, fields_of, lines_of, place_of, what_of
from projections.engine.projection import Row
from projections.values import time_text

MOST_RECORDS = 1_000
"""The number of records that the view of one incident has, the newest; the timeline has all."""
_DETECTION = {"detected_at": "at"}
"""Fields of an incident whose name in its detection is another."""
_CORRECTED_LATER = (e.IncidentDetected.name, e.Classified.name)


class Correction(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A field was `from_`, and is `to` since; `leaf` is the amendment's index in the log."""

    from_: Any
    to: Any
    reason: str
    by: str
    at: str
    leaf: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it was written: `fields` by name, as they are now.

    `corrected` has each correction of a field, oldest first. `name` and a field are what `amend`
    corrects: "communicate.17" and "message"; it is None where nothing can be corrected. `version`
    counts the stream's events, `step` is the one that the event is about. Times are RFC 3339 in
    UTC, people are named.
    """

    leaf: int
    version: int
    type: str
    name: str | None
    step: str | None
    at: str
    recorded_at: str
    by: str
    fields: dict[str, Any]
    corrected: dict[str, list[Correction]]

    @property
    def title(self) -> str:
        """What happened, in words: "RCA completed"."""
        words = self.type.split(".")[1].replace("_", " ")
        return f"RCA{words[3:]}" if words.startswith("rca ") else words.capitalize()

    def shown(self, applied: Collection[int] = ()) -> list[tuple[str, Any, list[Correction]]]:
        """Each field to show in words, as (label, value, corrections); its time where corrected.

        Of an amendment among the `applied` ones (by leaf) the texts stand in what it corrects.
        """
        time = {"at": self.at} if "at" in self.corrected else {}
        elsewhere = {"from", "to"} if self.leaf in applied else set()
        return [
            (
                label_of(name),
                value,
                [_in_words(name, each) for each in self.corrected.get(name, ())],
            )
            for name, value in fields_in_words(time | self.fields)
            if name not in elsewhere
        ]


def applied_in(records: Iterable[Record]) -> frozenset[int]:
    """The leaves of the amendments that are shown in the records that they correct."""
    return frozenset(
        each.leaf for record in records for some in record.corrected.values() for each in some
    )


def named(value: Any, names: Mapping[str, str]) -> Any:
    """A value with the names of people in place of their ids."""
    if isinstance(value, str):
        return names.get(value, value) if PERSON.fullmatch(value) else value
    if isinstance(value, list):
        return [named(each, names) for each in value]
    return value


def named_fields(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an event with people named."""
    return {name: named(value, names) for name, value in fields.items()}


def records_of(rows: Iterable[Row], names: Mapping[str, str]) -> list[Record]:
    """The records of timeline rows in log order, with the corrections among them applied."""
    found: dict[int, Record] = {}
    owner: str | None = None
    for row in rows:
        record = _record(row, names)
        if row["type"] == e.OwnerAssigned.name:
            if owner is not None:
                record.fields["from"] = owner
            owner = record.fields.get("owner")
        if row["type"] == e.Amended.name:
            _correct(found, record)
        found[record.version] = record
    return list(found.values())


def _record(row: Row, names: Mapping[str, str]) -> Record:
    event = CODEC.event_type(row["type"])
    what = what_of(event) if event else None
    step = step_of(event, row["fields"].get("step")) if event else None
    return Record(
        leaf=row["leaf"],
        version=row["version"],
        type=row["type"],
        name=f"{what}.{row['version']}" if what else None,
        step=step,
        at=row["at"],
        recorded_at=row["recorded_at"],
        by=names.get(row["actor"], row["actor"]),
        fields=named_fields(row["fields"], names),
        corrected={},
    )


def _in_words(field: str, correction: Correction) -> Correction:
    old, new = (in_words(field, value) for value in (correction.from_, correction.to))
    return msgspec.structs.replace(correction, from_=old, to=new)


def _correct(found: dict[int, Record], amendment: Record) -> None:
    """Applies an amendment to the record that it corrects, if that is there."""
    told = amendment.fields
    place = place_of(told["field"])
    if place is not None:
        target, field = found.get(place.number or 0), place.field
    else:
        field = _DETECTION.get(told["field"], told["field"])
        target = _detection(list(found.values()), field)
    if target is None:
        return
    old = target.at if field == "at" else target.fields.get(field)
    new = _value(target.type, field, told.get("to"))
    correction = Correction(
        from_=old,
        to=new,
        reason=told.get("reason", ""),
        by=amendment.by,
        at=amendment.at,
        leaf=amendment.leaf,
    )
    fields = target.fields if field == "at" else target.fields | {field: new}
    found[target.version] = msgspec.structs.replace(
        target,
        at=new if field == "at" and isinstance(new, str) else target.at,
        fields=fields,
        corrected=target.corrected | {field: [*target.corrected.get(field, []), correction]},
    )


def _detection(records: Sequence[Record], field: str) -> Record | None:
    """The record that has a field of the incident: its newest classification, or its detection."""
    able = [each for each in records if each.type in _CORRECTED_LATER]
    having = [each for each in able if field in each.fields]
    return having[-1] if having else able[0] if able else None


def _value(event_type: str, field: str, text: Any) -> Any:
    """The new value as a record has it: a list where the field is one, a time in UTC."""
    if text and field in {"at", *TIMES}:
        return time_text(msgspec.convert(text, datetime))
    event = CODEC.event_type(event_type)
    form = fields_of(event).get(field) if event else None
    if form is not Form.LIST:
        return text
    return text if isinstance(text, list) else list(lines_of(text or ""))
