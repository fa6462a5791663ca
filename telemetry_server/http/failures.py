"""Every exception becomes a response here: problem+json, or the form of the route's own dialect."""

import contextlib

import structlog
from sanic import HTTPResponse, Request, empty
from sanic.constants import HTTP_METHODS
from sanic.exceptions import MethodNotAllowed, RequestCancelled, SanicException
from sanic.handlers import ErrorHandler

from telemetry_server.errors import Fault, Problem, Unavailable
from telemetry_server.http import wire
from telemetry_server.routes import ERROR_FORMS

_DETAILS = {
    400: "The request cannot be read.",
    404: "There is nothing at this path.",
    405: "This path does not take this method.",
    408: "The request took too long to arrive.",
    413: "The request is too large.",
    503: "The answer took too long.",
}

CLIENT_WENT_AWAY = 499

log = structlog.get_logger(__name__)


class Failures(ErrorHandler):
    """Sanic's hook for exceptions that no route handles."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        if isinstance(exception, RequestCancelled):
            return empty(CLIENT_WENT_AWAY)  # nobody is there to read it
        problem = as_problem(exception)
        if isinstance(exception, MethodNotAllowed):
            problem.headers["Allow"] = ", ".join(allowed_methods(request))
            if request.method == "OPTIONS":
                return empty(204, problem.headers)
        if problem.status >= 500 and not isinstance(problem, Unavailable):
            log.error("request failed", path=request.path, status=problem.status, exc_info=exception)
        form = ERROR_FORMS.get(getattr(request.route.ctx, "error_form", "")) if request.route else None
        return form(request, problem) if form else wire.problem(problem)

    @staticmethod
    def log(request: Request, exception: Exception) -> None:
        """Sanic's own line is not wanted."""


def allowed_methods(request: Request) -> list[str]:
    """The methods that the request's path takes; for paths with parameters Sanic does not tell."""
    methods = []
    for method in HTTP_METHODS:
        with contextlib.suppress(SanicException):
            request.app.router.get(request.path, method, None)
            methods.append(str(method))
    return methods


def as_problem(exception: Exception) -> Problem:
    """The problem that an exception stands for; nothing of an unexpected one is told."""
    if isinstance(exception, Problem):
        return exception
    status = exception.status_code if isinstance(exception, SanicException) else 500
    if status == 500:
        return Problem("Something went wrong here; the log tells more under this request's id.")
    detail = _DETAILS.get(status) or str(exception)
    if status == 503:
        return Unavailable(detail)
    problem = Problem(detail, faults=[Fault("", detail)])
    problem.status = status
    return problem
