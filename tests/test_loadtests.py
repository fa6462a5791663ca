"""The load test: its verdict, and short runs of the real thing."""

import sys
import tempfile
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.server import Server

from loadtests import cold_start, headless
from loadtests.targets import COLD_START, READ, UNDER_LOAD, Target
from loadtests.verdict import Result, percentile, table

FAST = [1.0] * 100


def with_targets(monkeypatch: pytest.MonkeyPatch, limit_ms: float) -> None:
    """Make every target of the load test the same: what a busy machine meets always, or never."""
    targets = [each._replace(p95_ms=limit_ms, p99_ms=limit_ms) for each in (*UNDER_LOAD, COLD_START)]
    monkeypatch.setattr(headless, "UNDER_LOAD", tuple(targets[:-1]))
    monkeypatch.setattr(cold_start, "COLD_START", targets[-1])


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["load", *arguments])
    return headless.main()


@pytest.mark.parametrize(
    ("times_ms", "percent", "expected"),
    [
        ([5], 95, 5),
        ([3, 1, 2], 50, 2),
        (range(1, 101), 95, 95),
        (range(1, 102), 95, 96),
        (range(1, 11), 99, 10),
    ],
)
def test_percentile(times_ms: list[float], percent: float, expected: float) -> None:
    """A percentile is the smallest time with that share of all times at or below it."""
    assert percentile(times_ms, percent) == expected


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (Result(READ, FAST), ""),
        (Result(READ, [1.0] * 95 + [29.0] * 4 + [900.0]), ""),
        (Result(READ, [1.0] * 94 + [30.0] * 6), "p95 is 30.0 ms"),
        (Result(READ, [1.0] * 98 + [50.0] * 2), "p99 is 50.0 ms"),
        (Result(READ, FAST, ["500"]), "1 failed"),
        (Result(READ, FAST, planned=101), "only 100 of 101"),
        (Result(READ, []), "only 0 of 1"),
    ],
)
def test_verdict(result: Result, problem: str) -> None:
    """A target is met when both percentiles are below it, no request failed, and the rate was kept."""
    text = table([result])
    assert bool(result.problems) == bool(problem)
    assert problem in text
    assert ("MISSED" in text, " ok" in text) == (bool(problem), not problem)


def test_targets() -> None:
    """The table holds the six targets of the project."""
    wanted = {
        "read": (30, 50),
        "query": (100, 200),
        "write": (25, 40),
        "update": (30, 50),
        "delete": (20, 40),
    }
    assert {each.operation: limits(each) for each in UNDER_LOAD} == wanted
    assert limits(COLD_START) == (500, 800)


def limits(target: Target) -> tuple[float, float]:
    return target.p95_ms, target.p99_ms


@pytest.mark.parametrize(("limit_ms", "verdict"), [(60_000, "ok"), (0.001, "MISSED")])
def test_short_run(
    server: Server,
    limit_ms: float,
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A real run on a running server: every kind is asked, none fails, and a missed target gives status 1."""
    with_targets(monkeypatch, limit_ms)
    status = run(monkeypatch, "--url", server.url, "--users", "5", "--rate", "20", "--duration", "2")
    output = capfd.readouterr().out
    rows = [line.split() for line in output.splitlines() if line.endswith(("ok", "MISSED"))]
    assert [row[0] for row in rows] == [target.operation for target in UNDER_LOAD], output
    assert all(row[-1] == verdict for row in rows), output
    assert "failed" not in output
    assert status == (verdict == "MISSED")


def test_run_on_a_stack_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Alone it starts all that it needs, measures cold starts too, and leaves no file and no process behind.

    It may be held to a share of the targets, and ask past the cache.
    """
    with_targets(monkeypatch, 60_000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    small = ("--users", "5", "--rate", "20", "--duration", "2", "--restarts", "1")
    status = run(monkeypatch, *small, "--limits", "0.5", "--uncached")
    output = capfd.readouterr().out
    assert status == 0, output
    assert output.count(" 0 % came from the cache") == 2
    assert output.count("< 30000 ") == 2 * (len(UNDER_LOAD) + 1)
    assert "cold start" in output.splitlines()[-2]
    assert not list(tmp_path.iterdir())
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if str(tmp_path) in " ".join(command)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://example.com"], "this machine only"),
        (["--url", "http://127.0.0.1.example.com:8080"], "this machine only"),
        (["--url", "http://10.0.0.1:8080"], "this machine only"),
        (["--url", "nowhere"], "--url"),
        (["--users", "4"], "--users"),
        (["--rate", "0"], "--rate"),
        (["--duration", "601"], "--duration"),
        (["--duration", "long"], "--duration"),
        (["--limits", "0"], "--limits"),
        (["--limits", "2"], "--limits"),
    ],
)
def test_misuse(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong argument, or another machine as the aim, is refused in one line with status 2."""
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, *arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
