"""Public views of incidents: what an incident is to whoever reads it."""

import msgspec

from consumers.read_service.context import AlertContext
from consumers.read_service.marks import WithdrawnMark
from consumers.read_service.rca_words import PreliminaryRca
from consumers.read_service.records import Record
from ledger.vocabulary import Impact, RcaState


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a step, since when, and by whom.

    `note` is what was noted when a step was done that the policy adds to the runbook's.
    """

    state: str
    at: str | None
    by: str | None
    label: str = ""
    note: str | None = None


class RcaView(msgspec.Struct, frozen=True, kw_only=True):
    """The RCA clock: `state` is current, `verdict_at_due` what was on record at the due time.

    `due_at` is in force: `final_due_at` once a preliminary RCA met the deadline, which
    `preliminary_due_at` then gives, at `preliminary_met_at`. `approval_awaited`: it is complete,
    and somebody other than `author` has to approve it. `preliminary` is the newest one.
    """

    state: RcaState
    due_at: str
    completed_at: str | None
    verdict_at_due: str | None
    withdrawn: list[WithdrawnMark] = []
    preliminary_at: str | None = None
    preliminary_due_at: str | None = None
    preliminary_met_at: str | None = None
    final_due_at: str | None = None
    approval_awaited: bool = False
    author: str | None = None
    approved_at: str | None = None
    approved_by: str | None = None
    approval_comment: str | None = None
    preliminary: PreliminaryRca | None = None


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident; times are RFC 3339 in UTC, `by` and `owner` are names.

    `started_at` is when it began by its alerts. `impact_ended_at` is set if the impact ended,
    `impact_unknown_since` if it is unknown: when its alerts were last heard of. `alerts_firing`
    counts its alerts that fire now, whatever its status; `alerts_linked` counts all alerts ever
    linked, and `alerts` names the first 1,000, oldest link first. The impact of a merged incident
    is that of the one it was merged into. `near_miss`: it did no harm; it does not count and owes
    no RCA. `triage`: it is open and has no severity or no category. `system_action` is what the AI
    system did by itself. `restricted`: only some roles read its texts and timeline, which are
    `withheld` from all others. `acknowledged_at` is when somebody last acknowledged it.
    """

    id: str
    reference: str
    external_id: str | None
    title: str
    description: str
    system: str
    source: str
    started_at: str
    detected_at: str
    recorded_at: str
    category: str | None
    severity: str | None
    status: str
    impact: Impact
    impact_ended_at: str | None
    impact_unknown_since: str | None
    alerts_firing: int
    alerts_linked: int
    owner: str | None
    merged_into: str | None
    steps: dict[str, StepView]
    next_step: str | None
    rca: RcaView
    alerts: list[str]
    month: str
    counts: bool
    version: int
    category_label: str | None = None
    near_miss: bool = False
    triage: bool = False
    secondary_category: str | None = None
    secondary_category_label: str | None = None
    system_action: str = ""
    restricted: bool = False
    withheld: bool = False
    acknowledged_at: str | None = None
    acknowledged_by: str | None = None


class IncidentDetail(IncidentView, frozen=True, kw_only=True):
    """One incident with what was written: `records` has the newest 1,000 of `records_total`.

    `context` is what its newest alerts say for those who work on it.
    """

    records: list[Record]
    records_total: int
    context: list[AlertContext]


class NamedIncident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's id and its reference."""

    id: str
    reference: str
