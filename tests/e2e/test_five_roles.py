"""Five roles work a month from report to closed review in the browser, none of them admin.

The policy enforces the RACI and asks for the approval of RCAs. At each step somebody whose role
does not allow it is not offered the form, and is refused by the name of the row when he sends it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest

from consumers.read_service.roles import raci_lines
from tests.e2e.logging_in import sessions
from tests.e2e.people import (
    GOVERNANCE_LEAD,
    GUARDS,
    HELD,
    ML_ENGINEER,
    MLOPS_ENGINEER,
    PRODUCT_OWNER,
    RISK_MANAGER,
    SECOND_RISK_MANAGER,
    SYSTEM,
    Company,
    company,
)
from tests.e2e.test_acting_pages import hidden
from tests.harness.process import until


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("roles") / "data") as found:
        yield found


def test_nobody_at_work_is_an_admin(people: Company) -> None:
    for person in people.people.values():
        own = sessions(person.browser)
        assert [(person.name, ["report", "operate"])] == [
            (each["holder"], each["scopes"]) for each in own
        ]
        assert 403 == person.browser.get("/access").status_code


def test_five_roles_work_a_month_from_report_to_closed_review(people: Company) -> None:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")  # one month for all four, at midnight too
    low, high, medium = (
        people[who].reports(
            title=f"The tutor is wrong, says {who}",
            system=SYSTEM,
            severity=severity,
            detected_at=at,
        )
        for who, severity in (
            (PRODUCT_OWNER, "low"),
            (ML_ENGINEER, "high"),
            (MLOPS_ENGINEER, "medium"),
        )
    )
    for path, severity in ((low, "low"), (high, "high"), (medium, "medium")):
        _respond(people, path, severity)
    _finish_low(people, low)
    _finish_high(people, high)
    _finish_medium(people, medium)
    assert [] == _reviews(people)
    people[RISK_MANAGER].reports(title="Once more", system=SYSTEM, severity="low", detected_at=at)
    until(lambda: bool(_reviews(people)), "the fourth incident launches a review")
    (review,) = _reviews(people)
    _review(people, f"/reviews/{review}")
    assert "The log is whole" in people.host.done("verify").text


def test_what_was_severe_once_is_told_to_be_the_risk_managers(people: Company) -> None:
    ml, risk = people[ML_ENGINEER], people[RISK_MANAGER]
    path = ml.reports(title="It leaked", system="leaking", severity="high")
    ml.records(path, "classify", category="data_breach", severity="low", reason="It did not")
    for command, typed in (
        ("contain", {"action": "Off"}),
        ("communicate", {"audience": "all", "message": "It is off"}),
        ("ticket", {"url": "https://tickets.example/9"}),
        ("notify", {"channel": "telephone"}),
    ):
        shown = ml.records(path, command, **typed)
    assert "Next: Complete RCA." in text_of(shown)
    assert "That is for Risk Manager, by the RACI." in text_of(shown)
    analysis = {"summary": "A cache", "root_cause": "A key", "actions": "Another key"}
    ml.is_refused(path, "rca/complete", "severe-incidents", **analysis)
    done = text_of(risk.records(path, "rca/complete", **analysis))
    assert "which waits for its approval." in done
    assert "That is for" not in done


def _reviews(people: Company) -> list[str]:
    answer = people[PRODUCT_OWNER].browser.get("/v1/reviews", params={"system": SYSTEM})
    return [each["reference"] for each in answer.raise_for_status().json()["items"]]


def text_of(page: str) -> str:
    """What a page says, without its elements."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def _respond(people: Company, path: str, severity: str) -> None:
    """The first hour: the engineers' work, whatever the severity."""
    owner, lead = people[PRODUCT_OWNER], people[GOVERNANCE_LEAD]
    ml, mlops = people[ML_ENGINEER], people[MLOPS_ENGINEER]
    owner.is_refused(path, "contain", "response", action="Off with it")
    mlops.records(path, "contain", action="The tutor's memory is off")
    lead.is_refused(path, "communicate", "response", audience="Schools", message="We know")
    ml.records(path, "communicate", audience="Schools", message="We look into it")
    sort = {"category": "safety_failure", "severity": severity}
    owner.is_refused(path, "classify", "incidents", reason="It looks bad", **sort)
    mlops.records(path, "classify", reason="Wrong sums", **sort)
    lead.is_refused(path, "ticket", "response", url="https://tickets.example/7")
    ml.records(path, "ticket", url="https://tickets.example/8")
    owner.is_refused(path, "notify", "response", channel="a word in the corridor")
    mlops.records(path, "notify", channel="telephone", receipt="Rosa, at once")


