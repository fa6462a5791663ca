"""`telemetry send`, `tail` and `metrics`: in, live, and listed."""

import json
import signal
import time
from pathlib import Path

import pytest
from tools.processes import free_port
from tools.server import Server

from telemetry_server.client import Client
from tests.client.commands import on_terminal, plain, run, running
from tests.conftest import StartServer

HOSTILE = "\u202egnp.exe [red]"


def count(server: Server, name: str) -> int:
    with Client(server.url) as client:
        (row,) = client.ask(f"how many {name}", fresh=True).rows
    return int(row[0])


def lines(name: str, number: int) -> str:
    return "".join(json.dumps({"name": name, "value": value}) + "\n" for value in range(number))


def test_send_one(server: Server) -> None:
    """What is stored is said; a value may be negative, an event needs none."""
    result = run(server.url, "send", "sent.by.hand", "-5.5", "--tag", "host:a", "--tag", "zone:eu")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("sent.by.hand gauge -5.5 host:a zone:eu at 20")
    result = run(server.url, "send", "sent.event", "--type", "event", "--at", "2999-01-01T00:00:00Z")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("timestamp: ")
    assert run(server.url, "send", "sent.event", "--type", "event").stdout.startswith("sent.event event 1 at ")


def test_send_one_again_with_a_key(server: Server) -> None:
    """Under the same idempotency key the same metric is stored once, another one is refused."""
    for value, status in (("1", 0), ("1", 0), ("2", 1)):
        assert run(server.url, "send", "sent.keyed", value, "--idempotency-key", "a").returncode == status
    assert count(server, "sent.keyed") == 1


def test_send_a_file(server: Server, tmp_path: Path) -> None:
    """A file, or standard input; empty lines are none; the same again with a key stores nothing twice."""
    file = tmp_path / "metrics.ndjson"
    file.write_text(lines("sent.file", 1500) + "\n\n")
    for _ in range(2):
        result = run(server.url, "send", "--file", str(file), "--idempotency-key", "file 1")
        assert (result.returncode, result.stdout, result.stderr) == (0, "1,500 metrics stored.\n", "")
    assert count(server, "sent.file") == 1500
    assert run(server.url, "send", "-", stdin=lines("sent.piped", 3)).stdout == "3 metrics stored.\n"
    assert count(server, "sent.piped") == 3


def test_progress_is_for_terminals(server: Server, tmp_path: Path) -> None:
    """On a terminal a bar shows how far it is."""
    file = tmp_path / "metrics.ndjson"
    file.write_text(lines("sent.shown", 2500))
    status, sent = on_terminal(server.url, "send", "--file", str(file))
    assert status == 0
    assert "sending" in plain(sent)
    assert plain(sent).rstrip().endswith("2,500 metrics stored.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "line 1203: no JSON object."),
        ("[1]", "line 1203: no JSON object."),
        ('{"name": "no spaces", "value": 1}', "line 1203: name: "),
        ('{"name": "fine"}', "line 1203: value: "),
        ('{"name": "fine", "value": 1, "tags": ["a:\\u0007"]}', "line 1203: tags"),
    ],
)
def test_a_wrong_line_is_named(server: Server, line: str, said: str) -> None:
    """The line and what is wrong with it, and how much is stored: the batches before."""
    result = run(server.url, "send", "-", stdin=lines("sent.half", 1200) + "\n\n" + line + "\n")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"standard input, {said}" in result.stderr
    assert result.stderr.endswith("1,000 metrics are stored.\n")


