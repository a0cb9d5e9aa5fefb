"""The configuration that we ship is what Alertmanager and Prometheus take."""

import subprocess
from pathlib import Path

import pytest

from tests.components import require

INFRA = Path(__file__).resolve().parents[2] / "infra"


def check(component: str, tool: str, *words: str | Path) -> None:
    """Run a program's checking tool, which lies beside it."""
    program = require(component).with_name(tool)
    if not program.exists():
        pytest.skip(f"{tool} is not beside {component}")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_amtool_takes_the_receiver() -> None:
    check("alertmanager", "amtool", "check-config", INFRA / "alertmanager/airledger.yml")


def test_promtool_takes_the_rules() -> None:
    check("prometheus", "promtool", "check", "rules", INFRA / "prometheus/llm-alerts.rules.yml")


def test_the_rules_fire_beyond_the_objectives_and_not_within() -> None:
    check("prometheus", "promtool", "test", "rules", INFRA / "prometheus/llm-alerts.test.yml")
