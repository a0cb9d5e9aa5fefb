"""What needs somebody now: counts, each with the list of its rows. Blocking.

What is zero is left out; what cannot be judged counts as undecided, never as fine.
"""

from collections.abc import Iterator

import msgspec

from consumers.container.ledger import Ledger
from consumers.read_service.objectives import objectives
from consumers.read_service.systems import unregistered_systems
from consumers.read_service.untold import count_untold
from ledger.domain.control import ControlStatus
from ledger.domain.evidence import EvidenceStatus
from ledger.domain.improvement import ImprovementStatus
from ledger.domain.release.words import ReleaseNeed
from ledger.domain.standard import StandardStatus
from ledger.domain.system import Classification
from ledger.vocabulary import DeliveryStatus, ObjectiveStatus, RcaState, ReviewState, YesNo
from projections import queries
from projections.controls import CONTROLS
from projections.deliveries import DELIVERIES
from projections.evidence import EVIDENCE
from projections.improvements import IMPROVEMENTS
from projections.queries import lists
from projections.queries.counts import ReviewFilters
from projections.queries.coverage import silent_now
from projections.queries.improvements import count_undecided
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters
from projections.queries.releases import count_by_need
from projections.queries.waiting import count_incidents
from projections.standards import STANDARDS
from projections.systems import SYSTEMS
from projections.values import time_text


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """So many of something wait for somebody; `path` is the page of its rows.

    `late`: it should have been done by now.
    """

    place: str
    count: int
    what: str
    path: str
    late: bool = False


def needed_now(ledger: Ledger) -> list[Needed]:
    """All that waits, what is late first; in the order of the places otherwise."""
    found = [each for each in _every(ledger) if each.count]
    return sorted(found, key=lambda each: not each.late)


def _every(ledger: Ledger) -> Iterator[Needed]:
    yield from _of_incidents(ledger)
    yield from _of_systems(ledger)
    yield from _of_standards(ledger)
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
        yield _needed("Incidents", clocks[state], words, path, late=late)
    for review, words, late in (
        (ReviewState.OVERDUE, "reviews are overdue", True),
        (ReviewState.OPEN, "reviews have no owner", False),
    ):
        path = f"/reviews?state={review}"
        yield _needed("Incidents", reviews[review], words, path, late=late)
    yield _needed("Incidents", triage, "open incidents wait for triage", "/?triage=true")
    untold = count_untold(ledger)
    yield _needed("Incidents", untold, "open incidents are untold", "/?untold=true")


def _of_systems(ledger: Ledger) -> Iterator[Needed]:
    views = ledger.views
    unregistered = len(unregistered_systems(ledger))
    yield _needed("Systems", unregistered, "systems are not registered", "/systems")
    ended = lists.count(views, SYSTEMS, {"classification": Classification.ENDED})
    words = "classifications of systems have ended"
    yield _needed("Systems", ended, words, "/systems?classification=ended", late=True)
    standing = [each.status for each in objectives(ledger)]
    for status, words, late in (
        (ObjectiveStatus.BREACHED, "objectives are breached", True),
        (ObjectiveStatus.UNDECIDED, "objectives are undecided: no data is never a pass", False),
    ):
        yield _needed("Systems", standing.count(status), words, "/objectives", late=late)
    releases = count_by_need(views)
    for need, words, late in (
        (ReleaseNeed.OVERDUE, "emergency releases are overdue: they run undecided", True),
        (ReleaseNeed.NONCONFORMING, "releases are nonconforming", True),
        (ReleaseNeed.RUNS_UNDECIDED, "emergency releases wait for sign-off or decision", False),
        (ReleaseNeed.UNDECIDED, "releases wait for sign-off or decision", False),
    ):
        yield _needed("Systems", releases[need], words, f"/releases?needs={need}", late=late)
    expired = lists.count(views, EVIDENCE, {"status": EvidenceStatus.EXPIRED})
    yield _needed("Systems", expired, "pieces of evidence have expired", "/evidence?status=expired")
    proposed = count_undecided(views)
    words = "improvements are proposed and not decided"
    yield _needed("Risk", proposed, words, "/improvements?status=proposed")
    overdue = lists.count(views, IMPROVEMENTS, {"overdue": YesNo.YES})
    words = "improvements are overdue"
    yield _needed("Risk", overdue, words, "/improvements?overdue=true", late=True)
    for improved, words, late in (
        (ImprovementStatus.DONE, "improvements were done and wait for a check", False),
        (ImprovementStatus.NOT_EFFECTIVE, "improvements had no effect, and are open", True),
    ):
        count = lists.count(views, IMPROVEMENTS, {"status": improved})
        yield _needed("Risk", count, words, f"/improvements?status={improved}", late=late)


def _of_standards(ledger: Ledger) -> Iterator[Needed]:
    for status, words, late in (
        (ControlStatus.REASSESSMENT_OVERDUE, "re-assessments of controls are overdue", True),
        (ControlStatus.REASSESSMENT_DUE, "controls are to be assessed again", False),
        (ControlStatus.EXPIRED, "assessments of controls have expired", True),
    ):
        count = lists.count(ledger.views, CONTROLS, {"status": status})
        yield _needed("Risk", count, words, f"/controls?status={status}", late=late)
    overdue = lists.count(ledger.views, STANDARDS, {"status": StandardStatus.REVIEW_OVERDUE})
    words = "standards were not looked at in time: they may have changed"
    yield _needed("Risk", overdue, words, "/standards?status=review_overdue", late=True)


def _of_the_ledger(ledger: Ledger) -> Iterator[Needed]:
    silent = len(silent_now(ledger.views))
    yield _needed("Ledger", silent, "sources are silent", "/coverage", late=True)
    waits = ledger.store.quarantine.count("open")
    yield _needed("Ledger", waits, "bodies wait in quarantine", "/quarantine")
    for status, words in (
        (DeliveryStatus.FAILING, "notifications fail, and are tried again"),
        (DeliveryStatus.GIVEN_UP, "notifications reached nobody"),
    ):
        count = lists.count(ledger.views, DELIVERIES, {"status": status})
        yield _needed("Ledger", count, words, f"/deliveries?status={status}")


def _needed(place: str, count: int, what: str, path: str, *, late: bool = False) -> Needed:
    return Needed(place=place, count=count, what=what, path=path, late=late)
