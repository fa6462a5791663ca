"""CloudEvents 1.0 as metrics: single (structured or binary), batched, and in an envelope of their own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import unquote

from telemetry_server import instants
from telemetry_server.dialects.fitting import fit_key, fit_name, text_of
from telemetry_server.errors import MAX_FAULTS, Fault, FaultBody, Invalid

MAX_EVENTS = 10_000
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_REQUIRED = ("id", "source", "type")
_COUNTED = ("count", "total")  # what a counter's name ends in
_HEADER = "ce-"


class CloudEvent(TypedDict):
    """data: `metric_type` is the name, `value` the value, other scalars are tags. The id is needed but in envelopes."""

    specversion: Literal["1.0"]
    id: NotRequired[str]
    source: str
    type: str
    time: NotRequired[instants.Text]
    data: dict[str, Any]


class Envelope(TypedDict):
    events: list[CloudEvent]


class EventsAnswer(TypedDict):
    """What became of the events: errors are of those that are not stored."""

    status: Literal["success", "partial", "error"]
    message: str
    received: int
    stored: int
    failed: int
    errors: list[FaultBody]
    warnings: NotRequired[list[FaultBody]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Events with the pointer to the list they stand in (None: one alone). strict: each must have an id."""

    events: Sequence[object]
    pointer: str | None
    strict: bool = True

    def at(self, place: int) -> str:
        """The pointer to an event."""
        return "" if self.pointer is None else f"{self.pointer}/{place}"


@dataclass(slots=True)
class Translated:
    """One event as a metric document, not yet checked; `origins`: where in the event its fields stood."""

    metric: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def blamed(self, faults: Sequence[Fault]) -> list[Fault]:
        """Faults of the metric as those of the event, but for what was told already."""
        told = {fault.pointer for fault in self.faults}
        known = [fault for fault in faults if fault.pointer in self.origins or not told]
        blamed = [Fault(self.origins.get(fault.pointer, fault.pointer), fault.detail) for fault in known]
        return [fault for fault in blamed if fault.pointer not in told]


@dataclass(slots=True)
class Outcome:
    """What became of a batch, as far as it is known. failed: places of events that are not stored."""

    received: int
    failed: set[int] = field(default_factory=set)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def reject(self, place: int, faults: Sequence[Fault]) -> None:
        self.failed.add(place)
        self.errors += faults


def batch(content_type: str, headers: Mapping[str, str], body: object) -> Batch:
    """The events of a request. content_type: without parameters, in lower case. Raises Invalid.

    Binary mode has the attributes in headers `ce-...`, and the data for its body.
    """
    if f"{_HEADER}specversion" in headers and not content_type.startswith("application/cloudevents"):
        names = (name for name in headers if name.startswith(_HEADER))
        return Batch([{name[len(_HEADER) :]: unquote(headers[name]) for name in names} | {"data": body}], None)
    if content_type == BATCH or isinstance(body, list):
        found = Batch(body, "") if isinstance(body, list) else None
    elif isinstance(body, dict) and "events" in body and "specversion" not in body:
        wrong = [Fault(f"/{fit_key(key)[:100]}", "Unknown field.") for key in body if key != "events"]
        if wrong:
            raise Invalid(wrong)
        found = Batch(body["events"], "/events", strict=False) if isinstance(body["events"], list) else None
    else:
        return Batch([body], None)
    if found is None:
        raise Invalid([Fault("/events" if isinstance(body, dict) else "", "Must be a list of events.")])
    if len(found.events) > MAX_EVENTS or (not found.events and found.pointer):
        raise Invalid([Fault(found.pointer or "", f"Must be 1 to {MAX_EVENTS} events.")])
    return found


def translate(event: object, *, strict: bool, scope: str) -> Translated:
    """One event. scope: what ids are unique in, beside the source.

    `data.metric_type` is the name, `data.value` the value, other scalars of `data` are tags, `time` is the timestamp;
    (source, id) is the identity, so that an event that comes again is one metric.
    """
    found = Translated()
    if not isinstance(event, dict):
        found.faults.append(Fault("", "Must be an object."))
        return found
    if event.get("specversion") != "1.0":
        found.faults.append(Fault("/specversion", 'Must be "1.0".'))
    for name in _REQUIRED:
        text = event.get(name)
        if text is None and name == "id" and not strict:
            continue
        if not isinstance(text, str) or not text:
            found.faults.append(Fault(f"/{name}", "Must be text, not empty."))
    if event.get("time") is not None:
        found.metric["timestamp"] = event["time"] if isinstance(event["time"], str) else ""
        found.origins["/timestamp"] = "/time"
    if isinstance(event.get("id"), str) and isinstance(event.get("source"), str):
        found.metric["id"] = _identity(scope, event["source"], event["id"])
        found.origins["/id"] = "/id"
    data = event.get("data")
    if not isinstance(data, dict):
        detail = "Binary data is not taken." if "data_base64" in event else "Must be an object with metric_type, value."
        found.faults.append(Fault("/data_base64" if "data_base64" in event else "/data", detail))
        return found
    _take_data(data, found)
    return found


def answer(outcome: Outcome) -> tuple[dict[str, Any], int]:
    """What is told of a batch, and the status: 200, 207 where a part is stored, 422 where nothing is."""
    stored = outcome.received - len(outcome.failed)
    status = 200 if not outcome.failed else 207 if stored else 422
    body: dict[str, Any] = {
        "status": {200: "success", 207: "partial"}.get(status, "error"),
        "message": f"{stored} of {outcome.received} events stored.",
        "received": outcome.received,
        "stored": stored,
        "failed": len(outcome.failed),
        "errors": [fault.to_builtins() for fault in outcome.errors[:MAX_FAULTS]],
    }
    if outcome.warnings:
        body["warnings"] = [fault.to_builtins() for fault in outcome.warnings[:MAX_FAULTS]]
    return body, status


def _take_data(data: Mapping[str, Any], found: Translated) -> None:
    name = data.get("metric_type")
    if isinstance(name, str):
        found.metric["name"] = name = fit_name(name)
        if name.replace(".", "_").rpartition("_")[2] in _COUNTED:
            found.metric["type"] = "counter"
    else:
        found.faults.append(Fault("/data/metric_type", "Must be text: the metric's name."))
    if "value" in data:
        found.metric["value"] = data["value"]
    else:
        found.faults.append(Fault("/data/value", "Missing data for required field."))
    found.origins |= {"/name": "/data/metric_type", "/value": "/data/value", "/tags": "/data"}
    tags: dict[str, str] = {}
    for given, value in data.items():
        if given in ("metric_type", "value") or value is None or value == "":
            continue
        key, text, pointer = fit_key(given), text_of(value), f"/data/{_escape(given)}"
        if text is None:
            found.faults.append(Fault(pointer, "Must be text, a number or a boolean."))
        elif key in tags:
            found.warnings.append(Fault(pointer, f"Left out: another field is the tag {key} already."))
        else:
            tags[key] = text
            found.origins[f"/tags/{_escape(key)}"] = pointer
    if tags:
        found.metric["tags"] = tags


def _identity(scope: str, source: str, event_id: str) -> str:
    parts = (scope, source, event_id)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=12, person=b"cloudevents").hexdigest()


def _escape(key: str) -> str:
    return key[:100].replace("~", "~0").replace("/", "~1")
