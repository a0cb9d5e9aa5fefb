"""Cards, approvals and the way back; what the class of a change inherits (runbook 5)."""

from typing import Any

import pytest

from ledger.domain import evidence as v
from ledger.domain.release import commands as c
from ledger.domain.release.words import GoNoGo, Verdict
from tests.unit.domain.release.life import (
    DAY,
    LEAD,
    NOW,
    OWNER,
    Life,
    digest,
    model,
    person,
    policy_with,
    prompt,
)


def proposed(**more: Any) -> Life:
    life = Life()
    life.propose(**more)
    return life


class TestCards:
    """A card is complete: of this version, by the rules in force, and not out of date."""

    def test_none_is_undecided_and_a_complete_one_passes(self) -> None:
        life = proposed()
        assert (
            "No evidence of kind model_card is attached." == life.requirement("model_card").reason
        )
        card = life.file("model_card")
        life.attach("2", "model_card", card)
        found = life.requirement("model_card")
        assert (Verdict.PASS, (f"evidence/{card}",), NOW) == (
            found.verdict,
            found.basis,
            found.as_of,
        )

    @pytest.mark.parametrize("version", ["1", None])
    def test_that_of_another_version_or_of_none_is_undecided(self, version: str | None) -> None:
        life = proposed()
        life.attach("2", "model_card", life.file("model_card", version))
        assert Verdict.UNDECIDED is life.verdict("model_card")

    def test_an_incomplete_one_fails(self) -> None:
        life = proposed()
        card = life.file("model_card")
        life.attach("2", "model_card", card)
        life.check_card(card, v.CardVerdict.INCOMPLETE)
        assert Verdict.FAIL is life.verdict("model_card")

    def test_the_best_of_several_counts(self) -> None:
        life = proposed()
        bad, good = life.file("model_card"), life.file("model_card")
        for card in (bad, good):
            life.attach("2", "model_card", card)
        life.check_card(bad, v.CardVerdict.INCOMPLETE)
        found = life.requirement("model_card")
        assert (Verdict.PASS, (f"evidence/{good}",)) == (found.verdict, found.basis)

    def test_what_no_program_reads_a_person_attests_for_this_version(self) -> None:
        life = proposed()
        card = life.file("model_card")
        life.attach("2", "model_card", card)
        life.check_card(card, v.CardVerdict.UNDECIDED)
        assert Verdict.UNDECIDED is life.verdict("model_card")
        life.attest(card)
        assert Verdict.PASS is life.verdict("model_card")

    def test_its_own_date_ends_it(self) -> None:
        life = proposed()
        card = life.file("model_card")
        life.attach("2", "model_card", card)
        life.check_card(card, v.CardVerdict.COMPLETE, until=NOW + DAY)
        assert Verdict.PASS is life.verdict("model_card")
        life.now += DAY
        assert Verdict.UNDECIDED is life.verdict("model_card")

    def test_checked_by_other_rules_it_is_undecided_until_it_is_checked_again(self) -> None:
        life = proposed()
        card = life.file("model_card")
        life.attach("2", "model_card", card)
        life.policy = policy_with(('{ words = "license",', '{ words = "licence",'))
        assert Verdict.UNDECIDED is life.verdict("model_card")
        life.check_card(card, v.CardVerdict.COMPLETE)
        assert Verdict.PASS is life.verdict("model_card")

    def test_filed_for_another_version_it_is_undecided_until_it_is_checked_for_that(self) -> None:
        life = proposed()
        card = life.file("model_card", "1")
        life.attach("2", "model_card", card)
        filed = life.state(f"evidence/{card}")
        again = v.FileEvidence(
            kind="model_card", title="model_card", digest=filed.digest, system="chat", release="2"
        )
        life.to_evidence(card, again)
        assert Verdict.UNDECIDED is life.verdict("model_card")
        life.check_card(card, v.CardVerdict.COMPLETE)
        assert Verdict.PASS is life.verdict("model_card")


class TestWhatCountsNoMore:
    """Evidence that is withdrawn, superseded, expired or of another system counts as nothing."""

    def test_withdrawn(self) -> None:
        life = Life()
        found = life.ready()
        for requirement, of in found.items():
            assert Verdict.PASS is life.verdict(requirement)
            life.withdraw(of)
            assert Verdict.UNDECIDED is life.verdict(requirement)

    def test_superseded(self) -> None:
        life = Life()
        found = life.ready()
        newer = life.file("dpia")
        life.to_evidence(found["impact_approved"], v.SupersedeEvidence(by=str(newer)))
        assert "superseded" in life.requirement("impact_approved").reason

    def test_expired_whether_the_clock_marked_it_or_not(self) -> None:
        life = Life()
        card = life.ready()["model_card"]
        filed = life.state(f"evidence/{card}")
        again = v.FileEvidence(
            kind="model_card",
            title="model_card",
            digest=filed.digest,
            system="chat",
            release="2",
            valid_until=NOW + DAY,
        )
        life.to_evidence(card, again)
        assert Verdict.PASS is life.verdict("model_card")
        life.now += DAY
        assert "expired" in life.requirement("model_card").reason