def _finish_low(people: Company, path: str) -> None:
    """An engineer completes the RCA of a mild incident, and the other one approves it."""
    owner, lead = people[PRODUCT_OWNER], people[GOVERNANCE_LEAD]
    ml, mlops = people[ML_ENGINEER], people[MLOPS_ENGINEER]
    analysis = {"summary": "It adds badly", "root_cause": "Tokens", "actions": "A calculator"}
    lead.is_refused(path, "rca/complete", "incidents", **analysis)
    ml.records(path, "rca/start")
    assert "waits for the approval" in ml.records(path, "rca/complete", **analysis)
    owner.is_refused(path, "rca/approve", "incidents", comment="Fine by me")
    mlops.records(path, "rca/approve", comment="Read with care")
    lead.is_refused(path, "playbook/update", "response", playbook="Sums", change="One more check")
    ml.records(path, "playbook/update", playbook="Sums", change="Ask the calculator")
    lead.is_refused(path, "resolve", "response", reason="Nobody complains")
    mlops.records(path, "resolve", reason="The memory is off")
    owner.is_refused(path, "close", "incidents", reason="Enough")
    assert "Closed" in mlops.records(path, "close")
    assert [
        ("incident.detected.v1", PRODUCT_OWNER, ""),
        ("incident.contained.v1", MLOPS_ENGINEER, "as MLOps Engineer"),
        ("incident.communicated.v1", ML_ENGINEER, "as ML Engineer / Data Scientist"),
        ("incident.classified.v1", MLOPS_ENGINEER, "as MLOps Engineer"),
        ("incident.ticket_opened.v1", ML_ENGINEER, "as ML Engineer / Data Scientist"),
        ("incident.risk_manager_notified.v1", MLOPS_ENGINEER, "as MLOps Engineer"),
        ("incident.rca_started.v1", ML_ENGINEER, "as ML Engineer / Data Scientist"),
    ] == owner.acts(path)[:7]


def _finish_high(people: Company, path: str) -> None:
    """Engineers roll a severe incident back; its RCA and its end are the risk manager's."""
    ml, mlops = people[ML_ENGINEER], people[MLOPS_ENGINEER]
    risk, second = people[RISK_MANAGER], people[GOVERNANCE_LEAD]
    owner = people[PRODUCT_OWNER]
    owner.is_refused(path, "rollback/request", "response", reason="Since release 8")
    ml.records(path, "rollback/request", reason="Since release 8", target="release/7")
    owner.is_refused(path, "rollback/execute", "response", snapshot="release/7")
    mlops.records(path, "rollback/execute", snapshot="release/7")
    analysis = {"summary": "Shared memory", "root_cause": "A key", "actions": "Two pupils' test"}
    mlops.is_refused(path, "rca/complete", "severe-incidents", **analysis)
    ml.is_refused(path, "waive", "waivers", step="playbook", reason="Nothing learnt")
    risk.records(path, "rca/complete", **analysis)
    ml.is_refused(path, "rca/approve", "approvals", comment="Fine")
    own = unescape(
        risk.browser.post(
            f"{path}/rca/approve", data=hidden(risk.page(path)) | {"comment": "Mine"}
        ).text
    )
    assert "Let another person approve it" in own, own
    second.records(path, "rca/approve", comment="I agree")
    ml.records(path, "playbook/update", playbook="Memory", change="Off first")
    mlops.is_refused(path, "close", "severe-incidents", reason="The release is back")
    assert "Closed" in risk.records(path, "close", reason="The release is back")
    assert {
        ("incident.rollback_executed.v1", MLOPS_ENGINEER, "as MLOps Engineer"),
        ("incident.rca_completed.v1", RISK_MANAGER, "as Risk Manager"),
        ("incident.rca_approved.v1", GOVERNANCE_LEAD, "as Governance Lead"),
        ("incident.closed.v1", RISK_MANAGER, "as Risk Manager"),
    } <= set(risk.acts(path))


