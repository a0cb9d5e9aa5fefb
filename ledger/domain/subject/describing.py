"""A subject's events as sentences for people."""

from typing import assert_never

from ledger.domain.subject.events import ErasureProposed, SubjectErased, SubjectEvent


def describe(event: SubjectEvent) -> str:
    """What happened, for people."""
    match event:
        case SubjectErased():
            number = len(event.texts)
            what = f"{number} text{'' if number == 1 else 's'}"
            if event.person:
                what = f"the name, and {what}"
            return f"Erased {what} ({event.reason.label.lower()})"
        case ErasureProposed():
            return f"Erasure proposed to a second person ({event.reason.label.lower()})"
        case _:
            assert_never(event)
