"""The documents by which the organisation is governed: its charter and its RACI. Blocking.

Source: runbook section 8 (governance charter and RACI).
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled
from consumers.commands.policy_history import adoption_in_force, policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.items import Items
from consumers.read_service.roles import RaciLine, raci_lines
from ledger.domain.evidence import EVIDENCE, Evidence, EvidenceStatus, status_at
from ledger.domain.text import plain_text
from ledger.policy import Policy, parse_adopted
from ledger.store.decoding import state_of
from ledger.store.port import Store
from ledger.vocabulary import Labelled
from projections.engine.projection import Row
from projections.evidence import EVIDENCE as FILED
from projections.queries import lists
from projections.values import time_text

CHARTER, RACI = "governance_charter", "raci"
DOCUMENTS = (CHARTER, RACI)
"""The kinds of evidence that they are filed as, for the organisation."""
TOOL = "airledger"
"""The program that a RACI made of the policy is filed with."""
_SHORT = 12
"""So many digits of a digest tell policies apart in a title."""
MOST_LOOKED_AT = 100
"""So many of the newest documents of a kind are looked at."""


class GovernanceState(Labelled):
    """Where a document stands; the first alone is as it should be."""

    IN_FORCE = "in_force", "In force"
    NO_REVIEW_DATE = "no_review_date", "Approved, without a review date"
    OUTDATED = "outdated", "Made of another policy than that in force"
    NOT_APPROVED = "not_approved", "Not approved"
    REJECTED = "rejected", "Rejected"
    REVIEW_OVERDUE = "review_overdue", "Review overdue"
    MISSING = "missing", "Not on record"


class GovernanceApproval(msgspec.Struct, frozen=True, kw_only=True):
    """Who approved a document, in which role, and when (RFC 3339, UTC)."""

    person: str
    role: str | None
    at: str


class GovernanceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A governance document: the one approved last, else the newest that is filed.

    `review_date` is until when it is valid: it is reviewed by then, and filed anew. `remedy` says
    what is to be done. Times are RFC 3339 in UTC.
    """

    kind: str
    label: str
    state: GovernanceState
    remedy: str
    reference: str | None = None
    id: str | None = None
    title: str | None = None
    digest: str | None = None
    filed_at: str | None = None
    review_date: str | None = None
    approvals: tuple[GovernanceApproval, ...] = ()


class RaciDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The RACI of a policy, by its digest, as a document: every command and who may send it."""

    title: str
    policy: str
    enforced: bool
    roles: dict[str, str]
    commands: list[RaciLine]


def raci_document(policy: Policy, digest: str) -> bytes:
    """The RACI of a policy as JSON: the same policy and program give the same bytes."""
    made = RaciDocument(
        title=f"RACI of the policy {digest}",
        policy=digest,
        enforced=policy.access.enforce,
        roles=dict(policy.guards.role_labels),
        commands=raci_lines(policy.guards),
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def generate_raci(store: Store) -> tuple[str, bytes]:
    """The title and the bytes of the RACI of the policy in force, as it is filed. Blocking."""
    adopted = adoption_in_force(store)
    short = adopted.digest.removeprefix("sha256:")[:_SHORT]
    return f"RACI of the policy {short}", raci_document(parse_adopted(adopted.text), adopted.digest)


def governance(ledger: Ledger) -> Items[GovernanceDocument]:
    """Where the charter and the RACI stand now."""
    names = display_names(ledger.store)
    return Items(items=[_document(ledger, kind, names) for kind in DOCUMENTS])


def _document(ledger: Ledger, kind: str, names: dict[str, str]) -> GovernanceDocument:
    policy, now = policy_in_force(ledger.store), ledger.now()
    label = policy.evidence.labels.get(kind, kind)
    chosen = chosen_document(_filed(ledger, kind), now)
    if chosen is None:
        return GovernanceDocument(
            kind=kind, label=label, state=GovernanceState.MISSING, remedy=_REMEDY_MISSING[kind]
        )
    row, of = chosen
    state = document_state(of, now, policy, adoption_in_force(ledger.store).digest)
    return GovernanceDocument(
        kind=kind,
        label=label,
        state=state,
        remedy=_REMEDIES.get(state, ""),
        reference=reference(row["leaf"], EVIDENCE),
        id=row["evidence_id"],
        title=filled(ledger.store, plain_text(of.title)),
        digest=of.digest,
        filed_at=row["filed_at"],
        review_date=row["valid_until"],
        approvals=tuple(
            GovernanceApproval(
                person=names.get(each.person, each.person), role=each.role, at=time_text(each.at)
            )
            for each in of.decisions
            if each.approved and not each.conditions
        ),
    )


_GONE = frozenset({EvidenceStatus.WITHDRAWN, EvidenceStatus.SUPERSEDED})
_REMEDY_MISSING = {
    CHARTER: "File it: airledger evidence file FILE --kind governance_charter --valid-until DATE.",
    RACI: "Make it of the policy: airledger evidence generate raci --valid-until DATE.",
}
_REMEDIES = {
    GovernanceState.NO_REVIEW_DATE: "File it again with --valid-until, the date of its review.",
    GovernanceState.OUTDATED: "Make it again: airledger evidence generate raci.",
    GovernanceState.NOT_APPROVED: "Somebody in the role approves it: airledger evidence approve.",
    GovernanceState.REJECTED: "File another one.",
    GovernanceState.REVIEW_OVERDUE: "Review it, and file it again with a later --valid-until.",
}


def _filed(ledger: Ledger, kind: str) -> list[tuple[Row, Evidence]]:
    """The organisation's documents of a kind, the newest first."""
    rows = lists.list_rows(
        ledger.views, FILED, {"kind": kind}, sort=None, cursor=None, limit=MOST_LOOKED_AT
    ).rows
    own = [row for row in rows if row["system"] is None]
    return [(row, state_of(ledger.store, EVIDENCE.stream(UUID(row["evidence_id"])))) for row in own]


def chosen_document(
    filed: Iterable[tuple[Row, Evidence]], at: datetime
) -> tuple[Row, Evidence] | None:
    """Of documents, the newest first, the one that is approved at a time, else the first there."""
    held = [(row, of) for row, of in filed if status_at(of, at) not in _GONE]
    approved = (each for each in held if _decision(each[1], at) is True)
    return next(approved, None) or next(iter(held), None)


def _decision(of: Evidence, now: datetime) -> bool | None:
    """Whether it is approved; None without a decision that holds at a time."""
    held = [each for each in of.decisions if each.until is None or each.until > now]
    if any(not each.approved for each in held):
        return False
    return True if any(not each.conditions for each in held) else None


def document_state(of: Evidence, at: datetime, policy: Policy, digest: str) -> GovernanceState:
    """Where a document that is on record stands at a time, by the policy of a digest."""
    decision = _decision(of, at)
    if status_at(of, at) is EvidenceStatus.EXPIRED:
        return GovernanceState.REVIEW_OVERDUE
    if decision is False:
        return GovernanceState.REJECTED
    if decision is None:
        return GovernanceState.NOT_APPROVED
    made_here = of.extracted is not None and of.extracted.tool == TOOL
    if of.kind == RACI and made_here:
        in_force = sha256(raci_document(policy, digest)).hexdigest()
        if in_force != of.digest:
            return GovernanceState.OUTDATED
    return GovernanceState.NO_REVIEW_DATE if of.valid_until is None else GovernanceState.IN_FORCE
