"""Versions: what lets a cached result be trusted, in memory that all workers of one `serve` share.

A writer calls `touch` with the keys that its change concerns, after the change and before it is acknowledged.
A reader takes a `stamp` of the keys that its result depends on before it reads; the result may be used again
as long as the stamp is `valid`. A key shares its slot with others now and then: that costs a recomputation,
never a wrong answer. Each touch stores a number never used before, so concurrent stores need no lock.
"""

import secrets
import zlib
from collections.abc import Iterable, Mapping
from ctypes import Array, c_uint64
from multiprocessing import get_context

SLOT_COUNT = 65_536
SCOPES = 256  # of the slots: those of ANY, which every stamp has, and so must be touched by nothing else
ANY = "any"  # touched where nobody knows what has changed; each stamp has it
_NOTHING: Mapping[str, int] = {}

# A result holds as long as, for at least one of the alternatives, none of its keys was touched.
Dependency = tuple[tuple[str, ...], ...]
Stamp = tuple[tuple[tuple[int, int], ...], ...]


class Versions:
    """`slots`: shared 64-bit numbers; made once by the parent process, and passed to its workers.

    scope: whose keys they are; equal keys of two scopes are two keys.
    """

    def __init__(self, slots: "Array[c_uint64] | None" = None, scope: str = "") -> None:
        self._slots = memoryview(slots if slots is not None else make_slots()).cast("B").cast("Q")  # quicker by half
        self._seed = zlib.crc32(scope.encode())
        self._any = SLOT_COUNT - SCOPES + self._seed % SCOPES

    def touch(self, keys: Iterable[str]) -> None:
        """Say that what `keys` stand for has changed."""
        version = secrets.randbits(64)
        for key in keys:
            self._slots[self._slot(key)] = version

    def touch_all(self) -> None:
        """Say that any metric may have changed."""
        self.touch((ANY,))

    def version(self, key: str) -> int:
        return self._slots[self._slot(key)]

    def stamp(self, dependency: Dependency, known: Mapping[str, int] = _NOTHING) -> Stamp:
        """The present versions of what a result is about to depend on; `known` are those read before."""
        return tuple(
            tuple((self._slot(key), known[key] if key in known else self.version(key)) for key in (*keys, ANY))
            for keys in dependency
        )

    def valid(self, stamp: Stamp) -> bool:
        """Whether one of the stamp's alternatives is untouched."""
        slots = self._slots
        for keys in stamp:  # each repeated request asks this
            for slot, version in keys:
                if slots[slot] != version:
                    break
            else:
                return True
        return False

    def concerns(self, stamp: Stamp, keys: Iterable[str]) -> bool:
        """Whether a touch of `keys` would end the stamp: none of its alternatives can then vouch any more."""
        slots = {self._slot(key) for key in keys}
        return all(any(slot in slots for slot, _ in alternative) for alternative in stamp)

    def _slot(self, key: str) -> int:
        return self._any if key == ANY else zlib.crc32(key.encode(), self._seed) % (SLOT_COUNT - SCOPES)


def make_slots() -> "Array[c_uint64]":
    """Zeroed shared memory."""
    return get_context("spawn").RawArray(c_uint64, SLOT_COUNT)
