"""Every event type and every stream kind of the ledger, in one place."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from ledger.domain import access, alert, alert_group, incident, policy, review, source
from ledger.domain.codec import Codec, Upcaster
from ledger.domain.envelope import Event


class StreamKind(NamedTuple):
    """How streams of a kind fold: from `initial` by `evolve`, over these event types."""

    initial: Any
    evolve: Callable[[Any, Any], Any]
    events: tuple[type[Event], ...]


def _union(events: Any) -> tuple[type[Event], ...]:
    return get_args(events) or (events,)


KINDS: Mapping[str, StreamKind] = {
    "access": StreamKind(access.Access(), access.evolve, _union(access.AccessEvent)),
    "alert": StreamKind(alert.Alert(), alert.evolve, _union(alert.AlertEvent)),
    "alert_group": StreamKind(
        alert_group.AlertGroup(), alert_group.evolve, _union(alert_group.AlertGroupEvent)
    ),
    "incident": StreamKind(incident.Incident(), incident.evolve, _union(incident.IncidentEvent)),
    "policy": StreamKind(policy.PolicyInForce(), policy.evolve, _union(policy.PolicyEvent)),
    "review": StreamKind(review.Review(), review.evolve, _union(review.ReviewEvent)),
    "source": StreamKind(source.Source(), source.evolve, _union(source.SourceEvent)),
}

EVENTS: tuple[type[Event], ...] = tuple(event for kind in KINDS.values() for event in kind.events)

UPCASTERS: Mapping[str, Upcaster] = {}
"""Old stored names to the next version's; none was released yet."""

CODEC = Codec(EVENTS, UPCASTERS)
