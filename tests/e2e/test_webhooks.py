"""Webhooks of PagerDuty, incident.io and Jira before a real server: what becomes of an incident."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest

from ledger.store.side_records import Signing
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.reading import Json
from tests.e2e.served import problem
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.unit.intake import webhooks as w
from tests.unit.intake.bodies import event

SECRETS = {
    SourceKind.PAGERDUTY_WEBHOOK: w.HEX_SECRET,
    SourceKind.INCIDENT_IO: w.STANDARD_SECRET,
    SourceKind.JIRA: w.HEX_SECRET,
}


class World(NamedTuple):
    """A running server with a source of each kind, an operator, a browser, and a monitor's key."""

    server: Server
    bare: httpx.Client
    api: httpx.Client
    browser: httpx.Client
    key: str

    def sent(self, kind: SourceKind, body: Json, own_id: str = "") -> Json:
        """The answer to a signed body that is taken."""
        content = json.dumps(body).encode()
        headers = headers_of(kind, content, own_id)
        answer = self.bare.post(path_of(kind), content=content, headers=headers)
        assert 202 == answer.status_code, answer.text
        return dict(answer.json())

    def incident(self, *urls: str) -> str:
        """The id of a new incident with tickets of these addresses on record."""
        report = {"title": "Answers leak names", "system": "chat", "severity": "critical"}
        found = str(self.api.post("/v1/incidents", json=report).raise_for_status().json()["id"])
        for url in urls:
            self.command(found, "ticket", url=url)
        return found

    def command(self, ref: str, name: str, **body: str) -> None:
        """Commands an incident."""
        self.api.post(f"/v1/incidents/{ref}/{name}", json=body).raise_for_status()

    def happened(self, ref: str) -> list[str]:
        """The types of an incident's events, without the first part and the version."""
        events = reading.events(self.api, subject=f"incident/{ref}")
        return [each["type"].split(".")[1] for each in events]

    def shown(self, ref: str) -> Json:
        """The incident as the API shows it."""
        reading.settled(self.api)
        return dict(self.api.get(f"/v1/incidents/{ref}").raise_for_status().json())

    def page(self, ref: str) -> str:
        """The incident's page, timeline and all."""
        reading.settled(self.api)
        return self.browser.get(f"/incidents/{ref}").raise_for_status().text

    def reasons(self, source: str) -> list[str]:
        """Why bodies of a source are in quarantine."""
        listed = self.api.get("/v1/quarantine", params={"state": "open"}).raise_for_status().json()
        mine = [each for each in listed["items"] if each["source"] == source]
        return [part["reason"] for each in mine for part in each["parts"]]


def path_of(kind: SourceKind) -> str:
    return f"/v1/webhooks/my-{kind}"


def headers_of(kind: SourceKind, content: bytes, own_id: str = "") -> dict[str, str]:
    if kind is SourceKind.PAGERDUTY_WEBHOOK:
        return w.pagerduty_headers(content)
    if kind is SourceKind.JIRA:
        return w.hub_headers(content)
    return w.standard_headers(content, datetime.now(UTC), own_id or f"msg_{uuid4()}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("webhooks") / "data"
    for kind, secret in SECRETS.items():
        add_source(
            data, f"my-{kind}", kind=kind, scope=Scope.OPERATE, signing=Signing(secret=secret)
        )
    key = add_source(data, "monitor", kind=SourceKind.PAGERDUTY)
    root = add_token(data, "root", Scope.ADMIN)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data, env={"AIRLEDGER_LOG_LEVEL": "debug"}))
        bare = opened.enter_context(httpx.Client(base_url=server.url, timeout=30))
        api = opened.enter_context(client(server, root))
        yield World(server, bare, api, opened.enter_context(logged_in(server, root)), key)
        told = api.get("/v1/events").raise_for_status().text + server.log
        assert [] == [secret for secret in SECRETS.values() if secret in told]
        assert [] == complaints(server)
    reading.verified(data)


def ticket(number: object) -> str:
    return f"{w.JIRA_SITE}/browse/OPS-{number}"


def test_what_people_do_in_pagerduty_is_done_here(world: World) -> None:
    ref = world.incident()
    key, kind = f"airledger-{ref}", SourceKind.PAGERDUTY_WEBHOOK
    for each in ("acknowledged", "reassigned", "resolved"):
        at = datetime.now(UTC).isoformat()
        body = w.pagerduty_webhook(f"incident.{each}", f"{ref}-{each}", key)
        body["event"]["occurred_at"] = at
        answer = world.sent(kind, body)
        assert ([ref], 0) == (answer["incidents"], answer["quarantined"])
        assert 0 < answer["recorded"]
    shown = world.shown(ref)
    assert ("ended", "Grace Hopper") == (shown["impact"], shown["owner"])
    assert ["detected", "acknowledged", "noted", "owner_assigned", "resolved"] == world.happened(
        ref
    )
    page = world.page(ref)
    assert "Acknowledged in PagerDuty by Ada Lovelace: incident #2." in page
    assert "Resolved in PagerDuty by Ada Lovelace: incident #2." in page


