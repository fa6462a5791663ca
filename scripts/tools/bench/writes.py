"""Durable writes: single ones beside the same server without gathering, batches beside the raw driver."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import statistics
import threading
import time
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from telemetry_server.stores.indexes import indexes
from telemetry_server.summaries.retention import Retention
from tools.bench import sampler, wrk
from tools.bench.figures import rounds_of_seconds
from tools.bench.stage import HEADERS, Stage, Verdict
from tools.terminal import Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from tools.server import Server

TITLE = "POST /metrics beside ungathered writes, POST /v1/metrics beside the raw driver"
WORKERS = 2
SENDERS = 2  # of batches, at once, on both sides
BATCH = 1000
MIN_GATHERED, MIN_OF_DRIVER, MIN_ALONE, MAX_P99_MS = 2.5, 0.6, 0.95, 40
RETENTION = Retention(*[dt.timedelta(days=90)] * 3)
SINGLE = """
wrk.method = "POST"
local form = '{"name":"disk.usage","type":"gauge","value":%d.5,"tags":["host:web-%d","region:eu-west"]}'
local count = 0
request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, string.format(form, count % 100, count % 50))
end
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    rounds_of_seconds(parser)
    sampler.option(parser)


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    with Stage() as stage:
        # Without the server's own metrics, each of which an ungathered server would insert by itself too.
        gathered = stage.server("gathered", WORKERS, COLLECT="0")
        ungathered = stage.server("ungathered", WORKERS, module="ungathered", COLLECT="0")
        script = stage.folder / "single.lua"
        script.write_text(SINGLE)
        for connections, bar in ((wrk.CONNECTIONS, MIN_GATHERED), (1, MIN_ALONE)):
            own: list[wrk.Load] = []
            baseline: list[wrk.Load] = []
            for _ in range(options.rounds):
                for server, loads in ((ungathered, baseline), (gathered, own)):
                    url = f"{server.url}/metrics"
                    loads.append(
                        wrk.drive(url, options.seconds, connections=connections, headers=HEADERS, script=script)
                    )
            what = f"POST /metrics, {connections} connection{'s' if connections > 1 else ''}"
            verdict.ratio(f"{what}: of ungathered", [load.rate for load in own], [load.rate for load in baseline], bar)
            verdict.below(f"{what}: p99 ms", statistics.median(load.p99_ms for load in own), MAX_P99_MS)
            verdict.below(f"{what}: failures", sum(load.failures for load in own), 1)
        if options.profile:
            url = f"{gathered.url}/metrics"
            sampler.show(
                "POST /metrics",
                gathered,
                lambda: wrk.drive(url, options.seconds, headers=HEADERS, script=script).count,
            )
            sampler.show(
                "POST /v1/metrics",
                gathered,
                lambda: _rate(lambda: _http(gathered), options.seconds) * options.seconds / BATCH,
            )
        batches, driver = [], []
        for _ in range(options.rounds):
            driver.append(_rate(lambda: _driver(stage), options.seconds))
            batches.append(_rate(lambda: _http(gathered), options.seconds))
        verdict.ratio("POST /v1/metrics: of the raw driver", batches, driver, MIN_OF_DRIVER)
    return verdict.met


def _rate(sender: Callable[[], Callable[[], None]], seconds: float) -> float:
    """Metrics a second that SENDERS threads get stored, each with a sender of its own."""
    sent: list[int] = []
    errors: list[BaseException] = []
    end = time.monotonic() + seconds

    def work() -> None:
        try:
            send = sender()
            while time.monotonic() < end:
                send()
                sent.append(BATCH)
        except BaseException as error:  # noqa: BLE001  told by the main thread
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise Problem(f"a batch failed: {errors[0]}")
    return sum(sent) / (time.monotonic() - started)


def _metrics() -> list[dict[str, Any]]:
    return [
        {
            "name": f"cpu.usage{place % 25}",
            "type": "gauge",
            "value": place * 1.5,
            "tags": [f"host:web-{place % 40}", "region:eu-west"],
        }
        for place in range(BATCH)
    ]


def _http(server: Server) -> Callable[[], None]:
    at = dt.datetime.now(dt.UTC).isoformat()
    body = json.dumps({"metrics": [{**metric, "timestamp": at} for metric in _metrics()]})
    connection = http.client.HTTPConnection(server.host, server.process.port, timeout=10)

    def send() -> None:
        connection.request("POST", "/v1/metrics", body, HEADERS)
        response = connection.getresponse()
        answer = response.read()
        if response.status != http.HTTPStatus.OK:
            raise Problem(f"{response.status} {answer[:200]!r}")

    return send


def _driver(stage: Stage) -> Callable[[], None]:
    client = MongoClient[dict[str, Any]](stage.stack.mongo_uri, w="majority", journal=True)
    collection = client["telemetry_server_raw"]["metrics"]
    for index in indexes(RETENTION):
        if index.collection == "metrics":
            collection.create_index(list(index.keys), name=index.name)
    metrics, at = _metrics(), dt.datetime.now(dt.UTC)

    def send() -> None:
        collection.insert_many([{**metric, "timestamp": at} for metric in metrics], ordered=False)

    return send
