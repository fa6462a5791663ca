"""Influx line protocol: each field of a line is a metric `measurement.field`, and the field `value` `measurement`."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NotRequired, TypedDict

from telemetry_server.dialects.fitting import fit_name, fit_tags
from telemetry_server.dialects.identity import identity
from telemetry_server.dialects.translation import Item, Translation
from telemetry_server.errors import TooLarge

MAX_FIELDS: Final = 20_000
_MS: Final = 1_000_000  # in nanoseconds, as are those below
_SHORT: Final = {"ns": 1, "us": 1000, "ms": _MS, "s": 1000 * _MS}
PRECISIONS: Final[Mapping[str, int]] = MappingProxyType(_SHORT)
PRECISIONS_V1: Final[Mapping[str, int]] = MappingProxyType(
    {**_SHORT, "n": 1, "u": 1000, "µ": 1000, "m": 60_000 * _MS, "h": 3_600_000 * _MS}
)

_BYTES = "\udc80-\udcff"  # what is not UTF-8, as it is decoded
_KEY = rf"(?:\\[^\n]|[^\\,= \n{_BYTES}])++"
_VALUE = rf'(?:"(?:\\[^{_BYTES}]|[^"\\{_BYTES}])*+"|[^", \r\n{_BYTES}]++)'
_FIELD = re.compile(rf"({_KEY})=({_VALUE})")
_TAG = re.compile(rf",({_KEY})=({_KEY})")
_HEAD = re.compile(rf"[ \t]*+((?:\\[^\n]|[^\\, \n{_BYTES}])++)((?:,{_KEY}={_KEY})*+)")
_FIELDS = re.compile(rf" ++{_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+")
_END = re.compile(r"(?: ++(-?[0-9]{1,19}+))?+[ \t\r]*+(?:\n|\Z)")
_IDLE = re.compile(r"[ \t\r\0]*+(?:#[^\n]*+)?+(?:\n|\Z)")
_ESCAPED = re.compile(r"\\([,= ])")
_WHOLE = re.compile(r"(-?[0-9]{1,19}+)i|([0-9]{1,20}+)u")
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]{1,4}+)?")
_TRUE, _FALSE = ("t", "T", "true", "True", "TRUE"), ("f", "F", "false", "False", "FALSE")


class _Broken(ValueError):  # noqa: N818 - what the line is
    """A line that cannot be read, and why."""


def translated(text: str, unit: int, now_ms: int) -> Translation:
    """All lines, which are the data points by their numbers; what is not UTF-8 is in surrogates.

    unit: nanoseconds of a timestamp's unit. now_ms: of lines without one. Raises TooLarge.
    """
    done = Translation()
    place, number = 0, 1
    while place < len(text):
        begun = place
        if idle := _IDLE.match(text, place):
            place = idle.end()
        else:
            done.points += 1
            try:
                items, place = _line(text, place, number, done.told, unit, now_ms)
                done.items += items
            except _Broken as broken:
                done.rejected[number] = f"Line {number}: {broken}."
                place = text.find("\n", place) + 1 or len(text)
        number += text.count("\n", begun, place)
        if len(done.items) > MAX_FIELDS:
            raise TooLarge(f"A request holds at most {MAX_FIELDS} fields.")
    return done


class Failure(TypedDict):
    """An error, as the first version tells it."""

    error: str


class FailureV2(TypedDict):
    """An error, as the second version tells it; `line`: the first of those that were not taken."""

    code: str
    message: str
    line: NotRequired[int]


def failure(message: str) -> Failure:
    return {"error": message}


def failure_v2(status: int, message: str, line: int | None = None) -> FailureV2:
    body: FailureV2 = {"code": _CODES.get(status, "internal error"), "message": message}
    return body if line is None else {**body, "line": line}


def partial(done: Translation) -> str:
    """What is told where something was not taken."""
    some = "partial write" if len(done.rejected) < done.points else "unable to parse"
    return f"{some}: {done.message()} dropped={len(done.rejected)}"


_CODES: Final = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    409: "conflict",
    413: "request too large",
    429: "too many requests",
    503: "unavailable",
}


def _line(text: str, place: int, number: int, told: set[str], unit: int, now_ms: int) -> tuple[list[Item], int]:
    """What a line that begins at `place` gives, and where the next one begins."""
    head = _HEAD.match(text, place)
    if head is None:
        raise _Broken("missing measurement")
    after = text[head.end() : head.end() + 1]
    if after not in ("", " ", "\n", "\r"):
        raise _Broken("invalid tags")
    fields = _FIELDS.match(text, head.end())
    if fields is None:
        raise _Broken("invalid field format" if after == " " else "missing fields")
    end = _END.match(text, fields.end())
    if end is None:
        raise _Broken("bad timestamp" if text.startswith(" ", fields.end()) else "invalid field format")
    at_ns = int(end[1]) * unit if end[1] else None
    return list(_items(head, fields[0], at_ns, number, told, now_ms)), end.end()


def _items(
    head: re.Match[str], fields: str, at_ns: int | None, number: int, told: set[str], now_ms: int
) -> Iterator[Item]:
    measurement = _plain(head[1])
    pairs = [(_plain(key), _plain(value)) for key, value in _TAG.findall(head[2])]
    tags = list(fit_tags(pairs, told).values())
    series = [part for pair in sorted(pairs) for part in pair]
    for given, written in _FIELD.findall(fields):
        field, value = _plain(given), _number(written)
        name = fit_name(measurement if field == "value" else f"{measurement}.{field}")
        if value is None:
            told.add(f"Text is not stored: {name[:200]}.")
            continue
        document = {"name": name, "value": value, "tags": tags, "timestamp": now_ms if at_ns is None else at_ns // _MS}
        own = "" if at_ns is None else identity("influx", measurement, field, written, str(at_ns), *series)
        yield Item(number, document, own)


def _number(written: str) -> float | None:
    """None: it is text."""
    if written[0] == '"':
        return None
    if _FLOAT.fullmatch(written):
        return float(written)
    if whole := _WHOLE.fullmatch(written):
        value = int(whole[1] or whole[2])
        if value < (2**63 if whole[1] else 2**64) and value >= -(2**63):
            return value
        raise _Broken("a whole number out of range")
    if written in _TRUE or written in _FALSE:
        return float(written in _TRUE)
    raise _Broken("invalid number")


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
