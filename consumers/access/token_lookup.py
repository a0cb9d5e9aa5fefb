"""Whose tokens requests bring: one look into the store answers all that ask at the same time.

Nothing is remembered between two looks, and a look begins after the requests that it answers had
arrived: so a token opens nothing from the next request on, whichever process revoked it.
"""

import asyncio
from collections.abc import Iterable

from consumers.access.tokens import holder_of, sources_in_use
from ledger.store.port import Store
from ledger.store.side_records import TokenRow

Answer = asyncio.Future[TokenRow | None]


class TokenLookup:
    """Looks tokens up by their secrets, in a thread. One event loop's own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: dict[str, list[Answer]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def of(self, token: str) -> TokenRow | None:
        """Who a token belongs to; None for an unknown or revoked one. Raises Unavailable."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._asked.setdefault(token, []).append(answer)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await answer

    async def _look(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._answer(asked)
        finally:
            self._looking = None

    async def _answer(self, asked: dict[str, list[Answer]]) -> None:
        try:
            found = await asyncio.to_thread(self._found, list(asked))
        except Exception as error:  # noqa: BLE001 - it is the error of those who asked
            for answer in _waiting(asked):
                answer.set_exception(error)
        else:
            for token, answers in asked.items():
                for answer in _waiting({token: answers}):
                    answer.set_result(found[token])

    def _found(self, asked: list[str]) -> dict[str, TokenRow | None]:
        return {token: holder_of(self._store, token) for token in asked}


class SourceLookup(TokenLookup):
    """Looks the tokens of sources up by the sources' names."""

    def _found(self, asked: list[str]) -> dict[str, TokenRow | None]:
        sources = sources_in_use(self._store)
        return {name: sources.get(name) for name in asked}


def _waiting(asked: dict[str, list[Answer]]) -> Iterable[Answer]:
    """Those whose request is still there."""
    return (answer for answers in asked.values() for answer in answers if not answer.done())
