"""The closed vocabularies, each in one place, with the label people read beside it.

Used by policy, domain, API and pages alike. Sources: runbook section 7 (categories and steps).
"""

import re
from enum import StrEnum
from typing import Self

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
"""How a calendar month is written: YYYY-MM."""


class Labelled(StrEnum):
    """A vocabulary member: its value is stored and sent, its `label` is shown."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Notice(Labelled):
    """What people may be told of.

    It happened to an incident, its RCA, a review, a system, an improvement, a risk, a standard, a
    control, a release, a source, the quarantine or a notification.
    """

    INCIDENT_OPENED = "incident_opened", "Incident opened"
    INCIDENT_CLASSIFIED = "incident_classified", "Incident classified"
    INCIDENT_RAISED = "incident_raised", "Severity raised"
    INCIDENT_CLOSED = "incident_closed", "Incident closed"
    INCIDENT_REOPENED = "incident_reopened", "Incident reopened"
    RCA_AT_RISK = "rca_at_risk", "Root cause analysis at risk"
    RCA_OVERDUE = "rca_overdue", "Root cause analysis overdue"
    REVIEW_LAUNCHED = "review_launched", "Review launched"
    REVIEW_OVERDUE = "review_overdue", "Review overdue"
    CLASSIFICATION_ENDED = "classification_ended", "Classification of a system ended"
    IMPROVEMENT_PROPOSED = "improvement_proposed", "Improvement proposed"
    IMPROVEMENT_OVERDUE = "improvement_overdue", "Improvement overdue"
    IMPROVEMENT_RECURRED = "improvement_recurred", "What was improved happened again"
    RISK_ABOVE_TOLERANCE = "risk_above_tolerance", "Risk above tolerance"
    RISK_ACCEPTANCE_EXPIRED = "risk_acceptance_expired", "Acceptance of a risk expired"
    RISK_OVERDUE = "risk_overdue", "Review or treatment of a risk overdue"
    STANDARD_CHANGED = "standard_changed", "Law or standard changed"
    CONTROL_OVERDUE = "control_overdue", "Re-assessment of a control overdue"
    RELEASE_DECIDED = "release_decided", "Release decided"
    RELEASE_NONCONFORMING = "release_nonconforming", "Release nonconforming"
    RELEASE_OVERDUE = "release_overdue", "Decision on a release overdue"
    SOURCE_SILENT = "source_silent", "Source silent"
    SOURCE_HEARD = "source_heard", "Silence of a source ended"
    QUARANTINE_GROWN = "quarantine_grown", "Quarantine grown"
    DELIVERY_GIVEN_UP = "delivery_given_up", "Notification given up"


class Phase(Labelled):
    """The phases of an iteration, in order (runbook section 2)."""

    BUSINESS_UNDERSTANDING = "business_understanding", "I Business understanding"
    DATA_UNDERSTANDING = "data_understanding", "II Data understanding"
    DATA_PREPARATION = "data_preparation", "III Data preparation"
    MODEL_DEVELOPMENT = "model_development", "IV Model development"
    EVALUATION = "evaluation", "V Evaluation"
    OPERATIONALIZATION = "operationalization", "VI Operationalization"

    @property
    def place(self) -> int:
        """Its place among the six, from 1."""
        return list(Phase).index(self) + 1


class ArtefactKind(Labelled):
    """What a release is made of."""

    MODEL = "model", "Model"
    PROVIDER_MODEL = "provider_model", "Model of a provider"
    PROMPT = "prompt", "Prompt"
    GUARDRAIL = "guardrail", "Guardrail"
    RETRIEVAL_CORPUS = "retrieval_corpus", "Retrieval corpus"
    TOOLS = "tools", "Tools"
    DATASET = "dataset", "Data set"
    CONFIG = "config", "Configuration"
    CODE = "code", "Code"


class GapReason(Labelled):
    """Why it is not known what a source had to say."""

    SILENT = "silent", "The source was silent"
    INTERRUPTED = "interrupted", "The ledger took no signals"
    LEFT_OUT = "alerts_left_out", "The source left out alerts"
    NOT_REPEATED = "not_repeated", "An alert was not repeated"
    UNREACHABLE = "unreachable", "The reader could not be reached"


class NoDataReason(Labelled):
    """Why there is no value of what a server was asked for."""

    EMPTY = "empty", "The answer was empty"
    NOT_A_NUMBER = "not_a_number", "The value is no number"
    NO_SAMPLES = "no_samples", "There were no samples"
    QUERY_REFUSED = "query_refused", "The server refused the query"
    UNUSABLE = "unusable", "The answer has another form"
    NOT_TAKEN = "not_taken", "The ledger did not take the value"
    NOT_ASKED = "not_asked", "It was too long ago to ask"


class DeliveryStatus(Labelled):
    """How far a notification is: waiting for its first try, failing, or ended."""

    WAITING = "waiting", "Waiting"
    FAILING = "failing", "Failing, is tried again"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"
    NOT_NEEDED = "not_needed", "Not needed any more"


class Category(Labelled):
    """What kind of harm an incident is (runbook section 7.2); a policy may add others."""

    DATA_BREACH = "data_breach", "Data breach"
    SAFETY_FAILURE = "safety_failure", "Safety failure"
    INFRA_ERROR = "infra_error", "Infra error"


class ErasureReason(Labelled):
    """Why something was erased: a code, for a reason in words could not be erased itself."""

    REQUEST = "request", "Request of the person"
    RETENTION = "retention", "Retention time over"
    MISTAKE = "mistake", "Recorded by mistake"
    LEGAL = "legal", "Legal obligation"


class Severity(Labelled):
    """How bad an incident is, worst first."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"

    def worse_than(self, other: "Severity | None") -> bool:
        """Whether it is worse than another; any severity is worse than none."""
        return other is None or _RANKS[self] < _RANKS[other]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Step(Labelled):
    """The runbook's steps after detection, in its order (section 7); a policy may add others."""

    CONTAIN = "contain", "Contain"
    COMMUNICATE = "communicate", "Communicate"
    CLASSIFY = "classify", "Classify"
    TICKET = "ticket", "Open ticket"
    NOTIFY_RISK_MANAGER = "notify_risk_manager", "Notify Risk Manager"
    ROLLBACK = "rollback", "Execute rollback"
    RCA = "rca", "Complete RCA"
    PLAYBOOK = "playbook", "Update playbook"


