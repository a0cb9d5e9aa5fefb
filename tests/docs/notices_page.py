"""docs/reference/notices.md, from the program: what people may be told of, and when."""

from consumers.reactor.notices import NOTICES
from consumers.read_service.notify_rules import narrowed_by
from ledger.policy.notify import ALWAYS_URGENT, ESCALATES, OF_INCIDENTS
from ledger.vocabulary import Notice

HEAD = """\
# Notices

<!-- Generated from the program by `python -m tests.docs.generate`; do not edit. -->

What people may be told of. A rule of the policy's [`notify`](policy.md#notify) names notices and
the channels that are told; [tell people](../how-to/tell-people.md) shows how. A notice of which no
rule tells is told to nobody, and so is what an import recorded. `airledger notify rules`, `GET
/v1/notify/rules` and the page `/policy` say which rules of the policy in force tell of each.

- **Event**: what causes it, once.
- **Narrowed by**: the keys of a rule that say which of these it tells of. Others do not apply: a
  rule tells of it whatever they say.
- **Quiet hours**: whether they hold it back until they are over.
- **Escalates**: whether the steps of a rule's `escalate` apply, where nobody acknowledges it. A
  policy whose rule has `escalate` and names a review, a system, an improvement, a release, a source
  or the quarantine is refused.

A rule's `channels` and the channels that `notify.roles` has for its `roles` are told, each once. A
rule's `digest` holds back each of them until its time of day. A channel's `fallback` is tried
in its place for each of them. A tracker opens a ticket for the first notice of an incident, of a
review, of a system, of an improvement, of a release, of a silence or of a growth of the quarantine,
and adds comments for those that follow.

| notice | told when | event | narrowed by | quiet hours | escalates |
|---|---|---|---|---|---|
"""
WHEN = {
    Notice.INCIDENT_OPENED: "An incident is opened, by an alert or a report.",
    Notice.INCIDENT_CLASSIFIED: "Somebody classifies it; not where the rule did that opened it.",
    Notice.INCIDENT_RAISED: "A correction or a worse alert makes its severity worse.",
    Notice.INCIDENT_CLOSED: "It is closed, dismissed or merged into another.",
    Notice.INCIDENT_REOPENED: "It is opened again.",
    Notice.RCA_AT_RISK: "Its root cause analysis is soon due.",
    Notice.RCA_OVERDUE: "Its root cause analysis was due.",
    Notice.REVIEW_LAUNCHED: "A system has more incidents in a month than the policy allows.",
    Notice.REVIEW_OVERDUE: "A review was to be concluded.",
    Notice.CLASSIFICATION_ENDED: "The classification of a system ended, and nobody renewed it.",
    Notice.IMPROVEMENT_PROPOSED: "Somebody, a program or a trigger proposes to improve a system.",
    Notice.RELEASE_DECIDED: "A person decides on a release: go or no-go.",
    Notice.IMPROVEMENT_OVERDUE: "An accepted improvement was not done in time.",
    Notice.IMPROVEMENT_RECURRED: "What an improvement was to keep from happening happened again.",
    Notice.RISK_ABOVE_TOLERANCE: "A risk was assessed, and its current band is above the "
    "policy's tolerance.",
    Notice.RISK_ACCEPTANCE_EXPIRED: "The time passed until which a risk was accepted.",
    Notice.RISK_OVERDUE: "A risk was not reviewed, or its treatment not done, in time.",
    Notice.STANDARD_CHANGED: "A law or standard was recorded as changed: its controls are to be "
    "re-assessed.",
    Notice.CONTROL_OVERDUE: "A control was not re-assessed in time.",
    Notice.RELEASE_NONCONFORMING: "A release that runs passes a requirement no more, each once.",
    Notice.RELEASE_OVERDUE: "An emergency release runs, and nobody decided on it in time.",
    Notice.SOURCE_SILENT: "A source sent nothing for as long as `coverage` allows.",
    Notice.SOURCE_HEARD: "A silent source sent something, or its token was revoked or "
    "expired: then nobody waits for it any longer.",
    Notice.QUARANTINE_GROWN: "`coverage.quarantine_grown_at` bodies that nobody could read wait in "
    "quarantine, or twice as many as when it was last told.",
    Notice.DELIVERY_GIVEN_UP: "A notification reached nobody until `give_up_after`. No rule names "
    "it: each with `digest` tells of it, in its next digest.",
}


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(notice) for notice in Notice)


def _row(notice: Notice) -> str:
    names = (event.name for event, told in NOTICES.items() if told is notice)
    events = ", ".join(f"[`{name}`](events.md#{name.replace('.', '')})" for name in names)
    keys = ", ".join(f"`{key}`" for key in narrowed_by(notice)) or "nothing"
    escalates = "yes" if notice in ESCALATES else "no"
    cells = (f"`{notice}`", WHEN[notice], events, keys, _quiet(notice), escalates)
    return f"| {' | '.join(cells)} |\n"


def _quiet(notice: Notice) -> str:
    if notice in OF_INCIDENTS:
        return "hold it back, unless it is urgent"
    return "do not" if notice in ALWAYS_URGENT else "hold it back"
