"""Who reads, as far as restricted incidents go. Blocking.

A restricted incident shows its texts and its timeline to the roles that the policy names in
`privacy.restricted_readers`, for its system or for the organisation. Everybody else who reads
incidents sees that it is there, its clock and its count.

What is restricted is shown once it is on record that it was read. The command line on the ledger's
own host is not noted: its user can read the files, and change them.
"""

from collections.abc import Callable
from functools import cached_property

from ledger.domain.access.deciding import Standing
from ledger.policy import Guards
from ledger.store.read_records import ReadKind

WITHHELD = "[withheld]"
"""What is shown in place of a text that the reader may not see."""
Systems = frozenset[str]


class Reader:
    """Somebody who reads; what he may read is looked up when it is first asked for.

    `systems` are those whose restricted incidents he reads, None for all.
    """

    def __init__(
        self,
        actor: str,
        find: Callable[[], Systems | None],
        noted: Callable[[ReadKind, str], None] = lambda kind, subject: None,
    ) -> None:
        """`noted` puts on record what he reads, and raises where that cannot be."""
        self.actor = actor
        self._find = find
        self._noted = noted

    @cached_property
    def systems(self) -> Systems | None:
        """The systems whose restricted incidents he reads; None for all."""
        return self._find()

    def note(self, kind: ReadKind, subject: str) -> None:
        """Puts on record that he reads something, before it is shown to him. Raises Unavailable."""
        self._noted(kind, subject)

    def may_read(self, system: str) -> bool:
        """Whether he reads the restricted incidents of a system."""
        return self.systems is None or system in self.systems


HOST = Reader("host", lambda: None)
"""The command line on the ledger's own host, whose user can read its files; it is not noted."""


def readable_systems(guards: Guards, standing: Standing) -> Systems | None:
    """The systems whose restricted incidents somebody in these roles reads; None for all."""
    roles = guards.privacy.restricted_readers
    held = [each.at for each in standing.roles if each.at.role in roles]
    if any(at.system is None for at in held):
        return None
    return frozenset(at.system for at in held if at.system is not None)
