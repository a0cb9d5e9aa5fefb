"""What is on record and shown is held against the naive computation."""

from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from consumers.container.backends import open_views
from ledger.domain import control as k
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import Event, Recorded, uuid_of
from ledger.domain.identity import control_id, standard_id
from ledger.domain.improvement import ImprovementOverdue, ImprovementProposed, ImprovementRecurred
from ledger.domain.risk import events as e
from ledger.domain.standard import StandardChanged, StandardReviewOverdue
from ledger.settings import Settings
from projections.controls import CONTROLS
from projections.engine import Projector, digest, rebuild_all
from projections.engine.database import ViewsDatabase
from projections.engine.projection import Projection, Row
from projections.improvements import IMPROVEMENTS
from projections.risk_assessments import RISK_ASSESSMENTS
from projections.risk_links import RISK_LINKS
from projections.risks import RISKS
from projections.standards import STANDARDS
from projections.values import time_text
from tests.property.risk_year.lives import RISK_NAMES, STANDARD_NAMES
from tests.property.risk_year.naive import Expected
from tests.property.risk_year.simulation import SHOWN, TARGETS, World, risk_id
from tests.unit.projections.toy import rows

MARKS: dict[type[Event], str] = {
    e.RiskTreatmentOverdue: "due",
    e.RiskReviewOverdue: "due",
    e.RiskAcceptanceExpired: "until",
    ImprovementOverdue: "due",
    StandardReviewOverdue: "due",
    k.ControlAssessmentExpired: "until",
}
"""The clock's marks, by the field that says of which time each is."""

REVIEW_SETS = ("identify", "assess", "review", "reopen")
LATE: dict[type[Event], str] = {e.RiskTreatmentOverdue: "treatment", e.RiskReviewOverdue: "review"}


def look(world: World) -> None:
    """Asserts what is on record and shown, once everything is acted on."""
    _audit_risks(world)
    _audit_links(world)
    _audit_controls(world)
    _audit_standards(world)
    log = world.log()
    _audit_improvements(world)
    _audit_called(world, log)
    _audit_marks(world, log)
    _audit_late_controls(world, log)
    _audit_late_risks(world, log)


def _rows(world: World, projection: Projection) -> dict[Any, Row]:
    return {
        key[0] if len(key) == 1 else key: row for key, row in rows(world.views, projection).items()
    }


def _same(expected: dict[str, Any], row: Row, *which: Any) -> None:
    """Asserts that a row has what is expected of it; times as read models write them."""
    wanted = {
        name: time_text(value) if isinstance(value, datetime) else value
        for name, value in expected.items()
    }
    assert wanted == {name: row[name] for name in wanted}, which


def _audit_risks(world: World) -> None:
    shown = _rows(world, RISKS)
    known = {str(risk_id(each)): each for each in RISK_NAMES if world.naive.has_risk(each)}
    assert known.keys() == shown.keys()
    for key, risk in known.items():
        _same(world.naive.risk_row(risk), shown[key], risk)
    assessed = Counter(row["risk_id"] for row in _rows(world, RISK_ASSESSMENTS).values())
    assert Counter(str(risk_id(each["risk"])) for each in world.naive.of("assess")) == assessed


def _audit_links(world: World) -> None:
    expected = {
        (str(risk_id(risk)), kind, str(TARGETS.get((kind, target), target)), system or "")
        for risk in RISK_NAMES
        for kind, target, system in world.naive.links(risk)
    }
    shown = {key for key, row in _rows(world, RISK_LINKS).items() if row["linked"]}
    assert expected == shown


def _audit_controls(world: World) -> None:
    shown = _rows(world, CONTROLS)
    known = {str(control_id(*each)): each for each in world.naive.controls()}
    assert known.keys() == shown.keys()
    for key, control in known.items():
        _same(world.naive.control_row(control), shown[key], control)


def _audit_standards(world: World) -> None:
    shown = _rows(world, STANDARDS)
    known = {
        str(standard_id(each)): each
        for each in STANDARD_NAMES
        if world.naive.of("register", standard=each)
    }
    assert known.keys() == shown.keys()
    for key, standard in known.items():
        _same(world.naive.standard_row(standard), shown[key], standard)


def _audit_improvements(world: World) -> None:
    shown = _rows(world, IMPROVEMENTS)
    known = {str(world.improvement_of(each)): each for each in world.naive.existing()}
    assert known.keys() == shown.keys()
    for key, of in known.items():
        _same(world.naive.improvement_row(of), shown[key], of)


