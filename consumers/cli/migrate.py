"""`airledger migrate`: an embedded ledger moves to PostgreSQL."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.printing import print_fields, print_json, print_line, print_note, progress
from consumers.cli.session import Json, SessionArg
from ledger.errors import Fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from consumers.maintenance.migration import Migrated
    from ledger.settings import Settings


def migrate(
    *,
    source: Annotated[
        Path, Parameter(name="--from", help="The data directory of the ledger to migrate.")
    ],
    give_up: Annotated[
        bool, Parameter(negative="", help="Cancel a migration that has not completed.")
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Move an embedded ledger to PostgreSQL: same bytes, leaf indices, root and signing key.

    store.url and log.key_file name the destination; run airledger store init first, and no log
    init. From its first step on the old directory accepts no writes. Once the ledger arrived, it
    keeps its log and nothing that names or was written by people beside it. After an interruption
    at any point, run it again and it completes.
    """
    from consumers.container.ledger import now
    from consumers.maintenance.migration import Migration

    settings = session.settings()
    settings.require_supported()
    migration = Migration(source, settings, now)
    if give_up:
        taken_back = migration.give_up()
        if json:
            print_json({"given_up": taken_back})
        else:
            print_line(
                f"The ledger stays in {source}, and takes writes again."
                if taken_back
                else f"The ledger of {source} is not moving; nothing was changed."
            )
        return
    with progress("Moving") as step:
        check = partial(_check, source, migration.old, partial(step, "Verifying"))
        migrated = migration.run(step, check)
    if json:
        print_json(migrated)
    else:
        _print(migrated, source)


def _check(source: Path, old: "Settings", step: "Callable[[int, int], None]") -> None:
    """Raises Fork if the old ledger does not verify."""
    from consumers.cli.store_audit import audit_store

    found = audit_store(old, key=None, older=None, progress=step)
    if not found.ok:
        raise Fork(
            f"The ledger of {source} is not what was signed: {found.problems[0]}",
            remedy="Nothing was moved. Restore it first; see airledger verify.",
        )


def _print(migrated: "Migrated", source: Path) -> None:
    if migrated.already:
        print_line(f"The ledger of {source} moved to {migrated.to} already.")
    else:
        print_line(f"The ledger of {source} moved to {migrated.to}.")
    print_fields(
        (
            ("Log", migrated.origin),
            ("Events", migrated.events),
            ("Root", migrated.root),
            ("Signing key", migrated.key_file),
            *((name.replace("_", " "), count) for name, count in migrated.rows.items()),
        )
    )
    print_line(
        "Next: airledger verify, then airledger serve, with these settings; read models are filled"
    )
    print_line(f"from the ledger. {source} takes no write any more, and keeps its log alone: texts")
    print_line("beside it, names of people and the quarantine are in the new place.")
    if not migrated.scrubbed:
        print_note(
            f"Traces of them may be left in {source}: another program has it open, or its disk is "
            "full. Stop that program, and run this command again."
        )
