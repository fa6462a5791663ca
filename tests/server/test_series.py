"""The catalog's feed: what has expired leaves the catalog, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo

from telemetry_server.metric import Metric
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.documents import Series
from telemetry_server.stores.mongo import Mongo
from telemetry_server.writing.series import SeriesLog

DAY = timedelta(days=1)


def metric(name: str) -> Metric:
    return Metric("0" * 24, name, "gauge", 1.0, ("host:web-01",), datetime.now(UTC), None)


def test_what_has_expired_leaves_the_catalog(mongo_uri: str, app_env: str) -> None:
    """Read anew, the catalog has what is stored, what came while it was read, and the aliases; no more."""

    async def run() -> None:
        store = Mongo(mongo_uri, app_env, 90 * DAY)
        log = SeriesLog(store, Versions(), [("load", "kept")])
        await log.save([metric("kept"), metric("expired")], 5)
        with pymongo.MongoClient[dict[str, Any]](mongo_uri) as mongo:
            mongo[f"telemetry_server_{app_env}"]["series"].delete_one({"name": "expired"})
        read = store.series_since

        async def while_another_comes(at: datetime | None) -> AsyncIterator[list[Series]]:
            async for batch in read(at):
                yield batch
            await log.save([metric("new")], 5)

        store.series_since = while_another_comes  # type: ignore[method-assign,assignment]
        await log.rebuild()
        assert set(log.catalog.names) == {"kept", "new"}
        assert log.catalog.names_like("load") == ["kept"]
        store.close()

    asyncio.run(run())
