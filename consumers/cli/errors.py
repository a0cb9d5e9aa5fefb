"""What people are told when a command fails, and the exit status it has."""

import sys
from collections.abc import Sequence

from ledger.errors import Invalid, LedgerError, SettingsError

DONE, REFUSED, WRONG = 0, 1, 2
"""Exit statuses: done; refused, or verification failed; wrong usage, settings or input file."""


def status_of(error: LedgerError) -> int:
    """Wrong values and settings are 2; everything that was understood and refused is 1."""
    return WRONG if isinstance(error, (SettingsError, Invalid)) else REFUSED


def told(error: LedgerError) -> str:
    """What was refused, each wrong value in a line of its own, the rule and the remedy."""
    if not isinstance(error, Invalid):
        return str(error)
    values = [
        f"  {field}: {fault}" if field else f"  {fault}"
        for field, fault in error.errors
        if fault not in error.message
    ]
    if not values:
        return str(error)
    return "\n".join(part for part in (error.message, *values, error.remedy) if part)


def ended(error: Exception, tokens: Sequence[str]) -> int:
    """Tells people of an error on stderr; returns the exit status."""
    if isinstance(error, LedgerError):
        say(told(error))
        return status_of(error)
    from cyclopts import CycloptsError

    if isinstance(error, CycloptsError):
        say(usage(error, tokens))
        return WRONG
    import logging

    logging.getLogger(__name__).debug("command_failed", exc_info=error)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    if isinstance(error, OSError):
        say(f"{what}. Nothing more is known; look at the file or device that it names.")
        return REFUSED
    say(f"This is a fault of airledger itself: {what}. Run it again with --log-level debug.")
    return REFUSED


def usage(error: Exception, tokens: Sequence[str]) -> str:
    """A usage error as a sentence, and where the right usage is told."""
    from cyclopts import MissingArgumentError

    chain = getattr(error, "command_chain", None) or ()
    remedy = f"See {' '.join(('airledger', *chain))} --help."
    hyphened = any(token.startswith("-") and not token.startswith("--") for token in tokens)
    if isinstance(error, MissingArgumentError) and hyphened:
        remedy = f"A value that begins with - is written --option=-value. {remedy}"
    return f"{str(error).strip()} {remedy}"


def say(text: str) -> None:
    """A sentence for people, on stderr."""
    print(f"airledger: {text}", file=sys.stderr)
