"""scripts/console: the sources in console/, checked and built into telemetry_server/console/."""

from __future__ import annotations

import shutil
import subprocess

from tools.environment import ROOT
from tools.terminal import Parser, Problem, say

SOURCES = ROOT / "console"
TARGET = ROOT / "telemetry_server" / "console"


def main() -> int:
    """Install the pinned tools where they are missing or others, format, check the types, build."""
    parser = Parser("scripts/console", description="Format and check console/, and build the page of it.")
    parser.parse_args()
    install()
    _run("npx", "prettier", "--log-level", "warn", "--write", "src", "styles")
    _run("npx", "tsc", "--noEmit")
    _run("node", "build.mjs")
    for each in sorted(TARGET.iterdir()):
        say(f"{each.relative_to(ROOT)}  {each.stat().st_size:,} bytes")
    return 0


def install() -> None:
    """The tools of package-lock.json, as they are there. Raises Problem."""
    if shutil.which("npm") is None:
        raise Problem("npm is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)")
    lock, installed = SOURCES / "package-lock.json", SOURCES / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run("npm", "ci", "--no-audit", "--no-fund")


def _run(*command: str) -> None:
    if subprocess.run(command, cwd=SOURCES, check=False).returncode:
        raise Problem(f"{' '.join(command)} failed in console/")
