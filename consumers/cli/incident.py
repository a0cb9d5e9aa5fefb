"""One incident: `airledger incident show`, `timeline` and its commands."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.listing import FormatOption, Output, listed
from consumers.cli.printing import (
    format_time,
    label,
    moment,
    print_fields,
    print_json,
    print_line,
    print_table,
)
from consumers.cli.records import print_context, print_records
from consumers.cli.register import next_step, status_of
from consumers.cli.reports import print_alerts
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import add_commands, command_words, print_timeline
from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import Impact, RcaMark, RcaState, Severity, Status, StepState

if TYPE_CHECKING:
    from consumers.client.protocol import Client
    from consumers.read_service.incident_views import IncidentDetail, IncidentView
    from consumers.read_service.marks import WithdrawnMark
    from consumers.read_service.reports import ReportView

ALERTS_SHOWN = 20
"""So many of an incident's alerts are shown with it."""
Ref = Annotated[str, Parameter(help="The incident: INC-<n> or its id.")]

app = App(name="incident", help="Show, report and work on one incident; REF is INC-<n> or an id.")


def _next(view: "IncidentView | ReportView") -> None:
    from consumers.read_service.reports import ReportView

    if isinstance(view, ReportView):
        print_line(f"What becomes of it: airledger reports {view.reference}")
    elif view.status == Status.OPEN:
        state = RcaState(view.rca.state).label.lower()
        print_line(f"Next step: {next_step(view)}. RCA {state}, due {moment(view.rca.due_at)}.")


add_commands(app, INCIDENT, _next)

_STREAM = re.compile(r"incident/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@app.command
def show(ref: Ref, *, json: Json = False, session: SessionArg) -> None:
    """One incident: its state, its steps and the next step; its alerts and its timeline."""
    from consumers.client.queries import ALERTS, ONE_INCIDENT, timeline_of

    with session.open_client() as client:
        view = client.view(ONE_INCIDENT, ref)
        if json:
            print_json(view)
            return
        alerts = client.items(ALERTS, {"incident": view.id}, limit=ALERTS_SHOWN)
        entries = client.items(timeline_of(INCIDENT, view.id), {}).items
        with_references = _reference_replacer(client)
        _print(view, with_references)
        if alerts.items:
            print_line("\nAlerts")
            print_alerts(alerts.items)
        if alerts.next is not None:
            print_line(f"There are more: airledger alerts --incident {view.reference}")
        print_line("\nTimeline")
        print_timeline(entries, with_references)


@app.command
def timeline(
    ref: Ref, *, form: FormatOption = None, json: Json = False, session: SessionArg
) -> None:
    """Every event of an incident, in log order, with who did it."""
    from consumers.client.queries import timeline_of

    with session.open_client() as client:
        entries = listed(
            session, client, timeline_of(INCIDENT, ref), {}, Output(form=form, json=json)
        )
        if entries is None:
            return
        print_timeline(entries, _reference_replacer(client))


def _reference_replacer(client: "Client") -> Callable[[str], str]:
    """A function that replaces the ids of incidents in a text by their references."""

    def found(match: re.Match[str]) -> str:
        return client.references_of([match[1]]).get(match[1], match[0])

    return lambda text: _STREAM.sub(found, text)


def _print(view: "IncidentDetail", with_references: Callable[[str], str]) -> None:
    from consumers.read_service.rca_words import rca_sentences

    merged = with_references(f"incident/{view.merged_into}") if view.merged_into else None
    print_fields(
        (
            ("Incident", f"{view.reference}  {view.title}"),
            ("System", view.system),
            ("Status", status_of(view)),
            ("Merged into", merged),
            ("Severity", label(view.severity, Severity)),
            ("Category", view.category_label or "-"),
            ("And", view.secondary_category_label),
            ("Impact", _impact(view)),
            (
                "Began",
                None if view.started_at == view.detected_at else format_time(view.started_at),
            ),
            (
                "Detected",
                f"{moment(view.detected_at)}, recorded {format_time(view.recorded_at)}",
            ),
            ("RCA", f"{RcaState(view.rca.state).label}, due {moment(view.rca.due_at)}"),
            ("", "\n".join(rca_sentences(view.rca, moment)) or None),
            ("Withdrawn", "\n".join(map(_withdrawn, view.rca.withdrawn)) or None),
            ("Owner", view.owner or "-"),
            ("Restricted", _restricted(view)),
            ("Counted in", view.month if view.counts else f"{view.month}: does not count"),
            ("Source", view.source),
            ("External id", view.external_id),
            ("Alerts", view.alerts_linked or None),
            ("Description", view.description or None),
            ("System did", view.system_action or None),
            ("Id", view.id),
        )
    )
    print_table(
        ("Step", "State", "At (UTC)", "By"),
        (
            (step.label, StepState(step.state).label, format_time(step.at), step.by)
            for step in view.steps.values()
        ),
    )
    print_records(view, with_references)
    print_context(view)
    if view.status == Status.OPEN:
        from consumers.read_service.due_command import due_command

        name = due_command(view) or "close"
        command = command_words(INCIDENT, name)
        named = f"{view.reference} {view.next_step}" if name == "step" else view.reference
        print_line(f"Next step: {next_step(view)} (airledger incident {command} {named} ...)")


def _withdrawn(mark: "WithdrawnMark") -> str:
    return (
        f"the mark {RcaMark(mark.mark).label.lower()} of the RCA due "
        f"{moment(mark.due_at)}, on {format_time(mark.withdrawn_at)}"
    )


def _restricted(view: "IncidentView") -> str | None:
    """Who reads it; None where everybody does."""
    if view.withheld:
        return "its texts and timeline are withheld from you"
    return "only the roles that the policy names read it" if view.restricted else None


def _impact(view: "IncidentView") -> str:
    """The impact, since when, and how many alerts still fire."""
    text = Impact(view.impact).label
    if view.impact is Impact.UNKNOWN:
        text += f" since {moment(view.impact_unknown_since)}, when its alert was last heard of"
    elif view.impact_ended_at is not None:
        text += f" {moment(view.impact_ended_at)}"
    if view.alerts_firing and (view.impact is Impact.ENDED or view.status != Status.OPEN):
        text += f"; {view.alerts_firing} of its alerts still fire"
    return text
