"""Instants as text: RFC 3339 in and out, with milliseconds."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import msgspec

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""An instant in a JSON document."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_EPOCH_MS, _MAX_EPOCH_MS = -62_135_596_800_000, 253_402_300_799_999


def now() -> datetime:
    """The present, in UTC, to the millisecond."""
    return truncate(datetime.now(UTC))


def truncate(at: datetime) -> datetime:
    """Drop what is finer than a millisecond, as MongoDB does."""
    finer = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - finer) if finer else at


def parse(value: object) -> datetime:
    """Read RFC 3339 text or whole epoch milliseconds, as UTC. Raises ValueError that says what is wrong."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not _MIN_EPOCH_MS <= value <= _MAX_EPOCH_MS:
            raise ValueError("Epoch milliseconds out of range.")
        return _EPOCH + timedelta(milliseconds=value)
    if not isinstance(value, str):
        raise ValueError("Must be RFC 3339 text or whole epoch milliseconds.")  # noqa: TRY004 - one error to catch
    try:
        return truncate(msgspec.convert(value, _Aware).astimezone(UTC))
    except msgspec.ValidationError:
        pass
    except OverflowError:
        raise ValueError("Year out of range.") from None
    try:
        msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        raise ValueError("Must be RFC 3339, such as 2026-11-22T10:30:00Z.") from None
    raise ValueError("Has no time zone: end it in Z, or in an offset such as +01:00.")


def render(at: datetime, zone: tzinfo = UTC) -> str:
    """RFC 3339 with milliseconds, in `zone`: `2026-11-22T10:30:00.000Z`."""
    text = at.astimezone(zone).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
