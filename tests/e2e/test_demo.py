"""What a demo plays: its register, its log, and what it says of them."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.e2e.played_demo import Demo, named, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "a demo is embedded, whatever store the settings name"),
]


STATUS = {"open": 7, "closed": 21, "dismissed": 1, "merged": 1}

RCA = {"on_track": 4, "at_risk": 1, "breached": 1, "met": 18, "met_late": 3, "cancelled": 3}
"""What the sample's README says the register is after a play."""

SERVICES = {
    *("code-assistant", "hr-assistant", "model-serving", "moderation", "rag-search"),
    *("summariser", "support-assistant", "translator", "voice-assistant"),
}


def test_the_register_is_as_the_samples_readme_says(demo: Demo) -> None:
    incidents = demo.items("incidents")
    assert 30 == len(incidents)
    assert ["closed"] == [each["status"] for each in incidents if each["near_miss"]]
    assert STATUS == Counter(each["status"] for each in incidents)
    assert RCA == Counter(each["rca"]["state"] for each in incidents)
    assert SERVICES == {each["system"] for each in incidents}
    categories = Counter(each["category"] for each in incidents)
    assert {"data_breach": 5, "safety_failure": 10, "infra_error": 11} == {
        category: count for category, count in categories.items() if category
    }


def test_it_says_what_was_played_and_what_opens_it(demo: Demo) -> None:
    for each in demo.items("incidents", status="open"):
        assert f"{each['reference']} " in demo.said
    (review,) = demo.items("reviews")
    assert f"of support-assistant, {review['month']}: 4 incidents, 3 are allowed" in demo.said
    assert "4 on track, 1 at risk, 1 breached, 18 met, 3 met late, 3 cancelled" in demo.said
    assert "sealed and verified" in demo.said
    assert named(demo.said, "Log-in link").startswith(f"{demo.server.url}/login#token=")
    for name in ("Token to read", "Token to audit", "Token to command", "Token to publish"):
        assert 32 == len(named(demo.said, name))


def test_its_log_in_link_works_once(demo: Demo) -> None:
    token = named(demo.said, "Log-in link").partition("#token=")[2].split()[0]
    forms = [{"token": token, "next": "/rca"}] * 2
    url = f"{demo.server.url}/login"
    assert [303, 401] == [httpx.post(url, data=form).status_code for form in forms]
    headers = {"Authorization": f"Bearer {token}"}
    assert 401 == httpx.get(f"{demo.server.url}/v1/incidents", headers=headers).status_code


def test_its_link_to_record_opens_pages_with_forms(demo: Demo) -> None:
    token = named(demo.said, "Link to record").partition("#token=")[2]
    (newest, *_) = demo.items("incidents", status="open")
    with httpx.Client(base_url=demo.server.url) as browser:
        assert 303 == browser.post("/login", data={"token": token}).status_code
        page = browser.get(f"/incidents/{newest['reference']}", headers={"Accept": "text/html"})
    assert 'id="act-contain"' in page.text


def test_what_it_suggests_works(demo: Demo) -> None:
    suggested = re.findall(
        r"^  curl -s -H '(Authorization): ([^']+)' '?([^\s']+)'?$", demo.said, re.MULTILINE
    )
    assert ["rca", "reviews", "events"] == [
        url.partition("?")[0].rpartition("/")[2] for _, _, url in suggested
    ]
    for name, value, url in suggested:
        answer = httpx.get(url, headers={name: value}).raise_for_status()
        assert answer.text if "/v1/events" in url else answer.json()["items"]
    pages = re.search(r"^Pages +(.*)$", demo.said, re.MULTILINE)
    assert pages is not None
    for url in pages[1].split():
        page = demo.api.get(url, headers={"Accept": "text/html"})
        assert page.status_code == 200, url
    for command in re.findall(r"^  airledger (.*)$", demo.said, re.MULTILINE):
        done = run(command.split())
        assert done.returncode == 0, done.stderr


