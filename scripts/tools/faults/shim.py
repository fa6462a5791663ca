"""What is loaded into mongod or the server before libc, to slow its fsyncs and to move its clock: shim.c, compiled."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
_DELAY, _AHEAD, _FSYNCS = 0, 8, 16  # places in the file that is shared
SIZE = 24


def compiler() -> str | None:
    """A C compiler, where there is one."""
    return shutil.which("cc") or shutil.which("gcc")


class Shim:
    """Compiled in a folder; `environment` loads it into a program that is started with it."""

    def __init__(self, folder: Path, compiler: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        library, shared = folder / "shim.so", folder / "shim.shared"
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        shared.write_bytes(bytes(SIZE))
        with shared.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_SHARED": str(shared)}

    @property
    def prefix(self) -> list[str]:
        """Before a command that is to have it."""
        return ["env", *(f"{name}={value}" for name, value in self.environment.items())]

    @property
    def fsyncs(self) -> int:
        """How many there were."""
        count: int = struct.unpack_from("q", self._shared, _FSYNCS)[0]
        return count

    def slow_fsync(self, seconds: float) -> None:
        """Let each take so much longer from now on."""
        struct.pack_into("q", self._shared, _DELAY, int(seconds * 1e6))

    def jump(self, seconds: float) -> None:
        """Let the clock be so far ahead from now on; less than 0: behind."""
        struct.pack_into("q", self._shared, _AHEAD, int(seconds * 1e9))
