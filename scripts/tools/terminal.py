"""How the programs talk to people: one clear line, never a traceback for a person's mistake."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = "scripts/" + Path(sys.argv[0]).name


class Problem(Exception):  # noqa: N818  it is told to a person, who knows it by that name
    """What a person has to do something about; a program prints it and exits with this status."""

    status = 1


class Misuse(Problem):
    """A wrong argument or setting."""

    status = 2


class Parser(argparse.ArgumentParser):
    """An argument parser that answers misuse in one line, with status 2."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see {PROGRAM} --help)")
        sys.exit(2)


def say(text: str) -> None:
    """Print one line now, also where the output is a file or a pipe."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print one line of trouble on standard error, after the program's name."""
    print(f"{PROGRAM}: {text}", file=sys.stderr, flush=True)
