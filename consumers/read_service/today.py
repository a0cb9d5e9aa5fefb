"""What needs somebody now: counts, each with the list of its rows. Blocking.

What is zero is left out; what cannot be judged counts as undecided, never as fine.
"""

from collections.abc import Iterator

from consumers.container.ledger import Ledger
from consumers.read_service.needed import Needed, needed
from consumers.read_service.needed_risk import needed_in_risk
from consumers.read_service.objectives import objectives
from consumers.read_service.systems import unregistered_systems
from consumers.read_service.untold import count_untold
from ledger.domain.evidence import EvidenceStatus
from ledger.domain.release.words import ReleaseNeed
from ledger.domain.system import Classification
from ledger.vocabulary import DeliveryStatus, ObjectiveStatus, RcaState, ReviewState
from projections import queries
from projections.deliveries import DELIVERIES
from projections.evidence import EVIDENCE
from projections.queries import lists
from projections.queries.counts import ReviewFilters
from projections.queries.coverage import silent_now
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters
from projections.queries.releases import count_by_need
from projections.queries.waiting import count_incidents
from projections.systems import SYSTEMS
from projections.values import time_text


def needed_now(ledger: Ledger) -> list[Needed]:
    """All that waits, what is late first; in the order of the places otherwise."""
    found = [each for each in _every(ledger) if each.count]
    return sorted(found, key=lambda each: not each.late)


def _every(ledger: Ledger) -> Iterator[Needed]:
    yield from _of_incidents(ledger)
    yield from _of_systems(ledger)
    yield from needed_in_risk(ledger)
    yield from _of_the_ledger(ledger)


def _of_incidents(ledger: Ledger) -> Iterator[Needed]:
    views, at = ledger.views, time_text(ledger.now())
    clocks = queries.rca.count_by_state(views, RcaFilters(), now=at)
    reviews = queries.counts.reviews_by_state(views, ReviewFilters(), now=at)
    triage = count_incidents(views, IncidentFilters(triage=True))
    for state, words, late in (
        (RcaState.BREACHED, "root cause analyses are overdue", True),
        (RcaState.AT_RISK, "root cause analyses are at risk", False),
    ):
        path = f"/rca?state={state}"
        yield needed("Incidents", clocks[state], words, path, late=late)
    for review, words, late in (
        (ReviewState.OVERDUE, "reviews are overdue", True),
        (ReviewState.OPEN, "reviews have no owner", False),
    ):
        path = f"/reviews?state={review}"
        yield needed("Incidents", reviews[review], words, path, late=late)
    yield needed("Incidents", triage, "open incidents wait for triage", "/?triage=true")
    untold = count_untold(ledger)
    yield needed("Incidents", untold, "open incidents are untold", "/?untold=true")


def _of_systems(ledger: Ledger) -> Iterator[Needed]:
    views = ledger.views
    unregistered = len(unregistered_systems(ledger))
    yield needed("Systems", unregistered, "systems are not registered", "/systems")
    ended = lists.count(views, SYSTEMS, {"classification": Classification.ENDED})
    words = "classifications of systems have ended"
    yield needed("Systems", ended, words, "/systems?classification=ended", late=True)
    standing = [each.status for each in objectives(ledger)]
    for status, words, late in (
        (ObjectiveStatus.BREACHED, "objectives are breached", True),
        (ObjectiveStatus.UNDECIDED, "objectives are undecided: no data is never a pass", False),
    ):
        yield needed("Systems", standing.count(status), words, "/objectives", late=late)
    releases = count_by_need(views)
    for need, words, late in (
        (ReleaseNeed.OVERDUE, "emergency releases are overdue: they run undecided", True),
        (ReleaseNeed.NONCONFORMING, "releases are nonconforming", True),
        (ReleaseNeed.RUNS_UNDECIDED, "emergency releases wait for sign-off or decision", False),
        (ReleaseNeed.UNDECIDED, "releases wait for sign-off or decision", False),
    ):
        yield needed("Systems", releases[need], words, f"/releases?needs={need}", late=late)
    expired = lists.count(views, EVIDENCE, {"status": EvidenceStatus.EXPIRED})
    yield needed("Systems", expired, "pieces of evidence have expired", "/evidence?status=expired")


def _of_the_ledger(ledger: Ledger) -> Iterator[Needed]:
    silent = len(silent_now(ledger.views))
    yield needed("Ledger", silent, "sources are silent", "/coverage", late=True)
    waits = ledger.store.quarantine.count("open")
    yield needed("Ledger", waits, "bodies wait in quarantine", "/quarantine")
    for status, words in (
        (DeliveryStatus.FAILING, "notifications fail, and are tried again"),
        (DeliveryStatus.GIVEN_UP, "notifications reached nobody"),
    ):
        count = lists.count(ledger.views, DELIVERIES, {"status": status})
        yield needed("Ledger", count, words, f"/deliveries?status={status}")
