"""Asks readers for each interval that ended, once; a follower of time, and not of the log.

Until when a question was asked is a position in the store. It moves in the transaction of what the
answer came to, by compare-and-set: so any number of processes have one effect, each may die
anywhere, and what ended while none ran is asked for afterwards. Source: runbook section 4.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog

from consumers.commands.policy_history import Adopted, newest
from consumers.readers.outcomes import Taken, no_data, taken
from consumers.readers.prometheus import Prometheus, QueryRefused, Unreachable, Unusable
from consumers.readers.questions import Question, due, questions_of, time_of
from consumers.services import Services
from ledger.domain.identity import reader_id, reading_id
from ledger.domain.metric import METRIC, measurement_id
from ledger.domain.reader import READER, READING, MarkReached, MarkUnreachable
from ledger.errors import Invalid, Refused, StaleVersion, Unavailable
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.policy import parse_adopted
from ledger.settings.readers import ReaderSettings
from ledger.store.side_records import PositionMove
from ledger.vocabulary import NoDataReason

AGAIN_AFTER_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 120.0
"""How long a server that cannot be reached is left alone; that doubles, up to the second."""
TAKEN, NO_DATA, UNREACHABLE = "taken", "no_data", "unreachable"
"""What asking may come to."""

log = structlog.get_logger(__name__)
Counted = Callable[[str, str], None]


class _Away(NamedTuple):
    """Why a server was not reached, when it is tried again (monotonic), and the wait after that."""

    reason: str
    until: float
    wait: float


class Readers:
    """Asks the servers of the settings what the policy in force says. Blocking; one thread."""

    def __init__(
        self,
        services: Services,
        readers: Iterable[ReaderSettings],
        *,
        counted: Counted = lambda reader, outcome: None,
        looks_every: float = 0,
    ) -> None:
        """`counted` is called with the name of a reader and what asking it came to.

        Where nothing was due, the policy is looked at again after `looks_every` seconds.
        """
        self._services = services
        self._store = services.store
        self._readers = {each.name: each for each in readers}
        self._clients = {name: Prometheus(each) for name, each in self._readers.items()}
        self._counted = counted
        self._looks_every = looks_every
        self._looks_at = time.monotonic()
        self._away: dict[str, _Away] = {}
        self._unknown: set[str] = set()

    def ask_due(self) -> bool:
        """Asks for the next interval of each question that is due; never reports work.

        So a process that is to end does not ask for all that was missed before it does. Raises
        Unavailable where the store is, or where a server cannot be reached: once others were asked.
        """
        now = time.monotonic()
        if now >= self._looks_at:
            by = newest(self._store)
            asked = [
                self._ask(reader, questions, by)
                for reader, questions in self._by_reader(by).items()
            ]
            self._looks_at = now if any(asked) else now + self._looks_every
        if self._away:
            said = "; ".join(f"{name}: {away.reason}" for name, away in self._away.items())
            raise Unavailable(
                f"Measurements cannot be read from {said}.",
                remedy="See the address and the log of that server; it is asked again.",
            )
        return False

    def _by_reader(self, by: Adopted) -> Mapping[str, list[Question]]:
        """What each server of the settings is asked for."""
        found: dict[str, list[Question]] = {}
        for question in questions_of(parse_adopted(by.event.text)):
            if question.reader in self._readers:
                found.setdefault(question.reader, []).append(question)
            elif question.reader not in self._unknown:
                self._unknown.add(question.reader)
                log.warning("reader_not_set", reader=question.reader, objective=question.objective)
        for gone in self._away.keys() - found.keys():
            del self._away[gone]
        return found

    def _ask(self, reader: str, questions: list[Question], by: Adopted) -> bool:
        """Asks a server for one interval of each question; whether any was due.

        Once it was not reached, no more is asked of it for a while.
        """
        away = self._away.get(reader)
        if away is not None and time.monotonic() < away.until:
            return False
        was_due = False
        positions = self._store.followers.positions([each.position for each in questions])
        catch_up = timedelta(hours=self._readers[reader].catch_up_hours)
        for question in questions:
            position = positions[question.position]
            asked = due(question, position, self._services.clock(), catch_up)
            if asked.skipped is not None:
                since, until = asked.skipped
                said = f"it was not asked for more than {catch_up} after"
                left = no_data(question, until, NoDataReason.NOT_ASKED, said, since=since)
                self._keep(question, position, until, left, by)
                was_due = True
                continue
            if not asked.ends:
                continue
            end = asked.ends[0]
            try:
                found = ask(self._clients[reader], question, end)
            except Unreachable as error:
                self._counted(reader, UNREACHABLE)
                self._leave_alone(reader, error.reason, by)
                return False
            self._counted(reader, TAKEN if found.measurements else NO_DATA)
            self._reached(reader, by)
            self._keep(question, position, end, found, by)
            was_due = True
        if not was_due:
            self._away.pop(reader, None)  # another process has asked for all that is due
        return was_due

    def _keep(self, question: Question, position: int, end: int, found: Taken, by: Adopted) -> None:
        """Records what asking came to, and that it was asked until `end`: both, or nothing."""
        moved = PositionMove(follower=question.position, old=position, new=end)
        try:
            self._record(moved, self._commands(question, end, found, by))
        except (Invalid, Refused) as error:
            rule = error.rule if isinstance(error, Refused) else error.code
            log.warning("value_not_taken", reader=question.reader, rule=rule, reason=str(error))
            refused = no_data(
                question, end, NoDataReason.NOT_TAKEN, f"rule {rule}", found.reading.warnings
            )
            self._record(moved, self._commands(question, end, refused, by))

    def _commands(
        self, question: Question, end: int, found: Taken, by: Adopted
    ) -> list[CausedCommand]:
        correlation = self._services.new_id()
        of = reading_id(question.reader, question.objective, question.system, end)
        return [
            *(
                self._caused(METRIC.kind, measurement_id(each), each, correlation, by)
                for each in found.measurements
            ),
            self._caused(READING.kind, of, found.reading, correlation, by),
        ]

    def _leave_alone(self, reader: str, reason: str, by: Adopted) -> None:
        """The server is not reached: that is on record, and it is tried again after a while."""
        before = self._away.get(reader)
        wait = AGAIN_AFTER_SECONDS if before is None else before.wait
        self._away[reader] = _Away(
            reason, time.monotonic() + wait, min(wait * 2, LONGEST_WAIT_SECONDS)
        )
        self._mark(reader, MarkUnreachable(reader=reader, reason=reason), by)

    def _reached(self, reader: str, by: Adopted) -> None:
        self._away.pop(reader, None)
        self._mark(reader, MarkReached(reader=reader), by)

    def _mark(self, reader: str, command: MarkReached | MarkUnreachable, by: Adopted) -> None:
        """Moves the position that says whether a server is reached, with the event of that."""
        name, new = reached_position(reader), int(isinstance(command, MarkUnreachable))
        if self._store.followers.position(name) == new:
            return
        caused = self._caused(READER.kind, reader_id(reader), command, self._services.new_id(), by)
        self._record(PositionMove(follower=name, old=1 - new, new=new), [caused])

    def _caused(
        self, kind: str, subject: UUID, command: msgspec.Struct, correlation: str, by: Adopted
    ) -> CausedCommand:
        return CausedCommand(
            kind=kind,
            subject=subject,
            command=command,
            correlation=correlation,
            causation=by.recorded.id,
            policy_digest=by.event.digest,
        )

    def _record(self, moved: PositionMove, commands: list[CausedCommand]) -> None:
        request = AdvanceFollower(moved=moved, commands=tuple(commands))
        with suppress(StaleVersion):  # another process asked for the same
            self._services.executor.execute(request, self._services.context())


def ask(client: Prometheus, question: Question, end: int) -> Taken:
    """Asks for the interval of a question that ends `end`. Raises Unreachable."""
    at = time_of(end)
    try:
        answer = client.query(question.query, at)
        counts = None
        if answer.series and question.n_query is not None:
            counts = client.query(question.n_query, at)
    except QueryRefused as error:
        log.warning(
            "query_refused",
            reader=question.reader,
            objective=question.objective,
            kind=error.kind,
            said=error.said,
        )
        return no_data(question, end, NoDataReason.QUERY_REFUSED, error.kind)
    except Unusable as error:
        return no_data(question, end, NoDataReason.UNUSABLE, error.reason)
    return taken(question, end, answer, counts)


def reached_position(reader: str) -> str:
    """The name of the position that is 1 while a server cannot be reached."""
    return f"reader-away/{reader}"
