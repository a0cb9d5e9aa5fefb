"""Files evidence with its content: that is durable before the event is, and goes without it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from msgspec.structs import replace

from consumers.commands.policy_history import policy_in_force
from consumers.commands.service import Caller, Commands
from consumers.evidence_store import ContentStore
from consumers.services import Services
from ledger.domain.command_names import asked_for
from ledger.domain.concern import Concern
from ledger.domain.envelope import uuid_of
from ledger.domain.evidence import EVIDENCE, FileEvidence, require_kind
from ledger.domain.stream_type import by_own_name
from ledger.domain.system.names import NAMES_STREAM, SYSTEM_NAMES, SystemNames
from ledger.errors import Refused
from ledger.execute import CheckAccess, Outcome
from ledger.store.decoding import events_in

NO_DIGEST = "0" * 64
"""The digest of a command whose content has not arrived."""


async def file_content(
    services: Services,
    content: ContentStore,
    caller: Caller,
    described: FileEvidence,
    parts: AsyncIterator[bytes],
) -> Outcome:
    """Stores content as it arrives, then files it under its digest.

    `described` says what it is; a digest other than NO_DIGEST is the one that it has to have.
    Whoever may not file it is refused before it arrives. Where the command is refused nothing is
    kept. Raises what the store and the command raise.
    """
    await asyncio.to_thread(_require_allowed, services, caller, described)
    received = await content.receive(parts, now=services.clock())
    if described.digest not in {NO_DIGEST, received.digest}:
        await content.discard(received)
        raise Refused(
            "digest_differs",
            f"The content has the SHA-256 {received.digest}, and not {described.digest}.",
            remedy="Compute the digest of the file that is sent, and send it again.",
        )
    command = replace(described, digest=received.digest, size=received.size)
    evidence = await asyncio.to_thread(_evidence, services, command)
    new = await content.keep(received, evidence)
    try:
        outcome = await asyncio.to_thread(Commands(services).open, caller, EVIDENCE, command)
    except Exception:
        if new and not await asyncio.to_thread(_is_filed, services, evidence):
            await content.remove(received.digest, evidence)
        raise
    filed = uuid_of(outcome.stream or "")
    if filed != evidence:  # another name of the system was taken meanwhile
        await content.move(received.digest, evidence, filed)
    return outcome


def _evidence(services: Services, command: FileEvidence) -> UUID:
    """The id under which it will be filed: of the system by its own name."""
    entries = services.store.load({NAMES_STREAM: 0})[NAMES_STREAM]
    names: SystemNames = SYSTEM_NAMES.folded(events_in(entries))
    evidence = EVIDENCE.opened_as(by_own_name(command, names.own_of))
    if evidence is None:
        raise ValueError("evidence is opened by what it is")
    return evidence


def _require_allowed(services: Services, caller: Caller, described: FileEvidence) -> None:
    """Raises Forbidden and Invalid as the command would, as far as that is known before."""
    concern = Concern(frozenset({described.system}) if described.system else frozenset())
    request = CheckAccess(asked=asked_for("evidence/file", concern), asker=caller.asker)
    services.executor.execute(request, services.context(caller.actor))
    require_kind(described.kind, policy_in_force(services.store))


def _is_filed(services: Services, evidence: UUID) -> bool:
    stream = EVIDENCE.stream(evidence)
    return bool(services.store.load({stream: 0})[stream])
