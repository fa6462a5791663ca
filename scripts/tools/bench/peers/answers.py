"""Answers of all systems in one form, to be compared: (host or "", start of the bucket or 0) -> value."""

from __future__ import annotations

import datetime as dt
import json

Answer = dict[tuple[str, int], float]


def of_prompt(body: bytes) -> Answer:
    """Of our rows: the value is the last column."""
    answer = json.loads(body)
    columns = [column["name"] for column in answer["columns"]]
    rows = [dict(zip(columns, row, strict=True)) for row in answer["rows"]]
    starts = [int(dt.datetime.fromisoformat(row["time"]).timestamp()) if "time" in row else 0 for row in rows]
    return {(row.get("host", ""), start): row[columns[-1]] for row, start in zip(rows, starts, strict=True)}


def of_metricsql(body: bytes, bucket_seconds: int | None) -> Answer:
    """Of a vector or a matrix, whose times are the ends of their buckets."""
    found: Answer = {}
    for series in json.loads(body)["data"]["result"]:
        host = series["metric"].get("host", "")
        for at, value in series.get("values") or [series["value"]]:
            found[host, round(at) - bucket_seconds if bucket_seconds else 0] = float(value)
    return found


def of_influxql(body: bytes, bucket_seconds: int | None) -> Answer:
    """Of the first statement: the value is the second column; a host is a tag of a series, or a third column."""
    found: Answer = {}
    for series in json.loads(body)["results"][0].get("series", ()):
        for at, value, *host in series["values"]:
            found[*host or (series.get("tags", {}).get("host", ""),), at if bucket_seconds else 0] = value
    return found
