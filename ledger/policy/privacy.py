"""What lies beside the log, where it can be erased: the policy's `privacy`."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from ledger.policy.parts import Part, Slug


class Beside(StrEnum):
    """Whose free text lies beside the log."""

    PERSONS = "persons"
    ALERTS = "alerts"


class Retention(Part, frozen=True, kw_only=True):
    """How long texts are kept: what ended longer ago is listed, for a person to erase it.

    `incidents` counts from when an incident was closed, dismissed or merged; without it none is
    listed.
    """

    incidents: timedelta | None = None


SystemName = Annotated[str, Meta(min_length=1, max_length=200)]
LabelName = Annotated[str, Meta(min_length=1, max_length=200)]


class Privacy(Part, frozen=True, kw_only=True):
    """Free text in `beside` is stored beside the log: the event holds a commitment to it.

    So it can be erased without breaking a proof. What is not named stands in the event, for ever.
    Of alerts these are the annotations, and titles that repeat one or whose incident the policy
    restricts. Labels in `drop_labels` are left out of alerts before a rule or a group reads them.
    An incident that gets one of `restricted_categories` or `restricted_systems` is restricted: only
    the roles of `restricted_readers` read its texts and its timeline.
    """

    beside: tuple[Beside, ...] = ()
    drop_labels: tuple[LabelName, ...] = ()
    restricted_categories: tuple[Slug, ...] = ()
    restricted_systems: tuple[SystemName, ...] = ()
    restricted_readers: tuple[Slug, ...] = ()

    @property
    def of_persons(self) -> bool:
        """Whether what persons write lies beside the log."""
        return Beside.PERSONS in self.beside

    @property
    def of_alerts(self) -> bool:
        """Whether the annotations of alerts lie beside the log."""
        return Beside.ALERTS in self.beside

    def restricts(self, systems: Collection[str], categories: Collection[str | None]) -> bool:
        """Whether an incident that gets one of these is restricted."""
        return not (
            set(self.restricted_systems).isdisjoint(systems)
            and set(self.restricted_categories).isdisjoint(categories)
        )
