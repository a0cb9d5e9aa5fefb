"""Asks the ledger about each deployment that waits, and tells GitHub: a review or a report."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from consumers.github.reviewing import REPORT_CHARACTERS, NotReviewed, ReviewState, review
from consumers.github.settings import Rule
from consumers.github.waiting import WaitingList
from consumers.github.webhook import Waiting
from ledger.domain.release.words import GoNoGo
from ledger.errors import Invalid, LedgerError, NotFound

log = structlog.get_logger(__name__)

MOST_REPORTS = 10
"""So many status reports GitHub takes of one deployment."""
WAITS = timedelta(days=30)
"""So long a deployment waits for its reviews at most."""
STATES = {GoNoGo.GO: ReviewState.APPROVED, GoNoGo.NO_GO: ReviewState.REJECTED}
"""What an outcome is as a review; undecided is none."""


class Found(NamedTuple):
    """What a check came to, in words."""

    outcome: GoNoGo
    reason: str


Check = Callable[[str], Found]
"""Checks a release by its name. Raises LedgerError."""


class Answering:
    """Answers what waits. Blocking; one thread."""

    def __init__(
        self, rule: Rule, waiting: WaitingList, check: Check, clock: Callable[[], float]
    ) -> None:
        self._rule = rule
        self._waiting = waiting
        self._check = check
        self._clock = clock

    def answer_all(self) -> None:
        """Asks once about each deployment that waits. What fails is tried again the next time."""
        for each in self._waiting:
            if self._clock() - each.since > WAITS.total_seconds():
                log.warning("deployment_waited_too_long", run=each.run, repository=each.repository)
                self._waiting.forget(each)
            elif (found := self._found(each)) is not None:
                self._tell(each, found)

    def _found(self, waiting: Waiting) -> Found | None:
        """What the ledger says; None where it did not answer."""
        of = self._rule.environment(waiting.repository, waiting.environment)
        if of is None:
            return Found(GoNoGo.UNDECIDED, "The rule's file does not name this environment.")
        name = of.release_of(waiting.ref, waiting.sha)
        if name is None:
            return Found(GoNoGo.UNDECIDED, f"No version follows from the ref {waiting.ref!r}.")
        try:
            found = self._check(name)
        except (NotFound, Invalid) as error:
            return Found(GoNoGo.UNDECIDED, error.message)
        except LedgerError as error:
            log.warning("release_not_checked", release=name, error=error.message)
            return None
        return found._replace(reason=f"{name}: {found.outcome.label.lower()}. {found.reason}")

    def _tell(self, waiting: Waiting, found: Found) -> None:
        state = STATES.get(found.outcome)
        comment = comment_of(found.reason)
        if state is None and (comment == waiting.said or waiting.reports >= MOST_REPORTS):
            return
        try:
            review(self._rule, waiting, state, comment, self._clock())
        except NotReviewed as error:
            log.warning(
                "deployment_not_reviewed",
                run=waiting.run,
                repository=waiting.repository,
                environment=waiting.environment,
                error=str(error),
            )
            if not error.ended:
                return
            if state is None:
                self._keep_said(waiting, comment)
            else:
                self._waiting.forget(waiting)
            return
        log.info(
            "deployment_reviewed",
            run=waiting.run,
            repository=waiting.repository,
            environment=waiting.environment,
            state=state.value if state else "reported",
        )
        if state is not None:
            self._waiting.forget(waiting)
        else:
            self._keep_said(waiting, comment)

    def _keep_said(self, waiting: Waiting, comment: str) -> None:
        """So that no report is sent twice."""
        self._waiting.keep(replace(waiting, said=comment, reports=waiting.reports + 1))


def comment_of(reason: str) -> str:
    """A reason as Markdown that has no markup: in a fence longer than any of its own."""
    longest = max((len(each) for each in re.findall("`+", reason)), default=0)
    fence = "`" * max(3, longest + 1)
    room = REPORT_CHARACTERS - 2 * len(fence) - len("text\n\n")
    if room < 1:
        return comment_of(reason.replace("`", "'"))
    text = reason if len(reason) <= room else f"{reason[: room - 1]}…"
    return f"{fence}text\n{text}\n{fence}"
