"""What the rules of risks have in common: words of the policy, and what is on the register."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ledger.domain.risk.state import Risk
from ledger.domain.risk.words import RiskStatus
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.times import after, time_text


def require_label(text: str, known: Mapping[str, object], field: str, key: str) -> None:
    """Raises Refused for a word that the policy does not have."""
    if text not in known:
        raise Refused(
            "unknown_label",
            f"There is no {field} {text!r}.{did_you_mean(text, known)}",
            remedy=f"Name one of {', '.join(known)}, or add it to the policy's {key}."
            if known
            else f"Add it to the policy's {key}: there is none.",
        )


def require_open(state: Risk) -> None:
    """Raises Refused where it was closed."""
    if state.status is RiskStatus.CLOSED:
        raise Refused(
            "risk_closed",
            "The risk is closed.",
            remedy="Reopen it with airledger risk reopen, or identify another one.",
        )


def reviewed_every(state: Risk, policy: Policy) -> timedelta:
    """How often it is reviewed, by its band; what has none, as often as the worst of all."""
    current, bands = state.current, policy.risks.bands
    if current is None or current.band not in bands:
        return min(band.reviewed_every for band in bands.values())
    return bands[current.band].reviewed_every


def review_due(given: datetime | None, state: Risk, policy: Policy, now: datetime) -> datetime:
    """When the next review is due. Raises Refused for a time that is no such."""
    latest = after(now, reviewed_every(state, policy))
    if given is None:
        return latest
    if given <= now:
        raise Refused(
            "review_after_now",
            f"The review cannot be due at {time_text(given)}: it is {time_text(now)} now.",
            remedy="Give a time in the future.",
        )
    if given > latest:
        raise Refused(
            "review_too_late",
            f"By the policy the risk is reviewed until {time_text(latest)}, and not until "
            f"{time_text(given)}.",
            remedy="Name an earlier time, or none.",
        )
    return given
