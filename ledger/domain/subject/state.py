"""What is known of a subject: who proposed its erasure, and whether it was erased."""

from typing import NamedTuple, assert_never

import msgspec

from ledger.domain.subject.events import ErasureProposed, SubjectErased, SubjectEvent


class Proposal(NamedTuple):
    """Somebody proposed the erasure; `by` counts as `persons`."""

    by: str
    persons: frozenset[str]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """`proposals` wait for a second person; `erased` says that the subject was erased before."""

    proposals: tuple[Proposal, ...] = ()
    erased: bool = False


def evolve(state: Subject, event: SubjectEvent) -> Subject:
    """The state after an event."""
    match event:
        case SubjectErased():
            return Subject(erased=True)
        case ErasureProposed():
            proposal = Proposal(event.by, frozenset(event.persons))
            return Subject(proposals=(*state.proposals, proposal), erased=state.erased)
        case _:
            assert_never(event)
