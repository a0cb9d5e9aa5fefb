"""Matchers are read as Alertmanager's UTF-8 strict mode reads them, and match as its do."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.policy import Matcher, Operator, parse
from ledger.policy.matchers import all_match

EQUAL, NOT_EQUAL = Operator.EQUAL, Operator.NOT_EQUAL
MATCHES, NOT_MATCHES = Operator.MATCHES, Operator.NOT_MATCHES

READS = [
    ("", []),
    ("{}", []),
    ("foo=bar", [("foo", EQUAL, "bar")]),
    ("foo=bar,", [("foo", EQUAL, "bar")]),
    ("{foo=bar}", [("foo", EQUAL, "bar")]),
    ("{ foo = bar , }", [("foo", EQUAL, "bar")]),
    ("foo!=bar", [("foo", NOT_EQUAL, "bar")]),
    ("foo=~[a-z]+", [("foo", MATCHES, "[a-z]+")]),
    ("foo!~[a-z]+", [("foo", NOT_MATCHES, "[a-z]+")]),
    ('foo=""', [("foo", EQUAL, "")]),
    ('foo="bar,baz}", a!="\\"b\\""', [("foo", EQUAL, "bar,baz}"), ("a", NOT_EQUAL, '"b"')]),
    ('"système"="é"', [("système", EQUAL, "é")]),
    ('"two words"=x', [("two words", EQUAL, "x")]),
    ("name-with-dashes=🙂", [("name-with-dashes", EQUAL, "🙂")]),
    (r'foo=~"web-\\d+"', [("foo", MATCHES, r"web-\d+")]),
    (r'foo=~"\\bweb\\b"', [("foo", MATCHES, r"\bweb\b")]),
    (r'foo="\a\f\n\r\t\v"', [("foo", EQUAL, "\a\f\n\r\t\v")]),
    (r'foo="\x41\101\u00e9\U0001f642"', [("foo", EQUAL, "AAé🙂")]),
    (r'foo="\xf0\x9f\x99\x82"', [("foo", EQUAL, "🙂")]),
    ("\x1c=\u200b", [("\x1c", EQUAL, "\u200b")]),  # no spaces to Go
    ("a\xa0=\u3000b", [("a", EQUAL, "b")]),  # spaces to Go
]


@pytest.mark.parametrize(("text", "expected"), READS)
def test_a_matcher_is_read_as_alertmanager_reads_it(
    text: str, expected: list[tuple[str, Operator, str]]
) -> None:
    assert expected == [(m.name, m.operator, m.value) for m in parse(text)]


REFUSED = [
    (",", "Not a name"),
    ("{,}", "Not a name"),
    ("a=b,,", "Not a name"),
    ("{", "closing brace"),
    ("{a=b", "closing brace"),
    ("a=b}", "Not a name"),
    ("{{a=b}}", "Not a name"),
    ("a", "Not a name"),
    ("a=", "Not a name"),
    ("=b", "Not a name"),
    ("a b=c", "Not a name"),
    ('a=:"b"', "Not a name"),
    ('""=b', "name is empty"),
    ("a!b", "Character 2"),
    ("a=~~b", "Character 4"),
    ("a='b'", "Character 3"),
    (r"a=b\n", "Character 4"),
    ('a="b', "Character 3"),
    (r'a="\w"', r"no escape \w"),
    (r'a="\400"', r"no escape \4"),
    (r'a="\ud800"', "no character"),
    (r'a="\U00110000"', "no character"),
    (r'a="\xf0\x9f"', "not UTF-8"),
    ('a="b\nc"', "A line ends"),
    ("a=~[", "does not compile"),
    ("a=~x)|(y", "does not compile"),
    ('a=~"(?=b)"', "does not compile"),
    (r'a=~"(.)\\1"', "does not compile"),
    ('a=~"(x{1000}){1000}"', "does not compile"),
    (r'a=~"\bweb"', "backspace"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_no_matcher_is_refused_with_a_remedy(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert reason in refused.value.message
    assert refused.value.remedy


HOLDS = [
    ("a=b", {"a": "b"}, True),
    ("a=b", {"a": "B"}, False),
    ("a=b", {}, False),
    ('a=""', {}, True),
    ('a=""', {"a": ""}, True),
    ("a!=b", {}, True),
    ('a!=""', {}, False),
    ("a=~b|bc", {"a": "bc"}, True),
    ("a=~b", {"a": "bc"}, False),
    ("a=~b", {"a": "ab"}, False),
    ("a=~.*", {}, True),
    ("a=~.+", {}, False),
    ("a!~.+", {}, True),
    ("a=~.*", {"a": "two\nlines"}, False),
    ('a=~"(?s).*"', {"a": "two\nlines"}, True),
    ('a=~"(?i)critical|error"', {"a": "ERROR"}, True),
    ("a=~.", {"a": "🙂"}, True),
    ("a=~.", {"a": "\ud83d"}, True),  # half a surrogate pair, which JSON can carry
    ("a=b,c!=d", {"a": "b", "c": "x"}, True),
    ("a=b,c!=d", {"a": "b", "c": "d"}, False),
]


@pytest.mark.parametrize(("text", "labels", "expected"), HOLDS)
def test_a_missing_label_is_the_empty_one_and_expressions_match_the_whole_value(
    text: str, labels: dict[str, str], expected: bool
) -> None:
    assert expected == all_match(parse(text), labels)


def test_an_expression_takes_linear_time_whatever_label_comes() -> None:
    (matcher,) = parse('a=~"(x+x+)+y"')
    start = time.perf_counter()
    assert not matcher.matches({"a": "x" * 200_000})
    assert time.perf_counter() - start < 5


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(WORDS.filter(bool), st.sampled_from([EQUAL, NOT_EQUAL]), WORDS)
def test_a_written_matcher_reads_as_itself(name: str, operator: Operator, value: str) -> None:
    matcher = Matcher(name, operator, value)
    assert (matcher, matcher) == parse(f"{{{matcher},{matcher}}}")


@given(WORDS, WORDS, st.sampled_from([".*", "(?i)[a-m]+", "", r"\pL+", "a|b"]))
def test_a_negated_matcher_holds_exactly_where_the_plain_one_does_not(
    value: str, label: str, pattern: str
) -> None:
    labels = {"a": label}
    assert Matcher("a", EQUAL, value).matches(labels) != Matcher("a", NOT_EQUAL, value).matches(
        labels
    )
    assert Matcher("a", MATCHES, pattern).matches(labels) != Matcher(
        "a", NOT_MATCHES, pattern
    ).matches(labels)


@given(st.text(st.sampled_from("ab=!~,{}\"\\ \n'x4100|(")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        matchers = parse(text)
    except Invalid as error:
        remedy = error.remedy
    else:
        remedy = "none needed"
        assert matchers == parse(",".join(map(str, matchers)))
    assert remedy
