"""The documents that are filed in a life, by their names."""

from uuid import UUID

from ledger.domain.identity import evidence_id

SYSTEM = "chat"
DOCUMENTS: dict[str, tuple[str, str | None]] = {
    f"{kind}/{number}": (kind, SYSTEM)
    for kind in ("model_card", "system_card", "dpia", "snapshot", "rollback_plan")
    for number in (0, 1)
} | {"tra/all": ("tra", None), "dpia/search": ("dpia", "search")}
"""The kind of each, and the system that it is about."""
REQUIREMENTS = {
    "model_card": "model_card",
    "system_card": "system_card",
    "dpia": "impact_approved",
    "tra": "impact_approved",
    "snapshot": "way_back",
    "rollback_plan": "way_back",
}
"""The requirement that asks for a kind."""


def digest_of(document: str) -> str:
    """The digest of a document."""
    return f"{[*DOCUMENTS].index(document):064x}"


def id_of(document: str) -> UUID:
    """The id of its evidence."""
    kind, system = DOCUMENTS[document]
    return evidence_id(kind, system, digest_of(document))


def identity(document: str) -> str:
    """By which documents are ordered."""
    return str(id_of(document))
