"""Quarantine: what was authenticated and not understood, and what to do with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from consumers.cli.bodies import require_text
from consumers.cli.failing import DONE, REFUSED
from consumers.cli.printing import document, facts, items, line, table, when
from consumers.cli.session import Here, Json
from consumers.harmless import clean

if TYPE_CHECKING:
    from ledger.store.records import Quarantined

app = App(name="quarantine", help="Signals that were not understood, kept whole.")

Id = Annotated[str, Parameter(help="The entry's id, from airledger quarantine list.")]
State = Annotated[
    Literal["open", "retried", "dismissed"] | None, Parameter(help="Only those in this state.")
]
_REASON_SHOWN = 120


@app.command(name="list")
def list_entries(*, state: State = None, json: Json = False, session: Here) -> None:
    """What was set aside, newest first."""
    from consumers.people import display_names
    from projections.values import time_text

    with session.reading(views=False) as ledger:
        names = display_names(ledger.store)
        entries = [_named(entry, names) for entry in ledger.store.quarantine(state=state)]
    if json:
        items(entries)
        return
    if not entries:
        line("Nothing is in quarantine.")
        return
    table(
        ("Entry", "Source", "Arrived (UTC)", "Seen", "Bytes", "State", "Reason"),
        (
            (
                entry.id,
                entry.source,
                when(time_text(entry.arrived_at)),
                entry.seen,
                entry.size,
                entry.state,
                _reason(entry),
            )
            for entry in entries
        ),
        fold="Reason",
    )


@app.command
def show(entry: Id, *, json: Json = False, session: Here) -> int:
    """An entry with its reasons and its kept body; exit status 1 where that is not what arrived."""
    from consumers.people import display_names
    from consumers.signals.quarantine import find, kept_body
    from projections.values import time_text

    require_text("ID", entry)
    with session.reading(views=False) as ledger:
        found = _named(find(ledger.store, entry), display_names(ledger.store))
        kept = kept_body(ledger.store, found)
    status = REFUSED if kept.altered else DONE
    body = kept.content.decode(errors="replace")
    if json:
        document({"entry": found, "body": body, "warning": kept.warning})
        return status
    closed = found.closed_at
    facts(
        (
            ("Entry", found.id),
            ("Source", f"{found.source} ({found.source_kind})"),
            ("State", found.state),
            ("Closed", f"{when(time_text(closed))} UTC by {found.closed_by}" if closed else None),
            ("Because", found.close_reason),
            ("Arrived", f"{when(time_text(found.arrived_at))} UTC"),
            ("Seen", f"{found.seen} times, last {when(time_text(found.last_seen_at))} UTC"),
            ("Digest", f"sha256:{found.digest}"),
            ("Size", f"{found.size} bytes{', cut' if found.truncated else ''}"),
            ("Warning", kept.warning or None),
            *_headers(found),
            *(
                ("Reason" if part.index is None else f"Signal {part.index}", part.reason)
                for part in found.parts
            ),
        )
    )
    print(f"\n{clean(body)}")
    return status


@app.command
def retry(entry: Id, *, json: Json = False, session: Here) -> None:
    """Take an entry once more, under its original arrival time."""
    from consumers.signals.quarantine import find
    from consumers.signals.quarantine import retry as run

    require_text("ID", entry)
    with session.acting() as acting:
        store, executor = acting.ledger.store, acting.ledger.executor
        outcome = run(store, executor, entry, actor=acting.caller.actor, now=acting.ledger.now())
        found = find(store, entry)
    if json:
        document(found)
    else:
        line(f"Taken: {outcome.recorded} recorded, {outcome.repeats} known before.")


@app.command
def dismiss(
    entry: Id,
    *,
    reason: Annotated[str, Parameter(help="Why nothing is to be done with it.")],
    json: Json = False,
    session: Here,
) -> None:
    """Close an entry; its body stays kept."""
    from consumers.signals.quarantine import dismiss as run
    from consumers.signals.quarantine import find

    require_text("ID", entry)
    require_text("--reason", reason)
    with session.acting() as acting:
        ledger = acting.ledger
        store, executor, at = ledger.store, ledger.executor, ledger.now()
        run(
            store,
            executor,
            entry,
            actor=acting.caller.actor,
            reason=reason,
            now=at,
        )
        found = find(store, entry)
    if json:
        document(found)
    else:
        line(f"Dismissed {entry}.")


def _headers(entry: "Quarantined") -> "list[tuple[str, str]]":
    """The headers that say how it came: of a record of Kafka all that are kept."""
    from consumers.signals.keeping import CUT, RECORD, record_of, shown

    record = record_of(entry.headers)
    if record is None:
        return [(name, text) for name, text in entry.headers.items() if name.startswith("ce-")]
    where = [(name, text) for name, text in entry.headers.items() if name.startswith("kafka-")]
    more = [("Headers not kept", str(record.cut))] if record.cut else []
    return [each for each in where if each[0] not in {RECORD, CUT}] + shown(record) + more


def _named(entry: "Quarantined", names: Mapping[str, str]) -> "Quarantined":
    from msgspec.structs import replace

    if entry.closed_by is None:
        return entry
    return replace(entry, closed_by=names.get(entry.closed_by, entry.closed_by))


def _reason(entry: "Quarantined") -> str:
    first = entry.parts[0].reason if entry.parts else ""
    more = f" (and {len(entry.parts) - 1} more)" if len(entry.parts) > 1 else ""
    return (first if len(first) <= _REASON_SHOWN else f"{first[:_REASON_SHOWN]}...") + more
