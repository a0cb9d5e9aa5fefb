"""What the risk report says of risks. Times are RFC 3339 in UTC."""

from msgspec import Struct


class NamedCount(Struct, frozen=True, kw_only=True):
    """How many there are of one kind: its `id`, and its label in the policy or the vocabulary.

    An empty id is none yet.
    """

    id: str
    label: str
    count: int


class ReportedAssessment(Struct, frozen=True, kw_only=True):
    """The newest assessment of a level: ids of the matrix, what they came to when it was made."""

    likelihood: str
    impact: str
    score: int
    band: str


class IncidentBehind(Struct, frozen=True, kw_only=True):
    """An incident that a risk is linked with, as it is known at the leaf."""

    reference: str
    system: str
    severity: str | None
    status: str
    restricted: bool
    detected_at: str


class ReportedRisk(Struct, frozen=True, kw_only=True):
    """A risk as it stood at `until`; without `system` it is the organisation's.

    `band` and `score` are what the labels of the current assessment come to by the policy then in
    force, `tolerated` is yes, no or unknown by it. One that was not assessed, or whose labels its
    matrix has no more, is unknown, and never tolerated.
    `acceptance` is none, requested, holds, stale, expired or withdrawn. `incidents` are behind it;
    controls and improvements are counted.
    """

    reference: str
    id: str
    title: str
    system: str | None
    category: str
    category_label: str
    owner: str
    inherent: ReportedAssessment | None
    current: ReportedAssessment | None
    residual: ReportedAssessment | None
    band: str | None
    band_label: str
    score: int | None
    tolerated: str
    treatment: str | None
    treatment_due: str | None
    treatment_overdue: bool
    acceptance: str
    accepted_until: str | None
    review_due: str | None
    review_overdue: bool
    incidents: tuple[IncidentBehind, ...]
    controls: int
    improvements: int


class ReportedRisks(Struct, frozen=True, kw_only=True):
    """The open risks at `until`: the register, those above tolerance and those not assessed first.

    `bands` count them by their current band, with an empty id those without one.
    """

    total: int
    above_tolerance: int
    within_tolerance: int
    not_assessed: int
    treatments_overdue: int
    reviews_overdue: int
    most_tolerated: str
    bands: tuple[NamedCount, ...]
    categories: tuple[NamedCount, ...]
    rows: tuple[ReportedRisk, ...]


class HeatCell(Struct, frozen=True, kw_only=True):
    """The number of risks of an impact, and the band of the cell, with its place from 0, the least.

    `shade` is that place as one of four, 0 to 3.
    """

    impact: str
    band: str
    shade: int
    count: int


class HeatRow(Struct, frozen=True, kw_only=True):
    """A likelihood, and a cell for each impact, from the least to the worst."""

    likelihood: str
    label: str
    cells: tuple[HeatCell, ...]


class ReportedHeatMap(Struct, frozen=True, kw_only=True):
    """The open risks at `until` by their current assessment, the worst likelihood first.

    `impacts` are the labels of the columns. `elsewhere` are risks whose labels the policy has no
    more, `not_assessed` those without a current assessment.
    """

    impacts: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    elsewhere: int
    not_assessed: int


class RiskMove(Struct, frozen=True, kw_only=True):
    """How a risk changed in the month: `change` is identified, reopened, worse, better, assessed
    (for the first time), not_compared or closed.

    Bands and scores are those that were recorded when it was assessed, so that another policy alone
    moves no risk; None is no current assessment. Which of two bands is worse is said by the policy
    in force at `until`, and scores are compared where both are by one matrix. Two bands of which
    that policy has one no more are not compared.
    """

    reference: str
    title: str
    system: str | None
    change: str
    from_band: str | None
    from_score: int | None
    to_band: str | None
    to_score: int | None


class ReportedMovement(Struct, frozen=True, kw_only=True):
    """The risks that changed between the begin of the month and `until`, by their current level."""

    identified: int
    reopened: int
    worse: int
    better: int
    assessed: int
    not_compared: int
    closed: int
    rows: tuple[RiskMove, ...]


class ReportedAcceptance(Struct, frozen=True, kw_only=True):
    """The acceptance of an open risk as it stood at `until`: by whom, as what, until when."""

    reference: str
    title: str
    system: str | None
    state: str
    band: str | None
    person: str | None
    role: str | None
    until: str | None


class ReportedAcceptances(Struct, frozen=True, kw_only=True):
    """The acceptances of open risks by where they stand; `expiring` hold and end within `days`."""

    days: int
    requested: int
    holds: int
    expiring: int
    stale: int
    expired: int
    withdrawn: int
    rows: tuple[ReportedAcceptance, ...]
