"""Content in an object store: received under a key of its own, then put under its digest.

A key is `content/<digest>/<id of the evidence>`, so that who may read a piece of evidence reads
nothing that was filed as another one. What arrives lies under `incoming/` until it is whole and its
digest known. What was read and is another content has a mark under `changed/`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError

from consumers.evidence_store.durability import Directory
from ledger.errors import ContentChanged, NotFound, Refused, Unavailable

log = structlog.get_logger(__name__)

PART_BYTES = 5 * 1024 * 1024
"""Content is written in parts of so many bytes, of which PARTS are in memory at most."""
PARTS = 2
READ_BYTES = 256 * 1024
"""Content is read, and sent, in parts of so many bytes."""
LEFT_OVER_AFTER = timedelta(hours=2)
"""What arrives takes less; what is older was left by a process that ended."""
INCOMING, CONTENT, CHANGED = "incoming", "content", "changed"


class ContentMissing(NotFound):
    """The content of evidence is not here: it is kept elsewhere, was erased, or is lost."""


class Received(NamedTuple):
    """Content that arrived whole and is durable, under a key of its own until it is kept."""

    key: str
    digest: str
    size: int


class ContentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the content of evidence without reading it.

    `changed_at` is when a read found another content (RFC 3339), None where none did.
    """

    here: bool
    size: int | None = None
    changed_at: str | None = None


