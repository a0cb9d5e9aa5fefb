"""Policies that a year may adopt: the shipped one with other terms."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.harness.texts import INLINE

ZONES = (
    "UTC",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kolkata",
)


@dataclass(frozen=True)
class Terms:
    """What differs from the shipped policy; times in hours, `clock_skew` in seconds.

    `stale_after_by_source` names sources and hours; without a `backdate_limit` or a
    `review_due_after` the policy has none. `opens` are the severities that open an incident.
    """

    more_than: int = 3
    zone: str = "UTC"
    count: tuple[str, ...] = ("critical", "high", "medium", "low")
    due_after: int = 24
    at_risk_lead: int = 4
    stale_after: int = 12
    stale_after_grafana: int | None = None
    stale_after_by_source: tuple[tuple[str, int], ...] = ()
    backdate_limit: int | None = 6
    clock_skew: int = 60
    quiet: int = 1
    opens: str = "critical|high|error|page|emergency"
    review_due_after: int | None = 336
    preliminary_meets: bool = False
    final_due_after: int = 168
    final_needs_approval: bool = False

    def text(self) -> str:
        """The policy that says so."""
        text = INLINE  # a naive reading has nothing but the log
        for old, new in self._changes():
            if text.count(old) != 1:
                raise ValueError(f"the shipped policy has not one {old!r}")
            text = text.replace(old, new)
        return text

    def _changes(self) -> Iterator[tuple[str, str]]:
        listed = ", ".join(f'"{severity}"' for severity in self.count)
        yield "more_than = 3\n", f"more_than = {self.more_than}\n"
        yield 'zone = "UTC"', f'zone = "{self.zone}"'
        yield '["critical", "high", "medium", "low"]', f"[{listed}]"
        yield 'due_after = "PT24H"', f'due_after = "PT{self.due_after}H"'
        yield 'at_risk_lead = "PT4H"', f'at_risk_lead = "PT{self.at_risk_lead}H"'
        yield '\nstale_after = "PT36H"\n', f'\nstale_after = "PT{self.stale_after}H"\n'
        grafana = self.stale_after_grafana
        by_kind = "" if grafana is None else f'grafana = "PT{grafana}H"\n'
        yield "[alerts.stale_after_by_kind]\n", f"[alerts.stale_after_by_kind]\n{by_kind}"
        by_source = "".join(f'{name} = "PT{span}H"\n' for name, span in self.stale_after_by_source)
        yield "[alerts.stale_after_by_source]\n", f"[alerts.stale_after_by_source]\n{by_source}"
        limit = self.backdate_limit
        yield (
            'backdate_limit = "PT6H"\n',
            "" if limit is None else f'backdate_limit = "PT{limit}H"\n',
        )
        yield 'clock_skew = "PT60S"', f'clock_skew = "PT{self.clock_skew}S"'
        yield 'quiet = "PT1H"', f'quiet = "PT{self.quiet}H"'
        yield "critical|high|error|page|emergency", self.opens
        for flag in ("preliminary_meets", "final_needs_approval"):
            yield f"{flag} = false", f"{flag} = {str(getattr(self, flag)).lower()}"
        yield 'final_due_after = "P7D"', f'final_due_after = "PT{self.final_due_after}H"'
        due = self.review_due_after
        yield (
            'review_due_after = "P14D"\n',
            "" if due is None else f'review_due_after = "PT{due}H"\n',
        )
