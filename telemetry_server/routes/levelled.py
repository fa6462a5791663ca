"""/ingest/metrics and /data/metrics/{name}: metrics by level and name, in and out."""

from urllib.parse import unquote

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import instants
from telemetry_server.dialects import levelled
from telemetry_server.dialects.fitting import FittedName
from telemetry_server.errors import NotFound
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import reads
from telemetry_server.routes.metrics import IDEMPOTENCY_KEY
from telemetry_server.schemas import ids, parameters

ingest = Blueprint("levelled_ingest", url_prefix="/ingest/metrics")
data = Blueprint("levelled_data", url_prefix="/data/metrics")


@ingest.post("/", ctx_role="writer")
@operation(
    body=levelled.LevelledMetric,
    example={"level": "app", "name": "requests", "type": "METER", "value": 1},
    headers=(IDEMPOTENCY_KEY,),
    gives=dict.fromkeys((200, 201), levelled.LevelledStored),
)
async def create(request: Request) -> HTTPResponse:
    """Store one metric: 201, or 200 where its Idempotency-Key has stored it already."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    key = ids.check_idempotency_key(request.headers.get("idempotency-key"))
    fields = parts.forms.one(levelled.to_metric(wire.body_of(request)))
    parts.counters.add("total_metrics_received")
    timing.enter("database")
    metric, created = await parts.metrics.create(fields, key)
    timing.enter("encode")
    body = {"name": metric.name, "type": metric.type.upper(), "value": metric.value}
    return wire.json(body, 201 if created else 200, {"Location": f"/data/metrics/{metric.name}"})


@reads(data, "/<metric_name:path>")
@operation(path={"name": FittedName()}, gives=levelled.LevelledSummary, fails=(NotFound,))
async def read(request: Request, metric_name: str) -> HTTPResponse:
    """What all that is stored of the name comes to."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    name = ids.check_name(FittedName().deserialize(unquote(metric_name)))  # Sanic does not for a whole path
    timing.enter("database")
    rows = await parts.answers.by_type(name, levelled.TYPES, levelled.COLUMNS)
    timing.enter("encode")
    told = levelled.summary(name, rows, instants.now())
    if told is None:
        raise NotFound("There is no meter, counter or timer with this name.")
    return wire.json(told)
