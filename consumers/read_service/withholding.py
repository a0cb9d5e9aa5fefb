"""Restricted incidents: what is left of a row for somebody who may not read its texts.

He sees that the incident is there: reference, system, status, severity, category, clock and count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from consumers.access.readers import WITHHELD, Reader
from consumers.container.ledger import Ledger
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import kind_of
from ledger.domain.incident.kind import INCIDENT
from projections.engine.projection import Row
from projections.queries.alerts import withheld_among

_RCA_TEXTS = ("summary", "root_cause", "comment", "reason")


def is_withheld(reader: Reader, row: Row) -> bool:
    """Whether the texts of a register row, or of one with its columns, are withheld."""
    return bool(row["restricted"]) and not reader.may_read(row["system"])


def readable_in(reader: Reader, rows: Iterable[Row]) -> list[Row]:
    """The rows as the reader may see them."""
    return [withheld_row(row) if is_withheld(reader, row) else row for row in rows]


def withheld_row(row: Row) -> Row:
    """A row of the register, or one with some of its columns, without its texts."""
    changed: dict[str, Any] = {}
    for name in ("title", "description", "system_action", "external_id"):
        if row.get(name):
            changed[name] = WITHHELD
    for name in ("preliminary", "approval", "ended"):
        if row.get(name):
            changed[name] = _without_texts(row[name])
    if "steps" in row:
        steps = row["steps"].items()
        changed["steps"] = {
            step: {**each, "note": WITHHELD} if each.get("note") else each for step, each in steps
        }
    return {**row, **changed}


def withheld_alerts(ledger: Ledger, rows: Sequence[Row]) -> list[Row]:
    """Rows of alerts: those of an incident that is withheld without title, key and context."""
    reader = ledger.reader
    linked = {row["incident"] for row in rows if row["incident"] is not None}
    if not linked or reader.systems is None:
        return list(rows)
    withheld = withheld_among(ledger.views, linked, reader.systems)
    return [_withheld_alert(row) if row["incident"] in withheld else row for row in rows]


def incidents_withheld(ledger: Ledger, incidents: Collection[str]) -> frozenset[str]:
    """Those of these incidents, by id, whose texts are withheld from whoever reads."""
    return withheld_among(ledger.views, incidents, ledger.reader.systems)


def streams_withheld(ledger: Ledger, streams: Iterable[str]) -> frozenset[str]:
    """Those of these streams whose texts are withheld, by their events: also the newest."""
    reader = ledger.reader
    incidents = [each for each in streams if kind_of(each) == INCIDENT.kind]
    if not incidents or reader.systems is None:
        return frozenset()
    found = set()
    for stream, entries in ledger.store.load(dict.fromkeys(incidents, 0)).items():
        state = INCIDENT.initial
        for entry in entries:
            state = INCIDENT.evolve(state, CODEC.decode(entry.stored, entry.leaf).event)
        if state.restricted and not reader.may_read(state.system):
            found.add(stream)
    return frozenset(found)


def _withheld_alert(row: Row) -> Row:
    return {**row, "title": WITHHELD, "dedup_key": WITHHELD, "context": {}}


def _without_texts(value: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: WITHHELD for name in _RCA_TEXTS if value.get(name)}
    return {**value, **texts, **({"actions": [WITHHELD]} if value.get("actions") else {})}
