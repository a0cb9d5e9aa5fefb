"""Who is told of what: each once, of nothing past, whichever process does it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from consumers.notify.sender import CLAIMED_FOR, Sender, wait_after
from consumers.reactor import Clock
from consumers.reactor.notices import NoticeProcess
from ledger.domain.delivery import (
    Delivered,
    Delivery,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryPassedOn,
    DeliveryRequested,
)
from ledger.domain.incident import commands as c
from ledger.domain.incident.commands import IncidentCommand
from ledger.domain.incident.events import RiskManagerNotified
from ledger.execute import ClaimSending
from ledger.settings import WebhookChannel
from ledger.vocabulary import Category, Notice, Severity
from tests.harness.receiver import Receiver, receiver
from tests.unit.execute.desk import NOON
from tests.unit.policy.rules import telling
from tests.unit.reactor.watch import Watch, watch

POLICY = telling("rm")


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Under a policy that tells of severe incidents; its followers were never started."""
    with watch(tmp_path_factory.mktemp("notices") / "data") as opened:
        opened.adopt(POLICY)
        yield opened


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


def notices(desk: Watch) -> NoticeProcess:
    """A process that begins."""
    return NoticeProcess(desk.services())


def requested(desk: Watch, process: NoticeProcess) -> list[Notice]:
    """What is requested once it has caught up."""
    desk.seal()
    process.catch_up()
    return [each.event.notice for each in desk.told_of(DeliveryRequested)]  # type: ignore[attr-defined]


def severe(desk: Watch, number: int) -> UUID:
    return desk.happens(number, severity=Severity.CRITICAL)


def due(desk: Watch) -> None:
    """What is requested is sealed, and the clock has set when to try."""
    desk.seal()
    Clock(desk.services()).catch_up()


def sender(desk: Watch, **urls: str) -> Sender:
    """With a channel for each of these addresses."""
    channels = {
        name: WebhookChannel(kind="webhook", url=url, secret="secret") for name, url in urls.items()
    }
    return Sender(desk.services(), channels, public_url=None)


class TestRequested:
    """What the follower of the log requests."""

    def test_the_past_is_told_to_nobody(self, desk: Watch) -> None:
        severe(desk, 1)
        process = notices(desk)
        assert [] == requested(desk, process)
        severe(desk, 2)
        assert [Notice.INCIDENT_OPENED] == requested(desk, process)
        severe(desk, 3)
        assert 2 == len(requested(desk, notices(desk)))

    def test_what_came_before_its_first_look_and_after_its_start_is_told(self, desk: Watch) -> None:
        process = notices(desk)
        severe(desk, 1)
        assert [Notice.INCIDENT_OPENED] == requested(desk, process)

    def test_any_number_of_processes_request_it_once(self, desk: Watch) -> None:
        processes = [notices(desk) for _ in range(3)]
        severe(desk, 1)
        desk.seal()
        for process in processes:
            process.catch_up()
        assert 1 == len(desk.told_of(DeliveryRequested))

    def test_what_is_imported_or_harmless_is_told_to_nobody(self, desk: Watch) -> None:
        process = notices(desk)
        desk.report(1, source="import/jira")
        desk.happens(2, severity=Severity.LOW)
        assert [] == requested(desk, process)

    def test_steps_of_an_incident_are_told_and_corrections_that_are_none_are_not(
        self, desk: Watch
    ) -> None:
        process = notices(desk)
        desk.happens(1, severity=Severity.MEDIUM)
        commands: tuple[IncidentCommand, ...] = (
            c.Amend(field="severity", to="high", reason="Worse"),
            c.Amend(field="severity", to="critical", reason="Worse"),
            c.Amend(field="severity", to="high", reason="Not as bad"),
            c.Amend(field="title", to="Other words", reason="Clearer"),
            c.Classify(category=Category.DATA_BREACH, severity=Severity.HIGH),
            c.Dismiss(reason="False alarm"),
            c.Reopen(reason="It was none"),
        )
        for number, command in enumerate(commands):
            desk.command(1, command, correlation=f"command {number}")
        assert [
            Notice.INCIDENT_RAISED,
            Notice.INCIDENT_RAISED,
            Notice.INCIDENT_CLASSIFIED,
            Notice.INCIDENT_CLOSED,
            Notice.INCIDENT_REOPENED,
        ] == requested(desk, process)

    def test_a_policy_without_rules_tells_nobody(self, desk: Watch) -> None:
        process = notices(desk)
        desk.adopts()
        severe(desk, 1)
        assert [] == requested(desk, process)


