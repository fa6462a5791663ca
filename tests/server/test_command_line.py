"""The command line: misuse is told in one line."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tools.processes import free_port

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "telemetry_server", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=20,
        start_new_session=True,
        check=False,
    )


def test_taken_port_is_one_line(tmp_path: Path) -> None:
    """A taken port is named, with a way out; exit status 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(tmp_path, "serve", PORT=port)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert port in line
    assert "PORT" in line


def test_taken_statsd_port_is_one_line(tmp_path: Path) -> None:
    """So is one for StatsD."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        result = run(tmp_path, "serve", PORT=str(free_port()), STATSD_PORT=port)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"Port {port} is taken" in line
    assert "STATSD_PORT" in line


@pytest.mark.parametrize(
    ("arguments", "environment", "variables"),
    [
        ((), {"WORKERS": "x"}, ["WORKERS"]),
        (("--port", "0"), {}, ["PORT"]),
        ((), {"PORT": "x", "ENVIRONMENT": "y"}, ["ENVIRONMENT", "PORT"]),
        ((), {"ENVIRONMENT": "prod"}, ["API_KEYS"]),
        ((), {"MONGO_URI": "mongodb://u:sesame@host:port/"}, ["MONGO_URI"]),
        ((), {"MONGO_URI": "mongodb://u:sesame@host/?replicaSet"}, ["MONGO_URI"]),
        ((), {"REDIS_URI": "redis://:sesame@host:port/"}, ["REDIS_URI"]),
        ((), {"REDIS_URI": "redis://:sesame@host/db?socket_timeout=x"}, ["REDIS_URI"]),
        ((), {"REDIS_URI": "redis://:sesame@host/?unknown=1"}, ["REDIS_URI"]),
        (
            (),
            {"REDIS_URI": "redis://:sesame@h/?x=1", "MONGO_URI": "mongodb://sesame@h/?x=1"},
            ["MONGO_URI", "REDIS_URI"],
        ),
    ],
)
def test_wrong_settings_stop_the_start(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], variables: list[str]
) -> None:
    """One line for each wrong setting, exit status 2, no traceback and no secret."""
    result = run(tmp_path, "serve", *arguments, **{"PORT": str(free_port())} | environment)
    assert result.returncode == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == variables
    assert "sesame" not in result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("serve", "--nonsense"), ("serve", "--port", "x")])
def test_misuse_is_status_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Unknown commands, options and values are no traceback."""
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_settings_in_use_are_shown_without_secrets(tmp_path: Path) -> None:
    """`settings` prints the values in use."""
    secrets = {"MONGO_URI": "mongodb://u:sesame@h", "API_KEYS": "sesame-sesame-sesame"}
    result = run(tmp_path, "settings", PORT="1234", **secrets)
    assert result.returncode == 0
    assert "PORT=1234" in result.stdout.splitlines()
    assert "sesame" not in result.stdout


def test_summarise_says_until_when(tmp_path: Path, mongo_uri: str, app_env: str) -> None:
    """All past hours are summarised at once; without a MongoDB that is told in one line, exit status 1."""
    made = run(tmp_path, "summarise", MONGO_URI=mongo_uri, APP_ENV=app_env)
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"Summarised until \d{4}-\d\d-\d\dT\d\d:00Z\.\n", made.stdout)
    absent = run(
        tmp_path, "summarise", MONGO_URI="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", APP_ENV=app_env
    )
    assert (absent.returncode, len(absent.stderr.splitlines())) == (1, 1)
