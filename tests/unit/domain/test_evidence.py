"""Evidence: filed, approved by persons in roles, superseded, withdrawn, expired (runbook 8)."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import evidence as v
from ledger.domain.envelope import stream_id
from ledger.domain.evidence.decide import supersede
from ledger.domain.identity import evidence_id
from ledger.domain.stream_type import NOBODY, Sender
from ledger.errors import Invalid, Refused
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
DIGEST = "ab" * 32
FILE = v.FileEvidence(kind="dpia", title="DPIA", digest=DIGEST, system="chat", release="2.4.0")
FILED = v.EvidenceFiled(
    at=NOW,
    evidence_kind="dpia",
    title="DPIA",
    digest=DIGEST,
    system="chat",
    release="2.4.0",
)
LEAD = Sender(
    "person/1",
    frozenset({"person/1"}),
    None,
    frozenset({("governance_lead", None), ("risk_manager", "chat"), ("product_owner", "rag")}),
)
APPROVE = v.ApproveEvidence(role="governance_lead")


def after(*events: v.EvidenceEvent) -> v.Evidence:
    return reduce(v.evolve, events, v.Evidence())


def decided(
    command: v.EvidenceCommand, *events: v.EvidenceEvent, now: datetime = NOW, by: Sender = LEAD
) -> tuple[v.EvidenceEvent, ...]:
    return v.decide(command, after(*events), POLICY, now, by)


def refused(command: v.EvidenceCommand, *events: v.EvidenceEvent, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as found:
        decided(command, *events, now=now)
    assert found.value.remedy
    return found.value.rule


def approved(**changes: Any) -> v.EvidenceApproved:
    facts: dict[str, Any] = {
        "at": NOW,
        "person": "person/1",
        "role": "governance_lead",
        "release": "2.4.0",
    }
    return v.EvidenceApproved(**facts | changes)


def verdict(*events: v.EvidenceEvent, at: datetime = NOW, **asked: Any) -> v.Approval:
    role = asked.pop("role", "governance_lead")
    return v.approval_at(after(FILED, *events), at, role=role, **asked).verdict


class TestFiling:
    """A document is on record once a kind, system and digest."""

    def test_the_same_again_is_nothing_to_do(self) -> None:
        assert (FILED,) == decided(FILE)
        assert () == decided(FILE, FILED)

    def test_one_document_is_one_stream_however_the_system_is_written(self) -> None:
        names = ("Support Assistant", "support  assistant")
        assert 1 == len({evidence_id("dpia", name, DIGEST) for name in names})
        others = {
            evidence_id("dpia", None, DIGEST),
            evidence_id("tra", "chat", DIGEST),
            evidence_id("dpia", "chat", "cd" * 32),
            evidence_id("dpia", "chat", DIGEST),
        }
        assert 4 == len(others)

    def test_the_same_content_again_states_what_is_different_alone(self) -> None:
        again = replace(FILE, release="2.4.1", valid_until=LATER)
        refiled = v.EvidenceRefiled(at=NOW, release="2.4.1", valid_until=LATER)
        assert (refiled,) == decided(again, FILED)
        state = after(FILED, refiled)
        assert ("2.4.1", LATER, "DPIA") == (state.release, state.valid_until, state.title)
        assert () == decided(again, FILED, refiled)

    def test_what_a_program_read_is_kept_with_what_it_refused(self) -> None:
        read = replace(FILE, tool="ragas", values=3, refused=["rows[2].faithfulness: NaN"])
        [filed] = decided(read)
        assert isinstance(filed, v.EvidenceFiled)
        assert (v.Extracted(tool="ragas", values=3), ("rows[2].faithfulness: NaN",)) == (
            filed.extracted,
            filed.refused,
        )
        with pytest.raises(Invalid):
            decided(replace(FILE, refused=["rows[2]: NaN"]))

    def test_an_unknown_kind_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(Invalid, match="Did you mean dpia"):
            decided(replace(FILE, kind="dpai"))

    def test_a_release_needs_its_system(self) -> None:
        with pytest.raises(Invalid, match="no system"):
            decided(replace(FILE, system=None))

    def test_another_size_of_the_same_digest_is_refused(self) -> None:
        filed = replace(FILED, size=10)
        assert "size_differs" == refused(replace(FILE, size=11), filed)
        assert () == decided(replace(FILE, size=10), filed)

    def test_what_was_withdrawn_is_not_filed_again_by_another_word(self) -> None:
        withdrawn = v.EvidenceWithdrawn(at=NOW, reason="Wrong.")
        assert "evidence_ended" == refused(replace(FILE, release="3"), FILED, withdrawn)


class TestDeciding:
    """A person decides in a role that he holds for the system, or for the organisation."""

    def test_an_approval_names_person_role_and_release(self) -> None:
        assert (approved(),) == decided(APPROVE, FILED)

    @pytest.mark.parametrize("role", ["product_owner", "ml_engineer"])
    def test_a_role_that_is_not_held_for_the_system_is_refused(self, role: str) -> None:
        assert "evidence_role_not_held" == refused(v.ApproveEvidence(role=role), FILED)
        assert "evidence_role_not_held" == refused(
            v.AttestEvidence(statement="S", role=role), FILED
        )

    def test_an_unknown_role_is_named(self) -> None:
        with pytest.raises(Invalid, match="Did you mean governance_lead"):
            decided(v.ApproveEvidence(role="governance_leed"), FILED)

    def test_without_a_role_it_is_the_one_that_the_raci_gives(self) -> None:
        acting = LEAD._replace(role="risk_manager")
        [made] = decided(v.ApproveEvidence(), FILED, by=acting)
        assert approved(role="risk_manager") == made
        [alone] = decided(v.ApproveEvidence(), FILED, by=NOBODY)
        assert approved(role=UNSET, person="") == alone

    def test_an_end_that_has_passed_is_refused(self) -> None:
        assert "decision_ended_already" == refused(replace(APPROVE, until=NOW), FILED)

    @pytest.mark.parametrize(
        ("event", "rule"),
        [
            (v.EvidenceWithdrawn(at=NOW, reason="R"), "evidence_ended"),
            (v.EvidenceSuperseded(at=NOW, by="other"), "evidence_ended"),
            (v.EvidenceRefiled(at=NOW, valid_until=NOW), "evidence_expired"),
        ],
    )
    def test_what_counts_no_more_is_not_approved(self, event: v.EvidenceEvent, rule: str) -> None:
        for command in (
            APPROVE,
            v.RejectEvidence(reason="R"),
            v.AttestEvidence(statement="S"),
        ):
            assert rule == refused(command, FILED, event)


class TestStanding:
    """An approval holds for what it names, in its role, until its end; no data is never a pass."""

    def test_without_a_decision_it_is_undecided(self) -> None:
        assert v.Approval.UNDECIDED is verdict()
        assert v.Approval.UNDECIDED is verdict(approved(), role="risk_manager")

    def test_without_a_scope_it_holds_for_the_release_that_it_was_given_for(self) -> None:
        assert v.Approval.APPROVED is verdict(approved(), version="2.4.0")
        assert v.Approval.UNDECIDED is verdict(approved(), version="2.4.1")
        refiled = v.EvidenceRefiled(at=NOW, release="2.4.1")
        assert v.Approval.UNDECIDED is verdict(approved(), refiled, version="2.4.1")
        assert v.Approval.UNDECIDED is verdict(approved(release=UNSET), version="2.4.0")
        assert v.Approval.APPROVED is verdict(approved(release=UNSET))

    def test_a_scope_of_versions_or_change_classes_is_what_it_holds_for(self) -> None:
        scoped = approved(versions=("2.5.0",), change_classes=("standard",))
        assert v.Approval.APPROVED is verdict(scoped, version="2.5.0")
        assert v.Approval.UNDECIDED is verdict(scoped, version="2.4.0")
        assert v.Approval.APPROVED is verdict(scoped, version="9", change_class="standard")
        assert v.Approval.UNDECIDED is verdict(scoped, version="9", change_class="major")

    def test_open_conditions_are_undecided_until_it_is_approved_without(self) -> None:
        conditional = approved(conditions=("Re-run it.",))
        assert v.Approval.UNDECIDED is verdict(conditional, version="2.4.0")
        assert v.Approval.APPROVED is verdict(conditional, approved(), version="2.4.0")

    def test_the_latest_decision_of_a_role_and_scope_counts(self) -> None:
        rejected = v.EvidenceRejected(
            at=NOW, person="person/1", role="governance_lead", release="2.4.0", reason="No."
        )
        assert v.Approval.REJECTED is verdict(approved(), rejected, version="2.4.0")
        assert v.Approval.APPROVED is verdict(rejected, approved(), version="2.4.0")
        assert 1 == len(after(FILED, approved(), rejected).decisions)

    def test_it_ends_with_its_end_and_with_the_evidence(self) -> None:
        until = approved(until=LATER)
        assert v.Approval.APPROVED is verdict(until, at=LATER - timedelta(seconds=1))
        assert v.Approval.UNDECIDED is verdict(until, at=LATER)
        expiring = v.EvidenceRefiled(at=NOW, valid_until=LATER)
        assert v.Approval.UNDECIDED is verdict(approved(), expiring, at=LATER)
        withdrawn = v.EvidenceWithdrawn(at=NOW, reason="R")
        assert v.Approval.UNDECIDED is verdict(approved(), withdrawn)

    @given(
        st.lists(
            st.sampled_from(
                [
                    approved(),
                    approved(conditions=("C",)),
                    approved(versions=("1",)),
                    approved(role="risk_manager"),
                    v.EvidenceRefiled(at=NOW, release="1"),
                    v.EvidenceWithdrawn(at=NOW, reason="R"),
                    v.EvidenceSuperseded(at=NOW, by="x"),
                    v.EvidenceExpired(at=NOW, valid_until=NOW),
                ]
            ),
            max_size=8,
        ),
        st.sampled_from(["1", "2.4.0", "9"]),
    )
    def test_what_is_approved_has_an_approval_that_names_it(
        self, events: list[v.EvidenceEvent], version: str
    ) -> None:
        if verdict(*events, version=version) is v.Approval.APPROVED:
            named = {
                each
                for event in events
                if isinstance(event, v.EvidenceApproved) and not event.conditions
                for each in event.versions or (event.release,)
            }
            assert version in named


class TestEnding:
    """It is superseded by its like, withdrawn by a person, and expires by the clock."""

    def test_it_expires_once_at_its_end(self) -> None:
        expiring = replace(FILED, valid_until=LATER)
        mark = v.MarkEvidenceExpired(valid_until=LATER)
        assert () == decided(mark, expiring, now=LATER - timedelta(seconds=1))
        expired = v.EvidenceExpired(at=LATER, valid_until=LATER)
        assert (expired,) == decided(mark, expiring, now=LATER + timedelta(hours=1))
        assert () == decided(mark, expiring, expired, now=LATER + timedelta(hours=1))
        refiled = v.EvidenceRefiled(at=LATER, valid_until=LATER + timedelta(days=1))
        assert () == decided(mark, expiring, refiled, now=LATER + timedelta(hours=1))
        state = after(expiring, expired, refiled)
        assert v.EvidenceStatus.FILED is v.status_at(state, LATER + timedelta(hours=1))

    def test_what_expired_is_filed_again_with_a_later_end(self) -> None:
        expiring = replace(FILED, valid_until=NOW)
        more = replace(FILE, valid_until=LATER)
        [refiled] = decided(more, expiring, v.EvidenceExpired(at=NOW, valid_until=NOW))
        assert v.EvidenceRefiled(at=NOW, valid_until=LATER) == refiled

    def test_it_is_superseded_by_evidence_of_its_kind_and_system_that_counts(self) -> None:
        ids = [str(uuid4()) for _ in range(2)]
        one, two = (stream_id("evidence", each) for each in ids)
        by = v.SupersedeEvidence(by=ids[1])
        newer = replace(FILED, digest="cd" * 32)
        states = {one: after(FILED), two: after(newer)}
        [appended] = supersede(by, one, states, POLICY, NOW, NOBODY)
        assert (one, (v.EvidenceSuperseded(at=NOW, by=ids[1]),)) == appended
        done = after(FILED, v.EvidenceSuperseded(at=NOW, by=ids[1]))
        assert () == supersede(by, one, states | {one: done}, POLICY, NOW, NOBODY)
        for other, rule in (
            (replace(newer, system="rag"), "supersedes_another"),
            (replace(newer, evidence_kind="tra"), "supersedes_another"),
            (replace(newer, valid_until=NOW), "evidence_expired"),
        ):
            with pytest.raises(Refused) as found:
                supersede(by, one, states | {two: after(other)}, POLICY, NOW, NOBODY)
            assert rule == found.value.rule
        with pytest.raises(Refused):
            supersede(v.SupersedeEvidence(by=ids[0]), one, {one: after(FILED)}, POLICY, NOW, NOBODY)

    def test_it_is_withdrawn_once(self) -> None:
        command = v.WithdrawEvidence(reason="Wrong.")
        withdrawn = v.EvidenceWithdrawn(at=NOW, reason="Wrong.")
        assert (withdrawn,) == decided(command, FILED)
        assert () == decided(command, FILED, withdrawn)
