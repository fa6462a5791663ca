"""Units of values, and how they are written. Data only: a unit is one line, a spelling one word."""

from typing import Final

from msgspec import Struct


class Measure(Struct, frozen=True):
    """A unit of values. An amount of it is `(number + shift) * size` of its quantity's base.

    symbol: how readings write it. word: in full, in the singular. size 0: any unit of the quantity, so the metric's
    own.
    """

    symbol: str
    word: str
    quantity: str
    size: float = 1.0
    shift: float = 0.0


PERCENT: Final = frozenset({"%", "percent", "pct"})  # how it is written

# Quantity -> its units: symbol, size, shift where there is one, and how it is written: in full first, in the singular.
_TABLE: dict[str, tuple[tuple[str, float, str] | tuple[str, float, float, str], ...]] = {
    "time": (
        ("ns", 1e-9, "nanosecond ns"),
        ("us", 1e-6, "microsecond us µs μs"),
        ("ms", 1e-3, "millisecond ms milli millis"),
        ("s", 1, "second s sec secs"),
        ("min", 60, "minute min mins"),
        ("h", 3600, "hour h hr hrs"),
        ("day", 86_400, "day"),
        ("week", 604_800, "week"),
    ),
    "size": (
        ("B", 1, "byte b"),
        ("kB", 1e3, "kilobyte kb"),
        ("MB", 1e6, "megabyte mb meg"),
        ("GB", 1e9, "gigabyte gb gig"),
        ("TB", 1e12, "terabyte tb"),
        ("KiB", 2.0**10, "kibibyte kib"),
        ("MiB", 2.0**20, "mebibyte mib"),
        ("GiB", 2.0**30, "gibibyte gib"),
        ("TiB", 2.0**40, "tebibyte tib"),
    ),
    "percent": (("%", 1, "percent % pct"), ("ratio", 100, "ratio")),
    "temperature": (
        ("°C", 1, "celsius c °c"),
        ("°F", 5 / 9, -32, "fahrenheit f °f"),
        ("K", 1, -273.15, "kelvin"),
        ("°", 0, "degree ° deg"),
    ),
    "length": (
        ("um", 1e-6, "micrometer micrometre um µm μm micron"),
        ("mm", 1e-3, "millimeter millimetre mm"),
        ("cm", 1e-2, "centimeter centimetre cm"),
        ("m", 1, "meter metre m"),
        ("km", 1e3, "kilometer kilometre km kms"),
        ("mi", 1609.344, "mile mi"),
        ("ft", 0.3048, "foot feet ft"),
    ),
    "speed": (
        ("km/h", 1, "km/h kmh kph kmph"),
        ("m/s", 3.6, "m/s mps"),
        ("mph", 1.609344, "mph mi/h"),
        ("m/min", 0.06, "m/min"),
        ("mm/s", 0.0036, "mm/s"),
    ),
    "mass": (
        ("mg", 1e-6, "milligram mg"),
        ("g", 1e-3, "gram g"),
        ("kg", 1, "kilogram kg kilo"),
        ("t", 1e3, "tonne t"),
        ("lb", 0.45359237, "lb lbs"),
    ),
    "volume": (
        ("ml", 1e-3, "milliliter millilitre ml"),
        ("l", 1, "liter litre l"),
        ("m3", 1e3, "m3 m³"),
    ),
    "pressure": (
        ("Pa", 1, "pascal pa"),
        ("hPa", 1e2, "hectopascal hpa"),
        ("kPa", 1e3, "kilopascal kpa"),
        ("MPa", 1e6, "megapascal mpa"),
        ("mbar", 1e2, "millibar mbar"),
        ("bar", 1e5, "bar"),
        ("psi", 6894.757293168, "psi"),
    ),
    "power": (("W", 1, "watt w"), ("kW", 1e3, "kilowatt kw")),
    "energy": (("Wh", 1, "wh"), ("kWh", 1e3, "kwh"), ("MWh", 1e6, "mwh"), ("GWh", 1e9, "gwh")),
    "voltage": (("mV", 1e-3, "millivolt mv"), ("V", 1, "volt v"), ("kV", 1e3, "kilovolt kv")),
    "current": (("mA", 1e-3, "milliamp ma"), ("A", 1, "amp ampere")),
    "frequency": (("Hz", 1, "hertz hz"), ("kHz", 1e3, "khz"), ("MHz", 1e6, "mhz"), ("GHz", 1e9, "ghz")),
    "rotation": (("rpm", 1, "rpm"),),
    "frame rate": (("fps", 1, "fps"),),
    "concentration": (("ppm", 1, "ppm"), ("ppb", 1e-3, "ppb")),
    "euros": (("EUR", 1, "euro eur €"),),
    "dollars": (("USD", 1, "dollar usd $"),),
    "pounds": (("GBP", 1, "gbp £"),),
}  # fmt: skip


def _measures() -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for quantity, rows in _TABLE.items():
        for symbol, size, *shift, spellings in rows:
            words = str(spellings).split()
            measure = Measure(str(symbol), words[0], quantity, float(size), *map(float, shift))
            found |= dict.fromkeys(words, measure)
    return found


MEASURES: Final = _measures()  # by spelling, case folded and in the singular


def spellings_of(word: str) -> list[str]:
    """How else the unit that the word is may be written."""
    return [other for other, measure in MEASURES.items() if measure == MEASURES[word]]


SYMBOLS: Final = {measure.symbol: measure for measure in MEASURES.values()}
SECOND: Final = MEASURES["second"]
CURRENCIES: Final = ("€", "$", "£")  # written before the number too

# Where a name tells no unit, a number with one of these is taken as it is, if the name has one of the words (or any).
LOOSE: Final = {"%": frozenset[str](), "°": frozenset({"temperature", "temp"})}

# What may stand behind the unit in a name, and says no more of it.
STATISTICS: Final = frozenset("min max mean avg median total sum".split())
