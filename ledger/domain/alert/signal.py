"""A signal: what an adapter understood of one alert in a body, and the state it claims."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ledger.domain.alert.events import Sender
from ledger.vocabulary import SourceKind


class SignalStatus(StrEnum):
    """What a signal says of its alert."""

    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    """A person acknowledged it: an open alert counts as seen. It opens and ends nothing."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One alert's claim. Times are UTC; None where the sender gave none (Go's zero time).

    `own_id` is the sender's id of this very message, where its format has one: it is taken once.
    `kind` is the format that it came in; None is only a signal that no format made. `unread` holds
    the text of each optional time that could not be read, by its field: the time is None then.
    As JSON a signal takes at most 52,000 bytes, so that every event it causes fits a log entry;
    `shortened` names the texts that were cut for it.
    """

    source: str
    dedup_key: str
    status: SignalStatus
    title: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime | None
    ends_at: datetime | None = None
    sender: Sender = Sender()
    generator_url: str = ""
    own_id: str | None = None
    shortened: tuple[str, ...] = ()
    kind: SourceKind | None = None
    unread: dict[str, str] = {}
