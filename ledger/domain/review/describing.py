"""A review's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UnsetType

from ledger.domain.review import events as e
from ledger.domain.text import Text, plain_text
from ledger.policy.times import time_text


def describe(event: e.ReviewEvent) -> str:
    """What happened, for people."""
    match event:
        case e.ReviewLaunched():
            due = f"; due {time_text(event.due)}" if event.due else ""
            return (
                f"Launched: {event.count} incidents of {event.system} in {event.month}, more than "
                f"{event.threshold}{due}"
            )
        case e.ReviewAssigned():
            return f"Assigned to {event.owner}"
        case e.ReviewConcluded():
            late = f" late, it was due {time_text(event.due)}" if _is_late(event) else ""
            return f"Concluded{late}: {plain_text(event.findings)}{_actions(event.actions)}"
        case e.ReviewAmended():
            return f"Conclusion corrected ({plain_text(event.reason)}):{_corrected(event)}"
        case e.ReviewNoted():
            return f"Note: {plain_text(event.text)}"
        case e.ReviewOverdue():
            return f"Overdue: not concluded at {time_text(event.due)}"
        case _:
            assert_never(event)


def _corrected(event: e.ReviewAmended) -> str:
    text = ""
    if not isinstance(event.findings, UnsetType):
        text += f" {plain_text(event.findings)}"
    if not isinstance(event.actions, UnsetType):
        text += _actions(event.actions) or " No actions."
    return f"{text} Concluded at {time_text(event.concluded_at)}." if event.concluded_at else text


def _is_late(event: e.ReviewConcluded) -> bool:
    return not isinstance(event.due, UnsetType) and event.at > event.due


def _actions(actions: tuple[Text, ...]) -> str:
    if not actions:
        return ""
    return " Actions: " + "; ".join(plain_text(each) or "" for each in actions)
