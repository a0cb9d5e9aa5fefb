"""Whatever happens, a view is the pure fold of the log, and says what the domain's state says."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.incident import Incident, evolve
from ledger.domain.incident import commands as c
from ledger.errors import Invalid, Refused
from ledger.vocabulary import Category, Severity, Step
from projections.catalogue import PROJECTIONS
from projections.engine import Projection, Projector, SQLiteViews, digest, feed
from projections.engine.postgres.database import PostgresViews
from projections.engine.projection import Key, Row
from projections.register import REGISTER
from projections.values import subject, time_text
from tests.contract.samples import seal_all
from tests.harness.commands import incidents_of
from tests.harness.postgres import Database
from tests.harness.texts import beside_only
from tests.unit.policy.extended import TEXT
from tests.unit.projections.toy import rows
from tests.unit.projections.world import World, world

Action = tuple[str, int, int]
Act = Callable[[World, list[UUID], int, int], object]


def on(command: Callable[[int], c.IncidentCommand]) -> Act:
    return lambda ledger, known, i, j: ledger.do(known[i % len(known)], command(j))


def report(ledger: World, known: list[UUID], i: int, j: int) -> None:
    ledger.report(100 + i, title=f"Report {j}")
    known += [UUID(int=100 + i)] * (UUID(int=100 + i) not in known)


def signals(status: str) -> Act:
    def act(ledger: World, known: list[UUID], i: int, j: int) -> None:
        labels = {"alertname": f"N{j % 2}", "severity": "critical", "system": "chat"}
        outcome = ledger.take(ledger.signal(f"k{i}", status, labels=labels))
        known += [incident for incident in incidents_of(outcome) if incident not in known]

    return act


CATEGORIES = (*Category, "prompt_injection")
ADDED = ("legal_review", "tell_authority", "brief_board")
ACTS: dict[str, Act] = {
    "fire": signals("firing"),
    "resolve": signals("resolved"),
    "report": report,
    "wait": lambda ledger, _, i, j: ledger.pass_time(minutes=10 * i, hours=5 * j),
    "merge": lambda ledger, known, i, j: ledger.merge(known[i % len(known)], known[j % len(known)]),
    "contain": on(lambda j: c.Contain(action=f"action {j % 2}")),
    "communicate": on(lambda j: c.Communicate(audience="all", message=f"{j}")),
    "classify": on(
        lambda j: c.Classify(category=CATEGORIES[j % 4], severity=list(Severity)[j % 4])
    ),
    "ticket": on(lambda j: c.OpenTicket(url=f"https://tickets.example/{j}")),
    "notify": on(lambda j: c.NotifyRiskManager(channel=f"channel {j}")),
    "rollback": on(lambda j: c.RequestRollback(reason=f"{j}")),
    "rolled back": on(lambda j: c.ExecuteRollback(snapshot=f"v{j}")),
    "complete": on(lambda j: c.CompleteRca(summary="S", root_cause=f"{j}")),
    "playbook": on(lambda j: c.UpdatePlaybook(playbook="p", change=f"{j}")),
    "step": on(lambda j: c.DoStep(step=ADDED[j % 3], note=f"{j}")),
    "waive added": on(lambda j: c.WaiveStep(step=ADDED[j % 3], reason="Not here")),
    "waive": on(lambda j: c.WaiveStep(step=list(Step)[j % 8], reason="Not here")),
    "assign": on(lambda j: c.Assign(owner=f"person/{j}")),
    "rename": on(lambda j: c.Amend(field="title", to=f"Title {j}", reason="Better")),
    "regrade": on(lambda j: c.Amend(field="severity", to=list(Severity)[j % 4], reason="Better")),
    "redate": on(
        lambda j: c.Amend(field="detected_at", to=f"2026-02-2{j}T12:00:00+02:00", reason="Seen")
    ),
    "end": on(
        lambda j: c.Amend(
            field="impact_ended_at", to=[None, "2026-03-01T12:00:00Z"][j % 2], reason="Seen"
        )
    ),
    "dismiss": on(lambda _: c.Dismiss(reason="False alarm")),
    "close": on(lambda _: c.Close()),
    "reopen": on(lambda _: c.Reopen(reason="Not over")),
}

actions = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 4), st.integers(0, 4)),
    min_size=1,
    max_size=40,
)
sizes = st.integers(1, 12)


COUNTED = beside_only(policy=TEXT).replace(
    '["critical", "high", "medium", "low"]', '["critical", "high"]'
)


def play(ledger: World, history: list[Action]) -> None:
    """An alert, a report, and the rest; what a rule refuses does not happen.

    Under the policy only severe incidents count, and it adds to the runbook.
    """
    ledger.adopt(COUNTED)
    known: list[UUID] = []
    for name, i, j in [("fire", 0, 0), ("report", 0, 0), *history]:
        with suppress(Refused, Invalid):
            ACTS[name](ledger, known, i, j)


def fold(projection: Projection, events: list[Recorded]) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    for recorded in events:
        if recorded.kind in projection.kinds:
            for key in projection.keys(recorded):
                found[key] = projection.evolve(found.get(key), recorded, key)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=actions, first=sizes, second=sizes)
def test_a_view_is_the_pure_fold_of_the_log_in_whatever_batches(
    history: list[Action], first: int, second: int
) -> None:
    with TemporaryDirectory() as directory, world(Path(directory)) as ledger:
        play(ledger, history)
        events = ledger.events()
        seal_all(ledger.store)
        digests = []
        for name, size in (("first", first), ("second", second)):
            views = SQLiteViews(Path(directory) / f"{name}.db")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(feed, "EVENTS_PER_BATCH", size)
                Projector(ledger.store, views, CODEC, PROJECTIONS).catch_up()
            for projection in PROJECTIONS:
                assert fold(projection, events) == rows(views, projection)
            digests.append([digest(views, projection) for projection in PROJECTIONS])
            views.close()

    assert digests[0] == digests[1]


@pytest.mark.component("postgres")
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(history=actions)
def test_a_history_has_the_same_digests_on_postgresql_as_in_a_file(
    database: Database, history: list[Action]
) -> None:
    with database.connected() as connection:
        connection.execute("TRUNCATE airledger_views.positions")
    with TemporaryDirectory() as directory, world(Path(directory)) as ledger:
        play(ledger, history)
        ledger.catch_up()
        with closing(PostgresViews(database.url)) as views:
            Projector(ledger.store, views, CODEC, PROJECTIONS).catch_up()
            for projection in PROJECTIONS:
                assert digest(ledger.views, projection) == digest(views, projection)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=actions)
def test_the_register_says_what_the_rules_believe(history: list[Action]) -> None:
    with TemporaryDirectory() as directory, world(Path(directory)) as ledger:
        play(ledger, history)
        events = ledger.events()

    states: dict[Key, Incident] = {}
    for recorded in events:
        if recorded.kind == "incident":
            key = (subject(recorded),)
            states[key] = evolve(states.get(key, Incident()), recorded.event)  # type: ignore[arg-type]

    assert {key: believed(state) for key, state in states.items()} == {
        key: {**{name: row[name] for name in SHARED}, "steps": states_of(row)}
        for key, row in fold(REGISTER, events).items()
    }


TIMES = ("detected_at", "impact_ended_at", "rca_due", "at_risk_at", "rca_completed_at")
SAME = ("title", "system", "description", "external_id", "severity", "category", "status", "owner")
SHARED = (*SAME, *TIMES, "month", "counts", "firing", "merged_into")


def believed(state: Incident) -> Row:
    return {
        **{name: getattr(state, name) for name in (*SAME, "month", "counts")},
        **{name: at and time_text(at) for name in TIMES if [at := getattr(state, name)]},
        "firing": len(state.firing),
        "merged_into": state.merged_into and str(state.merged_into),
        "steps": list(state.steps.items()),
    }


def states_of(row: Row) -> list[tuple[str, str]]:
    return [(name, step["state"]) for name, step in row["steps"].items()]
