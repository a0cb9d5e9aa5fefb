"""What has to be done about a risk above tolerance, and who does it."""

import pytest
from msgspec.structs import replace

from consumers.read_service.risk_above import Stage, to_do, why_above
from consumers.read_service.risk_map import standing
from ledger.domain.risk.words import RiskAcceptance, Treatment
from ledger.policy import parse_policy, shipped

POLICY = parse_policy(shipped())
HIGH = standing(POLICY.risks, "likely", "major")
ASSESSED = Stage("high", None, False, False, RiskAcceptance.NONE)


@pytest.mark.parametrize(
    ("stage", "said", "who"),
    [
        (ASSESSED._replace(assessed_band=None), "Assess it, level current.", "ada"),
        (
            ASSESSED._replace(assessed_band="gone"),
            "Assess it anew, level current: the policy judges it otherwise now.",
            "ada",
        ),
        (ASSESSED, "Choose a treatment, or ask for an acceptance.", "ada"),
        (ASSESSED._replace(treatment=Treatment.MITIGATE), "Complete its treatment.", "ada"),
        (
            ASSESSED._replace(treatment=Treatment.MITIGATE, is_overdue=True),
            "Complete its treatment, which is overdue.",
            "ada",
        ),
        (
            ASSESSED._replace(treatment=Treatment.MITIGATE, is_treated=True),
            "Assess it anew: its treatment is done, and it is above tolerance still.",
            "ada",
        ),
        (
            ASSESSED._replace(acceptance=RiskAcceptance.REQUESTED),
            "Accept it, or have it treated.",
            "Governance Lead",
        ),
        (
            ASSESSED._replace(acceptance=RiskAcceptance.HOLDS),
            "Treat it, or assess it anew, before its acceptance ends.",
            "ada",
        ),
        (
            ASSESSED._replace(acceptance=RiskAcceptance.EXPIRED),
            "Treat it, or ask for another acceptance.",
            "ada",
        ),
    ],
)
def test_each_stage_says_what_has_to_be_done_and_by_whom(stage: Stage, said: str, who: str) -> None:
    assert (said, (who,)) == to_do(POLICY, stage, HIGH, "ada")


def test_an_acceptance_is_not_waited_for_where_the_policy_names_nobody_who_may_give_it() -> None:
    nobody = replace(POLICY.risks.bands["high"], accepted_by=())
    risks = replace(POLICY.risks, bands={**POLICY.risks.bands, "high": nobody})
    policy = replace(POLICY, risks=risks)
    asked = ASSESSED._replace(acceptance=RiskAcceptance.REQUESTED)
    assert ("Treat it: the policy names nobody who may accept it.", ("ada",)) == to_do(
        policy, asked, HIGH, "ada"
    )


def test_why_a_risk_is_above_names_its_labels_and_what_is_tolerated() -> None:
    said = why_above(POLICY.risks, "likely", "major", HIGH)
    assert "Likely and Major is High; tolerated is Medium at most." == said


def test_why_a_risk_is_not_judged_names_the_label_that_the_policy_has_no_more() -> None:
    for likelihood, impact in (("daily", "major"), ("likely", "daily")):
        said = why_above(POLICY.risks, likelihood, impact, None)
        assert "It was assessed by 'daily', which the policy in force has no more." == said
