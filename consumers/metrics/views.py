"""What is read from the read models: their progress, late RCAs, broken glasses, silent sources."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from prometheus_client import CollectorRegistry

from consumers.container.ledger import Ledger
from consumers.container.roles import Role
from consumers.metrics.gauges import gauge
from ledger.vocabulary import DeliveryStatus
from projections import queries
from projections.catalogue import PROJECTIONS
from projections.engine import positions_of
from projections.queries.coverage import silent_now
from projections.queries.deliveries import MOST_COUNTED, WAITING, delivery_counts
from projections.queries.incidents import MAX_OVERDUE
from projections.queries.roles import broken_glass
from projections.values import time_text


def read_views(
    registry: CollectorRegistry, ledger: Ledger, roles: Collection[Role], sealed: int
) -> None:
    """`sealed` is the log's size, `roles` what this process does. Raises LedgerError."""
    folded = gauge(
        registry,
        "projection_next",
        "The first leaf that a projection has not folded.",
        "projection",
    )
    lag = gauge(
        registry,
        "projection_lag_events",
        "Sealed events that a projection has not folded.",
        "projection",
    )
    for name, leaf in positions_of(ledger.views, PROJECTIONS).items():
        folded.labels(name).set(leaf)
        lag.labels(name).set(max(0, sealed - leaf))
    if Role.WEB in roles:
        _read_rcas(registry, ledger)
        _read_glass(registry, ledger)
        _read_deliveries(registry, ledger)
        about = "Sources in use that are silent by the policy's coverage."
        gauge(registry, "sources_silent", about).set(len(silent_now(ledger.views)))


def _read_rcas(registry: CollectorRegistry, ledger: Ledger) -> None:
    pressing = gauge(
        registry,
        "rca_open",
        "Open incidents without a finished RCA: at_risk is soon due, breached was due. "
        f"Each is counted up to {MAX_OVERDUE:,}.",
        "state",
    )
    late = queries.incidents.overdue_counts(ledger.views, time_text(ledger.now()))
    pressing.labels("at_risk").set(late.at_risk)
    pressing.labels("breached").set(late.breached)


def _read_glass(registry: CollectorRegistry, ledger: Ledger) -> None:
    broken = gauge(
        registry,
        "glass_broken",
        "How many users of the ledger's host act without the RACI and without a second person now.",
    )
    broken.set(len(broken_glass(ledger.views, time_text(ledger.now()))))


def _read_deliveries(registry: CollectorRegistry, ledger: Ledger) -> None:
    now = ledger.now()
    counts = delivery_counts(ledger.views, time_text(now))
    by_status = gauge(
        registry,
        "deliveries",
        "Notifications: waiting for a try, failing (tried again), given up. Each is counted up to "
        f"{MOST_COUNTED:,}.",
        "status",
    )
    for status in (*WAITING, DeliveryStatus.GIVEN_UP):
        by_status.labels(status.value).set(getattr(counts, status.value))
    age = 0.0
    if counts.oldest is not None:
        due = msgspec.convert(counts.oldest, datetime)
        age = max(0.0, (now - due).total_seconds())
    about = (
        "How long the oldest notification is due that is neither delivered nor given up, or 0. "
        "What quiet hours, a digest or an escalation hold back is not due yet."
    )
    gauge(registry, "delivery_oldest_age_seconds", about).set(age)
