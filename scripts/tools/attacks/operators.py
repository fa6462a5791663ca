"""Operators of MongoDB in every field, filter and path: none may reach the database as one,
nor a row of another tenant.

MongoDB itself tells: its profiler writes down every command. What was sent carries a word that nothing else carries; a
command in which that word stands in an operator, in a field's name or in a path was built from what a user said. A
pipeline says `$literal` before what a user said, and a filter compares with it.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from tools.attacks.api import Operation, connect, encode, operations
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx
    from pymongo.database import Database

WORD: Final = "zxattack"
THEIRS: Final = "zxsecret"  # in all that the other tenant has
PROFILE_BYTES: Final = 512 * 1024 * 1024
TEXTS: Final = (
    f"${WORD}", f"$${WORD}", f"$where.{WORD}", f"{WORD}.$where", f"$value.{WORD}", f"tags.0.{WORD}", f"{WORD}\0$gt",
    f'{{"$gt":"{WORD}"}}', f"'; return '{WORD}' == '{WORD}'; //", f"/{WORD}.*/i", f"^{WORD}.*", f"{WORD}[$ne]",
    f"function() {{ return '{WORD}' }}", "$$ROOT", "$$REMOVE", "$value", "$tags", "$where", "$ne", "*", ".*",
)  # fmt: skip
OBJECTS: Final[tuple[Any, ...]] = (
    {"$gt": ""}, {"$gt": WORD}, {"$ne": WORD}, {"$ne": None}, {"$in": [WORD]}, {"$nin": [WORD]}, {"$exists": True},
    {"$not": {"$eq": WORD}}, {"$regex": f"{WORD}.*"}, {"$regex": ".*", "$options": "i"}, {"$where": f"'{WORD}'"},
    {"$expr": {"$eq": [WORD, WORD]}}, {"$function": {"body": f"function() {{ '{WORD}' }}", "args": [], "lang": "js"}},
    {"$or": [{"name": WORD}, {}]}, {"$ref": "metrics", "$id": WORD}, {"$ref": "keys", "$id": "0" * 24, "$db": WORD},
    {"$oid": "0" * 24}, {"$date": 0}, {"$numberLong": "1"}, {"$binary": WORD}, {"$code": WORD}, {"$minKey": 1},
    {"$regularExpression": {"pattern": WORD, "options": ""}}, {"$literal": WORD}, {"$lookup": {"from": WORD}},
    {"$comment": WORD}, {"$text": {"$search": WORD}}, {f"{WORD}.$gt": 1}, {f"${WORD}": 1}, [f"${WORD}"],
    [{"$gt": WORD}],
    {"$inc": {WORD: 1}}, {"$set": {"name": WORD}}, {"$unionWith": WORD}, {"$out": WORD}, {"$merge": {"into": WORD}},
)  # fmt: skip
FILTERS: Final = ("name", "tags", "type", "from", "to", "min", "max", "limit", "cursor", "$where")
PROMPTS: Final = ('count where host is "{}"', "count {}", "top 5 {}", 'average "{}" by "{}"', "list host={}")
_AS_TEXT: Final = (*TEXTS, *(json.dumps(value) for value in OBJECTS))
UNITED: Final = ("metrics", "hours", "days", None)  # what an answer may be read from at once; None: a row of its own
COMPARED: Final = ("$eq", "$ne", "$in", "$nin", "$all", "$gte", "$gt", "$lt", "$lte")  # a filter of ours, with a text
# What no command of the server's has, and so can only be another's.
NEVER: Final = (
    "$where",
    "$function",
    "$accumulator",
    "$out",
    "$merge",
    "$lookup",
    "$graphLookup",
    "$text",
)


def attacks(operation: Operation, tenth: int, of: int) -> Iterator[dict[str, Any]]:
    """Requests to an operation: each field, key, parameter, header and part of the path as each text and object.

    Every `of`-th, from the one at `tenth` on.
    """
    made = _all(operation)
    return (request for number, request in enumerate(made) if number % of == tenth % of)


def _all(operation: Operation) -> Iterator[dict[str, Any]]:
    yield from _in_path(operation)
    for name in operation.parameters["query"]:
        yield from ({"url": operation.url(), "params": parameters} for parameters in _as_parameter(name))
    for name in operation.parameters["header"]:
        for text in TEXTS:
            if "\0" not in text:
                yield {"url": operation.url(), "headers": {name: text}, "content": encode(operation.body or {})}
    if operation.has_body:
        for body in _changed(operation.body, (*TEXTS, *OBJECTS)):
            yield {"url": operation.url(), "content": encode(body)}


def _in_path(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.parameters["path"]:
        for text in _AS_TEXT:
            yield {"url": operation.path.replace(f"{{{name}}}", _quoted(text)).format_map({"name": "a"})}


def _as_parameter(name: str) -> Iterator[dict[str, str]]:
    yield from ({name: text} for text in _AS_TEXT)
    yield from ({f"{name}[$ne]": WORD}, {f"{name}.$gt": WORD})
    if name == "filters":
        for field in FILTERS:
            yield from ({name: json.dumps({field: value})} for value in (*TEXTS, *OBJECTS, [*TEXTS[:3]]))
    if name == "prompt":
        for form in PROMPTS:
            yield from ({name: form.format(text, text)} for text in TEXTS)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _changed(body: Any, values: Iterable[Any]) -> Iterator[Any]:
    """The body with each value in the place of each of its parts, of the whole, and as one more field."""
    places = list(_places(body))
    for value in values:
        yield value
        for place in places:
            changed = copy.deepcopy(body)
            parent = changed
            for step in place[:-1]:
                parent = parent[step]
            parent[place[-1]] = value
            yield changed
        if isinstance(body, dict):
            yield {**body, "$where": value}
            if isinstance(value, str):
                yield {**body, value: 1}


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps: Iterable[Any] = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield (*above, step)
        yield from _places(value[step], (*above, step))


def reached(command: Any, *, is_compared: bool = False, above: str = "") -> Iterator[str]:
    """Where in a command the word stands as anything but what a filter of ours compares with, or a literal.

    is_compared: whether it stands in a `$match`, a `filter` or a `q`, where texts are no paths.
    """
    if isinstance(command, dict):
        for key, value in command.items():
            is_foreign = key == "$unionWith" and (not isinstance(value, dict) or value.get("coll") not in UNITED)
            if key in NEVER or WORD in key or is_foreign:
                yield f"{above}/{key}"
            if key == "$literal":
                continue
            if WORD in str(value) and key.startswith("$") and isinstance(value, str) and key not in COMPARED:
                yield f"{above}/{key}: {value}"
            compares = is_compared or key in ("$match", "filter", "q", "query", "u", "documents", "updates", "deletes")
            yield from reached(value, is_compared=compares and key != "$expr", above=f"{above}/{key}")
    elif isinstance(command, list):
        for place, value in enumerate(command):
            yield from reached(value, is_compared=is_compared, above=f"{above}/{place}")
    elif isinstance(command, str) and command.startswith("$") and WORD in command and not is_compared:
        yield f"{above}: {command}"


def profiled(database: Database[dict[str, Any]]) -> None:
    """Write down every command from now on."""
    database.create_collection("system.profile", capped=True, size=PROFILE_BYTES)
    database.command("profile", 2)


def commands(database: Database[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many commands were written down, and each in which the word stands where it must not."""
    count, faults = 0, []
    for entry in database["system.profile"].find({"appName": "telemetry-server"}):
        count += 1
        command = {key: value for key, value in entry.get("command", {}).items() if not key.startswith(("$", "lsid"))}
        faults += [f"{entry.get('op')} {entry['ns']}: {place}" for place in reached(command)]
    return count, faults


