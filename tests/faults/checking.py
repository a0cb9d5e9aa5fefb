"""What must hold of a data directory after whatever happened to its processes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from consumers.container.ledger import Ledger, open_ledger
from ledger.domain.alert import AlertFired
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.identity import alert_id
from ledger.domain.incident.events import IncidentDetected
from ledger.domain.review import ReviewLaunched
from ledger.domain.subject import SubjectErased
from ledger.domain.text import outside_texts
from ledger.sealing import StoreLogReader
from ledger.transparency.audit import audit
from ledger.transparency.keys import parse_verifier
from ledger.transparency.notes import open_checkpoint
from ledger.transparency.tree import root_at
from projections.catalogue import PROJECTIONS
from projections.engine import digest, rebuild
from projections.engine.generations import live_table
from projections.engine.projection import Projection, Row
from tests.faults.publishers import Client, Garbling, Reporting, Telling
from tests.harness.homes import settings_of

FIRED, RESOLVED = "alert.fired.v1", "alert.resolved.v1"
LINKED, UNLINKED = "incident.alert_linked.v1", "incident.alert_resolved.v1"


@contextmanager
def settled(data_dir: Path) -> Iterator[Ledger]:
    """The ledger, with everything sealed and in the read models."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        ledger.seal_and_project()
        yield ledger
    finally:
        ledger.close()


def check_whole(
    ledger: Ledger, source: str, clients: Iterable[Client], checkpoints: Sequence[bytes]
) -> None:
    """Everything acknowledged is there once and nothing else; the log and read models are right."""
    clients = list(clients)
    check_signals(ledger, source, [each for each in clients if isinstance(each, Telling)])
    _check_reports(ledger, [each for each in clients if isinstance(each, Reporting)])
    _check_quarantine(ledger, [each for each in clients if isinstance(each, Garbling)])
    check_log(ledger, checkpoints)
    check_read_models(ledger)
    check_reviews(ledger)


def recorded(ledger: Ledger) -> Iterator[Recorded]:
    """Every event of the log, in order."""
    for entry in ledger.store.read(0, ledger.store.size()):
        yield CODEC.decode(entry.stored, entry.leaf)


def check_signals(ledger: Ledger, source: str, publishers: Iterable[Telling]) -> None:
    """Alert streams hold exactly the episodes told, in one incident a group, all linked there."""
    publishers = list(publishers)
    expected = defaultdict(list)
    for told in (told for each in publishers for told in each.acknowledged):
        name = FIRED if told.status == "firing" else RESOLVED
        expected[f"alert/{alert_id(source, told.fingerprint)}"].append((name, told.at))
    found = defaultdict(list)
    groups: dict[Any, set[Any]] = defaultdict(set)
    links: Counter[str] = Counter()
    for event in recorded(ledger):
        if event.stream.startswith("alert/"):
            found[event.stream].append((event.event.name, event.event.at))
        if event.stream.startswith("incident/"):
            links[event.event.name] += 1
        if isinstance(event.event, AlertFired):
            groups[event.event.group].add(event.event.incident)
    assert expected.keys() == found.keys()
    names = {told.fingerprint for each in publishers for told in each.acknowledged}
    streams = {name: f"alert/{alert_id(source, name)}" for name in names}
    wrong = [name for name, stream in streams.items() if expected[stream] != found[stream]]
    assert [] == [(name, expected[streams[name]], found[streams[name]]) for name in sorted(wrong)]
    told_all = Counter(name for told in expected.values() for name, _ in told)
    assert (told_all[FIRED], told_all[RESOLVED]) == (links[LINKED], links[UNLINKED])
    assert {1} >= {len(incidents) for incidents in groups.values()}


def _check_reports(ledger: Ledger, reporters: Iterable[Reporting]) -> None:
    reported = [f"incident/{incident}" for each in reporters for incident in each.incidents]
    found = ledger.store.load(dict.fromkeys(reported, 0))
    told = {stream: [entry.type for entry in entries] for stream, entries in found.items()}
    assert {key: ["incident.detected.v1", "incident.contained.v1"] for key in reported} == told
    assert len(reported) == len(set(reported))
    bases = Counter(getattr(event.event, "basis", None) for event in recorded(ledger))
    assert len(reported) == bases["report"]


def _check_quarantine(ledger: Ledger, garblers: Iterable[Garbling]) -> None:
    digests = sorted(digest for each in garblers for digest in each.digests)
    assert digests == sorted(entry.digest for entry in ledger.store.quarantine.entries())
    assert all(ledger.store.quarantine.body(digest) is not None for digest in digests)


def check_reviews(ledger: Ledger) -> None:
    """A month of more than three incidents has one review, of the first four; others have none.

    For histories in which incidents are only ever detected.
    """
    detected: defaultdict[tuple[str, str], list[Recorded]] = defaultdict(list)
    launched = []
    for event in recorded(ledger):
        match event.event:
            case IncidentDetected(system=system, month=month):
                detected[system, month].append(event)
            case ReviewLaunched() as review:
                launched.append(
                    (review.system, review.month, review.leaf, list(map(str, review.incidents)))
                )
    expected = [
        (*pair, events[3].leaf, [event.stream.partition("/")[2] for event in events[:4]])
        for pair, events in detected.items()
        if len(events) > 3
    ]
    assert sorted(expected) == sorted(launched)


def check_log(ledger: Ledger, checkpoints: Sequence[bytes]) -> None:
    """The log verifies, and every checkpoint ever served is of its beginning, in order of size."""
    reader, state = StoreLogReader(ledger.store), ledger.store.log_state()
    assert state is not None
    assert state.size == ledger.store.size()
    found = audit(reader, state.vkey)
    assert found.ok, found.problems
    verifier = parse_verifier(state.vkey)
    served = [open_checkpoint(note, verifier) for note in checkpoints]
    sizes = [each.size for each in served]
    assert sizes == sorted(sizes)
    for each in served:
        assert each.root == root_at(each.size, ledger.store.tile)


def check_read_models(ledger: Ledger) -> None:
    """Live rows are the fold of the log, event by event; and a rebuild gives the same ones."""
    events = list(recorded(ledger))
    for projection in PROJECTIONS:
        assert _folded(ledger, projection, events) == _live(ledger, projection)
        before = digest(ledger.views, projection)
        rebuild(ledger.projector, ledger.views, projection, until=len(events))
        assert before == digest(ledger.views, projection)


def _folded(ledger: Ledger, projection: Projection, events: Sequence[Recorded]) -> dict[Any, Row]:
    """With the texts beside the log as they are now, so that no erasure is left to fold."""
    rows: dict[Any, Row] = {}
    evolve = projection.evolve
    if projection.with_texts is not None:
        ids = {text.text for event in events for text in outside_texts(event.event)}
        evolve = projection.with_texts(ledger.store.texts.readable(ids))
    for event in events:
        blanks = projection.outside and isinstance(event.event, SubjectErased)
        if event.kind in projection.kinds and not blanks:
            for key in projection.keys(event):
                rows[key] = evolve(rows.get(key), event, key)
    return rows


def _live(ledger: Ledger, projection: Projection) -> dict[Any, Row]:
    with ledger.views.begin() as connection:
        table = live_table(connection, projection)
        assert table is not None
        names = [column.name for column in table.primary_key.columns]
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    return {tuple(row[name] for name in names): row for row in rows}
