"""Words and what they mean. Data only: a synonym is one line.

Every table maps a word, or words in a row, as typed (case folded) to the concept that rules speak of.
"""

from typing import Final, Literal

from nlq.measures import MEASURES
from nlq.question import Aggregation, Comparison, Unit

# --- fillers: a closed list. A word is here only if it cannot carry meaning: never `not`, `only`, `per`,
# `over`, `under`, `before`, `or`, `by`, `each`, `all-time` and their like.
FILLERS: Final = frozenset(
    """
    a an the of for in with and me us we i you my our it its that this there those these whose which what whats
    what's is are was were be been do does did has have had can could would want need like please
    kindly show give tell get find display see look fetch bring report return know let lets let's hey hi hello
    thanks thank thx pls plz chart graph plot about so then also and where , . ; : ? ! ( ) [ ] - – — 's ’s ' ’
    am 'm ’m i'm im i've we've i'd we'd 'd ’d i'd 've ’ve wondering wonder interested curious wish mind dear able
    their them they he she his her
    """.split()
)

# Fillers that open a prompt, and say something elsewhere: `ok, show me errors`, and `are errors ok`.
OPENERS: Final = frozenset("ok okay".split())

# Fillers that lead to something: at the end of a prompt what they lead to is missing.
LEADING: Final = frozenset("a an the of for in with and where whose my our your".split())

# Fillers that may be stored values too: `us`, but for `show us`; and all others behind one of these: `in it`.
_OBJECTS: Final = frozenset("us me".split())
_ARTICLES: Final = frozenset("a an the".split())
_ASKING: Final = frozenset("show give tell get let lets bring find fetch return help".split())
_BEFORE_VALUES: Final = frozenset("the in from on at by for vs versus not or".split())


def is_value(word: str, before: str) -> bool:
    """Whether a filler that is a stored value too is meant as the value, behind the word before it (empty: none)."""
    if before in _ASKING or word in _ARTICLES:
        return False
    return word in _OBJECTS or before in _BEFORE_VALUES


UNITS: Final[dict[str, Unit]] = {
    "s": "second", "sec": "second", "secs": "second", "second": "second", "seconds": "second",
    "m": "minute", "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "d": "day", "day": "day", "days": "day",
    "w": "week", "wk": "week", "wks": "week", "week": "week", "weeks": "week",
    "mo": "month", "mth": "month", "mths": "month", "month": "month", "months": "month",
    "quarter": "quarter", "quarters": "quarter", "qtr": "quarter",
    "y": "year", "yr": "year", "yrs": "year", "year": "year", "years": "year",
}  # fmt: skip

