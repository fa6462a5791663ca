"""The messages of OTLP/HTTP, as protobuf and as its JSON."""

from typing import Any

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from telemetry_server.errors import Malformed, Problem

CONTENT_TYPE = "application/x-protobuf"
_JSON_FIELD = "resourceMetrics"


def is_json(body: object) -> bool:
    """Whether a JSON body is OTLP."""
    return isinstance(body, dict) and _JSON_FIELD in body


def decoded(body: bytes) -> ExportMetricsServiceRequest:
    """The request, of protobuf. Raises Malformed."""
    try:
        return ExportMetricsServiceRequest.FromString(body)
    except DecodeError:
        raise Malformed("The body is not an ExportMetricsServiceRequest, or is cut off.") from None


def decoded_json(body: dict[str, Any]) -> ExportMetricsServiceRequest:
    """The request, of JSON; unknown fields are ignored. Raises Malformed."""
    request = ExportMetricsServiceRequest()
    try:
        _check_objects(body, request.DESCRIPTOR)
        json_format.ParseDict(_without_exemplars(body), request, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"The body is not an ExportMetricsServiceRequest: {str(error)[:200]}") from None
    return request


def response(rejected: int, message: str, *, as_json: bool) -> bytes:
    """An ExportMetricsServiceResponse; its partial_success is set where there is something to tell."""
    answer = ExportMetricsServiceResponse()
    if rejected or message:
        answer.partial_success.rejected_data_points = rejected
        answer.partial_success.error_message = message
    return _encoded(answer, as_json=as_json)


def status(problem: Problem, *, as_json: bool) -> bytes:
    """A google.rpc.Status that tells of `problem`."""
    answer = Status(message=problem.detail)
    if problem.status == 400:
        violations = [
            BadRequest.FieldViolation(field=fault.pointer, description=fault.detail) for fault in problem.faults
        ] or [BadRequest.FieldViolation(description=problem.detail)]
        answer.details.add().Pack(BadRequest(field_violations=violations))
    return _encoded(answer, as_json=as_json)


def _encoded(message: Message, *, as_json: bool) -> bytes:
    return msgspec.json.encode(json_format.MessageToDict(message)) if as_json else message.SerializeToString()


def _check_objects(value: Any, form: Any) -> None:
    """Raise TypeError where a message is no object: protobuf takes a text for one whose fields are its letters."""
    if not isinstance(value, dict):
        raise TypeError(f"{form.name} must be an object.")
    for field in form.fields:
        for name in (field.json_name, field.name):
            if field.message_type is not None and (held := value.get(name)) is not None:
                for item in held if isinstance(held, list) else [held]:
                    _check_objects(item, field.message_type)


def _without_exemplars(value: Any) -> Any:
    """Exemplars are not kept, and their ids, in hexadecimal, are not JSON as protobuf knows it."""
    if isinstance(value, dict):
        return {key: _without_exemplars(item) for key, item in value.items() if key != "exemplars"}
    if isinstance(value, list):
        return [_without_exemplars(item) for item in value]
    return value
