"""The made-up web shop's history: the same every time, valid, eventful, and stored once."""

import datetime as dt
import itertools
import sys

import httpx
import pytest
from tools import demo_history, seed_demo
from tools.demo_history import Day
from tools.processes import free_port
from tools.server import Server
from tools.terminal import Problem

from telemetry_server.schemas.metric import MetricForms

TODAY = dt.date(2026, 11, 22)


def incident_of(kind: str) -> tuple[Day, demo_history.Incident]:
    """The first incident of a kind in a month."""
    days = demo_history.days(42, 30, TODAY)
    return next((day, each) for day in days for each in day.incidents if each.kind == kind)


def second_of(metric: dict[str, object], day: Day) -> float:
    midnight = dt.datetime.combine(day.date, dt.time(), dt.UTC).timestamp()
    return int(str(metric["timestamp"])) / 1000 - midnight


def test_same_seed_same_history() -> None:
    """The same seed and day make the same metrics, ids included; another seed makes others."""
    assert demo_history.metrics(Day(42, TODAY)) == demo_history.metrics(Day(42, TODAY))
    ids, others = ({metric["id"] for metric in demo_history.metrics(Day(seed, TODAY))} for seed in (42, 43))
    assert not ids & others


def test_tomorrow_adds_one_day() -> None:
    """The days of two runs, one day apart, are the same days where they overlap, and hold no id twice."""
    earlier = demo_history.days(42, 3, TODAY)
    later = demo_history.days(42, 3, TODAY + dt.timedelta(days=1))
    assert earlier[1:] == later[:-1]
    ids = [metric["id"] for day in earlier for metric in demo_history.metrics(day)]
    assert len(set(ids)) == len(ids)


def test_a_day_has_its_size_and_order() -> None:
    """A day has 8,000 to 14,000 metrics, oldest first, all within that day."""
    for day in demo_history.days(42, 7, TODAY):
        metrics = demo_history.metrics(day)
        assert 8_000 <= len(metrics) <= 14_000
        assert all(0 <= second_of(metric, day) < demo_history.DAY_SECONDS for metric in metrics)
        assert all(one["timestamp"] <= two["timestamp"] for one, two in itertools.pairwise(metrics))


def test_every_metric_is_valid() -> None:
    """The server's own wire form takes every metric of a day as it is."""
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    forms = MetricForms(dt.timedelta(days=90))
    for metric in demo_history.metrics(Day(42, yesterday)):
        assert forms.one(metric)["tags"] == tuple(metric["tags"])


def test_a_month_has_every_kind_of_incident() -> None:
    """A slow service takes at least three times as long, a host that is down says nothing."""
    day, slow = incident_of("slow")
    calls = [
        metric
        for metric in demo_history.metrics(day)
        if {f"service:{slow.what}", f"region:{slow.region}"} <= set(metric["tags"])
        and metric["name"] == "api.latency_ms"
    ]
    inside, outside = (
        sorted(call["value"] for call in calls if slow.covers(second_of(call, day)) == within)
        for within in (True, False)
    )
    assert inside[len(inside) // 2] > 3 * outside[len(outside) // 2]

    day, down = incident_of("down")
    own = [metric for metric in demo_history.metrics(day) if f"host:{down.what}" in metric["tags"]]
    assert own
    assert not any(down.covers(second_of(metric, day)) for metric in own)
    assert incident_of("campaign")


def test_writes_a_day_once(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A day is stored through the public API, said to be made up, and not stored again by a second run."""
    monkeypatch.setattr(sys, "argv", ["seed_demo", "--url", server.url, "--days", "1"])
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    expected = [metric["id"] for metric in demo_history.metrics(Day(42, yesterday))]
    for _ in range(2):
        assert seed_demo.main() == 0
        assert "made-up" in capsys.readouterr().out
        assert sorted(stored_ids(server.url)) == sorted(expected)


def stored_ids(url: str) -> list[str]:
    """The ids of all that is stored, page by page."""
    ids: list[str] = []
    parameters: dict[str, str | int] = {"limit": 1000}
    with httpx.Client(base_url=url, headers={"Cache-Control": "no-cache"}, timeout=30) as client:
        while True:
            page = client.get("/metrics", params=parameters).json()
            ids += [metric["id"] for metric in page["data"]]
            if not page["next_cursor"]:
                return ids
            parameters["cursor"] = page["next_cursor"]


def test_every_prompt_that_it_prints_has_an_answer(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it suggests to ask is understood, and has rows once the history of last week is there."""
    monkeypatch.setattr(sys, "argv", ["seed_demo", "--url", server.url, "--days", "8"])
    assert seed_demo.main() == 0
    for prompt in seed_demo.PROMPTS:
        answer = httpx.get(f"{server.url}/query", params={"prompt": prompt}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rows"], prompt


def test_no_server_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server it gives up at once, in words."""
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(sys, "argv", ["seed_demo", "--url", url, "--days", "1"])
    with pytest.raises(Problem, match="does not take the metrics"):
        seed_demo.main()


@pytest.mark.parametrize("arguments", [["--days", "0"], ["--days", "many"], ["--url", "nowhere"], ["--wat"]])
def test_misuse(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong argument is answered with one line and exit status 2."""
    monkeypatch.setattr(sys, "argv", ["seed_demo", *arguments])
    with pytest.raises(SystemExit) as stopped:
        seed_demo.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
