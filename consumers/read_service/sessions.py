"""The list of browsers that are logged in."""

from datetime import datetime

from consumers.access.open_sessions import SessionView, open_sessions
from consumers.read_service.items import Items, cut
from ledger.store.port import Store


def session_page(
    store: Store,
    at: datetime,
    *,
    actor: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[SessionView]:
    """A page of them; `cursor` is the id of the session before it. Raises Invalid. Blocking."""
    found = open_sessions(store, at, actor=actor)
    shown, behind = cut(
        found,
        lambda view: view.id,
        cursor=cursor,
        limit=limit,
        remedy="Begin again: a session that ended meanwhile is no cursor.",
    )
    return Items(items=list(shown), next=behind)
