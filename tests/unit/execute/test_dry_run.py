"""Requests that are decided and never appended, one upon the other."""

from itertools import count
from uuid import UUID

from ledger.execute import RecordSignals
from ledger.execute.dry_run import DryRunExecutor
from tests.unit.execute.desk import NOON, Desk


def test_a_signal_is_its_own_alerts_though_another_was_where_it_is_in_memory(desk: Desk) -> None:
    ids = count(1_000_000)
    decided = DryRunExecutor(
        desk.store, clock=lambda: NOON, new_id=lambda: str(UUID(int=next(ids)))
    )

    def recorded(key: str) -> int:
        request = RecordSignals(source="am", signals=(desk.signal(key),))
        return decided.execute(request, desk.context()).recorded

    assert [1] * 50 == [recorded(f"{number}") for number in range(50)]
