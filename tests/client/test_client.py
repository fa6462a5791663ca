"""The client: every call on a real server, and what it says when there is none."""

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tools.processes import free_port
from tools.server import Server

from telemetry_server.client import Answer, Client, TelemetryError
from tests.client.relay import losing_answers
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-for-tests-only-0001"


@pytest.fixture
def telemetry(server: Server) -> Iterator[Client]:
    with Client(server.url) as client:
        yield client


def count(client: Client, name: str) -> int:
    (row,) = client.ask(f"how many {name}", fresh=True).rows
    return int(row[0])


def test_answers_are_typed(telemetry: Client) -> None:
    """What was sent is in the answer, with its reading, assumptions, columns and words."""
    for host, value in (("a", 1.0), ("b", 5.5)):
        telemetry.send("typed.usage", value, tags={"host": host})
    answer = telemetry.ask("max typed.usage by host today")
    assert answer.reading.startswith("max of typed.usage by host")
    assert [(column.name, column.type) for column in answer.columns] == [("host", "string"), ("max", "number")]
    assert sorted(answer.rows) == [["a", 1.0], ["b", 5.5]]
    assert (answer.chart, answer.truncated, answer.zone) == ("bar", False, "UTC")
    assert [word.text for word in answer.words][:2] == ["max", "typed.usage"]
    assert telemetry.ask("typed.usage today").assumptions


def test_parameters_of_a_question(telemetry: Client) -> None:
    """A clock, a zone and a limit are kept to."""
    for host in "abc":
        telemetry.send("limited", 1, tags=[f"host:{host}"])
    answer = telemetry.ask("limited by host", limit=2)
    assert (len(answer.rows), answer.truncated) == (2, True)
    now = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    answer = telemetry.ask("count of limited today", now=now, tz="Asia/Tokyo")
    assert "2026-11-21T00:00+09:00" in answer.reading
    assert answer.zone == "Asia/Tokyo"


def test_a_question_follows_another(telemetry: Client) -> None:
    """With the answer before as context, a follow-up keeps the rest of the question."""
    telemetry.send("followed", 2)
    before = telemetry.ask("max followed today")
    after = telemetry.ask("and yesterday?", context=before)
    assert after.reading.startswith("max of followed")
    assert after.question["range"] != before.question["range"]


def test_a_refusal_is_an_error_with_all_that_was_said(telemetry: Client) -> None:
    """Status, code, span and suggestions; each suggestion is answered."""
    prompt = "top 5 events todai"
    with pytest.raises(TelemetryError, match="todai") as caught:
        telemetry.ask(prompt)
    error = caught.value
    assert (error.status, error.code, error.is_refusal) == (422, "not_understood", True)
    assert error.span is not None
    assert prompt[slice(*error.span)] == "todai"
    assert error.suggestions
    assert all(isinstance(telemetry.ask(each), Answer) for each in error.suggestions)
    assert error.problem["detail"] == error.detail


def test_wrong_parameters_are_named(telemetry: Client) -> None:
    """What is no refusal has no code, and a pointer to each fault."""
    with pytest.raises(TelemetryError) as caught:
        telemetry.ask("top 5 events", tz="Mars/Base", now="soon")
    assert caught.value.status == 422
    assert not caught.value.is_refusal
    assert {each["pointer"] for each in caught.value.errors} == {"/tz", "/now"}


def test_rows_as_text(telemetry: Client) -> None:
    """An answer as CSV and NDJSON, and whether there are more rows."""
    for host in ("a", "b"):
        telemetry.send("as.text", 1, tags={"host": host})
    assert telemetry.ask_text("max as.text by host", "csv").text.splitlines()[0] == "host,max"
    cut = telemetry.ask_text("max as.text by host", "ndjson", limit=1)
    assert (len(cut.text.splitlines()), cut.truncated) == (1, True)


def test_completions_go_on(telemetry: Client) -> None:
    """Each completion begins as it was typed."""
    texts = [each.text for each in telemetry.complete("top 5 ev")]
    assert "top 5 events" in texts
    assert all(text.startswith("top 5 ev") for text in texts)


def test_catalog(telemetry: Client) -> None:
    """Names come with their types and the number of their series."""
    for host in ("a", "b"):
        telemetry.send("in.catalog", 1, type="counter", tags={"host": host})
    (found,) = [each for each in telemetry.metrics().metrics if each.name == "in.catalog"]
    assert (found.types, found.series) == (("counter",), 2)


def test_sent_metric_is_given_back(telemetry: Client) -> None:
    """One metric comes back as it is stored; an event needs no value."""
    at = datetime.now(UTC).replace(microsecond=0)
    stored = telemetry.send("sent.one", type="event", tags={"who": "me", "a": "b"}, at=at)
    assert (stored.type, stored.value, stored.tags, stored.timestamp) == ("event", 1, ("a:b", "who:me"), at)
    with pytest.raises(TypeError, match="key:value"):
        telemetry.send("sent.one", 1, tags="who:me")


