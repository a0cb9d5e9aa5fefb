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
NO_QUIET_HOURS = "quiet_hours = []\n"


def telling(channel: str, narrowed: str = "", fallback: str = "", quiet: str = "") -> str:
    """The policy whose rule tells a channel of severe incidents; `quiet` are quiet hours."""
    rule = RULE.format(channel=channel, narrowed=narrowed) + quiet
    text = shipped().replace("rules = []\n", "", 1)
    text = text.replace(NO_QUIET_HOURS, "", 1) if quiet else text
    return text.replace("[notify.fallback]\n", f"[notify.fallback]\n{fallback}{rule}", 1)


NOTIFYING = telling(
    "rm",
    'categories = ["data_breach"]\nsystems = ["chat"]\n',
    'rm = "phone"\nphone = "rm"\n',
)
