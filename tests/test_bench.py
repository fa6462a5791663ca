"""What the benchmarks compute; and the soak, in short."""

import argparse
import datetime as dt
import json
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from tools.bench import layers, sampler, soak
from tools.bench.peers import answers, load
from tools.bench.peers.data import HOSTS, NAMES, SERIES, as_json, as_lines, samples
from tools.bench.peers.questions import QUESTIONS, Question
from tools.bench.peers.systems import InfluxDB, VictoriaMetrics

import nlq

DAY = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
NINE = 1795251600  # of that day


def test_samples_are_one_day_of_every_series() -> None:
    """All series are equally long, within the day, off every minute's edge, and the same each time."""
    made = list(samples(3 * SERIES, DAY))
    assert made == list(samples(3 * SERIES, DAY))
    counts = Counter((sample.name, sample.host) for sample in made)
    assert len(counts) == HOSTS * len(NAMES)
    assert set(counts.values()) == {3}
    begin = DAY.timestamp() * 1000
    assert all(begin < sample.at_ms < begin + 86_400_000 and sample.at_ms % 60_000 for sample in made)
    assert all(0 <= sample.value <= 100 for sample in made)


def test_both_forms_say_the_same() -> None:
    """A batch as JSON and as lines holds the same names, hosts, values and times."""
    batch = list(samples(50, DAY))
    lines = []
    for metric in json.loads(as_json(batch))["metrics"]:
        (tag,) = metric["tags"]
        lines.append(f"{metric['name']},{tag.replace(':', '=')} value={metric['value']} {metric['timestamp']}")
    assert as_lines(batch).decode().split("\n") == lines


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.kind)
def test_prompts_ask_about_the_time_of_the_others(question: Question) -> None:
    """Each prompt is read, over the hours and in the buckets that the other languages are given."""
    catalog = nlq.Catalog()
    for sample in samples(SERIES, DAY):
        catalog.add(sample.name, "gauge", [f"host:{sample.host}"])
    midnight = DAY + dt.timedelta(days=1)
    found = nlq.interpret(question.prompt, nlq.Context(now=midnight, catalog=catalog, zone=ZoneInfo("UTC")))
    assert isinstance(found, nlq.Interpretation)
    asked = found.question
    assert asked.names == ("cpu.user",)
    assert asked.range.end == DAY + dt.timedelta(hours=question.until_hour)
    assert asked.range.start == (DAY + dt.timedelta(hours=9) if "{within}" in question.influxql else None)
    assert (asked.grain is None) == (question.bucket_seconds is None)


def system(kind: type) -> VictoriaMetrics | InfluxDB:
    """A system as if it had been started."""
    made: VictoriaMetrics | InfluxDB = object.__new__(kind)
    made.day = DAY
    return made


def test_requests_to_victoria_metrics() -> None:
    """Buckets are asked for by their ends; all else once, at the end of the range."""
    bucketed = next(each for each in QUESTIONS if each.bucket_seconds == 3600)
    assert f"start={NINE + 3600}.0&end={NINE + 8 * 3600}.0&step=3600" in system(VictoriaMetrics).ask(bucketed).path
    last = next(each for each in QUESTIONS if each.until_hour == 24)
    assert system(VictoriaMetrics).ask(last).path.endswith(f"&time={NINE + 15 * 3600}.0")


def test_requests_to_influxdb() -> None:
    """The range is half open, in UTC."""
    path = system(InfluxDB).ask(QUESTIONS[0]).path
    assert "time+%3E%3D+%272026-11-21T09%3A00%3A00Z%27+AND+time+%3C+%272026-11-21T17%3A00%3A00Z%27" in path


