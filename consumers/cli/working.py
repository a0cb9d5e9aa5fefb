"""What every command on an incident shares: its options, running it, and what people are told."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.bodies import body
from consumers.cli.printing import document, line, when
from consumers.cli.register import next_step
from consumers.cli.session import Acting, Session
from ledger.vocabulary import RcaState, Status

if TYPE_CHECKING:
    from consumers.commanding import Commands
    from consumers.reporting.incidents import IncidentView
    from ledger.execute import Outcome

Ref = Annotated[str, Parameter(help="The incident: INC-<n> or its id.")]
At = Annotated[
    str | None,
    Parameter(help="When it happened, with offset or Z (2026-11-23T09:30:00Z); absent, now."),
]
Reason = Annotated[str, Parameter(help="Why, for those who read the record.")]


def run(
    session: Session, ref: str, name: str, fields: dict[str, Any], done: str, *, json: bool
) -> None:
    """Runs the command of this name (its HTTP route's) and says that it is `done`."""
    from ledger.domain.incident.commands import BY_NAME

    command = body(BY_NAME[name], fields)
    with session.acting() as acting:
        outcome = commands(acting).command(acting.caller, ref, command)
        view = after(acting, outcome)
    tell(view, outcome, done, json=json)


def commands(acting: Acting) -> "Commands":
    """What runs commands on this ledger."""
    from consumers.commanding import Commands
    from consumers.runtime import new_id

    ledger = acting.ledger
    return Commands(ledger.store, ledger.executor, clock=ledger.now, new_id=new_id)


def after(acting: Acting, outcome: "Outcome") -> "IncidentView":
    """The incident as the command left it."""
    from uuid import UUID

    from consumers.reporting.incidents import after_command

    return after_command(acting.ledger, outcome.incident or UUID(int=0))


def tell(view: "IncidentView", outcome: "Outcome", done: str, *, json: bool) -> None:
    """What came of it, and what is next."""
    if json:
        document(view)
        return
    what = done if outcome.events else "nothing to do, it was so already"
    line(f"{view.reference}: {what}.")
    if view.status == Status.OPEN:
        state = RcaState(view.rca.state).label.lower()
        line(f"Next step: {next_step(view)}. RCA {state}, due {when(view.rca.due_at)} UTC.")
