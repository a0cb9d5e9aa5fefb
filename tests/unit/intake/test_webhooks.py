"""Webhooks of PagerDuty, incident.io and Jira: which commands become of a body."""

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from consumers.intake.format import Parse
from consumers.intake.formats import incident_io, jira, pagerduty_webhook
from consumers.intake.kafka_records import delivered
from consumers.intake.parsed import EmbeddedCommand, ForeignTicket, ParsedBody
from consumers.intake.record_parser import parse_record
from ledger.domain.command import Command
from ledger.domain.incident.commands import Acknowledge, Assign, Note, Resolve
from ledger.store.side_records import TokenRow
from ledger.vocabulary import Scope, SourceKind
from tests.unit.intake import webhooks as w
from tests.unit.intake.bodies import ARRIVED_AT, Json, incoming
from tests.unit.intake.records import Header, Record

PARSERS: dict[str, Parse] = {
    "PagerDuty": pagerduty_webhook.parse,
    "incident.io": incident_io.parse,
    "Jira": jira.parse,
}
SAMPLES: dict[str, Json] = {
    "PagerDuty": w.pagerduty_webhook(),
    "incident.io": w.incident_io_status(),
    "Jira": w.jira(event="jira:issue_deleted"),
}
ADA, GRACE = {"displayName": "Ada"}, {"displayName": "Grace", "emailAddress": "g@acme.example"}


def parsed(system: str, body: Json | bytes, **headers: str) -> ParsedBody:
    found = PARSERS[system](replace(incoming(body), headers=headers))
    assert () == found.signals
    assert 1 == bool(found.commands) + bool(found.ignored) + bool(found.refused)
    return found


def commands(system: str, body: Json) -> list[Command]:
    return [each.command for each in parsed(system, body).commands]


def only(system: str, body: Json, **headers: str) -> EmbeddedCommand:
    [found] = parsed(system, body, **headers).commands
    return found


def text(command: Command) -> str:
    assert isinstance(command, Note | Resolve)
    return command.text if isinstance(command, Note) else command.reason


def test_pagerduty_s_events_are_commands() -> None:
    assert [
        Acknowledge(),
        Note(text="Acknowledged in PagerDuty by Ada Lovelace: incident #2."),
    ] == commands("PagerDuty", w.pagerduty_webhook())
    resolved = Resolve(
        reason="Resolved in PagerDuty by Ada Lovelace: incident #2.",
        at=datetime(2026, 11, 22, 9, 20, 0, 169000, UTC),
    )
    assert [resolved] == commands("PagerDuty", w.pagerduty_webhook("incident.resolved"))
    reassigned = w.pagerduty_webhook("incident.reassigned")
    assert [Assign(owner="Grace Hopper")] == commands("PagerDuty", reassigned)
    [reopened] = commands("PagerDuty", w.pagerduty_webhook("incident.reopened"))
    assert "Reopened in PagerDuty by Ada Lovelace: incident #2." == text(reopened)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-22T10:25:00+01:00", ARRIVED_AT),
        ("2026-11-22T09:30:00Z", ARRIVED_AT),
        ("soon", None),
        (None, None),
        (7, None),
    ],
)
def test_an_end_is_when_it_was_but_not_after_it_arrived(at: object, expected: object) -> None:
    body = w.pagerduty_webhook("incident.resolved")
    body["event"]["occurred_at"] = at
    [command] = commands("PagerDuty", body)
    assert isinstance(command, Resolve)
    assert expected == command.at


def test_an_incident_of_pagerduty_is_known_by_its_key_and_its_page() -> None:
    found = only("PagerDuty", w.pagerduty_webhook("incident.reopened", key="disk/7"))
    assert (
        ForeignTicket(
            system="PagerDuty",
            name="incident #2",
            addresses=(f"{w.PAGERDUTY_SITE}/incidents/PGR0VU2",),
            key="disk/7",
        )
        == found.about
    )
    bare = w.pagerduty_webhook("incident.reopened", html_url=None, number=None)
    bare["event"]["data"]["incident_key"] = None
    about = only("PagerDuty", bare).about
    assert ForeignTicket(system="PagerDuty", name="incident PGR0VU2") == about


