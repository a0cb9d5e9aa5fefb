"""Tokens by name: granted once at a time, revoked once."""

from datetime import datetime, timedelta
from functools import reduce

import pytest
from msgspec.structs import replace

from ledger.domain.access import (
    Access,
    AccessEvent,
    AccessGranted,
    AccessRevoked,
    Grant,
    HolderKind,
    Revoke,
    decide,
    evolve,
)
from ledger.errors import Refused
from ledger.vocabulary import Scope, SourceKind
from tests.unit.domain.story import NOW

GRANT = Grant(
    holder_kind=HolderKind.SOURCE,
    holder_name="main",
    holder="source/main",
    scope=Scope.PUBLISH,
    source_kind=SourceKind.ALERTMANAGER,
)
REVOKE = Revoke(holder_kind=HolderKind.SOURCE, holder_name="main")
GRANTED = AccessGranted(
    at=NOW,
    holder_kind=HolderKind.SOURCE,
    holder_name="main",
    holder="source/main",
    scope=Scope.PUBLISH,
    source_kind=SourceKind.ALERTMANAGER,
)
GRANTED_ACCESS = Access(active=True, scope=Scope.PUBLISH, source_kind=SourceKind.ALERTMANAGER)
REVOKED = AccessRevoked(at=NOW, holder_kind=HolderKind.SOURCE, holder_name="main")


def after(*events: AccessEvent) -> Access:
    return reduce(evolve, events, Access())


@pytest.mark.parametrize("past", [(), (GRANTED, REVOKED)], ids=["never", "revoked"])
def test_a_name_without_a_token_is_granted_one(past: tuple[AccessEvent, ...]) -> None:
    assert (GRANTED,) == decide(GRANT, after(*past), NOW)
    assert GRANTED_ACCESS == after(*past, GRANTED)


@pytest.mark.parametrize("past", [(GRANTED,), (GRANTED, REVOKED, GRANTED)], ids=["once", "again"])
def test_a_name_with_a_token_is_not_granted_another_and_loses_it_when_revoked(
    past: tuple[AccessEvent, ...],
) -> None:
    with pytest.raises(Refused) as caught:
        decide(GRANT, after(*past), NOW)
    assert "name_in_use" == caught.value.rule
    assert "airledger source revoke" in caught.value.remedy
    assert (REVOKED,) == decide(REVOKE, after(*past), NOW)
    assert Access(source_kind=SourceKind.ALERTMANAGER) == after(*past, REVOKED)


@pytest.mark.parametrize("past", [(), (GRANTED, REVOKED)], ids=["never", "revoked"])
def test_what_is_not_granted_is_not_revoked(past: tuple[AccessEvent, ...]) -> None:
    with pytest.raises(Refused) as caught:
        decide(REVOKE, after(*past), NOW)
    assert "not_granted" == caught.value.rule
    assert "airledger source list" in caught.value.remedy


def test_no_part_of_a_grant_could_hold_the_secret() -> None:
    expected = {
        *("at", "holder_kind", "holder_name", "holder", "scope", "source_kind", "expires_at")
    }
    assert expected == set(AccessGranted.__struct_fields__)


SOON = NOW + timedelta(days=90)
LIMITED = replace(GRANT, expires_at=SOON)


def test_a_token_may_expire_and_its_name_is_free_again_from_then_on() -> None:
    [granted] = decide(LIMITED, Access(), NOW)
    assert replace(GRANTED, expires_at=SOON) == granted
    state = after(granted)

    with pytest.raises(Refused, match="has a token already"):
        decide(GRANT, state, SOON - timedelta(microseconds=1))
    assert (replace(GRANTED, at=SOON),) == decide(GRANT, state, SOON)
    assert GRANTED_ACCESS == after(granted, GRANTED)


@pytest.mark.parametrize("expires_at", [NOW, NOW - timedelta(days=1)])
def test_a_token_that_would_have_expired_is_refused(expires_at: datetime) -> None:
    with pytest.raises(Refused) as caught:
        decide(replace(GRANT, expires_at=expires_at), Access(), NOW)
    assert "expired_already" == caught.value.rule
