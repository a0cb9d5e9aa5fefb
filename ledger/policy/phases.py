"""What a phase of a system owes before it is left. Source: runbook section 2."""

from collections.abc import Iterator

from ledger.policy.evidence import EvidencePolicy
from ledger.policy.parts import Part, Slug
from ledger.policy.schema_errors import Fault, child
from ledger.vocabulary import Phase


class PhaseExit(Part, frozen=True, kw_only=True):
    """What a phase owes before the next one is entered.

    It owes evidence of every kind of `owes`, and of at least one of `one_of`, where that names any;
    with `release`, a release of the system that was decided go.
    """

    owes: tuple[Slug, ...] = ()
    one_of: tuple[Slug, ...] = ()
    release: bool = False


def exit_faults(phase: Phase, of: PhaseExit, evidence: EvidencePolicy) -> Iterator[Fault]:
    """Kinds of evidence that the policy does not have, and such as stand there twice."""
    path = child("phases", phase)
    for name in ("owes", "one_of"):
        kinds = getattr(of, name)
        for index, kind in enumerate(kinds):
            if kind not in evidence.labels:
                fault = f"{kind!r} is no kind of evidence. Add it to evidence.kinds."
                yield f"{path}.{name}[{index}]", fault
            elif kind in kinds[:index]:
                yield f"{path}.{name}[{index}]", f"{kind!r} is in the list already. Remove it."
