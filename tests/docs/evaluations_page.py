"""The reference page of the tools whose files are read, from their mapping files."""

from collections.abc import Iterator

from consumers.evaluations import mapping_of, tools
from consumers.evaluations.mapping_file import (
    Circumstances,
    Level,
    MappedText,
    MappedTime,
    MappedValue,
    Shape,
)

COMMAND = "python -m tests.docs.generate"
LONGEST = 120
"""So much of an expression is shown: a list of names may be longer."""

_HEAD = f"""\
# Files of evaluation tools

<!-- Generated from consumers/evaluations/mappings by `{COMMAND}`; do not edit. -->

What is read of which tool's files, and from where. Each tool is a mapping file that is shipped
(`consumers/evaluations/mappings`); [one of your own](../how-to/import-evaluations.md) can say the
same. Of a file, the first shape that fits is used. Paths are JMESPath: of the item that *of* names,
or, after `$.`, of the whole file. What no column names is in no file of the tool, and is declared
by whoever imports it; a value without unit, direction or number of samples is not judgeable.
"""


def page() -> str:
    """The whole page."""
    return "".join([_HEAD, *(part for tool in tools() for part in _tool(tool.name, tool.title))])


def _tool(name: str, title: str) -> Iterator[str]:
    yield f"\n## {name}\n\nReads {title}.\n"
    for shape in mapping_of(name).file.shapes:
        yield f"\n### {name}: {shape.name}\n\n"
        yield from _facts(shape)
        yield "\n| value | of | from | direction | unit | n | more |\n"
        yield "| --- | --- | --- | --- | --- | --- | --- |\n"
        for value in shape.values:
            yield _row(shape, value)
    for words, table in mapping_of(name).file.words.items():
        said = ", ".join(f"`{key}`: `{value}`" for key, value in table.items())
        yield f"\n[words.{words}]: {said}\n"


def _facts(shape: Shape) -> Iterator[str]:
    kinds = {"json": "JSON", "jsonl": "JSON Lines", "csv": "CSV"}
    yield f"- {kinds[shape.format]}"
    yield f", or `{shape.member}` in a zip archive\n" if shape.member else "\n"
    for each in shape.require:
        condition = _code(each.that).replace(r"\|", "|")
        yield f"- refused as a whole unless {condition}: {each.reason}\n"
    facts = {
        "tool's version": shape.tool_version,
        "measured from": shape.since,
        "measured at": shape.until,
        "model": shape.model,
        "data set": shape.dataset_name,
        "its digest": shape.dataset_digest,
        "judge": shape.judge_model,
    }
    for words, found in facts.items():
        if found is not None:
            yield f"- {words}: {_found(found)}\n".replace(r"\|", "|")


def _row(shape: Shape, value: MappedValue) -> str:
    made = {"mean": "the mean of ", "share_missing": "the share without a value of "}
    source = made.get(value.take or "", "") + _found(value.value)
    if value.over is not None:
        source += f" over {_found(value.over)}"
    samples = "how many have a value" if value.take == "mean" else "how many there are"
    cells = (
        _found(value.metric),
        _levels(value.each) + (f" where {_code(value.where)}" if value.where else ""),
        source,
        _found(value.direction or shape.direction),
        _found(value.unit or shape.unit),
        samples if value.take else _found(value.n or shape.n),
        "; ".join(_more(shape, value)),
    )
    return f"| {' | '.join(cells)} |\n"


def _levels(levels: tuple[Level, ...]) -> str:
    said = []
    for level in levels:
        pattern = f" named {_code(level.pattern)}" if level.pattern else ""
        said.append(f"{_code(level.inside)}{pattern}")
    return ", of each ".join(said)


def _more(shape: Shape, value: MappedValue) -> Iterator[str]:
    for label, found in {**shape.segment, **value.segment}.items():
        yield f"label {label}: {_found(found)}"
    for label, found in {**shape.apart, **value.apart}.items():
        yield f"label {label}, where several have one name: {_found(found)}"
    for each in value.require:
        yield f"refused unless {_code(each.that)}"
    own: Circumstances = value
    for words, at in {
        "measured at": own.until,
        "model": own.model,
        "judge": own.judge_model,
    }.items():
        if at is not None:
            yield f"{words}: {_found(at)}"


def _found(found: MappedText | MappedTime | None) -> str:
    if found is None:
        return ""
    if found.column is not None:
        said = f"column `{found.column}`"
    else:
        text = found.text if isinstance(found, MappedText) else None
        said = _code(found.path or text)
    if isinstance(found, MappedTime):
        units = {"s": ", in seconds", "ms": ", in milliseconds"}
        return said + units.get(found.format, "")
    return f"{said}, by [words.{found.words}]" if found.words is not None else said


def _code(text: str | None) -> str:
    """A text as code in a table; a backtick within needs two around."""
    text = (text or "").strip()
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
    marks = "``" if "`" in text else "`"
    space = " " if marks == "``" else ""
    return f"{marks}{space}{text}{space}{marks}".replace("|", r"\|")
