"""The card that a piece of evidence is, read from its content, or why it cannot be."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.cards import CARD_BYTES, Card, CardUnreadable, may_be_read, read_card
from consumers.evidence_store import ContentMissing, ContentStore
from ledger.domain.evidence import Evidence
from ledger.errors import ContentChanged


class Unread(NamedTuple):
    """Why there is no card; `attestable`: a person may attest what a program cannot read."""

    reason: str
    attestable: bool


async def filed_card(
    content: ContentStore | None, evidence: UUID, state: Evidence, now: Callable[[], datetime]
) -> Card | Unread:
    """Reads the card; without a store of content there is none. Raises Unavailable."""
    try:
        return await _card(content, evidence, state, now)
    except CardUnreadable as error:
        return Unread(f"{error} A person has to attest it.", attestable=True)
    except ContentMissing:
        return Unread("Its content is not here. A person has to attest it.", attestable=True)
    except ContentChanged:
        return Unread("Its content is not what was filed.", attestable=False)


async def _card(
    content: ContentStore | None, evidence: UUID, state: Evidence, now: Callable[[], datetime]
) -> Card:
    if not may_be_read(state.media_type):
        what = state.media_type or "of no type that is known"
        raise CardUnreadable(f"No program reads what it is ({what}).")
    if content is None:
        raise ContentMissing("There is no store of content.")
    size, parts = await content.read(state.digest, evidence, size=state.size, now=now)
    if size > CARD_BYTES:
        raise CardUnreadable(f"It has more than {CARD_BYTES // 1024 // 1024} MiB.")
    whole = b"".join([part async for part in parts])
    return await asyncio.to_thread(read_card, whole)
