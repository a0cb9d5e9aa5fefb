"""Releases are proposed, amended and retired; artefacts are written as text or as objects."""

from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.artefacts import (
    Artefact,
    GivenArtefact,
    artefact_from_text,
    artefact_text,
)
from ledger.domain.release.words import Decision, ReleaseStatus, Verdict
from ledger.errors import Invalid
from ledger.vocabulary import ArtefactKind
from tests.unit.domain.release.life import (
    NOW,
    OWNER,
    PIPELINE,
    SYSTEM,
    Life,
    digest,
    model,
    person,
    prompt,
    rule_of,
)

MODEL = Artefact(kind=ArtefactKind.MODEL, name="llm", digest=digest("1"))
PROMPT = Artefact(kind=ArtefactKind.PROMPT, name="triage", digest=digest("1"))
BOTH = (MODEL, PROMPT)


def given(artefact: Artefact) -> GivenArtefact:
    """An artefact as a command names it."""
    return GivenArtefact(**asdict(artefact))


class TestProposing:
    """A version is proposed once for an environment."""

    def test_it_says_what_runs_who_made_it_and_that_it_is_the_first(self) -> None:
        proposed = e.ReleaseProposed(
            at=NOW,
            system=SYSTEM,
            version="2",
            environment="production",
            change_class="major",
            authors=("person/emil",),
            artefacts=BOTH,
        )
        assert (proposed,) == Life().propose()

    def test_the_same_again_is_nothing_to_do(self) -> None:
        life = Life()
        life.propose(summary="Better answers.")
        assert () == life.propose(summary="Better answers.", artefacts=[prompt(), model()])

    @pytest.mark.parametrize(
        "otherwise",
        [
            {"artefacts": [model("2"), prompt()]},
            {"change_class": "standard"},
            {"authors": ["person/pia"]},
            {"summary": "Other answers."},
        ],
    )
    def test_otherwise_it_is_refused(self, otherwise: dict[str, Any]) -> None:
        life = Life()
        life.propose()
        assert "release_proposed" == rule_of(lambda: life.propose(**otherwise))

    def test_a_version_is_proposed_for_each_environment(self) -> None:
        life = Life()
        life.propose()
        command = c.ProposeRelease(
            system=SYSTEM,
            version="2",
            environment="staging",
            change_class="major",
            artefacts=[model()],
        )
        assert 1 == len(life.tell("2", command, environment="staging"))

    def test_without_authors_it_is_the_sender_who_made_it(self) -> None:
        life = Life()
        life.propose(authors=[])
        assert (PIPELINE.actor,) == life.release().authors

    def test_it_replaces_what_runs_in_full(self) -> None:
        life = Life()
        life.go("1")
        life.deploy("1")
        life.propose("2")
        assert "1" == life.release("2").replaces
        assert () == life.propose("2")

    def test_what_runs_already_replaces_not_itself(self) -> None:
        life = Life()
        life.deploy("2")
        assert ReleaseStatus.DEPLOYED is life.release().status
        life.propose("2")
        assert life.release().proposed
        assert life.release().replaces is None

    def test_a_class_that_the_policy_lacks_is_named_with_the_nearest(self) -> None:
        with pytest.raises(Invalid, match="Did you mean standard"):
            Life().propose(change_class="standart")


class TestEmergencies:
    """An emergency is deployed before it is decided: a person proposes it, for an open incident."""

    def test_a_program_proposes_none(self) -> None:
        life = Life()
        incident = life.incident()
        emergency = {"change_class": "emergency", "incident": incident}
        assert "emergency_needs_person" == rule_of(lambda: life.propose(**emergency))
        assert 1 == len(life.propose(**emergency, by=OWNER))
        assert incident == life.release().incident

    def test_nor_does_one_change_what_it_is(self) -> None:
        life = Life()
        life.propose(change_class="emergency", incident=life.incident(), by=OWNER)
        other = {"artefacts": [model("2")]}
        assert "emergency_needs_person" == rule_of(lambda: life.amend("2", **other))
        assert "emergency_needs_person" == rule_of(lambda: life.amend("2", change_class="major"))
        assert life.amend("2", summary="Better answers.")
        assert life.tell("2", c.AmendRelease(reason="So.", change_class="major"), OWNER)
        assert "emergency_needs_person" == rule_of(
            lambda: life.amend("2", change_class="emergency")
        )

    def test_it_names_its_incident(self) -> None:
        with pytest.raises(Invalid, match="open incident"):
            Life().propose(change_class="emergency", by=OWNER)

    def test_the_incident_is_open_and_of_the_system(self) -> None:
        life = Life()
        emergency = {"change_class": "emergency", "incident": life.incident(closed=True)}
        assert "emergency_incident_open" == rule_of(lambda: life.propose(**emergency, by=OWNER))
        other = Life()
        emergency = {"change_class": "emergency", "incident": other.incident(system="rag")}
        assert "emergency_incident_of_system" == rule_of(
            lambda: other.propose(**emergency, by=OWNER)
        )

    def test_another_class_is_for_no_incident(self) -> None:
        life = Life()
        incident = life.incident()
        with pytest.raises(Invalid, match="Only a release of an emergency class"):
            life.propose(incident=incident)

    def test_for_another_incident_it_is_another_proposal(self) -> None:
        life = Life()
        life.propose(change_class="emergency", incident=life.incident(), by=OWNER)
        life.append(
            life.stream(),
            e.ReleaseProposed(
                at=NOW,
                system=SYSTEM,
                version="2",
                environment="production",
                change_class="emergency",
                authors=("person/emil",),
                artefacts=BOTH,
                incident="another",
            ),
        )
        emergency = {"change_class": "emergency", "incident": life.incident()}
        assert "release_proposed" == rule_of(lambda: life.propose(**emergency, by=OWNER))


