"""Splits a body's signals into requests: one, or chunks in order where the body is large.

Above `WHOLE_SIGNALS` signals a body is appended in chunks, so that others commit in between. Each
chunk is a request and a transaction of its own. Where a chunk fails temporarily, the sender sends
the body again: signals that are recorded are repeats. A signal that can never be stored is found by
bisection; the others are recorded.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from ledger.domain.alert import Signal
from ledger.errors import EventTooLarge, LedgerError, NeverStorable
from ledger.execute import Outcome, RecordSignals
from ledger.execute.ordering import slices
from ledger.store.side_records import QuarantinePart

WHOLE_SIGNALS = 2_000
"""A body of up to this many signals is one transaction."""
CHUNK_SIGNALS = 500
"""Signals of a larger body in one transaction: as many as a batch of the executor."""
BISECTED_SIGNALS = 16
"""Up to this many refused signals are found one by one; beyond it a whole part is refused."""
NEVER = (NeverStorable, EventTooLarge)
"""Errors that a request raises whatever state the store is in: a retry cannot succeed."""


@dataclass
class RecordResult:
    """Counts of a body's signals and commands: recorded, repeats, and those never storable.

    `error` is what refused the first signal that can never be stored; None where none was refused.
    `ignored` are the reasons of commands that are about nothing that the ledger keeps.
    """

    recorded: int = 0
    repeats: int = 0
    events: int = 0
    refused: int = 0
    error: LedgerError | None = None
    ignored: list[str] = field(default_factory=list)
    _streams: dict[str, None] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Adds one request's outcome."""
        self.recorded += outcome.recorded
        self.repeats += outcome.repeats
        self.events += outcome.events
        self._streams |= dict.fromkeys(outcome.streams)

    def refuse(self, signals: int, error: LedgerError) -> None:
        """Adds signals that can never be stored."""
        self.refused += signals
        self.error = self.error or error

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams of the signals and commands, each once."""
        return tuple(self._streams)

    @property
    def outcome(self) -> Outcome:
        """The sum as one outcome."""
        return Outcome(
            recorded=self.recorded,
            repeats=self.repeats,
            events=self.events,
            streams=self.streams,
        )

    @property
    def parts(self) -> tuple[QuarantinePart, ...]:
        """The reason to quarantine the body; empty where all of it was stored."""
        if self.error is None:
            return ()
        known = self.recorded + self.repeats
        reason = f"{self.refused} of {self.refused + known} signals were not recorded: {self.error}"
        return (QuarantinePart(index=None, reason=reason),)


Requests = Generator[RecordSignals, Outcome, RecordResult]
"""Requests to run one after the other: send each one's outcome, or throw one of NEVER."""


def split(request: RecordSignals) -> Requests:
    """Yields the requests that execute a body's request, and returns their result.

    A large body has to be in order. Its notes go with the first chunk, its truncation with the
    last.
    """
    result = RecordResult()
    waiting = deque(chunk(request) if is_large(request.signals) else (request,))
    while waiting:
        part = waiting.popleft()
        try:
            outcome = yield part
        except NEVER as error:
            waiting.extendleft(reversed(_bisect(part, result, error)))
        else:
            result.add(outcome)
    return result


def is_large(signals: Sequence[Signal]) -> bool:
    """Whether a body of these signals is appended in chunks."""
    return len(signals) > WHOLE_SIGNALS


def chunk(request: RecordSignals) -> list[RecordSignals]:
    """The chunks of a large request, which has to be in order."""
    ordered = replace(request, notes=(), truncation=None, ordered=True)
    parts = [replace(ordered, signals=each) for each in slices(request.signals, CHUNK_SIGNALS)]
    parts[0] = replace(parts[0], notes=request.notes)
    parts[-1] = replace(parts[-1], truncation=request.truncation)
    return parts


def run(requests: Requests, execute: Callable[[RecordSignals], Outcome]) -> RecordResult:
    """Runs requests one after the other. Blocking. Raises the first temporary failure."""
    try:
        request = next(requests)
        while True:
            try:
                outcome = execute(request)
            except NEVER as error:
                request = requests.throw(error)
            else:
                request = requests.send(outcome)
    except StopIteration as done:
        result: RecordResult = done.value
        return result


def _bisect(part: RecordSignals, result: RecordResult, error: LedgerError) -> list[RecordSignals]:
    """What remains of a request that can never be stored: its halves, or its side writes.

    Raises `error` where nothing remains to be left out.
    """
    number = len(part.signals)
    if not number:
        raise error
    if number > 1 and result.refused < BISECTED_SIGNALS:
        first, second = part.signals[: number // 2], part.signals[number // 2 :]
        return [
            replace(part, signals=first, truncation=None),
            replace(part, signals=second, notes=()),
        ]
    result.refuse(number, error)
    if part.notes or (part.truncation is not None and part.truncation.missing):
        return [replace(part, signals=())]
    return []