def _audit_called(world: World, log: list[Recorded]) -> None:
    """What was called for was called for once: proposals, re-assessments, recurrences."""
    naive = world.naive
    proposed = [uuid_of(each.stream) for each in log if isinstance(each.event, ImprovementProposed)]
    assert Counter(map(world.improvement_of, naive.existing())) == Counter(proposed)
    changes = [each.leaf for each in log if isinstance(each.event, StandardChanged)]
    leaves = dict(zip((each["n"] for each in naive.of("change")), changes, strict=True))
    called = Counter(
        (each.stream, each.event.leaf, each.event.by)
        for each in log
        if isinstance(each.event, k.ControlReassessmentDue)
    )
    wanted = Counter(
        (f"control/{control_id(*each['control'])}", leaves[each["change"]], each["by"])
        for each in naive.of("call")
    )
    assert wanted == called
    assert {1} >= {*called.values()}
    recurred = Counter(
        (uuid_of(each.stream), each.event.incident)
        for each in log
        if isinstance(each.event, ImprovementRecurred)
    )
    again = Counter(
        (world.improvement_of(each["key"]), world.incident_of(each["of"]))
        for each in naive.of("recur")
    )
    assert again == recurred
    assert {1} >= {*recurred.values()}


def _audit_marks(world: World, log: list[Recorded]) -> None:
    """The clock marks each time once, and nothing before its time."""
    marks: Counter[Any] = Counter()
    for each in log:
        field = MARKS.get(type(each.event))
        if field is not None:
            due = getattr(each.event, field)
            marks[each.stream, each.event.name, due] += 1
            assert due == each.event.at <= world.now
    assert {1} >= {*marks.values()}, marks
    expired = sum(each.event.name == e.RiskAcceptanceExpired.name for each in log)
    assert _expired(world) == expired


def _audit_late_controls(world: World, log: list[Recorded]) -> None:
    """The re-assessments that nobody did in time are marked, and no other."""
    wanted = {
        (f"control/{control_id(*late['control'])}", late["by"]) for late in world.naive.of("late")
    }
    marked = {
        (each.stream, each.event.by)
        for each in log
        if isinstance(each.event, k.ControlReassessmentOverdue)
    }
    assert wanted == marked


def _audit_late_risks(world: World, log: list[Recorded]) -> None:
    """What was done late is marked whether the clock looked before or not, and nothing else is."""
    wanted = {
        (f"risk/{risk_id(risk)}", what, due)
        for risk in RISK_NAMES
        if world.naive.has_risk(risk)
        for what, due in _late(world.naive, risk)
    }
    marked = {
        (each.stream, LATE[type(each.event)], each.event.due)
        for each in log
        if isinstance(each.event, e.RiskTreatmentOverdue | e.RiskReviewOverdue)
    }
    assert wanted == marked


def _late(naive: Expected, risk: str) -> set[tuple[str, datetime]]:
    """The due times of its treatments and reviews that passed before anything met them."""
    found = set()
    for what, sets, ends in (
        ("treatment", ("treat",), ("treat", "complete", "close")),
        ("review", REVIEW_SETS, (*REVIEW_SETS, "close")),
    ):
        for each in naive.of(*sets, risk=risk):
            if each["due"] is None or each.get("treatment") == "accept":
                continue
            met = [
                one["at"]
                for one in naive.of(*ends, risk=risk)
                if one["n"] > each["n"] and not (one["what"] == "assess" and not one["due"])
            ]
            if each["due"] <= (met or [naive.now])[0]:
                found.add((what, each["due"]))
    return found


def _expired(world: World) -> int:
    """How many acceptances ended at their time, and not before."""
    naive = world.naive
    ended = 0
    for given in naive.of("accept"):
        before = [
            each
            for each in naive.of("withdraw", "assess", "close", risk=given["risk"])
            if each["n"] > given["n"] and each.get("level", "current") == "current"
        ]
        until = given["until"]
        ended += until <= naive.now and all(each["at"] >= until for each in before[:1])
    return ended


def audit(world: World, copy: Path) -> None:
    """Settles the world, and asserts everything that there is to assert of it."""
    world.happen(("look",))
    look(world)
    before = _digests(world.views)
    size = world.store.size()
    rebuild_all(world.projector, world.views, SHOWN, until=size)
    assert before == _digests(world.views)
    for host in (0, 1):
        world.happen(("replay", 1_000_000), host)
        world.happen(("look",))
    assert size == world.store.size()
    copy.mkdir()
    with closing(open_views(Settings(data_dir=copy))) as empty:
        Projector(world.store, empty, READERS_CODEC, SHOWN).catch_up()
        assert before == _digests(empty)


def _digests(views: ViewsDatabase) -> dict[str, Any]:
    return {each.name: digest(views, each) for each in SHOWN}
