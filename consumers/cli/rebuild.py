"""`airledger rebuild`: fills read models again from the log, then switches to them."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from consumers.cli.printing import print_items, print_line, progress
from consumers.cli.session import Json, SessionArg
from consumers.cli.topics import kafka_of
from ledger.errors import Invalid

if TYPE_CHECKING:
    from consumers.container.ledger import Ledger
    from consumers.kafka.rebuild import Step
    from ledger.settings import KafkaSettings
    from projections.engine import Projection


def rebuild(
    *names: Annotated[str, Parameter(help="The read models; all of them when none is named.")],
    source: Annotated[
        Literal["store", "kafka"],
        Parameter(name="--from", help="Where events are read: the store, or airledger.events."),
    ] = "store",
    json: Json = False,
    session: SessionArg,
) -> None:
    """Rebuild read models from the sealed log; queries use the old ones until then."""
    from consumers.runtime.garbage_collection import collecting_seldom
    from projections.catalogue import PROJECTIONS

    known = {projection.name: projection for projection in PROJECTIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(
            f"There is no read model {unknown[0]!r}.", remedy=f"There are {', '.join(known)}."
        )
    kafka = kafka_of(session) if source == "kafka" else None
    with session.open_read(views=False) as ledger, progress("Rebuilding") as step:
        wanted = [known[name] for name in dict.fromkeys(names or known)]
        description = f"Rebuilding {', '.join(each.name for each in wanted)}"
        step(description, 0, 0)
        with collecting_seldom():
            if kafka is not None:
                passed = _from_kafka(ledger, wanted, kafka, partial(step, description))
            else:
                passed = _from_store(ledger, wanted)
    rebuilt = [{"name": projection.name, "events": passed} for projection in wanted]
    if json:
        print_items(rebuilt)
        return
    for each in rebuilt:
        print_line(f"{each['name']}: rebuilt from {each['events']} events.")


def _from_store(ledger: "Ledger", wanted: "Sequence[Projection]") -> int:
    from projections.engine import rebuild_all

    state = ledger.store.log_state()
    until = state.size if state else 0
    return rebuild_all(ledger.projector, ledger.views, wanted, until=until)


def _from_kafka(
    ledger: "Ledger", wanted: "Sequence[Projection]", kafka: "KafkaSettings", step: "Step"
) -> int:
    from consumers.container.backends import log_of
    from consumers.kafka.rebuild import rebuild
    from consumers.topics.topics import EVENTS, topics
    from ledger.domain.catalogue import READERS_CODEC
    from ledger.transparency.keys import parse_verifier
    from projections.engine import PartitionRebuild

    verifier = parse_verifier(log_of(ledger.store).vkey)
    generation = topics()[EVENTS].generation
    texts = ledger.store.texts.readable
    rebuilding = PartitionRebuild(
        ledger.views, READERS_CODEC, wanted, topic=generation, texts=texts
    )
    passed = asyncio.run(rebuild(rebuilding, kafka, verifier, step))
    if rebuilding.failure is not None:
        raise rebuilding.failure
    return passed
