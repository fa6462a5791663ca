"""One document that cannot be stored among 500 requests whose metrics are gathered into few inserts."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tools.bench.caller import Caller
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

AT_ONCE = 500
REFUSED_VALUE = -13
NAME = "fault.poison"
TAKEN = f"{0xF0150:024x}"
# What MongoDB itself refuses, by a rule that an operator has made; what belongs to another; what no double can hold;
# and what is malformed.
POISONS: dict[str, dict[str, Any] | str] = {
    "refused by MongoDB": {"name": NAME, "value": REFUSED_VALUE},
    "id taken": {"name": NAME, "value": 1, "id": TAKEN},
    "too large": '{"name": "fault.poison", "value": 1e999}',
    "too long": {"name": NAME, "value": 10**18, "tags": ["x" * 5000]},
    "no JSON": "{",
}


def run(count: int) -> Outcome:
    """So many rounds, each with one poison or another."""
    faults = []
    with Ground() as ground:
        server = ground.serve()
        asyncio.run(_post(server, [{"name": "fault.other", "value": 7, "id": TAKEN}]))
        rule = {"value": {"$ne": REFUSED_VALUE}}
        ground.database.command("collMod", "metrics", validator=rule)
        for number in range(count):
            kind, poison = list(POISONS.items())[number % len(POISONS)]
            bodies: list[Any] = [
                {"name": NAME, "value": place, "tags": [f"round:{number}"]} for place in range(AT_ONCE - 1)
            ]
            bodies.insert(AT_ONCE // 2, poison)
            codes = asyncio.run(_post(server, bodies))
            of_poison = codes.pop(AT_ONCE // 2)
            if not 400 <= of_poison < 500:
                faults.append(f"{kind}: the poison had {of_poison}")
            if Counter(codes) != {201: AT_ONCE - 1}:
                faults.append(f"{kind}: the others had {dict(Counter(codes))}")
            values = sorted(int(each["value"]) for each in ground.database["metrics"].find({"tags": f"round:{number}"}))
            if values != list(range(AT_ONCE - 1)):
                faults.append(f"{kind}: {len(values)} of {AT_ONCE - 1} are stored")
    return Outcome(count, faults, 0, f"{count * AT_ONCE:,} requests; {', '.join(POISONS)}")


async def _post(server: Server, bodies: list[Any]) -> list[int]:
    async def post(body: Any) -> int:
        caller = Caller(server)
        try:
            answer = await caller.ask("POST", "/metrics", body if isinstance(body, str) else json.dumps(body))
        finally:
            await caller.close()
        return answer.status

    return list(await asyncio.gather(*map(post, bodies)))


ROW = Row(
    "poison",
    "one document that cannot be stored among 500 that are gathered",
    "499 created, one 4xx",
    "rounds",
    3,
    200,
    run,
)
