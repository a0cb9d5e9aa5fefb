"""The view in a command's answer: the kind's own view if it has one, else the stream's state."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from consumers.container.ledger import Ledger
from consumers.read_service.counts import ReviewView, review_from_stream
from consumers.read_service.incident_views import IncidentDetail
from consumers.read_service.incidents import view_from_stream
from consumers.read_service.reports import ReportView, report_from_stream
from consumers.read_service.streams import StreamView, stream_view
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.review import REVIEW
from ledger.domain.stream_type import StreamType


class View(NamedTuple):
    """A kind's own view: its type, and the function that builds it from a stream. Blocking."""

    type: type[Any]
    of: Callable[[Ledger, UUID], Any]


OWN: Mapping[str, View] = {
    INCIDENT.kind: View(IncidentDetail, view_from_stream),
    REVIEW.kind: View(ReviewView, review_from_stream),
}
"""The registry of views by stream kind."""

REDUCED: Mapping[str, View] = {INCIDENT.kind: View(ReportView, report_from_stream)}
"""The views for those who may report and not read, by stream kind."""


def view_type(kind: StreamType) -> type[Any]:
    """The type of `view_of`'s result."""
    own = OWN.get(kind.kind)
    return own.type if own else StreamView


def view_of(ledger: Ledger, kind: StreamType, subject: UUID) -> Any:
    """The current view of a stream, from its events. Raises NotFound. Blocking."""
    own = OWN.get(kind.kind)
    return own.of(ledger, subject) if own else stream_view(ledger, kind, subject)


def reduced_view_of(ledger: Ledger, kind: StreamType, subject: UUID) -> Any:
    """The view of a stream that its caller opened, and may not read. Raises NotFound. Blocking."""
    return REDUCED[kind.kind].of(ledger, subject)
