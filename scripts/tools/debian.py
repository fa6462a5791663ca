"""Programs that are found on PATH, else unpacked once from Debian's packages, without root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tools.environment import LOCAL
from tools.terminal import Problem, say

if TYPE_CHECKING:
    from collections.abc import Sequence


class Missing(Problem):
    """A program that is not to be had."""


def find(name: str, packages: Sequence[str]) -> Path:
    """The program's path. Raises Missing."""
    if on_path := shutil.which(name):
        return Path(on_path)
    program = LOCAL / name / "usr" / "bin" / name
    if not program.exists():
        say(f"fetching {name} from the system's packages")
        try:
            _unpack(packages, LOCAL / name)
        except (OSError, subprocess.CalledProcessError) as error:
            advice = f"put it on PATH (apt-get install {' '.join(packages)})"
            raise Missing(f"no {name}: {advice}; fetching it failed: {error}") from error
    return program


def _unpack(packages: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *packages], cwd=folder, check=True, capture_output=True)  # noqa: S607
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True)  # noqa: S607
