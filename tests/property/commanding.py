"""Strategies for commands: any value their types allow, most of them near what could be true."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import strategies as st

from ledger.domain.command import Command
from ledger.domain.incident import commands as c
from ledger.domain.incident.amending import FIELDS
from ledger.domain.incident.written import names
from ledger.vocabulary import Severity
from tests.property.values import TEXTS, ZONES, of_type, struct
from tests.unit.domain.story import DETECTED_AT

SPAN = timedelta(days=3)
NEAR = st.datetimes(
    (DETECTED_AT - SPAN).replace(tzinfo=None),
    (DETECTED_AT + SPAN).replace(tzinfo=None),
    timezones=st.just(UTC),
)
"""Times about the incident's."""
EDGES = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])


def _elsewhere(times: st.SearchStrategy[datetime]) -> st.SearchStrategy[datetime]:
    return st.builds(lambda at, zone: at.replace(tzinfo=zone), times, ZONES)


WHEN = NEAR | _elsewhere(NEAR) | of_type(datetime) | _elsewhere(EDGES)
AT = st.none() | WHEN
TO = (
    st.none()
    | TEXTS
    | st.sampled_from([*Severity, "", "x" * 201, "0001-01-01T00:00:00+14:00", "2026-03-10T08:00"])
    | WHEN.map(datetime.isoformat)
)
DUES = NEAR.map(lambda at: at.replace(minute=0, second=0, microsecond=0))


def _of_command(kind: type[Command]) -> st.SearchStrategy[c.IncidentCommand]:
    fields = set(kind.__struct_fields__)
    given: dict[str, st.SearchStrategy[object]] = {}
    if "at" in fields:
        given["at"] = AT
    if kind is c.Amend:
        given |= {
            "field": st.sampled_from([*FIELDS, *names(), "contain.2.action", "status"]),
            "to": TO,
        }
    if "due" in fields:
        given["due"] = DUES
    return struct(kind, **given)


COMMANDS: st.SearchStrategy[c.IncidentCommand] = st.sampled_from(
    [kind for kind in get_args(c.IncidentCommand) if kind is not c.Report]
).flatmap(_of_command)
"""Those for an incident that is there; `REPORTS` open one."""
REPORTS: st.SearchStrategy[c.Report] = struct(c.Report, detected_at=AT, impact_ended_at=AT)
