"""`airledger positions`: how far the topics on Kafka were taken, and taking them from elsewhere."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.printing import items, line
from consumers.cli.session import Json, SessionArg
from ledger.errors import NotFound, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.kafka.positions import Position

app = App(name="positions", help="How far the topics on Kafka were taken.")


@app.command(name="list")
def list_(*, json: Json = False, session: SessionArg) -> None:
    """Show the next offset of every partition; 0 where nothing was taken yet."""
    from consumers.kafka.positions import positions

    with session.reading(views=False) as ledger:
        _tell(positions(ledger.store), json=json)


@app.command
def reset(
    *,
    topic: Annotated[str, Parameter(help="The topic.")],
    partition: Annotated[int | None, Parameter(help="One partition; all by default.")] = None,
    to: Annotated[
        int, Parameter(help="The next offset to take; 0 is wherever the partition begins.")
    ] = 0,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Take a topic from another offset on: after it was made anew, or records were deleted.

    A running intake goes on from there by itself. Records that were taken before are taken once
    more: signals and commands with ids of their own are repeats, others may not be.
    """
    from consumers.kafka.positions import positions, shipped_generation
    from ledger.execute import AdvanceFollower
    from ledger.store.side_records import PositionMove

    if to < 0:
        raise SettingsError(f"{to} is no offset.", remedy="Offsets begin with 0.")
    with session.acting() as acting:
        store = acting.ledger.store
        wanted = [
            each
            for each in positions(store)
            if each.topic == topic and partition in {None, each.partition}
        ]
        if not wanted:
            raise NotFound(
                f"No partition {'' if partition is None else f'{partition} '}of a topic {topic!r} "
                "is taken.",
                remedy="See airledger positions list.",
            )
        for each in wanted:
            moved = PositionMove(
                follower=shipped_generation(topic).follower(each.partition), old=each.next, new=to
            )
            acting.ledger.executor.execute(AdvanceFollower(moved=moved), acting.context())
        _tell([each for each in positions(store) if each.topic == topic], json=json)


def _tell(found: "Sequence[Position]", *, json: bool) -> None:
    if json:
        items(found)
        return
    for each in found:
        line(
            f"{each.topic} (generation {each.generation}), partition {each.partition}: {each.next}"
        )
