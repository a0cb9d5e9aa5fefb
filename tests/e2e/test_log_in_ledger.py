"""The log of a real ledger, served by the real server, before verifiers that others wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from consumers.access.tokens import grant_token
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from ledger.domain.alert import AlertStale
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.execute import Context
from ledger.sealing import StoreLogReader
from ledger.store.mapper import EnvelopeMapper
from ledger.transparency.audit import audit
from ledger.vocabulary import Scope
from tests.e2e.server import Server
from tests.harness.homes import POSTGRES, SQLITE, settings_of, store_of
from tests.harness.tampering import tamper
from tests.verifiers.go import Verdict, fsck, note_tlog

pytestmark = [pytest.mark.component("go"), pytest.mark.slow]

SIZES = {SQLITE: [255, 256, 257, 65_535, 65_536, 65_537], POSTGRES: [255, 256, 257]}
"""Where the tiles of a level are full; those of the third take a while."""
AT = datetime(2026, 11, 22, tzinfo=UTC)
BAD, ASIDE = 700, 100_000


def grow(ledger: Ledger, size: int) -> None:
    """Appends events of alerts until the log has `size` of them, and seals."""
    mapper = EnvelopeMapper(CODEC)
    while (appended := ledger.store.size()) < size:
        events = [
            mapper.to_new_event(
                Recorded(
                    event=AlertStale(at=AT, last_heard_at=AT),
                    stream=f"alert/{leaf}",
                    version=1,
                    leaf=leaf,
                    id=f"event-{leaf}",
                    recorded_at=AT,
                    actor="airledger",
                    source="airledger",
                    correlation="test",
                )
            )
            for leaf in range(appended, min(size, appended + 5_000))
        ]
        ledger.store.append(events)
    ledger.sealer.seal()


def reader_token(ledger: Ledger) -> str:
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    return grant_token(ledger.store, ledger.executor, context, "auditor", Scope.AUDIT).token


@contextmanager
def opened(directory: Path) -> Iterator[Ledger]:
    ledger = open_ledger(settings_of(directory))
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A data directory with 1,000 sealed events."""
    directory = tmp_path / "ledger"
    with opened(directory) as ledger:
        grow(ledger, 1_000)
    return directory


def test_a_growing_ledger_is_accepted_at_every_awkward_size(tmp_path: Path, store: str) -> None:
    with opened(tmp_path / "ledger") as ledger, Server(tmp_path / "ledger") as server:
        token = reader_token(ledger)
        older: bytes | None = None
        for size in SIZES[store]:
            grow(ledger, size)
            vkey = httpx.get(f"{server.url}/log/vkey").text.strip()
            by_note = note_tlog(f"{server.url}/log", vkey, older=older, token=token)
            by_fsck = fsck(f"{server.url}/log", vkey, token=token)
            assert (size, size) == (by_note.size, by_fsck.size), by_note.output + by_fsck.output
            older = httpx.get(f"{server.url}/log/checkpoint").content


UPDATE = "UPDATE stored_events SET"
BYTE = (f"{UPDATE} state = replaced(state, 'test', 'Test') WHERE notification_id = {BAD + 1}",)
REMOVED = (f"DELETE FROM stored_events WHERE notification_id = {BAD + 1}",)
SWAPPED = tuple(
    f"{UPDATE} notification_id = {new} WHERE notification_id = {old}"
    for old, new in ((BAD + 1, ASIDE), (BAD + 2, BAD + 1), (ASIDE, BAD + 2))
)
CUT = (f"DELETE FROM stored_events WHERE notification_id > {BAD}",)


def refuses(verdict: Verdict) -> bool:
    return not verdict.accepted


@pytest.mark.parametrize(
    "damage", [BYTE, REMOVED, SWAPPED, CUT], ids=["byte", "removed", "swapped", "cut"]
)
def test_a_damaged_ledger_is_refused_and_the_first_bad_index_named(
    sealed: Path, damage: tuple[str, ...]
) -> None:
    tamper(sealed, *damage)
    store = store_of(sealed)
    try:
        state = store.log_state()
        assert state is not None
        found = audit(StoreLogReader(store), state.vkey)
    finally:
        store.close()
    assert (False, BAD) == (found.ok, found.first_bad_index)


@pytest.mark.parametrize("damage", [BYTE, REMOVED, SWAPPED], ids=["byte", "removed", "swapped"])
def test_others_verifiers_refuse_a_ledger_damaged_under_its_server(
    sealed: Path, damage: tuple[str, ...]
) -> None:
    with opened(sealed) as ledger:
        token = reader_token(ledger)
    with Server(sealed) as server:
        vkey = httpx.get(f"{server.url}/log/vkey").text.strip()
        tamper(sealed, *damage)
        assert refuses(note_tlog(f"{server.url}/log", vkey, token=token, timeout=30))
        assert refuses(fsck(f"{server.url}/log", vkey, token=token, timeout=30))
