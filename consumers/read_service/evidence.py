"""The content of evidence, for those who may read it. Restricted systems withhold theirs."""

from typing import NamedTuple
from uuid import UUID

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from ledger.domain.evidence import EVIDENCE, Evidence
from ledger.errors import Forbidden
from ledger.store.decoding import events_in
from ledger.store.read_records import ReadKind


class FiledEvidence(NamedTuple):
    """A piece of evidence by its id and reference, and where it stands."""

    id: UUID
    leaf: int
    state: Evidence


def filed_evidence(ledger: Ledger, ref: str) -> FiledEvidence:
    """The evidence that a reference or an id names. Raises NotFound. Blocking."""
    subject = stream_named(ledger.store, EVIDENCE, ref)
    stream = EVIDENCE.stream(subject)
    entries = ledger.store.load({stream: 0})[stream]
    if not entries:
        raise EVIDENCE.unknown(ref)
    return FiledEvidence(subject, entries[0].leaf, EVIDENCE.folded(events_in(entries)))


def may_read_content(ledger: Ledger, of: Evidence) -> bool:
    """Whether the reader sees the content: not where its system is restricted, and he is not of
    the roles that read that. Blocking."""
    restricted = policy_in_force(ledger.store).privacy.restricted_systems
    return of.system not in restricted or ledger.reader.may_read(of.system or "")


def require_readable(ledger: Ledger, found: FiledEvidence) -> None:
    """Notes that content is read; refuses who may not. Raises Forbidden, Unavailable. Blocking."""
    if not may_read_content(ledger, found.state):
        raise Forbidden(
            "content_withheld",
            f"The system {found.state.system!r} is restricted: its evidence is read by the roles "
            "of the policy's privacy.restricted_readers.",
            remedy="Ask somebody in such a role, or for the role.",
        )
    ledger.reader.note(ReadKind.EXPORT, EVIDENCE.stream(found.id))
