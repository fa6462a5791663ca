"""POST /write and /api/v2/write: Influx line protocol."""

import gzip
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry_server import instants
from telemetry_server.dialects import line_protocol
from tests.conftest import StartServer

SECOND = 1_000_000_000
NOW = time.time_ns() // SECOND * SECOND
V1, V2 = "/write", "/api/v2/write"


def write(client: httpx.Client, lines: str | bytes, path: str = V1, **parameters: str) -> httpx.Response:
    return client.post(path, content=lines, params={"db": "telegraf", **parameters})


def stored(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """The metrics of a name, oldest first."""
    found: list[dict[str, Any]] = client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"]
    return found[::-1]


def values(client: httpx.Client, name: str) -> list[float]:
    return [metric["value"] for metric in stored(client, name)]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(("path", "parameters"), [(V1, {"db": "d", "rp": "r"}), (V2, {"org": "o", "bucket": "b"})])
def test_fields_become_metrics(client: httpx.Client, path: str, parameters: dict[str, str], coding: str) -> None:
    """Each field is a gauge with the line's tags and time; the field `value` has the measurement's name."""
    name = f"influx{path.replace('/', '.')}.{coding}"
    lines = f"{name},host=web-01,region=eu value=1.5,idle=98i,used=7u,up=true,down=F {NOW}\n".encode()
    coded = gzip.compress(lines) if coding == "gzip" else lines
    answer = client.post(path, content=coded, params=parameters, headers={"Content-Encoding": coding})
    assert (answer.status_code, answer.content) == (204, b"")
    (metric,) = stored(client, name)
    assert (metric["type"], metric["value"], metric["tags"]) == ("gauge", 1.5, ["host:web-01", "region:eu"])
    assert instants.parse(metric["timestamp"]).timestamp() == NOW / SECOND
    fields = ("idle", "used", "up", "down")
    assert [values(client, f"{name}.{field}") for field in fields] == [[98], [7], [1], [0]]


def test_escapes(client: httpx.Client) -> None:
    """Commas, spaces and equals signs are escaped; what a name or key may not have becomes `_`."""
    answer = write(client, rf"influx\ esc\,aped,ho\=st=web\ 01\,a\=b,pa\th=C:\temp fie\ ld=2 {NOW}")
    assert answer.status_code == 204
    (metric,) = stored(client, "influx_esc_aped.fie_ld")
    assert metric["tags"] == ["ho_st:web 01,a=b", r"pa_th:C:\temp"]


@pytest.mark.parametrize(
    ("path", "precision", "unit"),
    [
        *[(V1, "", 1), (V1, "n", 1), (V1, "u", 1000), (V1, "ms", 10**6), (V1, "s", SECOND)],
        *[(V1, "m", 60 * SECOND), (V1, "h", 3600 * SECOND)],
        *[(V2, "", 1), (V2, "ns", 1), (V2, "us", 1000), (V2, "ms", 10**6), (V2, "s", SECOND)],
    ],
)
def test_precisions(client: httpx.Client, path: str, precision: str, unit: int) -> None:
    """A timestamp counts in the precision; without one a line is of now."""
    name = f"influx.precision{path.replace('/', '.')}.{precision or 'none'}"
    before = time.time()
    lines = f"{name} value=1 {NOW // unit}\n{name}.now value=2"
    assert write(client, lines, path, precision=precision).status_code == 204
    at, arrived = (instants.parse(stored(client, each)[0]["timestamp"]).timestamp() for each in (name, f"{name}.now"))
    assert at == NOW // unit * unit / SECOND
    assert before - 0.001 <= arrived <= time.time()


@pytest.mark.parametrize("path", [V1, V2])
def test_unknown_precision(client: httpx.Client, path: str) -> None:
    """A precision that the version does not know refuses the request in its form."""
    answer = write(client, "influx.never value=1", path, precision="days")
    assert answer.status_code == 400
    assert "invalid precision" in answer.json()["error" if path == V1 else "message"]
    assert stored(client, "influx.never") == []


HALF = f"""influx.half value=1 {NOW}
# a comment

bad
influx.half value=2 {NOW + SECOND}
influx.half value=abc
influx.half value=3i {NOW - 400 * 86_400 * SECOND}
influx.half value="open {NOW}
influx.half value=4 {NOW + 2 * SECOND}\r
{"x" * 201} value=1
"""


def test_partial_write(client: httpx.Client) -> None:
    """A bad line takes no other with it; why it is not stored is told in the form of the version."""
    for path in (V1, V2):
        answer = write(client, HALF, path)
        assert answer.status_code == 400
        message = answer.json()["error" if path == V1 else "message"]
        assert message.startswith("partial write: 5 of 8 data points were rejected. Line 4: missing fields.")
        assert message.endswith("dropped=5")
        assert set(answer.json()) == ({"error"} if path == V1 else {"code", "message", "line"})
    assert answer.json() | {"code": "invalid", "line": 4} == answer.json()
    assert values(client, "influx.half") == [1, 2, 4]


def test_nothing_taken(client: httpx.Client) -> None:
    """Where no line is taken that is told as such; no lines at all are none too many."""
    answer = write(client, "one\ntwo")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("unable to parse: 2 of 2")
    assert write(client, "").status_code == write(client, "\n# nothing\n").status_code == 204


def test_text_is_told(client: httpx.Client) -> None:
    """A field of text is not stored, which a header says; its neighbours are."""
    answer = write(client, f'influx.text line="a \\"b\\",\nvalue=3",value=1 {NOW}')
    assert answer.status_code == 204
    assert answer.headers["X-Not-Stored"] == "Text is not stored: influx.text.line."
    assert values(client, "influx.text") == [1]
    assert stored(client, "influx.text.line") == []


def test_repeats_are_stored_once(client: httpx.Client) -> None:
    """The same line again is the same metric, in any precision and order of tags; another value is another one."""
    lines = [f"influx.again,a=1,b=2 value=1 {NOW}", f"influx.again,b=2,a=1 value=1 {NOW}"]
    for _ in range(2):
        assert write(client, "\n".join(lines)).status_code == 204
    assert write(client, f"influx.again,a=1,b=2 value=1 {NOW // SECOND}", precision="s").status_code == 204
    assert values(client, "influx.again") == [1]
    assert write(client, f"influx.again,a=1,b=2 value=2 {NOW}").status_code == 204
    assert sorted(values(client, "influx.again")) == [1, 2]


def test_a_repeat_of_what_was_changed(client: httpx.Client) -> None:
    """What was stored and then changed by somebody stays as they left it, and the write is well."""
    line = f"influx.changed value=1 {NOW}"
    write(client, line)
    client.patch(f"/metrics/{stored(client, 'influx.changed')[0]['id']}", json={"value": 5})
    assert write(client, line).status_code == 204
    assert values(client, "influx.changed") == [5]


def test_bytes_that_are_no_text(client: httpx.Client) -> None:
    """A line that is not UTF-8 is rejected by itself."""
    answer = write(client, b"influx.bytes value=1\ninflux.\xff value=2\ninflux.bytes,a=\xfe value=3\n")
    assert answer.status_code == 400
    assert "2 of 3" in answer.json()["error"]
    assert values(client, "influx.bytes") == [1]


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Encoding": "gzip"}, 400), ({"Content-Encoding": "lzma"}, 415)]
)
def test_unreadable_bodies(client: httpx.Client, path: str, headers: dict[str, str], status: int) -> None:
    """A damaged or unknown coding is told in the form of the version."""
    answer = client.post(path, content=b"influx.never value=1", headers=headers)
    assert answer.status_code == status
    assert answer.json().keys() == ({"error"} if path == V1 else {"code", "message"})


