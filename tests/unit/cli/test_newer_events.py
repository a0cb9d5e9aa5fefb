"""Commands of this program on a ledger that a newer one writes, too."""

from contextlib import closing
from pathlib import Path

from consumers.container.backends import open_store
from tests.harness.homes import settings_of
from tests.harness.newer import append_newer
from tests.unit.cli.conftest import Run


def write_newer(data_dir: Path, incident: str) -> None:
    """A newer program appends to an incident."""
    with closing(open_store(settings_of(data_dir))) as store:
        append_newer(store, f"incident/{incident}")


def test_a_command_to_what_a_newer_program_wrote_to_is_refused_with_what_to_do(
    run: Run, ref: str, data_dir: Path
) -> None:
    write_newer(data_dir, run("incident", "show", ref, "--json").json["id"])

    refused = run("incident", "contain", ref, "--action", "Turned off")

    assert 1 == refused.status
    assert "incident.of_a_newer_program.v1" in refused.err
    assert "Upgrade airledger" in refused.err


def test_other_commands_are_recorded_and_sealed_and_say_that_read_models_are_behind(
    run: Run, ref: str, data_dir: Path
) -> None:
    write_newer(data_dir, run("incident", "show", ref, "--json").json["id"])

    reported = run("incident", "report", "--title", "One more", "--system", "chat")
    verified = run("verify", "--json")

    assert (0, True) == (reported.status, "Next step: Contain" in reported.out)
    assert "The read model register stopped at event" in reported.err
    assert "not sealed" not in reported.err
    assert (0, True, 0) == (verified.status, verified.json["ok"], verified.json["unsealed"])
