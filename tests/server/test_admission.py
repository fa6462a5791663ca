"""Keys, the rate limit, health and counts."""

import time

import httpx
import pytest

from tests.conftest import StartServer

KEYS = ("first-key-of-the-tests", "second-key-of-the-tests")


def test_keys_guard_everything_but_health(start_server: StartServer) -> None:
    """With keys set, a request without a known one is 401 with a challenge; /health stays open."""
    server = start_server(API_KEYS=",".join(KEYS))
    with httpx.Client(base_url=server.url) as client:
        for path in ("/health", "/health/live", "/health/ready"):
            assert client.get(path).status_code == 200
        for header in (
            None,
            "",
            "Bearer",
            "Bearer wrong-key-of-the-tests",
            b"Bearer \xff\x80",
            f"Basic {KEYS[0]}",
            KEYS[0],
        ):
            headers = {} if header is None else {"Authorization": header}
            for path in ("/metrics", "/query?prompt=count", "/stats", "/nothing", "/healthy"):
                answer = client.get(path, headers=headers)
                assert answer.status_code == 401, (header, path)
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert client.post("/metrics", json={"name": "a", "value": 1}, headers=headers).status_code == 401
        for key in KEYS:
            for scheme in ("Bearer", "bearer"):
                assert client.get("/metrics", headers={"Authorization": f"{scheme} {key}"}).status_code == 200
    log = server.process.log.read_text()
    assert not any(key in log for key in (*KEYS, "wrong-key-of-the-tests"))


def test_without_keys_authorization_is_ignored(client: httpx.Client) -> None:
    """Where no key is set, any Authorization will do."""
    assert client.get("/metrics", headers={"Authorization": "Bearer whatever"}).status_code == 200


def test_rate_limit_is_per_second(start_server: StartServer) -> None:
    """Beyond the limit requests are 429 with Retry-After; a second later they go on; probes are never limited."""
    server = start_server(RATE_LIMIT="5")
    with httpx.Client(base_url=server.url) as client:
        answers = [client.get("/stats") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers[:5]] == ["4", "3", "2", "1", "0"]
        limited = answers[-1]
        assert limited.headers["X-RateLimit-Limit"] == "5"
        assert limited.headers["Retry-After"] == "1"
        assert limited.headers["RateLimit-Policy"] == '"client";q=5;w=1'
        assert limited.headers["RateLimit"] == '"client";r=0;t=1'
        assert abs(int(limited.headers["X-RateLimit-Reset"]) - time.time()) <= 2
        assert limited.headers["Content-Type"] == "application/problem+json"
        assert client.post("/v1/metrics", json={}).json()["status"] == "error"
        for _ in range(20):
            assert client.get("/health").status_code == 200
        time.sleep(1.1)
        assert client.get("/stats").json()["rate_limited_requests"] == 4


def test_option_sets_the_rate_limit(start_server: StartServer) -> None:
    """`--rate-limit` wins over RATE_LIMIT; 0 is off."""
    with httpx.Client(base_url=start_server("--rate-limit", "0", RATE_LIMIT="1").url) as client:
        answers = [client.get("/stats") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "X-RateLimit-Limit" not in answers[0].headers


def test_health_tells_the_state(client: httpx.Client) -> None:
    """/health has status, uptime and version; /health/ready the same of readiness."""
    body = client.get("/health").json()
    assert body.keys() == {"status", "uptime_seconds", "version", "message"}
    assert body["status"] == "healthy"
    assert body["uptime_seconds"] > 0
    assert client.get("/health/ready").json()["status"] == "ready"
    assert client.get("/health/live").json() == {"status": "alive"}


@pytest.mark.parametrize("workers", ["1", "3"])
def test_stats_count_over_all_workers(start_server: StartServer, workers: str) -> None:
    """Counts are exact, whichever worker served the request and whichever tells."""
    server = start_server(WORKERS=workers)
    for _ in range(6):
        with httpx.Client(base_url=server.url) as client:
            client.post("/metrics", json={"name": "a", "value": 1})
            client.post("/v1/metrics", json={"metrics": [{"name": "a", "value": 1}] * 3})
            client.post("/v1/metrics", json={"metrics": [{"name": "a"}]})
            client.get("/metrics?limit=0")
            client.get("/metrics?name=a")
            client.get("/metrics?name=a", headers={"Cache-Control": "no-cache"})
    stats = httpx.get(f"{server.url}/stats").json()
    assert stats["total_metrics_received"] == 24
    assert stats["total_batches_processed"] == 6
    assert stats["validation_errors"] == 12
    assert stats["rate_limited_requests"] == 0
    assert stats["requests"] == 37
    assert stats["cache_hits"] + stats["cache_misses"] == 6
    assert stats["cache_bypasses"] == 6
    assert stats["uptime_seconds"] > 0
    time.sleep(1.1)
    assert httpx.get(f"{server.url}/stats").json()["requests_per_second"] > 0
