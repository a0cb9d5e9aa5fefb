"""Where a document of governance stands, by the events of the evidence that it is filed as."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.read_service.governance import GovernanceState, chosen_document, document_state
from ledger.domain.envelope import Event
from ledger.domain.evidence import EVIDENCE, Evidence
from ledger.domain.evidence import events as e
from ledger.policy import parse_adopted, shipped

FILED = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = FILED + timedelta(days=10)
END = FILED + timedelta(days=365)
POLICY = parse_adopted(shipped())
FILE = e.EvidenceFiled(
    at=FILED, evidence_kind="governance_charter", title="Charter", digest="ab" * 32, valid_until=END
)
UNDATED = e.EvidenceFiled(
    at=FILED, evidence_kind="governance_charter", title="Charter", digest="ab" * 32
)
APPROVE = e.EvidenceApproved(at=FILED, person="lea")
CONDITIONS = e.EvidenceApproved(at=FILED, person="lea", conditions=("Name who is accountable.",))
REJECT = e.EvidenceRejected(at=FILED, person="lea", reason="It names nobody.")
WITHDRAW = e.EvidenceWithdrawn(at=FILED, reason="Filed by mistake.")


def folded(*events: Event) -> Evidence:
    """The evidence after some events."""
    found: Evidence = EVIDENCE.folded(events)
    return found


@pytest.mark.parametrize(
    ("events", "now", "expected"),
    [
        ((FILE, APPROVE), NOW, GovernanceState.IN_FORCE),
        ((FILE, APPROVE), END, GovernanceState.REVIEW_OVERDUE),
        ((UNDATED, APPROVE), NOW, GovernanceState.NO_REVIEW_DATE),
        ((FILE,), NOW, GovernanceState.NOT_APPROVED),
        ((FILE, CONDITIONS), NOW, GovernanceState.NOT_APPROVED),
        ((FILE, APPROVE, REJECT), NOW, GovernanceState.REJECTED),
    ],
)
def test_a_document_is_in_force_while_it_is_approved_and_its_review_is_to_come(
    events: tuple[Event, ...], now: datetime, expected: GovernanceState
) -> None:
    assert expected == document_state(folded(*events), now, POLICY, "ab" * 32)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ((FILE,), "older"),
        ((FILE, REJECT), "older"),
        ((FILE, APPROVE), "newest"),
    ],
)
def test_an_approved_document_stands_before_a_newer_one_that_is_not(
    newest: tuple[Event, ...], expected: str
) -> None:
    filed = [({"title": "newest"}, folded(*newest)), ({"title": "older"}, folded(FILE, APPROVE))]
    chosen = chosen_document(filed, NOW)
    assert chosen is not None
    assert expected == chosen[0]["title"]


def test_without_an_approved_one_the_newest_that_was_not_withdrawn_stands() -> None:
    filed = [({"title": "gone"}, folded(FILE, WITHDRAW)), ({"title": "draft"}, folded(FILE))]
    chosen = chosen_document(filed, NOW)
    assert chosen is not None
    assert "draft" == chosen[0]["title"]
    assert chosen_document(filed[:1], NOW) is None
