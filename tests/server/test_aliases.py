"""The operator's aliases."""

from pathlib import Path

import httpx
import pytest

from telemetry_server.aliases import AliasError, read
from telemetry_server.config import ConfigError, load
from tests.conftest import StartServer

RIGHT = """
# what people here say
latency = api.latency_ms   # of the gateway
response   time = api.latency_ms
box = host
"""


def test_file_is_read(tmp_path: Path) -> None:
    """Comments, empty lines and white space say nothing."""
    path = tmp_path / "aliases"
    path.write_text(RIGHT)
    assert read(str(path)).pairs == (
        ("latency", "api.latency_ms"),
        ("response time", "api.latency_ms"),
        ("box", "host"),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("latency api.latency", "alias = name"),
        ("= api.latency", "1 to 6 words"),
        ("- = api.latency", "1 to 6 words"),
        ("a b c d e f g = api.latency", "1 to 6 words"),
        ("a" * 101 + " = api.latency", "100 characters"),
        ("latency =", "metric name"),
        ("latency = two words", "metric name"),
        ("latency = a = b", "metric name"),
        ("today = api.latency", "meaning of its own"),
        ("last hour = api.latency", "meaning of its own"),
        ("Boxes = rack", "earlier line"),
    ],
)
def test_wrong_line_is_told(tmp_path: Path, line: str, reason: str) -> None:
    """A wrong line is one line of text: the file, the line's number, and why."""
    path = tmp_path / "aliases"
    path.write_text(RIGHT + line + "\n")
    with pytest.raises(AliasError) as caught:
        read(str(path))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}:6: ")
    assert reason in problem


@pytest.mark.parametrize("raw", [None, b"\xff\xfe = x"])
def test_unreadable_file_stops_the_start(tmp_path: Path, raw: bytes | None) -> None:
    """A file that is not there, or is no text, is a wrong setting; wrong lines are told with the other settings."""
    path = tmp_path / "aliases"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load({"ALIASES_FILE": str(path), "PORT": "x"}, tmp_path)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["PORT", str(path)]


def test_aliases_are_read_and_said(start_server: StartServer, tmp_path: Path) -> None:
    """In a prompt an alias is the name or key it stands for, once that is stored, and the answer says so."""
    path = tmp_path / "aliases"
    path.write_text(RIGHT)
    with httpx.Client(base_url=start_server(ALIASES_FILE=str(path)).url) as client:
        parameters = {"prompt": "average response time by box"}
        assert client.get("/query", params=parameters).status_code == 422
        metric = {"name": "api.latency_ms", "type": "timer", "value": 7, "tags": {"host": "web-01"}}
        assert client.post("/metrics", json=metric).status_code == 201
        answer = client.get("/query", params=parameters).json()
        assert answer["rows"] == [["web-01", 7.0]]
        assert answer["assumptions"][:2] == ["'response time' read as api.latency_ms", "'box' read as host"]
        completions = client.get("/query/complete", params={"prefix": "average respo"}).json()["completions"]
        assert {"text": "average response time", "role": "metric"} in completions
