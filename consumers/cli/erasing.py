"""`airledger erase`: a person, or one text, becomes unreadable."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import DONE, REFUSED
from consumers.cli.printing import (
    format_time,
    print_items,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.register import choice
from consumers.cli.session import Json, SessionArg
from ledger.vocabulary import ErasureReason

app = App(name="erase", help="Make a person, or one text, unreadable for good.")


@app.default
def erase(
    *,
    person: Annotated[
        str | None,
        Parameter(help="All that this person wrote, and the name: NAME or person/<uuid>."),
    ] = None,
    text: Annotated[str | None, Parameter(help="One text, by its id.")] = None,
    incident: Annotated[
        str | None, Parameter(help="All texts of one incident, with those of its alerts.")
    ] = None,
    alert: Annotated[
        str | None,
        Parameter(help="All texts of one alert, by its id (airledger alerts --json)."),
    ] = None,
    evidence: Annotated[
        str | None,
        Parameter(help="The content and all texts of one piece of evidence; its digest stays."),
    ] = None,
    reason: Annotated[ErasureReason, choice("Why: a code, for words would stay.")],
    json: Json = False,
    session: SessionArg,
) -> int:
    """Make texts unreadable everywhere, and a person's name. This cannot be undone.

    The events stay, with their commitments, so every proof holds. Where the policy asks for two
    people, the second sends the same.
    """
    from consumers.commands.erasing import Erasure

    for option, given in (
        ("--person", person),
        ("--text", text),
        ("--incident", incident),
        ("--alert", alert),
        ("--evidence", evidence),
    ):
        if given is not None:
            require_text(option, given)
    body = Erasure(
        person=person, text=text, incident=incident, alert=alert, evidence=evidence, reason=reason
    )
    with session.open_client(write=True) as client:
        recorded = client.erase(body)
    if json:
        print_json(recorded)
        return DONE
    if not recorded.done:
        print_line(
            "Proposed: a second person has to erase it as well."
            if recorded.recorded
            else "You proposed it already: a second person has to erase it as well."
        )
    elif not recorded.recorded:
        print_line("Nothing to do: nothing of it is left.")
    else:
        print_line("Erased.")
        if not recorded.scrubbed:
            print_line(
                "Its bytes may still lie in the database's files: see airledger erase verify."
            )
    return DONE


@app.command
def due(*, json: Json = False, session: SessionArg) -> None:
    """Incidents that ended longer ago than the policy keeps their texts; a person erases them."""
    from consumers.client.queries import DUE_ERASURES

    with session.open_client() as client:
        found = client.items(DUE_ERASURES, {}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("No incident is due: see retention.incidents of the policy.")
        return
    print_table(
        ("Incident", "System", "Status", "Ended (UTC)", "Texts"),
        (
            (each.reference, each.system, each.status, format_time(each.ended_at), str(each.texts))
            for each in found
        ),
    )
    print_note("To erase one: airledger erase --incident REF --reason retention")


@app.command
def verify(
    *,
    look_for: Annotated[
        str | None, Parameter(help="Also search the files of this host for these words.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Look for what remains of everything that was erased.

    Exit status 1 where anything does.
    """
    from consumers.maintenance.remains import remains

    with session.open_read() as ledger:
        found = remains(ledger, look_for)
    if json:
        print_json(found)
    else:
        print_table(
            ("What", "Looked at", "Remains"),
            ((each.what, str(each.looked_at), ", ".join(each.remains)) for each in found),
        )
    return REFUSED if any(each.remains for each in found) else DONE
