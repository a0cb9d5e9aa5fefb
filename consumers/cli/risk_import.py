"""`airledger risk import`: identifies and assesses the risks of a CSV file, each once."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.errors import REFUSED, error_text, report
from consumers.cli.files import read_file
from consumers.cli.printing import print_line
from consumers.cli.session import SessionArg
from consumers.text_safety import escape_controls
from ledger.domain.risk import RISK
from ledger.domain.system import SYSTEM
from ledger.errors import LedgerError, NotFound, Unavailable
from projections.risks import LIST, RISKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from consumers.client.protocol import Client
    from consumers.commands.risk_rows import Fault, RiskRow

KNOWN = "on record already"
CLOSED = "closed, left out"
OTHERWISE = "assessed otherwise here, left as it is"


def import_risks(
    file: Annotated[Path, Parameter(help="A CSV file with a line of column names.")],
    *,
    mapping: Annotated[
        Path | None,
        Parameter(
            help="Which column has what, in TOML; absent, that of airledger risks --format csv."
        ),
    ] = None,
    skip_faulty: Annotated[
        bool, Parameter(help="Record the other lines where one is faulty.", negative="")
    ] = False,
    dry_run: Annotated[bool, Parameter(help="Say what would be done.", negative="")] = False,
    session: SessionArg,
) -> None:
    """Identify and assess the risks of a CSV file, each once.

    A line is of a risk on record where it has the id that an export gave it, else where that has
    its title and system. Such a risk is left as it is, but that levels which nobody assessed are,
    so the file may be imported again. Each faulty line is named on stderr, and nothing is recorded
    then, unless with --skip-faulty.
    """
    from consumers.commands.risk_mapping import parse_risk_mapping, shipped_risk_mapping
    from consumers.commands.risk_rows import read_risks
    from consumers.container.ledger import now
    from ledger.policy import parse_adopted

    content = read_file(file)
    words = (
        shipped_risk_mapping()
        if mapping is None
        else parse_risk_mapping(read_file(mapping).decode(errors="replace"))
    )
    with session.open_client(write=not dry_run) as client:
        policy = parse_adopted(client.policy().text)
        found = read_risks(content, words, policy, now(), f"Imported from {file.name}.")
        for each in found.faults:
            report(_told(each))
        if found.faults and not skip_faulty:
            report(
                f"{len(found.faults)} faults, so nothing was recorded. Correct them, or give "
                "--skip-faulty to record the other lines."
            )
            sys.exit(REFUSED)
        done = _record(client, found.rows, dry_run=dry_run)
    counts = ", ".join(f"{count} {what}" for what, count in done.items())
    print_line(f"{counts or 'no risk'}{' (dry run: nothing was recorded)' if dry_run else ''}.")
    if found.faults or done["refused"]:
        sys.exit(REFUSED)


def _told(fault: "Fault") -> str:
    where = f"line {fault.line}"
    if fault.column:
        where += f", column {fault.column}"
    if fault.value:
        where += f", {fault.value[:200]!r}"
    why = fault.why.rstrip(".")
    return escape_controls(f"{where}: {why}. {fault.remedy}", one_line=True)


def _record(client: "Client", rows: "Sequence[RiskRow]", *, dry_run: bool) -> Counter[str]:
    """What became of the rows, and of their assessments."""
    from consumers.client.queries import listed
    from consumers.commands.risk_rows import risk_key

    items = client.items(listed(RISKS, LIST), {}).items
    by_id = {each["id"]: each for each in items}
    by_key = {risk_key(each["title"], each["system"]): each for each in reversed(items)}
    own = _own_names(client, (row.identify.system for row in rows))
    done: Counter[str] = Counter()
    for row in rows:
        system = row.identify.system
        key = risk_key(row.identify.title, own.get(system or "", system))
        known = by_id.get(row.id or "") or by_key.get(key)
        if known is None and row.is_closed:
            done[CLOSED] += 1
            continue
        try:
            done += _one(client, row, known, key, dry_run=dry_run)
        except Unavailable:
            raise
        except LedgerError as error:
            report(escape_controls(f"line {row.line}: {error_text(error)}", one_line=True))
            done["refused"] += 1
    return done


def _one(
    client: "Client",
    row: "RiskRow",
    known: "Mapping[str, Any] | None",
    key: tuple[str, str],
    *,
    dry_run: bool,
) -> Counter[str]:
    done: Counter[str] = Counter()
    if known is None:
        done["to identify" if dry_run else "identified"] += 1
        ref = "" if dry_run else _identify(client, row, key)
    else:
        done[KNOWN] += 1
        if known["status"] != "open":
            return done
        ref = known["reference"]
    for each in row.assess:
        before = (known or {}).get(f"{each.level.value}_likelihood")
        if before is None:
            done["to assess" if dry_run else "assessed"] += 1
            if not dry_run:
                client.send(RISK, ref, each)
        elif known and (before, known[f"{each.level.value}_impact"]) != (
            each.likelihood,
            each.impact,
        ):
            done[OTHERWISE] += 1
    return done


def _identify(client: "Client", row: "RiskRow", key: tuple[str, str]) -> str:
    """Identifies a risk; once, too, where read models lag behind an import a moment ago."""
    import hashlib

    import msgspec

    digest = hashlib.sha256(msgspec.json.encode((key, row.identify))).hexdigest()
    sent = client.send(RISK, None, row.identify, key=f"risk-import-{digest[:40]}")
    return str(sent.view.reference)


def _own_names(client: "Client", systems: "Iterable[str | None]") -> dict[str, str]:
    """The own names of systems by those that the file has, where they are registered."""
    from consumers.client.queries import stream_of

    found: dict[str, str] = {}
    for each in dict.fromkeys(filter(None, systems)):
        try:
            found[each] = client.view(stream_of(SYSTEM), each).state["system"]
        except NotFound:
            continue
    return found
