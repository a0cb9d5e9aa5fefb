"""The log as a naive reader takes it: terms from the policy's text, months from the calendar."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.domain.policy import PolicyAdopted

Log = Sequence[Recorded]


@dataclass(frozen=True)
class InForce:
    """What an adopted text says."""

    digest: str
    more_than: int
    zone: str
    action: str
    severities: frozenset[str]
    due_after: timedelta
    at_risk_lead: timedelta
    stale_after: timedelta

    def month(self, at: datetime) -> str:
        """The calendar month of an instant."""
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m")

    def counts(self, severity: str | None) -> bool:
        """Whether an incident of a severity counts."""
        return severity is None or severity in self.severities


def in_force(log: Log, leaf: int) -> InForce:
    """The policy as of a leaf: the newest adoption up to it."""
    adopted = [
        each.event for each in log if isinstance(each.event, PolicyAdopted) and each.leaf <= leaf
    ][-1]
    said = tomllib.loads(adopted.text)
    count = said["triggers"]["incident_count"]
    return InForce(
        digest=adopted.digest,
        more_than=count["more_than"],
        zone=count["zone"],
        action=count["action"],
        severities=frozenset(count["count_severities"]),
        due_after=_hours(said["rca"]["due_after"]),
        at_risk_lead=_hours(said["rca"]["at_risk_lead"]),
        stale_after=_hours(said["alerts"]["stale_after"]),
    )


def _hours(text: str) -> timedelta:
    found = re.fullmatch(r"PT(\d+)H", text)
    if found is None:
        raise ValueError(text)
    return timedelta(hours=int(found[1]))


def written(at: datetime | None) -> str | None:
    """A time as rows write it."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def name_of(recorded: Recorded) -> str:
    """The id of an event's stream."""
    return recorded.stream.split("/")[1]


def of_kind(log: Log, kind: str) -> list[Recorded]:
    """The events of the streams of a kind."""
    return [each for each in log if each.stream.startswith(f"{kind}/")]


def amended_time(event: e.Amended) -> datetime:
    """The time that an amendment of a time gives."""
    return datetime.fromisoformat(str(event.to))


def standing_for(log: Log, incident: str) -> str:
    """The incident that one is today, its merges followed."""
    for each in log:
        if isinstance(each.event, e.Merged) and name_of(each) == incident:
            return standing_for(log, str(each.event.into))
    return incident
