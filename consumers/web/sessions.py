"""Browser sessions: a random cookie, whose digest the store keeps.

A session ends on log-out, when its token is revoked, after 12 hours without a request, or after 7
days.
"""

import asyncio
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from consumers.access.open_sessions import BY_LINK, is_open, token_of
from consumers.access.tokens import TOKEN, token_digest
from consumers.container.ledger import now
from ledger.errors import Unavailable
from ledger.store.port import Store
from ledger.store.side_records import Session, SessionEnded, SessionSeen, TokenRow

COOKIE = "airledger"
NOTED_EVERY = timedelta(minutes=10)
"""The minimum time between two writes of a session's last use."""


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
    """The sessions of a store. Raises Unavailable if the store fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, token: str) -> str:
        """Starts a session for a token's digest, or BY_LINK; returns its cookie."""
        cookie = secrets.token_hex(16)
        at = now()
        session = Session(digest=token_digest(cookie), token=token, begun_at=at, seen_at=at)
        await asyncio.to_thread(self._store.append, [], [session])
        return cookie

    async def end(self, cookie: str) -> None:
        """Ends a session."""
        if TOKEN.fullmatch(cookie) is not None:
            ended = SessionEnded(digest=token_digest(cookie))
            await asyncio.to_thread(self._store.append, [], [ended])

    async def token_of(self, cookie: str) -> TokenRow | str | None:
        """The token of a cookie's session, or BY_LINK; None without a valid session."""
        if TOKEN.fullmatch(cookie) is None:
            return None
        return await asyncio.to_thread(self._token_of, cookie, now())

    def _token_of(self, cookie: str, at: datetime) -> TokenRow | str | None:
        session = self._store.access.session(token_digest(cookie))
        if session is None:
            return None
        row = token_of(self._store, session)
        if not is_open(session, row, at):
            return None
        if at - session.seen_at > NOTED_EVERY:
            self._note(session, at)
        return BY_LINK if row is None else row

    def _note(self, session: Session, at: datetime) -> None:
        try:
            self._store.append([], [SessionSeen(digest=session.digest, at=at)])
        except Unavailable:
            return  # the session stays valid while the store is read-only


def cookie_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The session's cookie in a request's raw headers; other cookies are ignored."""
    wanted = f"{COOKIE}="
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                if part.strip().startswith(wanted):
                    return part.strip().removeprefix(wanted)
    return None
