"""Cards of models, systems and data sets: read as data, and checked for what has to be in them.

Pure: bytes and the policy's rules come in. Source: runbook sections 5 and 8.
"""

from consumers.cards.checking import (
    CardGap,
    Completeness,
    card_until,
    check_card,
    is_filled,
    undecided,
)
from consumers.cards.pack import PACK_KIND, PARTS, PackPart, parts_of
from consumers.cards.reading import CARD_BYTES, Card, CardUnreadable, may_be_read, read_card
from ledger.domain.evidence.words import CardVerdict

__all__ = [
    "CARD_BYTES",
    "PACK_KIND",
    "PARTS",
    "Card",
    "CardGap",
    "CardUnreadable",
    "CardVerdict",
    "Completeness",
    "PackPart",
    "card_until",
    "check_card",
    "is_filled",
    "may_be_read",
    "parts_of",
    "read_card",
    "undecided",
]