class ContentStore:
    """The content of evidence. Raises Unavailable where the object store cannot be reached."""

    def __init__(self, store: Any, *, most: int, directory: Directory | None = None) -> None:
        """`store` is one of obstore; `directory` is that of a store of files, to make durable."""
        self._store = store
        self._directory = directory
        self.most = most

    async def receive(self, parts: AsyncIterator[bytes], *, now: datetime) -> Received:
        """Stores what arrives, in flat memory. Nothing is left where it breaks off.

        Raises Refused, Unavailable, and whatever `parts` raises.
        """
        await self.sweep(now)
        key = f"{INCOMING}/{uuid4()}"
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for part in parts:
                size += len(part)
                if size > self.most:
                    raise Refused(
                        "evidence_too_large",
                        f"The content has more than {self.most} bytes.",
                        remedy="Keep it elsewhere and file its digest with a url, or raise "
                        "evidence.most_bytes.",
                    )
                digest.update(part)
                yield part

        await self._done(
            obstore.put_async(
                self._store, key, counted(), chunk_size=PART_BYTES, max_concurrency=PARTS
            )
        )
        await self._sync(key)
        return Received(key, digest.hexdigest(), size)

    async def keep(self, received: Received, evidence: UUID) -> bool:
        """Puts it under its digest, as the content of evidence; whether there was none before."""
        key = _key(received.digest, evidence)
        new = not (await self.facts(received.digest, evidence)).here
        await self._done(obstore.rename_async(self._store, received.key, key))
        await self._sync(key)
        await self._remove(f"{CHANGED}/{received.digest}/{evidence}")
        return new

    async def move(self, digest: str, evidence: UUID, to: UUID) -> None:
        """Makes the content of one piece of evidence that of another one."""
        key = _key(digest, to)
        await self._done(obstore.rename_async(self._store, _key(digest, evidence), key))
        await self._sync(key)

    async def discard(self, received: Received) -> None:
        """Removes what arrived and is not to be kept."""
        await self._remove(received.key)

    async def remove(self, digest: str, evidence: UUID) -> bool:
        """Removes the content of evidence; whether there was any."""
        there = (await self.facts(digest, evidence)).here
        await self._remove(_key(digest, evidence))
        await self._remove(f"{CHANGED}/{digest}/{evidence}")
        return there

    async def facts(self, digest: str, evidence: UUID) -> ContentFacts:
        """What is known of content without reading it."""
        try:
            meta = await self._done(obstore.head_async(self._store, _key(digest, evidence)))
        except ContentMissing:
            return ContentFacts(here=False)
        changed = None
        with suppress(ContentMissing):
            mark = f"{CHANGED}/{digest}/{evidence}"
            found = await self._done(obstore.get_async(self._store, mark))
            changed = bytes(await self._done(found.bytes_async())).decode()
        return ContentFacts(here=True, size=meta["size"], changed_at=changed)

    async def read(
        self, digest: str, evidence: UUID, *, size: int | None, now: Callable[[], datetime]
    ) -> tuple[int, AsyncIterator[bytes]]:
        """The size of content, and its parts. Raises ContentMissing before the first part.

        `size` is what it has to be, None where that is not known.

        The last part is given only once the digest is known to be that of the content: else it
        breaks off with ContentChanged, which is marked first.
        """
        found = await self._done(obstore.get_async(self._store, _key(digest, evidence)))
        actual_size: int = found.meta["size"]
        if size not in {None, actual_size}:
            await self._mark(digest, evidence, now())
            raise _changed(digest, evidence)

        async def parts() -> AsyncIterator[bytes]:
            actual, held = hashlib.sha256(), b""
            stream = found.stream(min_chunk_size=READ_BYTES).__aiter__()
            while (part := await self._next(stream)) is not None:
                actual.update(part)
                if held:
                    yield held
                held = bytes(part)
            if actual.hexdigest() != digest:
                await self._mark(digest, evidence, now())
                raise _changed(digest, evidence)
            if held:
                yield held

        return actual_size, parts()

    async def sweep(self, now: datetime) -> int:
        """Removes what arrived in part or was never kept, once nobody sends it; how many."""
        before, count = now - LEFT_OVER_AFTER, 0
        stream = obstore.list(self._store, INCOMING).__aiter__()
        while (batch := await self._next(stream)) is not None:
            for meta in batch:
                if meta["last_modified"] < before:
                    await self._remove(meta["path"])
                    count += 1
        if self._directory is not None:
            for file, changed in await asyncio.to_thread(
                list, self._directory.unfinished(INCOMING)
            ):
                if changed < before:
                    file.unlink(missing_ok=True)
                    count += 1
        if count:
            log.info("evidence_leftovers_removed", count=count)
        return count

    async def _mark(self, digest: str, evidence: UUID, at: datetime) -> None:
        """Notes that a read found another content, for whoever looks at it."""
        log.error("evidence_content_changed", evidence=str(evidence), digest=digest)
        mark = f"{CHANGED}/{digest}/{evidence}"
        with suppress(Unavailable):
            text = at.isoformat(timespec="seconds").replace("+00:00", "Z")
            await self._done(obstore.put_async(self._store, mark, text.encode()))

    async def _remove(self, key: str) -> None:
        with suppress(ContentMissing):
            await self._done(obstore.delete_async(self._store, key))

    async def _sync(self, key: str) -> None:
        if self._directory is not None:
            try:
                await asyncio.to_thread(self._directory.sync, key)
            except OSError as error:
                raise _unavailable(error) from error

    async def _next(self, stream: Any) -> Any:
        """The next part of a stream; None at its end."""
        try:
            return await anext(stream)
        except StopAsyncIteration:
            return None
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    async def _done(self, waiting: Any) -> Any:
        """The result of a call of the library, with the ledger's errors for its own."""
        try:
            return await waiting
        except (NotFoundError, FileNotFoundError) as error:
            raise ContentMissing(
                "The content is not here.",
                remedy="It is kept elsewhere, was erased, or has to be filed again.",
            ) from error
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error


def _key(digest: str, evidence: UUID) -> str:
    return f"{CONTENT}/{digest}/{evidence}"


def _changed(digest: str, evidence: UUID) -> ContentChanged:
    return ContentChanged(
        f"The content of the evidence {evidence} is not the one with the digest {digest}.",
        remedy="Restore it from a backup, or file the document again: its digest is on record.",
    )


def _unavailable(error: Exception) -> Unavailable:
    log.warning("evidence_store_unavailable", reason=str(error))
    return Unavailable(
        "The store of the content of evidence cannot be used now.",
        remedy="Nothing was recorded. Check evidence.url and its store, then try again.",
    )