def test_its_log_verifies_and_says_that_it_is_a_demos(demo: Demo) -> None:
    verified = run(["verify", "--data-dir", str(demo.directory)])
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert demo.api.get("/log/checkpoint").text.startswith("airledger-demo/")
    assert demo.api.get("/log/vkey").text.startswith("airledger-demo/")


def test_events_are_recorded_at_their_time_and_in_order(demo: Demo) -> None:
    lines = demo.api.get("/v1/events").raise_for_status().text.splitlines()
    recorded = [datetime.fromisoformat(json.loads(line)["recordedtime"]) for line in lines]
    assert recorded == sorted(recorded)
    month = datetime.fromisoformat(f"{demo.month}-01T08:00:00+00:00")
    assert month - timedelta(days=5) == recorded[0]  # with the risk register
    assert recorded[-1] <= datetime.now(UTC)
    times = [datetime.fromisoformat(json.loads(line)["time"]) for line in lines]
    assert all(time <= at for time, at in zip(times, recorded, strict=True))


def test_a_system_is_over_the_threshold_of_the_month_before(demo: Demo) -> None:
    (review,) = demo.items("reviews")
    assert ("support-assistant", demo.month, 3) == (
        review["system"],
        review["month"],
        review["threshold"],
    )
    assert 4 == review["count"]
    assert ("concluded", "sofia.rossi+governance-lead", False, 2) == (
        review["state"],
        review["owner"],
        review["late"],
        len(review["actions"]),
    )
    assert 5 <= review["count_now"]
    (launched,) = demo.events("review.launched.v1")
    assert demo.month == review["launched_at"][:7] == launched["recordedtime"][:7]
    crossed = [each["system"] for each in demo.items("counts") if each["crossed"]]
    assert ["support-assistant"] == crossed


def test_on_no_day_would_another_system_be_over_it(demo: Demo) -> None:
    counting = [each for each in demo.items("incidents") if each["status"] in {"open", "closed"}]
    systems = Counter(each["system"] for each in counting)
    assert 7 == systems.pop("support-assistant")
    assert 3 == max(systems.values())


def test_an_rca_is_overdue_when_it_was_and_not_when_it_was_told(demo: Demo) -> None:
    (breached,) = demo.items("rca", state="breached")
    assert ("overdue", "open", None) == (
        breached["verdict_at_due"],
        breached["status"],
        breached["completed_at"],
    )
    late = demo.items("rca", state="met_late")
    assert ["overdue"] * 3 == [each["verdict_at_due"] for each in late]
    for each in [breached, *late]:
        if "another tenant" not in each["title"]:  # reported a day after it was seen
            told = datetime.fromisoformat(each["overdue_recorded_at"])
            late_by = told - datetime.fromisoformat(each["due_at"])
            assert timedelta(0) <= late_by < timedelta(seconds=1)
    met = demo.items("rca", state="met")
    settled = [each["verdict_at_due"] for each in met if each["status"] == "closed"]
    assert ["met"] * 17 == settled


def test_a_harmful_output_rate_was_rolled_back_by_the_pipeline(demo: Demo) -> None:
    executed = demo.events("incident.rollback_executed.v1")
    assert {"source/deploy-pipeline"} == {each["actor"] for each in executed}
    assert 5 == len(executed)
    (failed,) = demo.events("incident.rollback_failed.v1")
    assert "source/deploy-pipeline" == failed["actor"]
    harmful = demo.titled("Harmful output rate of support-assistant is 0.83%")
    assert ("safety_failure", "critical", "closed") == (
        harmful["category"],
        harmful["severity"],
        harmful["status"],
    )
    assert f"incident/{harmful['id']}" in {each["subject"] for each in executed}


