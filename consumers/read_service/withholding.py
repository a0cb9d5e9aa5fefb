"""Restricted incidents: what is left of a row for somebody who may not read its texts.

He sees that the incident is there: reference, system, status, severity, category, clock and count.
Of another stream whose words are about one, as an improvement's are, he sees all but the words.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from consumers.access.readers import WITHHELD, Reader
from consumers.commands.told_incidents import incident_behind, incident_named
from consumers.container.ledger import Ledger
from ledger.domain.envelope import Recorded, id_of, kind_of
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.domain.text import without_texts
from ledger.store.decoding import events_in
from ledger.store.read_records import ReadKind
from projections.engine import position
from projections.engine.listing import ListView
from projections.engine.projection import Row
from projections.queries.alerts import AlertFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.ordering import TITLE
from projections.queries.rca import RcaFilters
from projections.queries.restricted import withheld_among
from projections.register import REGISTER

Filters = TypeVar("Filters", IncidentFilters, RcaFilters, AlertFilters)

ALERTS = "alerts"
"""The name of the list of alerts in the record of reads."""
MOST_BEHIND = 100
"""Of so many events that the register has not read yet all incidents are looked at themselves."""
_RCA_TEXTS = ("summary", "root_cause", "comment", "reason")


def is_withheld(reader: Reader, row: Row) -> bool:
    """Whether the texts of a register row, or of one with its columns, are withheld."""
    return bool(row["restricted"]) and not reader.may_read(row["system"])


def as_readable(
    reader: Reader, filters: Filters, sort: str | None, *, searches: bool = False
) -> Filters:
    """The filters, with what the reader may not sort by left out; nor search, if it `searches`."""
    needed = searches or (sort or "").lstrip("-") == TITLE
    return filters._replace(readable=reader.systems) if needed else filters


def readable_in(reader: Reader, rows: Iterable[Row], of: str) -> list[Row]:
    """Rows of the list `of` as the reader may see them.

    Where one of them is restricted and he sees its texts, that is noted first. Raises Unavailable.
    """
    shown, reads = [], False
    for row in rows:
        withheld = is_withheld(reader, row)
        reads = reads or (bool(row["restricted"]) and not withheld)
        shown.append(withheld_row(row) if withheld else row)
    if reads:
        reader.note(ReadKind.LIST, of)
    return shown


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


def withheld_alerts(ledger: Ledger, rows: Sequence[Row], *, shown: str | None = None) -> list[Row]:
    """Rows of alerts: those of an incident that is withheld without title, key and context.

    Where he sees those of a restricted one, that is noted first, but for the incident that is
    `shown` with them. Raises Unavailable.
    """
    linked = {row["incident"] for row in rows} - {shown, None}
    withheld = note_list(ledger, linked, ALERTS)
    return [_withheld_alert(row) if row["incident"] in withheld else row for row in rows]


def incidents_withheld(ledger: Ledger, incidents: Collection[str]) -> frozenset[str]:
    """Those of these incidents, by id, whose texts are withheld from whoever reads."""
    return withheld_among(ledger.views, incidents, ledger.reader.systems)


def note_list(ledger: Ledger, incidents: Collection[str], of: str) -> frozenset[str]:
    """Those of these incidents, by id, that are withheld from whoever reads.

    Where texts of a restricted one are shown to him in the list `of`, that is noted first. Raises
    Unavailable.
    """
    restricted = withheld_among(ledger.views, incidents, frozenset()) if incidents else frozenset()
    withheld = incidents_withheld(ledger, restricted) if restricted else restricted
    if restricted - withheld:
        ledger.reader.note(ReadKind.LIST, of)
    return withheld


def note_restricted(ledger: Ledger, kind: ReadKind, incident: str) -> None:
    """Notes that an incident is read, by its id, if it is restricted. Raises Unavailable."""
    if withheld_among(ledger.views, [incident], frozenset()):
        ledger.reader.note(kind, incident)


def restricted_streams(ledger: Ledger, streams: Iterable[str]) -> dict[str, bool]:
    """Those of these streams that are restricted, by their events: also the newest.

    Each with whether its texts are withheld from whoever reads.
    """
    incidents = [each for each in streams if kind_of(each) == INCIDENT.kind]
    if not incidents:
        return {}
    found = {}
    for stream, entries in ledger.store.load(dict.fromkeys(incidents, 0)).items():
        state = INCIDENT.folded(events_in(entries))
        if state.restricted:
            found[stream] = not ledger.reader.may_read(state.system)
    return found


def readable_about(ledger: Ledger, view: ListView, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of a generic list as the reader may see them, by the incidents that they are about.

    Where he sees the words of a restricted one, that is noted first. Raises Unavailable.
    """
    if not view.about:
        return rows
    streams = {
        name: stream
        for name in {row[view.about] for row in rows}
        if (stream := incident_named(ledger.store, name)) is not None
    }
    withheld = note_list(ledger, {id_of(each) for each in streams.values()}, view.path)
    newer = _withheld_since(ledger, streams.values())
    names = {name for name, of in streams.items() if id_of(of) in withheld or of in newer}
    return [_without(row, view.words) if row[view.about] in names else row for row in rows]


def _withheld_since(ledger: Ledger, streams: Collection[str]) -> frozenset[str]:
    """Those that are withheld by what is in the log and not in the register yet."""
    if not streams:
        return frozenset()
    behind = ledger.store.read(position(ledger.views, [REGISTER]), MOST_BEHIND, sealed=False)
    far = len(behind) == MOST_BEHIND
    changed = set(streams) if far else {each.stream for each in behind} & set(streams)
    return frozenset(of for of, hidden in restricted_streams(ledger, changed).items() if hidden)


def readable_events(
    ledger: Ledger, kind: StreamType, recorded: Sequence[Recorded]
) -> Sequence[Recorded]:
    """A stream's events as the reader may see them, by the incident that they are about.

    Where he sees the words of a restricted one, that is noted first. Raises Unavailable.
    """
    if kind.tells_of is None:
        return recorded
    state = kind.folded(each.event for each in recorded)
    stream = incident_behind(ledger.store, kind, state)
    restricted = {} if stream is None else restricted_streams(ledger, [stream])
    for each, is_hidden in restricted.items():
        if is_hidden:
            return [
                replace(found, event=without_texts(found.event, WITHHELD)) for found in recorded
            ]
        ledger.reader.note(ReadKind.TIMELINE, id_of(each))
    return recorded


def _without(row: Row, columns: Iterable[str]) -> Row:
    return {**row, **{name: WITHHELD for name in columns if row.get(name)}}


def _withheld_alert(row: Row) -> Row:
    return {**row, "title": WITHHELD, "dedup_key": WITHHELD, "context": {}}


def _without_texts(value: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: WITHHELD for name in _RCA_TEXTS if value.get(name)}
    return {**value, **texts, **({"actions": [WITHHELD]} if value.get("actions") else {})}
