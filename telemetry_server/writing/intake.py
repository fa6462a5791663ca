"""What foreign protocols send: checked as all metrics are, and stored, of running totals what came since the last."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telemetry_server.dialects.translation import Translation
from telemetry_server.errors import Conflict, Invalid
from telemetry_server.metrics import Metrics
from telemetry_server.schemas.metric import MAX_BATCH, MetricForms
from telemetry_server.writing.cumulative import Cumulative
from telemetry_server.writing.totals import Total


@dataclass(slots=True)
class Accepted:
    """The fields of valid metrics, and totals."""

    metrics: list[dict[str, Any]] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)


class Intake:
    """`check`, then `store`."""

    def __init__(self, forms: MetricForms, metrics: Metrics, cumulative: Cumulative) -> None:
        self._forms = forms
        self._metrics = metrics
        self._cumulative = cumulative

    async def check(self, done: Translation) -> Accepted:
        """What is valid of it; what is not is added to `rejected`."""
        accepted = Accepted()
        async for place, fields in self._forms.each([item.document for item in done.items]):
            item = done.items[place]
            if isinstance(fields, Invalid):
                done.rejected.setdefault(item.point, f"{item.document['name'][:200]}: {fields.detail}")
            elif item.total is not None:
                accepted.totals.append(Total(item.id, fields, item.total, item.started_at))
            else:
                accepted.metrics.append({**fields, "id": item.id} if item.id else fields)
        return accepted

    async def store(self, accepted: Accepted) -> None:
        """Store it; what was stored before, and changed by somebody since, stays as it is. Raises Unavailable."""
        for some in _chunks(accepted.metrics):
            with contextlib.suppress(Conflict):
                await self._metrics.create_all(some)
        if accepted.totals:
            await self._cumulative.add(accepted.totals)


def _chunks(metrics: Sequence[dict[str, Any]]) -> list[Sequence[dict[str, Any]]]:
    return [metrics[start : start + MAX_BATCH] for start in range(0, len(metrics), MAX_BATCH)]
