"""Nobody is locked out: somebody who can adopt another policy is always left."""

from datetime import datetime

from ledger.domain.access.deciding import ActsIn, Standing, acts_in, persons_of
from ledger.domain.access.roles import Holder
from ledger.domain.concern import Concern
from ledger.errors import Refused
from ledger.execute.standing import holder_of_actor, holder_stream_name
from ledger.execute.unit_of_work import Work
from ledger.policy import ADOPT_POLICY, Guards


def require_adopters(
    guards: Guards, at: datetime, work: Work, *, before: int | None = None
) -> None:
    """Raises Refused where too few persons hold a role in which a policy is adopted.

    One is needed where the RACI is enforced, two where two people are. With `before`, as many as
    `count_adopters` found before a change, only a change that leaves fewer is refused.
    """
    row = guards.row_for(ADOPT_POLICY)
    if not guards.access.enforce or row is None:
        return
    found = count_adopters(guards, at, work)
    needed = 2 if guards.access.two_people else 1
    if found < needed and (before is None or found < before):
        labels = guards.role_labels
        may = " or ".join(labels[each] for each in labels if each in row.may)
        raise Refused(
            "nobody_could_adopt",
            f"{needed} must hold a role in which a policy is adopted ({may}, for the "
            f"organisation), and {found} would.",
            remedy="Grant the role first: airledger role grant PERSON ROLE.",
        )


def count_adopters(guards: Guards, at: datetime, work: Work) -> int:
    """How many humans hold a role in which a policy is adopted; 0 where the RACI is not enforced.

    That those who are counted keep what they hold is a precondition of the append: of two
    revocations at once, one is decided again.
    """
    row = guards.row_for(ADOPT_POLICY)
    if not guards.access.enforce or row is None:
        return 0
    found = all_holders(work)
    humans = {
        persons_of(person, found)
        for person, holder in found.items()
        if acts_in(row, Concern(), _own(holder, at)) is not None
    }
    work.require_unchanged(holder_stream_name(each) for each in sorted(frozenset().union(*humans)))
    return len(humans)


def all_holders(work: Work) -> dict[str, Holder]:
    """What every person holds, by opaque id."""
    people = [person.id for person in work.store.access.people()]
    work.states.prefetch(map(holder_stream_name, people))
    return {person: holder_of_actor(person, work) for person in people}


def _own(holder: Holder, at: datetime) -> Standing:
    return Standing(persons=frozenset(), roles=tuple(map(ActsIn, holder.holds(at))))
