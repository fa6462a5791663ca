"""Write the made-up web shop's history into a running server, through its public API."""

from __future__ import annotations

import collections
import datetime as dt
import os
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from telemetry_server import config
from telemetry_server.collector.sender import Away, Busy, Metric, Rejected, Sender
from tools import demo_history
from tools.environment import ROOT
from tools.terminal import Parser, Problem, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BATCH = 1000
SENDERS = 4
MAX_WAIT_SECONDS = 30.0
MAX_DAYS = 366

KINDS = {"slow": "calls of {} slow in", "down": "{} down in", "campaign": "a campaign for {} in"}
PROMPTS = (
    "p95 api.latency_ms by service yesterday",
    "user.signup per day over the last 7 days",
    "average cpu.usage by host yesterday",
    "sum of shop.revenue by region last week",
    "top 3 services by api.errors over the last 7 days",
    "max queue.depth by region per day last week",
)


def main() -> int:
    """Run the program; the exit status."""
    parser = Parser(
        "scripts/seed_demo",
        description="Write a made-up history of a small web shop; the same again adds nothing.",
    )
    parser.add_argument("--url", help="the server (default: this machine's, at the PORT of the settings)")
    parser.add_argument("--days", type=int, default=30, help="whole days before today, UTC (default %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="another seed, another history (default %(default)s)")
    parser.add_argument("--key", default=os.environ.get("TELEMETRY_API_KEY"), help="default: $TELEMETRY_API_KEY")
    options = parser.parse_args()
    if not 1 <= options.days <= MAX_DAYS:
        parser.error(f"--days {options.days} is not within 1 to {MAX_DAYS}")
    url = options.url or _own_url()
    try:
        Sender(url, options.key)
    except ValueError as error:
        parser.error(str(error))

    today = dt.datetime.now(dt.UTC).date()
    days = demo_history.days(options.seed, options.days, today)
    say(f"a made-up web shop, {days[0].date} to {days[-1].date}: none of this was ever measured")
    began = time.monotonic()
    with _progress(len(days)) as advance:
        count = write(days, lambda: Sender(url, options.key, timeout_seconds=30), advance)
    say(f"wrote {count:,} made-up metrics to {url} in {time.monotonic() - began:.0f} s")
    for incident, date in [(each, day.date) for day in days[-7:] for each in day.incidents]:
        what = KINDS[incident.kind].format(incident.what)
        say(f"  {date} {_clock(incident.start)} to {_clock(incident.end)}: {what} {incident.region}")
    say("ask, for instance:")
    for prompt in PROMPTS:
        say(f"  curl -G --data-urlencode 'prompt={prompt}' {url}/query")
    return 0


def write(
    days: Sequence[demo_history.Day],
    connect: Callable[[], Sender],
    advance: Callable[[float, int], None] = lambda _days, _metrics: None,
) -> int:
    """Send the days in batches, a few at a time; the number of metrics sent.

    `advance` hears of each batch: its share of a day, and how many metrics it had. Raises Problem when the
    server refuses a batch, is not there at the start, or stays away later.
    """
    stopping = threading.Event()
    senders = [connect() for _ in range(SENDERS)]
    idle: queue.SimpleQueue[Sender] = queue.SimpleQueue()
    sent = 0

    def send(batch: list[Metric]) -> None:
        sender = idle.get()
        try:
            _deliver(sender, batch, stopping, was_there=sent > 0)
        finally:
            idle.put(sender)

    def settle(future: Future[None], share: float, count: int) -> None:
        nonlocal sent
        future.result()
        sent += count
        advance(share, count)

    under_way: collections.deque[tuple[Future[None], float, int]] = collections.deque()
    for sender in senders:
        idle.put(sender)
    with ThreadPoolExecutor(SENDERS) as pool:
        try:
            for day in days:
                metrics = demo_history.metrics(day)
                batches = [metrics[start : start + BATCH] for start in range(0, len(metrics), BATCH)]
                for batch in batches:
                    under_way.append((pool.submit(send, batch), 1 / len(batches), len(batch)))
                    if len(under_way) > 2 * SENDERS:
                        settle(*under_way.popleft())
            while under_way:
                settle(*under_way.popleft())
        finally:
            stopping.set()
            pool.shutdown(cancel_futures=True)
            for sender in senders:
                sender.close()
    return sent


def _deliver(sender: Sender, batch: list[Metric], stopping: threading.Event, *, was_there: bool) -> None:
    """Send until it is taken. Raises Problem: at once where no server was ever there, else after MAX_WAIT_SECONDS."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while not stopping.is_set():
        try:
            sender.send(batch)
        except Rejected as rejected:
            raise Problem(f"the server refuses the metrics: {rejected}") from rejected
        except Away as away:
            if time.monotonic() >= deadline or not (was_there or isinstance(away, Busy)):
                raise Problem(f"the server does not take the metrics: {away}") from away
            stopping.wait(0.5)
        else:
            return


@contextmanager
def _progress(days: int) -> Iterator[Callable[[float, int], None]]:
    columns = (
        TextColumn("writing"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[metrics]:,} metrics"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=days, metrics=0)
        total = 0

        def advance(share: float, metrics: int) -> None:
            nonlocal total
            total += metrics
            bar.update(task, advance=share, metrics=total)

        yield advance


def _own_url() -> str:
    try:
        return f"http://127.0.0.1:{config.load(folder=ROOT).port}"
    except config.ConfigError as error:
        raise Problem("; ".join(error.problems)) from error


def _clock(second: float) -> str:
    return f"{int(second // 3600):02}:{int(second % 3600 // 60):02}"
