"""The policy update: a standard that changed has controls re-assessed, and systems improved.

What a change calls for is a function of the log up to its leaf, by the policy in force there: each
control that is mapped to the standard is to be re-assessed, once a system in scope (the
organisation's own, once), and each system in scope gets one improvement. What was assessed after
the change is not called for. A system that is retired ends what is called for of its controls.

Source: runbook section 6, "Policy update: New law / New standard: Re-assess controls".
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.commands.policy_history import Adopted, adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.control import (
    CONTROL,
    CallForReassessment,
    ControlAssessed,
    RetireControl,
)
from ledger.domain.envelope import Recorded
from ledger.domain.identity import control_id, update_id
from ledger.domain.improvement import (
    IMPROVEMENT,
    CauseKind,
    ImprovementCause,
    ImprovementKind,
    ProposeFromTrigger,
)
from ledger.domain.standard import Standard, StandardChanged
from ledger.domain.system import SYSTEM, System, SystemRetired
from ledger.execute import CausedCommand
from ledger.policy import Policy, parse_adopted
from ledger.store.decoding import state_of
from ledger.store.port import Entry, Store

NAME = "standards"
TYPES = frozenset({StandardChanged.name, SystemRetired.name})


class _Update(NamedTuple):
    """A change of a standard, and the policy that was in force at it."""

    recorded: Recorded
    event: StandardChanged
    standard: Standard
    policy: Policy
    digest: str

    def cause(self, kind: str, subject: UUID, command: msgspec.Struct) -> CausedCommand:
        """A command of the ledger's own that the change causes."""
        return _caused(self.recorded, self.digest, kind, subject, command)


def _caused(
    recorded: Recorded, digest: str, kind: str, subject: UUID, command: msgspec.Struct
) -> CausedCommand:
    return CausedCommand(
        kind=kind,
        subject=subject,
        command=command,
        correlation=recorded.correlation,
        causation=recorded.id,
        policy_digest=digest,
    )


class StandardProcess:
    """Follows changes of standards, and what is retired, however often anything dies. Blocking."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._follower = Follower(NAME, services, types=TYPES, process=self._process)

    def catch_up(self) -> bool:
        """Acts on all that is sealed; whether that caused events.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        """Up to the first that is acted on, and with it: what one causes is recorded together."""
        for read, entry in enumerate(entries, start=1):
            if entry.type in TYPES:
                recorded = CODEC.decode(entry.stored, entry.leaf)
                return BatchResult(read=read, commands=tuple(self._caused(recorded)))
        return BatchResult(read=len(entries))

    def _caused(self, recorded: Recorded) -> Iterator[CausedCommand]:
        adoptions = adopted(self._store)
        match recorded.event:
            case StandardChanged() as event:
                yield from self._called_for(recorded, event, adoptions)
            case SystemRetired() as event:
                yield from self._ended(recorded, event, adoptions)

    def _ended(
        self, recorded: Recorded, event: SystemRetired, adoptions: Sequence[Adopted]
    ) -> Iterator[CausedCommand]:
        """Every control that the system can have had: those of all policies until then."""
        system: System = state_of(self._store, recorded.stream, before=recorded.leaf)
        digest = in_force_at(adoptions, recorded.leaf).event.digest
        controls = {
            name
            for each in adoptions
            if each.recorded.leaf <= recorded.leaf
            for name, of in parse_adopted(each.event.text).controls.items()
            if of.scope == "system"
        }
        for name in sorted(controls):
            subject = control_id(name, system.system)
            command = RetireControl(at=event.at)
            yield _caused(recorded, digest, CONTROL.kind, subject, command)

    def _called_for(
        self, recorded: Recorded, event: StandardChanged, adoptions: Sequence[Adopted]
    ) -> Iterator[CausedCommand]:
        adoption = in_force_at(adoptions, recorded.leaf).event
        standard: Standard = state_of(self._store, recorded.stream, before=recorded.leaf + 1)
        systems = [
            each for each in systems_at(self._store, recorded.leaf) if standard.has_in_scope(each)
        ]
        update = _Update(recorded, event, standard, parse_adopted(adoption.text), adoption.digest)
        yield from self._reassessments(update, systems)
        for system in systems:
            of = update_id(recorded.stream, recorded.leaf, system)
            yield update.cause(IMPROVEMENT.kind, of, _proposal(update, system))

    def _reassessments(self, update: _Update, systems: Sequence[str]) -> Iterator[CausedCommand]:
        named = {control_id(*each): each for each in _mapped(update, systems)}
        streams = self._store.load({CONTROL.stream(each): 0 for each in named})
        for subject, (control, system) in named.items():
            before = streams[CONTROL.stream(subject)]
            command = CallForReassessment(
                control=control,
                system=system,
                standard=update.standard.standard,
                by=update.event.reassess_by,
                leaf=update.recorded.leaf,
                at=update.event.at,
                assessments=sum(
                    each.type == ControlAssessed.name and each.leaf < update.recorded.leaf
                    for each in before
                ),
            )
            yield update.cause(CONTROL.kind, subject, command)


def systems_at(store: Store, leaf: int) -> list[str]:
    """The names of the systems that were registered, and not retired, at a leaf."""
    streams: dict[str, System] = {}
    for entry in store.of_kind(SYSTEM.kind):
        if entry.leaf <= leaf:
            state = streams.get(entry.stream, SYSTEM.initial)
            event = CODEC.decode(entry.stored, entry.leaf).event
            streams[entry.stream] = SYSTEM.evolve(state, event)
    return sorted(each.system for each in streams.values() if each.system and not each.retired)


def _mapped(update: _Update, systems: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """The controls that the policy maps to the standard, each of its system."""
    for control, of in update.policy.controls.items():
        if update.standard.standard in of.maps:
            for system in systems if of.scope == "system" else (None,):
                yield control, system


def _proposal(update: _Update, system: str) -> ProposeFromTrigger:
    action = update.policy.triggers.policy_update.action
    title = f"{action}: {update.standard.title} {update.event.version} for {system}"
    cause = ImprovementCause(
        kind=CauseKind.TRIGGER, ref=update.recorded.stream, leaf=update.recorded.leaf
    )
    return ProposeFromTrigger(
        at=update.event.at,
        title=title,
        system=system,
        improvement_kind=ImprovementKind.CORRECTIVE,
        cause=cause,
        action=action,
    )


STANDARDS = FollowerType(name=NAME, role="reactor", start=StandardProcess)
"""Acts on changes of standards and on what is retired, each once."""
