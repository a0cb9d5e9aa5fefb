"""Silence: a source that was not heard for `silent_after`; what it had to say is not known.

Time during which no process took signals says nothing about a source. So a source is silent when it
was not heard for so long while the ledger listened.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ledger.domain.source.events import SilenceEnded, SourceEvent, SourceHeard, SourceSilent
from ledger.domain.source.state import Source
from ledger.policy.times import after


def find_silent(
    state: Source,
    source: str,
    *,
    last_heard_at: datetime,
    listening_since: datetime,
    silent_after: timedelta,
    now: datetime,
) -> tuple[SourceSilent, ...]:
    """The event that a source is silent; nothing where it is marked so already.

    `last_heard_at` is when it was added, if it never was heard.
    """
    silent_at = after(max(last_heard_at, listening_since), silent_after)
    if state.silent_since is not None or now < silent_at:
        return ()
    return (SourceSilent(at=silent_at, source=source, since=last_heard_at),)


def find_heard(state: Source, source: str, at: datetime) -> tuple[SourceHeard, ...]:
    """The event that a silent source was heard; a gap does not end before it began."""
    since = state.silent_since
    if since is None:
        return ()
    heard_at = max(at, since)
    return (SourceHeard(at=heard_at, source=source, silent_since=since, heard_at=heard_at),)


def end_silence(state: Source, source: str, at: datetime) -> tuple[SilenceEnded, ...]:
    """The event that a silent source may send no more `at` then; nothing where it is not silent."""
    since = state.silent_since
    if since is None:
        return ()
    return (SilenceEnded(at=max(at, since), source=source, silent_since=since),)


def silent_for(events: Iterable[SourceEvent], since: datetime, until: datetime) -> timedelta:
    """For how long of that time a source was silent, by all events of its stream."""
    total, begun = timedelta(), None
    for event in events:
        match event:
            case SourceSilent():
                begun = event.since
            case SourceHeard():
                total += _within(event.silent_since, event.heard_at, since, until)
                begun = None
            case SilenceEnded():
                total += _within(event.silent_since, event.at, since, until)
                begun = None
            case _:
                pass
    return total if begun is None else total + _within(begun, until, since, until)


def _within(begun: datetime, ended: datetime, since: datetime, until: datetime) -> timedelta:
    return max(min(ended, until) - max(begun, since), timedelta())
