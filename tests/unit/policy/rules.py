"""The shipped policy with a rule that tells people."""

from ledger.policy import shipped

RULE = """
[[notify.rules]]
name = "severe"
notices = [
    "incident_opened", "incident_classified", "incident_raised", "incident_closed",
    "incident_reopened",
]
severities = ["critical", "high"]
{narrowed}channels = ["{channel}"]
tells_risk_manager = true
"""


def telling(channel: str, narrowed: str = "", fallback: str = "", quiet: str = "") -> str:
    """The policy whose rule tells a channel of severe incidents; `quiet` are quiet hours."""
    rule = RULE.format(channel=channel, narrowed=narrowed) + quiet
    return f"{shipped()}\n[notify.fallback]\n{fallback}{rule}"


NOTIFYING = telling(
    "rm",
    'categories = ["data_breach"]\nsystems = ["chat"]\n',
    'rm = "phone"\nphone = "rm"\n',
)
