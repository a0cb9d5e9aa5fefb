"""`airledger store init`: tables, roles and rights on PostgreSQL. `store repair`: restores missing
events of a store that was restored from an older copy.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from msgspec import UNSET

from consumers.cli.errors import DONE, REFUSED, report
from consumers.cli.files import read_errors, read_file
from consumers.cli.printing import print_fields, print_json, print_line, progress
from consumers.cli.session import Json, SessionArg
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from consumers.maintenance.repair import Repaired
    from consumers.maintenance.text_repair import TextsRepaired
    from ledger.settings import Settings
    from ledger.store.migrations import Migration

app = App(name="store", help="Tables and rights on PostgreSQL; repair of a restored store.")


@app.command
def init(
    *,
    owner_url: Annotated[
        str | None,
        Parameter(
            help="postgresql://..., as the user that is to own the tables; store.url by default."
        ),
    ] = None,
    views: Annotated[
        bool,
        Parameter(
            negative=(),
            show_default=False,
            help="Create only the schema of read models, for views.url with a separate database.",
        ),
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Create or migrate the tables, roles and rights of a ledger in a PostgreSQL database.

    In an empty database it creates them; later it applies the migrations that a newer version
    needs, and lists them. Safe to run again, and beside programs of the previous version. Nothing
    else creates a ledger's tables; programs create the tables of the read models that they fill, in
    the schema that this command creates.
    """
    from ledger.settings import masked

    url = owner_url or _url_of(session.settings(), views=views)
    where = str(masked(url))
    if views:
        _print_views(where, new=_create_views(url), json=json)
    else:
        _print_tables(where, _create_tables(url), json=json)


def _print_views(where: str, *, new: bool, json: bool) -> None:
    if json:
        print_json({"created": new})
        return
    print_line(f"The schema of read models {'was created' if new else 'exists'} in {where}.")
    if new:
        print_line("Next: grant its roles to the users that programs log in as.")


def _print_tables(where: str, applied: "Sequence[Migration]", *, json: bool) -> None:
    from ledger.store.postgres.schema import MIGRATIONS, SCHEMA_VERSION

    new = tuple(applied) == MIGRATIONS
    if json:
        steps = [{"version": each.number, "name": each.name} for each in applied]
        print_json({"created": new, "version": SCHEMA_VERSION, "applied": steps})
        return
    print_line(f"The ledger's tables {'were created' if new else 'exist'} in {where}.")
    for each in applied:
        print_line(f"Applied schema version {each.number}: {each.name}.")
    if new:
        print_line(
            "Next: grant its roles to the users that programs log in as; airledger log init."
        )
    elif applied:
        print_line("Next: restart the programs with this version, one after the other.")
    else:
        print_line(f"The schema version is {SCHEMA_VERSION}; there was nothing to apply.")


def _url_of(settings: "Settings", *, views: bool) -> str:
    """The database that the settings name. Raises SettingsError for a file."""
    key, url, what = (
        ("views.url", settings.views.url, "read models there need")
        if views
        else ("store.url", settings.store.url, "an embedded ledger needs")
    )
    if settings.views_embedded if views else settings.embedded:
        raise SettingsError(
            f"{key} is {url!r}, a file: {what} no init.",
            remedy=f"Set {key} to postgresql://..., or give --owner-url.",
        )
    return url


def _create_tables(url: str) -> "tuple[Migration, ...]":
    from ledger.store.postgres import initialise
    from projections.engine.postgres.schema import statements

    return initialise(url, statements())


def _create_views(url: str) -> bool:
    from projections.engine.postgres.init import initialise_views

    return initialise_views(url)


@app.command
def repair(
    file: Annotated[
        Path | None,
        Parameter(
            help="Stored events, one a line, as airledger replay prints them; - is stdin.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    *,
    texts: Annotated[
        Path | None,
        Parameter(
            help="Texts beside the log, one a line, as airledger replay --texts writes them; - is "
            "stdin.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        Parameter(help="File with a signed checkpoint of this log, kept elsewhere."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Restore the missing events of a store that was restored from an older copy, and seal them.

    The lines start at or before the first missing event. Nothing is written before they are
    verified: with them the log must have the root of the checkpoint stored with the signing key.
    Lines after that are left out. With --texts it restores the texts beside the log that are
    missing: each must be what its event commits to, and one that an event erased stays erased. Exit
    status 1 if some were refused. After an interruption, run it again. Stop all writers first.
    """
    if file is None and texts is None:
        raise SettingsError(
            "There is nothing to repair with.", remedy="Give FILE, --texts, or both."
        )
    if file is not None and texts is not None and str(file) == str(texts) == "-":
        raise SettingsError("Standard input can be read once.", remedy="Name a file for one.")
    from consumers.maintenance.repair import repair

    settings = session.settings()
    settings.require_supported()
    outside = read_file(checkpoint) if checkpoint else None
    with ExitStack() as files:
        lines = files.enter_context(_lines(file)) if file is not None else BytesIO()
        given = files.enter_context(_lines(texts)) if texts is not None else None
        step = files.enter_context(progress("Repairing"))
        repaired = repair(settings, lines, outside, step, given)
    if json:
        print_json(repaired)
    else:
        _print_repair(repaired)
    if repaired.texts is UNSET or not repaired.texts.refused:
        return DONE
    report(f"{repaired.texts.refused} texts were not put back. {repaired.texts.problems[0]}")
    return REFUSED


def _print_repair(repaired: "Repaired") -> None:
    put_back = repaired.put_back
    print_line(
        f"{put_back} events are back, from leaf {repaired.first} on." if put_back else "Whole."
    )
    print_fields(
        (
            ("Log", repaired.origin),
            ("Sealed events", repaired.size),
            ("Root", repaired.root),
            ("Lines in place before", repaired.in_place),
            ("Lines left out", repaired.left_out),
            *(_text_fields(repaired.texts) if repaired.texts is not UNSET else ()),
        )
    )
    if repaired.left_out:
        print_line(
            "The lines left out are behind all that is known to be signed: nothing proves them."
        )
    if put_back:
        texts = ", texts beside the log (--texts)" if repaired.texts is UNSET else ""
        print_line(
            f"Not back: tokens, names, quarantine and idempotency keys{texts} since the copy was"
        )
        print_line("made. See docs/how-to/back-up-and-restore.md.")


def _text_fields(texts: "TextsRepaired") -> Iterator[tuple[str, object]]:
    yield "Texts restored", texts.put_back
    yield "Texts in place before", texts.in_place
    yield "Texts erased", texts.erased
    yield "Texts refused", texts.refused
    for problem in texts.problems:
        yield "Refused", problem


@contextmanager
def _lines(file: Path) -> Iterator[IO[bytes]]:
    """A file that can be read twice: what streams by is written down first."""
    with ExitStack() as stack:
        with read_errors(file):
            given = sys.stdin.buffer if str(file) == "-" else stack.enter_context(file.open("rb"))
            if given is sys.stdin.buffer or not given.seekable():
                spooled = stack.enter_context(TemporaryFile())
                shutil.copyfileobj(given, spooled)
                spooled.seek(0)
                given = spooled
        yield given
