"""What is wrong in the policy's `evidence`: expressions, kinds that are none, lonely ages."""

from collections.abc import Iterator
from datetime import timedelta

import jmespath
from jmespath.exceptions import JMESPathError

from ledger.policy.evidence import CardRules, EvidencePolicy
from ledger.policy.schema_errors import Fault, child, shown

LONGEST_AGE = timedelta(days=36_600)
"""A hundred years."""


def evidence_faults(evidence: EvidencePolicy) -> Iterator[Fault]:
    """Every value that contradicts another, or that nothing could be done with."""
    for kind, rules in evidence.complete.items():
        path = child("evidence.complete", kind)
        if kind not in evidence.labels:
            yield path, f"{shown(kind)} is no kind of evidence. Add it to evidence.kinds."
        yield from _of_rules(path, rules)


def _of_rules(path: str, rules: CardRules) -> Iterator[Fault]:
    given = {f"requires[{at}].path": each.path for at, each in enumerate(rules.requires)}
    given |= {name: text for name in ("version", "date") if (text := getattr(rules, name))}
    for name, text in given.items():
        try:
            jmespath.compile(text)
        except (JMESPathError, ValueError, RecursionError) as error:
            why = str(error).partition("\n")[0][:160]
            yield f"{path}.{name}", f"{text[:120]!r} is no JMESPath expression. {why}"
    if (rules.date is None) is not (rules.max_age is None):
        yield path, "date and max_age need each other. Write both, or none."
    if rules.max_age is not None and not timedelta(days=1) <= rules.max_age <= LONGEST_AGE:
        yield f"{path}.max_age", 'Write a duration from "P1D" to "P36600D".'
