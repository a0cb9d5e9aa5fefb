"""The log as a naive reader takes it: terms from the policy's text, months from the calendar."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.domain.policy import PolicyAdopted

Log = Sequence[Recorded]
RANKS = ("critical", "high", "medium", "low")
SENDS_ONCE = frozenset({"pagerduty", "native", "cloudevents"})
"""The formats whose senders tell each change once; the others repeat what fires."""


@dataclass(frozen=True)
class AlertTerms:
    """What an adopted text says of alerts; `stale` has spans by kind, then by source."""

    stale_after: timedelta
    stale: tuple[dict[str, timedelta], dict[str, timedelta]]
    late_copy: timedelta
    quiet: timedelta
    backdate_limit: timedelta | None
    severities: dict[str, str]
    opening: frozenset[str]

    def stale_after_of(self, source: str, kind: str) -> timedelta | None:
        """After which silence an episode is stale; None where its silence says nothing."""
        by_kind, by_source = self.stale
        if kind in SENDS_ONCE:
            return None
        return by_source.get(source, by_kind.get(kind, self.stale_after))

    def severity_of(self, labels: dict[str, str]) -> str | None:
        """What the severity label stands for."""
        return self.severities.get(labels.get("severity", ""))

    def rule_of(self, labels: dict[str, str]) -> str:
        """The shipped rule that applies."""
        severity = labels.get("severity", "")
        if severity in self.opening:
            return "urgent"
        return "recorded-only" if severity else "no-severity"

    def opens(self, labels: dict[str, str]) -> bool:
        """Whether an alert with these labels opens an incident."""
        return self.rule_of(labels) != "recorded-only"

    def detected(self, started: datetime, arrived: datetime) -> datetime:
        """When an alert that began then and arrived then was detected."""
        if self.backdate_limit is None:
            return started
        return max(started, arrived - self.backdate_limit)


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
    alerts: AlertTerms
    review_due_after: timedelta | None
    final_due_after: timedelta | None
    needs_approval: bool

    def month(self, at: datetime) -> str:
        """The calendar month of an instant."""
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m")

    def counts(self, severity: str | None) -> bool:
        """Whether an incident of a severity counts."""
        return severity is None or severity in self.severities


def worse(one: str | None, other: str | None) -> bool:
    """Whether a severity is worse than another; any is worse than none."""
    if one is None:
        return False
    return other is None or RANKS.index(one) < RANKS.index(other)


def in_force(log: Log, leaf: int) -> InForce:
    """The policy as of a leaf: the newest adoption up to it."""
    adopted = [
        each.event for each in log if isinstance(each.event, PolicyAdopted) and each.leaf <= leaf
    ][-1]
    return _parsed(adopted.text, adopted.digest)


@cache
def _parsed(text: str, digest: str) -> InForce:
    said = tomllib.loads(text)
    count = said["triggers"]["incident_count"]
    return InForce(
        digest=digest,
        more_than=count["more_than"],
        zone=count["zone"],
        action=count["action"],
        severities=frozenset(count["count_severities"]),
        due_after=_span(said["rca"]["due_after"]),
        at_risk_lead=_span(said["rca"]["at_risk_lead"]),
        alerts=_alert_terms(said),
        final_due_after=_final(said["rca"]),
        needs_approval=said["rca"].get("final_needs_approval", False),
        review_due_after=None if (due := count.get("review_due_after")) is None else _span(due),
    )


def _final(rca: dict[str, Any]) -> timedelta | None:
    """How long after a preliminary RCA the final one is due; None where it meets nothing."""
    span = rca.get("final_due_after") if rca.get("preliminary_meets") else None
    if span is None:
        return None
    return timedelta(days=7) if span == "P7D" else _span(span)


def _alert_terms(said: dict[str, Any]) -> AlertTerms:
    alerts = said["alerts"]
    urgent = next(rule for rule in said["rules"] if rule["name"] == "urgent")
    opening = urgent["match"][0].removeprefix('severity=~"(?i)').removesuffix('"')
    limit = alerts.get("backdate_limit")
    by_kind, by_source = (
        {name: _span(text) for name, text in alerts[f"stale_after_by_{what}"].items()}
        for what in ("kind", "source")
    )
    return AlertTerms(
        stale_after=_span(alerts["stale_after"]),
        stale=(by_kind, by_source),
        late_copy=_span(alerts["late_copy"]),
        quiet=_span(alerts["quiet"]),
        backdate_limit=None if limit is None else _span(limit),
        severities=said["severities"],
        opening=frozenset(opening.split("|")),
    )


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"PT(\d+)([HS])", text)
    if found is None:
        raise ValueError(text)
    return timedelta(hours=int(found[1])) if found[2] == "H" else timedelta(seconds=int(found[1]))


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
