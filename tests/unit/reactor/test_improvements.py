"""What a trigger proposes: once each time that it fires, and told where the policy says so."""

from pathlib import Path
from uuid import UUID

import pytest

from consumers.notify.message import message_of
from consumers.reactor.notices import NoticeProcess
from ledger.domain import improvement as i
from ledger.domain.delivery import DELIVERY, DeliveryRequested
from ledger.domain.identity import improvement_id
from ledger.errors import StaleVersion
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.policy import shipped
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Notice
from tests.unit.reactor.watch import Watch, watch

FIRED = UUID(int=7)
TELLING = f"""{shipped()}
[[notify.rules]]
name = "improvements"
notices = ["improvement_proposed"]
systems = ["chat"]
channels = ["owners"]
"""


def propose(desk: Watch, old: int, new: int, subject: UUID) -> int:
    """A follower that reads so far, and finds that a trigger fired: the events that this causes."""
    caused = CausedCommand(
        kind="improvement",
        subject=subject,
        command=i.ProposeFromTrigger(
            at=desk.now,
            title="Data drift of chat",
            system="chat",
            improvement_kind=i.ImprovementKind.DRIFT,
            cause=i.ImprovementCause(kind=i.CauseKind.TRIGGER, ref="data_drift", leaf=0),
            action="Retrain model",
        ),
        correlation="c",
        causation=str(FIRED),
        policy_digest="sha256:0",
    )
    moved = PositionMove(follower="triggers", old=old, new=new)
    request = AdvanceFollower(moved=moved, commands=(caused,))
    return desk.executor.execute(request, desk.context(actor="airledger")).events


def test_a_trigger_that_fires_once_has_one_improvement_whatever_reads_on(tmp_path: Path) -> None:
    first = improvement_id("data_drift", "chat", "psi", [], 0)
    with watch(tmp_path / "data") as desk:
        assert 1 == propose(desk, 0, 1, first)
        with pytest.raises(StaleVersion):
            propose(desk, 0, 1, first)
        assert 0 == propose(desk, 1, 2, first)
        assert 1 == propose(desk, 2, 3, improvement_id("data_drift", "chat", "psi", [], 9))
        [one, _] = desk.told_of(i.ImprovementProposed)
        assert (f"improvement/{first}", str(FIRED)) == (one.stream, one.causation)


def test_those_whom_a_rule_names_are_told_of_it_once(tmp_path: Path) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(TELLING)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        propose(desk, 0, 1, FIRED)
        desk.seal()
        for told in (process, NoticeProcess(desk.services())):
            told.catch_up()
        [requested] = desk.told_of(DeliveryRequested)
        assert isinstance(requested.event, DeliveryRequested)
        assert Notice.IMPROVEMENT_PROPOSED is requested.event.notice
        assert ("owners",) == requested.event.channels
        message = message_of(
            desk.store, "key", DELIVERY.folded([requested.event]), "https://ledger.example"
        )
        assert "improvement proposed (chat)" in message.subject
        assert f"https://ledger.example/improvements/{FIRED}" == message.link