def test_an_alert_that_went_to_both_is_found_by_its_key(world: World) -> None:
    key = "leak/both"
    sent = world.bare.post("/v2/enqueue", json=event(key=key, routing_key=world.key))
    assert 202 == sent.status_code
    body = w.pagerduty_webhook(own_id="both", key=key)
    [incident] = world.sent(SourceKind.PAGERDUTY_WEBHOOK, body)["incidents"]
    assert "acknowledged" in world.happened(incident)


def test_what_becomes_of_an_incident_of_incident_io_becomes_of_ours(world: World) -> None:
    page = f"{w.INCIDENT_IO_SITE}/incidents/{uuid4()}"
    ref, kind = world.incident(page), SourceKind.INCIDENT_IO
    assert 1 == world.sent(kind, w.incident_io_status("live", "triage", permalink=page))["recorded"]
    assert 1 == world.sent(kind, w.incident_io_update(permalink=page))["recorded"]
    assert "Grace Hopper" == world.shown(ref)["owner"]
    assert 1 == world.sent(kind, w.incident_io_status("closed", "live", permalink=page))["recorded"]
    assert "ended" == world.shown(ref)["impact"]
    assert ["acknowledged", "owner_assigned", "resolved"] == world.happened(ref)[2:]


def test_a_lead_who_was_told_before_does_not_replace_who_was_assigned_here(world: World) -> None:
    page = f"{w.INCIDENT_IO_SITE}/incidents/{uuid4()}"
    ref, kind = world.incident(page), SourceKind.INCIDENT_IO
    world.sent(kind, w.incident_io_update(permalink=page))
    world.command(ref, "assign", owner="Margaret Hamilton")
    again = world.sent(kind, w.incident_io_update(permalink=page))
    assert (0, 1) == (again["recorded"], again["repeats"])
    assert "Margaret Hamilton" == world.shown(ref)["owner"]
    other = w.incident_io_update(permalink=page)
    lead = other[other["event_type"]]["incident_role_assignments"][1]["assignee"]
    lead |= {"name": "Barbara Liskov", "email": "barbara@acme.example"}
    assert 1 == world.sent(kind, other)["recorded"]
    assert "Barbara Liskov" == world.shown(ref)["owner"]


def test_what_people_do_to_a_ticket_in_jira_is_on_record(world: World) -> None:
    ref, kind = world.incident(ticket(71)), SourceKind.JIRA
    assignee = {"accountId": "7", "displayName": "Grace Hopper"}
    assigned = w.jira(w.jira_item("assignee"), key="OPS-71", change="1", assignee=assignee)
    assert 1 == world.sent(kind, assigned)["recorded"]
    assert "Grace Hopper" == world.shown(ref)["owner"]
    closed = w.jira(
        *(w.jira_item("status"), w.jira_item("resolution")),
        key="OPS-71",
        change="2",
        status=w.JIRA_DONE,
        resolution={"name": "Fixed"},
    )
    assert (1, [ref]) == ((sent := world.sent(kind, closed))["recorded"], sent["incidents"])
    shown = world.shown(ref)
    assert ("open", "ongoing") == (shown["status"], shown["impact"])
    page = world.page(ref)
    assert "OPS-71 was closed in Jira as &#39;Done&#39; by Ada Lovelace." in page
    assert "Its resolution is &#39;Fixed&#39;." in page


def test_a_person_whom_the_ledger_knows_by_email_is_not_another_one(world: World) -> None:
    ref = world.incident(ticket(72))
    world.command(ref, "assign", owner="grace@acme.example")
    world.command(ref, "assign", owner="Ada")
    assignee = {"displayName": "G. Hopper", "emailAddress": "grace@acme.example"}
    world.sent(SourceKind.JIRA, w.jira(w.jira_item("assignee"), key="OPS-72", assignee=assignee))
    assert "grace@acme.example" == world.shown(ref)["owner"]


