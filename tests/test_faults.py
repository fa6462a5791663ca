"""The harness of scripts/faults catches what is planted: only then does it count that it finds nothing."""

import math
from typing import Any

import pytest
from tools.faults import ROWS, model, mongod_killed
from tools.faults.checker import Findings, check, same
from tools.faults.history import History, Operation
from tools.faults.members import RESUMED_SECONDS, judge
from tools.faults.report import bound_of
from tools.faults.row import Outcome
from tools.faults.runner import main
from tools.server import Server
from tools.terminal import Misuse

A, B = "a" * 24, "b" * 24


def made(value: int | None, status: Any = "acknowledged", kind: Any = "create", metric_id: str | None = A) -> Operation:
    """One operation of client 0."""
    return Operation(0, kind, metric_id, value, status)


def found(*operations: Operation, stored: list[tuple[str, int]]) -> dict[str, int]:
    """How many findings of each kind."""
    return {kind: len(lines) for kind, lines in vars(check(operations, stored)).items() if lines}


def test_right_history_is_clean() -> None:
    """Acknowledged writes that are there, refused ones that are not, and unknown ones either way."""
    operations = [made(1), made(2, kind="change"), made(3, "refused", "change"), made(2, kind="read")]
    assert found(*operations, stored=[(A, 2)]) == {}
    unknown = [made(1), made(2, "unknown", "change")]
    assert found(*unknown, stored=[(A, 1)]) == found(*unknown, stored=[(A, 2)]) == {}
    assert found(made(1), made(None, kind="delete"), stored=[]) == {}
    assert found(made(7, "unknown", metric_id=None), stored=[(B, 7)]) == {}


@pytest.mark.parametrize(
    ("operations", "stored"),
    [
        ([made(1)], []),
        ([made(1), made(2, kind="change")], [(A, 1)]),
        ([made(1, "unknown"), made(1)], []),
        ([made(1), made(None, "refused", "delete")], []),
    ],
    ids=["absent", "old", "repeated until acknowledged", "delete refused"],
)
def test_loss_is_caught(operations: list[Operation], stored: list[tuple[str, int]]) -> None:
    """What was acknowledged is absent, or as it was before."""
    assert found(*operations, stored=stored) == {"lost": 1}


@pytest.mark.parametrize(
    ("operations", "stored"),
    [
        ([], [(A, 1)]),
        ([made(1, "refused")], [(A, 1)]),
        ([made(1, "refused", metric_id=None)], [(B, 1)]),
        ([made(1), made(2, "refused", "change")], [(A, 2)]),
        ([made(1), made(None, kind="delete")], [(A, 1)]),
    ],
    ids=["never sent", "refused", "refused without an id", "refused change", "deleted"],
)
def test_phantom_is_caught(operations: list[Operation], stored: list[tuple[str, int]]) -> None:
    """What is there was never sent, or refused, or deleted."""
    assert found(*operations, stored=stored) == {"phantom": 1}


def test_doubling_is_caught() -> None:
    """One write that is there under two ids, of which one was told to nobody."""
    assert found(made(1), stored=[(A, 1), (B, 1)]) == {"doubled": 1, "phantom": 1}
    assert found(made(1, metric_id=None), stored=[(A, 1), (B, 1)]) == {"doubled": 1}


@pytest.mark.parametrize("seen", [1, None], ids=["old", "absent"])
def test_stale_read_is_caught(seen: int | None) -> None:
    """A writer sees less than it was told is stored."""
    operations = [made(1), made(2, kind="change"), made(seen, kind="read")]
    assert found(*operations, stored=[(A, 2)]) == {"stale": 1}


def test_late_write_is_caught() -> None:
    """A write of unknown outcome happens after a later one was acknowledged."""
    operations = [made(1), made(2, "unknown", "change"), made(3, kind="change")]
    assert found(*operations, stored=[(A, 2)]) == {"late": 1}


def test_server_that_shows_other_things_is_caught() -> None:
    """What is stored and not shown, and what is shown and not stored."""
    assert same([(A, 1)], [(A, 1)]) == []
    assert len(same([(A, 1), (B, 2)], [(A, 1)])) == 1
    assert len(same([(A, 1)], [(A, 2)])) == 2