class TestSent:
    """What the sender does with what is due."""

    def open_one(self, desk: Watch) -> None:
        process = notices(desk)
        severe(desk, 1)
        assert 1 == len(requested(desk, process))
        due(desk)

    def test_it_is_sent_once_and_the_risk_manager_s_step_is_recorded(
        self, desk: Watch, told: Receiver
    ) -> None:
        self.open_one(desk)
        assert sender(desk, rm=told.url).send_due()
        assert not sender(desk, rm=told.url).send_due()
        assert 1 == len(told.got)
        [delivered], [step] = desk.told_of(Delivered), desk.told_of(RiskManagerNotified)
        assert delivered.id == step.causation
        assert step.event.receipt == delivered.event.receipt  # type: ignore[attr-defined]

    def test_one_that_died_while_it_tried_is_followed_by_another_under_the_same_key(
        self, desk: Watch, told: Receiver
    ) -> None:
        self.open_one(desk)
        [deadline] = desk.store.deadlines.due("delivery", desk.now, 9)
        claim = ClaimSending(deadlines=(deadline,), until=desk.now + CLAIMED_FOR)
        assert desk.executor.execute(claim, desk.context()).done
        assert not desk.executor.execute(claim, desk.context()).done
        assert not sender(desk, rm=told.url).send_due()
        desk.pass_time(minutes=3)
        assert sender(desk, rm=told.url).send_due()
        assert 1 == len(told.got)

    def test_an_hour_without_a_receiver_is_one_failure_and_one_delivery(
        self, desk: Watch, told: Receiver
    ) -> None:
        self.open_one(desk)
        told.answer = lambda _: 503
        tries = 0
        while desk.now < NOON + timedelta(hours=1):
            tries += sender(desk, rm=told.url).send_due()
            desk.pass_time(seconds=30)
        assert 5 < tries < 40
        told.answer = lambda _: 202
        while sender(desk, rm=told.url).send_due() or not desk.told_of(Delivered):
            desk.pass_time(minutes=1)
        assert (1, 1) == (len(desk.told_of(DeliveryFailed)), len(desk.told_of(Delivered)))
        assert 1 == len(set(told.keys))

    def test_a_channel_that_nobody_has_is_left_alone_and_given_up_in_the_end(
        self, desk: Watch, told: Receiver
    ) -> None:
        self.open_one(desk)
        assert not sender(desk, other=told.url).send_due()
        desk.pass_time(days=2)
        assert sender(desk, other=told.url).send_due()
        assert 1 == len(desk.told_of(DeliveryGivenUp))
        assert [] == told.got

    def test_another_channel_is_tried_in_its_place(self, desk: Watch, told: Receiver) -> None:
        desk.adopt(telling("rm", fallback='rm = "phone"\n'))
        self.open_one(desk)
        told.answer = lambda number: 500 if number < 4 else 200
        both = {"rm": told.url, "phone": told.url}
        while not desk.told_of(Delivered):
            sender(desk, **both).send_due()
            desk.pass_time(minutes=8)
        assert 1 == len(desk.told_of(DeliveryPassedOn))
        [delivered] = desk.told_of(Delivered)
        assert "phone" == delivered.event.channel  # type: ignore[attr-defined]


@pytest.mark.parametrize(("tried", "least", "most"), [(0, 1, 3), (60, 48, 72), (86_400, 480, 720)])
def test_it_waits_as_long_as_it_has_been_failing_within_bounds(
    tried: int, least: int, most: int
) -> None:
    state = Delivery(since=NOON)
    wait = wait_after(state, NOON + timedelta(seconds=tried)).total_seconds()
    assert least <= wait <= most