def test_one_was_amended_one_merged_one_dismissed_and_one_reopened(demo: Demo) -> None:
    amended = demo.events("incident.amended.v1")
    assert ["communicate.7.message", "detected_at", "title", "system_action"] == [
        each["data"]["field"] for each in amended
    ]
    merged = demo.titled("Support chat answers 503")
    target = demo.titled("Availability of support-assistant is 97.2%")
    assert ("merged", target["id"]) == (merged["status"], merged["merged_into"])
    (dismissed,) = demo.events("incident.dismissed.v1")
    told = demo.api.get(f"/v1/incidents/{dismissed['subject'].partition('/')[2]}/timeline")
    assert [True] == [
        "red-team" in each["fields"]["reason"]
        for each in told.json()["items"]
        if each["type"] == "incident.dismissed.v1"
    ]
    history = demo.history("SQL built from user input")
    assert 2 == history.count("incident.closed.v1")
    assert history.index("incident.closed.v1") < history.index("incident.reopened.v1")
    assert ["playbook", "playbook"] == [
        each["data"]["step"] for each in demo.events("incident.step_waived.v1")
    ]


def test_alerts_came_from_every_kind_of_source_and_one_went_silent(demo: Demo) -> None:
    fired = {each["source"] for each in demo.events("alert.fired.v1")}
    assert fired == {
        "source/prometheus",
        "source/grafana",
        "source/pagerduty-client",
        "source/evaluation",
        "source/trust-desk",
        "source/airledger/objectives",
    }
    stale = {each["system"]: each for each in demo.items("alerts", state="stale")}
    assert {"moderation", "rag-search"} == set(stale)
    assert {"prometheus"} == {each["source"] for each in stale.values()}
    impact = {
        each["system"]: (each["status"], each["impact"], each["impact_unknown_since"])
        for each in demo.items("incidents")
        if each["id"] in {alert["incident"] for alert in stale.values()}
    }
    assert ("closed", "ended", None) == impact["moderation"]  # a person stated the end
    assert ("open", "unknown", stale["rag-search"]["last_heard_at"]) == impact["rag-search"]


def test_a_warning_that_became_critical_under_one_key_opened_an_incident(demo: Demo) -> None:
    [changed] = demo.events("alert.changed.v1")
    assert "pagerduty-client" == changed["data"]["alert"]["source"]
    assert changed["data"]["incident"] is not None


def test_what_was_not_understood_or_refused_says_why(demo: Demo) -> None:
    entries = {
        (each["source"], each["state"]): each["parts"][0]["reason"]
        for each in demo.items("quarantine")
    }
    assert 3 == len(entries)
    assert "titel" in entries["trust-desk", "dismissed"]
    assert "There is no incident 'release/58'" in entries["deploy-pipeline", "open"]
    assert "scope_operate_needed" in entries["evaluation", "open"]


def test_a_person_changed_the_policy_and_it_had_its_effect(demo: Demo) -> None:
    told, newest, first = demo.items("policy/history")
    assert ["petra.novak+risk-manager"] * 2 == [told["by"], newest["by"]]
    assert "airledger" == first["by"]
    assert any("privacy" in change["path"] for change in newest["changes"])
    assert all("notify" in change["path"] for change in told["changes"])
    ruled = demo.titled("shows a colleague's salary")
    (detected,) = demo.events("incident.detected.v1", f"incident/{ruled['id']}")
    assert told["digest"] == detected["policydigest"]
    (alert,) = demo.items("alerts", incident=ruled["id"])
    assert ("privacy", "data_breach") == (alert["rule"], ruled["category"])


def test_people_act_under_their_names_and_roles(demo: Demo) -> None:
    owners = {each["owner"] for each in demo.items("incidents") if each["owner"]}
    assert {"amina.diallo+sre", "jonas.weber+sre", "mei.tanaka+ml-engineer"} == owners


