"""Every kind of stream in one place, and what derives from all of them: event types and codec."""

from collections.abc import Mapping

from ledger.domain.access import ACCESS
from ledger.domain.alert import ALERT
from ledger.domain.alert_group import ALERT_GROUP
from ledger.domain.codec import Codec, Upcaster
from ledger.domain.control import CONTROL
from ledger.domain.delivery import DELIVERY
from ledger.domain.envelope import Event
from ledger.domain.evaluations import EVALUATIONS
from ledger.domain.evidence import EVIDENCE
from ledger.domain.improvement import IMPROVEMENT, RECURRENCE
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.intake import INTAKE
from ledger.domain.metric import METRIC
from ledger.domain.objective import OBJECTIVE
from ledger.domain.policy import POLICY
from ledger.domain.reader import READER, READING
from ledger.domain.release import RELEASE
from ledger.domain.release.production import PRODUCTION
from ledger.domain.review import REVIEW
from ledger.domain.risk import RISK
from ledger.domain.source import SOURCE
from ledger.domain.standard import STANDARD
from ledger.domain.stream_type import StreamType
from ledger.domain.subject import SUBJECT
from ledger.domain.system import SYSTEM, SYSTEM_NAMES
from ledger.domain.trigger import TRIGGER

STREAMS: tuple[StreamType, ...] = (
    ACCESS,
    ALERT,
    ALERT_GROUP,
    CONTROL,
    DELIVERY,
    EVALUATIONS,
    EVIDENCE,
    IMPROVEMENT,
    INCIDENT,
    INTAKE,
    METRIC,
    OBJECTIVE,
    POLICY,
    PRODUCTION,
    READER,
    READING,
    RECURRENCE,
    RELEASE,
    REVIEW,
    RISK,
    SOURCE,
    STANDARD,
    SUBJECT,
    SYSTEM,
    SYSTEM_NAMES,
    TRIGGER,
)
"""The registry: a kind of stream is a folder of `ledger/domain`, and one line here."""

KINDS: Mapping[str, StreamType] = {of.kind: of for of in STREAMS}

EVENTS: tuple[type[Event], ...] = tuple(event for of in STREAMS for event in of.events)

UPCASTERS: Mapping[str, Upcaster] = {
    name: upcaster for of in STREAMS for name, upcaster in of.upcasters.items()
}
"""Old stored names to the next version's; none was released yet."""

CODEC = Codec(EVENTS, UPCASTERS)

READERS_CODEC = Codec(EVENTS, UPCASTERS, unmarked=True)
"""The codec of rows, sentences and views: what somebody typed has no marks in it."""
