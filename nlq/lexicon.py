"""Words and what they mean. Data only: a synonym is one line.

Every table maps a word, or words in a row, as typed (case folded) to the concept that rules speak of.
"""

from typing import Final, Literal

from nlq.question import Aggregation, Comparison, Unit

# --- fillers: a closed list. A word is here only if it cannot carry meaning: never `not`, `only`, `per`,
# `over`, `under`, `before`, `or`, `by`, `each`, `all-time` and their like.
FILLERS: Final = frozenset(
    """
    a an the of for in with and me us we i you my our it its that this there those these whose which what whats
    what's is are was were be been do does did has have had can could would will should want need like please
    kindly show give tell get find display see look fetch bring report return know let lets let's hey hi hello
    ok okay thanks thank thx pls plz chart graph plot about so then also and where , . ; : ? ! ( ) [ ] 's ’s ' ’
    """.split()
)

UNITS: Final[dict[str, Unit]] = {
    "s": "second", "sec": "second", "secs": "second", "second": "second", "seconds": "second",
    "m": "minute", "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "d": "day", "day": "day", "days": "day",
    "w": "week", "wk": "week", "wks": "week", "week": "week", "weeks": "week",
    "mo": "month", "month": "month", "months": "month",
    "quarter": "quarter", "quarters": "quarter", "qtr": "quarter",
    "y": "year", "yr": "year", "yrs": "year", "year": "year", "years": "year",
}  # fmt: skip

