"""Reads a file of an evaluation or monitoring tool: bytes in, values and refusals out."""

from consumers.evaluations.archives import Unreadable
from consumers.evaluations.declaring import check_declared
from consumers.evaluations.documents import Evaluated, Opened
from consumers.evaluations.extraction import Extraction, refusal
from consumers.evaluations.lookup import Lookup, truth
from consumers.evaluations.mapping import EvaluationMapping
from consumers.evaluations.mapping_file import Shape
from consumers.evaluations.tools import mapping_of, mapping_texts
from consumers.evaluations.values import (
    Declared,
    FoundValue,
    ReadEvaluation,
    RefusedValue,
    ValueRefused,
    WholeFileRefused,
)
from ledger.errors import Invalid

NOTHING_DECLARED = Declared()


def read_evaluation(
    content: bytes,
    *,
    tool: str | None = None,
    mapping: EvaluationMapping | None = None,
    declared: Declared = NOTHING_DECLARED,
) -> ReadEvaluation:
    """What a file says, by a mapping, by the shipped one of a tool, or by the one that fits.

    A file of a run that failed or did not end has no values, and one refusal that says so. Raises
    Invalid for bytes that are no such file, or that hold no value; NotFound for an unknown tool.
    """
    check_declared(declared)
    opened = Opened(content)
    if mapping is None:
        mapping = mapping_of(tool or _detected(opened))
    name = tool or mapping.file.tool
    try:
        shape, document = _fitting(opened, mapping, name)
    except WholeFileRefused as error:
        return _of_nothing(name, None, mapping, error)
    lookup = Lookup(document, mapping.file.words)
    version = _version(lookup, shape)
    extraction = Extraction(lookup, shape, declared)
    try:
        values = extraction.run()
    except WholeFileRefused as error:
        return _of_nothing(name, version, mapping, error)
    except ValueRefused as error:
        raise Invalid(f"The file cannot be read as {name}: {error.reason}.") from None
    refused = (*extraction.refused, *_not_there(declared, values, extraction.refused))
    if not values and not refused:
        raise Invalid(
            f"The file holds no value of {name} (shape {shape.name!r}).",
            remedy="No data is not a measurement: see whether the tool's run had a result.",
        )
    return ReadEvaluation(
        tool=name,
        tool_version=version,
        mapping_digest=mapping.digest,
        values=values,
        refused=refused,
        left_out=tuple(extraction.left_out),
    )


def detect(content: bytes) -> str:
    """The tool whose file it is, where that is unmistakable. Raises Invalid where it is not."""
    return _detected(Opened(content))


def _detected(opened: Opened) -> str:
    fitting = [tool for tool in mapping_texts() if _could_be(opened, mapping_of(tool))]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        text = f"The file could be one of {', '.join(fitting)}."
    else:
        text = "The file is not known to be of any tool."
    known = ", ".join(mapping_texts())
    raise Invalid(text, remedy=f"Name its tool ({known}), or a mapping of your own.")


def _could_be(opened: Opened, mapping: EvaluationMapping) -> bool:
    for shape in mapping.file.shapes:
        if shape.when is None:
            continue
        try:
            if _fits(opened.load(shape), shape):
                return True
        except WholeFileRefused:
            return True
        except Unreadable:
            continue
    return False


def _fitting(opened: Opened, mapping: EvaluationMapping, tool: str) -> tuple[Shape, Evaluated]:
    """The first shape that fits, with the file's data. Raises Invalid, or WholeFileRefused."""
    faults: dict[str, None] = {}
    for shape in mapping.file.shapes:
        try:
            document = opened.load(shape)
        except Unreadable as error:
            faults[f"it {error}"] = None
            continue
        if _fits(document, shape):
            return shape, document
        faults[f"it is not of the shape {shape.name!r}"] = None
    raise Invalid(
        f"The file is not one that is read as {tool}: {'; '.join(faults)}.",
        remedy="Name its tool, or describe it by a mapping of your own.",
    )


def _fits(document: Evaluated, shape: Shape) -> bool:
    if shape.when is None:
        return True
    lookup = Lookup(document, {})
    try:
        return truth(lookup.item(shape.when, lookup.scope()).data)
    except ValueRefused:
        return False


def _version(lookup: Lookup, shape: Shape) -> str | None:
    try:
        said = lookup.text(shape.tool_version, lookup.scope())
    except ValueRefused:
        return None
    return said.value if said is not None else None


def _of_nothing(
    tool: str, version: str | None, mapping: EvaluationMapping, error: WholeFileRefused
) -> ReadEvaluation:
    return ReadEvaluation(
        tool=tool,
        tool_version=version,
        mapping_digest=mapping.digest,
        values=(),
        refused=(refusal(error, None),),
    )


def _not_there(
    declared: Declared, values: tuple[FoundValue, ...], refused: list[RefusedValue]
) -> tuple[RefusedValue, ...]:
    """A refusal for each name that was declared and is not in the file."""
    there = {each.found for each in values} | {each.found for each in refused}
    return tuple(
        RefusedValue(path="", value=name[:80], reason="no value of the file has this name")
        for name in declared.names
        if name not in there
    )
