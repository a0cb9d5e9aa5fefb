"""The result of a verification, as `airledger verify` prints it."""

import msgspec

from ledger.transparency.audit import Audit
from ledger.transparency.keys import Verifier, to_base64


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a verification; `root` is base64, as in a checkpoint.

    `unsealed` counts events that are appended and not sealed yet; None if unknown. `ok` is of the
    log. `notes` list what could not be checked, `beside` the faults of the store beside a log that
    may be whole: tokens, positions, texts, damaged tables.
    """

    ok: bool
    origin: str
    vkey: str
    size: int
    root: str
    first_bad_index: int | None
    unsealed: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class ExtraFindings:
    """Findings in addition to the audit of the log itself."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.first_bad_index: int | None = None
        self.unsealed: int | None = None

    def add_problem(self, text: str, at: int | None = None) -> None:
        """Adds a problem, with its leaf index if known."""
        self.problems.append(text)
        if at is not None and (self.first_bad_index is None or at < self.first_bad_index):
            self.first_bad_index = at


def from_audit(audited: Audit, verifier: Verifier, extra: ExtraFindings | None = None) -> Verified:
    """The result of an audit, with the extra findings."""
    problems = (*audited.problems, *(extra.problems if extra else ()))
    bad = [audited.first_bad_index, extra.first_bad_index if extra else None]
    known = [index for index in bad if index is not None]
    return Verified(
        ok=not problems,
        origin=verifier.name,
        vkey=str(verifier),
        size=audited.size,
        root=to_base64(audited.root),
        first_bad_index=min(known) if known else None,
        unsealed=extra.unsealed if extra else None,
        problems=problems,
        notes=tuple(extra.notes) if extra else (),
        beside=tuple(extra.faults) if extra else (),
    )
