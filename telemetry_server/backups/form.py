"""The file: a line that names the form and its version, then chunks.

    kind (1 byte) | expanded size (4) | size (4) | payload: Zstandard | digest (32)

kinds: `h` what it is of, as JSON, first; `c` the collection that follows, as JSON; `d` its documents, as BSON; `e` how
many there were in each, as JSON, last. A digest is BLAKE2b over the digest before it and its own chunk: so that of the
last chunk is one of the whole file, and no chunk can be changed, left out, doubled or moved.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Literal, TypeVar, get_args

import msgspec

from telemetry_server.errors import Problem
from telemetry_server.http.compression import expanded, packed

T = TypeVar("T")
Kind = Literal["h", "c", "d", "e"]
NAME: Final = b"telemetry-server backup "
VERSION: Final = 1
MAX_CHUNK_BYTES: Final = 64 << 20  # MongoDB gives 16 MB at a time
DIGEST_BYTES: Final = 32
MAX_LINE_BYTES: Final = 64
_HEAD = struct.Struct(">cII")


class Damaged(Problem):
    """What is read is no whole backup."""


class Header(msgspec.Struct, frozen=True):
    """What a backup is of. made_at: RFC 3339; documents: about how many, by MongoDB's count."""

    app_env: str
    made_at: str
    made_by: str
    documents: int


class Place(msgspec.Struct, frozen=True, order=True):
    """A collection; of a tenant's database, or (empty) of the one that has none."""

    tenant: str
    collection: str


class Count(msgspec.Struct, frozen=True):
    """How many documents a collection has."""

    place: Place
    documents: int


class Writer:
    """Writes chunks to a binary stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = _first_digest(VERSION)
        stream.write(_line(VERSION))

    @property
    def digest(self) -> str:
        """Of all that was written, as hex digits."""
        return self._digest.hex()

    def put(self, kind: Kind, raw: bytes) -> None:
        """Write one chunk."""
        payload = packed(raw)
        head = _HEAD.pack(kind.encode(), len(raw), len(payload))
        self._digest = _next_digest(self._digest, head, payload)
        self._stream.write(head + payload + self._digest)

    def put_json(self, kind: Kind, value: Any) -> None:
        self.put(kind, msgspec.json.encode(value))


class Reader:
    """Reads chunks from a binary stream that `Writer` wrote. Raises Damaged."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        line = stream.readline(MAX_LINE_BYTES)
        if not line.startswith(NAME):
            raise Damaged("This is no backup of a telemetry server.")
        if line != _line(VERSION):
            raise Damaged(f"This backup is of another version than {VERSION}, the one that can be read here.")
        self._digest = _first_digest(VERSION)

    @property
    def digest(self) -> str:
        """Of all that was read, as hex digits."""
        return self._digest.hex()

    def __iter__(self) -> Iterator[tuple[Kind, bytes]]:
        """Each chunk, once it is known to be whole; the last one is of kind `e`, and nothing is behind it."""
        kind: Any = None
        while kind != "e":
            head = self._read(_HEAD.size)
            code, raw_size, size = _HEAD.unpack(head)
            kind = code.decode("latin-1")
            if kind not in get_args(Kind) or max(raw_size, size) > MAX_CHUNK_BYTES:
                raise Damaged(f"The backup is damaged before byte {self._stream.tell()}.")
            payload = self._read(size)
            digest = _next_digest(self._digest, head, payload)
            if self._read(DIGEST_BYTES) != digest:
                raise Damaged(f"The backup is damaged before byte {self._stream.tell()}.")
            self._digest = digest
            if kind == "e" and self._stream.read(1):
                raise Damaged("There is something behind the end of the backup.")
            yield kind, _expand(payload, raw_size)

    def _read(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise Damaged(f"The backup is cut off at byte {self._stream.tell()}.")
        return found


def read_json(raw: bytes, kind: type[T]) -> T:
    """Of a chunk. Raises Damaged."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        raise Damaged("The backup holds what is not understood.") from None


def _expand(payload: bytes, size: int) -> bytes:
    try:
        raw = expanded(payload, "zstd", size)
    except Problem:
        raw = b""
    if len(raw) != size:
        raise Damaged("The backup holds what cannot be expanded.")
    return raw


def _line(version: int) -> bytes:
    return NAME + b"%d\n" % version


def _first_digest(version: int) -> bytes:
    return hashlib.blake2b(_line(version), digest_size=DIGEST_BYTES).digest()


def _next_digest(before: bytes, head: bytes, payload: bytes) -> bytes:
    digest = hashlib.blake2b(before, digest_size=DIGEST_BYTES)
    digest.update(head)
    digest.update(payload)
    return digest.digest()
