"""Errors of conflicting writes, the same on every backend."""

from ledger.errors import Conflict, Fork
from ledger.store import side_records as r

_DECIDE_AGAIN = "Decide again on the newer state."


def require_end(held: int, first: int) -> None:
    """Raises Conflict where a store of `held` events is not to go on at leaf `first`."""
    if held != first:
        raise Conflict(
            f"The store holds {held} events, and the next one was to be that of leaf {first}: "
            "another process writes to it.",
            remedy="Stop everything else that writes to this store, then repair it again.",
        )


def require_tail(appended: int, sealed: int) -> None:
    """Raises Fork where a store holds fewer events than were sealed."""
    if appended < sealed:
        raise Fork(
            f"The store holds {appended} events, but {sealed} were sealed: its tail is missing.",
            remedy="Put the missing events back, byte for byte: airledger store repair FILE; see"
            " airledger verify.",
        )


def append_conflict() -> Conflict:
    """Another writer stored the version of a stream, or an id that is consumed once."""
    return Conflict("Another writer was first.", remedy=_DECIDE_AGAIN)


def stream_changed(record: r.StreamUnchanged) -> Conflict:
    """A stream has events behind the version that a decision read."""
    return Conflict(
        f"{record.stream} has moved on from version {record.version}.", remedy=_DECIDE_AGAIN
    )


def deadline_changed(record: r.DeadlineClaimed) -> Conflict:
    """Another process claimed a deadline first, or it ended."""
    return Conflict(
        f"The deadline {record.kind} of {record.subject} is another one meanwhile.",
        remedy=_DECIDE_AGAIN,
    )


def name_given(record: r.TokenNamed) -> Conflict:
    """Another grant gave the name of a token away first."""
    return Conflict("The name stands for another token meanwhile.", remedy=_DECIDE_AGAIN)


def not_open(record: r.QuarantineClosed) -> Conflict:
    """Another request closed the quarantine entry first."""
    return Conflict(
        f"The quarantine entry {record.id} is not open any more.",
        remedy="See airledger quarantine show.",
    )


def used_before(record: r.SingleUseTaken) -> Conflict:
    """Another request used the secret first, or it expired."""
    return Conflict(
        f"The secret with the digest {record.digest[:16]} has been used, or has expired.",
        remedy="Ask for another.",
    )


def position_moved(record: r.PositionMove) -> Conflict:
    """Another process of the same follower moved its position first."""
    return Conflict(
        f"The follower {record.follower} is not at position {record.old} any more.",
        remedy="Read on from its current position.",
    )


def log_already_started() -> Conflict:
    """The log has its row."""
    return Conflict("The log was begun already.", remedy="Seal it with its own key.")


def log_already_advanced() -> Conflict:
    """The log's size is not what a sealer saw."""
    return Conflict("The log was sealed by another process.", remedy="Seal again.")
