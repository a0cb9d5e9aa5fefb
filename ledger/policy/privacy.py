"""What lies beside the log, where it can be erased: the policy's `privacy`."""

from enum import StrEnum

from ledger.policy.parts import Part


class Beside(StrEnum):
    """Whose free text lies beside the log."""

    PERSONS = "persons"


class Privacy(Part, frozen=True, kw_only=True):
    """Free text in `beside` is stored beside the log: the event holds a commitment to it.

    So it can be erased without breaking a proof. What is not named stands in the event, for ever.
    """

    beside: tuple[Beside, ...] = ()

    @property
    def of_persons(self) -> bool:
        """Whether what persons write lies beside the log."""
        return Beside.PERSONS in self.beside
