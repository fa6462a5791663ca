"""What admins did: the collection `audit`, {_id, at, who, tenant, action, about}."""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from telemetry_server import instants
from telemetry_server.metric_filter import Cursor
from telemetry_server.stores.documents import Deed
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.store import Mongo


class AuditLog:
    """Only grows, until what is old expires. tenant: whose deeds are written and told; None: everybody's are told."""

    def __init__(self, mongo: Mongo, tenant: str | None = None) -> None:
        self._audit = mongo.database["audit"]
        self._tenant = tenant

    async def write(self, who: str, action: str, about: Mapping[str, Any]) -> None:
        """Keep, durably, what is about to be done. Raises Unavailable; then it must not be done."""
        async with bounded():
            await self._audit.insert_one(
                {"at": instants.now(), "who": who, "tenant": self._tenant, "action": action, "about": dict(about)}
            )

    async def page(self, after: Cursor | None, limit: int) -> list[Deed]:
        """Up to `limit` deeds, newest first, that come after a cursor."""
        where: dict[str, Any] = {} if self._tenant is None else {"tenant": self._tenant}
        if after is not None:
            at = after.timestamp
            where["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": ObjectId(after.id)}}]
        async with bounded():
            found = await self._audit.find(where).sort([("at", -1), ("_id", -1)]).limit(limit).to_list(limit)
        return [Deed(str(each.pop("_id")), **each) for each in found]
