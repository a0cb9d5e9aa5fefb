"""Tokens and people: events in the log, and rows outside of it."""

from ledger.domain import access as domain
from ledger.domain.access import ACCESS
from ledger.domain.identity import access_id
from ledger.errors import Refused
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import TokenRevoked, TokenRow


def streams_of(request: q.GrantAccess | q.RevokeAccess) -> tuple[str, ...]:
    """The stream of the name that a token has."""
    of = request.grant if isinstance(request, q.GrantAccess) else request.revoke
    return (ACCESS.stream(access_id(of.holder_kind, of.holder_name)),)


def grant_access(request: q.GrantAccess, context: Context, work: Work) -> Outcome:
    """Grants a token: an event, and its digest in the same transaction. Raises Refused."""
    grant = request.grant
    [stream] = streams_of(request)
    events = domain.decide(grant, work.states.loaded(stream).state, context.at)
    record_in_turn(stream, events, context, work)
    row = TokenRow(
        digest=request.digest,
        holder_kind=grant.holder_kind,
        holder_name=grant.holder_name,
        holder=grant.holder,
        scope=grant.scope,
        source_kind=grant.source_kind,
        granted_at=context.at,
        signing=request.signing,
        expires_at=grant.expires_at,
    )
    work.side_writes.append(row)
    return Outcome(events=len(events))


def revoke_access(request: q.RevokeAccess, context: Context, work: Work) -> Outcome:
    """Revokes all tokens of a name. Raises Refused."""
    revoke = request.revoke
    [stream] = streams_of(request)
    events = domain.decide(revoke, work.states.loaded(stream).state, context.at)
    record_in_turn(stream, events, context, work)
    work.side_writes.append(
        TokenRevoked(holder_kind=revoke.holder_kind, holder_name=revoke.holder_name)
    )
    return Outcome(events=len(events))


def streams_of_link(request: q.MakeLink) -> tuple[str, ...]:
    """The stream of the links of a person."""
    return (ACCESS.stream(access_id("link", request.person)),)


def make_link(request: q.MakeLink, context: Context, work: Work) -> Outcome:
    """Makes a one-time link: an event, and its digest in the same transaction."""
    [stream] = streams_of_link(request)
    made = domain.LinkMade(
        at=context.at,
        person=request.person,
        scopes=request.scopes,
        expires_at=request.secret.expires_at,
    )
    record_in_turn(stream, (made,), context, work)
    work.side_writes.append(request.secret)
    return Outcome(events=1)


def register_person(request: q.RegisterPerson, context: Context, work: Work) -> Outcome:
    """Stores a person's name and id. A name that is stored keeps its id. Raises Refused."""
    person, people = request.person, work.store.access.people()
    if any(person.name == known.name for known in people if not known.identified):
        return Outcome()
    if person.os_user is not None and any(person.os_user == known.os_user for known in people):
        raise Refused(
            "os_user_in_use",
            f"The operating-system user {person.os_user!r} belongs to another person.",
            remedy="Add the person without an operating-system user.",
        )
    if work.claims.claim_once("person", person.name):
        work.side_writes.append(person)
    return Outcome()