class TestApprovals:
    """Every role approved it, for this version or its class, and on no condition."""

    @pytest.mark.parametrize(
        ("approval", "verdict"),
        [
            ({}, Verdict.PASS),
            ({"versions": ["2"]}, Verdict.PASS),
            ({"versions": ["1"]}, Verdict.UNDECIDED),
            ({"change_classes": ["major"]}, Verdict.PASS),
            ({"change_classes": ["standard"]}, Verdict.UNDECIDED),
            ({"conditions": ["Redact names."]}, Verdict.UNDECIDED),
            ({"role": "risk_manager"}, Verdict.UNDECIDED),
        ],
    )
    def test_it_holds_for_what_it_names(self, approval: dict[str, Any], verdict: Verdict) -> None:
        life = proposed()
        dpia = life.file("dpia")
        life.attach("2", "impact_approved", dpia)
        assert Verdict.UNDECIDED is life.verdict("impact_approved")
        life.approve(dpia, person("person/lea", "governance_lead", "risk_manager"), **approval)
        assert verdict is life.verdict("impact_approved")

    def test_it_ends(self) -> None:
        life = proposed()
        dpia = life.file("dpia")
        life.attach("2", "impact_approved", dpia)
        life.approve(dpia, until=NOW + DAY)
        assert Verdict.PASS is life.verdict("impact_approved")
        life.now += DAY
        assert Verdict.UNDECIDED is life.verdict("impact_approved")

    def test_a_rejection_fails(self) -> None:
        life = proposed()
        dpia = life.file("dpia")
        life.attach("2", "impact_approved", dpia)
        reject = v.RejectEvidence(reason="It names no purpose.", role="governance_lead")
        life.to_evidence(dpia, reject)
        assert Verdict.FAIL is life.verdict("impact_approved")


class TestWayBack:
    """The way back was tried, and not too long ago."""

    def test_a_plan_does_for_a_first_release_alone(self) -> None:
        life = Life()
        life.go("1")
        assert Verdict.PASS is life.verdict("way_back", "1")
        life.deploy("1")
        assert Verdict.PASS is life.verdict("way_back", "1")
        life.ready("2")
        assert Verdict.UNDECIDED is life.verdict("way_back", "2")
        snapshot = life.file("snapshot", "2")
        life.attach("2", "way_back", snapshot)
        assert Verdict.UNDECIDED is life.verdict("way_back", "2")
        life.attest(snapshot)
        assert Verdict.PASS is life.verdict("way_back", "2")

    def test_tried_too_long_ago_it_is_undecided(self) -> None:
        life = Life()
        life.ready()
        life.now += 90 * DAY
        assert Verdict.PASS is life.verdict("way_back")
        life.now += DAY
        assert "too long ago" in life.requirement("way_back").reason

    def test_the_model_of_a_provider_is_available_until_a_time(self) -> None:
        life = proposed(artefacts=["provider_model:gpt-4o@2024-08-06"])
        plan = life.file("rollback_plan")
        life.attach("2", "way_back", plan)
        assert Verdict.UNDECIDED is life.verdict("way_back")
        filed = life.state(f"evidence/{plan}")
        again = v.FileEvidence(
            kind="rollback_plan",
            title="rollback_plan",
            digest=filed.digest,
            system="chat",
            release="2",
            valid_until=NOW + DAY,
        )
        life.to_evidence(plan, again)
        assert Verdict.PASS is life.verdict("way_back")
        life.now += DAY
        assert Verdict.UNDECIDED is life.verdict("way_back")


def standard(life: Life, version: str, content: str) -> None:
    """A release that has another prompt than the one before, and evaluations of its own."""
    life.propose(version, change_class="standard", artefacts=[model(), prompt(content)])
    life.evaluate(version)


def running() -> tuple[Life, dict[str, Any]]:
    """A second release that runs, with a snapshot; and its evidence by requirement."""
    life = Life()
    life.go("0")
    life.deploy("0")
    found = life.go("1", way_back="snapshot")
    life.deploy("1")
    return life, found


