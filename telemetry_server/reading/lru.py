"""Values by key within a bound of bytes: those that were not asked for the longest go first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lru(Generic[Key, Value]):
    """Holds up to `max_bytes` by the sizes that `put` is told. One that is larger by itself is not kept."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: OrderedDict[Key, tuple[Value, int]] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> Value | None:
        item = self._items.get(key)
        if item is None:
            return None
        self._items.move_to_end(key)
        return item[0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        """Keep `value`, in the place of what the key had."""
        self.drop(key)
        if size_bytes > self._max_bytes:
            return
        self._items[key] = (value, size_bytes)
        self._bytes += size_bytes
        while self._bytes > self._max_bytes:
            _, (_, freed_bytes) = self._items.popitem(last=False)
            self._bytes -= freed_bytes

    def shed(self, dead: Callable[[Value], bool]) -> None:
        """Forget what was not asked for the longest, up to the first value that is not `dead`."""
        while self._items:
            key, (value, _) = next(iter(self._items.items()))
            if not dead(value):
                return
            self.drop(key)

    def drop(self, key: Key) -> None:
        """Forget what the key has, if anything."""
        item = self._items.pop(key, None)
        if item is not None:
            self._bytes -= item[1]
