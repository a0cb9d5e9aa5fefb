"""Evidence and phases, in any order and under any clock, come to what a naive reading says."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain import evidence as v
from ledger.domain import system as y
from ledger.domain.command import Command
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import evidence_id, system_id
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import ExecuteCommand
from tests.harness.commands import EVERYTHING
from tests.property.year.test_year import memory
from tests.unit.reactor.watch import DAY, HOUR, Watch, watch

PHASES = list(y.Phase)
OWED: dict[int, tuple[frozenset[str], frozenset[str]]] = {
    1: (frozenset({"legal_basis"}), frozenset()),
    2: (frozenset({"dataset_card"}), frozenset()),
    3: (frozenset({"red_team_report"}), frozenset({"tra", "dpia"})),
}
"""What the shipped policy wants before a phase is left, by the phase's place: all, and one of."""
KINDS = ("legal_basis", "dataset_card", "red_team_report", "tra")
DOCUMENTS = [
    (kind, system, number)
    for number in (0, 1)
    for kind in KINDS
    for system in ("chat", None, "search")
]
Step = tuple[str, Any]


@dataclass
class Document:
    """A document as it was filed, and what became of it."""

    kind: str
    system: str | None
    number: int
    until: datetime | None = None
    is_filed: bool = False
    is_over: str = ""
    marks: list[datetime] = field(default_factory=list)

    @property
    def id(self) -> Any:
        return evidence_id(self.kind, self.system, f"{DOCUMENTS.index(self.of):064x}")

    @property
    def of(self) -> tuple[str, str | None, int]:
        return self.kind, self.system, self.number

    def has_expired(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    def counts(self, now: datetime) -> bool:
        return self.is_filed and not self.is_over and not self.has_expired(now)


class Naive:
    """What should be so: of each document, and in which phases the iterations of a system are."""

    def __init__(self) -> None:
        self.documents = [Document(*of) for of in DOCUMENTS]
        self.phases = [0]

    def file(self, document: Document, until: datetime | None) -> bool:
        if document.is_over:
            return False
        changes = until is not None and until != document.until
        if document.is_filed and not changes:
            return False
        document.is_filed = True
        document.until = until or document.until
        return True

    def supersede(self, document: Document, other: Document, now: datetime) -> bool:
        alike = document.of[:2] == other.of[:2] and document is not other
        if not document.is_filed or document.is_over or not alike or not other.counts(now):
            return False
        document.is_over = "superseded"
        return True

    def enter(self, place: int, reason: str, named: Sequence[Document], now: datetime) -> bool:
        at = self.phases[-1]
        if place == at or place > at + 1 or (place < at and not reason):
            return False
        if not all(each.counts(now) and each.system in ("chat", None) for each in named):
            return False
        if place > at:
            everything, one_of = OWED.get(at, (frozenset(), frozenset()))
            kinds = {each.kind for each in named}
            if not everything <= kinds or (one_of and not one_of & kinds):
                return False
        self.phases[-1] = place
        return True

    def tick(self, now: datetime) -> None:
        for each in self.documents:
            is_marked = each.marks[-1:] == [each.until]
            if each.until and not each.is_over and each.has_expired(now) and not is_marked:
                each.marks.append(each.until)


def asked(desk: Watch, kind: str, subject: Any, command: Command) -> bool:
    request = ExecuteCommand(kind=kind, subject=subject, command=command, asker=EVERYTHING)
    with suppress(Refused, Invalid, NotFound):
        return desk.executor.execute(request, desk.context()).events > 0
    return False


def pass_time(desk: Watch, naive: Naive, step: Step) -> None:
    """Lets one thing happen, in the ledger and by the naive reading, and compares the two."""
    what, given_ = step
    done, expected = True, True
    match what:
        case "wait":
            desk.now += given_
        case "tick":
            desk.look()
            naive.tick(desk.now)
        case "file":
            document = naive.documents[given_[0]]
            until = None if given_[1] is None else desk.now + given_[1]
            command = v.FileEvidence(
                kind=document.kind,
                title="A document",
                digest=f"{given_[0]:064x}",
                system=document.system,
                valid_until=until,
            )
            done = asked(desk, "evidence", document.id, command)
            expected = naive.file(document, until)
        case "withdraw":
            document = naive.documents[given_]
            done = asked(desk, "evidence", document.id, v.WithdrawEvidence(reason="Wrong."))
            expected = document.is_filed and document.is_over != "withdrawn"
            document.is_over = "withdrawn" if document.is_filed else ""
        case "supersede":
            document, other = (naive.documents[each] for each in given_)
            by = v.SupersedeEvidence(by=str(other.id))
            done = asked(desk, "evidence", document.id, by)
            expected = naive.supersede(document, other, desk.now)
        case "iterate":
            done = asked(desk, "system", system_id("chat"), y.BeginIteration())
            naive.phases.append(0)
        case "enter":
            forward, reason, numbers = given_
            place = min(max(naive.phases[-1] + forward, 0), len(PHASES) - 1)
            named = [naive.documents[each] for each in numbers]
            enter = y.EnterPhase(
                phase=PHASES[place], reason=reason, evidence=[str(each.id) for each in named]
            )
            done = asked(desk, "system", system_id("chat"), enter)
            expected = naive.enter(place, reason, named, desk.now)
    assert expected == done, step


def live(steps: Sequence[Step]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=memory()) as directory,
        watch(Path(directory)) as desk,
    ):
        naive = Naive()
        register = y.RegisterSystem(system="chat", title="Chat", intended_purpose="Answers.")
        assert asked(desk, "system", system_id("chat"), register)
        for step in (*steps, ("tick", None), ("tick", None)):
            pass_time(desk, naive, step)
        _audit(desk, naive)