EVERY: Final[dict[str, Unit]] = {
    "secondly": "second", "minutely": "minute", "hourly": "hour", "daily": "day", "weekly": "week",
    "monthly": "month", "quarterly": "quarter", "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip

NUMBERS: Final[dict[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
}  # fmt: skip

# --- time words
MONTHS: Final[dict[str, int]] = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
    "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip

WEEKDAYS: Final[dict[str, int]] = {
    "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "wed": 2, "weds": 2,
    "thursday": 3, "thu": 3, "thur": 3, "thurs": 3, "friday": 4, "fri": 4,
    "saturday": 5, "sat": 5, "sunday": 6, "sun": 6,
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

# Calendar units up to now: `ytd` is year to date.
TO_DATE: Final[dict[str, Unit]] = {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}

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

# A number glued to one of these is two tokens: `30m`, `80%`, `1.5GB`.
MULTIPLIERS: Final[dict[str, float]] = {"k": 1e3, "bn": 1e9, "billion": 1e9, "million": 1e6, "thousand": 1e3}
UNIT_SUFFIXES: Final = frozenset(UNITS) | frozenset(MULTIPLIERS) | frozenset(MEASURES)

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
    "std": Aggregation("stddev"),
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

# Superlatives: which end of the order, and what the word says of the value itself. A `duration` word is about
# how long things take, a `pace` word so too, but of a speed it means the other end; a `count` word about how often
# they happen, a `good` word about which end is wanted; an `any` word goes with every metric. The others say what is
# measured.
Quality = Literal[
    "any", "count", "good", "duration", "pace", "delay", "temperature", "mass", "distance", "money", "fill"
]
SUPERLATIVES: Final[dict[str, tuple[bool, Quality]]] = {
    "top": (True, "any"),
    "highest": (True, "any"),
    "largest": (True, "any"),
    "biggest": (True, "any"),
    "greatest": (True, "any"),
    "strongest": (True, "any"),
    "weakest": (False, "any"),
    "bottom": (False, "any"),
    "lowest": (False, "any"),
    "smallest": (False, "any"),
    "most": (True, "any"),
    "least": (False, "any"),
    "fewest": (False, "count"),
    "best": (True, "good"),
    "worst": (False, "good"),
    "slowest": (True, "pace"),
    "longest": (True, "duration"),
    "shortest": (False, "duration"),
    "fastest": (False, "pace"),
    "quickest": (False, "pace"),
    "hottest": (True, "temperature"),
    "warmest": (True, "temperature"),
    "coldest": (False, "temperature"),
    "coolest": (False, "temperature"),
    "heaviest": (True, "mass"),
    "lightest": (False, "mass"),
    "farthest": (True, "distance"),
    "furthest": (True, "distance"),
    "cheapest": (False, "money"),
    "costliest": (True, "money"),
    "fullest": (True, "fill"),
    "emptiest": (False, "fill"),
    "busiest": (True, "count"),
    "commonest": (True, "count"),
    "rarest": (False, "count"),
    "quietest": (False, "count"),
}

OUTCOMES: Final = frozenset({"fail", "failure", "pass"})  # values that are said as verbs: `failed` of `failure`

LOADED: Final = frozenset({"busiest", "quietest", "busier", "quieter"})  # of what has levels: by these, not counted

# `how hot`, `20 minutes late`: which end is much of it, and what is measured.
ADJECTIVES: Final[dict[str, tuple[bool, Quality]]] = {
    "long": (True, "duration"),
    "slow": (True, "pace"),
    "fast": (False, "pace"),
    "quick": (False, "pace"),
    "quickly": (False, "pace"),
    "late": (True, "delay"),
    "delayed": (True, "delay"),
    "hot": (True, "temperature"),
    "warm": (True, "temperature"),
    "cold": (False, "temperature"),
    "cool": (False, "temperature"),
    "heavy": (True, "mass"),
    "far": (True, "distance"),
    "expensive": (True, "money"),
    "cheap": (False, "money"),
    "full": (True, "fill"),
    "empty": (False, "fill"),
    "strong": (True, "any"),
    "weak": (False, "any"),
    "high": (True, "any"),
    "low": (False, "any"),
    "big": (True, "any"),
    "large": (True, "any"),
    "small": (False, "any"),
}

# What a value became, or is beside a number, and as above what the word says of it.
CHANGES: Final[dict[str, tuple[Comparison, Quality]]] = {
    "slower": ("gt", "pace"),
    "faster": ("lt", "pace"),
    "quicker": ("lt", "pace"),
    "longer": ("gt", "duration"),
    "shorter": ("lt", "duration"),
    "hotter": ("gt", "temperature"),
    "warmer": ("gt", "temperature"),
    "colder": ("lt", "temperature"),
    "cooler": ("lt", "temperature"),
    "heavier": ("gt", "mass"),
    "lighter": ("lt", "mass"),
    "farther": ("gt", "distance"),
    "further": ("gt", "distance"),
    "cheaper": ("lt", "money"),
    "costlier": ("gt", "money"),
    "fuller": ("gt", "fill"),
    "emptier": ("lt", "fill"),
    "more": ("gt", "any"),
    "fewer": ("lt", "any"),
    "less": ("lt", "any"),
    "busier": ("gt", "count"),
    "quieter": ("lt", "count"),
    "higher": ("gt", "any"),
    "lower": ("lt", "any"),
    "later": ("gt", "delay"),
    "better": ("gt", "good"),
    "worse": ("lt", "good"),
    "bigger": ("gt", "any"),
    "smaller": ("lt", "any"),
}

# Words in the name of a metric that had better be low: then the best is the lowest.
BAD_WORDS: Final = frozenset(
    """
    error failure fail latency duration delay wait time usage load lag depth timeout retry crash drop loss lost ping
    stop defect fault violation alert damage damaged missed incident accident complaint alarm outage breakdown downtime
    waste rejected cancelled abandoned scrap scrapped reject bounce churn throttled expired declined denied overflow
    """.split()
)

GOOD_WORDS: Final = frozenset(
    """
    revenue sale sold order signup login conversion throughput uptime score profit income win won success deploy
    purchased completed delivered
    """.split()
)

# Words in a metric's name by which it is known what it measures.
DURATION_WORDS: Final = frozenset(
    "duration latency time runtime turnaround elapsed delay wait ttfb ms us ns seconds millis".split()
)
SPEED_WORDS: Final = frozenset("speed velocity kmh kph mph fps".split())
QUALITY_WORDS: Final[dict[Quality, frozenset[str]]] = {
    "duration": DURATION_WORDS,
    "pace": DURATION_WORDS | SPEED_WORDS,
    "delay": frozenset("delay lateness late overdue".split()),
    "temperature": frozenset("temperature temp celsius fahrenheit".split()),
    "mass": frozenset("weight mass kg gram".split()),
    "distance": frozenset("distance km mile".split()),
    "money": frozenset("price cost fee eur usd gbp".split()),
    "fill": frozenset("usage used level fill utilization utilisation occupancy".split()),
}

# What was earned; and words in the name of a metric by which it is not.
EARNINGS: Final = frozenset("revenue revenues takings earnings earn earned income proceeds turnover money".split())
SPENDING: Final = frozenset(
    """
    cost fee price refund discount expense spend spent tax payout wage salary budget loss debt fine refunded chargeback
    claim penalty compensation
    """.split()
)

# Short forms in names and prompts, and the words that they are, each in the singular.
SHORT_FORMS: Final = {
    "temp": "temperature", "mem": "memory", "msg": "message", "req": "request", "conn": "connection",
    "err": "error", "resp": "response", "sec": "second",
}  # fmt: skip

# Words of the language as they are typed in haste, and what they are.
HASTY: Final = {
    "yday": "yesterday", "yest": "yesterday", "prev": "previous", "w/o": "without", "w/": "with",
    "excl": "excluding", "excl.": "excluding",
}  # fmt: skip

# Words that stand for no other word of a name: `rate` is neither `rating` nor `rated`.
WHOLE_WORDS: Final = frozenset("rate ratio".split())

# Words at the end of a metric's name that tell its unit, not what is measured.
UNIT_WORDS: Final = frozenset(MEASURES) | {"total", "count"}

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
    "larger than": "gt", "bigger than": "gt", "exceeding": "gt",
    "under": "lt", "below": "lt", "<": "lt", "less than": "lt", "fewer than": "lt", "lower than": "lt",
    "smaller than": "lt",
    "at least": "ge", ">=": "ge", "≥": "ge", "no less than": "ge", "not less than": "ge",
    "at most": "le", "<=": "le", "≤": "le", "no more than": "le", "not more than": "le", "up to": "le",
    "=": "eq", "==": "eq", "equal to": "eq", "equals": "eq", "exactly": "eq",
    "!=": "ne", "<>": "ne", "≠": "ne", "not equal to": "ne",
}  # fmt: skip

# What holds where a comparison does not.
NEGATED: Final[dict[Comparison, Comparison]] = {
    "eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt",
}  # fmt: skip

# Wishes that are understood, and are not questions of record: why not, and the words that wish it.
WISHES: Final[dict[str, frozenset[str]]] = {
    "A prompt never writes": frozenset(
        "delete drop remove insert update truncate purge erase wipe rename overwrite".split()
    ),
    "A prompt only asks, and does nothing": frozenset(
        """
        restart reboot stop kill fix repair mute disable enable rollback turn clear create set undo configure
        """.split()
    ),
    "An answer goes to nobody else, and is given once": frozenset(
        "alert notify remind email send export download subscribe schedule".split()
    ),
    "Reasons are not recorded": frozenset("why explain because cause causes caused causing reason reasons".split()),
    "Only the past is recorded": frozenset(
        "predict prediction forecast will estimate extrapolate simulate expect projection".split()
    ),
    "What should be done is not recorded": frozenset("should recommend suggest advise advice improve reduce".split()),
    "What is good or normal is not recorded": frozenset(
        """
        good ok okay healthy unhealthy normal abnormal wrong weird strange unusual acceptable
        anomaly anomalies anomalous outlier outliers
        """.split()
    ),
    "Only what was sent here is recorded": frozenset("competitor competitors industry".split()),
    "Correlations are not computed": frozenset("correlate correlates correlated correlation".split()),
}

WISHED: Final = frozenset().union(*WISHES.values())

# Every word of the tables above: what a misspelt word may have been meant to be.
WORDS: Final = (
    FILLERS | frozenset(UNITS) | frozenset(EVERY) | frozenset(NUMBERS) | frozenset(AGGREGATIONS)
    | frozenset(SUPERLATIVES) | frozenset(CHANGES) | WISHED
)  # fmt: skip
