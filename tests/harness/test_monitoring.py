"""Alert rules and dashboard about airledger itself: of metrics that there are, and as promised."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs import metrics_page
from tests.harness.test_infra import INFRA, check

RULES, TRIED = INFRA / "prometheus/airledger.rules.yml", INFRA / "prometheus/airledger.test.yml"
DASHBOARD = INFRA / "grafana/airledger.json"
OPERATE = INFRA.parent / "docs/how-to/operate.md"
PROMETHEUS_OWN = {"up"}
COLUMNS = 24

_METRIC = re.compile(r"\b(?:(?:airledger|process|python)_[a-z_]+|up)(?=[{\[\s)]|$)")
_ALERT = re.compile(r"^ +- alert: (\w+)$", re.MULTILINE)
_GRAFANA = {"$__rate_interval": "5m", "$job": "airledger"}


@pytest.fixture(scope="module")
def series() -> set[str]:
    """Every series that the generated page promises."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", metrics_page.page(), re.MULTILINE)
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {f"{name}{part}" for name, kind in rows for part in parts.get(kind, ("",))}


def expressions_of_rules() -> list[str]:
    """With what is written above them cut off."""
    lines = RULES.read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return re.findall(r"^ +expr: (.*?)(?=^ +\w+:)", text, re.MULTILINE | re.DOTALL)


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return found


def expressions_of_panels() -> Iterator[str]:
    for panel in panels():
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for name, value in _GRAFANA.items():
                expression = expression.replace(name, value)
            yield expression


def test_promtool_takes_the_rules() -> None:
    check("prometheus", "promtool", "check", "rules", RULES)


def test_each_rule_fires_when_it_should_and_not_while_all_is_well() -> None:
    check("prometheus", "promtool", "test", "rules", TRIED)


def test_every_alert_is_tried_both_ways_and_told_of_in_the_guide() -> None:
    alerts = _ALERT.findall(RULES.read_text("utf-8"))
    tried = TRIED.read_text("utf-8")
    guide = OPERATE.read_text("utf-8")

    assert alerts
    for alert in alerts:
        assert re.search(rf"alertname: {alert} }}", tried), f"{alert} is never silent"
        assert re.search(rf"alertname: {alert}\n +exp_alerts", tried), f"{alert} never fires"
        assert f"`{alert}`" in guide, alert


def test_the_rules_are_about_metrics_that_there_are(series: set[str]) -> None:
    found = {name for text in expressions_of_rules() for name in _METRIC.findall(text)}

    assert {"airledger_store_up", "airledger_commit_seconds_bucket", "up"} <= found
    assert set() == found - series - PROMETHEUS_OWN


def test_the_dashboard_is_about_metrics_that_there_are(series: set[str]) -> None:
    found = {name for text in expressions_of_panels() for name in _METRIC.findall(text)}

    assert {"airledger_store_up", "airledger_commit_events_bucket"} <= found
    assert set() == found - series - PROMETHEUS_OWN


def test_no_metric_of_ours_is_left_out_of_the_dashboard(series: set[str]) -> None:
    shown = " ".join(expressions_of_panels())
    ours = {name for name in series if name.startswith("airledger_")}
    left_out = {name for name in ours if re.sub(r"_(bucket|sum|count)$", "", name) not in shown}

    assert {
        "airledger_projection_next",  # the lag says it
        "airledger_projection_stopped",  # an alert says it, by name
        "airledger_relay_leads",
    } == left_out


def test_promtool_reads_the_dashboards_expressions(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression}
        for number, expression in enumerate(expressions_of_panels())
    ]
    file = tmp_path / "panels.json"  # which is YAML as well
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")

    check("prometheus", "promtool", "check", "rules", file)


def test_the_dashboards_panels_have_ids_of_their_own_and_lie_side_by_side() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len({*ids})
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {
            (at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])
        }
        assert at["x"] + at["w"] <= COLUMNS, panel["title"]
        assert taken.isdisjoint(cells), panel["title"]
        taken |= cells
