"""What we ship for Docker, as far as it can be tried without one: the compose file is read by
docker-compose, the image's package is built from the image's files, and what the containers do
first is done to a real PostgreSQL.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import open_ledger
from consumers.container.roles import Role
from consumers.runtime.workers import loops_of
from ledger.settings import load
from tests.components import require
from tests.harness import compose, postgres

ROOT = compose.INFRA.parent
DOCKERFILE = compose.INFRA / "Dockerfile"
KEY_PLACE = "/var/lib/airledger"
STORE, VIEWS, KEY = "AIRLEDGER_STORE__URL", "AIRLEDGER_VIEWS__URL", "AIRLEDGER_LOG__KEY_FILE"
_HOST = "@postgres/airledger"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, as word and rest, continued lines joined."""
    text = DOCKERFILE.read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in lines if line)
        if not word.startswith("#")
    ]


def copied() -> list[str]:
    """What the image is given of the project."""
    own = [rest.split() for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    return [path for words in own for path in words[:-1] if not path.startswith("--")]


def test_a_compose_file_that_is_not_filled_in_says_what_is_missing() -> None:
    done = compose.read(compose.SECRETS)
    assert 0 != done.returncode
    assert b"LOG_ORIGIN" in done.stderr


def test_the_example_of_variables_names_all_that_the_compose_file_asks_for() -> None:
    asked = re.findall(r"\$\{(\w+)", (compose.INFRA / "compose.yaml").read_text("utf-8"))
    example = (compose.INFRA / "compose.env.example").read_text("utf-8")
    assert {*asked} == {*re.findall(r"^(\w+)=$", example, re.MULTILINE)} == {*compose.FILLED_IN}


def test_every_job_has_a_container_and_begins_when_the_tables_are_there() -> None:
    for name in Role:
        service = compose.services()[name]
        assert ["run", name] == service["command"]
        needed = {"begin": {"condition": "service_completed_successfully"}}
        assert needed == service["depends_on"]
    assert {*Role, "begin", "cli"} == {*compose.ours()}


def test_a_container_of_ours_can_write_to_its_volume_alone_and_has_no_rights() -> None:
    for name, service in compose.ours().items():
        assert service["read_only"], name
        assert ["/tmp"] == service["tmpfs"], name
        assert "10001" == service["user"], name
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        places = {volume.split(":")[1] for volume in service.get("volumes", ())}
        assert places <= {KEY_PLACE}, name


def test_the_key_is_where_it_is_sealed_and_nowhere_else() -> None:
    with_key = {name for name, each in compose.ours().items() if KEY in each["environment"]}
    with_volume = {name for name, each in compose.ours().items() if each.get("volumes")}
    assert {"begin", "sealer"} == with_key == with_volume


def test_a_container_knows_no_password_but_its_own() -> None:
    for name, service in compose.ours().items():
        known = {value for value in service["environment"].values() if "secret-of" in value}
        user = re.search(r"//(\w+)@", service["environment"][STORE])
        assert user is not None
        beside = {"secret-of-owner"} if name == "begin" else set()
        assert {f"secret-of-{user[1]}"} | beside == known, name


def test_only_the_doors_are_open_and_to_this_machine_alone() -> None:
    opened = {name: each["ports"] for name, each in compose.services().items() if "ports" in each}
    assert {"intake": ["127.0.0.1:8081:8080/tcp"], "web": ["127.0.0.1:8080:8080/tcp"]} == opened


def test_the_program_understands_the_settings_of_every_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for service in compose.ours().values():
        with monkeypatch.context() as patch:
            for name, value in service["environment"].items():
                patch.setenv(name, value)
            settings = load(None, {})
        assert not settings.embedded
        assert not settings.views_embedded
        asked = service["environment"].get("AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS")
        assert ((asked,) if asked else ()) == settings.kafka.bootstrap_servers


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    said = instructions()
    last = max(number for number, (word, _) in enumerate(said) if word == "FROM")
    words = dict(said[last:])
    assert "python:3.11-slim" == words["FROM"]
    assert "10001" == words["USER"]
    assert "/health/ready" in words["HEALTHCHECK"]
    assert '["airledger"]' == words["ENTRYPOINT"]
    assert ("RUN", "/opt/airledger/bin/pip install --require-hashes -r requirements.txt") in said


def test_nothing_gets_into_the_image_but_what_it_is_built_of() -> None:
    listed = DOCKERFILE.with_suffix(".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in listed if not line.startswith("#")]
    assert "*" == rules[0]
    assert {*copied()} == {rule[1:] for rule in rules if rule.startswith("!")}
    assert all((ROOT / path).exists() for path in copied())


@pytest.mark.slow
def test_the_images_package_is_built_from_the_images_files(tmp_path: Path) -> None:
    for path in copied():
        target = tmp_path / "src" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(
                ROOT / path, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / path, target)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, "."],
        cwd=tmp_path / "src",
        capture_output=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr.decode()
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        topics = files.read("consumers/topics/topics.toml")
    assert (compose.INFRA / "kafka/topics.toml").read_bytes() == topics


@pytest.mark.parametrize("script", ["begin.sh", "postgres/users.sh"])
def test_a_script_can_be_run_and_is_one_for_every_shell(script: str) -> None:
    file = compose.INFRA / script
    assert file.stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", file], check=True)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[postgres.Server, Path]]:
    """A server as the compose file's, after the first steps, and the place of the key."""
    require("postgres")
    require("compose")
    server = postgres.Server(tmp_path_factory.mktemp("compose") / "pg")
    server.forget_the_disk()
    server.execute("CREATE DATABASE airledger")
    database = compose.services()["postgres"]["environment"]
    here = {"POSTGRES_USER": "postgres", "PGHOST": server.socket}
    run("postgres/users.sh", {**database, **here})
    key = tmp_path_factory.mktemp("key")
    yield server, key
    server.stop()


def run(script: str, environment: dict[str, str]) -> str:
    """What a script says, with the programs of this project and of PostgreSQL."""
    path = [Path(sys.executable).parent, postgres.program("psql").parent, "/usr/bin", "/bin"]
    done = subprocess.run(
        ["sh", compose.INFRA / script],
        env={
            "PATH": ":".join(map(str, path)),
            "PYTHONPATH": str(ROOT),
            "HOME": os.environ["HOME"],
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def environment_of(service: str, server: postgres.Server, key: Path) -> dict[str, str]:
    """A container's, with the server and the volume where they are here, and no Kafka."""
    given = compose.services()[service]["environment"]
    return {
        name: value.replace(_HOST, f"@/airledger?host={server.socket}").replace(KEY_PLACE, str(key))
        for name, value in given.items()
        if "KAFKA" not in name and not name.endswith("FEED")
    }


@pytest.mark.component("postgres")
@pytest.mark.slow
def test_the_first_steps_make_a_ledger_in_which_each_job_can_do_its_own(
    begun: tuple[postgres.Server, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, key = begun
    steps = environment_of("begin", server, key)
    vkey = run("begin.sh", steps)
    again = run("begin.sh", steps)

    assert compose.ORIGIN in vkey
    assert "was begun already" in again
    assert ["log.key"] == [path.name for path in key.iterdir()]
    for role in (Role.INTAKE, Role.SEALER, Role.PROJECTOR, Role.REACTOR, Role.CLOCK, Role.WEB):
        with monkeypatch.context() as patch:
            for name, value in environment_of(role, server, key).items():
                patch.setenv(name, value)
            settings = load(None, {})
        with closing(open_ledger(settings, roles={role})) as ledger:
            for loop in loops_of(ledger, {role}).values():
                loop.step()
            assert 1 == ledger.store.size(), role  # the policy as shipped
            if role in {Role.PROJECTOR, Role.WEB}:
                with ledger.views.begin():
                    pass
