"""What judging should have found: of each event in log order, what it breached, met and fired."""

from tests.property.measured_year.findings import Finding, Standing
from tests.property.measured_year.naive import Log, happenings
from tests.property.measured_year.naive_objectives import of_objective
from tests.property.measured_year.naive_triggers import of_drift, of_drop


def findings(log: Log) -> tuple[list[Finding], Standing]:
    """All that judging should have recorded, in its order, and what stands at the end."""
    found: list[Finding] = []
    standing = Standing()
    for happened in happenings(log):
        for name, slo in happened.policy.slos():
            found.extend(of_objective(name, slo, happened, standing))
        found.extend(of_drift(happened, standing))
        found.extend(of_drop(happened, standing))
    return found, standing
