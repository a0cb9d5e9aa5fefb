"""Measurements are judged: breaches open incidents, recovery ends them, triggers fire once."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from consumers.reactor.judging import NAME, JudgingProcess
from ledger.domain import metric as m
from ledger.domain import system as s
from ledger.domain.alert import AlertFired, AlertResolved
from ledger.domain.command import Command
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import system_id
from ledger.domain.improvement import ImprovementProposed
from ledger.domain.incident.events import IncidentDetected
from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.domain.trigger import TriggerCleared, TriggerFired
from ledger.errors import Invalid
from ledger.execute import ExecuteCommand
from ledger.policy import shipped
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Purpose
from tests.harness.commands import EVERYTHING
from tests.unit.reactor.watch import HOUR, Watch, watch

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def requested(measurement: UUID, command: Command) -> ExecuteCommand:
    """A command of one measurement."""
    return ExecuteCommand(
        kind=m.METRIC.kind, subject=measurement, command=command, asker=EVERYTHING
    )


class Bench(Watch):
    """A watch that measures."""

    def measure(
        self, metric: str, value: float, hours: float, unit: str, n: int | None = 1_000, **more: Any
    ) -> m.RecordMeasurement:
        """What a metric was in an hour that ends so many hours after noon; recorded then."""
        until = NOON + hours * HOUR
        self.now = max(self.now, until)
        command = m.RecordMeasurement(
            system=more.pop("system", "chat"),
            metric=metric,
            value=value,
            unit=unit,
            n=n,
            since=until - HOUR,
            until=until,
            **more,
        )
        self.executor.execute(requested(m.measurement_id(command), command), self.context())
        self.seal()
        return command

    def retract(self, command: m.RecordMeasurement) -> None:
        """It was wrong."""
        retract = m.RetractMeasurement(reason="The sensor was broken.")
        self.executor.execute(requested(m.measurement_id(command), retract), self.context())
        self.seal()

    def judge(self) -> list[str]:
        """A new process judges all there is; what the log then says of it, by name."""
        JudgingProcess(self.services()).catch_up()
        self.seal()
        return self.said()

    def said(self) -> list[str]:
        """The names of the events that judging caused."""
        kinds = (
            ObjectiveBreached,
            ObjectiveRecovered,
            TriggerFired,
            TriggerCleared,
            ImprovementProposed,
            IncidentDetected,
            AlertResolved,
        )
        return [each.event.name.removesuffix(".v1") for each in self.told_of(*kinds)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with watch(tmp_path) as opened:
        opened.adopt(shipped())
        opened.__class__ = Bench
        assert isinstance(opened, Bench)
        yield opened


def test_two_intervals_in_a_row_breach_and_open_one_incident(bench: Bench) -> None:
    bench.measure("p95", 2.5, 1, "s")
    assert [] == bench.judge()
    bench.measure("p95", 2500, 2, "ms")
    assert ["objective.breached", "incident.detected"] == bench.judge()
    bench.measure("p95", 3, 3, "s")
    assert ["objective.breached", "incident.detected"] == bench.judge()
    [breached] = bench.told_of(ObjectiveBreached)
    event = breached.event
    assert isinstance(event, ObjectiveBreached)
    assert ("latency", "chat", 2.0, "s", "in_a_row", 2.5, 2.0) == (
        event.objective,
        event.system,
        event.target,
        event.unit,
        event.rule,
        event.value,
        event.limit,
    )
    [detected] = bench.told_of(IncidentDetected)
    assert isinstance(detected.event, IncidentDetected)
    assert "chat" == detected.event.system
    assert "source/airledger/objectives" == detected.source


def test_recovery_ends_the_impact_and_another_breach_is_another_one(bench: Bench) -> None:
    for hour in (1, 2):
        bench.measure("p95", 2.5, hour, "s")
    bench.judge()
    bench.measure("p95", 1.5, 3, "s")
    assert 2 == len(bench.judge())
    bench.measure("p95", 1.5, 4, "s")
    assert ["objective.recovered", "alert.resolved"] == bench.judge()[2:]
    for hour in (5, 6):
        bench.measure("p95", 2.5, hour, "s")
    assert 2 == bench.judge().count("objective.breached")


def test_separated_bad_hours_open_nothing(bench: Bench) -> None:
    for hour in range(1, 20):
        bench.measure("p95", 2.5 if hour % 3 == 0 else 1.0, hour, "s")
        bench.measure("availability", 98.0 if hour % 8 == 0 else 100.0, hour, "%")
    assert [] == bench.judge()


def test_a_burn_opens_one_incident_that_is_a_safety_failure(bench: Bench) -> None:
    for hour in range(1, 4):
        bench.measure("harmful output rate", 0.075, hour, "1")  # 15 times the budget of 0.5 %
    assert ["objective.breached", "incident.detected"] == [
        name for name in bench.judge() if name != "incident.classified"
    ]
    [breached] = bench.told_of(ObjectiveBreached)
    assert isinstance(breached.event, ObjectiveBreached)
    assert ("burn_rate over 1 h", 14.4) == (breached.event.rule, breached.event.limit)
    assert 15 == pytest.approx(breached.event.value)
    classified = [each for each in bench.events() if each.event.name == "incident.classified.v1"]
    assert ["safety_failure"] == [each.event.category for each in classified]  # type: ignore[attr-defined]


def test_a_slow_burn_is_found_over_six_hours(bench: Bench) -> None:
    for hour in range(1, 7):
        bench.measure("availability", 96.9, hour, "%")
        if hour < 3:
            assert [] == bench.judge()
    assert "objective.breached" in bench.judge()
    [breached] = bench.told_of(ObjectiveBreached)
    assert isinstance(breached.event, ObjectiveBreached)
    assert "burn_rate over 6 h" == breached.event.rule


@pytest.mark.parametrize(
    "more",
    [{"n": None}, {"n": 5}, {"purpose": Purpose.EVALUATION}, {"direction": "higher"}],
    ids=["no n", "few samples", "an evaluation", "the other direction"],
)
def test_what_cannot_be_judged_breaches_nothing_and_meets_nothing(
    bench: Bench, more: dict[str, Any]
) -> None:
    for hour in (1, 2, 3):
        bench.measure("p95", 2.5, hour, "s", **more)
    assert [] == bench.judge()
    for hour in (4, 5):
        bench.measure("p95", 2.5, hour, "s")
    assert ["objective.breached", "incident.detected"] == bench.judge()
    for hour in (6, 7, 8):
        bench.measure("p95", 1.0, hour, "s", **more)
    assert 2 == len(bench.judge())


def test_late_and_old_windows_count_in_attainment_alone(bench: Bench) -> None:
    bench.measure("p95", 1.0, 20, "s")
    bench.measure("p95", 2.5, 18, "s")  # ends before the last one
    bench.measure("p95", 2.5, 19, "s")
    assert [] == bench.judge()
    bench.now = NOON + 40 * HOUR
    for hour in (28, 29):  # ended more than six hours before
        bench.measure("p95", 2.5, hour, "s")
    assert [] == bench.judge()


def test_what_showed_the_breach_is_retracted(bench: Bench) -> None:
    first = bench.measure("p95", 2.5, 1, "s")
    bench.measure("p95", 2.5, 2, "s")
    bench.judge()
    bench.retract(first)
    assert ["objective.recovered", "alert.resolved"] == bench.judge()[2:]
    [recovered] = bench.told_of(ObjectiveRecovered)
    assert isinstance(recovered.event, ObjectiveRecovered)
    assert "retracted" == recovered.event.basis


def test_each_system_and_segment_is_judged_by_itself(bench: Bench) -> None:
    bench.measure("p95", 2.5, 1, "s", segment={"route": "a"})
    bench.measure("p95", 2.5, 2, "s", segment={"route": "b"})
    bench.measure("p95", 2.5, 3, "s", system="search")
    assert [] == bench.judge()


def test_drift_proposes_once_a_crossing(bench: Bench) -> None:
    for hour, value in enumerate((0.1, 0.25, 0.3, 0.1, 0.21), start=1):
        bench.measure("PSI", value, hour, "1", segment={"feature": "age"})
    fired = ["trigger.fired", "improvement.proposed"]
    assert [*fired, "trigger.cleared", *fired] == sorted_as_caused(bench.judge())
    proposals = bench.told_of(ImprovementProposed)
    assert 2 == len({each.stream for each in proposals})
    assert ["Retrain model"] * 2 == [each.event.action for each in proposals]  # type: ignore[attr-defined]


def sorted_as_caused(names: list[str]) -> list[str]:
    """Without the incidents."""
    return [name for name in names if not name.startswith(("incident", "alert"))]


@pytest.mark.parametrize(
    ("value", "digest", "expected"),
    [
        (0.75, "a", ["trigger.fired", "improvement.proposed"]),
        (0.77, "a", []),
        (0.75, "b", []),
        (0.75, None, []),
    ],
    ids=["dropped", "within", "another data set", "unknown data set"],
)
def test_a_quality_drop_is_judged_from_quarter_to_quarter(
    bench: Bench, value: float, digest: str | None, expected: list[str]
) -> None:
    for hours, measured, of in ((1, 0.85, "a"), (24 * 40, value, digest)):
        bench.measure("pass@5", measured, hours, "1", dataset_digest=of)
    assert expected == bench.judge()
    bench.measure("pass@5", value - 0.01, 24 * 41, "1", dataset_digest=digest)
    assert expected == bench.judge()[: len(expected)]
    assert len(bench.told_of(TriggerFired)) <= 1 or digest == "a"


def test_nothing_is_judged_twice_however_often_it_starts(bench: Bench) -> None:
    for hour in range(1, 5):
        bench.measure("p95", 2.5, hour, "s")
        bench.measure("PSI", 0.3, hour, "1")
    once = bench.judge()
    assert once == bench.judge() == bench.judge()
    assert timedelta(0) < HOUR
    assert 1 == len(bench.told_of(AlertFired))


def test_a_position_that_was_moved_back_judges_nothing_again(bench: Bench) -> None:
    for hour, value in enumerate((2.5, 2.5, 1, 1, 2.5), start=1):
        bench.measure("p95", value, hour, "s")
    once = bench.judge()
    of = [each.stream for each in bench.told_of(m.Measured)]
    points = bench.store.followers.points_of(map(uuid_of, of))
    position = bench.store.followers.position(NAME)
    bench.store.append([], [PositionMove(follower=NAME, old=position, new=0)])
    assert once == bench.judge()
    assert points == bench.store.followers.points_of(map(uuid_of, of))
    bench.measure("p95", 2.5, 6, "s")
    assert 2 == bench.judge().count("objective.breached")


def test_a_burn_rate_and_a_drop_that_are_at_their_limit_are_taken_exactly(bench: Bench) -> None:
    bench.measure("availability", 92.8, 1, "%")  # 14.4 times the budget of 0.5 %: at least that
    assert ["objective.breached", "incident.detected"] == bench.judge()
    for hours, value in ((1, 0.8), (24 * 40, 0.72)):  # by 10 %: not more than that
        bench.measure("pass@5", value, hours, "1", dataset_digest="a")
    assert [] == [name for name in bench.judge() if name.startswith("trigger")]


def test_a_drift_is_not_over_while_it_is_undecided(bench: Bench) -> None:
    other = bench.measure("PSI", 0.1, 1, "1")
    shown = bench.measure("PSI", 0.3, 2, "1")
    bench.measure("PSI", 0.1, 3, "1", n=None)
    bench.retract(other)
    assert ["trigger.fired", "improvement.proposed"] == bench.judge()
    bench.retract(shown)
    assert ["trigger.fired", "improvement.proposed", "trigger.cleared"] == bench.judge()


def test_a_system_has_its_own_target_however_its_name_is_written(bench: Bench) -> None:
    own = "[slos.latency.systems.Chat]\ntarget = 3\n\n[slos.availability]"
    bench.adopt(shipped().replace("[slos.availability]", own, 1))
    for hour in (1, 2):
        bench.measure("p95", 2.5, hour, "s")
    assert [] == bench.judge()


def test_a_suppliers_model_is_evaluated_anew_and_not_retrained(bench: Bench) -> None:
    register = s.RegisterSystem(system="chat", title="Chat", intended_purpose="To chat.")
    depends = s.AddDependency(supplier="Example AI", service="responses", model="large-4")
    for command in (register, depends):
        request = ExecuteCommand(
            kind="system", subject=system_id("chat"), command=command, asker=EVERYTHING
        )
        bench.executor.execute(request, bench.context())
    bench.measure("PSI", 0.3, 1, "1")
    bench.measure("PSI", 0.3, 1, "1", system="search")
    bench.judge()
    actions = {
        each.event.system: each.event.action  # type: ignore[attr-defined]
        for each in bench.told_of(TriggerFired)
    }
    assert {
        "chat": "Re-evaluate the model, or choose another one",
        "search": "Retrain model",
    } == actions


def test_what_cannot_be_judged_hides_nothing_however_much_there_is(bench: Bench) -> None:
    bench.measure("p95", 2.5, 1, "s")
    bench.judge()
    for hour in range(2, 110):
        bench.measure("p95", 2.5, hour, "s", n=5)
    bench.judge()
    bench.measure("p95", 2.5, 110, "s")
    assert ["objective.breached", "incident.detected"] == bench.judge()


def test_a_drift_is_judged_by_what_is_left_however_much_is_retracted(bench: Bench) -> None:
    bench.measure("PSI", 0.3, 1, "1")
    good = [bench.measure("PSI", 0.1, hour, "1") for hour in range(2, 104)]
    before = ["trigger.fired", "improvement.proposed", "trigger.cleared"]
    assert before == bench.judge()
    for each in good:
        bench.retract(each)
    assert [*before, "trigger.fired", "improvement.proposed"] == bench.judge()


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324], ids=["most", "least", "smallest"])
def test_no_number_stops_judging(bench: Bench, value: float) -> None:
    for hour in (1, 2, 24 * 40):
        for metric in ("availability", "pass@5", "p95", "PSI"):
            unit = {"availability": "%", "p95": "s"}.get(metric, "1")
            with suppress(Invalid):
                bench.measure(metric, value, hour, unit, n=10**15, dataset_digest="a")
    bench.judge()
    bench.measure("PSI", 0.3, 24 * 41, "1", segment={"feature": "age"})
    assert "trigger.fired" in bench.judge()


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, ["trigger.fired", "improvement.proposed"]), (1, [])],
    ids=["within", "over"],
)
def test_a_quarter_is_judged_until_its_grace_ends_by_the_clocks_of_its_zone(
    bench: Bench, minutes: int, expected: list[str]
) -> None:
    bench.adopt(shipped().replace('grace = "P14D"', 'grace = "P14D"\nzone = "Asia/Kolkata"'))
    ends = datetime(2026, 4, 14, 18, 30, tzinfo=UTC)  # midnight there, 14 days into April
    bench.measure("pass@5", 0.9, -24 * 80, "1", dataset_digest="a")  # in December
    bench.now = ends + timedelta(minutes=minutes)
    bench.measure("pass@5", 0.7, 24 * 10, "1", dataset_digest="a")  # in March
    assert expected == bench.judge()


def test_a_drop_that_is_exactly_the_threshold_fires_nothing(bench: Bench) -> None:
    bench.measure("pass@5", 0.9, 1, "1", dataset_digest="a")
    bench.measure("pass@5", 0.81, 24 * 40, "1", dataset_digest="a")
    assert [] == bench.judge()


def test_a_burn_that_is_exactly_at_its_limit_is_a_breach(bench: Bench) -> None:
    bench.measure("availability", 92.8, 1, "%")  # 7.2 % against 0.5 %: 14.4 times
    assert ["objective.breached", "incident.detected"] == bench.judge()
