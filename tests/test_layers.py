"""The directions of the house: leaf-first, and each driver behind its own door."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("nlq", "telemetry_server")

# From the ground up; a module imports only what stands in a line above its own.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("aliases", "client"),
    (
        "http.accept",
        "errors",
        "instants",
        "reading.versions",
        "monitoring.counters",
        "monitoring.traffic",
        "reading.lru",
        "reading.places",
        "metric_filter",
        "summaries.retention",
        "monitoring.timing",
    ),
    ("http.framing",),
    ("config", "http.compression"),
    (
        "metric",
        "writing.totals",
        "monitoring.logs",
        "access.auth",
        "access.rate_limit",
        "http.wire",
        "watch",
        "periodic",
        "access.tls",
    ),
    ("schemas", "http.tables", "monitoring.vitals", "monitoring.traces"),
    ("openapi",),
    ("dialects",),
    ("stores", "shared"),
    (
        "writing.series",
        "reading.cache",
        "reading.misses",
        "summaries.seals",
        "access.shared_limit",
        "migrate",
        "reading.slow",
        "reading.turns",
        "access.keys",
        "access.key_ring",
    ),
    ("summaries.summariser", "backups"),
    ("writing.ingest", "reading.answers"),
    ("metrics", "monitoring.recorder", "live"),
    ("writing.cumulative", "reading.repeats"),
    ("writing.intake",),
    ("statsd",),
    ("parts",),
    ("monitoring.exposition", "tenants", "http.connection"),
    ("routes",),
    ("http.failures",),
    ("access.origins",),
    ("app",),
    ("commands",),
    ("__main__",),
)
APART = ("__init__", "client", "collector")  # clients of the API, nothing more

# Commands that are clients of a server, and what they share: they know the client, and nothing else of the package.
CLIENT_COMMANDS = ("ask", "completion", "ending", "metrics", "remote", "screen", "send", "tail")

# Libraries that stand behind a door, and the only modules that may import each; a package stands for one of its own.
DOORS: dict[str, str | tuple[str, ...]] = {
    "motor": "telemetry_server.stores.mongo",
    "pymongo": "telemetry_server.stores.mongo",
    "bson": "telemetry_server.stores.mongo",
    "redis": "telemetry_server.stores.redis",
    "limits": "telemetry_server.stores.redis",
    "spacy": "nlq.tokens",
    "dateparser": "nlq.rules",
    "apispec": "telemetry_server.openapi",
    "cramjam": "telemetry_server.http.compression",
    "google": "telemetry_server.dialects.otlp",
    "opentelemetry.proto": "telemetry_server.dialects.otlp",
    "opentelemetry.sdk": "telemetry_server.monitoring.traces",
    "opentelemetry.exporter": "telemetry_server.monitoring.traces",
    "opentelemetry.trace": "telemetry_server.monitoring.traces",
    "prometheus_client": (
        "telemetry_server.dialects.prometheus",
        "telemetry_server.monitoring.exposition",
    ),  # in, and out
    "websockets": "telemetry_server.routes.live",
    "typer": "telemetry_server.commands",
    "httpx": "telemetry_server.client",
    "httpx_sse": "telemetry_server.client",
    "pandas": "telemetry_server.client",
    "dotenv": "telemetry_server.config",
}
IO_LIBRARIES = ("sanic", "motor", "pymongo", "bson", "redis", "httpx", "telemetry_server", "structlog", "asyncio")


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}
GROUPS = {f"telemetry_server.{part.partition('.')[0]}" for parts in LAYERS for part in parts if "." in part}
SERVER_MODULES = [name for name in MODULES if name.startswith("telemetry_server.")]


def _imports(name: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


PARTS = {part: level for level, parts in enumerate(LAYERS) for part in parts}


def _part(name: str) -> str:
    """What of LAYERS a module, or a name in one, belongs to: a module of a group, or a whole package."""
    _, first, *rest = name.split(".")
    within = f"{first}.{rest[0]}" if rest else first
    return within if within in PARTS else first


@pytest.mark.parametrize("name", SERVER_MODULES)
def test_imports_point_down(name: str) -> None:
    """A module of the server imports only from layers below its own, or from its own package."""
    if name in GROUPS:
        assert not _imports(name)
        return
    part = _part(name)
    if part in APART:
        others = {found.split(".")[1] for found in _imports(name) if found.startswith("telemetry_server.")}
        assert others <= {part, "__version__"}
        return
    for found in _imports(name):
        if not found.startswith("telemetry_server.") or found == "telemetry_server.__version__":
            continue
        other = _part(found)
        assert found in GROUPS or other == part or PARTS[other] < PARTS[part], f"{name} imports {found}"


@pytest.mark.parametrize("command", CLIENT_COMMANDS)
def test_client_commands_know_only_the_client(command: str) -> None:
    """A command that asks a server imports no part of one, so that it starts fast and works anywhere."""
    modules = [name for name in MODULES if f"{name}.".startswith(f"telemetry_server.commands.{command}.")]
    assert modules
    found = {each for name in modules for each in _imports(name) if each.split(".")[0] in PACKAGES}
    known = tuple(f"telemetry_server.commands.{each}" for each in CLIENT_COMMANDS)
    assert {each for each in found if not each.startswith(("telemetry_server.client", *known))} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("nlq")])
def test_nlq_imports_nothing_of_the_server(name: str) -> None:
    """The language knows neither the server nor any library that reaches outside."""
    assert not {found.split(".")[0] for found in _imports(name)} & set(IO_LIBRARIES)


@pytest.mark.parametrize("library", DOORS)
def test_each_driver_has_one_door(library: str) -> None:
    """A library that stands behind a door is imported in that one module or package; one for both ways in two."""
    doors = DOORS[library] if isinstance(DOORS[library], tuple) else (DOORS[library],)
    importers = {name for name in MODULES if any(f"{found}.".startswith(f"{library}.") for found in _imports(name))}
    assert importers
    assert {name for name in importers if not any(f"{name}.".startswith(f"{door}.") for door in doors)} == set()


def test_nlq_is_pure_in_a_fresh_interpreter() -> None:
    """Importing nlq loads nothing of the server, and no I/O library of ours."""
    forbidden = tuple(library for library in IO_LIBRARIES if library not in ("asyncio", "httpx"))  # spaCy has them
    program = f"import sys, nlq; print([name for name in {forbidden!r} if name in sys.modules])"
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"


def test_files_stay_short() -> None:
    """No module is longer than 400 lines."""
    long = {name for name, path in MODULES.items() if len(path.read_text().splitlines()) > 400}
    assert long == set()
