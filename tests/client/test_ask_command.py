"""`telemetry ask`: readable on a terminal, plain into a pipe, and an exit status that tells."""

import csv
import io
import json
import shlex
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tools.processes import free_port
from tools.server import Server
from tools.stack import Stack

from telemetry_server.client import Client
from tests.client.commands import COMMAND, environment, on_terminal, plain, run, running
from tests.conftest import servers

NOW = datetime.now(UTC)
YESTERDAY = NOW - timedelta(days=1)
RIGHT_TO_LEFT, HOSTILE = "\u202e", "[bold red]x[/] \u202egnp.exe \u2028"


@pytest.fixture(scope="module")
def server(stack: Stack) -> Iterator[Server]:
    """A server with a few metrics: three hosts, an hour each of two, and a hostile tag."""
    with servers(stack) as start:
        started = start()
        with Client(started.url) as client:
            for host, value in (("alpha", 8.0), ("beta", 2.0), ("gamma", 0.0)):
                client.send("load", value, tags={"host": host, "zone": "eu"})
            for hour in range(3):
                at = f"{YESTERDAY:%Y-%m-%d}T0{hour}:00:00Z"
                client.send("hourly", hour, at=at, tags={"host": "alpha"})
                client.send("hourly", 10 - hour, at=at, tags={"host": "beta"})
            client.send("hostile", 1, tags={"who": HOSTILE})
            client.send("hostile", 2, tags={"who": "plain"})
            long = {f"key{number}": f"{number}" * 60 for number in range(9)}
            client.send("wide", 1, tags=long)
        yield started


def test_a_ranking_is_a_table_with_bars(server: Server) -> None:
    """Reading, assumptions, rows and bars in proportion; words need no quotes; no escape codes in a pipe."""
    result = run(server.url, "ask", "top", "3", "hosts", "by", "load", "today")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("avg of load by host, top 3,")
    assert lines[1].startswith("assumed: ")
    assert [line.split() for line in lines[-3:]] == [["alpha", "8", "█" * 24], ["beta", "2", "█" * 6], ["gamma", "0"]]
    assert "\x1b" not in result.stdout
    assert all(line == line.rstrip() for line in lines)


def test_colours_are_for_terminals(server: Server) -> None:
    """A terminal gets colours, unless NO_COLOR is set or it is a dumb one; the text is the same."""
    status, coloured = on_terminal(server.url, "ask", "load by host today")
    assert status == 0
    assert "\x1b[" in coloured
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, text = on_terminal(server.url, "ask", "load by host today", **more)
        assert "\x1b" not in text
    assert [line.rstrip() for line in plain(coloured).splitlines()[-3:]] == [
        line.rstrip() for line in text.splitlines()[-3:]
    ]


def test_a_series_is_a_line_a_group(server: Server) -> None:
    """Each group has a line of blocks over the same times, and the range that they show is said."""
    result = run(server.url, "ask", "hourly by host per hour yesterday", "--now", NOW.isoformat())
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "alpha  ▁▂▂" in lines
    assert "beta   █▇▇" in lines
    assert "from 0 to 10" in lines
    assert f"alpha  {YESTERDAY:%Y-%m-%d} 02:00    2" in lines


def test_a_comparison_shows_both_ranges(server: Server) -> None:
    """Each row has a bar for either range, which the head of the column explains."""
    asked = "max hourly by host yesterday vs from 0:00 to 2:00 yesterday"
    head, alpha, below, *_ = run(server.url, "ask", asked, "--now", NOW.isoformat()).stdout.splitlines()[-5:]
    assert head.endswith("█ max  ▒ previous")
    assert alpha.split()[:3] == ["alpha", "2", "1"]
    assert alpha.count("█") == 4
    assert below.strip() == "▒▒"


@pytest.mark.parametrize(
    ("prompt", "last"),
    [("max load today", "8"), ("did load exceed 7 today", "yes"), ("load by host 5 days ago", "No rows: ")],
)
def test_small_answers(server: Server, prompt: str, last: str) -> None:
    """One value stands alone, yes or no is said, and that there is nothing."""
    assert run(server.url, "ask", prompt).stdout.splitlines()[-1].startswith(last)


def test_json_and_csv_are_whole(server: Server) -> None:
    """--json is the whole answer, --csv the rows; a cut is told on standard error."""
    answer = json.loads(run(server.url, "ask", "--json", "load by host today").stdout)
    assert answer["rows"] == [["alpha", 8], ["beta", 2], ["gamma", 0]]
    assert answer["pipeline"]
    result = run(server.url, "ask", "--csv", "--limit", "2", "load by host today")
    assert list(csv.reader(io.StringIO(result.stdout))) == [["host", "avg"], ["alpha", "8.0"], ["beta", "2.0"]]
    assert "more rows" in result.stderr
    cut = run(server.url, "ask", "--limit", "2", "load by host today")
    assert "Only the first 2 rows" in cut.stdout


