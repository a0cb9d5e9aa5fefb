"""infra/compose.yaml as docker-compose reads it: variables filled in, merges done."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.components import require

INFRA = Path(__file__).resolve().parents[2] / "infra"
SECRETS = {
    f"{user}_PASSWORD": f"secret-of-{user.lower()}"
    for user in ("POSTGRES", "OWNER", "INTAKE", "SEALER", "PROJECTOR", "RELAY", "WEB")
}
ORIGIN = "example.com/incidents"
FILLED_IN = SECRETS | {"LOG_ORIGIN": ORIGIN}

Json = dict[str, Any]


def read(environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """`docker-compose config` with these variables and no others."""
    return subprocess.run(
        [require("compose"), "--file", INFRA / "compose.yaml", "config"],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        check=False,
    )


@cache
def services() -> dict[str, Json]:
    """Every service, as it would run."""
    done = read(FILLED_IN)
    assert 0 == done.returncode, done.stderr.decode()
    found: dict[str, Json] = msgspec.yaml.decode(done.stdout)["services"]
    return found


def ours() -> dict[str, Json]:
    """Those of airledger's own image."""
    return {name: each for name, each in services().items() if each["image"] == "airledger"}
