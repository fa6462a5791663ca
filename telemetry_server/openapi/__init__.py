"""What the API is, as OpenAPI 3.1: written beside each handler, and gathered from the router.

operation.py    @operation(...): what a handler takes and answers
components.py   marshmallow schemas and typed answers -> JSON Schema; the only importer of apispec, with document.py
document.py     the routes -> the document
page/           a page that shows the document, and sends requests
"""

from telemetry_server.openapi.operation import JSON, PROBLEM, Header, Operation, operation, template

__all__ = ["JSON", "PROBLEM", "Header", "Operation", "operation", "template"]