def test_many_metrics_go_in_batches(telemetry: Client) -> None:
    """However many there are, all are stored, and it is told how many so far."""
    told: list[int] = []
    metrics = ({"name": "sent.many", "value": value} for value in range(2300))
    assert telemetry.send_all(metrics, told=told.append) == 2300
    assert told == [1000, 2000, 2300]
    assert count(telemetry, "sent.many") == 2300
    assert telemetry.send_all([]) == 0


def test_long_metrics_fit_into_bodies(telemetry: Client) -> None:
    """A batch stays below what a server takes, whatever the tags' length."""
    tags = {f"key{number}": "x" * 200 for number in range(30)}
    assert telemetry.send_all({"name": "sent.long", "value": 1, "tags": tags} for _ in range(400)) == 400
    assert count(telemetry, "sent.long") == 400


def test_a_batch_that_is_not_valid_tells_what_is_stored(telemetry: Client) -> None:
    """The batches before it are stored, and the error says how many metrics that is."""
    metrics = [{"name": "half.sent", "value": 1}] * 1500 + [{"name": "half sent", "value": 1}]
    with pytest.raises(TelemetryError) as caught:
        telemetry.send_all(metrics)
    assert (caught.value.status, caught.value.stored) == (400, 1000)
    assert caught.value.errors[0]["pointer"] == "/metrics/500/name"
    assert count(telemetry, "half.sent") == 1000


def test_a_lost_answer_doubles_nothing(server: Server, telemetry: Client) -> None:
    """Metrics whose answer was lost on the way are sent again, and stored once."""
    with losing_answers(server.process.port, 2) as relay, Client(relay) as client:
        client.send("lost.one", 3)
        assert count(telemetry, "lost.one") == 1
    with losing_answers(server.process.port, 1) as relay, Client(relay) as client:
        assert client.send_all([{"name": "lost.many", "value": value} for value in range(5)]) == 5
        assert count(telemetry, "lost.many") == 5
    with (
        losing_answers(server.process.port, 1) as relay,
        Client(relay, retries=0) as client,
        pytest.raises(TelemetryError, match="broke"),
    ):
        client.send("lost.unsaid", 1)


def test_an_idempotency_key_holds_for_later_runs(telemetry: Client) -> None:
    """The same metrics under the same key are stored once; another metric under it is an error."""
    metrics = [{"name": "keyed.many", "value": value} for value in range(3)]
    for _ in range(2):
        telemetry.send_all(metrics, idempotency_key="run 1")
        telemetry.send("keyed.one", 1, idempotency_key="one")
    assert count(telemetry, "keyed.many") == 3
    assert count(telemetry, "keyed.one") == 1
    with pytest.raises(TelemetryError) as caught:
        telemetry.send("keyed.one", 2, idempotency_key="one")
    assert caught.value.status == 409


def test_tail_tells_metrics_as_they_are_stored(server: Server, telemetry: Client) -> None:
    """Those that the filter lets through, tags with commas too, and where to go on after each."""
    stands = threading.Event()

    def store() -> None:
        stands.wait(10)
        with Client(server.url) as other:
            for value in range(4):
                other.send("tailed", value, tags={"host": "a,b"})
                other.send("tailed", -1, tags={"host": "a"})

    storing = threading.Thread(target=store)
    storing.start()
    tail = telemetry.tail("tailed", tags={"host": "a,b"}, told=lambda error: error or stands.set())
    first, second = islice(tail, 2)
    tail.close()  # type: ignore[attr-defined]  # it is a generator
    storing.join()
    assert [first.metric.value, second.metric.value] == [0, 1]
    assert not first.changed
    again = telemetry.tail("tailed", tags={"host": "a,b"}, last_id=second.id)
    assert [event.metric.value for event in islice(again, 2)] == [2, 3]


def test_tail_survives_a_server_that_goes_away(start_server: StartServer) -> None:
    """It is said once that the server went, once that it is back; what came meanwhile is told, nothing twice."""
    server = start_server()
    said: list[TelemetryError | None] = []

    def store(*values: int) -> None:
        with Client(server.url) as other:
            other.send_all([{"name": "survived", "value": value} for value in values])

    def restart() -> None:
        server.stop()
        until_said(2)
        server.start(server.environment, port=server.process.port, folder=server.process.log.parent)
        store(2, 3)

    def until_said(number: int) -> None:
        for _ in range(300):
            if len(said) >= number:
                return
            threading.Event().wait(0.1)

    with Client(server.url) as client:
        thread = threading.Thread(target=lambda: (until_said(1), store(1)))
        thread.start()
        tail = client.tail("survived", told=said.append)
        assert next(tail).metric.value == 1
        thread.join()
        thread = threading.Thread(target=restart)
        thread.start()
        assert [event.metric.value for event in islice(tail, 2)] == [2, 3]
        thread.join()
    assert [error is None for error in said] == [True, False, True]
    assert "No server answers" in str(said[1])


