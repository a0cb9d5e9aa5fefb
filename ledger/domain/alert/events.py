"""What happens to an alert."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import OutsideText, Text
from ledger.vocabulary import Severity, SourceKind


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a source's processes sent a signal (Alertmanager: externalURL, receiver, groupKey).

    The peers of a high-availability pair differ in it; nothing is identified by it.
    """

    external_url: str = ""
    receiver: str = ""
    group_key: str = ""


class AlertDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as its source describes it.

    `annotations_text` has the annotations as one text beside the log, a JSON object of strings;
    `annotations` is empty then.

    `shortened` lists the fields whose text was cut to fit an event; the body that carried them in
    full is kept under its own digest, which the event has, or is keyed in it.
    """

    source: str
    dedup_key: str
    title: Text
    system: str
    severity: Severity | None
    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str = ""
    shortened: tuple[str, ...] = ()
    annotations_text: OutsideText | UnsetType = UNSET


class AlertFired(Event, frozen=True, kw_only=True):
    """An episode began; `at` is its start. `incident` is the one it was linked to then, if any.

    `kind` is the format that it came in. `unread` holds the texts of optional times that could not
    be read, by field. Both are absent from events of before they were recorded.
    """

    name: ClassVar[str] = "alert.fired.v1"

    alert: AlertDetails
    starts_at: datetime | None
    arrived_at: datetime
    sender: Sender
    rule: str
    group: UUID | None
    incident: UUID | None
    kind: SourceKind | UnsetType = UNSET
    unread: dict[str, str] | UnsetType = UNSET


class AlertChanged(Event, frozen=True, kw_only=True):
    """An open episode became worse: a higher severity, or labels that open an incident.

    `alert` describes it from here on, and it belongs to `incident`, which may be a new one. `at` is
    when that arrived.
    """

    name: ClassVar[str] = "alert.changed.v1"

    alert: AlertDetails
    arrived_at: datetime
    sender: Sender
    rule: str
    group: UUID | None
    incident: UUID | None
    unread: dict[str, str] | UnsetType = UNSET


class AlertResolved(Event, frozen=True, kw_only=True):
    """The episode ended; `at` is its end as given.

    For an alert never seen firing `alert` describes it, and nothing was open.
    """

    name: ClassVar[str] = "alert.resolved.v1"

    starts_at: datetime | None
    arrived_at: datetime
    sender: Sender
    alert: AlertDetails | None = None
    unread: dict[str, str] | UnsetType = UNSET


class AlertStale(Event, frozen=True, kw_only=True):
    """An open episode was not heard of for the policy's `stale_after`; `at` is when that was up.

    Whether it goes on is not known since `last_heard_at`.
    """

    name: ClassVar[str] = "alert.stale.v1"

    last_heard_at: datetime


class AlertHeard(Event, frozen=True, kw_only=True):
    """An episode was heard of again that was stale, or whose incident people had closed or ended.

    It belongs to `incident` from here on.
    """

    name: ClassVar[str] = "alert.heard.v1"

    arrived_at: datetime
    incident: UUID | None


class AlertLateRecorded(Event, frozen=True, kw_only=True):
    """A signal retried from quarantine after later ones: it opens and ends nothing."""

    name: ClassVar[str] = "alert.late_recorded.v1"

    status: str
    alert: AlertDetails
    starts_at: datetime | None
    ends_at: datetime | None
    arrived_at: datetime
    sender: Sender
    unread: dict[str, str] | UnsetType = UNSET


AlertEvent = AlertFired | AlertChanged | AlertResolved | AlertStale | AlertHeard | AlertLateRecorded
