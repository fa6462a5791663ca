"""Keys: revoked, expired, guessed letter by letter. Which role may do what is in tests/server/test_roles.py."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

from tools.attacks.api import connect
from tools.faults.ground import Ground, until
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    import httpx

    from tools.server import Server

MAX_SECONDS = 5.0
LIFE_SECONDS = 2.0
GROUPS = 20
SIGNIFICANT = 5.0  # standard errors between two groups of guesses


def run(count: int) -> Outcome:
    """So many guesses of each kind; and keys that end, at two servers."""
    with Ground() as ground:
        first, second = (ground.serve(RATE_LIMIT="0", workers=2) for _ in range(2))
        with connect(first) as admin:
            faults = [*_ends(admin, first, second), *_expires(admin, first, second)]
            signal, told = _timing(admin, first, count)
    return Outcome(3 * count, faults + signal, 0, told)


def _make(admin: httpx.Client, **wanted: object) -> dict[str, str]:
    made: dict[str, str] = admin.post("/admin/keys", json={"role": "reader", **wanted}).json()
    return made


def _status(server: Server, key: str) -> int:
    with connect(server, key) as client:
        return client.get("/stats").status_code


def _is(status: int, server: Server, key: str) -> bool:
    return _status(server, key) == status


def _ends(admin: httpx.Client, *servers: Server) -> list[str]:
    """A revoked key ends at every server within MAX_SECONDS."""
    made = _make(admin)
    faults = [
        f"a new key is not known at {server.url}"
        for server in servers
        if not until(partial(_is, 200, server, made["key"]), MAX_SECONDS)
    ]
    admin.delete(f"/admin/keys/{made['id']}")
    deadline = time.monotonic() + MAX_SECONDS
    for server in servers:
        if not until(partial(_is, 401, server, made["key"]), deadline - time.monotonic()):
            faults.append(f"a revoked key is known at {server.url} after {MAX_SECONDS:g} s")
        faults += [f"a revoked key came back at {server.url}" for _ in range(10) if _status(server, made["key"]) != 401]
    return faults


def _expires(admin: httpx.Client, *servers: Server) -> list[str]:
    """An expired key is not known."""
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LIFE_SECONDS)
    made = _make(admin, expires_at=end.isoformat())
    time.sleep(LIFE_SECONDS)
    return [f"an expired key is known at {server.url}" for server in servers if _status(server, made["key"]) != 401]


def _timing(admin: httpx.Client, server: Server, count: int) -> tuple[list[str], str]:
    """Whether a guess takes longer that shares its beginning with a key: medians of many groups, in turns."""
    key = _make(admin)["key"]
    kinds = {
        "nothing right": "x" * len(key),
        "half of it": key[: len(key) // 2] + "x" * (len(key) - len(key) // 2),
        "all but one letter": key[:-1] + ("x" if key[-1] != "x" else "y"),
    }
    times: dict[str, list[list[float]]] = {kind: [[] for _ in range(GROUPS)] for kind in kinds}
    chance = random.Random(7)  # noqa: S311  no secret
    with connect(server) as client:
        for number in range(count):
            for kind in chance.sample(list(kinds), len(kinds)):
                headers = {"Authorization": f"Bearer {kinds[kind]}"}
                started = time.perf_counter()
                client.get("/stats", headers=headers)
                times[kind][number % GROUPS].append((time.perf_counter() - started) * 1e6)
    medians = {kind: [statistics.median(group) for group in groups] for kind, groups in times.items()}
    base, *others = medians
    faults, told = [], []
    for kind in others:
        differences = [one - other for one, other in zip(medians[kind], medians[base], strict=True)]
        mean, error = statistics.mean(differences), statistics.stdev(differences) / GROUPS**0.5
        told.append(f"{kind}: {mean:+.1f} ± {error:.1f} µs")
        if abs(mean) > SIGNIFICANT * error:
            faults.append(f"a guess tells: {told[-1]}")
    return faults, "; ".join(told)


ROW = Row(
    "keys",
    "revoked, expired and guessed keys, at two servers of two workers",
    "0 unexpected allows; revocation within 5 s; no signal in time",
    "guesses",
    500,
    20_000,
    run,
)
