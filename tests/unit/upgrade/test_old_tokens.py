"""Tokens that the log knows by their names go on, and are revoked there."""

from contextlib import closing
from pathlib import Path

import pytest

from consumers.access.tokens import grant_token, revoke
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from ledger.domain.access import ACCESS, AccessGranted, AccessRevoked, HolderKind
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.identity import access_id
from ledger.errors import Refused
from ledger.execute import Context
from ledger.store.mapper import EnvelopeMapper
from ledger.store.side_records import TokenRow
from ledger.vocabulary import Scope
from tests.harness.homes import pytest_generate_tests, settings_of, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]

STREAM = ACCESS.stream(access_id(HolderKind.TOKEN, "ann"))


def context() -> Context:
    return Context(at=now(), actor="airledger", source="airledger", correlation=new_id())


def grant_as_before(ledger: Ledger) -> None:
    """What a program of before wrote: the name in the event, and no name beside it."""
    at, who = now(), "person/00000000-0000-4000-8000-000000000001"
    event = AccessGranted(
        at=at, holder_kind=HolderKind.TOKEN, holder_name="ann", holder=who, scope=Scope.OPERATE
    )
    recorded = Recorded(
        event=event,
        stream=STREAM,
        version=1,
        leaf=0,
        id=new_id(),
        recorded_at=at,
        actor="airledger",
        source="airledger",
        correlation="c",
        causation=None,
        policy_digest=None,
        body_digest=None,
    )
    row = TokenRow(
        digest="d1",
        holder_kind="token",
        holder_name="ann",
        holder=who,
        scope=Scope.OPERATE,
        source_kind=None,
        granted_at=at,
    )
    ledger.store.append([EnvelopeMapper(CODEC).to_new_event(recorded)], [row])


def test_an_old_token_keeps_its_name_and_is_revoked_in_its_own_stream(tmp_path: Path) -> None:
    with closing(open_ledger(settings_of(tmp_path / "data"))) as ledger:
        grant_as_before(ledger)
        [row] = ledger.store.access.tokens(HolderKind.TOKEN)
        assert "ann" == row.shown_name
        with pytest.raises(Refused, match="A token named 'ann' has a token already"):
            grant_token(ledger.store, ledger.executor, context(), "ann", Scope.READ)

        revoke(ledger.executor, context(), HolderKind.TOKEN, "ann")

        *_, last = ledger.store.load({STREAM: 0})[STREAM]
        assert AccessRevoked.name == CODEC.decode(last.stored, last.leaf).event.name
        grant_token(ledger.store, ledger.executor, context(), "ann", Scope.READ)
        old, new = ledger.store.access.tokens(HolderKind.TOKEN)
        assert (True, False) == (old.revoked, new.revoked)
        assert 2 == len(ledger.store.load({STREAM: 0})[STREAM])
        with pytest.raises(Refused, match="No token named 'bo' has a token"):
            revoke(ledger.executor, context(), HolderKind.TOKEN, "bo")
