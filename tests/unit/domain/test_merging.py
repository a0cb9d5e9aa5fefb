"""Two incidents that turn out to be one: rules, firing alerts and impact."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.incident import Incident, IncidentEvent, decide_merge, evolve
from ledger.domain.incident import events as e
from ledger.errors import Refused
from ledger.vocabulary import Impact, Status
from tests.golden.envelope import recorded
from tests.unit.domain.story import NOW, detected, folded

SOURCE, TARGET, ALERT, OTHER_ALERT = (UUID(int=n) for n in (1, 2, 3, 4))
EARLY, ENDED = NOW - timedelta(minutes=50), NOW - timedelta(minutes=20)

STATED_ONGOING = (detected(),)
STATED_ENDED = (detected(impact_ended_at=ENDED),)
ENDED_EARLY = (detected(impact_ended_at=EARLY),)
FIRING = (detected(basis="alert"), e.AlertLinked(at=NOW, alert=ALERT, title="t"))
OTHER_FIRING = (detected(basis="alert"), e.AlertLinked(at=NOW, alert=OTHER_ALERT, title="t"))
FIRING_AND_ENDED = (*FIRING, e.LinkedAlertResolved(at=ENDED, alert=UUID(int=5)))
DISMISSED = e.Dismissed(at=NOW, reason="a drill")
CLOSED = e.Closed(at=NOW)
MERGED = e.Merged(at=NOW, into=UUID(int=9), reason="r")

Past = tuple[IncidentEvent, ...]


def merge(merged: Incident, target: Incident) -> tuple[Incident, Incident]:
    """Both incidents after the merge."""
    left, right = decide_merge(
        "r", source=SOURCE, merged=merged, into=TARGET, target=target, now=NOW
    )
    return reduce(evolve, left, merged), reduce(evolve, right, target)


def test_a_merge_is_an_event_on_each_stream() -> None:
    merged, absorbed = decide_merge(
        "r",
        source=SOURCE,
        merged=folded(*FIRING),
        into=TARGET,
        target=folded(*STATED_ENDED),
        now=NOW,
    )
    assert (e.Merged(at=NOW, into=TARGET, reason="r"),) == merged
    assert (e.Absorbed(at=NOW, incident=SOURCE, alerts=(ALERT,)),) == absorbed


def test_the_merged_one_is_merged_and_keeps_no_alert() -> None:
    source, target = merge(folded(*FIRING), folded(*STATED_ENDED))
    assert (Status.MERGED, TARGET, 0) == (source.status, source.merged_into, len(source.firing))
    assert (Status.OPEN, [ALERT]) == (target.status, list(target.firing))


@pytest.mark.parametrize(
    ("merged", "target", "impact", "ended_at"),
    [
        pytest.param(STATED_ENDED, STATED_ENDED, Impact.ENDED, ENDED, id="both ended"),
        pytest.param(STATED_ENDED, ENDED_EARLY, Impact.ENDED, ENDED, id="the later end counts"),
        pytest.param(ENDED_EARLY, STATED_ENDED, Impact.ENDED, ENDED, id="as it does here"),
        pytest.param(FIRING, STATED_ENDED, Impact.ONGOING, ENDED, id="its alert fires on"),
        pytest.param(FIRING_AND_ENDED, ENDED_EARLY, Impact.ONGOING, ENDED, id="its latest end"),
        pytest.param(STATED_ENDED, FIRING, Impact.ONGOING, ENDED, id="the target's alert fires"),
        pytest.param(FIRING, OTHER_FIRING, Impact.ONGOING, None, id="alerts of both fire"),
        pytest.param(STATED_ENDED, STATED_ONGOING, Impact.ONGOING, None, id="target's goes on"),
        pytest.param(STATED_ONGOING, STATED_ENDED, Impact.ONGOING, None, id="merged one's goes on"),
        pytest.param(STATED_ONGOING, FIRING, Impact.ONGOING, None, id="stated and firing"),
        pytest.param(FIRING, STATED_ONGOING, Impact.ONGOING, None, id="firing and stated"),
    ],
)
def test_the_impact_of_both_is_the_target_s(
    merged: Past, target: Past, impact: Impact, ended_at: datetime | None
) -> None:
    _, after = merge(folded(*merged), folded(*target))
    assert impact is after.impact
    assert ended_at == after.impact_ended_at


def test_more_firing_alerts_than_an_event_holds_come_in_parts_that_fit() -> None:
    alerts = [UUID(int=2**127 + n) for n in range(2_500)]
    links = (e.AlertLinked(at=NOW, alert=alert, title="t") for alert in reversed(alerts))
    merged = folded(detected(), *links, e.LinkedAlertResolved(at=ENDED, alert=alerts.pop()))
    target = folded(*STATED_ENDED)
    _, parts = decide_merge("r", source=SOURCE, merged=merged, into=TARGET, target=target, now=NOW)
    assert [(1, 3, 1_000), (2, 3, 1_000), (3, 3, 499)] == [
        (part.part, part.parts, len(part.alerts)) for part in parts
    ]
    assert alerts == [alert for part in parts for alert in part.alerts]
    assert all(CODEC.encode(recorded(part)) for part in parts)
    after = reduce(evolve, parts, target)
    assert (set(alerts), ENDED) == (set(after.firing), after.impact_ended_at)


@pytest.mark.parametrize("firing", [0, 700, 1_200])
def test_stale_alerts_come_in_parts_that_fit_too(firing: int) -> None:
    alerts = [UUID(int=2**127 + n) for n in range(firing + 600)]
    heard_at = ENDED.replace(microsecond=123_456)
    merged = folded(
        detected(),
        *(e.AlertLinked(at=NOW, alert=alert, title="t") for alert in alerts),
        *(
            e.LinkedAlertResolved(at=heard_at, alert=alert, basis=e.STALE, marked_at=heard_at)
            for alert in alerts[firing:]
        ),
    )
    _, parts = decide_merge(
        "r", source=SOURCE, merged=merged, into=TARGET, target=folded(*STATED_ENDED), now=NOW
    )
    assert all(CODEC.encode(recorded(part)) for part in parts)
    after = reduce(evolve, parts, folded(*STATED_ENDED))
    assert (set(alerts[:firing]), set(alerts[firing:])) == (set(after.firing), set(after.stale))


def test_a_thousand_alerts_are_one_part_and_one_more_are_two() -> None:
    for count, expected in ((0, 1), (1_000, 1), (1_001, 2)):
        links = (e.AlertLinked(at=NOW, alert=UUID(int=n), title="t") for n in range(count))
        _, parts = decide_merge(
            "r",
            source=SOURCE,
            merged=folded(detected(), *links),
            into=TARGET,
            target=folded(*STATED_ENDED),
            now=NOW,
        )
        assert expected == len(parts) == parts[0].parts


def test_a_merge_moves_no_step_of_the_target() -> None:
    before = folded(*STATED_ENDED)
    done = folded(detected(), e.Contained(at=NOW, action="x"))
    assert before.steps == merge(done, before)[1].steps


@pytest.mark.parametrize(
    ("merged", "target", "rule"),
    [
        ((), STATED_ENDED, "incident_unknown"),
        ((detected(), MERGED), STATED_ENDED, "incident_merged"),
        ((detected(), CLOSED), STATED_ENDED, "incident_closed"),
        ((detected(), DISMISSED), STATED_ENDED, "incident_dismissed"),
        (STATED_ENDED, (), "merge_target_not_open"),
        (STATED_ENDED, (detected(), MERGED), "merge_target_not_open"),
        (STATED_ENDED, (detected(), CLOSED), "merge_target_not_open"),
        (STATED_ENDED, (detected(), DISMISSED), "merge_target_not_open"),
    ],
)
def test_only_open_incidents_are_merged(merged: Past, target: Past, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        merge(folded(*merged), folded(*target))
    assert rule == caught.value.rule
    assert caught.value.remedy


def test_an_incident_is_not_merged_into_itself() -> None:
    state = folded(detected())
    same: dict[str, Any] = {"source": SOURCE, "into": SOURCE, "merged": state, "target": state}
    with pytest.raises(Refused) as caught:
        decide_merge("r", **same, now=NOW)
    assert "merge_into_itself" == caught.value.rule