def test_answers_of_all_are_alike() -> None:
    """By host and hour, each system's own form gives the same answer; buckets are known by their starts."""
    prompt = {
        "columns": [{"name": "host"}, {"name": "time"}, {"name": "avg"}],
        "rows": [["a", "2026-11-21T09:00:00.000Z", 1.5], ["b", "2026-11-21T10:00:00.000Z", 2]],
    }
    matrix = {"a": [[NINE + 3600, "1.5"]], "b": [[NINE + 7200, "2"]]}
    metricsql = {"data": {"result": [{"metric": {"host": host}, "values": each} for host, each in matrix.items()]}}
    series = [{"tags": {"host": "a"}, "values": [[NINE, 1.5]]}, {"tags": {"host": "b"}, "values": [[NINE + 3600, 2]]}]
    wanted = {("a", NINE): 1.5, ("b", NINE + 3600): 2}
    assert answers.of_prompt(json.dumps(prompt).encode()) == wanted
    assert answers.of_metricsql(json.dumps(metricsql).encode(), 3600) == wanted
    assert answers.of_influxql(json.dumps({"results": [{"series": series}]}).encode(), 3600) == wanted


def test_answers_without_buckets_or_hosts() -> None:
    """What was not grouped by time is at 0; InfluxDB's top names the host in a column, and no rows are no answer."""
    metricsql = {"data": {"result": [{"metric": {}, "value": [NINE, "7"]}]}}
    assert answers.of_metricsql(json.dumps(metricsql).encode(), None) == {("", 0): 7}
    top = {"results": [{"series": [{"values": [[NINE, 9.5, "a"], [NINE, 8, "b"]]}]}]}
    assert answers.of_influxql(json.dumps(top).encode(), None) == {("a", 0): 9.5, ("b", 0): 8}
    assert answers.of_influxql(b'{"results": [{"statement_id": 0}]}', None) == {}


def test_steps_of_server_timing() -> None:
    """Durations by name; what has none is left out."""
    assert load.steps("cache;dur=0.01, parse;dur=1.20, miss") == {"cache": 0.01, "parse": 1.2}
    assert load.steps("") == {}


def test_fit_of_a_line() -> None:
    """Points on a line give it back, without an error; the error of scattered ones is that of the textbook."""
    line = soak.Fit.of([1, 2, 3, 4], [10, 12, 14, 16])
    assert (line.start, line.slope, line.error, line.spread) == pytest.approx((10, 2, 0, 0), abs=1e-9)
    scattered = soak.Fit.of([1, 2, 3, 4], [1, 3, 2, 4])
    assert (scattered.slope, scattered.spread, scattered.error) == pytest.approx((0.8, 0.948683, 0.424264), abs=1e-6)


def test_soak(capsys: pytest.CaptureFixture[str]) -> None:
    """Six seconds of mixed load are answered, and leave no task, connection or file behind."""
    soak.run(argparse.Namespace(minutes=0.1))
    lines = capsys.readouterr().out.splitlines()
    bars = [line for line in lines if " < " in line]
    assert [line for line in bars if " ok" not in line and not line.startswith("memory")] == []
    assert len(bars) == 7
    counted = next(line for line in lines if "requests," in line)
    assert all(f"{status}: " in counted for status in (200, 201, 204, 422))


def test_shares_of_a_profile() -> None:
    """A stack counts for its innermost frame that has a layer; what was not sampled was outside of Python."""
    stacks = """run (sanic/app.py:1);create (telemetry_server/routes/metrics.py:2);loads (json/decoder.py:3) 3
run (sanic/app.py:1);admit (telemetry_server/app.py:9);hit (limits/strategies.py:2) 2
run (sanic/app.py:1);parse (/home/me/it/nlq/engine.py:9) 2
wait (threading.py:8) 1"""
    assert sampler.shares(stacks, 10) == pytest.approx(
        {"routes": 0.3, "admission: id, limit, key": 0.2, "prompts": 0.2, sampler.OTHER: 0.1, sampler.OUTSIDE: 0.2}
    )
    assert sampler.shares(stacks, 4)[sampler.OUTSIDE] == 0


def test_rungs_build_on_rungs_before() -> None:
    """What a layer costs is told beside a request measured before it, on a server with at most one switch less."""
    seen: dict[str, layers.Rung] = {}
    servers = ["bare, short", "bare, list", *layers.SWITCHES]
    for rung in layers.RUNGS:
        assert rung.layer not in seen
        if rung.base is not None:
            base = seen[rung.base]
            assert base.server.startswith("bare") or 0 <= servers.index(rung.server) - servers.index(base.server) <= 1
        seen[rung.layer] = rung
