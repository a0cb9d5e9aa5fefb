"""A law changes, and whoever follows it is killed: each control and system is called for once."""

import random
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from time import sleep

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.container.roles import Role
from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.control import CONTROL, ControlReassessmentDue
from ledger.domain.envelope import kind_of, uuid_of
from ledger.domain.identity import control_id, standard_id, system_id, update_id
from ledger.domain.improvement import IMPROVEMENT, ImprovementProposed
from ledger.domain.standard import STANDARD, ChangeStandard, RegisterStandard, StandardChanged
from ledger.domain.system import SYSTEM, RegisterSystem
from ledger.execute import ExecuteCommand
from ledger.policy import parse_policy, shipped
from ledger.settings import Settings
from tests.faults.checking import recorded
from tests.faults.killed import BEFORE, WHOLE
from tests.harness.fleet import Fleet
from tests.harness.postgres import Database
from tests.harness.process import until

pytestmark = pytest.mark.slow

LAW = "eu_ai_act"
LAW_STREAM = STANDARD.stream(standard_id(LAW))
SYSTEMS = ("chat", "search", "rag")
WITHIN_SECONDS = 300


def sends(ledger: Ledger, stream: str, command: Command) -> None:
    request = ExecuteCommand(
        kind=kind_of(stream), subject=uuid_of(stream), command=command, asker=HOST
    )
    ledger.executor.execute(request, ledger.services.context())


def registers(ledger: Ledger) -> None:
    """Three systems and a law that is for all of them."""
    for system in SYSTEMS:
        command = RegisterSystem(system=system, title=system, intended_purpose="Answers.")
        sends(ledger, SYSTEM.stream(system_id(system)), command)
    sends(ledger, LAW_STREAM, RegisterStandard(standard=LAW))


def changes(ledger: Ledger, number: int) -> None:
    command = ChangeStandard(edition=f"{number}", summary="Other deadlines.")
    sends(ledger, LAW_STREAM, command)


def called_for(ledger: Ledger) -> tuple[Counter[tuple[str, int]], Counter[str]]:
    """How often each control was called for by each change, and each improvement proposed."""
    due: Counter[tuple[str, int]] = Counter()
    proposed: Counter[str] = Counter()
    for each in recorded(ledger):
        if isinstance(each.event, ControlReassessmentDue):
            due[each.stream, each.event.leaf] += 1
        if isinstance(each.event, ImprovementProposed):
            proposed[each.stream] += 1
    return due, proposed


def expected(ledger: Ledger) -> tuple[Counter[tuple[str, int]], Counter[str]]:
    """What the changes on record call for, each once."""
    leaves = [each.leaf for each in recorded(ledger) if isinstance(each.event, StandardChanged)]
    controls = parse_policy(shipped()).controls
    due: Counter[tuple[str, int]] = Counter()
    for name, of in controls.items():
        for system in SYSTEMS if of.scope == "system" else (None,):
            if LAW in of.maps:
                due.update((CONTROL.stream(control_id(name, system)), leaf) for leaf in leaves)
    proposed = Counter(
        IMPROVEMENT.stream(update_id(LAW_STREAM, leaf, system))
        for leaf in leaves
        for system in SYSTEMS
    )
    return due, proposed


@pytest.mark.only_on("sqlite", "PostgreSQL ends the transaction of a client that is gone")
def test_a_follower_that_dies_at_any_statement_leaves_what_the_next_one_completes(
    tmp_path: Path,
) -> None:
    with closing(open_ledger(Settings(data_dir=tmp_path / BEFORE))) as ledger:
        registers(ledger)
        for number in (1, 2):
            changes(ledger, number)
        ledger.sealer.seal()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_updates", str(tmp_path)],
        capture_output=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    left = [path for path in tmp_path.iterdir() if path.name.isdigit()]
    assert len(left) > 20
    seen = set()
    for directory in [*left, tmp_path / WHOLE]:
        with closing(open_ledger(Settings(data_dir=directory))) as ledger:
            ledger.sealer.seal()
            due, proposed = called_for(ledger)
            seen.add(len({leaf for _, leaf in due}))
            per_change = [sum(1 for _, leaf in due if leaf == each) for each in {x for _, x in due}]
            assert len(set(per_change)) <= 1  # what a change calls for is recorded whole
            ledger.followers["standards"].catch_up()
            ledger.sealer.seal()
            assert expected(ledger) == called_for(ledger), directory.name
            assert 3 * len({leaf for _, leaf in due}) == sum(proposed.values())
    assert {0, 1, 2} == seen


@pytest.mark.component("postgres")
@pytest.mark.only_on("sqlite", "has a database of its own")
def test_two_reactors_of_which_one_after_the_other_is_killed_call_once(
    database: Database, tmp_path: Path
) -> None:
    fleet, chance = Fleet(database, tmp_path), random.Random(20_261_130)
    with closing(open_ledger(fleet.settings)) as ledger:
        registers(ledger)
        with fleet.running({Role.SEALER: 1, Role.REACTOR: 2}):
            for number in range(1, 25):
                changes(ledger, number)
                sleep(chance.uniform(0, 0.3))  # the moment of the kill is random
                if number % 4 == 0:
                    process = fleet.processes[f"reactor{chance.randint(1, 2)}"]
                    process.kill()
                    process.spawn()
                    process.await_ready()
            until(
                lambda: sum(called_for(ledger)[1].values()) >= 24 * len(SYSTEMS),
                "every change is acted on",
                within=WITHIN_SECONDS,
            )
        assert expected(ledger) == called_for(ledger)
