"""StatsD's lines, with the tags and sections of DogStatsD: `name:value[:value...]|type[|@rate][|#tags][|T seconds]`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from telemetry_server.dialects.fitting import fit_name, fit_tags
from telemetry_server.schemas.fields import MAX_MAGNITUDE

TYPES: Final[Mapping[str, str]] = {
    "c": "counter",
    "m": "meter",
    "g": "gauge",
    "ms": "timer",
    "h": "histogram",
    "d": "histogram",
    "s": "gauge",  # of a set: how many members
}
MAX_NAME: Final = 200
_IGNORED = ("_e{", "_sc|")  # events and service checks
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]{1,4}+)?")
_SECONDS = re.compile(r"[0-9]{1,12}")


class Series(NamedTuple):
    """What values are gathered under. kind: one of TYPES. at_ms: None where they are of now."""

    kind: str
    name: str
    tags: tuple[str, ...]
    at_ms: int | None = None


class Sample(NamedTuple):
    """One line. member: of a set; else `values`. rate: which part was sent. change: of a gauge, not its level."""

    series: Series
    values: tuple[float, ...] = ()
    member: str = ""
    rate: float = 1.0
    change: bool = False


class Bad(ValueError):  # noqa: N818 - what the line is
    """A line that cannot be read."""


def read(datagram: bytes) -> tuple[list[Sample], int]:
    """The samples of a datagram, and how many of its lines are bad. Events and service checks are neither."""
    samples, bad = [], 0
    for line in datagram.decode(errors="replace").split("\n"):
        if not line or line.isspace() or line.startswith(_IGNORED):
            continue
        try:
            samples.append(_sample(line))
        except Bad:
            bad += 1
    return samples, bad


def _sample(line: str) -> Sample:
    head, *sections = line.rstrip().split("|")
    name, colon, written = head.partition(":")
    kind = sections[0] if sections else ""
    if not colon or not 0 < len(name) <= MAX_NAME or kind not in TYPES:
        raise Bad
    rate, tags, at_ms = 1.0, None, None
    for section in sections[1:]:
        if section.startswith("@"):
            rate = _number(section[1:])
        elif section.startswith("#"):
            tags = section[1:]
        elif section.startswith("T") and _SECONDS.fullmatch(section, 1):
            at_ms = int(section[1:]) * 1000
    if not 0 < rate <= 1:
        raise Bad
    series = Series(kind, _name(name), _tags(tags or ""), at_ms if kind in "cg" else None)
    if kind == "s":
        return Sample(series, member=written)
    change = kind == "g" and tags is None and written.startswith(("+", "-"))
    return Sample(series, tuple(map(_number, written.split(":"))), rate=rate, change=change)


def _number(text: str) -> float:
    if not _FLOAT.fullmatch(text) or not abs(number := float(text)) <= MAX_MAGNITUDE:
        raise Bad
    return number


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    return fit_name(text)


@lru_cache(maxsize=1024)
def _tags(text: str) -> tuple[str, ...]:
    pairs = (each.partition(":") for each in text.split(",") if each)
    return tuple(fit_tags(((key, value) for key, _, value in pairs), set()).values())
