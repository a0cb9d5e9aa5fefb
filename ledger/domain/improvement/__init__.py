"""Improvements: proposed by people, programs and triggers, then accepted or rejected.

One that is accepted has an owner and a time by which it is done. Source: runbook section 9 (Plan,
Do, Check, Act).
"""

from ledger.domain.concern import Concern
from ledger.domain.improvement.commands import (
    AcceptImprovement,
    ImprovementCommand,
    ProposeFromTrigger,
    ProposeImprovement,
    RejectImprovement,
)
from ledger.domain.improvement.decide import decide
from ledger.domain.improvement.describing import describe
from ledger.domain.improvement.events import (
    ImprovementAccepted,
    ImprovementCause,
    ImprovementEvent,
    ImprovementProposed,
    ImprovementRejected,
)
from ledger.domain.improvement.state import Improvement, evolve
from ledger.domain.improvement.words import CauseKind, ImprovementKind, ImprovementStatus
from ledger.domain.stream_type import CommandType, StreamType, by_own_name, members

IMPROVEMENT = StreamType(
    kind="improvement",
    initial=Improvement(),
    evolve=evolve,
    events=members(ImprovementEvent),
    decide=decide,
    commands={
        "propose": CommandType(
            body=ProposeImprovement,
            title="Propose an improvement",
            done="proposed",
            opens=True,
            arguments=("title",),
            touches=lambda command: (command.system,),
            renames=by_own_name,
        ),
        "accept": CommandType(
            body=AcceptImprovement,
            done="accepted",
            arguments=("owner", "due"),
            compares=lambda _, state: state.success,
        ),
        "reject": CommandType(
            body=RejectImprovement,
            done="rejected",
            arguments=("reason",),
            compares=lambda _, state: state.reason,
        ),
    },
    label="improvement",
    plural="improvements",
    prefix="IMP",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)

__all__ = [
    "IMPROVEMENT",
    "AcceptImprovement",
    "CauseKind",
    "Improvement",
    "ImprovementAccepted",
    "ImprovementCause",
    "ImprovementCommand",
    "ImprovementEvent",
    "ImprovementKind",
    "ImprovementProposed",
    "ImprovementRejected",
    "ImprovementStatus",
    "ProposeFromTrigger",
    "ProposeImprovement",
    "RejectImprovement",
    "decide",
    "describe",
    "evolve",
]
