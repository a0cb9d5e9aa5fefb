"""Who is told what: the policy's `notify`. Where a channel leads to is a setting of the process."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from ledger.policy.parts import Part, Slug, Words
from ledger.policy.privacy import SystemName
from ledger.policy.times import next_time
from ledger.vocabulary import Category, Notice, Severity

TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=TIME_OF_DAY,
        description="Write a time of day from 00:00 to 23:59.",
    ),
]
URGENT = frozenset({Severity.CRITICAL, None})
"""Severities that no quiet hours hold back; an incident without one may be of any."""


class Escalation(Part, frozen=True, kw_only=True):
    """Tells `channels` where nobody acknowledges the incident within `after` of what happened."""

    after: timedelta
    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]


class QuietHours(Part, frozen=True, kw_only=True, rename={"begins": "from"}):
    """From one time of day to another, in `zone`, `channels` are told of urgent incidents alone.

    The rest is told when they are over. Urgent is what is critical, has no severity yet, or is of
    a category of `never_for`.
    """

    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]
    begins: TimeOfDay
    until: TimeOfDay
    zone: Words
    never_for: tuple[Slug, ...] = (Category.DATA_BREACH,)

    def over(
        self, at: datetime, severity: Severity | None, categories: AbstractSet[str]
    ) -> datetime:
        """When what happens to such an incident `at` may be told: `at` itself outside of them."""
        if severity in URGENT or not categories.isdisjoint(self.never_for):
            return at
        return self._end(at)

    def _end(self, at: datetime) -> datetime:
        local = at.astimezone(ZoneInfo(self.zone))
        begins, until = time.fromisoformat(self.begins), time.fromisoformat(self.until)
        now = local.time()
        is_quiet = begins <= now < until if begins < until else now >= begins or now < until
        return next_time(at, self.until, self.zone) if is_quiet else at


class NotifyRule(Part, frozen=True, kw_only=True):
    """Tells `channels` of `notices`; of all incidents and reviews, unless the rest narrows it.

    An incident without a severity or a category may be of any. With `tells_risk_manager`, what was
    delivered is on record as the runbook's "notify Risk Manager" (section 7.3). With `digest`, a
    time of day in the policy's zone, it waits for that time, and is one message with
    all else that waits for it.
    """

    name: Slug
    notices: Annotated[tuple[Notice, ...], Meta(min_length=1)]
    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]
    severities: tuple[Severity, ...] = ()
    categories: tuple[Slug, ...] = ()
    systems: tuple[SystemName, ...] = ()
    tells_risk_manager: bool = False
    escalate: tuple[Escalation, ...] = ()
    digest: TimeOfDay | None = None

    def applies_to(
        self, notice: Notice, system: str, severity: Severity | None, category: str | None
    ) -> bool:
        """Whether its channels are told."""
        return (
            notice in self.notices
            and (not self.systems or system in self.systems)
            and (not self.severities or severity is None or severity in self.severities)
            and (not self.categories or category is None or category in self.categories)
        )


class Notify(Part, frozen=True, kw_only=True):
    """Every rule that applies tells its channels, each once.

    A channel that fails is tried again; after `next_channel_after` its `fallback` is tried in its
    place, and after `give_up_after` nothing is any more.
    """

    next_channel_after: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(days=1)
    rules: tuple[NotifyRule, ...] = ()
    fallback: Mapping[Slug, Slug] = {}
    quiet_hours: tuple[QuietHours, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The channels that rules tell."""
        direct = {channel for rule in self.rules for channel in rule.channels}
        steps = (step for rule in self.rules for step in rule.escalate)
        return frozenset(direct.union(*(step.channels for step in steps)))

    def tells_of(self, notice: Notice) -> bool:
        """Whether any rule names a notice, for whatever it is."""
        return any(notice in rule.notices for rule in self.rules)

    def rules_for(
        self, notice: Notice, system: str, severity: Severity | None, category: str | None
    ) -> Iterator[NotifyRule]:
        """The rules that apply."""
        return (rule for rule in self.rules if rule.applies_to(notice, system, severity, category))

    def after_quiet_hours(
        self, channel: str, at: datetime, severity: Severity | None, categories: AbstractSet[str]
    ) -> datetime:
        """When a channel may be told of what happens to an incident `at`: at once, or later.

        Hours that begin where others end are one.
        """
        of_channel = [each for each in self.quiet_hours if channel in each.channels]
        for _ in of_channel:
            at = max((each.over(at, severity, categories) for each in of_channel), default=at)
        return at

    def chain(self, channel: str) -> tuple[str, ...]:
        """The channel with those that are tried in its place, in order, each once."""
        found = [channel]
        while (following := self.fallback.get(found[-1])) is not None and following not in found:
            found.append(following)
        return tuple(found)
