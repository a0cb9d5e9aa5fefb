"""The streams that a release is judged by, and what they say together. Pure.

Whoever judges a release, to decide, to check or to explain it, loads the same streams: those that
`related` names by what it was given so far, until it names no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.domain.access.deciding import persons_of
from ledger.domain.access.roles import Holder, holder_stream
from ledger.domain.envelope import id_of, stream_id
from ledger.domain.evaluations import Evaluations, evaluations_stream
from ledger.domain.evidence.state import Evidence
from ledger.domain.incident.state import Incident
from ledger.domain.release.production import Production, production_stream
from ledger.domain.release.state import Release
from ledger.policy import Policy

KIND = "release"
"""The kind of a release's stream."""


def status_text(incident: Incident) -> str:
    """Where an incident stands, in words: "open", "closed", ..., "unknown" without an event."""
    return "unknown" if incident.status is None else incident.status.label.lower()


class Facts(NamedTuple):
    """What a release is judged by, at a time and by a policy.

    `evidence` is by its id. `before` is the newest other one that was decided go, ran in full and
    was not rolled back; None where there is none: then it is the first. `joined` are who signed, by
    their ids: two ids may be found to be one human's later.
    """

    id: str
    release: Release
    evidence: Mapping[str, Evidence]
    evaluations: Evaluations
    production: Production
    before: Release | None
    joined: Mapping[str, Holder]
    policy: Policy
    now: datetime

    def persons(self, of: Iterable[str]) -> frozenset[str]:
        """Every id of the humans behind some, by what is joined now."""
        return frozenset(each for person in of for each in persons_of(person, self.joined))


def related(stream: str, states: Mapping[str, Any]) -> tuple[str, ...]:
    """The streams that a release is judged by, as far as those that are given name them."""
    release: Release = states[stream]
    if not release.system:
        return ()
    return tuple(dict.fromkeys(_related(stream, release, states)))


def _related(stream: str, release: Release, states: Mapping[str, Any]) -> Iterator[str]:
    yield evaluations_stream(release.system, release.version)
    production = production_stream(release.system, release.environment)
    yield production
    if release.incident is not None:  # who may sign and decide may depend on its severity
        yield stream_id("incident", UUID(release.incident))
    yield from (stream_id("evidence", UUID(each.evidence)) for each in release.attached)
    yield from _decided_by(release)
    yield from _persons(release, states)
    if production in states:
        before = _before(stream, states[production])
        if before is not None:
            yield before
            if before in states:
                yield from _decided_by(states[before])


def _persons(release: Release, states: Mapping[str, Any]) -> Iterator[str]:
    """Who signed it, with all ids that are joined to theirs."""
    joined = (other for each in _joined(release, states).values() for other in each.joined)
    yield from map(_holder, sorted(_signed(release).union(joined)))


def _signed(release: Release) -> frozenset[str]:
    return frozenset(person for each in release.sign_offs for person in each.persons)


def _holder(person: str) -> str:
    return stream_id("access", holder_stream(person))


def _decided_by(release: Release) -> Iterator[str]:
    """The evidence by which a release was decided, which another may inherit."""
    if release.decided is not None:
        for each in release.decided.requirements:
            yield from (basis for basis in each.basis if basis.startswith("evidence/"))


def _before(stream: str, production: Production) -> str | None:
    """The stream of the other release that ran well last: what runs undecided is no measure."""
    good = production.good_before(id_of(stream))
    return None if good is None else stream_id(KIND, UUID(good.release))


def _joined(release: Release, states: Mapping[str, Any]) -> Mapping[str, Holder]:
    """The holders of who signed, and of all ids joined to theirs, as far as they are given."""
    found: dict[str, Holder] = {}
    waiting = list(_signed(release))
    while waiting:
        person = waiting.pop()
        if person not in found and _holder(person) in states:
            found[person] = states[_holder(person)].holder
            waiting += found[person].joined
    return found


def facts_of(stream: str, states: Mapping[str, Any], policy: Policy, now: datetime) -> Facts:
    """What the streams say; `states` has at least those that `related` names."""
    release: Release = states[stream]
    production: Production = states[production_stream(release.system, release.environment)]
    before = _before(stream, production)
    return Facts(
        id=id_of(stream),
        release=release,
        evidence={
            id_of(each): state for each, state in states.items() if each.startswith("evidence/")
        },
        evaluations=states[evaluations_stream(release.system, release.version)],
        production=production,
        before=states[before] if before is not None and states[before].system else None,
        joined=_joined(release, states),
        policy=policy,
        now=now,
    )
