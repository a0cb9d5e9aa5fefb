"""Who is told later, of what nobody acknowledges, and what is told as one message."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from consumers.access.acknowledge_links import linked_delivery
from consumers.notify.sender import CLAIMED_FOR
from consumers.reactor import Clock
from ledger.domain.delivery import Delivered, DeliveryNotNeeded, DeliveryRequested
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import Acknowledged, RiskManagerNotified
from ledger.errors import Refused
from ledger.execute import ClaimSending, UseAcknowledgement
from ledger.policy.notify import Matter
from ledger.vocabulary import Category, Notice, Severity
from tests.harness.receiver import Receiver, receiver
from tests.unit.execute.desk import NOON
from tests.unit.policy.rules import telling
from tests.unit.reactor.telling_desk import TellingDesk, webhooks
from tests.unit.reactor.watch import Watch, watch

ESCALATES = telling(
    "rm",
    'escalate = [{ after = "PT15M", channels = ["on-call"] },'
    ' { after = "PT45M", channels = ["head", "on-call"] }]\n',
)
MORNING = telling("rm", 'digest = "08:00"\n')
QUIET = telling(
    "rm",
    quiet="""
[[notify.quiet_hours]]
channels = ["rm"]
from = "22:00"
until = "07:00"
zone = "Europe/Berlin"
""",
)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with watch(tmp_path_factory.mktemp("held") / "data") as opened:
        yield opened


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


class Desk(TellingDesk):
    """A follower and a sender of three channels that lead to one receiver."""

    def __init__(self, watch: Watch, told: Receiver, policy: str) -> None:
        watch.adopt(policy)
        self.told = told
        super().__init__(watch, webhooks(told.url, ("rm", "on-call", "head")))

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.body)["data"] for each in self.told.got]

    def channels(self) -> list[str]:
        return [each.event.channel for each in self.watch.told_of(Delivered)]  # type: ignore[attr-defined]

    def link(self) -> str:
        """The secret of the link that was sent last."""
        return str(self.bodies[-1]["acknowledge"]).rpartition("/")[2]


def use(desk: Watch, secret: str) -> None:
    """Follows a link, as a program that nobody is logged in to."""
    linked = linked_delivery(desk.store, secret, desk.now)
    assert linked is not None
    request = UseAcknowledgement(delivery=linked[0], taken=linked[1])
    desk.executor.execute(request, desk.context(actor=f"delivery/{linked[0]}"))


class TestEscalation:
    """What nobody acknowledges goes to the next one."""

    def test_the_next_are_told_in_turn(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        assert ["rm"] == of.channels()
        desk.pass_time(minutes=16)
        of.send()
        assert ["rm", "on-call"] == of.channels()
        desk.pass_time(minutes=30)
        of.send()
        assert ["head", "on-call", "on-call", "rm"] == sorted(of.channels())
        assert 1 == len(desk.told_of(RiskManagerNotified))  # not by the steps
        assert 4 == len(set(told.keys))

    @pytest.mark.parametrize("by_link", [True, False])
    def test_nobody_further_is_told_of_what_is_acknowledged(
        self, desk: Watch, told: Receiver, by_link: bool
    ) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        desk.pass_time(minutes=2)
        if by_link:
            use(desk, of.link())
        else:
            desk.command(1, c.Acknowledge())
        desk.pass_time(hours=2)
        of.send()
        assert ["rm"] == of.channels()
        assert 3 == len(desk.told_of(DeliveryNotNeeded))
        desk.command(1, c.Dismiss(reason="r"))
        desk.command(1, c.Reopen(reason="r"))
        desk.seal()
        of.send()
        desk.pass_time(minutes=20)
        of.send()
        assert ["rm", "rm", "rm", "on-call"] == of.channels()  # it closed, and was reopened

    def test_nobody_further_is_told_of_what_is_over(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        desk.command(1, c.Dismiss(reason="A drill"))
        desk.pass_time(hours=2)
        of.send()
        assert ["rm", "rm"] == of.channels()  # that it opened, and that it closed
        assert 3 == len(desk.told_of(DeliveryNotNeeded))

    def test_a_link_works_once_and_names_its_notification(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        secret = of.link()
        found = linked_delivery(desk.store, secret, desk.now)
        use(desk, secret)
        assert linked_delivery(desk.store, secret, desk.now) is None
        assert found is not None
        again = UseAcknowledgement(delivery=found[0], taken=found[1])
        with pytest.raises(Refused, match="used before"):
            desk.executor.execute(again, desk.context())
        [recorded] = desk.told_of(Acknowledged)
        assert Acknowledged(at=desk.now, delivery=found[0]) == recorded.event
        assert f"delivery/{found[0]}" == recorded.actor

    def test_a_link_is_over_after_three_days_and_of_no_use_once_the_incident_is(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        desk.command(1, c.Dismiss(reason="A drill"))
        with pytest.raises(Refused):
            use(desk, of.link())
        desk.pass_time(days=3)
        assert linked_delivery(desk.store, of.link(), desk.now) is None

    def test_each_try_has_the_same_body_and_its_link_has_an_effect_once(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, ESCALATES)
        desk.happens(1, severity=Severity.HIGH)
        told.answer = lambda number: 503 if number < 2 else 204
        of.send()
        use(desk, of.link())
        desk.pass_time(minutes=1)
        of.send()
        assert 2 == len(told.got)
        assert 1 == len({each.body for each in told.got})
        use(desk, of.link())  # the later try made it work again
        assert 1 == len(desk.told_of(Acknowledged))
        desk.happens(2, severity=Severity.HIGH)
        of.send()
        assert len({each["acknowledge"] for each in of.bodies}) == 2


class TestQuietHours:
    """From 22:00 to 07:00 in Berlin, which is 21:00 to 06:00 in UTC in winter."""

    def night(self, desk: Watch) -> None:
        desk.pass_time(hours=11)
        assert 23 == desk.now.hour

    def test_what_is_not_urgent_is_one_message_in_the_morning(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, QUIET)
        self.night(desk)
        for number in (1, 2):
            desk.happens(number, severity=Severity.HIGH)
        of.send()
        assert [] == told.got
        desk.pass_time(hours=6)
        of.send()
        assert [] == told.got
        desk.pass_time(hours=1, minutes=1)
        of.send()
        [body] = of.bodies
        assert ["incident_opened"] * 2 == [each["notice"] for each in body["notices"]]
        assert ["rm", "rm"] == of.channels()
        assert all(each.event.receipt for each in desk.told_of(Delivered))  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "given", [{"severity": Severity.CRITICAL}, {"severity": None}], ids=["critical", "none"]
    )
    def test_what_is_urgent_is_told_at_once(
        self, desk: Watch, told: Receiver, given: dict[str, Any]
    ) -> None:
        of = Desk(desk, told, QUIET)
        self.night(desk)
        desk.happens(1, **given)
        of.send()
        assert 1 == len(told.got)

    def test_a_data_breach_is_told_at_once(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, QUIET)
        self.night(desk)
        desk.happens(1, severity=Severity.HIGH)
        breach = c.Classify(category=Category.DATA_BREACH, severity=Severity.HIGH)
        desk.command(1, breach, correlation="another")
        of.send()
        assert ["incident_classified"] == [
            json.loads(each.body)["type"].rpartition(".")[2] for each in told.got
        ]

    def test_by_day_all_is_told_at_once(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, QUIET)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        assert 1 == len(told.got)


class TestFallback:
    """Another channel in place of one that no process has."""

    def test_it_is_tried_when_a_channel_is_set_nowhere(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, telling("typo", fallback='typo = "head"\n'))
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        desk.pass_time(minutes=14)
        of.send()
        assert [] == told.got
        desk.pass_time(minutes=2)
        of.send()
        assert ["head"] == of.channels()
        assert [] == desk.told_of(RiskManagerNotified)

    def test_another_process_that_has_it_is_waited_for(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, telling("typo", fallback='typo = "head"\n'))
        desk.happens(1, severity=Severity.HIGH)
        desk.seal()
        of.follower.catch_up()
        desk.pass_time(hours=1)
        of.send()
        assert [] == told.got  # the first look of this process: it does not know who has it


class TestDigest:
    """What waits for a time of day is one message, in each try."""

    def test_it_is_one_message_under_one_key(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, MORNING)
        told.answer = lambda number: 503 if number < 3 else 204
        for number in (1, 2, 3):
            desk.happens(number, severity=Severity.HIGH)
        of.send()
        assert [] == told.got
        desk.pass_time(hours=20)
        while len(desk.told_of(Delivered)) < 3:
            of.send()
            desk.pass_time(minutes=1)
        assert (3, 1) == (len(told.got), len(set(told.keys)))
        assert all(3 == len(body["notices"]) for body in of.bodies)
        assert all(body.get("acknowledge") is None for body in of.bodies)

    def test_however_many_they_are_and_whoever_dies_each_has_one_key(
        self, desk: Watch, told: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("consumers.notify.tries.LOOKED_AT", 4)
        monkeypatch.setattr("consumers.notify.sender.DIGEST_NOTICES", 5)
        told.answer = lambda _: 503
        of = Desk(desk, told, MORNING)
        for number in range(1, 13):
            desk.happens(number, severity=Severity.HIGH)
        of.send()
        desk.pass_time(hours=20)
        of.send()
        sizes = (len(body["notices"]) for body in of.bodies)
        first = dict(zip(told.keys, sizes, strict=True))
        assert [2, 5, 5] == sorted(first.values())
        desk.pass_time(minutes=10)
        told.answer = lambda _: 204
        another = Desk(desk, told, MORNING)
        another.send()
        assert first.keys() == set(told.keys)
        assert 12 == len(desk.told_of(Delivered))

    def test_two_processes_send_it_once(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, MORNING)
        for number in (1, 2):
            desk.happens(number, severity=Severity.HIGH)
        of.send()
        desk.pass_time(hours=20)
        of.watch.seal()
        Clock(desk.services()).catch_up()
        due = desk.store.deadlines.due("delivery", desk.now, 9)
        part = ClaimSending(deadlines=tuple(due[:1]), until=desk.now + CLAIMED_FOR)
        assert desk.executor.execute(part, desk.context()).done
        whole = ClaimSending(deadlines=tuple(due), until=desk.now + CLAIMED_FOR)
        assert not desk.executor.execute(whole, desk.context()).done
        assert due[1:] == desk.store.deadlines.due("delivery", desk.now, 9)

    def test_what_comes_after_its_time_waits_for_the_next_day(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, MORNING)
        desk.pass_time(hours=20, minutes=1)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        [requested] = desk.told_of(DeliveryRequested)
        assert NOON + timedelta(hours=44) == requested.event.send_at  # type: ignore[attr-defined]

    def test_what_its_follower_meets_after_its_time_is_told_at_once(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, MORNING)
        desk.happens(1, severity=Severity.HIGH)
        desk.pass_time(hours=21)
        of.send()
        [body] = of.bodies
        assert str(UUID(int=1)) in body["link"]


def test_quiet_hours_follow_the_clocks_of_their_zone() -> None:
    from ledger.policy import parse_policy

    notify = parse_policy(QUIET).notify
    berlin = ZoneInfo("Europe/Berlin")
    for day in ("2026-03-28", "2026-10-24", "2026-06-01"):  # before changes of clocks, and none
        at = datetime.fromisoformat(f"{day} 23:30").replace(tzinfo=berlin)
        low = Matter(Notice.INCIDENT_OPENED, {"chat"}, Severity.LOW)
        over = notify.after_quiet_hours("rm", at, low)
        assert (7, 0) == (over.astimezone(berlin).hour, over.astimezone(berlin).minute)
        assert at + timedelta(hours=10) > over > at
        assert at == notify.after_quiet_hours("other", at, low)
