"""What operators are told is so: alert rules, and the documents about security and operation."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from telemetry_server.summaries.retention import Retention
from telemetry_server.summaries.summariser import summarise_all
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[1]
KEPT = Retention(*(timedelta(days=days) for days in (90, 400, 1830)))
PAGES = ("SECURITY.md", "docs/operations.md")
MADE_BY_PROMETHEUS = {"up"}
FUNCTIONS = {"sum", "max", "by", "rate", "increase", "changes", "histogram_quantile"}
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]


def named(expression: str) -> tuple[set[str], set[str]]:
    """The metrics and the labels that an expression names."""
    labels = set(re.findall(r"(\w+)=~?\"", expression))
    labels |= {each.strip() for found in re.findall(r"by \(([^)]*)\)", expression) for each in found.split(",")}
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", "", expression)
    return set(re.findall(r"[a-z_]{2,}", bare)) - FUNCTIONS, labels


def test_alerts_name_what_is_told(start_server: StartServer, mongo_uri: str, app_env: str) -> None:
    """Each metric and label of the rules is at /-/metrics, once there was a write, a question and a summary."""
    asyncio.run(summarise_all(mongo_uri, app_env, KEPT, lambda _: None))
    server = start_server(APP_ENV=app_env)
    with httpx.Client(base_url=server.url) as client:
        client.post("/metrics", json={"name": "a", "value": 1}).raise_for_status()
        client.get("/query", params={"prompt": "count a today"}).raise_for_status()
        told = client.get("/-/metrics").text
    samples = dict(re.findall(r"^([a-z_]+)(\{.*\})? ", told, re.MULTILINE))
    for rule in RULES:
        metrics, labels = named(rule["expr"])
        assert metrics
        assert metrics <= samples.keys() | MADE_BY_PROMETHEUS, rule["alert"]
        known = set(re.findall(r"(\w+)=\"", " ".join(samples[each] for each in metrics & samples.keys())))
        assert labels <= known | {"job", "instance"}, rule["alert"]


def test_routes_of_alerts_are_routes(start_server: StartServer) -> None:
    """The routes that rules pick are told of."""
    server = start_server()
    with httpx.Client(base_url=server.url) as client:
        client.post("/metrics", json={"name": "a", "value": 1})
        client.post("/v1/metrics", json={"metrics": [{"name": "a", "value": 1}]})
        client.get("/query", params={"prompt": "count a today"})
        told = set(re.findall(r'route="([^"]*)"', client.get("/-/metrics").text))
    picked = {
        route
        for rule in RULES
        for found in re.findall(r'route=~?"([^"]*)"', rule["expr"])
        for route in found.split("|")
    }
    assert picked
    assert picked <= told


def test_each_alert_is_explained() -> None:
    """docs/operations.md says of each alert what it means and what to do, and of no other."""
    explained = re.findall(r"\*\*(Telemetry\w+)\.?\*\*", (ROOT / "docs" / "operations.md").read_text())
    assert sorted(explained) == sorted(rule["alert"] for rule in RULES)
    assert {rule["labels"]["severity"] for rule in RULES} <= {"page", "ticket"}


def test_each_line_of_the_log_is_one() -> None:
    """The lines of the log that docs/operations.md explains are lines that the server writes."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("| line | means |")[2].partition("\n\n")[0]
    lines = [line for row in section.splitlines()[2:] for line in re.findall(r"`([a-z ,]+)`", row.split("|")[1])]
    code = "".join(path.read_text() for path in (ROOT / "telemetry_server").rglob("*.py"))
    assert lines
    assert [line for line in lines if not re.search(rf"log\.\w+\(\s*\"{line}\"", code)] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_pages_name_is_there(page: str) -> None:
    """Tests, documents and scripts that are named exist."""
    text = (ROOT / page).read_text()
    paths = re.findall(r"\b((?:tests|docs|deploy|scripts)/[\w./-]*\w)", text)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
