"""What the risk report says of standards and controls. Times are RFC 3339 in UTC."""

from msgspec import Struct

from consumers.risk_report.model_risks import NamedCount


class ReportedClause(Struct, frozen=True, kw_only=True):
    """A part of a standard by its number: the worst that its controls come to, over all systems.

    `status` is gap without a control, none where no system is in scope.
    """

    clause: str
    words: str
    controls: int
    status: str


class ReportedStandard(Struct, frozen=True, kw_only=True):
    """A standard of the policy, at `until`, and its parts.

    `reference` is that of its record, None where it was never registered. `statuses` count the
    parts by what they come to; `gaps` have no control.
    """

    standard: str
    label: str
    reference: str | None
    version: str | None
    systems: int
    clauses: int
    gaps: int
    statuses: tuple[NamedCount, ...]
    rows: tuple[ReportedClause, ...]


class OpenReassessment(Struct, frozen=True, kw_only=True):
    """A control that is to be assessed anew because standards changed; `overdue`: `by` is over."""

    reference: str
    control: str
    words: str
    system: str | None
    standards: str
    by: str
    overdue: bool


class ReportedCoverage(Struct, frozen=True, kw_only=True):
    """How the standards of the policy are met, and the re-assessments that are open."""

    clauses: int
    gaps: int
    standards: tuple[ReportedStandard, ...]
    open: int
    overdue: int
    reassessments: tuple[OpenReassessment, ...]
