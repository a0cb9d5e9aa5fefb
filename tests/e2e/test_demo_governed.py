"""What a played demo has beside its incidents: objectives, releases, risks and what follows."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from consumers.access.readers import WITHHELD
from tests.docs.runbook_table import runbook_lines
from tests.e2e.played_demo import Demo, Item, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "a demo is embedded, whatever store the settings name"),
]


def test_objectives_and_triggers_are_judged_by_what_was_measured(demo: Demo) -> None:
    standing = demo.api.get("/v1/objectives").raise_for_status().json()["items"]
    found = {(each["system"], each["objective"]): each for each in standing if each["judged"]}
    latency = found["support-assistant", "latency"]
    assert ("met", 40, 97.5) == (latency["status"], latency["judged"], latency["attained"])
    assert 0.5 == pytest.approx(latency["budget_left"])
    assert "breached" == found["hr-assistant", "harmful_output"]["status"]
    (breach,) = demo.items("incidents", system="hr-assistant", status="open")
    assert "Objective harmful_output of hr-assistant is breached" == breach["title"]
    (fired,) = demo.items("triggers")
    assert ("data_drift", "code-assistant") == (fired["trigger"], fired["system"])
    (proposed,) = demo.items("improvements", cause="trigger", system="code-assistant")
    assert ("proposed", "Retrain model") == (proposed["status"], proposed["action"])
    answer = demo.api.get("/v1/triggers/quarters").raise_for_status().json()
    (quality,) = answer["items"]
    assert "undecided" == quality["status"]
    assert "The data set changed" in quality["reason"]
    page = demo.api.get("/objectives").raise_for_status().text
    assert "The data set changed" in page


def test_one_card_is_complete_and_one_is_not(demo: Demo) -> None:
    filed = demo.items("evidence", kind="model_card")
    cards = {each["system"]: each for each in reversed(filed)}  # the newest of each
    found = {
        system: demo.api.get(f"/v1/evidence/{card['reference']}/completeness").json()
        for system, card in cards.items()
    }
    assert ["complete", "incomplete"] == [
        found[system]["verdict"] for system in ("support-assistant", "code-assistant")
    ], found
    page = demo.api.get("/systems/support-assistant").raise_for_status().text
    assert f'href="/evidence/{cards["support-assistant"]["reference"]}"' in page
    assert cards["code-assistant"]["reference"] not in page
    assert "97.50 %" in page


RELEASES = {
    ("support-assistant", "2.14.2"): ("undeployed", "major", "go", "sofia.rossi+governance-lead"),
    ("support-assistant", "2.15.0"): ("rolled_back", "standard", "go", "hanna.berg+product-owner"),
    ("support-assistant", "2.16.1"): ("deployed", "standard", "go", "hanna.berg+product-owner"),
    ("code-assistant", "42.0"): ("no_go", "major", "no_go", "sofia.rossi+governance-lead"),
    ("hr-assistant", "0.9.0"): ("proposed", "major", None, None),
    ("summariser", "3.2.1"): ("deployed", "emergency", None, None),
}
"""Status, class, decision and who decided, as the sample's README has them."""


def checked(demo: Demo, system: str, version: str) -> tuple[Item, dict[str, Item]]:
    """What a release comes to, and its requirements by their ids."""
    answer = demo.api.get(f"/v1/releases/{system}@{version}/check").raise_for_status().json()
    return answer, {each["id"]: each for gate in answer["gates"] for each in gate["requirements"]}


def test_releases_stand_as_the_samples_readme_says(demo: Demo) -> None:
    assert RELEASES == {
        (each["system"], each["version"]): (
            *(each["status"], each["change_class"], each["decision"], each["decided_by"]),
        )
        for each in demo.items("releases")
    }
    assert "Releases   6: 2 deployed, " in demo.said
    assert "; 1 emergency release not decided in time" in demo.said
    assert not [each for each in demo.items("alerts") if each["source"] == "airledger/releases"]


