"""What readers are asked for, and what one would answer, for people on the host. Blocking."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.readers.asking import ask, reached_position
from consumers.readers.outcomes import Taken
from consumers.readers.prometheus import Prometheus, Unreachable
from consumers.readers.questions import Question, last_end, questions_of, time_of
from ledger.policy.times import time_text
from ledger.settings.readers import ReaderSettings
from ledger.store.port import Store


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is asked for; `url` is None where the settings have no such reader.

    `asked_until` is the end of the last interval, None where it was never asked. `state` is of the
    server, for all processes.
    """

    reader: str
    url: str | None
    objective: str
    system: str
    interval_seconds: int
    asked_until: str | None
    state: str
    query: str


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement that would be recorded; without `value`, why there would be none."""

    objective: str
    system: str
    since: str
    until: str
    value: float | None = None
    unit: str = ""
    n: int | None = None
    segment: dict[str, str] = {}
    said: str = ""


def asked_questions(store: Store, readers: Iterable[ReaderSettings]) -> list[AskedQuestion]:
    """Every question of the policy in force. Raises NotFound, Unavailable."""
    urls = {each.name: each.url for each in readers}
    questions = list(questions_of(policy_in_force(store)))
    names = [
        *(each.position for each in questions),
        *(reached_position(each.reader) for each in questions),
    ]
    at = store.followers.positions(names)
    return [
        AskedQuestion(
            reader=each.reader,
            url=urls.get(each.reader),
            objective=each.objective,
            system=each.system,
            interval_seconds=each.seconds,
            asked_until=time_text(time_of(at[each.position])) if at[each.position] else None,
            state="unreachable" if at[reached_position(each.reader)] else "reached",
            query=each.query,
        )
        for each in questions
    ]


def trial(store: Store, reader: ReaderSettings, at: datetime) -> list[TrialAnswer]:
    """What a server answers now for the interval that ended last before a time; nothing is kept.

    Raises NotFound, Unavailable (of the store).
    """
    client = Prometheus(reader)
    answers: list[TrialAnswer] = []
    for question in questions_of(policy_in_force(store)):
        if question.reader == reader.name:
            answers.extend(_tried(client, question, last_end(question, at)))
    return answers


def _tried(client: Prometheus, question: Question, end: int) -> Iterator[TrialAnswer]:
    shown = TrialAnswer(
        objective=question.objective,
        system=question.system,
        since=time_text(time_of(end - question.seconds)),
        until=time_text(time_of(end)),
        unit=question.unit,
    )
    try:
        found = ask(client, question, end)
    except Unreachable as error:
        yield msgspec.structs.replace(shown, said=f"cannot be reached: {error.reason}")
        return
    said = _said(found)
    if not found.measurements:
        yield msgspec.structs.replace(shown, said=said)
    for each in found.measurements:
        yield msgspec.structs.replace(
            shown, value=each.value, n=each.n, segment=dict(each.segment), said=said
        )


def _said(found: Taken) -> str:
    reading = found.reading
    reason = "" if reading.reason is None else f"no data: {reading.reason.label.lower()}"
    return "; ".join(filter(None, (reason, reading.detail, *reading.left_out, *reading.warnings)))
