"""The runbook's steps (section 7) as commands; their options are the fields of the HTTP bodies."""

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.bodies import body
from consumers.cli.register import one_of
from consumers.cli.session import Here, Json
from consumers.cli.working import At, Reason, Ref, after, commands, run, tell
from ledger.vocabulary import Category, RcaMark, Severity, Step

COMMAND_FOR = {
    Step.CONTAIN: "contain",
    Step.COMMUNICATE: "communicate",
    Step.CLASSIFY: "classify",
    Step.TICKET: "ticket",
    Step.NOTIFY_RISK_MANAGER: "notify",
    Step.ROLLBACK: "rollback execute",
    Step.RCA: "rca complete",
    Step.PLAYBOOK: "playbook",
}
"""The command that does a step."""

rollback = App(name="rollback", help="Request a rollback, and say how it went.")
rca = App(name="rca", help="Start and complete the root cause analysis; withdraw a wrong mark.")


def report(
    *,
    title: str,
    system: Annotated[str, Parameter(help="The AI system that it is about.")],
    detected_at: At = None,
    severity: Annotated[Severity | None, one_of("How bad it is.")] = None,
    description: str | None = None,
    source: Annotated[str | None, Parameter(help="Who or what noticed it.")] = None,
    external_id: Annotated[str | None, Parameter(help="Its id elsewhere.")] = None,
    impact_ended_at: Annotated[
        str | None, Parameter(help="When its impact ended; absent, it goes on.")
    ] = None,
    json: Json = False,
    session: Here,
) -> None:
    """Report an incident that a person or program saw."""
    from ledger.domain.incident.commands import Report

    fields = {
        "title": title,
        "system": system,
        "detected_at": detected_at,
        "severity": severity,
        "description": description,
        "source": source,
        "external_id": external_id,
        "impact_ended_at": impact_ended_at,
    }
    made = body(Report, fields)
    with session.acting() as acting:
        outcome = commands(acting).report(acting.caller, made)
        view = after(acting, outcome)
    tell(view, outcome, "reported", json=json)


def contain(
    ref: Ref,
    action: Annotated[str, Parameter(help="What was done to contain it.")],
    *,
    at: At = None,
    json: Json = False,
    session: Here,
) -> None:
    """It was contained: it can do no further harm."""
    run(session, ref, "contain", {"action": action, "at": at}, "contained", json=json)


def communicate(
    ref: Ref, *, audience: str, message: str, at: At = None, json: Json = False, session: Here
) -> None:
    """A message went to an audience."""
    fields = {"audience": audience, "message": message, "at": at}
    run(session, ref, "communicate", fields, "communicated", json=json)


def classify(
    ref: Ref,
    category: Annotated[Category, one_of("What kind of harm it is.")],
    severity: Annotated[Severity, one_of("How bad it is.")],
    *,
    reason: str | None = None,
    json: Json = False,
    session: Here,
) -> None:
    """It is of this category and severity; classifying again supersedes."""
    fields = {"category": category, "severity": severity, "reason": reason}
    run(session, ref, "classify", fields, "classified", json=json)


def ticket(ref: Ref, url: str, *, json: Json = False, session: Here) -> None:
    """A ticket was opened."""
    run(session, ref, "ticket", {"url": url}, "ticket recorded", json=json)


def notify(
    ref: Ref,
    channel: Annotated[str, Parameter(help="How they were told: mail, phone, ...")],
    *,
    receipt: Annotated[str | None, Parameter(help="What proves it.")] = None,
    at: At = None,
    json: Json = False,
    session: Here,
) -> None:
    """The Risk Manager was told."""
    fields = {"channel": channel, "receipt": receipt, "at": at}
    run(session, ref, "notify", fields, "Risk Manager notified", json=json)


@rollback.command
def request(
    ref: Ref, reason: Reason, *, target: str | None = None, json: Json = False, session: Here
) -> None:
    """A rollback is required; closing then waits for it."""
    fields = {"reason": reason, "target": target}
    run(session, ref, "rollback/request", fields, "rollback requested", json=json)


@rollback.command
def execute(ref: Ref, snapshot: str, *, at: At = None, json: Json = False, session: Here) -> None:
    """The rollback was executed."""
    run(
        session, ref, "rollback/execute", {"snapshot": snapshot, "at": at}, "rolled back", json=json
    )


@rollback.command
def fail(ref: Ref, snapshot: str, *, at: At = None, json: Json = False, session: Here) -> None:
    """The rollback failed."""
    fields = {"snapshot": snapshot, "at": at}
    run(session, ref, "rollback/fail", fields, "rollback failed", json=json)


@rca.command
def start(ref: Ref, *, json: Json = False, session: Here) -> None:
    """Work on the root cause begins."""
    run(session, ref, "rca/start", {}, "RCA started", json=json)


@rca.command
def complete(
    ref: Ref,
    *,
    summary: str,
    root_cause: str,
    actions: Annotated[
        list[str] | None,
        Parameter(
            name=("--actions", "--action"),
            negative="",
            consume_multiple=False,
            help="What will keep it from happening again; give it once for each.",
        ),
    ] = None,
    at: At = None,
    json: Json = False,
    session: Here,
) -> None:
    """The root cause is known."""
    fields = {"summary": summary, "root_cause": root_cause, "actions": actions, "at": at}
    run(session, ref, "rca/complete", fields, "RCA complete", json=json)


@rca.command
def withdraw(
    ref: Ref,
    *,
    mark: Annotated[RcaMark, one_of("The mark that was recorded wrongly.")],
    reason: Reason,
    due: Annotated[
        str | None, Parameter(help="The due time that the mark is of; absent, the one in force.")
    ] = None,
    json: Json = False,
    session: Here,
) -> None:
    """A mark was recorded wrongly, as by a clock that was wrong. One that is right stays."""
    fields = {"mark": mark, "reason": reason, "due": due}
    run(session, ref, "rca/withdraw", fields, "mark withdrawn", json=json)


def playbook(ref: Ref, playbook: str, change: str, *, json: Json = False, session: Here) -> None:
    """A playbook was updated with what was learned."""
    fields = {"playbook": playbook, "change": change}
    run(session, ref, "playbook/update", fields, "playbook updated", json=json)


COMMANDS: tuple[Callable[..., None], ...] = (
    report,
    contain,
    communicate,
    classify,
    ticket,
    notify,
    playbook,
)
