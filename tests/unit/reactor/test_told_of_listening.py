"""People are told that a source is silent, that it is heard again, and that bodies pile up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from consumers.reactor import Clock
from consumers.reactor.notices import NoticeProcess
from ledger.domain.access import HolderKind, Revoke
from ledger.domain.delivery import Delivered, DeliveryRequested
from ledger.domain.intake import QuarantineGrown, QuarantineReduced
from ledger.domain.source import SourceSilent
from ledger.errors import Invalid
from ledger.execute import CheckQuarantine, RevokeAccess
from ledger.policy import parse_policy
from tests.contract.samples import closed, set_aside
from tests.harness.receiver import Receiver, receiver
from tests.unit.reactor.telling_desk import TellingDesk, webhooks
from tests.unit.reactor.test_coverage import MINUTE, add, passes, policy, sends, sign
from tests.unit.reactor.watch import HOUR, Watch

NIGHT = timedelta(hours=9)
"""From noon to the beginning of the quiet hours, which is 22:00 in Berlin."""
QUIET = """
[[notify.quiet_hours]]
channels = ["ops", "chat-team"]
from = "22:00"
until = "07:00"
zone = "Europe/Berlin"
"""
RULE = """
[[notify.rules]]
name = "listening"
notices = ["source_silent", "source_heard", "quarantine_grown"]
severities = ["low"]
categories = ["data_breach"]
channels = ["ops"]
{more}
[[notify.rules]]
name = "chat"
notices = ["source_silent", "quarantine_grown"]
systems = ["chat"]
channels = ["chat-team"]
"""
_entries = count(1)


def listening(more: str = "", systems: str = "", quiet: str = "") -> str:
    """A policy that tells ops of sources and the quarantine, and the team of chat of its own."""
    text = f"{policy()}{RULE.format(more=more)}{quiet}"
    return text.replace("[coverage.systems]", f"[coverage.systems]\n{systems}", 1)


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as got:
        yield got


class Desk(TellingDesk):
    """A ledger with a source, a follower of notices and a sender to one receiver."""

    def __init__(self, watch: Watch, told: Receiver, text: str) -> None:
        watch.adopt(text)
        self.told = told
        add(watch)
        sign(watch)
        super().__init__(watch, webhooks(told.url, ("ops", "chat-team")))

    def send(self) -> None:
        """The clock looks, and all that is due is sent."""
        for _ in range(2):
            self.watch.seal()
            Clock(self.watch.services()).catch_up()
            self.watch.seal()
            self.follower.catch_up()
        self.send_due()

    def silent(self) -> None:
        """A quarter of an hour passes without a word of the source."""
        passes(self.watch, 15 * MINUTE)
        self.send()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.body)["data"] for each in self.told.got]

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.bodies]

    def channels(self) -> list[str]:
        return sorted(each.event.channel for each in self.watch.told_of(Delivered))  # type: ignore[attr-defined]

    def piles_up(self, number: int) -> list[str]:
        """So many bodies that nobody can read come; their entries."""
        entries = [f"entry {next(_entries)}" for _ in range(number)]
        self.watch.store.append([], [set_aside(each, each, at=self.watch.now) for each in entries])
        return entries

    def dismissed(self, entries: list[str]) -> None:
        self.watch.store.append([], [closed(each) for each in entries])


class TestSilence:
    """Of a source."""

    def test_it_is_told_once_with_its_source_and_since_when(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        of.silent()
        of.silent()
        assert ["ops", "chat-team"] == [
            each.event.channels[0]  # type: ignore[attr-defined]
            for each in desk.told_of(DeliveryRequested)
        ]
        body = of.bodies[0]
        assert "Source am is silent since 2026-03-01 12:00 UTC" == body["text"]
        assert "http://ledger.example/coverage" == body["link"]
        assert ("source am", "", None, None) == tuple(
            body[each] for each in ("reference", "title", "severity", "acknowledge")
        )
        assert {"airledger.notice.source_silent"} == {
            json.loads(each.body)["type"] for each in told.got
        }

    def test_any_number_of_clocks_and_reactors_tell_it_once(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        others = [NoticeProcess(desk.services()) for _ in range(2)]
        passes(desk, 15 * MINUTE)
        desk.seal()
        for clock in [Clock(desk.services()) for _ in range(2)]:
            clock.catch_up()
        desk.seal()
        for each in others:
            each.catch_up()
        of.send()
        assert 1 == len(desk.told_of(SourceSilent))
        assert 2 == len(desk.told_of(DeliveryRequested))
        assert 2 == len(told.got)

    @pytest.mark.parametrize(
        ("systems", "channels"),
        [
            ("", ["chat-team", "ops"]),
            ('am = ["chat", "search"]\n', ["chat-team", "ops"]),
            ('am = ["search"]\n', ["ops"]),
        ],
    )
    def test_a_rule_for_a_system_is_told_of_the_sources_that_tell_of_it(
        self, desk: Watch, told: Receiver, systems: str, channels: list[str]
    ) -> None:
        of = Desk(desk, told, listening(systems=systems))
        of.silent()
        assert channels == of.channels()
        assert all(each["system"] in each["text"] for each in of.bodies)

    def test_that_it_is_heard_again_is_told_with_both_ends(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        of.silent()
        passes(desk, HOUR)
        sends(desk)
        of.send()
        assert (
            "Source am is heard again: it was silent from 2026-03-01 12:00 UTC to "
            "2026-03-01 13:15 UTC" == of.texts[-1]
        )
        assert ["chat-team", "ops", "ops"] == of.channels()

    def test_the_end_of_a_silence_is_told_where_the_source_is_revoked(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        of.silent()
        passes(desk, HOUR)
        revoke = Revoke(holder_kind=HolderKind.SOURCE, holder_name="am")
        desk.executor.execute(RevokeAccess(revoke=revoke), desk.context())
        of.send()
        passes(desk, HOUR)
        of.send()
        assert (
            "Source am may send no more: it was silent from 2026-03-01 12:00 UTC until its token "
            "was revoked or expired at 2026-03-01 13:15 UTC" == of.texts[-1]
        )
        assert ["chat-team", "ops", "ops"] == of.channels()
        about = {each.event.source for each in desk.told_of(DeliveryRequested)}  # type: ignore[attr-defined]
        assert {"am"} == about

    def test_a_message_that_waited_says_what_happened_since(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening('digest = "08:00"\n'))
        of.silent()
        assert ["chat-team"] == of.channels()
        sends(desk)
        of.send()
        passes(desk, 20 * HOUR, listening=False)
        of.send()
        [digest] = [each for each in of.bodies if "notices" in each]
        silent, heard = (each["text"] for each in digest["notices"])
        assert silent == heard
        assert "heard again" in silent

    def test_quiet_hours_hold_back_that_it_is_heard_and_not_that_it_is_silent(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening(quiet=QUIET))
        desk.now += NIGHT
        sends(desk)
        sign(desk)
        of.silent()
        passes(desk, 2 * MINUTE)
        sends(desk)
        of.send()
        assert ["chat-team", "ops"] == of.channels()
        passes(desk, 10 * HOUR, listening=False)
        of.send()
        assert ["chat-team", "ops", "ops"] == of.channels()

    def test_a_silence_of_before_the_first_start_is_told_to_nobody(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        passes(desk, 15 * MINUTE)
        desk.look()
        desk.seal()
        of.follower = NoticeProcess(desk.services())
        of.send()
        assert [] == of.texts


class TestQuarantine:
    """Bodies that nobody could read."""

    def test_it_is_told_once_as_it_grows_to_ten_and_to_twice_as_many(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening())
        of.piles_up(9)
        of.send()
        assert [] == of.texts
        desk.pass_time(minutes=1)
        sign(desk)
        of.piles_up(1)
        of.send()
        desk.pass_time(minutes=1)
        of.piles_up(9)
        of.send()
        assert ["chat-team", "ops"] == of.channels()
        waiting = "10 bodies that nobody could read wait in quarantine"
        assert {f"{waiting}, the oldest since 2026-03-01 12:00 UTC"} == set(of.texts)
        assert "http://ledger.example/quarantine" == of.bodies[0]["link"]
        of.piles_up(1)
        of.send()
        assert [(10, True), (20, True)] == [
            (each.event.open, desk.now > each.event.oldest)  # type: ignore[attr-defined]
            for each in desk.told_of(QuarantineGrown)
        ]

    def test_it_grows_again_once_half_of_it_was_handled(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, listening())
        entries = of.piles_up(10)
        of.send()
        of.dismissed(entries[:4])
        of.send()
        of.piles_up(4)
        of.send()
        assert [10] == grown(desk)
        of.dismissed(entries[4:9])
        of.send()
        assert [5] == [each.event.open for each in desk.told_of(QuarantineReduced)]  # type: ignore[attr-defined]
        of.piles_up(5)
        of.send()
        assert [10, 10] == grown(desk)
        assert 4 == len(of.channels())

    def test_any_number_of_clocks_record_it_once(self, desk: Watch, told: Receiver) -> None:
        of = Desk(desk, told, listening())
        of.piles_up(12)
        asked = [desk.executor.submit(CheckQuarantine(), desk.context()) for _ in range(3)]
        assert [0, 0, 1] == sorted(each.result().events for each in asked)
        of.send()
        assert [12] == grown(desk)

    def test_a_policy_without_a_number_never_calls_it_grown(
        self, desk: Watch, told: Receiver
    ) -> None:
        of = Desk(desk, told, listening().replace("quarantine_grown_at = 10\n", ""))
        of.piles_up(50)
        of.send()
        assert [] == grown(desk)
        desk.adopt(listening().replace("grown_at = 10", "grown_at = 50"))
        of.send()
        assert [50] == grown(desk)


def grown(desk: Watch) -> list[int]:
    """How many bodies there were, each time that it grew."""
    return [each.event.open for each in desk.told_of(QuarantineGrown)]  # type: ignore[attr-defined]


def test_nobody_acknowledges_a_silence_so_a_policy_that_escalates_it_is_refused() -> None:
    steps = 'escalate = [{ after = "PT15M", channels = ["head"] }]\n'
    with pytest.raises(Invalid) as refused:
        parse_policy(listening(steps))
    [(path, fault)] = refused.value.errors
    assert "notify.rules[0].escalate" == path
    assert "source_silent" in fault


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_the_number_at_which_a_quarantine_has_grown_is_one_or_more(number: float) -> None:
    with pytest.raises(Invalid):
        parse_policy(listening().replace("grown_at = 10", f"grown_at = {number}"))
