"""`airledger source try`: shows what a body would become, without recording it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import DONE, REFUSED
from consumers.cli.files import read_file
from consumers.cli.printing import label, print_json, print_line, print_table
from consumers.cli.session import Json, SessionArg
from ledger.errors import Invalid
from ledger.vocabulary import Severity

if TYPE_CHECKING:
    from consumers.intake.dry_run import DryRun, DryRunSignal

_BECOMES = {
    "opens": "opens an incident",
    "joins": "joins",
    "ends": "ends its alert in",
    "recorded": "recorded, no incident",
    "repeat": "a repeat",
}


def try_source(
    name: Annotated[str, Parameter(help="The source; its kind says how the body is read.")],
    file: Annotated[
        str, Parameter(help="The body; - is standard input.", allow_leading_hyphen=True)
    ],
    *,
    header: Annotated[
        tuple[str, ...],
        Parameter(
            help="A header that it would come with, as 'ce-type: x'; again for more.",
            negative="",
            show_default=False,
        ),
    ] = (),
    json: Json = False,
    session: SessionArg,
) -> int:
    """Show what a body would become, and record nothing.

    Exit status 1 where something of it would go to quarantine."""
    from consumers.container.ledger import new_id
    from consumers.intake.dry_run import dry_run

    require_text("NAME", name)
    headers = dict(_header(each) for each in header)
    body = _body(file)
    with session.open_read(views=False) as ledger:
        result = dry_run(ledger.store, name, body, headers, clock=ledger.now, new_id=new_id)
    if json:
        print_json(result)
    else:
        _print(result)
    return REFUSED if result.quarantined else DONE


def _header(text: str) -> tuple[str, str]:
    require_text("--header", text)
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise Invalid(f"--header {text!r} is invalid.", remedy="Write it as 'ce-type: x'.")
    return name.strip().lower(), value.strip()


def _body(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    return read_file(Path(file), remedy="Name a readable file, or -.")


def _print(result: "DryRun") -> None:
    if result.signals:
        print_table(
            ("Alert", "Status", "Title", "System", "Severity", "Rule", "Becomes"),
            (
                (
                    signal.alert,
                    signal.status,
                    signal.title,
                    signal.system,
                    label(signal.severity, Severity),
                    signal.rule,
                    _becomes(signal),
                )
                for signal in result.signals
            ),
            fold="Title",
        )
        for signal in result.signals:
            labels = ", ".join(f"{name}={value!r}" for name, value in signal.labels.items())
            print_line(f"{signal.alert}: {labels}")
            for name, text in signal.unread.items():
                print_line(f"{signal.alert}: {name} {text!r} cannot be read and is ignored.")
    if result.commands:
        print_table(
            ("Command", "Subject", "Incident", "Allowed", "Becomes"),
            (
                (
                    command.type,
                    command.subject,
                    command.reference or command.incident,
                    "yes" if command.allowed else f"no, the source has {result.scope}",
                    command.becomes,
                )
                for command in result.commands
            ),
            fold="Subject",
        )
    for part in result.refused:
        print_line(f"To quarantine: {part.reason}")
    for reason in result.ignored:
        print_line(f"Ignored: {reason}")
    print_line(
        f"{result.received} received: {result.recorded} would be recorded, "
        f"{result.repeats} repeats, {result.quarantined} set aside. Nothing was recorded."
    )


def _becomes(signal: "DryRunSignal") -> str:
    words = _BECOMES[signal.becomes]
    if signal.becomes == "opens" or signal.incident is None:
        return words
    incident = signal.reference or "the incident opened above"
    return f"{words} ({incident})" if signal.becomes == "repeat" else f"{words} {incident}"
