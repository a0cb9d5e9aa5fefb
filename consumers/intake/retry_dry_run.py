"""What a retry of a quarantine entry would do now: decided as the retry would, and not recorded."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from consumers.intake.dry_run import DryRunCommand, DryRunner, DryRunSignal
from consumers.intake.parsing.cloudevent_commands import with_default_time
from consumers.intake.quarantine_retry import open_entry, reparsed, retry_context
from consumers.text_safety import without_marks
from ledger.errors import Refused
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart

TRIED_BYTES = 256 * 1024
"""Of a body; a page is not the place to parse the largest. Beyond it nothing is tried."""
TRIED_PARTS = 100
"""Signals and commands of a body."""


class RetryDryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a retry would do: `refused` says why it would be refused, `remedy` what to do then.

    `untried` says why nothing was tried. The signals and commands are those of the refused parts.
    """

    refused: str = ""
    remedy: str = ""
    untried: str = ""
    signals: tuple[DryRunSignal, ...] = ()
    commands: tuple[DryRunCommand, ...] = ()
    parts_refused: tuple[QuarantinePart, ...] = ()


def dry_run_retry(
    store: Store, entry: str, *, clock: Callable[[], datetime], new_id: Callable[[], str]
) -> RetryDryRun:
    """Runs the retry of an open entry and appends nothing. Raises NotFound. Blocking."""
    try:
        found = open_entry(store, entry)
        if found.size > TRIED_BYTES:
            return RetryDryRun(
                untried=f"The body has {found.size} bytes; up to {TRIED_BYTES} are tried here."
            )
        again = reparsed(store, found)
    except Refused as error:
        return RetryDryRun(refused=error.message, remedy=error.remedy)
    parsed = again.parsed
    if len(parsed.signals) + len(parsed.commands) > TRIED_PARTS:
        return RetryDryRun(
            untried=f"It has {len(parsed.signals) + len(parsed.commands)} signals and commands; up "
            f"to {TRIED_PARTS} are tried here."
        )
    context = retry_context(found, again)
    runner = DryRunner(store, again.source, again.scope, context, clock=clock, new_id=new_id)
    runner.run(
        msgspec.structs.replace(
            parsed,
            commands=tuple(
                msgspec.structs.replace(each, command=with_default_time(each.command, context.at))
                for each in parsed.commands
            ),
        )
    )
    return without_marks(
        RetryDryRun(
            signals=tuple(runner.signals),
            commands=tuple(runner.commands),
            parts_refused=tuple(runner.refused),
        )
    )
