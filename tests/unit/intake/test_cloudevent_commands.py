"""CloudEvents that are commands: which, for what, and when it happened."""

from datetime import timedelta

import pytest

from consumers.intake.parsed import EmbeddedCommand
from consumers.intake.parsing.cloudevent_commands import COMMANDS
from ledger.domain.control import CONTROL
from ledger.domain.evidence import EVIDENCE
from ledger.domain.improvement import IMPROVEMENT
from ledger.domain.incident import commands as c
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.metric import METRIC
from ledger.domain.release import RELEASE
from ledger.domain.review import REVIEW
from ledger.domain.risk import RISK
from ledger.domain.standard import STANDARD
from ledger.domain.system import SYSTEM
from tests.unit.intake.parsing import NOON, binary, event, events, one, why

EARLIER = NOON - timedelta(hours=1)
EXECUTE = "airledger.incident.rollback.execute"


def command_in(name: str, **members: object) -> EmbeddedCommand:
    found = one(type=f"airledger.incident.{name}", **members)
    assert ((), ()) == (found.signals, found.refused)
    [ordered] = found.commands
    return ordered


def test_every_command_over_http_is_one() -> None:
    assert {
        f"airledger.{of.kind}.{name.replace('/', '.')}"
        for of in (
            CONTROL,
            EVIDENCE,
            IMPROVEMENT,
            INCIDENT,
            METRIC,
            RELEASE,
            REVIEW,
            RISK,
            STANDARD,
            SYSTEM,
        )
        for name in of.commands
    } | {"airledger.measurement"} == set(COMMANDS)


def test_a_command_has_its_subject_its_data_and_an_id_of_its_own() -> None:
    found = command_in("rollback.execute", subject="INC-4", data={"snapshot": "v6"})
    assert ("INC-4", EXECUTE, "/pipelines/chat a-1") == (
        found.subject,
        found.type,
        found.message_id,
    )
    assert c.ExecuteRollback(snapshot="v6") == found.command


def test_a_command_may_be_binary() -> None:
    found = binary(b'{"snapshot": "v6"}', ce_type=EXECUTE, ce_subject="INC-4")
    assert (
        command_in("rollback.execute", subject="INC-4", data={"snapshot": "v6"}),
    ) == found.commands


def test_without_data_a_command_has_no_fields() -> None:
    assert c.Close() == command_in("close", subject="INC-4").command
    assert (
        c.StartRca()
        == binary(ce_type="airledger.incident.rca.start", ce_subject="k").commands[0].command
    )


def test_the_events_time_is_when_it_happened_where_the_data_does_not_say() -> None:
    data = {"snapshot": "v6"}
    at = command_in("rollback.execute", subject="k", time=EARLIER.isoformat(), data=data).command
    assert c.ExecuteRollback(snapshot="v6", at=EARLIER) == at
    said = data | {"at": NOON.isoformat()}
    given = command_in("rollback.execute", subject="k", time=EARLIER.isoformat(), data=said).command
    assert c.ExecuteRollback(snapshot="v6", at=NOON) == given
    report = {"title": "Broken", "system": "chat"}
    detected = command_in("report", subject="k", time=EARLIER.isoformat(), data=report).command
    assert c.Report(title="Broken", system="chat", detected_at=EARLIER) == detected
    assert c.Close() == command_in("close", subject="k", time=EARLIER.isoformat()).command


def test_a_clock_that_is_ahead_does_not_put_it_after_its_arrival() -> None:
    ahead = (NOON + timedelta(seconds=3)).isoformat()
    found = command_in("contain", subject="k", time=ahead, data={"action": "Off."})
    assert c.Contain(action="Off.", at=NOON) == found.command


def test_a_report_without_a_subject_goes_by_its_events_id() -> None:
    found = command_in("report", data={"title": "Broken", "system": "chat"})
    assert "/pipelines/chat a-1" == found.subject


def test_a_batch_keeps_signals_and_commands_in_order() -> None:
    close = {"type": "airledger.incident.close", "subject": "k"}
    found = events(
        event(id="1"), event(id="2"), event(id="3", **close), event(id="4", **close), event(id="5")
    )
    one_two, third, fourth, five = found.parts()
    assert isinstance(third, EmbeddedCommand)
    assert isinstance(fourth, EmbeddedCommand)
    assert isinstance(one_two, tuple)
    assert isinstance(five, tuple)
    assert [["1", "2"], ["5"]] == [
        [signal.annotations["id"] for signal in part] for part in (one_two, five)
    ]
    assert [2, 3] == [third.index, fourth.index]
    assert 5 == found.received


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"type": "airledger.incident.detected.v1"}, "which is no command; known are airledger."),
        ({"type": "airledger."}, "known are airledger.<kind>.<command> of control"),
        ({"type": "airledger.incident."}, "report, contain, communicate, classify, ticket, notify"),
        ({"type": "airledger.incident.rollback/execute"}, "is no command"),
        ({"type": EXECUTE, "data": {"snapshot": "v6"}}, "without a subject, which names the inc"),
        ({"type": EXECUTE, "subject": "k"}, "missing required field `snapshot`"),
        ({"type": EXECUTE, "subject": "k", "data": {"snapshot": ""}}, "`$.snapshot`"),
        ({"type": EXECUTE, "subject": "k", "data": []}, "Expected `object`, got `array`"),
        (
            {"type": EXECUTE, "subject": "k", "data": {"snapshot": "v", "why": ""}},
            "unknown field `why`",
        ),
        (
            {"type": EXECUTE, "subject": "k", "data": "v", "datacontenttype": "text/plain"},
            "whose data is JSON; it came as 'text/plain'",
        ),
    ],
)
def test_what_is_no_command_is_told_why(members: dict[str, object], said: str) -> None:
    reason = why(one(**members))
    assert said in reason
    assert len(reason) < 500
