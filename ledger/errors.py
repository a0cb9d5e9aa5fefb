"""Every error the ledger raises on purpose, under one root.

An error says what was refused, the rule, the value and the remedy. Transport status codes are no
business of this floor: the web layer and the command line map `code` to theirs.
"""

from collections.abc import Sequence


class LedgerError(Exception):
    """Root of all errors raised on purpose; `code` is stable and safe to match on."""

    code = "ledger_error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class Refused(LedgerError):
    """A rule of the domain refused a command; `rule` names it."""

    code = "refused"

    def __init__(self, rule: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.rule = rule

    def __str__(self) -> str:
        return f"{super().__str__()} (rule: {self.rule})"


class Forbidden(Refused):
    """Whoever asks may not: the scope is missing, or the role; `rule` names which."""

    code = "forbidden"


class NeverStorable(Refused):
    """The store takes everything else, and never this: a value is too long, or breaks a constraint.

    It is the fault of what was to be written alone: sent again it would be refused again.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            "never_storable",
            f"The store can never hold this: {why}.",
            remedy="Send it with shorter or other values.",
        )


class Invalid(LedgerError):
    """A value from outside has the wrong shape; `errors` lists (field path, what is wrong)."""

    code = "invalid"

    def __init__(
        self, message: str, *, errors: Sequence[tuple[str, str]] = (), remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.errors = tuple(errors)


class NotFound(LedgerError):
    """Nothing goes by that name or id."""

    code = "not_found"


class ContentChanged(LedgerError):
    """The content of evidence that was read is not what was filed: another digest, another size."""

    code = "content_changed"


class StaleVersion(LedgerError):
    """The caller named the version it saw, and the stream has moved on."""

    code = "stale_version"


class Conflict(LedgerError):
    """Another writer appended to one of the streams first; decide again."""

    code = "conflict"


class IdempotencyKeyReused(LedgerError):
    """The same key came with another body."""

    code = "idempotency_key_reused"


class Unavailable(LedgerError):
    """The store cannot do it now (full disk, lock, lost server); it may later."""

    code = "unavailable"


class Overloaded(Unavailable):
    """More is waiting to be committed than this process holds."""

    code = "overloaded"


class UnknownEvent(LedgerError):
    """A stored event has a type or version that this program does not know: a newer one wrote it.

    Until this program is upgraded it can decide nothing that depends on that event.
    """

    code = "unknown_event"


class EventTooLarge(LedgerError):
    """An event would exceed the 65,535 bytes that a log entry can hold (C2SP tlog-tiles)."""

    code = "event_too_large"


class Fork(LedgerError):
    """The store contradicts a checkpoint that was signed before: sealing on would fork the log."""

    code = "fork"


class SettingsError(LedgerError):
    """A setting, policy or input file is wrong."""

    code = "settings"


NOT_ITS_OWN = (Unavailable, UnknownEvent, StaleVersion, Fork)
"""Errors that say nothing about what was to be recorded, so that it is not quarantined for them:
the store cannot now, another has moved on, or this program is too old for what is stored."""
