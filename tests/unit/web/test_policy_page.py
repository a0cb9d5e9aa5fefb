"""The policy in words: every rule and threshold a sentence, and nothing hostile in it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consumers.commands.policy_history import adoption_in_force, adoptions
from consumers.read_service.durations import format_duration
from consumers.web.pages.policy import sections, sentence, shown, told
from ledger.errors import NotFound
from ledger.policy import Rule, parse_policy, shipped
from ledger.store.sqlite import SQLiteStore
from ledger.vocabulary import Category, Notice, Severity
from tests.unit.execute.desk import Desk

NAMES = {"person/1": "Ann \u202e\x1b[2J"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(SQLiteStore(tmp_path / "ledger.db"))
    yield desk
    desk.close()


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=60), "60 s"),
        (timedelta(seconds=1.5), "1.5 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=24), "24 h"),
        (timedelta(hours=72), "72 h"),
        (timedelta(hours=73), "3 days 1 h"),
        (timedelta(days=366), "366 days"),
    ],
)
def test_a_duration_is_told_as_the_runbook_counts_it(duration: timedelta, expected: str) -> None:
    assert expected == format_duration(duration)


def test_a_rule_is_a_sentence() -> None:
    rule = Rule(
        name="leaks",
        match=('alertname="Leak"', "team=privacy"),
        opens=True,
        category=Category.DATA_BREACH,
        severity=Severity.HIGH,
        group_by=(),
        system_labels=("model",),
    )
    name, when, what = sentence(rule)
    assert ("leaks", 'alertname="Leak" and team=privacy') == (name, when)
    assert [
        "opens an incident",
        "category Data breach",
        "severity High",
        "grouped by nothing",
        "system from model",
    ] == what.split("; ")
    last = Rule(name="rest", match=(), opens=False)
    assert ("rest", "every alert that no rule above is for", "is recorded and opens none") == (
        sentence(last)
    )


def test_every_threshold_of_the_shipped_policy_is_said() -> None:
    said = {fact for passage in sections(parse_policy(shipped())) for fact in passage.facts}
    assert {
        ("Threshold", "more than 3 incidents of one system in a calendar month"),
        ("Due", "24 h after detection"),
        ("At risk", "from 4 h before that"),
        ("Harmful output", "harmful output rate <= 0.5 %"),
        ("Data drift", "population stability index (PSI) more than 0.2: Retrain model"),
        ("Late copy", "within 60 s of the end, from another sender"),
        ("... critical", "critical, emergency, page"),
    } <= said


def test_what_a_terminal_or_browser_would_obey_is_written_out() -> None:
    hostile = parse_policy(shipped().replace('"Launch RCA review"', '"Launch \u202e review"'))
    said = dict(fact for passage in sections(hostile) for fact in passage.facts)
    assert "Launch \\u202e review" == said["Then"]


def test_the_newest_adoptions_are_told_and_each_against_the_one_before_it(desk: Desk) -> None:
    desk.adopt()
    for count in range(10, 20):
        desk.adopt(shipped().replace("more_than = 3", f"more_than = {count}"))

    newest = adoptions(desk.store, NAMES, most=3)
    behind = adoptions(desk.store, NAMES, before=9, most=100)

    assert [11, 10, 9] == [each.version for each in newest]
    assert [(18, 19), (17, 18), (16, 17)] == [
        (change.before, change.after) for each in newest for change in each.changes
    ]
    assert list(range(8, 0, -1)) == [each.version for each in behind]
    assert [] == adoptions(desk.store, NAMES, before=1)
    page = shown(newest[0])
    assert "Ann \\u202e\\x1b[2J" == page["by"]
    assert ["removed", "added", "place"] == [kind for kind, _ in page["lines"][:3]]
    assert ("added", "+more_than = 19") in page["lines"]


def test_without_any_adoption_there_is_no_policy(desk: Desk) -> None:
    for ask in (adoption_in_force, lambda store: adoptions(store, NAMES)):
        with pytest.raises(NotFound):
            ask(desk.store)


def test_a_system_s_name_steers_nothing_where_it_says_who_is_told() -> None:
    systems = r'systems = ["chat\u202e\u001b[2J"]'
    rule = f'name = "r"\nnotices = ["source_silent"]\nchannels = ["c"]\n{systems}\n'
    lines = told(parse_policy(f"{shipped()}\n[[notify.rules]]\n{rule}"))
    [words] = [words for _, name, words in lines if name == "r"]
    assert words.startswith("Tells c at once. Only where the source tells of chat")
    assert not {"\u202e", "\x1b"} & set(words)
    assert len(Notice) == len(lines)