def test_a_webhook_sent_again_is_executed_once(world: World) -> None:
    page = f"{w.INCIDENT_IO_SITE}/incidents/{uuid4()}"
    ref = world.incident(page, ticket(73), f"{w.PAGERDUTY_SITE}/incidents/AGAIN")
    bodies = [
        (SourceKind.INCIDENT_IO, w.incident_io_status("live", "triage", permalink=page)),
        (SourceKind.JIRA, w.jira(event="jira:issue_deleted", key="OPS-73", change="73")),
        (
            SourceKind.PAGERDUTY_WEBHOOK,
            w.pagerduty_webhook(
                own_id="again", id="AGAIN", html_url=f"{w.PAGERDUTY_SITE}/incidents/AGAIN"
            ),
        ),
    ]
    for kind, body in bodies:
        first, again = (world.sent(kind, body, "msg_again") for _ in range(2))
        assert 0 < first["recorded"]
        assert (0, first["recorded"]) == (again["recorded"], again["repeats"])
    happened = world.happened(ref)
    assert (2, 2) == (happened.count("acknowledged"), happened.count("noted"))


def test_a_late_acknowledgement_and_a_second_end_are_no_errors(world: World) -> None:
    ref, kind = world.incident(), SourceKind.PAGERDUTY_WEBHOOK
    key = f"airledger-{ref}"
    world.command(ref, "resolve", reason="It is over")
    late = w.pagerduty_webhook(own_id=f"{ref}-late", key=key)
    assert (2, 0) == ((sent := world.sent(kind, late))["recorded"], sent["quarantined"])
    resolved = w.pagerduty_webhook("incident.resolved", f"{ref}-end", key)
    assert (0, 1) == ((sent := world.sent(kind, resolved))["recorded"], sent["repeats"])


def test_a_refused_command_goes_to_quarantine_with_its_reason_and_is_retried(world: World) -> None:
    ref, kind = world.incident(), SourceKind.PAGERDUTY_WEBHOOK
    world.command(ref, "dismiss", reason="A test")
    body = w.pagerduty_webhook("incident.reassigned", f"{ref}-late", f"airledger-{ref}")
    assert (0, 1) == ((sent := world.sent(kind, body))["recorded"], sent["quarantined"])
    [reason] = [each for each in world.reasons(f"my-{kind}") if "incident #2" in each]
    assert (
        "airledger.incident.assign of 'incident #2', which was refused: The incident is" in reason
    )
    assert "dismissed; this needs an open one. Reopen it first" in reason
    world.command(ref, "reopen", reason="It was none")
    listed = world.api.get("/v1/quarantine", params={"state": "open"}).json()["items"]
    [entry] = [each for each in listed if reason in [part["reason"] for part in each["parts"]]]
    world.api.post(f"/v1/quarantine/{entry['id']}/retry").raise_for_status()
    assert "Grace Hopper" == world.shown(ref)["owner"]


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (SourceKind.JIRA, w.jira(w.jira_item("assignee"), key="HR-1"), "No incident has HR-1 of J"),
        (SourceKind.JIRA, w.jira(w.jira_item("summary")), "No command for this change of OPS-7"),
        (SourceKind.JIRA, {"webhookEvent": "comment_created"}, "event 'comment_created'"),
        (SourceKind.JIRA, w.jira(event="jira:issue_created"), "event 'jira:issue_created'"),
        (SourceKind.INCIDENT_IO, w.incident_io_status(), "No incident has INC-123 of incident.io"),
        (SourceKind.INCIDENT_IO, {"event_type": "a.new_one_v9"}, "event 'a.new_one_v9'"),
        (SourceKind.PAGERDUTY_WEBHOOK, w.pagerduty_webhook(), "No incident has incident #2 of P"),
        (SourceKind.PAGERDUTY_WEBHOOK, w.pagerduty_webhook("pagey.ping"), "event 'pagey.ping'"),
        (SourceKind.PAGERDUTY_WEBHOOK, w.pagerduty_webhook("incident.annotated"), "annotated"),
    ],
)
def test_what_is_about_nothing_here_is_ignored_and_says_why(
    world: World, kind: SourceKind, body: Json, said: str
) -> None:
    before = reading.published(world.api)
    quarantined = world.reasons(f"my-{kind}")
    answer = world.sent(kind, body)
    [reason] = answer["ignored"]
    assert said in reason
    assert (1, 0, 0, 0) == tuple(
        answer[name] for name in ("received", "recorded", "repeats", "quarantined")
    )
    assert before == reading.published(world.api)
    assert quarantined == world.reasons(f"my-{kind}")
    assert 0 < reading.metric(
        world.api, "airledger_signals_total", source=f"my-{kind}", outcome="ignored"
    )