EVERY: Final[dict[str, Unit]] = {
    "secondly": "second", "minutely": "minute", "hourly": "hour", "daily": "day", "weekly": "week",
    "monthly": "month", "quarterly": "quarter", "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip

NUMBERS: Final[dict[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
}  # fmt: skip

# --- time words
MONTHS: Final[dict[str, int]] = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
    "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip

WEEKDAYS: Final[dict[str, int]] = {
    "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "wed": 2, "thursday": 3, "thu": 3,
    "thur": 3, "thurs": 3, "friday": 4, "fri": 4, "saturday": 5, "sat": 5, "sunday": 6, "sun": 6,
}  # fmt: skip

# Months and weekdays that are words, names or endings of other kinds too: `may`, `mar`, `sat`.
DOUBTFUL: Final = frozenset("jan feb march mar apr may jun jul aug sep sept oct nov dec mon wed sat sun".split())

# Those that are verbs, or ordinary words.
VERBS: Final = frozenset("may march sat sun wed".split())

# Words after which one of those is a time.
TIME_LEADS: Final = frozenset(
    """
    in on during since until till before after from to of between through over by last past next previous
    coming early late mid week weekend year month
    """.split()
)

# Hours from the start of the day that the part belongs to: a night follows its evening.
DAY_PARTS: Final[dict[str, tuple[int, int]]] = {
    "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (24, 30), "overnight": (22, 30),
}  # fmt: skip

# Names of times of day, as hours.
MOMENTS: Final[dict[str, int]] = {"midnight": 0, "noon": 12, "midday": 12}

ORDINALS: Final[dict[str, int]] = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
    "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

SMALL_NUMBERS: Final[dict[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip

TENS: Final[dict[str, int]] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip

DECADES: Final[dict[str, int]] = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80,
    "nineties": 90,
}  # fmt: skip

# Days that have a name, as month and day; the words as tokens, a possessive ending apart.
HOLIDAYS: Final[dict[str, tuple[int, int]]] = {
    "christmas": (12, 25), "xmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24),
    "boxing day": (12, 26), "new year 's eve": (12, 31), "new years eve": (12, 31), "new year 's day": (1, 1),
    "new years day": (1, 1), "valentine 's day": (2, 14), "halloween": (10, 31), "earth day": (4, 22),
    "labour day": (5, 1), "workers day": (5, 1), "workers ' day": (5, 1), "workers ’ day": (5, 1),
}  # fmt: skip

# Abbreviations of zones, summer time and all: `PST` in July means what clocks in Los Angeles show. Left out are
# those that are words (`EAT`, `WET`) and those that no convention decides (`IST`).
ZONES: Final[dict[str, str]] = {
    "utc": "UTC", "gmt": "UTC", "est": "America/New_York", "edt": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago", "mst": "America/Denver", "mdt": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "bst": "Europe/London", "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
}  # fmt: skip

# A number glued to one of these is two tokens: `30m`, `80%`, `1.5GB`.
MULTIPLIERS: Final[dict[str, float]] = {"k": 1e3, "bn": 1e9, "billion": 1e9, "million": 1e6, "thousand": 1e3}
UNIT_SUFFIXES: Final = (
    frozenset(UNITS) | frozenset(MULTIPLIERS) | {"%"} | frozenset("ns us µs ms kb mb gb tb kib mib gib tib".split())
)

AGGREGATIONS: Final[dict[str, Aggregation]] = {
    "count": Aggregation("count"),
    "counts": Aggregation("count"),
    "number": Aggregation("count"),
    "sum": Aggregation("sum"),
    "total": Aggregation("sum"),
    "totals": Aggregation("sum"),
    "average": Aggregation("avg"),
    "averages": Aggregation("avg"),
    "avg": Aggregation("avg"),
    "mean": Aggregation("avg"),
    "min": Aggregation("min"),
    "minimum": Aggregation("min"),
    "max": Aggregation("max"),
    "maximum": Aggregation("max"),
    "peak": Aggregation("max"),
    "median": Aggregation("percentile", 50),
    "range": Aggregation("range"),
    "spread": Aggregation("range"),
    "stddev": Aggregation("stddev"),
    "stdev": Aggregation("stddev"),
    "deviation": Aggregation("stddev"),
    "variance": Aggregation("variance"),
    "first": Aggregation("first"),
    "earliest": Aggregation("first"),
    "latest": Aggregation("latest"),
    "current": Aggregation("latest"),
    "newest": Aggregation("latest"),
}

# Units of values: what is measured, and how much of its base (seconds, bytes, percent) one of it is.
Quantity = Literal["time", "size", "percent"]
MEASURES: Final[dict[str, tuple[Quantity, float]]] = {
    "ns": ("time", 1e-9), "nanosecond": ("time", 1e-9), "us": ("time", 1e-6), "µs": ("time", 1e-6),
    "microsecond": ("time", 1e-6), "ms": ("time", 1e-3), "millisecond": ("time", 1e-3), "milli": ("time", 1e-3),
    "s": ("time", 1), "sec": ("time", 1), "second": ("time", 1), "min": ("time", 60), "minute": ("time", 60),
    "h": ("time", 3600), "hour": ("time", 3600),
    "b": ("size", 1), "byte": ("size", 1), "kb": ("size", 1e3), "kilobyte": ("size", 1e3), "mb": ("size", 1e6),
    "megabyte": ("size", 1e6), "gb": ("size", 1e9), "gigabyte": ("size", 1e9), "tb": ("size", 1e12),
    "kib": ("size", 2.0**10), "mib": ("size", 2.0**20), "gib": ("size", 2.0**30), "tib": ("size", 2.0**40),
    "%": ("percent", 1), "percent": ("percent", 1), "pct": ("percent", 1),
}  # fmt: skip
NAME_MEASURES: Final[dict[str, tuple[Quantity, float]]] = MEASURES | {"ratio": ("percent", 100.0)}

# Superlatives: which end of the order, and what the word says of the value itself. A `duration` word is about
# how long things take, a `count` word about how often they happen, a `good` word about which end is wanted; an
# `any` word goes with every metric.
Quality = Literal["any", "duration", "count", "good"]
SUPERLATIVES: Final[dict[str, tuple[bool, Quality]]] = {
    "top": (True, "any"),
    "highest": (True, "any"),
    "largest": (True, "any"),
    "biggest": (True, "any"),
    "greatest": (True, "any"),
    "bottom": (False, "any"),
    "lowest": (False, "any"),
    "smallest": (False, "any"),
    "most": (True, "any"),
    "least": (False, "any"),
    "fewest": (False, "count"),
    "best": (True, "good"),
    "worst": (False, "good"),
    "slowest": (True, "duration"),
    "longest": (True, "duration"),
    "shortest": (False, "duration"),
    "fastest": (False, "duration"),
    "quickest": (False, "duration"),
    "busiest": (True, "count"),
    "commonest": (True, "count"),
    "rarest": (False, "count"),
    "quietest": (False, "count"),
}

# What a value became, and as above what the word says of it.
CHANGES: Final[dict[str, tuple[Comparison, Quality]]] = {
    "slower": ("gt", "duration"),
    "faster": ("lt", "duration"),
    "busier": ("gt", "count"),
    "quieter": ("lt", "count"),
    "higher": ("gt", "any"),
    "lower": ("lt", "any"),
    "bigger": ("gt", "any"),
    "smaller": ("lt", "any"),
}

# Words in the name of a metric that had better be low: then the best is the lowest.
BAD_WORDS: Final = frozenset(
    "error failure fail latency duration delay wait time usage load lag depth timeout retry crash drop loss".split()
)

GOOD_WORDS: Final = frozenset(
    "revenue sale order signup login conversion throughput uptime score profit income win success deploy".split()
)

# Words in a metric's name by which a duration is known.
DURATION_WORDS: Final = frozenset("duration latency time elapsed delay wait ttfb ms us ns seconds millis".split())

# Words at the end of a metric's name that tell its unit, not what is measured.
UNIT_WORDS: Final = frozenset("ms us ns s sec second minute hour byte kb mb gb percent pct ratio total count".split())

# Words of the grammar that are no part of a metric's name, and name no tag value, unless a key stands before.
RESERVED: Final = frozenset(
    """
    not no only per over under above below before after since until till to from by and or on at in is each every
    between within without except excluding than more less least most last past previous this next top bottom
    all now today yesterday hour day week month quarter year minute second value values
    """.split()
)

COMPARISONS: Final[dict[str, Comparison]] = {
    "over": "gt", "above": "gt", ">": "gt", "more than": "gt", "greater than": "gt", "higher than": "gt",
    "larger than": "gt", "bigger than": "gt", "exceeding": "gt", "slower than": "gt",
    "under": "lt", "below": "lt", "<": "lt", "less than": "lt", "fewer than": "lt", "lower than": "lt",
    "smaller than": "lt", "faster than": "lt",
    "at least": "ge", ">=": "ge", "≥": "ge", "no less than": "ge", "not less than": "ge",
    "at most": "le", "<=": "le", "≤": "le", "no more than": "le", "not more than": "le", "up to": "le",
    "=": "eq", "==": "eq", "equal to": "eq", "equals": "eq", "exactly": "eq",
    "!=": "ne", "<>": "ne", "≠": "ne", "not equal to": "ne",
}  # fmt: skip

# Wishes that are understood, and are not questions of record.
UNSUPPORTED: Final[dict[str, str]] = {
    "why": "reasons are not recorded",
    "predict": "only the past is recorded",
    "forecast": "only the past is recorded",
    "delete": "a prompt never writes",
    "drop": "a prompt never writes",
    "remove": "a prompt never writes",
    "insert": "a prompt never writes",
    "update": "a prompt never writes",
}

# Every word of the tables above: what a misspelt word may have been meant to be.
WORDS: Final = (
    FILLERS | frozenset(UNITS) | frozenset(EVERY) | frozenset(NUMBERS) | frozenset(AGGREGATIONS)
    | frozenset(SUPERLATIVES) | frozenset(UNSUPPORTED)
)  # fmt: skip
