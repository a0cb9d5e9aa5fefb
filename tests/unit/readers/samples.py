"""Six hours of a latency histogram, and the policy that asks for its p95."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from ledger.policy import shipped

BEGUN = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOURS = 6
BUCKETS = (0.25, 0.5, 1.0, 2.0, 4.0)
GAP = range(3 * 60, 4 * 60 + 1)
"""The minutes from the begin on in which nothing was scraped, for `gappy`."""
QUERY = (
    'histogram_quantile(0.95, sum by (le) (rate(llm_seconds_bucket{system="$system"}[$interval])))'
)
COUNT = 'sum(increase(llm_seconds_count{system="$system"}[$interval]))'


def histogram() -> str:
    """A sample a minute of two systems; `gappy` has none in the fourth hour."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield "# TYPE llm_seconds histogram\n"
    for system in ("chat", "gappy"):
        chance = Random(system)
        counts, total = [0] * (len(BUCKETS) + 1), 0.0
        for minute in range(HOURS * 60 + 1):
            for _ in range(20):
                took = chance.lognormvariate(-0.5 + minute / 400, 0.6)
                total += took
                counts[next((n for n, le in enumerate(BUCKETS) if took <= le), -1)] += 1
            if system == "gappy" and minute in GAP:
                continue
            at = int((BEGUN + timedelta(minutes=minute)).timestamp())
            label, so_far = f'system="{system}"', 0
            for le, count in zip((*BUCKETS, "+Inf"), counts, strict=True):
                so_far += count
                yield f'llm_seconds_bucket{{{label},le="{le}"}} {so_far} {at}\n'
            yield f"llm_seconds_sum{{{label}}} {total} {at}\n"
            yield f"llm_seconds_count{{{label}}} {so_far} {at}\n"


def asking(
    query: str = QUERY,
    n_query: str | None = COUNT,
    systems: str = '["chat"]',
    interval: str = "PT1H",
) -> str:
    """The shipped policy, whose latency is asked of a reader `prod`."""
    lines = [
        "[slos.latency.prometheus]",
        'reader = "prod"',
        f"query = '''{query}'''",
        f"systems = {systems}",
        f'interval = "{interval}"',
    ]
    if n_query is not None:
        lines.append(f"n_query = '''{n_query}'''")
    return f"{shipped()}\n" + "\n".join(lines) + "\n"