def test_too_many_fields(client: httpx.Client) -> None:
    """A request of too many fields is refused as a whole; clients then send less at a time."""
    fields = ",".join(f"f{n}=1" for n in range(line_protocol.MAX_FIELDS + 1))
    answer = write(client, f"influx.many {fields}", V2)
    assert (answer.status_code, answer.json()["code"]) == (413, "request too large")
    assert stored(client, "influx.many.f1") == []


def test_large_requests(client: httpx.Client) -> None:
    """More fields than one batch holds are stored all the same."""
    lines = "\n".join(f"influx.large,n={n % 7} value={n} {NOW - n * 1_000_000}" for n in range(12_000))
    assert write(client, lines).status_code == 204
    assert client.get("/metrics/influx.large/aggregate").json()["count"] == 12_000


def test_keys_of_influx_clients(start_server: StartServer) -> None:
    """`Authorization: Token` with a known key is as good as Bearer."""
    key = "0123456789abcdef"
    url = start_server(API_KEYS=key).url
    answers = [
        httpx.post(f"{url}{V2}", content="influx.key value=1", headers={"Authorization": f"Token {each}"})
        for each in (key, key[::-1])
    ]
    assert [answer.status_code for answer in answers] == [204, 401]
    assert answers[1].json()["code"] == "unauthorized"


@given(st.text(alphabet='ab,= "\\\n\r\t#.-1iu\udc80é', max_size=60))
def test_any_text(text: str) -> None:
    """Whatever comes, each line is read or rejected, and no later one is lost."""
    done = line_protocol.translated(f"{text}\nlast,t=1 value=2 3000000\n", 1, 0)
    assert len(done.rejected) <= done.points
    last = done.items[-1] if done.items else None
    if '"' not in text:
        assert last is not None
        assert last.document == {"name": "last", "value": 2.0, "tags": ["t:1"], "timestamp": 3}