def _finish_medium(people: Company, path: str) -> None:
    """The governance lead, who is accountable for waivers, waives what is left."""
    ml, risk, lead = people[ML_ENGINEER], people[RISK_MANAGER], people[GOVERNANCE_LEAD]
    analysis = {"summary": "Slow", "root_cause": "A queue", "actions": "A longer one"}
    risk.records(path, "rca/complete", **analysis)
    lead.is_refused(path, "rca/approve", "incidents", comment="Fine")
    ml.records(path, "rca/approve", comment="So it is")
    ml.is_refused(path, "waive", "waivers", step="playbook", reason="Nothing learnt")
    lead.records(path, "waive", step="playbook", reason="The playbook has it")
    lead.is_refused(path, "close", "incidents", reason="Enough")
    assert "Closed" in risk.records(path, "close", reason="The queue is short")
    assert (
        "incident.step_waived.v1",
        GOVERNANCE_LEAD,
        "as Governance Lead",
    ) in lead.acts(path)


def _review(people: Company, path: str) -> None:
    """The risk manager assigns the review to the governance lead, who concludes it."""
    risk, lead = people[RISK_MANAGER], people[GOVERNANCE_LEAD]
    people[ML_ENGINEER].is_refused(path, "assign", "reviews", owner=ML_ENGINEER)
    risk.records(path, "assign", owner=GOVERNANCE_LEAD)
    found = {"findings": "One memory for all", "actions": "One for each pupil"}
    people[MLOPS_ENGINEER].is_refused(path, "conclude", "reviews", **found)
    assert "One memory for all" in lead.records(path, "conclude", **found)
    people[PRODUCT_OWNER].is_refused(path, "amend", "reviews", reason="Typo", findings="Memories")
    assert [
        ("review.launched.v1", ""),
        ("review.assigned.v1", "as Risk Manager"),
        ("review.concluded.v1", "as Governance Lead"),
    ] == [(kind, acting) for kind, _, acting in lead.acts(path)]


def test_the_pages_and_the_command_line_show_what_the_policy_says(people: Company) -> None:
    page = people[PRODUCT_OWNER].page("/roles")
    assert "You act as Product Owner." in text_of(page)
    assert f"You act as Risk Manager for {SYSTEM}." in text_of(
        people[SECOND_RISK_MANAGER].page("/roles")
    )
    held = people.host.done("role", "list").text
    for name, role in HELD.items():
        for shown in (page, held):
            assert name in shown
            assert GUARDS.role_labels[role] in shown
    assert "is enforced" in page
    assert people[PRODUCT_OWNER].is_offered("/roles", "delegate")
    for command in ("grant", "revoke", "join"):
        assert not people[RISK_MANAGER].is_offered("/roles", command)
    raci = people[PRODUCT_OWNER].page("/raci")
    assert "It is enforced." in raci
    printed = people.host.done("raci", "--json").text
    for line in raci_lines(GUARDS):
        assert f"<code>{line.command}</code>" in raci
        assert f'"{line.command}"' in printed
        if line.row:
            assert f'"{line.row}"' in printed
