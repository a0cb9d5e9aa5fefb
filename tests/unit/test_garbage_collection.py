"""What lives on is not looked through again and again while much is done."""

import gc

from consumers.runtime.garbage_collection import OBJECTS_PER_COLLECTION, collecting_seldom


def test_a_block_collects_seldom_and_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    with collecting_seldom():
        assert OBJECTS_PER_COLLECTION == gc.get_threshold()[0]
        assert 0 < gc.get_freeze_count()
    assert (before, 0) == (gc.get_threshold(), gc.get_freeze_count())
