"""What `airledger verify` says of the texts beside a log that is whole."""

from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from consumers.container.ledger import open_ledger
from consumers.maintenance import side_texts
from consumers.maintenance.side_texts import Texts
from ledger.domain.incident.commands import Amend, CompleteRca, Report
from ledger.execute import Executor
from ledger.store.text_records import TextsErased
from tests.harness.commands import command_incident, report_incident
from tests.harness.homes import settings_of, store_of
from tests.harness.kept_texts import context, erase, erasing, ids_named
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_verify_beside import told

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def ledger(run: Run, data_dir: Path) -> Run:
    """Two incidents whose texts lie beside the log; one person corrects what another wrote."""
    with closing(open_ledger(settings_of(data_dir))) as opened:
        report(opened.executor, ONE)
        report(opened.executor, OTHER)
        rca = CompleteRca(summary="The queue filled up", root_cause="A bad switch")
        corrected = Amend(field="title", to="It broke down", reason="Said better")
        for command, actor in ((rca, "person/1"), (corrected, "person/2")):
            asked = command_incident(incident=ONE, command=command)
            opened.executor.execute(asked, context(actor))
        opened.seal_and_react()
    return run


def report(executor: Executor, incident: UUID) -> None:
    said = Report(title="It broke", system="chat", description=f"Ann saw {incident}")
    executor.execute(report_incident(incident=incident, report=said), context())


@pytest.fixture
def texts(ledger: Run, data_dir: Path) -> list[str]:
    with closing(store_of(data_dir)) as store:
        return ids_named(store)


def test_of_texts_that_are_as_their_events_say_nothing_is_said(
    ledger: Run, data_dir: Path, texts: list[str]
) -> None:
    with closing(store_of(data_dir)) as store:
        events = [each.stored for each in store.read(0, 1_000)]
    assert 1 < sum(texts[0].encode() in stored for stored in events)
    assert [] == told(ledger)
    with closing(store_of(data_dir)) as store:
        erase(store, texts[:2])

    assert [] == told(ledger)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM texts WHERE id = '{id}'", "is missing, and no event erased"),
        (
            "UPDATE texts SET key = NULL, content = NULL WHERE id = '{id}'",
            "is empty, and no event erased it",
        ),
        (
            "UPDATE texts SET content = replaced(content, 'It', 'He') WHERE id = '{id}'",
            "is not the one that event",
        ),
        ("UPDATE texts SET key = zeroblob(32) WHERE id = '{id}'", "is not the one that event"),
        ("UPDATE texts SET key = NULL WHERE id = '{id}'", "is not the one that event"),
        ("UPDATE texts SET content = NULL WHERE id = '{id}'", "is not the one that event"),
        (
            f"UPDATE texts SET stream = 'incident/{OTHER}' WHERE id = '{{id}}'",
            f"is kept as one of incident/{OTHER}; events of incident/{ONE} name it.",
        ),
        ("UPDATE texts SET author = 'person/9' WHERE id = '{id}'", "as written by person/9; event"),
        (
            "INSERT INTO texts VALUES ('{id}0', 'incident/x', 'person/1', NULL, NULL)",
            "0 that no event names.",
        ),
    ],
    ids=["missing", "emptied", "text", "key", "no key", "no text", "stream", "author", "unnamed"],
)
def test_a_text_that_is_not_as_the_log_says_is_named(
    ledger: Run, data_dir: Path, texts: list[str], statement: str, said: str
) -> None:
    tamper(data_dir, statement.replace("{id}", texts[0]))

    [fault] = told(ledger)

    assert said in fault
    assert texts[0] in fault


def test_a_text_that_an_event_erased_and_that_is_still_there_is_named(
    ledger: Run, data_dir: Path, texts: list[str]
) -> None:
    with closing(store_of(data_dir)) as store:
        store.append([erasing(texts[1:2], [f"incident/{ONE}"])])

    [fault] = told(ledger)

    assert f"The text {texts[1]} of incident/{ONE} was erased by event" in fault


def test_a_text_that_an_event_erased_may_be_gone_altogether(
    ledger: Run, data_dir: Path, texts: list[str]
) -> None:
    with closing(store_of(data_dir)) as store:
        erase(store, texts[:1])
    tamper(data_dir, f"DELETE FROM texts WHERE id = '{texts[0]}'")

    assert [] == told(ledger)


def test_many_faults_are_counted(
    ledger: Run, data_dir: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_texts, "MOST_NAMED", 2)
    monkeypatch.setattr(side_texts, "TEXTS_PER_READ", 2)
    tamper(data_dir, "DELETE FROM texts")

    *named, more = told(ledger)

    assert 2 == len(named)
    assert f"{len(texts) - 2} more texts are missing." == more


def test_texts_of_an_event_that_is_appended_meanwhile_are_no_fault(data_dir: Path) -> None:
    """The rows are read behind the events, and judged once the newer events were read."""
    with (
        closing(open_ledger(settings_of(data_dir))) as opened,
        closing(Texts(opened.store)) as sides,
    ):
        report(opened.executor, ONE)
        [first, *_] = ids_named(opened.store)
        followed = opened.store.size()
        sides.follow(opened.store.read(0, followed, sealed=False))
        report(opened.executor, OTHER)
        erase(opened.store, [first])

        faults = list(
            sides.faults(lambda: sides.follow(opened.store.read(followed, 1_000, sealed=False)))
        )

    assert [] == faults


def test_rows_of_events_of_a_newer_program_are_not_judged(data_dir: Path) -> None:
    with (
        closing(open_ledger(settings_of(data_dir))) as opened,
        closing(Texts(opened.store)) as sides,
    ):
        report(opened.executor, ONE)
        entries = opened.store.read(0, 1_000, sealed=False)
        newer = [
            each._replace(stored=each.stored.replace(b'"incident.', b'"newer.')) for each in entries
        ]
        sides.follow(newer)

        faults = list(sides.faults(lambda: None))

        assert [] == faults
        assert ["of a newer program" in note for note in sides.notes()] == [True]


def test_a_text_of_a_store_that_moved_may_be_empty(data_dir: Path) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        report(opened.executor, ONE)
        ids = ids_named(opened.store)
        opened.store.append([], [TextsErased(ids=tuple(ids))])
        with closing(Texts(opened.store, moved=True)) as sides:
            sides.follow(opened.store.read(0, 1_000, sealed=False))

            faults = list(sides.faults(lambda: None))

            assert [] == faults
            assert [f"{len(ids)} texts are empty here: they moved with the ledger."] == list(
                sides.notes()
            )
