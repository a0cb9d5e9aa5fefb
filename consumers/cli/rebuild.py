"""Rebuild: read models anew from the ledger, beside the live ones, then switched."""

from typing import Annotated

from cyclopts import Parameter

from consumers.cli.printing import items, line, progress
from consumers.cli.session import Here, Json
from ledger.errors import Invalid


def rebuild(
    *names: Annotated[str, Parameter(help="The read models; all of them when none is named.")],
    json: Json = False,
    session: Here,
) -> None:
    """Fill read models anew from the sealed log; readers see the old ones until they are whole."""
    from projections.catalogue import PROJECTIONS
    from projections.engine import rebuild_all

    known = {projection.name: projection for projection in PROJECTIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(
            f"There is no read model {unknown[0]!r}.", remedy=f"There are {', '.join(known)}."
        )
    with session.reading(views=False) as ledger, progress("Rebuilding") as step:
        state = ledger.store.log_state()
        until = state.size if state else 0
        wanted = [known[name] for name in dict.fromkeys(names or known)]
        step(f"Rebuilding {', '.join(each.name for each in wanted)}", 0, 0)
        passed = rebuild_all(ledger.projector, ledger.views, wanted, until=until)
    rebuilt = [{"name": projection.name, "events": passed} for projection in wanted]
    if json:
        items(rebuilt)
        return
    for each in rebuilt:
        line(f"{each['name']}: rebuilt from {each['events']} events.")
