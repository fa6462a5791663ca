"""Levelled metrics: a METER, COUNTER or TIMER by its level and name; read again as the one metric `level.name`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NotRequired, TypedDict

from telemetry_server.dialects.fitting import fit_name
from telemetry_server.errors import Fault, Invalid
from telemetry_server.schemas.faults import escape

TYPES: Final = ("meter", "counter", "timer")
COLUMNS: Final = ("count", "sum", "min", "max", "avg", "began", "seen")  # what `summary` reads of each type
_FIELDS: Final = ("level", "name", "type", "value")
_MIN_SECONDS: Final = 1.0  # a rate over less says nothing


class LevelledMetric(TypedDict):
    """One metric by its level and name."""

    level: str
    name: str
    type: Literal["METER", "COUNTER", "TIMER"]
    value: float


class LevelledStored(TypedDict):
    name: str
    type: str
    value: float


class LevelledSummary(TypedDict):
    """mean_rate: of a meter, a second; min, max and mean: of a timer. null: a sum beyond all numbers."""

    name: str
    type: str
    count: float | None
    mean_rate: NotRequired[float | None]
    min: NotRequired[float]
    max: NotRequired[float]
    mean: NotRequired[float | None]


def to_metric(body: object) -> dict[str, Any]:
    """The metric document, not validated but for what it lacks. Raises Invalid."""
    if not isinstance(body, dict):
        raise Invalid([Fault("", "Must be an object.")])
    wrong = [Fault(f"/{escape(key)}", "Unknown field.") for key in body if key not in _FIELDS]
    wrong += [
        Fault(f"/{field}", "Must be text, not empty.")
        for field in ("level", "name")
        if not isinstance(body.get(field), str) or not body[field]
    ]
    kind = body.get("type")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        wrong.append(Fault("/type", "Must be METER, COUNTER or TIMER."))
    if "value" not in body:
        wrong.append(Fault("/value", "Missing data for required field."))
    if wrong:
        raise Invalid(wrong)
    return {"name": fit_name(f"{body['level']}.{body['name']}"), "type": kind, "value": body["value"]}


def summary(name: str, rows: Sequence[Sequence[Any]], now: datetime) -> dict[str, Any] | None:
    """What is told of a name; None where nothing is known.

    rows: of each type, the type and then its COLUMNS. Of several types the one that was seen last is told.
    A meter's values are how often it was marked; its rate is from the first mark to now, a second.
    """
    if not rows:
        return None
    kind, *values = max(rows, key=lambda row: row[-1])
    of = dict(zip(COLUMNS, values, strict=True))
    told = {"name": name, "type": kind.upper()}
    if kind == "timer":
        return told | {"count": of["count"], "min": of["min"], "max": of["max"], "mean": of["avg"]}
    told["count"] = of["sum"]
    if kind == "meter":
        seconds = max((now - of["began"]).total_seconds(), _MIN_SECONDS)
        told["mean_rate"] = of["sum"] / seconds
    return told
