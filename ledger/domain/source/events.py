"""What happens to a source, past tense; stored names are for ever."""

from datetime import datetime
from typing import ClassVar

from ledger.domain.alert.events import Sender
from ledger.domain.envelope import Event


class AlertsTruncated(Event, frozen=True, kw_only=True):
    """A body left out alerts (Alertmanager's `max_alerts`): a gap. `missing` counts them."""

    name: ClassVar[str] = "source.alerts_truncated.v1"

    source: str
    sender: Sender
    missing: int


class SourceSilent(Event, frozen=True, kw_only=True):
    """A source was not heard for the policy's `silent_after`; `at` is when that was up.

    What it had to say is not known since `since`, when it was last heard or, if it never was, when
    it was added.
    """

    name: ClassVar[str] = "source.silent.v1"

    source: str
    since: datetime


class SourceHeard(Event, frozen=True, kw_only=True):
    """A silent source was heard again: the gap lasted from `silent_since` to `heard_at`."""

    name: ClassVar[str] = "source.heard.v1"

    source: str
    silent_since: datetime
    heard_at: datetime


SourceEvent = AlertsTruncated | SourceSilent | SourceHeard
