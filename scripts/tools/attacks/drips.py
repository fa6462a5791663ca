"""Sockets that never finish: silent ones, heads and bodies that come byte by byte, answers that nobody reads."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tools.attacks.honest import compared, resident_mb, waits
from tools.bench.stage import KEY
from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

BEFORE_SECONDS = 5
END_SECONDS = 30  # by when a socket must be closed: the deadline of a request, the next look at it, and the pause
DRIP_SECONDS = 1.0
SPREAD_SECONDS = 5.0  # from the first socket to the last
UNREAD_SHARE = 0.05  # of the sockets; what they ask for is work, which is not what this attack is about
MAX_MB = 64
CAP = 50
_HEADERS = f"Host: a\r\nAuthorization: Bearer {KEY}\r\n"
UNREAD = "an answer not read"
KINDS: dict[str, tuple[str, str]] = {  # what is sent at once, and then byte by byte, again and again
    "silent": ("", ""),
    "half a head": (f"GET /metrics HTTP/1.1\r\n{_HEADERS}X", ""),
    "a dripping head": (f"GET /metrics HTTP/1.1\r\n{_HEADERS}X-", "a"),
    "a dripping body": (f"POST /metrics HTTP/1.1\r\n{_HEADERS}Content-Length: 900000\r\n\r\n", " "),
    "dripping chunks": (f"POST /metrics HTTP/1.1\r\n{_HEADERS}Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
    "a dripping body behind a 404": (f"POST /nothing HTTP/1.1\r\n{_HEADERS}Content-Length: 900000\r\n\r\n", " "),
    UNREAD: (f"GET /metrics?limit=1000 HTTP/1.1\r\n{_HEADERS}\r\n", "\r"),
}


async def drip(address: tuple[str, int], kind: str, deadline: float, pause: float) -> str:
    """One socket of a kind, after a pause: `closed`, and the status where there was one, or `open` at the deadline."""
    await asyncio.sleep(pause)
    start, more = KINDS[kind]
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop, seen, place = asyncio.get_running_loop(), b"", 0
    try:
        await loop.sock_connect(raw, address)
        await loop.sock_sendall(raw, start.encode())
        while time.monotonic() < deadline:
            if kind != UNREAD:
                try:
                    data = await asyncio.wait_for(loop.sock_recv(raw, 4096), DRIP_SECONDS)
                except TimeoutError:
                    data = b" "  # none
                else:
                    seen += data
                if not data:
                    return f"closed {seen[9:12].decode()}".strip()
            else:
                await asyncio.sleep(DRIP_SECONDS)
            if more:
                await loop.sock_sendall(raw, more[place % len(more)].encode())
                place += 1
    except ConnectionError:
        return f"closed {seen[9:12].decode()}".strip()
    finally:
        raw.close()
    return "open"


def _all(address: tuple[str, int], kinds: list[str]) -> list[str]:
    async def at_once() -> list[str]:
        deadline = time.monotonic() + END_SECONDS
        step = SPREAD_SECONDS / len(kinds)
        drips = (drip(address, kind, deadline, number * step) for number, kind in enumerate(kinds))
        return list(await asyncio.gather(*drips))

    return asyncio.run(at_once())


def run(count: int) -> Outcome:
    """So many sockets at once, of all kinds."""
    with Ground() as ground:
        server = ground.serve()
        _fill(server)
        outcome = asyncio.run(_attack(server, count))
        capped = ground.serve(MAX_CONNECTIONS=str(CAP))
        faults = [*outcome.faults, *asyncio.run(crowd(capped))]
    return Outcome(count, faults, 0, outcome.detail)


def _fill(server: Server) -> None:
    """What makes an answer long."""
    client = Client(server)
    body = {"metrics": [{"name": "a", "value": number, "tags": ["t" * 100]} for number in range(1000)]}
    client.send("POST", "/v1/metrics", body)
    client.close()


async def _attack(server: Server, count: int) -> Outcome:
    before, faults = await waits(server, asyncio.sleep(BEFORE_SECONDS))
    at_rest = resident_mb(server)
    *others, unread = KINDS
    period = round(1 / UNREAD_SHARE)
    kinds = [others[number % len(others)] if number % period else unread for number in range(count)]
    most = at_rest
    address = (server.host, server.process.port)
    with ProcessPoolExecutor(1) as pool:  # not the process that measures how long others wait
        sockets = asyncio.wrap_future(pool.submit(_all, address, kinds))

        async def watch() -> None:
            nonlocal most
            while not sockets.done():
                most = max(most, resident_mb(server))
                await asyncio.sleep(0.5)

        watching = asyncio.ensure_future(watch())
        during, more = await waits(server, sockets)
        await watching
        ends = Counter(zip(kinds, await sockets, strict=True))
    faults += more + [f"{number} of {kind}: still {end}" for (kind, end), number in ends.items() if end == "open"]
    slower, told = compared(before, during)
    grown = most - at_rest
    if grown > MAX_MB:
        faults.append(f"the server grew by {grown:.0f} MB")
    told = f"{told}; memory +{grown:.1f} MB; " + ", ".join(
        f"{kind}: {number} {end}" for (kind, end), number in sorted(ends.items())
    )
    return Outcome(count, faults + slower, 0, told)


async def crowd(server: Server) -> list[str]:
    """One address opens twice as many connections as it may; another is served meanwhile."""
    pairs = [await asyncio.open_connection(server.host, server.process.port) for _ in range(2 * CAP)]
    await asyncio.sleep(1)
    left = sum(not reader.at_eof() for reader, _ in pairs)
    other = await asyncio.open_connection(server.host, server.process.port, local_addr=("127.0.0.2", 0))
    other[1].write(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await other[0].read()
    for _, writer in (*pairs, other):
        writer.close()
    faults = [] if answer.startswith(b"HTTP/1.1 200") else ["another address was not served"]
    return faults if left <= CAP else [*faults, f"one address has {left} connections of {CAP}"]


ROW = Row(
    "drips",
    "sockets that drip, are silent or do not read, at once; one address in a crowd",
    f"all closed in {END_SECONDS} s; memory +{MAX_MB} MB at most; honest p99 at most doubles",
    "sockets",
    0,
    500,
    run,
)
