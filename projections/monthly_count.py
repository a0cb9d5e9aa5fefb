"""The incidents of each system and month, and whether each counts. One row per incident.

The counts are a query over these rows. Source: runbook section 6, "Incident count > 3 per month".
"""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.domain.review import counting
from ledger.vocabulary import Status
from projections.engine.projection import Key, Projection, Row
from projections.values import amended_text, subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`month` is YYYY-MM in the zone of the policy that decided; `leaf` is of the detection.

    `counts` is the policy's rule for its severity, `counted` whether it counts in its status now.
    A near miss does not count; `averted` is whether it is one that is neither merged nor dismissed.
    """
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("month", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("counts", Boolean, nullable=False)
    yield Column("status", String, nullable=False)
    yield Column("counted", Boolean, nullable=False)
    yield Column("detected_at", String, nullable=False)
    yield Column("near_miss", Boolean, nullable=False)
    yield Column("averted", Boolean, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident, if the event can change how it counts."""
    return ((subject(recorded),),) if isinstance(recorded.event, counting.COUNTING_EVENTS) else ()


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The member after an event of its incident."""
    event = cast("e.IncidentEvent", recorded.event)
    member = counting.evolve(_member(row), event)
    if member is None:
        raise ValueError(f"{recorded.stream} has no detection before leaf {recorded.leaf}")
    near_miss = _near_miss(row, event)
    return {
        "incident": key[0],
        "leaf": recorded.leaf if row is None else row["leaf"],
        "month": member.month,
        "system": member.system,
        "counts": member.counts,
        "status": member.status.value,
        "counted": member.counted,
        "detected_at": _detected_at(row, event),
        "near_miss": near_miss,
        "averted": near_miss and member.status not in counting.LEFT_OUT,
    }


def _member(row: Row | None) -> counting.CountedIncident | None:
    if row is None:
        return None
    return counting.CountedIncident(
        system=row["system"],
        month=row["month"],
        counts=bool(row["counts"]),
        status=Status(row["status"]),
    )


def _near_miss(row: Row | None, event: e.IncidentEvent) -> bool:
    match event:
        case e.NearMissDeclared():
            return True
        case e.NearMissWithdrawn():
            return False
        case _:
            return row is not None and bool(row["near_miss"])


def _detected_at(row: Row | None, event: e.IncidentEvent) -> str:
    if row is None:
        return time_text(event.at)
    if isinstance(event, e.Amended) and event.field == "detected_at":
        return amended_text(event) or str(row["detected_at"])
    return str(row["detected_at"])


MONTHLY_COUNT = Projection(
    name="monthly_count",
    version=2,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("month", "system", "counted", "leaf"), ("month", "system", "averted", "leaf")),
)
