"""Optional keys that a policy lacks: what a later program added, and does not do without them.

A key that came later means, when it is absent, what the program did before. So an old policy
decides as it always did, until somebody adopts one that has the key.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ledger.policy.model import Policy
from ledger.policy.schema_errors import child, unwrapped

WITHOUT: Mapping[str, str] = {
    "access": "no command asks for a role, and one person may change the policy and grant roles",
    "access.enforce": "no command asks for a role",
    "access.harmless": "with two_people, every change of the policy needs another person",
    "access.two_people": "one person may change the policy and grant roles",
    "phases": "no phase owes evidence or a release",
    "privacy": "all texts stand in the events, where nothing can be erased",
    "privacy.beside": "all texts stand in the events, where nothing can be erased",
    "privacy.drop_labels": "alerts keep all their labels",
    "privacy.restricted_categories": "no category restricts an incident",
    "privacy.restricted_readers": "nobody but the owner of the host reads a restricted incident",
    "privacy.restricted_systems": "no system restricts an incident",
    "coverage": "no source is ever silent, and each tells of all systems",
    "coverage.heartbeats": "no alert is a heartbeat",
    "coverage.quarantine_grown_at": "the quarantine never counts as grown",
    "coverage.silent_after_by_kind": "no source is silent without an entry of its own",
    "coverage.silent_after_by_source": "no source has a time of its own after which it is silent",
    "coverage.systems": "each source tells of all systems",
    "evidence": "the kinds of evidence are the shipped ones, and no card is complete",
    "evidence.complete": "no card is complete: nothing says what one has to have",
    "evidence.kinds": "the kinds of evidence are the shipped ones",
    "notify": "nobody is told",
    "notify.fallback": "no channel is tried in place of another",
    "notify.give_up_after": "what cannot be delivered is tried for a day",
    "notify.next_channel_after": "the next channel is tried after 15 minutes",
    "notify.quiet_hours": "no channel has quiet hours",
    "notify.roles": "no role has channels",
    "notify.rules": "nobody is told",
    "metrics": "measurements are kept in the base of their unit, and state themselves which values "
    "are better",
    "units": "a measurement is kept in the unit that it came in, if a metric of the policy has it",
    "triggers.data_drift.judged": "no measurement fires the trigger",
    "triggers.data_drift.of": "the trigger judges its own metric",
    "triggers.data_drift.provider_action": "the action is the same whoever trained the model",
    "triggers.quality_drop.provider_action": "the action is the same whoever trained the model",
    "triggers.data_drift.segments": "the trigger judges every segment",
    "triggers.data_drift.min_n": "a measurement of one sample is judged",
    "triggers.data_drift.zone": "quarters are those of UTC",
    "triggers.data_drift.grace": "a quarter is judged until 14 days after its end",
    "triggers.quality_drop.judged": "no measurement fires the trigger",
    "triggers.quality_drop.of": "the trigger judges its own metric",
    "triggers.quality_drop.segments": "the trigger judges every segment",
    "triggers.quality_drop.min_n": "a measurement of one sample is judged",
    "triggers.quality_drop.zone": "quarters are those of UTC",
    "triggers.quality_drop.grace": "a quarter is judged until 14 days after its end",
    "releases": "releases are decided for the environment production alone, by the classes major, "
    "standard and emergency as they are shipped",
    "releases.authors_may_sign": "the sign-off of an author does not count",
    "releases.classes": "the classes of changes are the shipped ones",
    "releases.environments": "releases are decided for the environment production alone",
    "triggers.policy_update.reassess_within": "controls are re-assessed within 30 days",
    "risks": "risks are assessed by the matrix that is shipped",
    "standards": "no control is mapped to a standard",
    "controls": "there are no controls to assess, and a changed standard has none re-assessed",
    "improvements": "no action of an analysis or a review is proposed as an improvement",
    "improvements.from_actions": "no action of an analysis or a review is proposed as an "
    "improvement",
    "improvements.no_recurrence": "nothing may recur for 90 days",
    "raci": "every role may send every command",
    "retention": "no incident is listed for erasure",
    "retention.incidents": "no incident is listed for erasure",
    "roles": "the runbook's five roles are those that can be granted",
    "alerts.backdate_limit": "an incident is detected when its alert started, however long before "
    "the alert arrived that is",
    "alerts.clock_skew": "a time ahead of the ledger's clock is not taken as now, however little "
    "it is ahead",
    "alerts.stale_after_by_kind": "alerts.stale_after holds for every kind of source that repeats",
    "rca.preliminary_meets": "a preliminary root cause analysis does not meet the deadline",
    "rca.final_due_after": "a final root cause analysis has no due time of its own",
    "rca.final_needs_approval": "a root cause analysis needs no approval",
    "alerts.stale_after_by_source": "no source has a time of its own after which it is stale",
    "categories": "an incident has one of the runbook's three categories",
    "rca.due_after_by_category": "rca.due_after holds for every category without an entry by "
    "severity",
    "rca.due_after_by_severity": "rca.due_after holds for every severity without an entry by "
    "category",
    "steps": "an incident owes the runbook's eight steps alone",
    "triggers.incident_count.review_due_after": "a review has no due time and is never overdue",
}
"""What the program does without a key, by its path."""
SAME_WHEN_EMPTY = frozenset(
    {
        "notify.rules",
        "notify.roles",
        "notify.fallback",
        "notify.quiet_hours",
        "triggers.data_drift.of",
        "triggers.data_drift.segments",
        "triggers.data_drift.min_n",
        "triggers.data_drift.zone",
        "triggers.data_drift.grace",
        "triggers.quality_drop.segments",
        "triggers.quality_drop.zone",
        "triggers.quality_drop.provider_action",
    }
)
"""Keys that are the same when they are absent and when they are empty, and are not shipped."""
_AS_BEFORE = "the program does what it did before it knew the key"


class AbsentKey(NamedTuple):
    """An optional key by its TOML path, and what the program does without it."""

    path: str
    without: str


@lru_cache(maxsize=16)
def absent_keys(text: str, kind: type[msgspec.Struct] = Policy) -> tuple[AbsentKey, ...]:
    """The optional keys of a policy that its text lacks, in the order of the policy's types.

    An optional table counts as one key. What the tables of an array and of a mapping may say each
    for itself (such as a rule's category) is no absent key, and nor is what is shipped without
    (SAME_WHEN_EMPTY). Raises tomllib.TOMLDecodeError.
    """
    found = _in_table(tomllib.loads(text), kind, "")
    return tuple(
        AbsentKey(path, WITHOUT.get(path, _AS_BEFORE))
        for path in found
        if path not in SAME_WHEN_EMPTY
    )


def _in_table(table: Mapping[str, Any], kind: type[msgspec.Struct], path: str) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        inner = unwrapped(field.type)
        if name not in table:
            if not field.required:
                yield child(path, name)
        elif isinstance(table[name], Mapping) and _is_struct(inner):
            yield from _in_table(table[name], inner, child(path, name))


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
