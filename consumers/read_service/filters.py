"""The filters of the lists, from texts that API, pages and command line take under one name."""

from collections.abc import Mapping

from consumers.access.people import display_names
from consumers.commands.policy_history import require_category
from consumers.commands.references import incident_id
from consumers.container.ledger import Ledger
from ledger.errors import Invalid
from ledger.store.port import Store
from ledger.vocabulary import MONTH, YesNo
from projections.queries.incidents import MAX_CHOICES, IncidentFilters
from projections.queries.period import period_of
from projections.words import query_words

NOBODY = "none"
"""The value of the filter by owner for incidents without one."""

Given = Mapping[str, str | None]
"""Values of filters by name; None and an absent name do not filter."""


def incident_filters(ledger: Ledger, given: Given) -> IncidentFilters:
    """The filters of the register. Raises Invalid, which names the filter. Blocking."""
    require_category(ledger.store, given.get("category"))
    return IncidentFilters(
        system=given.get("system"),
        category=given.get("category"),
        severity=given.get("severity"),
        status=given.get("status"),
        month=_month(given.get("month")),
        impact=given.get("impact"),
        near_miss=_flag("near_miss", given.get("near_miss")),
        triage=_flag("triage", given.get("triage")),
        owner=owners_named(ledger.store, given.get("owner")),
        detected=period_of(given.get("from"), given.get("to")),
        q=query_words(q) if (q := given.get("q")) is not None else (),
    )


def owners_named(store: Store, name: str | None) -> tuple[str, ...] | None:
    """The ids of the persons with a name or id; empty for "none"; None does not filter.

    A name that nobody has matches no incident. Blocking.
    """
    if name is None:
        return None
    if name == NOBODY:
        return ()
    found = tuple(of for of, known in display_names(store).items() if known == name)
    return found or (name,)


def people_by_name(store: Store) -> list[str]:
    """The ids of all persons in the order of their names. Blocking."""
    names = display_names(store)
    return sorted(names, key=lambda of: (names[of].casefold(), names[of], of))


def owner_choices(store: Store) -> list[str]:
    """Values that a form offers for the filter by owner. Blocking."""
    names = dict.fromkeys(sorted(display_names(store).values(), key=str.casefold))
    return [NOBODY, *list(names)[:MAX_CHOICES]]


def sorts_by_owner(sort: str | None) -> bool:
    """Whether a list is sorted by the owner's name."""
    return (sort or "").removeprefix("-") == "owner"


def incident_named(ledger: Ledger, ref: str | None) -> str | None:
    """The id of the incident that a filter names. Raises NotFound. Blocking."""
    return None if ref is None else str(incident_id(ledger.store, ref))


def _month(month: str | None) -> str | None:
    if month is not None and MONTH.fullmatch(month) is None:
        raise Invalid(
            f"Invalid month {month!r}.", errors=[("month", "expected a month such as 2026-11")]
        )
    return month


def _flag(name: str, value: str | None) -> bool | None:
    if value is None or value in list(YesNo):
        return None if value is None else value == YesNo.YES
    raise Invalid(
        f"Invalid {name} {value!r}.", errors=[(name, f"expected one of {', '.join(YesNo)}")]
    )
