"""The movement and the board's report say the same of a month with another matrix in it."""

from pathlib import Path

from msgspec.structs import replace

from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.risk_movement import UNCHANGED, movement
from consumers.risk_report.making import risk_report
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import stream_id
from ledger.domain.identity import POLICY_ID
from ledger.policy import shipped
from ledger.settings import Settings
from ledger.store.mapper import EnvelopeMapper
from tests.unit.risk_report import march as m


def _record(ledger: Ledger, steps: list[m.Step]) -> None:
    """Appends, seals and shows them; a policy was adopted when the ledger was opened."""
    policy = stream_id("policy", POLICY_ID)
    events = m.recorded(steps, ledger.store.size(), {policy: 1})
    mapper = EnvelopeMapper(CODEC)
    ledger.store.append([mapper.to_new_event(each) for each in events])
    ledger.seal_and_project()


def test_both_compare_what_was_recorded_whatever_matrix_is_in_force(tmp_path: Path) -> None:
    one, two = m.march(-5), m.march(20)
    turned = shipped().replace('bands.low]\nlabel = "Low"', 'bands.low]\nlabel = "Least"')
    assert turned != shipped()
    steps: list[m.Step] = [(m.march(-9), "policy", POLICY_ID, m.adopted(m.march(-9), shipped()))]
    steps += [
        (one, "risk", of, m.identified(one, of, "chat", "privacy"))
        for of in ("worse", "better", "same", "rescaled", "dropped", "first", "never")
    ]
    begun = {"worse": ("low", 4), "better": ("high", 12), "same": ("high", 12)}
    for of, (band, score) in {**begun, "rescaled": ("high", 12), "dropped": ("old", 9)}.items():
        steps.append((one, "risk", of, m.assessed(one, "gone", "gone", score, band)))
    steps.append((m.march(10), "policy", POLICY_ID, m.adopted(m.march(10), turned)))
    ended = {"worse": ("medium", 4), "better": ("high", 10), "first": ("low", 1)}
    for of, (band, score) in {**ended, "rescaled": ("high", 20), "dropped": ("low", 9)}.items():
        event = m.assessed(two, "rare", "severe", score, band)
        if of == "rescaled":
            event = replace(event, matrix="cd" * 32)
        steps.append((two, "risk", of, event))
    ledger = open_ledger(Settings(data_dir=tmp_path))
    try:
        _record(ledger, steps)
        found = movement(ledger, since="2026-03-01", until="2026-03-31", only_changed=True)
        report = risk_report(ledger.store, "2026-03").movement
    finally:
        ledger.close()
    changes = {each.change.value: each.count for each in found.counts if each.count}
    assert {
        "worse": 1, "better": 1, "same": 2, "not_compared": 1, "assessed": 1, "not_assessed": 1
    } == changes  # fmt: skip
    assert not [each for each in found.risks if each.change in UNCHANGED]
    shown = {
        (each.risk.title, each.change.value, *(
            (then.band, then.score) if then else None for then in (each.before, each.after)
        ))
        for each in found.risks
    }  # fmt: skip
    reported = {
        (
            each.title,
            each.change,
            None if each.from_band is None else (each.from_band, each.from_score),
            None if each.to_band is None else (each.to_band, each.to_score),
        )
        for each in report.rows
    }
    assert shown == reported


def test_each_page_has_the_next_and_all_the_counts(tmp_path: Path) -> None:
    at = m.march(1)
    names = [f"R{number}" for number in range(5)]
    ledger = open_ledger(Settings(data_dir=tmp_path))
    try:
        _record(
            ledger,
            [(at, "risk", each, m.identified(at, each, "chat", "privacy")) for each in names],
        )
        cursor, found = None, []
        while True:
            page = movement(ledger, since="2026-03-01", cursor=cursor, limit=2)
            found.append([each.risk.title for each in page.risks])
            assert [5] == [each.count for each in page.counts if each.count]
            if (cursor := page.next) is None:
                break
    finally:
        ledger.close()
    assert [["R0", "R1"], ["R2", "R3"], ["R4"]] == found
