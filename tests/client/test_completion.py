"""Completion in shells, as they ask for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools.processes import free_port
from tools.server import Server

from telemetry_server.client import Client
from tests.client.commands import ROOT, environment

TELEMETRY = Path(sys.executable).with_name("telemetry")


def completions(url: str, shell: str, line: str, **more: str) -> list[str]:
    """What a shell is told, that was typed into as far as `line`."""
    words = line.split(" ")
    asked = {
        "bash": {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    result = subprocess.run(
        [sys.executable, "-m", "telemetry_server"],
        env=environment(url, _TELEMETRY_COMPLETE=f"complete_{shell}", **asked[shell], **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    return [line for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_prompts_are_completed(server: Server, shell: str) -> None:
    """Words in no quotes go on word by word, options before them or not."""
    found = "\n".join(completions(server.url, shell, "telemetry ask --tz Europe/Berlin top 5 ev"))
    assert "events" in found
    assert "top 5" not in found


def test_prompts_in_quotes_are_completed(server: Server) -> None:
    """One word in quotes is the whole prompt."""
    found = completions(server.url, "fish", 'telemetry ask "top 5 ev')
    assert "top 5 events" in found
    assert all(each.startswith("top 5 ev") for each in found)


def test_what_a_shell_would_run_is_not_proposed(server: Server) -> None:
    """A tag's value that a shell reads in a way of its own is left out, others are there."""
    with Client(server.url) as client:
        for value in ("$(reboot)", "`reboot`", "x;reboot", "a'b", "harmless"):
            client.send("tagged", 1, tags={"risk": value})
        assert any("reboot" in each.text for each in client.complete("tagged where risk is "))
    found = completions(server.url, "bash", "telemetry ask tagged where risk is ")
    assert "harmless" in found
    assert not any("reboot" in each or "'" in each for each in found)


def test_silent_without_a_server() -> None:
    """Nobody there, or an address that is none: nothing is proposed, and nothing said."""
    assert completions(f"http://127.0.0.1:{free_port()}", "bash", "telemetry ask top 5 ev") == []
    assert completions("nonsense", "bash", "telemetry ask top 5 ev") == []


def test_commands_and_options_are_completed() -> None:
    """Without a server."""
    assert completions("http://127.0.0.1:1", "bash", "telemetry me") == ["metrics"]
    assert "--watch" in completions("http://127.0.0.1:1", "bash", "telemetry ask --w")


def test_bash_completes_with_what_is_installed(server: Server, tmp_path: Path) -> None:
    """`--install-completion` writes what bash then completes with."""
    home = {**environment(server.url), "HOME": str(tmp_path), "PATH": f"{TELEMETRY.parent}:{os.environ['PATH']}"}
    script = "telemetry --install-completion >&2; source ~/.bash_completions/telemetry.sh\n"
    script += (
        'COMP_WORDS=(telemetry ask top 5 ev); COMP_CWORD=4; _telemetry_completion telemetry; echo "${COMPREPLY[0]}"'
    )
    result = subprocess.run(  # noqa: S603 - our own program
        ["/bin/bash", "--norc", "-c", script],
        env=home,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout == "events\n", result.stderr
