"""A notification is requested once, tried, passed on, and ends once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.domain.delivery import (
    DELIVERY,
    Delivered,
    Delivery,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryPassedOn,
    RecordDelivered,
    RecordFailure,
    RequestDelivery,
)
from ledger.errors import Invalid
from ledger.policy import parse_policy, shipped
from ledger.policy.notify import Matter
from ledger.vocabulary import DeliveryStatus, Notice, Severity
from tests.unit.policy.rules import NOTIFYING

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = parse_policy(shipped())
MINUTES = timedelta(minutes=1)


def request(*channels: str) -> RequestDelivery:
    return RequestDelivery(
        notice=Notice.INCIDENT_OPENED,
        event="e",
        leaf=1,
        about="incident/1",
        channels=channels or ("a",),
        rules=("r",),
        tells_risk_manager=True,
        next_channel_after=15 * MINUTES,
        give_up_at=NOON + timedelta(days=1),
    )


def after(*commands: tuple[Any, timedelta]) -> tuple[Delivery, list[Any]]:
    """The state and the events after commands so long after noon."""
    state, events = Delivery(), []
    for command, passed in commands:
        for event in DELIVERY.decided(command, state, POLICY, NOON + passed):
            state = DELIVERY.evolve(state, event)
            events.append(event)
    return state, events


def failed(channel: str = "a", reason: str = "status 503") -> RecordFailure:
    return RecordFailure(channel=channel, reason=reason)


NONE = timedelta(0)


def test_it_is_requested_once() -> None:
    state, events = after((request(), NONE), (request("b"), NONE))
    assert (1, "a", True) == (len(events), state.channel, state.is_open)


def test_it_is_delivered_once() -> None:
    took = RecordDelivered(channel="a", receipt="status 204")
    state, events = after((request(), NONE), (took, NONE), (took, NONE), (failed(), NONE))
    assert [Delivered(at=NOON, channel="a", receipt="status 204")] == events[1:]
    assert (DeliveryStatus.DELIVERED, False) == (state.status, state.is_open)


def test_the_first_failure_of_a_channel_is_recorded_and_no_further_one() -> None:
    state, events = after((request(), NONE), *[(failed(), each * MINUTES) for each in range(60)])
    assert [DeliveryFailed(at=NOON, channel="a", reason="status 503")] == events[1:]
    assert (DeliveryStatus.FAILING, True) == (state.status, state.is_open)


def test_the_next_channel_is_tried_once_its_time_has_come() -> None:
    state, events = after(
        (request("a", "b"), NONE),
        (failed(), NONE),
        (failed(), 14 * MINUTES),
        (failed(), 15 * MINUTES),
        (failed(), 16 * MINUTES),
        (failed("b"), 17 * MINUTES),
    )
    kinds = [DeliveryFailed, DeliveryPassedOn, DeliveryFailed]
    assert kinds == [type(each) for each in events[1:]]
    assert ("b", ()) == (state.channel, state.channels)


def test_it_is_given_up_when_its_time_is_over() -> None:
    state, events = after((request("a", "b"), NONE), (failed(), timedelta(days=1)))
    assert [DeliveryFailed, DeliveryGivenUp] == [type(each) for each in events[1:]]
    assert (DeliveryStatus.GIVEN_UP, False) == (state.status, state.is_open)


def test_what_was_not_requested_has_no_result() -> None:
    assert [] == after((failed(), NONE), (RecordDelivered(channel="a", receipt=""), NONE))[1]


class TestPolicy:
    """Which rules apply, and what a policy may have wrong."""

    @pytest.mark.parametrize(
        ("severity", "category", "system", "told"),
        [
            (Severity.CRITICAL, "data_breach", "chat", True),
            (None, None, "chat", True),
            (Severity.LOW, "data_breach", "chat", False),
            (Severity.CRITICAL, "infra_error", "chat", False),
            (Severity.CRITICAL, "data_breach", "search", False),
        ],
    )
    def test_a_rule_is_for_what_it_names(
        self, severity: Severity | None, category: str | None, system: str, told: bool
    ) -> None:
        notify = parse_policy(NOTIFYING).notify
        opened = Matter(Notice.INCIDENT_OPENED, {system}, severity, category)
        assert told is bool(list(notify.rules_for(opened)))
        launched = opened._replace(notice=Notice.REVIEW_LAUNCHED)
        assert [] == list(notify.rules_for(launched))

    def test_a_chain_ends_though_fallbacks_go_round(self) -> None:
        notify = parse_policy(NOTIFYING).notify
        assert ("rm", "phone") == notify.chain("rm")
        assert ("other",) == notify.chain("other")

    @pytest.mark.parametrize(
        ("old", "new", "path"),
        [
            ('rm = "phone"', 'rm = "rm"', "notify.fallback.rm"),
            ('rm = "phone"', 'nobody = "phone"', "notify.fallback.nobody"),
            ('"data_breach"]\nsystems', '"data_breech"]\nsystems', "notify.rules[0].categories[0]"),
            ('give_up_after = "P1D"', 'give_up_after = "PT0S"', "notify.give_up_after"),
        ],
    )
    def test_its_faults_are_named(self, old: str, new: str, path: str) -> None:
        assert old in NOTIFYING
        with pytest.raises(Invalid) as refused:
            parse_policy(NOTIFYING.replace(old, new, 1))
        assert path in dict(refused.value.errors)
