"""A year is held against the naive computation: its log, what is shown, and what a replay adds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from consumers.reactor.judging import NAME, JudgingProcess
from consumers.reactor.judging_objectives import SOURCE
from consumers.services import Services
from ledger.domain.alert import AlertFired, AlertResolved
from ledger.domain.envelope import Recorded, uuid_of
from ledger.domain.identity import alert_id
from ledger.domain.improvement import ImprovementProposed
from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.execute import Executor
from ledger.store.side_records import PositionMove
from projections.breaches import BREACHES
from projections.catalogue import PROJECTIONS
from projections.engine import digest, rebuild
from projections.triggers import TRIGGERS
from tests.harness.homes import duplicate, home, leave, store_of
from tests.property.measured_year import steps as s
from tests.property.measured_year.expected import findings
from tests.property.measured_year.findings import Finding
from tests.property.measured_year.naive import Log
from tests.property.measured_year.recorded import assert_same, found_in
from tests.property.measured_year.shown import audit_shown
from tests.property.measured_year.simulation import World


def look(world: World) -> None:
    """Asserts what is in the log, and what is shown."""
    log = world.log()
    expected, stands = findings(log)
    assert_same(expected, found_in(log))
    _audit_alerts(log)
    _audit_proposals(log, expected)
    audit_shown(world, log, stands)


def audit(world: World, copy: Path) -> None:
    """Settles the world, and asserts everything there is to assert of it."""
    world.settle()
    look(world)
    before = {each.name: digest(world.views, each) for each in PROJECTIONS}
    until = world.sealer.seal().size
    for projection in (BREACHES, TRIGGERS):
        rebuild(world.projector, world.views, projection, until=until)
        assert before[projection.name] == digest(world.views, projection)
    size = world.store.size()
    for host in (0, 1):
        world.happen(s.Run("restart", host))
    world.settle()
    assert size == world.store.size()
    series = [world.store.followers.points_of([of]) for of, _ in world.sent]
    world.close()
    _audit_replay(world, copy, size, series)


def _audit_replay(world: World, copy: Path, size: int, points: Sequence[Any]) -> None:
    """In a copy of the store, all that there is comes to nothing new when it is read again."""
    there = home(world.directory)
    if there is not None:
        there.key_file.parent.mkdir(parents=True, exist_ok=True)
    duplicate(world.directory, copy)
    with closing(store_of(copy)) as store:
        position = store.followers.position(NAME)
        store.append([], [PositionMove(follower=NAME, old=position, new=0)])
        executor = Executor(store, clock=world.clock, new_id=world.new_id)
        with closing(executor):
            services = Services(store, executor, clock=world.clock, new_id=world.new_id)
            JudgingProcess(services).catch_up()
        assert size == store.size()
        assert points == [store.followers.points_of([of]) for of, _ in world.sent]
    leave(copy)


def _audit_alerts(log: Log) -> None:
    """Every breach is an episode of an alert, and every recovery the end of one."""
    told: Counter[tuple[str, str]] = Counter()
    wanted: Counter[tuple[str, str]] = Counter()
    for each in log:
        if isinstance(each.event, ObjectiveBreached | ObjectiveRecovered):
            begins = isinstance(each.event, ObjectiveBreached)
            alert = str(alert_id(SOURCE, f"objective/{uuid_of(each.stream)}"))
            wanted[alert, "fired" if begins else "resolved"] += 1
        if isinstance(each.event, AlertFired | AlertResolved):
            begins = isinstance(each.event, AlertFired)
            told[str(uuid_of(each.stream)), "fired" if begins else "resolved"] += 1
    assert wanted == told, (wanted, told)


def _audit_proposals(log: Log, expected: Iterable[Finding]) -> None:
    """Every trigger that fired proposed its action, once."""
    proposed = [str(uuid_of(each.stream)) for each in _of(log, ImprovementProposed)]
    assert [each["improvement"] for each in expected if each["what"] == "fired"] == proposed


def _of(log: Log, kind: type) -> list[Recorded]:
    return [each for each in log if isinstance(each.event, kind)]
