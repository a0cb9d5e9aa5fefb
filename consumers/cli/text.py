"""`airledger text`: texts beside the log, each with the events that name it."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import DONE, REFUSED, report
from consumers.cli.files import read_errors
from consumers.cli.printing import print_fields, print_json, print_line, progress
from consumers.cli.session import Json, Session, SessionArg
from consumers.text_safety import escape_controls
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from consumers.client.protocol import Client
    from consumers.maintenance.text_check import Checked
    from consumers.read_service.kept_texts import KeptText

app = App(name="text", help="Texts beside the log, which can be erased.")

EVENTS_PER_CHUNK = 1_000


@app.command
def show(
    text: Annotated[str, Parameter(name="ID", help="The id that an event names in its place.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> int:
    """A text with its stream and author, and whether it is the one that was recorded.

    On a server it needs a token of scope audit. Exit status 1 if it is missing or another one.
    """
    from consumers.read_service.kept_texts import TextState, require_text_id

    require_text("ID", text)
    require_text_id("ID", text)
    with session.open_client(views=False) as client:
        [found] = client.texts([text])
        matches = _matches(client, found) if found.state is TextState.READABLE else None
    status = DONE if matches or found.state is TextState.ERASED else REFUSED
    if json:
        print_json({"text": found, "matches": matches})
        return status
    print_fields(
        (
            ("Text", found.id),
            ("State", found.state.value),
            ("Stream", found.stream),
            ("Author", found.author),
            ("Commitment", None if matches is None else _VERDICTS[matches]),
        )
    )
    if found.content is not None:
        print(f"\n{escape_controls(found.content)}")
    return status


_VERDICTS = {
    True: "matches: this is the text that was recorded",
    False: "DOES NOT MATCH: this is not the text that was recorded",
}


def _matches(client: "Client", found: "KeptText") -> bool:
    """Whether the events of its stream name it, and commit to what it says."""
    from consumers.maintenance.named_texts import texts_of
    from consumers.maintenance.side_texts import matches
    from consumers.read_service.events import Selection

    row = found.row()
    commitments = {
        each.commitment
        for chunk in client.events(Selection(subject=found.stream))
        for stored in chunk
        for each in texts_of(stored, 0)
        if each.text == found.id
    }
    return row is not None and bool(commitments) and all(matches(row, of) for of in commitments)


@app.command
def check(
    file: Annotated[
        Path,
        Parameter(
            help="Texts, one a line, as airledger replay --texts writes them; - is stdin.",
            allow_leading_hyphen=True,
        ),
    ],
    *,
    events: Annotated[
        Path | None,
        Parameter(help="Stored events of the log, one a line; in place of the ledger's own."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Check texts against the commitments of the events that name them.

    With --events it needs no ledger and no server: verify the events themselves with airledger
    verify, or with another program. Exit status 1 if a text is not the one that was recorded, is
    named by no event, or is empty or readable in spite of what the events say.
    """
    from consumers.maintenance.text_check import check_texts

    with ExitStack() as stack:
        lines = stack.enter_context(_opened(file))
        recorded = stack.enter_context(_recorded(session, events))
        step = stack.enter_context(progress("Checking"))
        checked = check_texts(lines, recorded, step)
    if json:
        print_json(checked)
    else:
        _print(checked)
    if not checked.faulty:
        return DONE
    report(f"{checked.faulty} texts are not as their events say. {checked.problems[0]}")
    return REFUSED


def _print(checked: "Checked") -> None:
    print_line("Every text is as its events say." if not checked.faulty else "NOT every text is.")
    print_fields(
        (
            ("As recorded", checked.matching),
            ("Erased", checked.erased),
            ("Other", checked.faulty),
            *(("Problem", problem) for problem in checked.problems),
        )
    )


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    with read_errors(file):
        opened = file.open("rb")
    with opened:
        yield opened


@contextmanager
def _recorded(session: Session, events: Path | None) -> Iterator[Iterable[Iterable[bytes]]]:
    """The events of a file, some at a time, or the sealed ones of the ledger."""
    if events is None:
        from consumers.read_service.events import Selection

        with session.open_client(views=False) as client:
            yield client.events(Selection())
        return
    if str(events) == "-":
        raise SettingsError("--events names a file.", remedy="Give the texts on standard input.")
    from ledger.sealing.event_lines import events_in

    with _opened(events) as lines:
        found = (line.text for line in events_in(lines))
        yield iter(lambda: list(islice(found, EVENTS_PER_CHUNK)), [])
