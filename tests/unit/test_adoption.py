"""What a process says of the policy in force when it starts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from consumers.commands.policy_history import log_absent_keys
from ledger.policy import Alerts, Policy
from ledger.store.sqlite import SQLiteStore
from tests.harness.newer import append_newer
from tests.unit.execute.desk import Desk


class LaterAlerts(Alerts, frozen=True, kw_only=True):
    """With a key that a later program knows."""

    wait: timedelta | None = None


class Later(Policy, frozen=True, kw_only=True):
    """A policy of a later program."""

    alerts: LaterAlerts


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(SQLiteStore(tmp_path / "ledger.db"))
    yield desk
    desk.close()


def test_a_later_program_names_each_key_that_the_policy_in_force_lacks(desk: Desk) -> None:
    desk.adopt()

    with capture_logs() as told:
        log_absent_keys(desk.store, Later)

    [line] = [each for each in told if each.get("key") == "alerts.wait"]
    assert ("policy_key_absent", "warning") == (line["event"], line["log_level"])
    assert "what it did before" in line["without"]
    assert "airledger policy adopt" in line["remedy"]


def test_the_policy_as_shipped_lacks_nothing_and_nothing_is_said(desk: Desk) -> None:
    desk.adopt()

    with capture_logs() as told:
        log_absent_keys(desk.store)

    assert [] == told


def test_a_policy_that_is_not_there_or_not_known_keeps_no_process_from_starting(
    desk: Desk,
) -> None:
    with capture_logs() as told:
        log_absent_keys(desk.store, Later)
        desk.adopt()
        stream = desk.store.read(0, 1, sealed=False)[0].stream
        append_newer(desk.store, stream)
        log_absent_keys(desk.store, Later)

    assert [] == told
