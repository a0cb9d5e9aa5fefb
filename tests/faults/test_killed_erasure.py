"""kill -9 before every statement of an erasure: it is done, with all of it, or was not begun."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from consumers.commands.erasing import Erasure, erase
from consumers.container.erasures import erasures
from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.maintenance.remains import remains
from ledger.domain.incident.commands import Report
from ledger.domain.subject import SUBJECT, erased_name
from ledger.execute import Context, Idempotency, RecordSignals, RegisterPerson
from ledger.settings import Settings
from ledger.store.side_records import Person, QuarantinePart, Session, SessionGrant
from ledger.store.sqlite.raw_bytes import has_bytes, with_sidecars
from ledger.store.text_records import ERASED_REASON
from ledger.vocabulary import ActsBy, ErasureReason, Scope, SourceKind
from tests.faults.checking import check_log
from tests.faults.killed import BEFORE, BY, PERSON, WHOLE
from tests.harness.commands import report_incident

pytestmark = [
    pytest.mark.only_on("sqlite", "PostgreSQL ends the transaction of a client that is gone"),
    pytest.mark.slow,
]

WITHIN_SECONDS = 300
NAME, CANARY = "Canary Person", "canarytitle of Jane Roe"
REASON = "canaryreason for closing"
BODY = f'{{"title": "{CANARY}"}}'.encode()
NEEDLES = [each.encode() for each in (NAME, CANARY, REASON)]
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Left(NamedTuple):
    """What of the person is there, each True where it is as it was before."""

    text: bool
    name: bool
    session: bool
    answer: bool
    body: bool
    entry: bool
    reason: bool

    @classmethod
    def of(cls, ledger: Ledger) -> "Left":
        store = ledger.store
        [row] = store.texts.of_author(PERSON, "", 9)
        person = store.access.person(PERSON)
        body = store.quarantine.body(hashlib.sha256(BODY).hexdigest())
        entries = {each.id: each for each in store.quarantine.entries()}
        assert person is not None
        assert body is not None
        assert row.content in {CANARY, None}
        assert (row.key is None) is (row.content is None)
        assert person.name in {NAME, erased_name(PERSON)}
        assert body.content in {BODY, b""}
        assert entries["q1"].close_reason in {REASON, ERASED_REASON}
        return cls(
            text=row.content == CANARY,
            name=person.name == NAME,
            session=bool(store.access.sessions()),
            answer=store.idempotency.answer("ann", "k") is not None,
            body=body.content == BODY,
            entry=not entries["q1"].body_erased,
            reason=entries["q1"].close_reason == REASON,
        )


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directories that erasures left which were killed, one for each statement."""
    directory = tmp_path_factory.mktemp("killed")
    with closing(open_ledger(Settings(data_dir=directory / BEFORE))) as ledger:
        furnish(ledger)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed", str(directory)],
        capture_output=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return directory


def furnish(ledger: Ledger) -> None:
    """A person with a text, a session and a key, a body with the text, and a reason of hers."""
    execute, context = ledger.executor.execute, ledger.services.context
    for of, name in ((PERSON, NAME), (BY.actor, "Bob")):
        execute(RegisterPerson(person=Person(id=of, name=name)), context())
    report = report_incident(incident=UUID(int=1), report=Report(title=CANARY, system="chat"))
    keyed = Idempotency(token="ann", key="k", request="digest")
    at = ledger.now()
    execute(
        report,
        Context(at=at, actor=PERSON, source="airledger", correlation="c", idempotency=keyed),
    )
    grant = SessionGrant(person=PERSON, by=ActsBy.LINK, scopes=(Scope.READ,), ends_at=at)
    session = Session(digest="s", token="", begun_at=at, seen_at=at, grant=grant)
    ledger.store.append([], [session])
    digest = hashlib.sha256(BODY).hexdigest()
    incoming = Incoming(source="am", body=BODY, digest=digest, arrived_at=NOW)
    refused = ParsedBody(refused=(QuarantinePart(index=None, reason=f"no {CANARY}"),))
    writes = quarantine.side_writes_for(
        ledger.store, refused, incoming, SourceKind.ALERTMANAGER, "q1"
    )
    execute(RecordSignals(source="am", notes=writes), context())
    quarantine_retry.dismiss(
        ledger.store, ledger.executor, "q1", actor=PERSON, reason=REASON, now=NOW
    )
    ledger.seal_and_project()
    assert Left(*[True] * 7) == Left.of(ledger)


def left_by_each(killed: Path) -> Iterator[Path]:
    yield from sorted(
        (path for path in killed.iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
    )


def test_an_erasure_that_is_killed_is_whole_or_not_begun_and_its_scrub_is_finished(
    killed: Path,
) -> None:
    seen = []
    for directory in left_by_each(killed):
        files = with_sidecars(directory / "ledger.db")
        in_log = files[1].exists() and files[1].stat().st_size > 0
        had_words = any(has_bytes(path, NEEDLES) for path in files)
        with closing(open_ledger(Settings(data_dir=directory))) as ledger:
            done = any(True for _ in erasures(ledger.store))
            assert Left(*[not done] * 7) == Left.of(ledger)
            assert done is bool(ledger.store.of_kind(SUBJECT.kind))
            if done:
                assert not any(has_bytes(path, NEEDLES) for path in files)
            ledger.seal_and_project()
            check_log(ledger, [])
            body = Erasure(person=PERSON, reason=ErasureReason.REQUEST)
            assert (not done) is erase(ledger.services, BY, body).recorded
            assert Left(*[False] * 7) == Left.of(ledger)
            ledger.seal_and_project()
            for words in (NAME, CANARY, REASON):
                looked = remains(ledger, words)
                assert [] == [each for each in looked if each.remains]
        seen.append((done, in_log and had_words))

    assert (True, True) in seen  # killed between the commit and the scrub
    begun = [each for each, _ in seen]
    assert sorted(begun) == begun
    assert begun.count(False) > 10


def test_an_erasure_that_comes_to_its_end_leaves_nothing(killed: Path) -> None:
    files = with_sidecars(killed / WHOLE / "ledger.db")
    assert not any(has_bytes(path, NEEDLES) for path in files)
