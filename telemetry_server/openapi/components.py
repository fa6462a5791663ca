"""Forms as JSON Schema, those that have a name as components of the document."""

import inspect
from typing import Any

import msgspec
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema
from marshmallow.fields import Field

from telemetry_server.openapi.operation import Form

_REFERENCE = "#/components/schemas/{name}"
_OF_CONTAINERS = (
    *("items", "minItems", "maxItems", "uniqueItems"),
    *("properties", "propertyNames", "additionalProperties", "minProperties", "maxProperties"),
)


class _Converter(OpenAPIConverter):
    """Our own fields say by themselves what they accept, in `json_schema`: a JSON Schema, or a form."""

    def field2type_and_format(self, field: Field[Any], **options: Any) -> dict[str, Any]:
        own = getattr(field, "json_schema", None)
        if own is None:
            return dict(super().field2type_and_format(field, **options))
        schema = _reference(self.spec, own) if isinstance(own, type) else dict(own)
        if field.allow_none and "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return {"description": first_paragraph(type(field)), **schema}

    def field2default(self, field: Field[Any], **options: Any) -> dict[str, Any]:
        """What stands for a field that is left out; nothing at all needs no word."""
        found = dict(super().field2default(field, **options))
        return {} if found.get("default") in (None, (), []) else found


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


class Components:
    """Those of one document."""

    def __init__(self, **about: Any) -> None:
        self._plugin = _Plugin()
        self.spec = APISpec(plugins=[self._plugin], **about)

    def schema(self, form: Form) -> dict[str, Any]:
        """The JSON Schema of a form."""
        if form is None:
            return {}
        if isinstance(form, tuple):
            return {"anyOf": [self.schema(each) for each in form]}
        if isinstance(form, list):
            return {"type": "array", "items": self.schema(tuple(form))}
        if isinstance(form, Schema) or (isinstance(form, type) and issubclass(form, Schema)):
            return dict(self._converter.resolve_nested_schema(form))
        return _reference(self.spec, form)

    def field(self, field: Field[Any]) -> dict[str, Any]:
        """The JSON Schema of one field."""
        return dict(self._converter.field2property(field))

    def parameters(self, schema: type[Schema] | Schema) -> list[dict[str, Any]]:
        """What may stand in the URL: the fields, of which none can be null there; and all of them as JSON."""
        fields = schema().fields if isinstance(schema, type) else schema.fields
        found = []
        for name, each in fields.items():
            own = _as_text(self.field(each))
            parameter = {"in": "query", "name": each.data_key or name, "required": each.required, "schema": own}
            found.append({**parameter, "description": own.pop("description", "")})
        as_json = getattr(schema, "as_json", None)
        if as_json:
            content = {"application/json": {"schema": self.schema(schema)}}
            description = "The same parameters as one JSON object."
            found.append({"in": "query", "name": as_json, "content": content, "description": description})
        return found

    @property
    def _converter(self) -> Any:
        return self._plugin.converter


def _reference(spec: APISpec, form: Form) -> dict[str, Any]:
    """The JSON Schema of a type that msgspec knows, its parts among the components of `spec`."""
    (schema,), parts = msgspec.json.schema_components([form], ref_template=_REFERENCE)
    for name, part in parts.items():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
        known = spec.components.schemas.get(name)
        if known is None:
            spec.components.schema(name, part)
        elif known != part:
            raise ValueError(f"Two forms are called {name}: one must be renamed.")
    return dict(schema)


def first_paragraph(of: object) -> str:
    """Of a docstring, on one line."""
    return " ".join((inspect.getdoc(of) or "").split("\n\n")[0].split())


def _as_text(schema: dict[str, Any]) -> dict[str, Any]:
    """What of a schema goes for a parameter in the URL: no lists or objects are there, and no null."""
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    kept = {key: value for key, value in schema.items() if key not in _OF_CONTAINERS}
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    return kept | {"type": next(each for each in types if each != "null")}
