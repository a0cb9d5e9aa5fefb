"""The board of improvements: Plan, Do, Check, Act, and who is late. Blocking.

What is proposed is in Plan, what is accepted in Do, what is done in Check, and in Act what had its
effect or had none, until it is closed. Source: runbook section 9 (Plan, Do, Check, Act).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_parts
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.filters import owners_named
from consumers.read_service.withholding import readable_about
from ledger.domain.improvement import IMPROVEMENT, CheckResult, ImprovementStatus, PdcaColumn
from projections.improvements import LIST
from projections.queries.improvements import OwnerRow, improvement_board
from projections.values import time_text

CARDS = 20
"""So many cards a column are shown unless another number is asked for."""
SOON = timedelta(days=7)
"""What is due within it is counted for its owner."""


class ImprovementCard(msgspec.Struct, frozen=True, kw_only=True):
    """An improvement on the board; `system` None for the organisation's, `owner` by name.

    `late`: it is not done though due, or not checked though its effect is known (`check_by`).
    `checked` is the result of its newest check, `recurrences` how often it happened again, and
    `updates` how much was updated by what was learnt.
    """

    id: str
    reference: str
    title: str
    system: str | None
    owner: str | None
    status: ImprovementStatus
    due: str | None
    check_by: str | None
    late: bool
    checked: CheckResult | None
    recurrences: int
    updates: int


class ImprovementColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column: how many are in it, how many of them are late, and the first of them.

    The late ones come first, then in the order of their time. In Act what had no effect is first.
    """

    column: PdcaColumn
    count: int
    late: int
    cards: tuple[ImprovementCard, ...]


class OwnerLate(msgspec.Struct, frozen=True, kw_only=True):
    """Who has improvements to do that are overdue, or due soon."""

    owner: str
    overdue: int
    soon: int


class ImprovementBoard(msgspec.Struct, frozen=True, kw_only=True):
    """The board at a time, of one system or owner where they are given.

    `owners` are those with anything that is overdue or due until `soon`, the latest first.
    """

    at: str
    soon: str
    system: str | None
    owner: str | None
    columns: tuple[ImprovementColumn, ...]
    owners: tuple[OwnerLate, ...]


def board(
    ledger: Ledger, *, system: str | None = None, owner: str | None = None, limit: int = CARDS
) -> ImprovementBoard:
    """The board now, with at most `limit` cards a column."""
    now = ledger.now()
    at, soon = time_text(now), time_text(now + SOON)
    found = improvement_board(
        ledger.views,
        now=at,
        soon=soon,
        limit=limit,
        system=system,
        owners=owners_named(ledger.store, owner),
    )
    names = display_names(ledger.store)
    seen = [readable_about(ledger, LIST, found.columns[each].rows) for each in PdcaColumn]
    filled = filled_parts(ledger.store, *((rows, ("title",)) for rows in seen))
    return ImprovementBoard(
        at=at,
        soon=soon,
        system=system,
        owner=owner,
        columns=tuple(
            ImprovementColumn(
                column=each,
                count=found.columns[each].every,
                late=found.columns[each].late,
                cards=tuple(_card(row, names) for row in rows),
            )
            for each, rows in zip(PdcaColumn, filled, strict=True)
        ),
        owners=by_name(found.owners, names),
    )


def by_name(rows: Iterable[OwnerRow], names: Mapping[str, str]) -> tuple[OwnerLate, ...]:
    """Owners by their names, whoever has most overdue first; ids of one name are one owner.

    The list of improvements is filtered by the name, too.
    """
    overdue, soon = Counter[str](), Counter[str]()
    for row in rows:
        name = names.get(row.owner, row.owner)
        overdue[name] += row.overdue
        soon[name] += row.soon
    order = sorted(overdue, key=lambda name: (-overdue[name], -soon[name], name.casefold(), name))
    return tuple(OwnerLate(owner=each, overdue=overdue[each], soon=soon[each]) for each in order)


def _card(row: Mapping[str, Any], names: Mapping[str, str]) -> ImprovementCard:
    return ImprovementCard(
        id=row["improvement"],
        reference=reference(row["leaf"], IMPROVEMENT),
        title=row["title"],
        system=row["system"] or None,
        owner=None if row["owner"] is None else names.get(row["owner"], row["owner"]),
        status=ImprovementStatus(row["status"]),
        due=row["due"],
        check_by=row["check_by"],
        late=bool(row["late"]),
        checked=None if row["checked"] is None else CheckResult(row["checked"]),
        recurrences=row["recurrences"],
        updates=row["updates"],
    )
