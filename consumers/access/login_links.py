"""One-time links: each logs one person in, in one browser, once."""

from datetime import datetime, timedelta

import msgspec

from consumers.access.people import get_or_create_person
from consumers.access.single_use import kept_secret
from consumers.access.tokens import random_token
from ledger.errors import Invalid
from ledger.execute import Context, Executor, MakeLink
from ledger.store.port import Store
from ledger.vocabulary import Scope

LINK = "link"
"""The kind of these secrets in the store."""
LONGEST = timedelta(days=1)
"""A link works no longer than that."""


class LinkedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a link logs in, and what the session may do."""

    person: str
    scopes: tuple[Scope, ...]


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link's secret, shown this once, and the opaque id of its person."""

    person: str
    secret: str


def make_link(
    store: Store,
    executor: Executor,
    context: Context,
    *,
    person: str,
    scopes: tuple[Scope, ...],
    expires_at: datetime,
) -> NewLink:
    """A link for a person: a name, which is given on first use, or an opaque id. Blocking.

    Raises Invalid, Refused for a name that several have, NotFound for an unknown id.
    """
    lasts = expires_at - context.at
    if not timedelta(0) < lasts <= LONGEST:
        raise Invalid(
            "A one-time link works for a while that is still to come, and for a day at most.",
            errors=[("expires", "expected a span such as 15m, up to 24h")],
        )
    if not scopes or Scope.PUBLISH in scopes:
        raise Invalid(
            "A person's session reports, reads, audits, operates or administers.",
            errors=[("scope", "expected report, read, audit, operate or admin")],
        )
    of = get_or_create_person(store, executor, context, person)
    secret = random_token()
    linked = LinkedPerson(person=of, scopes=tuple(each for each in Scope if each in scopes))
    kept = kept_secret(secret, LINK, linked, context.at, lasts)
    executor.execute(MakeLink(person=of, scopes=linked.scopes, secret=kept), context)
    return NewLink(person=of, secret=secret)