def test_a_refusal_underlines_what_stands_in_the_way(server: Server) -> None:
    """The span is marked below the prompt, suggestions follow, the exit status is 1, nothing is on standard output."""
    result = run(server.url, "ask", "max loda tödai")
    assert (result.returncode, result.stdout) == (1, "")
    prompt, marks, why, *rest = result.stderr.splitlines()
    assert prompt == "  max loda tödai"
    assert marks.strip() == "^" * len(marks.strip())
    assert prompt[marks.index("^") :].startswith("tödai")
    assert "'loda' read as 'load'" in why
    assert "tödai" in why
    assert rest[0] == "Ask instead:"
    assert len(rest) > 1
    refused = run(server.url, "ask", "--json", "max loda tödai")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["code"]


def test_a_refusal_on_a_narrow_terminal(server: Server) -> None:
    """A long prompt is cut, so that the marks stand below what they mark."""
    prompt = "max load by host by zone by key1 by key2 by key3 todai"
    status, sent = on_terminal(server.url, "ask", prompt, columns=40, NO_COLOR="1")
    shown, marks = sent.splitlines()[:2]
    assert status == 1
    assert len(shown) <= 40
    assert shown[marks.index("^") :].startswith("todai")


def test_what_is_hostile_does_not_reach_a_terminal(server: Server) -> None:
    """Markup is text; what would turn the line or break it is written out; into a pipe JSON goes as it is."""
    for arguments in (("ask", "hostile by who today"), ("ask", "--csv", "hostile by who today")):
        _, sent = on_terminal(server.url, *arguments)
        assert "[bold red]x[/] \\u202egnp.exe" in plain(sent)
        assert RIGHT_TO_LEFT not in sent
        assert "\u2028" not in sent
    assert json.loads(run(server.url, "ask", "--json", "hostile by who today").stdout)["rows"][0][0] == HOSTILE
    status, sent = on_terminal(server.url, "ask", "max \x1b]0;pwned\x07load \u202etoday")
    assert status in (1, 2)
    assert "\x1b]0" not in sent
    assert RIGHT_TO_LEFT not in sent


@pytest.mark.parametrize("columns", [30, 80, 400])
def test_wide_tables_fit(server: Server, columns: int) -> None:
    """What is wider than the terminal is folded, or told cell by cell; nothing of it is left out."""
    prompt = "wide by " + " by ".join(f"key{number}" for number in range(9))
    status, sent = on_terminal(server.url, "ask", prompt, columns=columns)
    assert status == 0
    lines = plain(sent).splitlines()
    assert max(map(len, lines)) <= columns
    assert all(sent.count(str(number)) >= 60 for number in range(9))
    piped = run(server.url, "ask", prompt).stdout
    assert all(str(number) * 60 in piped for number in range(9))


def test_watch_prints_each_new_answer(server: Server) -> None:
    """A line of JSON for each answer, as it comes; Ctrl-C ends it without a traceback, with status 130."""
    with Client(server.url) as client:
        client.send("watched", 1, type="counter")
        with running(server.url, "ask", "--watch", "--json", "sum of watched") as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert json.loads(process.stdout.readline())["rows"] == [[1]]
            client.send("watched", 2, type="counter")
            assert json.loads(process.stdout.readline())["rows"] == [[3]]
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stderr.read() == ""


def test_watch_on_a_terminal(server: Server) -> None:
    """The answer stands, with its reading, until Ctrl-C, and the cursor is shown again."""
    status, sent = on_terminal(server.url, "ask", "--watch", "load by host yesterday", until="No rows")
    assert status == 130
    assert "avg of load by host" in plain(sent)
    assert "Traceback" not in sent
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")


def test_misuse_is_status_2(server: Server) -> None:
    """Options that do not go together, and parameters that the server does not take, by name."""
    for arguments, said in (
        (("--csv", "--json", "x"), "--csv"),
        (("--csv", "--watch", "x"), "--csv"),
        (("--tz", "Mars/Base", "load"), "tz: "),
        (("--now", "soon", "load"), "now: "),
        (("--limit", "0", "load"), "--limit"),
        (("--url", "nonsense", "load"), "nonsense"),
        (("--key", "two\nlines", "load"), "key"),
        ((), "PROMPT"),
    ):
        result = run(server.url, "ask", *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_a_server_that_is_away_is_status_3() -> None:
    """One line with the address and the reason."""
    result = run(f"http://127.0.0.1:{free_port()}", "ask", "load")
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert "Connection refused" in result.stderr


def test_a_reader_that_has_had_enough(server: Server) -> None:
    """Where the pipe is closed, as by `head`, the command ends quietly."""
    with running(server.url, "ask", "--watch", "load by host today") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        with Client(server.url) as client:
            for value in range(3):
                client.send("load", value, tags={"host": f"other-{value}"})
                if process.poll() is not None:
                    break
                try:
                    process.wait(5)
                except Exception:  # noqa: BLE001, S112 - then another answer is needed
                    continue
        process.wait(20)
        assert process.stderr.read() == ""


def test_output_that_cannot_be_written(server: Server) -> None:
    """A full disk is one line; a terminal without blocks gets them written out; a closed output is no traceback."""
    arguments = shlex.join([*COMMAND, "ask", "load by host today"])
    for redirected, more, status, said in (
        (">/dev/full", {}, 1, "No space left on device."),
        ("", {"PYTHONIOENCODING": "ascii"}, 0, "\\u2588"),
        (">&-", {}, 0, ""),
    ):
        result = subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", f"{arguments} {redirected}"],
            env=environment(server.url, **more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == status
        assert said in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