class TestArtefacts:
    """An artefact is pinned by a digest, or by a provider's fixed version."""

    @pytest.mark.parametrize(
        ("text", "artefact"),
        [
            (model(), MODEL),
            (f"prompt:triage@{digest('1')}", PROMPT),
            (
                "provider_model:gpt-4o@2024-08-06",
                Artefact(kind=ArtefactKind.PROVIDER_MODEL, name="gpt-4o", version="2024-08-06"),
            ),
            (
                f"code:app@sha256:{digest('1')} https://git.example/app",
                Artefact(
                    kind=ArtefactKind.CODE,
                    name="app",
                    digest=digest("1"),
                    uri="https://git.example/app",
                ),
            ),
        ],
    )
    def test_texts_and_objects_are_one(self, text: str, artefact: Artefact) -> None:
        texts, objects = Life(), Life()
        texts.propose(artefacts=[text])
        objects.propose(artefacts=[given(artefact)])
        assert texts.release().artefacts == objects.release().artefacts == (artefact,)
        written = artefact_from_text(artefact_text(artefact))
        assert written == artefact_from_text(text.replace("@sha256:", "@"))

    def test_a_digest_that_is_written_in_upper_case_is_the_same(self) -> None:
        life = Life()
        life.propose(artefacts=[f"model:llm@SHA256:{digest('1').upper()}"])
        assert (MODEL,) == life.release().artefacts

    @pytest.mark.parametrize(
        ("kind", "otherwise"),
        [
            (GivenArtefact, {"kind": "prompt", "name": "triage\n"}),
            (GivenArtefact, {"kind": "provider_model", "name": "gpt-4o", "version": "1\n"}),
            (
                c.ProposeRelease,
                {"system": "chat\n", "version": "2", "change_class": "major", "artefacts": []},
            ),
        ],
    )
    def test_no_name_ends_with_a_line(self, kind: type[Any], otherwise: dict[str, Any]) -> None:
        with pytest.raises(msgspec.ValidationError, match="regex"):
            msgspec.convert(otherwise, kind)

    def test_each_is_named_once_however_it_is_written(self) -> None:
        with pytest.raises(Invalid, match="twice") as found:
            Life().propose(artefacts=[given(MODEL), model("2")])
        assert (("artefacts[1]", "name each artefact once"),) == found.value.errors

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "llm",
            "modell:llm@1",
            "model:@sha256:12",
            f"model:llm@sha256:{digest('1')[:-1]}",
            f"provider_model:gpt-4o@SHA256:{digest('1')}0",
        ],
    )
    def test_what_is_no_artefact_is_refused_by_its_place(self, text: str) -> None:
        with pytest.raises(Invalid) as found:
            Life().propose(artefacts=[given(MODEL), text])
        assert found.value.errors is not None
        assert "artefacts[1]" == found.value.errors[0][0]

    @pytest.mark.parametrize(
        "floating",
        [
            "provider_model:gpt-4o",
            "provider_model:gpt-4o@latest",
            "provider_model:gemini@1.5-pro-Latest",
            "provider_model:claude@stable",
            "model:llm",
            "model:llm@latest",
            "prompt:triage@v3",
        ],
    )
    def test_a_floating_alias_is_undecided(self, floating: str) -> None:
        life = Life()
        life.propose(artefacts=[floating, f"code:app@sha256:{digest('1')}"])
        found = life.requirement("artefacts")
        assert Verdict.UNDECIDED is found.verdict
        assert floating.partition("@")[0].replace(":", " ") in found.reason

    def test_none_at_all_is_undecided(self) -> None:
        life = Life()
        life.propose(artefacts=[])
        assert Verdict.UNDECIDED is life.verdict("artefacts")

    def test_a_dated_model_of_a_provider_is_pinned(self) -> None:
        life = Life()
        life.propose(artefacts=["provider_model:gpt-4o@2024-08-06"])
        assert Verdict.PASS is life.verdict("artefacts")


