"""/admin/keys and /admin/audit: who may, and what admins did."""

from typing import Any, TypedDict

from sanic import Blueprint, HTTPResponse, Request, empty

from telemetry_server import instants
from telemetry_server.access import keys
from telemetry_server.access.keys import Wanted
from telemetry_server.errors import NotFound
from telemetry_server.http import wire
from telemetry_server.metric_filter import Cursor
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import key_of, parts_of
from telemetry_server.routes.decorators import reads
from telemetry_server.schemas import ids, parameters
from telemetry_server.schemas import keys as forms
from telemetry_server.schemas.fields import HexId

blueprint = Blueprint("keys", url_prefix="/admin")


class KeyList(TypedDict):
    data: list[keys.KeyDocument]


class Deed(TypedDict):
    at: instants.Text
    who: str
    tenant: str | None
    action: str
    about: Any


class Deeds(TypedDict):
    data: list[Deed]
    next_cursor: str | None


@blueprint.post("/keys", ctx_role="admin")
@operation(body=forms.KeySchema, example={"role": "writer", "note": "the shop"}, gives={201: keys.NewKey})
async def make(request: Request) -> HTTPResponse:
    """Make a key, which is shown in this answer and never again."""
    timing = timing_of(request)
    timing.enter("parse")
    wanted = Wanted(**forms.wanted(wire.body_of(request)))
    timing.enter("database")
    key, text = await parts_of(request).keys.make(wanted, key_of(request))
    timing.enter("encode")
    return wire.json(
        {"key": text, **keys.to_wire(key)},
        201,
        {"Location": f"/admin/keys/{key.id}", "Cache-Control": "no-store"},
    )


@reads(blueprint, "/keys", role="admin")
@operation(gives=KeyList)
async def listed(request: Request) -> HTTPResponse:
    """All keys that were made, never their text."""
    timing = timing_of(request)
    timing.enter("parse")
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    timing.enter("database")
    found = await parts_of(request).keys.listed()
    timing.enter("encode")
    return wire.json({"data": [keys.to_wire(key) for key in found]})


@blueprint.delete("/keys/<key_id>", unquote=True, ctx_role="admin")
@operation(path={"key_id": HexId()}, gives={204: {}}, fails=(NotFound,))
async def revoke(request: Request, key_id: str) -> HTTPResponse:
    """Let a key stand no more, from now on."""
    timing = timing_of(request)
    timing.enter("parse")
    key_id = ids.check_id(key_id)
    timing.enter("database")
    await parts_of(request).keys.revoke(key_id, key_of(request).id)
    timing.enter("encode")
    return empty()


@reads(blueprint, "/audit", role="admin")
@operation(query=forms.AuditSchema, gives=Deeds)
async def audit(request: Request) -> HTTPResponse:
    """What admins did, newest first: who (the id of a key), what, about what, and when."""
    timing = timing_of(request)
    timing.enter("parse")
    wanted = forms.auditing(request.get_query_args(keep_blank_values=True))
    timing.enter("database")
    deeds = await parts_of(request).audit.page(wanted["after"], wanted["limit"] + 1)
    timing.enter("encode")
    more = len(deeds) > wanted["limit"]
    deeds = deeds[: wanted["limit"]]
    data = [
        {
            "at": instants.render(each.at),
            "who": each.who,
            "tenant": each.tenant,
            "action": each.action,
            "about": each.about,
        }
        for each in deeds
    ]
    return wire.json({"data": data, "next_cursor": Cursor(deeds[-1].at, deeds[-1].id).encode() if more else None})
