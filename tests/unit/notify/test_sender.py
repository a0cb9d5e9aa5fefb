"""A channel whose receiver hangs holds up no other, and what ended is not sent again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.notify import channels, tries, webhook
from consumers.notify.sender import Sender
from consumers.reactor import Clock
from consumers.reactor.notices import NoticeProcess
from ledger.domain.delivery import Delivered, DeliveryFailed, DeliveryGivenUp, DeliveryRequested
from ledger.domain.envelope import uuid_of
from ledger.settings import WebhookChannel
from ledger.store.side_records import Deadline
from ledger.vocabulary import Severity
from tests.harness.process import until
from tests.harness.raw_receiver import hang, raw_receiver
from tests.harness.receiver import Receiver, receiver
from tests.unit.policy.rules import RULE, telling
from tests.unit.reactor.watch import Watch, watch

BEHIND = 40
LOOKED_AT = 10
SEARCH = RULE.replace('"severe"', '"search"')
POLICY = telling("hangs", 'systems = ["chat"]\n') + SEARCH.format(
    channel="works", narrowed='systems = ["search"]\n'
)


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watch]:
    """With more for the channel that hangs than is looked at, and one behind it for the other."""
    with watch(tmp_path / "data") as opened:
        opened.adopt(POLICY)
        process = NoticeProcess(opened.services())
        for number in range(BEHIND):
            opened.happens(number, severity=Severity.CRITICAL)
        process.catch_up()
        opened.pass_time(seconds=1)
        opened.happens(BEHIND, "search", severity=Severity.CRITICAL)
        process.catch_up()
        opened.seal()
        Clock(opened.services()).catch_up()
        yield opened


def sending(desk: Watch, **urls: str) -> Sender:
    given = {
        name: WebhookChannel(kind="webhook", url=url, secret="secret") for name, url in urls.items()
    }
    return Sender(desk.services(), given, public_url=None)


def waiting(desk: Watch) -> int:
    """How many are due now."""
    return len(desk.store.deadlines.due("delivery", desk.now, 1_000))


def test_a_receiver_that_hangs_holds_up_no_other_channel_however_much_waits_for_it(
    desk: Watch, told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "LOOKED_AT", LOOKED_AT)
    with raw_receiver(hang) as hanging:
        loop = sending(desk, hangs=hanging.url, works=told.url)
        begun = time.monotonic()

        def delivered() -> bool:
            loop.begin_due()
            return bool(desk.told_of(Delivered))

        until(delivered, "the other is told", within=webhook.ANSWER_SECONDS)
        assert time.monotonic() - begun < webhook.ANSWER_SECONDS
        until(lambda: len(hanging.got) >= tries.AT_ONCE, "as many are tried as may be")
        assert tries.AT_ONCE == len(hanging.got)
    loop.tries.finish()
    assert 1 == len(told.got)


def test_a_process_that_ends_tries_nothing_more_and_leaves_it_due(
    desk: Watch, told: Receiver
) -> None:
    loop = sending(desk, hangs=told.url, works=told.url)
    assert loop.begin_due()
    loop.tries.finish()
    assert tries.AT_ONCE + 1 == len(told.got) == len(desk.told_of(Delivered))
    loop.begin_due()
    assert BEHIND - tries.AT_ONCE == waiting(desk)
    following = sending(desk, hangs=told.url, works=told.url)
    while following.send_due():
        pass
    assert BEHIND + 1 == len(told.got) == len(set(told.keys))
    assert 0 == waiting(desk)


def test_what_ended_is_not_sent_again_though_it_is_due(desk: Watch, told: Receiver) -> None:
    loop = sending(desk, hangs=told.url, works=told.url)
    while loop.send_due():
        pass
    ids = [uuid_of(each.stream) for each in desk.told_of(DeliveryRequested)]
    desk.store.append([], [Deadline(kind="delivery", subject=each, at=desk.now) for each in ids])
    while loop.send_due():
        pass
    assert 0 == waiting(desk)
    assert BEHIND + 1 == len(told.got) == len(desk.told_of(Delivered))


def test_a_process_that_ends_leaves_behind_what_hangs(
    desk: Watch, told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "ENDING_SECONDS", 0.2)
    with raw_receiver(hang) as hanging:
        loop = sending(desk, hangs=hanging.url, works=told.url)
        loop.begin_due()
        until(lambda: len(hanging.got) >= tries.AT_ONCE, "as many are tried as may be")
        begun = time.monotonic()
        loop.tries.finish()
        assert time.monotonic() - begun < webhook.ANSWER_SECONDS - 1
    reasons = [each.event.reason for each in desk.told_of(DeliveryFailed)]  # type: ignore[attr-defined]
    assert {"this process ended before there was an answer"} == {*reasons}


def test_what_no_way_should_raise_stops_neither_the_loop_nor_the_delivery(
    desk: Watch, told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise UnicodeError("canary")

    monkeypatch.setattr(channels, "send_webhook", broken)
    loop = sending(desk, hangs=told.url, works=told.url)
    assert loop.send_due()
    reasons = [each.event.reason for each in desk.told_of(DeliveryFailed)]  # type: ignore[attr-defined]
    assert {"UnicodeError: an error of airledger"} == {each.partition(";")[0] for each in reasons}


def test_the_name_of_a_system_is_a_line_that_steers_nothing(desk: Watch, told: Receiver) -> None:
    loop = sending(desk, search=told.url)
    desk.adopt(telling("search"))
    desk.seal()
    process = NoticeProcess(desk.services())
    process.catch_up()
    name = "chat\r\nBcc: x\x00\x1b[31m\u202e" + "a" * 300
    desk.happens(1_000, name, severity=Severity.CRITICAL)
    process.catch_up()
    desk.seal()
    Clock(desk.services()).catch_up()
    while loop.send_due():
        pass
    [said] = [json.loads(got.body)["data"] for got in told.got]
    assert said["system"].isprintable()
    assert said["system"].startswith("chat Bcc: x\\x00\\x1b[31m\\u202eaaa")
    assert 200 == len(said["system"])
    assert said["text"].isprintable()


def test_a_channel_that_nobody_has_is_given_up_with_what_to_do(desk: Watch, told: Receiver) -> None:
    loop = sending(desk, works=told.url)
    desk.pass_time(days=8)
    while loop.send_due():
        pass
    reasons = {each.event.reason for each in desk.told_of(DeliveryGivenUp)}  # type: ignore[attr-defined]
    said = "No process has this channel: set notify.channels.hangs where the reactor runs."
    assert {said} == reasons
