"""Incidents by the addresses of their tickets: the same whether the follower read them or not."""

from uuid import UUID

import pytest

from consumers.commands.ticket_addresses import FOLLOWER
from consumers.intake.ticket_index import incidents_with_ticket
from consumers.reactor.tickets import MOST_BEHIND, TICKETS
from ledger.domain.incident import commands as c
from ledger.store.port import Entry
from ledger.store.side_records import PositionMove
from tests.harness.commands import command_incident
from tests.unit.reactor.watch import Watch

OPS_7, OPS_8 = (f"https://company.example/browse/OPS-{number}" for number in (7, 8))


def record(desk: Watch, incident: UUID, *commands: c.IncidentCommand) -> None:
    for each in commands:
        desk.executor.execute(command_incident(incident=incident, command=each), desk.context())


def follow(desk: Watch) -> None:
    desk.seal()
    TICKETS.start(desk.services()).catch_up()


def found(desk: Watch, address: str) -> frozenset[UUID]:
    return incidents_with_ticket(desk.store, address)


@pytest.fixture
def two(desk: Watch) -> tuple[UUID, UUID]:
    """One with OPS-7, and one whose OPS-7 was corrected to OPS-8; not sealed."""
    one, other = desk.happens(1), desk.happens(2)
    opened = c.OpenTicket(url=OPS_7)
    record(desk, one, opened, c.Amend(field="title", to=OPS_8, reason="No ticket"))
    record(desk, other, opened, c.Amend(field="ticket.url", to=OPS_8, reason="Mistyped"))
    return one, other


def test_what_the_follower_has_yet_to_read_is_read_from_the_log(
    desk: Watch, two: tuple[UUID, UUID]
) -> None:
    one, other = two
    for _ in range(2):
        assert {one, other} == found(desk, OPS_7)  # whoever asks reads that it was corrected
        assert {other} == found(desk, "HTTPS://Company.example/browse/OPS-8/?page=1#here")
        assert frozenset() == found(desk, "https://company.example/browse/OPS-9")
        follow(desk)
    assert desk.store.size() == desk.store.followers.position(FOLLOWER)


def test_once_the_follower_read_them_the_log_is_not_read(
    desk: Watch, two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(desk)
    read: list[int] = []

    def nothing(_: object, first: int, *__: object, **___: object) -> list[Entry]:
        read.append(first)
        return []

    monkeypatch.setattr(type(desk.store), "read", nothing)
    assert set(two) == found(desk, OPS_7)
    assert [desk.store.size()] == read


def test_a_follower_that_begins_again_keeps_the_same(desk: Watch, two: tuple[UUID, UUID]) -> None:
    follow(desk)
    kept = desk.store.followers.position(FOLLOWER)
    desk.store.append([], [PositionMove(follower=FOLLOWER, old=kept, new=0)])
    assert set(two) == found(desk, OPS_7)

    follow(desk)

    assert kept == desk.store.followers.position(FOLLOWER)
    assert set(two) == found(desk, OPS_7)


def test_events_without_tickets_leave_it_no_further_behind_than_one_read(desk: Watch) -> None:
    incident = desk.happens(1)
    note = c.Note(text="Nothing new.")
    for _ in range(MOST_BEHIND):
        desk.executor.submit(command_incident(incident=incident, command=note), desk.context())
    desk.executor.execute(command_incident(incident=incident, command=note), desk.context())

    follow(desk)

    assert desk.store.size() - desk.store.followers.position(FOLLOWER) < MOST_BEHIND
