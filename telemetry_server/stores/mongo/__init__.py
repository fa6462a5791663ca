"""MongoDB. The only importer of the driver.

Every call is bounded in time and raises only errors of errors.py: Unavailable where MongoDB cannot be reached
or does not answer (a write may then have happened all the same), TimedOut where an answer or a list takes too long.
"""

from telemetry_server.stores.mongo.audit import AuditLog
from telemetry_server.stores.mongo.bounds import OPERATION_SECONDS, RULE
from telemetry_server.stores.mongo.bson_form import extended_json, match_stage
from telemetry_server.stores.mongo.changes import Change, Changes, is_position
from telemetry_server.stores.mongo.copies import Snapshot, Source, Target, split
from telemetry_server.stores.mongo.keys import KeyStore
from telemetry_server.stores.mongo.migrations import Migration, Migrations
from telemetry_server.stores.mongo.store import (
    ANSWER_SECONDS,
    Mongo,
    NotInserted,
    check_uri,
    new_id,
)
from telemetry_server.stores.mongo.summaries import LEASE, Kept, Sealed, SummaryStore
from telemetry_server.stores.mongo.totals import TotalStore
from telemetry_server.stores.mongo.upkeep import Size, Upkeep

__all__ = [
    "ANSWER_SECONDS",
    "LEASE",
    "OPERATION_SECONDS",
    "RULE",
    "AuditLog",
    "Change",
    "Changes",
    "Kept",
    "KeyStore",
    "Migration",
    "Migrations",
    "Mongo",
    "NotInserted",
    "Sealed",
    "Size",
    "Snapshot",
    "Source",
    "SummaryStore",
    "Target",
    "TotalStore",
    "Upkeep",
    "check_uri",
    "extended_json",
    "is_position",
    "match_stage",
    "new_id",
    "split",
]