def category_name(category: str) -> str:
    """The label of one of the runbook's categories; another one's id, as words."""
    return _CATEGORIES.get(category) or _in_words(category)


def step_name(step: str) -> str:
    """The label of one of the runbook's steps; another one's id, as words."""
    return _STEPS.get(step) or _in_words(step)


_CATEGORIES: dict[str, str] = {each.value: each.label for each in Category}
_STEPS: dict[str, str] = {each.value: each.label for each in Step}


def _in_words(slug: str) -> str:
    return slug.replace("_", " ").replace("-", " ").capitalize()


class StepState(Labelled):
    """Where a step stands."""

    PENDING = "pending", "Pending"
    DONE = "done", "Done"
    WAIVED = "waived", "Waived"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class Purpose(Labelled):
    """What a measurement is for: objectives and drift judge monitoring, gates evaluations."""

    MONITORING = "monitoring", "Monitoring"
    EVALUATION = "evaluation", "Evaluation"


class BreachStatus(Labelled):
    """Where an objective stands that was breached."""

    BREACHED = "breached", "Breached"
    RECOVERED = "recovered", "Recovered"


class TriggerStatus(Labelled):
    """Where a trigger stands that fired."""

    FIRED = "fired", "Fired"
    CLEARED = "cleared", "Cleared"


class QuarterStatus(Labelled):
    """How a quarter compares with the one before, worst first."""

    DROPPED = "dropped", "Dropped"
    UNDECIDED = "undecided", "Undecided"
    HELD = "held", "Held"


class ObjectiveStatus(Labelled):
    """How an objective stands at the moment, worst first."""

    BREACHED = "breached", "Breached"
    MISSED = "missed", "Target missed"
    UNDECIDED = "undecided", "Undecided"
    MET = "met", "Met"


class Status(Labelled):
    """What people have done with an incident; its impact is another matter."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Merged"
    DISMISSED = "dismissed", "Dismissed"


class Impact(Labelled):
    """Whether an incident still does harm."""

    ONGOING = "ongoing", "Ongoing"
    UNKNOWN = "unknown", "Unknown"
    ENDED = "ended", "Ended"


class AlertState(Labelled):
    """Where an alert's episode stands."""

    FIRING = "firing", "Firing"
    STALE = "stale", "Not heard of"
    RESOLVED = "resolved", "Resolved"