def test_a_label_alone_is_not_believed(world: World) -> None:
    ref, kind = world.incident(), SourceKind.JIRA
    body = w.jira(event="jira:issue_deleted", key="OPS-74", labels=[f"airledger-{ref}"])
    assert 1 == world.sent(kind, body)["quarantined"]
    [reason] = [each for each in world.reasons(f"my-{kind}") if "OPS-74" in each]
    assert "and is no ticket of it on record. Record it: airledger incident ticket INC-" in reason
    # the site's API may be reached under another address, which is no ticket's
    world.command(ref, "ticket", url=ticket(74))
    moved = w.jira(
        w.jira_item("status"),
        key="OPS-74",
        site="https://api.atlassian.example/ex/jira/1",
        labels=["x", f"airledger-{ref}"],
        status=w.JIRA_DONE,
    )
    assert [ref] == world.sent(kind, moved)["incidents"]


def test_of_a_merged_incident_the_one_that_continues_it_is_meant(world: World) -> None:
    merged, into = world.incident(ticket(75)), world.incident()
    world.command(merged, "merge", into=into, reason="The same")
    body = w.jira(event="jira:issue_deleted", key="OPS-75", change="75")
    assert [into] == world.sent(SourceKind.JIRA, body)["incidents"]


def test_a_ticket_of_several_open_incidents_is_nobody_s_to_guess(world: World) -> None:
    one, other = world.incident(ticket(76)), world.incident(ticket(76))
    body = w.jira(w.jira_item("status"), key="OPS-76", change="76", status=w.JIRA_DONE)
    assert 1 == world.sent(SourceKind.JIRA, body)["quarantined"]
    assert any("OPS-76 in Jira is a ticket of several" in each for each in world.reasons("my-jira"))
    world.command(other, "dismiss", reason="The same")
    body["changelog"]["id"] = "77"
    assert [one] == world.sent(SourceKind.JIRA, body)["incidents"]


def test_a_corrected_address_is_the_one_that_counts(world: World) -> None:
    ref = world.incident(ticket(77))
    world.command(ref, "amend", field="ticket.url", to=ticket(78), reason="Mistyped")
    for key, found in (("OPS-77", []), ("OPS-78", [ref])):
        body = w.jira(event="jira:issue_deleted", key=key)
        assert found == world.sent(SourceKind.JIRA, body)["incidents"]


@pytest.mark.parametrize("kind", SECRETS)
def test_a_body_without_its_source_s_signature_is_refused_and_not_kept(
    world: World, kind: SourceKind
) -> None:
    content = b'{"event": 1}'
    others = headers_of(kind, b"another body")
    for headers in ({}, others, dict.fromkeys(others, "v1=0")):
        answer = world.bare.post(path_of(kind), content=content, headers=headers)
        told = problem(answer, 401)
        assert "must hold" in told["detail"]
    token = {"Authorization": f"Bearer {world.key}"}
    assert 401 == world.bare.post(path_of(kind), content=content, headers=token).status_code
    digest = hashlib.sha256(content).hexdigest()
    listed = world.api.get("/v1/quarantine").raise_for_status().json()["items"]
    assert [] == [each for each in listed if each["digest"] == digest]


def test_an_old_message_of_incident_io_is_refused(world: World) -> None:
    content = json.dumps(w.incident_io_status()).encode()
    headers = w.standard_headers(content, datetime.now(UTC) - timedelta(minutes=6))
    told = problem(
        world.bare.post(path_of(SourceKind.INCIDENT_IO), content=content, headers=headers), 401
    )
    assert "behind this server's clock; at most 300 s" in told["detail"]


@pytest.mark.parametrize("name", ["nobody", "monitor", "x" * 101, "%00", "my-jira%2F.."])
def test_a_name_of_no_signed_source_is_refused_before_the_body_is_read(
    world: World, name: str
) -> None:
    answer = world.bare.post(f"/v1/webhooks/{name}", content=b"x", headers={w.HUB: "sha256=0"})
    assert answer.status_code in {401, 404}
    assert "airledger source add" in answer.text or answer.status_code == 404


def test_what_is_signed_and_no_webhook_is_quarantined(world: World) -> None:
    for kind in SECRETS:
        for content in (b"{", b"[]", b'{"a": 1, "a": 2}', b"\xff"):
            headers = headers_of(kind, content)
            answer = world.bare.post(path_of(kind), content=content, headers=headers)
            assert (202, 1) == (answer.status_code, answer.json()["quarantined"])
        too_large = b" " * (1024 * 1024 + 1)
        answer = world.bare.post(
            path_of(kind), content=too_large, headers=headers_of(kind, too_large)
        )
        assert 413 == answer.status_code


def test_a_source_is_heard_by_whatever_it_signed(world: World) -> None:
    world.sent(SourceKind.JIRA, {"webhookEvent": "comment_created"})
    sources = world.api.get("/v1/tokens", params={"holder": "source"}).json()["items"]
    [mine] = [each for each in sources if each["name"] == "my-jira"]
    assert mine["heard_at"] is not None
