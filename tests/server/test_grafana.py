"""/grafana: a panel's prompts as time series and tables, with the same numbers as /query."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from telemetry_server import instants

NOW = instants.now().replace(minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def _stored(client: httpx.Client) -> None:
    metrics = [
        {
            "name": "cpu.usage",
            "value": 10 * hours + (5 if host == "web-02" else 0),
            "tags": {"host": host, "region": "eu"},
            "timestamp": instants.render(NOW - hours * HOUR),
        }
        for hours in range(1, 7)
        for host in ("web-01", "web-02")
    ]
    deploys = [
        {"name": "deploys", "type": "event", "tags": {"service": name}, "timestamp": instants.render(NOW - 2 * HOUR)}
        for name in ("auth", "search")
    ]
    assert client.post("/v1/metrics", json={"metrics": [*metrics, *deploys]}).status_code == 200


def body(*prompts: str, hours: int = 7, **fields: Any) -> dict[str, Any]:
    return {
        "app": "dashboard",
        "panelId": 1,
        "range": {"from": instants.render(NOW - hours * HOUR), "to": instants.render(NOW), "raw": {"from": "now-7h"}},
        "interval": "1h",
        "intervalMs": 3_600_000,
        "maxDataPoints": 500,
        "targets": [{"target": text, "refId": chr(65 + place)} for place, text in enumerate(prompts)],
    } | fields


def ask(client: httpx.Client, *prompts: str, **fields: Any) -> list[dict[str, Any]]:
    answer = client.post("/grafana/query", json=body(*prompts, **fields))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def same_as_query(client: httpx.Client, told: dict[str, Any]) -> dict[str, Any]:
    """What /query answers to the reading of a part of a panel."""
    answer = client.get("/query", params={"prompt": told["meta"]["executedQueryString"]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def test_connection(client: httpx.Client) -> None:
    """The data source's own test succeeds, with a slash at the end too."""
    assert [client.get(path).status_code for path in ("/grafana", "/grafana/")] == [200, 200]


def test_series(client: httpx.Client) -> None:
    """A prompt without a time or buckets is about the dashboard's range, in buckets of its interval."""
    (told,) = ask(client, "average cpu.usage", hours=3)
    assert (told["target"], told["refId"]) == ("average cpu.usage", "A")
    assert told["datapoints"] == [[10 * hours + 2.5, ms(NOW - hours * HOUR)] for hours in (3, 2, 1)]
    answered = same_as_query(client, told)
    assert [[row[1], ms(datetime.fromisoformat(row[0]))] for row in answered["rows"]] == told["datapoints"]
    assert {"severity": "info", "text": "no time said: the range that is given"} in told["meta"]["notices"]


def test_series_of_each_group(client: httpx.Client) -> None:
    """Each group is a series of its own; each prompt of a panel is told by its refId."""
    told = ask(client, "average cpu.usage by host", "max cpu.usage by host and region", hours=2)
    assert [(each["refId"], each["target"]) for each in told] == [
        ("A", "web-01"),
        ("A", "web-02"),
        ("B", "web-01, eu"),
        ("B", "web-02, eu"),
    ]
    assert told[1]["datapoints"] == [[25.0, ms(NOW - 2 * HOUR)], [15.0, ms(NOW - HOUR)]]
    rows = same_as_query(client, told[0])["rows"]
    assert sorted((row[0], row[2]) for row in rows) == sorted(
        (each["target"], point[0]) for each in told[:2] for point in each["datapoints"]
    )


def test_several_results(client: httpx.Client) -> None:
    """Each result of a prompt is a series of its own; of a share it is the share."""
    told = ask(client, "min and max of cpu.usage", "share of events by name", hours=2)
    assert [each["target"] for each in told[:2]] == ["min", "max"]
    shares = [each for each in told if each["refId"] == "B"]
    assert all(0 <= point[0] <= 100 for each in shares for point in each["datapoints"])


@pytest.mark.parametrize(
    ("interval_ms", "points", "seconds"),
    [
        (1, 10_000, 5),
        (20_000, 10_000, 30),
        (60_000, 10_000, 60),
        (60_000, 100, 300),
        (3_600_000, 500, 3600),
        (1, 1, 43_200),
    ],
)
def test_width_of_buckets(client: httpx.Client, interval_ms: int, points: int, seconds: int) -> None:
    """The narrowest that reads well, is not narrower than the interval, and gives no more points than are wanted."""
    (told,) = ask(client, "count of cpu.usage", intervalMs=interval_ms, maxDataPoints=points)
    grain = same_as_query(client, told)["question"]["grain"]
    assert grain["count"] * {"second": 1, "minute": 60, "hour": 3600}[grain["unit"]] == seconds


