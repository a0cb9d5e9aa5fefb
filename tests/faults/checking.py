"""What must hold of a data directory after whatever happened to its processes."""

from collections import Counter
from pathlib import Path

from consumers.runtime import Ledger, open_ledger
from ledger.domain.identity import alert_of
from ledger.sealing import StoreLogReader
from ledger.settings import Settings
from ledger.transparency.audit import audit
from projections.catalogue import PROJECTIONS
from projections.engine import digest, rebuild

FIRED, RESOLVED = "alert.fired.v1", "alert.resolved.v1"


def check_whole(
    data_dir: Path, source: str, acknowledged: list[tuple[str, str]], checkpoints: list[bytes]
) -> None:
    """Every acknowledged signal exactly once, read models equal the fold, the log verifies."""
    ledger = open_ledger(Settings(data_dir=data_dir))
    try:
        ledger.settle()
        _check_signals(ledger, source, acknowledged)
        _check_log(ledger, checkpoints)
        _check_read_models(ledger)
    finally:
        ledger.close()


def _check_signals(ledger: Ledger, source: str, acknowledged: list[tuple[str, str]]) -> None:
    expected: dict[str, list[str]] = {}
    for fingerprint, status in acknowledged:
        events = expected.setdefault(f"alert/{alert_of(source, fingerprint)}", [])
        if status != "repeat":
            events.append(FIRED if status == "firing" else RESOLVED)
    found = ledger.store.load(dict.fromkeys(expected, 0))
    assert expected == {stream: [e.type for e in events] for stream, events in found.items()}
    linked = Counter(
        entry.type
        for entry in ledger.store.read(0, ledger.store.size())
        if entry.stream.startswith("incident/")
    )
    firing = sum(events.count(FIRED) for events in expected.values())
    ended = sum(events.count(RESOLVED) for events in expected.values())
    assert (firing, ended) == (
        linked["incident.alert_linked.v1"],
        linked["incident.alert_resolved.v1"],
    )


def _check_log(ledger: Ledger, checkpoints: list[bytes]) -> None:
    state = ledger.store.log_state()
    assert state is not None
    assert state.size == ledger.store.size()
    for older in [None, *checkpoints[-3:], *checkpoints[:1]]:
        found = audit(StoreLogReader(ledger.store), state.vkey, older=older)
        assert found.ok, found.problems


def _check_read_models(ledger: Ledger) -> None:
    size = ledger.store.size()
    live = {each.name: digest(ledger.views, each) for each in PROJECTIONS}
    for each in PROJECTIONS:
        rebuild(ledger.projector, ledger.views, each, until=size)
    assert live == {each.name: digest(ledger.views, each) for each in PROJECTIONS}
