"""POST /metrics by `metric_name`, and what is read of it again."""

from typing import Any

import httpx
import pytest

from tests.conftest import StartServer

KEY = "local-dev-token-123"


def test_session(start_server: StartServer) -> None:
    """With a key: health is open, values are recorded, listed newest first, and added up."""
    server = start_server(API_KEYS=KEY)
    with httpx.Client(base_url=server.url) as client:
        health = client.get("/health").json()
        assert health["status"] == "healthy"
        assert health["message"]
        assert client.post("/metrics", json={"metric_name": "cpu_usage", "value": 1}).status_code == 401
        client.headers["Authorization"] = f"Bearer {KEY}"
        for value in (75.5, 80.2, 70.1):
            answer = client.post("/metrics", json={"metric_name": "cpu_usage", "value": value})
            assert answer.status_code == 201
            assert answer.json()["success"] is True
            assert answer.json()["message"]
            assert client.get(answer.headers["Location"]).json()["value"] == value
        read = client.get("/metrics/cpu_usage").json()
        assert read["metric_name"] == "cpu_usage"
        assert sorted(read["values"]) == [70.1, 75.5, 80.2]
        assert read["timestamp"].endswith("Z")
        total = client.get("/metrics/cpu_usage/aggregate").json()
        assert {key: total[key] for key in ("metric_name", "count", "min", "max", "timestamp")} == {
            "metric_name": "cpu_usage",
            "count": 3,
            "min": 70.1,
            "max": 80.2,
            "timestamp": read["timestamp"],
        }
        assert total["sum"] == pytest.approx(225.8)
        assert total["mean"] == pytest.approx(75.2667, abs=1e-3)


def test_foreign_name_is_made_to_fit(client: httpx.Client) -> None:
    """What a name may not have becomes `_`; tags and a timestamp may be given as ever."""
    answer = client.post("/metrics", json={"metric_name": "cpu usage (%)", "value": 1, "tags": ["host:a"]})
    assert answer.json()["success"] is True
    stored = client.get(answer.headers["Location"]).json()
    assert (stored["name"], stored["tags"]) == ("cpu_usage_", ["host:a"])


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"metric_name": 1, "value": 1}, ["/metric_name"]),
        ({"metric_name": "", "value": 1}, ["/metric_name"]),
        ({"metric_name": "n" * 201, "value": "1"}, ["/metric_name", "/value"]),
        ({"metric_name": "a"}, ["/value"]),
        ({"metric_name": "a", "value": 1, "unit": "s"}, ["/unit"]),
    ],
)
def test_failure_says_so(client: httpx.Client, body: Any, pointers: list[str]) -> None:
    """What is not stored is told with `success` false, and every problem by the name that the client used."""
    answer = client.post("/metrics", json=body)
    assert answer.status_code == 422
    assert answer.json()["success"] is False
    assert answer.json()["message"]
    assert sorted(fault["pointer"] for fault in answer.json()["errors"]) == pointers


def test_both_names_are_the_plain_form(client: httpx.Client) -> None:
    """`metric_name` beside `name` is an unknown field, as ever."""
    answer = client.post("/metrics", json={"metric_name": "a", "name": "a", "value": 1})
    assert answer.status_code == 422
    assert "success" not in answer.json()
