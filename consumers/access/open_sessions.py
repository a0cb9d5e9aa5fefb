"""Who is logged in, in a browser or on a command line: the list, and the end of one by others."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from consumers.access.people import AIRLEDGER, display_names
from ledger.domain.text import unmarked
from ledger.errors import NotFound
from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.side_records import (
    SESSION_IDLE,
    SESSION_LONGEST,
    Session,
    SessionEnded,
    TokenRow,
)
from ledger.vocabulary import ActsBy, Scope

BY_LINK = ""
"""The value, instead of a token's digest, in a session that a log-in link opened."""
VISITOR_NAME, VISITOR_SCOPE = "visitor", Scope.READ
"""The name of whoever came by a log-in link, and what he may do; the actor is airledger."""
ID_CHARACTERS = 16


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A browser or command line that is logged in. `id` names it, and opens nothing.

    `holder` is the name of its person or token, `scope` the widest of its `scopes`; `by` is what it
    was begun with: provider, token, or link for a log-in link. It ends at `ends_at` unless it is
    used before. Times are RFC 3339 in UTC.
    """

    id: str
    holder: str
    scope: Scope
    scopes: tuple[Scope, ...] = ()
    by: ActsBy
    command_line: bool = False
    begun_at: str
    seen_at: str
    ends_at: str


def is_open(session: Session, token: TokenRow | None, at: datetime) -> bool:
    """Whether a session opens anything; `token` is the one that began it, None without one."""
    if session.grant is not None:
        return at < session.grant.ends_at and at <= _unused_until(session)
    if session.token != BY_LINK and (token is None or not token.opens(at)):
        return False
    return at <= _unused_until(session)


def token_of(store: Store, session: Session) -> TokenRow | None:
    """The token that began a session; None where none did. Blocking."""
    if session.token == BY_LINK or session.grant is not None:
        return None
    return store.access.token(session.token)


def _unused_until(session: Session) -> datetime:
    """When a session expires if it is not used again."""
    return min(session.begun_at + SESSION_LONGEST, session.seen_at + SESSION_IDLE)


def open_sessions(store: Store, at: datetime, *, actor: str | None = None) -> list[SessionView]:
    """The sessions that open pages at this time, the last begun first; of one actor, or all.

    Blocking.
    """
    return [view for _, view in _open(store, at, actor)]


def end_session(store: Store, of: str, at: datetime, *, actor: str | None = None) -> SessionView:
    """Logs a browser out, by the id of its session; with `actor`, only one of that actor's.

    Raises NotFound for one that is not open. Blocking.
    """
    for session, view in _open(store, at, actor):
        if view.id == of:
            store.append([], [SessionEnded(digest=session.digest)])
            return view
    raise NotFound(
        f"There is no open session {of!r}.",
        remedy="See airledger session list: it may have ended by itself.",
    )


def _open(store: Store, at: datetime, actor: str | None) -> list[tuple[Session, SessionView]]:
    found = []
    names = display_names(store)
    for session in store.access.sessions():
        token = token_of(store, session)
        of = AIRLEDGER if token is None else token.holder
        if session.grant is not None:
            of = session.grant.person
        if is_open(session, token, at) and actor in {None, of}:
            found.append((session, _view(session, token, names)))
    return found


def session_id(digest: str) -> str:
    """What names the session of a cookie with this digest, and opens nothing."""
    return digest[:ID_CHARACTERS]


def _view(session: Session, token: TokenRow | None, names: Mapping[str, str]) -> SessionView:
    ends_at = _unused_until(session)
    scopes: tuple[Scope, ...] = (VISITOR_SCOPE,)
    holder, by = VISITOR_NAME, ActsBy.LINK
    if token is not None:
        holder, scopes, by = unmarked(token.shown_name), (token.scope,), ActsBy.TOKEN
        ends_at = min(ends_at, token.expires_at or ends_at)
    if (grant := session.grant) is not None:
        holder, scopes, by = names.get(grant.person, grant.person), grant.scopes, grant.by
        ends_at = min(ends_at, grant.ends_at)
    return SessionView(
        id=session_id(session.digest),
        holder=holder,
        scope=scopes[-1],
        scopes=scopes,
        by=by,
        command_line=grant is not None and grant.command_line,
        begun_at=time_text(session.begun_at),
        seen_at=time_text(session.seen_at),
        ends_at=time_text(ends_at),
    )
