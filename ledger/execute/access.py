"""Tokens and people: events in the log, and rows outside of it."""

from msgspec.structs import replace

from ledger.domain import access as domain
from ledger.domain.access import ACCESS, Grant, HolderKind, Revoke
from ledger.domain.identity import access_id, person_key, source_id
from ledger.domain.source import SOURCE, end_silence
from ledger.errors import Refused
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import TokenNamed, TokenRevoked, TokenRow


def streams_of(request: q.GrantAccess | q.RevokeAccess) -> tuple[str, ...]:
    """The stream of what the log calls a token; of one that is revoked by its name, perhaps."""
    of = request.grant if isinstance(request, q.GrantAccess) else request.revoke
    return (_stream(of.holder_kind, of.holder_name),)


def grant_access(request: q.GrantAccess, context: Context, work: Work) -> Outcome:
    """Grants a token: an event, and its digest in the same transaction. Raises Refused.

    Raises ValueError where the event would name whose token it is.
    """
    grant = request.grant
    if grant.holder_kind is HolderKind.TOKEN:
        _give_name(grant, context, work)
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
        name=grant.shown,
    )
    work.side_writes.append(row)
    return Outcome(events=len(events))


def _give_name(grant: Grant, context: Context, work: Work) -> None:
    """Has a name stand for the token that is granted. Raises Refused while it has another.

    Of two grants at once the second to be stored is decided again.
    """
    if not domain.is_opaque(grant.holder_name) or not grant.shown:
        raise ValueError("a token is granted under an opaque id, and has a name beside the log")
    # Read before the tokens: a grant that they do not show yet has changed it by the append.
    before = work.store.access.token_named(grant.shown)
    rows = work.store.access.tokens(grant.holder_kind)
    in_use = any(row.shown_name == grant.shown and row.opens(context.at) for row in rows)
    if in_use or not work.claims.claim_once("token", grant.shown):
        raise domain.name_in_use(grant.holder_kind, grant.shown)
    named = TokenNamed(name=grant.shown, before=before, holder_name=grant.holder_name)
    work.side_writes.append(named)


def revoke_access(request: q.RevokeAccess, context: Context, work: Work) -> Outcome:
    """Revokes all tokens of a name. Raises Refused."""
    recorded = 0
    revoke = request.revoke
    for holder_name in _called(revoke, work):
        of = replace(revoke, holder_name=holder_name, shown=revoke.holder_name)
        stream = _stream(of.holder_kind, holder_name)
        events = domain.decide(of, work.states.loaded(stream).state, context.at)
        record_in_turn(stream, events, context, work)
        recorded += len(events)
        work.side_writes.append(TokenRevoked(holder_kind=of.holder_kind, holder_name=holder_name))
    if revoke.holder_kind is HolderKind.SOURCE:
        recorded += _end_silence(revoke.holder_name, context, work)
    return Outcome(events=recorded)


def _end_silence(source: str, context: Context, work: Work) -> int:
    """Records that nobody waits any longer for a source that was silent; how many events."""
    stream = SOURCE.stream(source_id(source))
    events = end_silence(work.states.loaded(stream).state, source, context.at)
    record_in_turn(stream, events, context, work)
    return len(events)


def _called(revoke: Revoke, work: Work) -> list[str]:
    """What the log calls the tokens of a name that are not revoked; the name where there is none.

    That finds one whose row was lost: the log has it under this id, or the name that it had there.
    """
    name = revoke.holder_name
    if revoke.holder_kind is not HolderKind.TOKEN or domain.is_opaque(name):
        return [name]
    rows = work.store.access.tokens(revoke.holder_kind)
    found = [row.holder_name for row in rows if row.shown_name == name and not row.revoked]
    return list(dict.fromkeys(found)) or [name]


def _stream(kind: HolderKind, holder_name: str) -> str:
    return ACCESS.stream(access_id(kind, holder_name))


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
    """Stores a person's name and id. Raises Refused.

    A name that is stored keeps its id, also where it differs in case, spaces or what is unseen.
    """
    person, people = request.person, work.store.access.people()
    name = person_key(person.name)
    if any(name == person_key(known.name) for known in people if not known.identified):
        return Outcome()
    if person.os_user is not None and any(person.os_user == known.os_user for known in people):
        raise Refused(
            "os_user_in_use",
            f"The operating-system user {person.os_user!r} belongs to another person.",
            remedy="Add the person without an operating-system user.",
        )
    if work.claims.claim_once("person", name):
        work.side_writes.append(person)
    return Outcome()
