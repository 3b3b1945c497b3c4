"""Dashboards and alerts name metrics and routes that exist, and each alert is explained in the runbook."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from tools.dashboards import CITY, DASHBOARDS, FOLDER, SERVICE, text_of

ROOT = Path(__file__).resolve().parents[1]
PROMETHEUS = ROOT / "deploy" / "prometheus"
PROMTOOL = shutil.which("promtool") or shutil.which(ROOT / ".local" / "bin" / "promtool")
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
EXPRESSIONS = [
    *(expression for _, _, expressions in SERVICE + CITY for expression in expressions),
    *(alert["expr"] for alert in ALERTS),
]
# What in an expression is no metric: labels and their values, durations, grouping; then functions.
NO_METRIC = re.compile(r"\{.*?\}|\[\w+\]|\bby \([^)]*\)")
FUNCTION = re.compile(r"\b[a-z_]+(?=\s*\()")
NAME = re.compile(r"\b[a-z][a-z_]{2,}\b")
OF_PROMETHEUS = {"up"}


def routes_of(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from routes_of(each, route)


@pytest.fixture
def metrics(client: APIClient) -> set[str]:
    """The names of all series that the processes report."""
    import chat.consumers.consumer  # noqa: F401 - defines those of realtime

    text = client.get("/metrics").content.decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    parts = {name: ["_bucket", "_count", "_sum"] if kind == "histogram" else [""] for name, kind in kinds.items()}
    return {name + part for name in kinds for part in parts[name]}


def test_expressions_name_metrics_that_exist(metrics: set[str]) -> None:
    named = {name for text in EXPRESSIONS for name in NAME.findall(FUNCTION.sub(" ", NO_METRIC.sub(" ", text)))}

    assert {"http_request_seconds_bucket", "postgres_sessions"} <= named
    assert named - metrics - OF_PROMETHEUS == set()


def test_expressions_name_routes_that_exist() -> None:
    named = {route for text in EXPRESSIONS for route in re.findall(r'route="([^"]+)"', text)}

    assert len(named) >= 3
    assert named - set(routes_of(get_resolver())) == set()


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_dashboards_are_fresh(name: str) -> None:
    """Write them again with `python -m tools.dashboards`."""
    stored = (FOLDER / name).read_text(encoding="utf-8")

    assert stored == text_of(name)
    assert all(panel["targets"] and panel["title"] for panel in json.loads(stored)["panels"])


def test_each_alert_has_a_paragraph_in_the_runbook() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (alarms,) = re.findall(r"^## Alarms$(.*?)^## ", runbook, re.MULTILINE | re.DOTALL)

    assert re.findall(r"^### (\w+)$", alarms, re.MULTILINE) == [alert["alert"] for alert in ALERTS]


@pytest.mark.skipif(PROMTOOL is None, reason="bin/setup --dev could not fetch promtool")
@pytest.mark.parametrize(
    "command", [["check", "config", "prometheus.yaml"], ["test", "rules", "alerts_test.yaml"]], ids=" ".join
)
def test_promtool_agrees(command: list[str]) -> None:
    arguments = [*command[:2], *(["--syntax-only"] if command[1] == "config" else []), command[2]]

    done = subprocess.run([str(PROMTOOL), *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tested() -> None:
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yaml").read_text())["tests"]

    for each in tests:
        assert {case["alertname"] for case in each["alert_rule_test"]} == {alert["alert"] for alert in ALERTS}
