"""What the commands of an incident write, by the names under which it can be corrected.

A name is `<what>.<field>` ("rca.summary") for the newest event of that kind, and
`<what>.<number>.<field>` ("communicate.17.message") for one of several: the number is the event's
version in the stream, as the timeline shows it. A recorded correction always has the number.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import inspect
from msgspec.structs import replace
from rpds import HashTrieMap

from ledger.domain.command import NAMES, VOCABULARY, Command
from ledger.domain.envelope import Event
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.text import Text, free_texts
from ledger.vocabulary import Severity

Value = Text | datetime | tuple[Text, ...] | None


class Form(StrEnum):
    """How the value of a field is written in a correction: lists have one text a line."""

    TEXT = "text"
    TIME = "time"
    LIST = "list"


class Written(NamedTuple):
    """The event that a command writes; `what` begins the names of its fields.

    `kept` are the fields that no correction changes, because another one does or because they say
    which thing is meant.
    """

    what: str
    command: type[Command]
    event: type[Event]
    kept: frozenset[str] = frozenset()


WRITTEN: tuple[Written, ...] = (
    Written("contain", c.Contain, e.Contained),
    Written("communicate", c.Communicate, e.Communicated),
    Written("classify", c.Classify, e.Classified),
    Written("ticket", c.OpenTicket, e.TicketOpened),
    Written("notify", c.NotifyRiskManager, e.RiskManagerNotified),
    Written("rollback", c.RequestRollback, e.RollbackRequested),
    Written("rollback", c.ExecuteRollback, e.RollbackExecuted),
    Written("rollback", c.FailRollback, e.RollbackFailed),
    Written("rca", c.CompleteRca, e.RcaCompleted),
    Written("preliminary", c.RecordPreliminaryRca, e.RcaPreliminary, frozenset({"at"})),
    Written("approve", c.ApproveRca, e.RcaApproved),
    Written("withdraw", c.WithdrawRcaMark, e.RcaMarkWithdrawn, frozenset({"due"})),
    Written("playbook", c.UpdatePlaybook, e.PlaybookUpdated),
    Written("waive", c.WaiveStep, e.StepWaived),
    Written("step", c.DoStep, e.StepDone),
    Written("amend", c.Amend, e.Amended, frozenset({"field", "to"})),
    Written("merge", c.Merge, e.Merged),
    Written("resolve", c.Resolve, e.ImpactResolved, frozenset({"at"})),  # see impact_ended_at
    Written("dismiss", c.Dismiss, e.Dismissed),
    Written("close", c.Close, e.Closed),
    Written("reopen", c.Reopen, e.Reopened),
    Written("near_miss", c.DeclareNearMiss, e.NearMissDeclared),
    Written("near_miss", c.WithdrawNearMiss, e.NearMissWithdrawn),
    Written("restrict", c.Restrict, e.IncidentRestricted),
    Written("restrict", c.Unrestrict, e.RestrictionLifted),
    Written("note", c.Note, e.Noted),
)
"""The end that a person stated (`resolve`) is corrected as the incident's `impact_ended_at`. A due
time may follow from when a preliminary RCA was made: another one is recorded instead.
"""

_BY_EVENT: Mapping[type[Event], Written] = {each.event: each for each in WRITTEN}
_NAME = re.compile(r"(?P<what>[a-z_]+)\.(?:(?P<number>[1-9][0-9]{0,9})\.)?(?P<field>[a-z_]+)")


class WrittenEvents(msgspec.Struct, frozen=True, kw_only=True):
    """What commands wrote, for corrections: `version` counts all events of the stream.

    `events` holds by version those that can be corrected, as they are corrected; `step_by` has the
    version of the event that moved a step last.
    """

    version: int = 0
    events: "HashTrieMap[int, Event]" = HashTrieMap()
    step_by: Mapping[str, int] = {}


class Place(NamedTuple):
    """What a correction's name names; without a number, the newest."""

    what: str
    number: int | None
    field: str