class RcaState(Labelled):
    """Where the root cause analysis stands, at the server's clock (runbook section 7.5)."""

    ON_TRACK = "on_track", "On track"
    AT_RISK = "at_risk", "At risk"
    BREACHED = "breached", "Breached"
    MET = "met", "Met"
    MET_LATE = "met_late", "Met late"
    CANCELLED = "cancelled", "Cancelled"


class RcaMark(Labelled):
    """What the clock records of a root cause analysis, once for each due time."""

    AT_RISK = "at_risk", "At risk"
    OVERDUE = "overdue", "Overdue"


class ReviewState(Labelled):
    """Where a review stands, at the server's clock (runbook section 6)."""

    OPEN = "open", "Open"
    ASSIGNED = "assigned", "Assigned"
    OVERDUE = "overdue", "Overdue"
    CONCLUDED = "concluded", "Concluded"


class Measure(Labelled):
    """Whether a time from an incident's detection to something is known."""

    RECORDED = "recorded", "Recorded"
    PENDING = "pending", "Pending"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    INVALID = "invalid", "Invalid"


class Scope(Labelled):
    """What a token or a session may do. A publisher's tokens have publish or operate."""

    PUBLISH = "publish", "Publish signals"
    REPORT = "report", "Report incidents"
    READ = "read", "Read"
    AUDIT = "audit", "Read raw events"
    OPERATE = "operate", "Command incidents"
    ADMIN = "admin", "Administer"

    def permits(self, needed: "Scope") -> bool:
        """Whether a token of this scope may do what needs another."""
        return needed in _INCLUDED[self]


_INCLUDED: dict[Scope, frozenset[Scope]] = {
    Scope.PUBLISH: frozenset({Scope.PUBLISH}),
    Scope.REPORT: frozenset({Scope.REPORT}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.AUDIT: frozenset({Scope.READ, Scope.AUDIT}),
    Scope.OPERATE: frozenset({Scope.PUBLISH, Scope.REPORT, Scope.READ, Scope.OPERATE}),
    Scope.ADMIN: frozenset(Scope),
}
"""What each scope includes."""


class RoleBasis(Labelled):
    """Why somebody holds a role."""

    ADMIN = "admin", "Granted here"
    PROVIDER = "provider", "From the provider"


class ActsBy(Labelled):
    """By what somebody acts; a person's session is one that the provider or a link began."""

    PROVIDER = "provider", "a log-in at the provider"
    LINK = "link", "a one-time link"
    TOKEN = "token", "a token"
    HOST = "host", "the host's command line"
    LEDGER = "ledger", "the ledger itself"

    @property
    def is_person(self) -> bool:
        """Whether it shows that a person acts, and not a program."""
        return self in {ActsBy.PROVIDER, ActsBy.LINK}


class Direction(Labelled):
    """Which way a measured value gets better."""

    HIGHER = "higher", "Higher is better"
    LOWER = "lower", "Lower is better"


class Origin(Labelled):
    """Where something that a measurement says came from."""

    FILE = "file", "The file"
    MAPPING = "mapping", "What its format means"
    DECLARED = "declared", "Whoever sent it"
    RECEIPT = "receipt", "The time of receipt"


REPEATS = True
"""A kind of source whose senders repeat a firing alert until it ends."""


class SourceKind(Labelled):
    """The format an alerting system speaks; its token opens that format's route alone.

    `repeats`: senders repeat a firing alert until it ends; others send each change once.
    """

    repeats: bool

    def __new__(cls, value: str, label: str = "", repeats: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.repeats = repeats
        return member

    ALERTMANAGER = "alertmanager", "Alertmanager webhook v4", REPEATS
    GRAFANA = "grafana", "Grafana webhook", REPEATS
    CLOUDEVENTS = "cloudevents", "CloudEvents 1.0"
    PAGERDUTY = "pagerduty", "PagerDuty Events v2"
    NATIVE = "native", "airledger signals"
    PAGERDUTY_WEBHOOK = "pagerduty_webhook", "PagerDuty webhooks V3"
    INCIDENT_IO = "incident_io", "incident.io webhooks"
    JIRA = "jira", "Jira issue webhooks"


class YesNo(Labelled):
    """The values of a filter that is a flag."""

    YES = "true", "yes"
    NO = "false", "no"
