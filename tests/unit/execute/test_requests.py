"""Requests beside signals and commands: policy, access, people, quarantine, merging."""

import getpass
from concurrent.futures import ThreadPoolExecutor
from typing import cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from consumers.access.people import operating_system_user
from ledger.domain.access import Grant, HolderKind, Revoke, opaque_name
from ledger.domain.access.deciding import HOST
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import (
    AdoptPolicyRequest,
    Context,
    Executor,
    GrantAccess,
    Outcome,
    RecordSignals,
    RegisterPerson,
    Request,
    RevokeAccess,
)
from ledger.policy import shipped
from ledger.store.side_records import Person
from ledger.vocabulary import Scope
from tests.contract.samples import closed, set_aside
from tests.harness.commands import incidents_of, merge_incidents
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore

GRANT = Grant(
    holder_kind=HolderKind.TOKEN,
    holder_name=opaque_name(UUID(int=1)),
    shown="ann",
    holder="person/1",
    scope=Scope.READ,
)
REVOKE = Revoke(holder_kind=HolderKind.TOKEN, holder_name="ann")


def test_the_first_policy_is_the_first_event_or_nothing(desk: Desk) -> None:
    command = AdoptPolicy(text=shipped().replace("PT24H", "PT48H"), reason="Again.")

    again = desk.executor.execute(
        AdoptPolicyRequest(asker=HOST, command=command, first=True), desk.context()
    )
    changed = desk.executor.execute(AdoptPolicyRequest(asker=HOST, command=command), desk.context())

    assert (0, 1) == (again.events, changed.events)
    assert ["policy.adopted.v1"] * 2 == [event.event.name for event in desk.events()]


def test_every_event_names_the_policy_it_was_decided_by(desk: Desk) -> None:
    desk.report(1)
    command = AdoptPolicy(text=shipped().replace("PT24H", "PT48H"), reason="Longer.")
    desk.executor.execute(AdoptPolicyRequest(asker=HOST, command=command), desk.context())
    desk.report(2)

    first, before, second, after = desk.events()

    assert None is first.policy_digest
    assert before.policy_digest == second.policy_digest
    assert before.policy_digest != after.policy_digest


def test_without_a_policy_nothing_is_decided(watched: WatchedStore) -> None:
    desk = Desk(watched.store)
    with pytest.raises(Invalid):
        desk.take(desk.signal("a"))
    with pytest.raises(Invalid):
        desk.report(1)
    desk.close()


def test_a_token_is_granted_with_its_event_and_revoked_with_its_event(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.executor.execute(GrantAccess(grant=GRANT, digest="d1"), desk.context())
    other = replace(GRANT, holder_name=opaque_name(UUID(int=2)))
    with pytest.raises(Refused):
        desk.executor.execute(GrantAccess(grant=other, digest="d2"), desk.context())
    granted = watched.store.access.token("d1")

    desk.executor.execute(RevokeAccess(revoke=REVOKE), desk.context())
    with pytest.raises(Refused):
        desk.executor.execute(RevokeAccess(revoke=REVOKE), desk.context())

    assert [(granted and granted.revoked), None] == [False, watched.store.access.token("d2")]
    revoked = watched.store.access.token("d1")
    assert revoked is not None
    assert revoked.revoked
    assert [("access", "access.granted.v1"), ("access", "access.revoked.v1")] == desk.told()


def test_a_name_is_admitted_once_whoever_asks(desk: Desk, watched: WatchedStore) -> None:
    watched.hold()
    first = desk.executor.submit(
        RecordSignals(source="am", signals=(desk.signal("a"),)), desk.context()
    )
    people = [Person(id=f"person/{number}", name="Ann") for number in range(3)]
    answers = [desk.executor.submit(RegisterPerson(person=each), desk.context()) for each in people]
    watched.gate.set()

    assert [Outcome()] * 3 == [answer.result(DEADLINE) for answer in answers]
    assert 1 == first.result(DEADLINE).recorded
    assert [people[0]] == watched.store.access.people()
    desk.executor.execute(RegisterPerson(person=people[1]), desk.context())
    assert [people[0]] == watched.store.access.people()


def test_an_operating_system_user_is_one_person(desk: Desk, watched: WatchedStore) -> None:
    ann = Person(id="person/1", name="Ann", os_user="root")
    desk.executor.execute(RegisterPerson(person=ann), desk.context())

    other = Person(id="person/2", name="Bo", os_user="root")
    with pytest.raises(Refused):
        desk.executor.execute(RegisterPerson(person=other), desk.context())

    assert [ann] == watched.store.access.people()


def test_processes_that_register_one_operating_system_user_at_once_get_one_person(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    first = Person(id="person/2", name="root of another version", os_user="root")

    class Slower(Executor):
        def execute(self, request: Request, context: Context) -> Outcome:
            desk.executor.execute(RegisterPerson(person=first), desk.context())
            return desk.executor.execute(request, context)

    slower = cast("Executor", object.__new__(Slower))
    registered = operating_system_user(watched.store, slower, desk.context())

    assert "person/2" == registered
    assert [first] == watched.store.access.people()


def test_nobody_acts_as_a_person_who_only_has_the_name_of_his_operating_system_user(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    for number, name in enumerate(("root", "root (operating system)")):
        person = Person(id=f"person/{number}", name=name, os_user=None)
        desk.executor.execute(RegisterPerson(person=person), desk.context())

    registered = operating_system_user(watched.store, desk.executor, desk.context())

    [mine] = [each for each in watched.store.access.people() if each.id == registered]
    assert ("root (operating system 2)", "root") == (mine.name, mine.os_user)
    assert registered == operating_system_user(watched.store, desk.executor, desk.context())


def test_a_quarantine_entry_is_closed_once_and_the_second_signal_is_not_taken(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.take(notes=(set_aside("q1", "d1"),))

    def retry(key: str) -> Outcome | Refused:
        try:
            return desk.take(desk.signal(key), notes=(closed("q1", "retried"),))
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(retry, ["a", "b"]))

    assert {Outcome, Refused} == {type(answer) for answer in answers}
    assert 1 == sum(1 for kind, _ in desk.told() if kind == "alert")
    assert 1 == watched.store.quarantine.count("retried")


def test_a_merge_is_on_both_streams_in_one_append_and_its_alerts_follow(
    desk: Desk, watched: WatchedStore
) -> None:
    (source,) = incidents_of(desk.take(desk.signal("a")))
    desk.report(2)
    watched.appends.clear()
    merge = merge_incidents(incident=source, into=UUID(int=2), reason="The same.")

    desk.executor.execute(merge, desk.context())
    repeat = desk.take(desk.signal("a"))
    ended = desk.take(desk.signal("a", "resolved"))

    assert 2 == watched.appends[0]
    assert (UUID(int=2),) == incidents_of(repeat) == incidents_of(ended)
    last = desk.events()[-1]
    assert (f"incident/{UUID(int=2)}", "incident.alert_resolved.v1") == (
        last.stream,
        last.event.name,
    )


def test_a_merge_with_an_unknown_incident_is_not_found_and_changes_nothing(desk: Desk) -> None:
    desk.report(1)

    merge = merge_incidents(incident=UUID(int=1), into=UUID(int=9), reason="The same.")
    with pytest.raises(NotFound):
        desk.executor.execute(merge, desk.context())

    assert [("incident", "incident.detected.v1")] == desk.told()