def test_a_major_release_went_through_all_gates_and_is_explained(demo: Demo) -> None:
    answer = demo.api.get("/v1/releases/support-assistant@2.14.2/explain").raise_for_status()
    explained = answer.json()
    assert explained["reproduced"] is True
    assert ["pass"] * 6 == [gate["verdict"] for gate in explained["gates"]]
    assert ["Evaluate with questions in Swiss German as well"] == [
        *explained["decision"]["conditions"]
    ]
    (condition,) = demo.items("improvements", cause="condition")
    assert "Evaluate with questions in Swiss German as well" == condition["title"]


def test_a_prompt_was_released_by_one_signature_and_taken_back_for_an_incident(demo: Demo) -> None:
    taken_back, found = checked(demo, "support-assistant", "2.15.0")
    assert ("no_go", "It was rolled back.") == (taken_back["outcome"], taken_back["reason"])
    assert ("pass", "not_applicable") == (
        found["product_owner"]["verdict"],
        found["governance_lead"]["verdict"],
    )
    (rolled_back,) = demo.events("release.rolled_back.v1")
    assert ("airledger", "2.14.2", demo.titled("0.62%")["id"]) == (
        rolled_back["actor"],
        rolled_back["data"]["to"],
        rolled_back["data"]["incident"],
    )
    answer = demo.api.get("/v1/systems/support-assistant/production").raise_for_status().json()
    assert ("2.16.1", "2.16.1") == (
        answer["current"]["version"],
        answer["last_known_good"]["version"],
    )


def test_a_stale_signature_and_data_that_lack_hold_releases_back(demo: Demo) -> None:
    stale, found = checked(demo, "code-assistant", "42.0")
    assert "what was signed has changed since" in found["product_owner"]["reason"]
    assert "no_go" == stale["outcome"]
    lacking, found = checked(demo, "hr-assistant", "0.9.0")
    assert "undecided" == lacking["outcome"]
    assert ("pass", "undecided", "undecided") == tuple(
        found[name]["verdict"] for name in ("safety", "fairness", "quality")
    )


def test_an_emergency_release_is_overdue_since_its_time(demo: Demo) -> None:
    (emergency,) = [each for each in demo.items("releases") if each["overdue"]]
    assert "summariser" == emergency["system"]
    (late,) = demo.events("release.decision_overdue.v1")
    told = datetime.fromisoformat(late["recordedtime"])
    due = datetime.fromisoformat(emergency["decide_by"])
    assert timedelta(0) <= told - due < timedelta(seconds=1)


def test_the_pages_of_releases_show_them(demo: Demo) -> None:
    listed = demo.api.get("/releases", headers={"Accept": "text/html"}).raise_for_status().text
    for each in demo.items("releases"):
        assert each["reference"] in listed
        page = demo.api.get(
            f"/releases/{each['reference']}", headers={"Accept": "text/html"}
        ).raise_for_status()
        assert each["version"] in page.text
    (entered,) = [
        each
        for each in demo.events("system.phase_entered.v1")
        if each["data"]["phase"] == "operationalization"
    ]
    assert entered["data"]["release"]


RISKS = {
    "Answers harm a customer": ("support-assistant", "high", "no", "none"),
    "The provider changes the model without notice": ("code-assistant", "high", "no", "expired"),
    "A tenant sees another's documents": ("rag-search", "high", "no", "stale"),
    "Dialects are understood worse": ("voice-assistant", "high", "no", "holds"),
    "Answers on leave favour some groups": ("hr-assistant", "high", "no", "none"),
    "GPU nodes of one row fail together": ("model-serving", "medium", "yes", "none"),
    "Too few people can stop a system": (None, "medium", "yes", "none"),
    "A supplier's agent acts in our name": (None, None, "unknown", "none"),
}
"""System, band, whether it is tolerated, and acceptance, as the sample's README has them."""


def named_so(items: list[Item], title: str) -> Item:
    (found,) = [each for each in items if each["title"] == title]
    return found


