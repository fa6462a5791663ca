"""OTLP, the OpenTelemetry protocol, over HTTP. The only importer of protobuf and of OpenTelemetry's messages.

messages.py    bytes and JSON -> the request's message; the outcome -> an answer in the request's own encoding
metrics.py     the message -> metric documents, running totals, and what was rejected
attributes.py  attributes -> tags
buckets.py     histograms, explicit and exponential -> distributions
"""

from telemetry_server.dialects.otlp.messages import CONTENT_TYPE, decoded, decoded_json, is_json, response, status
from telemetry_server.dialects.otlp.metrics import MAX_POINTS, translated

__all__ = [
    "CONTENT_TYPE",
    "MAX_POINTS",
    "decoded",
    "decoded_json",
    "is_json",
    "response",
    "status",
    "translated",
]
