"""Times and zones that have a name. Data only."""

from typing import Final

# Seasons, of the northern half of the world: the month that each begins with.
SEASONS: Final[dict[str, int]] = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}

# Days that have a name, as month and day; the words as tokens, a possessive ending apart.
HOLIDAYS: Final[dict[str, tuple[int, int]]] = {
    "christmas": (12, 25), "xmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24),
    "boxing day": (12, 26), "new year 's eve": (12, 31), "new years eve": (12, 31), "new year 's day": (1, 1),
    "new years day": (1, 1), "new year": (1, 1), "valentine 's day": (2, 14), "halloween": (10, 31),
    "earth day": (4, 22), "ides of march": (3, 15), "labour day": (5, 1), "workers day": (5, 1),
    "workers ' day": (5, 1), "workers ’ day": (5, 1),
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
