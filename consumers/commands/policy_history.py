"""Policies as they were adopted: the same for HTTP, the pages and the command line. Blocking."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, NoReturn, cast

import msgspec
import structlog
from msgspec.structs import replace

from consumers.access.texts import filled
from ledger.domain import identity
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, stream_id
from ledger.domain.policy import PolicyAdopted, PolicyProposed
from ledger.errors import Invalid, LedgerError, NotFound
from ledger.execute import Outcome
from ledger.policy import (
    Change,
    Difference,
    Guards,
    Policy,
    absent_keys,
    difference,
    parse_adopted,
    parse_guards,
)
from ledger.policy.flow import did_you_mean
from ledger.store.port import Entry, Store
from ledger.vocabulary import Category
from projections.values import plain_text, time_text

log = structlog.get_logger(__name__)

_ADOPT = (
    "Add the key to the text of airledger policy show --raw, as the policy shipped has it, and run "
    "airledger policy adopt FILE --reason R."
)


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that took force, and its difference to the one before it, `previous`.

    `leaf` is its place in the log, `version` counts adoptions from 1. Times are RFC 3339 in UTC,
    `by` is a name. The first has none before it, and so no difference.
    """

    leaf: int
    version: int
    at: str
    recorded_at: str
    by: str
    reason: str
    digest: str
    previous: str | None
    changes: tuple[Change, ...]
    diff: str


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force, and the reason of its adoption."""

    digest: str
    text: str
    adopted_at: str
    reason: str = ""


class AdoptionResult(StrEnum):
    """What became of a policy that somebody adopts."""

    ADOPTED = "adopted"
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"


def adoption_result(outcome: Outcome) -> AdoptionResult:
    """What an `AdoptPolicyRequest` came to."""
    if not outcome.done:
        return AdoptionResult.PROPOSED
    return AdoptionResult.ADOPTED if outcome.events else AdoptionResult.UNCHANGED


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that waits for a second person, and its difference to the one in force.

    `by` are names: of those who proposed it as persons. Times are RFC 3339 in UTC.
    """

    digest: str
    text: str
    at: str
    by: tuple[str, ...]
    reason: str
    changes: tuple[Change, ...]
    diff: str


class Adopted(NamedTuple):
    """A policy as it was adopted: the event, and all that is recorded with it."""

    recorded: Recorded
    event: PolicyAdopted


def policy_in_force(store: Store) -> Policy:
    """The policy of the newest adoption. Raises NotFound where there is none, UnknownEvent."""
    return parse_adopted(adoption_in_force(store).text)


def policy_before(store: Store, at: datetime) -> Policy:
    """The policy that was adopted last before a time; the first where none was.

    Raises NotFound where there is none at all, UnknownEvent.
    """
    found = adopted(store)
    before = [each for each in found if each.recorded.recorded_at < at]
    return parse_adopted((before or found[:1])[-1].event.text)


def guards_in_force(store: Store) -> Guards:
    """Who may what by the newest adoption. Raises NotFound, UnknownEvent."""
    return parse_guards(adoption_in_force(store).text)


def log_absent_keys(store: Store, kind: type[msgspec.Struct] = Policy) -> None:
    """Logs which optional keys the policy in force lacks, and what the program does without them.

    `kind` is what a policy may say. A policy that cannot be read is told of by what decides by it.
    """
    try:
        text = adoption_in_force(store).text
    except LedgerError:
        return
    for key in absent_keys(text, kind):
        log.warning("policy_key_absent", key=key.path, without=key.without, remedy=_ADOPT)


def categories_in_force(store: Store) -> Mapping[str, str]:
    """The labels of the categories that an incident may have now, by their ids, in order."""
    try:
        return policy_in_force(store).category_labels
    except LedgerError:  # none was adopted yet, or a newer program did
        return {each.value: each.label for each in Category}


def categories_ever(store: Store) -> Mapping[str, str]:
    """The labels of every category that incidents may have been of: those in force come first."""
    found = dict(categories_in_force(store))
    try:
        texts = [each.event.text for each in reversed(adopted(store))]
    except NotFound:
        return found
    for text in texts:
        for name, label in _added_categories(text):
            found.setdefault(name, label)
    return found


@lru_cache(maxsize=128)
def _added_categories(text: str) -> tuple[tuple[str, str], ...]:
    """The categories that a policy's text adds, each with its label."""
    added = tomllib.loads(text).get("categories", {})
    return tuple((name, table.get("label", name)) for name, table in added.items())


def require_category(store: Store, category: str | None) -> None:
    """Raises Invalid for a category to filter by that no policy ever had."""
    if category is None or category in (known := categories_ever(store)):
        return
    raise Invalid(
        f"There is no category {category!r}.{did_you_mean(category, known)}",
        errors=[("category", f"expected one of {', '.join(known)}")],
        remedy="Filter by one of these.",
    )


def adoption_in_force(store: Store) -> PolicyAdopted:
    """The newest adoption. Raises NotFound where there is none."""
    return newest(store).event


