"""Whether anybody listened: signs of the processes that take signals, sources that are silent, and
bodies that nobody could read.

A sign is a position (`SIGN`), the milliseconds of its time since 1970, that moves by
compare-and-set: of two processes that find the same gap one records it, and the other finds the
sign of the first. `BEGUN` is the first sign of all, before which nothing is known.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ledger.domain.access import Access, HolderKind
from ledger.domain.envelope import stream_id
from ledger.domain.identity import INTAKE_ID, access_id, source_id
from ledger.domain.intake import INTERRUPTED_AFTER, Intake, find_growth, find_interruption
from ledger.domain.source import (
    SOURCE,
    Source,
    SourceEvent,
    end_silence,
    find_heard,
    find_not_repeated,
    find_silent,
)
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.port import Store
from ledger.store.side_records import PositionMove, TokenRow

SIGN = "intake/sign"
BEGUN = "intake/begun"
BY_A_SOURCE = "source/"
"""What the actor of a source's own requests begins with."""
INTAKE_STREAM = stream_id("intake", INTAKE_ID)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def streams_of_sign(_: q.GiveSign | q.CheckQuarantine) -> tuple[str, ...]:
    """The stream of intake as a whole."""
    return (INTAKE_STREAM,)


def give_sign(sign: q.GiveSign, context: Context, work: Work) -> Outcome:
    """Records that this process takes signals, and the gap before that where there was one.

    A clock that is set forward makes no gap: the process knows how long ago it gave its last sign.
    """
    if not work.claims.claim_once("sign", SIGN):
        return Outcome()
    recorded = len(work.events)
    before, now = work.store.followers.position(SIGN), milliseconds(context.at)
    if before == 0:
        work.side_writes.append(PositionMove(follower=BEGUN, old=0, new=now))
    elif sign.passed is None or sign.passed > INTERRUPTED_AFTER:
        for event in find_interruption(time_of(before), context.at):
            work.record(INTAKE_STREAM, event, context)
    if before != now:
        work.side_writes.append(PositionMove(follower=SIGN, old=before, new=now))
    return Outcome(events=len(work.events) - recorded)


def hear(context: Context, work: Work) -> None:
    """Records that a source sent something; a retry from quarantine was heard when it arrived."""
    if context.retried or not context.actor.startswith(BY_A_SOURCE):
        return
    source = context.actor.removeprefix(BY_A_SOURCE)
    access: Access = work.states.loaded(_access(source)).state
    if not access.active:
        return  # a record of Kafka may name any
    of = source_id(source)
    work.last_seen.record_heard(of, context.at)
    stream = SOURCE.stream(of)
    for event in find_heard(work.states.loaded(stream).state, source, context.at):
        work.record(stream, event, context)


def streams_heard(source: str) -> tuple[str, ...]:
    """The streams that `hear` reads."""
    return _access(source), SOURCE.stream(source_id(source))


def check_sources(_: q.CheckSources, context: Context, work: Work) -> Outcome:
    """Records which gaps of sources begin or end by the policy in force.

    Nothing while no process takes signals: who does not listen knows of no silence.
    """
    before = len(work.events)
    signs = work.store.followers.positions([SIGN, BEGUN])
    if signs[SIGN] == 0 or context.at - time_of(signs[SIGN]) > INTERRUPTED_AFTER:
        return Outcome()
    intake: Intake = work.states.loaded(INTAKE_STREAM).state
    listening_since = max(time_of(signs[BEGUN]), intake.resumed_at or _FIRST)
    rows = _unrevoked(work.store)
    ids = {name: source_id(name) for name in rows}
    heard = work.last_seen.of_all(set(ids.values()))
    work.states.prefetch(SOURCE.stream(of) for of in ids.values())
    for name, row in rows.items():
        stream = SOURCE.stream(ids[name])
        state: Source = work.states.loaded(stream).state
        if row.opens(context.at):
            events = _silence(row, state, heard.get(ids[name]), listening_since, context, work)
            events += _left_out(row, state, listening_since, context, work)
        else:
            events = end_silence(state, name, row.expires_at or context.at)
        for event in events:
            work.record(stream, event, context)
    return Outcome(events=len(work.events) - before)


def _silence(
    row: TokenRow,
    state: Source,
    heard_at: datetime | None,
    listening_since: datetime,
    context: Context,
    work: Work,
) -> tuple[SourceEvent, ...]:
    """That a source is silent, or is so no more."""
    source = row.holder_name
    if state.silent_since is not None:
        is_heard = heard_at is not None and heard_at > state.silent_since
        return find_heard(state, source, heard_at) if heard_at and is_heard else ()
    silent_after = work.policy().coverage.silent_after_of(source, row.source_kind)
    if silent_after is None:
        return ()
    return find_silent(
        state,
        source,
        last_heard_at=max(heard_at or row.granted_at, row.granted_at),
        listening_since=listening_since,
        silent_after=silent_after,
        now=context.at,
    )


def _left_out(
    row: TokenRow, state: Source, listening_since: datetime, context: Context, work: Work
) -> tuple[SourceEvent, ...]:
    """That groups of which alerts were left out are over."""
    if not state.left_out:
        return ()
    alerts = work.policy().alerts
    return find_not_repeated(
        state,
        row.holder_name,
        sent_at=work.last_seen.of_all(state.left_out.keys()),
        listening_since=listening_since,
        stale_after=alerts.stale_after_of(row.holder_name, row.source_kind) or alerts.stale_after,
        now=context.at,
    )


def check_quarantine(_: q.CheckQuarantine, context: Context, work: Work) -> Outcome:
    """Records that the quarantine grew by the policy in force, or that it has no longer grown."""
    grown_at = work.policy().coverage.quarantine_grown_at
    if grown_at is None:
        return Outcome()
    before, waiting = len(work.events), work.store.quarantine
    state: Intake = work.states.loaded(INTAKE_STREAM).state
    first = waiting.entries(state="open", sort="arrived_at", limit=1)
    for event in find_growth(
        state,
        open_entries=waiting.count("open"),
        oldest=first[0].arrived_at if first else None,
        grown_at=grown_at,
        now=context.at,
    ):
        work.record(INTAKE_STREAM, event, context)
    return Outcome(events=len(work.events) - before)


def sources_in_use(store: Store, at: datetime) -> Mapping[str, TokenRow]:
    """The token of each source that may send now, by its name."""
    return {name: row for name, row in _unrevoked(store).items() if row.opens(at)}


def listening_since(store: Store) -> datetime | None:
    """The first sign of a process that takes signals, by which the ledger knows of gaps."""
    begun = store.followers.position(BEGUN)
    return time_of(begun) if begun else None


def milliseconds(at: datetime) -> int:
    """A time as a position."""
    return (at - _FIRST) // _MILLISECOND


def time_of(position: int) -> datetime:
    """The time that a position stands for."""
    return _FIRST + position * _MILLISECOND


def _unrevoked(store: Store) -> Mapping[str, TokenRow]:
    """The newest token of each source that is not revoked, by its name."""
    rows = store.access.tokens(HolderKind.SOURCE)
    return {row.holder_name: row for row in rows if not row.revoked}


def _access(source: str) -> str:
    return stream_id("access", access_id(HolderKind.SOURCE, source))
