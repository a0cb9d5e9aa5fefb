"""Error messages and exit statuses of commands."""

import sys
from collections.abc import Sequence

from ledger.errors import Invalid, LedgerError, SettingsError

DONE, REFUSED, WRONG, UNSEALED = 0, 1, 2, 4
"""Exit statuses: done; refused, or verification failed; wrong usage, settings or input file;
recorded, and not sealed and readable yet."""
NO_ANSWER = 3
"""The exit status of `release check` for whatever is no answer: wrong usage, an unknown release, no
network, an error of the program. 1 and 2 are answers there: no-go and undecided."""


def status_of(error: LedgerError) -> int:
    """2 for wrong values and settings; 1 for every other refusal."""
    return WRONG if isinstance(error, (SettingsError, Invalid)) else REFUSED


def is_check(tokens: Sequence[str]) -> bool:
    """Whether the words of a command line are those of `release check`, however wrong the rest."""
    if "release" not in tokens:
        return False
    before = ""
    for word in tokens[tokens.index("release") :]:
        is_value = before.startswith("--") and "=" not in before
        if word == "check" or not (word.startswith("-") or word == "release" or is_value):
            return word == "check"
        before = word
    return False


def error_text(error: LedgerError) -> str:
    """The message, each wrong value on its own line, and the remedy."""
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


def report_error(error: Exception, tokens: Sequence[str]) -> int:
    """Reports an error on stderr; returns the exit status."""
    if isinstance(error, LedgerError):
        report(error_text(error))
        return status_of(error)
    from cyclopts import CycloptsError

    if isinstance(error, CycloptsError):
        report(usage_text(error, tokens))
        return WRONG
    import logging

    logging.getLogger(__name__).debug("command_failed", exc_info=error)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    if isinstance(error, OSError):
        report(f"{what}. Check the file or device that it names.")
        return REFUSED
    report(f"Internal error of airledger: {what}. Run it again with --log-level debug.")
    return REFUSED


def usage_text(error: Exception, tokens: Sequence[str]) -> str:
    """A usage error as a sentence, with the command that prints the usage."""
    from cyclopts import MissingArgumentError

    chain = getattr(error, "command_chain", None) or ()
    remedy = f"See {' '.join(('airledger', *chain))} --help."
    hyphened = any(token.startswith("-") and not token.startswith("--") for token in tokens)
    if isinstance(error, MissingArgumentError) and hyphened:
        remedy = f"A value that begins with - is written --option=-value. {remedy}"
    return f"{str(error).strip()} {remedy}"


def report(text: str) -> None:
    """Prints a sentence on stderr."""
    print(f"airledger: {text}", file=sys.stderr)