def test_roles_are_granted_by_the_host_before_anything_is_played(demo: Demo) -> None:
    granted = demo.events("access.role_granted.v1")
    assert ["airledger"] * 7 == [each["actor"] for each in granted]
    links = demo.events("access.link_made.v1")
    assert 6 == len(links)
    in_order = demo.api.get("/v1/events").raise_for_status().text.splitlines()
    types = [json.loads(line)["type"] for line in in_order]
    assert "access.role_granted.v1" not in types[types.index("alert.fired.v1") :]
    held = {each["person"]: each["label"] for each in demo.items("roles")}
    assert {
        "amina.diallo+sre": "MLOps Engineer",
        "jonas.weber+sre": "MLOps Engineer",
        "mei.tanaka+ml-engineer": "ML Engineer / Data Scientist",
        "petra.novak+risk-manager": "Risk Manager",
        "sofia.rossi+governance-lead": "Governance Lead",
        "hanna.berg+product-owner": "Product Owner",
        "source/deploy-pipeline": "MLOps Engineer",
    } == held


def test_every_command_records_its_role_or_the_row_that_would_have_refused_it(demo: Demo) -> None:
    lines = demo.api.get("/v1/events").raise_for_status().text.splitlines()
    events = [json.loads(line) for line in lines]
    roles = Counter(each["actingrole"] for each in events if "actingrole" in each)
    assert {
        *("mlops_engineer", "ml_engineer", "risk_manager", "governance_lead", "product_owner")
    } == set(roles)
    refusals = Counter(each["racirefusal"] for each in events if "racirefusal" in each)
    assert {"severe-incidents": 40, "response": 8, "incidents": 8, "waivers": 2} == refusals
    adopted = [each for each in events if each.get("actingrole") and "policy" in each["type"]]
    assert ["risk_manager"] * 2 == [each["actingrole"] for each in adopted]
    shown = demo.api.get(f"/v1/incidents/{demo.titled('0.94%')['id']}/timeline").json()["items"]
    (preliminary,) = [each for each in shown if each["type"] == "incident.rca_preliminary.v1"]
    assert "row severe-incidents would have refused it" in preliminary["acting"]


def test_people_are_told_in_time_and_others_where_nobody_acknowledges(demo: Demo) -> None:
    titles = {each["id"]: each["title"] for each in demo.items("incidents")}
    deliveries = demo.items("deliveries")
    assert {"delivered", "not_needed"} == {each["status"] for each in deliveries}
    opened = [each for each in deliveries if each["notice"] == "incident_opened"]
    direct = [each for each in opened if each["channel"] == "risk-manager"]
    assert all(each["requested_at"] == each["ended_at"] for each in direct)
    further = [each for each in opened if each["channel"] == "governance-lead"]
    assert len(direct) == len(further) > 2
    assert {
        "Harmful output rate of rag-search is 0.94%",
        "Availability of voice-assistant is 96.4%",
        "Objective harmful_output of hr-assistant is breached",
    } == {titles[each["incident"]] for each in further if each["status"] == "delivered"}
    digests = [each for each in deliveries if each["notice"] == "incident_closed"]
    assert {"08:00"} == {each["ended_at"][11:16] for each in digests}


def test_what_was_told_is_in_its_file_with_a_link_to_acknowledge(demo: Demo) -> None:
    lines = demo.directory.joinpath("notifications.jsonl").read_text("utf-8").splitlines()
    sent = [json.loads(line) for line in lines]
    assert {"risk-manager", "governance-lead"} == {each["channel"] for each in sent}
    assert len(sent) == len({each["id"] for each in sent})
    assert f"in {demo.directory / 'notifications.jsonl'}" in demo.said
    link = sent[-1]["data"]["acknowledge"]
    assert link.startswith(demo.server.url)
    assert "Acknowledge" in httpx.get(link).raise_for_status().text


def test_nobody_listened_for_a_while(demo: Demo) -> None:
    answer = demo.api.get("/v1/coverage", params={"month": demo.month}).raise_for_status().json()
    fresh = f"{demo.month}-27"  # what is played a time before loading may lie in this month
    gaps = [
        gap["why"] for source in answer["sources"] for gap in source["gaps"] if gap["since"] < fresh
    ]
    assert len(answer["sources"]) == gaps.count("interrupted") == 6
    assert ["not_repeated"] == [each for each in gaps if each != "interrupted"]
