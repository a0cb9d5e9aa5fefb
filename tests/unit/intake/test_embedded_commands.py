"""A body with commands that is cut off in between, and sent again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from consumers.access.people import get_or_create_person
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.intake.chunks import RecordResult
from consumers.intake.embedded_commands import EmbeddedCommands
from consumers.intake.parsed import ParsedBody
from ledger.errors import Unavailable
from ledger.execute import Context, Outcome, Request
from ledger.vocabulary import Scope
from tests.harness.homes import settings_of
from tests.unit.intake.parsing import event, events

PARTS = 6


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    yield ledger
    ledger.close()


def batch() -> ParsedBody:
    def command(own_id: str, name: str, **data: str) -> dict[str, object]:
        return event(id=own_id, type=f"airledger.incident.{name}", subject="k", data=data)

    return events(
        event(id="1", severity="critical"),
        command("2", "report", title="Broken", system="chat"),
        command("3", "rollback.request", reason="Bad answers"),
        event(id="4", severity="critical"),
        command("5", "close"),
        command("6", "rollback.execute", snapshot="v6"),
    )


class CutOff:
    """Executes so many requests, and is gone then."""

    def __init__(self, ledger: Ledger, after: int) -> None:
        self._ledger = ledger
        self._left = after

    def execute(self, request: Request, context: Context) -> Outcome:
        if self._left == 0:
            raise Unavailable("Cut off.")
        self._left -= 1
        return self._ledger.executor.execute(request, context)


def take(
    ledger: Ledger, after: int = 100, body: ParsedBody | None = None
) -> tuple[RecordResult, list[int | None]]:
    orders = EmbeddedCommands(
        ledger.store,
        CutOff(ledger, after).execute,
        partial(get_or_create_person, ledger.store, ledger.executor),
        source="ci",
        scope=Scope.OPERATE,
    )
    context = Context(at=now(), actor="source/ci", source="source/ci", correlation=new_id())
    outcome, refused = orders.record(body or batch(), (), context, context)
    return outcome, [part.index for part in refused]


def types(ledger: Ledger) -> list[str]:
    return [entry.type for entry in ledger.store.read(1, 100, sealed=False)]


WHOLE = [
    *("alert.fired.v1", "alert_group.incident_opened.v1", "incident.detected.v1"),
    *("incident.alert_linked.v1", "incident.detected.v1", "incident.rollback_requested.v1"),
    *("alert.fired.v1", "incident.alert_linked.v1", "incident.rollback_executed.v1"),
]


@pytest.mark.parametrize("after", range(PARTS))
def test_what_was_cut_off_anywhere_is_completed_by_the_same_body_again(
    ledger: Ledger, after: int
) -> None:
    with pytest.raises(Unavailable):
        take(ledger, after)
    outcome, refused = take(ledger)
    assert WHOLE == types(ledger)
    assert [4] == refused
    assert 5 == outcome.recorded + outcome.repeats
    assert 2 == len(outcome.streams)
    again, refused = take(ledger)
    assert (0, 5, [4]) == (again.recorded, again.repeats, refused)
    assert WHOLE == types(ledger)


@pytest.mark.parametrize("key", ["INC-7", "inc-1"])
def test_a_report_under_what_reads_as_a_reference_is_refused(ledger: Ledger, key: str) -> None:
    data = {"title": "Broken", "system": "chat"}
    report = event(id="1", type="airledger.incident.report", subject=key, data=data)
    outcome, refused = take(ledger, body=events(report))
    assert (0, [0]) == (outcome.recorded, refused)
    assert "incident.detected.v1" not in types(ledger)
