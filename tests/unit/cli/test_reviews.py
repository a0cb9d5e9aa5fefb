"""Reviews on the command line: `airledger review ...` and `airledger reviews --state`."""

from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import open_ledger
from consumers.reactor import ReviewProcess
from tests.harness.homes import settings_of
from tests.unit.cli.conftest import Run


@pytest.fixture
def review(run: Run, data_dir: Path) -> str:
    """The reference of a review that was launched."""
    for number in range(4):
        run("incident", "report", "--title", f"Broken {number}", "--system", "chat")
    with closing(open_ledger(settings_of(data_dir))) as ledger:
        ReviewProcess(ledger.services).catch_up()
        ledger.seal_and_project()
    [found] = run("reviews", "--json").json["items"]
    return str(found["reference"])


def test_a_review_is_assigned_and_concluded(run: Run, review: str) -> None:
    assert f"{review}: owner assigned.\n" == run("review", "assign", review, "grace").out
    shown = run("reviews", "--state", "assigned").out
    assert (True, True) == (review in shown, "grace" in shown)
    concluded = run(
        "review", "conclude", review, "One switch.", "--action", "Replace it", "--action", "Watch"
    )
    assert (0, f"{review}: concluded.\n") == (concluded.status, concluded.out)
    told = run("review", "show", review, "--json").json
    assert ("concluded", "One switch.", ["Replace it", "Watch"]) == (
        told["state"],
        told["findings"],
        told["actions"],
    )
    nothing = run("reviews", "--state", "open")
    assert "No review" in nothing.out + nothing.err
    assert review in run("reviews", "--state", "concluded").out


def test_a_review_is_corrected_and_noted_under_its_system_and_month(run: Run, review: str) -> None:
    [found] = run("reviews", "--json").json["items"]
    name = f"chat:{found['month']}"
    assert 1 == run("review", "amend", name, "--reason", "x", "--findings", "y").status
    assert 0 == run("review", "note", name, "Asked the vendor").status
    assert 0 == run("review", "conclude", name, "One switch.").status
    assert 0 == run("review", "amend", name, "--reason", "Two", "--findings", "Two.").status
    timeline = run("review", "timeline", review).out
    for line in ("Note: Asked the vendor", "Concluded: One switch.", "corrected (Two): Two."):
        assert line in timeline