def test_history_counts_writes() -> None:
    """Reads are no writes; service is back when a write is acknowledged that was sent after the fault."""
    history = History()
    history.add(made(1), made(1, kind="read"), made(2, "unknown"))
    assert (history.acknowledged, history.unknown) == (1, 1)
    assert history.resumed_after(5) is None
    history.add(Operation(0, "change", A, 3, "acknowledged", 200, 6.0, 7.5), Operation(0, "change", A, 4, "unknown"))
    assert history.resumed_after(5) == 2.5


def test_late_resumption_is_caught() -> None:
    """Writes that resume neither in time nor soon after those of any client of MongoDB."""
    assert judge("x", RESUMED_SECONDS, 0.1) == judge("x", 20.0, 19.0) == []
    assert len(judge("x", RESUMED_SECONDS + 0.1, 0.1)) == len(judge("x", 20.0, 10.0)) == len(judge("x", None, 1.0)) == 1
    assert judge("x", 20.0, math.inf) == []


def test_bound_is_that_of_three() -> None:
    """No fault in n bounds the rate at 3 / n; with a fault, with too few trials, or with none, nothing is said."""
    assert Outcome(300).bound == 0.01
    assert bound_of(Outcome(300)) == "< 0.01"
    assert Outcome(3).bound is Outcome(300, ["lost"]).bound is Outcome(300, not_run="no compiler").bound is None
    assert [Outcome(1).verdict, Outcome(0).verdict, Outcome(1, ["lost"]).verdict] == ["ok", "MISSED", "MISSED"]
    assert Outcome(0, not_run="no compiler").verdict == "not run"


def test_rows_are_listed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row has a name of its own, and a bar; one that is not known is told in one line."""
    assert len({row.name for row in ROWS}) == len(ROWS)
    monkeypatch.setattr("sys.argv", ["scripts/faults", "--list"])
    assert main("scripts/faults", "", ROWS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [row.name for row in ROWS]
    monkeypatch.setattr("sys.argv", ["scripts/faults", "nothing"])
    with pytest.raises(Misuse, match="no row is named nothing"):
        main("scripts/faults", "", ROWS)


def test_missed_bar_is_status_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with a fault, and one that breaks off, miss their bars; others run all the same."""
    row = ROWS[0]

    def broken(_: int) -> Outcome:
        raise ValueError("no ground")

    rows = [
        type(row)("good", "", "", "trials", 5, 10, Outcome),
        type(row)("bad", "", "nothing lost", "trials", 5, 10, lambda count: Outcome(count, ["lost: 1"])),
        type(row)("broken", "", "", "trials", 5, 10, broken),
    ]
    monkeypatch.setattr("sys.argv", ["scripts/faults", "--long"])
    assert main("scripts/faults", "", rows) == 1
    out = capsys.readouterr().out
    assert "missed: bad: nothing lost" in out
    assert "broke off: ValueError: no ground" in out
    monkeypatch.setattr("sys.argv", ["scripts/faults", "good"])
    assert main("scripts/faults", "", rows) == 0
    assert "5 trials" in capsys.readouterr().out


def test_control_sees_losses() -> None:
    """With a server that acknowledges what is only in mongod's memory, a kill of mongod loses what it acknowledged."""
    outcome = mongod_killed.control(mongod_killed.CONTROL_KILLS)
    assert (outcome.verdict, list(outcome.faults)) == ("ok", [])
    assert "seen lost" in outcome.detail


def test_model_has_no_counter_example(server: Server) -> None:
    """A few made-up runs: metrics and questions are as in plain Python."""
    assert model.check(server, runs=8, steps=30) == []


def test_model_catches_a_wrong_answer(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the two differ, the steps that led there are told."""
    monkeypatch.setattr(model.Machine, "_store", lambda *_: None)
    (fault,) = model.check(server, runs=20, steps=20)
    assert "state." in fault


def test_findings_are_told_with_their_kind() -> None:
    """Each in a line of its own."""
    assert Findings(lost=["x"], late=["y"]).lines() == ["lost: x", "late: y"]
