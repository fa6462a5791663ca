"""The collector: this machine's metrics, through the public API."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from tools.processes import free_port
from tools.server import Server
from tools.stack import Stack

from telemetry_server.collector.machine import Reading, readings, tag
from telemetry_server.collector.sampler import Sampler
from telemetry_server.collector.sender import Away, Rejected, Sender
from tests.conftest import StartServer

COMMAND = [sys.executable, "-m", "telemetry_server.collector"]
KEY = "a-key-for-tests-only-0001"
ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def collector(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running collector; its standard error is a pipe."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(  # noqa: S603
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(seen: Callable[[], bool], timeout_seconds: float = 10) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not seen():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def stored(url: str, name: str) -> list[dict[str, object]]:
    listed = httpx.get(f"{url}/metrics", params={"name": name}, headers={"Cache-Control": "no-cache"})
    listed.raise_for_status()
    data: list[dict[str, object]] = listed.json()["data"]
    return data


def test_machine_tells() -> None:
    """The machine tells of its processor, memory, root disk, load and processes, in plausible numbers."""
    told = {(reading.name, reading.tags): reading.value for reading in readings()}
    names = {name for name, _ in told}
    assert {
        "cpu.usage",
        "cpu.core.usage",
        "memory.used",
        "memory.available",
        "memory.usage",
        "swap.used",
    } <= names
    assert {"load.1m", "load.5m", "load.15m", "process.count"} <= names
    assert ("disk.usage", ("mount:/",)) in told
    assert all(0 <= value <= 100 for (name, _), value in told.items() if name.endswith(".usage"))
    assert told["memory.used", ()] > 1 << 20
    assert told["process.count", ()] >= 1


def test_totals_become_growth() -> None:
    """A total gives nothing at first sight, its growth afterwards, and what it holds after a reset."""
    totals = iter([[100.0], [130.0, 7.0], [130.0, 9.0], [4.0, 9.0], [9.0], [10.0, 50.0]])

    def read() -> list[Reading]:
        return [
            Reading("network.sent", total, (f"interface:eth{number}",), is_total=True)
            for number, total in enumerate(next(totals))
        ]

    sampler = Sampler(read)
    grown = [[metric["value"] for metric in sampler.sample()] for _ in range(6)]
    assert grown == [[], [30], [0, 2], [4, 0], [5], [1]]


def test_sample_is_of_one_instant() -> None:
    """All metrics of a sample carry the host, one timestamp, and each an id of its own."""
    sample = Sampler().sample()
    assert len({metric["timestamp"] for metric in sample}) == 1
    assert len({metric["id"] for metric in sample}) == len(sample)
    assert all(any(each.startswith("host:") for each in metric["tags"]) for metric in sample)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("eth0", "mount:eth0"),
        ("/a\tb", "mount:/a_b"),
        ("", "mount:unknown"),
        ("x" * 300, f"mount:{'x' * 200}"),
    ],
)
def test_tag_values_are_made_acceptable(value: str, expected: str) -> None:
    """Whatever the system names a thing, its tag is one that the server takes."""
    assert tag("mount", value) == expected


def test_records_this_machine(server: Server) -> None:
    """A running collector stores samples, counters from the second on; SIGTERM ends it."""
    with collector("--url", server.url, "--every", "0.2") as process:
        assert until(lambda: len(stored(server.url, "cpu.usage")) >= 2)
        assert until(lambda: bool(stored(server.url, "disk.read")))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    newest = stored(server.url, "cpu.usage")[0]
    assert newest["type"] == "gauge"
    assert newest["tags"] == [tag("host", socket.gethostname())]
    assert {metric["type"] for metric in stored(server.url, "disk.read")} == {"counter"}


def test_its_metrics_can_be_asked_for(server: Server) -> None:
    """The average processor usage of the last minutes is a question with an answer."""
    with closing(Sender(server.url)) as sender:
        sample = Sampler().sample()
        sender.send(sample)
    prompt = {"prompt": "average cpu.usage over the last 5 minutes"}
    answer = httpx.get(f"{server.url}/query", params=prompt, headers={"Cache-Control": "no-cache"})
    assert answer.status_code == 200, answer.text
    assert 0 <= answer.json()["rows"][0][-1] <= 100


def test_a_batch_sent_twice_is_stored_once(server: Server) -> None:
    """A batch whose answer was lost can be sent again: its ids tell that it is the same."""
    batch = [metric | {"name": "test.sent.twice"} for metric in Sampler().sample()]
    with closing(Sender(server.url)) as sender:
        sender.send(batch)
        sender.send(batch)
    assert len(stored(server.url, "test.sent.twice")) == len(batch)


def test_rejected_batch(server: Server) -> None:
    """A batch that the server refuses is told from a server that is away, with the server's reason."""
    with closing(Sender(server.url)) as sender, pytest.raises(Rejected, match="/metrics/0/name"):
        sender.send([{"name": "no spaces allowed", "value": 1}])
    with closing(Sender(f"http://127.0.0.1:{free_port()}")) as sender, pytest.raises(Away):
        sender.send([{"name": "fine", "value": 1}])


