"""An executor on a store of its own, with a clock that tests move and ids that count."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from ledger.domain.access.deciding import HOST
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.incident.commands import IncidentCommand, Report
from ledger.domain.policy import AdoptPolicy
from ledger.execute import (
    AdoptPolicyRequest,
    Context,
    Executor,
    Idempotency,
    Outcome,
    RecordSignals,
)
from ledger.policy import shipped
from ledger.store.port import NewEvent, Store
from ledger.store.side_records import SideWrite
from tests.harness.commands import command_incident, report_incident

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = 10
_ids = count(1)


class WatchedStore:
    """A store's appends are counted, and can be held back at a gate."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._append = store.append
        vars(store)["append"] = self.append
        self.appends: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()

    def hold(self) -> None:
        """The next append waits until `gate` is set."""
        self.gate.clear()
        self.arrived.clear()

    def append(self, new: Sequence[NewEvent], written: Sequence[SideWrite] = ()) -> range:
        self.arrived.set()
        if not self.gate.wait(DEADLINE):
            raise TimeoutError
        self.appends.append(len(new))
        return self._append(new, written)


@dataclass
class Desk:
    """Who asks things of the ledger in tests."""

    store: Store
    now: datetime = NOON
    executor: Executor = field(init=False)

    def __post_init__(self) -> None:
        self.executor = Executor(
            self.store, clock=lambda: self.now, new_id=lambda: str(UUID(int=next(_ids)))
        )

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def context(self, **given: Any) -> Context:
        context = {"actor": "person/1", "source": "airledger", "correlation": "c"}
        return Context(**{"at": self.now, **context, **given})

    def adopt(self, text: str | None = None, *, first: str | None = None) -> None:
        """A policy; the one as shipped, or `first`, is the first event of the ledger."""
        command = AdoptPolicy(text=text or first or shipped(), reason="First.")
        self.executor.execute(
            AdoptPolicyRequest(asker=HOST, command=command, first=text is None), self.context()
        )

    def take(self, *signals: Signal, notes: tuple[SideWrite, ...] = (), **given: Any) -> Outcome:
        request = RecordSignals(source="am", signals=signals, notes=notes)
        return self.executor.execute(request, self.context(**given))

    def report(self, number: int = 1, *, title: str = "It broke", **given: Any) -> Outcome:
        request = report_incident(
            incident=UUID(int=number), report=Report(title=title, system="chat")
        )
        return self.executor.execute(request, self.context(**given))

    def command(self, number: int, command: IncidentCommand, **given: Any) -> Outcome:
        request = command_incident(incident=UUID(int=number), command=command)
        return self.executor.execute(request, self.context(**given))

    def signal(self, key: str, status: str = "firing", **given: Any) -> Signal:
        """A critical alert of the alertname "Down", unless told otherwise."""
        labels = {"alertname": "Down", "severity": "critical", "system": "chat"}
        return Signal(
            **{
                "source": "am",
                "dedup_key": key,
                "status": SignalStatus(status),
                "title": f"{key} is down",
                "labels": labels,
                "annotations": {},
                "starts_at": self.now,
                "sender": Sender(receiver="ledger"),
                **given,
            }
        )

    def events(self) -> list[Recorded]:
        """Every event of the ledger, in log order."""
        entries = self.store.read(0, 1_000_000, sealed=False)
        return [CODEC.decode(entry.stored, entry.leaf) for entry in entries]

    def told(self) -> list[tuple[str, str]]:
        """Kind of stream and type of every event behind the policy."""
        return [(each.kind, each.event.name) for each in self.events()[1:]]

    def close(self) -> None:
        self.executor.close()
        self.store.close()


def once(key: str, body: str = "body", token: str = "ann") -> Idempotency:
    return Idempotency(token=token, key=key, request=body)