@pytest.mark.parametrize(
    ("new", "previous", "expected"),
    [
        ("live", "triage", Acknowledge),
        ("paused", "triage", Acknowledge),
        ("live", "paused", None),
        ("learning", "live", Resolve),
        ("closed", "triage", Resolve),
        ("closed", "learning", None),
        ("live", "closed", Note),
        ("declined", "triage", Note),
        ("canceled", "live", Note),
        ("merged", "live", Note),
        ("triage", "live", None),
        ("a new one", "live", Note),
    ],
)
def test_a_status_of_incident_io_is_read_by_its_category(
    new: str, previous: str, expected: type[Command] | None
) -> None:
    found = commands("incident.io", w.incident_io_status(new, previous))
    assert ([] if expected is None else [expected]) == [type(each) for each in found]
    if expected in {Note, Resolve}:
        said = f"INC-123 of incident.io has the status 'Our {new}', which is {new}."
        assert said == text(found[0])


def test_a_lead_is_the_owner_whom_every_update_names_again() -> None:
    found = only("incident.io", w.incident_io_update(), **{"webhook-id": "msg_9"})
    assert Assign(owner="Grace Hopper") == found.command
    assert (True, ("gra@acme.example",)) == (found.restated, found.person_names)
    assert "msg_9/0/assign" == found.message_id
    nobody = w.incident_io_update(incident_role_assignments=[])
    assert parsed("incident.io", nobody).ignored
    vacant = [{"role": {"role_type": "lead"}, "assignee": None}]
    assert parsed("incident.io", w.incident_io_update(incident_role_assignments=vacant)).ignored


def test_an_incident_of_incident_io_is_known_by_its_page_or_its_issue() -> None:
    issue = {"provider": "jira", "issue_permalink": f"{w.JIRA_SITE}/browse/OPS-7"}
    about = only("incident.io", w.incident_io_update(external_issue_reference=issue)).about
    assert about is not None
    assert (f"{w.INCIDENT_IO_SITE}/incidents/123", issue["issue_permalink"]) == about.addresses


def test_of_a_private_incident_there_is_no_more_than_an_id() -> None:
    event = "private_incident.incident_updated_v2"
    found = parsed("incident.io", {"event_type": event, event: {"id": "01F"}})
    assert f"No command for incident.io's event '{event}'." == found.ignored


def test_an_assignee_in_jira_is_the_owner() -> None:
    found = only("Jira", w.jira(w.jira_item("assignee"), assignee=GRACE))
    assert Assign(owner="Grace") == found.command
    assert ("g@acme.example",) == found.person_names
    hidden = {"displayName": "Grace", "emailAddress": "?"}
    assert () == only("Jira", w.jira(w.jira_item("assignee"), assignee=hidden)).person_names
    [nobody] = commands("Jira", w.jira(w.jira_item("assignee", None)))
    assert "OPS-7 was assigned to nobody in Jira by Ada Lovelace." == text(nobody)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            w.jira(w.jira_item("status"), status=w.JIRA_DONE),
            "OPS-7 was closed in Jira as 'Done' by Ada Lovelace.",
        ),
        (
            w.jira(w.jira_item("status"), status=w.JIRA_DONE, resolution={"name": "Won't do"}),
            "OPS-7 was closed in Jira as 'Done' by Ada Lovelace. Its resolution is \"Won't do\".",
        ),
        (
            w.jira(w.jira_item("status"), w.jira_item("resolution", None)),
            "OPS-7 was reopened in Jira by Ada Lovelace. Its status is 'In Progress'.",
        ),
        (w.jira(event="jira:issue_deleted"), "OPS-7 was deleted in Jira by Ada Lovelace."),
    ],
)
def test_what_becomes_of_a_ticket_is_a_note(body: Json, said: str) -> None:
    assert [said] == [text(each) for each in commands("Jira", body)]


def test_several_fields_that_change_at_once_are_several_commands() -> None:
    items = (w.jira_item("assignee"), w.jira_item("status"), w.jira_item("status"))
    found = parsed("Jira", w.jira(*items, assignee=ADA, status=w.JIRA_DONE)).commands
    assert ["airledger.incident.assign", "airledger.incident.note"] == [each.type for each in found]
    assert ["1007/10124/0/assign", "1007/10124/1/note"] == [each.message_id for each in found]


