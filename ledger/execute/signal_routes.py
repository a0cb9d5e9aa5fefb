"""Where signals of a batch belong: their alert, group and incident."""

from typing import NamedTuple
from uuid import UUID

from ledger.domain.alert import Signal, without_labels
from ledger.domain.envelope import stream_id
from ledger.domain.incident import Incident
from ledger.domain.signal_state import Place, place_of
from ledger.domain.system.names import NAMES_STREAM
from ledger.execute.unit_of_work import Work
from ledger.vocabulary import Status


class SignalRoute(NamedTuple):
    """A signal's place under the policy in force, and the streams of its alert and group.

    `signal` is without the labels that the policy drops.
    """

    signal: Signal
    place: Place
    alert_stream: str
    group_stream: str


class SignalRoutes:
    """Routes of a batch's signals, each worked out once: `work.part(SignalRoutes)`.

    A signal is known by its identity, so each one is held as long as its route is.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[tuple[int, int], tuple[Signal, SignalRoute]] = {}

    def of(self, signal: Signal) -> SignalRoute:
        """The route under the policy in force, with systems by their own names.

        Raises what `Work.policy` raises.
        """
        key = (self._work.states.changes, id(signal))
        if (known := self._known.get(key)) is not None:
            return known[1]
        policy = self._work.policy()
        dropped = policy.privacy.drop_labels
        kept = without_labels(signal, dropped) if dropped else signal
        place = place_of(kept, policy, self._work.states.loaded(NAMES_STREAM).state)
        route = SignalRoute(
            kept, place, stream_id("alert", place.alert), stream_id("alert_group", place.group)
        )
        self._known[key] = (signal, route)
        return route


def follow_merges(incident: UUID | None, work: Work) -> tuple[UUID, Incident] | None:
    """The incident that an id stands for, merges followed, with its state; None for None."""
    while incident is not None:
        state: Incident = work.states.loaded(stream_id("incident", incident)).state
        if state.status is not Status.MERGED or state.merged_into is None:
            return incident, state
        incident = state.merged_into
    return None
