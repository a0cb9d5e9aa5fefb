"""What happens when one incident is merged into another."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import Text
from ledger.vocabulary import Severity


class StaleAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert not heard of since `last_heard_at`, which was found at `marked_at`."""

    alert: UUID
    last_heard_at: datetime
    marked_at: datetime


class Merged(Event, frozen=True, kw_only=True):
    """It is the same incident as `into`, which counts from here on."""

    name: ClassVar[str] = "incident.merged.v1"

    into: UUID
    reason: Text


class Absorbed(Event, frozen=True, kw_only=True):
    """Another incident was merged into this one and left it every alert that had not ended.

    `alerts` fire, `stale` are not heard of any more. `impact_ended_at` is the latest end of its
    impact. With neither that nor alerts, impact that was stated to go on does so here.
    `resolved_at` is the end that a person stated of it, `started_at` when it began, where that was
    earlier, `worst_severity` the worst that it ever had. More alerts than one event holds come in
    several, `part` of `parts`.
    """

    name: ClassVar[str] = "incident.absorbed.v1"

    incident: UUID
    alerts: tuple[UUID, ...] = ()
    impact_ended_at: datetime | None = None
    part: int = 1
    parts: int = 1
    stale: tuple[StaleAlert, ...] | UnsetType = UNSET
    resolved_at: datetime | UnsetType = UNSET
    started_at: datetime | UnsetType = UNSET
    worst_severity: Severity | UnsetType = UNSET

    @property
    def leaves_alerts(self) -> bool:
        """Whether it left alerts that had not ended, as far as this event says."""
        return bool(self.alerts or self.stale)

    @property
    def over(self) -> bool:
        """Whether its impact was over: a person stated so, or all there was had ended."""
        if self.resolved_at:
            return True
        return not self.leaves_alerts and self.parts == 1 and self.impact_ended_at is not None
