"""What a store holds of persons who log in: identities, grants of sessions, secrets."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.errors import Conflict
from ledger.store import side_records
from ledger.store.port import Store
from ledger.store.side_records import (
    Identity,
    Person,
    Session,
    SessionEnded,
    SessionGrant,
    SessionSeen,
    SingleUse,
    SingleUseTaken,
)
from ledger.vocabulary import ActsBy, Scope
from tests.contract.samples import NOON

MINUTE = timedelta(minutes=1)
ADA = Person(id="person/1", name="Ada", identified=True)
GRANT = SessionGrant(
    person="person/1",
    by=ActsBy.PROVIDER,
    scopes=(Scope.READ, Scope.AUDIT),
    ends_at=NOON + timedelta(hours=24),
)
SESSION = Session(digest="c1", token="provider", begun_at=NOON, seen_at=NOON, grant=GRANT)
SECRET = SingleUse(
    digest="d1", kind="login", made_at=NOON, expires_at=NOON + MINUTE, content=b"\0{}"
)


class IdentifyingContract:
    """Identities, identified persons, granted sessions, secrets."""

    def test_a_session_s_grant_is_kept_with_it_and_goes_with_it(self, store: Store) -> None:
        plain = Session(digest="c2", token="d2", begun_at=NOON, seen_at=NOON)
        store.append([], [SESSION, plain])
        later = NOON + MINUTE
        store.append([], [SessionSeen(digest="c1", at=later)])

        assert replace(SESSION, seen_at=later) == store.access.session("c1")
        assert plain == store.access.session("c2")
        assert [replace(SESSION, seen_at=later), plain] == store.access.sessions()

        store.append([], [SessionEnded(digest="c1")])
        assert [plain] == store.access.sessions()
        again = replace(SESSION, grant=None)
        store.append([], [again])
        assert again == store.access.session("c1")

    def test_the_grants_of_sessions_that_ended_by_themselves_go(self, store: Store) -> None:
        store.append([], [SESSION])
        later = NOON + timedelta(days=8)
        store.append([], [replace(SESSION, digest="c2", begun_at=later, seen_at=later)])
        # As a new session under the same digest shows: no grant is left of the old one.
        bare = Session(digest="c1", token="d", begun_at=later, seen_at=later)
        store.append([], [bare])
        assert bare == store.access.session("c1")

    def test_a_subject_is_one_person_and_a_person_may_have_several(self, store: Store) -> None:
        one = Identity(issuer="https://a.example", subject="s\u00a7", person="person/1")
        store.append([], [one, replace(one, issuer="https://b.example")])

        assert "person/1" == store.access.identity("https://a.example", "s\u00a7")
        assert "person/1" == store.access.identity("https://b.example", "s\u00a7")
        assert None is store.access.identity("https://a.example", "S\u00a7")
        assert None is store.access.identity("https://c.example", "s\u00a7")
        with pytest.raises(Conflict):
            store.append([], [replace(one, person="person/2")])
        assert "person/1" == store.access.identity("https://a.example", "s\u00a7")

    def test_identified_persons_may_have_one_name_and_are_renamed(self, store: Store) -> None:
        by_name = Person(id="person/3", name="Ada")
        other = replace(ADA, id="person/2")
        store.append([], [ADA, other, by_name])

        assert [by_name, ADA, other] == store.access.people()
        renamed = replace(other, name="Ada\0 L.")
        store.append([], [renamed])
        assert [by_name, ADA, renamed] == store.access.people()
        assert renamed == store.access.person("person/2")
        assert by_name == store.access.person("person/3")
        assert None is store.access.person("person/4")

    def test_a_secret_is_used_once_with_what_else_is_written(self, store: Store) -> None:
        store.append([], [SECRET])
        assert SECRET == store.access.single_use("d1")
        taken = SingleUseTaken(digest="d1")

        store.append([], [taken, SESSION])
        assert None is store.access.single_use("d1")
        with pytest.raises(Conflict):
            store.append([], [taken, replace(SESSION, digest="c2")])
        assert None is store.access.session("c2")

    def test_a_secret_that_is_written_again_replaces_what_is_kept(self, store: Store) -> None:
        later = replace(SECRET, made_at=NOON + MINUTE / 2, expires_at=NOON + 2 * MINUTE)
        store.append([], [SECRET])
        store.append([], [later])
        assert later == store.access.single_use("d1")

    def test_secrets_that_expired_go_when_another_of_their_kind_comes(self, store: Store) -> None:
        link = replace(SECRET, digest="d2", kind="link")
        store.append([], [SECRET, link])
        later = SECRET.expires_at
        store.append([], [replace(SECRET, digest="d3", made_at=later, expires_at=later + MINUTE)])
        found = [store.access.single_use(digest) for digest in ("d1", "d2", "d3")]
        assert [None, "d2", "d3"] == [each and each.digest for each in found]

    def test_beyond_so_many_secrets_of_a_kind_the_oldest_go(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(side_records, "SINGLE_USES", 3)
        second = timedelta(seconds=1)
        store.append([], [replace(SECRET, digest="link", kind="link")])
        for number in range(5):
            at = NOON + number * second
            store.append(
                [],
                [replace(SECRET, digest=f"d{number}", made_at=at, expires_at=at + MINUTE)],
            )
        kept = [
            digest
            for digest in ("link", *(f"d{number}" for number in range(5)))
            if store.access.single_use(digest) is not None
        ]
        assert ["link", "d2", "d3", "d4"] == kept
