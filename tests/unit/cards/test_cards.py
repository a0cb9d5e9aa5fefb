"""Cards are read as data and checked for what has to be in them; no data is never complete."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cards import (
    CardUnreadable,
    CardVerdict,
    check_card,
    is_filled,
    may_be_read,
    parts_of,
    read_card,
)
from consumers.cards.reading import CARD_BYTES
from ledger.errors import Invalid
from ledger.policy import parse_policy, shipped
from ledger.policy.evidence import CardItem, CardRules

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
SHIPPED = parse_policy(shipped()).evidence.complete
HUGGING_FACE = """---
license: apache-2.0
datasets:
- squad
model-index:
- name: qa-small
  results:
  - task: {type: question-answering}
    dataset: {name: SQuAD, type: squad}
    metrics:
    - {type: f1, value: 80.1}
---
# Model card for qa-small

<!-- Provide a quick summary of what the model is. TBD -->

## Uses

### Direct Use

Answers questions about contracts.

```python
# Uses of a code block are no heading
```

## Bias, Risks, and Limitations

It is wrong about dates.
"""
TOOLKIT = {
    "model_details": {"name": "qa", "licenses": [{"identifier": "MIT"}]},
    "considerations": {
        "use_cases": [{"description": "Answers"}],
        "limitations": [{"description": "Dates"}],
    },
    "model_parameters": {"data": [{"name": "squad"}]},
    "quantitative_analysis": {"performance_metrics": [{"type": "f1", "value": "0"}]},
}


def cyclonedx(version: str) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "components": [
            {"type": "library", "name": "tokenizer", "licenses": []},
            {
                "type": "machine-learning-model",
                "name": "qa",
                "licenses": [{"license": {"id": "MIT"}}],
                "modelCard": {
                    "modelParameters": {"datasets": [{"ref": "squad"}]},
                    "quantitativeAnalysis": {"performanceMetrics": [{"type": "f1", "value": "1"}]},
                    "considerations": {"useCases": ["Answers"], "technicalLimitations": ["Dates"]},
                },
            },
        ],
    }


def encoded(data: Any) -> str:
    return json.dumps(data)


def missing(text: str, rules: CardRules = SHIPPED["model_card"]) -> list[str]:
    found = check_card(rules, read_card(text.encode()), release="1.0", now=NOW)
    assert (found.verdict is CardVerdict.COMPLETE) is (found.gaps == ())
    return [gap.words for gap in found.gaps]


def unreadable(content: bytes) -> str:
    with pytest.raises(CardUnreadable) as found:
        read_card(content)
    return str(found.value)


@pytest.mark.parametrize(
    "text",
    [
        HUGGING_FACE,
        "\ufeff" + HUGGING_FACE.replace("\n", "\r\n"),
        encoded(TOOLKIT),
        *(encoded(cyclonedx(version)) for version in ("1.5", "1.6", "1.7")),
    ],
    ids=["hugging face", "with CRLF", "toolkit", "cyclonedx 1.5", "1.6", "1.7"],
)
def test_a_whole_card_of_each_format_is_complete_by_the_shipped_policy(text: str) -> None:
    assert [] == missing(text)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("license: apache-2.0\n", "", "license"),
        ("apache-2.0", "'{license}'", "license"),
        ("apache-2.0", "'   '", "license"),
        ("Answers questions about contracts.", "[More Information Needed]", "intended use"),
        ("Answers questions about contracts.", "{{ direct_use | default }}", "intended use"),
        ("It is wrong about dates.", "TBD", "limitations"),
        ("It is wrong about dates.", "", "limitations"),
        ("- squad\n", "- TBD\n", "training data"),
        ("value: 80.1", "value: null", "evaluation results"),
    ],
)
def test_what_is_not_there_empty_or_a_placeholder_is_named(
    before: str, after: str, words: str
) -> None:
    assert before in HUGGING_FACE
    assert [words] == missing(HUGGING_FACE.replace(before, after, 1))


def test_a_card_of_nothing_lacks_everything_and_an_unknown_format_too() -> None:
    all_of_them = [item.words for item in SHIPPED["model_card"].requires]
    for text in ("# A card", "{}", "[]", "a: 1", "---\n---\n"):
        assert all_of_them == missing(text)


def test_a_list_of_results_as_yaml_is_read_as_it_is() -> None:
    rules = CardRules(requires=(CardItem(path="[].dataset.name", words="data sets"),))
    assert [] == missing("- dataset: {name: squad}\n  value: 0.8\n", rules)
    assert ["data sets"] == missing("- dataset: {name: ''}\n", rules)


@pytest.mark.parametrize(
    ("version", "gaps"),
    [("1.0", []), ("v1.0", []), ("1.1", ["version"]), ("TBD", ["version"]), (None, ["version"])],
)
def test_the_card_names_the_release_that_it_is_filed_for(
    version: str | None, gaps: list[str]
) -> None:
    rules = CardRules(requires=(CardItem(path="name", words="name"),), version="version")
    assert gaps == missing(encoded({"name": "n", "version": version}), rules)


@pytest.mark.parametrize(
    ("date", "gaps"),
    [
        ("2026-03-01", []),
        ("2026-03-01T10:00:00+02:00", []),
        ("2024-03-01", ["date"]),
        ("2026-04-01", ["date"]),
        ("in spring", ["date"]),
        (None, ["date"]),
        (7, ["date"]),
    ],
)
def test_a_card_is_not_older_than_the_policy_allows(date: object, gaps: list[str]) -> None:
    rules = CardRules(
        requires=(CardItem(path="name", words="name"),), date="date", max_age=timedelta(days=365)
    )
    assert gaps == missing(encoded({"name": "n", "date": date}), rules)
    yaml = f"name: n\ndate: {date}\n" if date is not None else "name: n\n"
    assert gaps == missing(yaml, rules)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 \xff", "not UTF-8"),
        (b"{", "not JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"a: 1\na: 2\n", "twice"),
        (b"just words", "neither JSON, nor YAML"),
        (b"a: &x [1]\nb: [*x, *x]\n", "by reference"),
        (b"a: !!python/object/apply:os.system ['x']\n", "cannot be read"),
        (b"[" * 100_000, "too deep"),
        (b"---\n" + b"[" * 10_000 + b"\n---\n# Card\n", "YAML cannot be read"),
        (b"x" * (CARD_BYTES + 1), "more than 4 MiB"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "digits"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, said: str) -> None:
    assert said in unreadable(content) or "too deep" in unreadable(content)


@pytest.mark.parametrize(
    "value", [0, 0.0, False, "0", "MIT", ["", "y"], {"a": None, "b": 1}], ids=repr
)
def test_zero_and_false_are_something(value: Any) -> None:
    assert is_filled(value)


@pytest.mark.parametrize(
    "value",
    [None, "", " ", [], {}, [""], [None, "TBD"], {"a": ""}, "N/A", "todo", "-", "{name}", "<name>"],
    ids=repr,
)
def test_blanks_and_placeholders_are_nothing(value: Any) -> None:
    assert not is_filled(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


@given(JSON)
def test_whatever_a_card_holds_has_a_verdict(data: Any) -> None:
    card = read_card(encoded({"metadata": data, "sections": data, "components": data}).encode())
    found = check_card(SHIPPED["model_card"], card, release="1", now=NOW)
    assert found.verdict in {CardVerdict.COMPLETE, CardVerdict.INCOMPLETE}


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    with suppress(CardUnreadable):
        assert read_card(content).format in {"json", "yaml", "markdown"}


def test_a_program_reads_texts_and_no_pdf() -> None:
    read = ("application/json", "text/markdown", "application/yaml", "text/plain")
    assert all(map(may_be_read, read))
    assert not any(map(may_be_read, ("application/pdf", "image/png", "application/zip", None)))


def test_a_pack_names_the_evidence_of_each_part_or_why_it_has_none() -> None:
    digest = "ab" * 32
    given = {
        "quality": {"digest": digest},
        "fairness": {"digests": [digest, "cd" * 32]},
        "safety": {"not_applicable": "It classifies documents."},
        "robustness": {"digest": "short"},
    }
    quality, fairness, safety, robustness = parts_of({"parts": given})
    assert ((digest,), 2, "It classifies documents.") == (
        quality.digests,
        len(fairness.digests),
        safety.not_applicable,
    )
    assert robustness.gap is not None
    wrong: tuple[Any, ...] = (
        {},
        {"parts": []},
        {"parts": {"quality": {"not_applicable": "TBD"}}},
        {"parts": {"quality": {"not_applicable": "Why", "digest": digest}}},
        {"parts": {"quality": {"digests": []}}},
        [],
    )
    for data in wrong:
        assert next(parts_of(data)).gap is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("path = 'metadata.license || license'", "path = 'metadata.['", "no JMESPath"),
        ("[evidence.complete.dataset_card]", "[evidence.complete.datacard]", "no kind of evidence"),
        (
            "[evidence.complete.dataset_card]",
            '[evidence.complete.dataset_card]\nmax_age = "P30D"',
            "need each other",
        ),
        (
            "[evidence.complete.dataset_card]",
            '[evidence.complete.dataset_card]\ndate = "d"\nmax_age = "PT1H"',
            "P1D",
        ),
    ],
)
def test_what_is_wrong_in_the_policy_is_told_at_its_adoption(old: str, new: str, said: str) -> None:
    assert old in shipped()
    with pytest.raises(Invalid) as found:
        parse_policy(shipped().replace(old, new))
    assert any(said in message for _, message in found.value.errors)
