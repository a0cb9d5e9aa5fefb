"""The rules of an erasure: one decision for a person and for a text by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET

from ledger.domain.envelope import id_of
from ledger.domain.subject.events import ErasureProposed, SubjectErased, SubjectEvent
from ledger.domain.subject.state import Subject
from ledger.vocabulary import ErasureReason

TEXTS_PER_EVENT = 500
"""So many texts, and as many streams, fit an event."""


def erased_name(person: str) -> str:
    """What stands in place of an erased person's name, "person/<uuid>"; no other one has it."""
    return f"erased ({id_of(person)})"


class Erase(NamedTuple):
    """Erase these texts, each with every stream that has it, and the name of a person if named.

    `text` or `stream` is what was named in place of a person.
    """

    texts: Sequence[tuple[str, str]]
    reason: ErasureReason
    person: str | None = None
    text: str | None = None
    stream: str | None = None


class Eraser(NamedTuple):
    """Who erases: his own id, everybody that he counts as, and whether a second person is needed.

    `is_person`: he acts in a session of his own.
    """

    actor: str
    persons: frozenset[str]
    needs_second: bool = False
    is_person: bool = False


def decide(
    command: Erase, state: Subject, now: datetime, eraser: Eraser
) -> tuple[SubjectEvent, ...]:
    """What an erasure comes to: done, proposed to a second person, or nothing to do.

    A person's name is erased once; later texts of the same person are erased by a command anew.
    """
    if not command.texts and (command.person is None or state.erased):
        return ()
    if not eraser.needs_second:
        return _erased(command, now)
    counted = eraser.persons if eraser.is_person else frozenset()
    for proposal in state.proposals:
        if counted and proposal.persons and not counted & proposal.persons:
            return _erased(command, now, proposal.by)
    if any(counted <= proposal.persons for proposal in state.proposals):
        return ()
    return (
        ErasureProposed(
            at=now,
            reason=command.reason,
            by=eraser.actor,
            person=command.person or UNSET,
            text=command.text or UNSET,
            stream=command.stream or UNSET,
            persons=tuple(sorted(counted)),
        ),
    )


def _erased(
    command: Erase, now: datetime, proposed_by: str | None = None
) -> tuple[SubjectErased, ...]:
    parts = _parts(command.texts) or [()]
    return tuple(
        SubjectErased(
            at=now,
            texts=tuple(dict.fromkeys(text for text, _ in part)),
            streams=tuple(dict.fromkeys(stream for _, stream in part)),
            reason=command.reason,
            person=command.person or UNSET,
            proposed_by=proposed_by or UNSET,
        )
        for part in parts
    )


def _parts(texts: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    return [texts[at : at + TEXTS_PER_EVENT] for at in range(0, len(texts), TEXTS_PER_EVENT)]
