"""What a verification found, as `airledger verify` prints it."""

import msgspec

from ledger.transparency.audit import Audit
from ledger.transparency.keys import Verifier, to_base64


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found; `root` is base64, as in a checkpoint.

    `unsealed` counts events that were appended and not sealed yet; None where that is not known.
    `ok` is of the log. `notes` tell what could not be checked, `beside` what is wrong in the store
    beside a log that may be whole: tokens, positions, damaged tables.
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
    """What is found beside the audit of the log itself."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.first_bad_index: int | None = None
        self.unsealed: int | None = None

    def problem(self, text: str, at: int | None = None) -> None:
        """Something wrong, at a leaf index where that is known."""
        self.problems.append(text)
        if at is not None and (self.first_bad_index is None or at < self.first_bad_index):
            self.first_bad_index = at


def of_audit(audited: Audit, verifier: Verifier, beside: ExtraFindings | None = None) -> Verified:
    """An audit's result, with what was found beside it."""
    problems = (*audited.problems, *(beside.problems if beside else ()))
    bad = [audited.first_bad_index, beside.first_bad_index if beside else None]
    known = [index for index in bad if index is not None]
    return Verified(
        ok=not problems,
        origin=verifier.name,
        vkey=str(verifier),
        size=audited.size,
        root=to_base64(audited.root),
        first_bad_index=min(known) if known else None,
        unsealed=beside.unsealed if beside else None,
        problems=problems,
        notes=tuple(beside.notes) if beside else (),
        beside=tuple(beside.faults) if beside else (),
    )
