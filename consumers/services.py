"""What the parts of a process that write to a ledger share, as one value."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from consumers.access.people import AIRLEDGER
from consumers.evidence_store import ContentStore
from ledger.execute import Context, Executor
from ledger.store.port import Store


@dataclass(frozen=True, slots=True)
class Services:
    """The store, the executor that appends to it, the ledger's time (UTC), and new ids (UUIDv7).

    `content` gives the store of evidence's content; None where there is none.

    `Ledger.services` has those of an open ledger.
    """

    store: Store
    executor: Executor
    _: KW_ONLY
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    content: Callable[[], ContentStore | None] = lambda: None

    def context(self, actor: str = AIRLEDGER) -> Context:
        """The context of a request that `actor` makes now, under a new correlation id.

        Without an actor, the request is the ledger's own.
        """
        return Context(at=self.clock(), actor=actor, source=AIRLEDGER, correlation=self.new_id())
