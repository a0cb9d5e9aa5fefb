"""Deployments are recorded and never refused; what was taken back is known (runbook 5, 7.4)."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.domain.deadlines import BY_NAME
from ledger.domain.envelope import Event
from ledger.domain.incident.commands import Dismiss
from ledger.domain.release import RELEASE, RELEASE_DECISION
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.words import Decision, DeployMode, GoNoGo, ReleaseStatus
from ledger.errors import Invalid
from tests.unit.domain.release.life import (
    DAY,
    INCIDENT,
    NOW,
    OWNER,
    Life,
    digest,
    model,
    policy_with,
    prompt,
    rule_of,
)

HOURS = timedelta(hours=48)


@pytest.fixture
def life() -> Life:
    """1 was decided go and runs."""
    made = Life()
    made.go("1")
    made.deploy("1")
    return made


def deployed(events: tuple[Event, ...]) -> e.ReleaseDeployed:
    [event] = events
    assert isinstance(event, e.ReleaseDeployed)
    return event


def runs(life: Life) -> list[tuple[str, str]]:
    return [(each.version, each.mode.value) for each in life.production().running]


def good(life: Life) -> list[str]:
    return [each.version for each in life.production().good]


def next_go(life: Life, version: str) -> None:
    life.go(version, way_back="snapshot")


class TestDeploying:
    """It runs, and it is known whether anybody had decided that it may."""

    def test_it_concerns_its_system_whether_it_was_proposed_or_not(self) -> None:
        touches = RELEASE.commands["deploy"].touches
        assert ("chat",) == touches(c.DeployRelease(system="chat", version="2"))
        assert () == touches(c.DeployRelease())

    def test_what_was_decided_go_is_approved(self) -> None:
        life = Life()
        life.go()
        expected = e.ReleaseDeployed(
            at=NOW,
            system="chat",
            version="2",
            environment="production",
            mode=DeployMode.FULL,
            approved=True,
            gated=True,
            digest=digest("1"),
        )
        assert (expected,) == life.deploy(digest=f"sha256:{digest('1')}")
        assert ReleaseStatus.DEPLOYED is life.release().status
        assert (["2"], [("2", "full")]) == (good(life), runs(life))

    @pytest.mark.parametrize(
        ("prepare", "why"),
        [
            (lambda _: None, "It was never proposed."),
            (lambda life: life.propose(), "Nobody had decided."),
            (
                lambda life: (life.propose(), life.decide("2", Decision.NO_GO)),
                "It was decided no-go.",
            ),
            (
                lambda life: (life.go(), life.amend("2", artefacts=[model("new")])),
                "Its artefacts are not those that were decided on.",
            ),
            (
                lambda life: (life.propose(), life.tell("2", c.RetireRelease(reason="Old."))),
                "It was retired.",
            ),
            (
                lambda life: (life.go(), life.tell("2", c.RollBackRelease())),
                "It was rolled back.",
            ),
        ],
    )
    def test_what_was_not_is_recorded_with_why(self, prepare: Any, why: str) -> None:
        life = Life()
        prepare(life)
        found = deployed(life.deploy())
        assert (False, True, why) == (found.approved, found.gated, found.why)
        assert ([], [("2", "full")]) == (good(life), runs(life))

    def test_the_digest_of_no_artefact_is_not_what_was_decided(self) -> None:
        life = Life()
        life.go()
        found = deployed(life.deploy(digest=digest("other")))
        assert (False, digest("other")) == (found.approved, found.digest)
        assert "is that of no artefact" in str(found.why)
        assert [] == good(life)

    def test_nor_is_another_digest_of_what_runs_already(self, life: Life) -> None:
        assert () == life.deploy("1", digest=digest("1"))
        found = deployed(life.deploy("1", digest=digest("other")))
        assert not found.approved
        assert () == life.deploy("1", digest=digest("other"))
        assert deployed(life.deploy("1", digest=digest("1"))).approved

    def test_amended_and_deployed_again_it_is_not_what_was_decided(self, life: Life) -> None:
        life.amend("1", artefacts=[model("new")])
        assert not deployed(life.deploy("1")).approved

    def test_the_same_again_is_nothing_and_another_share_is_something(self) -> None:
        life = Life()
        life.go()
        canary = {"mode": DeployMode.CANARY}
        assert 5.0 == deployed(life.deploy(traffic=5.0, **canary)).traffic
        assert () == life.deploy(**canary)
        assert () == life.deploy(traffic=5.0, **canary)
        assert 50.0 == deployed(life.deploy(traffic=50.0, **canary)).traffic
        assert [("2", "canary")] == runs(life)
        assert [] == good(life)

    def test_a_decision_is_asked_for_in_the_environments_of_the_policy_alone(self) -> None:
        life = Life()
        command = c.DeployRelease(system="chat", version="2", environment="staging")
        found = deployed(life.tell("2", command, environment="staging"))
        assert (False, False) == (found.approved, found.gated)

    def test_full_it_takes_the_place_of_what_ran(self, life: Life) -> None:
        life.deploy("3", DeployMode.CANARY)
        life.deploy("4", DeployMode.SHADOW)
        assert [("1", "full"), ("3", "canary"), ("4", "shadow")] == runs(life)
        life.deploy("3")
        assert [("3", "full")] == runs(life)
        for version in ("1", "4"):
            last = life.streams[life.stream(version)][-1]
            assert e.ReleaseUndeployed(at=NOW, replaced_by="3") == last
            assert life.release(version).deployed is None
        assert ReleaseStatus.UNDEPLOYED is life.release("1").status

    def test_it_happened_no_later_than_now(self) -> None:
        life = Life()
        assert NOW == deployed(life.deploy("1", at=NOW + DAY)).at
        assert NOW - DAY == deployed(life.deploy("2", at=NOW - DAY)).at

    def test_a_name_is_of_the_release_that_is_told(self) -> None:
        life = Life()
        with pytest.raises(Invalid, match="Nothing says which release"):
            life.tell("2", c.DeployRelease(system="chat", version="3"))
        with pytest.raises(Invalid, match="Nothing says which release"):
            life.tell("2", c.DeployRelease())


class TestEmergencies:
    """Deployed first, for an open incident, and decided until a time."""

    @pytest.fixture
    def urgent(self, life: Life) -> Life:
        incident = life.incident()
        life.propose("2", change_class="emergency", incident=incident, by=OWNER)
        return life

    def test_it_is_approved_and_has_to_be_decided(self, urgent: Life) -> None:
        found = deployed(urgent.deploy())
        assert (True, NOW + HOURS) == (found.approved, found.decide_by)
        assert ["1"] == good(urgent)

    def test_the_time_runs_from_when_it_was_deployed(self, urgent: Life) -> None:
        assert NOW - DAY + HOURS == deployed(urgent.deploy(at=NOW - DAY)).decide_by

    def test_deployed_again_it_has_no_more_time(self, urgent: Life) -> None:
        urgent.deploy("2", DeployMode.CANARY)
        urgent.now += DAY
        assert NOW + HOURS == deployed(urgent.deploy()).decide_by

    def test_nor_after_it_ran_no_more(self, urgent: Life) -> None:
        urgent.deploy()
        urgent.now += DAY
        urgent.tell("2", c.UndeployRelease())
        assert NOW + HOURS == deployed(urgent.deploy()).decide_by

    def test_its_incident_is_open(self, urgent: Life) -> None:
        urgent.send("incident", INCIDENT, Dismiss(reason="It was none."))
        found = deployed(urgent.deploy())
        assert not found.approved
        assert "It is an emergency, and its incident is dismissed." == found.why

    def test_decided_no_go_it_is_no_emergency(self, urgent: Life) -> None:
        urgent.decide("2", Decision.NO_GO)
        assert "It was decided no-go." == deployed(urgent.deploy()).why

    def test_the_time_is_the_policys(self, urgent: Life) -> None:
        urgent.policy = policy_with(('decided_within = "PT48H"', 'decided_within = "PT1H"'))
        assert NOW + timedelta(hours=1) == deployed(urgent.deploy()).decide_by

    def mark(self, life: Life) -> tuple[Event, ...]:
        """What the clock finds."""
        assert BY_NAME["release_decision"] is RELEASE_DECISION
        found: tuple[Event, ...] = ()
        assert RELEASE_DECISION.commands is not None
        for command in RELEASE_DECISION.commands(life.release()):
            from_clock = RELEASE.decided(command, life.release(), life.policy, life.now)
            life.append(life.stream(), *from_clock)
            found += from_clock
        return found

    def test_in_time_it_is_not_overdue_and_later_it_is_once(self, urgent: Life) -> None:
        urgent.deploy()
        urgent.now += HOURS - timedelta(microseconds=1)
        assert () == self.mark(urgent)
        urgent.now += timedelta(microseconds=1)
        assert (e.ReleaseUndecidedLate(at=NOW + HOURS),) == self.mark(urgent)
        urgent.now += DAY
        assert () == self.mark(urgent)
        assert RELEASE_DECISION.next_at(urgent.release()) is None

    def test_decided_or_undeployed_it_is_not(self, urgent: Life) -> None:
        urgent.deploy()
        urgent.decide("2", Decision.NO_GO)
        urgent.now += 3 * DAY
        assert () == self.mark(urgent)
        other = Life()
        other.propose("2", change_class="emergency", incident=other.incident(), by=OWNER)
        other.deploy()
        other.tell("2", c.UndeployRelease())
        other.now += 3 * DAY
        assert () == self.mark(other)

    def test_decided_late_it_is_overdue_no_more(self, urgent: Life) -> None:
        urgent.deploy()
        urgent.now += 3 * DAY
        self.mark(urgent)
        assert urgent.release().overdue
        urgent.decide("2", Decision.NO_GO)
        assert not urgent.release().overdue


class TestUndeploying:
    """It runs no more."""

    def test_it_ends_once(self, life: Life) -> None:
        assert (e.ReleaseUndeployed(at=NOW, reason="Night."),) == life.tell(
            "1", c.UndeployRelease(reason="Night.")
        )
        assert () == life.tell("1", c.UndeployRelease())
        assert ([], ["1"]) == (runs(life), good(life))

    def test_deployed_again_it_runs_as_decided(self, life: Life) -> None:
        life.tell("1", c.UndeployRelease())
        assert deployed(life.deploy("1")).approved


class TestRollingBack:
    """It is taken back, and what ran well before runs again."""

    def test_without_a_version_it_is_the_newest_that_ran_well(self, life: Life) -> None:
        next_go(life, "2")
        life.deploy("2")
        life.deploy("3")
        life.now += DAY
        [back] = life.tell("3", c.RollBackRelease(reason="It insults.", incident=str(INCIDENT)))
        assert (
            e.ReleaseRolledBack(at=NOW + DAY, to="2", incident=str(INCIDENT), reason="It insults.")
            == back
        )
        assert ([("2", "full")], ["1", "2"]) == (runs(life), good(life))
        again = life.streams[life.stream("2")][-1]
        assert isinstance(again, e.ReleaseDeployed)
        assert (True, NOW + DAY) == (again.approved, again.at)
        assert ReleaseStatus.ROLLED_BACK is life.release("3").status
        assert () == life.tell("3", c.RollBackRelease())

    def test_what_is_taken_back_is_good_no_more(self, life: Life) -> None:
        next_go(life, "2")
        life.deploy("2")
        assert ["1", "2"] == good(life)
        life.tell("2", c.RollBackRelease())
        assert ["1"] == good(life)
        assert deployed(life.deploy("2")).why == "It was rolled back."
        assert (["1"], False) == (good(life), life.release("2").may_return)
        assert GoNoGo.NO_GO is life.outcome("2")

    def test_to_a_version_that_is_named(self, life: Life) -> None:
        next_go(life, "2")
        life.deploy("2")
        next_go(life, "3")
        life.deploy("3")
        life.tell("3", c.RollBackRelease(to="1"))
        assert [("1", "full")] == runs(life)
        assert ["2", "1"] == good(life)

    @pytest.mark.parametrize("proposed", [True, False])
    def test_to_a_version_that_nobody_decided(self, life: Life, proposed: bool) -> None:
        if proposed:
            life.propose("0")
        [back] = life.tell("1", c.RollBackRelease(to="0"))
        assert isinstance(back, e.ReleaseRolledBack)
        assert ("0", [("0", "full")], []) == (back.to, runs(life), good(life))
        again = life.streams[life.stream("0")][-1]
        assert isinstance(again, e.ReleaseDeployed)
        assert (False, True) == (again.approved, again.gated)

    def test_not_to_itself(self, life: Life) -> None:
        assert "rollback_to_itself" == rule_of(lambda: life.tell("1", c.RollBackRelease(to="1")))

    def test_with_nothing_before_nothing_runs(self, life: Life) -> None:
        [back] = life.tell("1", c.RollBackRelease())
        assert e.ReleaseRolledBack(at=NOW) == back
        assert ([], []) == (runs(life), good(life))

    def test_of_a_canary_what_runs_in_full_goes_on(self, life: Life) -> None:
        life.deploy("2", DeployMode.CANARY)
        [back] = life.tell("2", c.RollBackRelease())
        assert e.ReleaseRolledBack(at=NOW, to="1") == back
        assert [("1", "full")] == runs(life)
        assert isinstance(life.streams[life.stream("1")][-1], e.ReleaseDeployed)
        assert 1 == sum(
            isinstance(each, e.ReleaseDeployed) for each in life.streams[life.stream("1")]
        )

    def test_of_what_runs_in_full_canaries_end_as_well(self, life: Life) -> None:
        life.deploy("2")
        life.deploy("3", DeployMode.CANARY)
        life.tell("2", c.RollBackRelease())
        assert [("1", "full")] == runs(life)
        assert life.release("3").deployed is None
        assert DeployMode.FULL is life.release("1").deployed

    def test_to_a_canary_it_runs_in_full(self, life: Life) -> None:
        life.deploy("2", DeployMode.CANARY)
        life.tell("1", c.RollBackRelease(to="2"))
        assert [("2", "full")] == runs(life)
        assert DeployMode.FULL is life.release("2").deployed


def test_another_prompt_that_runs_before_it_is_decided_is_known_by_its_digest() -> None:
    life = Life()
    life.go("1")
    life.deploy("1")
    life.propose("2", change_class="standard", artefacts=[model(), prompt("new")])
    assert not deployed(life.deploy("2", digest=digest("new"))).approved
