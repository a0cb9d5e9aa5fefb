"""A changed standard: one re-assessment a mapped control and system, one improvement a system.

However often the log is read, and however many read it at once (runbook section 6).
"""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from msgspec import UNSET

from consumers.reactor.standards import STANDARDS
from consumers.services import Services
from ledger.domain.control import (
    CONTROL,
    ControlReassessmentDue,
    ControlReassessmentOverdue,
    ControlRetired,
    ControlStatus,
)
from ledger.domain.identity import control_id, standard_id, system_id, update_id
from ledger.domain.improvement import ImprovementKind, ImprovementProposed
from ledger.domain.standard import (
    StandardChanged,
    WithdrawStandard,
)
from ledger.errors import Unavailable
from ledger.execute import Context, Executor, Outcome
from ledger.policy import shipped
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, NOON
from tests.unit.reactor.changed_standards import (
    BOTH,
    RETIRE,
    STANDARD_STREAM,
    assesses,
    changes,
    due,
    holds_to,
    mapped,
    proposed,
    reads_again,
    reads_on,
    registers,
    sends,
    standing,
)
from tests.unit.reactor.watch import DAY, Watch, new_id


class Dying:
    """An executor that executes so many requests, and then no more."""

    def __init__(self, executor: Executor, *, after: int) -> None:
        self._executor, self._left = executor, after

    def execute(self, request: Any, context: Context) -> Outcome:
        if self._left == 0:
            raise Unavailable("The process is gone.")
        self._left -= 1
        return self._executor.execute(request, context)


def test_a_change_calls_for_each_mapped_control_and_one_improvement_a_system(desk: Watch) -> None:
    registers(desk, "chat", "search")
    holds_to(desk)
    assert not reads_on(desk)
    leaf = changes(desk)
    assert reads_on(desk)
    assert Counter(dict.fromkeys(((each, leaf) for each in mapped(["chat", "search"])), 1)) == due(
        desk
    )
    expected = [
        (system, f"improvement/{update_id(STANDARD_STREAM, leaf, system)}")
        for system in ("chat", "search")
    ]
    assert expected == proposed(desk)
    [changed] = desk.told_of(StandardChanged)
    for each in desk.told_of(ControlReassessmentDue, ImprovementProposed):
        assert (changed.id, changed.correlation) == (each.causation, each.correlation)
        assert each.policy_digest == changed.policy_digest
    first = desk.told_of(ImprovementProposed)[0].event
    assert isinstance(first, ImprovementProposed)
    assert ImprovementKind.CORRECTIVE is first.improvement_kind
    assert ("Re-assess controls", STANDARD_STREAM, leaf) == (
        first.action,
        first.cause.ref,
        first.cause.leaf,
    )


