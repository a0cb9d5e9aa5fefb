"""Policies that a year may adopt: the shipped one with other terms."""

from dataclasses import dataclass

from ledger.policy import shipped

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
    """What differs from the shipped policy; times in hours."""

    more_than: int = 3
    zone: str = "UTC"
    count: tuple[str, ...] = ("critical", "high", "medium", "low")
    due_after: int = 24
    at_risk_lead: int = 4
    stale_after: int = 36

    def text(self) -> str:
        """The policy that says so."""
        text = shipped()
        listed = ", ".join(f'"{severity}"' for severity in self.count)
        for old, new in (
            ("more_than = 3\n", f"more_than = {self.more_than}\n"),
            ('zone = "UTC"', f'zone = "{self.zone}"'),
            ('["critical", "high", "medium", "low"]', f"[{listed}]"),
            ('due_after = "PT24H"', f'due_after = "PT{self.due_after}H"'),
            ('at_risk_lead = "PT4H"', f'at_risk_lead = "PT{self.at_risk_lead}H"'),
            ('stale_after = "PT36H"', f'stale_after = "PT{self.stale_after}H"'),
        ):
            if text.count(old) != 1:
                raise ValueError(f"the shipped policy has not one {old!r}")
            text = text.replace(old, new)
        return text
