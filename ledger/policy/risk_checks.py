"""What a policy may have wrong in its risks, controls and improvements."""

from collections.abc import Iterator
from datetime import timedelta

from ledger.policy.model import Policy
from ledger.policy.schema_errors import Fault, child, shown

LONGEST = timedelta(days=3660)
"""Ten years: the longest time of an acceptance, between reviews, and without a recurrence."""
MOST_CONTROLS = 200


def risk_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `risks`."""
    risks = policy.risks
    roles = policy.guards.role_labels
    for name, band in risks.bands.items():
        path = child("risks.bands", name)
        for place, role in enumerate(band.accepted_by):
            if role not in roles:
                yield f"{path}.accepted_by[{place}]", f"{shown(role)} is no role. Name one."
        for key in ("accepted_for", "reviewed_every"):
            if not timedelta(minutes=1) <= getattr(band, key) <= LONGEST:
                yield f"{path}.{key}", "Use a time from one minute to ten years."
    if risks.tolerated not in risks.bands:
        yield "risks.tolerated", f"{shown(risks.tolerated)} is no band. Name one of risks.bands."
    if len(risks.matrix) != len(risks.likelihood):
        yield (
            "risks.matrix",
            (
                f"There are {len(risks.matrix)} rows for {len(risks.likelihood)} labels of "
                "risks.likelihood. Write one for each."
            ),
        )
    for number, row in enumerate(risks.matrix):
        path = f"risks.matrix[{number}]"
        if len(row) != len(risks.impact):
            yield (
                path,
                (
                    f"There are {len(row)} bands for {len(risks.impact)} labels of risks.impact. "
                    "Write one for each."
                ),
            )
        for place, band_id in enumerate(row):
            if band_id not in risks.bands:
                yield f"{path}[{place}]", f"{shown(band_id)} is no band. Name one of risks.bands."


def control_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `controls` and of `triggers.policy_update`."""
    if len(policy.controls) > MOST_CONTROLS:
        yield (
            "controls",
            f"There are {len(policy.controls)} controls of at most {MOST_CONTROLS}. Remove some.",
        )
    for name, control in policy.controls.items():
        for standard, clauses in control.maps.items():
            path = child(child("controls", name) + ".maps", standard)
            known = policy.standards.get(standard)
            if known is None:
                yield path, f"{shown(standard)} is no standard. Name one of standards."
                continue
            for place, clause in enumerate(clauses):
                if clause not in known.clauses:
                    yield (
                        f"{path}[{place}]",
                        (
                            f"{shown(clause)} is no clause of {known.label}. Name one of "
                            f"{child('standards', standard)}.clauses."
                        ),
                    )
    within = policy.triggers.policy_update.reassess_within
    if not timedelta(minutes=1) <= within <= LONGEST:
        yield "triggers.policy_update.reassess_within", "Use a time from one minute to ten years."
    if not timedelta(minutes=1) <= policy.improvements.no_recurrence <= LONGEST:
        yield "improvements.no_recurrence", "Use a time from one minute to ten years."
