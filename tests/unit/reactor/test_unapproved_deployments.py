"""The alert of deployments that nobody approved: one a place, as long as one of them runs there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.reactor.releases import SOURCE, Place, ReleaseProcess
from ledger.domain.access.deciding import Asker
from ledger.domain.alert import Alert
from ledger.domain.command import Command
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_id, release_id
from ledger.domain.release import RELEASE, DeployMode
from ledger.domain.release.commands import DeployRelease, RollBackRelease, UndeployRelease
from ledger.execute import ExecuteCommand
from ledger.store.decoding import state_of
from ledger.vocabulary import ActsBy, Scope
from tests.unit.reactor.watch import Watch, watch

PIPELINE = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.TOKEN)
PLACE = Place("chat", "production")
UNDEPLOY, ROLL_BACK = UndeployRelease(), RollBackRelease()


def deployed(version: str, mode: DeployMode = DeployMode.FULL) -> tuple[str, Command]:
    """A deployment of a version that nobody proposed."""
    return version, DeployRelease(system="chat", version=version, mode=mode)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watch]:
    with watch(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(params=["each by itself", "all at once"])
def at_once(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "all at once")


def is_firing(desk: Watch, *told: tuple[str, Command], at_once: bool) -> bool:
    """Whether the alert fires after a pipeline told what it did with versions nobody decided on."""
    for version, command in told:
        subject = release_id("chat", version, "production")
        request = ExecuteCommand(
            asker=PIPELINE, kind=RELEASE.kind, subject=subject, command=command
        )
        desk.executor.execute(request, desk.context())
        desk.seal()
        if not at_once:
            ReleaseProcess(desk.services()).catch_up()
            desk.seal()
    ReleaseProcess(desk.services()).catch_up()
    desk.seal()
    alert: Alert = state_of(desk.store, stream_id("alert", alert_id(SOURCE, PLACE.key)))
    return alert.firing


def test_it_fires_on_where_another_such_version_takes_the_place(desk: Watch, at_once: bool) -> None:
    assert is_firing(desk, deployed("1"), deployed("2"), at_once=at_once)


def test_it_fires_on_while_another_such_version_runs(desk: Watch, at_once: bool) -> None:
    assert is_firing(
        desk, deployed("1"), deployed("2", DeployMode.CANARY), ("2", UNDEPLOY), at_once=at_once
    )
    assert not is_firing(desk, ("1", UNDEPLOY), at_once=at_once)


def test_it_ends_with_the_rollback_of_the_only_one(desk: Watch, at_once: bool) -> None:
    assert not is_firing(desk, deployed("1"), ("1", ROLL_BACK), at_once=at_once)
