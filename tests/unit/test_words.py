"""The words that the full-text search compares, and those of a query."""

import pytest

from ledger.errors import Invalid
from projections.words import MAX_QUERY, MAX_WORD, Word, matches, query_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Checkout is DOWN, again: checkout!", "again checkout down is"),
        ("p95_latency > 2.5s", "2 5s latency p95"),
        ("STRASSE straße", "strasse"),
        ("\uff21\uff4e\uff53wer\uff53", "answers"),
        ("\0a\x01b%_c", "a b c"),
        ("the same as inc-7", "7 as inc inc7 same the"),
        ("", ""),
        ("模型输出 错误", "模型输出 错误"),
    ],
)
def test_words_are_runs_of_letters_and_digits_in_one_case(text: str, words: str) -> None:
    assert words == words_of(text)


def test_a_word_is_searched_up_to_its_limit() -> None:
    assert "x" * MAX_WORD == words_of("x" * 5_000)
    assert (Word("x" * MAX_WORD, prefix=True),) == query_words("X" * 100)


def test_a_query_names_words_references_and_single_characters() -> None:
    expected = (Word("inc7", prefix=False), Word("time", prefix=True), Word("a", prefix=False))
    assert expected == query_words(" time INC-07 a\ttime ")


@pytest.mark.parametrize(
    "query", ["", " ", "***", "%", "\0", "a" * (MAX_QUERY + 1), " ".join("abcdefghijk")]
)
def test_a_query_without_a_word_or_above_its_limits_is_refused_by_name(query: str) -> None:
    with pytest.raises(Invalid) as refused:
        query_words(query)
    assert ["q"] == [field for field, _ in refused.value.errors]


def test_all_words_have_to_occur_each_as_the_beginning_of_one() -> None:
    words = words_of("The retrieval index times out for INC-12").split()
    assert matches(words, query_words("time RETRIEV"))
    assert matches(words, query_words("inc-12"))
    assert not matches(words, query_words("inc-1"))
    assert not matches(words, query_words("trieval"))
    assert not matches(words, query_words("time missing"))
