"""Bodies that are compressed, in and out."""

import gzip
import zlib

import cramjam
import httpx
import pytest

METRIC = b'{"name": "packed", "value": 1, "tags": ["%s"]}'
CODECS = {
    "gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    "br": cramjam.brotli.compress,
    "zstd": cramjam.zstd.compress,
}


def post(client: httpx.Client, raw: bytes, coding: str) -> httpx.Response:
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    return client.post("/metrics", content=raw, headers=headers)


@pytest.mark.parametrize("coding", CODECS)
def test_compressed_body_is_read(client: httpx.Client, coding: str) -> None:
    """A body is read in each coding that is known."""
    answer = post(client, bytes(CODECS[coding](METRIC % coding.encode())), coding)
    assert answer.status_code == 201, answer.text
    assert answer.json()["tags"] == [coding]


@pytest.mark.parametrize("coding", CODECS)
def test_bomb_is_too_large(client: httpx.Client, coding: str) -> None:
    """What would become larger than a body may be is 413, however small it is sent."""
    bomb = bytes(CODECS[coding](b" " * 50_000_000 + METRIC))
    assert len(bomb) < 100_000
    answer = post(client, bomb, coding)
    assert answer.status_code == 413
    assert "expanded" in answer.json()["detail"]


@pytest.mark.parametrize("coding", CODECS)
def test_damaged_body_is_told(client: httpx.Client, coding: str) -> None:
    """A cut or wrong stream is 400."""
    whole = bytes(CODECS[coding](METRIC))
    for raw in (whole[:-3], METRIC, b""):
        assert post(client, raw, coding).status_code == 400, raw


@pytest.mark.parametrize("coding", ["compress", "gzip, br", "none"])
def test_unknown_coding_says_which_are_known(client: httpx.Client, coding: str) -> None:
    """415, with what is accepted."""
    answer = post(client, METRIC, coding)
    assert answer.status_code == 415
    assert "gzip" in answer.headers["Accept-Encoding"]


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=wrong", None),
        ("identity", None),
        ("", None),
    ],
)
def test_answer_is_compressed_as_asked(client: httpx.Client, accept: str, coding: str | None) -> None:
    """A long answer comes in the coding that the client prefers, and is the same in each."""
    batch = {"metrics": [{"name": "packed.list", "value": number, "id": f"{number:024x}"} for number in range(50)]}
    assert client.post("/v1/metrics", json=batch).status_code == 200
    for _ in range(2):  # computed, and from the cache
        answer = client.get("/metrics?name=packed.list", headers={"Accept-Encoding": accept})
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        assert {metric["value"] for metric in answer.json()["data"]} == set(range(50))


def test_short_answer_is_sent_as_it_is(client: httpx.Client) -> None:
    """Nothing is gained for a few bytes; and an ETag names the very bytes of a metric."""
    assert "Content-Encoding" not in client.get("/health", headers={"Accept-Encoding": "gzip"}).headers
    tags = [f"key{number}:{'x' * 100}" for number in range(30)]
    made = client.post("/metrics", json={"name": "packed.long", "value": 1, "tags": tags})
    answer = client.get(made.headers["Location"], headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) > 2000
    assert "Content-Encoding" not in answer.headers