def when(event: Item) -> datetime:
    return datetime.fromisoformat(event["recordedtime"])


def test_the_risk_register_is_as_the_samples_readme_says(demo: Demo) -> None:
    assert RISKS == {
        each["title"]: tuple(
            each[name] for name in ("system", "current_band", "tolerated", "acceptance")
        )
        for each in demo.items("risks", status="open")
    }
    assert "Risks      9: 8 open, 1 closed; 5 above tolerance, 1 not assessed; " in demo.said
    assert "acceptances: 1 holds, 1 stale, 1 expired; 1 review overdue" in demo.said


def test_a_risk_is_above_tolerance_with_incidents_behind_it(demo: Demo) -> None:
    harm = named_so(demo.items("risks"), "Answers harm a customer")
    assert (4, 2, 2) == (harm["incidents"], harm["improvements"], harm["controls"])
    linked = {each["data"]["incident"] for each in demo.events("risk.incident_linked.v1")}
    titles = ("is 0.83%", "is 0.62%", "is 0.58%")
    assert {demo.titled(f"Harmful output rate of support-assistant {t}")["id"] for t in titles} <= (
        linked
    )
    listed = demo.api.get("/risks", headers={"Accept": "text/html"}).raise_for_status().text
    assert harm["reference"] in listed


def test_an_acceptance_expired_and_a_review_was_due_when_the_clock_found_it(demo: Demo) -> None:
    for kind, field in (
        ("risk.acceptance_expired.v1", "until"),
        ("risk.review_overdue.v1", "due"),
        ("risk.treatment_overdue.v1", "due"),
        ("improvement.overdue.v1", "due"),
        ("standard.review_overdue.v1", "due"),
        ("control.assessment_expired.v1", "until"),
    ):
        (found,) = demo.events(kind)
        late = when(found) - datetime.fromisoformat(found["data"][field])
        assert ("airledger", True) == (found["actor"], timedelta(0) <= late < timedelta(seconds=1))


def test_accepted_is_by_another_person_in_a_session(demo: Demo) -> None:
    accepted = demo.events("risk.accepted.v1")
    sofia = next(each for each in demo.items("risks", acceptance="holds"))["accepted_by"]
    assert "sofia.rossi+governance-lead" == sofia
    assert ["governance_lead"] * 3 == [each["data"]["role"] for each in accepted]
    asked = {each["data"]["person"] for each in demo.events("risk.acceptance_requested.v1")}
    assert set() == asked & {each["data"]["person"] for each in accepted}


def test_risks_moved_between_the_beginning_of_the_month_and_now(demo: Demo) -> None:
    since = f"{demo.month}-01"
    done = run(["risk", "movement", "--since", since, "--json", "--data-dir", str(demo.directory)])
    assert 0 == done.returncode, done.stderr
    moved = Counter(each["change"] for each in json.loads(done.stdout)["risks"])
    assert {"worse": 2, "better": 1, "new": 2, "closed": 1, "same": 3} == moved


IMPROVEMENTS = {
    "200 crisis questions in the gate's set, of all languages": ("not_effective", 3),
    "Findings about privacy always open an incident": ("closed", 0),
    "Second feed through row 5": ("effective", 0),
    "Retries share a connection": ("done", 0),
    "Access list checked at query time": ("accepted", 0),
    "A drill for the loss of a row": ("rejected", 0),
}
"""Where some of them stand, and how often what they were to prevent happened again."""


def withheld(demo: Demo) -> dict[str, Item]:
    """The actions of the restricted incident, which have no words here, by where they stand."""
    return {
        each["status"]: each for each in demo.items("improvements") if each["title"] == WITHHELD
    }


def test_the_actions_of_a_restricted_incident_have_no_words_for_other_readers(demo: Demo) -> None:
    (restricted,) = [each for each in demo.items("incidents") if each["restricted"]]
    found = withheld(demo)
    assert {"accepted", "proposed"} == found.keys()
    assert {f"incident/{restricted['id']}"} == {each["cause_ref"] for each in found.values()}


