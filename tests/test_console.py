"""The console's built files are those of its sources, and are served closed, small and without a key."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from tools import browser
from tools.terminal import Problem

from telemetry_server.routes.page import CONTENT_TYPES
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "console"
BUILT = ROOT / "telemetry_server" / "console"
HOW = "build it: scripts/console"
FIRST_PAINT_BYTES = 200_000


def _digest() -> str:
    """Of all that the page is built from, as console/build.mjs works it out."""
    parts = ["build.mjs", "package.json", "package-lock.json", "page.html", "tsconfig.json"]
    files = [SOURCES / name for name in parts]
    files += [path for folder in ("src", "styles") for path in (SOURCES / folder).rglob("*") if path.is_file()]
    whole = hashlib.sha256()
    for name, path in sorted((path.relative_to(SOURCES).as_posix(), path) for path in files):
        data = path.read_bytes()
        whole.update(f"{name}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()


def test_page_was_built_of_these_sources() -> None:
    """The digest that the build wrote beside the page is that of the sources as they are."""
    assert (BUILT / "sources.sha256").read_text().strip() == _digest(), HOW


needs_tools = pytest.mark.skipif(
    shutil.which("node") is None or not (SOURCES / "node_modules").exists(), reason="needs the page's tools"
)


@needs_tools
def test_build_gives_these_files(scratch: Path) -> None:
    """Built again, the page is the same to the byte."""
    subprocess.run(["node", SOURCES / "build.mjs", scratch], check=True)  # noqa: S603, S607
    for path in BUILT.iterdir():
        assert (scratch / path.name).read_bytes() == path.read_bytes(), HOW


THINNED = """
import { fewer, MOST_LINES, MOST_POINTS } from "./series.mjs";
const times = Array.from({ length: 100000 }, (_, place) => place);
const values = times.map((at) => (at === 54321 ? 9999 : at === 777 ? null : Math.sin(at / 500)));
const lines = Array.from({ length: 40 }, (_, of) => ({ label: `${of}`, of, values: values.map((v) => v && v * of) }));
const { times: kept, lines: drawn, notes } = fewer({ times, lines, notes: [] });
const highest = Math.max(...drawn.find((line) => line.label === "39").values);
const few = [kept.length <= 2 * MOST_POINTS, drawn.length === MOST_LINES];
console.log(JSON.stringify([...few, highest === 9999 * 39, notes]));
"""


@needs_tools
def test_many_points_are_thinned(scratch: Path) -> None:
    """Of 40 lines of 100,000 points those with the largest values are drawn, with their extremes, and that is said."""
    build = [SOURCES / "node_modules" / ".bin" / "esbuild", SOURCES / "src" / "chart" / "series.ts"]
    options = ["--bundle", "--format=esm", f"--outfile={scratch / 'series.mjs'}", "--log-level=error"]
    subprocess.run([*build, *options], check=True)  # noqa: S603
    (scratch / "thin.mjs").write_text(THINNED)
    told = subprocess.run(["node", scratch / "thin.mjs"], check=True, capture_output=True, text=True)  # noqa: S603, S607
    few_points, few_lines, keeps_extremes, notes = json.loads(told.stdout)
    assert few_points
    assert few_lines
    assert keeps_extremes
    assert [note.partition(":")[0] for note in notes] == [
        "12 of 40 lines are drawn, those with the largest values; the table has all.",
        "Thinned from 100,000 points",
    ]


def test_sources_stay_short() -> None:
    """No source of the page is longer than 400 lines."""
    long = [path for path in (SOURCES / "src").rglob("*.ts") if len(path.read_text().splitlines()) > 400]
    assert long == []


def test_a_missing_browser_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no Chromium and none may be installed, one line says what to install."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Problem, match="apt-get install chromium"):
        browser.require()


def test_page_is_whole_and_closed(client: httpx.Client) -> None:
    """The page has a strict policy, no script or style in its text, and needs nothing but files of this server."""
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=|javascript:", page.text)
    needed = re.findall(r'<(?:script|link)[^>]*(?:src|href)="(?!data:)([^"]+)"', page.text)
    assert sorted(needed) == ["/console/page.css", "/console/page.js"]
    parts = [client.get(path) for path in needed]
    for part in (page, *parts):
        assert part.status_code == 200
        assert part.headers["x-content-type-options"] == "nosniff"
        assert part.headers["referrer-policy"] == "no-referrer"
    assert sum(len(part.content) for part in (page, *parts)) < FIRST_PAINT_BYTES
    script = next(part.text for part in parts if "javascript" in part.headers["content-type"])
    assert "innerHTML" not in script
    assert set(re.findall(r"https?://[\w.]+", script)) <= {"http://www.w3.org"}
    assert client.get("/console/sources.sha256").status_code == 404


def test_page_needs_no_key(start_server: StartServer) -> None:
    """A browser has no key before somebody types it; the page tells nothing of what is stored."""
    server = start_server(API_KEYS="k" * 32)
    for path in ("/", *(f"/console/{name}" for name in CONTENT_TYPES)):
        assert httpx.get(server.url + path).status_code == 200


def test_a_question_is_asked_as_it_is(client: httpx.Client) -> None:
    """POST /query takes a changed question in the place of a prompt: the reading is the prompt, and nothing else."""
    client.post("/metrics", json={"name": "console.asked", "value": 3, "tags": {"host": "a"}})
    first = client.post("/query", json={"prompt": "average console.asked today"}).json()
    changed = {**first["question"], "groups": [{"kind": "tag", "key": "host"}]}
    answer = client.post("/query", json={"question": changed}).json()
    assert answer["question"] == changed
    assert answer["prompt"] == answer["reading"]
    assert answer["rows"] == [["a", 3.0]]
    for wrong in (
        {"question": changed, "prompt": "x"},
        {"question": changed, "context": changed},
        {},
        {"question": {}},
    ):
        assert client.post("/query", json=wrong).status_code == 422


def test_explain_names_the_index(client: httpx.Client) -> None:
    """POST /query/explain tells the index by which a question would be read, and its reading."""
    client.post("/metrics", json={"name": "console.explained", "value": 3})
    told = client.post("/query/explain", json={"prompt": "average console.explained today"}).json()
    assert told["reading"].startswith("avg of console.explained")
    assert told["collection"] == "metrics"
    assert any(index and "name" in index for index in told["indexes"])
    assert client.post("/query/explain", json={"prompt": "flobberwock"}).status_code == 422


def test_misses_are_told_to_admins(client: httpx.Client) -> None:
    """GET /admin/misses lists what was refused, without what may name somebody."""
    client.get("/query", params={"prompt": "flobberwock per host"})
    assert client.get("/admin/misses").status_code == 200
    assert set(client.get("/admin/misses").json()) == {"misses", "truncated"}
