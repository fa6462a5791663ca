"""A file -> what it holds, where it is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from telemetry_server.backups.form import Count, Damaged, Header, Place, Reader, read_json
from telemetry_server.backups.progress import Told
from telemetry_server.errors import Problem
from telemetry_server.stores.mongo import split


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds, and its digest."""

    header: Header
    counts: tuple[Count, ...]
    digest: str

    @property
    def documents(self) -> int:
        return sum(each.documents for each in self.counts)


def opened(path: Path) -> BinaryIO:
    """The file. Raises Problem."""
    try:
        return path.open("rb")
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None


def check(path: Path, told: Told) -> Contents:
    """Read all of it, and keep nothing. Raises Damaged, Problem."""
    with opened(path) as stream:
        reader = Reader(stream)
        chunks = iter(reader)
        header = first_of(chunks)
        found: dict[Place, int] = {}
        place: Place | None = None
        for kind, raw in chunks:
            if kind == "c":
                place = read_json(raw, Place)
                found[place] = 0
            elif kind == "d" and place is not None:
                count = _counted(raw)
                found[place] += count
                told(count, header.documents)
            elif kind == "e":
                counts = tuple(read_json(raw, list[Count]))
                if {each.place: each.documents for each in counts} != found:
                    raise Damaged("The backup does not hold what it says.")
                return Contents(header, counts, reader.digest)
            else:
                raise Damaged("The backup holds what is not understood.")
    raise Damaged("The backup has no end.")


def first_of(chunks: Iterator[tuple[str, bytes]]) -> Header:
    """The header, which comes first. Raises Damaged."""
    kind, raw = next(chunks)
    if kind != "h":
        raise Damaged("The backup does not say what it is of.")
    return read_json(raw, Header)


def _counted(raw: bytes) -> int:
    try:
        return sum(1 for _ in split(raw))
    except ValueError:
        raise Damaged("The backup holds what are no documents.") from None
