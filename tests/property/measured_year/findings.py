"""What judging finds, and what stands at a moment."""

import operator
from dataclasses import dataclass, field
from typing import Any

from tests.property.measured_year.naive import Series

COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
Finding = dict[str, Any]


@dataclass
class Standing:
    """What stands at a moment: open breaches, drifts that fire, quarters that fired."""

    breaches: dict[tuple[str, Series], Finding] = field(default_factory=dict)
    drifts: dict[Series, Finding] = field(default_factory=dict)
    drops: dict[tuple[Series, str], bool] = field(default_factory=dict)
