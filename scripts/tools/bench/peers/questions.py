"""The five questions, in the manner of TSBS, the Time Series Benchmark Suite; each in the language of each system.

All ask about the hours from 9 to 17 of the day, but for the last values. `{within}` of InfluxQL is that time. In
MetricsQL a rollup looks back from an instant: from the end of each bucket where `bucket_seconds` is given, else from
`until_hour`.
"""

from __future__ import annotations

from dataclasses import dataclass

SINCE_HOUR, UNTIL_HOUR = 9, 17


@dataclass(frozen=True)
class Question:
    """kind: as TSBS calls it, or nearly so."""

    kind: str
    prompt: str
    metricsql: str
    influxql: str
    bucket_seconds: int | None = None
    until_hour: int = UNTIL_HOUR


QUESTIONS = (
    Question(
        "single group-by",
        "max cpu.user on host-07 per 15 minutes from 9am to 5pm yesterday",
        'max(max_over_time({__name__="cpu.user",host="host-07"}[15m]))',
        """SELECT max(value) FROM "cpu.user" WHERE host = 'host-07' AND {within} GROUP BY time(15m) FILL(none)""",
        bucket_seconds=900,
    ),
    Question(
        "double group-by",
        "average cpu.user by host per hour from 9am to 5pm yesterday",
        'avg_over_time({__name__="cpu.user"}[1h])',
        """SELECT mean(value) FROM "cpu.user" WHERE {within} GROUP BY host, time(1h) FILL(none)""",
        bucket_seconds=3600,
    ),
    Question(
        "threshold",
        "how many cpu.user values above 90 by host from 9am to 5pm yesterday",
        'count_gt_over_time({__name__="cpu.user"}[8h], 90) > 0',
        """SELECT count(value) FROM "cpu.user" WHERE value > 90 AND {within} GROUP BY host""",
    ),
    Question(
        "last point",
        "latest cpu.user by host",
        'last_over_time({__name__="cpu.user"}[1d])',
        """SELECT last(value) FROM "cpu.user" GROUP BY host""",
        until_hour=24,
    ),
    Question(
        "ordered limit",
        "top 5 hosts by average cpu.user from 9am to 5pm yesterday",
        'topk(5, avg_over_time({__name__="cpu.user"}[8h]))',
        'SELECT top(mean, host, 5) FROM (SELECT mean(value) AS mean FROM "cpu.user" WHERE {within} GROUP BY host)',
    ),
)
