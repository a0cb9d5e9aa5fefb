"""Browser sessions: a random cookie, whose digest the store keeps.

A session ends on log-out, when its token is revoked, after 12 hours without a request, or after 7
days; one that the provider or a link began, when its grant says.
"""

import asyncio
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from consumers.access.open_sessions import BY_LINK, is_open, token_of
from consumers.access.tokens import TOKEN, token_digest
from consumers.container.ledger import now
from consumers.container.reads import ReadRecord
from ledger.domain.text import unmarked
from ledger.errors import Unavailable
from ledger.store.port import Store
from ledger.store.read_records import ReadKind
from ledger.store.side_records import (
    Session,
    SessionEnded,
    SessionGrant,
    SessionSeen,
    SideWrite,
    TokenRow,
)
from ledger.vocabulary import ActsBy

COOKIE = "airledger"
COMMAND_LINE = "command_line"
"""The way of a log-in that a person allowed a command line in the browser; others are ActsBy."""
NOTED_EVERY = timedelta(minutes=10)
"""The minimum time between two writes of a session's last use."""


class Granted(NamedTuple):
    """An open session that no token began. `name` is that of its person."""

    digest: str
    name: str
    grant: SessionGrant


Opened = TokenRow | Granted | str
"""The token that began a session, its grant, or BY_LINK."""


class LoginLink:
    """A token that logs one browser in, once. Not thread-safe: for one event loop."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._used = False

    def redeem(self, token: str) -> bool:
        """Whether this is the link's token, used for the first time."""
        if self._used or not token.isascii() or not hmac.compare_digest(token, self.token):
            return False
        self._used = True
        return True


class Sessions:
    """The sessions of a store. Each is on the record of `reads` from its beginning.

    Raises Unavailable if the store fails.
    """

    def __init__(self, store: Store, reads: ReadRecord) -> None:
        self._store = store
        self._reads = reads

    async def begin(self, token: str, actor: str) -> str:
        """Starts a session for a token's digest, or BY_LINK, as an actor; returns its cookie."""
        cookie = secrets.token_hex(16)
        at = now()
        session = Session(digest=token_digest(cookie), token=token, begun_at=at, seen_at=at)
        by = ActsBy.LINK if token == BY_LINK else ActsBy.TOKEN
        await asyncio.to_thread(self._append, [session], actor, by.value)
        return cookie

    async def begin_granted(self, grant: SessionGrant, *with_it: SideWrite) -> str:
        """Starts a session that no token began; returns its cookie, or bearer token.

        `with_it` is written in the same transaction. Raises Conflict where that is one.
        """
        secret = secrets.token_hex(16)
        at = now()
        session = Session(
            digest=token_digest(secret), token=grant.by, begun_at=at, seen_at=at, grant=grant
        )
        way = COMMAND_LINE if grant.command_line else grant.by.value
        await asyncio.to_thread(self._append, [*with_it, session], grant.person, way)
        return secret

    def _append(self, writes: Sequence[SideWrite], actor: str, way: str) -> None:
        """Writes a session that begins, and the log-in."""
        self._store.append([], [*writes, self._reads.noted(actor, ReadKind.LOGIN, way)])
        self._reads.record_days()

    async def end(self, cookie: str) -> None:
        """Ends a session."""
        if TOKEN.fullmatch(cookie) is not None:
            ended = SessionEnded(digest=token_digest(cookie))
            await asyncio.to_thread(self._store.append, [], [ended])

    async def opened_by(self, secret: str, *, command_line: bool = False) -> Opened | None:
        """What began the session of a cookie; None without a session that is open.

        With `command_line`, the secret is a bearer token: neither is taken for the other.
        """
        if TOKEN.fullmatch(secret) is None:
            return None
        return await asyncio.to_thread(self._opened_by, secret, now(), command_line)

    def _opened_by(self, secret: str, at: datetime, command_line: bool) -> Opened | None:
        session = self._store.access.session(token_digest(secret))
        if session is None:
            return None
        grant = session.grant
        if command_line is not (grant is not None and grant.command_line):
            return None
        row = token_of(self._store, session)
        if not is_open(session, row, at):
            return None
        if at - session.seen_at > NOTED_EVERY:
            self._note(session, at)
        if grant is None:
            return BY_LINK if row is None else row
        person = self._store.access.person(grant.person)
        name = grant.person if person is None else unmarked(person.name)
        return Granted(digest=session.digest, name=name, grant=grant)

    def _note(self, session: Session, at: datetime) -> None:
        try:
            self._store.append([], [SessionSeen(digest=session.digest, at=at)])
        except Unavailable:
            return  # the session stays valid while the store is read-only


def cookie_in(headers: Iterable[tuple[bytes, bytes]], cookie: str = COOKIE) -> str | None:
    """A cookie in a request's raw headers, the session's or another; others are ignored."""
    wanted = f"{cookie}="
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                if part.strip().startswith(wanted):
                    return part.strip().removeprefix(wanted)
    return None