class TestInheritance:
    """A standard change rests on the documents of what runs in production, while these hold."""

    def test_what_is_attached_nowhere_is_that_of_the_release_in_production(self) -> None:
        life, found = running()
        standard(life, "2", "new")
        for requirement, of in found.items():
            judged = life.requirement(requirement, "2")
            assert (Verdict.PASS, (f"evidence/{of}",)) == (judged.verdict, judged.basis)
            assert judged.reason.endswith("It is that of the release before.")
        assert Verdict.UNDECIDED is life.verdict("product_owner", "2")
        life.tell("2", c.SignOffRelease(role="product_owner"), OWNER)
        assert Verdict.NOT_APPLICABLE is life.verdict("governance_lead", "2")
        life.decide("2")
        assert GoNoGo.GO is life.outcome("2")

    def test_a_major_change_inherits_nothing(self) -> None:
        life, _ = running()
        life.propose("2", artefacts=[model("new")])
        assert Verdict.UNDECIDED is life.verdict("model_card", "2")

    def test_evaluations_are_never_inherited(self) -> None:
        life, _ = running()
        life.propose("2", change_class="standard", artefacts=[model(), prompt("new")])
        assert Verdict.UNDECIDED is life.verdict("quality", "2")

    def test_it_goes_on_along_a_chain_of_releases(self) -> None:
        life, found = running()
        for number in (2, 3, 4):
            standard(life, str(number), f"p{number}")
            life.sign(str(number), "product_owner")
            life.decide(str(number))
            life.deploy(str(number))
        standard(life, "5", "p5")
        assert (f"evidence/{found['impact_approved']}",) == life.requirement(
            "impact_approved", "5"
        ).basis
        assert Verdict.PASS is life.verdict("impact_approved", "4")

    def test_what_is_withdrawn_later_is_inherited_no_more(self) -> None:
        life, found = running()
        standard(life, "2", "new")
        life.withdraw(found["model_card"])
        assert Verdict.UNDECIDED is life.verdict("model_card", "2")
        life.attach("2", "model_card", life.file("model_card", "2"))
        assert Verdict.PASS is life.verdict("model_card", "2")

    def test_what_nobody_decided_gives_nothing(self) -> None:
        life, found = running()
        life.propose("8", artefacts=[model("other")])
        life.document("8")
        life.deploy("8")
        life.propose("9", change_class="standard", artefacts=[model("other"), prompt()])
        card = life.requirement("model_card", "9")
        assert (f"evidence/{found['model_card']}",) == card.basis
        assert Verdict.FAIL is life.verdict("change_class", "9")

    def test_once_it_runs_it_rests_on_what_ran_until_then(self) -> None:
        life, old = running()
        standard(life, "3", "p3")
        life.go("2", way_back="snapshot", artefacts=[model("new"), prompt()])
        life.deploy("2")
        assert "1" == life.release("3").replaces
        life.amend("3", artefacts=[model("new"), prompt("p3")])
        life.sign("3", "product_owner")
        life.decide("3")
        life.deploy("3")
        life.withdraw(old["model_card"])
        assert Verdict.PASS is life.verdict("change_class", "3")
        assert (GoNoGo.GO, ()) == (life.outcome("3"), life.look("3"))


class TestClasses:
    """A release is at least of the class that its difference from production gives."""

    @pytest.mark.parametrize(
        ("artefacts", "needed"),
        [
            ([model(), prompt()], None),
            ([model(), prompt("new")], "standard"),
            ([model()], "standard"),
            ([model("new"), prompt()], "major"),
            ([prompt()], "major"),
            ([model(), prompt(), f"tools:shell@sha256:{digest('1')}"], "major"),
            ([model(), prompt(), f"config:app@sha256:{digest('1')}"], "standard"),
        ],
    )
    def test_it_is_the_weightiest_of_what_changed(
        self, artefacts: list[str], needed: str | None
    ) -> None:
        life, _ = running()
        life.propose("2", change_class="standard", artefacts=artefacts)
        assert needed == life.judged("2").needed
        expected = Verdict.FAIL if needed == "major" else Verdict.PASS
        assert expected is life.verdict("change_class", "2")
        life.amend("2", change_class="major")
        assert Verdict.PASS is life.verdict("change_class", "2")

    def test_what_runs_undecided_is_no_measure_of_what_changes(self) -> None:
        life, _ = running()
        life.propose("8", artefacts=[model("new"), prompt()])
        life.deploy("8")
        life.propose("9", change_class="standard", artefacts=[model("new"), prompt()])
        assert "major" == life.judged("9").needed
        assert Verdict.FAIL is life.verdict("change_class", "9")

    def test_nor_does_it_make_another_than_the_first_release(self) -> None:
        life = Life()
        life.deploy("1")
        life.propose("2", change_class="standard", artefacts=[prompt()])
        assert "major" == life.judged("2").needed

    def test_what_ran_well_goes_on_to_be_the_measure_once_nothing_runs(self) -> None:
        life, _ = running()
        life.tell("1", c.UndeployRelease())
        life.propose("2", artefacts=[model(), prompt("new")])
        assert "standard" == life.judged("2").needed

    def test_the_first_release_is_of_the_weightiest(self) -> None:
        life = proposed(change_class="standard")
        assert ("major", Verdict.FAIL) == (life.judged().needed, life.verdict("change_class"))

    def test_a_class_that_the_policy_has_no_more_is_undecided(self) -> None:
        life = proposed()
        life.policy = policy_with(
            ("[releases.classes.major]\n", "[releases.classes.heavy]\n"),
        )
        assert Verdict.UNDECIDED is life.verdict("change_class")

    def test_an_emergency_may_change_anything(self) -> None:
        life, _ = running()
        emergency = {"change_class": "emergency", "incident": life.incident(), "by": LEAD}
        life.propose("2", artefacts=[model("new")], **emergency)
        assert Verdict.PASS is life.verdict("change_class", "2")
        assert Verdict.PASS is life.verdict("model_card", "2")
        assert Verdict.UNDECIDED is life.verdict("quality", "2")