def test_it_is_read_again_and_again_and_nothing_is_called_for_twice(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    changes(desk)
    reads_on(desk)
    size = desk.store.size()
    assesses(desk, "oversight", "chat")
    for _ in range(2):
        reads_again(desk)
    assert size + 1 == desk.store.size()
    assert ControlStatus.EFFECTIVE is standing(desk, "oversight")


def test_each_change_calls_anew(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    leaves = [changes(desk, version) for version in ("2026", "2027")]
    reads_on(desk)
    assert {1} == set(due(desk).values())
    assert 2 * len(mapped(["chat"])) == len(due(desk))
    assert 2 == len(proposed(desk))
    assert set(leaves) == {leaf for _, leaf in due(desk)}


def test_the_policy_in_force_at_the_change_decides_however_late_it_is_read(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    desk.adopt(shipped().replace(f", {BOTH}", ""))
    changes(desk, "2026")
    desk.adopt(shipped().replace("[controls.oversight]", "[controls.stop]"))
    desk.seal()
    changes(desk, "2027")
    reads_on(desk)
    first, second = (
        {pair for pair, leaf in due(desk) if leaf == each.leaf}
        for each in desk.told_of(StandardChanged)
    )
    assert mapped(["chat"], but=["oversight"]) == first
    assert mapped(["chat"], but=["oversight"]) | {("stop", "chat")} == second


def test_systems_registered_later_or_retired_before_are_out(desk: Watch) -> None:
    registers(desk, "chat", "old")
    holds_to(desk)
    sends(desk, "system", system_id("old"), RETIRE)
    leaf = changes(desk)
    registers(desk, "late")
    sends(desk, "system", system_id("chat"), RETIRE)
    reads_on(desk)
    assert {(each, leaf) for each in mapped(["chat"])} == set(due(desk))
    assert ["chat"] == [system for system, _ in proposed(desk)]


def test_what_a_change_called_for_ends_where_the_system_is_retired(desk: Watch) -> None:
    registers(desk, "chat", "search")
    holds_to(desk)
    assesses(desk, "oversight", "chat")
    changes(desk)
    sends(desk, "system", system_id("chat"), RETIRE)
    reads_on(desk)
    own = {each for each in mapped(["chat"]) if each[1]}
    assert own <= {pair for pair, _ in due(desk)}
    retired = Counter(each.stream for each in desk.told_of(ControlRetired))
    assert Counter(CONTROL.stream(control_id(*each)) for each in own) == retired
    reads_again(desk)
    assert retired == Counter(each.stream for each in desk.told_of(ControlRetired))
    desk.now += 400 * DAY
    desk.look()
    assert ControlStatus.RETIRED is standing(desk, "oversight")
    assert ControlStatus.REASSESSMENT_OVERDUE is standing(desk, "oversight", "search")
    late = {each.stream for each in desk.told_of(ControlReassessmentOverdue)}
    assert late.isdisjoint(retired)


def test_who_assesses_before_the_change_is_read_is_not_asked_again(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    assesses(desk, "oversight", "chat")
    first = changes(desk)
    assesses(desk, "oversight", "chat")
    reads_on(desk)
    assert {(each, first) for each in mapped(["chat"], but=["oversight"])} == set(due(desk))
    second = changes(desk, "2027")
    reads_on(desk)
    assert 1 == due(desk)[("oversight", "chat"), second]
    reads_again(desk)
    assert 0 == due(desk)[("oversight", "chat"), first]


def test_only_the_systems_that_a_standard_names_are_in_its_scope(desk: Watch) -> None:
    registers(desk, "chat", "search")
    holds_to(desk, "search")
    changes(desk)
    reads_on(desk)
    assert mapped(["search"]) == {pair for pair, _ in due(desk)}
    assert ["search"] == [system for system, _ in proposed(desk)]


def test_without_a_system_the_organisations_controls_are_called_for_once(desk: Watch) -> None:
    holds_to(desk)
    changes(desk)
    reads_on(desk)
    assert mapped([]) == {pair for pair, _ in due(desk)}
    assert [] == proposed(desk)


def test_a_standard_without_controls_still_has_each_system_looked_at(desk: Watch) -> None:
    registers(desk, "chat")
    desk.adopt(re.sub(r", eu_ai_act = \[[^\]]*\]", "", shipped()))
    desk.seal()
    holds_to(desk)
    changes(desk)
    reads_on(desk)
    assert not due(desk)
    assert ["chat"] == [system for system, _ in proposed(desk)]


def test_one_that_was_withdrawn_after_its_change_is_answered_all_the_same(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    changes(desk)
    sends(desk, "standard", standard_id("eu_ai_act"), WithdrawStandard(reason="Repealed."))
    reads_on(desk)
    assert mapped(["chat"]) == {pair for pair, _ in due(desk)}


def test_a_follower_that_dies_between_batches_leaves_what_another_completes(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    leaves = [changes(desk, str(version)) for version in range(2026, 2031)]
    dying = Dying(desk.executor, after=3)
    with pytest.raises(Unavailable):
        STANDARDS.start(desk.services(dying)).catch_up()  # type: ignore[arg-type]
    desk.seal()
    assert set(leaves[:3]) == {leaf for _, leaf in due(desk)}
    reads_on(desk)
    assert {1} == set(due(desk).values())
    assert {(each, leaf) for each in mapped(["chat"]) for leaf in leaves} == set(due(desk))
    assert len(leaves) == len(proposed(desk)) == len({stream for _, stream in proposed(desk)})


@pytest.mark.parametrize("hosts", [2, 4])
def test_followers_that_race_on_one_store_call_once(
    tmp_path: Path, desk: Watch, hosts: int
) -> None:
    registers(desk, "chat", "search", "rag")
    holds_to(desk)
    leaves = [changes(desk, str(version)) for version in range(2026, 2032)]
    together = Barrier(hosts)

    def run() -> None:
        with closing(store_of(tmp_path)) as store:
            executor = Executor(store, clock=lambda: NOON, new_id=new_id)
            try:
                process = STANDARDS.start(
                    Services(store, executor, clock=lambda: NOON, new_id=new_id)
                )
                together.wait(DEADLINE)
                process.catch_up()
            finally:
                executor.close()

    with ThreadPoolExecutor(hosts) as pool:
        for future in [pool.submit(run) for _ in range(hosts)]:
            future.result(6 * DEADLINE)

    systems = ["chat", "search", "rag"]
    assert {(each, leaf) for each in mapped(systems) for leaf in leaves} == set(due(desk))
    assert {1} == set(due(desk).values())
    assert Counter(dict.fromkeys(systems, len(leaves))) == Counter(
        system for system, _ in proposed(desk)
    )


def test_what_the_organisation_has_names_no_system(desk: Watch) -> None:
    registers(desk, "chat")
    holds_to(desk)
    changes(desk)
    reads_on(desk)
    found = [each.event for each in desk.told_of(ControlReassessmentDue)]
    roles = [each for each in found if each.control == "roles"]  # type: ignore[attr-defined]
    assert [UNSET] == [each.system for each in roles]  # type: ignore[attr-defined]
