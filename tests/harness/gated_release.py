"""A release behind as many gates' requirements as asked for, straight through the store.

Of ten requirements two are for cards, five for measurements, two for approvals and one for a way
back; two more are the sign-offs. Each has evidence or evaluations of its own that meet it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger, new_id
from consumers.read_service.release_facts import facts_now
from ledger.domain import evidence as ev
from ledger.domain import release as r
from ledger.domain.access.deciding import HOST
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Event, Recorded
from ledger.domain.evaluations import EvaluationRecorded, evaluations_stream
from ledger.domain.evidence.checking import rules_digest
from ledger.domain.evidence.events import EvidenceApproved, EvidenceAttested, EvidenceChecked
from ledger.domain.evidence.words import CardVerdict
from ledger.domain.identity import evidence_id, named, release_id
from ledger.domain.metric import METRIC
from ledger.domain.metric.events import Measured
from ledger.domain.policy import AdoptPolicy
from ledger.domain.release import events as e
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.facts import Facts
from ledger.domain.release.judging import Judgement, judge
from ledger.domain.release.words import Decision
from ledger.execute import AdoptPolicyRequest
from ledger.policy import shipped
from ledger.store.mapper import EnvelopeMapper
from ledger.vocabulary import ArtefactKind, Direction, Purpose

SYSTEM, VERSION, ENVIRONMENT = "assistant", "1.0.0", "production"
REF = f"{SYSTEM}@{VERSION}"
RELEASE_ID = release_id(SYSTEM, VERSION, ENVIRONMENT)
SIGNERS = {
    "product_owner": f"person/{UUID(int=1)}",
    "governance_lead": f"person/{UUID(int=2)}",
}
MODEL, PROMPT = (hashlib.sha256(each).hexdigest() for each in (b"model", b"prompt"))
ARTEFACTS = (
    Artefact(kind=ArtefactKind.MODEL, name="llm", digest=MODEL),
    Artefact(kind=ArtefactKind.PROMPT, name="triage", digest=PROMPT),
)
_KINDS = ("card", "measurement", "approval", "measurement", "measurement") * 2
_ASKED = {
    "card": 'by = "card", evidence = ["model_card"]',
    "measurement": 'by = "measurement", metric = "pass@5", comparison = ">=", target = 0.82, '
    'unit = "1", min_n = 20, max_age = "P90D", segment = {{ part = "{number}" }}',
    "approval": 'by = "approval", evidence = ["dpia"], roles = ["governance_lead"]',
    "rollback": 'by = "rollback", evidence = ["snapshot"], first = ["rollback_plan"], '
    'max_age = "P90D"',
}


def asked_kinds(requirements: int) -> list[str]:
    """By what each requirement is judged, without the two sign-offs."""
    return [
        "rollback" if number % 10 == 9 else _KINDS[number % 10]
        for number in range(requirements - len(SIGNERS))
    ]


def gated_policy(requirements: int) -> str:
    """The policy as shipped, but for its gates."""
    before, _, behind = shipped().partition("[[gates]]")
    after = behind[behind.index("# Where a release needs a decision") :]
    checks = [
        f'    {{ id = "r{number}", words = "Requirement {number}", '
        f"{_ASKED[kind].format(number=number)} }},"
        for number, kind in enumerate(asked_kinds(requirements))
    ]
    signed = [
        f'    {{ id = "{role}", words = "Signed by {role}", by = "sign_off", roles = ["{role}"] }},'
        for role in SIGNERS
    ]
    gates = [
        f'[[gates]]\nid = "{name}"\ntitle = "{name}"\nrequires = ["All of them"]\n'
        "checks = [\n" + "\n".join(of) + "\n]\n"
        for name, of in (("all", checks), ("sign_off", signed))
    ]
    return (
        before
        + "\n".join(gates)
        + "\n"
        + after.replace('inherits = ["documentation", "compliance", "rollback"]', "inherits = []")
    )


class GatedRelease:
    """A release in a ledger, proposed `ago` before now with all that its gates ask for."""

    def __init__(
        self,
        ledger: Ledger,
        requirements: int,
        *,
        artefacts: Sequence[Artefact] = ARTEFACTS,
        at: datetime | None = None,
    ) -> None:
        self._ledger = ledger
        self.at = at or datetime.now(UTC) - timedelta(hours=1)
        self._mapper = EnvelopeMapper(CODEC)
        self._versions: dict[str, int] = {}
        self.stream = r.RELEASE.stream(RELEASE_ID)
        adopt = AdoptPolicy(text=gated_policy(requirements), reason="Gates.")
        request = AdoptPolicyRequest(command=adopt, asker=HOST)
        ledger.executor.execute(request, ledger.services.context())
        self._propose(requirements, tuple(artefacts))

    def judged(self) -> Judgement:
        """What the gates come to now."""
        return judge(self._facts())

    def sign(self) -> None:
        """Both persons sign what it is."""
        judged = self.judged()
        self.append(
            (
                self.stream,
                e.ReleaseSignedOff(
                    at=self._next(),
                    role=role,
                    person=person,
                    persons=(person,),
                    subject_digest=judged.subject_digest,
                    verdicts={
                        each.id: each.verdict
                        for each in judged.requirements
                        if each.id not in SIGNERS
                    },
                ),
            )
            for role, person in SIGNERS.items()
        )

    def decide(self, decision: Decision = Decision.GO, reason: str = "") -> int:
        """A person decides; the leaf of the decision, which is sealed."""
        judged = self.judged()
        decided = e.ReleaseDecided(
            at=self._next(),
            decision=decision,
            person=SIGNERS["product_owner"],
            role="product_owner",
            subject_digest=judged.subject_digest,
            requirements=judged.requirements,
            artefacts=self._facts().release.artefacts,
            change_class="major",
            reason=reason or UNSET,
        )
        self.append([(self.stream, decided)])
        return self._ledger.store.size() - 1

    def append(self, events: Iterable[tuple[str, Event]]) -> None:
        """Appends events to streams, and seals them."""
        self._ledger.store.append([self._mapper.to_new_event(each) for each in self._all(events)])
        self._ledger.sealer.seal()

    def _facts(self) -> Facts:
        return facts_now(self._ledger, RELEASE_ID, policy_in_force(self._ledger.store))

    def _next(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def _propose(self, requirements: int, artefacts: tuple[Artefact, ...]) -> None:
        proposed = e.ReleaseProposed(
            at=self.at,
            system=SYSTEM,
            version=VERSION,
            environment=ENVIRONMENT,
            change_class="major",
            authors=("source/bench",),
            artefacts=artefacts,
        )
        policy = policy_in_force(self._ledger.store)
        rules = rules_digest(policy.evidence.complete["model_card"])
        found: list[tuple[str, Event]] = [(self.stream, proposed)]
        for number, kind in enumerate(asked_kinds(requirements)):
            found += (
                self._measured(number)
                if kind == "measurement"
                else self._papers(number, kind, rules)
            )
        self.append(found)

    def _measured(self, number: int) -> Iterator[tuple[str, Event]]:
        at, of = self._next(), named("measurement", SYSTEM, str(number))
        segment = {"part": str(number)}
        yield (
            METRIC.stream(of),
            Measured(
                at=at,
                system=SYSTEM,
                metric="pass@5",
                value=0.91,
                unit="1",
                standard_value=0.91,
                standard_unit="1",
                direction=Direction.HIGHER,
                n=400,
                segment=segment,
                purpose=Purpose.EVALUATION,
                release=VERSION,
            ),
        )
        yield (
            evaluations_stream(SYSTEM, VERSION),
            EvaluationRecorded(
                at=at,
                system=SYSTEM,
                version=VERSION,
                measurement=str(of),
                metric="pass@5",
                value=0.91,
                unit="1",
                direction=Direction.HIGHER,
                n=400,
                segment=segment,
            ),
        )

    def _papers(self, number: int, asked: str, rules: str) -> Iterator[tuple[str, Event]]:
        kind = {"card": "model_card", "approval": "dpia", "rollback": "rollback_plan"}[asked]
        digest = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
        of = evidence_id(kind, SYSTEM, digest)
        stream, person = ev.EVIDENCE.stream(of), SIGNERS["governance_lead"]
        yield (
            stream,
            ev.EvidenceFiled(
                at=self._next(),
                evidence_kind=kind,
                title=f"{kind} {number}",
                digest=digest,
                system=SYSTEM,
                release=VERSION,
                size=400,
                media_type="text/markdown",
            ),
        )
        done: Event
        match asked:
            case "card":
                done = EvidenceChecked(
                    at=self._next(),
                    verdict=CardVerdict.COMPLETE,
                    reason="Everything is there.",
                    rules=rules,
                )
            case "approval":
                done = EvidenceApproved(
                    at=self._next(), person=person, role="governance_lead", release=VERSION
                )
            case _:
                done = EvidenceAttested(
                    at=self._next(), person=person, statement="It was tried.", release=VERSION
                )
        yield stream, done
        attached = e.ReleaseEvidenceAttached(
            at=self._next(), requirement=f"r{number}", evidence=str(of), digest=digest
        )
        yield self.stream, attached

    def _all(self, events: Iterable[tuple[str, Event]]) -> list[Recorded]:
        first = self._ledger.store.size()
        found = []
        for place, (stream, event) in enumerate(events):
            self._versions[stream] = self._versions.get(stream, 0) + 1
            found.append(
                Recorded(
                    event=event,
                    stream=stream,
                    version=self._versions[stream],
                    leaf=first + place,
                    id=new_id(),
                    recorded_at=self.at,
                    actor="source/bench",
                    source="source/bench",
                    correlation=str(RELEASE_ID),
                )
            )
        return found
