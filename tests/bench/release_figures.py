"""Releases: how many checks a second a release behind 100 requirements has, and over HTTP."""

from collections.abc import Iterator
from pathlib import Path

from consumers.access.tokens import grant_token
from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.read_service.release_facts import facts_now
from consumers.read_service.releases import check_release
from ledger.domain.release.words import GoNoGo
from ledger.execute import Context
from ledger.settings import Settings
from ledger.vocabulary import Scope
from tests.bench.measuring import Figure, rate
from tests.bench.served import latency, percentile, served, times
from tests.harness.gated_release import REF, RELEASE_ID, GatedRelease

REQUIREMENTS = 100
RUNS = 200
AT_ONCE = 40
_NOTHING = "a route that does nothing"
_LOADED = "its streams loaded and folded"


def figures(directory: Path) -> Iterator[Figure]:
    """Makes the release in `directory`, checks it here, and serves it."""
    settings = Settings(data_dir=directory / "released")
    ledger = open_ledger(settings)
    try:
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        reader = grant_token(ledger.store, ledger.executor, context, "reader", Scope.READ).token
        yield _checked(ledger)
        ledger.seal_and_project()
    finally:
        ledger.close()
    with served(settings.data_dir) as server:
        nothing = times(lambda: server.must("/health/live", reader), RUNS)
        path = f"/v1/releases/{REF}/check"
        taken = times(lambda: server.must(path, reader), RUNS)
        title = f"route of a check at {REQUIREMENTS} requirements"
        yield latency(title, _NOTHING, nothing, taken, path=path)


def _checked(ledger: Ledger) -> Figure:
    """A release that went through all gates; beside it, that the same streams are loaded alone."""
    gated = GatedRelease(ledger, REQUIREMENTS)
    gated.sign()
    gated.decide()
    found = check_release(ledger, REF)
    asked = sum(len(gate.requirements) for gate in found.gates[1:])
    if (found.outcome, asked) != (GoNoGo.GO, REQUIREMENTS):
        raise SystemExit(f"the check of {asked} requirements: {found.outcome}. {found.reason}")
    policy = policy_in_force(ledger.store)
    taken = times(lambda: check_release(ledger, REF), RUNS)

    def load() -> None:
        for _ in range(AT_ONCE):
            facts_now(ledger, RELEASE_ID, policy)

    def check() -> None:
        for _ in range(AT_ONCE):
            check_release(ledger, REF)

    return Figure(
        f"checks a second at {REQUIREMENTS} requirements",
        rate(AT_ONCE, check),
        _LOADED,
        rate(AT_ONCE, load),
        extra={"p50_ms": percentile(taken, 0.5) * 1e3, "p99_ms": percentile(taken, 0.99) * 1e3},
    )
