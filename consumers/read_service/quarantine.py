"""The quarantine as people and programs are shown it: pages of entries, and one with its body."""

from collections.abc import Mapping
from typing import get_args

import msgspec
from msgspec.structs import replace

from consumers.intake.parsed import PARTS_LISTED
from consumers.intake.quarantine import ALTERED, find, kept_body
from consumers.intake.quarantine_headers import RECORD
from consumers.read_service.items import Items
from ledger.errors import Invalid
from ledger.policy.times import time_text
from ledger.store.port import Place, Store
from ledger.store.side_records import CUT_BYTES, Quarantined, QuarantineState
from projections.queries.paging import decode_cursor, encode_cursor

STATES: tuple[str, ...] = get_args(QuarantineState)
PARTS_IN_LIST = 5
"""So many refused parts of an entry a list shows."""
HEADER_IN_LIST = 1_000
"""Characters of a header; a list leaves longer ones out."""
BODY_SHOWN = CUT_BYTES
"""So many bytes of a kept body are in an answer; all of it is downloaded by itself."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with the beginning of its kept body; bytes that are no UTF-8 show as U+FFFD.

    `body_omitted` counts the bytes that are kept behind it. `warning` says where the kept body is
    not what arrived, by its digest, or not all of it. Else it is empty.
    """

    entry: Quarantined
    body: str
    body_omitted: int
    warning: str

    @property
    def altered(self) -> bool:
        """Whether the kept body is not what arrived."""
        return self.warning == ALTERED


def entries(
    store: Store, *, state: str | None, cursor: str | None, limit: int
) -> Items[Quarantined]:
    """A page of entries, newest first, with their short headers and first parts alone. Blocking.

    Raises Invalid for a state that there is none of, or a cursor of another list.
    """
    if state is not None and state not in STATES:
        raise Invalid(
            f"No entry is ever in the state {state!r}.",
            errors=[("state", f"expected one of {', '.join(STATES)}")],
        )
    before: Place | None = None
    if cursor is not None:
        arrived_at, entry = decode_cursor("quarantine", cursor, [str, str])
        before = (str(arrived_at), str(entry))
    found = store.quarantine(state=state, before=before, limit=limit + 1)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = encode_cursor("quarantine", [time_text(last.arrived_at), last.id])
    return Items(
        items=[_first_parts(each, PARTS_IN_LIST, _short(each.headers)) for each in shown],
        next=following,
    )


def entry(store: Store, name: str) -> Shown:
    """An entry by its id, with the beginning of its body. Raises NotFound. Blocking."""
    found = find(store, name)
    body = kept_body(store, found)
    content = body.content[:BODY_SHOWN]
    return Shown(
        entry=without_more(found),
        body=content.decode(errors="replace"),
        body_omitted=len(body.content) - len(content),
        warning=body.warning,
    )


def _short(headers: Mapping[str, str]) -> dict[str, str]:
    """How a body came: without a CloudEvent's attributes and a record's own headers."""
    return {
        name: text
        for name, text in headers.items()
        if name != RECORD and not name.startswith("ce-") and len(text) <= HEADER_IN_LIST
    }


def without_more(found: Quarantined) -> Quarantined:
    """An entry as an answer has it: releases before listed every part, however many."""
    return _first_parts(found, PARTS_LISTED, found.headers)


def _first_parts(found: Quarantined, most: int, headers: dict[str, str]) -> Quarantined:
    omitted = found.parts_omitted + max(0, len(found.parts) - most)
    return replace(found, parts=found.parts[:most], parts_omitted=omitted, headers=headers)
