"""Traces: a span for each request, and for each of its steps one below it, sent on as OTLP over HTTP.

The only importer of the OpenTelemetry SDK, and itself imported only where traces are wanted. What else the SDK lets be
set (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_SCHEDULE_DELAY ...) it reads from the environment.
"""

import asyncio
import time
from itertools import pairwise
from threading import Thread
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sanic import HTTPResponse, Request

from telemetry_server import __version__
from telemetry_server.monitoring.timing import Step, Timing

PATH = "/v1/traces"
STOP_SECONDS = 3.0


class Traces:
    """`endpoint`: of the receiver, without its path. Spans are kept for a moment, and sent by a thread of their own.

    Where they cannot be sent they are dropped, which the log says; no request waits for it.
    """

    def __init__(self, endpoint: str) -> None:
        detected = OTELResourceDetector().detect().attributes
        named = {"service.name": "telemetry-server", "service.version": __version__, **detected}
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("telemetry_server", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, request: Request) -> None:
        """Before its steps are entered."""
        request.ctx.timing = _Stints(request.ctx.started_at)

    async def stop(self) -> None:
        """Send what is left, for up to STOP_SECONDS."""
        thread = Thread(target=self._provider.shutdown, name="traces", daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join, STOP_SECONDS)

    def record(
        self, request: Request, response: HTTPResponse, route: str | None, started_at: float, ended_at: float
    ) -> None:
        """Make the span of a request that was answered. route: None where none matched; times: by perf_counter."""
        epoch_ns = time.time_ns() - time.perf_counter_ns()
        span = self._tracer.start_span(
            f"{request.method} {route}" if route else request.method,
            self._propagator.extract(request.headers),
            SpanKind.SERVER,
            _attributes(request, response, route),
            start_time=epoch_ns + int(started_at * 1e9),
        )
        if not span.is_recording():
            return
        if response.status >= 500:
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", str(response.status))
        timing = getattr(request.ctx, "timing", None)
        if isinstance(timing, _Stints):
            self._steps(span, timing, epoch_ns, ended_at)
        span.end(epoch_ns + int(ended_at * 1e9))

    def _steps(self, span: Span, timing: "_Stints", epoch_ns: int, ended_at: float) -> None:
        if len(timing.entered) == 1:  # it would be the same span once more
            return
        context = set_span_in_context(span)
        for (step, began_at), (_, until) in pairwise([*timing.entered, (None, ended_at)]):
            child = self._tracer.start_span(str(step), context, start_time=epoch_ns + int(began_at * 1e9))
            child.end(epoch_ns + int(until * 1e9))


class _Stints(Timing):
    """Keeps when each step was entered, besides adding them up."""

    __slots__ = ("entered",)

    def __init__(self, started_at: float) -> None:
        super().__init__(started_at)
        self.entered: list[tuple[Step, float]] = [("admit", started_at)]

    def enter(self, step: Step) -> None:
        super().enter(step)
        if step != self.entered[-1][0]:
            self.entered.append((step, time.perf_counter()))


def _attributes(request: Request, response: HTTPResponse, route: str | None) -> dict[str, Any]:
    """As the semantic conventions for HTTP servers name them; not the query, which may hold a prompt."""
    attributes: dict[str, Any] = {
        "http.request.method": request.method,
        "http.response.status_code": response.status,
        "url.path": request.path,
        "url.scheme": request.scheme,
        "network.protocol.version": request.version,
        "client.address": request.ip,
        "http.response.header.x-request-id": [response.headers["X-Request-ID"]],
    }
    if route:
        attributes["http.route"] = route
    if agent := request.headers.get("user-agent"):
        attributes["user_agent.original"] = agent
    return attributes
