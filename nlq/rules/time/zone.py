"""Time zones: `in Tokyo time`, `Europe/Berlin time`, `EST`, `UTC`."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo, available_timezones

from nlq import almanac
from nlq.context import Context
from nlq.rule import Match, Rule, Scanner
from nlq.rules.time.produce import same
from nlq.tokens import Token

_MOST_WORDS = 3  # of a city


def _zones() -> dict[str, str]:
    """Folded names of zones and of their cities -> IANA names: `europe/berlin`, `new york`."""
    names = sorted(name for name in available_timezones() if "/" in name)
    cities = {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in names}
    return cities | {name.casefold(): name for name in names} | almanac.ZONES


_ZONES = _zones()


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if token.norm in almanac.ZONES:
            yield Match(index, index + 1, "zone-name", ZoneInfo(almanac.ZONES[token.norm]), 0.0, "zone abbreviation")
        elif "/" in token.norm and token.norm in _ZONES:
            yield Match(index, index + 1, "zone-name", ZoneInfo(_ZONES[token.norm]), 0.0, "zone name")
        elif token.norm == "time":
            yield from _cities(tokens, index)


def _cities(tokens: Sequence[Token], end: int) -> Iterator[Match]:
    """`Tokyo time`, `new york time`: up to the word `time` at `end`."""
    for start in range(max(0, end - _MOST_WORDS), end):
        city = " ".join(token.norm for token in tokens[start:end])
        if city in _ZONES:
            yield Match(start, end + 1, "zone-time", ZoneInfo(_ZONES[city]), 0.0, "city")


SCANNERS = (Scanner("zone", _scan),)
RULES = (
    Rule("zone", "in? <zone-name> time?", "zone", same),
    Rule("city", "in? <zone-time>", "zone", same),
)