def test_watch_gives_each_new_answer(server: Server, telemetry: Client) -> None:
    """The first answer at once, another one when a write has changed it."""
    telemetry.send("watched", 1, type="counter")
    answers = telemetry.watch("sum of watched")
    first = next(answers)
    assert isinstance(first, Answer)
    with Client(server.url) as other:
        other.send("watched", 4, type="counter")
    second = next(answers)
    assert isinstance(second, Answer)
    assert [first.rows, second.rows] == [[[1]], [[5]]]
    with pytest.raises(TelemetryError, match="Not understood"):
        next(telemetry.watch("gibberish gobbledygook"))


def test_a_server_that_is_away_is_one_clear_line() -> None:
    """Nobody there: the address and the reason, no status; listening raises at once too."""
    address = f"http://127.0.0.1:{free_port()}"
    with Client(address, retries=1) as client:
        for call in (lambda: client.ask("top 5 events"), lambda: next(client.tail()), client.metrics):
            with pytest.raises(TelemetryError) as caught:
                call()
            assert (caught.value.status, caught.value.is_passing) == (None, True)
            assert str(caught.value) == f"No server answers at {address}: Connection refused."


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"rows": 7}', b"\xff\xfe"])
def test_what_is_no_telemetry_server_is_said(body: bytes) -> None:
    """An answer in another form is an error, not a crash."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        with Client(f"http://127.0.0.1:{other.server_port}") as client:
            for call in (
                lambda: client.ask("x"),
                lambda: client.ask_text("x", "csv"),
                lambda: next(client.tail()),
                client.metrics,
            ):
                with pytest.raises(TelemetryError, match="no telemetry server"):
                    call()
        other.shutdown()
        thread.join()


def test_keys(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is the argument, else TELEMETRY_API_KEY; without the right one it is 401, and not shown."""
    url = start_server(API_KEYS=KEY).url
    with Client(url) as client, pytest.raises(TelemetryError) as caught:
        client.metrics()
    assert caught.value.status == 401
    with Client(url, KEY) as client:
        assert client.metrics().metrics == ()
    monkeypatch.setenv("TELEMETRY_API_KEY", KEY)
    monkeypatch.setenv("TELEMETRY_URL", url + "/")
    with Client() as client:
        assert client.url == url
        assert client.send("keyed", 1).value == 1
        next(iter(client.watch("keyed")))
    with Client(key="not-" + KEY) as client, pytest.raises(TelemetryError) as caught:
        client.ask("keyed")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8080", "ftp://x", "http://", "http://a b", "http://u:secret@h", "http://h:99999", "http://h/?x=1"],
)
def test_an_address_that_cannot_be(url: str) -> None:
    """It is refused at once, without showing a password."""
    with pytest.raises(ValueError, match=r"address|Port") as caught:
        Client(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["two\nlines", "ключ", " "])
def test_a_key_that_cannot_be(key: str) -> None:
    """It is refused before it is sent."""
    with pytest.raises(ValueError, match="key"):
        Client("http://127.0.0.1:1", key)


def test_data_frames(telemetry: Client) -> None:
    """Numbers are numbers, times are aware in the zone that was asked in, nothing is missing."""
    present = datetime.now(ZoneInfo("Asia/Tokyo"))
    noon = (present - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    telemetry.send("framed", 2.5, at=noon)
    frame = telemetry.ask("avg framed per hour yesterday", tz="Asia/Tokyo").to_pandas()
    assert list(frame.columns) == ["time", "avg"]
    assert str(frame["time"].dt.tz) == "Asia/Tokyo"
    assert frame["time"][0] == noon
    assert frame["avg"].sum() == 2.5
    empty = telemetry.ask("avg framed per hour 5 days ago").to_pandas()
    assert list(empty.columns) == ["time", "avg"]
    assert empty.empty


def run(program: str) -> str:
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return result.stdout.strip()


def test_the_client_loads_nothing_of_the_server() -> None:
    """In a fresh interpreter it loads neither other parts of the package, nor a server, a driver or pandas."""
    loaded = run("import sys, telemetry_server.client; print('\\n'.join(sys.modules))").splitlines()
    assert {name for name in loaded if name.startswith("telemetry_server.")} == {
        name for name in loaded if name.startswith("telemetry_server.client")
    }
    assert not {"nlq", "spacy", "sanic", "motor", "pymongo", "redis", "marshmallow", "pandas"} & set(loaded)


def test_without_pandas_that_is_one_clear_error() -> None:
    """Where pandas is not installed the error says what to install."""
    program = """
import sys
sys.modules["pandas"] = None
from telemetry_server.client import Answer
try:
    Answer("", "", {}, (), (), (), [], False, "table").to_pandas()
except ImportError as error:
    print(error)
"""
    assert run(program) == "to_pandas needs what is not installed: pip install pandas"


def test_the_documented_lines_run(server: Server) -> None:
    """The program in docs/client.md runs as it stands, and prints what it says it prints."""
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "client.md").read_text(), re.DOTALL)
    assert len(program.replace("\n\n", "\n").splitlines()) <= 10
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TELEMETRY_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
    for line in re.findall(r"# -> (.*)", program):
        assert line in result.stdout
