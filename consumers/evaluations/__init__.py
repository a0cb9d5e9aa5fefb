"""Files of evaluation and monitoring tools as values that can be measured: bytes come in."""

from consumers.evaluations.mapping import EvaluationMapping, parse_mapping
from consumers.evaluations.reading import detect, read_evaluation
from consumers.evaluations.tools import EvaluationTool, mapping_of, mapping_texts, tools
from consumers.evaluations.values import Declared, FoundValue, ReadEvaluation, RefusedValue

__all__ = [
    "Declared",
    "EvaluationMapping",
    "EvaluationTool",
    "FoundValue",
    "ReadEvaluation",
    "RefusedValue",
    "detect",
    "mapping_of",
    "mapping_texts",
    "parse_mapping",
    "read_evaluation",
    "tools",
]
