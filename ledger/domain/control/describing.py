"""The events of a control as sentences for people: the lines of its timeline."""

from typing import assert_never

from ledger.domain.control import events as e
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.ControlEvent) -> str:
    """What happened, for people."""
    match event:
        case e.ControlAssessed():
            count = len(event.evidence)
            backed = (
                f", backed by {count} piece{'s' if count > 1 else ''} of evidence" if count else ""
            )
            until = f", until {time_text(event.until)}" if event.until else ""
            notes = f": {plain_text(event.notes)}" if event.notes else ""
            return (
                f"Assessed by {event.person}: as designed {event.design.label.lower()}, in "
                f"operation {event.operating.label.lower()}{backed}{until}{notes}"
            )
        case e.ControlReassessmentDue():
            return (
                f"To be assessed again until {time_text(event.by)}: {event.standard} changed, leaf "
                f"{event.leaf}"
            )
        case e.ControlReassessmentOverdue():
            return f"Nobody assessed it again until {time_text(event.by)}"
        case e.ControlAssessmentExpired():
            return f"The assessment held until {time_text(event.until)}"
        case e.ControlRetired():
            return "The system was retired: nothing is to be assessed any more"
        case _:
            assert_never(event)
