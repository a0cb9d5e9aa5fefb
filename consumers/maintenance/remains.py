"""What remains of what was erased: of texts, names, sessions, words of the search, and in files."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from consumers.commands.erasing import scrub
from consumers.container.erasures import erasures
from consumers.container.ledger import Ledger
from ledger.domain.subject import erased_name
from ledger.store.sqlite.raw_bytes import has_bytes


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A place that was looked at: how many things, and which of them remain."""

    what: str
    looked_at: int
    remains: tuple[str, ...] = ()


def remains(ledger: Ledger, look_for: str | None = None) -> list[Looked]:
    """Looks everywhere; `look_for` is searched for in the ledger's own files. Blocking.

    What remains in the store's free pages and write-ahead log is removed first, where that can be.
    """
    found = [_texts(ledger), _names(ledger)]
    clean = scrub(ledger.store)
    found.append(
        Looked(
            what="write-ahead log and free pages",
            looked_at=1,
            remains=() if clean else ("not scrubbed: in use, or the database of others",),
        )
    )
    if look_for:
        paths = list(_files(ledger.settings.data_dir))
        needle = look_for.encode()
        having = tuple(str(path) for path in paths if has_bytes(path, [needle]))
        found.append(Looked(what="files", looked_at=len(paths), remains=having))
    return found


def _texts(ledger: Ledger) -> Looked:
    count = 0
    left: list[str] = []
    for event in erasures(ledger.store):
        count += len(event.texts)
        left += ledger.store.texts.readable(event.texts)
    return Looked(what="texts", looked_at=count, remains=tuple(left))


def _names(ledger: Ledger) -> Looked:
    persons = {event.person for event in erasures(ledger.store) if event.person}
    left = []
    for person in sorted(persons):
        known = ledger.store.access.person(person)
        if known is not None and (known.name != erased_name(person) or known.os_user):
            left.append(person)
    open_ones = {
        each.grant.person for each in ledger.store.access.sessions() if each.grant is not None
    }
    left += [f"session of {person}" for person in sorted(persons & open_ones)]
    return Looked(what="names and sessions", looked_at=len(persons), remains=tuple(left))


def _files(directory: Path) -> Iterator[Path]:
    """The files of an embedded ledger."""
    if directory.is_dir():
        yield from (path for path in sorted(directory.rglob("*")) if path.is_file())
