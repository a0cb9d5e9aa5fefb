"""No fork: a store that was restored or changed is not sealed on, and an audit says where."""

import pytest

from ledger.errors import Fork
from ledger.sealing import StoreLogReader, sealer
from ledger.transparency.tiles import decode_bundle
from tests.contract.samples import event
from tests.harness.tampering import lose
from tests.unit.sealing.conftest import House


@pytest.fixture
def sealed(house: House) -> House:
    """600 events, sealed: two full tiles and a partial one."""
    house.append(600)
    house.sealer().start()
    return house


def refused(house: House) -> Fork:
    with pytest.raises(Fork) as error:
        house.sealer().start()
    return error.value


def test_an_older_store_under_a_newer_checkpoint_is_refused_with_a_remedy(house: House) -> None:
    house.append(10)
    house.sealer().start()
    backup = house.copy()
    house.append(30)
    house.sealer().seal()
    before = house.kept.read()
    house.restore(backup)

    error = refused(house)

    assert "40 events were signed, and the store holds 10" in error.message
    assert "Restore the missing or changed events byte for byte" in error.remedy
    assert (10, before) == (house.state().size, house.kept.read())


def test_other_events_in_place_of_the_lost_ones_are_refused(house: House) -> None:
    house.append(10)
    house.sealer().start()
    backup = house.copy()
    house.append(30)
    house.sealer().seal()
    house.restore(backup)
    house.store.append([event("b", number) for number in range(1, 41)])

    error = refused(house)

    assert "the first 40 events are not those that were signed" in error.message
    assert 10 == house.state().size


def test_a_store_made_anew_beside_the_old_key_is_refused_and_its_log_not_begun(
    sealed: House,
) -> None:
    sealed.store.close()
    lose(sealed.directory)
    fresh = House(sealed.directory)

    error = refused(fresh)

    assert "600 events were signed, and the store holds 0" in error.message
    assert None is fresh.store.log_state()
    fresh.store.close()


def test_the_missing_events_put_back_byte_for_byte_are_accepted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "EVENTS_PER_SEAL", 8)
    house.append(10)
    house.sealer().start()
    backup = house.copy()
    house.append(30)
    checkpoint = house.sealer().seal().checkpoint
    house.restore(backup)
    house.append(20)
    assert "holds 30" in refused(house).message

    house.append(10)

    assert 40 == house.sealer().start().size
    house.append(5)
    assert 45 == house.sealer().seal().size
    assert house.audit(older=checkpoint).ok


def test_a_tail_cut_below_the_sealed_size_is_refused_by_sealer_and_writer(sealed: House) -> None:
    sealed.tamper("DELETE FROM stored_events WHERE notification_id > 590")

    assert "the event at leaf 599, sealed last, is missing" in refused(sealed).message
    with pytest.raises(Fork):
        sealed.store.append([event("b", 1)])
    assert 590 == sealed.audit().first_bad_index


def test_a_gap_in_what_is_to_be_sealed_is_refused(sealed: House) -> None:
    sealed.append(10)
    sealed.tamper("DELETE FROM stored_events WHERE notification_id = 604")

    assert "the event at leaf 603 is missing" in refused(sealed).message
    assert 600 == sealed.state().size


def test_a_changed_event_below_is_no_sealers_business_but_an_audit_names_it(
    sealed: House,
) -> None:
    sealed.tamper("UPDATE stored_events SET state = state || ' ' WHERE notification_id = 300")
    sealed.append(1)

    assert 601 == sealed.sealer().start().size

    found = sealed.audit()
    assert (False, 299) == (found.ok, found.first_bad_index)


def test_the_audit_of_an_honest_store_finds_nothing(sealed: House) -> None:
    found = sealed.audit(older=sealed.kept.read())

    assert (True, 600, None, ()) == (found.ok, found.size, found.first_bad_index, found.problems)


MOVE = (
    "UPDATE stored_events SET state = (SELECT state FROM moved WHERE id = {})"
    " WHERE notification_id = {}"
)
SWAPPED = (
    "CREATE TABLE moved AS SELECT notification_id AS id, state FROM stored_events",
    MOVE.format(18, 13),
    MOVE.format(13, 18),
)
TEXT = "UPDATE stored_events SET state = replaced(state, '{', '[') WHERE notification_id = 512"
LONG = "UPDATE stored_events SET state = zeroblob(70000) WHERE notification_id = 101"


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        (("UPDATE stored_events SET state = zeroblob(1) || state WHERE notification_id = 1",), 0),
        ((TEXT,), 511),
        (("DELETE FROM stored_events WHERE notification_id = 301",), 300),
        (SWAPPED, 12),
        (("DELETE FROM stored_events WHERE notification_id > 599",), 599),
        (("DELETE FROM stored_events WHERE notification_id > 500",), 500),
        (("DELETE FROM stored_events",), 0),
        ((LONG,), 100),
    ],
    ids=["byte", "text", "removed", "swapped", "cut by one", "cut", "emptied", "too long"],
)
def test_an_audit_names_the_first_event_that_is_not_what_was_sealed(
    sealed: House, tampering: tuple[str, ...], first: int
) -> None:
    sealed.tamper(*tampering)

    found = sealed.audit()

    assert (False, first) == (found.ok, found.first_bad_index)
    assert found.problems


def test_a_cut_log_table_contradicts_a_checkpoint_held_outside(sealed: House) -> None:
    outside = sealed.kept.read()
    sealed.tamper("UPDATE log SET size = 500")

    assert "its checkpoint is of 600 events, its log of 500" in refused(sealed).message
    assert not sealed.audit(older=outside).ok


def test_a_reader_of_the_store_serves_sealed_entries_alone(sealed: House) -> None:
    sealed.append(10)
    reader = StoreLogReader(sealed.store)

    whole, partial = reader.entries(0, 256), reader.entries(2, 256)

    assert 256 == len(decode_bundle(whole))
    assert 600 - 512 == len(decode_bundle(partial))
    assert b"" == reader.entries(9, 256)
    assert 32 * 88 == len(reader.tile(0, 2, 256))