@pytest.mark.parametrize(
    ("site", "addresses"),
    [
        (w.JIRA_SITE, (f"{w.JIRA_SITE}/browse/OPS-7",)),
        ("https://jira.example/jira", ("https://jira.example/jira/browse/OPS-7",)),
        ("", ()),
    ],
)
def test_a_ticket_is_known_by_its_page_and_its_labels(
    site: str, addresses: tuple[str, ...]
) -> None:
    body = w.jira(event="jira:issue_deleted", site=site, labels=["a", "airledger-x"])
    assert (
        ForeignTicket(
            system="Jira",
            name="OPS-7",
            addresses=addresses,
            labels=("a", "airledger-x"),
            path="/browse/OPS-7",
        )
        == only("Jira", body).about
    )


@pytest.mark.parametrize(
    ("system", "body"),
    [
        ("PagerDuty", w.pagerduty_webhook("pagey.ping")),
        ("PagerDuty", w.pagerduty_webhook("incident.escalated")),
        ("PagerDuty", w.pagerduty_webhook("incident.reassigned", assignees=[])),
        ("PagerDuty", w.pagerduty_webhook("incident.reassigned", assignees=[{"summary": " "}])),
        ("incident.io", {"event_type": "public_alert.alert_created_v1"}),
        ("Jira", w.jira(w.jira_item("priority"))),
        ("Jira", w.jira(w.jira_item("status"))),
        ("Jira", w.jira(event="comment_created")),
        ("Jira", {"webhookEvent": "jira:issue_updated", "issue": w.jira()["issue"]}),
    ],
)
def test_what_becomes_no_command_is_ignored(system: str, body: Json) -> None:
    assert parsed(system, body).ignored.endswith(".")


@pytest.mark.parametrize("system", PARSERS)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'{"event": 1, "event": 2}', b'{"a": NaN}'],
)
def test_what_is_no_webhook_is_refused(system: str, body: bytes) -> None:
    [part] = parsed(system, body).refused
    assert part.reason.startswith("The body ")
    assert len(part.reason) < 400


def spoilt(part: object) -> list[object]:
    """The same with each member, at any depth, once missing and once of another type."""
    found: list[object] = []
    if isinstance(part, dict):
        for name, inner in part.items():
            rest = {each: value for each, value in part.items() if each != name}
            others: tuple[object, ...] = (7, [], {}, "x" * 2_000, None)
            found += [rest, *({**part, name: other} for other in others)]
            found += [{**part, name: each} for each in spoilt(inner)]
    if isinstance(part, list):
        for place, inner in enumerate(part):
            found += [[*part[:place], each, *part[place + 1 :]] for each in spoilt(inner)]
    return found


@pytest.mark.parametrize("system", PARSERS)
def test_a_body_with_anything_missing_or_of_another_type_is_never_an_error(system: str) -> None:
    for body in spoilt(SAMPLES[system]):
        found = parsed(system, json.dumps(body).encode())
        for each in found.commands:
            assert isinstance(each.command, Acknowledge | Assign) or text(each.command).strip()
            assert len(each.message_id) < 500
            assert len(each.subject) < 300


@pytest.mark.parametrize("name", ["\x1b[31mAda\n", "A" * 10_000, "  Ada \u202e Love"])
def test_names_of_people_are_harmless(name: str) -> None:
    body = w.pagerduty_webhook("incident.reassigned", assignees=[{"summary": name}])
    [command] = commands("PagerDuty", body)
    assert isinstance(command, Assign)
    assert 0 < len(command.owner) <= 200
    assert command.owner.isprintable()


@pytest.mark.parametrize("header", [True, False])
def test_a_webhook_is_not_taken_from_kafka_where_no_signature_is_checked(header: bool) -> None:
    kinds: list[Header] = [("airledger-kind", b"jira")] if header else []
    record = Record(
        headers=[("airledger-source", b"my-jira"), *kinds],
        value=json.dumps(SAMPLES["Jira"]).encode(),
    )
    row = TokenRow(
        digest="d",
        holder_kind="source",
        holder_name="my-jira",
        holder="source/my-jira",
        scope=Scope.OPERATE,
        source_kind=SourceKind.JIRA,
        granted_at=ARRIVED_AT,
    )
    read = parse_record(delivered(record), {"my-jira": row}, ARRIVED_AT)
    [part] = read.parsed.refused
    assert () == read.parsed.commands
    assert "The header airledger-kind is 'jira'; known are alertmanager, " in part.reason