def place_of(name: str) -> Place | None:
    """The parts of a name; None for one of another form, such as "title"."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    number = match["number"]
    return Place(match["what"], None if number is None else int(number), match["field"])


def what_of(event: type[Event]) -> str | None:
    """The `what` of an event that can be corrected; None for any other."""
    return _CORRECTABLE.get(event)


@cache
def fields_of(event: type[Event]) -> Mapping[str, Form]:
    """The fields of an event that can be corrected; none for an event that no command writes."""
    written = _BY_EVENT.get(event)
    if written is None:
        return {}
    info = inspect.type_info(written.command)
    fields = info.fields if isinstance(info, inspect.StructType) else ()
    forms = {each.encode_name: _form(each.type) for each in fields}
    return {
        name: form
        for name, form in forms.items()
        if form is not None
        and name in event.__struct_fields__
        and name not in written.kept
        and (form is not Form.TIME or name == "at")
    }


def type_of(event: type[Event], field: str) -> Any:
    """The type that the command has for a field, with its limits."""
    return get_type_hints(_BY_EVENT[event].command, include_extras=True)[field]


def names() -> tuple[str, ...]:
    """Every name without a number."""
    found = (f"{each.what}.{field}" for each in WRITTEN for field in fields_of(each.event))
    return tuple(dict.fromkeys(found))


def value_of(event: Event, field: str) -> Value:
    """What an event holds in a field; None for an optional one that was left out."""
    value: Value | msgspec.UnsetType = getattr(event, field)
    return None if isinstance(value, msgspec.UnsetType) else value


def text_of(value: Value) -> Text | None:
    """A value as a correction records it."""
    if isinstance(value, datetime):
        return msgspec.to_builtins(value)  # type: ignore[no-any-return]
    if isinstance(value, tuple):
        return "\n".join(each if isinstance(each, str) else ERASED_LINE for each in value)
    return value


def read_back(event: type[Event], field: str, text: e.Correction) -> Value:
    """The value that a recorded correction gives a field; the reverse of `text_of`.

    A list whose texts lie beside the log is recorded as one.
    """
    if not isinstance(text, str):
        return text
    match fields_of(event)[field]:
        case Form.TIME:
            return msgspec.convert(text, datetime)
        case Form.LIST:
            return lines_of(text)
        case Form.TEXT:
            return text


def lines_of(text: str) -> tuple[str, ...]:
    """The texts of a list, one a line; blank lines are left out."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def corrected(event: Event, field: str, text: e.Correction) -> Event:
    """The event as a recorded correction makes it."""
    value = read_back(type(event), field, text)
    if value is None and type(event) is e.Closed:
        return replace(event, **{field: msgspec.UNSET})
    return replace(event, **{field: value})


def with_event(written: WrittenEvents, event: Event, step: str | None) -> WrittenEvents:
    """What was written after an event, which moved `step` if it moved one."""
    version, events, step_by = written.version + 1, written.events, written.step_by
    if step is not None:
        step_by = {**step_by, step: version}
    if type(event) in _CORRECTABLE:
        events = events.insert(version, event)
    return WrittenEvents(version=version, events=events, step_by=step_by)


def _form(of: inspect.Type) -> Form | None:
    """The form of a command's field; None for a vocabulary, and for what names something."""
    match of:
        case inspect.Metadata():
            return None if {NAMES, VOCABULARY} & set(of.extra or {}) else _form(of.type)
        case inspect.UnionType():
            forms = [_form(each) for each in of.types if not isinstance(each, inspect.NoneType)]
            return Form.LIST if Form.LIST in forms else forms[0]
        case inspect.ListType():
            return Form.LIST
        case inspect.StrType():
            return Form.TEXT
        case inspect.DateTimeType():
            return Form.TIME
        case _:
            return None


_CORRECTABLE: Mapping[type[Event], str] = {
    each.event: each.what for each in WRITTEN if fields_of(each.event)
}


def texts_of(event: Event) -> tuple[Event, tuple[str, ...]]:
    """The fields of an event that hold what somebody wrote, and the event ready for that.

    A correction holds a text where what it corrects does: a list then has its texts apart.
    """
    names = free_texts(type(event))
    if not isinstance(event, e.Amended) or event.field in FREE:
        return event, names
    place = place_of(event.field)
    written = {} if place is None else _forms(place.what)
    form = None if place is None else written.get(place.field)
    if form is Form.TEXT:
        return event, names
    if form is Form.LIST:
        apart = replace(event, from_=_apart(event.from_), to=_apart(event.to))
        return apart, names
    return event, tuple(name for name in names if name not in {"from_", "to"})


FREE = frozenset({"title", "description", "system_action"})
"""The fields of an incident itself that hold what somebody wrote."""
ERASED_LINE = "[erased]"
"""A line of a list, in a correction, whose text is erased."""


@cache
def _forms(what: str) -> Mapping[str, Form]:
    """The fields, of all that one word names, that hold free text in the event."""
    return {
        name: form
        for each in WRITTEN
        if each.what == what
        for name, form in fields_of(each.event).items()
        if name in free_texts(each.event)
    }


def _apart(text: e.Correction) -> e.Correction:
    return lines_of(text) if isinstance(text, str) else text


def amended_value(
    event: e.Amended,
) -> Text | tuple[Text, ...] | Severity | datetime | None:
    """The new value of an amended field of the incident, in its own type; a step's time is one."""
    if event.moves and event.field.endswith(".at"):
        return msgspec.convert(event.to, datetime)
    if event.to is None or not isinstance(event.to, str):
        return event.to
    match event.field:
        case "severity":
            return Severity(event.to)
        case "detected_at" | "impact_ended_at":
            return msgspec.convert(event.to, datetime)
        case _:
            return event.to
