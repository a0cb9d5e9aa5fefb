"""What a command concerns: the systems, and the worst severity, that its streams speak of."""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.vocabulary import Severity


class Concern(NamedTuple):
    """The systems of what is commanded; `severity` is the worst that any of it ever had.

    Without systems it concerns the organisation. `untriaged`: another part of it has no severity.
    """

    systems: frozenset[str] = frozenset()
    severity: Severity | None = None
    untriaged: bool = False

    @property
    def severities(self) -> tuple[Severity | None, ...]:
        """Those that a command has to be allowed for, each by its row of the RACI."""
        return (self.severity, None) if self.untriaged else (self.severity,)


def concern_of_all(concerns: Iterable[Concern]) -> Concern:
    """What several streams concern together."""
    systems: frozenset[str] = frozenset()
    worst: Severity | None = None
    unknown = False
    for each in concerns:
        systems |= each.systems
        worst = worse(worst, each.severity)
        unknown = unknown or each.severity is None
    return Concern(systems, worst, untriaged=unknown and worst is not None)


def worse(one: Severity | None, other: Severity | None) -> Severity | None:
    """The worse of two severities."""
    if one is None or (other is not None and other.worse_than(one)):
        return other
    return one
