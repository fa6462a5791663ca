"""/query: questions in plain English."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import wire
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import reads
from telemetry_server.routes.metrics import wants_stored_truth
from telemetry_server.schemas import prompt
from telemetry_server.schemas.prompt import Prompt

blueprint = Blueprint("query", url_prefix="/query")


@reads(blueprint, "/")
async def ask(request: Request) -> HTTPResponse:
    """Answer the prompt in the URL."""
    return await _answer(request, prompt.from_parameters(request.get_query_args(keep_blank_values=True)))


@blueprint.post("/")
async def ask_with_context(request: Request) -> HTTPResponse:
    """Answer the prompt in the body, which may follow another question."""
    return await _answer(request, prompt.from_body(wire.body_of(request)))


@reads(blueprint, "/complete")
async def complete(request: Request) -> HTTPResponse:
    """How the prompt may go on that is being typed."""
    typed = prompt.prefix_from_parameters(request.get_query_args(keep_blank_values=True))
    completions, timing = await parts_of(request).answers.complete(typed)
    return wire.json({"prefix": typed.text, "completions": completions}, headers={"Server-Timing": timing.header()})


async def _answer(request: Request, asked: Prompt) -> HTTPResponse:
    answers = parts_of(request).answers
    result, outcome, timing = await answers.answer(asked, bypass=wants_stored_truth(request))
    return wire.json(result.body, headers={"X-Cache": outcome, "Server-Timing": timing.header()})
