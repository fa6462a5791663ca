"""The same server and command line, which acknowledges what is in mongod's memory alone: a control, to be caught.

No setting of the server can do this: it is done to its driver, in a program that only the harness starts.
"""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from telemetry_server.__main__ import main
from telemetry_server.stores.mongo import store


def _forgetful(*arguments: Any, **options: Any) -> Any:
    return AsyncIOMotorClient(*arguments, **(options | {"w": 1, "journal": False}))


vars(store)["AsyncIOMotorClient"] = _forgetful
main()
