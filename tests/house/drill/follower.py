"""A follower of the sealed log: a drill whose title says so has failed at once."""

from collections.abc import Sequence

from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain import drill as d  # type: ignore[attr-defined] # of the copy alone
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.execute import CausedCommand
from ledger.store.port import Entry


def start(services: Services) -> Follower:
    """A follower that has read nothing."""
    return Follower("drills", services, types={d.DrillPlanned.name}, process=process)


def process(entries: Sequence[Entry]) -> BatchResult:
    """The commands that these events cause."""
    planned = [
        CODEC.decode(each.stored, each.leaf) for each in entries if each.type == d.DrillPlanned.name
    ]
    commands = [
        CausedCommand(
            kind="drill",
            subject=uuid_of(each.stream),
            command=d.Hold(result=d.Result.FAILED),
            correlation=each.correlation,
            causation=each.id,
            policy_digest=each.policy_digest or "",
        )
        for each in planned
        if getattr(each.event, "title", "") == "Fails at once"
    ]
    return BatchResult(read=len(entries), commands=commands)


DRILLS = FollowerType(name="drills", role="reactor", start=start)
