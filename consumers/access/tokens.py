"""Tokens: handed out once, kept as digests, granted and revoked by events.

The log knows the token of a person or program by an opaque id; its name is beside the log.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from consumers.access.people import get_or_create_person, person_by_name
from ledger.domain.access import Grant, HolderKind, Revoke, opaque_name
from ledger.errors import Invalid
from ledger.execute import Context, Executor, GrantAccess, RevokeAccess
from ledger.store.port import Store
from ledger.store.side_records import Signing, TokenRow
from ledger.vocabulary import Scope, SourceKind

TOKEN_CHARACTERS = 32
_ALPHABET = string.ascii_letters + string.digits
SOURCE_SCOPES = (Scope.PUBLISH, Scope.REPORT, Scope.OPERATE)
"""What a source's token may have; each of them publishes."""
TOKEN_SCOPES = (Scope.REPORT, Scope.READ, Scope.AUDIT, Scope.OPERATE, Scope.ADMIN)
"""What the token of a person or program may have."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
TOKEN = re.compile(rf"[A-Za-z0-9]{{{TOKEN_CHARACTERS}}}")


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token, shown this once."""

    name: str
    token: str


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token it is, and what it may do; without its secret. `kind` is source or token."""

    name: str
    scope: Scope
    kind: HolderKind


def random_token() -> str:
    """A new secret: 32 letters and digits, 190 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_CHARACTERS))


def token_digest(token: str) -> str:
    """How the store knows a token: the SHA-256 of its 190 random bits, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def grant_source(
    executor: Executor,
    context: Context,
    name: str,
    kind: SourceKind,
    scope: Scope,
    signing: Signing | None = None,
) -> NewToken:
    """A token for an alerting system. Raises Invalid or Refused. Blocking."""
    if scope not in SOURCE_SCOPES:
        raise Invalid(
            f"A source cannot have scope {scope}.",
            errors=[("scope", f"expected one of {', '.join(SOURCE_SCOPES)}")],
        )
    grant = Grant(
        holder_kind=HolderKind.SOURCE,
        holder_name=_checked(name),
        holder=f"source/{name}",
        scope=scope,
        source_kind=kind,
    )
    return _grant(executor, context, grant, signing)


def grant_token(
    store: Store,
    executor: Executor,
    context: Context,
    name: str,
    scope: Scope,
    expires_at: datetime | None = None,
    *,
    person: str | None = None,
) -> NewToken:
    """A token for a person or program. Raises Invalid, Refused, or NotFound for an unknown id.

    It acts as `person`: a name, which is given an id where it has none yet, or an id
    ("person/<uuid>"); by default as the person of the token's own name. A source's token never
    expires: its alerts would be lost without anybody's doing.
    """
    if scope not in TOKEN_SCOPES:
        raise Invalid(
            "A token that publishes belongs to a source.",
            errors=[("scope", f"expected one of {', '.join(TOKEN_SCOPES)}")],
            remedy="Use airledger source add.",
        )
    grant = Grant(
        holder_kind=HolderKind.TOKEN,
        holder_name=opaque_name(uuid4()),
        shown=_checked(name),
        holder=(
            person_by_name(store, executor, context, name)
            if person is None
            else get_or_create_person(store, executor, context, person)
        ),
        scope=scope,
        expires_at=expires_at,
    )
    return _grant(executor, context, grant)


def revoke(executor: Executor, context: Context, kind: HolderKind, name: str) -> None:
    """Takes back a name's tokens; they open nothing from the next request on. Blocking."""
    executor.execute(RevokeAccess(revoke=Revoke(holder_kind=kind, holder_name=name)), context)


def is_name(text: str) -> bool:
    """Whether a source or token could have this name."""
    return _NAME.fullmatch(text) is not None


def sources_in_use(store: Store) -> Mapping[str, TokenRow]:
    """The registered sources by name, without those revoked. Blocking."""
    rows = store.access.tokens(HolderKind.SOURCE)
    return {row.holder_name: row for row in rows if not row.revoked}


def source_token(store: Store, name: str) -> TokenRow | None:
    """A source's token in use, else the last that it had. Blocking."""
    rows = [row for row in store.access.tokens(HolderKind.SOURCE) if row.holder_name == name]
    in_use = [row for row in rows if not row.revoked]
    return next(reversed(in_use or rows), None)


def _grant(
    executor: Executor, context: Context, grant: Grant, signing: Signing | None = None
) -> NewToken:
    token = random_token()
    executor.execute(GrantAccess(grant=grant, digest=token_digest(token), signing=signing), context)
    return NewToken(name=grant.shown or grant.holder_name, token=token)


def _checked(name: str) -> str:
    if not is_name(name):
        raise Invalid(
            f"{name!r} is no name for a token.",
            errors=[("name", "expected 1 to 100 letters, digits or any of . _ @ + -")],
        )
    return name


def holder_of(store: Store, token: str) -> TokenRow | None:
    """Who a token belongs to; None for one that is unknown, revoked or expired. Blocking."""
    if TOKEN.fullmatch(token) is None:
        return None
    row = store.access.token(token_digest(token))
    return row if row is not None and row.opens(datetime.now(UTC)) else None
