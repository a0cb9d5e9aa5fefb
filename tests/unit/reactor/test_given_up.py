"""What was given up is told in the next digest, and from where the log is told of."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from consumers.reactor.notices import tell_from
from ledger.domain.delivery import Delivered, DeliveryGivenUp, DeliveryNotNeeded, DeliveryRequested
from ledger.errors import Refused
from ledger.settings.trackers import GitHubChannel
from ledger.vocabulary import Notice, Severity
from tests.harness.receiver import Receiver, receiver
from tests.unit.policy.rules import telling
from tests.unit.reactor.telling_desk import TellingDesk, webhooks
from tests.unit.reactor.watch import Watch, watch

DIGESTS = """
[[notify.rules]]
name = "{name}"
notices = ["review_launched"]
systems = ["{system}"]
channels = ["{name}"]
digest = "08:00"
"""
POLICY = telling(
    "rm",
    fallback='rm = "phone"\n',
    quiet="".join(
        DIGESTS.format(name=name, system=system)
        for name, system in (("head", "chat"), ("other", "search"), ("tickets", "chat"))
    ),
)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with watch(tmp_path_factory.mktemp("given_up") / "data") as opened:
        yield opened


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


class Desk(TellingDesk):
    """A follower and a sender: only `head` and `other` lead somewhere."""

    def __init__(self, watch: Watch, url: str) -> None:
        nowhere = "http://127.0.0.1:9/nowhere"
        tickets = GitHubChannel(kind="github", repository="o/r", secret="t", url=nowhere)
        leading = webhooks(url, ("head", "other"))
        super().__init__(
            watch, {**webhooks(nowhere, ("rm", "phone")), **leading, "tickets": tickets}
        )

    def pass_days(self, days: int) -> None:
        for _ in range(days * 4):
            self.watch.pass_time(hours=6)
            self.send()


def notices(desk: Watch) -> list[Notice]:
    return [each.event.notice for each in desk.told_of(DeliveryRequested)]  # type: ignore[attr-defined]


@pytest.mark.only_on("sqlite", "what is requested is the same on each store")
class TestGivenUp:
    """Who is told that nobody was told."""

    def test_the_next_digest_says_what_nobody_was_told(self, desk: Watch, told: Receiver) -> None:
        desk.adopt(POLICY)
        of = Desk(desk, told.url)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        of.pass_days(1)
        desk.pass_time(hours=1)
        of.send()
        [given_up] = desk.told_of(DeliveryGivenUp)
        assert [] == told.got
        of.pass_days(1)
        [got] = told.got
        body: dict[str, Any] = json.loads(got.body)
        [said] = body["data"]["notices"]
        assert "airledger.notice.digest" == body["type"]
        assert "Not delivered by phone: INC-2 incident opened (High, chat)" in said["text"]
        assert said["link"].startswith("http://ledger.example/incidents/")
        assert said["acknowledge"] is None
        assert given_up.event.channel == "phone"  # type: ignore[attr-defined]
        [delivered] = desk.told_of(Delivered)
        assert "head" == delivered.event.channel  # type: ignore[attr-defined]
        assert 1 == len(desk.told_of(DeliveryNotNeeded))  # a ticket is not told of it

    def test_that_it_was_given_up_as_well_is_told_to_nobody(
        self, desk: Watch, told: Receiver
    ) -> None:
        told.answer = lambda _: 503
        desk.adopt(POLICY)
        of = Desk(desk, told.url)
        desk.happens(1, severity=Severity.HIGH)
        of.send()
        of.pass_days(4)
        assert 2 == len(desk.told_of(DeliveryGivenUp))
        asked = [Notice.INCIDENT_OPENED, Notice.DELIVERY_GIVEN_UP, Notice.DELIVERY_GIVEN_UP]
        assert asked == notices(desk)


class TestFrom:
    """From where people are told, where that is not the log's end at the first start."""

    def test_it_begins_where_it_is_told_and_requests_nothing_twice(
        self, desk: Watch, told: Receiver
    ) -> None:
        desk.adopt(POLICY)
        for number in (1, 2):
            desk.happens(number, severity=Severity.HIGH)
        of = Desk(desk, told.url)
        of.send()
        assert [] == notices(desk)
        size = desk.store.size()
        assert size == tell_from(desk.services(), size - 1)
        of.send()
        assert 1 == len(notices(desk))
        tell_from(desk.services(), 0)
        of.send()
        assert 2 == len(notices(desk))
        tell_from(desk.services(), 0)
        of.send()
        Desk(desk, told.url).send()
        assert 2 == len(notices(desk))

    def test_before_the_first_start_it_is_where_the_first_start_begins(
        self, desk: Watch, told: Receiver
    ) -> None:
        desk.adopt(POLICY)
        desk.happens(1, severity=Severity.HIGH)
        assert desk.store.size() == tell_from(desk.services(), 0)
        Desk(desk, told.url).send()
        assert [Notice.INCIDENT_OPENED] == notices(desk)

    def test_what_happened_long_ago_has_its_full_time(self, desk: Watch, told: Receiver) -> None:
        desk.adopt(POLICY)
        desk.happens(1, severity=Severity.HIGH)
        desk.seal()
        desk.pass_time(hours=24 * 30)
        tell_from(desk.services(), 0)
        Desk(desk, told.url).send()
        [requested] = desk.told_of(DeliveryRequested)
        assert requested.event.give_up_at == desk.now + timedelta(days=1)  # type: ignore[attr-defined]
        assert [] == desk.told_of(DeliveryGivenUp)

    @pytest.mark.parametrize("leaf", [-1, 10_000])
    def test_a_leaf_that_is_not_there_is_refused(self, desk: Watch, leaf: int) -> None:
        desk.adopt(POLICY)
        with pytest.raises(Refused, match=f"no leaf {leaf} is before it"):
            tell_from(desk.services(), leaf)
