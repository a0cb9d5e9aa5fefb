"""Who asks, as the log says: loads the streams of roles, and asks `decide_access`."""

from typing import NamedTuple

from ledger.domain.access import ACCESS
from ledger.domain.access.deciding import (
    Asked,
    Asker,
    Standing,
    counts_as,
    decide_access,
    holders_around,
    standing_of,
)
from ledger.domain.access.roles import Holder, holder_stream
from ledger.domain.envelope import Acting
from ledger.domain.stream_type import Sender
from ledger.execute.context import Context
from ledger.execute.unit_of_work import Work


class Allowed(NamedTuple):
    """A command may be sent: as what, and by whom it counts as sent."""

    acting: Acting | None
    sender: Sender
    standing: Standing


def require_allowed(asked: Asked, asker: Asker, context: Context, work: Work) -> Allowed:
    """Raises Forbidden where whoever sends a command may not.

    What the streams say of the sender is a precondition of the append: a role that is revoked
    meanwhile has the command decided again.
    """
    standing = standing_in(context, asker, work)
    acting = decide_access(asked, asker, standing, work.guards())
    roles = frozenset((each.at.role, each.at.system) for each in standing.roles)
    own = {each.at for each in standing.roles if each.holder is None}
    deputy_in = frozenset(
        (each.at.role, each.at.system, each.holder)
        for each in standing.roles
        if each.holder is not None and each.at not in own
    )
    persons, in_person = counts_as(acting, standing), asker.by.is_person
    sender = Sender(context.actor, persons, acting.role, roles, in_person, deputy_in)
    return Allowed(None if acting == Acting() else acting, sender, standing)


def standing_in(context: Context, asker: Asker, work: Work) -> Standing:
    """What the streams say of the actor of a request."""
    holders = holders_around(context.actor, context.at, lambda each: holder_of_actor(each, work))
    work.require_unchanged(holder_stream_name(each) for each in holders)
    return standing_of(context.actor, holders, context.at, by=asker.by)


def holder_of_actor(actor: str, work: Work) -> Holder:
    """What an actor holds, by his stream alone."""
    state = work.states.loaded(holder_stream_name(actor)).state
    holder: Holder = state.holder
    return holder


def holder_stream_name(actor: str) -> str:
    """The name of an actor's stream."""
    return ACCESS.stream(holder_stream(actor))
