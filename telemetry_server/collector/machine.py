"""What this machine says of itself, through psutil.

A name says its unit only where it is not the usual one: `.usage` is a percentage; what is used, available,
read, written, sent or received is a number of bytes; all else is a plain number.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

import psutil

MAX_TAG_CHARACTERS = 200
MAX_PER_READER = 256  # cores, mounts or interfaces: a machine with more still makes one small batch
LOOPBACKS = {"lo", "lo0", "Loopback Pseudo-Interface 1"}
READ_ONLY_IMAGES = {"squashfs", "iso9660"}  # always 100 % full


class Reading(NamedTuple):
    """One number that the machine gave: a gauge, or the running total of a counter."""

    name: str
    value: float
    tags: tuple[str, ...] = ()
    is_total: bool = False


def cpu() -> Iterator[Reading]:
    yield Reading("cpu.usage", psutil.cpu_percent())
    for core, percent in enumerate(psutil.cpu_percent(percpu=True)):
        yield Reading("cpu.core.usage", percent, (f"core:{core}",))


def memory() -> Iterator[Reading]:
    physical = psutil.virtual_memory()
    yield Reading("memory.usage", physical.percent)
    yield Reading("memory.used", physical.used)
    yield Reading("memory.available", physical.available)
    yield Reading("swap.used", psutil.swap_memory().used)


def disk_space() -> Iterator[Reading]:
    """Usage of each file system, once: a device mounted in several places counts at its shortest path."""
    mounts: dict[str, str] = {}
    for part in sorted(psutil.disk_partitions(), key=lambda part: len(part.mountpoint)):
        if part.fstype not in READ_ONLY_IMAGES and os.path.isdir(part.mountpoint):  # noqa: PTH112
            mounts.setdefault(part.device, part.mountpoint)
    root = os.path.abspath(os.sep)  # noqa: PTH100
    for mount in sorted({*mounts.values(), root}):  # a container's root is no real device, but is its disk
        try:
            space = psutil.disk_usage(mount)
        except OSError:  # not ours to see
            continue
        yield Reading("disk.usage", space.percent, (tag("mount", mount),))
        yield Reading("disk.used", space.used, (tag("mount", mount),))


def disk_traffic() -> Iterator[Reading]:
    if total := psutil.disk_io_counters():
        yield Reading("disk.read", total.read_bytes, is_total=True)
        yield Reading("disk.write", total.write_bytes, is_total=True)


def network() -> Iterator[Reading]:
    """Traffic of each interface but the loopback, and but those that have never carried a byte."""
    for interface, total in sorted(psutil.net_io_counters(pernic=True).items()):
        if interface in LOOPBACKS or total.bytes_sent + total.bytes_recv == 0:
            continue
        yield Reading("network.sent", total.bytes_sent, (tag("interface", interface),), is_total=True)
        yield Reading("network.received", total.bytes_recv, (tag("interface", interface),), is_total=True)


def load() -> Iterator[Reading]:
    for minutes, average in zip((1, 5, 15), psutil.getloadavg(), strict=True):
        yield Reading(f"load.{minutes}m", average)


def processes() -> Iterator[Reading]:
    yield Reading("process.count", len(psutil.pids()))


READERS = (cpu, memory, disk_space, disk_traffic, network, load, processes)


def tag(key: str, value: str) -> str:
    """`key:value` as the server takes it: no control characters, not empty, not too long."""
    clean = "".join(char if char.isprintable() else "_" for char in value.strip())
    return f"{key}:{clean[:MAX_TAG_CHARACTERS] or 'unknown'}"


def readings() -> Iterator[Reading]:
    """All that the machine tells now; a reader that fails here is left out."""
    for reader in READERS:
        try:
            yield from list(reader())[:MAX_PER_READER]
        except (OSError, RuntimeError, NotImplementedError, psutil.Error):
            continue
