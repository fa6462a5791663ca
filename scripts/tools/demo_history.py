"""The history of a made-up web shop: 7 hosts, 4 services, 2 regions, about 10,000 metrics a day.

Pure: a day's metrics are a function of the seed and the day alone, ids included, so that writing them again
tomorrow adds one day and changes nothing.
"""

import datetime as dt
import hashlib
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

HOSTS = {  # host: its region
    "web-01": "eu-west",
    "web-02": "eu-west",
    "web-03": "us-east",
    "web-04": "us-east",
    "db-01": "eu-west",
    "db-02": "us-east",
    "cache-01": "eu-west",
}
USUAL_CPU = {"web": 30.0, "db": 42.0, "cache": 14.0}  # percent, by the role in a host's name
USUAL_LATENCY_MS = {"checkout": 180.0, "auth": 45.0, "search": 120.0, "catalog": 60.0}
PEAK_HOUR = {"eu-west": 19, "us-east": 1}  # UTC: the evening there
HOST_MEMORY_BYTES = 16 << 30
DAY_SECONDS = 86_400


class Sample(NamedTuple):
    """One made-up metric; `second` counts from the day's start."""

    second: float
    name: str
    type: str
    value: float
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Incident:
    """Something out of the ordinary: `kind` is slow (a service), down (a host) or campaign (a region)."""

    kind: str
    what: str
    region: str
    start: float
    end: float

    def covers(self, second: float) -> bool:
        return self.start <= second < self.end


@dataclass(frozen=True)
class Day:
    """One day of the shop: its rhythm, its incidents, its dice."""

    seed: int
    date: dt.date

    def dice(self, purpose: str) -> random.Random:
        return random.Random(f"{self.seed} {self.date} {purpose}")  # noqa: S311  # made up is the point

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        dice, number = self.dice("incidents"), self.date.toordinal()
        found = []
        if number % 4 == 0:
            start = dice.uniform(8, 20) * 3600
            service, region = dice.choice(sorted(USUAL_LATENCY_MS)), dice.choice(sorted(PEAK_HOUR))
            found.append(Incident("slow", service, region, start, start + dice.uniform(40, 120) * 60))
        if number % 6 == 1:
            start, host = dice.uniform(1, 18) * 3600, dice.choice(sorted(HOSTS))
            found.append(Incident("down", host, HOSTS[host], start, start + dice.uniform(1, 4) * 3600))
        if number % 9 == 2:
            region = dice.choice(sorted(PEAK_HOUR))
            found.append(Incident("campaign", region, region, 0, DAY_SECONDS))
        return tuple(found)

    def has(self, kind: str, what: str, second: float, region: str | None = None) -> bool:
        return any(
            each.kind == kind and each.what == what and region in {None, each.region} and each.covers(second)
            for each in self.incidents
        )

    def traffic(self, region: str, second: float) -> float:
        """How busy the shop is; 1 on the average of a working day, more in the evening and at weekends."""
        daily = 1 + 0.6 * math.cos(2 * math.pi * (second / 3600 - PEAK_HOUR[region]) / 24)
        return daily * (1.3 if self.date.weekday() >= 5 else 1.0)

    def visits(self, purpose: str, region: str, per_day: float) -> Iterator[tuple[float, random.Random]]:
        """Instants that follow the traffic, about `per_day` of them on a working day, each with the dice."""
        dice, busiest = self.dice(f"{purpose} {region}"), 1.6 * 1.3
        for _ in range(round(per_day * busiest)):
            second = dice.uniform(0, DAY_SECONDS)
            if dice.random() < self.traffic(region, second) / busiest:
                yield second, dice


# What is measured: one function for each part of the shop


def host_gauges(day: Day) -> Iterator[Sample]:
    for host, region in HOSTS.items():
        dice, role, tags = day.dice(host), host.split("-")[0], (f"host:{host}", f"region:{region}")
        for second in range(0, DAY_SECONDS, 300):
            usual, noise = USUAL_CPU[role], dice.gauss(0, 3)
            if day.has("down", host, second):
                continue
            busy = usual * (0.4 + 0.6 * day.traffic(region, second)) + noise
            yield Sample(second, "cpu.usage", "gauge", round(min(max(busy, 1.0), 99.5), 1), tags)
            if second % 600 == 0:
                leak = 0.06 * (day.date.weekday() + second / DAY_SECONDS) if host == "web-03" else 0.0
                share = 0.3 + 0.005 * busy + leak  # web-03 leaks until it is restarted on Monday
                yield Sample(second, "memory.used", "gauge", round(share * HOST_MEMORY_BYTES), tags)