def _audit(desk: Watch, naive: Naive) -> None:
    state: Callable[..., Any] = lambda kind, of: kind.folded(  # noqa: E731
        each.event for each in desk.events() if each.stream == kind.stream(of)
    )
    assert [PHASES[each] for each in naive.phases] == list(
        state(y.SYSTEM, system_id("chat")).phases
    )
    marked = [
        (uuid_of(each.stream), each.event.valid_until)
        for each in desk.events()
        if isinstance(each.event, v.EvidenceExpired)
    ]
    for document in naive.documents:
        assert document.marks == [end for of, end in marked if of == document.id]
        found = state(v.EVIDENCE, document.id)
        over = "withdrawn" if found.withdrawn else "superseded" if found.superseded_by else ""
        assert (document.is_filed, document.is_over, document.until) == (
            bool(found.digest),
            over,
            found.valid_until,
        )


HALF = len(DOCUMENTS) // 2
ALIKE = [*((at, at + HALF) for at in range(HALF)), *((at + HALF, at) for at in range(HALF))]
ALL_FILED: list[Step] = [("file", (at, None)) for at in range(len(DOCUMENTS))]
NUMBER = st.integers(0, len(DOCUMENTS) - 1)
MINE = st.sampled_from([at for at, of in enumerate(DOCUMENTS) if of[1] != "search"])
SPAN = st.sampled_from([None, HOUR, DAY, 30 * DAY, timedelta(0), -HOUR])
NAMED = st.one_of(
    st.lists(MINE | NUMBER, max_size=4, unique=True),
    st.sampled_from([[*range(first, first + HALF, 3)] for first in (0, 1, HALF)]),
)
KINDS_OF_STEPS: list[st.SearchStrategy[Step]] = [
    st.tuples(st.just("file"), st.tuples(MINE | NUMBER, SPAN)),
    *[
        st.tuples(
            st.just("enter"),
            st.tuples(
                st.sampled_from([1, 1, 1, 2, 0, -1, -3]), st.sampled_from(["", "Back."]), NAMED
            ),
        )
    ]
    * 3,
    st.tuples(st.just("wait"), st.sampled_from([HOUR, DAY, 20 * DAY])),
    st.tuples(st.just("tick"), st.none()),
    st.tuples(st.just("withdraw"), NUMBER),
    st.tuples(st.just("supersede"), st.tuples(NUMBER, NUMBER)),
    st.tuples(st.just("supersede"), st.sampled_from(ALIKE)),
    st.tuples(st.just("iterate"), st.none()),
]
STEP = st.sampled_from(range(len(KINDS_OF_STEPS))).flatmap(lambda at: KINDS_OF_STEPS[at])
LIVES = st.builds(
    lambda begin, steps: [*begin, *steps],
    st.sampled_from([[], ALL_FILED, ALL_FILED]),
    st.lists(STEP, min_size=5, max_size=40),
)


def test_evidence_and_phases_come_to_what_a_naive_reading_says() -> None:
    settings(max_examples=25)(given(LIVES)(live))()


@pytest.mark.soak
def test_many_lives_of_evidence_come_to_what_a_naive_reading_says() -> None:
    settings(max_examples=2_000)(given(LIVES)(live))()
