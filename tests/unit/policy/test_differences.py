"""What another policy has otherwise: by path for people, by line for the exact text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.policy import Change, difference, digest, shipped

RULE = """[[rules]]
name = "leaks"
match = ['alertname="Leak"']
opens = true

"""
LAST = '[[rules]]\nname = "recorded-only"\n'


def with_rule(before: str = LAST) -> str:
    return shipped().replace(before, RULE + before)


def told(before: str, after: str) -> list[str]:
    return [str(change) for change in difference(before, after).changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("more_than = 3", "more_than = 5", "triggers.incident_count.more_than: 3 -> 5"),
        ('zone = "UTC"', 'zone = "Asia/Kolkata"', '"UTC" -> "Asia/Kolkata"'),
        ('due_after = "PT24H"', 'due_after = "PT12H"', 'rca.due_after: "PT24H" -> "PT12H"'),
        ("target = 0.82\n", "target = 0.9\n", "slos.quality.target: 0.82 -> 0.9"),
        (
            '["critical", "high", "medium", "low"]',
            '["critical"]',
            'count_severities: ["critical", "high", "medium", "low"] -> ["critical"]',
        ),
        ('page = "critical"\n', "", 'severities.page removed; it was "critical"'),
        (
            'page = "critical"',
            '"p 1" = "high"\npage = "critical"',
            'severities."p 1" added: "high"',
        ),
        ('title = "Rollback plan"', 'title = "Plan"', "gates[rollback].title: "),
        (
            "match = []\nopens = false",
            "match = []\nopens = true",
            "rules[recorded-only].opens: false -> true",
        ),
        (
            "match = []\nopens",
            'match = []\nseverity = "low"\nopens',
            'rules[recorded-only].severity added: "low"',
        ),
    ],
)
def test_a_changed_value_is_told_by_its_path(old: str, new: str, expected: str) -> None:
    assert old in shipped()
    (change,) = told(shipped(), shipped().replace(old, new))
    assert expected in change


def test_a_rule_is_known_by_its_name_wherever_it_stands() -> None:
    added = {"name": "leaks", "match": ['alertname="Leak"'], "opens": True}
    expected = Change(path="rules[leaks]", kind="added", after=added)
    assert (expected,) == difference(shipped(), with_rule()).changes
    removed = Change(path="rules[leaks]", kind="removed", before=added)
    assert (removed,) == difference(with_rule(), shipped()).changes


def test_rules_in_another_order_decide_otherwise_and_are_told() -> None:
    moved = with_rule('[[rules]]\nname = "no-severity"\n')
    expected = Change(
        path="rules",
        kind="reordered",
        before=["harmful-output", "urgent", "no-severity", "leaks", "recorded-only"],
        after=["harmful-output", "urgent", "leaks", "no-severity", "recorded-only"],
    )
    assert (expected,) == difference(with_rule(), moved).changes
    assert "rules reordered: [" in str(expected)


def test_an_addition_in_a_line_reads_as_toml() -> None:
    (line,) = told(shipped(), with_rule())
    assert 'rules[leaks] added: { name = "leaks", match = ["alertname=\\"Leak\\""],' in line
    path, _, value = line.partition(" added: ")
    assert "Leak" in tomllib.loads(f"rule = {value}")["rule"]["match"][0], path


def test_tables_of_an_array_without_names_are_told_as_a_whole() -> None:
    before, after = "a = [{b = 1}, {b = 2}]", "a = [{b = 1}, {b = 3}]"
    assert ["a: [{ b = 1 }, { b = 2 }] -> [{ b = 1 }, { b = 3 }]"] == told(before, after)
    twice = 'a = [{name = "x"}, {name = "x"}]'
    assert 1 == len(told(twice, 'a = [{name = "x"}]'))


def test_comments_and_layout_are_no_changed_values_but_changed_lines() -> None:
    found = difference(shipped(), f"{shipped()}\n# Seen by the board.\n")
    assert () == found.changes
    assert "+# Seen by the board.\n" in found.diff


def test_the_lines_that_differ_stand_between_the_two_digests() -> None:
    after = shipped().replace("more_than = 3", "more_than = 5")
    lines = difference(shipped(), after).diff.splitlines()
    assert [f"--- {digest(shipped())}", f"+++ {digest(after)}"] == lines[:2]
    assert {"-more_than = 3", "+more_than = 5"} == {line for line in lines[2:] if line[0] in "+-"}


def test_line_ends_are_part_of_the_text() -> None:
    assert (
        "\n-b = 2\n+b = 2\n\\ No newline at end of file\n"
        in difference("a = 1\nb = 2\n", "a = 1\nb = 2").diff
    )
    windows = difference("a = 1\n", "a = 1\r\n")
    assert (True, ()) == ("+a = 1\r\n" in windows.diff, windows.changes)
    odd = 'a = "\u2028"\n'
    assert odd in difference("", odd).diff


def test_a_text_differs_in_nothing_from_itself() -> None:
    found = difference(shipped(), shipped())
    assert ((), "") == (found.changes, found.diff)


VALUES = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.sampled_from(['"a"', '"b"', "1.5"]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["x", "y.a", "y.b", "z"]), VALUES)


def written(document: dict[str, object]) -> str:
    def value(of: object) -> str:
        if isinstance(of, list):
            return f"[{', '.join(map(value, of))}]"
        return str(of).lower() if isinstance(of, bool) else str(of)

    return "".join(f"{key} = {value(of)}\n" for key, of in sorted(document.items()))


@given(DOCUMENTS, DOCUMENTS)
def test_something_is_told_exactly_where_the_values_differ(
    before: dict[str, object], after: dict[str, object]
) -> None:
    one, other = written(before), written(after)
    there, back = difference(one, other).changes, difference(other, one).changes
    assert (tomllib.loads(one) == tomllib.loads(other)) == (there == ())
    assert {(c.path, repr(c.before), repr(c.after)) for c in there} == {
        (c.path, repr(c.after), repr(c.before)) for c in back
    }
