"""Time zones: `in Tokyo time`, `Europe/Berlin time`, `EST`, `UTC`."""

from collections.abc import Iterator, Sequence
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.tokens import Token


@cache
def _zones() -> dict[str, str]:
    """Folded IANA names, and the names of their cities, in words: `europe/berlin`, `new york`."""
    names = sorted(available_timezones())
    cities = {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in names if "/" in name}
    return cities | {name.casefold(): name for name in names if "/" in name} | lexicon.ZONES


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    zones = _zones()
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if token.norm in lexicon.ZONES:
            yield Match(index, index + 1, "zone-short", ZoneInfo(lexicon.ZONES[token.norm]), 0.0, "zone abbreviation")
        elif "/" in token.norm and token.norm in zones:
            yield Match(index, index + 1, "zone-name", ZoneInfo(zones[token.norm]), 0.0, "zone name")
        for end in range(index + 2, min(index + 5, len(tokens) + 1)):
            city = " ".join(word.norm for word in tokens[index : end - 1])
            if tokens[end - 1].norm == "time" and city in zones:
                yield Match(index, end, "zone-name", ZoneInfo(zones[city]), 0.0, "city")


SCANNERS = (Scanner("zone", _scan),)
RULES = (
    Rule("zone", "in? <zone-name> time?", "zone", lambda _c, zone: zone),
    Rule("short zone", "in? <zone-short> time?", "zone", lambda _c, zone: zone),
)
