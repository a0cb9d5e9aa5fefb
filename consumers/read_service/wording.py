"""The fields of events as people read them: labels for values of a vocabulary, times found."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ledger.domain import system as s
from ledger.vocabulary import Labelled, RcaMark, Severity, category_name, step_name

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)")
"""A time as the ledger writes it."""
_LABELS = {
    "category": "label",
    "secondary_category": "secondary_label",
    "step": "label",
}
"""Fields with the field that holds their label, where the policy gives one."""


def label_of(field: str) -> str:
    """A field's name in words: "Root cause"."""
    return field.replace("_", " ").capitalize()


def in_words(field: str, value: Any) -> Any:
    """The label of a value of a vocabulary, such as "Data breach", or of each of a list of them.

    A flag is yes or no, a record its fields one after the other; any other value is as it is.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _fields_in_a_line(value)
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return [in_words(field, each) for each in value]
    words = _WORDS.get(field)
    if words is None:
        return value
    if isinstance(value, list):
        return [in_words(field, each) for each in value]
    return words(value) if isinstance(value, str) and value else value


def _fields_in_a_line(fields: Mapping[str, Any]) -> str:
    """The fields of a record that have a value: "kind: prompt, name: triage"."""
    return ", ".join(
        f"{label_of(name).lower()}: {_in_a_line(in_words(name, value))}"
        for name, value in fields.items()
        if value not in (None, "", [], {})
    )


def _in_a_line(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def fields_in_words(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each field by name with its value in words; a label is not a field of its own."""
    labels = {label for name, label in _LABELS.items() if name in fields}
    for name, value in fields.items():
        if name not in labels:
            yield name, fields.get(_LABELS.get(name, "")) or in_words(name, value)


def is_time(value: Any) -> bool:
    """Whether a value is a time as the ledger writes it: RFC 3339 in UTC, to the microsecond."""
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def parts_with_times(text: str) -> list[tuple[str, bool]]:
    """The parts of a text in order, and whether each is a time that the ledger wrote."""
    return [(part, is_time(part)) for part in _TIME.split(text) if part]


def with_times(text: str, written: Callable[[str], str]) -> str:
    """The text with each time that the ledger wrote in another form."""
    parts = parts_with_times(text)
    return "".join(written(part) if is_one else part for part, is_one in parts)


def _label_in(vocabulary: type[Labelled]) -> Callable[[str], str]:
    labels = {member.value: member.label for member in vocabulary}
    return lambda value: labels.get(value, value)


_WORDS: Mapping[str, Callable[[str], str]] = {
    "category": category_name,
    "secondary_category": category_name,
    "step": step_name,
    "severity": _label_in(Severity),
    "mark": _label_in(RcaMark),
    "phase": _label_in(s.Phase),
    "cause": _label_in(s.Cause),
    "risk_class": _label_in(s.RiskClass),
    "actor_role": _label_in(s.ActorRole),
    "deployments": _label_in(s.Deployment),
    "model_kinds": _label_in(s.ModelKind),
}
