"""`telemetry migrate`: the indexes of a database, their versions, and the way back."""

from collections.abc import Iterator, Sequence
from typing import Literal

from telemetry_server import instants
from telemetry_server.stores.mongo import Migration, Migrations, Mongo
from telemetry_server.summaries.retention import Retention

Action = Literal["apply", "status", "verify", "rollback"]


async def run(action: Action, uri: str, app_env: str, retention: Retention) -> tuple[list[str], bool]:
    """Do it; lines of text, and whether all is well. Raises Problem."""
    store = Mongo(uri, app_env, retention)
    migrations = Migrations(store.database, retention)
    try:
        if action == "apply":
            made = await migrations.migrate()
            return [_told(made) if made else "Nothing to do."], True
        if action == "status":
            return list(table(await migrations.applied())), True
        if action == "verify":
            differences = await migrations.differences()
            return differences or ["The indexes are those of the table."], not differences
        last = await migrations.roll_back()
        if last is None:
            return ["There is no version to roll back."], False
        dropped = f"Rolled back version {last.version}: dropped {', '.join(last.made)}."
        return [dropped, "A server that starts makes them again."], True
    finally:
        store.close()


def table(versions: Sequence[Migration]) -> Iterator[str]:
    """The versions as lines of text."""
    yield "version  made at                   state        indexes"
    for each in versions:
        state = "rolled back" if each.rolled_back_at else "stands"
        yield f"{each.version:>7}  {instants.render(each.made_at)}  {state:11}  {', '.join(each.made)}"


def _told(made: Migration) -> str:
    return f"Version {made.version}: {', '.join(made.made)}."