def policy_view(store: Store, adopted: PolicyAdopted) -> PolicyView:
    """An adoption as it is shown."""
    return PolicyView(
        digest=adopted.digest,
        text=adopted.text,
        adopted_at=time_text(adopted.at),
        reason=filled(store, plain_text(adopted.reason)),
    )


def newest(store: Store) -> Adopted:
    """The newest adoption, as it was recorded. Raises NotFound where there is none."""
    return next(filter(None, map(_adopted, reversed(_entries(store)))), None) or _none_adopted()


def adoptions(
    store: Store,
    names: Mapping[str, str],
    *,
    before: int | None = None,
    most: int | None = None,
) -> list[Adoption]:
    """Adoptions, newest first, with people's `names` by id.

    Only those whose version is less than `before`, and only so many. Raises NotFound where there
    is none at all.
    """
    pairs = [(was, each) for was, each in pairwise([None, *adopted(store)]) if each is not None]
    if before is not None:
        pairs = [pair for pair in pairs if pair[1].recorded.version < before]
    pairs = pairs[::-1][:most]
    reasons = filled(store, [plain_text(each.event.reason) for _, each in pairs])
    return [
        _adoption(each, was, names, reason)
        for (was, each), reason in zip(pairs, reasons, strict=True)
    ]


def adoption_of(store: Store, digest: str) -> tuple[int, PolicyAdopted]:
    """The leaf and event by which the policy of this digest took force last. Raises NotFound."""
    for recorded, event in reversed(adopted(store)):
        if event.digest == digest:
            return recorded.leaf, event
    raise NotFound(f"No policy {digest} was adopted.", remedy="See airledger policy history.")


def adopted(store: Store) -> list[Adopted]:
    """Every adoption, oldest first. Raises NotFound where there is none."""
    return list(filter(None, map(_adopted, _entries(store)))) or _none_adopted()


def in_force_at(adoptions: Sequence[Adopted], leaf: int) -> Adopted:
    """The one of these, oldest first, that was in force at a leaf; the first one before any."""
    before = [each for each in adoptions if each.recorded.leaf <= leaf]
    return before[-1] if before else adoptions[0]


def proposals(store: Store, names: Mapping[str, str]) -> list[Proposed]:
    """The policies that wait for a second person, oldest first, with people's `names` by id."""
    in_force: Adopted | None = None
    waiting: dict[str, Proposed] = {}
    for entry in _entries(store):
        if (adopted := _adopted(entry)) is not None:
            in_force, waiting = adopted, {}
            continue
        if in_force is None:
            continue
        event = cast("PolicyProposed", CODEC.decode(entry.stored, entry.leaf).event)
        before = waiting.get(event.digest)
        other = difference(in_force.event.text, event.text)
        by = (names.get(event.by, event.by),) if event.persons else ()
        waiting[event.digest] = Proposed(
            digest=event.digest,
            text=event.text,
            at=before.at if before else time_text(event.at),
            by=(*(before.by if before else ()), *by),
            reason=plain_text(event.reason),
            changes=other.changes,
            diff=other.diff,
        )
    if in_force is None:
        _none_adopted()
    reasons = filled(store, [each.reason for each in waiting.values()])
    return [
        replace(each, reason=reason) for each, reason in zip(waiting.values(), reasons, strict=True)
    ]


def proposal_of(store: Store, digest: str) -> Proposed:
    """The policy of this digest that waits for a second person. Raises NotFound."""
    return proposal_in(proposals(store, {}), digest)


def proposal_in(found: Iterable[Proposed], digest: str) -> Proposed:
    """The one of these that has a digest, with or without its prefix. Raises NotFound."""
    for each in found:
        if digest in {each.digest, each.digest.removeprefix("sha256:")}:
            return each
    raise NotFound(
        f"No policy {digest} waits for a second person.",
        remedy="See airledger policy proposals: another may have been adopted since.",
    )


def _none_adopted() -> NoReturn:
    raise NotFound(
        "No policy was adopted.",
        remedy="The first process that takes signals or commands adopts it: airledger serve.",
    )


def _entries(store: Store) -> list[Entry]:
    stream = stream_id("policy", identity.POLICY_ID)
    return store.load({stream: 0})[stream]


def _adopted(entry: Entry) -> Adopted | None:
    """The adoption of an entry of the policy's stream; None for a proposal."""
    recorded = CODEC.decode(entry.stored, entry.leaf)
    event = recorded.event
    return Adopted(recorded, event) if isinstance(event, PolicyAdopted) else None


def _adoption(
    of: Adopted, before: Adopted | None, names: Mapping[str, str], reason: str
) -> Adoption:
    recorded, event = of
    other = difference(before.event.text, event.text) if before else Difference()
    return Adoption(
        leaf=recorded.leaf,
        version=recorded.version,
        at=time_text(event.at),
        recorded_at=time_text(recorded.recorded_at),
        by=names.get(recorded.actor, recorded.actor),
        reason=reason,
        digest=event.digest,
        previous=before.event.digest if before else None,
        changes=other.changes,
        diff=other.diff,
    )
