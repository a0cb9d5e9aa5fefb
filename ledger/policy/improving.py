"""Improvements: what is proposed by itself, and for how long nothing may recur.

Source: runbook section 9 (Plan, Do, Check, Act).
"""

from datetime import timedelta

from ledger.policy.parts import Part


class Improving(Part, frozen=True, kw_only=True):
    """How improvements begin and are checked.

    With `from_actions`, each action of a completed root cause analysis and of a concluded review is
    proposed as an improvement. One that is to keep something from happening again has been
    effective when its incident's alerts opened no other within `no_recurrence`.
    """

    from_actions: bool = False
    no_recurrence: timedelta = timedelta(days=90)
