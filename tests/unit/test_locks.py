"""The lock files: what pyproject asks for, one version of each, hashed, and no index named."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS = PROJECT["dependency-groups"]
RUNTIME = [*PROJECT["project"]["dependencies"], *GROUPS["build"]]
PDF = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["pdf"]]
DEV = [*RUNTIME, *(each for each in GROUPS["dev"] if isinstance(each, str))]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
LOCKS = {
    "requirements.txt": RUNTIME,
    "requirements-dev.txt": DEV,
    "requirements-pdf.txt": PDF,
    "requirements-go.txt": GROUPS["go"],
}


def pins(lock: str) -> dict[str, str]:
    found = PIN.findall((ROOT / lock).read_text("utf-8"))
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_pyproject(lock: str) -> None:
    pinned = pins(lock)
    asked = [Requirement(each) for each in LOCKS[lock]]

    wrong = [
        str(each)
        for each in asked
        if not each.specifier.contains(pinned.get(canonicalize_name(each.name), "0"))
    ]

    assert [] == wrong, "run `make lock`"


def test_the_locks_have_the_same_version_of_what_several_have() -> None:
    dev = pins("requirements-dev.txt").items()
    assert pins("requirements.txt").items() <= dev
    assert pins("requirements-pdf.txt").items() <= dev


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_hashed_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")

    assert "--hash=sha256:" in text
    assert [] == re.findall(r"://|--(?:extra-)?index-url|--find-links", text)


def test_the_build_back_end_is_the_one_that_is_locked() -> None:
    assert GROUPS["build"] == PROJECT["build-system"]["requires"]