def test_survives_a_server_that_is_away(stack: Stack, app_env: str, tmp_path: Path) -> None:
    """It says once that the server is away, and once that it is back; then its samples are stored."""
    server, port = Server(tmp_path), free_port()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ENVIRONMENT": "test", "APP_ENV": app_env}
    environment |= {"MONGO_URI": stack.mongo_uri, "REDIS_URI": stack.redis_uri}
    with collector("--url", f"http://127.0.0.1:{port}", "--every", "0.2") as process:
        assert process.stderr is not None
        assert "server away" in process.stderr.readline()
        server.start(environment, port=port, folder=tmp_path)
        try:
            assert "server back" in process.stderr.readline()
            assert until(lambda: len(stored(server.url, "cpu.usage")) >= 2)
        finally:
            server.stop()
        assert "server away" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_at_once_while_waiting(number: signal.Signals) -> None:
    """A signal ends it at once, with status 0, also while it waits for a server that is away."""
    with collector("--url", f"http://127.0.0.1:{free_port()}", "--every", "0.1") as process:
        assert process.stderr is not None
        assert "server away" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "127.0.0.1:8080"], "no http:// or https:// address"),
        (["--url", "http://127.0.0.1:99999"], "Port out of range"),
        (["--url", "http://me:my-secret@127.0.0.1"], "address alone"),
        (["--url", "http://127.0.0.1:8080\r\nX: y"], ""),
        (["--url", "http://.."], ""),
        (["--every", "0"], "--every"),
        (["--every", "nan"], "--every"),
        (["--every", "soon"], "--every"),
        (["--key", "two\nlines"], "key"),
        (["--unheard-of"], "--unheard-of"),
    ],
)
def test_misuse_is_one_line(arguments: list[str], said: str) -> None:
    """A wrong argument is answered with one clear line and exit status 2."""
    with collector(*arguments) as process:
        output = process.communicate(timeout=10)[1]
    assert process.returncode == 2
    assert output.count("\n") == 1
    assert said in output
    assert "my-secret" not in output


def test_wrong_key(start_server: StartServer) -> None:
    """A key that the server does not know ends it in one line with status 2, and the key is not shown."""
    url = start_server(API_KEYS=KEY).url
    with collector("--url", url, "--every", "0.1", "--key", "not-" + KEY) as process:
        output = process.communicate(timeout=10)[1]
    assert process.returncode == 2
    assert output.count("\n") == 1
    assert "401" in output
    assert KEY not in output


def test_right_key(start_server: StartServer) -> None:
    """With the server's key its samples are stored."""
    url = start_server(API_KEYS=KEY).url
    headers = {"Authorization": f"Bearer {KEY}"}
    with collector("--url", url, "--every", "0.1", "--key", KEY):
        found = until(lambda: bool(httpx.get(f"{url}/metrics?name=cpu.usage", headers=headers).json().get("data")))
    assert found
