"""The list of risks above tolerance has each that is not tolerated, and why, the worst first."""

from pathlib import Path

from consumers.container.ledger import open_ledger
from consumers.read_service.risk_above import WhyAbove, above_tolerance
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from ledger.store.mapper import EnvelopeMapper
from tests.unit.risk_report import march as m


def test_all_are_listed_but_those_whose_pair_the_policy_tolerates(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data_dir=tmp_path))
    try:
        at = m.march(1)
        steps: list[m.Step] = [
            (at, "risk", of, m.identified(at, of, "chat", "privacy"))
            for of in ("fine", "high", "extreme", "gone", "new")
        ]
        for of, likelihood, impact in (
            ("fine", "possible", "moderate"),
            ("high", "likely", "moderate"),
            ("extreme", "likely", "severe"),
            ("gone", "daily", "moderate"),
        ):
            steps.append((at, "risk", of, m.assessed(at, likelihood, impact, 9, "medium")))
        mapper = EnvelopeMapper(CODEC)
        ledger.store.append([mapper.to_new_event(each) for each in m.recorded(steps)])
        ledger.seal_and_project()
        found = [(each.risk.title, each.why) for each in above_tolerance(ledger).items]
    finally:
        ledger.close()
    expected = [
        ("extreme", WhyAbove.ABOVE),
        ("high", WhyAbove.ABOVE),
        ("gone", WhyAbove.OUTDATED),
        ("new", WhyAbove.NOT_ASSESSED),
    ]
    assert expected == found
