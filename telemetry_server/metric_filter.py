"""MetricFilter: which metrics a list shows; and Cursor: where in the list a page begins."""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = struct.Struct(">q12s")


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """All conditions must hold. `[start, end)` bounds the timestamp, `[least, most]` the value."""

    name: str | None = None
    tags: tuple[str, ...] = ()
    type: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last metric of the page before: a list is ordered by timestamp and id, both falling."""

    timestamp: datetime
    id: str

    def encode(self) -> str:
        """As opaque text."""
        epoch_ms = (self.timestamp - _EPOCH) // timedelta(milliseconds=1)
        return base64.urlsafe_b64encode(_CURSOR.pack(epoch_ms, bytes.fromhex(self.id))).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The inverse. Raises ValueError for anything that `encode` did not make."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            epoch_ms, metric_id = _CURSOR.unpack(raw)
            cursor = cls(_EPOCH + timedelta(milliseconds=epoch_ms), metric_id.hex())
        except (binascii.Error, struct.error, OverflowError, UnicodeEncodeError, ValueError):
            raise ValueError("not a cursor") from None
        if cursor.encode() != text:
            raise ValueError("not a cursor")
        return cursor