def api_calls(day: Day) -> Iterator[Sample]:
    for service, usual_ms in USUAL_LATENCY_MS.items():
        for region in PEAK_HOUR:
            for second, dice in day.visits(service, region, 400):
                slow = day.has("slow", service, second, region)
                busy = 0.8 + 0.2 * day.traffic(region, second)
                latency_ms = usual_ms * busy * math.exp(dice.gauss(0, 0.35)) * (6 if slow else 1)
                luck = dice.random()
                status = 500 if luck < (0.15 if slow else 0.01) else 404 if luck > 0.985 else 200
                tags = (f"region:{region}", f"service:{service}", f"status:{status}")
                yield Sample(second, "api.latency_ms", "timer", round(latency_ms, 1), tags)


def api_errors(day: Day) -> Iterator[Sample]:
    for service in USUAL_LATENCY_MS:
        for region in PEAK_HOUR:
            dice = day.dice(f"errors {service} {region}")
            for second in range(0, DAY_SECONDS, 600):
                expected = 25 if day.has("slow", service, second, region) else 0.6 * day.traffic(region, second)
                if count := int(dice.expovariate(1 / expected)):
                    tags = (f"region:{region}", f"service:{service}")
                    yield Sample(second, "api.errors", "counter", count, tags)


def queues(day: Day) -> Iterator[Sample]:
    for region in PEAK_HOUR:
        dice = day.dice(f"queue {region}")
        for second in range(0, DAY_SECONDS, 600):
            jam = 400 if day.has("slow", "checkout", second, region) else 0
            depth = max(0, round(20 * day.traffic(region, second) + dice.gauss(0, 5) + jam))
            yield Sample(second, "queue.depth", "gauge", depth, (f"region:{region}",))


def people(day: Day) -> Iterator[Sample]:
    for region in PEAK_HOUR:
        for second, dice in day.visits("login", region, 600):
            plan = dice.choices(("free", "pro", "team"), (70, 22, 8))[0]
            yield Sample(second, "user.login", "event", 1, (f"plan:{plan}", f"region:{region}"))
        campaign = 3 if day.has("campaign", region, 0) else 1
        for second, dice in day.visits("signup", region, 60 * campaign):
            plan = dice.choices(("free", "pro", "team"), (85, 12, 3))[0]
            yield Sample(second, "user.signup", "event", 1, (f"plan:{plan}", f"region:{region}"))


def orders(day: Day) -> Iterator[Sample]:
    for region in PEAK_HOUR:
        for second, dice in day.visits("order", region, 420):
            payment = dice.choices(("card", "paypal", "invoice"), (60, 30, 10))[0]
            tags = (f"payment:{payment}", f"region:{region}")
            yield Sample(second, "shop.order", "event", 1, tags)
            yield Sample(second, "shop.revenue", "counter", round(dice.lognormvariate(3.6, 0.6), 2), tags)


def deploys(day: Day) -> Iterator[Sample]:
    """One or two on working days; and one five minutes before a service turns slow."""
    dice, number = day.dice("deploys"), day.date.toordinal()
    plans = [
        (dice.uniform(8, 16) * 3600, dice.choice(sorted(USUAL_LATENCY_MS)))
        for _ in range(dice.randint(1, 2) if day.date.weekday() < 5 else 0)
    ]
    plans += [(each.start - 300, each.what) for each in day.incidents if each.kind == "slow"]
    for count, (second, service) in enumerate(plans):
        tags = (f"service:{service}", f"version:2.{number % 1000}.{count}")
        yield Sample(second, "deploy", "event", 1, tags)


PARTS: tuple[Callable[[Day], Iterator[Sample]], ...] = (
    host_gauges,
    api_calls,
    api_errors,
    queues,
    people,
    orders,
    deploys,
)


def metrics(day: Day) -> list[dict[str, Any]]:
    """The day's metrics in their wire form, oldest first."""
    midnight = dt.datetime.combine(day.date, dt.time(), dt.UTC).timestamp()
    made = []
    for number, sample in enumerate(sample for part in PARTS for sample in part(day)):
        at = midnight + sample.second
        mark = hashlib.blake2b(f"{day.seed} {day.date} {number}".encode(), digest_size=8).hexdigest()
        made.append(
            {
                "id": f"{int(at):08x}{mark}",
                "name": sample.name,
                "type": sample.type,
                "value": sample.value,
                "tags": list(sample.tags),
                "timestamp": int(at * 1000),
            }
        )
    return sorted(made, key=lambda metric: (metric["timestamp"], metric["id"]))


def days(seed: int, count: int, today: dt.date) -> list[Day]:
    """The `count` whole days before `today`, oldest first."""
    return [Day(seed, today - dt.timedelta(days=back)) for back in range(count, 0, -1)]
