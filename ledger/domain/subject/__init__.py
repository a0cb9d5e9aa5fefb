"""Erasure: texts beside the log, and the name of a person, are made unreadable.

An erasure is recorded as everything else is: which texts, of whom, for which reason, by whom.
"""

from ledger.domain.stream_type import StreamType, members
from ledger.domain.subject.decide import Erase, Eraser, decide, erased_name
from ledger.domain.subject.describing import describe
from ledger.domain.subject.events import ErasureProposed, SubjectErased, SubjectEvent
from ledger.domain.subject.state import Subject, evolve

SUBJECT = StreamType(
    kind="subject",
    initial=Subject(),
    evolve=evolve,
    events=members(SubjectEvent),
    label="subject",
    describe=describe,
)

__all__ = [
    "SUBJECT",
    "Erase",
    "Eraser",
    "ErasureProposed",
    "Subject",
    "SubjectErased",
    "SubjectEvent",
    "decide",
    "erased_name",
]