def test_own_words_are_kept(client: httpx.Client) -> None:
    """A prompt's own time and buckets win over the dashboard's."""
    (told,) = ask(client, "average cpu.usage per 2 hours in the last 24 hours", hours=1)
    question = same_as_query(client, told)["question"]
    assert question["grain"] == {"unit": "hour", "count": 2}
    assert sum(1 for _ in told["datapoints"]) >= 3
    assert all("no time said" not in each["text"] for each in told["meta"]["notices"])


@pytest.mark.parametrize(
    "prompt",
    [
        "top 1 hosts by cpu.usage",
        "which hosts averaged over 36 of cpu.usage",
        "average cpu.usage vs the period before",
        "what hosts are there",
    ],
)
def test_tables(client: httpx.Client, prompt: str) -> None:
    """What buckets would make another question of is a table, with the rows of /query."""
    (told,) = ask(client, prompt)
    assert told["type"] == "table"
    answered = same_as_query(client, told)
    assert [each["text"] for each in told["columns"]] == [each["name"] for each in answered["columns"]]
    assert told["rows"] == answered["rows"]


def test_table_that_is_asked_for(client: httpx.Client) -> None:
    """A target of the type table is one; times are epoch milliseconds, tags are text."""
    targets = [
        {"target": "average cpu.usage by host", "refId": "A", "type": "table"},
        {"target": "last 1 cpu.usage", "refId": "B", "type": "table"},
        {"target": "max cpu.usage per hour", "refId": "C", "type": "table"},
    ]
    grouped, listed, bucketed = ask(client, targets=targets)
    assert grouped["rows"] == [["web-01", 35.0], ["web-02", 40.0]]
    row = dict(zip((each["text"] for each in listed["columns"]), listed["rows"][0], strict=True))
    assert row["timestamp"] == ms(NOW - HOUR)
    assert row["tags"].endswith("region:eu")
    assert bucketed["columns"][0] == {"text": "time", "type": "time"}
    assert bucketed["rows"][-1] == [ms(NOW - HOUR), 15.0]


def test_ad_hoc_filters(client: httpx.Client) -> None:
    """They narrow each prompt of the panel, on both sides of a ratio too."""
    filters = [{"key": "host", "operator": "=", "value": "web-02"}]
    (told,) = ask(client, "max cpu.usage", hours=2, adhocFilters=filters)
    assert [point[0] for point in told["datapoints"]] == [25.0, 15.0]
    assert same_as_query(client, told)["question"]["tags"][0]["values"] == ["web-02"]
    filters = [{"key": "host", "operator": "!=", "value": "web-02"}]
    (told,) = ask(client, "max cpu.usage", hours=2, adhocFilters=filters)
    assert [point[0] for point in told["datapoints"]] == [20.0, 10.0]
    filters = [{"key": "host", "operator": "=", "value": "none"}]
    assert ask(client, "max cpu.usage", hours=2, adhocFilters=filters) == []


