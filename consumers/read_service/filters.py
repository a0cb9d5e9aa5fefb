"""The filters of the lists, from texts that API, pages and command line take under one name."""

from collections.abc import Mapping

from consumers.access.people import display_names
from consumers.commands.policy_history import require_category
from consumers.commands.references import incident_id
from consumers.container.ledger import Ledger
from consumers.read_service.untold import opening_rules
from ledger.errors import Invalid
from ledger.store.port import Store
from ledger.vocabulary import MONTH, AlertState, RcaState, ReviewState, YesNo
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import MAX_CHOICES, IncidentFilters
from projections.queries.period import period_of
from projections.queries.rca import RcaFilters
from projections.words import Word, query_words

NOBODY = "none"
"""The value of the filter by owner for incidents without one."""

Given = Mapping[str, str | None]
"""Values of filters by name; None and an absent name do not filter."""


def incident_filters(ledger: Ledger, given: Given) -> IncidentFilters:
    """The filters of the register. Raises Invalid, which names the filter. Blocking."""
    require_category(ledger.store, given.get("category"))
    untold = _flag("untold", given.get("untold"))
    return IncidentFilters(
        system=given.get("system"),
        category=given.get("category"),
        severity=given.get("severity"),
        status=given.get("status"),
        month=_month(given.get("month")),
        impact=given.get("impact"),
        near_miss=_flag("near_miss", given.get("near_miss")),
        triage=_flag("triage", given.get("triage")),
        untold=untold,
        telling=() if untold is None else opening_rules(ledger.store),
        owner=owners_named(ledger.store, given.get("owner")),
        detected=period_of(given.get("from"), given.get("to")),
        q=_words(given.get("q")),
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


def owners_for(store: Store, sort: str | None) -> list[str]:
    """The ids of `people_by_name` where a list is sorted by the owner, else none. Blocking."""
    return people_by_name(store) if (sort or "").removeprefix("-") == "owner" else []


def rca_filters(ledger: Ledger, given: Given) -> RcaFilters:
    """The filters of the RCA clocks. Raises Invalid or NotFound. Blocking."""
    state = given.get("state")
    return RcaFilters(
        state=RcaState(state) if state else None,
        system=given.get("system"),
        month=_month(given.get("month")),
        status=given.get("status"),
        incident=_incident(ledger, given.get("incident")),
        severity=given.get("severity"),
        owner=owners_named(ledger.store, given.get("owner")),
        detected=period_of(given.get("from"), given.get("to")),
        q=_words(given.get("q")),
    )


def alert_filters(ledger: Ledger, given: Given) -> AlertFilters:
    """The filters of the alerts. Raises Invalid or NotFound. Blocking."""
    state = given.get("state")
    return AlertFilters(
        state=AlertState(state) if state else None,
        system=given.get("system"),
        source=given.get("source"),
        incident=_incident(ledger, given.get("incident")),
        severity=given.get("severity"),
        started=period_of(given.get("from"), given.get("to")),
    )


def review_filters(ledger: Ledger, given: Given) -> ReviewFilters:
    """The filters of the reviews. Raises Invalid. Blocking."""
    state = given.get("state")
    return ReviewFilters(
        month=_month(given.get("month")),
        system=given.get("system"),
        state=ReviewState(state) if state else None,
        owner=owners_named(ledger.store, given.get("owner")),
        launched=period_of(given.get("from"), given.get("to")),
    )


def _words(q: str | None) -> tuple[Word, ...]:
    return () if q is None else query_words(q)


def _incident(ledger: Ledger, ref: str | None) -> str | None:
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
