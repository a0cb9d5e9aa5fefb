"""Mapping files: what they can say, and that every fault in one is told with its path."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.evaluations import (
    Declared,
    EvaluationMapping,
    ReadEvaluation,
    mapping_of,
    mapping_texts,
    parse_mapping,
    read_evaluation,
)
from ledger.errors import Invalid
from ledger.vocabulary import Origin
from tests.unit.evaluations.samples import SAMPLES, reasons, sample

HEAD = 'tool = "t"\n[[shapes]]\n'
VALUE = '[[shapes.values]]\nmetric = "m"\nvalue = "v"\n'


def made(values: str, *, shape: str = "", more: str = "") -> EvaluationMapping:
    """A mapping with one shape."""
    return parse_mapping(f"{HEAD}{shape}{values}{more}")


def read_by(mapping: EvaluationMapping, content: bytes) -> ReadEvaluation:
    """What a file says by it."""
    return read_evaluation(content, mapping=mapping, declared=Declared(zone="Europe/Berlin"))


def answer(content: bytes, **by: Any) -> ReadEvaluation | str:
    """What a file says, or why it cannot be read."""
    try:
        return read_evaluation(content, **by)
    except Invalid as error:
        return str(error)


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("tool", mapping_texts())
def test_a_mapping_of_ones_own_has_the_power_of_the_shipped_one(tool: str, path: object) -> None:
    content = sample(str(path).rpartition("/")[2])
    own = parse_mapping(mapping_texts()[tool])
    declared = Declared(zone="Europe/Berlin")
    shipped = answer(content, tool=tool, declared=declared)
    assert shipped == answer(content, mapping=own, declared=declared)
    assert own.digest == mapping_of(tool).digest


@pytest.mark.parametrize(
    ("text", "path", "what"),
    [
        ("a =", "", "It is no TOML"),
        ("", "tool", "This key is missing"),
        ('tool = "t"', "shapes", "There is no shape"),
        (HEAD, "shapes[0].values", "There is no value"),
        (HEAD + 'formats = "csv"\n' + VALUE, "shapes[0].formats", "Did you mean format?"),
        (HEAD + 'format = "xml"\n' + VALUE, "shapes[0].format", 'Use "json" or "jsonl" or "csv"'),
        (HEAD + 'columns = ["a"]\n' + VALUE, "shapes[0].columns", "Only a CSV file has columns"),
        (HEAD + 'when = "a =="\n' + VALUE, "shapes[0].when", "is no JMESPath"),
        (HEAD + 'when = "$row.a"\n' + VALUE, "shapes[0].when", "$row is not the name of a level"),
        (HEAD + VALUE + 'valu = "v"\n', "shapes[0].values[0].valu", "Did you mean value?"),
        (HEAD + VALUE + 'n = "a["\n', "shapes[0].values[0].n", "is no JMESPath"),
        (HEAD + VALUE + "model = 3\n", "shapes[0].values[0].model", "got integer; it is 3"),
        (HEAD + VALUE + 'n = "x.{task}"\n', "shapes[0].values[0].n", "{task} is not the name"),
        (HEAD + VALUE + 'unit = "{u}"\n', "shapes[0].values[0].unit", "{u} is not the name"),
        (
            HEAD + VALUE + "model = {}\n",
            "shapes[0].values[0].model",
            "one of text, column and path",
        ),
        (
            HEAD + VALUE + 'model = { path = "a", column = "b" }\n',
            "shapes[0].values[0].model",
            "one of text, column and path",
        ),
        (
            HEAD + VALUE + 'model = { pth = "a" }\n',
            "shapes[0].values[0].model.pth",
            "Did you mean path?",
        ),
        (
            HEAD + VALUE + 'unit = { path = "a", words = "w" }\n',
            "shapes[0].values[0].unit.words",
            "There is no table [words.w]",
        ),
        (
            HEAD + VALUE + 'unit = { path = "a", pattern = "(?=x)" }\n',
            "shapes[0].values[0].unit.pattern",
            "is no regular expression of RE2",
        ),
        (
            HEAD + VALUE + 'until = { path = "a", format = "unix" }\n',
            "shapes[0].values[0].until.format",
            'Use "iso", "s", "ms"',
        ),
        (
            HEAD + VALUE + 'until = { path = "a", zone = "Mars" }\n',
            "shapes[0].values[0].until.zone",
            "is no time zone",
        ),
        (
            HEAD + VALUE + 'each = [{ inside = "a", called = "A" }]\n',
            "shapes[0].values[0].each[0].called",
            "Use small letters",
        ),
        (
            HEAD + VALUE + 'take = "mean"\nover = "a"\n',
            "shapes[0].values[0].over",
            "either `over` or `take`",
        ),
        (
            HEAD + VALUE + 'require = [{ that = "a" }]\n',
            "shapes[0].values[0].require[0].reason",
            "Say why it is refused",
        ),
        (
            HEAD + VALUE + 'segment = { "my label" = "a ||" }\n',
            'shapes[0].values[0].segment."my label"',
            "is no JMESPath",
        ),
        (HEAD + '[[shapes.values]]\nvalue = "v"\n', "shapes[0].values[0].metric", "is missing"),
        (HEAD + '[[shapes.values]]\nmetric = "v"\n', "shapes[0].values[0].value", "is missing"),
    ],
)
def test_a_fault_is_told_with_its_path(text: str, path: str, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_mapping(text)
    told = dict(refused.value.errors)
    assert path in told, told
    assert what in told[path], told[path]
    assert "import-evaluations" in refused.value.remedy


def test_a_mapping_that_is_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match="70000 bytes of at most 65536"):
        parse_mapping("#" * 70_000)


def test_a_number_of_samples_may_stand_in_the_mapping() -> None:
    [value] = read_by(made(VALUE, more="n = 500\n"), b'{"v": 1}').values
    assert (500, Origin.MAPPING) == (value.n, value.origins["n"])
    assert () == read_by(made(VALUE, more="n = 0\n"), b'{"v": 1}').values


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid, match=r"\(2 more\)") as refused:
        made(VALUE, more='when = "a"\nvalu = "v"\nunit = 3\n')
    assert 3 == len(refused.value.errors)


def test_a_level_names_its_items_for_expressions_and_texts() -> None:
    mapping = made(
        "[[shapes.values]]\n"
        'each = [{ inside = "models", called = "model", names = { id = "id" } },\n'
        '        { inside = "scores", called = "score", pattern = "(?P<kind>[a-z]+)_score" }]\n'
        'metric = "{kind}"\nvalue = "@"\nmodel = { text = "{id}" }\n'
        'n = "$.samples.{id}.{kind} | [0]"\nunit = { path = "$model.unit" }\n'
        'direction = { path = "$.models[{model}].better" }\n'
    )
    content = (
        b'{"models": [{"id": "a b", "unit": "1", "better": "higher", '
        b'"scores": {"tone_score": 0.5, "note": "x"}}],'
        b' "samples": {"a b": {"tone": [40]}}}'
    )
    [value] = read_by(mapping, content).values
    assert ("tone", 0.5, 40, "1", "higher", "a b") == (
        *(value.found, value.value, value.n),
        *(value.unit, value.direction, value.model),
    )
    assert "models[0].scores.tone_score" == value.path


@pytest.mark.parametrize(
    ("form", "written", "at"),
    [
        ("iso", '"2026-03-01T12:00:00+02:00"', datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("iso", '"20260301T120000.5Z"', datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC)),
        ("iso", '"2026-03-01 12:00:00"', datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("s", "1772366400", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("ms", "1772366400500", datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC)),
        ("%d.%m.%Y %H:%M", '"01.03.2026 12:00"', datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("%d/%m/%Y %z", '"01/03/2026 +0000"', datetime(2026, 3, 1, tzinfo=UTC)),
        ("s", "1772366400500", None),
        ("s", "NaN", None),
        ("s", '"1772366400"', None),
        ("ms", "1e300", None),
        ("iso", "1772366400", None),
        ("iso", '"yesterday"', None),
        ("iso", '"1970-01-01T00:00:00Z"', None),
        ("iso", '"0001-01-01T00:00:00+14:00"', None),
        ("iso", '{"a": 1}', None),
        ("%d.%m.%Y", '"31.02.2026"', None),
    ],
)
def test_times_are_read_as_the_mapping_says_or_the_value_is_refused(
    form: str, written: str, at: datetime | None
) -> None:
    mapping = made(VALUE, more=f'until = {{ path = "t", format = "{form}" }}\n')
    found = read_by(mapping, f'{{"v": 1, "t": {written}}}'.encode())
    assert ([at] if at else []) == [each.until for each in found.values]
    assert (at is None) == bool(found.refused)


def test_a_zone_of_the_mapping_goes_before_the_declared_one() -> None:
    mapping = made(VALUE, more='until = { path = "t", zone = "UTC" }\n')
    [value] = read_by(mapping, b'{"v": 1, "t": "2026-03-01T12:00:00"}').values
    assert datetime(2026, 3, 1, 12, tzinfo=UTC) == value.until


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    mapping = made(VALUE, more='since = "a"\nuntil = "b"\n')
    content = b'{"v": 1, "a": "2026-03-02T00:00:00Z", "b": "2026-03-01T00:00:00Z"}'
    found = read_by(mapping, content)
    assert {"v": "the measurement ends before it begins"} == reasons(found)


def test_a_condition_refuses_the_whole_file_with_its_reason() -> None:
    mapping = made(VALUE, shape='require = [{ that = "done", reason = "it is not done" }]\n')
    assert 1 == len(read_by(mapping, b'{"v": 1, "done": true}').values)
    for other in (b"1", b'"true"', b"null", b"[1]", b"false"):
        found = read_by(mapping, b'{"v": 1, "done": ' + other + b"}")
        assert () == found.values
        assert {"done": "it is not done"} == reasons(found)


def test_an_expression_that_cannot_be_evaluated_refuses_its_value_alone() -> None:
    mapping = made(VALUE + '[[shapes.values]]\nmetric = "o"\nvalue = "sum(v)"\n')
    found = read_by(mapping, b'{"v": 1}')
    assert ["m"] == [each.found for each in found.values]
    assert "cannot be evaluated" in found.refused[0].reason


def test_the_first_shape_that_fits_is_used() -> None:
    mapping = parse_mapping(
        f'{HEAD}when = "a == `1`"\n[[shapes.values]]\nmetric = "first"\nvalue = "v"\n'
        f'[[shapes]]\n[[shapes.values]]\nmetric = "second"\nvalue = "v"\n'
    )
    assert "first" == read_by(mapping, b'{"a": 1, "v": 1}').values[0].found
    assert "second" == read_by(mapping, b'{"a": 2, "v": 1}').values[0].found


@pytest.mark.parametrize(
    "cell", ["", " ", "nan", "N/A", "1.797e308", "inf", "1 000", "1,0", "0x1F", "1_000", "true"]
)
def test_a_cell_that_is_no_plain_number_is_refused(cell: str) -> None:
    mapping = made(
        '[[shapes.values]]\neach = "rows"\nmetric = "m"\nvalue = { column = "the value" }\n',
        shape='format = "csv"\ndelimiter = ";"\n',
    )
    found = read_by(mapping, f"id;the value\na;{cell}\nb;0.5\n".encode())
    assert [(0.5, 'line 3: "the value"')] == [(each.value, each.path) for each in found.values]
    assert ['line 2: "the value"'] == list(reasons(found))
