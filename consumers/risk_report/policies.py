"""The policies of a log by when they took force."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.policy import POLICY, PolicyAdopted
from ledger.errors import NotFound
from ledger.policy import Policy, parse_adopted
from ledger.store.port import Store


class AdoptedPolicy(NamedTuple):
    """A policy as it was adopted; `recorded_at` is in UTC."""

    recorded_at: datetime
    digest: str
    text: str

    @property
    def policy(self) -> Policy:
        """What it says."""
        return parse_adopted(self.text)


def adopted_policies(store: Store, leaf: int) -> list[AdoptedPolicy]:
    """The policies that were adopted up to a leaf, in their order. Raises NotFound without one."""
    found = [
        AdoptedPolicy(recorded.recorded_at, recorded.event.digest, recorded.event.text)
        for entry in store.of_kind(POLICY.kind)
        if entry.leaf <= leaf
        for recorded in (READERS_CODEC.decode(entry.stored, entry.leaf),)
        if isinstance(recorded.event, PolicyAdopted)
    ]
    if not found:
        raise NotFound(
            f"No policy is in force up to leaf {leaf}.", remedy="Name a leaf after its adoption."
        )
    return found


def in_force(policies: Sequence[AdoptedPolicy], at: datetime) -> AdoptedPolicy:
    """The last that was recorded before a time; the first where none was."""
    before = [each for each in policies if each.recorded_at < at]
    return before[-1] if before else policies[0]
