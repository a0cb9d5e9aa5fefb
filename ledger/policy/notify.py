"""Who is told what: the policy's `notify`. Where a channel leads to is a setting of the process."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Meta

from ledger.policy.parts import Part, Slug, Words
from ledger.policy.privacy import SystemName
from ledger.policy.times import next_end
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
OF_INCIDENTS = frozenset(
    {
        Notice.INCIDENT_OPENED,
        Notice.INCIDENT_CLASSIFIED,
        Notice.INCIDENT_RAISED,
        Notice.INCIDENT_CLOSED,
        Notice.INCIDENT_REOPENED,
        Notice.RCA_AT_RISK,
        Notice.RCA_OVERDUE,
    }
)
"""Notices of incidents, which have a severity and a category, and can be acknowledged."""
ESCALATES = OF_INCIDENTS - {Notice.INCIDENT_CLOSED}
"""Those after which others are told where nobody acknowledges: what is over needs nobody."""
ALWAYS_URGENT = frozenset({Notice.SOURCE_SILENT, Notice.QUARANTINE_GROWN})
"""What no quiet hours hold back: nobody knows how bad that is which is not heard or not read."""
IN_EVERY_DIGEST = frozenset({Notice.DELIVERY_GIVEN_UP})
"""What no rule names: each with a digest tells of it, where it applies to what was not told."""


class Matter(NamedTuple):
    """What people may be told of: a notice, and what rules and quiet hours ask about it.

    `systems` are those that it is about; None for all. What is no incident has neither a severity
    nor categories; `category` is the one that rules name.
    """

    notice: Notice
    systems: AbstractSet[str] | None
    severity: Severity | None = None
    category: str | None = None
    categories: AbstractSet[str] = frozenset()

    def is_urgent(self, never_for: Collection[str]) -> bool:
        """Whether no quiet hours hold it back; `never_for` are the categories that they name."""
        if self.notice not in OF_INCIDENTS:
            return self.notice in ALWAYS_URGENT
        return self.severity in URGENT or not self.categories.isdisjoint(never_for)


class Escalation(Part, frozen=True, kw_only=True):
    """Tells others where nobody acknowledges the incident within `after` of what happened.

    Told are `channels`, and those that `notify.roles` has for `roles`.
    """

    after: timedelta
    channels: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()


class QuietHours(Part, frozen=True, kw_only=True, rename={"begins": "from"}):
    """From one time of day to another, in `zone`, `channels` are told of what is urgent alone.

    The rest is told when they are over. Urgent is an incident that is critical, has no severity
    yet, or is of a category of `never_for`; and that a source is silent, or the quarantine grew.
    """

    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]
    begins: TimeOfDay
    until: TimeOfDay
    zone: Words
    never_for: tuple[Slug, ...] = (Category.DATA_BREACH,)

    def over(self, at: datetime, matter: Matter) -> datetime:
        """When what happens `at` may be told: `at` itself outside of them."""
        return at if matter.is_urgent(self.never_for) else self._end(at)

    def _end(self, at: datetime) -> datetime:
        local = at.astimezone(ZoneInfo(self.zone))
        begins, until = time.fromisoformat(self.begins), time.fromisoformat(self.until)
        now = local.time()
        is_quiet = begins <= now < until if begins < until else now >= begins or now < until
        return next_end(at, self.until, self.zone) if is_quiet else at


class NotifyRule(Part, frozen=True, kw_only=True):
    """Tells of `notices`, and of all that they are about, unless the rest narrows it.

    Told are `channels`, and those that `notify.roles` has for `roles`; at least one of the two is
    named.

    An incident without a severity or a category may be of any. A source is of the systems that
    the policy's `coverage` says it tells of, and the quarantine of all. With `tells_risk_manager`,
    what was delivered about an incident is on record as the runbook's "notify Risk Manager"
    (section 7.3). With `digest`, a time of day in the policy's zone, it waits for that time, and is
    one message with all else that waits for it.
    """

    name: Slug
    notices: Annotated[tuple[Notice, ...], Meta(min_length=1)]
    channels: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()
    severities: tuple[Severity, ...] = ()
    categories: tuple[Slug, ...] = ()
    systems: tuple[SystemName, ...] = ()
    tells_risk_manager: bool = False
    escalate: tuple[Escalation, ...] = ()
    digest: TimeOfDay | None = None

    def tells_of(self, notice: Notice) -> bool:
        """Whether it tells of a notice, for whatever it is."""
        return notice in self.notices or (notice in IN_EVERY_DIGEST and self.digest is not None)

    def applies_to(self, matter: Matter) -> bool:
        """Whether its channels are told."""
        systems, severity, category = matter.systems, matter.severity, matter.category
        return (
            self.tells_of(matter.notice)
            and (not self.systems or systems is None or not systems.isdisjoint(self.systems))
            and (not self.severities or severity is None or severity in self.severities)
            and (not self.categories or category is None or category in self.categories)
        )


class Notify(Part, frozen=True, kw_only=True):
    """Every rule that applies tells its channels, each once; `roles` are the channels of each role.

    A channel that fails is tried again; after `next_channel_after` its `fallback` is tried in its
    place, and after `give_up_after` nothing is any more.
    """

    next_channel_after: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(days=1)
    rules: tuple[NotifyRule, ...] = ()
    roles: Mapping[Slug, Annotated[tuple[Slug, ...], Meta(min_length=1)]] = {}
    fallback: Mapping[Slug, Slug] = {}
    quiet_hours: tuple[QuietHours, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The channels that rules tell."""
        steps = (step for rule in self.rules for step in rule.escalate)
        told_by: tuple[NotifyRule | Escalation, ...] = (*self.rules, *steps)
        return frozenset(channel for each in told_by for channel in self.channels_of(each))

    def channels_of(self, told: NotifyRule | Escalation) -> tuple[str, ...]:
        """The channels that a rule or a step tells, each once: its own, then those of its roles."""
        of_roles = (channel for role in told.roles for channel in self.roles.get(role, ()))
        return tuple(dict.fromkeys((*told.channels, *of_roles)))

    def tells_of(self, notice: Notice) -> bool:
        """Whether any rule tells of a notice, for whatever it is."""
        return any(rule.tells_of(notice) for rule in self.rules)

    def rules_for(self, matter: Matter) -> Iterator[NotifyRule]:
        """The rules that apply."""
        return (rule for rule in self.rules if rule.applies_to(matter))

    def after_quiet_hours(self, channel: str, at: datetime, matter: Matter) -> datetime:
        """When a channel may be told of what happens `at`: at once, or later.

        Hours that begin where others end are one.
        """
        of_channel = [each for each in self.quiet_hours if channel in each.channels]
        for _ in of_channel:
            at = max((each.over(at, matter) for each in of_channel), default=at)
        return at

    def chain(self, channel: str) -> tuple[str, ...]:
        """The channel with those that are tried in its place, in order, each once."""
        found = [channel]
        while (following := self.fallback.get(found[-1])) is not None and following not in found:
            found.append(following)
        return tuple(found)
