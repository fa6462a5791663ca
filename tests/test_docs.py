"""What the documents say of settings and routes is what the code does."""

import re
from pathlib import Path

import pytest

from telemetry_server import config
from telemetry_server.routes import BLUEPRINTS

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def test_env_sample_is_the_settings_table() -> None:
    """`.env.sample` is what `python -m telemetry_server settings --env` prints."""
    assert (ROOT / ".env.sample").read_text() == config.sample()


def test_readme_has_the_settings_table() -> None:
    """Between its markers the README holds what `python -m telemetry_server settings --markdown` prints."""
    found = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", README.read_text(), re.DOTALL)
    assert found is not None
    assert found[1].strip() == config.markdown().strip()


def _routes() -> list[str]:
    parameter = re.compile(r"<(?:metric_)?(\w+)[^>]*>")
    found = []
    for blueprint in BLUEPRINTS:
        for future in blueprint._future_routes:
            path = parameter.sub(r"{\1}", f"{blueprint.url_prefix}{future.uri}").rstrip("/")
            found += [f"{method} {path}" for method in sorted(future.methods) if method != "HEAD"]
    return sorted(set(found))


@pytest.mark.parametrize("route", _routes())
def test_readme_names_every_route(route: str) -> None:
    """The README's endpoint table names each method and path."""
    method, path = route.split(" ")
    lines = [line for line in README.read_text().splitlines() if line.startswith("|") and f"{path}`" in line]
    assert any(re.search(rf"\b{method}\b", line) for line in lines), route
