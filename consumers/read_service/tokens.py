"""The list of tokens and sources: what each may do, as whom, and when it was last used."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from consumers.access.people import display_names
from consumers.read_service.items import Items, cut
from ledger.domain.access import HolderKind
from ledger.domain.identity import source_id
from ledger.domain.text import unmarked
from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.side_records import TokenRow

_CURSOR_CHARACTERS = 16


class TokenState(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. `holder` is source or token, `kind` a source's format.

    `id` is what the log calls it. `person` is the name of whom it acts as, `actor` that one's
    opaque id; both are of a source as well, whose actor is itself. Times are RFC 3339 in UTC;
    `used_at` is exact to ten minutes. `heard_at` is when a source last sent a body or record, exact
    to 15 seconds.
    """

    name: str
    holder: HolderKind
    id: str
    scope: str
    kind: str | None
    person: str | None
    actor: str
    granted_at: str
    revoked: bool
    expires_at: str | None = None
    expired: bool = False
    used_at: str | None = None
    heard_at: str | None = None

    @property
    def state(self) -> str:
        """Whether it opens anything, in words."""
        return "revoked" if self.revoked else "expired" if self.expired else "in use"


def tokens(
    store: Store,
    at: datetime,
    *,
    holder: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[TokenState]:
    """Sources, then tokens, revoked ones included, the oldest first; `holder` takes one kind.

    `at` is the time by which they expire. Raises Invalid for an invalid cursor. Blocking.
    """
    kinds = [each for each in HolderKind if holder in {None, each.value}]
    rows = [row for kind in kinds for row in store.access.tokens(kind)]
    shown, behind = cut(rows, _place, cursor=cursor, limit=limit)
    names, uses = display_names(store), store.access.token_uses()
    sources = [row.holder_name for row in shown if row.holder_kind == HolderKind.SOURCE]
    heard = store.last_seen.times(map(source_id, sources))
    items = [_state(row, at, names, uses, heard) for row in shown]
    return Items(items=items, next=behind)


def _place(row: TokenRow) -> str:
    return row.digest[:_CURSOR_CHARACTERS]


def _state(
    row: TokenRow,
    at: datetime,
    names: Mapping[str, str],
    uses: Mapping[str, datetime],
    heard: Mapping[UUID, datetime],
) -> TokenState:
    used_at = uses.get(row.digest)
    is_source = row.holder_kind == HolderKind.SOURCE
    heard_at = heard.get(source_id(row.holder_name)) if is_source else None
    return TokenState(
        name=unmarked(row.shown_name),
        holder=HolderKind(row.holder_kind),
        id=row.holder_name,
        scope=row.scope,
        kind=row.source_kind,
        person=names.get(row.holder),
        actor=row.holder,
        granted_at=time_text(row.granted_at),
        revoked=row.revoked,
        expires_at=time_text(row.expires_at) if row.expires_at else None,
        expired=row.is_expired(at),
        used_at=time_text(used_at) if used_at else None,
        heard_at=time_text(heard_at) if heard_at else None,
    )