class TestAmending:
    """What is proposed may be changed, with the reason."""

    def test_it_states_what_is_different_alone(self) -> None:
        life = Life()
        life.propose()
        amended = e.ReleaseAmended(
            at=NOW, reason="Better so.", artefacts=(MODEL,), summary="Smaller."
        )
        assert (amended,) == life.amend(
            "2", artefacts=[given(MODEL)], summary="Smaller.", change_class="major"
        )
        assert () == life.amend("2", artefacts=[model()])

    def test_without_a_change_it_is_none(self) -> None:
        life = Life()
        life.propose()
        with pytest.raises(Invalid, match="changes nothing"):
            life.amend("2")

    def test_nobody_takes_himself_out_of_the_authors(self) -> None:
        life = Life()
        life.propose()
        command = c.AmendRelease(reason="He did not.", authors=["person/pia"])
        joined = person("person/ella", persons=frozenset({"person/ella", "person/emil"}))
        for each in (person("person/emil"), joined):
            assert "author_leaves" == rule_of(partial(life.tell, "2", command, each))
        assert life.tell("2", command, OWNER)
        assert ("person/pia",) == life.release().authors

    def test_it_becomes_no_emergency(self) -> None:
        life = Life()
        life.propose()
        assert "emergency_is_proposed" == rule_of(lambda: life.amend("2", change_class="emergency"))


class TestAttaching:
    """Evidence is named for a requirement that asks for its kind, of its own system."""

    def test_it_is_named_with_its_digest_once(self) -> None:
        life = Life()
        life.propose()
        card = life.file("model_card")
        [attached] = life.attach("2", "model_card", card)
        assert isinstance(attached, e.ReleaseEvidenceAttached)
        assert (str(card), 64) == (attached.evidence, len(attached.digest))
        assert () == life.attach("2", "model_card", card)

    def test_another_kind_or_system_is_refused(self) -> None:
        life = Life()
        life.propose()
        card = life.file("system_card")
        assert "evidence_kind" == rule_of(lambda: life.attach("2", "model_card", card))
        assert "evidence_kind" == rule_of(lambda: life.attach("2", "quality", card))
        foreign = life.file("model_card", system="rag")
        assert "evidence_of_another_system" == rule_of(
            lambda: life.attach("2", "model_card", foreign)
        )

    def test_that_of_the_organisation_is_of_every_system(self) -> None:
        life = Life()
        life.propose()
        assert life.attach("2", "impact_approved", life.file("dpia", None, None))

    def test_an_unknown_requirement_is_named_with_the_nearest(self) -> None:
        life = Life()
        life.propose()
        with pytest.raises(Invalid, match="Did you mean model_card"):
            life.attach("2", "model_crad", life.file("model_card"))

    def test_detached_it_counts_no_more(self) -> None:
        life = Life()
        life.propose()
        card = str(life.file("model_card"))
        detach = c.DetachEvidence(requirement="model_card", evidence=card, reason="Wrong one.")
        assert () == life.tell("2", detach)
        life.tell("2", c.AttachEvidence(requirement="model_card", evidence=card))
        assert Verdict.PASS is life.verdict("model_card")
        assert 1 == len(life.tell("2", detach))
        assert Verdict.UNDECIDED is life.verdict("model_card")


class TestRetiring:
    """What is retired is not deployed again."""

    RETIRE = c.RetireRelease(reason="It is old.")

    def test_it_is_retired_once_and_not_while_it_runs(self) -> None:
        life = Life()
        life.go()
        life.deploy()
        assert "release_runs" == rule_of(lambda: life.tell("2", self.RETIRE))
        life.tell("2", c.UndeployRelease())
        assert 1 == len(life.tell("2", self.RETIRE))
        assert () == life.tell("2", self.RETIRE)
        assert ReleaseStatus.RETIRED is life.release().status

    def test_nothing_is_changed_any_more(self) -> None:
        life = Life()
        life.ready()
        life.tell("2", self.RETIRE)
        waive = c.WaiveRequirement(
            requirement="fairness", reason="R", control="C", until=NOW, role="governance_lead"
        )
        for act in (
            lambda: life.amend("2", summary="S"),
            lambda: life.sign("2"),
            lambda: life.decide("2", Decision.NO_GO),
            lambda: life.tell("2", waive, person("person/a", "governance_lead")),
        ):
            assert "release_retired" == rule_of(act)
        assert "no_go" == life.outcome().value
        [deployed] = life.deploy()
        assert isinstance(deployed, e.ReleaseDeployed)
        assert (False, "It was retired.") == (deployed.approved, deployed.why)

    def test_what_was_never_proposed_takes_nothing_but_deployments(self) -> None:
        life = Life()
        life.deploy("9")
        assert "release_not_proposed" == rule_of(lambda: life.amend("9", summary="S"))
        assert "release_not_proposed" == rule_of(lambda: life.decide("9"))
