"""What whoever asks may send, and the check of commands that no stream decides. Blocking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from consumers.access.readers import Reader, Systems, readable_systems
from consumers.commands.policy_history import guards_in_force
from consumers.commands.service import Caller
from consumers.services import Services
from ledger.domain.access import ACCESS
from ledger.domain.access.deciding import (
    Asker,
    Standing,
    decide_access,
    holders_around,
    persons_of,
    standing_of,
)
from ledger.domain.access.roles import Holder, holder_stream
from ledger.domain.command_names import asked_for
from ledger.domain.concern import Concern
from ledger.domain.stream_type import StreamType
from ledger.errors import Forbidden
from ledger.execute import CheckAccess
from ledger.policy import Guards
from ledger.store.decoding import state_of
from ledger.store.port import Store
from ledger.store.read_records import ReadKind


def require_access(services: Services, caller: Caller, command: str) -> None:
    """Raises Forbidden where a caller may not send a command of this name."""
    request = CheckAccess(asked=asked_for(command), asker=caller.asker)
    services.executor.execute(request, services.context(caller.actor))


@dataclass(frozen=True)
class Permits:
    """What somebody may send, as the log and the policy stand now."""

    guards: Guards
    asker: Asker
    standing: Standing

    def may(self, command: str, concern: Concern) -> bool:
        """Whether he may send a command, as far as is known before it is sent."""
        try:
            decide_access(asked_for(command, concern), self.asker, self.standing, self.guards)
        except Forbidden:
            return False
        return True


def roles_for(guards: Guards, command: str, concern: Concern) -> tuple[str, ...]:
    """The labels of the roles that a command is for; empty where it is open to all."""
    row = guards.row_for(command, concern.severity)
    if row is None or not guards.access.enforce:
        return ()
    return tuple(label for role, label in guards.role_labels.items() if role in row.may)


def concern_of(store: Store, kind: StreamType, subject: UUID) -> Concern:
    """What commands of a stream concern, as those are decided: from the stream itself."""
    return kind.concerns(state_of(store, kind.stream(subject)))


def permits_of(store: Store, caller: Caller, at: datetime) -> Permits:
    """What a caller may send at a time. Raises NotFound without a policy."""
    holders = holders_around(caller.actor, at, _holders_of(store))
    standing = standing_of(caller.actor, holders, at, by=caller.asker.by)
    return Permits(guards_in_force(store), caller.asker, standing)


def persons_with(store: Store, person: str, at: datetime) -> frozenset[str]:
    """Every id of the human whom an id names."""
    return persons_of(person, holders_around(person, at, _holders_of(store)))


def reader_for(
    store: Store, caller: Caller, at: datetime, note: Callable[[str, ReadKind, str], None]
) -> Reader:
    """The reader that a caller is; his roles are looked up when they are first asked for.

    `note` puts on record what he reads: it is given his id, the kind and the subject.
    """

    def find() -> Systems | None:
        permits = permits_of(store, caller, at)
        return readable_systems(permits.guards, permits.standing)

    return Reader(caller.actor, find, partial(note, caller.actor))


def _holders_of(store: Store) -> Callable[[str], Holder]:
    def load(actor: str) -> Holder:
        holder: Holder = state_of(store, ACCESS.stream(holder_stream(actor))).holder
        return holder

    return load
