"""A policy that is not right is refused, and every fault has its path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.policy import MAX_BYTES, digest, parse_policy, shipped


def changed(*changes: tuple[str, str]) -> str:
    """The shipped text with the first occurrence of each `old` replaced by its `new`."""
    text = shipped()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def faults_of(text: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse_policy(text)
    return dict(refused.value.errors)


NO_SEVERITY = "match = ['severity=\"\"']"

WATCHDOG = "heartbeats = ['alertname=\"Watchdog\"']"
BY_KIND = "[coverage.silent_after_by_kind]"
COUNTED = "triggers.incident_count.count_severities"

ONE_FAULT = [
    (("schema = 1", "schema = 2"), "schema", "Use 1"),
    (("title = ", "name = "), "name", "unknown"),
    (("[rca]", "[rcaa]"), "rcaa", "Did you mean rca?"),
    (("\ndue_after = ", "\ndue = "), "rca.due_after", "missing"),
    (('due_after = "PT24H"', "due_after = 24"), "rca.due_after", "ISO 8601"),
    (('due_after = "PT24H"', 'due_after = "24h"'), "rca.due_after", '"24h"'),
    (('due_after = "PT24H"', 'due_after = "PT0S"'), "rca.due_after", "P0D"),
    (('due_after = "PT24H"', 'due_after = "P367D"'), "rca.due_after", "P366D"),
    (('at_risk_lead = "PT4H"', 'at_risk_lead = "PT25H"'), "rca.at_risk_lead", "P1DT3600S"),
    (('late_copy = "PT60S"', 'late_copy = "-PT1S"'), "alerts.late_copy", "-PT1S"),
    (("more_than = 3", "more_than = -1"), "triggers.incident_count.more_than", "-1"),
    (("more_than = 3", "more_than = 3.0"), "triggers.incident_count.more_than", "3.0"),
    (("more_than = 3", "more_than = true"), "triggers.incident_count.more_than", "boolean"),
    (("more_than = 3", "more_than = 0x" + "f" * 9999), "triggers.incident_count.more_than", "64"),
    (('zone = "UTC"', 'zone = "Mars/Base"'), "triggers.incident_count.zone", "Mars/Base"),
    (('zone = "UTC"', 'zone = "localtime"'), "triggers.incident_count.zone", "localtime"),
    (('zone = "UTC"', 'zone = "../etc/passwd"'), "triggers.incident_count.zone", "passwd"),
    (('zone = "UTC"', 'zone = "Europe"'), "triggers.incident_count.zone", "Europe/Berlin"),
    (('["critical", "high", "medium"', '["low", "high", "medium"'), f"{COUNTED}[3]", "already"),
    (('per = "system"', 'per = "team"'), "triggers.incident_count.per", '"team"'),
    (("target = 99.5", "target = nan"), "slos.availability.target", "nan"),
    (("target = 99.5", "target = inf"), "slos.availability.target", "inf"),
    (('comparison = "<"', 'comparison = "="'), "slos.latency.comparison", '"<" or'),
    (("[slos.quality]", '[slos."The Quality"]'), 'slos."The Quality"', "lower-case"),
    (('id = "compliance"', 'id = "evaluation"'), "gates[2].id", "already"),
    (('    "rca", ', "#"), "flow.steps", "rca"),
    (('categories = ["data_breach", ', "categories = ["), "flow.categories", "data_breach"),
    (('["system", "service", "job"]', "[]"), "alerts.system_labels", "at least one"),
    (('["system", "service", "job"]', '["a", "a"]'), "alerts.system_labels[1]", "already"),
    (('["system", "alertname"]', '["..."]'), "alerts.group_by", "..."),
    ((WATCHDOG, "heartbeats = ['Watchdog']"), "coverage.heartbeats[0]", "no matcher"),
    (
        (BY_KIND, f'{BY_KIND}\nalertmanager = "PT59S"'),
        "coverage.silent_after_by_kind.alertmanager",
        "PT60S",
    ),
    (
        ("[coverage.systems]", "[coverage.systems]\nmain = []"),
        "coverage.systems.main",
        "at least one",
    ),
    (("info = ", "Info = "), "severities.Info", '"info"'),
    (('warning = "medium"', 'warning = "meh"'), "severities.warning", '"medium"'),
    (('name = "no-severity"', 'name = "No severity"'), "rules[2].name", "lower-case"),
    (('name = "no-severity"', 'name = "urgent"'), "rules[2].name", "already"),
    (("opens = false", "opens = false\ncategory = 1"), "rules[3].category", "lower-case"),
    (("opens = false", 'opens = false\ncategory = "leak"'), "rules[3].category", "data_breach"),
    (("opens = false", 'opens = false\ngroup_by = ["..."]'), "rules[3].group_by", "..."),
    ((NO_SEVERITY, "match = 'severity=\"\"'"), "rules[2].match", "array"),
    ((NO_SEVERITY, "match = ['a=b', 1]"), "rules[2].match[1]", "integer"),
    ((NO_SEVERITY, "match = ['a=b', 'severity']"), "rules[2].match[1]", "severity"),
    ((NO_SEVERITY, "match = ['a=~\"[\"']"), "rules[2].match[0]", "missing ]"),
    ((NO_SEVERITY, "match = ['{}']"), "rules[2].match[0]", "no matcher"),
    ((NO_SEVERITY, "match = []"), "rules[2].match", "Put it last"),
    (("match = []", "match = ['a=~.*']"), "rules[3].match", "match = []"),
]


@pytest.mark.parametrize(("change", "path", "said"), ONE_FAULT)
def test_a_fault_is_named_by_its_path_with_value_and_remedy(
    change: tuple[str, str], path: str, said: str
) -> None:
    assert said in faults_of(changed(change))[path]


def test_faults_of_shape_are_reported_together() -> None:
    text = changed(
        ("schema = 1", "schema = '1'"),
        ('late_copy = "PT60S"', "late_copies = 60"),
        ("opens = true", "opens = 1"),
        ("opens = true", "opens = 'yes'"),
    )
    expected = ["schema", "alerts.late_copies", "alerts.late_copy", "rules[0].opens"]
    assert [*expected, "rules[1].opens"] == list(faults_of(text))


def test_contradictions_are_reported_together() -> None:
    text = changed(
        ('due_after = "PT24H"', 'due_after = "PT0H"'),
        ('zone = "UTC"', 'zone = "CEST"'),
        (NO_SEVERITY, "match = ['a', 'b']"),
    )
    expected = ["rca.due_after", "triggers.incident_count.zone"]
    assert [*expected, "rules[2].match[0]", "rules[2].match[1]"] == list(faults_of(text))


def test_the_message_names_the_first_fault_and_counts_the_others() -> None:
    with pytest.raises(Invalid, match=r"schema: .* \(and 1 more\)"):
        parse_policy(changed(("schema = 1", "schema = 2"), ("opens = true", "opens = 1")))


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("schema =", "", "not TOML"),
        ("schema = 1\n\nschema = 2\ntitle = ''", "line 3", "overwrite"),
        ("a = " + "[" * 5000, "", "deeply"),
        ("a = " + "9" * 5000, "", "digits"),
        ("a = '\ud800'", "", "Character 6"),
        ("#" * (MAX_BYTES + 1), "", str(MAX_BYTES + 1)),
        ("#é" * 19_000, "", "57000"),
        ("", "schema", "missing"),
    ],
)
def test_what_is_no_policy_at_all_is_refused(text: str, path: str, said: str) -> None:
    assert said in faults_of(text)[path]


def test_a_text_that_would_not_fit_in_an_event_once_escaped_is_refused() -> None:
    lines = (line for line in shipped().splitlines() if not line.startswith("#"))
    text = "\n".join(lines) + '\n#"'
    text += '"' * (MAX_BYTES - len(text.encode()) - 1)
    assert len(text.encode()) < MAX_BYTES
    assert "escaped" in faults_of(text)[""]


def test_line_ends_make_another_text_of_the_same_policy() -> None:
    text = shipped().replace("\n", "\r\n")
    assert parse_policy(shipped()) == parse_policy(text)
    assert digest(shipped()) != digest(text)


def test_a_text_without_utf_8_has_no_digest() -> None:
    with pytest.raises(Invalid):
        digest("\ud800")


LINES = shipped().splitlines()
NOISE = st.sampled_from(["", "[]", "{}", "0x" + "f" * 99, "1979-05-27", "''", "[[{}]]", "= ="])


@given(st.integers(0, len(LINES) - 1), NOISE)
def test_any_change_of_a_line_is_read_or_refused_with_faults(index: int, noise: str) -> None:
    key, equals, _ = LINES[index].partition(" = ")
    line = f"{key}{equals}{noise}" if equals else noise
    refused: Invalid | None = None
    try:
        parse_policy("\n".join([*LINES[:index], line, *LINES[index + 1 :]]))
    except Invalid as error:
        refused = error
    assert refused is None or (refused.errors and all(fault for _, fault in refused.errors))
