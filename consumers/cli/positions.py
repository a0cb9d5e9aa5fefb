"""`airledger positions`: the consumed offsets of the topics on Kafka, and their reset."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.printing import print_items, print_line
from consumers.cli.session import Json, SessionArg
from ledger.errors import NotFound, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.kafka.positions import Position

app = App(name="positions", help="The consumed offsets of the topics on Kafka.")


@app.command(name="list")
def list_(*, json: Json = False, session: SessionArg) -> None:
    """Show the next offset of every partition; 0 if nothing was consumed yet."""
    from consumers.kafka.positions import positions

    with session.open_read(views=False) as ledger:
        _print(positions(ledger.store), json=json)


@app.command
def reset(
    *,
    topic: Annotated[str, Parameter(help="The topic.")],
    partition: Annotated[int | None, Parameter(help="One partition; all by default.")] = None,
    to: Annotated[
        int, Parameter(help="The next offset to consume; 0 is the start of the partition.")
    ] = 0,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Consume a topic from another offset: after it was recreated, or records were deleted.

    A running intake continues from there by itself. Records that were consumed before are consumed
    again: signals and commands with ids of their own are repeats, others may not be.
    """
    from consumers.kafka.positions import positions, shipped_generation
    from ledger.execute import AdvanceFollower
    from ledger.store.side_records import PositionMove

    if to < 0:
        raise SettingsError(f"{to} is not an offset.", remedy="Offsets start at 0.")
    with session.open_write() as writer:
        store = writer.ledger.store
        wanted = [
            each
            for each in positions(store)
            if each.topic == topic and partition in {None, each.partition}
        ]
        if not wanted:
            raise NotFound(
                f"No partition {'' if partition is None else f'{partition} '}of a topic {topic!r} "
                "is consumed.",
                remedy="See airledger positions list.",
            )
        for each in wanted:
            moved = PositionMove(
                follower=shipped_generation(topic).follower(each.partition), old=each.next, new=to
            )
            writer.ledger.executor.execute(AdvanceFollower(moved=moved), writer.context())
        _print([each for each in positions(store) if each.topic == topic], json=json)


def _print(found: "Sequence[Position]", *, json: bool) -> None:
    if json:
        print_items(found)
        return
    for each in found:
        print_line(
            f"{each.topic} (generation {each.generation}), partition {each.partition}: {each.next}"
        )
