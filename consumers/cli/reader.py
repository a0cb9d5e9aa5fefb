"""`airledger reader`: the servers that measurements are read from; `airledger readings`."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.errors import DONE, REFUSED
from consumers.cli.lists import list_command
from consumers.cli.printing import format_time, print_items, print_note, print_table
from consumers.cli.session import Json, SessionArg
from ledger.errors import NotFound
from projections.readings import READINGS

app = App(
    name="reader",
    help="Servers that measurements are read from: what they are asked by the policy in force.",
)
if READINGS.listing is not None:
    readings = list_command(READINGS, READINGS.listing)


@app.command(name="list")
def list_(*, json: Json = False, session: SessionArg) -> None:
    """What each server is asked for by the policy in force, and until when it was.

    A reader that the settings of this host lack is asked by no process with the same settings.
    """
    from consumers.readers.listing import asked_questions

    with session.open_read(views=False) as ledger:
        found = asked_questions(ledger.store, session.settings().readers)
    if json:
        print_items(found)
        return
    if not found:
        print_note("The policy in force asks no reader.")
        return
    print_table(
        ("Reader", "Address", "Objective", "System", "Every", "Asked until (UTC)", "State"),
        (
            (
                each.reader,
                each.url or "not in these settings",
                each.objective,
                each.system,
                f"{each.interval_seconds} s",
                format_time(each.asked_until),
                each.state,
            )
            for each in found
        ),
        fold="Address",
    )


@app.command
def ask(
    reader: Annotated[str, Parameter(help="Its name, as readers of the settings has it.")],
    *,
    at: Annotated[
        str | None,
        Parameter(help="Ask for the interval that ended last before this time; now by default."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Ask a server what the policy in force says, and print what would be recorded.

    Nothing is recorded. Exit status 1 where the server cannot be reached, or has no data.
    """
    from consumers.container.ledger import now
    from consumers.readers.listing import trial

    settings = session.settings()
    found = {each.name: each for each in settings.readers}
    if reader not in found:
        raise NotFound(
            f"The settings have no reader {reader!r}.",
            remedy=f"They have {', '.join(sorted(found)) or 'none'}: see readers.",
        )
    when = now() if at is None else session.times().parse("--at", at)
    with session.open_read(views=False) as ledger:
        answers = trial(ledger.store, found[reader], when)
    if json:
        print_items(answers)
    elif not answers:
        print_note(f"The policy in force asks nothing of {reader}.")
    else:
        print_table(
            ("Objective", "System", "Until (UTC)", "Value", "Samples", "Segment", "Said"),
            (
                (
                    each.objective,
                    each.system,
                    format_time(each.until),
                    "-" if each.value is None else f"{each.value:g} {each.unit}",
                    "-" if each.n is None else each.n,
                    ", ".join(f"{name}={value}" for name, value in each.segment.items()) or "-",
                    each.said or "-",
                )
                for each in answers
            ),
            fold="Said",
        )
    return DONE if answers and all(each.value is not None for each in answers) else REFUSED
