"""The dashboard and the alerts ask for figures and labels that exist, and lead to help that is written."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics
from schema.enums import Topic
from schema.message_kinds import KINDS
from tests.arch.source import ROOT

FOLDER = ROOT / "infra" / "grafana"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
RECORDS = {rule["record"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [
    *((alert["alert"], alert["expr"]) for alert in ALERTS),
    *RECORDS.items(),
    *((panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]),
]
# Prometheus itself puts these on whatever it scrapes.
SCRAPED = {"job", "instance"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
NAME = re.compile(r"plumbline[:_][a-z0-9_:]+")
SELECTOR = re.compile(r"(plumbline[:_][a-z0-9_:]+|up)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
VALUES = {
    "queue": {topic.value for topic in Topic},
    "type": KINDS,
    "outcome": {"received", "acked", "retried", "dead", "returned"},
    "sweep": {"state", "reconcile", "depths"},
}


def exported() -> dict[str, set[str]]:
    """Return the names under which our figures are scraped, with their labels."""
    found = {}
    for figure in vars(metrics).values():
        if isinstance(figure, MetricWrapperBase):
            [family] = figure.describe()
            for suffix in SUFFIXES[family.type]:
                found[family.name + suffix] = {*figure._labelnames} | ({"le"} if suffix == "_bucket" else set())
    return found


def recorded() -> dict[str, set[str]]:
    """Return what the recording rules name, with the labels they keep."""
    return {
        name: {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")}
        for name, expression in RECORDS.items()
    }


KNOWN = exported() | recorded()


def anchors() -> set[str]:
    titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def names_of(value: Any, key: str) -> Iterator[Any]:
    """Yield what stands under a key, however deep."""
    if isinstance(value, dict):
        yield from (found for name, found in value.items() if name == key)
        for inner in value.values():
            yield from names_of(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from names_of(inner, key)


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_expression_asks_for_figures_and_labels_that_exist(where: str, expression: str) -> None:
    bare = re.sub(r'"[^"]*"', '""', expression)
    used = {*NAME.findall(bare)}
    assert used - KNOWN.keys() == set()
    for name, matchers in SELECTOR.findall(expression):
        labels = {label for label, _ in MATCHER.findall(matchers)}
        assert labels - (KNOWN.get(name, set()) | SCRAPED) == set(), name
    grouped = {label.strip() for labels in GROUPING.findall(bare) for label in labels.split(",")}
    assert grouped - {label for name in used for label in KNOWN[name]} - SCRAPED == set()


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_expression_matches_values_that_come(where: str, expression: str) -> None:
    operations = {*names_of(json.loads((ROOT / "openapi.json").read_text(encoding="utf-8")), "operationId")}
    for label, pattern in MATCHER.findall(expression):
        known = VALUES | {"operation": operations}
        if label in known and "$" not in pattern:
            assert {*pattern.split("|")} - known[label] == set()


def test_every_figure_is_shown_or_watched() -> None:
    asked = {name for _, expression in EXPRESSIONS for name in NAME.findall(expression)}
    families = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in exported()}
    assert {family for family in families if not any(name.startswith(family) for name in asked)} == set()


def test_alert_says_how_bad_it_is_and_leads_to_help_that_is_written() -> None:
    for alert in ALERTS:
        assert alert["for"]
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"]
        [anchor] = re.findall(r"docs/runbook\.md#([\w-]+)$", alert["annotations"]["description"])
        assert anchor in anchors(), alert["alert"]
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)


def test_panel_says_what_it_shows_in_which_unit() -> None:
    for panel in PANELS:
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert [t["refId"] for t in panel["targets"]] == list("ABCD"[: len(panel["targets"])])
    assert len({panel["title"] for panel in PANELS if panel["type"] != "stat"}) > 15


def test_panels_lie_side_by_side_and_not_on_each_other() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len({*ids}) == len(ids)


def test_variables_of_the_dashboard_are_defined() -> None:
    defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    text = (FOLDER / "dashboard.json").read_text(encoding="utf-8")
    used = {*re.findall(r"\$\{?(\w+)", text)} - {"__rate_interval"}
    assert used == defined == {"datasource", "queue"}


def promtool(*arguments: str) -> None:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; it comes with Prometheus")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_the_rules() -> None:
    promtool("check", "rules", str(FOLDER / "alerts.yaml"))


def test_prometheus_reads_what_the_panels_ask(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m").replace("$queue", ".+")}
        for number, (_, expression) in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(file))


def test_rules_fire_when_they_should() -> None:
    promtool("test", "rules", str(FOLDER / "alerts_test.yaml"))
