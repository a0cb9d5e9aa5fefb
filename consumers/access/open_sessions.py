"""Browsers that are logged in: who they are listed for, and how they are logged out by others."""

from datetime import datetime

import msgspec

from consumers.access.people import AIRLEDGER
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
from ledger.vocabulary import Scope

BY_LINK = ""
"""The value, instead of a token's digest, in a session that a log-in link opened."""
VISITOR_NAME, VISITOR_SCOPE = "visitor", Scope.READ
"""The name of whoever came by a log-in link, and what he may do; the actor is airledger."""
ID_CHARACTERS = 16


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is logged in. `id` names it, and opens nothing.

    `holder` is the name of its token, whose `scope` it has; `by` is what it was begun with: token,
    or link for a log-in link. It ends at `ends_at` unless it is used before. Times are RFC 3339 in
    UTC.
    """

    id: str
    holder: str
    scope: Scope
    by: str
    begun_at: str
    seen_at: str
    ends_at: str


def is_open(session: Session, token: TokenRow | None, at: datetime) -> bool:
    """Whether a session opens pages; `token` is the one that began it, None where none is kept."""
    if session.token != BY_LINK and (token is None or not token.opens(at)):
        return False
    return at <= _unused_until(session)


def token_of(store: Store, session: Session) -> TokenRow | None:
    """The token that began a session; None for a log-in link's. Blocking."""
    return None if session.token == BY_LINK else store.access.token(session.token)


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
    for session in store.access.sessions():
        token = token_of(store, session)
        of = AIRLEDGER if token is None else token.holder
        if is_open(session, token, at) and actor in {None, of}:
            found.append((session, _view(session, token)))
    return found


def session_id(digest: str) -> str:
    """What names the session of a cookie with this digest, and opens nothing."""
    return digest[:ID_CHARACTERS]


def _view(session: Session, token: TokenRow | None) -> SessionView:
    ends_at = _unused_until(session)
    if token is not None and token.expires_at is not None:
        ends_at = min(ends_at, token.expires_at)
    return SessionView(
        id=session_id(session.digest),
        holder=VISITOR_NAME if token is None else token.shown_name,
        scope=VISITOR_SCOPE if token is None else token.scope,
        by="link" if token is None else "token",
        begun_at=time_text(session.begun_at),
        seen_at=time_text(session.seen_at),
        ends_at=time_text(ends_at),
    )
