"""Ways to begin a prompt and to go on with one, as they are proposed to who is typing. Data only.

The likelier ones come first. `{name}`, `{duration}` (a name that measures how long something takes), `{key}`,
`{plural}` (of a key) and `{value}` stand for what the catalog holds. A phrase is proposed only where it makes a
prompt that is answered, so it may stand here even if it seldom fits.
"""

from typing import Final

# Whole prompts, for who has not typed anything yet.
STARTERS: Final = (
    "top 5 events today",
    "average {name} today",
    "p95 of {duration} by {key} today",
    "{name} per hour today",
    "average {name} by {key} today",
    "events per hour today vs yesterday",
    "which {plural} had the highest {name} today",
    "{name} this week vs last week",
    "what metrics are there",
    "how long since the last {name}",
    "list the last 20 {name}",
    "what tags are there",
)

# While nothing says what is to be measured or counted: up to what does.
OPENINGS: Final = (
    "average {name}",
    "{name}",
    "how many {name}",
    "events",
    "count of {name}",
    "sum of {name}",
    "max {name}",
    "min {name}",
    "p95 of {name}",
    "median {name}",
    "total {name}",
    "mean {name}",
    "p99 of {name}",
    "latest {name}",
    "top 5 events",
    "top 5 {plural} by {name}",
    "bottom 5 {plural} by {name}",
    "slowest {plural}",
    "busiest {plural}",
    "highest {name}",
    "lowest {name}",
    "number of {name}",
    "list the last 20 {name}",
    "which {plural} had the highest {name}",
    "when did {name} peak",
    "how long since the last {name}",
    "share of {name} by {key}",
    "standard deviation of {name}",
    "range of {name}",
    "what metrics are there",
    "what tags are there",
    "metrics",
    "show {name}",
    "compare {name} today with yesterday",
    "did {name} exceed 90 today",
    "by {name}",
)

# Then, by what they say: of each line one after the other is proposed, unless that has been said.
CONTINUATIONS: Final = {
    "time": (
        "today", "yesterday", "in the last hour", "this week", "last week", "in the last 24 hours", "this month",
        "last month", "in the last 7 days", "in the last 30 days", "since yesterday", "since Monday", "this morning",
        "last night", "this year", "last year", "last 15 minutes", "last 5 minutes", "on Monday", "past hour",
        "past day", "past week", "over the last hour", "during the last hour", "this quarter", "until yesterday",
        "on weekdays", "during business hours", "outside business hours", "on weekends",
    ),
    "grouping": ("by {key}", "per {key}", "by weekday", "by hour of day", "by name", "by type", "for each {key}"),
    "grain": (
        "per hour", "per day", "per minute", "every 15 minutes", "hourly", "daily", "per week", "weekly", "monthly",
        "per month", "every 5 minutes", "every hour", "every day",
    ),
    "tag": (
        "where {key} is {value}", "on {value}", "for {value}", "not {value}", "in {value}", "from {value}",
        "except {value}",
    ),
    "comparison": (
        "vs yesterday", "vs last week", "vs the day before", "compared to yesterday", "compared to last week",
        "than last week", "than yesterday",
    ),
    "value": ("over 100", "under 100", "above 100", "below 100", "at least 100", "at most 100"),
}  # fmt: skip
