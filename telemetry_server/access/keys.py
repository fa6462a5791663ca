"""API keys as a resource: make, list, revoke. Each deed is in the audit log before it is done.

A key is 256 random bits, shown once; what is kept is its SHA-256. Nobody can guess 256 bits, however fast they may
try: a slow hash, which protects what people make up, would protect nothing more, and cost each request its time.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from ctypes import c_uint64
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TypedDict, TypeVar

from telemetry_server import instants
from telemetry_server.access.auth import Key, Role
from telemetry_server.config import Config, key_digest
from telemetry_server.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from telemetry_server.stores.mongo import AuditLog, KeyStore, Mongo, new_id

PREFIX = "telemetry_"  # lets scanners of leaked secrets know them
MAX_KEYS = 10_000  # with those that were revoked and are still told of
MAX_KEYS_OF_TENANT = 1000
MAX_TENANTS = 500  # each has some thirty files in MongoDB
MAX_DATABASE_BYTES = 63
COMMAND_LINE = Key("command line", "admin")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key to be made; each as in Key."""

    role: Role
    tenant: str | None = None
    rate_limit: int | None = None
    note: str = ""
    expires_at: datetime | None = None


class Keys:
    """changed: gets another number after each change, for who follows it; database_of: the name of a tenant's database.

    tenant: whose keys they are, and no others; None: all.
    """

    def __init__(
        self,
        store: KeyStore,
        audit: AuditLog,
        changed: c_uint64,
        database_of: Callable[[str], str],
        tenant: str | None = None,
    ) -> None:
        self._store = store
        self._audit = audit
        self._changed = changed
        self._database_of = database_of
        self._tenant = tenant

    async def make(self, wanted: Wanted, maker: Key) -> tuple[Key, str]:
        """A new key, and its text, which is kept nowhere. Raises Conflict where there are too many.

        An admin of a tenant makes keys of that tenant, with the rate limit of their own; else raises Forbidden.
        """
        if self._tenant is not None:
            if wanted.tenant not in (None, self._tenant) or wanted.rate_limit not in (None, maker.rate_limit):
                raise Forbidden("An admin of a tenant makes keys of that tenant, and gives them no rate limit.")
            wanted = replace(wanted, tenant=self._tenant, rate_limit=maker.rate_limit)
        await self._make_room(wanted.tenant)
        text = PREFIX + secrets.token_urlsafe(32)
        key = Key(new_id(), **asdict(wanted), made_at=instants.now())
        told = {**asdict(wanted), "expires_at": _text(wanted.expires_at)}
        await self._audit.write(maker.id, "make key", {"id": key.id, **told})
        try:
            await self._store.add(key, key_digest(text))
        finally:
            self._touch()
        return key, text

    async def revoke(self, key_id: str, who: str) -> None:
        """Let a key stand no more. Raises NotFound where it does not."""
        key = await self._store.get(key_id)
        if key is None or key.revoked_at is not None or self._tenant not in (None, key.tenant):
            raise NotFound("There is no key with this id.")
        await self._audit.write(who, "revoke key", {"id": key_id})
        try:
            await self._store.revoke(key_id)
        finally:
            self._touch()

    async def listed(self) -> list[Key]:
        """All that were made, the oldest first; those that were revoked stay for a while."""
        return await self._store.all(self._tenant)

    async def _make_room(self, tenant: str | None) -> None:
        if await self._store.count() >= MAX_KEYS:
            raise Conflict(f"There are {MAX_KEYS} keys, and no more may be.")
        if tenant is None:
            return
        spare = MAX_DATABASE_BYTES - len(self._database_of(tenant).encode())
        if spare < 0:
            longest = len(tenant) + spare
            raise Invalid([Fault("/tenant", f"With this APP_ENV at most {longest} characters.")])
        if await self._store.count(tenant) >= MAX_KEYS_OF_TENANT:
            raise Conflict(f"This tenant has {MAX_KEYS_OF_TENANT} keys, and no more may be.")
        tenants = await self._store.tenants()
        if tenant not in tenants and len(tenants) >= MAX_TENANTS:
            raise Conflict(f"There are {MAX_TENANTS} tenants, and no more may be.")

    def _touch(self) -> None:
        self._changed.value = secrets.randbits(64)


class KeyDocument(TypedDict):
    """What is told of a key."""

    id: str
    role: Role
    tenant: str | None
    rate_limit: int | None
    note: str
    made_at: instants.Text | None
    revoked_at: instants.Text | None
    expires_at: instants.Text | None


class NewKey(KeyDocument):
    key: str


def to_wire(key: Key) -> KeyDocument:
    return {
        "id": key.id,
        "role": key.role,
        "tenant": key.tenant,
        "rate_limit": key.rate_limit,
        "note": key.note,
        "made_at": _text(key.made_at),
        "revoked_at": _text(key.revoked_at),
        "expires_at": _text(key.expires_at),
    }


async def run(work: Callable[[Keys], Awaitable[Result]], config: Config) -> Result:
    """Do something with the keys of a database. Raises Problem."""
    mongo = Mongo(config.mongo_uri, config.app_env, config.retention)
    try:
        return await work(Keys(KeyStore(mongo), AuditLog(mongo), c_uint64(), mongo.database_of))
    finally:
        mongo.close()


def table(keys: Sequence[Key]) -> Iterator[str]:
    """Keys as lines of text."""
    width = max([6, *(len(key.tenant or "") for key in keys)])
    yield f"id                        role    {'tenant':{width}}  requests/s  made        revoked     expires     note"
    for key in keys:
        limit = "" if key.rate_limit is None else str(key.rate_limit)
        whose = f"{key.id}  {key.role:6}  {key.tenant or '':{width}}"
        days = "  ".join(map(_day, (key.made_at, key.revoked_at, key.expires_at)))
        yield f"{whose}  {limit:>10}  {days}  {key.note}".rstrip()


def _text(at: datetime | None) -> str | None:
    return None if at is None else instants.render(at)


def _day(at: datetime | None) -> str:
    return " " * 10 if at is None else instants.render(at)[:10]
