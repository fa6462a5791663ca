"""{"metric_name": "cpu_usage", "value": 75.5}, and an answer that says whether it went well."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, TypedDict

from telemetry_server.dialects.fitting import fit_name
from telemetry_server.errors import Invalid
from telemetry_server.schemas.fields import JsonSchema, Name
from telemetry_server.schemas.metric import MetricSchema


class AnyName(Name):
    """A metric's name; it is made to fit."""

    json_schema: ClassVar[JsonSchema] = {"type": "string"}


class BareSchema(MetricSchema):
    """The metric as it comes, to be described."""

    name = AnyName(data_key="metric_name", required=True)


BARE = BareSchema(timedelta())


class BareAnswer(TypedDict):
    success: bool
    message: str


def is_bare(body: object) -> bool:
    """Whether this dialect is spoken: the metric's name is called so, and not `name`."""
    return isinstance(body, dict) and "metric_name" in body and "name" not in body


def to_metric(body: dict[str, Any]) -> dict[str, Any]:
    """The metric document, not validated."""
    name = body["metric_name"]
    others = {key: value for key, value in body.items() if key != "metric_name"}
    return {"name": fit_name(name) if isinstance(name, str) else name, **others}


def success(metric_id: str) -> BareAnswer:
    """What is answered."""
    return {"success": True, "message": f"Metric recorded as {metric_id}."}


def failure(problem: Invalid) -> Invalid:
    """The problem in this dialect's words: problem+json that says so in `success` too."""
    faults = [replace(fault, pointer="/metric_name") if fault.pointer == "/name" else fault for fault in problem.faults]
    told = Invalid(faults)
    told.extra["success"] = False
    return told
