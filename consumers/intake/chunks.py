"""A body's signals as requests: one, or chunks in the body's order where it is large.

Above `WHOLE_SIGNALS` a body is appended in chunks, so that others commit in between. Each chunk is
a request and a transaction of its own. Where one fails for now, the body sent again completes the
rest: what was recorded is a repeat. A signal that can never be stored is looked for by halves; the
others are recorded.
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
"""A body of up to so many signals is one transaction."""
CHUNK_SIGNALS = 500
"""So many signals of a larger one are a transaction: as many as a batch of the executor."""
LOOKED_FOR_ALONE = 16
"""So many signals of a body are found one by one; what else fails is refused a part at a time."""
NEVER = (NeverStorable, EventTooLarge)
"""Errors of what was to be stored, whatever state the store is in."""


@dataclass
class Taken:
    """What a body's signals came to: recorded, known before, or never to be stored."""

    recorded: int = 0
    repeats: int = 0
    events: int = 0
    refused: int = 0
    why: LedgerError | None = None
    _streams: dict[str, None] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Counts what one request came to."""
        self.recorded += outcome.recorded
        self.repeats += outcome.repeats
        self.events += outcome.events
        self._streams |= dict.fromkeys(outcome.streams)

    def refuse(self, signals: int, why: LedgerError) -> None:
        """Counts signals that can never be stored."""
        self.refused += signals
        self.why = self.why or why

    @property
    def streams(self) -> tuple[str, ...]:
        """Those that the signals and commands belong to, each once."""
        return tuple(self._streams)

    @property
    def outcome(self) -> Outcome:
        """All of it as one outcome."""
        return Outcome(
            recorded=self.recorded,
            repeats=self.repeats,
            events=self.events,
            streams=self.streams,
        )

    @property
    def parts(self) -> tuple[QuarantinePart, ...]:
        """Why the body goes to quarantine, where some of it can never be stored."""
        if self.why is None:
            return ()
        known = self.recorded + self.repeats
        reason = f"{self.refused} of {self.refused + known} signals were not recorded: {self.why}"
        return (QuarantinePart(index=None, reason=reason),)


Requests = Generator[RecordSignals, Outcome, Taken]
"""Requests to run one after the other; each takes its outcome, or what refused it."""


def requests_of(request: RecordSignals) -> Requests:
    """The requests that a body's request is carried out by, and what they came to.

    A large body has to be in order. The notes go with the first, truncation with the last.
    """
    taken = Taken()
    waiting = deque(chunks_of(request))
    while waiting:
        part = waiting.popleft()
        try:
            taken.add((yield part))
        except NEVER as error:
            waiting.extendleft(reversed(_without_what_fails(part, taken, error)))
    return taken


def is_large(signals: Sequence[Signal]) -> bool:
    """Whether they are appended in chunks."""
    return len(signals) > WHOLE_SIGNALS


def chunks_of(request: RecordSignals) -> list[RecordSignals]:
    """The request, or the chunks of a large one, which has to be in order."""
    if not is_large(request.signals):
        return [request]
    ordered = replace(request, notes=(), truncation=None, ordered=True)
    parts = [replace(ordered, signals=each) for each in slices(request.signals, CHUNK_SIGNALS)]
    parts[0] = replace(parts[0], notes=request.notes)
    parts[-1] = replace(parts[-1], truncation=request.truncation)
    return parts


def run(requests: Requests, execute: Callable[[RecordSignals], Outcome]) -> Taken:
    """Runs requests one after the other. Blocking. Raises what one fails with for now."""
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
        taken: Taken = done.value
        return taken


def _without_what_fails(part: RecordSignals, taken: Taken, why: LedgerError) -> list[RecordSignals]:
    """What is left to do of a request that can never be stored. Raises `why` where nothing is."""
    number = len(part.signals)
    if not number:
        raise why
    if number > 1 and taken.refused < LOOKED_FOR_ALONE:
        first, second = part.signals[: number // 2], part.signals[number // 2 :]
        return [
            replace(part, signals=first, truncation=None),
            replace(part, signals=second, notes=()),
        ]
    taken.refuse(number, why)
    if part.notes or part.truncation is not None:
        return [replace(part, signals=())]
    return []
