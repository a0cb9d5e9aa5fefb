"""What another policy makes of risks that were within tolerance is said, and never a pass."""

from pathlib import Path

from msgspec.structs import replace

from consumers.container.ledger import open_ledger
from consumers.read_service.needed_risk import needed_in_risk
from ledger.domain.catalogue import CODEC
from ledger.policy.risks import SHIPPED_RISKS
from ledger.settings import Settings
from ledger.store.mapper import EnvelopeMapper
from tests.unit.risk_report import march as m


def test_risks_that_the_policy_in_force_tolerates_no_more_wait_for_somebody(
    tmp_path: Path,
) -> None:
    at = m.march(1)
    steps: list[m.Step] = []
    for of, likelihood, impact, matrix in (
        ("label gone", "daily", "moderate", "ab" * 32),
        ("worse now", "likely", "severe", "ab" * 32),
        ("tolerated still", "rare", "minor", "ab" * 32),
        ("judged by it", "rare", "minor", SHIPPED_RISKS.digest),
    ):
        event = m.assessed(at, likelihood, impact, 2, "low")
        steps += [
            (at, "risk", of, m.identified(at, of, "chat", "privacy")),
            (at, "risk", of, replace(event, matrix=matrix)),
        ]
    ledger = open_ledger(Settings(data_dir=tmp_path))
    try:
        mapper = EnvelopeMapper(CODEC)
        events = m.recorded(steps, ledger.store.size())
        ledger.store.append([mapper.to_new_event(each) for each in events])
        ledger.seal_and_project()
        found = [each.count for each in needed_in_risk(ledger) if "policy in force" in each.what]
    finally:
        ledger.close()
    assert [2] == found
