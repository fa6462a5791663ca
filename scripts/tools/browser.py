"""The browser for the tests of the console: Debian's Chromium, installed where it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess

from tools.terminal import Problem, say

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")


def find() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def require() -> str:
    """The path of a Chromium; where there is none, Debian's is installed. Raises Problem where that may not be."""
    if found := find():
        return found
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Problem("the browser tests need Chromium, and only root can install it: apt-get install chromium")
    say("installing Chromium")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        command = ["apt-get", "-qq", *arguments]
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if made.returncode:
            lines = (made.stderr or made.stdout).strip().splitlines()
            raise Problem(f"installing Chromium failed: {' '.join(lines[-1:]) or 'apt-get says nothing'}")
    if found := find():
        return found
    raise Problem("apt-get installed Chromium, but it is not on the PATH")
