"""The API keys: the collection `keys`, digests and what they stand for.

{_id, digest, role, tenant, rate_limit, note, made_at, revoked_at, expires_at, changed_at: by MongoDB's
clock}. One that is revoked
stays for a while, so that all servers hear of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Binary, ObjectId

from telemetry_server.access.auth import Key
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.store import Mongo


class KeyStore:
    """Keys by id."""

    def __init__(self, mongo: Mongo) -> None:
        self._keys = mongo.database["keys"]

    async def add(self, key: Key, digest: bytes) -> None:
        """Keep a new key, durably."""
        fields = {
            "digest": Binary(digest),
            "role": key.role,
            "tenant": key.tenant,
            "rate_limit": key.rate_limit,
            "note": key.note,
            "made_at": key.made_at,
            "revoked_at": None,
            "expires_at": key.expires_at,
        }
        change = {"$setOnInsert": fields, "$currentDate": {"changed_at": True}}
        async with bounded():
            await self._keys.update_one({"_id": ObjectId(key.id)}, change, upsert=True)

    async def revoke(self, key_id: str) -> bool:
        """Let a key stand no more; whether it did."""
        change = {"$currentDate": {"revoked_at": True, "changed_at": True}}
        async with bounded():
            result = await self._keys.update_one({"_id": ObjectId(key_id), "revoked_at": None}, change)
        return bool(result.matched_count)

    async def get(self, key_id: str) -> Key | None:
        """The key with this id, revoked or not."""
        async with bounded():
            document = await self._keys.find_one({"_id": ObjectId(key_id)})
        return None if document is None else _key(document)

    async def count(self, tenant: str | None = None) -> int:
        """How many there are, revoked ones too; of one tenant where it is given."""
        async with bounded():
            return int(await self._keys.count_documents(_whose(tenant)))

    async def tenants(self) -> set[str]:
        """The tenants that have any."""
        async with bounded():
            return {each for each in await self._keys.distinct("tenant") if each is not None}

    async def all(self, tenant: str | None = None) -> list[Key]:
        """All of them, revoked ones too, the oldest first; of one tenant where it is given."""
        async with bounded():
            found = await self._keys.find(_whose(tenant)).sort([("made_at", 1), ("_id", 1)]).to_list(None)
        return [_key(document) for document in found]

    async def changed_since(self, at: datetime | None) -> list[tuple[bytes, Key, datetime]]:
        """Digest, key and instant of the change of all that were made or revoked after `at`; None: ever."""
        async with bounded():
            found = await self._keys.find({} if at is None else {"changed_at": {"$gt": at}}).to_list(None)
        return [(bytes(document["digest"]), _key(document), document["changed_at"]) for document in found]


def _whose(tenant: str | None) -> dict[str, str]:
    return {} if tenant is None else {"tenant": tenant}


def _key(document: Mapping[str, Any]) -> Key:
    return Key(
        id=str(document["_id"]),
        role=document["role"],
        tenant=document["tenant"],
        rate_limit=document["rate_limit"],
        note=document["note"],
        made_at=document["made_at"],
        revoked_at=document["revoked_at"],
        expires_at=document.get("expires_at"),  # of the first keys nothing is said
    )