def run(count: int) -> Outcome:
    """A share of the requests, one in so many as make about `count`; then what the profiler has written down."""
    with Ground() as ground:
        server = ground.serve(RATE_LIMIT="0", CACHE_STALENESS_MS="0")
        mine, theirs = (ground.mongo[f"{ground.database.name}~{tenant}"] for tenant in ("mine", "theirs"))
        for database in (ground.database, mine, theirs):
            profiled(database)
        with connect(server) as admin:
            keys = {tenant: _key(admin, tenant) for tenant in ("mine", "theirs")}
            with connect(server, keys["theirs"]) as client:
                _store(client, THEIRS)
            with connect(server, keys["mine"]) as client:
                _store(client, "mine")
                every = operations(client)
                total = sum(1 for each in every for _ in _all(each))
                sent, faults = _send(client, every, max(1, total // count))
            faults += [f"another's database had {found}" for found in _of_others(theirs)]
        seen = 0
        for database in (ground.database, mine, theirs):
            number, wrong = commands(database)
            seen += number
            faults += wrong
    return Outcome(sent, faults, 0, f"{seen:,} commands of MongoDB looked at, of {len(every)} operations")


def _send(client: httpx.Client, every: list[Operation], of: int) -> tuple[int, list[str]]:
    sent, faults = 0, []
    for number, operation in enumerate(every):
        for request in attacks(operation, number, of):
            answer = client.request(operation.method, **request)
            sent += 1
            what = f"{operation.method} {request['url']} {request.get('params', request.get('content', b''))!r}"[:160]
            if answer.status_code >= 500:
                faults.append(f"{answer.status_code}: {what}")
            if THEIRS in answer.text:
                faults.append(f"a row of another tenant: {what}")
    return sent, faults


def _of_others(database: Database[dict[str, Any]]) -> list[str]:
    """Commands on the other tenant's data that hold the word."""
    return [str(entry["command"])[:120] for entry in database["system.profile"].find() if WORD in str(entry)]


def _key(admin: httpx.Client, tenant: str) -> str:
    made = admin.post("/admin/keys", json={"role": "admin", "tenant": tenant, "rate_limit": 0})
    key: str = made.json()["key"]
    return key


def _store(client: httpx.Client, word: str) -> None:
    body = [{"name": f"{word}.name", "value": number, "tags": [f"host:{word}"]} for number in range(20)]
    client.post("/v1/metrics", json={"metrics": body}).raise_for_status()


ROW = Row(
    "operators",
    "operators of MongoDB in every field, filter, header and path of every route",
    "0 reach the database as operators; 0 rows of another tenant",
    "requests",
    1000,
    1_000_000,
    run,
)
