"""Who is told of what by a policy, in sentences: the rules of `[notify]` for each notice."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from consumers.read_service.durations import format_duration
from ledger.policy import Policy
from ledger.policy.notify import (
    ALWAYS_URGENT,
    ESCALATES,
    IN_EVERY_DIGEST,
    OF_INCIDENTS,
    URGENT,
    Escalation,
    NotifyRule,
    QuietHours,
)
from ledger.vocabulary import Notice, Severity, Step

OF_SOURCES = frozenset({Notice.SOURCE_SILENT, Notice.SOURCE_HEARD})
OF_QUARANTINE = frozenset({Notice.QUARANTINE_GROWN})
NOBODY = "No rule tells of it."


class NoticeRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that tells of a notice: the channels that it tells first, and all of it in words."""

    rule: str
    channels: list[str]
    words: list[str]


class NoticeRules(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with the rules that tell of it; without any it is told to nobody."""

    notice: Notice
    label: str
    rules: list[NoticeRule]


def notify_rules(policy: Policy) -> list[NoticeRules]:
    """Every notice, with the rules of a policy that tell of it."""
    return [
        NoticeRules(
            notice=notice,
            label=notice.label,
            rules=[
                NoticeRule(
                    rule=rule.name,
                    channels=list(policy.notify.channels_of(rule)),
                    words=list(_sentences(rule, notice, policy)),
                )
                for rule in policy.notify.rules
                if rule.tells_of(notice)
            ],
        )
        for notice in Notice
    ]


def told_lines(found: Iterable[NoticeRules]) -> Iterator[tuple[str, str, str]]:
    """A line for each rule of each notice: the notice, the rule, and all of it in words.

    A notice that no rule tells of has a line without a rule.
    """
    for of in found:
        for each in of.rules:
            yield of.label, each.rule, " ".join(each.words)
        if not of.rules:
            yield of.label, "", NOBODY


def narrowed_by(notice: Notice) -> tuple[str, ...]:
    """The keys of a rule that narrow what it tells of a notice."""
    if notice in OF_INCIDENTS | IN_EVERY_DIGEST:
        return "severities", "categories", "systems"
    return () if notice in OF_QUARANTINE else ("systems",)


def _sentences(rule: NotifyRule, notice: Notice, policy: Policy) -> Iterator[str]:
    notify = policy.notify
    when = f"at {rule.digest} ({policy.zone}), as one message with all else that waits"
    yield f"Tells {_all(notify.channels_of(rule))} {'at once' if rule.digest is None else when}."
    if about := "; ".join(_about(rule, notice, policy)):
        yield f"Only where {about}."
    steps = rule.escalate if notice in ESCALATES else ()
    if steps:
        told = (
            f"{_all(notify.channels_of(each))} after {format_duration(each.after)}"
            for each in steps
        )
        yield f"Where nobody acknowledges it: {'; '.join(told)}."
    told_by: tuple[NotifyRule | Escalation, ...] = (rule, *steps)
    channels = tuple(dict.fromkeys(of for each in told_by for of in notify.channels_of(each)))
    for quiet in notify.quiet_hours:
        of = [each for each in channels if each in quiet.channels]
        if of and (held := _held_back(rule, notice, policy, quiet)):
            begins = f"From {quiet.begins} to {quiet.until} ({quiet.zone})"
            yield f"{begins} {_all(of)} {'is' if len(of) == 1 else 'are'} {held}."
    for channel in channels:
        _, *others = notify.chain(channel)
        if others:
            waits = format_duration(notify.next_channel_after)
            yield f"Where {channel} fails for {waits}: {', then '.join(others)} in its place."
    if rule.tells_risk_manager and notice in OF_INCIDENTS:
        by = _any(notify.channels_of(rule))
        yield f'What {by} delivers is the step "{Step.NOTIFY_RISK_MANAGER.label}".'


def _about(rule: NotifyRule, notice: Notice, policy: Policy) -> Iterator[str]:
    """What the rule is for, in words; nothing where that is all."""
    keys = narrowed_by(notice)
    if "severities" in keys and rule.severities:
        labels = (each.label.lower() for each in rule.severities)
        yield f"the severity is {_any(labels)}, or not known yet"
    if "categories" in keys and rule.categories:
        labels = (policy.category_labels.get(each, each) for each in rule.categories)
        yield f"the category is {_any(labels)}, or not known yet"
    if "systems" in keys and rule.systems:
        what = "the source tells of" if notice in OF_SOURCES else "the system is"
        yield f"{what} {_any(rule.systems)}"


def _held_back(rule: NotifyRule, notice: Notice, policy: Policy, quiet: QuietHours) -> str:
    """What quiet hours do; nothing where all is urgent."""
    if notice in ALWAYS_URGENT:
        return ""
    if notice not in OF_INCIDENTS:
        return f"not told: it waits until {quiet.until}"
    if rule.severities and URGENT.issuperset(rule.severities):
        return ""
    urgent = [f"is {Severity.CRITICAL.label.lower()}", "has no severity yet"]
    if quiet.never_for:
        labels = (policy.category_labels.get(each, each) for each in quiet.never_for)
        urgent.append(f"is of category {_any(labels)}")
    return f"told of what {_any(urgent)} alone; the rest waits until {quiet.until}"


def _all(words: Iterable[str]) -> str:
    return _joined(list(words), "and")


def _any(words: Iterable[str]) -> str:
    return _joined(list(words), "or")


def _joined(words: Sequence[str], last: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
