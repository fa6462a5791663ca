"""/observability/add and /observability/events: CloudEvents as metrics; half-good batches are stored in part."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.dialects import cloudevents
from telemetry_server.errors import Conflict, Fault, Invalid, ProblemBody
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import JSON, PROBLEM, operation
from telemetry_server.parts import Parts, parts_of

blueprint = Blueprint("events", url_prefix="/observability")
EXAMPLE = {
    "events": [
        {
            "specversion": "1.0",
            "type": "model.inference",
            "source": "docs",
            "data": {"metric_type": "request_count", "value": 1, "model": "llama-2-7b"},
        }
    ]
}


@blueprint.post("/add", name="add", ctx_role="writer")
@blueprint.post("/events", name="events", ctx_role="writer")
@operation(
    body={
        JSON: (cloudevents.Envelope, cloudevents.CloudEvent, list[cloudevents.CloudEvent]),
        cloudevents.ONE: cloudevents.CloudEvent,
        cloudevents.BATCH: list[cloudevents.CloudEvent],
    },
    example=EXAMPLE,
    gives={
        200: cloudevents.EventsAnswer,
        207: cloudevents.EventsAnswer,
        422: {JSON: cloudevents.EventsAnswer, PROBLEM: ProblemBody},
    },
)
async def add(request: Request) -> HTTPResponse:
    """Store events: one alone, a batch, or an envelope `{"events": [...]}`; both paths take each of them."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    batch = cloudevents.batch(content_type, request.headers, wire.body_of(request))
    parts.counters.add("total_metrics_received", len(batch.events))
    outcome, metrics, places = await _checked(parts, batch)
    timing.enter("database")
    if metrics:
        try:
            await parts.metrics.create_all(metrics)
        except Conflict as conflict:
            for fault in conflict.faults:
                place = places[int(fault.pointer.split("/")[2])]
                detail = "This source has sent another event with this id."
                outcome.reject(place, [Fault(f"{batch.at(place)}/id", detail)])
    timing.enter("encode")
    if batch.pointer is None and outcome.failed:
        raise Invalid(outcome.errors)
    if batch.pointer is not None:
        parts.counters.add("total_batches_processed")
        parts.counters.add("metrics_refused", len(outcome.failed))
    body, status = cloudevents.answer(outcome)
    return wire.json(body, status)


async def _checked(
    parts: Parts, batch: cloudevents.Batch
) -> tuple[cloudevents.Outcome, list[dict[str, object]], list[int]]:
    """What is wrong so far; the metrics of the events that are right, and their places."""
    outcome = cloudevents.Outcome(len(batch.events))
    scope = parts.config.app_env
    found = [cloudevents.translate(event, strict=batch.strict, scope=scope) for event in batch.events]
    metrics, places = [], []
    async for place, fields in parts.forms.each([each.metric for each in found]):
        event = found[place]
        faults = [*event.faults]
        if isinstance(fields, Invalid):
            faults += event.blamed(fields.faults)
        at = batch.at(place)
        outcome.warnings += [Fault(f"{at}{each.pointer}", each.detail) for each in event.warnings]
        if faults:
            outcome.reject(place, [Fault(f"{at}{each.pointer}", each.detail) for each in faults])
        elif not isinstance(fields, Invalid):
            metrics.append(fields)
            places.append(place)
    return outcome, metrics, places