def test_send_misuse_is_status_2(server: Server, tmp_path: Path) -> None:
    """One clear line each."""
    for arguments, said in (
        ((), "Give a name"),
        (("a", "1", "--file", "x"), "not both"),
        (("-", "--type", "gauge"), "not both"),
        (("--file", str(tmp_path / "missing")), "No such file"),
        (("--file", str(tmp_path)), "directory"),
        (("no spaces", "1"), "name: "),
        (("a", "much"), "value"),
        (("a", "nan"), "value: "),
        (("a", "1", "--tag", "a:1", "--tag", "a:2"), "tags/1: "),
        (("a", "1", "--nonsense"), "--nonsense"),
    ):
        result = run(server.url, "send", *arguments)
        assert (result.returncode, result.stdout) == (2, ""), arguments
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_send_without_a_server(tmp_path: Path) -> None:
    """It says so, and that nothing is stored; status 3."""
    file = tmp_path / "metrics.ndjson"
    file.write_text(lines("a", 3))
    result = run(f"http://127.0.0.1:{free_port()}", "send", "--file", str(file))
    assert result.returncode == 3
    assert result.stderr.splitlines()[1:] == ["0 metrics are stored."]


def test_tail_prints_what_is_stored(server: Server) -> None:
    """Metrics with the name and all tags, as they come; Ctrl-C ends it with status 130."""
    arguments = "tail", "--name", "told", "--tag", "host:a", "--tag", "zone:eu"
    with Client(server.url) as client, running(server.url, *arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        deadline, told = time.monotonic() + 20, ""
        while not told and time.monotonic() < deadline:  # until it listens
            client.send("told", 1234.5, tags={"host": "a", "zone": "eu", "who": HOSTILE})
            client.send("told", 9, tags={"host": "a"})
            told = process.stdout.readline() if _is_ready(process.stdout.fileno()) else ""
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == ""
    assert told.split()[2:] == ["told", "1,234.5", "host:a", "who:\\u202egnp.exe", "[red]", "zone:eu"]


def _is_ready(descriptor: int) -> bool:
    import select  # noqa: PLC0415 - for this alone

    return bool(select.select([descriptor], [], [], 1)[0])


def test_tail_survives_a_server_that_goes_away(start_server: StartServer) -> None:
    """It says that the server went and that it is back, and prints what is stored afterwards."""
    server = start_server()
    with running(server.url, "tail", "--json", "--name", "back") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with Client(server.url) as client:
            while not _is_ready(process.stdout.fileno()):
                client.send("back", 1)
        server.stop()
        assert "Trying again." in process.stderr.readline()
        server.start(server.environment, port=server.process.port, folder=server.process.log.parent)
        assert process.stderr.readline() == "The server is back.\n"
        with Client(server.url) as client:
            client.send("back", 2)
        values = [json.loads(line)["value"] for line in iter(process.stdout.readline, "") if _ends(process, line)]
        assert values[-1] == 2


def _ends(process: object, line: str) -> bool:
    if json.loads(line)["value"] == 2:
        process.send_signal(signal.SIGINT)  # type: ignore[attr-defined]
    return True


def test_metrics_lists_names(server: Server) -> None:
    """Names, types and series, all or those with a text in them; a name that there is none of is said."""
    with Client(server.url) as client:
        for host in ("a", "b"):
            client.send("listed.count", 1, type="counter", tags={"host": host})
        client.send("listed.other", 1)
    head, *rows = run(server.url, "metrics", "LISTED").stdout.splitlines()
    assert head.split() == ["name", "types", "series"]
    assert [row.split() for row in rows] == [["listed.count", "counter", "2"], ["listed.other", "gauge", "1"]]
    assert json.loads(run(server.url, "metrics", "listed.c", "--json").stdout) == [
        {"name": "listed.count", "types": ["counter"], "series": 2}
    ]
    result = run(server.url, "metrics", "unheard.of")
    assert (result.returncode, result.stdout) == (0, "No name has this in it.\n")


def test_a_missing_key_is_told(start_server: StartServer) -> None:
    """Without the server's key each client command ends with status 1, and says what it needs."""
    url = start_server(API_KEYS="a-key-for-tests-only-0001").url
    for arguments in (("ask", "load"), ("metrics",), ("tail",), ("send", "a", "1"), ("ask", "--watch", "load")):
        result = run(url, *arguments)
        assert result.returncode == 1
        assert "TELEMETRY_API_KEY" in result.stderr
    assert run(url, "metrics", TELEMETRY_API_KEY="a-key-for-tests-only-0001").returncode == 0