def test_zone_of_the_dashboard(client: httpx.Client) -> None:
    """Days are those of the dashboard's zone; a browser's zone is not known, and is UTC."""
    day = timedelta(days=1)
    fields = {"intervalMs": round(day.total_seconds() * 1000), "hours": 48}
    (told,) = ask(client, "count of cpu.usage", timezone="Asia/Kolkata", **fields)
    assert all(datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M") == "18:30" for _, at in told["datapoints"])
    (told,) = ask(client, "count of cpu.usage", timezone="browser", **fields)
    assert all(at % round(day.total_seconds() * 1000) == 0 for _, at in told["datapoints"])


def test_hidden_and_empty_targets(client: httpx.Client) -> None:
    """What is hidden or not yet typed is not asked."""
    targets = [{"target": "flobberwock", "hide": True}, {"target": "", "refId": "B"}, {"refId": "C"}, {"target": None}]
    assert ask(client, targets=targets) == []


def test_refusal(client: httpx.Client) -> None:
    """A prompt that is refused is an error whose message names the query, the reason and what to ask."""
    answer = client.post("/grafana/query", json=body("average cpu.usage", "average cpu.usage flobberwock"))
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("B: ")
    assert "flobberwock" in answer.json()["message"]
    assert answer.json()["errors"][0]["pointer"] == "/targets/1/target"
    assert all(f"'{each}'" in answer.json()["message"] for each in answer.json()["suggestions"])


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ([], [""]),
        ({}, ["/range", "/targets"]),
        (body("count of cpu.usage", range={"from": "x"}), ["/range/from", "/range/to"]),
        (body("count of cpu.usage", range={"from": 2, "to": 1}), ["/range/to"]),
        (body("count of cpu.usage", range={"from": "0001-01-01T00:00:00Z", "to": 1}), ["/range/from"]),
        (body("x" * 513), ["/targets/0/target"]),
        (body(*["count of cpu.usage"] * 27), ["/targets"]),
        (body(targets=5), ["/targets"]),
        (body(targets=[5]), ["/targets/0"]),
        (body("a\0b"), ["/targets/0/target"]),
        (body("count of cpu.usage", intervalMs="x"), ["/intervalMs"]),
        (body("count of cpu.usage", timezone="Nowhere"), ["/timezone"]),
        (
            body("count of cpu.usage", adhocFilters=[{"key": "a b", "operator": "=~", "value": {}}]),
            ["/adhocFilters/0/key", "/adhocFilters/0/operator"],
        ),
        (
            body("count of cpu.usage", adhocFilters=[{"key": "a", "operator": "=", "value": {}}]),
            ["/adhocFilters/0/value"],
        ),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_bad_input(client: httpx.Client, sent: Any, pointers: list[str]) -> None:
    """What is wrong is told, with a pointer to each fault."""
    answer = client.post("/grafana/query", json=sent)
    assert answer.status_code == 422, answer.text
    assert sorted(each["pointer"] for each in answer.json()["errors"]) == pointers


def test_future_and_truncation(client: httpx.Client) -> None:
    """A range that has not begun is refused; half a body, and a body that is no JSON, is told as such."""
    later = {"from": instants.render(NOW + 48 * HOUR), "to": instants.render(NOW + 72 * HOUR)}
    assert client.post("/grafana/query", json=body("count of cpu.usage", range=later)).status_code == 422
    assert client.post("/grafana/query", content=b'{"range"').status_code == 400
    headers = {"Content-Type": "text/plain"}
    assert client.post("/grafana/query", content=b"{}", headers=headers).status_code == 415


def test_annotations(client: httpx.Client) -> None:
    """Events of the range are annotations; a prompt that asks for numbers is told what it must ask for."""
    asked = {"name": "Deploys", "query": "deploys", "enable": True, "iconColor": "red"}
    told = client.post("/grafana/annotations", json={"range": body()["range"], "annotation": asked}).json()
    assert sorted(each["tags"] for each in told) == [["service:auth"], ["service:search"]]
    assert told[0] | {"annotation": asked, "title": "Deploys", "time": ms(NOW - 2 * HOUR)} == told[0]
    for text, count in (("list deploys where service auth", 1), ("list cpu.usage over 50", 3)):
        asked = {"query": text}
        told = client.post("/grafana/annotations", json={"range": body()["range"], "annotation": asked}).json()
        assert len(told) == count
        assert {each["title"] for each in told} <= {"deploys", "cpu.usage"}
    asked = {"query": "deploys by service"}
    answer = client.post("/grafana/annotations", json={"range": body()["range"], "annotation": asked})
    assert answer.status_code == 422
    assert "single events" in answer.json()["message"]


def test_search(client: httpx.Client) -> None:
    """What is typed goes on as prompts that are answered; what asks what there is tells it."""
    begun = client.post("/grafana/search", json={"target": "average cpu"}).json()
    assert begun
    assert all(text.startswith("average cpu") for text in begun)
    assert client.post("/grafana/search", json={"target": "what hosts are there"}).json() == ["web-01", "web-02"]
    assert client.post("/grafana/search", json={}).json()
    choices = client.post("/grafana/metrics", json={"metric": "", "payload": {}}).json()
    assert choices
    assert all(each["label"] == each["value"] for each in choices)
    assert client.post("/grafana/metric-payload-options", json={"metric": "x", "name": "y"}).json() == []


def test_variables_and_filters(client: httpx.Client) -> None:
    """Variables are the first column of a prompt's rows; keys and values are those that are stored."""
    told = client.post("/grafana/variable", json={"payload": {"target": "average cpu.usage by host"}}).json()
    assert told == [{"__text": host, "__value": host} for host in ("web-01", "web-02")]
    assert client.post("/grafana/variable", json={"payload": {"target": "flobberwock"}}).status_code == 422
    assert client.post("/grafana/variable", json={"payload": "x"}).status_code == 422
    keys = client.post("/grafana/tag-keys", json={}).json()
    assert {"type": "string", "text": "host"} in keys
    assert client.post("/grafana/tag-values", json={"key": "host"}).json() == [{"text": "web-01"}, {"text": "web-02"}]
    assert client.post("/grafana/tag-values", json={"key": "no.such"}).json() == []
    assert client.post("/grafana/tag-values", json={}).status_code == 422


def test_cache(client: httpx.Client) -> None:
    """The same panel again is answered from the cache, until what it is about changes."""
    sent = body("sum of cpu.usage", hours=30)
    assert client.post("/grafana/query", json=sent).headers["X-Cache"] == "miss"
    assert client.post("/grafana/query", json=sent).headers["X-Cache"] == "hit"
    client.post("/metrics", json={"name": "cpu.usage", "value": 1, "timestamp": instants.render(NOW - 20 * HOUR)})
    again = client.post("/grafana/query", json=sent)
    assert again.headers["X-Cache"] == "miss"
    assert [1.0, ms(NOW - 20 * HOUR)] in again.json()[0]["datapoints"]
