"""`airledger quarantine`: bodies of known sources that could not be parsed, and their handling."""

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from consumers.cli.arguments import require_text
from consumers.cli.errors import DONE, REFUSED, report
from consumers.cli.listing import FormatOption, Output, Sort, listed
from consumers.cli.printing import (
    format_time,
    moment,
    print_fields,
    print_json,
    print_line,
    print_note,
    print_table,
    write_bytes,
)
from consumers.cli.session import Json, SessionArg
from consumers.text_safety import escape_controls
from ledger.errors import Invalid

if TYPE_CHECKING:
    from ledger.store.side_records import Quarantined

app = App(name="quarantine", help="Signals that were not understood, kept whole.")

Id = Annotated[str, Parameter(help="The entry's id, from airledger quarantine list.")]
State = Annotated[
    Literal["open", "retried", "dismissed"] | None, Parameter(help="Only those in this state.")
]
Source = Annotated[str | None, Parameter(help="Only those of this source.")]
Limit = Annotated[
    int | None,
    Parameter(
        help="The maximum number of entries; by default 100, as csv or jsonl all.",
        validator=validators.Number(gte=1, lte=1_000),
    ),
]
Cursor = Annotated[str | None, Parameter(help="The cursor that the previous page printed.")]
PAGE = 100
_REASON_SHOWN = 120


@app.command(name="list")
def list_entries(
    *,
    state: State = None,
    source: Source = None,
    sort: Sort = None,
    limit: Limit = None,
    cursor: Cursor = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Quarantined bodies, newest first unless sorted otherwise, a page at a time."""
    from consumers.client.queries import QUARANTINE
    from projections.values import time_text

    if source is not None:
        require_text("--source", source)
    given = {"state": state, "source": source}
    with session.open_client(views=False) as client:
        if form in {"csv", "jsonl"}:
            if cursor is not None:
                raise Invalid(
                    f"--cursor does not go with --format {form}: that is the whole list.",
                    remedy="Leave --cursor out.",
                )
            output = Output(sort=sort, limit=limit, form=form, json=json)
            listed(session, client, QUARANTINE, given, output)
            return
        page = client.items(QUARANTINE, given, sort=sort, cursor=cursor, limit=limit or PAGE)
    entries = page.items
    if json or form == "json":
        print_json({"items": entries} | ({"next": page.next} if page.next else {}))
        return
    if not entries:
        print_note("Nothing is in quarantine.")
        return
    print_table(
        ("Entry", "Source", "Arrived (UTC)", "Seen", "Bytes", "State", "Reason"),
        (
            (
                entry.id,
                entry.source,
                format_time(time_text(entry.arrived_at)),
                entry.seen,
                entry.size,
                entry.state,
                _reason(entry),
            )
            for entry in entries
        ),
        fold="Reason",
    )
    if page.next is not None:
        print_note(f"There are more: --cursor {page.next}")


@app.command
def show(entry: Id, *, json: Json = False, session: SessionArg) -> int:
    """An entry with its reasons and the first 64 KiB of its kept body.

    Exit status 1 if the body differs from what arrived.
    """
    from consumers.client.queries import QUARANTINED
    from projections.values import time_text

    require_text("ID", entry)
    with session.open_client(views=False) as client:
        kept = client.view(QUARANTINED, entry)
    found = kept.entry
    status = REFUSED if kept.altered else DONE
    if json:
        print_json(kept)
        return status
    closed = found.closed_at
    print_fields(
        (
            ("Entry", found.id),
            ("Source", f"{found.source} ({found.source_kind})"),
            ("State", found.state),
            (
                "Closed",
                f"{moment(time_text(closed))} by {found.closed_by}" if closed else None,
            ),
            ("Because", found.close_reason),
            ("Arrived", moment(time_text(found.arrived_at))),
            ("Seen", f"{found.seen} times, last {moment(time_text(found.last_seen_at))}"),
            ("Digest", f"sha256:{found.digest}"),
            ("Size", f"{found.size} bytes{', cut' if found.truncated else ''}"),
            ("Warning", kept.warning or None),
            *_headers(found),
            *(
                ("Reason" if part.index is None else f"Signal {part.index}", part.reason)
                for part in found.parts
            ),
            ("More signals", str(found.parts_omitted) if found.parts_omitted else None),
        )
    )
    print(f"\n{escape_controls(kept.body)}")
    if kept.body_omitted:
        print_line(f"{kept.body_omitted} more bytes are kept: airledger quarantine body {found.id}")
    return status


@app.command
def body(entry: Id, *, session: SessionArg) -> int:
    """Write the kept body of an entry to standard output, byte for byte.

    On a terminal control characters are escaped. Exit status 1 if it differs from what arrived.
    """
    require_text("ID", entry)
    with session.open_client(views=False) as client:
        kept = client.kept_body(entry)
    write_bytes([kept.content])
    if kept.altered:
        report(f"The kept body is not what arrived: its SHA-256 is not sha256:{kept.digest}.")
        return REFUSED
    return DONE


@app.command
def retry(entry: Id, *, json: Json = False, session: SessionArg) -> None:
    """Process an entry again, with its original arrival time."""
    require_text("ID", entry)
    with session.open_client(write=True) as client:
        retried = client.retry(entry)
    if json:
        print_json(retried.entry)
    else:
        print_line(f"Taken: {retried.recorded} recorded, {retried.repeats} known before.")


@app.command
def dismiss(
    entry: Id,
    *,
    reason: Annotated[str, Parameter(help="Why nothing is to be done with it.")],
    json: Json = False,
    session: SessionArg,
) -> None:
    """Close an entry; its body stays kept."""
    require_text("ID", entry)
    require_text("--reason", reason)
    with session.open_client(write=True) as client:
        found = client.dismiss(entry, reason)
    if json:
        print_json(found)
    else:
        print_line(f"Dismissed {entry}.")


def _headers(entry: "Quarantined") -> "list[tuple[str, str]]":
    """The headers to show: of a Kafka record all that are kept."""
    from consumers.intake.quarantine_headers import CUT, RECORD, record_of, shown

    record = record_of(entry.headers)
    if record is None:
        return [(name, text) for name, text in entry.headers.items() if name.startswith("ce-")]
    where = [(name, text) for name, text in entry.headers.items() if name.startswith("kafka-")]
    more = [("Headers not kept", str(record.cut))] if record.cut else []
    return [each for each in where if each[0] not in {RECORD, CUT}] + shown(record) + more


def _reason(entry: "Quarantined") -> str:
    first = entry.parts[0].reason if entry.parts else ""
    others = len(entry.parts) + entry.parts_omitted - 1
    more = f" (and {others} more)" if others > 0 else ""
    return (first if len(first) <= _REASON_SHOWN else f"{first[:_REASON_SHOWN]}...") + more
