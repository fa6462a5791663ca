"""Audience: all who listen in one worker, to whatever; as many as may."""

import contextlib
from collections.abc import Iterator

from telemetry_server.errors import Unavailable
from telemetry_server.live.listener import Listener


class Audience:
    """`end` lets all go; who comes after that is let go at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._listeners: set[Listener] = set()
        self._ended = False

    def __len__(self) -> int:
        return len(self._listeners)

    def end(self) -> None:
        self._ended = True
        for listener in tuple(self._listeners):
            listener.end()

    @contextlib.contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        """While one listens. Raises Unavailable."""
        if len(self._listeners) >= self._most:
            raise Unavailable("As many listen as may.")
        self._listeners.add(listener)
        if self._ended:
            listener.end()
        try:
            yield
        finally:
            self._listeners.discard(listener)
