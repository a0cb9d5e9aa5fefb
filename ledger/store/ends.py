"""Where a store ends, and what is said when that is not where it should."""

from ledger.errors import Conflict

TAIL_REMEDY = (
    "Put the missing events back, byte for byte: airledger store repair FILE; see airledger verify."
)


def require_end(held: int, first: int) -> None:
    """Raises Conflict where a store of `held` events is not to go on at leaf `first`."""
    if held != first:
        raise Conflict(
            f"The store holds {held} events, and the next one was to be that of leaf {first}: "
            "another process writes to it.",
            remedy="Stop everything else that writes to this store, then repair it again.",
        )
