"""A silence of a source has one ticket, which its end is a comment on; the next has another."""

from pathlib import Path

import pytest

from ledger.domain.access import HolderKind, Revoke
from ledger.execute import RevokeAccess
from tests.unit.notify.tracked import CHANNEL, KINDS, tracked
from tests.unit.reactor.test_coverage import MINUTE, add, passes, sends, sign
from tests.unit.reactor.test_told_of_listening import listening
from tests.unit.reactor.watch import HOUR

REVOKE = Revoke(holder_kind=HolderKind.SOURCE, holder_name="am")
POLICY = listening().replace('"ops"', f'"{CHANNEL}"')


@pytest.mark.parametrize("kind", KINDS)
def test_each_silence_has_a_ticket_and_its_end_is_a_comment(tmp_path: Path, kind: str) -> None:
    with tracked(tmp_path / "data", kind, POLICY) as world:
        add(world.desk)
        sign(world.desk)
        for number in (1, 2):
            passes(world.desk, 15 * MINUTE)
            world.request()
            world.request()
            world.send()
            assert number == len(world.tickets)
            passes(world.desk, HOUR)
            if number == 1:
                sends(world.desk)
            else:
                world.desk.executor.execute(RevokeAccess(revoke=REVOKE), world.desk.context())
            world.request()
            world.request()
            world.send()
            assert number == len(world.comments)
        first, second = world.titles
        assert "Source am is silent since 2026-03-01 12:00 UTC" == first
        assert first != second
        heard, revoked = world.comments
        assert "heard again" in heard
        assert "may send no more" in revoked
        assert [] == world.urls
