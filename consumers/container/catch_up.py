"""What a command does before it reads and after it wrote: sealing, and filling the read models.

An embedded ledger's command does it by itself, beside a server or without one. On PostgreSQL it is
the work of the processes that do nothing else; a command does it as well where it can, which takes
the signing key or the right to fill read models, and otherwise waits for them. Read models that are
filled from Kafka are left to their projectors. Blocking.
"""

from collections.abc import Callable, Iterable

from consumers.container.ledger import Ledger
from consumers.container.waiting import true_within
from ledger.errors import Unavailable
from projections.catalogue import PROJECTIONS
from projections.engine import position

LONGEST_SECONDS = 10.0
STEP_SECONDS = 0.02


def seal(ledger: Ledger) -> None:
    """Seals an embedded ledger, and what that and the clock cause."""
    if ledger.settings.embedded:
        ledger.seal_and_react()


def ensure_sealed(ledger: Ledger) -> None:
    """Returns once all that is appended now is sealed. Raises Unavailable where nobody seals."""
    if ledger.settings.embedded:
        ledger.seal_and_react()
    elif ledger.settings.log.key_file is not None and ledger.settings.key_path.exists():
        ledger.sealer.seal()
    else:
        _await_sealer(ledger)


def _await_sealer(ledger: Ledger) -> None:
    size = ledger.store.size()
    if not _became_true(lambda: _sealed(ledger) >= size):
        raise Unavailable(
            f"{size} events are appended, and after {LONGEST_SECONDS:.0f} s {_sealed(ledger)} are "
            "sealed.",
            remedy="Let a sealer run, where the signing key is: airledger run sealer.",
        )


def update_views(ledger: Ledger, *, wait: bool = True) -> Iterable[str]:
    """Brings the read models up to what is sealed; says in what they are behind.

    By itself, and where it may not fill them (on PostgreSQL that is a right) by waiting for whom it
    is left to, if that is wanted.
    """
    if ledger.settings.views_from_kafka:
        return _await_projector(ledger) if wait else ()
    try:
        ledger.projector.catch_up()
    except Unavailable:
        if ledger.settings.views_embedded:
            raise
        return _await_projector(ledger) if wait else ()
    return [
        f"The read model {each.name} stopped at event {each.next}, so what it shows is older: "
        f"{each.stopped}"
        for each in ledger.projector.progress
        if each.stopped
    ]


def _await_projector(ledger: Ledger) -> Iterable[str]:
    sealed = _sealed(ledger)
    if _became_true(lambda: position(ledger.views, PROJECTIONS) >= sealed):
        return []
    folded = position(ledger.views, PROJECTIONS)
    late = (
        f"The read models are at event {folded} of {sealed}, so what they show is older. Let a "
        "projector run: airledger run projector."
    )
    return [late]


def _sealed(ledger: Ledger) -> int:
    state = ledger.store.log_state()
    return state.size if state else 0


def _became_true(condition: Callable[[], bool]) -> bool:
    return true_within(condition, seconds=LONGEST_SECONDS, every=STEP_SECONDS)
