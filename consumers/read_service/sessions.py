"""The list of browsers that are logged in."""

from datetime import datetime

from consumers.access.open_sessions import SessionView, open_sessions
from consumers.read_service.items import Items
from ledger.errors import Invalid
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
    if cursor is not None:
        before = [place for place, view in enumerate(found) if view.id == cursor]
        if not before:
            raise Invalid(
                "Invalid cursor for this list.",
                errors=[("cursor", "expected `next` of the previous page")],
                remedy="Begin again: a session that ended meanwhile is no cursor.",
            )
        found = found[before[0] + 1 :]
    shown = found[:limit]
    return Items(items=shown, next=shown[-1].id if len(shown) < len(found) else None)
