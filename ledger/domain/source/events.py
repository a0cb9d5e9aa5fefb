"""What happens to a source, past tense; stored names are for ever."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.alert.events import Sender
from ledger.domain.envelope import Event


class AlertsTruncated(Event, frozen=True, kw_only=True):
    """A body left out alerts of its group (Alertmanager's `max_alerts`); `missing` counts them.

    What they had to say is not known from `since` on, when the first body of the group left some
    out; that is absent from events of before it was recorded.
    """

    name: ClassVar[str] = "source.alerts_truncated.v1"

    source: str
    sender: Sender
    missing: int
    since: datetime | UnsetType = UNSET


class LeftOutEnded(Event, frozen=True, kw_only=True):
    """The alerts of a group that were left out `since` then are known again, or over, at `at`.

    By `basis`: of "complete", a body of the group left out none; of "not_repeated", the group was
    not sent again for as long as the policy lets an alert go on without a repeat.
    """

    name: ClassVar[str] = "source.left_out_ended.v1"

    source: str
    sender: Sender
    since: datetime
    basis: str


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


class SilenceEnded(Event, frozen=True, kw_only=True):
    """A silent source may send no more since `at`: its token was revoked, or expired.

    The gap lasted from `silent_since` to then, and nobody waits for the source any longer.
    """

    name: ClassVar[str] = "source.silence_ended.v1"

    source: str
    silent_since: datetime


SourceEvent = AlertsTruncated | LeftOutEnded | SourceSilent | SourceHeard | SilenceEnded
