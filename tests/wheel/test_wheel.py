"""What is built installs in a clean environment, brings its files, and works from any directory."""

import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from tests.harness.process import until
from tests.wheel.building import ROOT, Built, Installed

pytestmark = pytest.mark.slow

PACKAGES = ("ledger", "projections", "consumers")
CODE = {".py", ".pyc"}
COMMAND_SECONDS = 60
READY_SECONDS = 60
_LAST_LINE = {"serve": "ready ", "demo": "Ctrl-C ends"}
_READY = re.compile(r"^ready (http://\S+)$", re.MULTILINE)


def airledger(installed: Installed, directory: Path, *words: str) -> str:
    """Runs the console script in a directory; what it printed. It must end with exit status 0."""
    return _printed([installed.command, *words], directory)


def _printed(words: list[str | Path], directory: Path) -> str:
    done = subprocess.run(
        words,
        cwd=directory,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def _environment() -> dict[str, str]:
    """The variables of this process without those that lead Python or airledger elsewhere."""
    ours = ("AIRLEDGER_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"AIRLEDGER_HTTP__PORT": "0"}


@contextmanager
def serving(installed: Installed, directory: Path, command: str = "serve") -> Iterator[str]:
    """`airledger serve` (or demo, once it is played) in a directory; its URL."""
    log = directory / f"{command}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [installed.command, command],
            cwd=directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:

            def is_ready() -> bool:
                assert server.poll() is None, log.read_text("utf-8")
                return _LAST_LINE[command] in log.read_text("utf-8")

            until(is_ready, "the server is ready", within=READY_SECONDS)
            (url,) = _READY.findall(log.read_text("utf-8"))
            yield url
        finally:
            server.terminate()
            assert 0 == server.wait(COMMAND_SECONDS)


def data_files() -> set[str]:
    """The files of the packages that are no code, by their paths."""
    return {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in CODE
    }


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A directory with modules of somebody else's that have our names; each ends the process."""
    fault = "raise SystemExit('a foreign module was imported')\n"
    for name in ("ledger.py", "projections.py", "consumers/__init__.py", "consumers/cli.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(fault, "utf-8")
    return tmp_path


def test_the_wheel_holds_the_three_packages_and_all_their_files(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert set(PACKAGES) == {name.partition("/")[0] for name in held}
    assert data_files() == {name for name in held if Path(name).suffix not in CODE}
    shipped = {Path(name).name for name in held}
    assert {"policy.toml", "topics.toml", "base.html", "airledger.css", "py.typed"} <= shipped


def test_type_checkers_use_the_annotations_of_every_package(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        assert {f"{package}/py.typed" for package in PACKAGES} <= set(wheel.namelist())


def test_no_link_in_the_source_distribution_leads_to_a_file_that_it_lacks(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = set(archive.getnames())
        for link in archive.getmembers():
            if link.issym():
                target = os.path.normpath(Path(link.name).parent / link.linkname)
                assert target in names, f"{link.name} -> {link.linkname}"


def test_the_command_says_its_version(installed: Installed, tmp_path: Path) -> None:
    assert f"airledger {version('airledger')}\n" == airledger(installed, tmp_path, "--version")


def test_what_is_imported_is_the_installed_package(installed: Installed, tmp_path: Path) -> None:
    script = "import consumers, ledger, projections; print(ledger.__file__, consumers.__file__)"
    for file in _printed([installed.python, "-c", script], tmp_path).split():
        assert Path(file).is_relative_to(installed.directory)


def test_the_server_takes_a_signal_and_its_log_is_verified(
    installed: Installed, tmp_path: Path
) -> None:
    source = json.loads(
        airledger(installed, tmp_path, "source", "add", "probe", "--kind", "native", "--json")
    )
    signal = {"title": "The wheel was tried", "system": "wheel", "severity": "critical"}
    with serving(installed, tmp_path) as url:
        assert 200 == httpx.get(f"{url}/health/live").status_code
        answer = httpx.post(
            f"{url}/v1/signals/native",
            json=signal,
            headers={"Authorization": f"Bearer {source['token']}"},
        )
        assert (202, 1) == (answer.status_code, answer.json()["recorded"])
        assert 200 == httpx.get(f"{url}/static/airledger.css").status_code
        assert "html" in httpx.get(f"{url}/login").headers["content-type"]
    (incident,) = json.loads(airledger(installed, tmp_path, "incidents", "--json"))["items"]
    assert signal["title"] == incident["title"]
    assert airledger(installed, tmp_path, "verify").startswith("The log is whole.\n")


def test_the_demo_plays_its_sample(installed: Installed, tmp_path: Path) -> None:
    with serving(installed, tmp_path, "demo"):
        said = (tmp_path / "demo.log").read_text("utf-8")
        assert "30: 21 closed, 7 open" in said
        assert "9: 8 open, 1 closed; 5 above tolerance" in said


def test_the_command_works_where_foreign_modules_have_its_packages_names(
    installed: Installed, foreign: Path
) -> None:
    assert airledger(installed, foreign, "--version").startswith("airledger ")
    with serving(installed, foreign) as url:
        assert 200 == httpx.get(f"{url}/health/live").status_code
    shipped = (ROOT / "ledger/policy/policy.toml").read_text("utf-8")
    assert shipped == airledger(installed, foreign, "policy", "show", "--raw")
    assert airledger(installed, foreign, "verify").startswith("The log is whole.\n")


def test_python_m_takes_the_working_directory_first_unless_it_is_told_not_to(
    installed: Installed, foreign: Path
) -> None:
    words = ["-m", "consumers.cli", "--version"]
    plain = subprocess.run(
        [installed.python, *words],
        cwd=foreign,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert (1, "a foreign module was imported\n") == (plain.returncode, plain.stderr)
    assert _printed([installed.python, "-P", *words], foreign).startswith("airledger ")
