"""A release's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.release import events as e
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.ReleaseEvent) -> str:
    """What happened, for people."""
    match event:
        case e.ReleaseProposed():
            return _proposed(event)
        case e.ReleaseAmended():
            given = (name for name, value in asdict(event).items() if value is not UNSET)
            fields = ", ".join(sorted(set(given) - {"at", "reason"})).replace("_", " ")
            return f"Amended ({fields}): {plain_text(event.reason)}"
        case e.ReleaseEvidenceAttached():
            return f"Evidence {event.evidence} attached for {event.requirement}"
        case e.ReleaseEvidenceDetached():
            why = plain_text(event.reason)
            return f"Evidence {event.evidence} detached from {event.requirement}: {why}"
        case e.RequirementWaived():
            return (
                f"{event.requirement} waived as {event.role} until {time_text(event.until)}: "
                f"{plain_text(event.reason)}. Control: {plain_text(event.control)}"
            )
        case e.RequirementExcluded():
            why = plain_text(event.reason)
            return f"{event.requirement} does not apply, approved as {event.role}: {why}"
        case e.ReleaseSignedOff():
            said = f": {plain_text(event.statement)}" if event.statement else ""
            return f"Signed off as {event.role}, digest {event.subject_digest[:12]}{said}"
        case e.ReleaseSignOffWithdrawn():
            return f"Sign-off as {event.role} withdrawn: {plain_text(event.reason)}"
        case e.ReleaseDecided():
            return _decided(event)
        case _:
            return _ran(event)


def _ran(
    event: e.ReleaseDeployed
    | e.ReleaseUndeployed
    | e.ReleaseRolledBack
    | e.ReleaseNonconforming
    | e.ReleaseConforming
    | e.ReleaseUndecidedLate
    | e.ReleaseRetired,
) -> str:
    match event:
        case e.ReleaseDeployed():
            return _deployed(event)
        case e.ReleaseUndeployed():
            by = f", replaced by {event.replaced_by}" if event.replaced_by else ""
            why = f": {plain_text(event.reason)}" if event.reason else ""
            return f"Runs no more{by}{why}"
        case e.ReleaseRolledBack():
            to = f" to {event.to}" if event.to else ""
            incident = f" for incident/{event.incident}" if event.incident else ""
            why = f": {plain_text(event.reason)}" if event.reason else ""
            return f"Rolled back{to}{incident}{why}"
        case e.ReleaseNonconforming():
            verdict = event.verdict.label.lower()
            return f"Nonconforming: {event.requirement} is {verdict}. {event.reason}"
        case e.ReleaseConforming():
            return f"Conforming again: {event.requirement}"
        case e.ReleaseUndecidedLate():
            return "Not decided in time: an emergency release runs without a decision"
        case e.ReleaseRetired():
            return f"Retired: {plain_text(event.reason)}"
        case _:
            assert_never(event)


def _proposed(event: e.ReleaseProposed) -> str:
    replaces = f", in place of {event.replaces}" if event.replaces else ""
    incident = f", for incident/{event.incident}" if event.incident else ""
    said = f": {plain_text(event.summary)}" if event.summary else ""
    return (
        f"{event.version} of {event.system} proposed for {event.environment} "
        f"(class {event.change_class}, {len(event.artefacts)} artefacts){replaces}{incident}{said}"
    )


def _decided(event: e.ReleaseDecided) -> str:
    role = f" as {event.role}" if event.role else ""
    why = f": {plain_text(event.reason)}" if event.reason else ""
    passed = sum(each.verdict.passes for each in event.requirements)
    conditions = "; ".join(map(plain_text, event.conditions))
    by = f", for {event.owner}" if event.owner else ""
    until = f", until {time_text(event.due)}" if event.due else ""
    on = f". Conditions{by}{until}: {conditions}" if conditions else ""
    return (
        f"Decided{role}: {event.decision.label.lower()}, {passed} of {len(event.requirements)} "
        f"requirements passed{why}{on}"
    )


def _deployed(event: e.ReleaseDeployed) -> str:
    share = f", {event.traffic:g} % of the traffic" if event.traffic is not UNSET else ""
    if event.approved:
        said = ""
    elif event.gated:
        said = f", unapproved. {event.why or ''}"
    else:
        said = f", without a decision. {event.why or ''}"
    until = f", to be decided until {time_text(event.decide_by)}" if event.decide_by else ""
    mode = event.mode.label.lower()
    return f"{event.version} deployed to {event.environment} ({mode}{share}){until}{said}"