def test_improvements_stand_as_the_samples_readme_says(demo: Demo) -> None:
    every = demo.items("improvements")
    found = {each["title"]: each for each in every}
    assert IMPROVEMENTS == {
        title: (found[title]["status"], found[title]["recurrences"]) for title in IMPROVEMENTS
    }
    statuses = Counter(each["status"] for each in every)
    assert (36, 25, 5, 2) == (
        len(every),
        statuses["proposed"],
        statuses["accepted"],
        statuses["rejected"],
    )
    assert ["Access list checked at query time"] == [
        title for title, each in found.items() if each["overdue"]
    ]
    assert "Improvements 36: 25 proposed, 5 accepted, 2 rejected, " in demo.said


def test_one_had_no_effect_and_was_reopened_and_one_became_policy(demo: Demo) -> None:
    memory = withheld(demo)["accepted"]
    subject = f"improvement/{memory['id']}"
    (checked,) = demo.events("improvement.checked.v1", subject)
    (done,) = demo.events("improvement.done.v1", subject)
    assert "not_effective" == checked["data"]["result"]
    assert checked["data"]["person"] != done["data"]["person"]
    assert 1 == len(demo.events("improvement.reopened.v1", subject))
    (acted,) = demo.events("improvement.acted.v1")
    policy = next(each for each in acted["data"]["updates"] if each["what"] == "policy")
    assert policy["digest"] in [each["digest"] for each in demo.items("policy/history")]
    assert acted["policydigest"] == policy["digest"]  # in force when it was acted on


def test_a_changed_law_has_controls_re_assessed_and_systems_improved(demo: Demo) -> None:
    (changed,) = demo.events("standard.changed.v1")
    called_for = demo.events("control.reassessment_due.v1")
    assert {changed["data"]["reassess_by"]} == {each["data"]["by"] for each in called_for}
    assert 38 == len(called_for) == len({each["subject"] for each in called_for})
    after = [each for each in demo.events("control.assessed.v1") if when(each) > when(changed)]
    assert ["technical_documents", "impact", "oversight"] == [
        each["data"]["control"] for each in after
    ]
    assert all(each["data"]["evidence"] for each in after)
    assert {"reassessment_due": 35, "effective": 2, "not": 1} == Counter(
        each["status"] for each in demo.items("controls")
    )
    proposed = [
        each
        for each in demo.items("improvements", cause="trigger")
        if each["cause_ref"] == changed["subject"]
    ]
    assert {"hr-assistant", "support-assistant"} == {each["system"] for each in proposed}
    assert 2 == len(proposed)
    assert "Controls   38: 35 re-assessment due, 2 effective, 1 not effective; " in demo.said


def test_charter_and_raci_are_in_force_and_the_boards_report_is_what_the_log_gives(
    demo: Demo,
) -> None:
    documents = demo.items("governance")
    assert [("governance_charter", "in_force"), ("raci", "in_force")] == [
        (each["kind"], each["state"]) for each in documents
    ]
    assert all(each["review_date"] for each in documents)
    (report,) = demo.items("evidence", kind="risk_report")
    assert f"Risk report {demo.month}, " in report["title"]
    content = demo.api.get(f"/v1/evidence/{report['reference']}/content").raise_for_status().content
    file = demo.directory / "report.html"
    file.write_bytes(content)
    checked = run(["report", "check", str(file), "--data-dir", str(demo.directory)])
    assert 0 == checked.returncode, checked.stdout + checked.stderr


def test_every_page_of_the_readmes_table_of_the_runbook_answers(demo: Demo) -> None:
    for page in dict.fromkeys(line.page for line in runbook_lines()):
        answer = demo.api.get(page, headers={"Accept": "text/html"})
        assert (200, True) == (answer.status_code, "<h1" in answer.text), page
