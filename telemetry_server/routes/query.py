"""/query: questions in plain English."""

from typing import Any, TypedDict

import msgspec
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw as raw_response

import nlq
from telemetry_server.errors import Refused
from telemetry_server.http import tables, wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import JSON, operation
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import VARIES, reads, recalls, wants_stored_truth
from telemetry_server.schemas import prompt
from telemetry_server.schemas.prompt import Prompt


class _Table(msgspec.Struct):
    """What of an answer goes into lines."""

    columns: tuple[nlq.Column, ...]
    rows: list[list[Any]]
    truncated: bool


class Reads(TypedDict):
    """From how many summaries of days and hours an answer was read, and of how many hours the metrics."""

    days: int
    hours: int
    raw_hours: int


class Answer(TypedDict):
    """reading: the question as it was understood; pipeline: as it ran, in MongoDB Extended JSON."""

    prompt: str
    reading: str
    question: nlq.Question
    words: list[nlq.Word]
    assumptions: list[str]
    collection: str
    pipeline: list[dict[str, Any]]
    columns: list[nlq.Column]
    rows: list[list[Any]]
    truncated: bool
    reads: Reads | None
    chart: nlq.Chart


class Explanation(TypedDict):
    """indexes: those that MongoDB would read by; null among them: a whole collection."""

    prompt: str
    reading: str
    collection: str
    indexes: list[str | None]


class Completions(TypedDict):
    prefix: str
    completions: list[nlq.Completion]


ANSWERS = {JSON: Answer, tables.CSV: str, tables.NDJSON: str}
_table_of = msgspec.json.Decoder(_Table).decode
blueprint = Blueprint("query", url_prefix="/query")


@reads(blueprint, "/")
@recalls
@operation(query=prompt.AskSchema, gives=ANSWERS, fails=(Refused,))
async def ask(request: Request) -> HTTPResponse:
    """Answer the prompt in the URL."""
    timing_of(request).enter("parse")
    asked = prompt.from_parameters(request.get_query_args(keep_blank_values=True))
    return await _answer(request, asked, raw=request.raw_url)


@blueprint.post("/", ctx_role="reader")
@operation(
    body=prompt.AskWithContextSchema,
    example={"prompt": "top 5 events today"},
    gives=ANSWERS,
    fails=(Refused,),
)
async def ask_with_context(request: Request) -> HTTPResponse:
    """Answer the prompt in the body, which may follow another question; or a question itself."""
    timing_of(request).enter("parse")
    return await _answer(request, prompt.from_body(wire.body_of(request)))


@reads(blueprint, "/complete")
@operation(query=prompt.CompleteSchema, gives=Completions)
async def complete(request: Request) -> HTTPResponse:
    """How the prompt may go on that is being typed."""
    timing = timing_of(request)
    timing.enter("parse")
    typed = prompt.prefix_from_parameters(request.get_query_args(keep_blank_values=True))
    completions = await parts_of(request).answers.complete(typed, timing)
    timing.enter("encode")
    return wire.json({"prefix": typed.text, "completions": completions})


@blueprint.post("/explain", ctx_role="reader")
@operation(
    body=prompt.AskWithContextSchema,
    example={"prompt": "top 5 events today"},
    gives=Explanation,
    fails=(Refused,),
)
async def explain(request: Request) -> HTTPResponse:
    """By which indexes the prompt or question in the body would be answered."""
    timing = timing_of(request)
    timing.enter("parse")
    asked = prompt.from_body(wire.body_of(request))
    found = await parts_of(request).answers.explain(asked, timing)
    timing.enter("encode")
    return wire.json({"prompt": asked.text, **found._asdict()})


async def _answer(request: Request, asked: Prompt, raw: bytes | None = None) -> HTTPResponse:
    bypass = wants_stored_truth(request)
    result, outcome = await parts_of(request).answers.answer(asked, timing_of(request), raw=raw, bypass=bypass)
    form = tables.form_of(request.headers.get("accept", ""), "json")
    if form == "json":
        return wire.json(result.body, headers={"X-Cache": outcome, **VARIES})
    answer = _table_of(result.body)
    names = [column.name for column in answer.columns]
    rows = [dict(zip(names, row, strict=True)) for row in answer.rows]
    body = tables.whole(form, names, rows)
    headers = {"X-Cache": outcome, **VARIES, "X-Truncated": str(answer.truncated).lower()}
    return raw_response(body, headers=headers, content_type=tables.CONTENT_TYPES[form])
