"""Who is told what: the policy's `notify`. Where a channel leads to is a setting of the process."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from ledger.policy.parts import Part, Slug
from ledger.policy.privacy import SystemName
from ledger.vocabulary import Notice, Severity


class NotifyRule(Part, frozen=True, kw_only=True):
    """Tells `channels` of `notices`; of all incidents and reviews, unless the rest narrows it.

    An incident without a severity or a category may be of any. With `tells_risk_manager`, what was
    delivered is on record as the runbook's "notify Risk Manager" (section 7.3).
    """

    name: Slug
    notices: Annotated[tuple[Notice, ...], Meta(min_length=1)]
    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]
    severities: tuple[Severity, ...] = ()
    categories: tuple[Slug, ...] = ()
    systems: tuple[SystemName, ...] = ()
    tells_risk_manager: bool = False

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

    def tells_of(self, notice: Notice) -> bool:
        """Whether any rule names a notice, for whatever it is."""
        return any(notice in rule.notices for rule in self.rules)

    def rules_for(
        self, notice: Notice, system: str, severity: Severity | None, category: str | None
    ) -> Iterator[NotifyRule]:
        """The rules that apply."""
        return (rule for rule in self.rules if rule.applies_to(notice, system, severity, category))

    def chain(self, channel: str) -> tuple[str, ...]:
        """The channel with those that are tried in its place, in order, each once."""
        found = [channel]
        while (following := self.fallback.get(found[-1])) is not None and following not in found:
            found.append(following)
        return tuple(found)
